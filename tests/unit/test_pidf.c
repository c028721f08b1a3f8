/* Presence documents: what is accepted, how several become one, and how that is written. SPDX-License-Identifier: MIT
 */
#include "bodies/pidf.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct xml_limits usual = {.bytes = 65536, .depth = 32, .nodes = 2000};

#define SPACES                                                                                                         \
	" xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"                       \
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:ci='urn:ietf:params:xml:ns:pidf:cipid'"
#define PRESENCE(inside) "<presence" SPACES " entity='sip:bob@example.test'>" inside "</presence>"
#define TUPLE(id, basic) "<tuple id='" id "'><status><basic>" basic "</basic></status></tuple>"

/* --- judging -------------------------------------------------------------------------------------------------- */

/* The structures of the RFCs' examples, and what clients in the field send. */
static const char *const good_documents[] = {
	/* RFC 3863 §4.2.2: one tuple; §4.3.3: contacts, notes in two languages, a status of its own */
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
	"entity=\"pres:bob@example.test\"><tuple id=\"x1\"><status><basic>open</basic></status>"
	"<contact priority=\"0.8\">tel:+15550123</contact></tuple></presence>",
	"<impp:presence xmlns:impp='urn:ietf:params:xml:ns:pidf' xmlns:w='http://where.test/here' "
	"entity='pres:bob@example.test'><impp:tuple id='b1'><impp:status><impp:basic>open</impp:basic>"
	"<w:location impp:mustUnderstand='1'>home</w:location></impp:status>"
	"<impp:contact priority='0.2'>im:bob@mobile.test</impp:contact>"
	"<impp:note xml:lang='en'>Not before ten</impp:note><impp:note xml:lang='fr'>Pas avant dix heures</impp:note>"
	"<impp:timestamp>2026-03-01T16:49:29Z</impp:timestamp></impp:tuple>"
	"<impp:note>Back on Monday</impp:note></impp:presence>",
	/* RFC 4479 §5.2, RFC 4480 §4, RFC 4482 §4: person, device, and what is known of them */
	PRESENCE("<tuple id='s1'><status><basic>open</basic></status><r:class>sip</r:class><r:privacy><r:audio/>"
		 "</r:privacy><r:relationship><r:self/></r:relationship><r:service-class><r:electronic/></"
		 "r:service-class>"
		 "<ci:card>http://example.test/bob.vcf</ci:card><dm:deviceID>urn:device:1</dm:deviceID>"
		 "<contact>sip:bob@pc.example.test</contact></tuple><dm:person id='p1'><r:activities "
		 "from='2026-03-01T09:00:00Z'><r:away/><r:other>gardening</r:other></r:activities><r:mood><r:happy/></"
		 "r:mood>"
		 "<r:place-type><r:other>shed</r:other></r:place-type><r:user-input idle-threshold='600' "
		 "last-input='2026-03-01T08:00:00Z'>idle</r:user-input><ci:display-name>Bob</ci:display-name>"
		 "<dm:timestamp>2026-03-01T16:49:29Z</dm:timestamp></dm:person><dm:device id='d1'>"
		 "<dm:deviceID>urn:device:1</dm:deviceID></dm:device>"),
	/* no tuple at all (§4.1.1) */
	PRESENCE(""),
	/* baresip */
	PRESENCE("<dm:person id='p4159'><r:activities/></dm:person><tuple "
		 "id='t4109'><status><basic>unknown</basic></status>"
		 "<contact>sip:bob@example.test</contact></tuple>"),
	/* Linphone */
	PRESENCE("<tuple id='l1'><status><basic>open</basic><o:online "
		 "xmlns:o='http://www.linphone.org/xsds/pidfonline.xsd'"
		 "/></status><contact priority='0.8'>sip:bob@example.test</contact></tuple>"),
	/* Snom */
	"<presence xmlns='urn:ietf:params:xml:ns:pidf' xmlns:im='urn:ietf:params:xml:ns:pidf:im' "
	"entity='pres:bob@example.test'><tuple id='snom'><status><basic>open</basic><im:im>Lunch</im:im></status>"
	"</tuple></presence>",
	/* a prefix that nobody declared */
	PRESENCE("<tuple id='x'><status><basic>open</basic></status><old:thing/></tuple>"),
};

static void documents_of_the_field_are_accepted(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(good_documents); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct pidf pidf;
		struct body_error error = {""};
		arena_init(&arena, NULL, 1 << 20);
		int result = pidf_parse(&arena, slice_text(good_documents[i]), &usual, &pidf, &error);
		if (result != 0)
			CHECK_TEXT(slice_text(error.sentence), good_documents[i]);
		CHECK(slice_ends_with(pidf.entity, SLICE(":bob@example.test")));
		CHECK_TEXT(pidf.root->name, "presence");
	}
}

static void what_is_no_presence_is_refused_with_a_sentence(void)
{
	static const struct {
		const char *document;
		int result;
		const char *sentence;
	} rows[] = {
		{"", ERR_SYNTAX, "empty"},
		{"{}", ERR_SYNTAX, "line 1"},
		{"<presence entity='sip:bob@example.test'/>", ERR_SYNTAX, "root element"},
		{"<presence xmlns='urn:ietf:params:xml:ns:pidf:rpid' entity='sip:bob@example.test'/>", ERR_SYNTAX,
		 "root element"},
		{"<tuple" SPACES " id='x'><status/></tuple>", ERR_SYNTAX, "root element"},
		{"<presence" SPACES "/>", ERR_SYNTAX, "no entity"},
		{"<presence" SPACES " entity=' '/>", ERR_SYNTAX, "no entity"},
		{PRESENCE("<tuple><status/></tuple>"), ERR_SYNTAX, "no id"},
		{PRESENCE("<tuple id=''><status/></tuple>"), ERR_SYNTAX, "no id"},
		{PRESENCE("<tuple id='x'/>"), ERR_SYNTAX, "no <status>"},
		{PRESENCE(TUPLE("x", "open") "<tuple id='y'><r:status/></tuple>"), ERR_SYNTAX, "no <status>"},
		{PRESENCE("<tuple id='x'><status></tuple>"), ERR_SYNTAX, "line 1"},
		{"<!DOCTYPE presence SYSTEM 'file:///etc/passwd'>" PRESENCE(""), ERR_SYNTAX, "type declaration"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct pidf pidf = {.root = NULL};
		struct body_error error = {""};
		arena_init(&arena, NULL, 1 << 20);
		CHECK_NUMBER(pidf_parse(&arena, slice_text(rows[i].document), &usual, &pidf, &error), rows[i].result);
		CHECK(!pidf.root);
		if (!strstr(error.sentence, rows[i].sentence))
			CHECK_TEXT(slice_text(error.sentence), rows[i].sentence);
	}
}

/* --- composing and writing ------------------------------------------------------------------------------------ */

#define DOCUMENTS_MOST 3

struct compose_row {
	const char *what; /* for who reads this */
	const char *documents[DOCUMENTS_MOST];
	struct presence_facts facts;
	unsigned style;
	const char *written; /* without what is the same in all: see HEAD */
};

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\""
#define DM " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
#define RPID " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
#define CIPID " xmlns:c=\"urn:ietf:params:xml:ns:pidf:cipid\""
#define BOB " entity=\"sip:bob@example.test\">\n"
#define OWN(basic)                                                                                                     \
	"<tuple id=\"server\"><status><basic>" basic "</basic></status><contact>sip:bob@example.test</contact>"
#define OUT(id, basic) "<tuple id=\"" id "\"><status><basic>" basic "</basic></status></tuple>\n"
#define END "</presence>\n"

/* Publications have the ids 11, 12, 13; the first is the oldest. */
static const struct compose_row compose_rows[] = {
	{"nothing is known", {NULL}, {false, false, 0}, 0, HEAD BOB OWN("closed") "</tuple>\n" END},
	{"registered, since a moment that is known",
	 {NULL},
	 {true, false, 1767225600999},
	 0,
	 HEAD BOB OWN("open") "<timestamp>2026-01-01T00:00:00Z</timestamp></tuple>\n" END},
	{"one that says pres:",
	 {NULL},
	 {true, false, 0},
	 BODY_PRES_ENTITY,
	 HEAD " entity=\"pres:bob@example.test\">\n" OWN("open") "</tuple>\n" END},
	{"in a call, with no person published",
	 {NULL},
	 {true, true, 0},
	 0,
	 HEAD DM RPID BOB OWN("open") "</tuple>\n<dm:person id=\"person\"><rpid:activities><rpid:on-the-phone/>"
				      "</rpid:activities></dm:person>\n" END},
	{"one device that publishes: no tuple of the server's own",
	 {PRESENCE(TUPLE("a", "closed"))},
	 {false, false, 5},
	 0,
	 HEAD BOB OUT("a-11", "closed") END},
	{"one that publishes and one that does not",
	 {PRESENCE(TUPLE("a", "closed"))},
	 {true, false, 0},
	 0,
	 HEAD BOB OWN("open") "</tuple>\n" OUT("a-11", "closed") END},
	{"several devices: open ones first, newest first",
	 {PRESENCE(TUPLE("a", "open")), PRESENCE(TUPLE("b", "closed")), PRESENCE(TUPLE("c", "open"))},
	 {false, false, 0},
	 0,
	 HEAD BOB OUT("c-13", "open") OUT("a-11", "open") OUT("b-12", "closed") END},
	{"the same id twice, in two documents and in one",
	 {PRESENCE(TUPLE("a", "open") TUPLE("a", "open") TUPLE("b", "open")), PRESENCE(TUPLE("a", "open"))},
	 {false, false, 0},
	 0,
	 HEAD BOB OUT("a-12", "open") OUT("a-11", "open") OUT("a-11.2", "open") OUT("b-11", "open") END},
	{"ids that are none",
	 {PRESENCE(TUPLE("1", "open") TUPLE("\xc3\xa4 b&lt;", "open") TUPLE("{a}", "open") TUPLE("(a)", "open"))},
	 {false, false, 0},
	 0,
	 HEAD BOB OUT("t1-11", "open") OUT("t___b_-11", "open") OUT("t_a_-11", "open") OUT("t_a_-11.4", "open") END},
	{"what another than open or closed says is left out, and spelling is corrected",
	 {PRESENCE("<tuple id='a'><status><basic>unknown</basic><x xmlns='urn:x'>1</x></status><note>n</note></tuple>"
		   "<tuple id='b'><status><basic> Open\n</basic></status></tuple>"
		   "<tuple id='c'><status><basic>closed<r:x/></basic><basic>busy</basic></status></tuple>"
		   "<tuple id='d'><status/></tuple>")},
	 {false, false, 0},
	 0,
	 HEAD BOB OUT("b-11",
		      "open") "<tuple id=\"a-11\"><status><x xmlns=\"urn:x\">1</x></status><note>n</note></tuple>\n"
			      "<tuple id=\"d-11\"><status/></tuple>\n" OUT("c-11", "closed") END},
	{"an empty person displaces nobody",
	 {PRESENCE(TUPLE("a", "open") "<dm:person id='p'><r:activities><r:away/></r:activities></dm:person>"),
	  PRESENCE(TUPLE("b", "open") "<dm:person id='p'><r:activities/><r:mood/><dm:timestamp>2026-01-01T00:00:00Z"
				      "</dm:timestamp></dm:person>")},
	 {false, false, 0},
	 0,
	 HEAD DM RPID BOB OUT("b-12", "open")
		 OUT("a-11",
		     "open") "<dm:person "
			     "id=\"p-11.person\"><rpid:activities><rpid:away/></rpid:activities></dm:person>\n" END},
	{"one of whom nothing is known neither",
	 {PRESENCE("<dm:person id='p'><r:activities><r:busy/></r:activities></dm:person>"),
	  PRESENCE("<dm:person id='p'><r:activities><r:unknown/></r:activities></dm:person>")},
	 {true, false, 0},
	 0,
	 HEAD DM RPID BOB OWN("open") "</tuple>\n<dm:person id=\"p-11.person\"><rpid:activities><rpid:busy/>"
				      "</rpid:activities></dm:person>\n" END},
	{"the newest person that says something counts",
	 {PRESENCE("<dm:person id='p'><r:activities><r:busy/></r:activities></dm:person>"),
	  PRESENCE("<dm:person id='q'/><dm:person><dm:note>here</dm:note></dm:person>")},
	 {true, false, 0},
	 0,
	 HEAD DM BOB OWN("open") "</tuple>\n<dm:person id=\"t-12.person\"><dm:note>here</dm:note></dm:person>\n" END},
	{"a call is added to what is published",
	 {PRESENCE("<dm:person id='p'><ci:display-name>Bob</ci:display-name><r:activities "
		   "from='x'><r:away/></r:activities>"
		   "<dm:note>n</dm:note></dm:person>")},
	 {true, true, 0},
	 0,
	 HEAD DM RPID CIPID BOB OWN(
		 "open") "</tuple>\n<dm:person id=\"p-11.person\"><c:display-name>Bob</c:display-name>"
			 "<rpid:activities from=\"x\"><rpid:on-the-phone/><rpid:away/></rpid:activities>"
			 "<dm:note>n</dm:note></dm:person>\n" END},
	{"but not twice",
	 {PRESENCE("<dm:person id='p'><r:activities><r:away/><r:on-the-phone/></r:activities></dm:person>")},
	 {true, true, 0},
	 0,
	 HEAD DM RPID BOB OWN("open") "</tuple>\n<dm:person id=\"p-11.person\"><rpid:activities><rpid:away/>"
				      "<rpid:on-the-phone/></rpid:activities></dm:person>\n" END},
	{"a call of a person with a mood, but no activities",
	 {PRESENCE("<dm:person id='p'><r:mood><r:happy/></r:mood></dm:person>")},
	 {true, true, 0},
	 0,
	 HEAD DM RPID BOB OWN("open") "</tuple>\n<dm:person id=\"p-11.person\"><rpid:activities><rpid:on-the-phone/>"
				      "</rpid:activities><rpid:mood><rpid:happy/></rpid:mood></dm:person>\n" END},
	{"devices and notes of all, and namespaces that nobody knows",
	 {PRESENCE("<note xml:lang='en'>old</note><dm:device id='a'><dm:deviceID>urn:1</dm:deviceID></dm:device>"
		   "<dm:device id='a'/>"),
	  PRESENCE("<note>new &amp; fine</note><dm:device id='a'><x xmlns='urn:x' y='&quot;'/></dm:device>"
		   "<x xmlns='urn:x'/>")},
	 {true, false, 0},
	 0,
	 HEAD DM BOB OWN("open") "</tuple>\n<note>new &amp; fine</note>\n<note xml:lang=\"en\">old</note>\n"
				 "<dm:device id=\"a-12.device\"><x xmlns=\"urn:x\" y=\"&quot;\"/></dm:device>\n"
				 "<dm:device id=\"a-11.device\"><dm:deviceID>urn:1</dm:deviceID></dm:device>\n"
				 "<dm:device id=\"a-11.device.2\"/>\n" END},
};

/* Gives the state of a row. */
static int compose(struct arena *arena, const struct compose_row *row, struct presence_state *state)
{
	struct presence_source sources[DOCUMENTS_MOST];
	struct body_error error;
	size_t count = 0;
	for (; count < DOCUMENTS_MOST && row->documents[count]; count++) {
		sources[count] = (struct presence_source){.id = 11 + count, .published_at_ms = 1000 + (int64_t)count};
		int result = pidf_parse(arena, slice_text(row->documents[count]), &usual, &sources[count].pidf, &error);
		if (result != 0)
			return result;
	}
	return presence_compose(arena, sources, count, &row->facts, state);
}

static void write_state(const struct body_format *format, const struct presence_state *state, unsigned style,
			struct buffer *buffer)
{
	struct body_target target = {.user = SLICE("bob"), .domain = SLICE("example.test"), .style = style};
	struct body_output output = {.buffer = buffer, .version_at = BODY_NO_VERSION};
	buffer_clear(buffer);
	format->write(state, &target, &output);
	if (output.version_at != BODY_NO_VERSION)
		buffer_text(buffer, "(a version)");
}

static void check_composed(const struct compose_row *row)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct presence_state state;
	struct pidf again;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&buffer, 10000);
	CHECK_NUMBER(compose(&arena, row, &state), 0);
	write_state(&pidf_format, &state, row->style, &buffer);
	CHECK(!buffer_failed(&buffer));
	if (!slice_equal(buffer_slice(&buffer), slice_text(row->written)) && !test_is_starved())
		(void)printf("# %s\n", row->what);
	CHECK_TEXT(buffer_slice(&buffer), row->written);
	CHECK_NUMBER(pidf_parse(&arena, buffer_slice(&buffer), &usual, &again, &error), 0);
	/* The older name is that of the same document. */
	write_state(&cpim_pidf_format, &state, row->style, &buffer);
	CHECK_TEXT(buffer_slice(&buffer), row->written);
}

static void publications_become_one_document(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(compose_rows); i++)
		check_composed(&compose_rows[i]);
}

/* What one publication is called must not depend on others that come and go. */
static void ids_stay_when_others_come_and_go(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct presence_source sources[2] = {{.id = 7}, {.id = 9}};
	struct presence_facts facts = {.is_registered = true};
	struct presence_state state;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	for (size_t i = 0; i < 2; i++)
		CHECK_NUMBER(pidf_parse(&arena, SLICE(PRESENCE(TUPLE("a", "open"))), &usual, &sources[i].pidf, &error),
			     0);
	CHECK_NUMBER(presence_compose(&arena, sources, 2, &facts, &state), 0);
	CHECK_NUMBER(state.tuple_count, 3);
	CHECK_TEXT(state.tuples[0].id, "a-9");
	CHECK_TEXT(state.tuples[1].id, "a-7");
	CHECK_TEXT(state.tuples[2].id, "server");
	CHECK_TEXT(xml_attribute(state.tuples[0].published, SLICE("id")), "a-9");
	CHECK_NUMBER(presence_compose(&arena, sources + 1, 1, &facts, &state), 0);
	CHECK_TEXT(state.tuples[0].id, "a-9");
	/* The documents themselves have not been changed. */
	CHECK_TEXT(xml_attribute(sources[1].pidf.root->children, SLICE("id")), "a");
}

static void the_state_says_what_clients_of_the_api_want_to_know(void)
{
	static const struct compose_row row = {
		.documents = {PRESENCE(TUPLE("a", "open") TUPLE("b", "unknown")), PRESENCE(TUPLE("c", "closed"))},
		.facts = {.is_in_call = true, .since_ms = 77}};
	CLEANUP(arena_finish) struct arena arena;
	struct presence_state state;
	arena_init(&arena, NULL, 1 << 20);
	CHECK_NUMBER(compose(&arena, &row, &state), 0);
	CHECK(state.is_open);
	CHECK(state.is_in_call);
	CHECK(state.person);
	CHECK_NUMBER(state.tuple_count, 3);
	CHECK(state.tuples[0].has_basic && state.tuples[0].is_open && state.tuples[0].published);
	CHECK_NUMBER(state.tuples[0].at_ms, 1000);
	CHECK(!state.tuples[1].has_basic && !state.tuples[1].is_open);
	CHECK(state.tuples[2].has_basic && !state.tuples[2].is_open);
	CHECK_NUMBER(state.tuples[2].at_ms, 1001);
}

static void xpidf_says_it_in_the_words_of_old(void)
{
	static const struct {
		struct compose_row row;
		const char *status, *substatus;
	} rows[] = {
		{{.facts = {0}}, "closed", "offline"},
		{{.facts = {.is_registered = true}}, "open", "online"},
		{{.facts = {.is_registered = true, .is_in_call = true}}, "inuse", "onthephone"},
		{{.documents = {PRESENCE(TUPLE("a", "open"))}}, "open", "online"},
		{{.documents = {PRESENCE(TUPLE("a", "closed") "<dm:person id='p'><r:activities><r:busy/></r:activities>"
							      "</dm:person>")}},
		 "closed",
		 "offline"},
		{{.documents = {PRESENCE(TUPLE("a", "open") "<dm:person id='p'><r:activities><r:away/><r:busy/>"
							    "</r:activities></dm:person>")}},
		 "inuse",
		 "busy"},
		{{.documents = {PRESENCE(TUPLE("a", "open") "<dm:person id='p'><r:activities><r:meal/></r:activities>"
							    "</dm:person>")}},
		 "inactive",
		 "outtolunch"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct presence_state state;
		char wanted[1000];
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 10000);
		CHECK_NUMBER(compose(&arena, &rows[i].row, &state), 0);
		write_state(&xpidf_format, &state, BODY_PRES_ENTITY, &buffer);
		CHECK(!buffer_failed(&buffer));
		CHECK(snprintf(wanted, sizeof(wanted),
			       "<?xml version=\"1.0\"?>\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF "
			       "1.0//EN\" \"xpidf.dtd\">\n<presence>\n<presentity "
			       "uri=\"sip:bob@example.test;method=SUBSCRIBE\"/>\n<atom id=\"1\">\n<address "
			       "uri=\"sip:bob@example.test;user=ip\" priority=\"0.800000\">\n<status status=\"%s\"/>\n"
			       "<msnsubstatus substatus=\"%s\"/>\n</address>\n</atom>\n</presence>\n",
			       rows[i].status, rows[i].substatus) > 0);
		CHECK_TEXT(buffer_slice(&buffer), wanted);
	}
}

static void users_with_unusual_names_are_written_well_formed(void)
{
	static const struct compose_row row = {.facts = {.is_registered = true}};
	static const struct body_format *const formats[] = {&pidf_format, &xpidf_format};
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct presence_state state;
		const struct xml_node *root;
		struct body_error error;
		struct body_target target = {.user = SLICE("a&b'\"<>c"), .domain = SLICE("example.test")};
		struct body_output output = {.buffer = &buffer, .version_at = BODY_NO_VERSION};
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 10000);
		CHECK_NUMBER(compose(&arena, &row, &state), 0);
		formats[i]->write(&state, &target, &output);
		CHECK(!buffer_failed(&buffer));
		/* Our parser takes no document type declaration. */
		buffer_byte(&buffer, '\0');
		CHECK(!buffer_failed(&buffer));
		const char *begin = strstr(buffer.data, "<presence");
		CHECK(begin);
		CHECK_NUMBER(xml_parse(&arena, slice_text(begin), &usual, &root, &error), 0);
		CHECK(i > 0 ||
		      slice_equal(xml_attribute(root, SLICE("entity")), SLICE("sip:a&b'%22%3C%3Ec@example.test")));
	}
}

static void a_buffer_that_is_full_is_told(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct presence_state state;
	arena_init(&arena, NULL, 1 << 20);
	CHECK_NUMBER(compose(&arena, &compose_rows[3], &state), 0);
	for (size_t limit = 1; limit < strlen(compose_rows[3].written); limit += 7) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, limit);
		write_state(&pidf_format, &state, 0, &buffer);
		CHECK(buffer_failed(&buffer));
	}
}

static void an_arena_that_is_full_is_no_memory(void)
{
	for (size_t bytes = 0; bytes < 4000; bytes += 64) {
		CLEANUP(arena_finish) struct arena arena;
		struct presence_state state;
		arena_init(&arena, NULL, bytes);
		int result = compose(&arena, &compose_rows[13], &state);
		CHECK(result == 0 || result == ERR_NO_MEMORY);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"documents_of_the_field_are_accepted", documents_of_the_field_are_accepted, TEST_PLAIN},
		{"what_is_no_presence_is_refused_with_a_sentence", what_is_no_presence_is_refused_with_a_sentence,
		 TEST_PLAIN},
		{"publications_become_one_document", publications_become_one_document, TEST_PLAIN},
		{"ids_stay_when_others_come_and_go", ids_stay_when_others_come_and_go, TEST_PLAIN},
		{"the_state_says_what_clients_of_the_api_want_to_know",
		 the_state_says_what_clients_of_the_api_want_to_know, TEST_PLAIN},
		{"xpidf_says_it_in_the_words_of_old", xpidf_says_it_in_the_words_of_old, TEST_PLAIN},
		{"users_with_unusual_names_are_written_well_formed", users_with_unusual_names_are_written_well_formed,
		 TEST_PLAIN},
		{"a_buffer_that_is_full_is_told", a_buffer_that_is_full_is_told, TEST_PLAIN},
		{"an_arena_that_is_full_is_no_memory", an_arena_that_is_full_is_no_memory, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
