/* The body of a SUBSCRIBE: unpacked and read. SPDX-License-Identifier: MIT */
#include "base/deflate.h"
#include "base/error.h"
#include "presence/subscribing.h"

#include <stdio.h>

static size_t body_most(const struct events *events)
{
	size_t list_bytes = events->options.lists.limits.xml.bytes;
	return list_bytes > events->options.body_bytes ? list_bytes : events->options.body_bytes;
}

static bool refuse_encoding(struct subscribing *subscribing)
{
	subscribing_refuse(subscribing, SIP_UNSUPPORTED_MEDIA_TYPE, SLICE("Accept-Encoding: deflate, identity\r\n"),
			   "The body is encoded in a way that is not understood here");
	return false;
}

static bool unpack(struct subscribing *subscribing, struct slice body)
{
	char too_large[96];
	int result = deflate_unpack(body, &subscribing->content_bytes);
	if (result == 0) {
		subscribing->content.body = buffer_slice(&subscribing->content_bytes);
		return true;
	}
	(void)snprintf(too_large, sizeof too_large, "The body has more than the %zu bytes that are taken, unpacked",
		       subscribing->content_bytes.limit);
	subscribing_refuse(subscribing,
			   result == ERR_LIMIT    ? SIP_ENTITY_TOO_LARGE
			   : result == ERR_SYNTAX ? SIP_BAD_REQUEST
						  : SIP_INTERNAL_ERROR,
			   SLICE(""),
			   result == ERR_LIMIT    ? too_large
			   : result == ERR_SYNTAX ? "The body cannot be unpacked: it is no deflate, or incomplete"
						  : error_text(result));
	return false;
}

/* Linphone packs its lists (Content-Encoding: deflate). */
static bool read_bytes(struct subscribing *subscribing)
{
	const struct sip_message *message = &subscribing->request->message;
	struct slice encoding = slice_trim(sip_message_value(message, SIP_HEADER_CONTENT_ENCODING));
	subscribing->content =
		(struct subscription_content){.content_type = sip_message_value(message, SIP_HEADER_CONTENT_TYPE),
					      .disposition = sip_message_value(message, SIP_HEADER_CONTENT_DISPOSITION),
					      .body = message->body};
	subscribing->has_content = true;
	if (slice_is_empty(encoding) || slice_equal_nocase(encoding, SLICE("identity")))
		return true;
	if (slice_equal_nocase(encoding, SLICE("deflate")))
		return unpack(subscribing, message->body);
	return refuse_encoding(subscribing);
}

bool subscribing_read_body(struct subscribing *subscribing, bool is_list)
{
	struct request *request = subscribing->request;
	struct content_refusal refusal;
	size_t most = body_most(subscribing->events);
	buffer_init(&subscribing->content_bytes, most);
	buffer_init(&subscribing->filter_bytes, most);
	buffer_init(&subscribing->kept_bytes, 3 * most);
	if (request->message.body.length > 0 && !read_bytes(subscribing))
		return false;
	if (subscription_content_read(subscribing->events, subscribing->row, request->sender, is_list, &request->arena,
				      &subscribing->content, &refusal))
		return !subscribing->has_content || subscribing_merge_content(subscribing);
	subscribing_refuse(subscribing, refusal.status, slice_text(refusal.headers), refusal.error.sentence);
	return false;
}

void subscribing_forget_content(struct subscribing *subscribing)
{
	buffer_finish(&subscribing->content_bytes);
	buffer_finish(&subscribing->filter_bytes);
	buffer_finish(&subscribing->kept_bytes);
	subscribing->content = (struct subscription_content){0};
	list_definition_release(subscribing->definition);
	subscribing->definition = NULL;
}
