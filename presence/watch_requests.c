/* Who asked to watch, and waits. SPDX-License-Identifier: MIT */
#include "presence/watch_requests.h"

#include "base/error.h"
#include "core/clock.h"
#include "presence/events_state.h"
#include "presence/removal.h"
#include "presence/rules.h"

#include <stdlib.h>

/* Those who wait for one resource. */
struct waiting {
	struct table_link link;
	struct list_link requests;
	uint32_t count;
	uint8_t package;
	uint8_t name_length;
	char name[];
};

struct waiting_key {
	uint8_t package;
	struct slice name;
};

static bool has_key(const struct table_link *link, const void *key)
{
	const struct waiting *waiting = CONTAINER_OF(link, const struct waiting, link);
	const struct waiting_key *wanted = key;
	return waiting->package == wanted->package &&
	       slice_equal(slice_of(waiting->name, waiting->name_length), wanted->name);
}

static uint64_t hash_of(const struct events *events, const struct waiting_key *key)
{
	return table_hash(&events->waiting, key->name.at, key->name.length) + key->package;
}

static struct waiting *find(const struct events *events, const struct waiting_key *key)
{
	struct table_link *link = table_find(&events->waiting, hash_of(events, key), has_key, key);
	return link ? CONTAINER_OF(link, struct waiting, link) : NULL;
}

static struct waiting *get(struct events *events, const struct waiting_key *key)
{
	struct waiting *waiting = find(events, key);
	if (waiting || key->name.length == 0 || key->name.length > UINT8_MAX)
		return waiting;
	waiting = calloc(1, sizeof *waiting + key->name.length);
	if (!waiting)
		return NULL;
	list_init(&waiting->requests);
	waiting->package = key->package;
	waiting->name_length = (uint8_t)key->name.length;
	memcpy(waiting->name, key->name.at, key->name.length);
	table_insert(&events->waiting, &waiting->link, hash_of(events, key));
	return waiting;
}

static struct watch_request *request_of(struct list_link *link)
{
	return CONTAINER_OF(link, struct watch_request, of_resource);
}

static void drop(struct events *events, struct waiting *waiting, struct watch_request *request)
{
	list_remove(&request->of_resource);
	waiting->count--;
	events_remove_row(events, REMOVAL_WATCH_REQUEST, request->id);
	free(request);
}

static void release(struct events *events, struct waiting *waiting)
{
	if (!list_is_empty(&waiting->requests))
		return;
	table_remove(&events->waiting, &waiting->link);
	free(waiting);
}

/* The oldest first, so those that were given up are at the front (RFC 3857 §4.7.1, "giveup"). */
static void drop_expired(struct events *events, struct waiting *waiting)
{
	int64_t now_s = clock_unix_ms() / 1000;
	while (!list_is_empty(&waiting->requests) && request_of(waiting->requests.next)->expires_at_s <= now_s)
		drop(events, waiting, request_of(waiting->requests.next));
}

static struct watch_request *find_request(struct waiting *waiting, struct slice watcher)
{
	for (struct list_link *link = waiting->requests.next; link != &waiting->requests; link = link->next)
		if (slice_equal(watch_request_watcher(request_of(link)), watcher))
			return request_of(link);
	return NULL;
}

/* Too many wait: who asked first is not remembered any longer than he is there (RFC 3857 §4.7.1). */
static void give_up(struct events *events, struct waiting *waiting, struct watch_request *request)
{
	const char *winfo = events->packages[waiting->package].package->winfo;
	struct slice name = slice_of(waiting->name, waiting->name_length);
	watches_note_decision(events, waiting->package, name, (uint64_t)request->id, watch_request_watcher(request),
			      WATCHER_GIVEUP);
	drop(events, waiting, request);
	if (winfo)
		events_announce(events, winfo, name);
}

static struct watch_request *add(struct events *events, struct waiting *waiting, struct slice watcher)
{
	if (waiting->count >= events->options.requests_most)
		give_up(events, waiting, request_of(waiting->requests.next));
	struct watch_request *request = calloc(1, sizeof *request + watcher.length);
	if (!request)
		return NULL;
	request->watcher_length = (uint16_t)watcher.length;
	if (watcher.length > 0)
		memcpy(request->watcher, watcher.at, watcher.length);
	list_append(&waiting->requests, &request->of_resource);
	waiting->count++;
	return request;
}

static void on_saved(void *arg, int result)
{
	/* Where it failed, the watcher is seen as long as he subscribes, and asks again when he does so anew. */
	(void)arg;
	(void)result;
}

void watch_request_note(const struct watch *watch, struct events *events)
{
	const struct resource *resource = watch->resource;
	const struct account *watcher = watch->subscription->watcher;
	struct waiting *waiting = get(events, &(struct waiting_key){resource->package, resource_name(resource)});
	if (!waiting)
		return;
	drop_expired(events, waiting);
	struct watch_request *request =
		find_request(waiting, account_user(watcher)) ? NULL : add(events, waiting, account_user(watcher));
	if (!request) {
		release(events, waiting);
		return;
	}
	request->id = (int64_t)watch_id(watch);
	request->asked_at_s = clock_unix_ms() / 1000;
	request->expires_at_s = request->asked_at_s + events->options.request_s;
	const struct stored_watch_request row = {.id = request->id,
						 .watcher_id = watcher->id,
						 .package = slice_text(resource_package(events, resource)->name),
						 .resource = resource_name(resource),
						 .asked_at_s = request->asked_at_s,
						 .expires_at_s = request->expires_at_s};
	storage_save_watch_request(events->parts.storage, &row, on_saved, NULL);
}

static void forget(struct events *events, const struct waiting_key *key, struct slice watcher)
{
	struct waiting *waiting = find(events, key);
	struct watch_request *request = waiting ? find_request(waiting, watcher) : NULL;
	if (!request)
		return;
	drop(events, waiting, request);
	release(events, waiting);
}

void watch_request_forget(const struct resource *resource, const struct account *watcher, struct events *events)
{
	forget(events, &(struct waiting_key){resource->package, resource_name(resource)}, account_user(watcher));
}

const struct watch_request *watch_request_next(const struct events *events, uint8_t package, struct slice name,
					       const struct watch_request *previous)
{
	struct waiting *waiting = find(events, &(struct waiting_key){package, name});
	if (!waiting)
		return NULL;
	int64_t now_s = clock_unix_ms() / 1000;
	struct list_link *next = previous ? previous->of_resource.next : waiting->requests.next;
	while (next != &waiting->requests && request_of(next)->expires_at_s <= now_s)
		next = next->next; /* given up */
	return next == &waiting->requests ? NULL : request_of(next);
}

/* --- those who are gone ------------------------------------------------------------------------------------------- */

/* Watchers who are there were asked about by their watches; of the others only the name is known, which is all that a
 * rule looks at. */
static void review(struct events *events, struct waiting *waiting)
{
	const struct package_row *row = &events->packages[waiting->package];
	struct slice name = slice_of(waiting->name, waiting->name_length);
	struct list_link *next;
	struct arena arena;
	bool is_other = false;
	for (struct list_link *link = waiting->requests.next; link != &waiting->requests; link = next) {
		struct watch_request *request = request_of(link);
		struct rules_verdict verdict;
		next = link->next;
		arena_init(&arena, &events->arenas, 4u << 20);
		int result = rules_judge(events, row, name, watch_request_watcher(request), &arena, &verdict);
		if (result == 0 && verdict.handling != WATCH_CONFIRM) {
			/* RFC 3857 §4.7.1: approved, or rejected, and so not waiting any more */
			watches_note_decision(events, waiting->package, name, (uint64_t)request->id,
					      watch_request_watcher(request),
					      verdict.handling == WATCH_BLOCK ? WATCHER_REJECTED : WATCHER_APPROVED);
			drop(events, waiting, request);
			is_other = true;
		}
		arena_finish(&arena);
	}
	if (is_other && row->package->winfo)
		events_announce(events, row->package->winfo, name);
	release(events, waiting);
}

struct package_walk {
	struct events *events;
	uint8_t package;
};

static bool review_one(struct table_link *link, void *arg)
{
	const struct package_walk *walk = arg;
	struct waiting *waiting = CONTAINER_OF(link, struct waiting, link);
	if (waiting->package == walk->package)
		review(walk->events, waiting);
	return true;
}

void watch_requests_review(struct events *events, uint8_t package, struct slice name)
{
	struct waiting *waiting = find(events, &(struct waiting_key){package, name});
	if (waiting)
		review(events, waiting);
	else if (slice_is_empty(name))
		table_each(&events->waiting, review_one, &(struct package_walk){events, package});
}

struct removal_walk {
	struct events *events;
	struct slice user;
};

static bool remove_user(struct table_link *link, void *arg)
{
	const struct removal_walk *walk = arg;
	struct waiting *waiting = CONTAINER_OF(link, struct waiting, link);
	bool is_his = slice_equal(slice_of(waiting->name, waiting->name_length), walk->user);
	struct watch_request *request = find_request(waiting, walk->user);
	const char *winfo = walk->events->packages[waiting->package].package->winfo;
	if (request)
		drop(walk->events, waiting, request);
	if (request && winfo)
		events_announce(walk->events, winfo, slice_of(waiting->name, waiting->name_length));
	while (is_his && !list_is_empty(&waiting->requests))
		drop(walk->events, waiting, request_of(waiting->requests.next));
	release(walk->events, waiting);
	return true;
}

void watch_requests_account_removed(struct events *events, const struct account *account)
{
	struct removal_walk walk = {events, account_user(account)};
	table_each(&events->waiting, remove_user, &walk);
}

/* --- loading and ending ------------------------------------------------------------------------------------------- */

static void on_row(void *arg, const struct stored_account *watcher, const struct stored_watch_request *row)
{
	struct events *events = arg;
	const struct package_row *package = events_find_package(events, row->package);
	if (!package)
		return;
	struct waiting_key key = {(uint8_t)(package - events->packages), row->resource};
	struct waiting *waiting = get(events, &key);
	struct watch_request *request =
		waiting && !find_request(waiting, watcher->user) ? add(events, waiting, watcher->user) : NULL;
	if (!request)
		return;
	request->id = row->id;
	request->asked_at_s = row->asked_at_s;
	request->expires_at_s = row->expires_at_s;
}

void watch_requests_load(struct events *events, storage_done_fn *done, void *arg)
{
	storage_load_watch_requests(events->parts.storage, on_row, done, arg);
}

static bool destroy_one(struct table_link *link, void *arg)
{
	struct events *events = arg;
	struct waiting *waiting = CONTAINER_OF(link, struct waiting, link);
	struct list_link *request;
	while ((request = list_take_first(&waiting->requests)))
		free(request_of(request));
	table_remove(&events->waiting, &waiting->link);
	free(waiting);
	return true;
}

void watch_requests_finish(struct events *events)
{
	if (events->waiting.buckets)
		table_each(&events->waiting, destroy_one, events);
	table_finish(&events->waiting);
}
