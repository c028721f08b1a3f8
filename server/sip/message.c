/* What is asked of a parsed message: headers by name, elements of lists, values that are parsed at the first call.
 * SPDX-License-Identifier: MIT */
#include "sip/message.h"

/* States of a cached value. */
enum { NOT_ASKED = 0, GOOD = 1, BAD = -1 };

const struct sip_header *sip_message_header(const struct sip_message *message, enum sip_header_id id)
{
	return message->first[id] < 0 ? NULL : &message->headers[message->first[id]];
}

const struct sip_header *sip_message_next_header(const struct sip_message *message, const struct sip_header *header)
{
	return header->next == 0 ? NULL : &message->headers[header->next];
}

struct slice sip_message_value(const struct sip_message *message, enum sip_header_id id)
{
	const struct sip_header *header = sip_message_header(message, id);
	return header ? header->value : slice_of(NULL, 0);
}

const struct sip_header *sip_message_named(const struct sip_message *message, struct slice name)
{
	enum sip_header_id id = sip_header_find(name);
	const struct sip_header *header = sip_message_header(message, id);
	/* those that are not in the list share one chain */
	while (header && id == SIP_HEADER_OTHER && !slice_equal_nocase(header->name, name))
		header = sip_message_next_header(message, header);
	return header;
}

bool sip_message_each(const struct sip_message *message, enum sip_header_id id, struct sip_list_cursor *cursor,
		      struct slice *element)
{
	bool is_list = sip_header_kind(id) == SIP_HEADER_KIND_LIST;
	for (;;) {
		if (is_list && cursor->header && sip_list_next(&cursor->rest, element))
			return true;
		if (!cursor->started)
			cursor->header = sip_message_header(message, id);
		else if (cursor->header)
			cursor->header = sip_message_next_header(message, cursor->header);
		cursor->started = true;
		if (!cursor->header)
			return false;
		cursor->rest = cursor->header->value;
		if (!is_list) {
			*element = cursor->header->value;
			return true;
		}
	}
}

bool sip_message_lists(const struct sip_message *message, enum sip_header_id id, struct slice token)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	while (sip_message_each(message, id, &cursor, &element))
		if (slice_equal_nocase(element, token))
			return true;
	return false;
}

/* The value of a header that may stand once; false where it is absent or stands twice. */
static bool single_value(const struct sip_message *message, enum sip_header_id id, struct slice *value)
{
	if (message->first[id] < 0 || message->first[id] != message->last[id])
		return false;
	*value = message->headers[message->first[id]].value;
	return true;
}

static int8_t state_of(bool is_good)
{
	return is_good ? GOOD : BAD;
}

const struct sip_uri *sip_message_request_uri(struct sip_message *message)
{
	struct sip_cached_values *cached = &message->cached;
	if (cached->request_uri_state == NOT_ASKED)
		cached->request_uri_state =
			state_of(sip_uri_parse(message->request_uri_text, &cached->request_uri) == 0);
	return cached->request_uri_state == GOOD ? &cached->request_uri : NULL;
}

const struct sip_via *sip_message_via(struct sip_message *message)
{
	struct sip_cached_values *cached = &message->cached;
	if (cached->via_state == NOT_ASKED) {
		struct sip_list_cursor cursor = {0};
		struct slice topmost;
		cached->via_state = state_of(sip_message_each(message, SIP_HEADER_VIA, &cursor, &topmost) &&
					     sip_via_parse(topmost, &cached->via) == 0);
	}
	return cached->via_state == GOOD ? &cached->via : NULL;
}

static const struct sip_name_address *name_address(const struct sip_message *message, enum sip_header_id id,
						   int8_t *state, struct sip_name_address *address)
{
	struct slice value;
	if (*state == NOT_ASKED)
		*state = state_of(single_value(message, id, &value) && sip_name_address_parse(value, address) == 0);
	return *state == GOOD ? address : NULL;
}

const struct sip_name_address *sip_message_from(struct sip_message *message)
{
	return name_address(message, SIP_HEADER_FROM, &message->cached.from_state, &message->cached.from);
}

const struct sip_name_address *sip_message_to(struct sip_message *message)
{
	return name_address(message, SIP_HEADER_TO, &message->cached.to_state, &message->cached.to);
}

const struct sip_cseq *sip_message_cseq(struct sip_message *message)
{
	struct sip_cached_values *cached = &message->cached;
	struct slice value;
	if (cached->cseq_state == NOT_ASKED)
		cached->cseq_state = state_of(single_value(message, SIP_HEADER_CSEQ, &value) &&
					      sip_cseq_parse(value, &cached->cseq) == 0);
	return cached->cseq_state == GOOD ? &cached->cseq : NULL;
}
