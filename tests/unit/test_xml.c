/* XML: trees, limits, bombs, writing. SPDX-License-Identifier: MIT */
#include "bodies/xml.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct xml_limits usual = {.bytes = 65536, .depth = 32, .nodes = 2000};

/* Parses a copy of exactly its size, which is gone afterwards: a tree that points into it, or a parser that reads on,
 * is caught. */
static int parse(struct arena *arena, struct slice text, const struct xml_limits *limits, const struct xml_node **root,
		 struct body_error *error)
{
	char *copy = malloc(text.length > 0 ? text.length : 1);
	*error = (struct body_error){.sentence = ""};
	if (!copy)
		return ERR_NO_MEMORY;
	if (text.length > 0)
		memcpy(copy, text.at, text.length);
	int result = xml_parse(arena, slice_of(copy, text.length), limits, root, error);
	free(copy);
	return result;
}

static const struct xml_node *parse_good(struct arena *arena, const char *text)
{
	const struct xml_node *root = NULL;
	struct body_error error;
	return parse(arena, slice_text(text), &usual, &root, &error) == 0 ? root : NULL;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static void a_document_becomes_a_tree(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	const struct xml_node *root =
		parse_good(&arena, "<?xml version=\"1.0\"?>\n<!-- hello -->\n<a xmlns='urn:a' xmlns:b='urn:b' one='1' "
				   "b:two=' x\ty '>\n  before <b:c/> <?php 1?> <c/>\n</a>\n");
	CHECK(root);
	CHECK(xml_is(root, SLICE("urn:a"), SLICE("a")));
	CHECK(!root->parent && !root->next);
	CHECK_TEXT(xml_attribute(root, SLICE("one")), "1");
	CHECK_TEXT(xml_attribute(root, SLICE("two")), "");
	CHECK_TEXT(root->attributes->next->space, "urn:b");
	CHECK_TEXT(root->attributes->next->value, " x y ");
	const struct xml_node *text = root->children, *first = text->next, *second = first->next;
	CHECK_TEXT(text->name, "");
	CHECK_TEXT(text->text, "\n  before ");
	CHECK(xml_is(first, SLICE("urn:b"), SLICE("c")));
	CHECK(first->parent == root && !first->children);
	CHECK(xml_is(second, SLICE("urn:a"), SLICE("c")));
	CHECK(!second->next);
}

static void escapes_and_pieces_become_one_text(void)
{
	static const struct {
		const char *document, *text;
	} rows[] = {
		{"<a>x</a>", "x"},
		{"<a> \r\n x y\t</a>", "x y"},
		{"<a>&lt;&amp;&gt;&quot;&apos;</a>", "<&>\"'"},
		{"<a>&#228;&#xe4;&#x1F600;</a>", "\xc3\xa4\xc3\xa4\xf0\x9f\x98\x80"},
		{"<a>1<!-- 2 -->3<?x 4?>5<![CDATA[<6>]]>7</a>", "13"
								"5<6>7"},
		{"<a><![CDATA[ ]]></a>", ""},
		{"<a>  <b/>  late  <c/></a>", "late"},
		{"<a/>", ""},
		{"<a></a>", ""},
		{"<a><b>inner</b></a>", ""},
		{"\xef\xbb\xbf<a>mark</a>", "mark"},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xa4</a>", "\xc3\xa4"},
		{"<?xml version='1.0' encoding='UTF-16'?><a>x</a>", "x"},
		{"<?xml version='1.0' encoding='ISO-2022-CN-EXT'?><a>x</a>", "x"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 1 << 20);
		const struct xml_node *root = parse_good(&arena, rows[i].document);
		if (!root)
			CHECK_TEXT(SLICE("(refused)"), rows[i].document);
		CHECK_TEXT(xml_text(root), rows[i].text);
	}
}

static void values_of_attributes_come_without_escapes(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	const struct xml_node *root =
		parse_good(&arena, "<a v='&amp;&#38;&lt;&quot;&#10;&#228;' w=\"sip:a&amp;b@example.test\" e=''/>");
	CHECK(root);
	CHECK_TEXT(xml_attribute(root, SLICE("v")), "&&<\"\n\xc3\xa4");
	CHECK_TEXT(xml_attribute(root, SLICE("w")), "sip:a&b@example.test");
	CHECK_TEXT(xml_attribute(root, SLICE("e")), "");
	CHECK(xml_attribute(root, SLICE("e")).at);
	CHECK(!xml_attribute(root, SLICE("f")).at);
}

static void namespaces_are_resolved(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	const struct xml_node *root = parse_good(
		&arena, "<p:a xmlns:p='urn:1' xml:lang='en'><p:b xmlns:p='urn:2'/><b xmlns='urn:3'><b xmlns=''/></b>"
			"<q:undeclared q:x='1' q:x2='1' y='2'/><p:b/></p:a>");
	CHECK(root);
	CHECK_TEXT(root->attributes->space, "http://www.w3.org/XML/1998/namespace");
	CHECK(xml_child(root, SLICE("urn:2"), SLICE("b")) == root->children);
	const struct xml_node *third = xml_child(root, SLICE("urn:3"), SLICE("b"));
	CHECK(third);
	CHECK(xml_child(third, SLICE(""), SLICE("b")));
	/* What has a prefix that nobody declared is of no namespace; such attributes are left out. */
	const struct xml_node *undeclared = xml_child(root, SLICE(""), SLICE("undeclared"));
	CHECK(undeclared);
	CHECK_TEXT(undeclared->attributes->name, "y");
	CHECK(!undeclared->attributes->next);
	CHECK(xml_next(third, SLICE("urn:1"), SLICE("b")));
	CHECK(!xml_next(third, SLICE("urn:2"), SLICE("b")));
}

static void nothing_is_found_in_nothing(void)
{
	CHECK(!xml_is(NULL, SLICE(""), SLICE("a")));
	CHECK(!xml_child(NULL, SLICE(""), SLICE("a")));
	CHECK(!xml_next(NULL, SLICE(""), SLICE("a")));
	CHECK_TEXT(xml_attribute(NULL, SLICE("a")), "");
	CHECK_TEXT(xml_text(NULL), "");
}

/* --- refusing ------------------------------------------------------------------------------------------------- */

struct bad_row {
	const char *document;
	int result;
	const char *sentence; /* a part of it */
};

static void check_bad(const struct bad_row *row, struct slice document)
{
	CLEANUP(arena_finish) struct arena arena;
	const struct xml_node *root = NULL;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	int result = parse(&arena, document, &usual, &root, &error);
	if (result != row->result)
		CHECK_TEXT(SLICE("(another result)"), row->document);
	CHECK_NUMBER(result, row->result);
	CHECK(!root);
	if (!strstr(error.sentence, row->sentence))
		CHECK_TEXT(slice_text(error.sentence), row->sentence);
}

static void bad_documents_are_refused_with_a_sentence(void)
{
	static const struct bad_row rows[] = {
		{"", ERR_SYNTAX, "empty"},
		{" \r\n", ERR_SYNTAX, "empty"},
		{"hello", ERR_SYNTAX, "line 1"},
		{"<a>", ERR_SYNTAX, "line 1"},
		{"<a>\n\n</b>", ERR_SYNTAX, "line 3"},
		{"<a/><b/>", ERR_SYNTAX, "line 1"},
		{"<a b=1/>", ERR_SYNTAX, "line 1"},
		{"<a b='1' b='2'/>", ERR_SYNTAX, "line 1"},
		{"<a xmlns:p='urn:1' xmlns:q='urn:1' p:b='1' q:b='2'/>", ERR_SYNTAX, "line 1"},
		{"<a b='<'/>", ERR_SYNTAX, "line 1"},
		{"<a>&unknown;</a>", ERR_SYNTAX, "line 1"},
		{"<a b='&unknown;'/>", ERR_SYNTAX, "line 1"},
		{"<a>&#0;</a>", ERR_SYNTAX, "line 1"},
		{"<a>&#xD800;</a>", ERR_SYNTAX, "line 1"},
		{"<a>&#x110000;</a>", ERR_SYNTAX, "line 1"},
		{"<a>\x01</a>", ERR_SYNTAX, "line 1"},
		{"<a>]]></a>", ERR_SYNTAX, "line 1"},
		{"<a><!-- -- --></a>", ERR_SYNTAX, "line 1"},
		{"<a>\xff</a>", ERR_SYNTAX, "UTF-8"},
		{"<a>\xc0\xaf</a>", ERR_SYNTAX, "UTF-8"},
		{"<a>\xed\xa0\x80</a>", ERR_SYNTAX, "UTF-8"},
		{"<a>\xef\xbf\xbf</a>", ERR_SYNTAX, "line 1"},
		{"<\xc3\xa4>", ERR_SYNTAX, "line 1"},
		{"\xff\xfe<", ERR_SYNTAX, "UTF-8"},
		{"<!DOCTYPE a><a/>", ERR_SYNTAX, "document type declaration"},
		{"<!DOCTYPE a SYSTEM 'http://192.0.2.1/a.dtd'><a/>", ERR_SYNTAX, "document type declaration"},
		{"<!DOCTYPE a PUBLIC '-//x//y' 'a.dtd'><a/>", ERR_SYNTAX, "document type declaration"},
		{"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>", ERR_SYNTAX,
		 "document type declaration"},
		{"<!DOCTYPE a [<!ENTITY % e SYSTEM 'http://192.0.2.1/e'> %e;]><a/>", ERR_SYNTAX,
		 "document type declaration"},
		{"<!DOCTYPE a [<!ATTLIST a b CDATA 'default'>]><a/>", ERR_SYNTAX, "document type declaration"},
		{"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;"
		 "&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>]><l>&d;&d;&d;&d;</l>",
		 ERR_SYNTAX, "document type declaration"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_bad(&rows[i], slice_text(rows[i].document));
	static const struct bad_row with_nul = {"<a>(NUL)</a>", ERR_SYNTAX, "UTF-8"};
	check_bad(&with_nul, SLICE("<a>\0</a>"));
	check_bad(&with_nul, SLICE("<\0a\0/\0>\0"));
}

static void a_sentence_is_printable_whatever_the_document_says(void)
{
	CLEANUP(arena_finish) struct arena arena;
	const struct xml_node *root = NULL;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	CHECK_NUMBER(parse(&arena, SLICE("<\xc3\xa4></\xc3\xb6>"), &usual, &root, &error), ERR_SYNTAX);
	CHECK(error.sentence[0]);
	for (const char *at = error.sentence; *at; at++)
		CHECK(*at >= ' ' && *at <= '~');
}

static void limits_hold_to_the_last_node(void)
{
	static const struct {
		const char *document;
		struct xml_limits limits;
		int result;
	} rows[] = {
		{"<a/>", {4, 1, 1}, 0},
		{"<a/>", {3, 1, 1}, ERR_LIMIT},
		{"<a><b/></a>", {100, 1, 9}, ERR_LIMIT},
		{"<a><b/><c/></a>", {100, 2, 3}, 0},
		{"<a><b/><c/></a>", {100, 2, 2}, ERR_LIMIT},
		{"<a>x<c/></a>", {100, 2, 3}, 0},
		{"<a>x<c/></a>", {100, 2, 2}, ERR_LIMIT},
		{"<a>x</a>", {100, 2, 1}, ERR_LIMIT},
		{"<a b=''/>", {100, 2, 2}, 0},
		{"<a b=''/>", {100, 2, 1}, ERR_LIMIT},
		{"<a xmlns:b='urn:b'/>", {100, 2, 1}, ERR_LIMIT},
		{"<a/>", {100, 0, 9}, ERR_LIMIT},
		{"<a/>", {100, 9, 0}, ERR_LIMIT},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		const struct xml_node *root = NULL;
		struct body_error error;
		arena_init(&arena, NULL, 1 << 20);
		int result = parse(&arena, slice_text(rows[i].document), &rows[i].limits, &root, &error);
		if (result != rows[i].result)
			CHECK_TEXT(SLICE("(another result)"), rows[i].document);
		CHECK((result == 0) == (root != NULL));
		CHECK((result == 0) == (error.sentence[0] == '\0'));
	}
}

/* `piece` again and again until the body is as large as it may be; '#' at its end is a number, another each time. */
static void fill(struct buffer *buffer, const char *before, const char *piece, const char *after)
{
	struct slice fixed = slice_text(piece);
	bool is_counted = slice_ends_with(fixed, SLICE("#"));
	fixed.length -= is_counted;
	buffer_clear(buffer);
	buffer_text(buffer, before);
	while (!buffer_failed(buffer) && buffer->length + fixed.length + strlen(after) + 12 <= usual.bytes) {
		buffer_append(buffer, fixed);
		if (is_counted)
			buffer_format(buffer, "%zu=''", buffer->length);
	}
	buffer_text(buffer, after);
}

static void bombs_cost_no_more_than_what_is_read_of_them(void)
{
	static const struct {
		const char *before, *piece, *after;
		int result;
	} rows[] = {
		{"", "<a>", "", ERR_LIMIT},
		{"<a>", "<b/>", "</a>", ERR_LIMIT},
		{"<a>", "x<b/>", "</a>", ERR_LIMIT},
		{"<a ", " _#", "/>", ERR_LIMIT},
		{"<a ", " b=''", "/>", ERR_LIMIT},
		{"<a ", " b = \"\"", "/>", ERR_LIMIT},
		{"<!-- <a \" --><a ", " b=''", "/>", ERR_LIMIT},
		{"<a ", " xmlns:b=''", "/>", ERR_LIMIT},
		{"<!DOCTYPE a [", "<!ENTITY a 'a'>", "]><a/>", ERR_SYNTAX},
		{"<!DOCTYPE a SYSTEM '", "a", "'><a/>", ERR_SYNTAX},
	};
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1 << 20);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		const struct xml_node *root = NULL;
		struct body_error error;
		arena_init(&arena, NULL, 1 << 20);
		fill(&buffer, rows[i].before, rows[i].piece, rows[i].after);
		CHECK(!buffer_failed(&buffer));
		int result = parse(&arena, buffer_slice(&buffer), &usual, &root, &error);
		if (result != rows[i].result)
			CHECK_TEXT(SLICE("(another result)"), rows[i].piece);
		CHECK(error.sentence[0]);
		/* The text itself, and no more nodes than the limit. */
		CHECK(arena.used_bytes < usual.bytes + usual.nodes * 160);
	}
}

static void much_text_is_no_bomb(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	const struct xml_node *root = NULL;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&buffer, 1 << 20);
	fill(&buffer, "<a>", "a = b ==== &amp; ", "</a>");
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(parse(&arena, buffer_slice(&buffer), &usual, &root, &error), 0);
	CHECK(!root->children->next);
	CHECK(root->children->text.length > 40000);
	/* One byte more than may be. */
	while (buffer.length <= usual.bytes && !buffer_failed(&buffer))
		buffer_byte(&buffer, ' ');
	CHECK_NUMBER(parse(&arena, buffer_slice(&buffer), &usual, &root, &error), ERR_LIMIT);
}

static void an_arena_that_is_full_is_no_memory(void)
{
	for (size_t bytes = 0; bytes < 600; bytes += 16) {
		CLEANUP(arena_finish) struct arena arena;
		const struct xml_node *root = NULL;
		struct body_error error;
		arena_init(&arena, NULL, bytes);
		int result = parse(&arena, SLICE("<a xmlns='urn:1' b='c'>d<e/>f</a>"), &usual, &root, &error);
		CHECK(result == ERR_NO_MEMORY || (result == 0 && bytes > 400));
	}
}

/* --- writing -------------------------------------------------------------------------------------------------- */

static void texts_and_values_are_escaped(void)
{
	static const struct {
		struct slice plain;
		const char *text, *value;
	} rows[] = {
		{SLICE(""), "", ""},
		{SLICE("plain"), "plain", "plain"},
		{SLICE("<a b=\"c\">&'"), "&lt;a b=\"c\"&gt;&amp;'", "&lt;a b=&quot;c&quot;&gt;&amp;'"},
		{SLICE("1\t2\n3\r4"), "1\t2\n3&#13;4", "1&#9;2&#10;3&#13;4"},
		{SLICE("\0\x01\x1f\x7f"), "???\x7f", "???\x7f"},
		{SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
		{SLICE("\xc3"), "?", "?"},
		{SLICE("\x80\xc3\xc3\xa4"), "??\xc3\xa4", "??\xc3\xa4"},
		{SLICE("\xed\xa0\x80+\xc0\xaf\xff"), "???+???", "???+???"},
		{SLICE("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd"), "??????\xef\xbf\xbd", "??????\xef\xbf\xbd"},
		{SLICE("\xf4\x90\x80\x80"), "????", "????"},
	};
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[200];
		buffer_clear(&buffer);
		xml_write_text(&buffer, rows[i].plain);
		CHECK_TEXT(buffer_slice(&buffer), rows[i].text);
		buffer_clear(&buffer);
		xml_write_attribute(&buffer, "n", rows[i].plain);
		CHECK(snprintf(wanted, sizeof(wanted), " n=\"%s\"", rows[i].value) > 0);
		CHECK_TEXT(buffer_slice(&buffer), wanted);
	}
}

static void entities_are_escaped_as_xml_too(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_target target = {.user = SLICE("a&b<c"), .domain = SLICE("example.test")};
	buffer_init(&buffer, 1000);
	xml_write_entity(&buffer, &target);
	CHECK_TEXT(buffer_slice(&buffer), "sip:a&amp;b%3Cc@example.test");
	target.style = BODY_PRES_ENTITY;
	buffer_clear(&buffer);
	xml_write_entity(&buffer, &target);
	CHECK_TEXT(buffer_slice(&buffer), "pres:a&amp;b%3Cc@example.test");
}

static const struct xml_prefix prefixes[] = {{"", "urn:1"}, {"two", "urn:2"}};

static void nodes_are_written_with_the_prefixes_of_the_root(void)
{
	static const struct {
		const char *read, *written;
	} rows[] = {
		{"<a xmlns='urn:1'/>", "<a/>"},
		{"<x:a xmlns:x='urn:1'><x:b>t</x:b></x:a>", "<a><b>t</b></a>"},
		{"<a xmlns='urn:2'><b xmlns='urn:1'/></a>", "<two:a><b/></two:a>"},
		{"<a><b/></a>", "<a xmlns=\"\"><b/></a>"},
		{"<a xmlns='urn:1'><b xmlns=''/><c/></a>", "<a><b xmlns=\"\"/><c/></a>"},
		/* What the root declares as the default holds again only where it is said again. */
		{"<a xmlns='urn:3'><b/><c xmlns='urn:1'><d xmlns='urn:2'/></c></a>",
		 "<a xmlns=\"urn:3\"><b/><c xmlns=\"urn:1\"><two:d/></c></a>"},
		{"<x:a xmlns:x='urn:3' x:b='1' c='2' x:d='&amp;'/>",
		 "<a xmlns=\"urn:3\" xmlns:ns1=\"urn:3\" ns1:b=\"1\" c=\"2\" xmlns:ns2=\"urn:3\" ns2:d=\"&amp;\"/>"},
		{"<x:a xmlns:x='urn:1' x:b='1'/>", "<a xmlns:ns1=\"urn:1\" ns1:b=\"1\"/>"},
		{"<x:a xmlns:x='urn:2' x:b='1' xml:lang='de'/>", "<two:a two:b=\"1\" xml:lang=\"de\"/>"},
		{"<a xmlns='urn:1'>x &lt; <b/>\r\n<![CDATA[&]]> \t<c/></a>", "<a>x &lt; <b/>\n&amp; \t<c/></a>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 1000);
		const struct xml_node *root = parse_good(&arena, rows[i].read);
		CHECK(root);
		xml_write_node(&buffer, root, prefixes, ARRAY_SIZE(prefixes));
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), rows[i].written);
	}
}

static void declarations_are_written(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	xml_write_declarations(&buffer, prefixes, ARRAY_SIZE(prefixes));
	CHECK_TEXT(buffer_slice(&buffer), " xmlns=\"urn:1\" xmlns:two=\"urn:2\"");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_document_becomes_a_tree", a_document_becomes_a_tree, TEST_PLAIN},
		{"escapes_and_pieces_become_one_text", escapes_and_pieces_become_one_text, TEST_PLAIN},
		{"values_of_attributes_come_without_escapes", values_of_attributes_come_without_escapes, TEST_PLAIN},
		{"namespaces_are_resolved", namespaces_are_resolved, TEST_PLAIN},
		{"nothing_is_found_in_nothing", nothing_is_found_in_nothing, TEST_PLAIN},
		{"bad_documents_are_refused_with_a_sentence", bad_documents_are_refused_with_a_sentence, TEST_PLAIN},
		{"a_sentence_is_printable_whatever_the_document_says",
		 a_sentence_is_printable_whatever_the_document_says, TEST_PLAIN},
		{"limits_hold_to_the_last_node", limits_hold_to_the_last_node, TEST_PLAIN},
		{"bombs_cost_no_more_than_what_is_read_of_them", bombs_cost_no_more_than_what_is_read_of_them,
		 TEST_PLAIN},
		{"much_text_is_no_bomb", much_text_is_no_bomb, TEST_PLAIN},
		{"an_arena_that_is_full_is_no_memory", an_arena_that_is_full_is_no_memory, TEST_PLAIN},
		{"texts_and_values_are_escaped", texts_and_values_are_escaped, TEST_PLAIN},
		{"entities_are_escaped_as_xml_too", entities_are_escaped_as_xml_too, TEST_PLAIN},
		{"nodes_are_written_with_the_prefixes_of_the_root", nodes_are_written_with_the_prefixes_of_the_root,
		 TEST_PLAIN},
		{"declarations_are_written", declarations_are_written, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
