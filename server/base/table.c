/* The hash table, and SipHash-1-3 that keys it.
 *
 * SipHash-1-3 (Aumasson and Bernstein's SipHash with one compression and three finalisation rounds) is fast on the
 * short keys of SIP and keeps outsiders, who do not know the secret, from choosing Call-IDs that share a bucket.
 * SPDX-License-Identifier: MIT */
#include "base/table.h"

#include "base/error.h"
#include "base/random.h"

#include <endian.h>
#include <stdlib.h>

#define FIRST_BUCKETS 16
/* A table with fewer members than this part of its buckets gives half of them back: after a burst it need not stay
 * as large as the burst was. */
#define SPARSE_PART 8

struct siphash {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t value, unsigned bits)
{
	return (value << bits) | (value >> (64 - bits));
}

static inline void siphash_round(struct siphash *state)
{
	state->v0 += state->v1;
	state->v1 = rotate(state->v1, 13) ^ state->v0;
	state->v0 = rotate(state->v0, 32);
	state->v2 += state->v3;
	state->v3 = rotate(state->v3, 16) ^ state->v2;
	state->v0 += state->v3;
	state->v3 = rotate(state->v3, 21) ^ state->v0;
	state->v2 += state->v1;
	state->v1 = rotate(state->v1, 17) ^ state->v2;
	state->v2 = rotate(state->v2, 32);
}

static inline struct siphash siphash_start(const uint64_t secret[2])
{
	return (struct siphash){
		.v0 = secret[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = secret[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = secret[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = secret[1] ^ UINT64_C(0x7465646279746573),
	};
}

static inline void siphash_word(struct siphash *state, uint64_t word)
{
	state->v3 ^= word;
	siphash_round(state);
	state->v0 ^= word;
}

/* `last` are the bytes that fill no word of their own, `count` is the length of it all. */
static inline uint64_t siphash_end(struct siphash *state, uint64_t last, size_t count)
{
	siphash_word(state, last | (uint64_t)count << 56);
	state->v2 ^= 0xff;
	siphash_round(state);
	siphash_round(state);
	siphash_round(state);
	return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

/* Up to eight bytes as a little-endian word, zeros above. */
static inline uint64_t load(const unsigned char *bytes, size_t count)
{
	uint64_t word = 0;
	if (count > 0)
		memcpy(&word, bytes, count);
	return le64toh(word);
}

/* Eight letters at once to lower case: each byte of `word` in 'A'..'Z' gets its bit 0x20, none carries into another. */
static inline uint64_t lower_word(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t low = word & (0x7f * ones);
	uint64_t from_a = low + (0x80 - 'A') * ones;      /* top bit: at least 'A' */
	uint64_t above_z = low + (0x80 - 'Z' - 1) * ones; /* top bit: above 'Z' */
	uint64_t letters = from_a & ~above_z & ~word & (0x80 * ones);
	return word | letters >> 2;
}

uint64_t table_hash(const struct table *table, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;
	struct siphash state = siphash_start(table->secret);
	size_t left = count;
	for (; left >= 8; left -= 8, at += 8)
		siphash_word(&state, load(at, 8));
	return siphash_end(&state, load(at, left), count);
}

uint64_t table_hash_nocase(const struct table *table, struct slice slice)
{
	const unsigned char *at = (const unsigned char *)slice.at;
	struct siphash state = siphash_start(table->secret);
	size_t left = slice.length;
	for (; left >= 8; left -= 8, at += 8)
		siphash_word(&state, lower_word(load(at, 8)));
	return siphash_end(&state, lower_word(load(at, left)), slice.length);
}

/* SipHash with its 128-bit result, over the length of each part and the part, filled up with zeros to whole words. */
void table_hash_parts(const struct table *table, const struct slice *parts, size_t count, uint64_t hash[2])
{
	struct siphash state = siphash_start(table->secret);
	state.v1 ^= 0xee;
	for (size_t i = 0; i < count; i++) {
		const unsigned char *at = (const unsigned char *)parts[i].at;
		size_t left = parts[i].length;
		siphash_word(&state, left);
		for (; left >= 8; left -= 8, at += 8)
			siphash_word(&state, load(at, 8));
		if (left > 0)
			siphash_word(&state, load(at, left));
	}
	state.v2 ^= 0xee;
	for (int half = 0; half < 2; half++) {
		siphash_round(&state);
		siphash_round(&state);
		siphash_round(&state);
		hash[half] = state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
		state.v1 ^= 0xdd;
	}
}

int table_init(struct table *table)
{
	*table = (struct table){0};
	table->buckets = calloc(FIRST_BUCKETS, sizeof(struct table_link *));
	if (!table->buckets)
		return ERR_NO_MEMORY;
	table->bucket_count = FIRST_BUCKETS;
	random_bytes(table->secret, sizeof(table->secret));
	return 0;
}

void table_finish(struct table *table)
{
	free(table->buckets);
	*table = (struct table){0};
}

/* The bucket count is a power of two. */
static struct table_link **bucket_of(const struct table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->bucket_count - 1)];
}

/* Where memory is short the buckets stay as they are, and chains grow longer until it is there again. */
static void resize(struct table *table, size_t count)
{
	struct table_link **buckets = calloc(count, sizeof(struct table_link *));
	if (!buckets)
		return;
	for (size_t i = 0; i < table->bucket_count; i++) {
		struct table_link *link = table->buckets[i];
		while (link) {
			struct table_link *next = link->next;
			link->next = buckets[link->hash & (count - 1)];
			buckets[link->hash & (count - 1)] = link;
			link = next;
		}
	}
	free(table->buckets);
	table->buckets = buckets;
	table->bucket_count = count;
}

void table_insert(struct table *table, struct table_link *link, uint64_t hash)
{
	if (table->count >= table->bucket_count)
		resize(table, table->bucket_count * 2);
	struct table_link **bucket = bucket_of(table, hash);
	link->hash = hash;
	link->next = *bucket;
	*bucket = link;
	table->count++;
}

struct table_link *table_find(const struct table *table, uint64_t hash, table_match_fn *match, const void *key)
{
	if (table->bucket_count == 0)
		return NULL;
	for (struct table_link *link = *bucket_of(table, hash); link; link = link->next) {
		if (link->hash == hash && match(link, key))
			return link;
	}
	return NULL;
}

void table_remove(struct table *table, struct table_link *link)
{
	struct table_link **place = bucket_of(table, link->hash);
	while (*place && *place != link)
		place = &(*place)->next;
	if (!*place)
		return;
	*place = link->next;
	link->next = NULL;
	table->count--;
	if (!table->is_walked && table->bucket_count > FIRST_BUCKETS &&
	    table->count < table->bucket_count / SPARSE_PART)
		resize(table, table->bucket_count / 2);
}

void table_each(struct table *table, table_visit_fn *visit, void *arg)
{
	bool goes_on = true;
	table->is_walked = true;
	for (size_t i = 0; i < table->bucket_count && goes_on; i++) {
		struct table_link *link = table->buckets[i];
		while (link && goes_on) {
			struct table_link *next = link->next;
			goes_on = visit(link, arg);
			link = next;
		}
	}
	table->is_walked = false;
}
