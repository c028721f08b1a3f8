/* Who must be told: one body for all who see the same, one NOTIFY in flight for each subscription, the newest state
 * wins, and long fan-outs are cut into slices so that others have their turn. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/peer.h"
#include "presence/list_watches.h"
#include "presence/notify_write.h"
#include "presence/rules.h"
#include "presence/shared_body.h"
#include "presence/view.h"

/* After a start, so many milliseconds are one step of telling. */
enum { RESUMED_STEP_MS = 20 };

/* NOTIFYs above this are offered to the watcher over TCP, see client_request.tcp_peer. */
enum { TCP_FROM_BYTES = 900 };

#define BODY_MOST (4u << 20)

void notifier_init(struct events *events)
{
	list_init(&events->changed);
	list_init(&events->resuming);
	list_init(&events->cached);
	buffer_init(&events->scratch, BODY_MOST + 65536);
	buffer_init(&events->body, BODY_MOST);
	buffer_init(&events->filtered, BODY_MOST);
	buffer_init(&events->packed, BODY_MOST);
	buffer_init(&events->list, BODY_MOST);
	arena_pool_init(&events->arenas, 4);
}

void notifier_finish(struct events *events)
{
	timer_stop(&events->telling);
	buffer_finish(&events->scratch);
	buffer_finish(&events->body);
	buffer_finish(&events->filtered);
	buffer_finish(&events->packed);
	buffer_finish(&events->list);
	arena_pool_finish(&events->arenas);
}

bool notifier_read_tag(struct subscription *subscription, uint64_t *tag)
{
	/* A list has no one state that a tag could stand for. */
	bool has_one = !subscription_resource(subscription)->is_list && watch_shows_state(&subscription->watch);
	const struct shared_body *body = has_one ? shared_body_get(&subscription->watch) : NULL;
	if (body)
		*tag = body->tag;
	return body != NULL;
}

/* --- one NOTIFY --------------------------------------------------------------------------------------------------- */

static void on_row_renewed(void *arg, int result)
{
	/* Where it failed, the next one asks again: the block is far from its end. */
	(void)arg;
	(void)result;
}

/* The next process goes on one block beyond the row, so the row follows long before the block is used up. */
static void renew_row(struct subscription *subscription)
{
	if (!subscription->has_row || subscription->dialog.local_cseq - subscription->row_cseq < CSEQ_BLOCK / 4)
		return;
	char flow[STORED_FLOW_SIZE];
	struct stored_subscription row;
	subscription_fill_row(subscription, &row, flow);
	storage_save_subscription(subscription->events->parts.storage, &row, on_row_renewed, NULL);
	/* Asked again after another eighth where this fails: there are six tries in a block. */
	subscription->row_cseq += CSEQ_BLOCK / 8;
}

/* A GRUU of ours stands for the contact that the device has registered (RFC 5627 §3.3, as its home proxy). */
static struct slice request_uri_of(const struct subscription *subscription, struct arena *arena)
{
	struct slice target = dialog_request_uri(&subscription->dialog);
	struct sip_uri uri;
	struct gruu_target gruu;
	if (slice_find(target, ';') == target.length || sip_uri_parse(target, &uri) != 0 || !gruu_is(&uri) ||
	    gruu_resolve(subscription->events->parts.gruus, arena, &uri, &gruu) != 0)
		return target;
	const struct device *device = account_find_device(subscription->watcher, gruu.device_id);
	const struct binding *binding = device ? location_reachable(device) : NULL;
	return binding ? binding_text(binding, BINDING_CONTACT) : target;
}

/* True: it is on its way. */
static bool send_notify(struct subscription *subscription, const struct notify_body *body)
{
	struct events *events = subscription->events;
	struct arena arena;
	arena_init(&arena, &events->arenas, 65536);
	notify_write(&events->scratch, subscription, body);
	renew_row(subscription);
	struct client_request request = {
		.flow = subscription->flow,
		.method = SLICE("NOTIFY"),
		.uri = request_uri_of(subscription, &arena),
		.rest = buffer_slice(&events->scratch),
		.on_done = subscription_on_notified,
		.arg = subscription,
	};
	if (events->scratch.length > TCP_FROM_BYTES)
		request.tcp_peer = peer_by_tcp(&subscription->flow, dialog_text(&subscription->dialog, DIALOG_TARGET));
	int result = buffer_failed(&events->scratch)
			     ? ERR_NO_MEMORY
			     : client_transaction_start(events->parts.transactions, &request, &subscription->notify);
	arena_finish(&arena);
	return result == 0;
}

static bool is_due(const struct subscription *subscription)
{
	return subscription->wants_full || subscription->is_periodic ||
	       (subscription->list && subscription->list->due_count > 0) ||
	       subscription->told_version != subscription_resource(subscription)->version;
}

/* RFC 6446 §5.2: not more often than the watcher wants. True: it has to wait. */
static bool is_too_early(struct subscription *subscription)
{
	if (subscription->least_interval_ms == 0 || subscription->notified_at_ms == 0 ||
	    subscription->state == SUBSCRIPTION_ENDING)
		return false;
	/* A list that is told in pieces is one notification of it. */
	if (subscription->list && subscription->list->is_begun)
		return false;
	int64_t from_ms = subscription->notified_at_ms + (int64_t)subscription->least_interval_ms;
	if (timers_now(subscription->events->parts.timers) >= from_ms)
		return false;
	subscription->due_at_ms = from_ms;
	subscription_schedule(subscription);
	return true;
}

/* For an adaptive rate: what was sent fades away over the period of its average. */
static void count_recent(struct subscription *subscription, int64_t now_ms)
{
	double period_ms = (double)subscription->most_interval_ms * RECENT_AVERAGE;
	double fading = subscription->notified_at_ms ? (double)(now_ms - subscription->notified_at_ms) / period_ms : 0;
	double kept = fading < 1 ? 1 - fading : 0;
	subscription->recent = (float)(subscription->recent * kept + (subscription->notified_at_ms ? 1 : 0));
}

static void try_again_soon(struct subscription *subscription)
{
	if (subscription->state == SUBSCRIPTION_ENDING)
		return;
	subscription->due_at_ms = timers_now(subscription->events->parts.timers) + 1000;
	subscription_schedule(subscription);
}

/* Who may not see the state (any more) is told that, and nothing else. */
static bool is_turned_away(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_ENDING && subscription->reason != REASON_TIMEOUT;
}

static bool may_send(struct subscription *subscription)
{
	return subscription->events->is_resumed && !subscription->notify && subscription->is_reachable &&
	       subscription->state != SUBSCRIPTION_STARTING && !subscription_is_refused(subscription) &&
	       is_due(subscription) && subscription->due_at_ms <= timers_now(subscription->events->parts.timers) &&
	       (subscription->wants_full || !is_too_early(subscription));
}

/* True: it is on its way. */
static bool send_body(struct subscription *subscription, const struct notify_body *body)
{
	struct events *events = subscription->events;
	bool is_last = subscription->state == SUBSCRIPTION_ENDING;
	if (!send_notify(subscription, body)) {
		try_again_soon(subscription);
		return false;
	}
	subscription->due_at_ms = 0;
	subscription->wants_full = subscription->without_body = subscription->is_periodic = false;
	subscription->sent_version = is_last ? NOTIFIED_LAST : subscription_resource(subscription)->version;
	subscription->sent_tag = body->shared ? body->shared->tag : 0;
	if (subscription->is_adaptive)
		count_recent(subscription, timers_now(events->parts.timers));
	subscription->notified_at_ms = timers_now(events->parts.timers);
	events->counters.notified++;
	return true;
}

/* Nothing to be told after all. */
static bool has_nothing_new(struct subscription *subscription)
{
	subscription->told_version = subscription_resource(subscription)->version;
	return false;
}

/* --- of a list --- */

static bool try_list(struct subscription *subscription)
{
	struct events *events = subscription->events;
	struct list_body list;
	struct notify_body body = {0};
	char text[NOTIFIER_VERSION_SIZE];
	if (!is_turned_away(subscription) && subscription->list) {
		struct slice version = notifier_write_version(subscription, 0, text);
		buffer_clear(&events->list);
		if (!list_notify_write(subscription, version, &events->list, &list)) {
			subscription->wants_full = true; /* what was begun is not known to the watcher */
			try_again_soon(subscription);
			return false;
		}
		if (!list.is_written)
			return has_nothing_new(subscription);
		body.list = &list;
		body.list_bytes = buffer_slice(&events->list);
	} else if (subscription->state != SUBSCRIPTION_ENDING) {
		return false; /* the list is being read */
	}
	if (!send_body(subscription, &body)) {
		subscription->wants_full = true;
		return false;
	}
	if (body.list && list.is_incomplete)
		try_again_soon(subscription);
	return true;
}

/* --- of a resource --- */

/* Where the next body depends on this one: on what has changed since, or whether that is worth a NOTIFY. */
static void remember(struct subscription *subscription, struct shared_body *body)
{
	bool is_needed = body && (body->format->write_change || body->whole);
	watch_remember(&subscription->watch, is_needed ? body : NULL);
	subscription->is_behind = false;
}

static bool try_state(struct subscription *subscription)
{
	struct watch *watch = &subscription->watch;
	bool shows_state = watch_shows_state(watch) && !is_turned_away(subscription);
	struct shared_body *whole = shows_state ? shared_body_get(watch) : NULL, *change = NULL;
	if (shows_state && !whole) {
		try_again_soon(subscription);
		return false;
	}
	if (!subscription->wants_full) {
		/* Nobody is told what he knows. */
		if (!whole || !shared_body_is_news(watch, whole)) {
			bool is_other = whole && whole->tag != watch->told_tag;
			if (whole)
				remember(subscription, whole);
			subscription->is_behind = is_other;
			return has_nothing_new(subscription);
		}
		if (watch->told && !subscription->is_behind)
			change = shared_body_change(watch, watch->told, whole);
	}
	struct notify_body body = {.shared = change ? change : whole, .is_left_out = subscription->without_body};
	if (!send_body(subscription, &body)) {
		subscription->wants_full = true; /* its number is used up: no change follows from what he knows */
		return false;
	}
	/* A watcher who was told nothing has counted on, too: what follows is told whole (RFC 5262 §3.2). */
	remember(subscription, body.is_left_out ? NULL : whole);
	return true;
}

bool notifier_try(struct subscription *subscription)
{
	if (!may_send(subscription))
		return false;
	return subscription_resource(subscription)->is_list ? try_list(subscription) : try_state(subscription);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void on_telling(struct timer *timer);

static void tell(struct watch *watch)
{
	if (watch_is_entry(watch))
		list_watches_due(watch);
	else
		notifier_try(watch->subscription);
}

/* Tells at most `budget` watchers of the resource; returns how many it looked at. Whoever was looked at goes to the end
 * of the list, so that none is always last. */
static unsigned tell_some(struct resource *resource, unsigned budget)
{
	unsigned looked_at = 0;
	if (resource->to_tell > resource->watch_count)
		resource->to_tell = resource->watch_count;
	while (resource->to_tell > 0 && looked_at < budget) {
		struct list_link *link = list_take_first(&resource->watches);
		if (!link)
			break;
		list_append(&resource->watches, link);
		resource->to_tell--;
		looked_at++;
		tell(CONTAINER_OF(link, struct watch, of_resource));
	}
	return looked_at;
}

static void tell_queue(struct events *events, struct list_link *queue, unsigned budget)
{
	while (budget > 0 && !list_is_empty(queue)) {
		struct resource *resource = CONTAINER_OF(queue->next, struct resource, changed);
		unsigned looked_at = tell_some(resource, budget);
		budget -= looked_at;
		if (resource->to_tell == 0 || looked_at == 0) {
			list_remove(&resource->changed);
			resource_release(events, resource);
		}
	}
}

static void wake(struct events *events)
{
	if (!events->is_resumed || (timer_is_running(&events->telling) && list_is_empty(&events->changed)))
		return;
	if (!list_is_empty(&events->changed))
		timer_start(events->parts.timers, &events->telling, 0, on_telling);
	else if (!list_is_empty(&events->resuming))
		timer_start(events->parts.timers, &events->telling, RESUMED_STEP_MS, on_telling);
}

static void on_telling(struct timer *timer)
{
	struct events *events = CONTAINER_OF(timer, struct events, telling);
	int64_t now_ms = timers_now(events->parts.timers);
	unsigned resumed = events->options.resumed_per_second * RESUMED_STEP_MS / 1000;
	tell_queue(events, &events->changed, events->options.slice);
	/* What changes all the time does not keep those waiting who were not told since the start. */
	if (now_ms >= events->resumed_at_ms + RESUMED_STEP_MS) {
		events->resumed_at_ms = now_ms;
		tell_queue(events, &events->resuming, resumed > 0 ? resumed : 1);
	}
	wake(events);
}

void resource_announce(struct events *events, struct resource *resource)
{
	if (!resource)
		return;
	resource->version++;
	shared_bodies_forget(events, resource);
	/* Rules that look at the state may end watches now, the last one too: whoever announces still has the resource
	 * in hands, so it goes with its turn in the queue. */
	resource->watch_count++;
	bool was_watched = resource->watch_count > 1;
	rules_state_changed(events, resource);
	resource->watch_count--;
	if (!was_watched)
		return;
	resource->to_tell = resource->watch_count;
	list_remove(&resource->changed);
	list_append(&events->changed, &resource->changed);
	wake(events);
}

void events_resume(struct events *events)
{
	events->is_resumed = true;
	wake(events);
}
