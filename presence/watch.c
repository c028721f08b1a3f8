/* Who watches what, and what the rules make of it. SPDX-License-Identifier: MIT */
#include "presence/watch.h"

#include "base/error.h"
#include "presence/events_state.h"
#include "presence/list_watches.h"
#include "presence/rules.h"
#include "presence/shared_body.h"
#include "presence/view.h"
#include "presence/watch_requests.h"

/* What the rules give a watcher, and what he asked for. */
#define VERDICT_MOST (4u << 20)

bool watch_is_entry(const struct watch *watch)
{
	return watch != &watch->subscription->watch;
}

/* One list may name somebody twice, by two URIs. The factor spreads what the position adds. */
uint64_t watch_id(const struct watch *watch)
{
	const struct subscription *subscription = watch->subscription;
	uint64_t position = watch_is_entry(watch) ? (uint64_t)(watch - subscription->list->watches) + 1 : 0;
	return (uint64_t)subscription->id + position * UINT64_C(0x9e3779b97f4a7c15);
}

void watch_begin(struct watch *watch, struct subscription *subscription, struct resource *resource)
{
	watch->subscription = subscription;
	watch->resource = resource;
	list_append(&resource->watches, &watch->of_resource);
	resource->watch_count++;
}

void watch_end(struct watch *watch)
{
	struct resource *resource = watch->resource;
	struct events *events = watch->subscription->events;
	if (!resource)
		return;
	list_remove(&watch->of_resource);
	view_release(watch->view);
	watch_remember(watch, NULL);
	watch->view = NULL;
	watch->resource = NULL;
	resource->watch_count--;
	watches_changed(resource, events);
	resource_release(events, resource);
}

void watch_remember(struct watch *watch, struct shared_body *body)
{
	if (body)
		shared_body_hold(body);
	shared_body_release(watch->told);
	watch->told = body;
}

void watches_changed(struct resource *resource, struct events *events)
{
	const struct event_package *package = resource_package(events, resource);
	if (package->winfo && !resource->is_list)
		events_announce(events, package->winfo, resource_name(resource));
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

/* Whoever waits is remembered, so that he is seen also when he is gone (RFC 3857 §4.7.1, "waiting"); whoever was
 * decided about has nothing to wait for. */
static void note_request(const struct watch *watch)
{
	struct subscription *subscription = watch->subscription;
	if (subscription->state == SUBSCRIPTION_ENDING)
		return;
	if (watch->handling == WATCH_CONFIRM)
		watch_request_note(watch, subscription->events);
	else
		watch_request_forget(watch->resource, subscription->watcher, subscription->events);
}

int watch_judge(struct watch *watch, const struct watch_wish *wish)
{
	struct subscription *subscription = watch->subscription;
	struct events *events = subscription->events;
	struct arena arena;
	struct rules_verdict verdict;
	struct view *view = NULL;
	arena_init(&arena, &events->arenas, VERDICT_MOST);
	int result = rules_judge(events, events_row(events, watch->resource), resource_name(watch->resource),
				 account_user(subscription->watcher), &arena, &verdict);
	if (result == 0)
		result = view_get(events,
				  &(struct view_texts){.permissions = verdict.permissions,
						       .selection = wish->selection,
						       .filters = wish->filters},
				  &view);
	if (result == 0) {
		view_release(watch->view);
		watch->view = view;
		watch->handling = (uint8_t)verdict.handling;
		note_request(watch);
	}
	arena_finish(&arena);
	return result;
}

/* --- rules that have changed -------------------------------------------------------------------------------------- */

static void tell(struct watch *watch)
{
	struct subscription *subscription = watch->subscription;
	if (watch_is_entry(watch)) {
		list_watches_due(watch);
		return;
	}
	/* "pending" becoming "active" is news though the state is the same. */
	subscription->wants_full = true;
	notifier_try(subscription);
}

void watch_review(struct watch *watch)
{
	struct subscription *subscription = watch->subscription;
	struct view_texts texts = view_texts(watch->view);
	struct watch_wish wish = {texts.selection, texts.filters};
	struct view *view = watch->view;
	uint8_t handling = watch->handling;
	if (watch->resource->is_list || subscription->state == SUBSCRIPTION_ENDING)
		return;
	view_hold(view); /* the texts of the wish are its */
	int result = watch_judge(watch, &wish);
	bool is_same = handling == watch->handling && view == watch->view;
	view_release(view);
	if (result != 0) {
		/* Better nothing than what may be forbidden now: the refresh asks again. */
		watch->handling = WATCH_CONFIRM;
		is_same = handling == WATCH_CONFIRM;
	}
	if (is_same)
		return;
	if (watch->handling == WATCH_BLOCK && watch_is_entry(watch) && subscription->state == SUBSCRIPTION_ACTIVE)
		watches_note_end(watch, WATCHER_REJECTED);
	watches_changed(watch->resource, subscription->events);
	if (watch->handling == WATCH_BLOCK && !watch_is_entry(watch))
		subscription_end(subscription, REASON_REJECTED);
	else
		tell(watch);
}
