/* What the server itself publishes for a resource: found by its source instead of an entity-tag.
 *
 * States of one source come as fast as somebody else makes them (a phone rings, is answered, is idle again): each waits
 * until the one before it is committed, none overtakes another. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/publication.h"

#include <stdlib.h>
#include <string.h>

/* A change with its own memory; the texts of the change and these stand behind it. */
struct put {
	struct publication_change change;
	const struct event_package *package;
	struct slice name;
	storage_done_fn *done;
	void *arg;
	char bytes[];
};

static struct put *put_of(struct publication_change *change)
{
	return CONTAINER_OF(change, struct put, change);
}

static struct slice keep(char **at, struct slice text)
{
	struct slice kept = slice_of(*at, text.length);
	if (text.length > 0)
		memcpy(*at, text.at, text.length);
	*at += text.length;
	return kept;
}

static struct publication *find_source(const struct resource *resource, struct slice source)
{
	for (struct list_link *link = resource->publications.next; link != &resource->publications; link = link->next) {
		struct publication *publication = CONTAINER_OF(link, struct publication, of_resource);
		/* One whose first commit is under way has its texts in its change only. */
		struct slice known =
			publication->running ? publication->running->source : publication_source(publication);
		if (publication->publisher_id == 0 && slice_equal(known, source))
			return publication;
	}
	return NULL;
}

static void start(struct put *put);

static void finish(struct publication_change *change, int result)
{
	struct put *put = put_of(change);
	struct publication_change *waiting = change->next;
	put->done(put->arg, result);
	free(put);
	/* The first makes the publication busy, and the others line up behind it again. */
	while (waiting) {
		struct publication_change *next = waiting->next;
		waiting->next = NULL;
		start(put_of(waiting));
		waiting = next;
	}
}

static void line_up(struct publication_change *running, struct put *put)
{
	while (running->next)
		running = running->next;
	running->next = &put->change;
}

static bool says_the_same(const struct publication *publication, const struct publication_change *change)
{
	return slice_equal(publication_body(publication), change->body) &&
	       slice_equal(publication_content_type(publication), change->content_type);
}

static void start(struct put *put)
{
	struct publication_change *change = &put->change;
	struct events *events = change->events;
	struct resource *resource = resource_get(events, put->package, put->name);
	if (!resource) {
		finish(change, ERR_NO_MEMORY);
		return;
	}
	struct publication *publication = find_source(resource, change->source);
	if (publication && publication->running) {
		line_up(publication->running, put);
		return;
	}
	bool removes = slice_is_empty(change->body);
	if (!publication && removes) {
		resource_release(events, resource);
		finish(change, 0);
		return;
	}
	if (publication) {
		change->action = removes                              ? PUBLICATION_REMOVE
				 : says_the_same(publication, change) ? PUBLICATION_REFRESH
								      : PUBLICATION_MODIFY;
		change->revision = publication_next_revision(publication->revision);
	} else {
		change->action = PUBLICATION_MAKE;
		change->revision = 1;
		publication = publication_create(events, resource, 0);
		if (!publication) {
			resource_release(events, resource);
			finish(change, ERR_NO_MEMORY);
			return;
		}
	}
	publication_change_begin(change, publication);
	publication_change_commit(change);
}

void publication_put(struct events *events, const struct event_package *package, struct slice name, struct slice source,
		     struct slice content_type, struct slice body, uint32_t expires_s, storage_done_fn *done, void *arg)
{
	struct put *put = calloc(1, sizeof *put + name.length + source.length + content_type.length + body.length);
	if (!put) {
		done(arg, ERR_NO_MEMORY);
		return;
	}
	char *at = put->bytes;
	put->package = package;
	put->name = keep(&at, name);
	put->done = done;
	put->arg = arg;
	put->change = (struct publication_change){.events = events,
						  .finished = finish,
						  .granted_s = expires_s,
						  .source = keep(&at, source),
						  .content_type = keep(&at, content_type),
						  .body = keep(&at, body)};
	start(put);
}
