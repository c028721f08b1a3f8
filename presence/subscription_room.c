/* How many subscriptions an account may have, and which of them a device's new one replaces.
 * SPDX-License-Identifier: MIT */
#include "presence/device_of.h"
#include "presence/subscribing.h"

/* A device that subscribes anew has forgotten its old dialog, or will (phones restart, pages are reloaded): its old
 * subscription to the same thing goes without a word, because a last NOTIFY would only be refused, or be taken for the
 * end of the new one. */
struct replacement {
	const struct resource *resource;
	int64_t device_id;
	struct slice target, event_id;
};

/* A list that was carried is the subscription's own: the same one again is the same thing. */
static bool is_same_thing(const struct resource *a, const struct resource *b)
{
	if (a == b)
		return true;
	return a->package == b->package && a->is_list && b->is_list && a->definition && b->definition &&
	       list_name_kind(resource_name(a)) == LIST_CARRIED && list_name_kind(resource_name(b)) == LIST_CARRIED &&
	       list_definition_equal(a->definition, b->definition);
}

static bool is_replaced(const struct replacement *by, const struct subscription *subscription)
{
	bool is_same_device = by->device_id != STORAGE_DEVICE_WITHOUT_INSTANCE
				      ? subscription->device_id == by->device_id
				      : slice_equal(dialog_text(&subscription->dialog, DIALOG_TARGET), by->target);
	return is_same_thing(by->resource, subscription_resource(subscription)) && is_same_device &&
	       subscription->state == SUBSCRIPTION_ACTIVE && !subscription->pending &&
	       slice_equal(dialog_text(&subscription->dialog, DIALOG_USAGE), by->event_id);
}

void subscription_replace_older(const struct subscription *subscription)
{
	struct replacement replacement = {.resource = subscription_resource(subscription),
					  .device_id = subscription->device_id,
					  .target = dialog_text(&subscription->dialog, DIALOG_TARGET),
					  .event_id = dialog_text(&subscription->dialog, DIALOG_USAGE)};
	struct subscription *next;
	for (struct subscription *each = subscription->watcher->subscriptions; each; each = next) {
		next = each->next_of_watcher;
		if (each == subscription || !is_replaced(&replacement, each))
			continue;
		subscription_remove_row(each);
		subscription_destroy(each);
	}
}

/* --- the limit ---------------------------------------------------------------------------------------------------- */

/* Fetches, which live until their NOTIFY is answered, and those that stay have the same limit each. */
static unsigned count_of(const struct account *watcher, bool fetches)
{
	unsigned count = 0;
	for (const struct subscription *each = watcher->subscriptions; each; each = each->next_of_watcher)
		count += (each->state == SUBSCRIPTION_ENDING) == fetches;
	return count;
}

static bool is_suspended(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_ACTIVE && !subscription->is_reachable && !subscription->pending;
}

/* Pages that are loaded again leave subscriptions behind that nobody comes back for: the one told longest ago makes
 * room. */
static bool drop_suspended(const struct account *watcher)
{
	struct subscription *oldest = NULL;
	for (struct subscription *each = watcher->subscriptions; each; each = each->next_of_watcher)
		if (is_suspended(each) && (!oldest || each->notified_at_ms < oldest->notified_at_ms))
			oldest = each;
	if (oldest)
		subscription_end(oldest, REASON_DEACTIVATED);
	return oldest != NULL;
}

/* A device that subscribes anew to what it watched before needs no room. */
static bool replaces_one(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	struct resource *resource =
		subscribing->is_list ? resource_find_list(events, subscribing->row->package, subscribing->target.name)
				     : resource_find(events, subscribing->row->package->name, subscribing->target.name);
	struct slice texts[DIALOG_TEXT_COUNT];
	if (!resource || dialog_read(&request->message, &request->arena, SLICE(""), texts) != 0)
		return false;
	struct replacement replacement = {.resource = resource,
					  .device_id = device_of_request(&events->parts, request),
					  .target = texts[DIALOG_TARGET],
					  .event_id = subscribing->event_id};
	for (const struct subscription *each = request->sender->subscriptions; each; each = each->next_of_watcher)
		if (is_replaced(&replacement, each))
			return true;
	return false;
}

bool subscribing_has_room(struct subscribing *subscribing)
{
	const struct account *watcher = subscribing->request->sender;
	unsigned most = subscribing->events->options.subscriptions_most;
	bool is_fetch = subscribing->expires_s == 0;
	if (count_of(watcher, is_fetch) < most)
		return true;
	return !is_fetch && (replaces_one(subscribing) || drop_suspended(watcher));
}
