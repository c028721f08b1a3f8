/* The schemas that travel inside the program: each is good, holds what it should, and says where a document is not.
 * SPDX-License-Identifier: MIT */
#include "documents/schema.h"

#include "base/error.h"
#include "documents/schema_texts.h"
#include "test.h"

struct row {
	const char *schema;
	const char *words; /* NULL: the document is good; else what the sentence has in it */
	const char *text;
};

static void destroy(struct schemas **schemas)
{
	schemas_destroy(*schemas);
}

static void run_rows(const struct row *rows, size_t count)
{
	CLEANUP(destroy) struct schemas *schemas = schemas_create();
	CHECK(schemas);
	for (size_t i = 0; i < count; i++) {
		struct body_error error = {""};
		int result = schema_check_text(schemas, rows[i].schema, slice_text(rows[i].text), &error);
		if (!rows[i].words)
			CHECK_TEXT(slice_text(error.sentence), "");
		if (rows[i].words && result == 0)
			CHECK_TEXT(slice_text(rows[i].text), rows[i].words);
		CHECK_NUMBER(result, rows[i].words ? ERR_SYNTAX : 0);
		if (rows[i].words && !strstr(error.sentence, rows[i].words))
			CHECK_TEXT(slice_text(error.sentence), rows[i].words);
	}
}

static void every_schema_can_be_compiled(void)
{
	CLEANUP(destroy) struct schemas *schemas = schemas_create();
	CHECK(schemas);
	CHECK(schema_text_count >= 17);
	for (unsigned i = 0; i < schema_text_count; i++) {
		struct body_error error = {""};
		/* No schema knows this one; but it must be there to say so. */
		int result = schema_check_text(schemas, schema_texts[i].name, SLICE("<x/>"), &error);
		CHECK_NUMBER(result, ERR_SYNTAX);
		CHECK_TEXT(slice_of(error.sentence, 20), "Line 1 is not valid:");
	}
}

static void a_schema_that_is_not_there_is_not_found(void)
{
	CLEANUP(destroy) struct schemas *schemas = schemas_create();
	struct body_error error = {""};
	CHECK(schemas);
	CHECK_NUMBER(schema_check_text(schemas, "nothing", SLICE("<x/>"), &error), ERR_NOT_FOUND);
	CHECK_NUMBER(schema_check_text(schemas, "", SLICE("<x/>"), &error), ERR_NOT_FOUND);
}

#define RL "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" xmlns:x=\"urn:x\">\n"
#define RLS                                                                                                            \
	"<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" "                                                 \
	"xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\">\n"

static void lists_and_services(void)
{
	static const struct row rows[] = {
		{"resource-lists", NULL, RL "</resource-lists>"},
		{"resource-lists", NULL,
		 RL "<list name=\"friends\" x:y=\"1\">\n<display-name xml:lang=\"en\">My friends</display-name>"
		    "<entry uri=\"sip:bob@example.test\"><display-name>Bob</display-name><x:more/></entry>"
		    "<list name=\"close\"><list/></list><entry-ref ref=\"resource-lists/users/alice/index\"/>"
		    "<external anchor=\"https://example.test/xcap/a\"/><entry uri=\"pres:c@example.test\"/><x:end/>"
		    "</list></resource-lists>"},
		{"resource-lists", "Line 3 is not valid: Element 'entry': The attribute 'uri' is required",
		 RL "<list>\n<entry/></list></resource-lists>"},
		{"resource-lists", "Line 2 is not valid: Element 'entry'", RL "<entry uri=\"a\"/></resource-lists>"},
		{"resource-lists", "Element 'display-name'",
		 RL "<list><entry uri=\"a\"/><display-name>late</display-name></list></resource-lists>"},
		{"resource-lists", "Element 'buddy'", RL "<list><buddy/></list></resource-lists>"},
		{"resource-lists", "Line 2 is not valid: Element 'list', attribute 'names'",
		 RL "<list names=\"x\"/></resource-lists>"},
		{"resource-lists", "Line 1 is not valid", "<resource-lists/>"},
		{"resource-lists", "Character content", RL "text</resource-lists>"},
		{"rls-services", NULL, RLS "</rls-services>"},
		{"rls-services", NULL,
		 RLS
		 "<service uri=\"sip:all@example.test\"><resource-list>https://example.test/xcap/x</resource-list>"
		 "<packages><package>presence</package><package>dialog</package></packages></service>"
		 "<service uri=\"sip:some@example.test\"><list name=\"a\"><rl:entry uri=\"sip:b@example.test\"/></list>"
		 "</service></rls-services>"},
		{"rls-services", "Line 2 is not valid", RLS "<service uri=\"sip:a@example.test\"/></rls-services>"},
		{"rls-services", "'uri' is required", RLS "<service><list/></service></rls-services>"},
		{"rls-services", "Element 'entry': The attribute 'uri' is required",
		 RLS "<service uri=\"sip:a@b\"><list><rl:entry/></list></service></rls-services>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

#define CR                                                                                                             \
	"<cr:ruleset xmlns:cr=\"urn:ietf:params:xml:ns:common-policy\" xmlns=\"urn:ietf:params:xml:ns:pres-rules\" "   \
	"xmlns:x=\"urn:x\">\n"

static void rules(void)
{
	static const struct row rows[] = {
		{"pres-rules", NULL, CR "</cr:ruleset>"},
		{"common-policy", NULL, CR "<cr:rule id=\"a\"/></cr:ruleset>"},
		{"pres-rules", NULL,
		 CR "<cr:rule id=\"a\"><cr:conditions><cr:identity><cr:one id=\"sip:bob@example.test\"/><cr:many "
		    "domain=\"example.test\"><cr:except id=\"sip:c@example.test\"/></cr:many></cr:identity><cr:sphere "
		    "value=\"work\"/><cr:validity><cr:from>2026-01-01T00:00:00Z</cr:from><cr:until>2027-01-01T00:00:00Z"
		    "</cr:until></cr:validity><x:other/></cr:conditions><cr:actions><sub-handling>polite-block"
		    "</sub-handling></cr:actions><cr:transformations><provide-persons><all-persons/></provide-persons>"
		    "<provide-devices><deviceID>urn:uuid:1</deviceID><class>a</class></provide-devices>"
		    "<provide-services><service-uri-scheme>sip</service-uri-scheme></provide-services>"
		    "<provide-activities>true</provide-activities><provide-user-input>bare</provide-user-input>"
		    "<provide-unknown-attribute ns=\"urn:x\" name=\"y\">1</provide-unknown-attribute><x:other/>"
		    "</cr:transformations></cr:rule></cr:ruleset>"},
		{"pres-rules", "Line 3 is not valid: Element 'sub-handling'",
		 CR "<cr:rule "
		    "id=\"a\"><cr:actions>\n<sub-handling>maybe</sub-handling></cr:actions></cr:rule></cr:ruleset>"},
		{"pres-rules", "'id' is required", CR "<cr:rule/></cr:ruleset>"},
		{"pres-rules", "Element 'rule', attribute 'id'", CR "<cr:rule id=\"1\"/></cr:ruleset>"},
		{"pres-rules", "Line 3 is not valid: Element 'rule', attribute 'id'",
		 CR "<cr:rule id=\"a\"/>\n<cr:rule id=\"a\"/></cr:ruleset>"},
		{"pres-rules", "Element 'actions'",
		 CR "<cr:rule id=\"a\"><cr:transformations/><cr:actions/></cr:rule></cr:ruleset>"},
		{"pres-rules", "Element 'from'",
		 CR
		 "<cr:rule id=\"a\"><cr:conditions><cr:validity><cr:from>today</cr:from></cr:validity></cr:conditions>"
		 "</cr:rule></cr:ruleset>"},
		{"pres-rules", "Element 'provide-mood'",
		 CR "<cr:rule "
		    "id=\"a\"><cr:transformations><provide-mood>sure</provide-mood></cr:transformations></cr:rule>"
		    "</cr:ruleset>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

#define PIDF                                                                                                           \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "         \
	"xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" xmlns:x=\"urn:x\" entity=\"sip:a@example.test\">\n"

static void presence(void)
{
	static const struct row rows[] = {
		{"pidf", NULL, PIDF "</presence>"},
		{"pidf", NULL,
		 PIDF
		 "<tuple id=\"t1\"><status><basic>open</basic><x:online/></status><r:class>a</r:class>"
		 "<dm:deviceID>urn:d</dm:deviceID><contact priority=\"0.8\">sip:a@example.test</contact>"
		 "<note xml:lang=\"\">n</note><timestamp>2026-01-01T00:00:00Z</timestamp></tuple><note>here</note>"
		 "<dm:person id=\"p\"><r:activities/><r:mood><r:happy/></r:mood><r:user-input "
		 "idle-threshold=\"600\" last-input=\"2026-01-01T00:00:00Z\">idle</r:user-input><dm:note>n</dm:note>"
		 "</dm:person><dm:device id=\"d\"><dm:deviceID>urn:d</dm:deviceID></dm:device></presence>"},
		{"pidf", "Element 'basic'",
		 PIDF "<tuple id=\"t1\"><status><basic>unknown</basic></status></tuple></presence>"},
		{"pidf", "Element 'tuple'", PIDF "<tuple id=\"t1\"/></presence>"},
		{"pidf", "attribute 'priority'",
		 PIDF "<tuple id=\"t1\"><status/><contact priority=\"2\">sip:a@b</contact></tuple></presence>"},
		{"pidf", "Line 3 is not valid: Element 'person'", PIDF "\n<dm:person/></presence>"},
		{"pidf", "Element 'timestamp'",
		 PIDF "<tuple id=\"t1\"><status/><timestamp>now</timestamp></tuple></presence>"},
		{"pidf", "'entity' is required", "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>"},
		{"pidf", "Element 'time-offset'",
		 PIDF "<dm:person id=\"p\"><r:time-offset>late</r:time-offset></dm:person></presence>"},
		{"pidf-diff", NULL,
		 "<p:pidf-full xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" xmlns=\"urn:ietf:params:xml:ns:pidf\" "
		 "version=\"0\" entity=\"sip:a@b\"><tuple id=\"t\"><status/></tuple><note>n</note></p:pidf-full>"},
		{"pidf-diff", NULL,
		 "<p:pidf-diff xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" xmlns=\"urn:ietf:params:xml:ns:pidf\" "
		 "version=\"4294967295\" entity=\"sip:a@b\"><p:add sel=\"presence/note\" pos=\"before\"><tuple "
		 "id=\"t\"><status/></tuple></p:add><p:replace sel=\"*/tuple[1]/status/basic/text()\">open</p:replace>"
		 "<p:remove sel=\"*/note[1]\" ws=\"after\"/></p:pidf-diff>"},
		{"pidf-diff", "'sel' is required",
		 "<p:pidf-diff xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" "
		 "entity=\"sip:a@b\"><p:remove/></p:pidf-diff>"},
		{"pidf-diff", "attribute 'ws'",
		 "<p:pidf-diff xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" entity=\"sip:a@b\"><p:remove sel=\"a\" "
		 "ws=\"no\"/></p:pidf-diff>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

#define WI "<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" state=\"full\">\n"
#define RLMI                                                                                                           \
	"<list xmlns=\"urn:ietf:params:xml:ns:rlmi\" uri=\"sip:l@example.test\" version=\"1\" fullState=\"true\">\n"

static void events(void)
{
	static const struct row rows[] = {
		{"watcherinfo", NULL,
		 WI "<watcher-list resource=\"sip:a@example.test\" package=\"presence\"><watcher id=\"1\" "
		    "status=\"pending\" event=\"subscribe\" display-name=\"Bob\" expiration=\"60\" "
		    "duration-subscribed=\"5\">sip:bob@example.test</watcher></watcher-list></watcherinfo>"},
		{"watcherinfo", "attribute 'status'",
		 WI "<watcher-list resource=\"a\" package=\"b\"><watcher id=\"1\" status=\"x\" "
		    "event=\"subscribe\"/></watcher-list></watcherinfo>"},
		{"watcherinfo", "'package' is required", WI "<watcher-list resource=\"a\"/></watcherinfo>"},
		{"rlmi", NULL,
		 RLMI
		 "<name xml:lang=\"en\">All</name><resource uri=\"sip:b@example.test\"><name>Bob</name><instance "
		 "id=\"1\" state=\"active\" cid=\"x@y\"/></resource><resource uri=\"sip:c@example.test\"><instance "
		 "id=\"1\" state=\"terminated\" reason=\"rejected\"/></resource></list>"},
		{"rlmi", "attribute 'state'",
		 RLMI "<resource uri=\"a\"><instance id=\"1\" state=\"closed\"/></resource></list>"},
		{"rlmi", "'uri' is required", RLMI "<resource/></list>"},
		{"xcap-diff", NULL,
		 "<xcap-diff xmlns=\"urn:ietf:params:xml:ns:xcap-diff\" "
		 "xcap-root=\"https://example.test/xcap/\"><document "
		 "sel=\"resource-lists/users/a/index\" new-etag=\"1\" previous-etag=\"0\"/><document sel=\"b\"><add "
		 "sel=\"*\"><list/></add></document><document sel=\"c\"><body-not-changed/></document><element "
		 "sel=\"d\" "
		 "exists=\"1\"><x/></element><attribute sel=\"e\">value</attribute></xcap-diff>"},
		{"xcap-diff", "'xcap-root' is required", "<xcap-diff xmlns=\"urn:ietf:params:xml:ns:xcap-diff\"/>"},
		{"xcap-diff", "'sel' is required",
		 "<xcap-diff xmlns=\"urn:ietf:params:xml:ns:xcap-diff\" xcap-root=\"a\"><document/></xcap-diff>"},
		{"simple-filter", NULL,
		 "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\" "
		 "package=\"presence\"><ns-bindings><ns-binding "
		 "prefix=\"p\" urn=\"urn:p\"/></ns-bindings><filter id=\"1\" uri=\"sip:a@b\"><what><include "
		 "type=\"xpath\">/p:a</include><exclude>/p:b</exclude></what><trigger><changed from=\"a\" "
		 "to=\"b\">/p:c</changed><added>/p:d</added></trigger></filter><filter id=\"2\" remove=\"true\"/>"
		 "</filter-set>"},
		{"simple-filter", "Element 'filter-set'",
		 "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"/>"},
		{"simple-filter", "attribute 'by'",
		 "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><filter id=\"1\"><trigger><changed "
		 "by=\"much\">/a</changed></trigger></filter></filter-set>"},
		{"dialog-info", NULL,
		 "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"partial\" "
		 "entity=\"sip:a@b\"><dialog id=\"1\" call-id=\"c\" direction=\"recipient\"><state event=\"rejected\" "
		 "code=\"486\">terminated</state><local><identity>sip:a@b</identity><target "
		 "uri=\"sip:a@c\"/></local></dialog></dialog-info>"},
		{"dialog-info", "Element 'state'",
		 "<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"3\" state=\"full\" "
		 "entity=\"sip:a@b\"><dialog id=\"1\"><state>ringing</state></dialog></dialog-info>"},
		{"reginfo", NULL,
		 "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\"><registration "
		 "aor=\"sip:a@b\" id=\"1\" state=\"active\"><contact id=\"2\" state=\"active\" event=\"registered\" "
		 "expires=\"60\"><uri>sip:a@c</uri><unknown-param name=\"x\">y</unknown-param></contact></registration>"
		 "</reginfo>"},
		{"reginfo", "attribute 'event'",
		 "<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\"><registration "
		 "aor=\"sip:a@b\" id=\"1\" state=\"active\"><contact id=\"2\" state=\"active\" event=\"x\"><uri>a</uri>"
		 "</contact></registration></reginfo>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

#define CONFERENCE "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"sip:room@example.test\""

static void conferences(void)
{
	static const struct row rows[] = {
		{"conference-info", NULL, CONFERENCE "/>"},
		{"conference-info", NULL,
		 CONFERENCE
		 " state=\"full\" version=\"1\"><conference-description><subject>Plans</subject><keywords>a b"
		 "</keywords><conf-uris><entry><uri>sip:room@example.test</uri></entry></conf-uris>"
		 "</conference-description><conference-state><user-count>2</user-count></conference-state><users>"
		 "<user entity=\"sip:a@b\" state=\"full\"><display-text>A</display-text><languages>en de"
		 "</languages><endpoint entity=\"sip:a@c\"><status>connected</status><joining-method>dialed-in"
		 "</joining-method><joining-info><when>2026-01-01T00:00:00Z</when></joining-info><media "
		 "id=\"1\"><type>message</type><status>sendrecv</status></media></endpoint></user></users>"
		 "</conference-info>"},
		{"conference-info", "Element 'status'",
		 CONFERENCE
		 "><users><user><endpoint><status>here</status></endpoint></user></users></conference-info>"},
		{"conference-info", "attribute 'state'", CONFERENCE " state=\"whole\"/>"},
		{"conference-info", "'entity' is required",
		 "<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\"/>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

#define ERROR_ROOT "<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\">"

static void xcap(void)
{
	static const struct row rows[] = {
		{"xcap-error", NULL, ERROR_ROOT "<cannot-insert phrase=\"no\"/></xcap-error>"},
		{"xcap-error", NULL, ERROR_ROOT "<no-parent><ancestor>a/b</ancestor></no-parent></xcap-error>"},
		{"xcap-error", NULL,
		 ERROR_ROOT "<uniqueness-failure><exists field=\"a/@b\"><alt-value>c</alt-value></exists>"
			    "</uniqueness-failure></xcap-error>"},
		{"xcap-error", NULL, ERROR_ROOT "<extension><x/></extension></xcap-error>"},
		{"xcap-error", "Missing child", ERROR_ROOT "</xcap-error>"},
		{"xcap-error", "Element 'uniqueness-failure'", ERROR_ROOT "<uniqueness-failure/></xcap-error>"},
		{"xcap-error", "Element 'not-utf-8'", ERROR_ROOT "<cannot-delete/><not-utf-8/></xcap-error>"},
		{"xcap-caps", NULL,
		 "<xcap-caps xmlns=\"urn:ietf:params:xml:ns:xcap-caps\"><auids><auid>a</auid></auids><namespaces/>"
		 "</xcap-caps>"},
		{"xcap-caps", "Element 'xcap-caps'", "<xcap-caps xmlns=\"urn:ietf:params:xml:ns:xcap-caps\"/>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

/* A document that names a schema of its own does not make anybody fetch that. */
static void what_a_document_says_of_its_schema_is_not_followed(void)
{
	static const struct row rows[] = {
		{"resource-lists", NULL,
		 "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\" "
		 "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
		 "xsi:schemaLocation=\"urn:x http://127.0.0.1:9/x.xsd\" "
		 "xsi:noNamespaceSchemaLocation=\"/etc/passwd\"/>"},
	};
	run_rows(rows, ARRAY_SIZE(rows));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"every_schema_can_be_compiled", every_schema_can_be_compiled, TEST_PLAIN},
		{"a_schema_that_is_not_there_is_not_found", a_schema_that_is_not_there_is_not_found, TEST_PLAIN},
		{"lists_and_services_are_held_against_their_schemas", lists_and_services, TEST_PLAIN},
		{"rules_are_held_against_their_schemas", rules, TEST_PLAIN},
		{"presence_is_held_against_its_schemas", presence, TEST_PLAIN},
		{"bodies_of_events_are_held_against_their_schemas", events, TEST_PLAIN},
		{"conferences_are_held_against_their_schema", conferences, TEST_PLAIN},
		{"errors_and_capabilities_are_held_against_their_schemas", xcap, TEST_PLAIN},
		{"what_a_document_says_of_its_schema_is_not_followed",
		 what_a_document_says_of_its_schema_is_not_followed, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
