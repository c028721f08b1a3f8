/* What the files of the lamps share. SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/table.h"
#include "presence/lamps.h"
#include "presence/pace.h"
#include "presence/profile.h"

/* What is known of a phone that gets its lamp unasked, as long as it has a binding. A phone is a device; but the device
 * without an instance stands for all phones of the account that do not say who they are: of them, each binding is one.
 *
 *   idle ──something to tell──▶ on its way ──answered──▶ idle
 *     ▲                             │ not answered
 *     └──────── refused ◀───────────┴──▶ waiting (timer) ──▶ on its way
 */
struct lamp {
	struct table_link link; /* by device; those of one device stand together */
	struct lamps *lamps;
	struct device *device; /* held */
	struct client_transaction *transaction;
	struct timer timer;  /* until it is tried: after a registration, or again */
	struct flow flow;    /* of its registration; of the NOTIFY on its way */
	uint64_t call_id;    /* a hash of that of its registration */
	uint64_t told, sent; /* hashes of the body that it has, and of the one on its way; 0: none */
	uint32_t cseq;       /* of its last REGISTER */
	unsigned wait_s;     /* the last back-off */
	bool is_due;         /* something has changed while one was on its way */
	bool is_refused;     /* it does not want any, until it registers anew */
	uint16_t key_length;
	char key[]; /* of its binding; empty: any of the device's */
};

struct lamps {
	struct events *events;
	struct mailboxes *mailboxes;
	const struct events_parts *parts;
	struct lamps_options options;
	struct lamps_counters counters;
	struct table by_device;
	struct buffer body, scratch;
	/* lamps_resume */
	struct timer resume;
	struct pace pace;
	struct account **resumed;
	size_t resumed_count, resumed_next;
	unsigned resumed_ahead; /* phones told before it was their turn, together with others of their account */
};

/* --- lamp_records.c --- */

/* The newest way to the phone; NULL: there is none now. */
const struct binding *lamp_way(const struct lamp *lamp);
/* Each phone of the device that can be reached, by the newest way to it; returns how many there are. */
typedef void lamp_phone_fn(struct lamps *lamps, const struct binding *binding);
unsigned lamps_each_phone(struct lamps *lamps, const struct device *device, lamp_phone_fn *visit);
/* The lamp of the binding's phone, or NULL; the same, made where it is new, NULL where memory is exhausted. */
struct lamp *lamp_find(const struct lamps *lamps, const struct binding *binding);
struct lamp *lamp_get(struct lamps *lamps, const struct binding *binding);
/* One of the device that has no binding any more, or NULL. */
struct lamp *lamp_find_gone(const struct lamps *lamps, const struct device *device);

/* --- lamp_notify.c --- */

/* Everything behind our Via (client_request.rest). */
struct lamp_notify {
	struct slice aor;     /* of the user */
	struct slice routes;  /* the binding's Path; empty: none */
	struct slice contact; /* "<sip:…>" */
	struct slice media_type, body;
	const char *call_id, *from_tag;
};
void lamp_notify_write(struct buffer *buffer, const struct lamp_notify *notify);

/* What a device's answer says (status 0: there was none). */
enum lamp_outcome { LAMP_TOLD, LAMP_REFUSED, LAMP_UNANSWERED };
enum lamp_outcome lamp_outcome_of(unsigned status);
