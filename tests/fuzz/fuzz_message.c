/* Fuzz target: any bytes as a message. Parse, check, and ask for all there is; what is found must lie within the
 * bytes, headers must be in their order, and what the check lets through must have its values.
 * SPDX-License-Identifier: MIT */
#include "sip/message.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_within(struct slice part, struct slice whole)
{
	if (part.length > 0)
		require(part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void look_at_element(struct slice element, struct slice whole)
{
	struct sip_via via;
	struct sip_name_address address;
	struct sip_cseq cseq;
	struct sip_media_type type;
	uint32_t seconds;
	unsigned thousandths;
	int64_t unix_s;
	char text[SIP_DATE_SIZE];

	require_within(element, whole);
	if (sip_via_parse(element, &via) == 0) {
		require_within(via.host, element);
		require_within(via.parameters, element);
		require_within(via.branch, element);
		require(via.host.length > 0 && via.transport.length > 0);
	}
	if (sip_name_address_parse(element, &address) == 0) {
		require_within(address.display_name, element);
		require_within(address.uri_text, element);
		require_within(sip_tag(&address), address.parameters);
		require(sip_uri_equal(&address.uri, &address.uri));
	}
	if (sip_media_type_parse(element, &type) == 0)
		require_within(type.parameters, element);
	if (sip_cseq_parse(element, &cseq) == 0)
		require(cseq.number <= INT32_MAX && cseq.method_text.length > 0);
	if (sip_q_parse(element, &thousandths) == 0)
		require(thousandths <= 1000);
	if (sip_date_parse(element, &unix_s) == 0)
		require(sip_date_write(unix_s, text).length == SIP_DATE_SIZE - 1 || unix_s < 0);
	(void)!sip_seconds_parse(element, &seconds);
}

static void walk(const struct sip_message *message)
{
	size_t count = 0;
	for (int id = 0; id < SIP_HEADER_COUNT; id++) {
		struct sip_list_cursor cursor = {0};
		struct slice element;
		const struct sip_header *before = NULL;
		while (sip_message_each(message, (enum sip_header_id)id, &cursor, &element))
			look_at_element(element, message->bytes);
		for (const struct sip_header *header = sip_message_header(message, (enum sip_header_id)id); header;
		     header = sip_message_next_header(message, header)) {
			require(!before || header > before);
			require(header->id == (enum sip_header_id)id);
			require_within(header->line, message->header_bytes);
			require_within(header->name, header->line);
			require_within(header->value, header->line);
			require(sip_message_named(message, header->name) != NULL);
			before = header;
			count++;
		}
		(void)sip_message_lists(message, (enum sip_header_id)id, SLICE("outbound"));
	}
	require(count == message->header_count);
}

static void look_at_values(struct sip_message *message, bool is_checked)
{
	const struct sip_uri *uri = sip_message_request_uri(message);
	const struct sip_via *via = sip_message_via(message);
	const struct sip_name_address *from = sip_message_from(message), *to = sip_message_to(message);
	const struct sip_cseq *cseq = sip_message_cseq(message);

	require(uri == sip_message_request_uri(message) && via == sip_message_via(message));
	if (is_checked) {
		require(via && from && to && cseq && sip_message_call_id(message).length > 0);
		require(!message->is_request || uri);
		(void)sip_uri_equal(&from->uri, &to->uri);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sip_limits limits = {
		.message_bytes = 65536, .header_bytes = 8192, .body_bytes = 16384, .header_count = 64};
	struct sip_message message;
	struct sip_parse_error error = {0};
	struct arena arena;
	struct slice bytes = slice_of((const char *)data, size);

	arena_init(&arena, NULL, 1 << 20);
	int result = sip_message_parse(&message, &arena, bytes, &limits, &error);
	if (result != 0)
		require(error.reason && error.status >= 400 && error.offset <= size);
	require_within(message.body, bytes);
	require_within(message.header_bytes, bytes);
	walk(&message);

	int checked = sip_message_check(&message, &error);
	if (checked != 0)
		require(error.reason && error.status >= 400 && error.offset <= size);
	look_at_values(&message, result == 0 && checked == 0);
	arena_finish(&arena);
	return 0;
}
