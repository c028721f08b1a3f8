/* Counting connections by address. SPDX-License-Identifier: MIT */
#include "transport/peer_count.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* The part of an address that one customer holds: all of an IPv4 address, the /64 of an IPv6 one. */
static struct address counted_address(const struct address *peer)
{
	struct address counted = {.family = peer->family};
	memcpy(counted.ip, peer->ip, peer->family == ADDRESS_IPV6 ? 8 : sizeof counted.ip);
	return counted;
}

static bool match_ip(const struct table_link *link, const void *key)
{
	return memcmp(&CONTAINER_OF(link, struct peer_count, link)->ip, key, sizeof(struct address)) == 0;
}

/* Finds or makes the count of that address. NULL where memory is exhausted. */
static struct peer_count *count_of(struct table *per_ip, const struct address *peer)
{
	struct address ip = counted_address(peer);
	uint64_t hash = table_hash(per_ip, &ip, sizeof ip);
	struct table_link *link = table_find(per_ip, hash, match_ip, &ip);
	if (link)
		return CONTAINER_OF(link, struct peer_count, link);
	struct peer_count *peer_count = calloc(1, sizeof *peer_count);
	if (!peer_count)
		return NULL;
	peer_count->ip = ip;
	table_insert(per_ip, &peer_count->link, hash);
	return peer_count;
}

static void forget_if_empty(struct table *per_ip, struct peer_count *peer_count)
{
	if (peer_count->count > 0)
		return;
	table_remove(per_ip, &peer_count->link);
	free(peer_count);
}

int peer_count_take(struct table *per_ip, const struct address *peer, unsigned limit, struct peer_count **taken)
{
	struct peer_count *peer_count = count_of(per_ip, peer);
	if (!peer_count)
		return ERR_NO_MEMORY;
	if (peer_count->count >= limit) {
		forget_if_empty(per_ip, peer_count);
		return ERR_LIMIT;
	}
	peer_count->count++;
	*taken = peer_count;
	return 0;
}

void peer_count_release(struct table *per_ip, struct peer_count *peer_count)
{
	if (!peer_count)
		return;
	peer_count->count--;
	forget_if_empty(per_ip, peer_count);
}
