/* Fields and parameters of MIME. SPDX-License-Identifier: MIT */
#include "bodies/mime.h"

#include "test.h"

static void fields_are_taken_with_the_lines_that_continue_them(void)
{
	struct slice text = SLICE("A: b\r\nC:\td\r\n\te\n f\nG : h\n \t\r\n\r\nrest\r\n"), field, name, value;
	CHECK(mime_take_field(&text, &field));
	CHECK_TEXT(field, "A: b");
	CHECK(mime_take_field(&text, &field));
	CHECK_TEXT(field, "C:\td\r\n\te\n f");
	CHECK(mime_split_field(field, &name, &value));
	CHECK_TEXT(name, "C");
	CHECK_TEXT(value, "d\r\n\te\n f");
	CHECK(mime_take_field(&text, &field)); /* and a line of blanks that belongs to it */
	CHECK(mime_split_field(field, &name, &value));
	CHECK_TEXT(name, "G");
	CHECK_TEXT(value, "h");
	CHECK(!mime_take_field(&text, &field));
	CHECK_TEXT(text, "rest\r\n");
	CHECK(mime_take_field(&text, &field));
	CHECK(!mime_take_field(&text, &field)); /* nothing left */
}

static void a_field_has_a_name(void)
{
	static const char *const wrong[] = {"", "a", ":", ": b"};
	struct slice name = SLICE("n"), value = SLICE("v");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK(!mime_split_field(slice_text(wrong[i]), &name, &value));
	CHECK_TEXT(name, "n");
	CHECK_TEXT(value, "v");
	CHECK(mime_split_field(SLICE("a:"), &name, &value));
	CHECK_TEXT(value, "");
}

static void transfer_encodings_that_change_nothing_are_known(void)
{
	static const char *const same[] = {"", "7bit", "8BIT", "Binary"}, *const other[] = {"base64",
											    "quoted-printable", "x"};
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		CHECK(mime_is_as_it_is(slice_text(same[i])));
	for (size_t i = 0; i < ARRAY_SIZE(other); i++)
		CHECK(!mime_is_as_it_is(slice_text(other[i])));
}

static void types_compare_without_case_and_parameters(void)
{
	static const struct {
		const char *content_type;
		bool is_plain;
	} rows[] = {
		{"text/plain", true},   {" Text/PLAIN ; charset=utf-8", true},
		{"text/plain;", true},  {"text/plainer", false},
		{"text", false},        {"", false},
		{";text/plain", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_NUMBER(mime_is_type(slice_text(rows[i].content_type), SLICE("text/plain")), rows[i].is_plain);
}

static void parameters_are_found_by_name(void)
{
	static const struct {
		const char *content_type, *value; /* NULL: none */
	} rows[] = {
		{"text/plain;charset=utf-8", "utf-8"},
		{"text/plain ; CHARSET = \"UTF-8\" ; a=b", "UTF-8"},
		{"text/plain;x=\"a;charset=c\";charset=d", "d"},
		{"text/plain;x=\"a\\\";charset=c\";charset=d", "d"},
		{"text/plain;charset=a;charset=b", "a"},
		{"text/plain;charset", ""},
		{"text/plain;charset=\"", "\""},
		{"text/plain;\r\n\tcharset=utf-8", "utf-8"},
		{"charset=utf-8", NULL},
		{"text/plain;;charsets=a", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice value;
		bool is_found = mime_find_parameter(slice_text(rows[i].content_type), SLICE("charset"), &value);
		CHECK_NUMBER(is_found, rows[i].value != NULL);
		if (is_found)
			CHECK_TEXT(value, rows[i].value);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"fields_are_taken_with_the_lines_that_continue_them",
		 fields_are_taken_with_the_lines_that_continue_them, 0},
		{"a_field_has_a_name", a_field_has_a_name, 0},
		{"transfer_encodings_that_change_nothing_are_known", transfer_encodings_that_change_nothing_are_known,
		 0},
		{"types_compare_without_case_and_parameters", types_compare_without_case_and_parameters, 0},
		{"parameters_are_found_by_name", parameters_are_found_by_name, 0},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
