/* Looking inside: who watches whom, and why somebody was or was not told. SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "presence/events_state.h"
#include "presence/lists.h"
#include "presence/rules.h"

#include <inttypes.h>
#include <stdio.h>

/* --- refusals ------------------------------------------------------------------------------------------------------
 */

static void note(char *text, size_t size, struct slice from)
{
	snprintf(text, size, "%.*s", (int)(from.length < size ? from.length : size - 1), from.at ? from.at : "");
}

void events_note_refusal(struct events *events, const struct account *watcher, struct slice resource,
			 struct slice package, unsigned status, const char *sentence)
{
	struct refusal_note *entry = &events->refusals[events->refusal_count++ % REFUSALS_NOTED];
	entry->at_ms = clock_unix_ms();
	entry->status = status;
	note(entry->watcher, sizeof entry->watcher, watcher ? account_user(watcher) : SLICE(""));
	note(entry->resource, sizeof entry->resource, resource);
	note(entry->package, sizeof entry->package, package);
	note(entry->sentence, sizeof entry->sentence, slice_text(sentence));
}

/* --- watchers ------------------------------------------------------------------------------------------------------
 */

static const char *state_text(const struct subscription *subscription)
{
	switch ((enum subscription_state)subscription->state) {
	case SUBSCRIPTION_STARTING:
		return "starting";
	case SUBSCRIPTION_ENDING:
		return "ending";
	case SUBSCRIPTION_ACTIVE:
		break;
	}
	if (!subscription->is_reachable)
		return "suspended";
	bool is_list = subscription_resource(subscription)->is_list;
	return !is_list && subscription->watch.handling == WATCH_CONFIRM ? "pending" : "active";
}

static void show(const struct subscription *subscription, watcher_view_fn *each, void *arg)
{
	const struct events *events = subscription->events;
	const struct event_package *package = resource_package(events, subscription_resource(subscription));
	int64_t now_ms = timers_now(events->parts.timers);
	const struct resource *resource = subscription_resource(subscription);
	char flow[FLOW_TEXT_SIZE], list[LIST_TEXT_SIZE];
	struct watcher_view view = {
		.watcher = account_user(subscription->watcher),
		.package = slice_text(package->name),
		.resource =
			resource->is_list ? list_name_describe(resource_name(resource), list) : resource_name(resource),
		.is_list = resource->is_list,
		.event_id = dialog_text(&subscription->dialog, DIALOG_USAGE),
		.state = state_text(subscription),
		.expires_in_s = (subscription->expires_at_ms - now_ms) / 1000,
		.told_before_s = subscription->notified_at_ms ? (now_ms - subscription->notified_at_ms) / 1000 : -1,
		.last_status = subscription->last_status,
		.is_behind = subscription->wants_full || subscription->notify ||
			     subscription->told_version != subscription_resource(subscription)->version,
		.retry_in_s = subscription->due_at_ms > now_ms ? (subscription->due_at_ms - now_ms) / 1000 : -1,
		.flow = flow_write(&subscription->flow, flow),
		.call_id = dialog_text(&subscription->dialog, DIALOG_CALL_ID),
		.media_type = slice_text(package->formats[subscription->format]->media_type),
		.profile = subscription->profile->name,
	};
	each(arg, &view);
}

struct search {
	const struct events *events;
	struct slice watcher, package, resource;
	watcher_view_fn *each;
	void *arg;
};

static bool fits(struct slice wanted, struct slice found)
{
	return slice_is_empty(wanted) || slice_equal(wanted, found);
}

static bool visit(struct table_link *link, void *arg)
{
	const struct search *search = arg;
	const struct subscription *subscription = CONTAINER_OF(link, struct subscription, by_dialog);
	struct slice package = slice_text(resource_package(search->events, subscription_resource(subscription))->name);
	if (fits(search->watcher, account_user(subscription->watcher)) && fits(search->package, package) &&
	    fits(search->resource, resource_name(subscription_resource(subscription))))
		show(subscription, search->each, search->arg);
	return true;
}

/* Who watches it by a list is shown with the list. */
static void visit_watchers_of(const struct resource *resource, struct search *search)
{
	for (const struct list_link *link = resource->watches.next; link != &resource->watches; link = link->next) {
		const struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
		show(watch->subscription, search->each, search->arg);
	}
}

static void visit_entries(const struct resource *resource, const struct account *watcher, struct search *search)
{
	for (const struct list_link *link = resource->watches.next; link != &resource->watches; link = link->next) {
		const struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
		if (watch_is_entry(watch) && watch->subscription->watcher == watcher)
			show(watch->subscription, search->each, search->arg);
	}
}

/* The resource of that name in each package. */
static void visit_resources(struct events *events, struct search *search)
{
	for (unsigned i = 0; i < events->package_count; i++) {
		const struct resource *resource =
			resource_find(events, events->packages[i].package->name, search->resource);
		if (resource)
			visit_watchers_of(resource, search);
	}
}

/* By a list as well, where one resource is asked for. */
static void visit_subscriptions_of(struct events *events, const struct account *watcher, struct search *search)
{
	for (struct subscription *found = watcher->subscriptions; found; found = found->next_of_watcher)
		visit(&found->by_dialog, search);
	for (unsigned i = 0; i < events->package_count && !slice_is_empty(search->resource); i++) {
		const char *package = events->packages[i].package->name;
		const struct resource *resource = fits(search->package, slice_text(package))
							  ? resource_find(events, package, search->resource)
							  : NULL;
		if (resource)
			visit_entries(resource, watcher, search);
	}
}

/* All subscriptions are walked only where neither a watcher nor a resource is named. */
void events_each_watcher(struct events *events, struct slice watcher, struct slice package, struct slice resource,
			 watcher_view_fn *each, void *arg)
{
	struct search search = {events, watcher, package, resource, each, arg};
	const struct account *account = slice_is_empty(watcher) ? NULL : accounts_find(events->parts.accounts, watcher);
	if (account)
		visit_subscriptions_of(events, account, &search);
	else if (slice_is_empty(watcher) && !slice_is_empty(resource))
		visit_resources(events, &search);
	else if (slice_is_empty(watcher))
		table_each(&events->by_dialog, visit, &search);
}

/* --- why
 * --------------------------------------------------------------------------------------------------------------- */

struct explanation {
	struct buffer *text;
	unsigned found;
};

static void explain_subscription(void *arg, const struct watcher_view *view)
{
	struct explanation *explanation = arg;
	struct buffer *text = explanation->text;
	explanation->found++;
	buffer_format(text, "%.*s: watches (%.*s), %s, for another %" PRId64 " s (Call-ID %.*s, %.*s, profile %s).\n",
		      SLICE_ARGS(view->package), SLICE_ARGS(view->resource), view->state, view->expires_in_s,
		      SLICE_ARGS(view->call_id), SLICE_ARGS(view->flow), view->profile);
	if (view->told_before_s < 0)
		buffer_text(text, "  No NOTIFY was sent since the server started.\n");
	else if (view->last_status == 0)
		buffer_format(text, "  The last NOTIFY went out %" PRId64 " s ago and has no answer.\n",
			      view->told_before_s);
	else
		buffer_format(text, "  The last NOTIFY went out %" PRId64 " s ago and was answered %u.\n",
			      view->told_before_s, view->last_status);
	if (slice_equal(slice_text(view->state), SLICE("suspended")))
		buffer_text(text, "  Nothing is sent now, because the watcher's connection is gone: all of it follows "
				  "when the device is back.\n");
	else if (view->retry_in_s >= 0)
		buffer_format(text,
			      "  The next NOTIFY is sent in %" PRId64 " s (it waits for a retry, or for the rate that "
			      "the watcher asked for).\n",
			      view->retry_in_s);
	else
		buffer_text(text, view->is_behind ? "  A NOTIFY with the current state is on its way.\n"
						  : "  The watcher has the current state.\n");
}

static const char *what_becomes(enum watch_handling handling)
{
	switch (handling) {
	case WATCH_ALLOW:
		return "accepted";
	case WATCH_CONFIRM:
		return "accepted, and would wait for a decision of the watched";
	case WATCH_POLITE_BLOCK:
		return "accepted, and would be told nothing (blocked politely)";
	case WATCH_BLOCK:
		break;
	}
	return "refused with 403";
}

static void explain_absence(struct events *events, const struct package_row *row, const struct account *account,
			    struct slice resource, struct buffer *text)
{
	struct rules_verdict verdict;
	struct arena arena;
	arena_init(&arena, &events->arenas, 4u << 20);
	int result = rules_judge(events, row, resource, account_user(account), &arena, &verdict);
	buffer_format(text, "%s: does not watch; a SUBSCRIBE would be %s.\n", row->package->name,
		      result == 0 ? what_becomes(verdict.handling) : "refused for want of memory");
	arena_finish(&arena);
}

static void explain_refusals(const struct events *events, struct slice watcher, struct slice resource,
			     struct buffer *text)
{
	unsigned count = events->refusal_count < REFUSALS_NOTED ? events->refusal_count : REFUSALS_NOTED;
	for (unsigned i = 1; i <= count; i++) {
		const struct refusal_note *entry = &events->refusals[(events->refusal_count - i) % REFUSALS_NOTED];
		if (!slice_equal(slice_text(entry->watcher), watcher) ||
		    !slice_equal(slice_text(entry->resource), resource))
			continue;
		buffer_format(text, "Refused %" PRId64 " s ago: %s, %u: %s.\n", (clock_unix_ms() - entry->at_ms) / 1000,
			      entry->package, entry->status, entry->sentence);
	}
}

void events_explain(struct events *events, struct slice watcher, struct slice resource, struct buffer *text)
{
	const struct account *account = accounts_find(events->parts.accounts, watcher);
	if (!account)
		buffer_format(text, "%.*s is not registered and watches nothing.\n", SLICE_ARGS(watcher));
	for (unsigned i = 0; i < events->package_count; i++) {
		const struct package_row *row = &events->packages[i];
		/* "@name" is a mailbox: nothing else has such a resource. */
		bool is_possible = slice_find(resource, '@') > 0 || row->package->message_account;
		if (!row->package->formats || !account || !is_possible)
			continue;
		struct explanation explanation = {.text = text};
		events_each_watcher(events, watcher, slice_text(row->package->name), resource, explain_subscription,
				    &explanation);
		if (explanation.found == 0)
			explain_absence(events, row, account, resource, text);
	}
	explain_refusals(events, watcher, resource, text);
}
