/* Partial presence: the whole, what has changed, and that a watcher who applies the changes has the whole.
 * SPDX-License-Identifier: MIT */
#include "bodies/pidf_diff.h"
#include "test.h"
#include "xml_patch.h"

#include <stdio.h>

static const struct xml_limits usual = {.bytes = 65536, .depth = 32, .nodes = 2000};
static const struct body_target bob = {.user = {"bob", 3}, .domain = {"example.test", 12}};

#define SPACES                                                                                                         \
	" xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model'"                       \
	" xmlns:r='urn:ietf:params:xml:ns:pidf:rpid'"
#define PRESENCE(inside) "<presence" SPACES " entity='sip:bob@example.test'>" inside "</presence>"
#define TUPLE(id, basic, more) "<tuple id='" id "'><status><basic>" basic "</basic></status>" more "</tuple>"

#define FULL_HEAD                                                                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:pidf-full xmlns=\"urn:ietf:params:xml:ns:pidf\""               \
	" xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\""
#define DIFF_HEAD                                                                                                      \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:pidf-diff xmlns=\"urn:ietf:params:xml:ns:pidf\""               \
	" xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\""
#define DM " xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
#define RPID " xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\""
#define BOB " entity=\"sip:bob@example.test\" version=\"\">"
#define OWN(basic)                                                                                                     \
	"<tuple id=\"server\"><status><basic>" basic "</basic></status><contact>sip:bob@example.test</contact></"      \
	"tuple>"

#define DOCUMENTS_MOST 3

/* What is known of bob at one moment. */
struct moment {
	const char *documents[DOCUMENTS_MOST]; /* of the publications 11, 12 and 13 */
	struct presence_facts facts;
};

static bool write_whole(struct arena *arena, const struct moment *moment, struct body_output *output)
{
	struct presence_source sources[DOCUMENTS_MOST];
	struct presence_state state;
	struct body_error error;
	size_t count = 0;
	for (; count < DOCUMENTS_MOST && moment->documents[count]; count++) {
		sources[count] = (struct presence_source){.id = 11 + count};
		if (pidf_parse(arena, slice_text(moment->documents[count]), &usual, &sources[count].pidf, &error) != 0)
			return false;
	}
	if (presence_compose(arena, sources, count, &moment->facts, &state) != 0)
		return false;
	buffer_clear(output->buffer);
	output->version_at = BODY_NO_VERSION;
	pidf_diff_format.write(&state, &bob, output);
	return !buffer_failed(output->buffer);
}

static const struct whole_row {
	struct moment moment;
	const char *written;
} whole_rows[] = {
	{{.facts = {.is_registered = true}}, FULL_HEAD BOB OWN("open") "</p:pidf-full>\n"},
	{{{PRESENCE(TUPLE("x", "open", "") "<dm:device id='q'><r:class>away</r:class></dm:device>"
					   "<note>Hi</note>")},
	  {false, false, 0}},
	 FULL_HEAD DM RPID BOB "<tuple id=\"x-11\"><status><basic>open</basic></status></tuple><note>Hi</note>"
			       "<dm:device id=\"q-11.device\"><rpid:class>away</rpid:class></dm:device>"
			       "</p:pidf-full>\n"},
};

static void the_whole_is_what_pidf_says(void)
{
	CHECK_TEXT(slice_text(pidf_diff_format.media_type), "application/pidf-diff+xml");
	CHECK_NUMBER(pidf_diff_format.first_version, 1);
	for (size_t i = 0; i < ARRAY_SIZE(whole_rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer buffer;
		struct body_output output = {.buffer = &buffer};
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&buffer, 65536);
		CHECK(write_whole(&arena, &whole_rows[i].moment, &output));
		CHECK_TEXT(buffer_slice(&buffer), whole_rows[i].written);
		const char *version = memmem(buffer.data, buffer.length, " version=\"\">", 12);
		CHECK(version && output.version_at == (size_t)(version - buffer.data) + 10);
	}
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

#define WORK                                                                                                           \
	TUPLE("work", "open", "<contact priority='0.8'>sip:bob@192.0.2.1</contact><note xml:lang='en'>At work</note>")
#define WORK_CLOSED                                                                                                    \
	TUPLE("work", "closed", "<contact priority='0.8'>sip:bob@192.0.2.1</contact><note xml:lang='en'>At work</note>")
#define HOME TUPLE("home", "open", "<contact priority='0.5'>sip:bob@192.0.2.2</contact>")
#define PERSON(activity)                                                                                               \
	"<dm:person id='bob'><r:activities><r:" activity                                                               \
	"/></r:activities><dm:note>Here and there</dm:note></dm:person>"

static const struct change_row {
	struct moment before, after;
	const char *written; /* NULL: it is told whole */
} change_rows[] = {
	{{.documents = {PRESENCE(WORK)}}, {.documents = {PRESENCE(WORK)}}, DIFF_HEAD BOB "\n</p:pidf-diff>\n"},
	{{.documents = {PRESENCE(WORK)}},
	 {.documents = {PRESENCE(WORK_CLOSED)}},
	 DIFF_HEAD BOB "\n<p:replace sel=\"*/tuple[@id='work-11']/status/basic/text()\">closed</p:replace>\n"
		       "</p:pidf-diff>\n"},
	{{.documents = {PRESENCE(WORK), PRESENCE(HOME)}},
	 {.documents = {PRESENCE(WORK)}},
	 DIFF_HEAD BOB "\n<p:remove sel=\"*/tuple[@id='home-12']\"/>\n</p:pidf-diff>\n"},
	{{.documents = {PRESENCE(TUPLE("x", "open", "<r:privacy><r:audio/></r:privacy>"))}},
	 {.documents = {PRESENCE(TUPLE("x", "open", "<r:privacy a='1'><r:audio/></r:privacy>"))}},
	 DIFF_HEAD RPID BOB "\n<p:add sel=\"*/tuple[@id='x-11']/rpid:privacy\" type=\"@a\">1</p:add>\n"
			    "</p:pidf-diff>\n"},
	/* Open ones are first (struct presence_state), so it changes its place as well. */
	{{.documents = {PRESENCE(WORK), PRESENCE(HOME)}},
	 {.documents = {PRESENCE(WORK), PRESENCE(TUPLE("home", "closed", ""))}},
	 DIFF_HEAD BOB "\n<p:remove sel=\"*/tuple[@id='home-12']\"/>\n"
		       "<p:add sel=\"*\"><tuple id=\"home-12\"><status><basic>closed</basic></status></tuple></p:add>\n"
		       "</p:pidf-diff>\n"},
	/* That all is gone, and something else there, is said in fewer words by the whole. */
	{{.documents = {PRESENCE(WORK)}}, {.documents = {PRESENCE(HOME)}}, NULL},
};

static void what_has_changed_is_told_alone(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(change_rows); i++) {
		const struct change_row *row = &change_rows[i];
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer before;
		CLEANUP(buffer_finish) struct buffer after;
		CLEANUP(buffer_finish) struct buffer change;
		struct body_output was = {.buffer = &before}, is = {.buffer = &after};
		struct body_output output = {.buffer = &change, .version_at = BODY_NO_VERSION};
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&before, 65536);
		buffer_init(&after, 65536);
		buffer_init(&change, 65536);
		CHECK(write_whole(&arena, &row->before, &was) && write_whole(&arena, &row->after, &is));
		bool is_told =
			pidf_diff_format.write_change(buffer_slice(&before), buffer_slice(&after), &bob, &output);
		CHECK(is_told || (change.length == 0 && output.version_at == BODY_NO_VERSION));
		if (!row->written) {
			CHECK(!is_told);
			continue;
		}
		CHECK(is_told);
		CHECK_TEXT(buffer_slice(&change), row->written);
		CHECK(memcmp(change.data + output.version_at - 10, " version=\"\">", 12) == 0);
		CHECK(xml_patch_makes(buffer_slice(&before), buffer_slice(&change), buffer_slice(&after)));
	}
}

static void what_is_no_whole_is_not_compared(void)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{"", ""},
		{"<p:pidf-full", "<p:pidf-full"},
		{PRESENCE(WORK HOME), PRESENCE(WORK HOME)},
		{"<pidf-full xmlns='urn:ietf:params:xml:ns:pidf'><tuple id='a'/></pidf-full>",
		 "<pidf-full xmlns='urn:ietf:params:xml:ns:pidf'><tuple id='b'/></pidf-full>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer change;
		struct body_output output = {.buffer = &change, .version_at = BODY_NO_VERSION};
		buffer_init(&change, 65536);
		CHECK(!pidf_diff_format.write_change(slice_text(rows[i].before), slice_text(rows[i].after), &bob,
						     &output));
		CHECK(change.length == 0 && output.version_at == BODY_NO_VERSION);
	}
}

/* --- any sequence of states --------------------------------------------------------------------------------------- */

static const char *const published[] = {
	PRESENCE(WORK),
	PRESENCE(WORK_CLOSED),
	PRESENCE(HOME WORK_CLOSED PERSON("away")),
	PRESENCE(HOME PERSON("busy") "<dm:device id='d'><dm:deviceID>urn:device:1</dm:deviceID></dm:device>"),
	PRESENCE(HOME PERSON("meeting") "<note>Back on Monday</note><note xml:lang='fr'>Lundi</note>"),
	PRESENCE("<note>Back on Tuesday</note>"),
	PRESENCE(TUPLE("work", "open",
		       "<o:online xmlns:o='urn:online'>1</o:online>") "<note xml:lang='fr'>Mardi</note>"),
	PRESENCE(TUPLE("work", "open", "<o:online xmlns:o='urn:online'>2</o:online>") PERSON("busy")),
	"<presence" SPACES " entity='sip:bob@example.test'><tuple id='work'><status><basic>open</basic></status>"
	"<old:thing>1</old:thing></tuple></presence>",
};

static void roll_moment(uint64_t *dice, struct moment *moment)
{
	uint64_t bits = (*dice = *dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407)) >> 20;
	for (size_t i = 0; i < DOCUMENTS_MOST; i++) {
		if ((bits & 3) != 0) /* else it stays what it was */
			continue;
		bits >>= 2;
		moment->documents[i] = published[bits % ARRAY_SIZE(published)];
		bits >>= 4;
	}
	moment->facts = (struct presence_facts){bits & 1, (bits & 2) && (bits & 4), bits & 8 ? 1767225600000 : 0};
}

static void any_sequence_of_changes_gives_the_whole(void)
{
	CLEANUP(buffer_finish) struct buffer first;
	CLEANUP(buffer_finish) struct buffer second;
	CLEANUP(buffer_finish) struct buffer change;
	struct body_output wholes[] = {{.buffer = &first}, {.buffer = &second}};
	struct body_output output = {.buffer = &change};
	struct moment moment = {.documents = {PRESENCE(WORK), PRESENCE(HOME), PRESENCE(HOME)}};
	uint64_t dice = 1;
	unsigned told = 0;
	buffer_init(&first, 65536);
	buffer_init(&second, 65536);
	buffer_init(&change, 65536);
	for (unsigned round = 0; round < 4000; round++) {
		CLEANUP(arena_finish) struct arena arena;
		struct body_output *before = &wholes[round % 2], *after = &wholes[(round + 1) % 2];
		arena_init(&arena, NULL, 1 << 20);
		if (round > 0)
			roll_moment(&dice, &moment);
		else
			CHECK(write_whole(&arena, &moment, before));
		CHECK(write_whole(&arena, &moment, after));
		buffer_clear(&change);
		if (!pidf_diff_format.write_change(buffer_slice(before->buffer), buffer_slice(after->buffer), &bob,
						   &output))
			continue;
		told++;
		CHECK(change.length < after->buffer->length);
		CHECK(xml_patch_makes(buffer_slice(before->buffer), buffer_slice(&change),
				      buffer_slice(after->buffer)));
	}
	CHECK(told > 1000 && told < 4000);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"the_whole_is_what_pidf_says", the_whole_is_what_pidf_says, TEST_PLAIN},
		{"what_has_changed_is_told_alone", what_has_changed_is_told_alone, TEST_PLAIN},
		{"what_is_no_whole_is_not_compared", what_is_no_whole_is_not_compared, TEST_PLAIN},
		{"any_sequence_of_changes_gives_the_whole", any_sequence_of_changes_gives_the_whole, TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
