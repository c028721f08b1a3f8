/* Rows and messages. SPDX-License-Identifier: MIT */
#include "features/message_form.h"

#include "base/error.h"
#include "bodies/mime.h"
#include "sip/status.h"
#include "sip/write.h"

/* Columns of their own, the business of one hop only, or who the sender says he is (RFC 3325 §5: nobody but us could
 * assert it, and From does); all other headers are kept as they stood. */
static bool has_own_place(enum sip_header_id id)
{
	switch (id) {
	case SIP_HEADER_FROM:
	case SIP_HEADER_TO:
	case SIP_HEADER_CALL_ID:
	case SIP_HEADER_CSEQ:
	case SIP_HEADER_CONTENT_TYPE:
	case SIP_HEADER_CONTENT_LENGTH:
	case SIP_HEADER_VIA:
	case SIP_HEADER_ROUTE:
	case SIP_HEADER_RECORD_ROUTE:
	case SIP_HEADER_MAX_FORWARDS:
	case SIP_HEADER_AUTHORIZATION:
	case SIP_HEADER_PROXY_AUTHORIZATION:
	case SIP_HEADER_REQUIRE:
	case SIP_HEADER_PROXY_REQUIRE:
	case SIP_HEADER_P_ASSERTED_IDENTITY:
	case SIP_HEADER_P_PREFERRED_IDENTITY:
	case SIP_HEADER_REMOTE_PARTY_ID:
		return true;
	default:
		return false;
	}
}

int message_form_keep(struct arena *arena, struct sip_message *message, int64_t received_at_ms,
		      struct stored_message *row)
{
	struct buffer headers;
	buffer_init(&headers, message->bytes.length + 64);
	for (unsigned i = 0; i < message->header_count; i++)
		if (!has_own_place(message->headers[i].id))
			buffer_append(&headers, message->headers[i].line);
	if (!sip_message_header(message, SIP_HEADER_DATE)) {
		char date[SIP_DATE_SIZE];
		sip_write_header(&headers, "Date", sip_date_write(received_at_ms / 1000, date));
	}
	int result = buffer_failed(&headers) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&headers), &row->headers);
	buffer_finish(&headers);
	if (result != 0)
		return result;
	row->request_uri = message->request_uri_text;
	row->from = sip_message_value(message, SIP_HEADER_FROM);
	row->to = sip_message_value(message, SIP_HEADER_TO);
	row->call_id = sip_message_call_id(message);
	row->cseq = sip_message_cseq(message)->number;
	row->content_type = sip_message_value(message, SIP_HEADER_CONTENT_TYPE);
	row->body = message->body;
	return 0;
}

/* Among the other headers, which are kept as they stood. */
struct slice message_form_encoding(const struct stored_message *row)
{
	struct slice headers = row->headers, field, name, value;
	while (mime_take_field(&headers, &field))
		if (mime_split_field(field, &name, &value) &&
		    (slice_equal_nocase(name, SLICE("Content-Encoding")) || slice_equal_nocase(name, SLICE("e"))))
			return value;
	return SLICE("");
}

void message_form_read(const struct stored_message *row, struct message_text *content)
{
	message_text_find(row->content_type, message_form_encoding(row), row->body, content);
}

void message_form_write(struct buffer *buffer, const struct stored_message *row, const struct message_text *plain,
			struct slice routes)
{
	struct slice content_type = plain ? plain->content_type : row->content_type;
	struct slice body = plain ? plain->text : row->body;
	if (!slice_is_empty(routes))
		sip_write_header(buffer, "Route", routes);
	buffer_text(buffer, "Max-Forwards: 70\r\n");
	sip_write_header(buffer, "From", row->from);
	sip_write_header(buffer, "To", row->to);
	sip_write_header(buffer, "Call-ID", row->call_id);
	buffer_text(buffer, "CSeq: ");
	buffer_number(buffer, row->cseq);
	buffer_text(buffer, " MESSAGE\r\n");
	buffer_append(buffer, row->headers);
	if (!slice_is_empty(content_type))
		sip_write_header(buffer, "Content-Type", content_type);
	buffer_text(buffer, "Content-Length: ");
	buffer_number(buffer, body.length);
	buffer_text(buffer, "\r\n\r\n");
	buffer_append(buffer, body);
}

bool message_form_is_fleeting(const struct sip_message *message)
{
	uint32_t expires_s;
	struct sip_media_type type;
	if (sip_seconds_parse(sip_message_value(message, SIP_HEADER_EXPIRES), &expires_s) == 0 && expires_s == 0)
		return true;
	return sip_media_type_parse(sip_message_value(message, SIP_HEADER_CONTENT_TYPE), &type) == 0 &&
	       slice_equal_nocase(type.type, SLICE("application")) &&
	       slice_equal_nocase(type.subtype, SLICE("im-iscomposing+xml"));
}

enum message_outcome message_form_outcome(const struct sip_message *response, enum message_shape shape)
{
	if (!response)
		return MESSAGE_NOT_TAKEN;
	if (response->status >= 200 && response->status < 300)
		return MESSAGE_TAKEN;
	if (shape == MESSAGE_WRAPPED && plain_text_is_wanted(response))
		return MESSAGE_UNWRAP;
	/* RFC 3261 §8.2.2.2: to a device that still holds the transaction which it has refused, the same Call-ID and
	 * CSeq in another one are that request merged. It forgets. */
	if (shape == MESSAGE_UNWRAPPED && response->status == SIP_LOOP_DETECTED)
		return MESSAGE_NOT_TAKEN;
	switch (response->status) {
	/* The device does not do MESSAGE, this content, or anything that would become better by waiting. */
	case SIP_BAD_REQUEST:
	case SIP_FORBIDDEN:
	case SIP_METHOD_NOT_ALLOWED:
	case SIP_NOT_ACCEPTABLE:
	case SIP_ENTITY_TOO_LARGE:
	case SIP_URI_TOO_LONG:
	case SIP_UNSUPPORTED_MEDIA_TYPE:
	case SIP_UNSUPPORTED_URI_SCHEME:
	case SIP_BAD_EXTENSION:
	case SIP_EXTENSION_REQUIRED:
	case SIP_LOOP_DETECTED:
	case SIP_TOO_MANY_HOPS:
	case SIP_NOT_ACCEPTABLE_HERE:
	case SIP_UNDECIPHERABLE:
	case SIP_NOT_IMPLEMENTED:
	case SIP_VERSION_NOT_SUPPORTED:
	case SIP_MESSAGE_TOO_LARGE:
		return MESSAGE_REFUSED;
	default:
		return response->status >= 600 ? MESSAGE_REFUSED : MESSAGE_NOT_TAKEN;
	}
}
