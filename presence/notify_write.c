/* Writing one NOTIFY (RFC 6665 §4.1.3, §4.2.2). SPDX-License-Identifier: MIT */
#include "presence/notify_write.h"

#include "base/deflate.h"
#include "presence/shared_body.h"
#include "sip/write.h"

#include <stdio.h>

struct slice notifier_write_tag(uint64_t tag, char text[NOTIFIER_TAG_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	for (int i = 0; i < 16; i++)
		text[i] = digits[tag >> (60 - 4 * i) & 15];
	text[16] = '\0';
	return slice_of(text, 16);
}

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
		/* RFC 3856 §6.6.2: he waits for a decision of the watched */
		bool is_pending =
			!subscription_resource(subscription)->is_list && subscription->watch.handling == WATCH_CONFIRM;
		buffer_text(buffer, is_pending ? "Subscription-State: pending;expires="
					       : "Subscription-State: active;expires=");
		buffer_number(buffer, left_ms > 0 ? (uint64_t)(left_ms + 999) / 1000 : 0);
		/* What is kept, which may be less than what was asked for (§5.2, §6.2). */
		write_rate(buffer, "max-rate", subscription->least_interval_ms);
		write_rate(buffer, subscription->is_adaptive ? "adaptive-min-rate" : "min-rate",
			   subscription->most_interval_ms);
	}
	buffer_text(buffer, "\r\n");
}

/* Linphone, which asks for "presence", reads lists only of "Presence" (profile.h). */
static const char *event_name(const struct subscription *subscription)
{
	const struct resource *resource = subscription_resource(subscription);
	const char *name = resource_package(subscription->events, resource)->name;
	bool is_capital = resource->is_list && subscription->profile->linphone_lists && strcmp(name, "presence") == 0;
	return is_capital ? "Presence" : name;
}

static void write_event(struct buffer *buffer, const struct subscription *subscription)
{
	struct slice id = dialog_text(&subscription->dialog, DIALOG_USAGE);
	buffer_text(buffer, "Event: ");
	buffer_text(buffer, event_name(subscription));
	if (!slice_is_empty(id)) {
		buffer_text(buffer, ";id=");
		buffer_append(buffer, id);
	}
	buffer_text(buffer, "\r\n");
}

/* --- the body ----------------------------------------------------------------------------------------------------- */

/* RFC 5839 §7.1 */
static void write_tag_header(struct buffer *buffer, const struct shared_body *body)
{
	char tag[NOTIFIER_TAG_SIZE];
	buffer_text(buffer, "SIP-ETag: ");
	buffer_append(buffer, notifier_write_tag(body->tag, tag));
	buffer_text(buffer, "\r\n");
}

static void write_body(struct buffer *buffer, struct slice bytes, bool is_packed)
{
	if (is_packed)
		buffer_text(buffer, "Content-Encoding: deflate\r\n");
	buffer_text(buffer, "Content-Length: ");
	buffer_number(buffer, bytes.length);
	buffer_text(buffer, "\r\n\r\n");
	buffer_append(buffer, bytes);
}

static bool wants_packed(const struct subscription *subscription, size_t length)
{
	size_t from = subscription->events->options.deflate_bytes;
	return subscription->takes_deflate && from > 0 && length >= from;
}

/* Into events->packed; empty: it is no smaller so. */
static struct slice pack(struct events *events, struct slice bytes)
{
	buffer_clear(&events->packed);
	bool is_good = deflate_pack(bytes, &events->packed) == 0 && !buffer_failed(&events->packed) &&
		       events->packed.length < bytes.length;
	return is_good ? buffer_slice(&events->packed) : SLICE("");
}

static void write_bytes(struct buffer *buffer, const struct subscription *subscription, struct slice bytes)
{
	struct slice packed = wants_packed(subscription, bytes.length) ? pack(subscription->events, bytes) : SLICE("");
	write_body(buffer, packed.length > 0 ? packed : bytes, packed.length > 0);
}

static void write_shared(struct buffer *buffer, const struct subscription *subscription, struct shared_body *body,
			 struct slice version)
{
	struct events *events = subscription->events;
	buffer_text(buffer, "Content-Type: ");
	buffer_text(buffer, body->format->media_type);
	buffer_text(buffer, "\r\n");
	if (wants_packed(subscription, body->length)) {
		struct slice packed = shared_body_packed(events, body);
		if (packed.length > 0) {
			write_body(buffer, packed, true);
			return;
		}
	}
	if (body->version_at == SHARED_NO_VERSION) {
		write_body(buffer, shared_body_bytes(body), false);
		return;
	}
	buffer_clear(&events->body);
	shared_body_write(&events->body, body, version);
	if (buffer_failed(&events->body))
		buffer->failed = true;
	write_bytes(buffer, subscription, buffer_slice(&events->body));
}

/* RFC 4662 §4.4, RFC 2387 §3. The boundary is a token, and so not in quotes: Linphone 5.1 takes them for a part of it,
 * and crashes over what it finds then. */
static void write_list(struct buffer *buffer, const struct subscription *subscription, const struct notify_body *body)
{
	buffer_text(buffer, "Require: eventlist\r\nContent-Type: "
			    "multipart/related;type=\"application/rlmi+xml\";start=\"<" LIST_ROOT_ID ">\";boundary=");
	buffer_text(buffer, body->list->boundary);
	buffer_text(buffer, "\r\n");
	write_bytes(buffer, subscription, body->list_bytes);
}

struct slice notifier_write_version(const struct subscription *subscription, unsigned first,
				    char text[NOTIFIER_VERSION_SIZE])
{
	int length = snprintf(text, NOTIFIER_VERSION_SIZE, "%u", (unsigned)subscription->dialog.local_cseq + first);
	return slice_of(text, (size_t)length);
}

void notify_write(struct buffer *buffer, struct subscription *subscription, const struct notify_body *body)
{
	struct events *events = subscription->events;
	char text[NOTIFIER_VERSION_SIZE];
	unsigned first = body->shared ? body->shared->format->first_version : 0;
	struct slice version = notifier_write_version(subscription, first, text);
	buffer_clear(buffer);
	subscription->dialog.local_cseq++;
	dialog_write(buffer, &subscription->dialog, SLICE("NOTIFY"));
	buffer_text(buffer, "Contact: ");
	notifier_write_contact(buffer, events, &subscription->flow, resource_name(subscription_resource(subscription)));
	buffer_text(buffer, "\r\n");
	write_event(buffer, subscription);
	write_state(buffer, subscription);
	if (body->shared)
		write_tag_header(buffer, body->shared);
	if (body->list)
		write_list(buffer, subscription, body);
	else if (body->shared && !body->is_left_out)
		write_shared(buffer, subscription, body->shared, version);
	else
		buffer_text(buffer, "Content-Length: 0\r\n\r\n");
}
