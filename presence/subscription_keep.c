/* What a 2xx to SUBSCRIBE says is committed before; the 2xx goes out before the NOTIFY that follows each
 * (RFC 6665 §4.2.1.2). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/clock.h"
#include "presence/subscribing.h"

/* A row is written to be good for this many times what was granted, so that most refreshes write nothing. */
enum { LEASE_FACTOR = 2 };

/* --- answering ---------------------------------------------------------------------------------------------------- */

/* RFC 5839 §8.2: the watcher has this state already. */
static bool is_suppressed(const struct subscribing *subscribing, struct subscription *subscription)
{
	uint64_t tag;
	char text[NOTIFIER_TAG_SIZE];
	if (!subscribing->has_suppress)
		return false;
	if (!slice_equal(subscribing->suppress, SLICE("*")) &&
	    (!notifier_read_tag(subscription, &tag) ||
	     !slice_equal(subscribing->suppress, notifier_write_tag(tag, text))))
		return false;
	if (notifier_read_tag(subscription, &tag))
		subscription->watch.told_tag = tag;
	subscription->told_version = subscription_resource(subscription)->version;
	return true;
}

/* 2xx with Contact and Expires, whatever the SUBSCRIBE was: clients end the subscription without them. */
static void reply(const struct subscribing *subscribing, unsigned status)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	struct buffer headers;
	buffer_init(&headers, 16384);
	buffer_text(&headers, "Contact: ");
	notifier_write_contact(&headers, events, &request->flow, subscribing->target.name);
	buffer_text(&headers, "\r\nExpires: ");
	buffer_number(&headers, subscribing->expires_s);
	buffer_text(&headers, "\r\n");
	subscribing_write_list_headers(subscribing, &headers);
	/* RFC 3261 §12.1.1: the answer that makes a dialog takes over its Record-Route */
	for (const struct sip_header *route = sip_message_header(&request->message, SIP_HEADER_RECORD_ROUTE); route;
	     route = sip_message_next_header(&request->message, route))
		buffer_append(&headers, route->line);
	if (buffer_failed(&headers))
		request_refuse(request, SIP_INTERNAL_ERROR, "%s", error_text(ERR_NO_MEMORY));
	else
		request_reply(request, status, &(struct reply){.headers = buffer_slice(&headers)});
	buffer_finish(&headers);
}

/* The 2xx, then the NOTIFY (§4.2.1.2). What the watcher has already is not told again: a refresh, a fetch and the end
 * get no NOTIFY (RFC 5839 §7.3), the beginning one without a body, since it makes the subscription (§7.2). */
void subscribing_answer(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	bool is_known = is_suppressed(subscribing, subscription);
	bool is_silent = is_known && !subscribing->is_new;
	reply(subscribing, is_silent ? SIP_NO_NOTIFICATION : SIP_OK);
	subscription->pending = NULL;
	subscription->failures = 0;
	subscription->due_at_ms = 0;
	if (subscribing->expires_s > 0) {
		subscription->wants_full = !is_silent;
		subscription->without_body = is_known && subscribing->is_new;
		notifier_try(subscription);
		subscription_schedule(subscription);
	} else if (is_silent) {
		subscription_remove_row(subscription);
		subscription_destroy(subscription);
	} else {
		subscription_end(subscription, REASON_TIMEOUT);
	}
}

/* --- committing --------------------------------------------------------------------------------------------------- */

static void log_subscribed(const struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	if (!log_is_enabled(events->parts.log, LOG_INFO))
		return;
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = request_log_context(subscribing->request, flow);
	context.aor = account_user(subscribing->subscription->watcher);
	log_event(events->parts.log, LOG_INFO, "subscribed", &context, "%s of %.*s for %u s",
		  subscribing->row->package->name, SLICE_ARGS(subscribing->target.name), subscribing->expires_s);
}

static void give_up(struct subscribing *subscribing, int result)
{
	struct subscription *subscription = subscribing->subscription;
	subscribing_refuse_for_storage(subscribing, result);
	if (!subscription)
		return;
	subscription->pending = NULL;
	if (subscription->state == SUBSCRIPTION_ENDING)
		return;
	if (subscription->state == SUBSCRIPTION_STARTING) {
		subscription_destroy(subscription);
		return;
	}
	/* It is as it was before; the row may be older, and the next refresh writes it. */
	subscription->expires_at_ms = subscribing->before.expires_at_ms;
	subscription->granted_s = subscribing->before.granted_s;
	subscription->has_row = true;
	subscription->stored_until_s = 0;
	subscription_schedule(subscription);
}

/* It has ended while its SUBSCRIBE was being committed: by its time, by a 481, with an account or with a session. */
static void answer_ended(struct subscribing *subscribing)
{
	if (subscribing->subscription)
		subscribing->subscription->pending = NULL;
	if (subscribing->expires_s == 0)
		reply(subscribing, SIP_OK); /* which is what was asked for */
	else
		subscribing_refuse(subscribing, subscribing->is_new ? SIP_FORBIDDEN : SIP_NO_TRANSACTION, SLICE(""),
				   "The subscription has ended meanwhile");
}

static void take_committed(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	struct events *events = subscribing->events;
	if (subscribing->is_new) {
		subscription->state = SUBSCRIPTION_ACTIVE;
		events->counters.subscribed++;
		subscription_tell_watched(subscription);
		subscription_replace_older(subscription);
		log_subscribed(subscribing);
	} else if (subscribing->expires_s > 0) {
		events->counters.refreshed++;
	}
	subscribing_answer(subscribing);
}

static void on_committed(void *arg, int result)
{
	struct subscribing *subscribing = arg;
	struct accounts *accounts = subscribing->events->parts.accounts;
	struct account *watcher = subscribing->request->sender;
	if (result == 0 && subscribing->subscription && session_is_over(watcher, subscribing->request->session_id))
		subscription_end(subscribing->subscription, REASON_REJECTED);
	if (result != 0)
		give_up(subscribing, result);
	else if (!subscribing->subscription || subscribing->subscription->state == SUBSCRIPTION_ENDING)
		answer_ended(subscribing);
	else
		take_committed(subscribing);
	account_release(accounts, watcher);
}

/* The row does not say what holds now, or not for long enough. */
static bool needs_row(const struct subscribing *subscribing, bool has_changed)
{
	const struct subscription *subscription = subscribing->subscription;
	return has_changed || subscription->stored_until_s < clock_unix_ms() / 1000 + subscribing->expires_s;
}

void subscribing_keep(struct subscribing *subscribing, bool has_changed)
{
	struct subscription *subscription = subscribing->subscription;
	struct timers *timers = subscribing->events->parts.timers;
	subscribing->before.expires_at_ms = subscription->expires_at_ms;
	subscribing->before.granted_s = subscription->granted_s;
	subscription->pending = subscribing;
	account_hold(subscribing->events->parts.accounts, subscription->watcher); /* the subscription may end before */
	if (subscribing->expires_s == 0) {
		subscribing_forget_content(subscribing);
		if (subscription->has_row) {
			subscription->has_row = false;
			storage_remove_subscription(subscribing->events->parts.storage, subscription->id, on_committed,
						    subscribing);
		} else {
			on_committed(subscribing, 0);
		}
		return;
	}
	subscription->expires_at_ms = timers_now(timers) + (int64_t)subscribing->expires_s * 1000;
	subscription->granted_s = subscribing->expires_s;
	if (!needs_row(subscribing, has_changed)) {
		subscribing_forget_content(subscribing);
		on_committed(subscribing, 0);
		return;
	}
	char flow[STORED_FLOW_SIZE];
	struct stored_subscription row;
	subscription->stored_until_s = clock_unix_ms() / 1000 + (int64_t)LEASE_FACTOR * subscribing->expires_s;
	subscription->has_row = true;
	subscription_fill_row(subscription, &row, flow);
	if (subscribing->has_content) {
		row.content_type = subscribing->content.kept_type;
		row.content = subscribing->content.kept;
	}
	subscription->row_cseq = row.local_cseq;
	storage_save_subscription(subscribing->events->parts.storage, &row, on_committed, subscribing);
	subscribing_forget_content(subscribing);
}
