/* Who we are to a peer: the address for Via and Contact, and which addresses are ours; and what the transport says
 * of itself. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "transport/local.h"
#include "transport/transport.h"
#include "transport/transport_state.h"

#include <stdio.h>

static bool is_wildcard(const struct address *address)
{
	static const uint8_t zeros[16];
	return memcmp(address->ip, zeros, sizeof zeros) == 0;
}

static bool is_loopback(const struct address *address)
{
	if (address->family == ADDRESS_IPV4)
		return address->ip[0] == 127;
	return address->ip[15] == 1 && memcmp(address->ip, (const uint8_t[15]){0}, 15) == 0;
}

/* The listener that the flow belongs to; else, for connections that we opened, the one of its kind where the peer
 * would open one to us. NULL where we listen for no such thing. */
static const struct listener *listener_of(const struct transport *transport, const struct flow *flow)
{
	if (flow->listener < transport->listener_count &&
	    transport->listeners[flow->listener].kind == (enum transport_kind)flow->transport)
		return &transport->listeners[flow->listener];
	const struct listener *other_family = NULL;
	for (unsigned i = 0; i < transport->listener_count; i++) {
		const struct listener *listener = &transport->listeners[i];
		if (listener->kind != (enum transport_kind)flow->transport)
			continue;
		if (listener->bound.family == flow->peer.family)
			return listener;
		other_family = listener;
	}
	return other_family;
}

/* A socket bound to a wildcard does not tell which of our addresses a datagram was sent to (libuv hands out no
 * IP_PKTINFO), and asking the kernel for each message costs too much. So it is the address by which packets to the
 * peer's neighbourhood leave, asked once and remembered for a while (local.h). */
static struct address own_address(const struct transport *transport, const struct flow *flow)
{
	const struct listener *listener = listener_of(transport, flow);
	const struct connection *connection = flow->connection ? connection_find(transport, flow->connection) : NULL;
	struct address own;
	if (connection && connection->local.family != ADDRESS_NONE)
		own = connection->local;
	else if (listener && !is_wildcard(&listener->bound))
		own = listener->bound;
	else
		own = local_towards(transport->local, timers_now(transport->timers), &flow->peer);
	if (listener)
		own.port = listener->bound.port; /* what we connected from accepts nothing */
	own.scope = 0;
	return own;
}

struct slice transport_sent_by(const struct transport *transport, const struct flow *flow,
			       char text[ADDRESS_TEXT_SIZE + 256])
{
	struct address own = own_address(transport, flow);
	if (transport->options.advertised_host.length == 0) {
		char address_text[ADDRESS_TEXT_SIZE];
		struct slice written = address_write(&own, address_text);
		memcpy(text, written.at, written.length);
		text[written.length] = '\0';
		return slice_of(text, written.length);
	}
	struct slice host = transport->options.advertised_host;
	/* An IPv6 address may stand in the configuration without its brackets. */
	bool bare = host.at[0] != '[' && slice_find(host, ':') < host.length;
	int length = snprintf(text, ADDRESS_TEXT_SIZE + 256, "%s%.*s%s:%u", bare ? "[" : "", SLICE_ARGS(host),
			      bare ? "]" : "", own.port);
	return slice_of(text, length > 0 ? (size_t)length : 0);
}

/* Names compare without case and without the dot of the root; advertised_host may have brackets. */
static bool is_advertised(const struct transport *transport, struct slice host)
{
	struct slice own = transport->options.advertised_host;
	if (own.length == 0)
		return false;
	if (own.at[0] == '[' && own.at[own.length - 1] == ']')
		own = slice_of(own.at + 1, own.length - 2);
	if (host.length > 1 && host.at[host.length - 1] == '.')
		host.length--;
	return slice_equal_nocase(host, own);
}

bool transport_is_own_address(const struct transport *transport, struct slice host, uint16_t port)
{
	if (host.length > 2 && host.at[0] == '[' && host.at[host.length - 1] == ']')
		host = slice_of(host.at + 1, host.length - 2);
	struct address ip;
	bool is_ip = address_parse_ip(host, port, &ip);
	bool advertised = is_advertised(transport, host);
	if (!is_ip && !advertised)
		return false;
	for (unsigned i = 0; i < transport->listener_count; i++) {
		const struct address *bound = &transport->listeners[i].bound;
		if (port != 0 && port != bound->port)
			continue;
		if (advertised)
			return true;
		if (bound->family != ip.family)
			continue;
		if (memcmp(bound->ip, ip.ip, sizeof ip.ip) == 0)
			return true;
		if (is_wildcard(bound) && local_has(transport->local, timers_now(transport->timers), &ip))
			return true;
	}
	return false;
}

/* A socket bound to loopback reaches nothing else, and nothing else reaches it. */
static bool reaches(const struct address *bound, const struct address *peer)
{
	if (bound->family != peer->family)
		return false;
	return is_wildcard(bound) || is_loopback(bound) == is_loopback(peer);
}

bool transport_udp_flow(const struct transport *transport, const struct address *peer, struct flow *flow)
{
	unsigned found = LISTENER_NONE;
	for (unsigned i = 0; i < transport->listener_count; i++) {
		const struct listener *listener = &transport->listeners[i];
		if (listener->kind != TRANSPORT_UDP || !listener->udp || listener->bound.family != peer->family)
			continue;
		if (reaches(&listener->bound, peer)) {
			found = i;
			break;
		}
		if (found == LISTENER_NONE)
			found = i; /* our own address, say, from the loopback: the kernel may know a way */
	}
	if (found == LISTENER_NONE)
		return false;
	*flow = (struct flow){.peer = *peer, .transport = TRANSPORT_UDP, .listener = (uint8_t)found};
	return true;
}

const struct transport_counters *transport_counters(const struct transport *transport)
{
	return &transport->counters;
}

static void describe_number(struct buffer *buffer, const char *name, uint64_t number)
{
	buffer_text(buffer, name);
	buffer_byte(buffer, ' ');
	buffer_number(buffer, number);
	buffer_byte(buffer, '\n');
}

void transport_describe(const struct transport *transport, struct buffer *buffer)
{
	const struct transport_counters *counters = &transport->counters;
	for (unsigned i = 0; i < transport->listener_count; i++) {
		const struct listener *listener = &transport->listeners[i];
		char text[ADDRESS_TEXT_SIZE];
		buffer_text(buffer, "listener_");
		buffer_number(buffer, i);
		buffer_byte(buffer, ' ');
		buffer_append(buffer, transport_name(listener->kind));
		buffer_byte(buffer, ':');
		buffer_append(buffer, address_write(&listener->bound, text));
		buffer_byte(buffer, '\n');
	}
	for (int kind = TRANSPORT_TCP; kind < TRANSPORT_KIND_COUNT; kind++) {
		buffer_text(buffer, "connections_");
		describe_number(buffer, transport_name((enum transport_kind)kind).at, counters->open_connections[kind]);
	}
	describe_number(buffer, "received_messages", counters->received_messages);
	describe_number(buffer, "received_bytes", counters->received_bytes);
	describe_number(buffer, "sent_messages", counters->sent_messages);
	describe_number(buffer, "sent_bytes", counters->sent_bytes);
	describe_number(buffer, "dropped_datagrams", counters->dropped_datagrams);
	describe_number(buffer, "framing_errors", counters->framing_errors);
	describe_number(buffer, "refused_connections", counters->refused_connections);
	describe_number(buffer, "slow_readers", counters->slow_readers);
	if (transport->web)
		web_describe(transport->web, buffer);
}
