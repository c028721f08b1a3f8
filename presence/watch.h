/* A watch: somebody looks at a resource, by a subscription of its own or as one entry of a list that he subscribes to
 * (RFC 4662). Who may see what is decided for each watch, and looked at again when rules change.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/rules.h"
#include "presence/resource.h"

struct subscription;
struct shared_body;
struct view;

/* Millions of these, where lists are long: nothing that can be found elsewhere. */
struct watch {
	struct list_link of_resource; /* resource.watches */
	struct resource *resource;    /* NULL: an entry of a list that is nothing of ours */
	struct subscription *subscription;
	struct view *view;        /* held; NULL: all is seen */
	struct shared_body *told; /* the last body told or looked at, held, where what follows depends on it */
	uint64_t told_tag;        /* of the body; 0: none was told */
	uint8_t handling;         /* enum watch_handling */
	bool is_due;              /* entry of a list: it is to be told */
};

/* A zeroed watch begins to look at the resource, and stops. */
void watch_begin(struct watch *watch, struct subscription *subscription, struct resource *resource);
void watch_end(struct watch *watch);
/* True: an entry of a list; false: all that its subscription is about. */
bool watch_is_entry(const struct watch *watch);

/* As it is called where watchers are told (RFC 3858 §4.1): the same as long as it lasts, also after a restart. */
uint64_t watch_id(const struct watch *watch);

/* What the rules say now of this watcher and this resource; `filters` as the watcher sent them, `selection` as the
 * package read it. Changes nothing where memory is exhausted. ERR_NO_MEMORY. */
struct watch_wish {
	struct slice selection, filters;
};
MUST_CHECK int watch_judge(struct watch *watch, const struct watch_wish *wish);
/* The rules have changed: the watcher is told what follows for him; a subscription that is not allowed any more ends.
 */
void watch_review(struct watch *watch);

/* Whether state is told through it: not where a decision is waited for, or there is nothing to see. */
static inline bool watch_shows_state(const struct watch *watch)
{
	return watch->resource && watch->resource->user != USER_UNKNOWN &&
	       (watch->handling == WATCH_ALLOW || watch->handling == WATCH_POLITE_BLOCK);
}

/* Holds the body that what follows depends on; NULL: none. */
void watch_remember(struct watch *watch, struct shared_body *body);

/* Who watches the resource is another set of watchers, or they are in other states: whoever watches the watchers is
 * told (RFC 3857). */
void watches_changed(struct resource *resource, struct events *events);
