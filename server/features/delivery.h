/* One MESSAGE on its way: asked of every reachable device at once, kept for the others, answered once, and settled with
 * each device that answers after that. Internal to messaging. SPDX-License-Identifier: MIT */
#pragma once

#include "features/messaging_state.h"

/* What is to be delivered. Either `request` (its sender waits for the answer) or a message of our own with `on_sent`.
 */
struct delivery_order {
	struct request *request;
	struct sip_message *message; /* lives as long as the request, or as `arena` */
	struct arena *arena;         /* of our own message: taken over by the delivery */
	messaging_sent_fn *on_sent;
	void *on_sent_arg;
	struct slice sender; /* AOR: "alice@example.test" */
	int64_t sender_id;
	struct account *receiver; /* knows its devices */
	int64_t only_device;      /* 0: all */
};

/* Answers in the end, whatever happens; also on ERR_NO_MEMORY (500). */
void delivery_start(struct messaging *messaging, const struct delivery_order *order);
/* At the end of the process. */
void delivery_destroy_all(struct messaging *messaging);

/* Tells the sender of the order: the one place where a MESSAGE is refused. */
void delivery_refuse(const struct delivery_order *order, unsigned status, struct slice headers, const char *sentence);
