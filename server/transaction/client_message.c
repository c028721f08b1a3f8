/* The bytes of a client transaction. SPDX-License-Identifier: MIT */
#include "transaction/client_message.h"

#include "sip/header.h"
#include "sip/write.h"

#include <stdlib.h>
#include <string.h>

static struct client_message *copy(const struct buffer *buffer, const struct flow *flow)
{
	if (buffer_failed(buffer))
		return NULL;
	struct client_message *message = malloc(sizeof(*message) + buffer->length);
	if (!message)
		return NULL;
	message->flow = *flow;
	message->length = buffer->length;
	if (buffer->length > 0)
		memcpy(message->bytes, buffer->data, buffer->length);
	return message;
}

struct client_message *client_message_create(struct transactions *transactions, const struct client_request *request,
					     const struct flow *flow, struct slice branch)
{
	char sent_by[ADDRESS_TEXT_SIZE + 256];
	const struct sip_request_head head = {
		.method = request->method,
		.uri = request->uri,
		.transport = transport_name((enum transport_kind)flow->transport),
		.sent_by = transactions->sender.sent_by(transactions->sender.arg, flow, sent_by),
		.branch = branch,
	};
	struct buffer *scratch = &transactions->scratch;
	buffer_clear(scratch);
	sip_write_request_head(scratch, &head);
	buffer_append(scratch, request->rest);
	return copy(scratch, flow);
}

static void append_headers(struct buffer *buffer, const struct sip_message *message, enum sip_header_id id)
{
	for (const struct sip_header *header = sip_message_header(message, id); header;
	     header = sip_message_next_header(message, header))
		buffer_append(buffer, header->line);
}

static void write_ack(struct buffer *buffer, struct sip_message *invite, const struct sip_message *response)
{
	buffer_text(buffer, "ACK ");
	buffer_append(buffer, invite->request_uri_text);
	buffer_text(buffer, " SIP/2.0\r\n");
	/* §17.1.1.3: one Via only, the topmost of the INVITE, so the next hop finds its transaction */
	const struct sip_header *via = sip_message_header(invite, SIP_HEADER_VIA);
	buffer_append(buffer, via ? via->line : SLICE(""));
	append_headers(buffer, invite, SIP_HEADER_ROUTE);
	append_headers(buffer, invite, SIP_HEADER_FROM);
	append_headers(buffer, response, SIP_HEADER_TO); /* with the tag that the response gave it */
	append_headers(buffer, invite, SIP_HEADER_CALL_ID);
	const struct sip_cseq *cseq = sip_message_cseq(invite);
	buffer_text(buffer, "CSeq: ");
	buffer_number(buffer, cseq ? cseq->number : 1);
	buffer_text(buffer, " ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
}

struct client_message *client_message_create_ack(struct transactions *transactions,
						 const struct client_message *message,
						 const struct sip_message *response)
{
	const struct sip_limits unlimited = {
		.message_bytes = SIZE_MAX,
		.header_bytes = SIZE_MAX,
		.body_bytes = SIZE_MAX,
		.header_count = 1024,
	};
	struct arena arena;
	arena_init(&arena, &transactions->arenas, WRITTEN_BYTES_MOST);
	struct sip_message invite;
	struct sip_parse_error error;
	struct client_message *ack = NULL;
	struct slice bytes = slice_of(message->bytes, message->length);
	if (sip_message_parse(&invite, &arena, bytes, &unlimited, &error) == 0) {
		buffer_clear(&transactions->scratch);
		write_ack(&transactions->scratch, &invite, response);
		ack = copy(&transactions->scratch, &message->flow);
	}
	arena_finish(&arena);
	return ack;
}

bool client_message_has_via(struct slice rest)
{
	while (rest.length > 0) {
		struct slice line = slice_take(&rest, '\n');
		if (slice_is_empty(slice_trim(line)))
			return false; /* the empty line: what follows is the body */
		struct slice name = slice_trim(slice_of(line.at, slice_find(line, ':')));
		bool is_folded = line.at[0] == ' ' || line.at[0] == '\t';
		if (!is_folded && sip_header_find(name) == SIP_HEADER_VIA)
			return true;
	}
	return false;
}
