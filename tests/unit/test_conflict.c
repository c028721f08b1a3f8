/* Error bodies of XCAP, and the URIs in them. SPDX-License-Identifier: MIT */
#include "documents/schema.h"
#include "test.h"
#include "xcap/conflict.h"
#include "xcap/uri.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\">"
#define TAIL "</xcap-error>\n"

static const struct {
	enum conflict conflict;
	const char *phrase, *ancestor, *field;
	const char *body;
} rows[] = {
	{CONFLICT_NOT_WELL_FORMED, "line 3: \"<a>\" & more", NULL, NULL,
	 "<not-well-formed phrase=\"line 3: &quot;&lt;a&gt;&quot; &amp; more\"></not-well-formed>"},
	{CONFLICT_NO_PARENT, "x", "http://h/xcap/a/users/b/c/~~/d/e%5B@f=%22g&h%22%5D", NULL,
	 "<no-parent "
	 "phrase=\"x\"><ancestor>http://h/xcap/a/users/b/c/~~/d/e%5B@f=%22g&amp;h%22%5D</ancestor></no-parent>"},
	{CONFLICT_NO_PARENT, "x", NULL, NULL, "<no-parent phrase=\"x\"></no-parent>"},
	{CONFLICT_UNIQUENESS, "x", NULL, "rls-services/service[@uri=\"sip:a b\"]/@uri",
	 "<uniqueness-failure phrase=\"x\"><exists field=\"rls-services/service%5B@uri=%22sip:a%20b%22%5D/@uri\">"
	 "</exists></uniqueness-failure>"},
	{CONFLICT_UNIQUENESS, "x", NULL, "a/@b",
	 "<uniqueness-failure phrase=\"x\"><exists field=\"a/@b\"></exists></uniqueness-failure>"},
	{CONFLICT_LIMIT, "no more", NULL, NULL,
	 "<extension><limit xmlns=\"urn:heliograph:xcap-error\" phrase=\"no more\"/></extension>"},
	{CONFLICT_SCHEMA, "x", NULL, NULL, "<schema-validation-error phrase=\"x\"></schema-validation-error>"},
	{CONFLICT_NOT_FRAGMENT, "x", NULL, NULL, "<not-xml-frag phrase=\"x\"></not-xml-frag>"},
	{CONFLICT_NOT_ATTRIBUTE, "x", NULL, NULL, "<not-xml-att-value phrase=\"x\"></not-xml-att-value>"},
	{CONFLICT_CANNOT_INSERT, "x", NULL, NULL, "<cannot-insert phrase=\"x\"></cannot-insert>"},
	{CONFLICT_CANNOT_DELETE, "x", NULL, NULL, "<cannot-delete phrase=\"x\"></cannot-delete>"},
	{CONFLICT_CONSTRAINT, "x", NULL, NULL, "<constraint-failure phrase=\"x\"></constraint-failure>"},
	{CONFLICT_NOT_UTF8, "x", NULL, NULL, "<not-utf-8 phrase=\"x\"></not-utf-8>"},
};

static void each_conflict_has_its_element(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer body = {0};
		const struct conflict_details details = {.conflict = rows[i].conflict,
							 .phrase = slice_text(rows[i].phrase),
							 .ancestor = slice_text(rows[i].ancestor),
							 .field = slice_text(rows[i].field)};
		buffer_init(&body, 4096);
		conflict_write(&body, &details);
		CHECK(!buffer_failed(&body));
		struct slice text = buffer_slice(&body);
		CHECK(slice_starts_with(text, SLICE(HEAD)) && slice_ends_with(text, SLICE(TAIL)));
		CHECK_TEXT(slice_of(text.at + sizeof HEAD - 1, text.length - sizeof HEAD - sizeof TAIL + 2),
			   rows[i].body);
	}
}

static void bodies_fit_the_schema(void)
{
	struct schemas *schemas = schemas_create();
	struct body_error error = {""};
	bool fit = schemas != NULL;
	for (size_t i = 0; fit && i < ARRAY_SIZE(rows); i++) {
		struct buffer body;
		buffer_init(&body, 4096);
		conflict_write(&body, &(struct conflict_details){.conflict = rows[i].conflict,
								 .phrase = slice_text(rows[i].phrase),
								 .ancestor = slice_text(rows[i].ancestor),
								 .field = slice_text(rows[i].field)});
		fit = schema_check_text(schemas, "xcap-error", buffer_slice(&body), &error) == 0;
		buffer_finish(&body);
	}
	schemas_destroy(schemas);
	CHECK_TEXT(slice_text(error.sentence), "");
	CHECK(fit);
}

static void what_may_not_stand_in_a_path_is_escaped(void)
{
	CLEANUP(buffer_finish) struct buffer path;
	buffer_init(&path, 1000);
	uri_write_path(&path, SLICE("a b/[c=\"d'e\"]~~%<>?#\\^`{|}\xc3\xa4:@!$&()*+,;="));
	CHECK(!buffer_failed(&path));
	CHECK_TEXT(buffer_slice(&path), "a%20b/%5Bc=%22d'e%22%5D~~%25%3C%3E%3F%23%5C%5E%60%7B%7C%7D%C3%A4:@!$&()*+,;=");
}

static const struct {
	const char *selector;
	size_t count;
	const char *first;
} selectors[] = {
	{"a/b/c", 0, ""},
	{"a/b/c", 1, "a"},
	{"a/b/c", 2, "a/b"},
	{"a/b/c", 3, "a/b/c"},
	{"a/b/c", 4, "a/b/c"},
	{"a/b[@c=\"d/e'/\"]/f", 2, "a/b[@c=\"d/e'/\"]"},
	{"a[@c='/\"/']/f/g", 1, "a[@c='/\"/']"},
	{"a[@c=\"/", 1, "a[@c=\"/"},
};

static void steps_of_a_selector_end_at_slashes_outside_of_quotes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(selectors); i++)
		CHECK_TEXT(uri_first_steps(slice_text(selectors[i].selector), selectors[i].count), selectors[i].first);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_conflict_has_its_element", each_conflict_has_its_element, TEST_PLAIN},
		{"bodies_fit_the_schema", bodies_fit_the_schema, TEST_WITHOUT_OOM},
		{"what_may_not_stand_in_a_path_is_escaped", what_may_not_stand_in_a_path_is_escaped, TEST_PLAIN},
		{"steps_of_a_selector_end_at_slashes_outside_of_quotes",
		 steps_of_a_selector_end_at_slashes_outside_of_quotes, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
