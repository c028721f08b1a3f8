/* Lists that change while they are watched. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/list_watches.h"
#include "presence/lists_state.h"

#include <stdlib.h>

enum { AGAIN_MS = 1000 };

/* A list that is to be read again: never within the call that says so, because whoever says so may be walking watchers,
 * of whom some may end by it. */
struct refresh {
	struct list_link link; /* lists.refreshes */
	struct lists *lists;
	uint16_t watcher_length;
	uint8_t package;
	uint8_t name_length;
	char texts[]; /* the list's name, the watcher */
};

static struct slice refresh_name(const struct refresh *refresh)
{
	return slice_of(refresh->texts, refresh->name_length);
}

static void end_watchers(struct resource *resource)
{
	struct list_link *next;
	for (struct list_link *link = resource->watches.next; link != &resource->watches; link = next) {
		next = link->next;
		subscription_end(CONTAINER_OF(link, struct watch, of_resource)->subscription, REASON_NO_RESOURCE);
	}
}

/* The list itself is at fault: it stays so until it is changed. */
static bool is_final(int result)
{
	return result == ERR_SYNTAX || result == ERR_LIMIT;
}

static void on_refresh(struct timer *timer);

/* Storage does not answer: after a restart nothing is known of the list, and its watchers would stay in the dark. */
static void ask_again(struct refresh *refresh, struct resource *resource)
{
	struct lists *lists = refresh->lists;
	resource->is_refreshing = true;
	list_append(&lists->refreshes, &refresh->link);
	if (!timer_is_running(&lists->refreshing))
		timer_start(lists->events->parts.timers, &lists->refreshing, AGAIN_MS, on_refresh);
}

/* False: it is to be read again. */
static bool apply(const struct refresh *refresh, struct resource *resource, int result,
		  struct list_definition *definition, const char *sentence)
{
	if (result == 0) {
		list_definition_hold(definition);
		list_resource_define(resource, definition);
		return true;
	}
	if (result == ERR_NOT_FOUND || (is_final(result) && !resource->definition)) {
		end_watchers(resource);
		return true;
	}
	/* What was last known stays: better an old list than none. */
	log_event(refresh->lists->events->parts.log, LOG_ERROR, "list_not_read", NULL, "%.*s: %s",
		  SLICE_ARGS(refresh_name(refresh)), sentence);
	return is_final(result);
}

static void on_read(void *arg, int result, struct list_definition *definition, const char *sentence)
{
	struct refresh *refresh = arg;
	struct events *events = refresh->lists->events;
	const struct event_package *package = events->packages[refresh->package].package;
	struct resource *resource = resource_find_list(events, package, refresh_name(refresh));
	bool is_done = true;
	if (resource) {
		resource->watch_count++; /* keeps it until all were told */
		is_done = apply(refresh, resource, result, definition, sentence);
		if (!is_done)
			ask_again(refresh, resource);
		resource->watch_count--;
		resource_release(events, resource);
	}
	list_definition_release(definition);
	if (is_done)
		free(refresh);
}

static void on_refresh(struct timer *timer)
{
	struct lists *lists = CONTAINER_OF(timer, struct lists, refreshing);
	struct list_link queue, *link;
	if (!lists->events->is_resumed) { /* whoever loses his list by it could not be told */
		timer_start(lists->events->parts.timers, timer, AGAIN_MS / 20, on_refresh);
		return;
	}
	list_init(&queue);
	list_splice(&queue, &lists->refreshes);
	while ((link = list_take_first(&queue))) {
		struct refresh *refresh = CONTAINER_OF(link, struct refresh, link);
		const struct event_package *package = lists->events->packages[refresh->package].package;
		struct resource *resource = resource_find_list(lists->events, package, refresh_name(refresh));
		struct slice watcher = slice_of(refresh->texts + refresh->name_length, refresh->watcher_length);
		if (resource)
			resource->is_refreshing = false;
		lists_read(lists, refresh_name(refresh), watcher, on_read, refresh);
	}
}

void lists_refresh(struct lists *lists, struct resource *resource, struct slice watcher)
{
	if (resource->is_refreshing)
		return;
	struct refresh *refresh = malloc(sizeof *refresh + resource->name_length + watcher.length);
	if (!refresh) {
		log_event(lists->events->parts.log, LOG_ERROR, "list_not_read", NULL, "%s", error_text(ERR_NO_MEMORY));
		return;
	}
	*refresh = (struct refresh){.lists = lists,
				    .watcher_length = (uint16_t)watcher.length,
				    .package = resource->package,
				    .name_length = resource->name_length};
	memcpy(refresh->texts, resource->name, resource->name_length);
	memcpy(refresh->texts + resource->name_length, watcher.at, watcher.length);
	resource->is_refreshing = true;
	list_append(&lists->refreshes, &refresh->link);
	timer_start(lists->events->parts.timers, &lists->refreshing, 0, on_refresh);
}

void lists_refresh_finish(struct lists *lists)
{
	struct list_link *link;
	timer_stop(&lists->refreshing);
	while ((link = list_take_first(&lists->refreshes)))
		free(CONTAINER_OF(link, struct refresh, link));
}

void list_resource_define(struct resource *resource, struct list_definition *definition)
{
	if (resource->definition && list_definition_equal(resource->definition, definition)) {
		list_definition_release(definition);
		return;
	}
	list_definition_release(resource->definition);
	resource->definition = definition;
	for (struct list_link *link = resource->watches.next; link != &resource->watches; link = link->next)
		list_watches_renew(CONTAINER_OF(link, struct watch, of_resource)->subscription);
}
