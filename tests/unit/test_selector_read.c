/* Node selectors (RFC 4825 §6.3) and the prefixes of the query (§6.4). SPDX-License-Identifier: MIT */
#include "document_world.h"
#include "documents/selector_steps.h"

#include <stdio.h>

static void describe_name(struct buffer *text, struct slice space, struct slice name)
{
	buffer_byte(text, '{');
	buffer_append(text, space);
	buffer_byte(text, '}');
	buffer_append(text, name);
}

/* What was read, in a form that shows everything: "{space}name[2][{}a=v]/@{}b". */
static void describe(const struct selector *selector, struct buffer *text)
{
	for (size_t i = 0; i < selector->step_count; i++) {
		const struct selector_step *step = &selector->steps[i];
		if (i > 0)
			buffer_byte(text, '/');
		if (slice_is_empty(step->name))
			buffer_byte(text, '*');
		else
			describe_name(text, step->space, step->name);
		if (step->has_position)
			buffer_format(text, "[%u]", step->position);
		if (step->has_test) {
			buffer_byte(text, '[');
			describe_name(text, step->test_space, step->test_name);
			buffer_byte(text, '=');
			buffer_append(text, step->test_value);
			buffer_byte(text, ']');
		}
	}
	if (selector->kind == SELECTS_ATTRIBUTE) {
		buffer_text(text, "/@");
		describe_name(text, selector->attribute_space, selector->attribute);
	} else if (selector->kind == SELECTS_NAMESPACES) {
		buffer_text(text, "/namespaces");
	}
}

static int read_one(struct arena *arena, const char *text, const char *query, struct selector *selector,
		    struct body_error *error)
{
	return selector_read(arena, slice_text(text), slice_text(query), SLICE("d"), selector, error);
}

static void good_selectors_are_read(void)
{
	static const struct {
		const char *text, *query, *what;
	} rows[] = {
		{"a", "", "{d}a"},
		{"a/b", "", "{d}a/{d}b"},
		{"*", "", "*"},
		{"a/*[3]", "", "{d}a/*[3]"},
		{"a/b[12]", "", "{d}a/{d}b[12]"},
		{"a/b[0]", "", "{d}a/{d}b[0]"},
		{"a/b[99999999999999999999999]", "", "{d}a/{d}b[4294967295]"},
		{"a/b[@x=\"1\"]", "", "{d}a/{d}b[{}x=1]"},
		{"a/b[@x='1']", "", "{d}a/{d}b[{}x=1]"},
		{"a/b[2][@x=\"1\"]", "", "{d}a/{d}b[2][{}x=1]"},
		{"a/*[2][@x=\"1\"]", "", "{d}a/*[2][{}x=1]"},
		{"a/*[@x=\"\"]", "", "{d}a/*[{}x=]"},
		{"a/b[@x=\"p/q[1]@'=\"]/c", "", "{d}a/{d}b[{}x=p/q[1]@'=]/{d}c"},
		{"a/b[@x='say \"hi\"']", "", "{d}a/{d}b[{}x=say \"hi\"]"},
		{"a/b[@x=\"say &quot;hi&quot; &amp; &lt;&gt;&apos;\"]", "", "{d}a/{d}b[{}x=say \"hi\" & <>']"},
		{"a/b[@x=\"&#65;&#x42;&#xE4;&#228;&#x20ac;&#x1F600;\"]", "",
		 "{d}a/{d}b[{}x=AB\xc3\xa4\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80]"},
		{"a/b/@x", "", "{d}a/{d}b/@{}x"},
		{"a/b[@x=\"1\"]/@y", "", "{d}a/{d}b[{}x=1]/@{}y"},
		{"a/namespace::*", "", "{d}a/namespaces"},
		{"a/p:b", "xmlns(p=urn:p)", "{d}a/{urn:p}b"},
		{"a/p:b[@p:x=\"1\"]/@q:y", "xmlns(p=urn:p)xmlns(q=urn:q)", "{d}a/{urn:p}b[{urn:p}x=1]/@{urn:q}y"},
		{"p:a", "xmlns(p=urn:1)xmlns(p=urn:2)", "{urn:2}a"},
		{"p:a", " xmlns( p = urn:1 ) xmlns(q=u) ", "{urn:1}a"},
		{"p:a", "xmlns%28p=urn%3Ap%29", "{urn:p}a"},
		{"p:a", "xmlns(p=urn:(x))", "{urn:(x)}a"},
		{"p:a", "xmlns(p=urn:^(x^^^))", "{urn:(x^)}a"},
		{"p:a", "xmlns(p=http://example.test/?a=b)", "{http://example.test/?a=b}a"},
		{"a/@xml:lang", "", "{d}a/@{http://www.w3.org/XML/1998/namespace}lang"},
		{"\xc3\xa4-_.1", "", "{d}\xc3\xa4-_.1"},
		{"a/@namespace", "", "{d}a/@{}namespace"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer text;
		struct selector selector;
		struct body_error error = {""};
		arena_init(&arena, NULL, 65536);
		buffer_init(&text, 4096);
		int result = read_one(&arena, rows[i].text, rows[i].query, &selector, &error);
		CHECK_TEXT(slice_text(error.sentence), "");
		CHECK_NUMBER(result, 0);
		describe(&selector, &text);
		CHECK_TEXT(buffer_slice(&text), rows[i].what);
	}
}

static void bad_selectors_are_refused_with_a_sentence(void)
{
	static const struct {
		const char *text, *query;
	} rows[] = {
		{"", ""},
		{"/a", ""},
		{"a/", ""},
		{"a//b", ""},
		{"a b", ""},
		{"1a", ""},
		{"@x", ""},
		{"namespace::*", ""},
		{"a/namespace::a", ""},
		{"a/@", ""},
		{"a/@x/b", ""},
		{"a/@*", ""},
		{"a/@x[1]", ""},
		{"a[]", ""},
		{"a[", ""},
		{"a[1", ""},
		{"a[-1]", ""},
		{"a[+1]", ""},
		{"a[1.5]", ""},
		{"a[last()]", ""},
		{"a[1][2]", ""},
		{"a[@x=\"1\"][2]", ""},
		{"a[@x=\"1\"][@y=\"2\"]", ""},
		{"a[@x]", ""},
		{"a[@x=]", ""},
		{"a[@x=1]", ""},
		{"a[@x=\"1]", ""},
		{"a[@x=\"1\"", ""},
		{"a[@x=\"1\"]b", ""},
		{"a[@=\"1\"]", ""},
		{"a[@x=\"1\" ]", ""},
		{"a[x=\"1\"]", ""},
		{"a[@x=\"<\"]", ""},
		{"a[@x=\"&\"]", ""},
		{"a[@x=\"&lt\"]", ""},
		{"a[@x=\"&nbsp;\"]", ""},
		{"a[@x=\"&#0;\"]", ""},
		{"a[@x=\"&#xd800;\"]", ""},
		{"a[@x=\"&#x110000;\"]", ""},
		{"a[@x=\"&#x000000041;\"]", ""},
		{"a[@x=\"&#x4g;\"]", ""},
		{"a[@x=\"&#;\"]", ""},
		{"p:a", ""},
		{"p:a", "xmlns(q=urn:q)"},
		{"a/@p:x", ""},
		{"a[@p:x=\"1\"]", ""},
		{"p:*", "xmlns(p=urn:p)"},
		{"p:q:a", "xmlns(p=urn:p)"},
		{":a", ""},
		{"p:", "xmlns(p=urn:p)"},
		{"a", "xmlns(p=urn:p"},
		{"a", "xmlns(p)"},
		{"a", "xmlns(=urn:p)"},
		{"a", "xmlns(p=)"},
		{"a", "xmlns(1=urn:p)"},
		{"a", "xmlns(xmlns=urn:p)"},
		{"a", "other(p=urn:p)"},
		{"a", "x=y"},
		{"a", "xmlns(p=urn%3)"},
		{"a", "xmlns(p=urn%zz)"},
		{"a", "xmlns(p=%ff)"},
		{"a", "xmlns(p=%00)"},
		{"\xff", ""},
		{"a/\xc3", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct selector selector;
		struct body_error error = {""};
		arena_init(&arena, NULL, 65536);
		int result = read_one(&arena, rows[i].text, rows[i].query, &selector, &error);
		if (result == 0)
			CHECK_TEXT(slice_text(rows[i].text), "to be refused");
		CHECK_NUMBER(result, ERR_SYNTAX);
		CHECK(error.sentence[0] != '\0');
	}
}

static void a_selector_has_at_most_32_steps(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct selector selector;
	struct body_error error;
	char text[80];
	arena_init(&arena, NULL, 65536);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 2 == 0 ? 'a' : '/';
	CHECK_NUMBER(selector_read(&arena, slice_of(text, 63), SLICE(""), SLICE("d"), &selector, &error), 0);
	CHECK_NUMBER(selector.step_count, 32);
	CHECK_NUMBER(selector_read(&arena, slice_of(text, 65), SLICE(""), SLICE("d"), &selector, &error), ERR_SYNTAX);
}

static void a_query_binds_at_most_16_prefixes(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer query;
	struct selector selector;
	struct body_error error;
	arena_init(&arena, NULL, 65536);
	buffer_init(&query, 4096);
	for (unsigned i = 0; i < 16; i++)
		buffer_format(&query, "xmlns(p%u=urn:%u)", i, i);
	CHECK(!buffer_failed(&query));
	CHECK_NUMBER(selector_read(&arena, SLICE("p15:a"), buffer_slice(&query), SLICE("d"), &selector, &error), 0);
	CHECK_TEXT(selector.steps[0].space, "urn:15");
	buffer_text(&query, "xmlns(p=urn:p)");
	CHECK(!buffer_failed(&query));
	CHECK_NUMBER(selector_read(&arena, SLICE("p15:a"), buffer_slice(&query), SLICE("d"), &selector, &error),
		     ERR_SYNTAX);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"good_selectors_are_read", good_selectors_are_read, TEST_PLAIN},
		{"bad_selectors_are_refused_with_a_sentence", bad_selectors_are_refused_with_a_sentence, TEST_PLAIN},
		{"a_selector_has_at_most_32_steps", a_selector_has_at_most_32_steps, TEST_PLAIN},
		{"a_query_binds_at_most_16_prefixes", a_query_binds_at_most_16_prefixes, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
