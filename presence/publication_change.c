/* One change of a publication, from its beginning to what follows its commit: the row, then memory, then those who
 * watch. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/clock.h"
#include "presence/publication.h"
#include "presence/removal.h"

/* A row is written to be good for this many times what was granted. */
enum { LEASE_FACTOR = 2 };

uint32_t publication_next_revision(uint32_t revision)
{
	return revision == UINT32_MAX ? 1 : revision + 1;
}

void publication_change_begin(struct publication_change *change, struct publication *publication)
{
	change->id = publication->id;
	publication->running = change;
}

/* --- the row ------------------------------------------------------------------------------------------------------ */

static void fill_row(const struct publication_change *change, const struct publication *publication,
		     struct stored_publication *row)
{
	int64_t now_ms = clock_unix_ms();
	bool has_body = change->action != PUBLICATION_REFRESH;
	*row = (struct stored_publication){
		.id = publication->id,
		.package = slice_text(resource_package(change->events, publication->resource)->name),
		.resource = resource_name(publication->resource),
		.publisher_id = change->publisher_id,
		.device_id = change->device_id,
		.source = change->source,
		.revision = change->revision,
		.published_at_ms = has_body ? now_ms : publication->published_at_ms,
		.expires_at_s = now_ms / 1000 + (int64_t)LEASE_FACTOR * change->granted_s,
		.granted_s = change->granted_s,
		.content_type = has_body ? change->content_type : publication_content_type(publication),
		.body = has_body ? change->body : publication_body(publication),
	};
}

/* What is written says all that the change would: its body, how long, and whose it is. The revision it does not say:
 * after a start every later one is taken as well. */
static bool has_good_row(const struct publication_change *change, const struct publication *publication)
{
	return change->action == PUBLICATION_REFRESH && publication->granted_s == change->granted_s &&
	       publication->device_id == change->device_id && publication->publisher_id == change->publisher_id &&
	       publication->stored_until_s >= clock_unix_ms() / 1000 + change->granted_s;
}

/* --- memory ------------------------------------------------------------------------------------------------------- */

static bool is_same_device(const struct publication *older, const struct publication *newer)
{
	bool has_instance = newer->device_id != 0 && newer->device_id != STORAGE_DEVICE_WITHOUT_INSTANCE;
	if (newer->publisher_id == 0 || older->publisher_id != newer->publisher_id)
		return false;
	if (has_instance)
		return older->device_id == newer->device_id;
	struct slice place = publication_source(newer);
	return !slice_is_empty(place) && slice_equal(publication_source(older), place);
}

/* A device that publishes anew without its entity-tag has lost it: a page was reloaded, a phone switched off. What it
 * published before would stay beside the new state, and deny it, until it expires. */
static void replace_older(const struct publication *publication)
{
	struct list_link *next;
	for (struct list_link *link = publication->resource->publications.next; link != &publication->of_resource;
	     link = next) {
		struct publication *older = CONTAINER_OF(link, struct publication, of_resource);
		next = link->next;
		if (is_same_device(older, publication) && !older->running && older->revision > 0)
			publication_remove(older);
	}
}

static int take_body(const struct publication_change *change, struct publication *publication)
{
	int result = publication_set_texts(publication, change->content_type, change->source, change->body);
	if (result != 0)
		return result;
	publication->published_at_ms = clock_unix_ms();
	publication_move_last(publication);
	return 0;
}

static int apply(const struct publication_change *change, struct publication *publication, int64_t stored_until_s)
{
	struct events *events = change->events;
	if (change->action == PUBLICATION_REMOVE) {
		publication_end(publication, true);
		return 0;
	}
	bool has_body = change->action != PUBLICATION_REFRESH;
	int result = has_body ? take_body(change, publication) : 0;
	if (result != 0)
		return result;
	publication->publisher_id = change->publisher_id;
	publication->device_id = change->device_id;
	publication->was_registered |= change->was_registered;
	publication->revision = change->revision;
	publication->granted_s = change->granted_s;
	publication->is_loaded = false;
	publication->stored_until_s = stored_until_s;
	publication_start_timer(publication, (int64_t)change->granted_s * 1000);
	if (change->action == PUBLICATION_MAKE && !resource_package(events, publication->resource)->apply)
		replace_older(publication);
	if (has_body)
		publications_announce(events, publication->resource);
	return 0;
}

/* Nothing of the change is to be, and nothing of its row. What is overdue meanwhile ends now. */
static void give_up(struct publication *publication)
{
	if (publication->revision == 0) {
		events_remove_row(publication->events, REMOVAL_PUBLICATION, publication->id);
		publication_end(publication, false);
	} else if (!timer_is_running(&publication->expiry)) {
		publication_remove(publication);
	}
}

static void on_committed(void *arg, int result)
{
	struct publication_change *change = arg;
	struct events *events = change->events;
	struct publication *publication = publication_find(events, change->id);
	bool is_removal = change->action == PUBLICATION_REMOVE;
	if (publication) {
		publication->running = NULL;
		int64_t until_s = clock_unix_ms() / 1000 + (int64_t)LEASE_FACTOR * change->granted_s;
		if (result == 0)
			result = apply(change, publication, until_s);
		if (result != 0)
			give_up(publication);
	} else if (result == 0 && !is_removal) {
		/* The account was removed meanwhile: so is what has just been written. */
		events_remove_row(events, REMOVAL_PUBLICATION, change->id);
		result = ERR_NOT_FOUND;
	}
	change->finished(change, result);
}

void publication_change_commit(struct publication_change *change)
{
	struct storage *storage = change->events->parts.storage;
	struct publication *publication = publication_find(change->events, change->id);
	if (!publication) {
		change->finished(change, ERR_NOT_FOUND);
		return;
	}
	if (change->action == PUBLICATION_REMOVE) {
		storage_remove_publication(storage, change->id, on_committed, change);
		return;
	}
	if (has_good_row(change, publication)) {
		publication->running = NULL;
		change->finished(change, apply(change, publication, publication->stored_until_s));
		return;
	}
	struct stored_publication row;
	fill_row(change, publication, &row);
	storage_save_publication(storage, &row, on_committed, change);
}

void publication_change_fail(struct publication_change *change, int result)
{
	struct publication *publication = publication_find(change->events, change->id);
	if (publication) {
		publication->running = NULL;
		give_up(publication);
	}
	change->finished(change, result);
}
