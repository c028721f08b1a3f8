/* Documents as trees: what is read, what is refused, what is written. SPDX-License-Identifier: MIT */
#include "document_world.h"

#include <stdlib.h>

static int read_text(const char *text, const struct xml_limits *limits, struct document_tree *tree,
		     struct body_error *error)
{
	*error = (struct body_error){""};
	*tree = (struct document_tree){.xml = NULL};
	return tree_read(slice_text(text), limits, tree, error);
}

static void finish(struct document_tree *tree)
{
	if (tree->xml)
		tree_finish(tree);
}

static void a_document_that_is_not_edited_is_written_as_it_came(void)
{
	static const char *const rows[] = {
		"<a/>\n",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a/>\n",
		"<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<!-- before -->\n<a>\n\t<b/> <c "
		"z=\"1\" y=\"2\" x=\"&lt;&amp;&quot;\"/>\n</a>\n<!-- behind -->\n",
		"<p:a xmlns:p=\"urn:a\" xmlns=\"urn:b\" xmlns:q=\"urn:a\" q:x=\"1\">text &lt;&amp; <b xmlns=\"\"/><?do "
		"it?><!-- in --><![CDATA[<raw>]]></p:a>\n",
		"<a xml:lang=\"de\" xml:id=\"x\">\xc3\xa4\xf0\x9f\x98\x80</a>\n",
		"<a b=\"&#10;&#9;\">&#13;</a>\n",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(finish) struct document_tree tree;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct body_error error;
		buffer_init(&buffer, 4096);
		CHECK_NUMBER(read_text(rows[i], &world_limits, &tree, &error), 0);
		tree_write(&tree, &buffer);
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), rows[i]);
	}
}

static void a_buffer_that_is_too_small_fails(void)
{
	CLEANUP(finish) struct document_tree tree;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_error error;
	buffer_init(&buffer, 10);
	CHECK_NUMBER(read_text("<a>much more than ten bytes</a>", &world_limits, &tree, &error), 0);
	tree_write(&tree, &buffer);
	CHECK(buffer_failed(&buffer));
}

static void what_is_broken_is_refused_with_the_line(void)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"", "empty"},
		{"  \n", "empty"},
		{"a", "line 1"},
		{"<a>\n<b>\n</a>", "line 3"},
		{"<a>\n\n<p:b/></a>", "line 3"},
		{"<a p:x='1'/>", "line 1"},
		{"<a x='1' x='2'/>", "line 1"},
		{"<a xmlns:p='urn:x' xmlns:q='urn:x' p:x='1' q:x='1'/>", "line 1"},
		{"<a/>\n<b/>", "line 2"},
		{"<a/>x", "line 1"},
		{"<a>&unknown;</a>", "line 1"},
		{"<a>&#0;</a>", "line 1"},
		{"<!DOCTYPE a><a/>", "document type"},
		{"<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>", "document type"},
		{"<a>\xff</a>", "UTF-8"},
		{"<a x='<'/>", "line 1"},
		{"<a>]]></a>", "line 1"},
		{"<!-- -- --><a/>", "line 1"},
		{"<a>\n<b xmlns:p='urn:a&amp;b'/></a>", "line 2"},
		{"<a xmlns='&lt;'/>", "line 1"},
		{"<a xmlns='a&#10;b'/>", "line 1"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(finish) struct document_tree tree;
		struct body_error error;
		CHECK_NUMBER(read_text(rows[i].text, &world_limits, &tree, &error), ERR_SYNTAX);
		if (!strstr(error.sentence, rows[i].words))
			CHECK_TEXT(slice_text(error.sentence), rows[i].words);
	}
}

static void what_is_too_much_is_refused(void)
{
	static const struct xml_limits small = {.bytes = 60, .depth = 3, .nodes = 6};
	static const struct {
		const char *text;
		int result;
	} rows[] = {
		{"<a><b><c/></b></a>", 0},
		{"<a><b><c><d/></c></b></a>", ERR_LIMIT},
		{"<a><b/><b/><b/><b/><b/></a>", 0},
		{"<a><b/><b/><b/><b/><b/><b/></a>", ERR_LIMIT},
		{"<a> <b/> <b/> </a>", 0},
		{"<a> <b/> <b/> <b/></a>", ERR_LIMIT},
		{"<a p='' q='' r='' s='' t=''/>", 0},
		{"<a p='' q='' r='' s='' t='' u=''/>", ERR_LIMIT},
		{"<a xmlns:p='u:' xmlns:q='u:' r='' s='' t='' u=''/>", ERR_LIMIT},
		{"<a><!----><!----><!----><!----><!----></a>", 0},
		{"<a><!----><!----><!----><!----><!----><!----></a>", ERR_LIMIT},
		{"<a><?p?><?p?><?p?><?p?><?p?><?p?></a>", ERR_LIMIT},
		{"<a><![CDATA[]]></a>", 0},
		{"<a>0123456789 0123456789 0123456789 0123456789 012345678</a>", 0},
		{"<a>0123456789 0123456789 0123456789 0123456789 0123456789</a>", ERR_LIMIT},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(finish) struct document_tree tree;
		struct body_error error;
		CHECK_NUMBER(read_text(rows[i].text, &small, &tree, &error), rows[i].result);
		CHECK(rows[i].result == 0 || error.sentence[0] != '\0');
	}
}

static void lines_beyond_65535_have_their_number(void)
{
	static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 3, .nodes = 300000};
	enum { LINES = 70000 };
	CLEANUP(finish) struct document_tree tree;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_error error;
	tree = (struct document_tree){.xml = NULL};
	buffer_init(&buffer, wide.bytes);
	buffer_text(&buffer, "<a>");
	for (int i = 1; i < LINES; i++)
		buffer_byte(&buffer, '\n');
	buffer_text(&buffer, "<b> </b></a>");
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(tree_read(buffer_slice(&buffer), &wide, &tree, &error), 0);
	CHECK_NUMBER(xmlGetLineNo(xmlDocGetRootElement(tree.xml)->last), LINES);
}

static void words_of_libxml2_become_one_line(void)
{
	char words[BODY_SENTENCE_SIZE];
	tree_words("One\x01\xc3\xa4 line\nand another", words);
	CHECK_TEXT(slice_text(words), "One??? line");
	tree_words(NULL, words);
	CHECK_TEXT(slice_text(words), "");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_document_that_is_not_edited_is_written_as_it_came",
		 a_document_that_is_not_edited_is_written_as_it_came, TEST_PLAIN},
		{"a_buffer_that_is_too_small_fails", a_buffer_that_is_too_small_fails, TEST_PLAIN},
		{"what_is_broken_is_refused_with_the_line", what_is_broken_is_refused_with_the_line, TEST_PLAIN},
		{"what_is_too_much_is_refused", what_is_too_much_is_refused, TEST_PLAIN},
		{"lines_beyond_65535_have_their_number", lines_beyond_65535_have_their_number, TEST_PLAIN},
		{"words_of_libxml2_become_one_line", words_of_libxml2_become_one_line, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
