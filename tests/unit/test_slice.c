/* Slices: comparing, trimming, cutting, numbers. SPDX-License-Identifier: MIT */
#include "base/slice.h"

#include "test.h"

static const struct slice nothing = {NULL, 0};

static void letters_compare_without_case_other_bytes_exactly(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{"", "", true},
		{"Via", "vIA", true},
		{"Call-ID", "call-id", true},
		{"Via", "Vias", false},
		{"@", "`", false},               /* differ by the same bit as letters, and are none */
		{"[", "{", false},               /* the same behind Z */
		{"\xc3\x84", "\xc3\xa4", false}, /* no case beyond ASCII */
		{"a b", "a  ", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK(slice_equal_nocase(slice_text(rows[i].a), slice_text(rows[i].b)) == rows[i].equal);
		CHECK(slice_equal_nocase(slice_text(rows[i].b), slice_text(rows[i].a)) == rows[i].equal);
	}
}

static void the_null_slice_is_an_empty_slice_everywhere(void)
{
	CHECK(slice_equal(nothing, SLICE("")));
	CHECK(slice_equal_nocase(nothing, SLICE("")));
	CHECK(slice_starts_with(nothing, nothing));
	CHECK(slice_ends_with(SLICE("x"), nothing));
	CHECK(slice_is_empty(slice_trim(nothing)));
	CHECK_NUMBER(slice_find(nothing, 'x'), 0);
	CHECK_NUMBER(slice_compare(nothing, SLICE("")), 0);
	CHECK(slice_is_empty(slice_text(NULL)));
	struct slice rest = nothing;
	CHECK(slice_is_empty(slice_take(&rest, ',')));
	CHECK(slice_is_empty(rest));
}

static void prefixes_and_suffixes_are_found(void)
{
	CHECK(slice_starts_with(SLICE("sip:bob"), SLICE("sip:")));
	CHECK(!slice_starts_with(SLICE("sip"), SLICE("sip:")));
	CHECK(slice_ends_with(SLICE("a.invalid"), SLICE(".invalid")));
	CHECK(!slice_ends_with(SLICE("a.invalid "), SLICE(".invalid")));
	CHECK(!slice_ends_with(SLICE("d"), SLICE("invalid")));
}

static void trimming_takes_blanks_and_line_ends_from_both_ends_only(void)
{
	CHECK_TEXT(slice_trim(SLICE(" \t a b \r\n ")), "a b");
	CHECK_TEXT(slice_trim(SLICE("ab")), "ab");
	CHECK_TEXT(slice_trim(SLICE(" \t\r\n")), "");
}

static void taking_cuts_at_each_separator_and_ends_with_the_rest(void)
{
	struct slice rest = SLICE("a,,b");
	CHECK_TEXT(slice_take(&rest, ','), "a");
	CHECK_TEXT(slice_take(&rest, ','), "");
	CHECK_TEXT(slice_take(&rest, ','), "b");
	CHECK(slice_is_empty(rest));
	CHECK_TEXT(slice_take(&rest, ','), "");
	rest = SLICE("a,");
	CHECK_TEXT(slice_take(&rest, ','), "a");
	CHECK(slice_is_empty(rest));
}

static void numbers_are_digits_within_the_bound(void)
{
	static const struct {
		const char *text;
		uint64_t most;
		bool good;
		uint64_t number;
	} rows[] = {
		{"0", 0, true, 0},
		{"70", 70, true, 70},
		{"0070", 70, true, 70},
		{"71", 70, false, 0},
		{"4294967295", UINT32_MAX, true, UINT32_MAX},
		{"4294967296", UINT32_MAX, false, 0},
		{"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
		{"18446744073709551616", UINT64_MAX, false, 0},
		{"99999999999999999999999999", UINT64_MAX, false, 0},
		{"", 9, false, 0},
		{"-1", 9, false, 0},
		{"+1", 9, false, 0},
		{" 1", 9, false, 0},
		{"1 ", 9, false, 0},
		{"1a", 99, false, 0},
		{"\xb1", 9, false, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t number = 12345;
		CHECK(slice_to_number(slice_text(rows[i].text), rows[i].most, &number) == rows[i].good);
		CHECK(number == (rows[i].good ? rows[i].number : 12345));
	}
}

static void order_is_by_bytes_and_a_prefix_comes_first(void)
{
	CHECK(slice_compare(SLICE("a"), SLICE("b")) < 0);
	CHECK(slice_compare(SLICE("b"), SLICE("a")) > 0);
	CHECK(slice_compare(SLICE("a"), SLICE("ab")) < 0);
	CHECK(slice_compare(SLICE("ab"), SLICE("a")) > 0);
	CHECK(slice_compare(SLICE("z"), SLICE("\xff")) < 0);
	CHECK_NUMBER(slice_compare(SLICE("ab"), SLICE("ab")), 0);
}

struct utf8_case {
	struct slice bytes;
	bool good;
};

static void utf8_is_what_rfc_3629_calls_so(void)
{
	const struct utf8_case cases[] = {
		{SLICE(""), true},
		{SLICE("plain\0text"), true},
		{SLICE("\xc2\x80 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80"), true},
		{SLICE("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), true},
		{SLICE("\x80"), false},
		{SLICE("\xc0\xaf"), false},
		{SLICE("\xc3"), false},
		{SLICE("\xe0\x9f\xbf"), false},
		{SLICE("\xed\xa0\x80"), false},
		{SLICE("\xf0\x8f\xbf\xbf"), false},
		{SLICE("\xf4\x90\x80\x80"), false},
		{SLICE("\xf5\x80\x80\x80"), false},
		{SLICE("\xe2\x82 "), false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		CHECK_NUMBER(slice_is_utf8(cases[i].bytes), cases[i].good);
	CHECK(slice_is_utf8((struct slice){0}));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"letters_compare_without_case_other_bytes_exactly", letters_compare_without_case_other_bytes_exactly,
		 TEST_PLAIN},
		{"the_null_slice_is_an_empty_slice_everywhere", the_null_slice_is_an_empty_slice_everywhere,
		 TEST_PLAIN},
		{"prefixes_and_suffixes_are_found", prefixes_and_suffixes_are_found, TEST_PLAIN},
		{"trimming_takes_blanks_and_line_ends_from_both_ends_only",
		 trimming_takes_blanks_and_line_ends_from_both_ends_only, TEST_PLAIN},
		{"taking_cuts_at_each_separator_and_ends_with_the_rest",
		 taking_cuts_at_each_separator_and_ends_with_the_rest, TEST_PLAIN},
		{"numbers_are_digits_within_the_bound", numbers_are_digits_within_the_bound, TEST_PLAIN},
		{"utf8_is_what_rfc_3629_calls_so", utf8_is_what_rfc_3629_calls_so, TEST_PLAIN},
		{"order_is_by_bytes_and_a_prefix_comes_first", order_is_by_bytes_and_a_prefix_comes_first, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
