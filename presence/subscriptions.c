/* Subscriptions as objects: their indexes, their rows, their time, their end. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/clock.h"
#include "core/stored_flow.h"
#include "presence/events_state.h"
#include "presence/list_watches.h"
#include "presence/lists.h"
#include "presence/removal.h"
#include "presence/shared_body.h"
#include "presence/subscribing.h"
#include "presence/subscription_content.h"

#include <stdlib.h>

/* What a stored list or filter may become in memory while it is read. */
#define CONTENT_MOST ((size_t)64 << 20)

/* --- making, finding, freeing ------------------------------------------------------------------------------------- */

struct subscription *subscription_create(struct events *events, struct resource *resource, struct account *watcher)
{
	struct subscription *subscription = calloc(1, sizeof *subscription);
	if (!subscription)
		return NULL;
	subscription->events = events;
	subscription->watcher = watcher;
	subscription->watch.handling = WATCH_CONFIRM; /* until it is judged */
	account_hold(events->parts.accounts, watcher);
	watch_begin(&subscription->watch, subscription, resource);
	subscription->next_of_watcher = watcher->subscriptions;
	watcher->subscriptions = subscription;
	events->counters.subscriptions++;
	events->counters.suspended++;
	return subscription;
}

static void unlink_from_watcher(struct subscription *subscription)
{
	struct subscription **at = &subscription->watcher->subscriptions;
	while (*at != subscription)
		at = &(*at)->next_of_watcher;
	*at = subscription->next_of_watcher;
}

void subscription_destroy(struct subscription *subscription)
{
	struct events *events = subscription->events;
	timer_stop(&subscription->timer);
	client_transaction_forget(subscription->notify);
	list_watches_end(subscription);
	subscription_set_flow(subscription, NULL);
	if (subscription->is_indexed)
		table_remove(&events->by_dialog, &subscription->by_dialog);
	unlink_from_watcher(subscription);
	account_release(events->parts.accounts, subscription->watcher);
	dialog_finish(&subscription->dialog);
	events->counters.subscriptions--;
	events->counters.suspended--;
	if (subscription->pending)
		subscription->pending->subscription = NULL;
	watch_end(&subscription->watch);
	free(subscription);
}

struct dialog_key {
	struct slice call_id, local_tag, remote_tag;
};

static uint64_t hash_of(const struct events *events, const struct dialog_key *key)
{
	/* Our tag is ours and random: it alone spreads them; the rest is compared. */
	return table_hash(&events->by_dialog, key->local_tag.at, key->local_tag.length);
}

static bool has_key(const struct table_link *link, const void *key)
{
	const struct dialog *dialog = &CONTAINER_OF(link, const struct subscription, by_dialog)->dialog;
	const struct dialog_key *wanted = key;
	return slice_equal(dialog_text(dialog, DIALOG_CALL_ID), wanted->call_id) &&
	       slice_equal(dialog_text(dialog, DIALOG_LOCAL_TAG), wanted->local_tag) &&
	       slice_equal(dialog_text(dialog, DIALOG_REMOTE_TAG), wanted->remote_tag);
}

void subscription_index(struct subscription *subscription)
{
	struct events *events = subscription->events;
	struct dialog_key key = {.local_tag = dialog_text(&subscription->dialog, DIALOG_LOCAL_TAG)};
	table_insert(&events->by_dialog, &subscription->by_dialog, hash_of(events, &key));
	subscription->is_indexed = true;
}

struct subscription *subscription_find(const struct events *events, struct slice call_id, struct slice local_tag,
				       struct slice remote_tag)
{
	struct dialog_key key = {call_id, local_tag, remote_tag};
	struct table_link *link = table_find(&events->by_dialog, hash_of(events, &key), has_key, &key);
	return link ? CONTAINER_OF(link, struct subscription, by_dialog) : NULL;
}

const struct binding *subscription_binding(const struct subscription *subscription, const struct flow *flow)
{
	const struct device *device = account_find_device(subscription->watcher, subscription->device_id);
	for (const struct binding *binding = device ? device->bindings : NULL; binding; binding = binding->next)
		if (binding->reachable && flow_equal(&binding->flow, flow))
			return binding;
	return NULL;
}

/* What goes another way is not waited for: it may be repeated there for half a minute. */
static void leave_flow(struct subscription *subscription, const struct flow *flow)
{
	if (!subscription->notify || flow_equal(&subscription->flow, flow))
		return;
	client_transaction_forget(subscription->notify);
	subscription->notify = NULL;
	subscription->wants_full = true;
}

void subscription_set_flow(struct subscription *subscription, const struct flow *flow)
{
	struct events *events = subscription->events;
	if (flow)
		leave_flow(subscription, flow);
	if (subscription->is_linked)
		table_remove(&events->by_connection, &subscription->by_connection);
	subscription->is_linked = false;
	bool is_reachable = flow && transport_is_open(events->parts.transport, flow);
	if (subscription->is_reachable != is_reachable)
		events->counters.suspended += is_reachable ? (unsigned)-1 : 1u;
	subscription->is_reachable = is_reachable;
	if (flow) {
		subscription->flow = *flow;
		subscription->is_with_device = subscription_binding(subscription, flow) != NULL;
	}
	if (is_reachable && flow->connection != 0) {
		table_insert(&events->by_connection, &subscription->by_connection,
			     table_hash(&events->by_connection, &flow->connection, sizeof flow->connection));
		subscription->is_linked = true;
	}
}

/* --- rows ------------------------------------------------------------------------------------------------------ */

static struct slice format_name(const struct subscription *subscription)
{
	const struct event_package *package =
		resource_package(subscription->events, subscription_resource(subscription));
	return slice_text(package->formats[subscription->format]->media_type);
}

void subscription_fill_row(const struct subscription *subscription, struct stored_subscription *row,
			   char flow_text[STORED_FLOW_SIZE])
{
	struct slice texts[DIALOG_TEXT_COUNT];
	dialog_texts(&subscription->dialog, texts);
	*row = (struct stored_subscription){
		.id = subscription->id,
		.watcher_id = subscription->watcher->id,
		.device_id = subscription->device_id,
		.package =
			slice_text(resource_package(subscription->events, subscription_resource(subscription))->name),
		.resource = resource_name(subscription_resource(subscription)),
		.event_id = texts[DIALOG_USAGE],
		.call_id = texts[DIALOG_CALL_ID],
		.local_tag = texts[DIALOG_LOCAL_TAG],
		.remote_tag = texts[DIALOG_REMOTE_TAG],
		.local = texts[DIALOG_LOCAL],
		.remote = texts[DIALOG_REMOTE],
		.target = texts[DIALOG_TARGET],
		.route_set = texts[DIALOG_ROUTES],
		.flow = stored_flow_write(&subscription->flow, flow_text),
		.profile = slice_text(subscription->profile->name),
		.media_type = format_name(subscription),
		.local_cseq = subscription->dialog.local_cseq,
		.generation = subscription->events->generation,
		.remote_cseq = subscription->dialog.remote_cseq,
		.created_at_ms = clock_unix_ms(),
		.expires_at_s = subscription->stored_until_s,
		.granted_s = subscription->granted_s,
		.least_interval_ms = subscription->least_interval_ms,
		.most_interval_ms = subscription->most_interval_ms,
		.is_adaptive = subscription->is_adaptive,
		.is_list = subscription_resource(subscription)->is_list,
		.takes_deflate = subscription->takes_deflate,
		.session_id = subscription->session_id,
	};
}

void subscription_remove_row(struct subscription *subscription)
{
	if (subscription->has_row)
		events_remove_row(subscription->events, REMOVAL_SUBSCRIPTION, subscription->id);
	subscription->has_row = false;
}

static bool find_format(const struct event_package *package, struct slice media_type, uint8_t *format)
{
	for (uint8_t i = 0; package->formats && package->formats[i]; i++) {
		if (slice_equal_nocase(media_type, slice_text(package->formats[i]->media_type))) {
			*format = i;
			return true;
		}
	}
	return false;
}

static int take_dialog(struct subscription *subscription, const struct stored_subscription *row)
{
	const struct slice texts[DIALOG_TEXT_COUNT] = {
		[DIALOG_CALL_ID] = row->call_id,       [DIALOG_LOCAL_TAG] = row->local_tag,
		[DIALOG_REMOTE_TAG] = row->remote_tag, [DIALOG_LOCAL] = row->local,
		[DIALOG_REMOTE] = row->remote,         [DIALOG_TARGET] = row->target,
		[DIALOG_ROUTES] = row->route_set,      [DIALOG_USAGE] = row->event_id,
	};
	/* What was sent since the row was written lies within the blocks of the processes that ran since. */
	uint32_t processes = subscription->events->generation - row->generation;
	subscription->dialog.local_cseq = row->local_cseq + processes * CSEQ_BLOCK;
	subscription->dialog.remote_cseq = row->remote_cseq;
	subscription->row_cseq = row->local_cseq + processes * CSEQ_BLOCK;
	return dialog_set(&subscription->dialog, texts);
}

/* What the watcher asked for in the body of his SUBSCRIBE, and who may see what now. ERR_NOT_FOUND: what he sent cannot
 * be read any more. */
static int take_content(struct subscription *subscription, const struct stored_subscription *row)
{
	struct events *events = subscription->events;
	struct resource *resource = subscription_resource(subscription);
	struct subscription_content content = {.content_type = row->content_type, .body = row->content};
	struct content_refusal refusal;
	struct list_definition *definition = NULL;
	struct arena arena;
	arena_init(&arena, NULL, CONTENT_MOST);
	bool is_read = subscription_content_read(events, events_row(events, resource), subscription->watcher,
						 row->is_list, &arena, &content, &refusal);
	int result = is_read ? 0 : refusal.status == SIP_INTERNAL_ERROR ? ERR_NO_MEMORY : ERR_NOT_FOUND;
	if (result == 0 && !resource->is_list)
		result = watch_judge(&subscription->watch,
				     &(struct watch_wish){.selection = content.selection, .filters = content.filters});
	else if (result == 0 && content.has_list)
		result = lists_read_carried(events->lists, content.list, &definition, &refusal.error);
	bool is_carried = resource->is_list && list_name_kind(resource_name(resource)) == LIST_CARRIED;
	if (result == 0 && is_carried && !definition)
		result = ERR_NOT_FOUND; /* it is nowhere else */
	if (result == 0 && definition)
		list_resource_define(resource, definition);
	if (result == 0 && resource->is_list)
		list_watches_begin(subscription, content.filters);
	arena_finish(&arena);
	if (result == 0 && resource->is_list && !subscription->list)
		lists_refresh(events->lists, resource, account_user(subscription->watcher));
	return result;
}

/* What he asked for cannot be had any more (limits are lower, say): he is told to ask anew when the sockets are there,
 * if he can be. */
static int take_ended(struct subscription *subscription)
{
	struct events *events = subscription->events;
	struct resource *resource = subscription_resource(subscription);
	subscription_remove_row(subscription);
	events->counters.ended++;
	subscription->state = SUBSCRIPTION_ENDING;
	subscription->reason = REASON_DEACTIVATED;
	if (!subscription->is_reachable) {
		subscription_destroy(subscription);
		return 0;
	}
	if (!list_is_linked(&resource->changed))
		list_append(&events->resuming, &resource->changed);
	resource->to_tell = resource->watch_count;
	return 0;
}

static int take(struct events *events, const struct stored_account *watcher, const struct stored_subscription *row)
{
	const struct package_row *package = events_find_package(events, row->package);
	uint8_t format;
	/* A package or format that an older program had: the row goes when its lease is over. */
	if (!package || !find_format(package->package, row->media_type, &format))
		return 0;
	int64_t left_s = row->expires_at_s - clock_unix_ms() / 1000;
	/* Whoever was granted a time before the restart has no more than that from now on. */
	int64_t lives_s = left_s < (int64_t)row->granted_s ? left_s : (int64_t)row->granted_s;
	struct account *account = accounts_take(events->parts.accounts, watcher);
	struct resource *resource = !account       ? NULL
				    : row->is_list ? resource_get_list(events, package->package, row->resource)
						   : resource_get(events, package->package, row->resource);
	struct subscription *subscription = resource ? subscription_create(events, resource, account) : NULL;
	if (!subscription || take_dialog(subscription, row) != 0) {
		if (subscription)
			subscription_destroy(subscription);
		else if (resource)
			resource_release(events, resource);
		return ERR_NO_MEMORY;
	}
	struct flow flow;
	subscription_index(subscription);
	subscription->id = row->id;
	subscription->device_id = row->device_id;
	subscription->session_id = row->session_id;
	subscription->profile = profiles_find_named(events->parts.profiles, row->profile);
	subscription->format = format;
	subscription->takes_deflate = row->takes_deflate;
	int result = take_content(subscription, row);
	if (result != 0 && result != ERR_NOT_FOUND) {
		subscription_destroy(subscription);
		return result;
	}
	subscription->state = SUBSCRIPTION_ACTIVE;
	subscription->granted_s = row->granted_s;
	subscription->expires_at_ms = timers_now(events->parts.timers) + (lives_s > 0 ? lives_s : 0) * 1000;
	subscription->stored_until_s = row->expires_at_s;
	subscription->least_interval_ms = row->least_interval_ms;
	subscription->most_interval_ms = row->most_interval_ms;
	subscription->is_adaptive = row->is_adaptive;
	subscription->recent = RECENT_AVERAGE;
	subscription->has_row = true;
	subscription->wants_full = true;
	if (stored_flow_read(events->parts.transport, row->flow, &flow))
		subscription_set_flow(subscription, &flow);
	if (result != 0)
		return take_ended(subscription);
	if (subscription->is_reachable && !list_is_linked(&resource->changed))
		list_append(&events->resuming, &resource->changed);
	/* All that are there by now: before it may stand entries of lists. */
	resource->to_tell = resource->watch_count;
	if (subscription_is_refused(subscription))
		subscription_end_refused(subscription);
	else
		subscription_schedule(subscription);
	return 0;
}

static void on_row(void *arg, const struct stored_account *watcher, const struct stored_subscription *row)
{
	struct events *events = arg;
	int result = take(events, watcher, row);
	if (result != 0)
		log_event(events->parts.log, LOG_ERROR, "subscription_not_loaded",
			  &(struct log_context){.aor = watcher->user, .call_id = row->call_id}, "%s",
			  error_text(result));
}

void subscriptions_load(struct events *events, storage_done_fn *done, void *arg)
{
	storage_load_subscriptions(events->parts.storage, on_row, done, arg);
}

/* --- time ------------------------------------------------------------------------------------------------------ */

/* When a NOTIFY is due though nothing has changed. Where the watcher wants an average (RFC 6446 §7.3, with a period of
 * RECENT_AVERAGE intervals), that is the later the more it was told of late. */
static int64_t periodic_at_ms(const struct subscription *subscription)
{
	double interval_ms = subscription->most_interval_ms;
	if (subscription->is_adaptive)
		interval_ms *= (double)subscription->recent / RECENT_AVERAGE;
	return subscription->notified_at_ms + (int64_t)interval_ms;
}

void subscription_end_refused(struct subscription *subscription)
{
	subscription->due_at_ms = timers_now(subscription->events->parts.timers) + 1;
	subscription_schedule(subscription);
}

/* Somebody who cannot be reached is told when he is back. */
static void try_end_refused(struct subscription *subscription)
{
	const struct events *events = subscription->events;
	if (events->is_resumed && subscription->is_reachable) {
		subscription_end(subscription, REASON_REJECTED);
		return;
	}
	subscription->due_at_ms = events->is_resumed ? 0 : timers_now(events->parts.timers) + 1000;
	subscription_schedule(subscription);
}

static void on_time(struct timer *timer)
{
	struct subscription *subscription = CONTAINER_OF(timer, struct subscription, timer);
	int64_t now_ms = timers_now(subscription->events->parts.timers);
	if (now_ms >= subscription->expires_at_ms) {
		/* RFC 6665 §4.2.2: it has expired, which is said as long as there is somebody to say it to; where a
		 * SUBSCRIBE is being committed, that one decides, and starts the timer again */
		if (!subscription->pending)
			subscription_end(subscription, REASON_TIMEOUT);
		return;
	}
	if (subscription_is_refused(subscription)) {
		try_end_refused(subscription);
		return;
	}
	/* RFC 6446 §6.2: a NOTIFY though nothing has changed; that of a list need not have all entries */
	if (subscription->most_interval_ms > 0 && now_ms >= periodic_at_ms(subscription)) {
		subscription->is_periodic = subscription_resource(subscription)->is_list;
		subscription->wants_full |= !subscription->is_periodic;
	}
	if (now_ms >= subscription->due_at_ms)
		subscription->due_at_ms = 0;
	notifier_try(subscription);
	subscription_schedule(subscription);
}

void subscription_schedule(struct subscription *subscription)
{
	struct timers *timers = subscription->events->parts.timers;
	int64_t now_ms = timers_now(timers), next_ms = subscription->expires_at_ms;
	if (subscription->state == SUBSCRIPTION_ENDING || subscription->state == SUBSCRIPTION_STARTING) {
		timer_stop(&subscription->timer);
		return;
	}
	if (subscription->due_at_ms > 0 && subscription->due_at_ms < next_ms)
		next_ms = subscription->due_at_ms;
	if (subscription->most_interval_ms > 0 && subscription->is_reachable && !subscription->notify) {
		int64_t periodic_ms = periodic_at_ms(subscription);
		if (periodic_ms > now_ms && periodic_ms < next_ms)
			next_ms = periodic_ms;
	}
	timer_start(timers, &subscription->timer, next_ms > now_ms ? next_ms - now_ms : 0, on_time);
}

/* --- the end --------------------------------------------------------------------------------------------------- */

static void log_outcome(const struct subscription *subscription, enum log_level level, const char *what,
			const char *sentence)
{
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = {.aor = account_user(subscription->watcher),
				      .call_id = dialog_text(&subscription->dialog, DIALOG_CALL_ID),
				      .flow = flow_write(&subscription->flow, flow),
				      .status = subscription->last_status};
	log_event(subscription->events->parts.log, level, what, &context, "%s of %.*s: %s",
		  resource_package(subscription->events, subscription_resource(subscription))->name,
		  SLICE_ARGS(resource_name(subscription_resource(subscription))), sentence);
}

/* Whoever watches the watchers learns how it ended (RFC 3857 §4.7.1). */
static void note_end(struct subscription *subscription, enum subscription_reason reason)
{
	static const enum watcher_event events[] = {[REASON_TIMEOUT] = WATCHER_TIMEOUT,
						    [REASON_REJECTED] = WATCHER_REJECTED,
						    [REASON_NO_RESOURCE] = WATCHER_NORESOURCE,
						    [REASON_DEACTIVATED] = WATCHER_DEACTIVATED};
	if (subscription->granted_s > 0 && subscription->state == SUBSCRIPTION_ACTIVE)
		watches_note_end(&subscription->watch, events[reason]);
}

void subscription_tell_watched(const struct subscription *subscription)
{
	struct events *events = subscription->events;
	const struct list_watches *list = subscription->list;
	watches_changed(subscription_resource(subscription), events);
	for (unsigned i = 0; list && i < list->definition->count; i++)
		if (list->watches[i].resource)
			watches_changed(list->watches[i].resource, events);
}

void subscription_end(struct subscription *subscription, enum subscription_reason reason)
{
	if (subscription->state == SUBSCRIPTION_ENDING)
		return;
	subscription_remove_row(subscription);
	subscription->events->counters.ended++;
	if (subscription->granted_s > 0)
		log_outcome(subscription, LOG_INFO, "subscription_ended", notifier_reason_text(reason));
	bool was_told = subscription->state == SUBSCRIPTION_ACTIVE;
	note_end(subscription, reason);
	subscription->state = SUBSCRIPTION_ENDING;
	subscription->reason = (uint8_t)reason;
	/* He leaves now, not when he has answered the last NOTIFY, or has not. */
	subscription_tell_watched(subscription);
	timer_stop(&subscription->timer);
	if (subscription->notify)
		return; /* the last NOTIFY follows the one that is on its way */
	subscription->due_at_ms = 0;
	subscription->wants_full = true;
	if (!was_told || !notifier_try(subscription))
		subscription_destroy(subscription);
}

static int64_t back_off_ms(const struct subscription *subscription)
{
	const struct events_options *options = &subscription->events->options;
	uint64_t seconds = options->retry_first_s;
	for (unsigned i = 1; i < subscription->failures && seconds < options->retry_most_s; i++)
		seconds *= 2;
	return (int64_t)(seconds < options->retry_most_s ? seconds : options->retry_most_s) * 1000;
}

/* RFC 6665 §4.2.2, RFC 5057 §5.1: these say that there is no such subscription at the other end. */
static bool ends_subscription(unsigned status)
{
	static const unsigned final[] = {404, 405, 410, 416, 481, 484, 485, 489, 501, 604};
	for (size_t i = 0; i < ARRAY_SIZE(final); i++)
		if (status == final[i])
			return true;
	return false;
}

/* One that is not answered is told again, later; a dead watcher delays nobody. */
static void retry_later(struct subscription *subscription, int result)
{
	if (subscription->failures < UINT8_MAX)
		subscription->failures++;
	subscription->wants_full = true;
	subscription->events->counters.unanswered++;
	subscription->due_at_ms = timers_now(subscription->events->parts.timers) + back_off_ms(subscription);
	log_outcome(subscription, LOG_INFO, "notify_unanswered",
		    result < 0 ? error_text(result) : "the watcher could not take it");
}

/* Its connection is gone: events_flow_closed has said so, or will. */
static void wait_for_flow(struct subscription *subscription)
{
	subscription->wants_full = true;
	subscription->due_at_ms = timers_now(subscription->events->parts.timers) + 1000;
}

static void on_answered(struct subscription *subscription)
{
	subscription->failures = 0;
	subscription->told_version = subscription->sent_version;
	subscription->watch.told_tag = subscription->sent_tag;
	subscription->events->counters.answered++;
}

/* The other end knows nothing of it any more. */
static void on_unknown(struct subscription *subscription)
{
	struct events *events = subscription->events;
	events->counters.rejected++;
	log_outcome(subscription, LOG_INFO, "watcher_gone", "the watcher knows nothing of it any more");
	if (subscription->state != SUBSCRIPTION_ENDING)
		events->counters.ended++;
	subscription_remove_row(subscription);
	subscription_destroy(subscription);
}

void subscription_on_notified(void *arg, int result, struct sip_message *response)
{
	struct subscription *subscription = arg;
	unsigned status = response ? response->status : 0;
	bool is_answered = status >= 200 && status < 300, was_last = subscription->sent_version == NOTIFIED_LAST;
	subscription->notify = NULL;
	subscription->last_status = (uint16_t)status;
	if (ends_subscription(status)) {
		on_unknown(subscription);
		return;
	}
	if (is_answered)
		on_answered(subscription);
	else if (result == ERR_CLOSED)
		wait_for_flow(subscription);
	else
		retry_later(subscription, result);
	if (subscription->state == SUBSCRIPTION_ENDING) {
		subscription->wants_full = true;
		subscription->due_at_ms = 0;
		if (was_last || !is_answered || !notifier_try(subscription))
			subscription_destroy(subscription);
		return;
	}
	notifier_try(subscription);
	subscription_schedule(subscription);
}
