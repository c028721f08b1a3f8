/* If-Match and If-None-Match. SPDX-License-Identifier: MIT */
#include "core/http_conditions.h"
#include "test.h"

static const struct {
	const char *header;
	const char *etag; /* "": there is no document */
	bool exists;
	bool matches, none_matches;
} rows[] = {
	{"", "a", true, true, true},
	{"", "", false, true, true},
	{"*", "a", true, true, false},
	{"*", "a", false, false, true}, /* a node that is not in the document */
	{" * ", "", false, false, true},
	{"\"a\"", "a", true, true, false},
	{"\"a\"", "a", false, true, false},
	{"\"a\"", "b", true, false, true},
	{"\"a\"", "", false, false, true},
	{"\"\"", "", false, false, true},
	{"\"b\", \"a\"", "a", true, true, false},
	{"\"b\",,  \"c\" ,\"a\"", "a", true, true, false},
	{"\"b\", \"c\"", "a", true, false, true},
	{"\"b,a\"", "a", true, false, true},
	{"W/\"a\"", "a", true, false, false}, /* RFC 9110 §8.8.3.2: weak comparison for If-None-Match only */
	{"W/\"b\", \"a\"", "a", true, true, false},
	{"w/\"a\"", "a", true, false, true},
	{"a", "a", true, false, true},
	{"\"a", "a", true, false, true},
	{"\"b\" a, \"a\"", "a", true, false, true},
	{"*, \"b\"", "a", true, false, true},
	{",", "a", true, false, true},
};

static void conditions_hold_as_rfc_9110_says(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice header = slice_text(rows[i].header);
		const struct condition_subject subject = {.etag = slice_text(rows[i].etag), .exists = rows[i].exists};
		CHECK_NUMBER(condition_if_match(header, &subject), rows[i].matches);
		CHECK_NUMBER(condition_if_none_match(header, &subject), rows[i].none_matches);
	}
}

static void existence_is_asked_for_where_a_star_stands(void)
{
	CHECK(conditions_ask_existence(SLICE("*"), SLICE("")));
	CHECK(conditions_ask_existence(SLICE(""), SLICE(" *")));
	CHECK(!conditions_ask_existence(SLICE("\"*\""), SLICE("\"a\"")));
	CHECK(!conditions_ask_existence(SLICE(""), SLICE("")));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"conditions_hold_as_rfc_9110_says", conditions_hold_as_rfc_9110_says, TEST_PLAIN},
		{"existence_is_asked_for_where_a_star_stands", existence_is_asked_for_where_a_star_stands, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
