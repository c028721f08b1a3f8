/* The machine's own addresses: which are ours, and which of them a peer should call us by.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"

#include <stdbool.h>
#include <stdint.h>

struct local_addresses;

/* NULL where memory is exhausted. */
struct local_addresses *local_create(void);
void local_destroy(struct local_addresses *local);
/* Whether an interface has this IP (127.0.0.0/8 and ::1 always count). */
bool local_has(struct local_addresses *local, int64_t now_ms, const struct address *ip);
/* The address that a packet to `peer` leaves from (port 0), by the machine's routes; where none leads there, the
 * machine's first of that family. */
struct address local_towards(struct local_addresses *local, int64_t now_ms, const struct address *peer);
