/* The event core: its packages, and what comes to it from the rest of the server. SPDX-License-Identifier: MIT */
#include "presence/events.h"

#include "base/error.h"
#include "core/clock.h"
#include "presence/events_state.h"
#include "presence/list_watches.h"
#include "presence/lists.h"
#include "presence/removal.h"
#include "presence/rules.h"
#include "presence/watch_requests.h"

#include <stdio.h>
#include <stdlib.h>

struct events *events_create(const struct events_parts *parts, const struct events_options *options)
{
	struct events *events = calloc(1, sizeof *events);
	if (!events)
		return NULL;
	events->parts = *parts;
	events->options = *options;
	notifier_init(events);
	list_init(&events->removals);
	if (table_init(&events->resources) != 0 || table_init(&events->publications) != 0 ||
	    table_init(&events->by_dialog) != 0 || table_init(&events->by_connection) != 0 ||
	    table_init(&events->views) != 0 || table_init(&events->rules) != 0 || table_init(&events->waiting) != 0) {
		events_destroy(events);
		return NULL;
	}
	events->lists = lists_create(events);
	if (!events->lists) {
		events_destroy(events);
		return NULL;
	}
	return events;
}

static bool destroy_subscription(struct table_link *link, void *arg)
{
	(void)arg;
	subscription_destroy(CONTAINER_OF(link, struct subscription, by_dialog));
	return true;
}

static bool destroy_resource(struct table_link *link, void *arg)
{
	struct events *events = arg;
	struct resource *resource = CONTAINER_OF(link, struct resource, link);
	resource->watch_count++; /* keeps it until all are gone */
	publications_destroy(events, resource);
	resource->watch_count--;
	resource_release(events, resource);
	return true;
}

void events_destroy(struct events *events)
{
	if (!events)
		return;
	/* Subscriptions first: those to lists hold many resources. */
	table_each(&events->by_dialog, destroy_subscription, events);
	table_each(&events->resources, destroy_resource, events);
	lists_destroy(events->lists);
	watch_requests_finish(events);
	rules_finish(events);
	table_finish(&events->views);
	table_finish(&events->by_connection);
	table_finish(&events->by_dialog);
	table_finish(&events->publications);
	table_finish(&events->resources);
	notifier_finish(events);
	removals_finish(events);
	free(events);
}

void events_set_options(struct events *events, const struct events_options *options)
{
	events->options = *options;
}

const struct events_counters *events_counters(const struct events *events)
{
	return &events->counters;
}

const struct events_parts *events_parts(const struct events *events)
{
	return &events->parts;
}

/* --- packages ------------------------------------------------------------------------------------------------- */

int events_add_package(struct events *events, const struct event_package *package, enum watch_policy policy, void *arg)
{
	if (events->package_count == EVENT_PACKAGES_MOST)
		return ERR_LIMIT;
	events->packages[events->package_count++] = (struct package_row){package, policy, arg};
	return 0;
}

const struct package_row *events_find_package(const struct events *events, struct slice name)
{
	/* RFC 6665 §8.2.1 compares with case; old Linphones ask for "Presence". */
	for (unsigned i = 0; i < events->package_count; i++)
		if (slice_equal_nocase(name, slice_text(events->packages[i].package->name)))
			return &events->packages[i];
	return NULL;
}

void events_set_policy(struct events *events, const char *package, enum watch_policy policy)
{
	for (unsigned i = 0; i < events->package_count; i++) {
		struct package_row *row = &events->packages[i];
		if (!slice_equal_nocase(slice_text(package), slice_text(row->package->name)) || row->policy == policy)
			continue;
		row->policy = policy;
		events_review(events, package, SLICE(""));
	}
}

/* --- rules that have changed ----------------------------------------------------------------------------------- */

static void review(struct events *events, struct resource *resource)
{
	struct list_link *next;
	resource->watch_count++; /* keeps it until all were asked */
	for (struct list_link *link = resource->watches.next; link != &resource->watches; link = next) {
		next = link->next;
		watch_review(CONTAINER_OF(link, struct watch, of_resource));
	}
	resource->watch_count--;
	resource_release(events, resource);
}

struct reviewing {
	struct events *events;
	const struct package_row *row;
};

static bool review_one(struct table_link *link, void *arg)
{
	const struct reviewing *reviewing = arg;
	struct resource *resource = CONTAINER_OF(link, struct resource, link);
	if (events_row(reviewing->events, resource) == reviewing->row)
		review(reviewing->events, resource);
	return true;
}

void events_review(struct events *events, const char *package, struct slice name)
{
	struct reviewing reviewing = {events, events_find_package(events, slice_text(package))};
	struct resource *resource = slice_is_empty(name) ? NULL : resource_find(events, package, name);
	if (resource)
		review(events, resource);
	else if (slice_is_empty(name))
		table_each(&events->resources, review_one, &reviewing);
	if (reviewing.row)
		watch_requests_review(events, (uint8_t)(reviewing.row - events->packages), name);
}

void events_write_allowed(const struct events *events, struct buffer *headers)
{
	buffer_text(headers, "Allow-Events: ");
	for (unsigned i = 0; i < events->package_count; i++) {
		buffer_text(headers, i > 0 ? ", " : "");
		buffer_text(headers, events->packages[i].package->name);
	}
	buffer_text(headers, "\r\n");
}

/* --- what happens elsewhere ------------------------------------------------------------------------------------- */

/* The way to it is lost; or a NOTIFY over it was not answered; or it went where its device was registered, and the
 * device is elsewhere now (its old connection may seem to be open for long): then the new registration says where it
 * is. A subscription that went another way than the registration from the beginning stays where it is. */
static bool needs_new_flow(const struct subscription *subscription, const struct flow *flow)
{
	if (!subscription->is_reachable)
		return true;
	if (flow_equal(&subscription->flow, flow))
		return false;
	if (subscription->failures > 0)
		return true;
	/* Without outbound a device has one flow, the newest; with it, several (RFC 5626 §4.2.1). */
	const struct binding *current = subscription_binding(subscription, &subscription->flow);
	return subscription->is_with_device && (!current || current->reg_id == 0);
}

static void move_to(struct subscription *subscription, const struct flow *flow)
{
	subscription_set_flow(subscription, flow);
	subscription->failures = 0;
	subscription->due_at_ms = 0;
	subscription->wants_full = true;
	if (subscription_is_refused(subscription))
		subscription_end_refused(subscription);
	else
		notifier_try(subscription);
}

static bool is_over(const struct table_link *link, const void *key)
{
	const uint64_t *connection = key;
	return CONTAINER_OF(link, const struct subscription, by_connection)->flow.connection == *connection;
}

/* Its device may have a second flow (RFC 5626 §4.2.1). */
static void go_on_elsewhere(struct subscription *subscription)
{
	const struct device *device = account_find_device(subscription->watcher, subscription->device_id);
	const struct binding *binding = device ? location_reachable(device) : NULL;
	if (binding && device->id != STORAGE_DEVICE_WITHOUT_INSTANCE && subscription->state == SUBSCRIPTION_ACTIVE)
		move_to(subscription, &binding->flow);
}

void events_flow_closed(struct events *events, const struct flow *flow)
{
	if (flow->connection == 0)
		return;
	uint64_t hash = table_hash(&events->by_connection, &flow->connection, sizeof flow->connection);
	struct table_link *link;
	while ((link = table_find(&events->by_connection, hash, is_over, &flow->connection))) {
		struct subscription *subscription = CONTAINER_OF(link, struct subscription, by_connection);
		subscription_set_flow(subscription, NULL);
		if (subscription->state == SUBSCRIPTION_ENDING && !subscription->notify)
			subscription_destroy(subscription);
		else
			go_on_elsewhere(subscription);
	}
}

static void on_adopted(void *arg, int result)
{
	/* Where it failed, its next refresh writes the row: the lease is forgotten, see adopt. */
	(void)arg;
	(void)result;
}

/* It was there before its device registered over the same flow: now it is known whose it is, also after a restart. */
static void adopt(struct subscription *subscription, const struct device *device)
{
	char flow[STORED_FLOW_SIZE];
	struct stored_subscription row;
	subscription->device_id = device->id;
	subscription->is_with_device = true;
	if (!subscription->has_row)
		return;
	subscription_fill_row(subscription, &row, flow);
	storage_save_subscription(subscription->events->parts.storage, &row, on_adopted, NULL);
	subscription->row_cseq = subscription->dialog.local_cseq;
	subscription->stored_until_s = 0;
}

void events_device_returned(struct events *events, struct device *device)
{
	const struct binding *binding = location_reachable(device);
	(void)events;
	/* Devices without an instance share one number: it says nothing of who has come back. */
	if (!binding || device->id == STORAGE_DEVICE_WITHOUT_INSTANCE)
		return;
	struct subscription *next;
	for (struct subscription *each = device->account->subscriptions; each; each = next) {
		next = each->next_of_watcher;
		if (each->device_id == STORAGE_DEVICE_WITHOUT_INSTANCE && each->is_reachable &&
		    each->state != SUBSCRIPTION_ENDING && flow_equal(&each->flow, &binding->flow))
			adopt(each, device);
		if (each->device_id != device->id || each->state != SUBSCRIPTION_ACTIVE ||
		    !needs_new_flow(each, &binding->flow))
			continue;
		move_to(each, &binding->flow);
	}
}

static void end_watchers_of(struct events *events, struct slice user)
{
	for (unsigned i = 0; i < events->package_count; i++) {
		struct resource *resource = resource_find(events, events->packages[i].package->name, user);
		if (!resource)
			continue;
		resource->watch_count++; /* keeps it until all are gone */
		publications_destroy(events, resource);
		resource->user = USER_UNKNOWN;
		struct list_link *next;
		for (struct list_link *link = resource->watches.next; link != &resource->watches; link = next) {
			struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
			next = link->next;
			if (watch_is_entry(watch))
				list_watches_due(watch);
			else
				subscription_end(watch->subscription, REASON_NO_RESOURCE);
		}
		resource->watch_count--;
		resource_release(events, resource);
	}
}

void events_session_ended(struct events *events, struct account *account, int64_t session_id)
{
	struct subscription *next;
	(void)events;
	for (struct subscription *each = account->subscriptions; each; each = next) {
		next = each->next_of_watcher;
		if (each->session_id == session_id)
			subscription_end(each, REASON_REJECTED);
	}
}

void events_account_removed(struct events *events, struct account *account)
{
	struct subscription *next;
	for (struct subscription *each = account->subscriptions; each; each = next) {
		next = each->next_of_watcher;
		subscription_end(each, REASON_REJECTED);
	}
	end_watchers_of(events, account_user(account));
	watch_requests_account_removed(events, account);
}

static unsigned port_of(const struct sip_uri *uri)
{
	return uri->port != 0 ? uri->port : uri->scheme == URI_SIPS ? 5061 : 5060;
}

/* Phones write other parameters into the Contact of SUBSCRIBE than into that of REGISTER. */
static bool is_same_place(struct slice a, struct slice b)
{
	struct sip_uri first, second;
	return slice_equal(a, b) || (sip_uri_parse(a, &first) == 0 && sip_uri_parse(b, &second) == 0 &&
				     !slice_is_empty(first.host) && slice_equal(first.user, second.user) &&
				     sip_host_equal(first.host, second.host) && port_of(&first) == port_of(&second));
}

/* The flow of an edge (Path, RFC 3327) is that of all phones behind it, and says nothing. */
static bool is_same_way(const struct subscription *subscription, const struct binding *binding)
{
	bool is_direct = slice_is_empty(binding_text(binding, BINDING_PATH));
	return (subscription->is_reachable && binding->reachable && is_direct &&
		flow_equal(&subscription->flow, &binding->flow)) ||
	       is_same_place(dialog_text(&subscription->dialog, DIALOG_TARGET), binding_text(binding, BINDING_CONTACT));
}

static bool is_of_phone(const struct subscription *subscription, const struct binding *binding)
{
	const struct device *device = binding->device;
	if (device->id == STORAGE_DEVICE_WITHOUT_INSTANCE)
		return is_same_way(subscription, binding);
	if (subscription->device_id != STORAGE_DEVICE_WITHOUT_INSTANCE)
		return subscription->device_id == device->id;
	for (const struct binding *each = device->bindings; each; each = each->next)
		if (is_same_way(subscription, each))
			return true;
	return false;
}

bool events_phone_subscribes(const struct events *events, const struct binding *binding, const char *package)
{
	const struct package_row *row = events_find_package(events, slice_text(package));
	const struct account *account = binding->device->account;
	for (const struct subscription *each = account->subscriptions; each; each = each->next_of_watcher)
		if (events_row(events, subscription_resource(each)) == row && each->state != SUBSCRIPTION_ENDING &&
		    is_of_phone(each, binding))
			return true;
	return false;
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

static void on_publications(void *arg, int result)
{
	struct events *events = arg;
	if (result == 0)
		log_event(events->parts.log, LOG_INFO, "events_loaded", NULL,
			  "%u subscriptions, %u of them suspended, and %u publications", events->counters.subscriptions,
			  events->counters.suspended, events->counters.publications);
	events->on_loaded(events->on_loaded_arg, result);
}

static void on_subscriptions(void *arg, int result)
{
	struct events *events = arg;
	if (result == 0)
		publications_load(events, on_publications, events);
	else
		events->on_loaded(events->on_loaded_arg, result);
}

static void on_requests(void *arg, int result)
{
	struct events *events = arg;
	if (result == 0)
		subscriptions_load(events, on_subscriptions, events);
	else
		events->on_loaded(events->on_loaded_arg, result);
}

static void on_generation(void *arg, int result, int64_t generation)
{
	struct events *events = arg;
	if (result == 0) {
		events->generation = (uint32_t)generation;
		watch_requests_load(events, on_requests, events);
	} else {
		events->on_loaded(events->on_loaded_arg, result);
	}
}

void events_load(struct events *events, storage_done_fn *done, void *arg)
{
	events->on_loaded = done;
	events->on_loaded_arg = arg;
	storage_next_generation(events->parts.storage, on_generation, events);
}
