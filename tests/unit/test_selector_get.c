/* What selectors select, as text (RFC 4825 §6.3, §7.3, §7.6, §7.9). SPDX-License-Identifier: MIT */
#include "document_world.h"

static const char lists[] =
	"<?xml version=\"1.0\"?>\n"
	"<lists xmlns=\"urn:test\" xmlns:x=\"urn:x\">\n"
	"<!-- the first --><list name=\"friends\" x:age=\"5\">\n"
	"<entry uri=\"sip:bob@example.test\"><name>Bob</name></entry>\n"
	"<x:note>at &lt;work&gt;</x:note>\n"
	"<entry uri=\"sip:carol@example.test\" x:rank=\"2\"/>\n"
	"</list>\n"
	"<list name=\"say &quot;hi&quot;\" empty=\"\"><entry uri=\"sip:dan@example.test\"/></list>\n"
	"<y:list xmlns:y=\"urn:test\" name=\"third\"><plain xmlns=\"\" xmlns:x=\"urn:other\"><x:in/>"
	"<in x:a=\"b\"/></plain></y:list>\n"
	"</lists>";

static const struct {
	const char *selector, *query;
	enum edit_result result;
	const char *text;
} rows[] = {
	{"lists/list[@name=\"friends\"]/entry[1]/name", "", EDIT_DONE, "<name xmlns=\"urn:test\">Bob</name>"},
	{"lists/list[1]/entry[@uri=\"sip:bob@example.test\"]", "", EDIT_DONE,
	 "<entry xmlns=\"urn:test\" uri=\"sip:bob@example.test\"><name>Bob</name></entry>"},
	{"*/*[1]/*[3]", "", EDIT_DONE,
	 "<entry xmlns=\"urn:test\" xmlns:x=\"urn:x\" uri=\"sip:carol@example.test\" x:rank=\"2\"/>"},
	{"lists/list[1]/x:note", "xmlns(x=urn:x)", EDIT_DONE, "<x:note xmlns:x=\"urn:x\">at &lt;work&gt;</x:note>"},
	{"lists/list[1]/other:note", "xmlns(other=urn:x)", EDIT_DONE,
	 "<x:note xmlns:x=\"urn:x\">at &lt;work&gt;</x:note>"},
	{"p:lists/p:list[2]/p:entry", "xmlns(p=urn:test)", EDIT_DONE,
	 "<entry xmlns=\"urn:test\" uri=\"sip:dan@example.test\"/>"},
	{"lists/list/entry[@uri=\"sip:dan@example.test\"]", "", EDIT_DONE,
	 "<entry xmlns=\"urn:test\" uri=\"sip:dan@example.test\"/>"},
	{"lists/list[3]/p:plain", "xmlns(p=urn:test)", EDIT_NOT_FOUND, NULL},
	{"lists/list[3]/*", "", EDIT_DONE, "<plain xmlns=\"\" xmlns:x=\"urn:other\"><x:in/><in x:a=\"b\"/></plain>"},
	{"lists/list[3]/*/*[2]", "", EDIT_DONE, "<in xmlns:x=\"urn:other\" x:a=\"b\"/>"},
	{"lists/list[1]/*[@x:rank=\"2\"]", "xmlns(x=urn:x)", EDIT_DONE,
	 "<entry xmlns=\"urn:test\" xmlns:x=\"urn:x\" uri=\"sip:carol@example.test\" x:rank=\"2\"/>"},
	{"lists/list[1]/*[@rank=\"2\"]", "", EDIT_NOT_FOUND, NULL},
	{"lists/list[1]/entry[2][@uri=\"sip:carol@example.test\"]/@uri", "", EDIT_DONE, "sip:carol@example.test"},
	{"lists/list[1]/entry[1][@uri=\"sip:carol@example.test\"]", "", EDIT_NOT_FOUND, NULL},
	{"lists/list[1]/entry", "", EDIT_AMBIGUOUS, NULL},
	{"lists/list/entry", "", EDIT_AMBIGUOUS, NULL},
	{"lists/list[@name=\"enemies\"]", "", EDIT_NOT_FOUND, NULL},
	{"lists/list[4]", "", EDIT_NOT_FOUND, NULL},
	{"lists/list[0]", "", EDIT_NOT_FOUND, NULL},
	{"list", "", EDIT_NOT_FOUND, NULL},
	{"lists[2]", "", EDIT_NOT_FOUND, NULL},
	{"lists[1]/list[2]/@empty", "", EDIT_DONE, ""},
	{"lists/list[@name='say \"hi\"']/@name", "", EDIT_DONE, "say &quot;hi&quot;"},
	{"lists/list[@name=\"say &quot;hi&quot;\"]/@name", "", EDIT_DONE, "say &quot;hi&quot;"},
	{"lists/list[1]/@p:age", "xmlns(p=urn:x)", EDIT_DONE, "5"},
	{"lists/list[1]/@age", "", EDIT_NOT_FOUND, NULL},
	{"lists/list[7]/@name", "", EDIT_NOT_FOUND, NULL},
	{"lists/list/@name", "", EDIT_AMBIGUOUS, NULL},
	{"lists/namespace::*", "", EDIT_DONE, "<lists xmlns=\"urn:test\" xmlns:x=\"urn:x\"/>"},
	{"lists/list[1]/entry[1]/name/namespace::*", "", EDIT_DONE, "<name xmlns=\"urn:test\" xmlns:x=\"urn:x\"/>"},
	{"lists/list[3]/namespace::*", "", EDIT_DONE,
	 "<y:list xmlns:y=\"urn:test\" xmlns=\"urn:test\" xmlns:x=\"urn:x\"/>"},
	{"lists/list[3]/*/*[1]/namespace::*", "", EDIT_DONE, "<x:in xmlns:x=\"urn:other\" xmlns:y=\"urn:test\"/>"},
	{"lists/list[8]/namespace::*", "", EDIT_NOT_FOUND, NULL},
};

static void each_selector_gets_what_it_selects(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(document_world_finish) struct document_world world;
		int result = document_world_open(&world, lists, rows[i].selector, rows[i].query);
		CHECK_TEXT(slice_text(world.error.sentence), "");
		CHECK_NUMBER(result, 0);
		enum edit_result got = selector_get(&world.selector, &world.tree, &world.text);
		if (got != rows[i].result)
			CHECK_TEXT(slice_text(rows[i].selector), "another result");
		CHECK(rows[i].text || slice_is_empty(buffer_slice(&world.text)));
		if (rows[i].text)
			CHECK_TEXT(buffer_slice(&world.text), rows[i].text);
		/* Nothing has changed by that. */
		CHECK_TEXT(document_world_write(&world),
			   "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			   "<lists xmlns=\"urn:test\" xmlns:x=\"urn:x\">\n"
			   "<!-- the first --><list name=\"friends\" x:age=\"5\">\n"
			   "<entry uri=\"sip:bob@example.test\"><name>Bob</name></entry>\n"
			   "<x:note>at &lt;work&gt;</x:note>\n"
			   "<entry uri=\"sip:carol@example.test\" x:rank=\"2\"/>\n"
			   "</list>\n"
			   "<list name=\"say &quot;hi&quot;\" empty=\"\"><entry "
			   "uri=\"sip:dan@example.test\"/></list>\n"
			   "<y:list xmlns:y=\"urn:test\" name=\"third\"><plain xmlns=\"\" "
			   "xmlns:x=\"urn:other\"><x:in/>"
			   "<in x:a=\"b\"/></plain></y:list>\n"
			   "</lists>");
	}
}

static void a_selector_without_namespace_selects_in_documents_without(void)
{
	CLEANUP(document_world_finish) struct document_world world;
	CHECK_NUMBER(document_world_open(&world, "<a><b c='1'/></a>", "*/*", ""), 0);
	CHECK_NUMBER(selector_get(&world.selector, &world.tree, &world.text), EDIT_DONE);
	CHECK_TEXT(buffer_slice(&world.text), "<b c=\"1\"/>");
	struct selector plain;
	CHECK_NUMBER(selector_read(&world.arena, SLICE("a/b/@c"), SLICE(""), SLICE(""), &plain, &world.error), 0);
	buffer_clear(&world.text);
	CHECK_NUMBER(selector_get(&plain, &world.tree, &world.text), EDIT_DONE);
	CHECK_TEXT(buffer_slice(&world.text), "1");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_selector_gets_what_it_selects", each_selector_gets_what_it_selects, TEST_PLAIN},
		{"a_selector_without_namespace_selects_in_documents_without",
		 a_selector_without_namespace_selects_in_documents_without, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
