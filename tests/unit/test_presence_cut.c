/* What is left of presence when it is seen through rules (RFC 5025 §3.3). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/rules.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct xml_limits usual = {.bytes = 65536, .depth = 32, .nodes = 2000};

#define PRESENCE                                                                                                       \
	"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"              \
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:c='urn:ietf:params:xml:ns:pidf:cipid' xmlns:x='urn:x'"      \
	" entity='sip:bob@example.test'>"
#define DOCUMENT                                                                                                       \
	PRESENCE                                                                                                       \
	"<tuple id='t1'><status><basic>open</basic><x:where>home</x:where></status><r:class>work</r:class>"            \
	"<r:privacy><r:audio/></r:privacy><dm:deviceID>urn:uuid:d1</dm:deviceID><x:foo>1</x:foo>"                      \
	"<contact>sip:bob@Host.test;transport=tcp</contact><note>n1</note>"                                            \
	"<timestamp>2026-01-01T00:00:00Z</timestamp></tuple>"                                                          \
	"<tuple id='t2'><status><basic>closed</basic></status><contact>im:bob@example.test</contact></tuple>"          \
	"<note>n2</note>"                                                                                              \
	"<dm:person id='p1'><r:activities><r:away/></r:activities><r:class>me</r:class>"                               \
	"<r:user-input idle-threshold='600' last-input='2026-01-01T00:00:00Z'>idle</r:user-input>"                     \
	"<r:mood><r:happy/></r:mood><r:sphere>work</r:sphere><c:icon>http://x</c:icon><dm:note>n3</dm:note>"           \
	"<dm:timestamp>2026-01-01T00:00:00Z</dm:timestamp></dm:person>"                                                \
	"<dm:device id='d1'><r:class>desk</r:class><dm:deviceID>urn:uuid:D1</dm:deviceID><r:user-input>active"         \
	"</r:user-input><dm:note>n4</dm:note></dm:device></presence>"

#define RULES                                                                                                          \
	"<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' xmlns:p='urn:ietf:params:xml:ns:pres-rules'>"           \
	"<rule id='r'><actions><p:sub-handling>allow</p:sub-handling></actions><transformations>%s</transformations>"  \
	"</rule></ruleset>"

#define SERVICES(by) "<p:provide-services>" by "</p:provide-services>"
#define PERSONS(by) "<p:provide-persons>" by "</p:provide-persons>"
#define DEVICES(by) "<p:provide-devices>" by "</p:provide-devices>"
#define UNKNOWN(name, space)                                                                                           \
	"<p:provide-unknown-attribute name='" name "' ns='" space "'>true</p:provide-unknown-attribute>"
#define TRUE(what) "<p:provide-" what ">true</p:provide-" what ">"

static int make_view(struct arena *arena, const char *transformations, struct slice *view)
{
	char document[4096];
	struct ruleset *ruleset = NULL;
	struct body_error error;
	struct rule_question question = {.user = SLICE("al"), .domain = SLICE("example.test")};
	struct rule_answer answer;
	if (snprintf(document, sizeof(document), RULES, transformations) < 0)
		return ERR_LIMIT;
	int result = ruleset_read(slice_text(document), &usual, &ruleset, &error);
	if (result == 0)
		result = ruleset_judge(ruleset, &question, arena, &answer);
	if (result == 0)
		*view = answer.view;
	ruleset_destroy(ruleset);
	return result;
}

static int make_state(struct arena *arena, const char *document, const struct presence_facts *facts,
		      struct presence_state *state)
{
	struct presence_source source = {.id = 7};
	struct body_error error;
	int result = document ? pidf_parse(arena, slice_text(document), &usual, &source.pidf, &error) : 0;
	return result == 0 ? presence_compose(arena, &source, document ? 1 : 0, facts, state) : result;
}

static void write_state(const struct presence_state *state, struct buffer *buffer)
{
	struct body_target target = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	struct body_output output = {.buffer = buffer, .version_at = BODY_NO_VERSION};
	pidf_format.write(state, &target, &output);
}

struct cut_row {
	const char *what, *transformations;
	const char *left[8];    /* stand in the document that is seen */
	const char *missing[8]; /* do not */
};

static const struct cut_row cut_rows[] = {
	{"nothing", "", {"entity="}, {"<tuple", "person", "device", "note"}},
	{"services, and of them only what makes them ones",
	 SERVICES("<p:all-services/>"),
	 {"<tuple id=\"t1-7\"><status><basic>open</basic></status><contact>sip:bob@Host.test;transport=tcp</contact>"
	  "<timestamp>2026-01-01T00:00:00Z</timestamp></tuple>",
	  "<tuple id=\"t2-7\"><status><basic>closed</basic></status>"},
	 {"person", "device", "note", "where"}},
	{"a service by its id as published", SERVICES("<p:occurrence-id>t1</p:occurrence-id>"), {"t1-7"}, {"t2-7"}},
	{"by its id as composed", SERVICES("<p:occurrence-id>t2-7</p:occurrence-id>"), {"t2-7"}, {"t1-7"}},
	{"by no id", SERVICES("<p:occurrence-id>t</p:occurrence-id>"), {NULL}, {"<tuple"}},
	{"by class", SERVICES("<p:class>work</p:class>"), {"t1-7"}, {"t2-7", "class"}},
	{"by class, which is shown", SERVICES("<p:class>work</p:class>") TRUE("class"), {"class>work<"}, {"t2-7"}},
	{"by URI", SERVICES("<p:service-uri>SIP:bob@host.TEST;transport=tcp</p:service-uri>"), {"t1-7"}, {"t2-7"}},
	{"by another URI",
	 SERVICES("<p:service-uri>sip:Bob@host.test;transport=tcp</p:service-uri>"),
	 {NULL},
	 {"<tuple"}},
	{"by scheme", SERVICES("<p:service-uri-scheme>IM</p:service-uri-scheme>"), {"t2-7"}, {"t1-7"}},
	{"attributes of services that are shown",
	 SERVICES("<p:occurrence-id>t1</p:occurrence-id>") TRUE("privacy") TRUE("deviceID") TRUE("note"),
	 {"<rpid:privacy><rpid:audio/></rpid:privacy><dm:deviceID>urn:uuid:d1</dm:deviceID>", "<note>n1</note>",
	  "<note>n2</note>"},
	 {"foo", "where", "class", "n3"}},
	{"attributes that no RFC knows",
	 SERVICES("<p:all-services/>") UNKNOWN("foo", "urn:x"),
	 {"foo"},
	 {"where", "privacy"}},
	{"also within the status",
	 SERVICES("<p:all-services/>") UNKNOWN("where", "urn:x"),
	 {"<basic>open</basic><where xmlns=\"urn:x\">home</where></status>"},
	 {"foo"}},
	{"a status alone may lose something",
	 SERVICES("<p:all-services/>") TRUE("class") TRUE("privacy") TRUE("deviceID") TRUE("note")
		 UNKNOWN("foo", "urn:x"),
	 {"<status><basic>open</basic></status>", "foo", "privacy", "deviceID", "class", "n1"},
	 {"where"}},
	{"those that are known have permissions of their own",
	 SERVICES("<p:all-services/>") UNKNOWN("privacy", "urn:ietf:params:xml:ns:pidf:rpid"),
	 {"t1-7"},
	 {"privacy"}},
	{"all attributes of services",
	 SERVICES("<p:all-services/>") "<p:provide-all-attributes/>",
	 {"where", "foo", "privacy", "class", "n1", "n2"},
	 {"person", "<dm:device "}},
	{"the person, and that it is one",
	 PERSONS("<p:all-persons/>"),
	 {"<dm:person id=\"p1-7.person\"><dm:timestamp>2026-01-01T00:00:00Z</dm:timestamp></dm:person>"},
	 {"tuple", "<dm:device "}},
	{"the person by class and by id",
	 PERSONS("<p:class>you</p:class><p:occurrence-id>p1</p:occurrence-id>") TRUE("mood"),
	 {"<rpid:mood><rpid:happy/></rpid:mood>"},
	 {"sphere", "tuple"}},
	{"another person", PERSONS("<p:class>work</p:class>"), {NULL}, {"person"}},
	{"attributes of a person",
	 PERSONS("<p:class>me</p:class>") TRUE("activities") TRUE("sphere") TRUE("note"),
	 {"<rpid:activities><rpid:away/></rpid:activities><rpid:sphere>work</rpid:sphere><dm:note>n3</dm:note>"},
	 {"user-input", "mood", "icon", "class"}},
	{"bare input",
	 PERSONS("<p:all-persons/>") "<p:provide-user-input>bare</p:provide-user-input>",
	 {"<rpid:user-input>idle</rpid:user-input>"},
	 {"600"}},
	{"input with thresholds",
	 PERSONS("<p:all-persons/>") "<p:provide-user-input>thresholds</p:provide-user-input>",
	 {"<rpid:user-input idle-threshold=\"600\">idle</rpid:user-input>"},
	 {NULL}},
	{"input in full",
	 PERSONS("<p:all-persons/>") "<p:provide-user-input>full</p:provide-user-input>",
	 {"<rpid:user-input idle-threshold=\"600\" last-input=\"2026-01-01T00:00:00Z\">idle</rpid:user-input>"},
	 {NULL}},
	{"all of a person",
	 PERSONS("<p:all-persons/>") "<p:provide-all-attributes/>",
	 {"icon", "last-input", "mood", "n3"},
	 {"tuple", "n4"}},
	{"devices",
	 DEVICES("<p:all-devices/>"),
	 {"<dm:device id=\"d1-7.device\"><dm:deviceID>urn:uuid:D1</dm:deviceID></dm:device>"},
	 {"person", "tuple"}},
	{"a device by its own id",
	 DEVICES("<p:deviceID>urn:uuid:d1</p:deviceID>") TRUE("note"),
	 {"<dm:device ", "n4"},
	 {"active"}},
	{"by class", DEVICES("<p:class>desk</p:class>"), {"<dm:device "}, {NULL}},
	{"by another class", DEVICES("<p:class>work</p:class>"), {NULL}, {"<dm:device "}},
	{"everything",
	 SERVICES("<p:all-services/>") PERSONS("<p:all-persons/>")
		 DEVICES("<p:all-devices/>") "<p:provide-all-attributes/>",
	 {"t1-7", "t2-7", "where", "last-input", "n1", "n2", "n3", "n4"},
	 {NULL}},
};

static bool has(const struct buffer *buffer, const char *text)
{
	return memmem(buffer->data, buffer->length, text, strlen(text)) != NULL;
}

static void views_leave_what_they_show(void)
{
	static const struct presence_facts facts = {false, false, 0};
	for (size_t i = 0; i < ARRAY_SIZE(cut_rows); i++) {
		const struct cut_row *row = &cut_rows[i];
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer before, seen, after;
		struct presence_state state;
		const struct presence_state *cut;
		struct slice view;
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&before, 1 << 16);
		buffer_init(&seen, 1 << 16);
		buffer_init(&after, 1 << 16);
		CHECK_NUMBER(make_view(&arena, row->transformations, &view), 0);
		CHECK_NUMBER(make_state(&arena, DOCUMENT, &facts, &state), 0);
		write_state(&state, &before);
		CHECK_NUMBER(presence_cut(&arena, &state, view, &cut), 0);
		write_state(cut, &seen);
		write_state(&state, &after);
		CHECK(!buffer_failed(&before) && !buffer_failed(&seen) && !buffer_failed(&after));
		for (size_t j = 0; j < ARRAY_SIZE(row->left) && row->left[j]; j++) {
			if (!has(&seen, row->left[j]))
				CHECK_TEXT(buffer_slice(&seen), row->left[j]);
		}
		for (size_t j = 0; j < ARRAY_SIZE(row->missing) && row->missing[j]; j++) {
			if (has(&seen, row->missing[j]))
				CHECK_TEXT(slice_text(row->what), row->missing[j]);
		}
		/* The state is shared by all views, and may not have been touched. */
		CHECK(slice_equal(buffer_slice(&before), buffer_slice(&after)));
	}
}

static void what_loses_nothing_is_not_copied(void)
{
	CLEANUP(arena_finish) struct arena arena;
	static const struct presence_facts facts = {false, false, 0};
	struct presence_state state;
	const struct presence_state *cut;
	struct slice view;
	arena_init(&arena, NULL, 1 << 20);
	CHECK_NUMBER(make_state(&arena, DOCUMENT, &facts, &state), 0);
	CHECK_NUMBER(presence_cut(&arena, &state, SLICE(""), &cut), 0);
	CHECK(cut == &state);
	CHECK_NUMBER(make_view(&arena, SERVICES("<p:all-services/>") "<p:provide-all-attributes/>", &view), 0);
	CHECK_NUMBER(presence_cut(&arena, &state, view, &cut), 0);
	CHECK(cut->tuples[0].published == state.tuples[0].published);
	CHECK(!cut->person && cut->device_count == 0 && cut->note_count == 1);
}

static void what_the_server_sees_itself_is_a_service(void)
{
	static const struct {
		const char *transformations;
		bool is_open, is_in_call, has_person;
	} rows[] = {
		{"", false, false, false},
		{SERVICES("<p:all-services/>"), true, false, false},
		{SERVICES("<p:service-uri-scheme>sip</p:service-uri-scheme>"), true, false, false},
		{SERVICES("<p:occurrence-id>server</p:occurrence-id>"), true, false, false},
		{SERVICES("<p:class>work</p:class>"), false, false, false},
		{PERSONS("<p:all-persons/>"), false, false, true},
		{PERSONS("<p:all-persons/>") TRUE("activities"), false, true, true},
		{TRUE("activities"), false, false, false},
		{PERSONS("<p:all-persons/>") "<p:provide-all-attributes/>", false, true, true},
	};
	static const struct presence_facts facts = {true, true, 0};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct presence_state state;
		const struct presence_state *cut;
		struct slice view;
		arena_init(&arena, NULL, 1 << 20);
		CHECK_NUMBER(make_state(&arena, NULL, &facts, &state), 0);
		CHECK_NUMBER(make_view(&arena, rows[i].transformations, &view), 0);
		CHECK_NUMBER(presence_cut(&arena, &state, view, &cut), 0);
		CHECK_NUMBER(cut->is_open, rows[i].is_open);
		CHECK_NUMBER(cut->tuple_count, rows[i].is_open);
		CHECK_NUMBER(cut->is_in_call, rows[i].is_in_call);
		CHECK_NUMBER(cut->person != NULL, rows[i].has_person);
	}
}

static void who_is_blocked_politely_sees_somebody_who_is_not_there(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer polite, absent;
	static const struct presence_facts facts = {false, false, 0};
	const struct presence_state *told;
	struct presence_state state;
	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&polite, 1 << 16);
	buffer_init(&absent, 1 << 16);
	CHECK_NUMBER(presence_polite(&arena, &told), 0);
	CHECK_NUMBER(make_state(&arena, NULL, &facts, &state), 0);
	write_state(told, &polite);
	write_state(&state, &absent);
	CHECK(!buffer_failed(&polite) && !buffer_failed(&absent));
	CHECK(slice_equal(buffer_slice(&polite), buffer_slice(&absent)));
	CHECK(!told->is_open && !told->is_in_call);
}

static void the_sphere_is_what_the_person_says(void)
{
	static const struct {
		const char *person, *sphere;
	} rows[] = {
		{"", ""},
		{"<r:sphere/>", ""},
		{"<r:sphere>Bowling League</r:sphere>", "bowling league"},
		{"<r:sphere><r:work/></r:sphere>", "work"},
		{"<r:sphere><r:unknown/></r:sphere>", ""},
		{"<r:sphere><r:work/></r:sphere><r:sphere>WORK</r:sphere>", "work"},
		{"<r:sphere><r:work/></r:sphere><r:sphere>home</r:sphere>", ""},
		{"<sphere>home</sphere>", ""},
	};
	static const struct presence_facts facts = {false, false, 0};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct presence_state state;
		char document[2000];
		arena_init(&arena, NULL, 1 << 20);
		CHECK(snprintf(document, sizeof(document),
			       PRESENCE "<dm:person id='p'><r:mood><r:sad/></r:mood>%s</dm:person></presence>",
			       rows[i].person) > 0);
		CHECK_NUMBER(make_state(&arena, document, &facts, &state), 0);
		CHECK_TEXT(presence_sphere(&state, &arena), rows[i].sphere);
	}
}

static void an_arena_that_is_full_is_no_memory(void)
{
	CLEANUP(arena_finish) struct arena first;
	static const struct presence_facts facts = {false, false, 0};
	struct presence_state state;
	struct slice view;
	arena_init(&first, NULL, 1 << 20);
	CHECK_NUMBER(make_state(&first, DOCUMENT, &facts, &state), 0);
	CHECK_NUMBER(make_view(&first, SERVICES("<p:all-services/>") PERSONS("<p:all-persons/>"), &view), 0);
	for (size_t bytes = 0; bytes < 3000; bytes += 16) {
		CLEANUP(arena_finish) struct arena arena;
		const struct presence_state *cut;
		arena_init(&arena, NULL, bytes);
		int result = presence_cut(&arena, &state, view, &cut);
		CHECK(result == 0 || result == ERR_NO_MEMORY);
		result = presence_polite(&arena, &cut);
		CHECK(result == 0 || result == ERR_NO_MEMORY);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"views_leave_what_they_show", views_leave_what_they_show, TEST_PLAIN},
		{"what_loses_nothing_is_not_copied", what_loses_nothing_is_not_copied, TEST_PLAIN},
		{"what_the_server_sees_itself_is_a_service", what_the_server_sees_itself_is_a_service, TEST_PLAIN},
		{"who_is_blocked_politely_sees_somebody_who_is_not_there",
		 who_is_blocked_politely_sees_somebody_who_is_not_there, TEST_PLAIN},
		{"the_sphere_is_what_the_person_says", the_sphere_is_what_the_person_says, TEST_PLAIN},
		{"an_arena_that_is_full_is_no_memory", an_arena_that_is_full_is_no_memory, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
