/* What the files of a delivery share: delivery.c (its life and its answer), delivery_branches.c (asking devices) and
 * delivery_debts.c (keeping it for those that do not answer). SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "features/delivery.h"
#include "features/plain_text.h"

enum { TRIED_FLOWS_MOST = 4 };

enum target_state {
	TARGET_ASKED,   /* at least one branch is out */
	TARGET_TAKEN,   /* the device has it */
	TARGET_REFUSED, /* the device will never take it */
	TARGET_OWED     /* it gets it later */
};

/* A device of the receiver. */
struct target {
	struct device *device;
	enum target_state state;
	bool owes; /* the debt is a row */
	unsigned branches;
	unsigned tried_count;
	struct flow tried[TRIED_FLOWS_MOST];
};

enum delivery_state { DELIVERY_ASKING, DELIVERY_SAVING, DELIVERY_ANSWERED };

struct delivery {
	struct list_link link;
	struct messaging *messaging;
	struct delivery_order order;
	struct arena arena; /* of our own message */
	struct stored_message row;
	struct message_text content; /* its slices are good as long as the message is there */
	enum delivery_state state;
	unsigned depth; /* callers inside, see delivery_enter */
	bool is_fleeting;
	struct timer wait;
	struct slice taken_response, refused_response; /* bytes, in the request's arena */
	unsigned refused_status;
	unsigned branches;
	size_t target_count;
	struct target targets[]; /* behind them the sender, who is needed after the request is gone */
};

/* The message on its way to one device over one flow. */
struct branch {
	struct list_link link; /* of the device */
	struct delivery *delivery;
	struct target *target;
	struct flow flow;
	enum message_shape shape; /* that it was given */
	struct client_transaction *transaction;
};

/* --- delivery.c --- */

/* Whatever comes from outside (a start, a response, a commit, a timer) enters, and the last to leave destroys what is
 * over: nothing dies under its caller. */
void delivery_enter(struct delivery *delivery);
void delivery_leave(struct delivery *delivery);
/* The arena of the message; it ends with the answer. */
struct arena *delivery_arena(struct delivery *delivery);
/* Once; the sentence is for a refusal. */
void delivery_answer(struct delivery *delivery, unsigned status, const char *sentence);
/* With the response of the device that has it. */
void delivery_answer_taken(struct delivery *delivery);
/* The sender is answered, or the message is kept and then he is: at the first 2xx, when all devices have answered, or
 * when they took too long. */
void delivery_conclude(struct delivery *delivery);

/* --- delivery_branches.c --- */

/* Sends to the device where it is reachable and nothing older waits for it; else it is owed the message. */
void delivery_ask_device(struct delivery *delivery, struct target *target);
/* Nothing more is asked of devices for a message that the sender was told to send again. */
void delivery_end_branches(struct delivery *delivery);

/* --- delivery_debts.c --- */

/* A device has it. */
bool delivery_is_taken(const struct delivery *delivery);
/* How many devices have not said yes or no. */
size_t delivery_count_owed(const struct delivery *delivery);
/* The row that the message would be. ERR_NO_MEMORY. */
MUST_CHECK int delivery_fill_row(struct delivery *delivery);
/* Commits what is owed, then answers. */
void delivery_keep(struct delivery *delivery);
/* Every device has it: the row is for the history alone, and nobody waits for it. */
void delivery_save_history(struct delivery *delivery);
/* After the commit: the debt of a device that has answered ends, the one of a device that did not is delivered. */
void delivery_settle_or_kick(struct delivery *delivery, struct target *target);
