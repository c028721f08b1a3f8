/* The NOTIFY that nobody asked for, and what is said to it. Pure functions. SPDX-License-Identifier: MIT */
#include "presence/lamps_state.h"
#include "sip/status.h"
#include "sip/write.h"

static void write_line(struct buffer *buffer, const char *before, struct slice value, const char *after)
{
	buffer_text(buffer, before);
	buffer_append(buffer, value);
	buffer_text(buffer, after);
}

/* There is no dialog and no subscription: no tag in To, with which phones answer 481, and a Subscription-State that
 * leaves nothing behind (RFC 6665 §8.2.3 wants one; PBXes say the same, and phones that compare are used to it). Each
 * is a Call-ID of its own, so that no phone misses a CSeq. */
void lamp_notify_write(struct buffer *buffer, const struct lamp_notify *notify)
{
	if (!slice_is_empty(notify->routes))
		sip_write_header(buffer, "Route", notify->routes);
	buffer_text(buffer, "Max-Forwards: 70\r\n");
	write_line(buffer, "From: <", notify->aor, ">;tag=");
	write_line(buffer, notify->from_tag, SLICE(""), "\r\n");
	write_line(buffer, "To: <", notify->aor, ">\r\n");
	write_line(buffer, "Call-ID: ", slice_text(notify->call_id), "\r\n");
	buffer_text(buffer, "CSeq: 1 NOTIFY\r\n");
	write_line(buffer, "Contact: ", notify->contact, "\r\n");
	buffer_text(buffer, "Event: message-summary\r\nSubscription-State: terminated\r\n");
	write_line(buffer, "Content-Type: ", notify->media_type, "\r\n");
	buffer_text(buffer, "Content-Length: ");
	buffer_number(buffer, notify->body.length);
	write_line(buffer, "\r\n\r\n", notify->body, "");
}

/* Only who says that it does not know the method, the event or its body (and 481, with which phones answer a NOTIFY
 * that they did not ask for) will say so the next time, too. Whatever else was wrong may be right later: lines are
 * busy, edges have lost a way, servers ask for passwords. */
enum lamp_outcome lamp_outcome_of(unsigned status)
{
	switch (status) {
	case SIP_METHOD_NOT_ALLOWED:
	case SIP_UNSUPPORTED_MEDIA_TYPE:
	case SIP_NO_TRANSACTION:
	case SIP_BAD_EVENT:
	case SIP_NOT_IMPLEMENTED:
		return LAMP_REFUSED;
	default:
		return status >= 200 && status < 300 ? LAMP_TOLD : LAMP_UNANSWERED;
	}
}
