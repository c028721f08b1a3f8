/* Writing responses, and messages that pass through (RFC 3261 §8.2.6, §16.6, §16.7).
 * SPDX-License-Identifier: MIT */
#include "sip/write.h"

#include "sip/digest.h"
#include "sip/status.h"
#include "sip/write_run.h"

/* ---- Responses ---- */

static void write_body(struct buffer *buffer, struct slice body)
{
	buffer_append(buffer, SLICE("Content-Length: "));
	buffer_number(buffer, body.length);
	buffer_append(buffer, SLICE("\r\n\r\n"));
	buffer_append(buffer, body);
}

static void copy_vias(struct run *run, const struct sip_message *request, const struct address *source)
{
	bool is_stamped = false;
	const struct sip_header *via = sip_message_header(request, SIP_HEADER_VIA);
	for (; via; via = sip_message_next_header(request, via)) {
		if (is_stamped)
			run_add_header(run, via);
		else
			is_stamped = run_add_topmost_via(run, request, via, source);
	}
}

/* A To that cannot be read gets no tag: nobody could say whether it has one. */
static bool lacks_tag(const struct sip_message *request, struct slice value)
{
	struct sip_name_address to;
	if (request->cached.to_state > 0)
		return slice_is_empty(sip_tag(&request->cached.to));
	return sip_name_address_parse(value, &to) == 0 && slice_is_empty(sip_tag(&to));
}

/* RFC 3261 §8.2.6.2: the To of the request, with a tag of ours where it has none. */
static void copy_to(struct run *run, const struct sip_message *request, struct slice tag)
{
	const struct sip_header *to = sip_message_header(request, SIP_HEADER_TO);
	if (!to)
		return;
	if (slice_is_empty(tag) || !lacks_tag(request, to->value)) {
		run_add_header(run, to);
		return;
	}
	run_add(run, slice_of(to->line.at, (size_t)(to->value.at + to->value.length - to->line.at)));
	run_flush(run);
	buffer_append(run->buffer, SLICE(";tag="));
	buffer_append(run->buffer, tag);
	buffer_append(run->buffer, SLICE("\r\n"));
}

void sip_write_response(struct buffer *buffer, const struct sip_message *request, const struct sip_response *response)
{
	struct run run = {.buffer = buffer};
	buffer_append(buffer, SLICE("SIP/2.0 "));
	buffer_number(buffer, response->status);
	buffer_byte(buffer, ' ');
	buffer_append(buffer,
		      slice_is_empty(response->reason) ? sip_status_phrase(response->status) : response->reason);
	buffer_append(buffer, SLICE("\r\n"));

	copy_vias(&run, request, response->source);
	run_add_first(&run, request, SIP_HEADER_FROM);
	copy_to(&run, request, response->to_tag);
	run_add_first(&run, request, SIP_HEADER_CALL_ID);
	run_add_first(&run, request, SIP_HEADER_CSEQ);
	run_flush(&run);

	if (!slice_is_empty(response->server))
		sip_write_header(buffer, "Server", response->server);
	buffer_append(buffer, response->headers);
	if (!slice_is_empty(response->body) && !slice_is_empty(response->content_type))
		sip_write_header(buffer, "Content-Type", response->content_type);
	write_body(buffer, response->body);
}

/* ---- Messages that pass through ---- */

/* Streams and WebSockets need a Content-Length (RFC 3261 §18.3), datagrams may come without: the first one that says
 * the truth is kept, and the true one is written at the end where there was none. */
static bool is_true_length(const struct sip_message *message, const struct sip_header *header)
{
	uint64_t length;
	return slice_to_number(header->value, UINT64_MAX, &length) && length == message->body.length;
}

static void finish_copy(struct run *run, const struct sip_message *message, bool has_length)
{
	run_flush(run);
	if (!has_length) {
		write_body(run->buffer, message->body);
		return;
	}
	buffer_append(run->buffer, SLICE("\r\n"));
	buffer_append(run->buffer, message->body);
}

void sip_write_relayed_response(struct buffer *buffer, const struct sip_message *response)
{
	struct run run = {.buffer = buffer};
	bool has_dropped_via = false, has_length = false;
	const char *start = response->version.at;
	run_add(&run, slice_of(start, (size_t)(response->header_bytes.at - start)));
	for (unsigned i = 0; i < response->header_count; i++) {
		const struct sip_header *header = &response->headers[i];
		struct slice rest = header->value, value;
		if (header->id == SIP_HEADER_VIA && !has_dropped_via && sip_list_next(&rest, &value)) {
			/* RFC 3261 §16.7 step 3: one value, not one header */
			has_dropped_via = true;
			run_add_values(&run, header, rest);
			continue;
		}
		if (header->id == SIP_HEADER_CONTENT_LENGTH) {
			if (has_length || !is_true_length(response, header))
				continue;
			has_length = true;
		}
		run_add_header(&run, header);
	}
	finish_copy(&run, response, has_length);
}

void sip_write_request_head(struct buffer *buffer, const struct sip_request_head *head)
{
	buffer_append(buffer, head->method);
	buffer_byte(buffer, ' ');
	buffer_append(buffer, head->uri);
	buffer_append(buffer, SLICE(" SIP/2.0\r\nVia: SIP/2.0/"));
	buffer_append(buffer, head->transport);
	buffer_byte(buffer, ' ');
	buffer_append(buffer, head->sent_by);
	buffer_append(buffer, SLICE(";rport;branch="));
	buffer_append(buffer, head->branch);
	buffer_append(buffer, SLICE("\r\n"));
}

struct forwarding {
	struct run run;
	const struct sip_message *request;
	const struct sip_forward *edits;
	unsigned routes_to_drop;
	bool has_via, has_additions, has_max_forwards, has_length;
};

/* Before the first header that is not a Via: so they precede the Route and Record-Route headers that are there, and
 * the Vias stay together. */
static void write_additions(struct forwarding *forwarding)
{
	struct buffer *buffer = forwarding->run.buffer;
	if (forwarding->has_additions)
		return;
	forwarding->has_additions = true;
	if (slice_is_empty(forwarding->edits->routes) && slice_is_empty(forwarding->edits->headers))
		return;
	run_flush(&forwarding->run);
	if (!slice_is_empty(forwarding->edits->routes))
		sip_write_header(buffer, "Route", forwarding->edits->routes);
	buffer_append(buffer, forwarding->edits->headers);
}

static void forward_via(struct forwarding *forwarding, const struct sip_header *header)
{
	if (forwarding->has_via)
		run_add_header(&forwarding->run, header);
	else
		forwarding->has_via =
			run_add_topmost_via(&forwarding->run, forwarding->request, header, forwarding->edits->source);
}

static void forward_route(struct forwarding *forwarding, const struct sip_header *header)
{
	struct slice rest = header->value, value;
	if (forwarding->routes_to_drop == 0) {
		run_add_header(&forwarding->run, header);
		return;
	}
	while (forwarding->routes_to_drop > 0 && sip_list_next(&rest, &value))
		forwarding->routes_to_drop--;
	run_add_values(&forwarding->run, header, rest);
}

/* RFC 3261 §16.6 step 3, and what to do where there was none. */
static void write_max_forwards(struct forwarding *forwarding)
{
	if (forwarding->has_max_forwards)
		return;
	forwarding->has_max_forwards = true;
	run_flush(&forwarding->run);
	buffer_append(forwarding->run.buffer, SLICE("Max-Forwards: "));
	buffer_number(forwarding->run.buffer, forwarding->edits->max_forwards);
	buffer_append(forwarding->run.buffer, SLICE("\r\n"));
}

/* RFC 3261 §22.3: credentials that we consumed go, those for others stay. */
static bool are_ours(const struct sip_forward *edits, const struct sip_header *header)
{
	struct digest_credentials credentials;
	if (!edits->drop_credentials || slice_is_empty(edits->realm))
		return edits->drop_credentials;
	return digest_credentials_parse(header->value, &credentials) == 0 &&
	       slice_equal(credentials.realm, edits->realm);
}

static void forward_header(struct forwarding *forwarding, const struct sip_header *header)
{
	if (header->id != SIP_HEADER_VIA)
		write_additions(forwarding);
	switch (header->id) {
	case SIP_HEADER_VIA:
		forward_via(forwarding, header);
		return;
	case SIP_HEADER_ROUTE:
		forward_route(forwarding, header);
		return;
	case SIP_HEADER_MAX_FORWARDS:
		write_max_forwards(forwarding);
		return;
	case SIP_HEADER_AUTHORIZATION:
	case SIP_HEADER_PROXY_AUTHORIZATION:
		if (are_ours(forwarding->edits, header))
			return;
		break;
	case SIP_HEADER_P_ASSERTED_IDENTITY:
	case SIP_HEADER_P_PREFERRED_IDENTITY:
	case SIP_HEADER_REMOTE_PARTY_ID:
		if (forwarding->edits->drop_identities)
			return;
		break;
	case SIP_HEADER_CONTENT_TYPE:
		if (forwarding->edits->replaces_body)
			return;
		break;
	case SIP_HEADER_CONTENT_LENGTH:
		if (forwarding->edits->replaces_body || forwarding->has_length ||
		    !is_true_length(forwarding->request, header))
			return;
		forwarding->has_length = true;
		break;
	default:
		break;
	}
	run_add_header(&forwarding->run, header);
}

void sip_write_forwarded(struct buffer *buffer, const struct sip_message *request, const struct sip_forward *forward)
{
	struct forwarding forwarding = {
		.run = {.buffer = buffer},
		.request = request,
		.edits = forward,
		.routes_to_drop = forward->drop_routes,
	};
	for (unsigned i = 0; i < request->header_count; i++)
		forward_header(&forwarding, &request->headers[i]);
	write_additions(&forwarding);
	write_max_forwards(&forwarding);
	if (!forward->replaces_body) {
		finish_copy(&forwarding.run, request, forwarding.has_length);
		return;
	}
	run_flush(&forwarding.run);
	sip_write_header(buffer, "Content-Type", forward->content_type);
	write_body(buffer, forward->body);
}
