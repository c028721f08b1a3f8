/* The clients' side of the network: one UDP socket from which each user sends with an address of its own, 127.x.y.z
 * and one port. A server sees as many peers as there are users, and the driver pays for one socket.
 * Sends and receives are gathered into batches. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* A NOTIFY about a list has 8 kB of it, and the entry that did not fit any more. */
#define ENDPOINT_DATAGRAM_BYTES 16384

struct endpoint;

/* All that is sent goes to `server`. NULL: errno says why. */
struct endpoint *endpoint_open(const struct sockaddr_in *server);
void endpoint_close(struct endpoint *endpoint);
uint16_t endpoint_port(const struct endpoint *endpoint);

/* Room for one datagram of ENDPOINT_DATAGRAM_BYTES, to be filled and then sent from `local`. */
char *endpoint_room(struct endpoint *endpoint);
void endpoint_send(struct endpoint *endpoint, struct in_addr local, size_t length);

/* `local` is the address that the datagram came to; `bytes` is good during the call. */
typedef void endpoint_received_fn(void *arg, struct in_addr local, struct slice bytes);
/* Sends what waits, then takes what has come; waits for it at most `timeout_ms`. */
void endpoint_turn(struct endpoint *endpoint, int timeout_ms, endpoint_received_fn *received, void *arg);
