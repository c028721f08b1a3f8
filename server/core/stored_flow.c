/* Flows in rows. SPDX-License-Identifier: MIT */
#include "core/stored_flow.h"

#include <string.h>

struct slice stored_flow_write(const struct flow *flow, char text[STORED_FLOW_SIZE])
{
	struct slice name = transport_parameter((enum transport_kind)flow->transport);
	size_t length = name.length;
	memcpy(text, name.at, name.length);
	if (flow->transport == TRANSPORT_UDP) {
		char address[ADDRESS_TEXT_SIZE];
		struct slice peer = address_write(&flow->peer, address);
		text[length++] = ' ';
		memcpy(text + length, peer.at, peer.length);
		length += peer.length;
	}
	return slice_of(text, length);
}

bool stored_flow_read(const struct transport *transport, struct slice text, struct flow *flow)
{
	struct slice name = slice_take(&text, ' ');
	enum transport_kind kind;
	if (!transport_find(name, &kind) || kind != TRANSPORT_UDP)
		return false;
	size_t colon = text.length;
	while (colon > 0 && text.at[colon - 1] != ':')
		colon--;
	uint64_t port;
	struct address peer;
	return colon > 0 && slice_to_number(slice_from(text, colon), UINT16_MAX, &port) &&
	       address_parse_ip(slice_of(text.at, colon - 1), (uint16_t)port, &peer) &&
	       transport_udp_flow(transport, &peer, flow);
}
