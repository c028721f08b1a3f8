/* Blocks that are filled from the start and given back when nothing in them lives. SPDX-License-Identifier: MIT */
#include "base/cohort.h"

#include <sanitizer/asan_interface.h> /* tells AddressSanitizer what is freed; nothing without it */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BLOCK_BYTES ((size_t)256 * 1024)
/* What is larger would waste too much of a block's end, and is rare. */
#define PIECE_MOST_BYTES (BLOCK_BYTES / 16)
#define ALIGNMENT sizeof(uint64_t)

/* Stands before each object. */
struct piece {
	struct cohort_block *block; /* NULL: it is alone, on the heap */
	uint64_t bytes[];
};

struct cohort_block {
	size_t used; /* bytes of `pieces` */
	size_t alive;
	char pieces[];
};

static struct cohort_block *map_block(void)
{
	void *memory = mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap_block(struct cohort_block *block)
{
	if (!block)
		return;
	ASAN_UNPOISON_MEMORY_REGION(block, BLOCK_BYTES);
	(void)munmap(block, BLOCK_BYTES);
}

static struct cohort_block *block_with_room(struct cohort *cohort, size_t bytes)
{
	struct cohort_block *block = cohort->filling;
	if (block && bytes <= BLOCK_BYTES - sizeof(*block) - block->used)
		return block;
	block = cohort->spare ? cohort->spare : map_block();
	if (!block)
		return NULL;
	cohort->spare = NULL;
	/* The full one is found again through its pieces. */
	cohort->filling = block;
	return block;
}

void *cohort_allocate(struct cohort *cohort, size_t bytes)
{
	if (bytes > PIECE_MOST_BYTES) {
		struct piece *alone = bytes <= SIZE_MAX - sizeof(*alone) ? calloc(1, sizeof(*alone) + bytes) : NULL;
		return alone ? alone->bytes : NULL;
	}
	/* One word at least, see cohort_free. */
	size_t whole = sizeof(struct piece) + (bytes > 0 ? (bytes + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : ALIGNMENT);
	struct cohort_block *block = block_with_room(cohort, whole);
	if (!block)
		return NULL;
	struct piece *piece = (struct piece *)(void *)(block->pieces + block->used);
	ASAN_UNPOISON_MEMORY_REGION(piece, whole);
	memset(piece, 0, whole);
	piece->block = block;
	block->used += whole;
	block->alive++;
	return piece->bytes;
}

void cohort_free(struct cohort *cohort, void *memory)
{
	if (!memory)
		return;
	struct piece *piece = (struct piece *)(void *)((char *)memory - sizeof(*piece));
	struct cohort_block *block = piece->block;
	if (!block) {
		free(piece);
		return;
	}
	/* The piece's end is not known; its first word is enough to catch a use after it. */
	ASAN_POISON_MEMORY_REGION(piece, sizeof(*piece) + ALIGNMENT);
	if (--block->alive > 0)
		return;
	block->used = 0;
	if (block == cohort->filling)
		return;
	if (cohort->spare)
		unmap_block(block);
	else
		cohort->spare = block;
}

void cohort_finish(struct cohort *cohort)
{
	unmap_block(cohort->filling);
	unmap_block(cohort->spare);
	*cohort = (struct cohort){0};
}
