/* Filters that are changed within the dialog: which stay, which take the place of others, and whose prefixes count.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/filter.h"
#include "test.h"

static const struct xml_limits limits = {65536, 20, 2000};

#define SET(inside) "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"" inside "</filter-set>"
#define BIND(prefix, urn) "<ns-bindings><ns-binding prefix=\"" prefix "\" urn=\"" urn "\"/></ns-bindings>"
#define FILTER(id, path) "<filter id=\"" id "\"><what><include>" path "</include></what></filter>"

static const struct merge_row {
	const char *before, *change, *merged;
} rows[] = {
	/* another id is added, the same one takes its place */
	{SET(">" FILTER("1", "/a")), SET(">" FILTER("2", "/b")), SET(">" FILTER("1", "/a") FILTER("2", "/b"))},
	{SET(">" FILTER("1", "/a") FILTER("2", "/b")), SET(">" FILTER("1", "/c")),
	 SET(">" FILTER("2", "/b") FILTER("1", "/c"))},
	/* one goes; the rest stays, or there is none */
	{SET(">" FILTER("1", "/a") FILTER("2", "/b")), SET("><filter id=\"1\" remove=\"true\"/>"),
	 SET(">" FILTER("2", "/b"))},
	{SET(">" FILTER("1", "/a")), SET("><filter id=\" 1 \" remove=\"1\"/>"), SET(">" FILTER("1", "/a"))},
	{SET(">" FILTER("1", "/a")), SET("><filter id=\"1\" remove=\" 1 \"/>"),
	 "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"/>"},
	/* nothing comes */
	{SET(">" FILTER("1", "/a")), "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"/>",
	 SET(">" FILTER("1", "/a"))},
	/* the same prefix stands for something else in each; those that nothing needs any more are not kept */
	{SET(">" BIND("p", "urn:a") FILTER("1", "/p:a")), SET(">" BIND("p", "urn:b") FILTER("2", "/p:b")),
	 SET(">" BIND("p", "urn:a") FILTER("1", "/p:a") BIND("p", "urn:b") FILTER("2", "/p:b"))},
	{SET(">" BIND("p", "urn:a") FILTER("1", "/p:a") BIND("p", "urn:b") FILTER("2", "/p:b")),
	 SET(">" BIND("p", "urn:c") FILTER("1", "/p:c")),
	 SET(">" BIND("p", "urn:b") FILTER("2", "/p:b") BIND("p", "urn:c") FILTER("1", "/p:c"))},
	{SET(">" BIND("p", "urn:a") BIND("q", "urn:b") FILTER("1", "/p:a") FILTER("2", "/q:b")),
	 SET("><filter id=\"1\" remove=\"true\"/>"),
	 SET(">" BIND("p", "urn:a") BIND("q", "urn:b") FILTER("2", "/q:b"))},
	/* the package is the last one that was named */
	{SET(" package=\"presence\">" FILTER("1", "/a")), SET(">" FILTER("2", "/b")),
	 SET(" package=\"presence\">" FILTER("1", "/a") FILTER("2", "/b"))},
	{SET(">" FILTER("1", "/a")), SET(" package=\"presence\">" FILTER("2", "/b")),
	 SET(" package=\"presence\">" FILTER("1", "/a") FILTER("2", "/b"))},
	/* what other namespaces add to a filter stays in it, beside it not */
	{SET("><x xmlns=\"urn:x\"/><filter id=\"1\"><y xmlns=\"urn:x\" z=\"&lt;\"/></filter>"),
	 SET(">" FILTER("2", "/b")),
	 SET("><filter id=\"1\"><y xmlns=\"urn:x\" z=\"&lt;\"/></filter>" FILTER("2", "/b"))},
};

static void what_comes_changes_the_filters_of_its_ids(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer merged;
		struct body_error error = {""};
		buffer_init(&merged, 65536);
		CHECK_NUMBER(filter_merge(slice_text(rows[i].before), slice_text(rows[i].change), &limits, &merged), 0);
		CHECK_TEXT(buffer_slice(&merged), rows[i].merged);
		CHECK_NUMBER(filter_check(buffer_slice(&merged), &limits, &error), 0);
	}
}

static void what_cannot_be_merged_is_an_error(void)
{
	CLEANUP(buffer_finish) struct buffer merged;
	buffer_init(&merged, 100);
	CHECK_NUMBER(filter_merge(SLICE("<a"), SLICE("<a/>"), &limits, &merged), ERR_SYNTAX);
	CHECK_NUMBER(filter_merge(SLICE("<a/>"), SLICE("<a"), &limits, &merged), ERR_SYNTAX);
	CHECK_NUMBER(filter_merge(slice_text(rows[0].before), slice_text(rows[0].change), &limits, &merged), ERR_LIMIT);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_comes_changes_the_filters_of_its_ids", what_comes_changes_the_filters_of_its_ids, TEST_PLAIN},
		{"what_cannot_be_merged_is_an_error", what_cannot_be_merged_is_an_error, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
