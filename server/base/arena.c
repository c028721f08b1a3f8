/* Arenas: chunks of memory that are filled from the start and given back together.
 *
 * Ordinary chunks have one size, so that the pool can lend any of them to any arena. A request that does not fit
 * an ordinary chunk gets one of its own, which is freed rather than pooled: one huge message must not leave its
 * size behind in the pool. SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/error.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define CHUNK_PAYLOAD_BYTES 4096
#define ALIGNMENT alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t payload_bytes;
	alignas(max_align_t) char payload[];
};

void arena_pool_init(struct arena_pool *pool, size_t keep)
{
	*pool = (struct arena_pool){.keep = keep};
}

static void free_chunks(struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

void arena_pool_finish(struct arena_pool *pool)
{
	free_chunks(pool->free);
	*pool = (struct arena_pool){.keep = pool->keep};
}

void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit_bytes)
{
	*arena = (struct arena){.pool = pool, .limit_bytes = limit_bytes};
}

static void give_back(struct arena_pool *pool, struct arena_chunk *chunk)
{
	if (!pool || chunk->payload_bytes != CHUNK_PAYLOAD_BYTES || pool->free_count >= pool->keep) {
		free(chunk);
		return;
	}
	chunk->next = pool->free;
	pool->free = chunk;
	pool->free_count++;
}

void arena_finish(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;
	while (chunk) {
		struct arena_chunk *next = chunk->next;
		give_back(arena->pool, chunk);
		chunk = next;
	}
	arena_init(arena, arena->pool, arena->limit_bytes);
}

static struct arena_chunk *obtain_chunk(struct arena_pool *pool, size_t payload_bytes)
{
	if (pool && pool->free && payload_bytes == CHUNK_PAYLOAD_BYTES) {
		struct arena_chunk *chunk = pool->free;
		pool->free = chunk->next;
		pool->free_count--;
		return chunk;
	}
	struct arena_chunk *chunk = malloc(sizeof(*chunk) + payload_bytes);
	if (chunk)
		chunk->payload_bytes = payload_bytes;
	return chunk;
}

/* The slow path: `bytes` (rounded) do not fit what is left of the newest chunk. */
static void *allocate_in_new_chunk(struct arena *arena, size_t bytes)
{
	bool large = bytes > CHUNK_PAYLOAD_BYTES;
	struct arena_chunk *chunk = obtain_chunk(arena->pool, large ? bytes : CHUNK_PAYLOAD_BYTES);
	if (!chunk)
		return NULL;
	arena->used_bytes += bytes;
	if (large && arena->chunks) {
		/* Behind the newest, whose rest goes on serving small requests. */
		chunk->next = arena->chunks->next;
		arena->chunks->next = chunk;
		return chunk->payload;
	}
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	arena->next = chunk->payload + bytes;
	arena->end = chunk->payload + chunk->payload_bytes;
	return chunk->payload;
}

void *arena_allocate(struct arena *arena, size_t bytes)
{
	if (bytes > arena->limit_bytes)
		return NULL; /* also keeps the rounding below from overflowing, but for an unlimited arena */
	if (bytes > SIZE_MAX - sizeof(struct arena_chunk) - ALIGNMENT)
		return NULL;
	size_t rounded = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (rounded > arena->limit_bytes - arena->used_bytes)
		return NULL;
	if (rounded > (size_t)(arena->end - arena->next))
		return allocate_in_new_chunk(arena, rounded);
	void *memory = arena->next;
	arena->next += rounded;
	arena->used_bytes += rounded;
	return memory;
}

void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t bytes)
{
	size_t all;
	if (__builtin_mul_overflow(count, bytes, &all))
		return NULL;
	void *memory = arena_allocate(arena, all);
	if (memory)
		memset(memory, 0, all);
	return memory;
}

int arena_copy(struct arena *arena, struct slice slice, struct slice *copy)
{
	if (slice.length == SIZE_MAX)
		return ERR_NO_MEMORY;
	char *text = arena_allocate(arena, slice.length + 1);
	if (!text)
		return ERR_NO_MEMORY;
	if (slice.length > 0)
		memcpy(text, slice.at, slice.length);
	text[slice.length] = '\0';
	*copy = slice_of(text, slice.length);
	return 0;
}
