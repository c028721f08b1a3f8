/* SUBSCRIBE (RFC 6665 §4.2.1): create, refresh, fetch, end. What a 2xx says is committed before; the 2xx goes out
 * before the NOTIFY that follows each. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/clock.h"
#include "presence/device_of.h"
#include "presence/events_state.h"
#include "sip/grammar.h"
#include "sip/write.h"

#include <stdio.h>

/* A row is written to be good for this many times what was granted, so that most refreshes write nothing. */
enum { LEASE_FACTOR = 2 };

/* What a dialog may keep in memory and in its row: Call-ID, tags, URIs and routes together. */
enum { DIALOG_TEXTS_MOST = 8192 };

/* --- refusing --- */

/* Refuses; SIP_LATER, so that checks can be chained with return. */
static unsigned refuse(struct subscribing *subscribing, unsigned status, struct slice headers, const char *sentence)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	events->counters.refused++;
	events_note_refusal(events, request->sender,
			    slice_is_empty(subscribing->target.name) ? request->message.request_uri_text
								     : subscribing->target.name,
			    sip_message_value(&request->message, SIP_HEADER_EVENT), status, sentence);
	request_refuse_with(request, status, headers, "%s", sentence);
	return SIP_LATER;
}

static unsigned refuse_event(struct subscribing *subscribing, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, 2048);
	events_write_allowed(subscribing->events, &headers); /* RFC 6665 §4.2.1.1, §7.2 */
	refuse(subscribing, SIP_BAD_EVENT, buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers), sentence);
	buffer_finish(&headers);
	return SIP_LATER;
}

static void refuse_for_storage(struct subscribing *subscribing, int result)
{
	char sentence[160];
	snprintf(sentence, sizeof sentence, "The subscription cannot be kept now: %s", error_text(result));
	refuse(subscribing, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"), sentence);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* "0.5" per second → 2000 ms between two; false where it is no positive number (RFC 6446 §9: "max-rate" = 1*2DIGIT
 * ["." 1*10DIGIT]). */
static bool read_rate(struct slice text, uint32_t *interval_ms)
{
	struct slice rest = text, whole = slice_take(&rest, '.');
	uint64_t number = 0, millionths = 0, scale = 100000;
	if (!slice_to_number(whole, 99, &number))
		return false;
	for (size_t i = 0; i < rest.length; i++, scale /= 10) {
		if (rest.at[i] < '0' || rest.at[i] > '9')
			return false;
		millionths += (uint64_t)(rest.at[i] - '0') * scale;
	}
	millionths += number * 1000000;
	if (millionths == 0)
		return false;
	uint64_t interval = 1000000000u / millionths;
	*interval_ms = interval > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)interval;
	return true;
}

/* RFC 6446 §5, §6: rates are refused where they cannot be read; a least rate above the most is their contradiction. */
static bool read_rates(struct subscribing *subscribing, struct slice parameters)
{
	struct slice value;
	if (sip_parameter_find(parameters, SLICE("max-rate"), &value) &&
	    !read_rate(value, &subscribing->least_interval_ms))
		return false;
	if (sip_parameter_find(parameters, SLICE("min-rate"), &value) &&
	    !read_rate(value, &subscribing->most_interval_ms))
		return false;
	/* §7: of both, the adaptive one is what the watcher would rather have */
	subscribing->is_adaptive = sip_parameter_find(parameters, SLICE("adaptive-min-rate"), &value);
	if (subscribing->is_adaptive && !read_rate(value, &subscribing->most_interval_ms))
		return false;
	/* §6.2: the notifier may bound the rates that it keeps: not more often than each second unasked */
	if (subscribing->most_interval_ms > 0 && subscribing->most_interval_ms < 1000)
		subscribing->most_interval_ms = 1000;
	return subscribing->most_interval_ms == 0 || subscribing->least_interval_ms <= subscribing->most_interval_ms;
}

/* Event: package and parameters. False: it has been refused. */
static bool read_event(struct subscribing *subscribing)
{
	struct slice rest = sip_message_value(&subscribing->request->message, SIP_HEADER_EVENT);
	struct slice name = slice_trim(slice_take(&rest, ';'));
	subscribing->row = events_find_package(subscribing->events, name);
	if (slice_is_empty(name)) {
		refuse_event(subscribing, "There is no Event header: what is to be watched?");
		return false;
	}
	if (!subscribing->row || !subscribing->row->package->formats) {
		refuse_event(subscribing, "This event package is not served here");
		return false;
	}
	sip_parameter_find(rest, SLICE("id"), &subscribing->event_id);
	/* RFC 6665 §8.4; it is written into each NOTIFY */
	if (!slice_is_empty(subscribing->event_id) && !grammar_is(subscribing->event_id, GRAMMAR_TOKEN)) {
		refuse(subscribing, SIP_BAD_REQUEST, SLICE(""), "The id in Event is no token");
		return false;
	}
	if (!read_rates(subscribing, rest)) {
		refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
		       "The rates in Event cannot be read, or contradict each other");
		return false;
	}
	return true;
}

/* RFC 6665 §4.2.1.1: what is asked for or less, and 423 below the least; 0 fetches or ends. */
static bool read_expires(struct subscribing *subscribing)
{
	const struct expiry_bounds *bounds = &subscribing->events->options.subscription;
	const struct sip_header *header = sip_message_header(&subscribing->request->message, SIP_HEADER_EXPIRES);
	uint32_t expires_s = bounds->default_s;
	if (header && sip_seconds_parse(header->value, &expires_s) != 0) {
		refuse(subscribing, SIP_BAD_REQUEST, SLICE(""), "Expires is no number of seconds");
		return false;
	}
	if (expires_s > 0 && expires_s < bounds->least_s) {
		char headers[48], sentence[100];
		int length = snprintf(headers, sizeof headers, "Min-Expires: %u\r\n", bounds->least_s);
		snprintf(sentence, sizeof sentence, "Expires %u s is less than the %u s that this server accepts",
			 expires_s, bounds->least_s);
		refuse(subscribing, SIP_INTERVAL_TOO_BRIEF, slice_of(headers, length > 0 ? (size_t)length : 0),
		       sentence);
		return false;
	}
	subscribing->expires_s = expires_s < bounds->most_s ? expires_s : bounds->most_s;
	return true;
}

/* "application/pidf+xml", "application/ *" or "* / *" fits. */
static bool range_fits(struct slice range, struct slice media_type)
{
	struct sip_media_type wanted, offered;
	if (sip_media_type_parse(range, &wanted) != 0 || sip_media_type_parse(media_type, &offered) != 0)
		return false;
	struct slice q;
	unsigned thousandths = 1000;
	if (sip_parameter_find(wanted.parameters, SLICE("q"), &q) && sip_q_parse(q, &thousandths) == 0 &&
	    thousandths == 0)
		return false;
	if (slice_equal(wanted.type, SLICE("*")))
		return true;
	return slice_equal_nocase(wanted.type, offered.type) &&
	       (slice_equal(wanted.subtype, SLICE("*")) || slice_equal_nocase(wanted.subtype, offered.subtype));
}

static bool is_accepted(const struct sip_message *message, struct slice media_type)
{
	struct sip_list_cursor cursor = {0};
	struct slice range;
	while (sip_message_each(message, SIP_HEADER_ACCEPT, &cursor, &range))
		if (range_fits(range, media_type))
			return true;
	return false;
}

/* The first of the package's formats that is accepted; without Accept the first (RFC 6665 §4.1.2.1). */
static bool choose_format(struct subscribing *subscribing)
{
	const struct sip_message *message = &subscribing->request->message;
	const struct body_format *const *formats = subscribing->row->package->formats;
	if (slice_is_empty(sip_message_value(message, SIP_HEADER_ACCEPT)))
		return true;
	for (uint8_t i = 0; formats[i]; i++) {
		if (is_accepted(message, slice_text(formats[i]->media_type))) {
			subscribing->format = i;
			return true;
		}
	}
	struct buffer headers;
	buffer_init(&headers, 1024);
	buffer_text(&headers, "Accept: ");
	for (unsigned i = 0; formats[i]; i++) {
		buffer_text(&headers, i > 0 ? ", " : "");
		buffer_text(&headers, formats[i]->media_type);
	}
	buffer_text(&headers, "\r\n");
	refuse(subscribing, SIP_NOT_ACCEPTABLE, buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers),
	       "Accept names no format that this event is told in");
	buffer_finish(&headers);
	return false;
}

static bool read_suppress(struct subscribing *subscribing)
{
	const struct sip_header *header =
		sip_message_header(&subscribing->request->message, SIP_HEADER_SUPPRESS_IF_MATCH);
	subscribing->has_suppress = header != NULL;
	if (header)
		subscribing->suppress = header->value;
	return true;
}

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
		subscription->told_tag = tag;
	subscription->told_version = subscription->resource->version;
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
static void answer(struct subscribing *subscribing)
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

/* A device that subscribes anew has forgotten its old dialog, or will (phones restart, pages are reloaded): its old
 * subscription to the same thing goes without a word, because a last NOTIFY would only be refused, or be taken for the
 * end of the new one. */
struct replacement {
	const struct resource *resource;
	int64_t device_id;
	struct slice target, event_id;
};

static bool is_replaced(const struct replacement *by, const struct subscription *subscription)
{
	bool is_same_device = by->device_id != STORAGE_DEVICE_WITHOUT_INSTANCE
				      ? subscription->device_id == by->device_id
				      : slice_equal(dialog_text(&subscription->dialog, DIALOG_TARGET), by->target);
	return subscription->resource == by->resource && is_same_device && subscription->state == SUBSCRIPTION_ACTIVE &&
	       !subscription->pending && slice_equal(dialog_text(&subscription->dialog, DIALOG_USAGE), by->event_id);
}

static void replace_older(const struct subscription *subscription)
{
	struct replacement replacement = {.resource = subscription->resource,
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
	refuse_for_storage(subscribing, result);
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

/* It has ended while its SUBSCRIBE was being committed: by its time, by a 481, or with an account. */
static void answer_ended(struct subscribing *subscribing)
{
	if (subscribing->subscription)
		subscribing->subscription->pending = NULL;
	if (subscribing->expires_s == 0)
		reply(subscribing, SIP_OK); /* which is what was asked for */
	else
		refuse(subscribing, subscribing->is_new ? SIP_FORBIDDEN : SIP_NO_TRANSACTION, SLICE(""),
		       "The subscription has ended meanwhile");
}

static void take_committed(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	struct events *events = subscribing->events;
	if (subscribing->is_new) {
		subscription->state = SUBSCRIPTION_ACTIVE;
		events->counters.subscribed++;
		replace_older(subscription);
		log_subscribed(subscribing);
	} else if (subscribing->expires_s > 0) {
		events->counters.refreshed++;
	}
	answer(subscribing);
}

static void on_committed(void *arg, int result)
{
	struct subscribing *subscribing = arg;
	const struct subscription *subscription = subscribing->subscription;
	struct accounts *accounts = subscribing->events->parts.accounts;
	struct account *watcher = subscribing->request->sender;
	if (result != 0)
		give_up(subscribing, result);
	else if (!subscription || subscription->state == SUBSCRIPTION_ENDING)
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

static void commit(struct subscribing *subscribing, bool has_changed)
{
	struct subscription *subscription = subscribing->subscription;
	struct timers *timers = subscribing->events->parts.timers;
	subscribing->before.expires_at_ms = subscription->expires_at_ms;
	subscribing->before.granted_s = subscription->granted_s;
	subscription->pending = subscribing;
	account_hold(subscribing->events->parts.accounts, subscription->watcher); /* the subscription may end before */
	if (subscribing->expires_s == 0) {
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
		on_committed(subscribing, 0);
		return;
	}
	char flow[STORED_FLOW_SIZE];
	struct stored_subscription row;
	subscription->stored_until_s = clock_unix_ms() / 1000 + (int64_t)LEASE_FACTOR * subscribing->expires_s;
	subscription->has_row = true;
	subscription_fill_row(subscription, &row, flow);
	subscription->row_cseq = row.local_cseq;
	storage_save_subscription(subscribing->events->parts.storage, &row, on_committed, subscribing);
}

/* --- beginning ---------------------------------------------------------------------------------------------------- */

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
	struct resource *resource = resource_find(events, subscribing->row->package->name, subscribing->target.name);
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

static bool has_room(struct subscribing *subscribing)
{
	const struct account *watcher = subscribing->request->sender;
	unsigned most = subscribing->events->options.subscriptions_most;
	bool is_fetch = subscribing->expires_s == 0;
	if (count_of(watcher, is_fetch) < most)
		return true;
	return !is_fetch && (replaces_one(subscribing) || drop_suspended(watcher));
}

static int begin_dialog(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct subscription *subscription = subscribing->subscription;
	struct slice texts[DIALOG_TEXT_COUNT];
	int result = dialog_read(&request->message, &request->arena, slice_text(request->to_tag), texts);
	if (result != 0)
		return result;
	texts[DIALOG_USAGE] = subscribing->event_id;
	size_t bytes = 0;
	for (int i = 0; i < DIALOG_TEXT_COUNT; i++)
		bytes += texts[i].length;
	if (bytes > DIALOG_TEXTS_MOST)
		return ERR_LIMIT;
	subscription->dialog.remote_cseq = sip_message_cseq(&request->message)->number;
	return dialog_set(&subscription->dialog, texts);
}

static void refuse_dialog(struct subscribing *subscribing, int result)
{
	if (result == ERR_SYNTAX)
		refuse(subscribing, SIP_BAD_REQUEST, SLICE(""),
		       "Contact or Record-Route does not say where NOTIFYs should go");
	else if (result == ERR_LIMIT)
		refuse(subscribing, SIP_MESSAGE_TOO_LARGE, SLICE(""),
		       "What names the dialog and its way (Call-ID, Contact, Record-Route …) is too long to be kept");
	else
		refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), error_text(result));
}

static void start(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	struct resource *resource = resource_get(events, subscribing->row->package, subscribing->target.name);
	struct subscription *subscription = resource ? subscription_create(events, resource, request->sender) : NULL;
	subscribing->subscription = subscription;
	int result = subscription ? begin_dialog(subscribing) : ERR_NO_MEMORY;
	if (result != 0) {
		if (subscription)
			subscription_destroy(subscription);
		else if (resource)
			resource_release(events, resource);
		refuse_dialog(subscribing, result);
		return;
	}
	subscription_index(subscription);
	subscription->id = storage_next_message_id(events->parts.storage);
	subscription->device_id = device_of_request(&events->parts, request);
	subscription->profile =
		profiles_find(events->parts.profiles, sip_message_value(&request->message, SIP_HEADER_USER_AGENT));
	subscription->format = subscribing->format;
	subscription->least_interval_ms = subscribing->least_interval_ms;
	subscription->most_interval_ms = subscribing->most_interval_ms;
	subscription->is_adaptive = subscribing->is_adaptive;
	subscription->recent = RECENT_AVERAGE;
	subscription_set_flow(subscription, &request->flow);
	if (subscribing->expires_s == 0) { /* a fetch: there is nothing to keep */
		subscription->state = SUBSCRIPTION_ACTIVE;
		events->counters.fetched++;
		answer(subscribing);
		return;
	}
	subscribing->is_new = true;
	commit(subscribing, true);
}

/* Who asks, and may he? */
static void admit(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	const struct account *watcher = subscribing->request->sender;
	if (!rules_may_watch(events, subscribing->row, subscribing->target.name, watcher)) {
		refuse(subscribing, SIP_FORBIDDEN, SLICE(""), "The sender may not watch this");
	} else if (!has_room(subscribing)) {
		char sentence[100];
		events->counters.over_limit++;
		snprintf(sentence, sizeof sentence, "The account has %u subscriptions already, which is the limit",
			 events->options.subscriptions_most);
		refuse(subscribing, SIP_FORBIDDEN, SLICE(""), sentence);
	} else {
		start(subscribing);
	}
}

static void on_target_loaded(void *arg, int result, struct account *account)
{
	struct subscribing *subscribing = arg;
	struct account *watcher = subscribing->request->sender;
	(void)account;
	if (result == 0 && !watcher->is_removed)
		admit(subscribing);
	else if (result == ERR_NOT_FOUND)
		refuse(subscribing, SIP_NOT_FOUND, SLICE(""), "There is no such user");
	else
		refuse_for_storage(subscribing, result < 0 ? result : ERR_NOT_FOUND);
	account_release(subscribing->events->parts.accounts, watcher);
}

unsigned events_resolve(struct events *events, const struct package_row *row, struct arena *arena,
			const struct sip_uri *uri, const struct account *asker, struct event_target *target,
			const char **sentence)
{
	if (row->package->resolve)
		return row->package->resolve(row->arg, arena, uri, asker, target, sentence);
	int result;
	if (gruu_is(uri)) {
		struct gruu_target gruu;
		result = gruu_resolve(events->parts.gruus, arena, uri, &gruu);
		target->name = result == 0 ? gruu.user : SLICE("");
	} else {
		result = domain_user(events->parts.domain, arena, uri, &target->name);
	}
	target->needs_account = true;
	*sentence = result == ERR_NO_MEMORY ? error_text(result) : "There is no such user";
	if (result == ERR_NO_MEMORY)
		return SIP_INTERNAL_ERROR;
	return result == 0 && target->name.length <= RESOURCE_NAME_MOST ? 0 : SIP_NOT_FOUND;
}

/* --- within the dialog
 * ------------------------------------------------------------------------------------------------ */

/* A refresh may move the watcher: another Contact (a target refresh, RFC 6665 §4.4.1), another flow. */
static int move(struct subscribing *subscribing, bool *has_changed)
{
	struct subscription *subscription = subscribing->subscription;
	struct request *request = subscribing->request;
	struct slice texts[DIALOG_TEXT_COUNT], fresh[DIALOG_TEXT_COUNT];
	dialog_texts(&subscription->dialog, texts);
	int result = dialog_read(&request->message, &request->arena, texts[DIALOG_LOCAL_TAG], fresh);
	if (result == 0 && !slice_equal(fresh[DIALOG_TARGET], texts[DIALOG_TARGET])) {
		texts[DIALOG_TARGET] = fresh[DIALOG_TARGET];
		*has_changed = true;
		result = dialog_set(&subscription->dialog, texts);
	}
	/* Without a Contact it stays where it was. */
	if (result == ERR_NO_MEMORY || result == ERR_LIMIT)
		return result;
	if (!subscription->is_reachable || !flow_equal(&subscription->flow, &request->flow)) {
		/* A connection's row says only that it was one. */
		*has_changed |= request->flow.transport == TRANSPORT_UDP ||
				request->flow.transport != subscription->flow.transport;
		subscription_set_flow(subscription, &request->flow);
	}
	return 0;
}

static unsigned refresh(struct subscribing *subscribing)
{
	struct subscription *subscription = subscribing->subscription;
	bool has_changed = false;
	if (subscription->pending)
		return refuse(subscribing, SIP_INTERNAL_ERROR, SLICE("Retry-After: 1\r\n"),
			      "The SUBSCRIBE before this one is being committed");
	if (!rules_may_watch(subscribing->events, subscribing->row, resource_name(subscription->resource),
			     subscription->watcher))
		return refuse(subscribing, SIP_FORBIDDEN, SLICE(""), "The sender may not watch this (any more)");
	subscription->dialog.remote_cseq = sip_message_cseq(&subscribing->request->message)->number;
	/* The resource may be gone with the subscription before the commit is answered. */
	int result = arena_copy(&subscribing->request->arena, resource_name(subscription->resource),
				&subscribing->target.name);
	if (result == 0)
		result = move(subscribing, &has_changed);
	if (result != 0)
		return refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), error_text(result));
	if (subscribing->takes_format && subscription->format != subscribing->format) {
		subscription->format = subscribing->format;
		has_changed = true;
	}
	has_changed |= subscription->least_interval_ms != subscribing->least_interval_ms ||
		       subscription->most_interval_ms != subscribing->most_interval_ms ||
		       subscription->is_adaptive != subscribing->is_adaptive;
	subscription->least_interval_ms = subscribing->least_interval_ms;
	subscription->most_interval_ms = subscribing->most_interval_ms;
	subscription->is_adaptive = subscribing->is_adaptive;
	commit(subscribing, has_changed);
	return SIP_LATER;
}

/* --- one that was sent before --- */

/* Call-ID and From tag are those of a subscription that is there: the SUBSCRIBE that made it, once more, by a watcher
 * who has not seen the answer (it was committed, and then the server was killed), or has, and repeats too much. It goes
 * on in that dialog: a second one would end the first, whose 200 may be on its way. */
static bool find_repeated(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct slice call_id = sip_message_call_id(&request->message);
	struct slice tag = sip_tag(sip_message_from(&request->message));
	uint32_t cseq = sip_message_cseq(&request->message)->number;
	for (struct subscription *each = request->sender->subscriptions; each; each = each->next_of_watcher) {
		const struct dialog *dialog = &each->dialog;
		if (each->state == SUBSCRIPTION_ACTIVE && slice_equal(dialog_text(dialog, DIALOG_CALL_ID), call_id) &&
		    slice_equal(dialog_text(dialog, DIALOG_REMOTE_TAG), tag) &&
		    slice_equal(dialog_text(dialog, DIALOG_USAGE), subscribing->event_id) &&
		    events_row(subscribing->events, each->resource) == subscribing->row &&
		    slice_equal(resource_name(each->resource), subscribing->target.name) && cseq >= dialog->remote_cseq)
			subscribing->subscription = each;
	}
	return subscribing->subscription != NULL;
}

static unsigned repeat(struct subscribing *subscribing)
{
	struct request *request = subscribing->request;
	struct slice tag = dialog_text(&subscribing->subscription->dialog, DIALOG_LOCAL_TAG);
	snprintf(request->to_tag, sizeof request->to_tag, "%.*s", SLICE_ARGS(tag));
	subscribing->takes_format = true;
	return refresh(subscribing);
}

/* Outside of a dialog: which resource, does it exist, may he. */
static unsigned handle_new(struct subscribing *subscribing)
{
	struct events *events = subscribing->events;
	struct request *request = subscribing->request;
	const char *sentence = NULL;
	if (!choose_format(subscribing))
		return SIP_LATER;
	unsigned status =
		events_resolve(events, subscribing->row, &request->arena, sip_message_request_uri(&request->message),
			       request->sender, &subscribing->target, &sentence);
	if (status != 0)
		return refuse(subscribing, status, SLICE(""), sentence);
	if (subscribing->expires_s > 0 && find_repeated(subscribing))
		return repeat(subscribing);
	const struct event_target *target = &subscribing->target;
	if (!target->needs_account || accounts_find(events->parts.accounts, target->name) ||
	    resource_find(events, subscribing->row->package->name, target->name)) {
		admit(subscribing);
		return SIP_LATER;
	}
	account_hold(events->parts.accounts, request->sender);
	accounts_load(events->parts.accounts, target->name, on_target_loaded, subscribing);
	return SIP_LATER;
}

static unsigned handle_within(struct subscribing *subscribing, struct slice local_tag)
{
	struct request *request = subscribing->request;
	struct sip_message *message = &request->message;
	struct subscription *subscription = subscription_find(subscribing->events, sip_message_call_id(message),
							      local_tag, sip_tag(sip_message_from(message)));
	if (!subscription || subscription->state == SUBSCRIPTION_ENDING)
		return refuse(subscribing, SIP_NO_TRANSACTION, SLICE(""), "There is no such subscription (any more)");
	if (subscription->watcher != request->sender)
		return refuse(subscribing, SIP_FORBIDDEN, SLICE(""), "The subscription is somebody else's");
	if (events_row(subscribing->events, subscription->resource) != subscribing->row ||
	    !slice_equal(dialog_text(&subscription->dialog, DIALOG_USAGE), subscribing->event_id))
		return refuse(subscribing, SIP_NO_TRANSACTION, SLICE(""),
			      "The dialog has no subscription to this event");
	/* RFC 3261 §12.2.2: what comes out of order is not served; the same number is a copy of what was committed, and
	 * not answered, before a restart */
	if (sip_message_cseq(message)->number < subscription->dialog.remote_cseq)
		return refuse(subscribing, SIP_INTERNAL_ERROR, SLICE(""), "CSeq is lower than that of the last");
	subscribing->subscription = subscription;
	return refresh(subscribing);
}

unsigned subscription_handle(void *arg, struct request *request)
{
	struct subscribing *subscribing = arena_allocate_zeroed(&request->arena, 1, sizeof *subscribing);
	if (!subscribing)
		return SIP_INTERNAL_ERROR;
	subscribing->events = arg;
	subscribing->request = request;
	if (!read_event(subscribing) || !read_expires(subscribing) || !read_suppress(subscribing))
		return SIP_LATER;
	struct slice local_tag = sip_tag(sip_message_to(&request->message));
	return slice_is_empty(local_tag) ? handle_new(subscribing) : handle_within(subscribing, local_tag);
}
