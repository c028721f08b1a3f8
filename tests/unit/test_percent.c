/* %XX escapes. SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include "base/error.h"
#include "test.h"

static void escapes_are_undone_and_broken_ones_refused(void)
{
	static const struct {
		const char *text, *plain; /* NULL: broken */
	} rows[] = {{"", ""},           {"plain", "plain"}, {"a%20b", "a b"}, {"%41%62", "Ab"}, {"%c3%A4", "\xc3\xa4"},
		    {"100%25", "100%"}, {"%", NULL},        {"a%4", NULL},    {"%4g", NULL},    {"%%41", NULL}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct slice plain = SLICE("untouched");
		arena_init(&arena, NULL, 4096);
		int result = percent_decode(&arena, slice_text(rows[i].text), &plain);
		if (result != ERR_NO_MEMORY) {
			CHECK_NUMBER(result, rows[i].plain ? 0 : ERR_SYNTAX);
			CHECK(slice_equal(plain, rows[i].plain ? slice_text(rows[i].plain) : SLICE("untouched")));
		}
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"escapes_are_undone_and_broken_ones_refused", escapes_are_undone_and_broken_ones_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
