/* What must hold in resource-lists and rls-services beyond their schemas (RFC 4826 §3.4.5, §4.4.5).
 * SPDX-License-Identifier: MIT */
#include "judged_rows.h"

#define RL "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
#define LIST(inside) RL "<list name=\"a\">" inside "</list></resource-lists>"
#define REF "resource-lists/users/sip:alice@example.test/index/~~/resource-lists/list%5b@name=%22a%22%5d"

static void names_in_lists_are_unique_among_siblings(void)
{
	static const struct judged_row rows[] = {
		{RL "<list name=\"a\"/><list name=\"b\"/><list/><list/></resource-lists>", FAULT_NONE, NULL, NULL},
		{RL "<list name=\"a\"><list name=\"a\"/></list><list name=\"b\"><list "
		    "name=\"a\"/></list></resource-lists>",
		 FAULT_NONE, NULL, NULL},
		{RL "<list name=\"a\"/>\n<list name=\"b\"/><list name=\"a\"/></resource-lists>", FAULT_UNIQUENESS,
		 "line 2", "resource-lists/list[3]/@name"},
		{LIST("<list name=\"x\"/><list name=\"x\"/>"), FAULT_UNIQUENESS, "name",
		 "resource-lists/list[1]/list[2]/@name"},
		{LIST("<list name=\"x\"/><list><list name=\"y\"/><list name=\"y\"/></list>"), FAULT_UNIQUENESS, NULL,
		 "resource-lists/list[1]/list[2]/list[2]/@name"},
		{LIST("<entry uri=\"sip:b@c\"/><entry uri=\"sip:B@c\"/><list><entry uri=\"sip:b@c\"/></list>"),
		 FAULT_NONE, NULL, NULL},
		/* The first that repeats one, whichever value comes first in the alphabet. */
		{LIST("<entry uri=\"sip:z@c\"/><entry uri=\"sip:b@c\"/><entry uri=\"sip:z@c\"/><entry "
		      "uri=\"sip:b@c\"/>"),
		 FAULT_UNIQUENESS, "uri of this <entry>", "resource-lists/list[1]/entry[3]/@uri"},
		{LIST("<entry-ref ref=\"" REF "\"/><entry-ref ref=\"" REF "\"/>"), FAULT_UNIQUENESS, "ref",
		 "resource-lists/list[1]/entry-ref[2]/@ref"},
		{LIST("<external anchor=\"https://a.test/\"/><external/><external/><external "
		      "anchor=\"https://a.test/\"/>"),
		 FAULT_UNIQUENESS, "anchor", "resource-lists/list[1]/external[4]/@anchor"},
		/* What is of other namespaces is not ours to judge. */
		{LIST("<x:list xmlns:x=\"urn:x\" name=\"x\"/><x:list xmlns:x=\"urn:x\" name=\"x\"/>"), FAULT_NONE, NULL,
		 NULL},
	};
	run_rows("resource-lists", rows, ARRAY_SIZE(rows));
}

static void a_field_too_far_inside_has_no_name(void)
{
	static const struct judged_row rows[] = {
		{LIST("<list><list><list><list><list><list><list><list><list><list><list><list><list><list name=\"x\"/>"
		      "<list name=\"x\"/></list></list></list></list></list></list></list></list></list></list></list>"
		      "</list></list>"),
		 FAULT_UNIQUENESS, "name", NULL},
	};
	run_rows("resource-lists", rows, ARRAY_SIZE(rows));
}

static void references_have_the_form_of_the_rfc(void)
{
	static const struct judged_row rows[] = {
		{LIST("<entry-ref ref=\"" REF "\"/>"), FAULT_NONE, NULL, NULL},
		{LIST("<entry-ref ref=\"/" REF "\"/>"), FAULT_CONSTRAINT, "The ref in line 1", NULL},
		{LIST("<entry-ref ref=\"https://example.test/xcap/" REF "\"/>"), FAULT_CONSTRAINT, "relative", NULL},
		{LIST("<entry-ref ref=\"sip:bob@example.test\"/>"), FAULT_CONSTRAINT, "relative", NULL},
		{LIST("<entry-ref ref=\"\"/>"), FAULT_CONSTRAINT, "relative", NULL},
		{LIST("<external anchor=\"HTTP://example.test/xcap/" REF "\"/>"), FAULT_NONE, NULL, NULL},
		{LIST("<external anchor=\"https://example.test/xcap/" REF "\"/>"), FAULT_NONE, NULL, NULL},
		{LIST("<external anchor=\"" REF "\"/>"), FAULT_CONSTRAINT, "The anchor in line 1", NULL},
		{LIST("<external anchor=\"https:///x\"/>"), FAULT_CONSTRAINT, "absolute", NULL},
		{LIST("<external anchor=\"https://\"/>"), FAULT_CONSTRAINT, "absolute", NULL},
		{LIST("<external anchor=\"ftp://example.test/\"/>"), FAULT_CONSTRAINT, "absolute", NULL},
		{LIST("<list>\n<external anchor=\"\"/></list>"), FAULT_CONSTRAINT, "line 2", NULL},
	};
	run_rows("resource-lists", rows, ARRAY_SIZE(rows));
}

#define RLS                                                                                                            \
	"<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\" "                                                 \
	"xmlns:rl=\"urn:ietf:params:xml:ns:resource-lists\">"
#define SERVICE(uri) "<service uri=\"" uri "\"><list/></service>"
#define LINK(target)                                                                                                   \
	RLS "<service uri=\"sip:l@example.test\"><resource-list>" target "</resource-list></service></rls-services>"

static void a_service_has_a_uri_of_its_own(void)
{
	static const struct judged_row rows[] = {
		{RLS SERVICE("sip:a@example.test") SERVICE("sip:b@example.test") "</rls-services>", FAULT_NONE, NULL,
		 NULL},
		{RLS SERVICE("sips:a@example.test") "</rls-services>", FAULT_NONE, NULL, NULL},
		{RLS SERVICE("sip:a@example.test") SERVICE("sip:a@example.test") "</rls-services>", FAULT_UNIQUENESS,
		 "uri of this <service>", "rls-services/service[2]/@uri"},
		/* However it is written. */
		{RLS SERVICE("sip:a@example.test") SERVICE("SIP:%61@EXAMPLE.test;x=y") "</rls-services>",
		 FAULT_UNIQUENESS, NULL, "rls-services/service[2]/@uri"},
		{RLS SERVICE("sip:a@example.test") SERVICE("sip:taken@example.test") "</rls-services>",
		 FAULT_UNIQUENESS, "another one's", "rls-services/service[2]/@uri"},
		{RLS SERVICE("pres:a@example.test") "</rls-services>", FAULT_CONSTRAINT, "SIP URI", NULL},
		{RLS SERVICE("https://example.test/") "</rls-services>", FAULT_CONSTRAINT, "SIP URI", NULL},
		{RLS SERVICE("sip:example.test") "</rls-services>", FAULT_CONSTRAINT, "SIP URI", NULL},
		{RLS SERVICE("sip:") "</rls-services>", FAULT_CONSTRAINT, "SIP URI", NULL},
		{RLS SERVICE("") "</rls-services>", FAULT_CONSTRAINT, "SIP URI", NULL},
	};
	run_rows("rls-services", rows, ARRAY_SIZE(rows));
}

static enum document_fault judge_services(struct slice user, unsigned count, struct document_verdict *verdict)
{
	CLEANUP(buffer_finish) struct buffer text;
	const struct document_target target = {.user = user,
					       .domain = SLICE("example.test"),
					       .name = SLICE("index"),
					       .limits = &document_widest_limits};
	buffer_init(&text, 1 << 20);
	buffer_text(&text, RLS);
	for (unsigned i = 0; i < count; i++)
		buffer_format(&text, "<service uri=\"sip:s%u@example.test\"><list/></service>", i);
	buffer_text(&text, "</rls-services>");
	application_judge(application_find(SLICE("rls-services")), buffer_slice(&text), &target, verdict);
	return verdict->fault;
}

static void a_user_has_a_hundred_services_at_most(void)
{
	struct document_verdict verdict;
	CHECK_NUMBER(judge_services(SLICE("alice"), 100, &verdict), FAULT_NONE);
	CHECK_NUMBER(judge_services(SLICE(""), 101, &verdict), FAULT_NONE);
	CHECK_NUMBER(judge_services(SLICE("alice"), 101, &verdict), FAULT_CONSTRAINT);
	CHECK_TEXT(slice_text(verdict.error.sentence), "There are 101 services; a user may have at most 100");
}

static void a_service_has_the_owners_list_or_everybodys(void)
{
	static const struct judged_row rows[] = {
		{LINK("https://example.test/xcap/" REF), FAULT_NONE, NULL, NULL},
		{LINK("\n  http://EXAMPLE.test:8080/root/" REF " \n"), FAULT_NONE, NULL, NULL},
		{LINK("https://xcap.example.test/xcap/" REF), FAULT_NONE, NULL, NULL},
		{LINK("https://other.test/xcap/" REF), FAULT_CONSTRAINT, "not the URI of a resource list", NULL},
		{LINK("https://badexample.test/xcap/" REF), FAULT_CONSTRAINT, "not the URI", NULL},
		{LINK(REF), FAULT_NONE, NULL, NULL},
		{LINK("https://example.test/xcap/resource-lists/users/alice/index?xmlns(a=b)"), FAULT_NONE, NULL, NULL},
		{LINK("https://example.test/xcap/resource-lists/users/sip%3Aalice%40example.test/index"), FAULT_NONE,
		 NULL, NULL},
		{LINK("https://example.test/xcap/resource-lists/global/index"), FAULT_NONE, NULL, NULL},
		{LINK("https://example.test/xcap/resource-lists/users/sip:bob@example.test/index"), FAULT_CONSTRAINT,
		 "somebody else's", NULL},
		{LINK("https://example.test/xcap/resource-lists/users/sip:alice@other.test/index"), FAULT_CONSTRAINT,
		 "somebody else's", NULL},
		{LINK("https://example.test/xcap/resource-lists/users/alice/../bob/index"), FAULT_CONSTRAINT,
		 "not the URI of a resource list", NULL},
		{LINK("https://example.test/xcap/resource-lists/users/alice/"), FAULT_CONSTRAINT, "not the URI", NULL},
		{LINK("https://example.test/xcap/pres-rules/users/alice/index"), FAULT_CONSTRAINT, "not the URI", NULL},
		{LINK("https://example.test/xcap/resource-lists/users/alice/index%"), FAULT_SCHEMA, "anyURI", NULL},
		{LINK("sip:alice@example.test"), FAULT_CONSTRAINT, "not the URI", NULL},
		{LINK(""), FAULT_CONSTRAINT, "not the URI", NULL},
	};
	run_rows("rls-services", rows, ARRAY_SIZE(rows));
}

static void the_list_of_a_service_is_judged_as_any_list(void)
{
	static const struct judged_row rows[] = {
		{RLS "<service uri=\"sip:a@example.test\"><list><rl:entry uri=\"sip:b@c\"/><rl:entry "
		     "uri=\"sip:b@c\"/></list></service></rls-services>",
		 FAULT_UNIQUENESS, "uri of this <entry>", "rls-services/service[1]/list[1]/entry[2]/@uri"},
		{RLS "<service uri=\"sip:a@example.test\"><list><rl:external "
		     "anchor=\"x\"/></list></service></rls-services>",
		 FAULT_CONSTRAINT, "anchor", NULL},
	};
	run_rows("rls-services", rows, ARRAY_SIZE(rows));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"names_in_lists_are_unique_among_siblings", names_in_lists_are_unique_among_siblings, TEST_PLAIN},
		{"a_field_too_far_inside_has_no_name", a_field_too_far_inside_has_no_name, TEST_PLAIN},
		{"references_have_the_form_of_the_rfc", references_have_the_form_of_the_rfc, TEST_PLAIN},
		{"a_service_has_a_uri_of_its_own", a_service_has_a_uri_of_its_own, TEST_PLAIN},
		{"a_user_has_a_hundred_services_at_most", a_user_has_a_hundred_services_at_most, TEST_WITHOUT_OOM},
		{"a_service_has_the_owners_list_or_everybodys", a_service_has_the_owners_list_or_everybodys,
		 TEST_PLAIN},
		{"the_list_of_a_service_is_judged_as_any_list", the_list_of_a_service_is_judged_as_any_list,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
