/* What the files of the lamps share. SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/table.h"
#include "presence/lamps.h"
#include "presence/pace.h"
#include "presence/profile.h"

/* What is known of a device that gets its lamp unasked, as long as it has a binding.
 *
 *   idle ──something to tell──▶ on its way ──answered──▶ idle
 *     ▲                             │ not answered
 *     └──────── refused ◀───────────┴──▶ waiting (timer) ──▶ on its way
 */
struct lamp {
	struct table_link link; /* by device */
	struct lamps *lamps;
	struct device *device; /* held */
	struct client_transaction *transaction;
	struct timer timer;  /* until it is tried: after a registration, or again */
	struct flow flow;    /* of its registration; of the NOTIFY on its way */
	uint64_t call_id;    /* a hash of that of its registration */
	uint64_t told, sent; /* hashes of the body that it has, and of the one on its way; 0: none */
	unsigned wait_s;     /* the last back-off */
	bool is_due;         /* something has changed while one was on its way */
	bool is_refused;     /* it does not want any, until it registers anew */
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
};

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
