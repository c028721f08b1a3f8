/* Where a device can be reached beside its flow. SPDX-License-Identifier: MIT */
#include "core/peer.h"

#include "sip/uri.h"

struct address peer_by_tcp(const struct flow *flow, struct slice contact_uri)
{
	struct address peer = {0};
	struct sip_uri uri;
	if (flow->transport != TRANSPORT_UDP || sip_uri_parse(contact_uri, &uri) != 0 ||
	    !address_parse_ip(uri.host, uri.port ? uri.port : 5060, &peer) || !address_same_ip(&peer, &flow->peer))
		return (struct address){0};
	return peer;
}
