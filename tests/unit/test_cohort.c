/* Cohorts: pieces that lie apart, blocks that are used again, large pieces. SPDX-License-Identifier: MIT */
#include "base/cohort.h"

#include "test.h"

#define PIECES 5000
#define PIECE_BYTES 300
#define LARGE_BYTES ((size_t)1 << 20)

static bool is_zeroed(const unsigned char *memory, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (memory[i] != 0)
			return false;
	return true;
}

static void every_piece_is_zeroed_aligned_and_apart_from_the_others(void)
{
	CLEANUP(cohort_finish) struct cohort cohort = {0};
	static unsigned char *pieces[PIECES];
	for (size_t round = 0; round < 2; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			pieces[i] = cohort_allocate(&cohort, i % PIECE_BYTES);
			CHECK(pieces[i]);
			CHECK_NUMBER((uintptr_t)pieces[i] % sizeof(uint64_t), 0);
			CHECK(is_zeroed(pieces[i], i % PIECE_BYTES));
			memset(pieces[i], (int)(i & 255), i % PIECE_BYTES);
		}
		for (size_t i = 0; i < PIECES; i++) {
			for (size_t at = 0; at < i % PIECE_BYTES; at++)
				CHECK_NUMBER(pieces[i][at], i & 255);
			cohort_free(&cohort, pieces[i]);
		}
	}
}

static void a_block_is_filled_anew_when_nothing_in_it_lives(void)
{
	CLEANUP(cohort_finish) struct cohort cohort = {0};
	void *first = cohort_allocate(&cohort, 64);
	void *second = cohort_allocate(&cohort, 64);
	CHECK(first && second && first != second);
	cohort_free(&cohort, first);
	void *third = cohort_allocate(&cohort, 64);
	CHECK(third != first); /* the second still lives there */
	cohort_free(&cohort, second);
	cohort_free(&cohort, third);
	void *fourth = cohort_allocate(&cohort, 64);
	CHECK(fourth == first);
	cohort_free(&cohort, fourth);
}

static void a_large_piece_is_alone(void)
{
	CLEANUP(cohort_finish) struct cohort cohort = {0};
	unsigned char *large = cohort_allocate(&cohort, LARGE_BYTES);
	CHECK(large);
	CHECK(!cohort.filling);
	CHECK(is_zeroed(large, LARGE_BYTES));
	cohort_free(&cohort, large);
	CHECK(!cohort_allocate(&cohort, SIZE_MAX));
	cohort_free(&cohort, NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"every_piece_is_zeroed_aligned_and_apart_from_the_others",
		 every_piece_is_zeroed_aligned_and_apart_from_the_others, TEST_WITHOUT_OOM},
		{"a_block_is_filled_anew_when_nothing_in_it_lives", a_block_is_filled_anew_when_nothing_in_it_lives,
		 TEST_PLAIN},
		{"a_large_piece_is_alone", a_large_piece_is_alone, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
