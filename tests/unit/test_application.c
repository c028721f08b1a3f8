/* Application usages: which there are, and what makes a document of each good. SPDX-License-Identifier: MIT */
#include "judged_rows.h"

/* --- the table ------------------------------------------------------------------------------------------------- */

static void applications_are_found_by_their_names(void)
{
	static const char *const ids[] = {"xcap-caps", "resource-lists", "rls-services", "pres-rules",
					  "pidf-manipulation"};
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct application *application = application_find(slice_text(ids[i]));
		CHECK(application && application == application_at(i));
		CHECK_TEXT(slice_text(application->id), ids[i]);
		CHECK(application->media_type && application->default_space && application->root);
	}
	CHECK(!application_at(ARRAY_SIZE(ids)));
	CHECK(application_find(SLICE("org.openmobilealliance.pres-rules")) == application_find(SLICE("pres-rules")));
	CHECK(!application_find(SLICE("")));
	CHECK(!application_find(SLICE("Pres-rules")));
	CHECK(!application_find(SLICE("directory")));
}

static void capabilities_are_valid_and_name_every_application(void)
{
	CLEANUP(destroy_schemas) struct schemas *schemas = schemas_create();
	CLEANUP(buffer_finish) struct buffer buffer;
	struct body_error error = {""};
	buffer_init(&buffer, 4096);
	CHECK(schemas);
	application_write_capabilities(&buffer);
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(schema_check_text(schemas, "xcap-caps", buffer_slice(&buffer), &error), 0);
	for (size_t i = 0; application_at(i); i++) {
		const char *id = application_at(i)->id;
		CHECK(memmem(buffer.data, buffer.length, id, strlen(id)));
	}
}

/* --- texts ----------------------------------------------------------------------------------------------------- */

#define RL "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"

static void texts_that_are_no_documents_are_refused(void)
{
	static const struct judged_row rows[] = {
		{RL "</resource-lists>", FAULT_NONE, NULL, NULL},
		{"\xef\xbb\xbf<?xml version=\"1.0\" encoding='utf-8'?>" RL "</resource-lists>", FAULT_NONE, NULL, NULL},
		{"<?xml version=\"1.0\" encoding = \"US-ASCII\" ?>" RL "</resource-lists>", FAULT_NONE, NULL, NULL},
		{"<?xml version=\"1.0\"?>" RL "<list name=\"encoding='latin1'\"/></resource-lists>", FAULT_NONE, NULL,
		 NULL},
		{"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>" RL "</resource-lists>", FAULT_NOT_UTF8, "UTF-8",
		 NULL},
		{"\xef\xbb\xbf<?xml version=\"1.0\" encoding=\"UTF-16\"?>" RL "</resource-lists>", FAULT_NOT_UTF8,
		 "UTF-8", NULL},
		{RL "<list name=\"\xe4\"/></resource-lists>", FAULT_NOT_UTF8, "UTF-8", NULL},
		{RL, FAULT_NOT_WELL_FORMED, "line 1", NULL},
		{"", FAULT_NOT_WELL_FORMED, "empty", NULL},
		{"<!DOCTYPE a>" RL "</resource-lists>", FAULT_NOT_WELL_FORMED, "document type", NULL},
		{RL "<list><list><list><list><list><list><list><list><list><list><list><list><list><list><list><list/>"
		    "</list></list></list></list></list></list></list></list></list></list></list></list></list></list>"
		    "</list></resource-lists>",
		 FAULT_TOO_LARGE, "16 deep", NULL},
		{"<a/>", FAULT_SCHEMA, "Line 1 is not valid: the root is not <resource-lists>", NULL},
		{RL "\n<lists/></resource-lists>", FAULT_SCHEMA, "Line 2 is not valid", NULL},
	};
	run_rows("resource-lists", rows, ARRAY_SIZE(rows));
}

static void a_root_that_a_schema_has_elsewhere_is_no_root(void)
{
	static const struct judged_row rules[] = {
		{"<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"/>", FAULT_NONE, NULL, NULL},
		{"<sub-handling xmlns=\"urn:ietf:params:xml:ns:pres-rules\">allow</sub-handling>", FAULT_SCHEMA,
		 "<ruleset>", NULL},
	};
	run_rows("pres-rules", rules, ARRAY_SIZE(rules));
	run_rows("org.openmobilealliance.pres-rules", rules, ARRAY_SIZE(rules));
}

static void without_schemas_a_document_is_held_against_its_own_one(void)
{
	const struct application *application = application_find(SLICE("resource-lists"));
	const struct document_target target = {.user = SLICE("alice"), .limits = &judged_limits};
	struct document_verdict verdict;
	application_judge(application, SLICE(RL "<lists/></resource-lists>"), &target, &verdict);
	CHECK_NUMBER(verdict.fault, FAULT_SCHEMA);
	application_judge(application, SLICE(RL "</resource-lists>"), &target, &verdict);
	CHECK_NUMBER(verdict.fault, FAULT_NONE);
}

/* What a document of that name is found to be. */
static void judge_name(const char *id, const char *name, const char *text, struct document_verdict *verdict)
{
	const struct document_target target = {.user = SLICE("alice"),
					       .domain = SLICE("example.test"),
					       .name = slice_text(name),
					       .limits = &judged_limits};
	application_judge(application_find(slice_text(id)), slice_text(text), &target, verdict);
}

static void names_that_nobody_reads_are_refused_with_those_that_are_read(void)
{
	static const char rules[] = "<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\"/>";
	static const char services[] = "<rls-services xmlns=\"urn:ietf:params:xml:ns:rls-services\"/>";
	static const struct {
		const char *id, *name, *text;
		enum document_fault fault;
	} rows[] = {
		{"pres-rules", "index", rules, FAULT_NONE},
		{"pres-rules", "dialog", rules, FAULT_NONE},
		{"pres-rules", "message-summary", rules, FAULT_NONE},
		{"pres-rules", "my rules", rules, FAULT_CONSTRAINT},
		{"pres-rules", "Index", rules, FAULT_CONSTRAINT},
		{"pres-rules", "index dialog", rules, FAULT_CONSTRAINT},
		{"pres-rules", "", rules, FAULT_CONSTRAINT},
		{"rls-services", "index", services, FAULT_NONE},
		{"rls-services", "other", services, FAULT_CONSTRAINT},
		/* These may refer to each other by any name. */
		{"resource-lists", "other", RL "</resource-lists>", FAULT_NONE},
	};
	struct document_verdict verdict;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		judge_name(rows[i].id, rows[i].name, rows[i].text, &verdict);
		CHECK_NUMBER(verdict.fault, rows[i].fault);
	}
	judge_name("pres-rules", "other", rules, &verdict);
	CHECK_TEXT(slice_text(verdict.error.sentence),
		   "Documents of pres-rules are heeded only where they are named: index dialog message-summary reg");
}

/* --- constraints ----------------------------------------------------------------------------------------------- */

#define PRESENCE(entity) "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"" entity "\"/>"

static void presence_set_by_hand_is_ones_own(void)
{
	static const struct judged_row rows[] = {
		{PRESENCE("sip:alice@example.test"), FAULT_NONE, NULL, NULL},
		{PRESENCE("pres:alice@EXAMPLE.test"), FAULT_NONE, NULL, NULL},
		{PRESENCE("sip:%61lice@example.test"), FAULT_NONE, NULL, NULL},
		{PRESENCE("sip:bob@example.test"), FAULT_CONSTRAINT, "entity", NULL},
		{PRESENCE("sip:alice@other.test"), FAULT_CONSTRAINT, "entity", NULL},
		{PRESENCE("sip:example.test"), FAULT_CONSTRAINT, "entity", NULL},
		{PRESENCE(""), FAULT_CONSTRAINT, "entity", NULL},
		{"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>", FAULT_SCHEMA, "'entity' is required", NULL},
		{"<note xmlns=\"urn:ietf:params:xml:ns:pidf\"/>", FAULT_SCHEMA, "<presence>", NULL},
	};
	run_rows("pidf-manipulation", rows, ARRAY_SIZE(rows));
}

static enum document_fault judge_notes(unsigned count, struct document_verdict *verdict)
{
	CLEANUP(buffer_finish) struct buffer text;
	const struct document_target target = {
		.user = SLICE("alice"), .domain = SLICE("example.test"), .limits = &document_widest_limits};
	buffer_init(&text, 1 << 20);
	buffer_text(&text, "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" entity=\"sip:alice@example.test\">");
	for (unsigned i = 0; i < count; i++)
		buffer_text(&text, "<note/>");
	buffer_text(&text, "</presence>");
	application_judge(application_find(SLICE("pidf-manipulation")), buffer_slice(&text), &target, verdict);
	return verdict->fault;
}

static void presence_set_by_hand_is_no_more_than_is_told(void)
{
	struct document_verdict verdict;
	CHECK_NUMBER(judge_notes(4000, &verdict), FAULT_NONE);
	CHECK_NUMBER(judge_notes(5000, &verdict), FAULT_TOO_LARGE);
	CHECK_TEXT(slice_text(verdict.error.sentence),
		   "The document has more than 4096 elements, attributes and texts");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"applications_are_found_by_their_names", applications_are_found_by_their_names, TEST_PLAIN},
		{"capabilities_are_valid_and_name_every_application", capabilities_are_valid_and_name_every_application,
		 TEST_PLAIN},
		{"texts_that_are_no_documents_are_refused", texts_that_are_no_documents_are_refused, TEST_PLAIN},
		{"a_root_that_a_schema_has_elsewhere_is_no_root", a_root_that_a_schema_has_elsewhere_is_no_root,
		 TEST_PLAIN},
		{"without_schemas_a_document_is_held_against_its_own_one",
		 without_schemas_a_document_is_held_against_its_own_one, TEST_PLAIN},
		{"names_that_nobody_reads_are_refused_with_those_that_are_read",
		 names_that_nobody_reads_are_refused_with_those_that_are_read, TEST_WITHOUT_OOM},
		{"presence_set_by_hand_is_ones_own", presence_set_by_hand_is_ones_own, TEST_PLAIN},
		{"presence_set_by_hand_is_no_more_than_is_told", presence_set_by_hand_is_no_more_than_is_told,
		 TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
