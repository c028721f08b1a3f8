/* Rows that are to go. SPDX-License-Identifier: MIT */
#include "presence/removal.h"

#include "base/error.h"
#include "presence/events_state.h"

#include <stdlib.h>

enum { RETRY_MS = 3000, RETRIED_TOGETHER = 500 };

struct removal {
	struct list_link link; /* in events->removals: waits to be tried again */
	struct events *events;
	int64_t id;
	enum removal_kind kind;
};

static void on_retry(struct timer *timer);

static void wait(struct events *events)
{
	if (!timer_is_running(&events->removing) && !list_is_empty(&events->removals))
		timer_start(events->parts.timers, &events->removing, RETRY_MS, on_retry);
}

static void on_removed(void *arg, int result)
{
	struct removal *removal = arg;
	/* A row that the database refuses to remove would be refused again. */
	if (result == 0 || result == ERR_STORAGE_REFUSED) {
		free(removal);
		return;
	}
	list_append(&removal->events->removals, &removal->link);
	wait(removal->events);
}

static void remove_row(struct storage *storage, enum removal_kind kind, int64_t id, storage_done_fn *done, void *arg)
{
	switch (kind) {
	case REMOVAL_SUBSCRIPTION:
		storage_remove_subscription(storage, id, done, arg);
		break;
	case REMOVAL_PUBLICATION:
		storage_remove_publication(storage, id, done, arg);
		break;
	case REMOVAL_WATCH_REQUEST:
		storage_remove_watch_request(storage, id, done, arg);
		break;
	}
}

static void try_now(struct removal *removal)
{
	remove_row(removal->events->parts.storage, removal->kind, removal->id, on_removed, removal);
}

static void on_retry(struct timer *timer)
{
	struct events *events = CONTAINER_OF(timer, struct events, removing);
	struct list_link *link;
	for (int i = 0; i < RETRIED_TOGETHER && storage_is_available(events->parts.storage); i++) {
		link = list_take_first(&events->removals);
		if (!link)
			return;
		try_now(CONTAINER_OF(link, struct removal, link));
	}
	wait(events);
}

static void on_removed_or_not(void *arg, int result)
{
	(void)arg;
	(void)result;
}

void events_remove_row(struct events *events, enum removal_kind kind, int64_t id)
{
	struct removal *removal = malloc(sizeof *removal);
	if (removal) {
		*removal = (struct removal){.events = events, .id = id, .kind = kind};
		try_now(removal);
	} else { /* once, at least */
		remove_row(events->parts.storage, kind, id, on_removed_or_not, NULL);
	}
}

void removals_finish(struct events *events)
{
	struct list_link *link;
	timer_stop(&events->removing);
	while ((link = list_take_first(&events->removals)))
		free(CONTAINER_OF(link, struct removal, link));
}
