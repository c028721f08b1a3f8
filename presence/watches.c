/* All watches of a resource: who watches, who waits, who has just left (RFC 3857). SPDX-License-Identifier: MIT */
#include "presence/events_state.h"
#include "presence/watch_requests.h"

#include <stdio.h>

/* For so long the end of a watch is news. */
enum { ENDED_NEWS_MS = 30000 };

static void note(char *text, size_t size, struct slice from)
{
	snprintf(text, size, "%.*s", (int)(from.length < size ? from.length : size - 1), from.at ? from.at : "");
}

void watches_note_end(const struct watch *watch, enum watcher_event event)
{
	const struct subscription *subscription = watch->subscription;
	struct events *events = subscription->events;
	const struct event_package *package = resource_package(events, watch->resource);
	/* Only where somebody wants to know. */
	if (!package->winfo || watch->resource->is_list ||
	    !resource_find(events, package->winfo, resource_name(watch->resource)))
		return;
	watches_note_decision(events, watch->resource->package, resource_name(watch->resource), watch_id(watch),
			      account_user(subscription->watcher), event);
}

void watches_note_decision(struct events *events, uint8_t package, struct slice resource, uint64_t id,
			   struct slice watcher, enum watcher_event event)
{
	struct ended_watch *ended = &events->ended[events->ended_count++ % ENDED_WATCHES_NOTED];
	ended->at_ms = timers_now(events->parts.timers);
	ended->id = id;
	ended->event = event;
	ended->package = package;
	note(ended->resource, sizeof ended->resource, resource);
	note(ended->watcher, sizeof ended->watcher, watcher);
}

/* --- walking ------------------------------------------------------------------------------------------------------ */

struct walk {
	struct events *events;
	uint8_t package;
	struct slice name;
	const struct resource *resource; /* NULL: nobody watches now */
	watch_info_fn *each;
	void *arg;
};

static bool is_counted(const struct watch *watch)
{
	return watch->subscription->state == SUBSCRIPTION_ACTIVE && watch->handling != WATCH_BLOCK;
}

static void show_watch(const struct walk *walk, const struct watch *watch)
{
	const struct subscription *subscription = watch->subscription;
	int64_t left_ms = subscription->expires_at_ms - timers_now(walk->events->parts.timers);
	/* RFC 3857 §4.7.1: who is blocked politely must not find it out from somebody else's screen, but the watched
	 * may know that he watches */
	bool waits = watch->handling == WATCH_CONFIRM;
	struct watch_info info = {.id = watch_id(watch),
				  .watcher = account_user(subscription->watcher),
				  .status = waits ? WATCHER_PENDING : WATCHER_ACTIVE,
				  .event = waits ? WATCHER_SUBSCRIBE : WATCHER_APPROVED,
				  .expires_in_s = left_ms > 0 ? left_ms / 1000 : 0,
				  .is_by_list = watch_is_entry(watch)};
	walk->each(walk->arg, &info);
}

/* Whoever is just subscribing does not only wait (any more). */
static bool is_watching(const struct walk *walk, struct slice watcher)
{
	if (!walk->resource)
		return false;
	for (const struct list_link *link = walk->resource->watches.next; link != &walk->resource->watches;
	     link = link->next) {
		const struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
		if (watch->subscription->state != SUBSCRIPTION_ENDING && watch->handling != WATCH_BLOCK &&
		    slice_equal(account_user(watch->subscription->watcher), watcher))
			return true;
	}
	return false;
}

static void show_request(const struct walk *walk, const struct watch_request *request)
{
	struct watch_info info = {.id = (uint64_t)request->id,
				  .watcher = watch_request_watcher(request),
				  .status = WATCHER_WAITING,
				  .event = WATCHER_TIMEOUT,
				  .since_s = request->asked_at_s,
				  .expires_in_s = -1};
	walk->each(walk->arg, &info);
}

/* What has ended as one thing may go on as another: who waited in a subscription goes on waiting without. */
static bool is_there(const struct walk *walk, uint64_t id)
{
	const struct watch_request *request = NULL;
	while ((request = watch_request_next(walk->events, walk->package, walk->name, request)))
		if ((uint64_t)request->id == id)
			return true;
	if (!walk->resource)
		return false;
	for (const struct list_link *link = walk->resource->watches.next; link != &walk->resource->watches;
	     link = link->next) {
		const struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
		if (is_counted(watch) && watch_id(watch) == id)
			return true;
	}
	return false;
}

static void show_ended(const struct walk *walk)
{
	const struct events *events = walk->events;
	unsigned count = events->ended_count < ENDED_WATCHES_NOTED ? events->ended_count : ENDED_WATCHES_NOTED;
	int64_t from_ms = timers_now(events->parts.timers) - ENDED_NEWS_MS;
	for (unsigned i = 0; i < count; i++) {
		const struct ended_watch *ended = &events->ended[i];
		if (ended->package != walk->package || ended->at_ms < from_ms ||
		    !slice_equal(slice_text(ended->resource), walk->name) || is_there(walk, ended->id))
			continue;
		struct watch_info info = {.id = ended->id,
					  .watcher = slice_text(ended->watcher),
					  .status = WATCHER_TERMINATED,
					  .event = ended->event,
					  .expires_in_s = -1};
		walk->each(walk->arg, &info);
	}
}

void events_each_watch(struct events *events, const char *package, struct slice name, watch_info_fn *each, void *arg)
{
	const struct package_row *row = events_find_package(events, slice_text(package));
	if (!row)
		return;
	struct walk walk = {.events = events,
			    .package = (uint8_t)(row - events->packages),
			    .name = name,
			    .resource = resource_find(events, package, name),
			    .each = each,
			    .arg = arg};
	/* What is over comes before what holds: who has left may wait, or be back. */
	show_ended(&walk);
	if (walk.resource)
		for (const struct list_link *link = walk.resource->watches.next; link != &walk.resource->watches;
		     link = link->next)
			if (is_counted(CONTAINER_OF(link, struct watch, of_resource)))
				show_watch(&walk, CONTAINER_OF(link, struct watch, of_resource));
	const struct watch_request *request = NULL;
	while ((request = watch_request_next(events, walk.package, name, request)))
		if (!is_watching(&walk, watch_request_watcher(request)))
			show_request(&walk, request);
}
