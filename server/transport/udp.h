/* UDP sockets: datagrams in by recvmmsg, out by one sendmmsg a loop turn. SPDX-License-Identifier: MIT */
#pragma once

#include "transport/transport_state.h"

/* Binds and begins to read; `bound` receives what was bound. libuv's codes, ERR_NO_MEMORY. */
MUST_CHECK int udp_open(struct transport *transport, uint8_t listener, const struct address *address,
			struct udp_socket **socket, struct address *bound);
/* Queues a copy for the end of the turn. ERR_LIMIT: larger than a datagram. A full queue loses it, as networks do:
 * that is counted and no error. */
MUST_CHECK int udp_send(struct udp_socket *socket, const struct address *peer, struct slice bytes);
/* Sends what the turn has gathered. */
void udp_flush(struct udp_socket *socket);
/* Sends what the kernel still takes, and closes; frees itself. */
void udp_close(struct udp_socket *socket);
