/* Which XCAP documents a subscription is about (RFC 5875 §4.4), and how they are called. SPDX-License-Identifier: MIT
 */
#include "presence/xcap_selection.h"

#include "base/buffer.h"
#include "test.h"

#define OWN "/users/sip:alice@example.test/"
#define ENTRY(uri) "<entry uri=\"" uri "\"/>"

static const struct xcap_tree tree = {{"alice", 5}, {"example.test", 12}, {"https://example.test/xcap/", 26}};

static unsigned read_list(struct arena *arena, const char *entries, struct slice *selection, const char **sentence)
{
	struct buffer body;
	buffer_init(&body, 100000);
	buffer_text(&body, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>");
	buffer_text(&body, entries);
	buffer_text(&body, "</list></resource-lists>");
	unsigned status = buffer_failed(&body)
				  ? 500
				  : xcap_selection_read(arena, &tree, buffer_slice(&body), selection, sentence);
	buffer_finish(&body);
	return status;
}

static const struct {
	const char *entries, *selection; /* NULL: refused */
	unsigned status;
} rows[] = {
	{ENTRY("resource-lists/users/sip:alice@example.test/index"), "resource-lists" OWN "index", 0},
	/* sorted, each once, whatever its URI looks like */
	{ENTRY("resource-lists/users/sip:alice@example.test/index") ENTRY("pres-rules/users/alice/index")
		 ENTRY("https://example.test/xcap/resource-lists/users/sip%3Aalice%40example.test/index"),
	 "pres-rules" OWN "index\nresource-lists" OWN "index", 0},
	/* folders */
	{ENTRY("resource-lists/users/sip:alice@example.test/"), "resource-lists" OWN, 0},
	{ENTRY("resource-lists/users/sip:alice@example.test"), "resource-lists" OWN, 0},
	{ENTRY("resource-lists/users/sip:alice@example.test/work/"), "resource-lists" OWN "work/", 0},
	{ENTRY("resource-lists/users/sip:alice@example.test/work/team"), "resource-lists" OWN "work/team", 0},
	{ENTRY("rls-services/global/") ENTRY("xcap-caps/global/index"), "rls-services/global/\nxcap-caps/global/index",
	 0},
	/* nodes count as their document */
	{ENTRY("pres-rules/users/sip:alice@example.test/index/~~/ruleset/rule%5b@id=%22a%22%5d?xmlns(p=urn:x)"),
	 "pres-rules" OWN "index", 0},
	{"<list>" ENTRY("a/global/b") "</list><x/>", "a/global/b", 0},
	/* not his */
	{ENTRY("resource-lists/users/sip:bob@example.test/index"), NULL, 403},
	{ENTRY("resource-lists/users/sip:alice@example.com/index"), NULL, 403},
	{ENTRY("a/global/b") ENTRY("resource-lists/users/sip:bob@example.test/"), NULL, 403},
	/* nothing, or no URI of a document */
	{"", NULL, 400},
	{"<entry/>", NULL, 400},
	{ENTRY("resource-lists"), NULL, 400},
	{ENTRY("resource-lists/users/"), NULL, 400},
	{ENTRY("resource-lists/users/sip:alice@example.test/../x"), NULL, 400},
	{ENTRY("resource-lists/users/sip:alice@example.test/a%0Ab"), NULL, 400},
	{ENTRY("resource-lists/users/sip:alice@example.test/a%zz"), NULL, 400},
	{ENTRY("http://example.com/xcap/a/global/b"), NULL, 400},
};

static void entries_become_one_text_for_the_same_selection_or_are_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 20};
		struct slice selection = SLICE("");
		const char *sentence = NULL;
		unsigned status = read_list(&arena, rows[i].entries, &selection, &sentence);
		CHECK_NUMBER(status, rows[i].status);
		CHECK((status == 0) == (sentence == NULL));
		if (status == 0)
			CHECK_TEXT(selection, rows[i].selection);
	}
}

static void what_is_no_list_or_has_too_many_entries_is_refused(void)
{
	CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
	CLEANUP(buffer_finish) struct buffer many = {.limit = 100000};
	struct slice selection;
	const char *sentence = NULL;
	CHECK_NUMBER(xcap_selection_read(&arena, &tree, SLICE("<list/>"), &selection, &sentence), 400);
	CHECK_NUMBER(xcap_selection_read(&arena, &tree, SLICE("<resource-lists"), &selection, &sentence), 400);
	for (unsigned i = 0; i < XCAP_SELECTION_MOST + 1; i++)
		buffer_format(&many, "<entry uri=\"a/global/%u\"/>", i);
	buffer_byte(&many, '\0');
	CHECK(!buffer_failed(&many));
	CHECK_NUMBER(read_list(&arena, many.data, &selection, &sentence), 413);
}

static const struct {
	const char *line, *application, *name;
	bool is_global, has;
} matches[] = {
	{"resource-lists" OWN "index", "resource-lists", "index", false, true},
	{"resource-lists" OWN "index", "resource-lists", "index2", false, false},
	{"resource-lists" OWN "index", "pres-rules", "index", false, false},
	{"resource-lists" OWN "index", "resource-lists", "index", true, false},
	{"resource-lists" OWN, "resource-lists", "work/team", false, true},
	{"resource-lists" OWN "work/", "resource-lists", "work/team", false, true},
	{"resource-lists" OWN "work/", "resource-lists", "workers", false, false},
	{"resource-lists" OWN "work", "resource-lists", "work/team", false, false},
	{"xcap-caps/global/", "xcap-caps", "index", true, true},
	{"xcap-caps/global/", "xcap-caps", "index", false, false},
	{"org.openmobilealliance.pres-rules" OWN, "pres-rules", "index", false, true},
};

static void a_line_has_its_document_or_what_is_in_its_folder(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(matches); i++) {
		const struct xcap_document_name document = {.application = slice_text(matches[i].application),
							    .name = slice_text(matches[i].name),
							    .is_global = matches[i].is_global};
		struct slice application;
		CHECK(xcap_selection_has(slice_text(matches[i].line), &document, &application) == matches[i].has);
		CHECK(slice_starts_with(slice_text(matches[i].line), application));
	}
}

static void documents_are_called_by_their_users_uri(void)
{
	CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 20};
	const struct xcap_tree odd = {SLICE("a/b c%"), SLICE("example.test"), SLICE("")};
	const struct xcap_document_name own = {SLICE("pres-rules"), SLICE("index"), false},
					global = {SLICE("xcap-caps"), SLICE("index"), true};
	struct slice selector;
	CHECK(xcap_selector_write(&arena, &tree, &own, &selector) == 0);
	CHECK_TEXT(selector, "pres-rules" OWN "index");
	CHECK(xcap_selector_write(&arena, &tree, &global, &selector) == 0);
	CHECK_TEXT(selector, "xcap-caps/global/index");
	CHECK(xcap_selector_write(&arena, &odd, &own, &selector) == 0);
	CHECK_TEXT(selector, "pres-rules/users/sip:a%2Fb%20c%25@example.test/index");
}

static const struct test tests[] = {
	{"entries become one text for the same selection, or are refused",
	 entries_become_one_text_for_the_same_selection_or_are_refused, TEST_PLAIN},
	{"what is no list, or has too many entries, is refused", what_is_no_list_or_has_too_many_entries_is_refused,
	 TEST_PLAIN},
	{"a line has its document, or what is in its folder", a_line_has_its_document_or_what_is_in_its_folder,
	 TEST_PLAIN},
	{"documents are called by their user's URI", documents_are_called_by_their_users_uri, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
