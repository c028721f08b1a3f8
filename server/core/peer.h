/* Where a device can be reached beside its flow. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/slice.h"
#include "transport/flow.h"

/* Where a request that is too large for a datagram may reach the peer of `flow` by TCP (RFC 3261 §18.1.1): the address
 * in its Contact, where that is the one that its datagrams come from. Family ADDRESS_NONE: nowhere. */
struct address peer_by_tcp(const struct flow *flow, struct slice contact_uri);
