/* Asterisk's JSON bodies: what its module sends, and what is refused with which sentence.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/asterisk.h"
#include "test.h"

#define EID ",\"eid\":\"02:42:ac:11:00:02\"}"

/* ---- asterisk-mwi ---- */

static const struct {
	const char *body, *mailbox, *context;
	uint32_t fresh, old, urgent;
} mailboxes[] = {
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"6001@default\",\"old\":3,\"new\":2" EID, "6001", "default", 2, 3,
	 0},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"6001\",\"old\":0,\"new\":0" EID, "6001", "", 0, 0, 0},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a@\",\"new\":4294967295" EID, "a", "", 4294967295, 0, 0},
	{" {\"new\": 5, \"urgent\": 2, \"x\": [{}], \"uniqueid\": \"\\u00fc@b@c\", \"type\": \"mailboxstate\"}\r\n",
	 "ü", "b@c", 5, 0, 2},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a@b\",\"new\":1,\"urgent\":2}", "a", "b", 2, 0, 2},
};

static void mailbox_states_are_read(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(mailboxes); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct asterisk_mwi mwi;
		struct body_error error;
		CHECK_NUMBER(asterisk_mwi_parse(&arena, slice_text(mailboxes[i].body), &mwi, &error), 0);
		CHECK(!mwi.is_refresh);
		CHECK_TEXT(mwi.mailbox, mailboxes[i].mailbox);
		CHECK_TEXT(mwi.context, mailboxes[i].context);
		CHECK_NUMBER(mwi.fresh, mailboxes[i].fresh);
		CHECK_NUMBER(mwi.old, mailboxes[i].old);
		CHECK_NUMBER(mwi.urgent, mailboxes[i].urgent);
	}
}

/* Asterisk asks so at each start; an error would only fill its log. */
static void the_request_for_a_refresh_is_no_error(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 10000);
	struct asterisk_mwi mwi;
	struct asterisk_device_state state;
	struct body_error error;
	CHECK_NUMBER(asterisk_mwi_parse(&arena, SLICE("{\"type\":\"refresh\"" EID), &mwi, &error), 0);
	CHECK(mwi.is_refresh && slice_is_empty(mwi.mailbox));
	CHECK_NUMBER(asterisk_device_state_parse(&arena, SLICE("{\"type\":\"refresh\"" EID), &state, &error), 0);
	CHECK(state.is_refresh && slice_is_empty(state.device) && !state.is_known);
}

#define COUNT_SENTENCE "The JSON body has a count that is no whole number between 0 and 4294967295"

static const struct {
	const char *body, *sentence;
} bad_mailboxes[] = {
	{"", "The body is not well-formed JSON: line 1, column 0"},
	{"{\"type\":\n\"mailboxstate\"", "The body is not well-formed JSON: line 2, column 14"},
	{"{\"new\":1,\"new\":2}", "The body is not well-formed JSON: line 1, column 14"},
	{"{\"type\":\"\xff\"}", "The body is not well-formed JSON: line 1, column 9"},
	{"{\"new\":123456789012345678901234567890}", "The body is not well-formed JSON: line 1, column 37"},
	{"[]", "The JSON body is not an object"},
	{"{}", "The JSON body is of a type that is neither mailboxstate nor refresh"},
	{"{\"type\":1}", "The JSON body is of a type that is neither mailboxstate nor refresh"},
	{"{\"type\":\"devicestate\"}", "The JSON body is of a type that is neither mailboxstate nor refresh"},
	{"{\"type\":\"mailboxstate\",\"new\":1}", "The JSON body names no mailbox as uniqueid"},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":6001,\"new\":1}", "The JSON body names no mailbox as uniqueid"},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"@default\",\"new\":1}",
	 "The JSON body names no mailbox as uniqueid"},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\"}",
	 "The JSON body says neither how many messages are new nor how many are old"},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\",\"new\":-1}", COUNT_SENTENCE},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\",\"new\":1.5}", COUNT_SENTENCE},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\",\"new\":\"1\"}", COUNT_SENTENCE},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\",\"new\":null}", COUNT_SENTENCE},
	{"{\"type\":\"mailboxstate\",\"uniqueid\":\"a\",\"new\":1,\"old\":4294967296}", COUNT_SENTENCE},
};

static void wrong_mailbox_states_are_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_mailboxes); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct asterisk_mwi mwi = {.fresh = 77};
		struct body_error error = {""};
		CHECK_NUMBER(asterisk_mwi_parse(&arena, slice_text(bad_mailboxes[i].body), &mwi, &error), ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), bad_mailboxes[i].sentence);
		CHECK_NUMBER(mwi.fresh, 77);
	}
}

static void deep_nesting_is_refused(void)
{
	static char deep[200000];
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 10000);
	struct asterisk_mwi mwi;
	struct body_error error = {""};
	memset(deep, '[', sizeof deep);
	CHECK_NUMBER(asterisk_mwi_parse(&arena, slice_of(deep, sizeof deep), &mwi, &error), ERR_SYNTAX);
	CHECK(slice_starts_with(slice_text(error.sentence), SLICE("The body is not well-formed JSON: line 1")));
}

static void a_mailbox_name_beyond_the_arena_is_a_lack_of_memory(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 2);
	struct asterisk_mwi mwi;
	struct body_error error;
	CHECK_NUMBER(asterisk_mwi_parse(&arena, slice_text(mailboxes[0].body), &mwi, &error), ERR_NO_MEMORY);
}

/* ---- asterisk-devicestate ---- */

#define DEVICE(device, state)                                                                                          \
	"{\"type\":\"devicestate\",\"device\":\"" device "\",\"state\":\"" state "\",\"cachable\":1" EID

static const struct {
	const char *body, *device, *user;
	bool is_known;
	enum dialog_phase phase;
	enum dialog_direction direction;
} devices[] = {
	{DEVICE("PJSIP/alice", "NOT_INUSE"), "PJSIP/alice", "alice", true, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/alice", "INUSE"), "SIP/alice", "alice", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/alice", "busy"), "SIP/alice", "alice", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/alice", "ONHOLD"), "SIP/alice", "alice", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/alice", "RINGING"), "SIP/alice", "alice", true, DIALOG_EARLY, DIALOG_RECIPIENT},
	{DEVICE("SIP/alice", "RINGINUSE"), "SIP/alice", "alice", true, DIALOG_EARLY, DIALOG_RECIPIENT},
	{DEVICE("SIP/a", "UNKNOWN"), "SIP/a", "a", false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/a", "INVALID"), "SIP/a", "a", false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("SIP/a", "UNAVAILABLE"), "SIP/a", "a", false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	/* a channel's name, and names that look like one */
	{DEVICE("PJSIP/front-desk-0000002A", "INUSE"), "PJSIP/front-desk-0000002A", "front-desk", true,
	 DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("PJSIP/front-desk", "INUSE"), "PJSIP/front-desk", "front-desk", true, DIALOG_CONFIRMED,
	 DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("PJSIP/-0000002a", "INUSE"), "PJSIP/-0000002a", "-0000002a", true, DIALOG_CONFIRMED,
	 DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("Local/100@from-internal", "INUSE"), "Local/100@from-internal", "100", true, DIALOG_CONFIRMED,
	 DIALOG_DIRECTION_UNKNOWN},
	/* no phones */
	{DEVICE("Custom:lamp/1", "INUSE"), "Custom:lamp/1", "", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("confbridge:1000", "INUSE"), "confbridge:1000", "", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{DEVICE("PJSIP/", "INUSE"), "PJSIP/", "", true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
};

static void device_states_become_phases_of_a_dialog(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct asterisk_device_state state;
		struct body_error error;
		CHECK_NUMBER(asterisk_device_state_parse(&arena, slice_text(devices[i].body), &state, &error), 0);
		CHECK_TEXT(state.device, devices[i].device);
		CHECK_TEXT(state.user, devices[i].user);
		CHECK_NUMBER(state.is_known, devices[i].is_known);
		CHECK_NUMBER(state.phase, devices[i].phase);
		CHECK_NUMBER(state.direction, devices[i].direction);
	}
}

#define STATE_SENTENCE                                                                                                 \
	"The JSON body has no state of Asterisk's: NOT_INUSE, INUSE, BUSY, ONHOLD, RINGING, RINGINUSE, UNKNOWN, "      \
	"INVALID, UNAVAILABLE"

static const struct {
	const char *body, *sentence;
} bad_devices[] = {
	{"null", "The body is not well-formed JSON: line 1, column 4"},
	{"{\"type\":\"mailboxstate\"}", "The JSON body is of a type that is neither devicestate nor refresh"},
	{"{\"type\":\"devicestate\",\"state\":\"INUSE\"}", "The JSON body names no device"},
	{DEVICE("", "INUSE"), "The JSON body names no device"},
	{DEVICE("SIP/a", "DANCING"), STATE_SENTENCE},
	{"{\"type\":\"devicestate\",\"device\":\"SIP/a\"}", STATE_SENTENCE},
};

static void wrong_device_states_are_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_devices); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct asterisk_device_state state = {.is_known = true};
		struct body_error error = {""};
		CHECK_NUMBER(asterisk_device_state_parse(&arena, slice_text(bad_devices[i].body), &state, &error),
			     ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), bad_devices[i].sentence);
		CHECK(state.is_known);
	}
}

static const struct test tests[] = {
	{"mailbox states are read", mailbox_states_are_read, TEST_PLAIN},
	{"the request for a refresh is no error", the_request_for_a_refresh_is_no_error, TEST_PLAIN},
	{"wrong mailbox states are refused with a sentence", wrong_mailbox_states_are_refused_with_a_sentence,
	 TEST_PLAIN},
	{"deep nesting is refused", deep_nesting_is_refused, TEST_PLAIN},
	{"a mailbox name beyond the arena is a lack of memory", a_mailbox_name_beyond_the_arena_is_a_lack_of_memory,
	 TEST_PLAIN},
	{"device states become phases of a dialog", device_states_become_phases_of_a_dialog, TEST_PLAIN},
	{"wrong device states are refused with a sentence", wrong_device_states_are_refused_with_a_sentence,
	 TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
