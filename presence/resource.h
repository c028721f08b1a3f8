/* Resources: what is watched. One (package, name) is one resource: the one owner of its state, with one number that
 * grows with each change, so that older state never overtakes newer. A list that is watched (RFC 4662) is a resource,
 * too, with names of its own: its state is who is on it.
 *
 * A resource exists while it has watchers or publications. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/list.h"
#include "base/slice.h"
#include "base/table.h"
#include "presence/event_package.h"
#include "storage/storage.h"

#include <stdbool.h>
#include <stdint.h>

struct events;
struct shared_body;
struct list_definition;

/* Whether there is a user of that name: plain subscriptions are refused where there is none, but lists may name
 * anybody. */
enum resource_user { USER_UNCHECKED, USER_CHECKING, USER_KNOWN, USER_UNKNOWN };

struct resource {
	struct table_link link;             /* by package and name */
	struct list_link watches;           /* struct watch, of_resource; those told longest ago first */
	struct list_link publications;      /* struct publication, of_resource; in the order of their last change */
	struct list_link changed;           /* in one of the notifier's queues */
	struct list_link cached;            /* in the notifier's list of those that have bodies */
	struct shared_body *bodies;         /* written for this version */
	uint64_t version;                   /* grows with each change, in this process */
	struct list_definition *definition; /* of a list: held; NULL: it is being read */
	uint32_t watch_count;
	uint32_t to_tell; /* how many watches the notifier has still to look at */
	uint8_t package;  /* index */
	uint8_t name_length;
	uint8_t user;       /* enum resource_user */
	bool is_list;       /* its name is a list's (lists.h) */
	bool is_refreshing; /* a list that is about to be read again */
	char name[];        /* the user, the mailbox, the list */
};

#define RESOURCE_NAME_MOST 255

static inline struct slice resource_name(const struct resource *resource)
{
	return slice_of(resource->name, resource->name_length);
}

struct publication_change;

/* One piece of state that somebody published; made and changed by the files publication… only. */
struct publication {
	struct table_link link;       /* by id */
	struct list_link of_resource; /* oldest change first */
	struct events *events;
	struct resource *resource;
	struct publication_change *running; /* a change that is being committed; NULL: none */
	struct timer expiry;
	int64_t id;
	int64_t publisher_id;    /* account; 0: the server, or a trusted address */
	int64_t device_id;       /* the publisher's; 0: not known */
	int64_t published_at_ms; /* since 1970: when the body last changed */
	int64_t stored_until_s;  /* the row's lease */
	uint32_t revision;       /* 0: its first commit is under way, and it does not count yet */
	uint32_t granted_s;
	bool is_loaded; /* from a row, and not changed since: later revisions than the row's may have been given out */
	bool was_registered; /* its device has been seen as one that registers */
	uint16_t content_type_length, source_length;
	uint32_t body_length;
	char *texts; /* content type, source, body */
};

/* What is published for a resource, the oldest change first; NULL as `previous` is the start, NULL the end. */
const struct publication *publication_next(const struct resource *resource, const struct publication *previous);
struct slice publication_content_type(const struct publication *publication);
struct slice publication_source(const struct publication *publication);
struct slice publication_body(const struct publication *publication);
/* The account's devices as they are now have registered: what they have published (as `account`) is marked so. */
void publications_note_devices(struct resource *resource, const struct account *account);

/* NULL where there is none. */
struct resource *resource_find(struct events *events, const char *package, struct slice name);
/* The same, made where it is new; NULL where memory is exhausted, or the package or the name is impossible. Whoever
 * makes one gives it a watch or a publication, or releases it. */
struct resource *resource_get(struct events *events, const struct event_package *package, struct slice name);
/* The same for lists. */
struct resource *resource_find_list(struct events *events, const struct event_package *package, struct slice name);
struct resource *resource_get_list(struct events *events, const struct event_package *package, struct slice name);
/* Goes where nobody watches or publishes any more. */
void resource_release(struct events *events, struct resource *resource);
const struct event_package *resource_package(const struct events *events, const struct resource *resource);

/* Its state has changed (after the commit): whoever watches is told. NULL is accepted. */
void resource_announce(struct events *events, struct resource *resource);
/* The same by name: costs a look into a table where nobody watches. */
void events_announce(struct events *events, const char *package, struct slice name);
