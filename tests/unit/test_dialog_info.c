/* Dialog state documents: what old and new publishers send, how several become one, and what each style of phone gets.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/dialog_info.h"
#include "test.h"

static const struct xml_limits limits = {65536, 20, 5000};

#define SPACE "urn:ietf:params:xml:ns:dialog-info"
#define OPEN                                                                                                           \
	"<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"" SPACE "\" version=\"0\" state=\"full\""                     \
	" entity=\"sip:bob@example.test\">"
#define CLOSE "</dialog-info>"
#define HEAD "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"" SPACE "\" version=\""
#define DIALOG(id, names, phase) "<dialog id=\"" id "\" " names "><state>" phase "</state></dialog>"
#define NAMES "call-id=\"c1\" local-tag=\"l\" remote-tag=\"r\""

/* ---- Reading ---- */

/* Polycom: partial, the parameters at the local target, no local identity. */
static const char polycom[] =
	"<?xml version=\"1.0\"?>\n"
	"<dialog-info xmlns=\"" SPACE "\" version=\"12\" state=\"partial\" entity=\"sip:bob@example.test\">\n"
	" <dialog id=\"id7\" call-id=\"c-7@192.0.2.10\" local-tag=\"AA\" remote-tag=\"BB\" direction=\"recipient\">\n"
	"  <state event=\"replaced\" code=\"487\"> confirmed </state>\n"
	"  <duration>274</duration>\n"
	"  <local><target uri=\"sip:bob@192.0.2.10\"><param pname=\"+sip.rendering\" pval=\"no\"/></target></local>\n"
	"  <remote><identity display=\"Alice &amp; Co\"> sip:alice@example.test </identity>\n"
	"   <target uri=\"sip:alice@192.0.2.11\"/></remote>\n"
	" </dialog>\n"
	"</dialog-info>\n";

static void everything_that_a_phone_says_is_read(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 100000);
	struct dialog_info info;
	struct body_error error;
	CHECK_NUMBER(dialog_info_parse(&arena, slice_text(polycom), &limits, &info, &error), 0);
	CHECK_TEXT(info.entity, "sip:bob@example.test");
	CHECK(info.is_partial);
	CHECK_NUMBER(info.count, 1);
	const struct dialog_entry *entry = &info.dialogs[0];
	CHECK_TEXT(entry->id, "id7");
	CHECK_TEXT(entry->call_id, "c-7@192.0.2.10");
	CHECK_TEXT(entry->local_tag, "AA");
	CHECK_TEXT(entry->remote_tag, "BB");
	CHECK_NUMBER(entry->direction, DIALOG_RECIPIENT);
	CHECK_NUMBER(entry->phase, DIALOG_CONFIRMED);
	CHECK_TEXT(entry->event, "replaced");
	CHECK_TEXT(entry->code, "487");
	CHECK_TEXT(entry->duration, "274");
	CHECK_TEXT(entry->local.identity, "sip:bob@192.0.2.10");
	CHECK_TEXT(entry->local.target, "sip:bob@192.0.2.10");
	CHECK(entry->local.target_node && entry->local.target_node->children);
	CHECK_TEXT(entry->remote.identity, "sip:alice@example.test");
	CHECK_TEXT(entry->remote.display, "Alice & Co");
	CHECK_TEXT(entry->remote.target, "sip:alice@192.0.2.11");
}

/* Kamailio's pua_dialoginfo: the id is the Call-ID, remote stands before local, the display name at the target. */
static void a_proxys_document_is_read(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 100000);
	struct dialog_info info;
	struct body_error error;
	CHECK_NUMBER(dialog_info_parse(&arena,
				       SLICE(OPEN "<dialog id=\"c1\" call-id=\"c1\" direction=\"initiator\">"
						  "<state>Early</state>"
						  "<remote><identity>sip:carol@example.test</identity>"
						  "<target display=\"carol\" uri=\"sip:carol@192.0.2.3\"/></remote>"
						  "<local><identity>sip:bob@example.test</identity></local>"
						  "</dialog>" CLOSE),
				       &limits, &info, &error),
		     0);
	CHECK(!info.is_partial);
	CHECK_NUMBER(info.count, 1);
	CHECK_NUMBER(info.dialogs[0].phase, DIALOG_EARLY);
	CHECK_NUMBER(info.dialogs[0].direction, DIALOG_INITIATOR);
	CHECK_TEXT(info.dialogs[0].remote.identity, "sip:carol@example.test");
	CHECK_TEXT(info.dialogs[0].remote.display, "carol");
	CHECK_TEXT(info.dialogs[0].remote.target, "sip:carol@192.0.2.3");
	CHECK_TEXT(info.dialogs[0].local.target, "sip:bob@example.test");
}

static const struct {
	const char *body;
	size_t count;
	enum dialog_phase first;
} readable[] = {
	{OPEN CLOSE, 0, DIALOG_TERMINATED},
	{OPEN DIALOG("1", "", "trying") CLOSE, 1, DIALOG_TRYING},
	{OPEN DIALOG("1", "direction=\"sideways\"", "proceeding") DIALOG("2", "", "early") CLOSE, 2, DIALOG_PROCEEDING},
	/* without namespace, version and state; unknown elements and attributes */
	{"<dialog-info entity=\"sip:bob@example.test\" x=\"y\"><z/>" DIALOG("1", "", "TERMINATED") "</dialog-info>", 1,
	 DIALOG_TERMINATED},
	{"<d:dialog-info xmlns:d=\"" SPACE "\" state=\"partial\" entity=\"sip:b@d\" version=\"x\">"
	 "<d:dialog id=\"1\"><d:state>confirmed</d:state></d:dialog></d:dialog-info>",
	 1, DIALOG_CONFIRMED},
	/* a <dialog> of another namespace is something else */
	{OPEN "<dialog xmlns=\"urn:x\"/>" CLOSE, 0, DIALOG_TERMINATED},
	/* what is no number is not handed on */
	{OPEN "<dialog id=\"1\"><state code=\"many\">early</state><duration>-1</duration></dialog>" CLOSE, 1,
	 DIALOG_EARLY},
};

static void old_publishers_are_borne_with(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 100000);
		struct dialog_info info;
		struct body_error error;
		CHECK_NUMBER(dialog_info_parse(&arena, slice_text(readable[i].body), &limits, &info, &error), 0);
		CHECK_NUMBER(info.count, readable[i].count);
		if (info.count > 0) {
			CHECK_NUMBER(info.dialogs[0].phase, readable[i].first);
			CHECK(slice_is_empty(info.dialogs[0].code) && slice_is_empty(info.dialogs[0].duration));
		}
	}
}

#define STATE_SENTENCE "Dialog 2 of the document has no <state> of trying, proceeding, early, confirmed or terminated"

static const struct {
	const char *body, *sentence;
} unreadable[] = {
	{"<presence xmlns=\"" SPACE "\"/>", "The document's root is no <dialog-info> of " SPACE},
	{"<dialog-info xmlns=\"urn:x\" entity=\"sip:b@d\"/>", "The document's root is no <dialog-info> of " SPACE},
	{"<dialog-info xmlns=\"" SPACE "\"/>",
	 "The document does not say whose dialogs these are: <dialog-info> has no entity"},
	{"<dialog-info xmlns=\"" SPACE "\" entity=\"sip:b@d\" state=\"half\"/>",
	 "The state of <dialog-info> is neither full nor partial"},
	{OPEN "<dialog><state>early</state></dialog>" CLOSE, "Dialog 1 of the document has no id"},
	{OPEN DIALOG("1", "", "early") "<dialog id=\"2\"/>" CLOSE, STATE_SENTENCE},
	{OPEN DIALOG("1", "", "early") DIALOG("2", "", "") CLOSE, STATE_SENTENCE},
	{OPEN DIALOG("1", "", "early") DIALOG("2", "", "held") CLOSE, STATE_SENTENCE},
};

static void what_is_wrong_is_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(unreadable); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 100000);
		struct dialog_info info = {.count = 77};
		struct body_error error = {""};
		CHECK_NUMBER(dialog_info_parse(&arena, slice_text(unreadable[i].body), &limits, &info, &error),
			     ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), unreadable[i].sentence);
		CHECK_NUMBER(info.count, 77);
	}
}

#define DOCTYPE_SENTENCE "The body has a document type declaration, which is not accepted"

static const struct {
	const char *body;
	int result;
	const char *sentence;
} hostile[] = {
	{"", ERR_SYNTAX, "The body is empty"},
	{OPEN "<a>\xff</a>" CLOSE, ERR_SYNTAX, "The body is not UTF-8"},
	{"<!DOCTYPE b [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY c \"&a;&a;&a;&a;&a;&a;\"><!ENTITY d \"&c;&c;&c;&c;&c;\">]>"
	 "<dialog-info xmlns=\"" SPACE "\" entity=\"&d;\"/>",
	 ERR_SYNTAX, DOCTYPE_SENTENCE},
	{"<!DOCTYPE b [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><dialog-info xmlns=\"" SPACE "\" entity=\"sip:b@d\">"
	 "&a;</dialog-info>",
	 ERR_SYNTAX, DOCTYPE_SENTENCE},
	{"<!DOCTYPE b SYSTEM \"http://192.0.2.1/b.dtd\"><dialog-info xmlns=\"" SPACE "\" entity=\"sip:b@d\"/>",
	 ERR_SYNTAX, DOCTYPE_SENTENCE},
	{OPEN "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
	      "</a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a></a>" CLOSE,
	 ERR_LIMIT, "The body has elements more than 20 deep"},
};

static void xml_bombs_are_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hostile); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 100000);
		struct dialog_info info;
		struct body_error error = {""};
		CHECK_NUMBER(dialog_info_parse(&arena, slice_text(hostile[i].body), &limits, &info, &error),
			     hostile[i].result);
		CHECK_TEXT(slice_text(error.sentence), hostile[i].sentence);
	}
}

static void broken_xml_is_refused_with_its_line(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 100000);
	struct dialog_info info;
	struct body_error error = {""};
	CHECK_NUMBER(dialog_info_parse(&arena, SLICE(OPEN "<dialog></dialogue>"), &limits, &info, &error), ERR_SYNTAX);
	CHECK(slice_starts_with(slice_text(error.sentence), SLICE("The XML is broken in line 2: ")));
}

static void more_dialogs_than_anybody_has_are_refused(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct dialog_info info;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1000000);
	buffer_init(&buffer, 65536);
	buffer_text(&buffer, OPEN);
	for (int i = 0; i < 101; i++)
		buffer_format(&buffer, DIALOG("%d", "", "early"), i);
	buffer_text(&buffer, CLOSE);
	CHECK_NUMBER(dialog_info_parse(&arena, buffer_slice(&buffer), &limits, &info, &error), ERR_LIMIT);
	CHECK_TEXT(slice_text(error.sentence), "The document has 101 dialogs; this server takes 100 at most");
}

/* ---- Composing ---- */

/* "id=phase", separated by blanks. */
static void describe(const struct dialog_info *state, struct buffer *buffer)
{
	static const char *const phases[] = {"terminated", "trying", "proceeding", "confirmed", "early"};
	for (size_t i = 0; i < state->count; i++)
		buffer_format(buffer, "%s%.*s=%s", i > 0 ? " " : "", SLICE_ARGS(state->dialogs[i].id),
			      phases[state->dialogs[i].phase]);
}

static const struct {
	const char *documents[3];
	const char *composed;
	bool has_call;
} compositions[] = {
	{{NULL}, "", false},
	{{""}, "", false},
	{{DIALOG("1", "", "early") DIALOG("2", "", "confirmed")}, "1=early 2=confirmed", true},
	{{DIALOG("1", "", "early"), DIALOG("2", "", "trying")}, "1=early 2=trying", false},
	/* the terminated are told where nothing else is */
	{{DIALOG("1", "", "terminated"), DIALOG("2", "", "trying")}, "2=trying", false},
	{{DIALOG("1", "", "terminated"), DIALOG("2", "", "terminated")}, "2=terminated", false},
	/* the same id, different dialogs */
	{{DIALOG("1", "", "early"), DIALOG("1", "", "trying")}, "1=early 1-2=trying", false},
	{{DIALOG("1", "", "early") DIALOG("1-2", "", "early"), DIALOG("1", "", "trying"), DIALOG("1", "", "early")},
	 "1=early 1-2=early 1-3=trying 1-4=early",
	 false},
	/* the same dialog, seen by two */
	{{DIALOG("1", NAMES, "confirmed"), DIALOG("2", NAMES, "terminated")}, "1=confirmed", true},
	{{DIALOG("1", NAMES, "terminated"), DIALOG("2", NAMES, "confirmed")}, "2=confirmed", true},
	{{DIALOG("1", NAMES, "terminated"), DIALOG("2", NAMES, "terminated")}, "1=terminated", false},
	{{DIALOG("1", NAMES, "early"), DIALOG("2", NAMES, "confirmed")}, "2=confirmed", true},
	{{DIALOG("1", NAMES, "confirmed"), DIALOG("2", NAMES, "early")}, "1=confirmed", true},
	{{DIALOG("1", NAMES, "proceeding"), DIALOG("2", NAMES, "early"), DIALOG("3", NAMES, "trying")},
	 "2=early",
	 false},
	/* one of them does not know the tags yet */
	{{DIALOG("1", "call-id=\"c1\"", "trying"), DIALOG("2", NAMES, "early")}, "2=early", false},
	{{DIALOG("1", "call-id=\"c1\" local-tag=\"l\"", "trying"), DIALOG("2", "call-id=\"c1\"", "confirmed")},
	 "2=confirmed",
	 true},
	/* other tags, another Call-ID: other dialogs */
	{{DIALOG("1", NAMES, "early"), DIALOG("2", "call-id=\"c1\" local-tag=\"l\" remote-tag=\"q\"", "early")},
	 "1=early 2=early",
	 false},
	{{DIALOG("1", NAMES, "early"), DIALOG("2", "call-id=\"c2\" local-tag=\"l\" remote-tag=\"r\"", "early")},
	 "1=early 2=early",
	 false},
	/* forks in one document, without tags */
	{{DIALOG("1", "call-id=\"c1\"", "early") DIALOG("2", "call-id=\"c1\"", "early")}, "1=early 2=early", false},
	/* the same publisher said it later */
	{{DIALOG("1", NAMES, "confirmed") DIALOG("2", NAMES, "terminated")}, "2=terminated", false},
	{{DIALOG("1", "", "confirmed") DIALOG("1", "", "terminated")}, "1=terminated", false},
};

static void several_documents_become_one(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(compositions); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct dialog_info documents[3], state;
		struct body_error error;
		size_t count = 0;
		arena_init(&arena, NULL, 100000);
		buffer_init(&buffer, 10000);
		for (; count < 3 && compositions[i].documents[count]; count++) {
			buffer_clear(&buffer);
			buffer_text(&buffer, OPEN);
			buffer_text(&buffer, compositions[i].documents[count]);
			buffer_text(&buffer, CLOSE);
			CHECK(!buffer_failed(&buffer));
			CHECK_NUMBER(
				dialog_info_parse(&arena, buffer_slice(&buffer), &limits, &documents[count], &error),
				0);
		}
		CHECK_NUMBER(dialog_info_compose(&arena, documents, count, &state), 0);
		CHECK(!state.is_partial);
		buffer_clear(&buffer);
		describe(&state, &buffer);
		CHECK_TEXT(buffer_slice(&buffer), compositions[i].composed);
		CHECK_NUMBER(dialog_info_has_call(&state), compositions[i].has_call);
	}
}

#define PARTIAL "<dialog-info xmlns=\"" SPACE "\" version=\"7\" state=\"partial\" entity=\"sip:bob@example.test\">"

static const struct {
	const char *kept, *change, *merged;
} mergers[] = {
	{DIALOG("a", "", "confirmed") DIALOG("b", "", "confirmed"), DIALOG("a", "", "terminated"),
	 "a=terminated b=confirmed"},
	{DIALOG("a", "", "confirmed"), "", "a=confirmed"},
	{DIALOG("a", "", "confirmed"), DIALOG("b", "", "early"), "a=confirmed b=early"},
	/* what was over has been told */
	{DIALOG("a", "", "terminated") DIALOG("b", "", "confirmed"), DIALOG("b", "", "terminated"), "b=terminated"},
	{"", DIALOG("a", "", "trying") DIALOG("a", "", "early"), "a=early"},
	{DIALOG("a", NAMES, "early"), DIALOG("b", NAMES, "confirmed"), "b=confirmed"},
};

static int merge_documents(struct arena *arena, const char *kept, const char *change, struct dialog_info *merged)
{
	const char *const texts[] = {OPEN, kept, PARTIAL, change};
	struct dialog_info infos[2];
	struct body_error error;
	int result = 0;
	for (int i = 0; i < 2 && result == 0; i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, 10000);
		buffer_text(&buffer, texts[2 * i]);
		buffer_text(&buffer, texts[2 * i + 1]);
		buffer_text(&buffer, CLOSE);
		result = buffer_failed(&buffer)
				 ? ERR_NO_MEMORY
				 : dialog_info_parse(arena, buffer_slice(&buffer), &limits, &infos[i], &error);
	}
	return result == 0 ? dialog_info_merge(arena, &infos[0], &infos[1], merged) : result;
}

static void a_partial_document_changes_the_dialogs_that_it_names(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mergers); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct dialog_info merged;
		arena_init(&arena, NULL, 100000);
		buffer_init(&buffer, 10000);
		CHECK_NUMBER(merge_documents(&arena, mergers[i].kept, mergers[i].change, &merged), 0);
		CHECK(!merged.is_partial);
		describe(&merged, &buffer);
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), mergers[i].merged);
	}
}

static void parties_that_are_left_out_are_as_before(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct dialog_info merged;
	arena_init(&arena, NULL, 100000);
	buffer_init(&buffer, 10000);
	static const char kept[] =
		"<dialog id=\"a\"><state>early</state><local><identity>sip:bob@example.test</identity></local>"
		"<remote><identity display=\"Al\">sip:al@example.test</identity><target uri=\"sip:al@192.0.2.1\"/>"
		"</remote></dialog>";
	static const char change[] =
		"<dialog id=\"a\"><state>confirmed</state><remote><target uri=\"sip:al@192.0.2.2\"/></remote></dialog>";
	CHECK_NUMBER(merge_documents(&arena, kept, change, &merged), 0);
	dialog_info_write_full(&buffer, &merged);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer),
		   HEAD "7\" state=\"full\" entity=\"sip:bob@example.test\">\r\n<dialog id=\"a\">\r\n"
			"<state>confirmed</state>\r\n<local><identity>sip:bob@example.test</identity>"
			"<target uri=\"sip:bob@example.test\"/></local>\r\n"
			"<remote><identity display=\"Al\">sip:al@example.test</identity>"
			"<target uri=\"sip:al@192.0.2.2\"/></remote>\r\n</dialog>\r\n</dialog-info>\r\n");
}

static void more_dialogs_than_anybody_has_are_not_merged(void)
{
	CLEANUP(arena_finish) struct arena arena;
	static struct dialog_entry many[DIALOG_INFO_DIALOGS_MOST];
	static const char ids[DIALOG_INFO_DIALOGS_MOST];
	struct dialog_entry one = {.id = SLICE("one"), .phase = DIALOG_EARLY};
	struct dialog_info merged;
	arena_init(&arena, NULL, 1000000);
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct dialog_entry){.id = slice_of(ids, i + 1), .phase = DIALOG_EARLY};
	const struct dialog_info kept = {.dialogs = many, .count = ARRAY_SIZE(many)},
				 change = {.dialogs = &one, .count = 1};
	CHECK_NUMBER(dialog_info_merge(&arena, &kept, &change, &merged), ERR_LIMIT);
}

static void what_one_publisher_does_not_say_the_other_may(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct dialog_info documents[2], state;
	struct body_error error;
	arena_init(&arena, NULL, 100000);
	CHECK(dialog_info_parse(&arena,
				SLICE(OPEN "<dialog id=\"1\" call-id=\"c\" direction=\"recipient\">"
					   "<state>early</state><duration>9</duration><remote>"
					   "<identity display=\"Alice\">sip:alice@example.test</identity></remote>"
					   "</dialog>" CLOSE),
				&limits, &documents[0], &error) == 0);
	CHECK(dialog_info_parse(&arena,
				SLICE(OPEN "<dialog id=\"2\" call-id=\"c\" local-tag=\"l\" remote-tag=\"r\">"
					   "<state>confirmed</state><local><target uri=\"sip:bob@192.0.2.1\"/></local>"
					   "</dialog>" CLOSE),
				&limits, &documents[1], &error) == 0);
	CHECK(dialog_info_compose(&arena, documents, 2, &state) == 0);
	CHECK_NUMBER(state.count, 1);
	const struct dialog_entry *entry = &state.dialogs[0];
	CHECK_NUMBER(entry->phase, DIALOG_CONFIRMED);
	CHECK_NUMBER(entry->direction, DIALOG_RECIPIENT);
	CHECK_TEXT(entry->remote_tag, "r");
	CHECK_TEXT(entry->duration, "9");
	CHECK_TEXT(entry->local.target, "sip:bob@192.0.2.1");
	CHECK_TEXT(entry->remote.identity, "sip:alice@example.test");
	CHECK_TEXT(entry->remote.display, "Alice");
}

/* ---- Writing ---- */

#define ENTITY "\" state=\"full\" entity=\"sip:b&amp;b@example.test\">\r\n"
#define TWO DIALOG("1", "", "confirmed") DIALOG("2", "direction=\"recipient\"", "early")
#define IDLE "<dialog id=\"idle\">\r\n<state>terminated</state>\r\n</dialog>\r\n"
#define OVER "<dialog id=\"1\">\r\n<state>terminated</state>\r\n</dialog>\r\n"
#define FIRST "<dialog id=\"1\">\r\n<state>confirmed</state>\r\n</dialog>\r\n"
#define SECOND "<dialog id=\"2\" direction=\"recipient\">\r\n<state>early</state>\r\n</dialog>\r\n"
#define POLYCOM_TO_REMOTE                                                                                              \
	"<dialog id=\"id7\" call-id=\"c-7@192.0.2.10\" local-tag=\"AA\" remote-tag=\"BB\" direction=\"recipient\">"    \
	"\r\n<state event=\"replaced\" code=\"487\">confirmed</state>\r\n<duration>274</duration>\r\n"                 \
	"<local><identity>sip:bob@192.0.2.10</identity><target uri=\"sip:bob@192.0.2.10\">"                            \
	"<param pname=\"+sip.rendering\" pval=\"no\"/></target></local>\r\n"
#define POLYCOM_REMOTE                                                                                                 \
	"<remote><identity display=\"Alice &amp; Co\">sip:alice@example.test</identity>"                               \
	"<target uri=\"sip:alice@192.0.2.11\"/></remote>\r\n"

static const struct {
	const char *body;
	unsigned style;
	const char *dialogs;
} writings[] = {
	{OPEN CLOSE, 0, ""},
	{OPEN CLOSE, BODY_SINGLE_DIALOG, ""},
	{OPEN CLOSE, BODY_DUMMY_DIALOG, IDLE},
	{OPEN CLOSE, BODY_DUMMY_DIALOG | BODY_SINGLE_DIALOG, IDLE},
	{OPEN DIALOG("1", "", "terminated") CLOSE, BODY_DUMMY_DIALOG | BODY_SINGLE_DIALOG, OVER},
	{OPEN TWO CLOSE, 0, FIRST SECOND},
	/* presence's taste in URIs is not for here */
	{OPEN TWO CLOSE, BODY_DUMMY_DIALOG | BODY_PRES_ENTITY, FIRST SECOND},
	/* what rings comes before what talks, and that before what only begins */
	{OPEN TWO CLOSE, BODY_SINGLE_DIALOG | BODY_DUMMY_DIALOG, SECOND},
	{OPEN DIALOG("0", "", "proceeding") DIALOG("1", "", "confirmed") DIALOG("2", "", "confirmed") CLOSE,
	 BODY_SINGLE_DIALOG, FIRST},
	{polycom, 0, POLYCOM_TO_REMOTE POLYCOM_REMOTE "</dialog>\r\n"},
	{polycom, BODY_NO_REMOTE_PARTY, POLYCOM_TO_REMOTE "</dialog>\r\n"},
	/* an element without the namespace is made anew */
	{"<dialog-info entity=\"sip:b@d\"><dialog id=\"&lt;1&gt;\"><state>early</state><remote>"
	 "<target uri=\"sip:a&amp;b@d\" x=\"y\"/></remote></dialog></dialog-info>",
	 0,
	 "<dialog id=\"&lt;1&gt;\">\r\n<state>early</state>\r\n<remote><identity>sip:a&amp;b@d</identity>"
	 "<target uri=\"sip:a&amp;b@d\"/></remote>\r\n</dialog>\r\n"},
};

static void each_style_gets_its_form(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(writings); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer, wanted;
		struct dialog_info state;
		struct body_error error;
		arena_init(&arena, NULL, 100000);
		buffer_init(&buffer, 10000);
		buffer_init(&wanted, 10000);
		CHECK_NUMBER(dialog_info_parse(&arena, slice_text(writings[i].body), &limits, &state, &error), 0);
		struct body_output output = {&buffer, BODY_NO_VERSION};
		const struct body_target target = {SLICE("b&b"), SLICE("example.test"), writings[i].style, SLICE("")};
		dialog_info_format.write(&state, &target, &output);
		buffer_text(&wanted, HEAD ENTITY);
		buffer_text(&wanted, writings[i].dialogs);
		buffer_text(&wanted, CLOSE "\r\n");
		CHECK(!buffer_failed(&buffer) && !buffer_failed(&wanted));
		CHECK(test_check_text(buffer_slice(&buffer), buffer_slice(&wanted), __FILE__, __LINE__, "document"));
		CHECK_NUMBER(output.version_at, sizeof(HEAD) - 1);
	}
}

static void a_simple_document_is_what_a_publisher_would_write(void)
{
	CLEANUP(arena_finish) struct arena arena;
	CLEANUP(buffer_finish) struct buffer buffer;
	struct dialog_info info;
	struct body_error error;
	arena_init(&arena, NULL, 100000);
	buffer_init(&buffer, 10000);
	dialog_info_write_simple(&buffer, SLICE("sip:a&b@example.test"), SLICE("PJSIP/<a>"), DIALOG_EARLY,
				 DIALOG_RECIPIENT);
	CHECK_NUMBER(dialog_info_parse(&arena, buffer_slice(&buffer), &limits, &info, &error), 0);
	CHECK_TEXT(info.entity, "sip:a&b@example.test");
	CHECK(!info.is_partial);
	CHECK_NUMBER(info.count, 1);
	CHECK_TEXT(info.dialogs[0].id, "PJSIP/<a>");
	CHECK_NUMBER(info.dialogs[0].phase, DIALOG_EARLY);
	CHECK_NUMBER(info.dialogs[0].direction, DIALOG_RECIPIENT);
}

static const struct test tests[] = {
	{"everything that a phone says is read", everything_that_a_phone_says_is_read, TEST_PLAIN},
	{"a proxy's document is read", a_proxys_document_is_read, TEST_PLAIN},
	{"old publishers are borne with", old_publishers_are_borne_with, TEST_PLAIN},
	{"what is wrong is refused with a sentence", what_is_wrong_is_refused_with_a_sentence, TEST_PLAIN},
	{"xml bombs are refused with a sentence", xml_bombs_are_refused_with_a_sentence, TEST_PLAIN},
	{"broken xml is refused with its line", broken_xml_is_refused_with_its_line, TEST_PLAIN},
	{"more dialogs than anybody has are refused", more_dialogs_than_anybody_has_are_refused, TEST_PLAIN},
	{"several documents become one", several_documents_become_one, TEST_PLAIN},
	{"a partial document changes the dialogs that it names", a_partial_document_changes_the_dialogs_that_it_names,
	 TEST_PLAIN},
	{"parties that are left out are as before", parties_that_are_left_out_are_as_before, TEST_PLAIN},
	{"more dialogs than anybody has are not merged", more_dialogs_than_anybody_has_are_not_merged, TEST_PLAIN},
	{"what one publisher does not say the other may", what_one_publisher_does_not_say_the_other_may, TEST_PLAIN},
	{"each style gets its form", each_style_gets_its_form, TEST_PLAIN},
	{"a simple document is what a publisher would write", a_simple_document_is_what_a_publisher_would_write,
	 TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
