/* The entries of a list that somebody subscribes to. SPDX-License-Identifier: MIT */
#include "presence/list_watches.h"

#include "base/error.h"
#include "presence/events_state.h"
#include "presence/resource_user.h"
#include "presence/view.h"

#include <stdlib.h>

/* --- who is looked at --------------------------------------------------------------------------------------------- */

/* The resource that an entry's URI names in this package: NULL where it is nothing of ours (another domain, a URI that
 * cannot be read), `needs_account` where a user of that name must exist. */
static struct resource *find_resource(struct subscription *subscription, struct slice uri_text, bool *needs_account)
{
	struct events *events = subscription->events;
	const struct package_row *row = events_row(events, subscription_resource(subscription));
	struct event_target target = {0};
	struct sip_uri uri;
	struct arena arena;
	const char *sentence;
	struct resource *resource = NULL;
	arena_init(&arena, &events->arenas, 65536);
	if (sip_uri_parse(uri_text, &uri) == 0 && domain_is_local(events->parts.domain, uri.host, uri.port) &&
	    events_resolve(events, row, &arena, &uri, subscription->watcher, &target, &sentence) == 0)
		resource = resource_get(events, row->package, target.name);
	*needs_account = target.needs_account;
	arena_finish(&arena);
	return resource;
}

static void begin_entry(struct list_watches *list, unsigned index, struct subscription *subscription)
{
	struct watch *watch = &list->watches[index];
	struct watch_wish wish = {.filters = list->filters};
	bool needs_account;
	watch->subscription = subscription;
	watch->is_due = true;
	struct resource *resource = find_resource(subscription, list->definition->entries[index].uri, &needs_account);
	if (!resource)
		return;
	watch_begin(watch, subscription, resource);
	if (watch_judge(watch, &wish) != 0)
		watch->handling = WATCH_CONFIRM; /* asked again at the next refresh */
	if (needs_account)
		resource_check_user(subscription->events, resource);
	watches_changed(resource, subscription->events);
}

/* --- beginning and ending ----------------------------------------------------------------------------------------- */

static struct list_watches *create(struct list_definition *definition, struct slice filters)
{
	struct list_watches *list =
		calloc(1, sizeof *list + definition->count * sizeof list->watches[0] + filters.length);
	if (!list)
		return NULL;
	list_definition_hold(definition);
	list->definition = definition;
	char *text = (char *)(list->watches + definition->count);
	if (filters.length > 0)
		memcpy(text, filters.at, filters.length);
	list->filters = slice_of(text, filters.length);
	return list;
}

static void destroy(struct list_watches *list)
{
	for (unsigned i = 0; i < list->definition->count; i++)
		watch_end(&list->watches[i]);
	list_definition_release(list->definition);
	free(list);
}

/* The new watches begin before the old ones end: resources that are on both lists stay as they are. */
static void replace(struct subscription *subscription, struct slice filters)
{
	struct list_definition *definition = subscription_resource(subscription)->definition;
	struct list_watches *list = definition ? create(definition, filters) : NULL, *old = subscription->list;
	if (!list)
		return;
	subscription->list = list;
	for (unsigned i = 0; i < definition->count; i++)
		begin_entry(list, i, subscription);
	list->due_count = definition->count;
	if (old)
		destroy(old);
	subscription->wants_full = true;
}

void list_watches_begin(struct subscription *subscription, struct slice filters)
{
	if (!filters.at && subscription->list)
		filters = subscription->list->filters;
	replace(subscription, filters);
}

/* Another definition is no reason to tell more often than the watcher wants (RFC 6446 §5.3). */
static void keep_rate(struct subscription *subscription)
{
	int64_t from_ms = subscription->notified_at_ms + (int64_t)subscription->least_interval_ms;
	if (subscription->notified_at_ms == 0 || subscription->due_at_ms >= from_ms ||
	    timers_now(subscription->events->parts.timers) >= from_ms)
		return;
	subscription->due_at_ms = from_ms;
	subscription_schedule(subscription);
}

void list_watches_renew(struct subscription *subscription)
{
	if (subscription->state == SUBSCRIPTION_STARTING)
		return; /* it is about to begin */
	list_watches_begin(subscription, (struct slice){0});
	keep_rate(subscription);
	notifier_try(subscription);
}

void list_watches_end(struct subscription *subscription)
{
	struct list_watches *list = subscription->list;
	subscription->list = NULL;
	if (list)
		destroy(list);
}

void list_watches_check(struct subscription *subscription)
{
	struct list_watches *list = subscription->list;
	if (!list) {
		list_watches_begin(subscription, (struct slice){0});
		return;
	}
	struct watch_wish wish = {.filters = list->filters};
	for (unsigned i = 0; i < list->definition->count; i++) {
		struct watch *watch = &list->watches[i];
		if (watch->resource && watch_judge(watch, &wish) != 0)
			watch->handling = WATCH_CONFIRM;
	}
}

/* --- what is due -------------------------------------------------------------------------------------------------- */

void list_watches_all_due(struct list_watches *list)
{
	for (unsigned i = 0; i < list->definition->count; i++)
		list->watches[i].is_due = true;
	list->due_count = list->definition->count;
	list->next = 0;
}

void list_watches_due(struct watch *watch)
{
	struct subscription *subscription = watch->subscription;
	struct events *events = subscription->events;
	struct list_watches *list = subscription->list;
	/* Those of a list that is just being made, or taken apart, are told with it. */
	if (!list || watch < list->watches || watch >= list->watches + list->definition->count)
		return;
	if (!watch->is_due) {
		watch->is_due = true;
		list->due_count++;
	}
	if (subscription->wants_full || subscription->due_at_ms > 0 || subscription->state != SUBSCRIPTION_ACTIVE)
		return;
	subscription->due_at_ms = timers_now(events->parts.timers) + events->options.lists.gather_ms;
	subscription_schedule(subscription);
}
