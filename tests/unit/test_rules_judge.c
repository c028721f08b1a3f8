/* Documents of rules (RFC 4745, RFC 5025) and what they come to for watchers. SPDX-License-Identifier: MIT */
#include "bodies/rules.h"

#include "base/error.h"
#include "bodies/presence_view.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct xml_limits usual = {.bytes = 1 << 20, .depth = 16, .nodes = 20000};

#define SPACES                                                                                                         \
	" xmlns='urn:ietf:params:xml:ns:common-policy' xmlns:p='urn:ietf:params:xml:ns:pres-rules'"                    \
	" xmlns:ocp='urn:oma:xml:xdm:common-policy'"
#define RULES(inside) "<ruleset" SPACES ">" inside "</ruleset>"
#define RULE(conditions, handling)                                                                                     \
	"<rule id='r'>" conditions "<actions><p:sub-handling>" handling "</p:sub-handling></actions></rule>"
#define WHO(inside) "<conditions><identity>" inside "</identity></conditions>"
#define SHOWING(inside)                                                                                                \
	RULES("<rule id='r'><actions><p:sub-handling>allow</p:sub-handling></actions><transformations>" inside         \
	      "</transformations></rule>")

static void release(struct ruleset **ruleset)
{
	ruleset_destroy(*ruleset);
}

enum { UNDECIDED = -1 };

/* 2026-03-01T07:00:00Z */
#define NOW_S 1772348400

struct judge_row {
	const char *what, *document;
	const char *watcher, *domain, *sphere;
	int handling; /* enum watch_handling, or UNDECIDED */
	int64_t until_s;
};

#define BOB "bob", "example.test", NULL

static const struct judge_row judge_rows[] = {
	{"no rules", RULES(""), BOB, UNDECIDED, 0},
	{"a rule without conditions is for everybody", RULES(RULE("", "allow")), BOB, WATCH_ALLOW, 0},
	{"so is one with none among them", RULES(RULE("<conditions/>", "confirm")), BOB, WATCH_CONFIRM, 0},
	{"a rule without an action blocks", RULES("<rule id='r'/>"), BOB, WATCH_BLOCK, 0},
	{"as does a word that is none", RULES(RULE("", "Allow")), BOB, WATCH_BLOCK, 0},
	{"one", RULES(RULE(WHO("<one id='sip:bob@example.test'/>"), "polite-block")), BOB, WATCH_POLITE_BLOCK, 0},
	{"one of several", RULES(RULE(WHO("<one id='sip:al@x.test'/><one id='pres:bob@Example.Test'/>"), "allow")), BOB,
	 WATCH_ALLOW, 0},
	{"escaped, with a port and parameters",
	 RULES(RULE(WHO("<one id='sips:%62ob@example.test:5061;transport=tls'/>"), "allow")), BOB, WATCH_ALLOW, 0},
	{"a watcher whose domain has capitals", RULES(RULE(WHO("<one id='sip:bob@example.test'/>"), "allow")), "bob",
	 "EXAMPLE.test", NULL, WATCH_ALLOW, 0},
	{"users have a case", RULES(RULE(WHO("<one id='sip:Bob@example.test'/>"), "allow")), BOB, UNDECIDED, 0},
	{"another domain", RULES(RULE(WHO("<one id='sip:bob@example.com'/>"), "allow")), BOB, UNDECIDED, 0},
	{"what is no user's URI is nobody's", RULES(RULE(WHO("<one id='tel:bob@example.test'/><one/>"), "allow")), BOB,
	 UNDECIDED, 0},
	{"a restriction of one that is not known",
	 RULES(RULE(WHO("<one id='sip:bob@example.test'><ocp:only-mondays/></one>"), "allow")), BOB, UNDECIDED, 0},
	{"nobody is no one", RULES(RULE(WHO(""), "allow")), BOB, UNDECIDED, 0},
	{"a way to name people that is not known", RULES(RULE(WHO("<ocp:friends/>"), "allow")), BOB, UNDECIDED, 0},
	{"both of two identities",
	 RULES(RULE("<conditions><identity><many/></identity><identity><one id='sip:al@x.test'/></identity>"
		    "</conditions>",
		    "allow")),
	 BOB, UNDECIDED, 0},
	{"many are all", RULES(RULE(WHO("<many/>"), "confirm")), BOB, WATCH_CONFIRM, 0},
	{"many of a domain", RULES(RULE(WHO("<many domain='EXAMPLE.test'/>"), "allow")), BOB, WATCH_ALLOW, 0},
	{"of another domain", RULES(RULE(WHO("<many domain='test'/>"), "allow")), BOB, UNDECIDED, 0},
	{"of no domain", RULES(RULE(WHO("<many domain=''/>"), "allow")), BOB, UNDECIDED, 0},
	{"but him", RULES(RULE(WHO("<many><except id='im:bob@example.test'/></many>"), "allow")), BOB, UNDECIDED, 0},
	{"but others",
	 RULES(RULE(WHO("<many><except id='sip:al@x.test'/><except domain='x.test'/><except id='tel:1'/></many>"),
		    "allow")),
	 BOB, WATCH_ALLOW, 0},
	{"but his domain", RULES(RULE(WHO("<many><except domain='example.test'/></many>"), "allow")), BOB, UNDECIDED,
	 0},
	{"an exception belongs to its own",
	 RULES(RULE(WHO("<many domain='x.test'><except id='sip:bob@example.test'/></many><many/>"), "allow")), BOB,
	 WATCH_ALLOW, 0},
	{"and takes nobody from others",
	 RULES(RULE(WHO("<many><except id='sip:bob@example.test'/></many><one id='sip:bob@example.test'/>"), "allow")),
	 BOB, WATCH_ALLOW, 0},
	{"a restriction of many that is not known", RULES(RULE(WHO("<many><ocp:tall/></many>"), "allow")), BOB,
	 UNDECIDED, 0},
	{"the highest of several",
	 RULES(RULE("", "block") RULE("", "polite-block") RULE("", "confirm")
		       RULE(WHO("<one id='sip:x@y'/>"), "allow")),
	 BOB, WATCH_POLITE_BLOCK, 0},
	{"a condition that is not known is not met",
	 RULES(RULE("<conditions><identity><many/></identity><ocp:weather/></conditions>", "allow")), BOB, UNDECIDED,
	 0},
	{"sphere", RULES(RULE("<conditions><sphere value=' Work '/></conditions>", "allow")), "bob", "example.test",
	 "work", WATCH_ALLOW, 0},
	{"another sphere", RULES(RULE("<conditions><sphere value='home'/></conditions>", "allow")), "bob",
	 "example.test", "work", UNDECIDED, 0},
	{"no sphere", RULES(RULE("<conditions><sphere value='home'/></conditions>", "allow")), BOB, UNDECIDED, 0},
	{"no sphere is no sphere", RULES(RULE("<conditions><sphere value=''/></conditions>", "allow")), BOB, UNDECIDED,
	 0},
	{"valid from now",
	 RULES(RULE("<conditions><validity><from>2026-03-01T08:00:00+01:00</from><until>2026-03-01T07:00:01Z</until>"
		    "</validity></conditions>",
		    "allow")),
	 BOB, WATCH_ALLOW, NOW_S + 1},
	{"valid until now",
	 RULES(RULE("<conditions><validity><from>2026-01-01T00:00:00Z</from><until>2026-03-01T07:00:00Z</until>"
		    "</validity></conditions>",
		    "allow")),
	 BOB, UNDECIDED, 0},
	{"not yet valid, and then again",
	 RULES(RULE("<conditions><validity><from>2026-03-01T07:00:10Z</from><until>2026-03-01T07:00:20Z</until>"
		    "<from>2026-03-01T07:00:05Z</from><until>2026-03-01T07:00:07Z</until></validity></conditions>",
		    "allow")),
	 BOB, UNDECIDED, NOW_S + 5},
	{"one of several times",
	 RULES(RULE("<conditions><validity><from>2020-01-01T00:00:00Z</from><until>2020-01-02T00:00:00Z</until>"
		    "<from>2026-01-01T00:00:00Z</from><until>2027-01-01T00:00:00Z</until></validity></conditions>",
		    "allow")),
	 BOB, WATCH_ALLOW, 1798761600},
	{"a time that cannot be read",
	 RULES(RULE("<conditions><validity><from>yesterday</from><until>2027-01-01T00:00:00Z</until></validity>"
		    "</conditions>",
		    "allow")),
	 BOB, UNDECIDED, 0},
	{"half a time",
	 RULES(RULE("<conditions><validity><from>2020-01-01T00:00:00Z</from></validity></conditions>", "allow")), BOB,
	 UNDECIDED, 0},
	{"times of rules for others do not matter",
	 RULES(RULE("<conditions><identity><one id='sip:al@x.test'/></identity><validity><from>2026-03-01T07:00:10Z"
		    "</from><until>2026-03-01T07:00:20Z</until></validity></conditions>",
		    "allow")),
	 BOB, UNDECIDED, 0},
	{"the others of OMA", RULES(RULE("<conditions><ocp:other-identity/></conditions>", "allow")), BOB, WATCH_ALLOW,
	 0},
	{"whom a rule names is no other",
	 RULES(RULE("<conditions><ocp:other-identity/></conditions>", "allow")
		       RULE(WHO("<one id='sip:bob@example.test'/>"), "block")),
	 BOB, WATCH_BLOCK, 0},
	{"whenever it applies",
	 RULES(RULE("<conditions><ocp:other-identity/></conditions>", "allow") RULE(
		 "<conditions><identity><one id='sip:bob@example.test'/></identity><sphere value='x'/><ocp:unknown/>"
		 "</conditions>",
		 "block")),
	 BOB, UNDECIDED, 0},
	{"a rule for everybody names nobody",
	 RULES(RULE("<conditions><ocp:other-identity/></conditions>", "allow") RULE("", "block")), BOB, WATCH_ALLOW, 0},
	{"beside lists that cannot be seen the others are asked about",
	 RULES(RULE("<conditions><ocp:external-list><ocp:entry anc='http://x'/></ocp:external-list></conditions>",
		    "block") RULE("<conditions><ocp:other-identity/></conditions>", "allow")),
	 BOB, WATCH_CONFIRM, 0},
	{"nobody is anonymous", RULES(RULE("<conditions><ocp:anonymous-request/></conditions>", "block")), BOB,
	 UNDECIDED, 0},
	{"elements of other namespaces are not rules",
	 RULES("<ocp:rule><conditions/></ocp:rule><rule id='r'><ocp:actions><p:sub-handling>allow</p:sub-handling>"
	       "</ocp:actions><actions><sub-handling>allow</sub-handling></actions></rule>"),
	 BOB, WATCH_BLOCK, 0},
};

static int judge(const struct ruleset *ruleset, const struct judge_row *row, struct arena *arena,
		 struct rule_answer *answer)
{
	struct rule_question question = {.user = slice_text(row->watcher),
					 .domain = slice_text(row->domain),
					 .sphere = slice_text(row->sphere),
					 .now_s = NOW_S};
	return ruleset_judge(ruleset, &question, arena, answer);
}

static void rules_decide_about_watchers(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(judge_rows); i++) {
		const struct judge_row *row = &judge_rows[i];
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(release) struct ruleset *ruleset = NULL;
		struct body_error error = {""};
		struct rule_answer answer;
		arena_init(&arena, NULL, 1 << 20);
		CHECK_NUMBER(ruleset_read(slice_text(row->document), &usual, &ruleset, &error), 0);
		CHECK_NUMBER(judge(ruleset, row, &arena, &answer), 0);
		int handling = answer.is_decided ? (int)answer.handling : UNDECIDED;
		if (handling != row->handling || answer.until_s != row->until_s)
			CHECK_TEXT(slice_text(row->what), "");
		CHECK_NUMBER(ruleset_needs_sphere(ruleset), strstr(row->document, "<sphere") != NULL);
	}
}

/* --- views ---------------------------------------------------------------------------------------------------- */

#define EVERY_ELEMENT                                                                                                  \
	"<p:provide-services><p:all-services/></p:provide-services><p:provide-persons><p:all-persons/>"                \
	"</p:provide-persons><p:provide-devices><p:all-devices/></p:provide-devices>"

static const struct {
	const char *transformations;
	unsigned shown;
	const char *picks;
} view_rows[] = {
	{"", 0, ""},
	{"<p:provide-services><p:all-services/></p:provide-services>", SHOWN_SERVICES, ""},
	{EVERY_ELEMENT, SHOWN_SERVICES | SHOWN_PERSONS | SHOWN_DEVICES, ""},
	{"<p:provide-all-attributes/><p:provide-mood>true</p:provide-mood>", SHOWN_ALL_ATTRIBUTES, ""},
	{"<p:provide-activities>true</p:provide-activities><p:provide-class> 1 </p:provide-class>"
	 "<p:provide-mood>false</p:provide-mood><p:provide-note>0</p:provide-note><p:provide-sphere/>"
	 "<p:provide-privacy>yes</p:provide-privacy>",
	 SHOWN_ACTIVITIES | SHOWN_CLASS, ""},
	{"<p:provide-deviceID>true</p:provide-deviceID><p:provide-mood>true</p:provide-mood>"
	 "<p:provide-place-is>true</p:provide-place-is><p:provide-place-type>true</p:provide-place-type>"
	 "<p:provide-privacy>true</p:provide-privacy><p:provide-relationship>true</p:provide-relationship>"
	 "<p:provide-sphere>true</p:provide-sphere><p:provide-status-icon>true</p:provide-status-icon>"
	 "<p:provide-time-offset>true</p:provide-time-offset><p:provide-note>true</p:provide-note>",
	 SHOWN_DEVICE_ID | SHOWN_MOOD | SHOWN_PLACE_IS | SHOWN_PLACE_TYPE | SHOWN_PRIVACY | SHOWN_RELATIONSHIP |
		 SHOWN_SPHERE | SHOWN_STATUS_ICON | SHOWN_TIME_OFFSET | SHOWN_NOTE,
	 ""},
	{"<p:provide-user-input>false</p:provide-user-input>", 0, ""},
	{"<p:provide-user-input>bare</p:provide-user-input>", SHOWN_INPUT_BARE, ""},
	{"<p:provide-user-input>full</p:provide-user-input><p:provide-user-input>thresholds</p:provide-user-input>",
	 SHOWN_INPUT_FULL, ""},
	{"<p:provide-services><p:service-uri>sip:bob@example.test</p:service-uri><p:class>work</p:class>"
	 "<p:service-uri-scheme>im</p:service-uri-scheme><p:occurrence-id>t1</p:occurrence-id>"
	 "<p:class>work</p:class><p:class/></p:provide-services>"
	 "<p:provide-devices><p:deviceID>urn:uuid:1</p:deviceID><p:class>a&#10;dcb</p:class></p:provide-devices>"
	 "<p:provide-persons><p:occurrence-id>me</p:occurrence-id></p:provide-persons>",
	 0, "diurn:uuid:1\npome\nscwork\nsot1\nssim\nsusip:bob@example.test\n"},
	{"<p:provide-services><p:class>work</p:class><p:all-services/></p:provide-services>", SHOWN_SERVICES, ""},
	{"<p:provide-unknown-attribute name='foo' ns='urn:x'>true</p:provide-unknown-attribute>"
	 "<p:provide-unknown-attribute name='bar' ns='urn:x'>false</p:provide-unknown-attribute>"
	 "<p:provide-unknown-attribute name='a b' ns='urn:x'>true</p:provide-unknown-attribute>"
	 "<p:provide-unknown-attribute ns='urn:x'>true</p:provide-unknown-attribute>",
	 0, "anfoo urn:x\n"},
	{"<p:provide-willingness>true</p:provide-willingness><provide-mood>true</provide-mood>"
	 "<ocp:provide-mood>true</ocp:provide-mood>",
	 0, ""},
};

static int read_and_judge(struct arena *arena, const char *document, struct rule_answer *answer)
{
	struct ruleset *ruleset = NULL;
	struct body_error error;
	static const struct judge_row row = {.watcher = "bob", .domain = "example.test"};
	int result = ruleset_read(slice_text(document), &usual, &ruleset, &error);
	if (result == 0)
		result = judge(ruleset, &row, arena, answer);
	ruleset_destroy(ruleset);
	return result;
}

static void permissions_become_bits_and_picks(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(view_rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct rule_answer answer;
		char document[4096];
		arena_init(&arena, NULL, 1 << 20);
		CHECK(snprintf(document, sizeof(document), SHOWING("%s"), view_rows[i].transformations) > 0);
		CHECK_NUMBER(read_and_judge(&arena, document, &answer), 0);
		struct presence_view view = presence_view_read(answer.view);
		CHECK_NUMBER(view.shown, view_rows[i].shown);
		CHECK_TEXT(view.picks, view_rows[i].picks);
	}
}

#define GIVES(id, inside)                                                                                              \
	"<rule id='" id "'><actions><p:sub-handling>allow</p:sub-handling></actions><transformations>" inside          \
	"</transformations></rule>"

static void permissions_of_several_rules_are_joined(void)
{
	static const struct {
		const char *document, *view;
	} rows[] = {
		{RULES(GIVES("a", EVERY_ELEMENT "<p:provide-all-attributes/>")), ""},
		{RULES(GIVES("a", EVERY_ELEMENT) GIVES("b", "<p:provide-all-attributes/>")), ""},
		{RULES(GIVES("a", "<p:provide-user-input>bare</p:provide-user-input>")
			       GIVES("b", "<p:provide-user-input>thresholds</p:provide-user-input>")),
		 "18000\n"},
		{RULES(GIVES("a", "<p:provide-services><p:class>b</p:class></p:provide-services>")
			       GIVES("b", "<p:provide-services><p:class>b</p:class></p:provide-services>")
				       GIVES("c", "<p:provide-services><p:class>a</p:class></p:provide-services>")),
		 "0\nsca\nscb\n"},
		{RULES(GIVES("c", "<p:provide-services><p:class>a</p:class><p:class>b</p:class></p:provide-services>")),
		 "0\nsca\nscb\n"},
		{RULES(GIVES("a", "<p:provide-services><p:class>b</p:class></p:provide-services>")
			       GIVES("b", "<p:provide-services><p:all-services/></p:provide-services>")),
		 "4\n"},
		/* transformations of a rule that does not itself allow */
		{RULES(RULE("", "allow") "<rule id='b'><transformations><p:provide-mood>true</p:provide-mood>"
					 "</transformations></rule>"),
		 "40\n"},
		/* nothing is to be seen where it is not allowed */
		{RULES("<rule id='b'><actions><p:sub-handling>polite-block</p:sub-handling></actions><transformations>"
		       "<p:provide-mood>true</p:provide-mood></transformations></rule>"),
		 ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct rule_answer answer;
		arena_init(&arena, NULL, 1 << 20);
		CHECK_NUMBER(read_and_judge(&arena, rows[i].document, &answer), 0);
		CHECK_TEXT(answer.view, rows[i].view);
	}
}

/* --- documents that are none ---------------------------------------------------------------------------------- */

static void what_is_no_ruleset_is_refused_with_a_sentence(void)
{
	static const struct {
		const char *document;
		int result;
		const char *sentence;
	} rows[] = {
		{"", ERR_SYNTAX, "empty"},
		{"<ruleset/>", ERR_SYNTAX, "root element"},
		{"<rule" SPACES "/>", ERR_SYNTAX, "root element"},
		{"<ruleset" SPACES ">", ERR_SYNTAX, "line 1"},
		{"<!DOCTYPE ruleset>" RULES(""), ERR_SYNTAX, "type declaration"},
		{RULES("<a><a><a><a><a><a/></a></a></a></a></a>"), ERR_LIMIT, "deep"},
	};
	static const struct xml_limits limits = {.bytes = 10000, .depth = 5, .nodes = 100};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(release) struct ruleset *ruleset = NULL;
		struct body_error error = {""};
		CHECK_NUMBER(ruleset_read(slice_text(rows[i].document), &limits, &ruleset, &error), rows[i].result);
		CHECK(!ruleset);
		CHECK(strstr(error.sentence, rows[i].sentence));
	}
}

/* --- cost ----------------------------------------------------------------------------------------------------- */

static void write_many_rules(struct buffer *document)
{
	buffer_text(document, "<ruleset" SPACES ">");
	for (unsigned i = 0; i < 500; i++)
		buffer_format(document,
			      "<rule id='r%u'><conditions><identity><one id='sip:user%u@example.test'/></identity>"
			      "</conditions><actions><p:sub-handling>allow</p:sub-handling></actions>"
			      "<transformations><p:provide-services><p:class>work</p:class></p:provide-services>"
			      "<p:provide-mood>true</p:provide-mood></transformations></rule>",
			      i, i);
	buffer_text(document, "</ruleset>");
}

static void five_hundred_rules_take_little_memory(void)
{
	CLEANUP(buffer_finish) struct buffer document;
	CLEANUP(release) struct ruleset *ruleset = NULL;
	CLEANUP(arena_finish) struct arena arena;
	struct body_error error;
	struct rule_answer answer;
	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&document, 1 << 20);
	write_many_rules(&document);
	CHECK(!buffer_failed(&document));
	CHECK_NUMBER(ruleset_read(buffer_slice(&document), &usual, &ruleset, &error), 0);
	/* A rule, two terms and an identity: the document itself has some 300 bytes for each. */
	CHECK(ruleset_bytes(ruleset) < 500 * 80);
	static const struct judge_row row = {.watcher = "user499", .domain = "example.test"};
	CHECK_NUMBER(judge(ruleset, &row, &arena, &answer), 0);
	CHECK_NUMBER(answer.handling, WATCH_ALLOW);
	CHECK_TEXT(answer.view, "40\nscwork\n");
	CHECK(arena.used_bytes < 500 * 20 + 1000);
}

static void handlings_have_words(void)
{
	static const enum watch_handling all[] = {WATCH_BLOCK, WATCH_CONFIRM, WATCH_POLITE_BLOCK, WATCH_ALLOW};
	enum watch_handling handling;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		CHECK(watch_handling_read(slice_text(watch_handling_word(all[i])), &handling));
		CHECK_NUMBER(handling, all[i]);
	}
	CHECK(!watch_handling_read(SLICE("forbid"), &handling));
	CHECK(!watch_handling_read(SLICE(""), &handling));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"rules_decide_about_watchers", rules_decide_about_watchers, TEST_PLAIN},
		{"permissions_become_bits_and_picks", permissions_become_bits_and_picks, TEST_PLAIN},
		{"permissions_of_several_rules_are_joined", permissions_of_several_rules_are_joined, TEST_PLAIN},
		{"what_is_no_ruleset_is_refused_with_a_sentence", what_is_no_ruleset_is_refused_with_a_sentence,
		 TEST_PLAIN},
		{"five_hundred_rules_take_little_memory", five_hundred_rules_take_little_memory, TEST_PLAIN},
		{"handlings_have_words", handlings_have_words, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
