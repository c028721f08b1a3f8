/* Arenas: alignment, limits, large requests, the pool. SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include "base/error.h"
#include "test.h"

#include <stdalign.h>

#define LARGE_BYTES 10000
#define PLENTY_BYTES ((size_t)1 << 20)

static bool is_aligned(const void *memory)
{
	return (uintptr_t)memory % alignof(max_align_t) == 0;
}

static void every_piece_is_aligned_and_apart_from_the_others(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, PLENTY_BYTES);
	unsigned char *pieces[300];
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		pieces[i] = arena_allocate(&arena, i);
		CHECK(pieces[i]);
		CHECK(is_aligned(pieces[i]));
		memset(pieces[i], (int)(i & 255), i);
	}
	for (size_t i = 0; i < ARRAY_SIZE(pieces); i++) {
		for (size_t at = 0; at < i; at++)
			CHECK_NUMBER(pieces[i][at], i & 255);
	}
}

static void a_large_piece_leaves_the_rest_of_the_chunk_in_use(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, PLENTY_BYTES);
	char *first = arena_allocate(&arena, 16);
	char *large = arena_allocate(&arena, LARGE_BYTES);
	char *second = arena_allocate(&arena, 16);
	CHECK(first && large && second);
	CHECK_NUMBER(second - first, 16);
	memset(large, 1, LARGE_BYTES);
}

static void the_limit_bounds_what_is_handed_out(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 160);
	CHECK(!arena_allocate(&arena, 161));
	CHECK(!arena_allocate(&arena, SIZE_MAX));
	CHECK(arena_allocate(&arena, 160));
	CHECK(!arena_allocate(&arena, 1));
	arena_finish(&arena);
	CHECK(arena_allocate(&arena, 160));
}

static void sizes_that_overflow_are_refused(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX);
	CHECK(!arena_allocate(&arena, SIZE_MAX));
	CHECK(!arena_allocate(&arena, SIZE_MAX - 20));
	CHECK(!arena_allocate_zeroed(&arena, SIZE_MAX / 2, 3));
	struct slice copy = SLICE("untouched");
	CHECK_NUMBER(arena_copy(&arena, slice_of("", SIZE_MAX), &copy), ERR_NO_MEMORY);
	CHECK_TEXT(copy, "untouched");
}

static void zeroed_memory_is_zero_in_a_used_chunk_too(void)
{
	struct arena_pool pool;
	arena_pool_init(&pool, 1);
	for (int round = 0; round < 2; round++) {
		struct arena arena;
		arena_init(&arena, &pool, PLENTY_BYTES);
		unsigned char *memory = arena_allocate_zeroed(&arena, 10, 10);
		bool zero = memory != NULL;
		for (size_t i = 0; memory && i < 100; i++)
			zero = zero && memory[i] == 0;
		if (memory)
			memset(memory, 0xff, 100);
		arena_finish(&arena);
		if (!zero)
			arena_pool_finish(&pool);
		CHECK(zero);
	}
	arena_pool_finish(&pool);
}

static void copies_are_terminated_and_their_own(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, PLENTY_BYTES);
	char text[] = "bob@example.test";
	struct slice copy;
	CHECK_NUMBER(arena_copy(&arena, slice_of(text, 3), &copy), 0);
	text[0] = 'r';
	CHECK_TEXT(copy, "bob");
	CHECK_NUMBER(copy.at[3], 0);
	CHECK_NUMBER(arena_copy(&arena, slice_text(NULL), &copy), 0);
	CHECK_TEXT(copy, "");
	CHECK(copy.at);
}

static void the_pool_keeps_a_bounded_number_of_ordinary_chunks(void)
{
	CLEANUP(arena_pool_finish) struct arena_pool pool;
	arena_pool_init(&pool, 2);
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, &pool, PLENTY_BYTES);
	for (int i = 0; i < 5; i++)
		CHECK(arena_allocate(&arena, 4096));
	CHECK(arena_allocate(&arena, LARGE_BYTES));
	arena_finish(&arena);
	CHECK_NUMBER(pool.free_count, 2);
	CHECK(arena_allocate(&arena, 1));
	CHECK_NUMBER(pool.free_count, 1);
	/* One of its own size, not out of the pool. */
	CHECK(arena_allocate(&arena, LARGE_BYTES));
	CHECK_NUMBER(pool.free_count, 1);
}

static void a_message_in_the_steady_state_allocates_nothing(void)
{
	CLEANUP(arena_pool_finish) struct arena_pool pool;
	arena_pool_init(&pool, 4);
	struct arena_chunk *chunk = NULL;
	for (int message = 0; message < 10; message++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, &pool, PLENTY_BYTES);
		CHECK(arena_allocate(&arena, 100));
		CHECK(arena_allocate(&arena, 1000));
		CHECK(!chunk || chunk == arena.chunks);
		chunk = arena.chunks;
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"every_piece_is_aligned_and_apart_from_the_others", every_piece_is_aligned_and_apart_from_the_others,
		 TEST_PLAIN},
		{"a_large_piece_leaves_the_rest_of_the_chunk_in_use", a_large_piece_leaves_the_rest_of_the_chunk_in_use,
		 TEST_PLAIN},
		{"the_limit_bounds_what_is_handed_out", the_limit_bounds_what_is_handed_out, TEST_PLAIN},
		{"sizes_that_overflow_are_refused", sizes_that_overflow_are_refused, TEST_PLAIN},
		{"zeroed_memory_is_zero_in_a_used_chunk_too", zeroed_memory_is_zero_in_a_used_chunk_too, TEST_PLAIN},
		{"copies_are_terminated_and_their_own", copies_are_terminated_and_their_own, TEST_PLAIN},
		{"the_pool_keeps_a_bounded_number_of_ordinary_chunks",
		 the_pool_keeps_a_bounded_number_of_ordinary_chunks, TEST_PLAIN},
		{"a_message_in_the_steady_state_allocates_nothing", a_message_in_the_steady_state_allocates_nothing,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
