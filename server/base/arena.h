/* An arena: memory that belongs to one message and is freed at once.
 *
 * Allocation moves a pointer; there are no single frees. Chunks come from a pool that keeps a
 * bounded number of them for the next message, so a message in the steady state costs no malloc.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stddef.h>

struct arena_chunk;

/* Free chunks kept for reuse; one per node. */
struct arena_pool {
	struct arena_chunk *free;
	size_t free_count;
	size_t keep; /* how many free chunks to keep at most */
};

struct arena {
	struct arena_pool *pool;
	struct arena_chunk *chunks; /* newest first */
	char *next, *end;
	size_t used_bytes, limit_bytes;
};

void arena_pool_init(struct arena_pool *pool, size_t keep);
void arena_pool_finish(struct arena_pool *pool);

/* `pool` may be NULL (plain malloc). `limit_bytes` bounds what the arena hands out in all. */
void arena_init(struct arena *arena, struct arena_pool *pool, size_t limit_bytes);
void arena_finish(struct arena *arena);

/* Aligned for any type, not cleared; NULL where memory or the limit is exhausted. */
MUST_CHECK void *arena_allocate(struct arena *arena, size_t bytes);
/* The same, cleared; also NULL where count × bytes overflows. */
MUST_CHECK void *arena_allocate_zeroed(struct arena *arena, size_t count, size_t bytes);
/* Copies `slice` (with a terminator behind it) into the arena; `copy` is untouched on failure.
 * ERR_NO_MEMORY. */
MUST_CHECK int arena_copy(struct arena *arena, struct slice slice, struct slice *copy);
