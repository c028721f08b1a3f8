/* A hash table through links that are fields of its members (chained, grows by doubling, shrinks by halving).
 *
 * Keys live in the members; the caller hashes them with table_hash, which is keyed with a secret of
 * the table (SipHash), so that outsiders cannot choose keys that collide.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_link {
	struct table_link *next;
	uint64_t hash;
};

struct table {
	struct table_link **buckets;
	size_t bucket_count, count;
	uint64_t secret[2];
	bool is_walked; /* by table_each: its buckets stay where they are */
};

/* True when the member that holds `link` has the key. */
typedef bool table_match_fn(const struct table_link *link, const void *key);

/* Draws the secret; allocates the first buckets. ERR_NO_MEMORY. */
MUST_CHECK int table_init(struct table *table);
/* The members are the caller's. Accepts a zeroed table. */
void table_finish(struct table *table);

uint64_t table_hash(const struct table *table, const void *bytes, size_t count);
uint64_t table_hash_nocase(const struct table *table, struct slice slice);
/* 128 bits over some texts in their order, for keys that are kept instead of the texts. The same bytes cut elsewhere
 * give another hash. */
void table_hash_parts(const struct table *table, const struct slice *parts, size_t count, uint64_t hash[2]);

/* Never fails: where memory for growing is short, chains grow longer instead. */
void table_insert(struct table *table, struct table_link *link, uint64_t hash);
struct table_link *table_find(const struct table *table, uint64_t hash, table_match_fn *match, const void *key);
/* The link must be in the table. */
void table_remove(struct table *table, struct table_link *link);

/* Walks all members; `visit` may remove the member that it is given, nothing else; false stops. */
typedef bool table_visit_fn(struct table_link *link, void *arg);
void table_each(struct table *table, table_visit_fn *visit, void *arg);
