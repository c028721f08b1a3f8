/* Publications as objects: found by id, ended by time, taken from rows at the start. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "presence/publication.h"
#include "presence/removal.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const struct events *events, int64_t id)
{
	return table_hash(&events->publications, &id, sizeof id);
}

static bool has_id(const struct table_link *link, const void *key)
{
	const int64_t *id = key;
	return CONTAINER_OF(link, const struct publication, link)->id == *id;
}

struct publication *publication_find(const struct events *events, int64_t id)
{
	struct table_link *link = table_find(&events->publications, hash_of(events, id), has_id, &id);
	return link ? CONTAINER_OF(link, struct publication, link) : NULL;
}

/* RFC 3903 §14: nobody can guess an entity-tag. */
static int64_t new_id(const struct events *events)
{
	int64_t id;
	do {
		random_bytes(&id, sizeof id);
		id &= INT64_MAX;
	} while (id == 0 || publication_find(events, id));
	return id;
}

struct publication *publication_create(struct events *events, struct resource *resource, int64_t id)
{
	struct publication *publication = calloc(1, sizeof *publication);
	if (!publication)
		return NULL;
	publication->events = events;
	publication->resource = resource;
	publication->id = id ? id : new_id(events);
	table_insert(&events->publications, &publication->link, hash_of(events, publication->id));
	list_append(&resource->publications, &publication->of_resource);
	events->counters.publications++;
	return publication;
}

int publication_set_texts(struct publication *publication, struct slice content_type, struct slice source,
			  struct slice body)
{
	if (content_type.length > UINT16_MAX || source.length > UINT16_MAX || body.length > UINT32_MAX)
		return ERR_NO_MEMORY;
	char *texts = malloc(content_type.length + source.length + body.length + 1);
	if (!texts)
		return ERR_NO_MEMORY;
	const struct slice parts[] = {content_type, source, body};
	char *at = texts;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		if (parts[i].length > 0)
			memcpy(at, parts[i].at, parts[i].length);
		at += parts[i].length;
	}
	free(publication->texts);
	publication->texts = texts;
	publication->content_type_length = (uint16_t)content_type.length;
	publication->source_length = (uint16_t)source.length;
	publication->body_length = (uint32_t)body.length;
	return 0;
}

struct slice publication_content_type(const struct publication *publication)
{
	return slice_of(publication->texts, publication->content_type_length);
}

struct slice publication_source(const struct publication *publication)
{
	return publication->texts
		       ? slice_of(publication->texts + publication->content_type_length, publication->source_length)
		       : SLICE("");
}

struct slice publication_body(const struct publication *publication)
{
	return publication->texts
		       ? slice_of(publication->texts + publication->content_type_length + publication->source_length,
				  publication->body_length)
		       : SLICE("");
}

const struct publication *publication_next(const struct resource *resource, const struct publication *previous)
{
	const struct list_link *link = previous ? previous->of_resource.next : resource->publications.next;
	for (; link != &resource->publications; link = link->next) {
		const struct publication *publication = CONTAINER_OF(link, const struct publication, of_resource);
		if (publication->revision > 0)
			return publication;
	}
	return NULL;
}

void publications_note_devices(struct resource *resource, const struct account *account)
{
	for (struct list_link *link = resource->publications.next; link != &resource->publications; link = link->next) {
		struct publication *publication = CONTAINER_OF(link, struct publication, of_resource);
		if (publication->publisher_id == account->id && publication->device_id != 0 &&
		    account_find_device(account, publication->device_id))
			publication->was_registered = true;
	}
}

void publication_move_last(struct publication *publication)
{
	list_remove(&publication->of_resource);
	list_append(&publication->resource->publications, &publication->of_resource);
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

static void publication_destroy(struct publication *publication)
{
	struct events *events = publication->events;
	timer_stop(&publication->expiry);
	table_remove(&events->publications, &publication->link);
	list_remove(&publication->of_resource);
	events->counters.publications--;
	free(publication->texts);
	free(publication);
}

void publications_announce(struct events *events, struct resource *resource)
{
	const struct package_row *row = events_row(events, resource);
	resource_announce(events, resource);
	if (row->package->on_published)
		row->package->on_published(row->arg, resource);
}

void publication_end(struct publication *publication, bool tells)
{
	struct events *events = publication->events;
	struct resource *resource = publication->resource;
	publication_destroy(publication);
	if (tells)
		publications_announce(events, resource);
	resource_release(events, resource);
}

void publication_remove(struct publication *publication)
{
	events_remove_row(publication->events, REMOVAL_PUBLICATION, publication->id);
	publication_end(publication, true);
}

void publications_destroy(struct events *events, struct resource *resource)
{
	(void)events;
	while (!list_is_empty(&resource->publications))
		publication_destroy(CONTAINER_OF(resource->publications.next, struct publication, of_resource));
}

static void on_expired(struct timer *timer)
{
	struct publication *publication = CONTAINER_OF(timer, struct publication, expiry);
	struct events *events = publication->events;
	/* A change that is being committed decides; it ends what is overdue where it fails. */
	if (publication->running)
		return;
	events->counters.publications_expired++;
	log_event(events->parts.log, LOG_INFO, "publication_expired",
		  &(struct log_context){.aor = resource_name(publication->resource)}, "%s",
		  resource_package(events, publication->resource)->name);
	publication_remove(publication);
}

void publication_start_timer(struct publication *publication, int64_t lives_ms)
{
	timer_start(publication->events->parts.timers, &publication->expiry, lives_ms, on_expired);
}
