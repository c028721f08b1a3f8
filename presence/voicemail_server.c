/* Where the voicemail server is: its URI, the address that its name means, and the flow to it.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/voicemail_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resolution {
	uv_getaddrinfo_t request;
	struct voicemail *voicemail; /* NULL: nobody waits any more */
};

static uint16_t default_port(enum transport_kind kind)
{
	return kind == TRANSPORT_TLS ? 5061 : 5060; /* RFC 3261 §19.1.2 */
}

bool voicemail_read_server(struct voicemail *voicemail)
{
	struct sip_uri uri;
	struct slice transport;
	if (sip_uri_parse(voicemail->options.server, &uri) != 0 || (uri.scheme != URI_SIP && uri.scheme != URI_SIPS))
		return false;
	voicemail->kind = uri.scheme == URI_SIPS ? TRANSPORT_TLS : TRANSPORT_UDP;
	if (sip_uri_parameter(&uri, SLICE("transport"), &transport) &&
	    (!transport_find(transport, &voicemail->kind) || voicemail->kind > TRANSPORT_TLS))
		return false;
	if (uri.scheme == URI_SIPS)
		voicemail->kind = TRANSPORT_TLS; /* §26.2.2 */
	voicemail->host = uri.host;
	voicemail->port = uri.port;
	voicemail->has_name =
		!address_parse_ip(uri.host, uri.port ? uri.port : default_port(voicemail->kind), &voicemail->address);
	return true;
}

/* --- looking up its name ------------------------------------------------------------------------------------------ */

static bool is_usable(const struct voicemail *voicemail, const struct address *address)
{
	struct flow flow;
	return voicemail->kind != TRANSPORT_UDP || transport_udp_flow(voicemail->parts->transport, address, &flow);
}

static void take_first(struct voicemail *voicemail, const struct addrinfo *found)
{
	for (; found; found = found->ai_next) {
		struct address address = address_from_sockaddr(found->ai_addr);
		address.port = voicemail->port ? voicemail->port : default_port(voicemail->kind);
		if (address.family != ADDRESS_NONE && is_usable(voicemail, &address)) {
			voicemail->address = address;
			return;
		}
	}
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
	struct resolution *resolution = CONTAINER_OF(request, struct resolution, request);
	struct voicemail *voicemail = resolution->voicemail;
	if (voicemail) {
		voicemail->resolution = NULL;
		if (status == 0)
			take_first(voicemail, found);
		if (voicemail->address.family == ADDRESS_NONE)
			log_event_limited(voicemail->parts->log, &voicemail->failure_rate,
					  timers_now(voicemail->parts->timers), LOG_WARNING, "voicemail_not_found",
					  NULL, "%.*s: %s", SLICE_ARGS(voicemail->host),
					  status == 0 ? "there is no address that can be reached" : error_text(status));
		voicemail_wake(voicemail);
	}
	uv_freeaddrinfo(found);
	free(resolution);
}

static void resolve(struct voicemail *voicemail)
{
	char name[256];
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
	if (voicemail->host.length >= sizeof name)
		return;
	memcpy(name, voicemail->host.at, voicemail->host.length);
	name[voicemail->host.length] = '\0';
	struct resolution *resolution = calloc(1, sizeof *resolution);
	if (!resolution)
		return; /* the next turn tries again */
	resolution->voicemail = voicemail;
	if (uv_getaddrinfo(voicemail->loop, &resolution->request, on_resolved, name, NULL, &hints) != 0)
		free(resolution);
	else
		voicemail->resolution = resolution;
}

bool voicemail_has_address(struct voicemail *voicemail)
{
	if (voicemail->address.family == ADDRESS_NONE && !voicemail->resolution)
		resolve(voicemail);
	return voicemail->address.family != ADDRESS_NONE;
}

void voicemail_forget_address(struct voicemail *voicemail)
{
	if (voicemail->has_name)
		voicemail->address = (struct address){0};
}

void voicemail_forget_resolution(struct voicemail *voicemail)
{
	if (voicemail->resolution)
		voicemail->resolution->voicemail = NULL;
	voicemail->resolution = NULL;
}

int voicemail_open_flow(struct voicemail *voicemail, struct flow *flow)
{
	int result = 0;
	if (voicemail->kind != TRANSPORT_UDP)
		result = transport_open(voicemail->parts->transport, voicemail->kind, &voicemail->address,
					voicemail->host, flow);
	else if (!transport_udp_flow(voicemail->parts->transport, &voicemail->address, flow))
		result = ERR_UNREACHABLE;
	if (result == 0)
		voicemail->flow = *flow;
	return result;
}
