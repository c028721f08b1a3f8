/* Who must be told: one body for all who see the same, one NOTIFY in flight for each subscription, the newest state
 * wins, and long fan-outs are cut into slices so that others have their turn. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/peer.h"
#include "presence/events_state.h"
#include "sip/write.h"

#include <stdlib.h>
#include <string.h>

/* Resources whose written bodies are kept; and after a start, so many watchers are told in each step. */
enum { CACHED_MOST = 1024, RESUMED_STEP_MS = 20 };

/* NOTIFYs above this are offered to the watcher over TCP, see client_request.tcp_peer. */
enum { TCP_FROM_BYTES = 900 };

#define BODY_MOST (4u << 20)
#define STATE_MOST (16u << 20)

/* What one kind of watcher is told of a resource. */
struct shared_body {
	struct shared_body *next;
	const struct body_format *format;
	uint64_t tag;
	size_t version_at;
	size_t length;
	uint32_t style;
	uint32_t account_length;
	char bytes[]; /* the body, then the message account that it was written for */
};

void notifier_init(struct events *events)
{
	list_init(&events->changed);
	list_init(&events->resuming);
	list_init(&events->cached);
	buffer_init(&events->scratch, BODY_MOST + 65536);
	buffer_init(&events->body, BODY_MOST);
	arena_pool_init(&events->arenas, 4);
}

void notifier_finish(struct events *events)
{
	timer_stop(&events->telling);
	buffer_finish(&events->scratch);
	buffer_finish(&events->body);
	arena_pool_finish(&events->arenas);
}

/* --- bodies ------------------------------------------------------------------------------------------------------- */

void notifier_forget_bodies(struct events *events, struct resource *resource)
{
	while (resource->bodies) {
		struct shared_body *body = resource->bodies;
		resource->bodies = body->next;
		free(body);
	}
	if (list_is_linked(&resource->cached))
		events->cached_count--;
	list_remove(&resource->cached);
}

static void keep_cached(struct events *events, struct resource *resource)
{
	if (list_is_linked(&resource->cached))
		return;
	list_append(&events->cached, &resource->cached);
	if (++events->cached_count > CACHED_MOST)
		notifier_forget_bodies(events, CONTAINER_OF(events->cached.next, struct resource, cached));
}

/* FNV-1a: the same state has the same entity-tag after a restart, too (RFC 5839 §7.1). */
static uint64_t tag_of(struct slice bytes)
{
	uint64_t hash = 14695981039346656037u;
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (uint8_t)bytes.at[i]) * 1099511628211u;
	return hash ? hash : 1;
}

static struct slice account_of(const struct shared_body *body)
{
	return slice_of(body->bytes + body->length, body->account_length);
}

static struct shared_body *find_body(const struct resource *resource, const struct body_format *format, unsigned style,
				     struct slice account)
{
	for (struct shared_body *body = resource->bodies; body; body = body->next)
		if (body->format == format && body->style == style && slice_equal(account_of(body), account))
			return body;
	return NULL;
}

static struct shared_body *write_body(struct events *events, struct resource *resource, struct arena *arena,
				      const struct body_format *format, unsigned style, struct slice account)
{
	const struct package_row *row = events_row(events, resource);
	const void *state;
	if (row->package->compose(row->arg, resource, arena, &state) != 0)
		return NULL;
	struct body_target target = {.user = resource_name(resource),
				     .domain = domain_name(events->parts.domain),
				     .style = style,
				     .message_account = account};
	struct body_output output = {&events->body, BODY_NO_VERSION};
	buffer_clear(&events->body);
	format->write(state, &target, &output);
	events->counters.composed++;
	struct slice bytes = buffer_slice(&events->body);
	struct shared_body *body =
		buffer_failed(&events->body) ? NULL : malloc(sizeof *body + bytes.length + account.length);
	if (!body)
		return NULL;
	*body = (struct shared_body){.next = resource->bodies,
				     .format = format,
				     .tag = tag_of(bytes),
				     .version_at = output.version_at,
				     .length = bytes.length,
				     .style = style,
				     .account_length = (uint32_t)account.length};
	if (bytes.length > 0)
		memcpy(body->bytes, bytes.at, bytes.length);
	if (account.length > 0)
		memcpy(body->bytes + bytes.length, account.at, account.length);
	resource->bodies = body;
	return body;
}

/* What this watcher is told; the same for all who see the same. NULL where memory is exhausted. */
static struct shared_body *body_for(const struct subscription *subscription)
{
	struct events *events = subscription->events;
	struct resource *resource = subscription->resource;
	const struct package_row *row = events_row(events, resource);
	const struct body_format *format = row->package->formats[subscription->format];
	unsigned style = subscription->profile->style;
	struct arena arena;
	arena_init(&arena, &events->arenas, STATE_MOST);
	struct slice account = SLICE("");
	if (row->package->message_account)
		account = row->package->message_account(row->arg, resource, subscription->watcher,
							subscription->profile, &arena);
	struct shared_body *body = find_body(resource, format, style, account);
	if (!body) {
		body = write_body(events, resource, &arena, format, style, account);
		if (body)
			keep_cached(events, resource);
	}
	arena_finish(&arena);
	return body;
}

bool notifier_read_tag(struct subscription *subscription, uint64_t *tag)
{
	const struct shared_body *body = body_for(subscription);
	if (body)
		*tag = body->tag;
	return body != NULL;
}

struct slice notifier_write_tag(uint64_t tag, char text[NOTIFIER_TAG_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 16; i++)
		text[i] = digits[tag >> (60 - 4 * i) & 15];
	text[16] = '\0';
	return slice_of(text, 16);
}

/* --- one NOTIFY --------------------------------------------------------------------------------------------------- */

void notifier_write_contact(struct buffer *buffer, const struct events *events, const struct flow *flow,
			    struct slice user)
{
	char text[ADDRESS_TEXT_SIZE + 256];
	enum transport_kind kind = (enum transport_kind)flow->transport;
	buffer_text(buffer, "<sip:");
	sip_uri_escape_user(buffer, user);
	buffer_byte(buffer, '@');
	buffer_append(buffer, transport_sent_by(events->parts.transport, flow, text));
	/* One that can be used over the transport of the other end, which over UDP is the default. */
	if (kind != TRANSPORT_UDP) {
		buffer_text(buffer, ";transport=");
		buffer_append(buffer, transport_parameter(kind));
	}
	buffer_byte(buffer, '>');
}

/* RFC 6665 §4.1.3 */
const char *notifier_reason_text(enum subscription_reason reason)
{
	static const char *const texts[] = {[REASON_TIMEOUT] = "timeout",
					    [REASON_REJECTED] = "rejected",
					    [REASON_NO_RESOURCE] = "noresource",
					    [REASON_DEACTIVATED] = "deactivated"};
	return texts[reason];
}

/* RFC 6446 §9: at most four digits behind the point are told. */
static void write_rate(struct buffer *buffer, const char *name, uint32_t interval_ms)
{
	uint64_t ten_thousandths = interval_ms > 0 ? 10000000u / interval_ms : 0;
	if (ten_thousandths == 0)
		return;
	buffer_format(buffer, ";%s=%u.%04u", name, (unsigned)(ten_thousandths / 10000),
		      (unsigned)(ten_thousandths % 10000));
}

static void write_state(struct buffer *buffer, const struct subscription *subscription)
{
	if (subscription->state == SUBSCRIPTION_ENDING) {
		buffer_text(buffer, "Subscription-State: terminated;reason=");
		buffer_text(buffer, notifier_reason_text((enum subscription_reason)subscription->reason));
	} else {
		int64_t left_ms = subscription->expires_at_ms - timers_now(subscription->events->parts.timers);
		buffer_text(buffer, "Subscription-State: active;expires=");
		buffer_number(buffer, left_ms > 0 ? (uint64_t)(left_ms + 999) / 1000 : 0);
		/* What is kept, which may be less than what was asked for (§5.2, §6.2). */
		write_rate(buffer, "max-rate", subscription->least_interval_ms);
		write_rate(buffer, subscription->is_adaptive ? "adaptive-min-rate" : "min-rate",
			   subscription->most_interval_ms);
	}
	buffer_text(buffer, "\r\n");
}

static void write_event(struct buffer *buffer, const struct subscription *subscription)
{
	struct slice id = dialog_text(&subscription->dialog, DIALOG_USAGE);
	buffer_text(buffer, "Event: ");
	buffer_text(buffer, resource_package(subscription->events, subscription->resource)->name);
	if (!slice_is_empty(id)) {
		buffer_text(buffer, ";id=");
		buffer_append(buffer, id);
	}
	buffer_text(buffer, "\r\n");
}

/* Who may not see the state (any more) is told that, and nothing else. */
static bool is_turned_away(const struct subscription *subscription)
{
	return subscription->state == SUBSCRIPTION_ENDING && subscription->reason != REASON_TIMEOUT;
}

static void write_body_headers(struct buffer *buffer, const struct shared_body *body, struct slice version,
			       bool without_body)
{
	char tag[NOTIFIER_TAG_SIZE];
	buffer_text(buffer, "SIP-ETag: "); /* RFC 5839 §7.1 */
	buffer_append(buffer, notifier_write_tag(body->tag, tag));
	if (without_body) { /* §7.2: he has it already */
		buffer_text(buffer, "\r\nContent-Length: 0\r\n\r\n");
		return;
	}
	buffer_text(buffer, "\r\nContent-Type: ");
	buffer_text(buffer, body->format->media_type);
	buffer_text(buffer, "\r\nContent-Length: ");
	buffer_number(buffer, body->length + (body->version_at != BODY_NO_VERSION ? version.length : 0));
	buffer_text(buffer, "\r\n\r\n");
}

/* The digits of the version go where the writer left them out. */
static void write_body_bytes(struct buffer *buffer, const struct shared_body *body, struct slice version)
{
	struct slice bytes = slice_of(body->bytes, body->length);
	if (body->version_at == BODY_NO_VERSION) {
		buffer_append(buffer, bytes);
		return;
	}
	buffer_append(buffer, slice_of(bytes.at, body->version_at));
	buffer_append(buffer, version);
	buffer_append(buffer, slice_from(bytes, body->version_at));
}

static void write_notify(struct buffer *buffer, const struct subscription *subscription, const struct shared_body *body)
{
	struct events *events = subscription->events;
	/* RFC 4235 §3.7, RFC 3680 §4.1: versions begin at 0 and belong to the subscription, as CSeq does. */
	struct buffer *digits = &events->body;
	buffer_clear(digits);
	buffer_number(digits, subscription->dialog.local_cseq - 1);
	struct slice version = buffer_slice(digits);
	buffer_clear(buffer);
	dialog_write(buffer, &subscription->dialog, SLICE("NOTIFY"));
	buffer_text(buffer, "Contact: ");
	notifier_write_contact(buffer, events, &subscription->flow, resource_name(subscription->resource));
	buffer_text(buffer, "\r\n");
	write_event(buffer, subscription);
	write_state(buffer, subscription);
	if (body)
		write_body_headers(buffer, body, version, subscription->without_body);
	else
		buffer_text(buffer, "Content-Length: 0\r\n\r\n");
	if (body && !subscription->without_body)
		write_body_bytes(buffer, body, version);
	if (buffer_failed(digits))
		buffer->failed = true;
}

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
static bool send_notify(struct subscription *subscription, const struct shared_body *body)
{
	struct events *events = subscription->events;
	struct arena arena;
	arena_init(&arena, &events->arenas, 65536);
	subscription->dialog.local_cseq++;
	renew_row(subscription);
	write_notify(&events->scratch, subscription, body);
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
	return subscription->wants_full || subscription->told_version != subscription->resource->version;
}

/* RFC 6446 §5.2: not more often than the watcher wants. True: it has to wait. */
static bool is_too_early(struct subscription *subscription)
{
	if (subscription->least_interval_ms == 0 || subscription->notified_at_ms == 0 ||
	    subscription->state == SUBSCRIPTION_ENDING)
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

bool notifier_try(struct subscription *subscription)
{
	struct events *events = subscription->events;
	if (subscription->notify || !subscription->is_reachable || subscription->state == SUBSCRIPTION_STARTING ||
	    !is_due(subscription) || subscription->due_at_ms > timers_now(events->parts.timers) ||
	    (!subscription->wants_full && is_too_early(subscription)))
		return false;
	bool is_last = subscription->state == SUBSCRIPTION_ENDING;
	bool is_without_state = is_turned_away(subscription);
	const struct shared_body *body = is_without_state ? NULL : body_for(subscription);
	if (!body && !is_without_state) {
		try_again_soon(subscription);
		return false;
	}
	/* Nobody is told what he knows. */
	if (body && !subscription->wants_full && body->tag == subscription->told_tag) {
		subscription->told_version = subscription->resource->version;
		return false;
	}
	if (!send_notify(subscription, body)) {
		try_again_soon(subscription);
		return false;
	}
	subscription->due_at_ms = 0;
	subscription->wants_full = subscription->without_body = false;
	subscription->sent_version = is_last ? NOTIFIED_LAST : subscription->resource->version;
	subscription->sent_tag = body ? body->tag : 0;
	if (subscription->is_adaptive)
		count_recent(subscription, timers_now(events->parts.timers));
	subscription->notified_at_ms = timers_now(events->parts.timers);
	events->counters.notified++;
	return true;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static void on_telling(struct timer *timer);

/* Tells at most `budget` watchers of the resource; returns how many it looked at. Whoever was looked at goes to the end
 * of the list, so that none is always last. */
static unsigned tell_some(struct resource *resource, unsigned budget)
{
	unsigned looked_at = 0;
	if (resource->to_tell > resource->subscription_count)
		resource->to_tell = resource->subscription_count;
	while (resource->to_tell > 0 && looked_at < budget) {
		struct list_link *link = list_take_first(&resource->subscriptions);
		if (!link)
			break;
		list_append(&resource->subscriptions, link);
		resource->to_tell--;
		looked_at++;
		notifier_try(CONTAINER_OF(link, struct subscription, of_resource));
	}
	return looked_at;
}

static void tell_queue(struct list_link *queue, unsigned budget)
{
	while (budget > 0 && !list_is_empty(queue)) {
		struct resource *resource = CONTAINER_OF(queue->next, struct resource, changed);
		unsigned looked_at = tell_some(resource, budget);
		budget -= looked_at;
		if (resource->to_tell == 0 || looked_at == 0)
			list_remove(&resource->changed);
	}
}

static void wake(struct events *events)
{
	if (timer_is_running(&events->telling) && list_is_empty(&events->changed))
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
	tell_queue(&events->changed, events->options.slice);
	/* What changes all the time does not keep those waiting who were not told since the start. */
	if (now_ms >= events->resumed_at_ms + RESUMED_STEP_MS) {
		events->resumed_at_ms = now_ms;
		tell_queue(&events->resuming, resumed > 0 ? resumed : 1);
	}
	wake(events);
}

void resource_announce(struct events *events, struct resource *resource)
{
	if (!resource)
		return;
	resource->version++;
	notifier_forget_bodies(events, resource);
	if (resource->subscription_count == 0)
		return;
	resource->to_tell = resource->subscription_count;
	list_remove(&resource->changed);
	list_append(&events->changed, &resource->changed);
	wake(events);
}

void events_resume(struct events *events)
{
	wake(events);
}
