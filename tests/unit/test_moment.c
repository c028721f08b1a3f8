/* Moments of documents. SPDX-License-Identifier: MIT */
#include "bodies/moment.h"

#include "base/error.h"
#include "test.h"

static void moments_have_offsets(void)
{
	static const struct {
		const char *text;
		int64_t unix_s;
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01t00:00:00z", 0},
		{"1969-12-31T23:59:59Z", -1},
		{"2000-02-29T12:00:00Z", 951825600},
		{"2026-03-01T08:00:00+01:00", 1772348400},
		{"2026-03-01T02:30:00-04:30", 1772348400},
		{"2026-03-01T07:00:00", 1772348400},
		{" 2026-03-01T07:00:00.999Z\n", 1772348400},
		{"2026-02-28T24:00:00+00:00", 1772323200},
		{"2016-12-31T23:59:60Z", 1483228800},
		{"9999-12-31T23:59:59Z", 253402300799},
		{"0001-01-01T00:00:00Z", -62135596800},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t unix_s = 1;
		CHECK_NUMBER(moment_read(slice_text(rows[i].text), &unix_s), 0);
		CHECK_NUMBER(unix_s, rows[i].unix_s);
	}
}

static void what_is_no_moment_is_refused(void)
{
	static const char *const texts[] = {
		"",
		"now",
		"2026-03-01",
		"2026-03-01 07:00:00Z",
		"2026-3-1T07:00:00Z",
		"2026-02-29T07:00:00Z",
		"1900-02-29T07:00:00Z",
		"2026-13-01T07:00:00Z",
		"2026-00-01T07:00:00Z",
		"2026-03-00T07:00:00Z",
		"0000-03-01T07:00:00Z",
		"2026-03-01T24:00:01Z",
		"2026-03-01T25:00:00Z",
		"2026-03-01T07:60:00Z",
		"2026-03-01T07:00:61Z",
		"2026-03-01T07:00:00.Z",
		"2026-03-01T07:00:00+1:00",
		"2026-03-01T07:00:00+24:00",
		"2026-03-01T07:00:00Zx",
		"-2026-03-01T07:00:00Z",
	};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int64_t unix_s = 7;
		CHECK_NUMBER(moment_read(slice_text(texts[i]), &unix_s), ERR_SYNTAX);
		CHECK_NUMBER(unix_s, 7);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"moments_have_offsets", moments_have_offsets, TEST_PLAIN},
		{"what_is_no_moment_is_refused", what_is_no_moment_is_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
