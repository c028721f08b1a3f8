/* The unit tests' harness: a table of tests whose names are the sentences that they prove.
 *
 * After each test the number of blocks allocated must be what it was before it. Each test then runs again with the
 * first, second, … allocation failing until none fails any more, unless it says TEST_WITHOUT_OOM; in those runs
 * CHECKs do not count (a test must only not crash, hang or leak), and test_is_starved() is true.
 *
 * A CHECK that fails returns from its function, in starved runs without a word. What the test holds by then is
 * released by declaring it with CLEANUP:
 *
 *	CLEANUP(buffer_finish) struct buffer buffer;
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum test_flags { TEST_PLAIN, TEST_WITHOUT_OOM };

struct test {
	const char *name; /* refresh_with_old_entity_tag_is_refused_412 */
	void (*run)(void);
	enum test_flags flags;
};

/* Runs all (or those whose name contains argv[1]); returns the exit status. */
int test_run(int argc, char **argv, const struct test *tests, size_t count);
bool test_is_starved(void);

/* Calls `function` with the variable's address when its scope ends, however it ends. The variable must be
 * initialised where it is declared, or before the next CHECK. */
#define CLEANUP(function) __attribute__((cleanup(function)))

/* A failed check prints where and what, and ends the test (return). */
bool test_check(bool good, const char *file, int line, const char *what);
bool test_check_number(int64_t got, int64_t wanted, const char *file, int line, const char *what);
bool test_check_text(struct slice got, struct slice wanted, const char *file, int line, const char *what);

#define CHECK(condition)                                                                                               \
	do {                                                                                                           \
		if (!test_check(!!(condition), __FILE__, __LINE__, #condition))                                        \
			return;                                                                                        \
	} while (0)
#define CHECK_NUMBER(got, wanted)                                                                                      \
	do {                                                                                                           \
		if (!test_check_number((int64_t)(got), (int64_t)(wanted), __FILE__, __LINE__, #got))                   \
			return;                                                                                        \
	} while (0)
#define CHECK_TEXT(got, wanted)                                                                                        \
	do {                                                                                                           \
		if (!test_check_text((got), slice_text(wanted), __FILE__, __LINE__, #got))                             \
			return;                                                                                        \
	} while (0)
