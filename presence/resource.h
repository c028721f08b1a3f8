/* Resources: what is watched. One (package, name) is one resource: the one owner of its state, with one number that
 * grows with each change, so that older state never overtakes newer.
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

struct resource {
	struct table_link link;         /* by package and name */
	struct list_link subscriptions; /* struct subscription, of_resource; those told longest ago first */
	struct list_link publications;  /* struct publication, of_resource; in the order of their last change */
	struct list_link changed;       /* in one of the notifier's queues */
	struct list_link cached;        /* in the notifier's list of those that have bodies */
	struct shared_body *bodies;     /* written for this version */
	uint64_t version;               /* grows with each change, in this process */
	uint32_t subscription_count;
	uint32_t to_tell; /* how many subscriptions the notifier has still to look at */
	uint8_t package;  /* index */
	uint8_t name_length;
	char name[]; /* the user, or the mailbox */
};

#define RESOURCE_NAME_MOST 255

static inline struct slice resource_name(const struct resource *resource)
{
	return slice_of(resource->name, resource->name_length);
}

/* One piece of state that somebody published; made and changed by publication.c only. */
struct publication {
	struct table_link link;       /* by id */
	struct list_link of_resource; /* oldest change first */
	struct events *events;
	struct resource *resource;
	struct timer expiry;
	int64_t id;
	int64_t publisher_id, device_id;
	int64_t published_at_ms, expires_at_ms; /* since 1970; monotonic */
	int64_t stored_until_s;
	uint32_t revision, granted_s;
	uint32_t tolerated_revision; /* entity-tags from here on are good: 0: only the newest (after a restart we cannot
					know) */
	bool is_busy;                /* a change of it is being committed */
	uint16_t content_type_length, source_length;
	uint32_t body_length;
	char *texts; /* content type, source, body */
};

struct slice publication_content_type(const struct publication *publication);
struct slice publication_source(const struct publication *publication);
struct slice publication_body(const struct publication *publication);

/* NULL where there is none. */
struct resource *resource_find(struct events *events, const char *package, struct slice name);
/* The same, made where it is new; NULL where memory is exhausted, or the package or the name is impossible. Whoever
 * makes one gives it a watcher or a publication, or releases it. */
struct resource *resource_get(struct events *events, const struct event_package *package, struct slice name);
/* Goes where nobody watches or publishes any more. */
void resource_release(struct events *events, struct resource *resource);
const struct event_package *resource_package(const struct events *events, const struct resource *resource);

/* Its state has changed (after the commit): whoever watches is told. NULL is accepted. */
void resource_announce(struct events *events, struct resource *resource);
/* The same by name: costs a look into a table where nobody watches. */
void events_announce(struct events *events, const char *package, struct slice name);
