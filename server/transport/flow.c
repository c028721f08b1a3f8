/* Flows as values: names of transports, comparison, text. SPDX-License-Identifier: MIT */
#include "transport/flow.h"

#include "base/attributes.h"

#include <stdio.h>

/* RFC 3261 §20.42, RFC 7118 §5.2: the transport parameter of a WebSocket URI is "ws", secured or not. */
static const struct {
	struct slice name, parameter, prefix;
} transports[] = {
	[TRANSPORT_UDP] = {{"UDP", 3}, {"udp", 3}, {"udp", 3}}, [TRANSPORT_TCP] = {{"TCP", 3}, {"tcp", 3}, {"tcp", 3}},
	[TRANSPORT_TLS] = {{"TLS", 3}, {"tls", 3}, {"tls", 3}}, [TRANSPORT_WS] = {{"WS", 2}, {"ws", 2}, {"ws", 2}},
	[TRANSPORT_WSS] = {{"WSS", 3}, {"ws", 2}, {"wss", 3}},
};

struct slice transport_name(enum transport_kind kind)
{
	return transports[kind].name;
}

struct slice transport_parameter(enum transport_kind kind)
{
	return transports[kind].parameter;
}

bool transport_find(struct slice name, enum transport_kind *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(transports); i++) {
		if (slice_equal_nocase(name, transports[i].name)) {
			*kind = (enum transport_kind)i;
			return true;
		}
	}
	return false;
}

bool flow_equal(const struct flow *a, const struct flow *b)
{
	/* A connection has one peer; a datagram flow is its peer and our socket. */
	if (a->connection != b->connection)
		return false;
	return a->connection != 0 ||
	       (a->transport == b->transport && a->listener == b->listener && address_equal(&a->peer, &b->peer));
}

struct slice flow_write(const struct flow *flow, char text[FLOW_TEXT_SIZE])
{
	const char *prefix = flow->transport < TRANSPORT_KIND_COUNT ? transports[flow->transport].prefix.at : "?";
	char peer_text[ADDRESS_TEXT_SIZE];
	struct slice peer = address_write(&flow->peer, peer_text);
	int length;
	if (flow->connection)
		length = snprintf(text, FLOW_TEXT_SIZE, "%s:%.*s#%llu", prefix, SLICE_ARGS(peer),
				  (unsigned long long)flow->connection);
	else
		length = snprintf(text, FLOW_TEXT_SIZE, "%s:%.*s", prefix, SLICE_ARGS(peer));
	if (length < 0)
		length = 0;
	return slice_of(text, length < FLOW_TEXT_SIZE ? (size_t)length : FLOW_TEXT_SIZE - 1);
}
