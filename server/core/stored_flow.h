/* How a flow is written into a row, and read again after a restart: "udp 192.0.2.4:5060", or only "tcp", since a
 * connection does not outlive the process. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "transport/transport.h"

#include <stdbool.h>

#define STORED_FLOW_SIZE (ADDRESS_TEXT_SIZE + 8)
struct slice stored_flow_write(const struct flow *flow, char text[STORED_FLOW_SIZE]);
/* False: the flow was a connection, which is gone, or the text is unreadable. */
bool stored_flow_read(const struct transport *transport, struct slice text, struct flow *flow);
