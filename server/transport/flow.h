/* A flow is the way back to one peer, whatever carries it (RFC 5626 §2).
 *
 * It is a value: copy it, keep it, compare it. A flow over a connection names that connection by a number
 * that is never used again, so a kept flow can go stale but never dangle or reach somebody else: sending
 * over a closed one fails with ERR_CLOSED. A UDP flow is our socket and the peer's address; it stays good
 * over a restart as long as both do. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum transport_kind { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_WS, TRANSPORT_WSS, TRANSPORT_KIND_COUNT };

struct flow {
	struct address peer;
	uint64_t connection; /* 0: UDP */
	uint8_t transport;   /* enum transport_kind */
	uint8_t listener;    /* index of our listening socket that it belongs to */
};

/* "UDP" … as Via writes it; "udp" … as the transport parameter of a URI writes it ("ws" for both WS and WSS,
 * RFC 7118 §5). */
struct slice transport_name(enum transport_kind kind);
struct slice transport_parameter(enum transport_kind kind);
/* From either form, without case. */
bool transport_find(struct slice name, enum transport_kind *kind);
static inline bool transport_is_reliable(enum transport_kind kind)
{
	return kind != TRANSPORT_UDP;
}
static inline bool transport_is_secure(enum transport_kind kind)
{
	return kind == TRANSPORT_TLS || kind == TRANSPORT_WSS;
}

bool flow_equal(const struct flow *a, const struct flow *b);
/* "udp:192.0.2.4:5060", "wss:[2001:db8::1]:40112#17" for logs. */
#define FLOW_TEXT_SIZE (ADDRESS_TEXT_SIZE + 32)
struct slice flow_write(const struct flow *flow, char text[FLOW_TEXT_SIZE]);
