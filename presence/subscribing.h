/* One SUBSCRIBE, from its reading to its answer: what its files share.
 *
 *   subscription.c       what it is about: a new dialog, one that is there, a copy
 *   subscription_read.c  what it asks for: Event, Expires, Accept, rates
 *   subscription_body.c  what its body asks for: a list, filters
 *   subscription_merge.c what that makes of what was asked for before
 *   subscription_list.c  a list instead of a resource (RFC 4662)
 *   subscription_room.c  the limit of an account, and what a device replaces
 *   subscription_keep.c  the commit, and the answer with the NOTIFY behind it
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"
#include "presence/lists.h"
#include "presence/subscription_content.h"
#include "sip/status.h"

/* A SUBSCRIBE from its reading to its answer; lives in the request's arena. */
struct subscribing {
	struct events *events;
	struct request *request;
	const struct package_row *row;
	struct subscription *subscription; /* NULL: none yet, or it is gone meanwhile */
	struct event_target target;
	struct subscription_content content;
	struct buffer content_bytes; /* where it stands; until the row is written, or it is refused */
	struct buffer filter_bytes, kept_bytes;
	char parts_type[64];
	struct list_definition *definition; /* held: of the list that it is about; the same */
	struct slice event_id;
	uint32_t expires_s; /* granted */
	struct {
		int64_t expires_at_ms;
		uint32_t granted_s;
	} before; /* of a refresh that cannot be kept */
	uint32_t least_interval_ms, most_interval_ms;
	bool is_adaptive;
	uint8_t format;
	bool is_list;     /* it is about a list */
	bool takes_lists; /* Supported: eventlist */
	bool takes_deflate;
	bool has_content;  /* a body came */
	bool is_new;       /* it begins a dialog */
	bool takes_format; /* it repeats the one that began it: Accept counts again */
	bool has_suppress;
	struct slice suppress; /* RFC 5839: the tag, or "*" */
};

/* --- subscription_read.c --- */

/* Refuses, counts and notes it; returns SIP_LATER, so that checks can be chained with return. */
unsigned subscribing_refuse(struct subscribing *subscribing, unsigned status, struct slice headers,
			    const char *sentence);
/* 503: the database does not take it now. */
void subscribing_refuse_for_storage(struct subscribing *subscribing, int result);
/* 489, with the packages that there are (RFC 6665 §4.2.1.1). */
void subscribing_refuse_event(struct subscribing *subscribing, const char *sentence);
/* What it asks for. False: it has been refused. */
MUST_CHECK bool subscribing_read(struct subscribing *subscribing);
/* Which format the watcher accepts. False: it has been refused. */
MUST_CHECK bool subscribing_choose_format(struct subscribing *subscribing);

/* --- subscription_body.c --- */

/* What the body asks for: in content and has_content; of a refresh together with what held before. `is_list`: the
 * subscription is one to a list. False: it has been refused. */
MUST_CHECK bool subscribing_read_body(struct subscribing *subscribing, bool is_list);
/* The content and the definition are not needed any more. */
void subscribing_forget_content(struct subscribing *subscribing);

/* --- subscription_merge.c --- */

/* Puts content.filters together with those that the subscription has, and fills what the row keeps. False: it has been
 * refused. */
MUST_CHECK bool subscribing_merge_content(struct subscribing *subscribing);

/* --- subscription_list.c --- */

/* Goes on with `go_on` where it is about a list that can be had (is_list), now or later, and where an account turns out
 * to have the name of one; or refuses. False: it is about no list, and nothing was done. */
typedef void subscribing_go_on_fn(struct subscribing *subscribing);
MUST_CHECK bool subscribing_find_list(struct subscribing *subscribing, subscribing_go_on_fn *go_on);
/* The list that came in the dialog of one that was carried takes the place of the one before. False: refused. */
MUST_CHECK bool subscribing_replace_list(struct subscribing *subscribing);
/* "Require: eventlist\r\n" where it is about a list (RFC 4662 §4.3). */
void subscribing_write_list_headers(const struct subscribing *subscribing, struct buffer *headers);

/* --- subscription_room.c --- */

/* Whether the account may have one more; what nobody comes back for may make room. */
MUST_CHECK bool subscribing_has_room(struct subscribing *subscribing);
/* The device's older subscriptions to the same thing go. */
void subscription_replace_older(const struct subscription *subscription);

/* --- subscription_keep.c --- */

/* Commits what must be, then answers; `has_changed`: the row says something else than the subscription. */
void subscribing_keep(struct subscribing *subscribing, bool has_changed);
/* The 2xx, and the NOTIFY behind it. */
void subscribing_answer(struct subscribing *subscribing);
