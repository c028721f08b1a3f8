/* Loop marks in branches. The hash need not be secret: whoever forges one only gets his own request refused.
 * SPDX-License-Identifier: MIT */
#include "core/loop_detection.h"

#include "base/fnv.h"

#include <string.h>

static uint64_t mix(uint64_t hash, struct slice text)
{
	return (fnv_add(hash, text) ^ 0xff) * FNV_PRIME; /* so that "ab","c" differs from "a","bc" */
}

void loop_mark(struct sip_message *message, char mark[LOOP_MARK_SIZE])
{
	const struct sip_name_address *from = sip_message_from(message), *to = sip_message_to(message);
	uint64_t hash = mix(FNV_BEGIN, message->request_uri_text);
	hash = mix(hash, from ? sip_tag(from) : (struct slice){0});
	hash = mix(hash, to ? sip_tag(to) : (struct slice){0});
	hash = mix(hash, sip_message_call_id(message));
	hash = mix(hash, sip_message_value(message, SIP_HEADER_CSEQ));
	mark[0] = '.';
	for (int i = 0; i < 16; i++)
		mark[1 + i] = "0123456789abcdef"[hash >> (60 - 4 * i) & 15];
	mark[LOOP_MARK_SIZE - 1] = '\0';
}

bool loop_detected(struct sip_message *message, const struct transport *transport)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	char mark[LOOP_MARK_SIZE];
	bool marked = false;
	/* The topmost Via is the previous hop's; where it is the only one, nobody forwarded the request. */
	if (!sip_message_each(message, SIP_HEADER_VIA, &cursor, &element))
		return false;
	do {
		struct sip_via via;
		if (sip_via_parse(element, &via) != 0)
			return false;
		if (!marked)
			loop_mark(message, mark);
		marked = true;
		if (slice_ends_with(via.branch, slice_of(mark, LOOP_MARK_SIZE - 1)) &&
		    (!transport || transport_is_own_address(transport, via.host, via.port)))
			return true;
	} while (sip_message_each(message, SIP_HEADER_VIA, &cursor, &element));
	return false;
}
