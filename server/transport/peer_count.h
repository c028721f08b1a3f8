/* How many connections there are from each address, so that no one peer takes them all. An IPv6 address counts by its
 * /64: who has one address of it has them all. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/attributes.h"
#include "base/table.h"

/* The connections accepted from one address; in the table as long as there are any. */
struct peer_count {
	struct table_link link;
	struct address ip;
	unsigned count;
};

/* Counts one more from the peer's address; `taken` is given back with peer_count_release. ERR_LIMIT: there are `limit`
 * already; ERR_NO_MEMORY. */
MUST_CHECK int peer_count_take(struct table *per_ip, const struct address *peer, unsigned limit,
			       struct peer_count **taken);
/* Accepts NULL. */
void peer_count_release(struct table *per_ip, struct peer_count *peer_count);
