/* Decisions about watchers, made in documents of rules. SPDX-License-Identifier: MIT */
#include "documents/watch_rules.h"

#include "base/error.h"
#include "documents/schema.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

static const struct xml_limits usual = {.bytes = 1 << 20, .depth = 16, .nodes = 50000};

/* Documents are written here without their root, and with quotation marks that need no escapes. */
#define ROOT                                                                                                           \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ruleset xmlns=\"urn:ietf:params:xml:ns:common-policy\""          \
	" xmlns:pr=\"urn:ietf:params:xml:ns:pres-rules\">"
#define DOCUMENT_BYTES_MOST 4096

/* `text` without a root, as a whole document; an empty one is none. */
static struct slice make_document(const char *text, char document[static DOCUMENT_BYTES_MOST])
{
	int length = *text ? snprintf(document, DOCUMENT_BYTES_MOST, ROOT "%s</ruleset>\n", text) : 0;
	for (int i = 0; i < length; i++) {
		if (document[i] == '\'')
			document[i] = '"';
	}
	return slice_of(document, length > 0 ? (size_t)length : 0);
}

/* What one edit is: a handling, or that he is forgotten. */
#define FORGET (-1)

static int edit(struct slice before, const char *watcher, int handling, struct buffer *after, struct body_error *error)
{
	if (handling == FORGET)
		return watch_rules_forget(before, slice_text(watcher), &usual, after, error);
	return watch_rules_set(before, slice_text(watcher), (enum watch_handling)handling, &usual, after, error);
}

/* --- what the documents become -------------------------------------------------------------------------------- */

struct edit_row {
	const char *what, *before;
	const char *watcher;
	int handling;
	const char *after;
};

#define BOB "sip:bob@example.test"

static const struct edit_row edit_rows[] = {
	{"the first decision makes the document", "", BOB, WATCH_ALLOW,
	 "\n"
	 "  <rule id='allowed'>\n"
	 "    <conditions>\n"
	 "      <identity>\n"
	 "        <one id='sip:bob@example.test'/>\n"
	 "      </identity>\n"
	 "    </conditions>\n"
	 "    <actions>\n"
	 "      <pr:sub-handling>allow</pr:sub-handling>\n"
	 "    </actions>\n"
	 "    <transformations>\n"
	 "      <pr:provide-services>\n"
	 "        <pr:all-services/>\n"
	 "      </pr:provide-services>\n"
	 "      <pr:provide-persons>\n"
	 "        <pr:all-persons/>\n"
	 "      </pr:provide-persons>\n"
	 "      <pr:provide-devices>\n"
	 "        <pr:all-devices/>\n"
	 "      </pr:provide-devices>\n"
	 "      <pr:provide-all-attributes/>\n"
	 "    </transformations>\n"
	 "  </rule>\n"},
	{"a second one joins the first, on a line that is indented as his",
	 "<!-- mine -->\n"
	 "<rule id='blocked'>\n"
	 "\t<conditions><identity>\n"
	 "\t\t<one id='sip:al@x.test'/>\n"
	 "\t</identity></conditions>\n"
	 "\t<actions><pr:sub-handling>block</pr:sub-handling></actions>\n"
	 "</rule>\n",
	 "pres:b%20b@Example.TEST;x=y", WATCH_BLOCK,
	 "<!-- mine -->\n"
	 "<rule id='blocked'>\n"
	 "\t<conditions><identity>\n"
	 "\t\t<one id='sip:al@x.test'/>\n"
	 "\t\t<one id='sip:b%20b@example.test'/>\n"
	 "\t</identity></conditions>\n"
	 "\t<actions><pr:sub-handling>block</pr:sub-handling></actions>\n"
	 "</rule>\n"},
	{"who is blocked is taken out of all other rules",
	 "\n"
	 "  <rule id='friends'><conditions><identity>\n"
	 "    <one id='sip:bob@example.test'/>\n"
	 "    <one id='sip:al@x.test'/>\n"
	 "    <one id='sips:bob@example.test'/>\n"
	 "  </identity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "  <rule id='blocked'><conditions><identity><one id='sip:eve@x.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>block</pr:sub-handling></actions></rule>\n",
	 BOB, WATCH_BLOCK,
	 "\n"
	 "  <rule id='friends'><conditions><identity>\n"
	 "    <one id='sip:al@x.test'/>\n"
	 "  </identity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "  <rule id='blocked'><conditions><identity><one id='sip:eve@x.test'/><one id='sip:bob@example.test'/>"
	 "</identity></conditions><actions><pr:sub-handling>block</pr:sub-handling></actions></rule>\n"},
	{"a rule for many has him as an exception, unless it gives no more, is for others, or has him already",
	 "\n"
	 "<rule id='a'><conditions><identity><many domain='Example.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='b'><conditions><identity><many/></identity></conditions>"
	 "<actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>\n"
	 "<rule id='c'><conditions><identity><many domain='x.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='d'><conditions><identity><many><except id='im:bob@example.test'/></many></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='asked'><conditions><identity><one id='sip:x@y'/></identity></conditions>"
	 "<actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>\n",
	 BOB, WATCH_CONFIRM,
	 "\n"
	 "<rule id='a'><conditions><identity><many domain='Example.test'>\n"
	 "          <except id='sip:bob@example.test'/>\n"
	 "        </many></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='b'><conditions><identity><many/></identity></conditions>"
	 "<actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>\n"
	 "<rule id='c'><conditions><identity><many domain='x.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='d'><conditions><identity><many><except id='im:bob@example.test'/></many></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>\n"
	 "<rule id='asked'><conditions><identity><one id='sip:x@y'/><one id='sip:bob@example.test'/></identity>"
	 "</conditions><actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>\n"},
	{"a rule for everybody becomes one for everybody but him",
	 "\n"
	 "  <rule id='all'>\n"
	 "    <actions><pr:sub-handling>allow</pr:sub-handling></actions>\n"
	 "  </rule>\n"
	 "  <rule id='blocked'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>block</pr:sub-handling></actions></rule>\n",
	 BOB, WATCH_BLOCK,
	 "\n"
	 "  <rule id='all'>\n"
	 "    <conditions>\n"
	 "      <identity>\n"
	 "        <many>\n"
	 "          <except id='sip:bob@example.test'/>\n"
	 "        </many>\n"
	 "      </identity>\n"
	 "    </conditions>\n"
	 "    <actions><pr:sub-handling>allow</pr:sub-handling></actions>\n"
	 "  </rule>\n"
	 "  <rule id='blocked'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>block</pr:sub-handling></actions></rule>\n"},
	{"who is allowed by a rule of the user's own stays with what that shows",
	 "<rule id='f'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
	 BOB, WATCH_ALLOW,
	 "<rule id='f'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>"},
	{"who is forgotten is named nowhere, and rules for nobody go",
	 "\n"
	 "  <rule id='f'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions></rule>\n"
	 "  <!-- kept -->\n"
	 "  <rule id='m'><conditions><identity><many>\n"
	 "    <except id='pres:bob@example.test'/>\n"
	 "    <except id='sip:al@x.test'/>\n"
	 "  </many></identity></conditions></rule>\n",
	 BOB, FORGET,
	 "\n"
	 "  <!-- kept -->\n"
	 "  <rule id='m'><conditions><identity><many>\n"
	 "    <except id='sip:al@x.test'/>\n"
	 "  </many></identity></conditions></rule>\n"},
	{"rules that never apply stay as they are",
	 "<rule id='n'><conditions><x:y xmlns:x='urn:x'/></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>"
	 "<rule id='blocked'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions></rule>",
	 BOB, WATCH_BLOCK,
	 "<rule id='n'><conditions><x:y xmlns:x='urn:x'/></conditions>"
	 "<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>"
	 "<rule id='blocked'><conditions><identity><one id='sip:bob@example.test'/></identity></conditions></rule>"},
	{"nobody is forgotten without a document", "", BOB, FORGET, ""},
	{"rules that have the id but another shape are not ours",
	 "<rule id='blocked'/><rule id='blocked-2'><conditions><identity><many domain='x.test'/></identity>"
	 "</conditions></rule><rule id='blocked-3'><conditions><identity><one id='sip:x@y'/></identity>"
	 "<sphere value='work'/></conditions></rule>",
	 BOB, WATCH_BLOCK,
	 "<rule id='blocked'/><rule id='blocked-2'><conditions><identity><many domain='x.test'/></identity>"
	 "</conditions></rule><rule id='blocked-3'><conditions><identity><one id='sip:x@y'/></identity>"
	 "<sphere value='work'/></conditions></rule><rule id='blocked-4'>\n"
	 "    <conditions>\n"
	 "      <identity>\n"
	 "        <one id='sip:bob@example.test'/>\n"
	 "      </identity>\n"
	 "    </conditions>\n"
	 "    <actions>\n"
	 "      <pr:sub-handling>block</pr:sub-handling>\n"
	 "    </actions>\n"
	 "  </rule>"},
};

static void edits_change_what_they_must_and_nothing_else(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(edit_rows); i++) {
		const struct edit_row *row = &edit_rows[i];
		CLEANUP(buffer_finish) struct buffer after, again;
		struct body_error error = {""};
		char before[DOCUMENT_BYTES_MOST], wanted[DOCUMENT_BYTES_MOST + 1] = "";
		buffer_init(&after, 1 << 16);
		buffer_init(&again, 1 << 16);
		struct slice document = make_document(row->before, before);
		wanted[make_document(row->after, wanted).length] = '\0';
		if (edit(document, row->watcher, row->handling, &after, &error) != 0)
			CHECK_TEXT(slice_text(error.sentence), row->what);
		CHECK_TEXT(buffer_slice(&after), wanted);
		/* Once more changes nothing more. */
		CHECK_NUMBER(edit(buffer_slice(&after), row->watcher, row->handling, &again, &error), 0);
		CHECK_TEXT(buffer_slice(&again), wanted);
	}
}

static void prefixes_are_those_of_the_document(void)
{
	static const char before[] =
		"<cp:ruleset xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" xmlns:pr=\"urn:x\"><cp:rule id=\"r\"/>"
		"</cp:ruleset>";
	static const char after[] =
		"<cp:ruleset xmlns:cp=\"urn:ietf:params:xml:ns:common-policy\" xmlns:pr=\"urn:x\" "
		"xmlns:pr1=\"urn:ietf:params:xml:ns:pres-rules\"><cp:rule id=\"r\"/><cp:rule id=\"blocked\">\n"
		"    <cp:conditions>\n"
		"      <cp:identity>\n"
		"        <cp:one id=\"sip:bob@example.test\"/>\n"
		"      </cp:identity>\n"
		"    </cp:conditions>\n"
		"    <cp:actions>\n"
		"      <pr1:sub-handling>block</pr1:sub-handling>\n"
		"    </cp:actions>\n"
		"  </cp:rule></cp:ruleset>\n";
	CLEANUP(buffer_finish) struct buffer edited;
	struct body_error error;
	buffer_init(&edited, 1 << 16);
	CHECK_NUMBER(edit(SLICE(before), BOB, WATCH_BLOCK, &edited, &error), 0);
	CHECK_TEXT(buffer_slice(&edited), after);
}

/* --- what they come to ---------------------------------------------------------------------------------------- */

static int judge(struct slice document, const char *user, const char *domain, struct arena *arena,
		 struct rule_answer *answer)
{
	struct ruleset *ruleset = NULL;
	struct body_error error;
	struct rule_question question = {.user = slice_text(user), .domain = slice_text(domain), .now_s = 1};
	int result = ruleset_read(document, &usual, &ruleset, &error);
	if (result == 0)
		result = ruleset_judge(ruleset, &question, arena, answer);
	ruleset_destroy(ruleset);
	return result;
}

static const char *const documents[] = {
	"",
	"<rule id='none'/>",
	"<rule id='all'><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>"
	"<rule id='x'><actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>",
	"<rule id='all'><conditions/><actions><pr:sub-handling>polite-block</pr:sub-handling></actions></rule>"
	"<rule id='allowed'/>",
	"<rule id='d'><conditions><identity><many domain='a.test'><except id='sip:u1@a.test'/></many><many/></identity>"
	"</conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
	"<rule id='d'><conditions><identity><many/></identity><identity><many domain='a.test'/>"
	"<one id='sip:u2@b.test'/></identity></conditions>"
	"<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
	"<rule id='o'><conditions><o:other-identity xmlns:o='urn:oma:xml:xdm:common-policy'/></conditions>"
	"<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
	"<rule id='s'><conditions><sphere value='work'/><identity><one id='sip:u0@a.test'/>"
	"<one id='sip:u0@a.test'><x:y xmlns:x='urn:x'/></one></identity></conditions>"
	"<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>"
	"<rule id='n'><conditions><x:never xmlns:x='urn:x'/></conditions>"
	"<actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
};

static const char *const domains[] = {"a.test", "b.test"};
static const int handlings[] = {WATCH_BLOCK, WATCH_CONFIRM, WATCH_POLITE_BLOCK, WATCH_ALLOW, FORGET};
#define USERS 3
#define EDITS 60

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* Who was decided about is handled so, whatever was decided about others since. */
static void check_all(struct slice document, int wanted[USERS][ARRAY_SIZE(domains)], unsigned seed)
{
	for (unsigned user = 0; user < USERS; user++) {
		for (unsigned domain = 0; domain < ARRAY_SIZE(domains); domain++) {
			CLEANUP(arena_finish) struct arena arena;
			struct rule_answer answer;
			char name[8];
			arena_init(&arena, NULL, 1 << 20);
			if (wanted[user][domain] == FORGET)
				continue;
			CHECK(snprintf(name, sizeof(name), "u%u", user) > 0);
			CHECK_NUMBER(judge(document, name, domains[domain], &arena, &answer), 0);
			CHECK(answer.is_decided);
			if ((int)answer.handling != wanted[user][domain])
				CHECK_NUMBER(seed, -1); /* which one it was */
		}
	}
}

static void make_edits(const char *document, unsigned seed)
{
	CLEANUP(buffer_finish) struct buffer before, after;
	int wanted[USERS][ARRAY_SIZE(domains)];
	unsigned random = seed;
	char text[DOCUMENT_BYTES_MOST];
	buffer_init(&before, 1 << 20);
	buffer_init(&after, 1 << 20);
	buffer_append(&before, make_document(document, text));
	for (unsigned i = 0; i < USERS * ARRAY_SIZE(domains); i++)
		wanted[i / ARRAY_SIZE(domains)][i % ARRAY_SIZE(domains)] = FORGET;
	for (unsigned i = 0; i < EDITS; i++) {
		unsigned user = next_random(&random) % USERS;
		unsigned domain = next_random(&random) % (unsigned)ARRAY_SIZE(domains);
		int handling = handlings[next_random(&random) % ARRAY_SIZE(handlings)];
		struct body_error error = {""};
		char uri[32];
		CHECK(snprintf(uri, sizeof(uri), "sip:u%u@%s", user, domains[domain]) > 0);
		buffer_clear(&after);
		CHECK_NUMBER(edit(buffer_slice(&before), uri, handling, &after, &error), 0);
		wanted[user][domain] = handling;
		struct buffer kept = before;
		before = after;
		after = kept;
		if (before.length > 0)
			check_all(buffer_slice(&before), wanted, seed);
		/* It stays as large as the decisions in it, whatever was decided before. */
		CHECK(before.length < 6000);
	}
}

static void any_decisions_leave_a_document_that_says_the_last_ones(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		for (unsigned seed = 1; seed <= 10; seed++)
			make_edits(documents[i], seed);
	}
}

static void who_is_forgotten_gets_what_strangers_get(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(handlings); j++) {
			CLEANUP(buffer_finish) struct buffer decided, after;
			CLEANUP(arena_finish) struct arena arena;
			struct body_error error;
			struct rule_answer his = {false}, theirs = {false};
			char text[DOCUMENT_BYTES_MOST];
			struct slice document = make_document(documents[i], text);
			arena_init(&arena, NULL, 1 << 20);
			buffer_init(&decided, 1 << 16);
			buffer_init(&after, 1 << 16);
			CHECK_NUMBER(edit(document, "sip:u9@a.test", handlings[j], &decided, &error), 0);
			CHECK_NUMBER(edit(buffer_slice(&decided), "sip:u9@a.test", FORGET, &after, &error), 0);
			if (after.length == 0)
				continue;
			CHECK_NUMBER(judge(buffer_slice(&after), "u9", "a.test", &arena, &his), 0);
			CHECK_NUMBER(judge(buffer_slice(&after), "stranger", "a.test", &arena, &theirs), 0);
			CHECK_NUMBER(his.is_decided, theirs.is_decided);
			CHECK_NUMBER(his.handling, theirs.handling);
		}
	}
}

static void release(struct schemas **schemas)
{
	schemas_destroy(*schemas);
}

static void what_is_written_follows_the_schema(void)
{
	CLEANUP(release) struct schemas *schemas = schemas_create();
	CHECK(schemas);
	static const int decisions[] = {WATCH_BLOCK, WATCH_CONFIRM, WATCH_POLITE_BLOCK, WATCH_ALLOW};
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(decisions); j++) {
			CLEANUP(buffer_finish) struct buffer after;
			struct body_error error = {""};
			char text[DOCUMENT_BYTES_MOST];
			buffer_init(&after, 1 << 16);
			struct slice document = make_document(documents[i], text);
			CHECK_NUMBER(edit(document, "sip:u0@a.test", decisions[j], &after, &error), 0);
			int result = schema_check_text(schemas, "pres-rules", buffer_slice(&after), &error);
			if (result != 0)
				CHECK_TEXT(slice_text(error.sentence), documents[i]);
		}
	}
}

static void allowed_watchers_see_all(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(documents); i++) {
		CLEANUP(buffer_finish) struct buffer after;
		CLEANUP(arena_finish) struct arena arena;
		struct body_error error;
		struct rule_answer answer;
		char text[DOCUMENT_BYTES_MOST];
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&after, 1 << 16);
		struct slice document = make_document(documents[i], text);
		CHECK_NUMBER(edit(document, "sip:u9@c.test", WATCH_ALLOW, &after, &error), 0);
		CHECK_NUMBER(judge(buffer_slice(&after), "u9", "c.test", &arena, &answer), 0);
		CHECK_NUMBER(answer.handling, WATCH_ALLOW);
		CHECK_TEXT(answer.view, "");
	}
}

/* --- what cannot be ------------------------------------------------------------------------------------------- */

static void what_cannot_be_done_is_said_in_a_sentence(void)
{
	static const struct {
		const char *document, *watcher;
		size_t limit, nodes;
		int result;
		const char *sentence;
	} rows[] = {
		{"", "tel:+15550123", 10000, 1000, ERR_SYNTAX, "names no user"},
		{"", "", 10000, 1000, ERR_SYNTAX, "names no user"},
		{"", "sip:bob@exa\xc3\xa4mple.test", 10000, 1000, ERR_SYNTAX, "names no user"},
		{"</ruleset>", BOB, 10000, 1000, ERR_SYNTAX, "line 2"},
		{"", BOB, 100, 1000, ERR_LIMIT, "bytes"},
		{"", BOB, 10000, 20, ERR_LIMIT, "20 elements"},
		/* Two words in one element are read as the first. */
		{"<rule id='a'><actions><pr:sub-handling>allow<x/>block</pr:sub-handling></actions></rule>", BOB, 10000,
		 1000, ERR_BUSY, "Another rule"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer after;
		struct xml_limits limits = {.bytes = 10000, .depth = 16, .nodes = (unsigned)rows[i].nodes};
		struct body_error error = {""};
		char text[DOCUMENT_BYTES_MOST];
		buffer_init(&after, rows[i].limit);
		struct slice document = make_document(rows[i].document, text);
		int result =
			watch_rules_set(document, slice_text(rows[i].watcher), WATCH_BLOCK, &limits, &after, &error);
		CHECK_NUMBER(result, rows[i].result);
		CHECK_NUMBER(after.length, 0);
		if (!strstr(error.sentence, rows[i].sentence))
			CHECK_TEXT(slice_text(error.sentence), rows[i].sentence);
	}
}

/* --- listing -------------------------------------------------------------------------------------------------- */

/* Rules with the ids that ours have, `count` of each handling's, and each with a condition of its own. */
static void write_taken(struct buffer *document, unsigned count)
{
	buffer_text(document, "<ruleset xmlns='" COMMON_POLICY_SPACE "'>");
	for (unsigned i = 1; i <= count; i++) {
		buffer_text(document, "<rule id='blocked");
		if (i > 1)
			buffer_format(document, "-%u", i);
		buffer_text(document, "'><conditions><sphere value='x'/></conditions></rule>");
	}
	/* These are none of ours. */
	buffer_text(document, "<rule id='blocked-01000'/><rule id='blocked-1'/><rule id='blockedx'/></ruleset>");
}

static void ids_that_are_taken_are_left_alone(void)
{
	CLEANUP(buffer_finish) struct buffer before, after;
	struct body_error error = {""};
	buffer_init(&before, 1 << 20);
	buffer_init(&after, 1 << 20);
	write_taken(&before, 999);
	CHECK_NUMBER(edit(buffer_slice(&before), BOB, WATCH_BLOCK, &after, &error), 0);
	static const char added[] = "<rule id=\"blocked-1000\">";
	CHECK(memmem(after.data, after.length, added, sizeof(added) - 1));
	buffer_clear(&before);
	buffer_clear(&after);
	write_taken(&before, 1000);
	CHECK_NUMBER(edit(buffer_slice(&before), BOB, WATCH_BLOCK, &after, &error), ERR_LIMIT);
	CHECK_TEXT(slice_text(error.sentence), "All 1000 ids that begin with \"blocked\" are those of other rules");
	CHECK_NUMBER(after.length, 0);
	CHECK_NUMBER(edit(buffer_slice(&before), BOB, WATCH_POLITE_BLOCK, &after, &error), 0);
}

/* As many watchers as there is room for, with the shortest names: nothing runs out. */
static void the_largest_documents_are_edited(void)
{
	static const int edits[] = {WATCH_ALLOW, WATCH_BLOCK, FORGET};
	CLEANUP(buffer_finish) struct buffer before, after;
	struct body_error error = {""};
	buffer_init(&before, 1 << 20);
	buffer_init(&after, 2 << 20);
	buffer_text(&before, "<ruleset xmlns='" COMMON_POLICY_SPACE "'><rule id='a'><conditions><identity>");
	for (unsigned i = 0; i < 10000; i++)
		buffer_text(&before, "<one id='im:a@b'/><many><except id='im:c@d' domain='e'/></many>");
	buffer_text(&before, "</identity></conditions></rule></ruleset>");
	CHECK(!buffer_failed(&before));
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		static const struct xml_limits wide = {.bytes = 2 << 20, .depth = 16, .nodes = 1000000};
		buffer_clear(&after);
		int result = edits[i] == FORGET
				     ? watch_rules_forget(buffer_slice(&before), SLICE("im:c@d"), &wide, &after, &error)
				     : watch_rules_set(buffer_slice(&before), SLICE("im:a@b"),
						       (enum watch_handling)edits[i], &wide, &after, &error);
		CHECK_NUMBER(result, 0);
	}
}

static void note(void *arg, const struct watch_decision *decision)
{
	buffer_format(arg, "%.*s@%.*s %s %.*s\n", SLICE_ARGS(decision->user), SLICE_ARGS(decision->domain),
		      watch_handling_word(decision->handling), SLICE_ARGS(decision->uri));
}

static void watchers_that_are_named_are_listed_once(void)
{
	static const struct {
		const char *document, *list;
	} rows[] = {
		{"", ""},
		{"<rule id='a'/>", ""},
		{"<rule id='a'><conditions><identity><one id='sip:carol@b.test'/><one id='tel:1'/>"
		 "<one id='im:bob@a.test'/><many/></identity></conditions>"
		 "<actions><pr:sub-handling>block</pr:sub-handling></actions></rule>"
		 "<rule id='b'><conditions><identity><one id='sip:%62ob@A.test'/><one id='sip:al@b.test'/></identity>"
		 "<sphere value='x'/></conditions><actions><pr:sub-handling>confirm</pr:sub-handling></actions></rule>",
		 "bob@a.test confirm im:bob@a.test\n"
		 "al@b.test confirm sip:al@b.test\n"
		 "carol@b.test block sip:carol@b.test\n"},
		{"<rule id='a'><conditions><identity><one id='sip:x@b.test'/></identity><x:y xmlns:x='urn:x'/>"
		 "</conditions><actions><pr:sub-handling>allow</pr:sub-handling></actions></rule>",
		 ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer list;
		struct body_error error;
		char text[DOCUMENT_BYTES_MOST];
		buffer_init(&list, 10000);
		struct slice document = make_document(rows[i].document, text);
		CHECK_NUMBER(watch_rules_each(document, &usual, note, &list, &error), 0);
		CHECK(!buffer_failed(&list));
		CHECK_TEXT(buffer_slice(&list), rows[i].list);
	}
}

static void what_was_decided_is_listed(void)
{
	CLEANUP(buffer_finish) struct buffer first, second, list;
	struct body_error error;
	buffer_init(&first, 10000);
	buffer_init(&second, 10000);
	buffer_init(&list, 10000);
	CHECK_NUMBER(edit(SLICE(""), "sip:bob@a.test", WATCH_POLITE_BLOCK, &first, &error), 0);
	CHECK_NUMBER(edit(buffer_slice(&first), "sip:al@a.test", WATCH_ALLOW, &second, &error), 0);
	CHECK_NUMBER(watch_rules_each(buffer_slice(&second), &usual, note, &list, &error), 0);
	CHECK_TEXT(buffer_slice(&list), "al@a.test allow sip:al@a.test\nbob@a.test polite-block sip:bob@a.test\n");
	CHECK_NUMBER(edit(SLICE("<ruleset/>"), BOB, FORGET, &list, &error), ERR_SYNTAX);
	CHECK_NUMBER(watch_rules_each(SLICE("<x/>"), &usual, note, &list, &error), ERR_SYNTAX);
	CHECK_NUMBER(watch_rules_each(SLICE("<x"), &usual, note, &list, &error), ERR_SYNTAX);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"edits_change_what_they_must_and_nothing_else", edits_change_what_they_must_and_nothing_else,
		 TEST_PLAIN},
		{"prefixes_are_those_of_the_document", prefixes_are_those_of_the_document, TEST_PLAIN},
		/* These are long; the others run out of memory at every place. */
		{"any_decisions_leave_a_document_that_says_the_last_ones",
		 any_decisions_leave_a_document_that_says_the_last_ones, TEST_WITHOUT_OOM},
		{"who_is_forgotten_gets_what_strangers_get", who_is_forgotten_gets_what_strangers_get,
		 TEST_WITHOUT_OOM},
		{"what_is_written_follows_the_schema", what_is_written_follows_the_schema, TEST_WITHOUT_OOM},
		{"allowed_watchers_see_all", allowed_watchers_see_all, TEST_PLAIN},
		{"what_cannot_be_done_is_said_in_a_sentence", what_cannot_be_done_is_said_in_a_sentence, TEST_PLAIN},
		{"ids_that_are_taken_are_left_alone", ids_that_are_taken_are_left_alone, TEST_WITHOUT_OOM},
		{"the_largest_documents_are_edited", the_largest_documents_are_edited, TEST_WITHOUT_OOM},
		{"watchers_that_are_named_are_listed_once", watchers_that_are_named_are_listed_once, TEST_PLAIN},
		{"what_was_decided_is_listed", what_was_decided_is_listed, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
