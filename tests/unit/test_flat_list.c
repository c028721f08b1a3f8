/* Lists made flat: what counts as an entry, references, loops, limits, services. SPDX-License-Identifier: MIT */
#include "documents/flat_list.h"

#include "base/error.h"
#include "test.h"

#include <time.h>

#define LISTS(text) "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">" text "</resource-lists>"
#define ENTRY(user) "<entry uri=\"sip:" user "@example.test\"/>"
#define ROOT "https://xcap.example.test:5443/xcap/"
#define ALICE "resource-lists/users/sip:alice@example.test/"

/* Documents that references may lead to. */
static const struct {
	const char *user, *name, *text;
} documents[] = {
	{"alice", "index",
	 LISTS("<list name=\"friends\">" ENTRY("bob") "<entry uri=\"sip:carol@example.test\"><display-name>Carol"
						      "</display-name></entry></list>"
						      "<list name=\"work\">" ENTRY("dave") "<list name=\"desk\">" ENTRY(
							      "erin") "</list></list><list name=\"friends too\"/>")},
	{"alice", "loop",
	 LISTS("<list name=\"a\">" ENTRY("a") "<external anchor=\"" ROOT ALICE
					      "loop/~~/resource-lists/list%5b2%5d\"/></list>"
					      "<list name=\"b\">" ENTRY("b") "<external anchor=\"" ROOT ALICE
									     "loop/~~/resource-lists/list%5b1%5d\"/>"
									     "</list>")},
	{"alice", "own",
	 LISTS("<list name=\"a\"><list name=\"b\"><external anchor=\"" ROOT ALICE
	       "own/~~/resource-lists/list\"/></list></list>")},
	{"alice", "broken", "<resource-lists"},
	{"alice", "big", LISTS("<list>" ENTRY("1") ENTRY("2") ENTRY("3") ENTRY("4") ENTRY("5") ENTRY("6") "</list>")},
	{"eve", "index", LISTS("<list name=\"friends\">" ENTRY("mallory") "</list>")},
	{"", "staff", LISTS("<list name=\"all\">" ENTRY("boss") "</list>")},
};

static bool find(void *arg, struct slice user, struct slice application, struct slice name, struct slice *body)
{
	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		if (slice_equal(application, SLICE("resource-lists")) &&
		    slice_equal(user, slice_text(documents[i].user)) &&
		    slice_equal(name, slice_text(documents[i].name))) {
			*body = slice_text(documents[i].text);
			return true;
		}
	}
	return false;
}

static const struct document_reader reader = {.find = find};
static const struct list_limits limits = {
	.entries = 5, .depth = 4, .xml = {.bytes = 100000, .depth = 12, .nodes = 1000}};
static const struct list_context context = {.user = {"alice", 5},
					    .domain = {"example.test", 12},
					    .root = {ROOT, sizeof ROOT - 1},
					    .reader = &reader,
					    .limits = &limits};

/* "uri=name uri …" */
static void write_list(struct buffer *buffer, const struct flat_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buffer_byte(buffer, ' ');
		buffer_append(buffer, list->entries[i].uri);
		if (!slice_is_empty(list->entries[i].name)) {
			buffer_byte(buffer, '=');
			buffer_append(buffer, list->entries[i].name);
		}
	}
}

struct row {
	const char *text;
	int result;
	const char *wanted; /* the list, or what the sentence has in it */
};

#define REFERENCE(ref) LISTS("<list><entry-ref ref=\"" ref "\"/></list>")
#define EXTERNAL(anchor) LISTS("<list><external anchor=\"" anchor "\"/></list>")

static const struct row rows[] = {
	/* as Linphone sends it */
	{"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
	 "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<list>\n<entry uri=\"sip:bob@example.test\"/>\n"
	 "</list>\n</resource-lists>\n",
	 0, "sip:bob@example.test"},
	{LISTS(""), 0, ""},
	{LISTS("<list/>"), 0, ""},
	{LISTS("<list name=\"a\"><display-name>A</display-name><entry uri=\" sip:bob@example.test\n\"><display-name>"
	       " Bob </display-name><x xmlns=\"urn:x\"/></entry></list><list>" ENTRY("a") "<list>" ENTRY(
		       "b") "</list>" ENTRY("c") "</list><entry xmlns=\"urn:x\" uri=\"sip:x@x\"/>"),
	 0, "sip:bob@example.test=Bob sip:a@example.test sip:b@example.test sip:c@example.test"},
	/* the same person in other words, and others who only look like him */
	{LISTS("<list>" ENTRY("bob") "<entry uri=\"pres:b%6fb@EXAMPLE.test\"/>"
				     "<entry uri=\"SIPS:bob@example.test;user=phone?x=y\"/>"
				     "<entry uri=\"sip:Bob@example.test\"/><entry uri=\"sip:bob@example.test:5070\"/>"
				     "<entry uri=\"sip:EXAMPLE.test;lr\"/><entry uri=\"im:example.TEST\"/></list>"),
	 0, "sip:bob@example.test sip:Bob@example.test sip:bob@example.test:5070 sip:EXAMPLE.test;lr"},
	{LISTS("<list><entry uri=\"tel:+15\"/><entry uri=\"TEL:+15\"/><entry uri=\"tel:+15\"/></list>"), 0,
	 "tel:+15 TEL:+15"},
	/* references to an entry: its name, or the one of the reference */
	{REFERENCE(ALICE "index/~~/resource-lists/list%5b@name=%22friends%22%5d/entry%5b@uri="
			 "%22sip:carol@example.test%22%5d"),
	 0, "sip:carol@example.test=Carol"},
	{LISTS("<list><entry-ref ref=\"resource-lists/users/alice/index/~~/*/list[1]/entry[1]\"><display-name>B"
	       "</display-name></entry-ref></list>"),
	 0, "sip:bob@example.test=B"},
	{REFERENCE(ROOT ALICE "index/~~/resource-lists/list[2][@name='work']/entry"), 0, "sip:dave@example.test"},
	{REFERENCE("resource-lists/global/staff/~~/resource-lists/list/entry"), 0, "sip:boss@example.test"},
	/* … which lead nowhere */
	{REFERENCE(ALICE "index/~~/resource-lists/list/entry[1]"), 0, ""}, /* of which list? */
	{REFERENCE(ALICE "index/~~/resource-lists/list[2][@name='friends']/entry"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[1]"), 0, ""}, /* no entry */
	{REFERENCE(ALICE "index/~~/resource-lists/list[1]/entry[3]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/x:list[1]/entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[0]/entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[1/entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[@name]/entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[@name=\'friends\'/entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists//entry[1]"), 0, ""},
	{REFERENCE(ALICE "index/~~/resource-lists/list[1]/entry[1]/"), 0, ""},
	{REFERENCE(ALICE "none/~~/resource-lists/list/entry"), 0, ""},
	{REFERENCE(ALICE "broken/~~/resource-lists/list/entry"), 0, ""},
	{REFERENCE("pres-rules/users/sip:alice@example.test/index/~~/resource-lists/list[1]/entry[1]"), 0, ""},
	{REFERENCE(""), 0, ""},
	{REFERENCE("../%zz%"), 0, ""},
	/* … or to others */
	{REFERENCE("resource-lists/users/sip:eve@example.test/index/~~/resource-lists/list/entry"), 0, ""},
	{REFERENCE("resource-lists/users/sip:alice@example.org/index/~~/resource-lists/list[1]/entry[1]"), 0, ""},
	/* external lists */
	{EXTERNAL(ROOT ALICE "index/~~/resource-lists/list[@name=%22work%22]"), 0,
	 "sip:dave@example.test sip:erin@example.test"},
	{EXTERNAL("http://EXAMPLE.test/xcap/resource-lists/users/alice/index/~~/resource-lists/list[2]/list?a=b"), 0,
	 "sip:erin@example.test"},
	{EXTERNAL(ROOT "resource-lists/global/staff"), 0, "sip:boss@example.test"},
	{EXTERNAL("https://xcap.example.org/xcap/resource-lists/global/staff"), 0, ""},
	{EXTERNAL("https://badexample.test/xcap/resource-lists/global/staff"), 0, ""},
	{EXTERNAL(ROOT ALICE "index/~~/resource-lists/list[1]/entry[1]"), 0, ""},
	{EXTERNAL("https://example.test/lists/" ALICE "index"), 0, ""},
	{EXTERNAL("ftp://example.test/xcap/" ALICE "index"), 0, ""},
	{EXTERNAL("https://"), 0, ""},
	/* twice is no loop */
	{LISTS("<list><external anchor=\"" ROOT ALICE
	       "index/~~/resource-lists/list[1]\"/><external anchor=\"" ROOT ALICE
	       "index/~~/resource-lists/list[1]\"/></list>"),
	 0, "sip:bob@example.test sip:carol@example.test=Carol"},
	{EXTERNAL(ROOT ALICE "loop/~~/resource-lists/list[@name=%22a%22]"), ERR_SYNTAX, "resource-lists/list%5b1%5d"},
	{EXTERNAL(ROOT ALICE "own/~~/resource-lists/list/list"), ERR_SYNTAX, "has itself in it"},
	/* limits */
	{LISTS("<list>" ENTRY("1") ENTRY("2") ENTRY("3") ENTRY("4") ENTRY("5") ENTRY("1") "</list>"), 0,
	 "sip:1@example.test sip:2@example.test sip:3@example.test sip:4@example.test sip:5@example.test"},
	{LISTS("<list>" ENTRY("1") ENTRY("2") ENTRY("3") ENTRY("4") ENTRY("5") ENTRY("6") "</list>"), ERR_LIMIT,
	 "more than 5 entries"},
	{EXTERNAL(ROOT ALICE "big"), ERR_LIMIT, "more than 5 entries"},
	{LISTS("<list><list><list><list>" ENTRY("4") "</list></list></list></list>"), 0, "sip:4@example.test"},
	{LISTS("<list><list><list><list><list/></list></list></list></list>"), ERR_LIMIT, "more than 4 deep"},
	{LISTS("<list><list><list><list><external anchor=\"" ROOT "resource-lists/global/staff\"/></list></list></list>"
	       "</list>"),
	 ERR_LIMIT, "more than 4 deep"},
	/* no lists */
	{"<resource-lists><list/></resource-lists>", ERR_SYNTAX, "no document of resource-lists"},
	{"<list xmlns=\"urn:ietf:params:xml:ns:resource-lists\"/>", ERR_SYNTAX, "no document of resource-lists"},
	{LISTS("<list><entry/></list>"), ERR_SYNTAX, "no uri"},
	{"", ERR_SYNTAX, ""},
	{"sip:bob@example.test", ERR_SYNTAX, ""},
};

static void documents_become_flat_lists_or_are_refused_with_the_reason(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct flat_list list = {NULL, 0};
		struct body_error error = {""};
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 10000);
		int result = flat_list_of_document(&arena, slice_text(rows[i].text), &context, &list, &error);
		CHECK_NUMBER(result, rows[i].result);
		write_list(&buffer, &list);
		CHECK(!buffer_failed(&buffer));
		if (result == 0)
			CHECK_TEXT(buffer_slice(&buffer), rows[i].wanted);
		else
			CHECK(error.sentence[0] && strstr(error.sentence, rows[i].wanted));
	}
}

#define SERVICES(text)                                                                                                 \
	"<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\""                                                  \
	" xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\">" text "</rls-services>"

static const char services[] = SERVICES(
	"<service uri=\"sip:alice-friends@example.test\"><resource-list>\n" ROOT ALICE
	"index/~~/resource-lists/list%5b@name=%22friends%22%5d\n</resource-list><packages><package>presence</package>"
	"<package> dialog </package></packages></service>"
	"<service uri=\"sip:alice-desk@example.test\"><list name=\"desk\"><rl:entry uri=\"sip:bob@example.test\">"
	"<rl:display-name>Bob</rl:display-name></rl:entry><rl:external anchor=\"" ROOT
	"resource-lists/global/staff\"/></list><packages/></service>"
	"<service uri=\"sip:alice-lost@example.test\"><resource-list>" ROOT ALICE "gone</resource-list></service>"
	"<service/>");

static const struct {
	const char *uri;
	int result;
	const char *wanted;
} service_rows[] = {
	{"sip:alice-friends@example.test", 0, "sip:bob@example.test sip:carol@example.test=Carol"},
	{"sip:alice-desk@EXAMPLE.test;transport=tcp", 0, "sip:bob@example.test=Bob sip:boss@example.test"},
	{"sip:alice-lost@example.test", 0, ""},
	{"sip:alice@example.test", ERR_NOT_FOUND, "no such list"},
};

static void services_have_their_list_or_the_one_that_they_refer_to(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(service_rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct flat_list list = {NULL, 0};
		struct body_error error = {""};
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 10000);
		CHECK_NUMBER(flat_list_of_service(&arena, SLICE(services), slice_text(service_rows[i].uri), &context,
						  &list, &error),
			     service_rows[i].result);
		write_list(&buffer, &list);
		CHECK(!buffer_failed(&buffer));
		if (service_rows[i].result == 0)
			CHECK_TEXT(buffer_slice(&buffer), service_rows[i].wanted);
		else
			CHECK(strstr(error.sentence, service_rows[i].wanted));
	}
}

static void on_service(void *arg, const struct list_service *service)
{
	buffer_append(arg, service->uri);
	buffer_byte(arg, '(');
	buffer_append(arg, service->packages);
	buffer_byte(arg, ')');
}

static void services_are_listed_with_their_packages(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_error error = {""};
	buffer_init(&buffer, 10000);
	CHECK_NUMBER(list_services_read(SLICE(services), &limits.xml, on_service, &buffer, &error), 0);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "sip:alice-friends@example.test(presence dialog)sip:alice-desk@example.test()"
					  "sip:alice-lost@example.test()");
	CHECK_NUMBER(list_services_read(SLICE(LISTS("")), &limits.xml, on_service, &buffer, &error), ERR_SYNTAX);
	CHECK(strstr(error.sentence, "rls-services"));
	CHECK_NUMBER(list_services_read(SLICE("<"), &limits.xml, on_service, &buffer, &error), ERR_SYNTAX);
}

/* 5,000 entries, each of them twice; and as many lists, each with a reference to the next one, a hundred times: neither
 * is looked at more often than once. */
static void long_lists_cost_no_more_than_their_length(void)
{
	static const struct list_limits wide = {
		.entries = 5000, .depth = 200, .xml = {.bytes = 1 << 20, .depth = 8, .nodes = 100000}};
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct list_context here = context;
	struct flat_list list;
	struct body_error error = {""};
	here.limits = &wide;
	arena_init(&arena, NULL, 64 << 20);
	buffer_init(&buffer, 2 << 20);
	buffer_text(&buffer, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>");
	for (unsigned i = 0; i < 10000; i++)
		buffer_format(&buffer, "<entry uri=\"sip:user%u@example.test\"/>", i % 5000);
	buffer_text(&buffer, "</list></resource-lists>");
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(flat_list_of_document(&arena, buffer_slice(&buffer), &here, &list, &error), 0);
	CHECK_NUMBER(list.count, 5000);
	CHECK_TEXT(list.entries[4999].uri, "sip:user4999@example.test");
}

static bool find_given(void *arg, struct slice user, struct slice application, struct slice name, struct slice *body)
{
	(void)user;
	(void)application;
	(void)name;
	*body = *(const struct slice *)arg;
	return true;
}

/* Each list refers to the next one ten times: ten billion ways, and ten lists. */
static void lists_that_branch_out_are_gone_through_once_each(void)
{
	static const struct list_limits deep = {
		.entries = 5, .depth = 20, .xml = {.bytes = 1 << 20, .depth = 8, .nodes = 10000}};
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct slice text;
	struct document_reader given = {.arg = &text, .find = find_given};
	struct list_context here = context;
	struct flat_list list;
	struct body_error error = {""};
	here.limits = &deep;
	here.reader = &given;
	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&buffer, 1 << 20);
	buffer_text(&buffer, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">");
	for (unsigned i = 1; i <= 10; i++) {
		buffer_text(&buffer, "<list>");
		for (unsigned n = 0; n < 10 && i < 10; n++)
			buffer_format(&buffer, "<external anchor=\"" ROOT ALICE "index/~~/resource-lists/list[%u]\"/>",
				      i + 1);
		buffer_text(&buffer, "</list>");
	}
	buffer_text(&buffer, "</resource-lists>");
	CHECK(!buffer_failed(&buffer));
	text = buffer_slice(&buffer);
	CHECK_NUMBER(flat_list_of_document(&arena, text, &here, &list, &error), 0);
	CHECK_NUMBER(list.count, 0);
}

/* 20,000 references to documents that there are not. */
static void cost_of_references(bool is_one_document, clock_t *cost)
{
	static const struct list_limits wide = {
		.entries = 5, .depth = 4, .xml = {.bytes = 2 << 20, .depth = 8, .nodes = 100000}};
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct list_context here = context;
	struct flat_list list;
	struct body_error error = {""};
	here.limits = &wide;
	arena_init(&arena, NULL, 64 << 20);
	buffer_init(&buffer, 2 << 20);
	buffer_text(&buffer, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>");
	for (unsigned i = 0; i < 20000; i++)
		buffer_format(&buffer, "<entry-ref ref=\"resource-lists/users/alice/n%05u/~~/a\"/>",
			      is_one_document ? 0 : i);
	buffer_text(&buffer, "</list></resource-lists>");
	CHECK(!buffer_failed(&buffer));
	clock_t start = clock();
	CHECK_NUMBER(flat_list_of_document(&arena, buffer_slice(&buffer), &here, &list, &error), 0);
	CHECK_NUMBER(list.count, 0);
	*cost = clock() - start;
}

/* Compared with each other they would cost a hundred times as much. */
static void many_documents_cost_hardly_more_than_one(void)
{
	clock_t one = 0, many = 0;
	cost_of_references(true, &one);
	cost_of_references(false, &many);
	CHECK(many < 10 * one);
}

static const struct test tests[] = {
	{"documents_become_flat_lists_or_are_refused_with_the_reason",
	 documents_become_flat_lists_or_are_refused_with_the_reason, TEST_PLAIN},
	{"services_have_their_list_or_the_one_that_they_refer_to",
	 services_have_their_list_or_the_one_that_they_refer_to, TEST_PLAIN},
	{"services_are_listed_with_their_packages", services_are_listed_with_their_packages, TEST_PLAIN},
	{"long_lists_cost_no_more_than_their_length", long_lists_cost_no_more_than_their_length, TEST_WITHOUT_OOM},
	{"many_documents_cost_hardly_more_than_one", many_documents_cost_hardly_more_than_one, TEST_WITHOUT_OOM},
	{"lists_that_branch_out_are_gone_through_once_each", lists_that_branch_out_are_gone_through_once_each,
	 TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
