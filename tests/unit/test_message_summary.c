/* Message summaries: what is read, what is refused and with which sentence, and what each style of phone gets.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/message_summary.h"
#include "test.h"

/* ---- Reading ---- */

struct readable {
	const char *body;
	bool is_waiting;
	enum message_class which;
	struct message_counts counts;
};

static const struct readable readable[] = {
	/* RFC 3842 §5.1: the form of its example, and what may be left out */
	{"Messages-Waiting: yes\r\nMessage-Account: sip:bob@vm.test\r\nVoice-Message: 4/9 (1/2)\r\n",
	 true,
	 MESSAGE_VOICE,
	 {4, 9, 1, 2}},
	{"Messages-Waiting: yes\r\nVoice-Message: 4/9\r\n", true, MESSAGE_VOICE, {4, 9, 0, 0}},
	{"Messages-Waiting: yes\r\nVoice-Message: 4\r\n", true, MESSAGE_VOICE, {4, 0, 0, 0}},
	{"Messages-Waiting: no\r\nVoice-Message: 0/0 (0/0)\r\n", false, MESSAGE_VOICE, {0, 0, 0, 0}},
	/* LF alone, no line end at the end, empty lines before, blanks anywhere, letters of any case */
	{"Messages-Waiting: yes\nFax-Message: 1/0 (0/0)\n", true, MESSAGE_FAX, {1, 0, 0, 0}},
	{"Messages-Waiting: yes\nPager-Message: 1/3", true, MESSAGE_PAGER, {1, 3, 0, 0}},
	{"\r\n\r\nMessages-Waiting:yes\r\nVoice-Message:1/3", true, MESSAGE_VOICE, {1, 3, 0, 0}},
	{" MESSAGES-WAITING\t:  YES \r\n voice-MESSAGE : 1 / 3 ( 1 / 2 ) \r\n", true, MESSAGE_VOICE, {1, 3, 1, 2}},
	{"Messages-Waiting: No\r\nmultimedia-message: 0/2(0/1)\r\n", false, MESSAGE_MULTIMEDIA, {0, 2, 0, 1}},
	/* in any order, among others */
	{"Text-Message: 7/8\r\nX-Unknown: so what\r\nVideo-Message: 3/3\r\nMessages-Waiting: yes\r\n",
	 true,
	 MESSAGE_TEXT,
	 {7, 8, 0, 0}},
	{"Messages-Waiting: yes\r\nNone: 1/2\r\n", true, MESSAGE_NONE, {1, 2, 0, 0}},
	/* without counts */
	{"Messages-Waiting: yes\r\n", true, MESSAGE_VOICE, {1, 0, 0, 0}},
	{"messages-waiting:yes", true, MESSAGE_VOICE, {1, 0, 0, 0}},
	{"Messages-Waiting: no\r\n", false, MESSAGE_VOICE, {0, 0, 0, 0}},
	/* the counts say otherwise: both are kept */
	{"Messages-Waiting: yes\r\nVoice-Message: 0/5\r\n", true, MESSAGE_VOICE, {0, 5, 0, 0}},
	{"Messages-Waiting: no\r\nVoice-Message: 2/5\r\n", false, MESSAGE_VOICE, {2, 5, 0, 0}},
	/* urgent ones are among the others */
	{"Messages-Waiting: yes\r\nVoice-Message: 1/0 (2/3)\r\n", true, MESSAGE_VOICE, {2, 3, 2, 3}},
	/* RFC 3842 §5.2: the largest count */
	{"Messages-Waiting: yes\r\nVoice-Message: 4294967295/0\r\n", true, MESSAGE_VOICE, {4294967295, 0, 0, 0}},
	/* optional headers of single messages, which may look like anything */
	{"Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n\r\nTo: <sip:bob@example.test>\r\nno header\r\n"
	 "Voice-Message: 9/9\r\n",
	 true,
	 MESSAGE_VOICE,
	 {1, 0, 0, 0}},
};

static void what_publishers_send_is_read(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(readable); i++) {
		const struct readable *row = &readable[i];
		struct message_summary summary;
		struct body_error error;
		CHECK_NUMBER(message_summary_parse(slice_text(row->body), &summary, &error), 0);
		CHECK_NUMBER(summary.is_waiting, row->is_waiting);
		for (int which = 0; which < MESSAGE_CLASS_COUNT; which++) {
			const struct message_counts *got = &summary.counts[which];
			bool wanted = which == (int)row->which;
			CHECK_NUMBER(summary.has[which], wanted);
			CHECK_NUMBER(got->fresh, wanted ? row->counts.fresh : 0);
			CHECK_NUMBER(got->old, wanted ? row->counts.old : 0);
			CHECK_NUMBER(got->urgent_fresh, wanted ? row->counts.urgent_fresh : 0);
			CHECK_NUMBER(got->urgent_old, wanted ? row->counts.urgent_old : 0);
		}
	}
}

static void all_classes_and_the_account_are_read(void)
{
	struct message_summary summary;
	struct body_error error;
	CHECK(message_summary_parse(SLICE("Messages-Waiting: yes\r\nMessage-Account:  sips:bob@vm.test;x=y \r\n"
					  "Voice-Message: 1/0\r\nFax-Message: 2/0\r\nPager-Message: 3/0\r\n"
					  "Multimedia-Message: 4/0\r\nText-Message: 5/0\r\nNone: 6/0\r\n"),
				    &summary, &error) == 0);
	CHECK_TEXT(summary.account, "sips:bob@vm.test;x=y");
	for (int which = 0; which < MESSAGE_CLASS_COUNT; which++) {
		CHECK(summary.has[which]);
		CHECK_NUMBER(summary.counts[which].fresh, which + 1);
	}
}

#define COUNTS_SENTENCE "Line 2 of the message summary has no counts of the form 2/8 (0/2)"

static const struct {
	const char *body, *sentence;
} unreadable[] = {
	{"", "The message summary has no Messages-Waiting line"},
	{"\r\n\r\n", "The message summary has no Messages-Waiting line"},
	{"Voice-Message: 1/0\r\n", "The message summary has no Messages-Waiting line"},
	{"Voice-Message: 1/0\r\n\r\nMessages-Waiting: yes\r\n", "The message summary has no Messages-Waiting line"},
	{"yes", "Line 1 of the message summary is not a name, a colon and a value"},
	{": yes\r\n", "Line 1 of the message summary is not a name, a colon and a value"},
	{"Messages-Waiting: maybe\r\n", "Line 1 of the message summary says neither yes nor no after Messages-Waiting"},
	{"Messages-Waiting:\r\n", "Line 1 of the message summary says neither yes nor no after Messages-Waiting"},
	{"Messages-Waiting: no\r\nMessages-Waiting: yes\r\n",
	 "Line 2 of the message summary says a second time whether messages are waiting"},
	{"Message-Account: sip:a@b\nMessage-Account: sip:a@b\nMessages-Waiting: yes\n",
	 "Line 2 of the message summary has a second Message-Account"},
	{"Voice-Message: 1/0\nvoice-message: 2/0\nMessages-Waiting: yes\n",
	 "Line 2 of the message summary counts messages of a class that was counted before"},
	{"Messages-Waiting: yes\r\nVoice-Message: -1/0\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 4294967296/0\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 0/99999999999999999999999\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message:\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: /\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1/\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1/2/3\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1/2 (0/1\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1/2 ()\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1/2 (0/1) x\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: (0/1)\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 1 2/3\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\r\nVoice-Message: 0x1/3\r\n", COUNTS_SENTENCE},
	{"Messages-Waiting: yes\rVoice-Message: 1/3\r",
	 "Line 1 of the message summary says neither yes nor no after Messages-Waiting"},
};

static void what_is_wrong_is_refused_with_its_line(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(unreadable); i++) {
		struct message_summary summary = {.is_waiting = true};
		struct body_error error = {""};
		CHECK_NUMBER(message_summary_parse(slice_text(unreadable[i].body), &summary, &error), ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), unreadable[i].sentence);
		CHECK(summary.is_waiting && !summary.has[MESSAGE_VOICE]);
	}
}

static void classes_have_names(void)
{
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		enum message_class found = MESSAGE_CLASS_COUNT;
		CHECK(message_class_find(message_class_name((enum message_class)i), &found));
		CHECK_NUMBER(found, i);
	}
	enum message_class found = MESSAGE_FAX;
	CHECK_TEXT(message_class_name(MESSAGE_VOICE), "voice");
	CHECK(!message_class_find(SLICE("voice-message"), &found) && !message_class_find(SLICE(""), &found));
	CHECK_NUMBER(found, MESSAGE_FAX);
}

/* ---- Writing ---- */

struct writing {
	struct message_summary summary;
	unsigned style;
	const char *account, *wanted;
};

static const struct writing writings[] = {
	/* nothing known: 0/0, for an empty body is not understood by all */
	{{0}, 0, "", "Messages-Waiting: no\r\nVoice-Message: 0/0 (0/0)\r\n"},
	{{.has = {true}, .counts = {{2, 8, 1, 3}}},
	 0,
	 "sip:*97@example.test",
	 "Messages-Waiting: yes\r\nMessage-Account: sip:*97@example.test\r\nVoice-Message: 2/8 (1/3)\r\n"},
	/* the counts decide, not what was said */
	{{.is_waiting = true, .has = {true}, .counts = {{0, 8, 0, 0}}},
	 0,
	 "",
	 "Messages-Waiting: no\r\nVoice-Message: 0/8 (0/0)\r\n"},
	{{.is_waiting = false, .has = {true}, .counts = {{1, 0, 0, 0}}},
	 0,
	 "",
	 "Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n"},
	/* another class lights the lamp as well; named ones are written even where they are empty */
	{{.counts = {[MESSAGE_TEXT] = {1, 0, 0, 0}}, .has = {[MESSAGE_FAX] = true}},
	 0,
	 "",
	 "Messages-Waiting: yes\r\nVoice-Message: 0/0 (0/0)\r\nFax-Message: 0/0 (0/0)\r\n"
	 "Text-Message: 1/0 (0/0)\r\n"},
	{{.counts = {{1, 2, 1, 1}, [MESSAGE_TEXT] = {1, 0, 0, 0}}},
	 BODY_PLAIN_COUNTS,
	 "",
	 "Messages-Waiting: yes\r\nVoice-Message: 1/2\r\nText-Message: 1/0\r\n"},
	{{.counts = {{1, 2, 1, 1}, [MESSAGE_TEXT] = {1, 0, 0, 0}}},
	 BODY_ONLY_VOICE,
	 "",
	 "Messages-Waiting: yes\r\nVoice-Message: 2/2 (1/1)\r\n"},
	{{.counts = {{4294967295, 2, 1, 1}, [MESSAGE_TEXT] = {1, 0, 0, 0}}},
	 BODY_ONLY_VOICE | BODY_PLAIN_COUNTS | BODY_NO_LAST_LINE_END,
	 "sip:bob@example.test",
	 "Messages-Waiting: yes\r\nMessage-Account: sip:bob@example.test\r\nVoice-Message: 4294967295/2"},
	/* an account cannot bring lines of its own */
	{{0},
	 0,
	 "sip:b@d\r\nX: y",
	 "Messages-Waiting: no\r\nMessage-Account: sip:b@dX:y\r\nVoice-Message: 0/0 (0/0)\r\n"},
};

static void each_style_gets_its_form(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(writings); i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, 1000);
		struct body_output output = {&buffer, BODY_NO_VERSION};
		struct body_target target = {SLICE("bob"), SLICE("example.test"), writings[i].style,
					     slice_text(writings[i].account)};
		message_summary_format.write(&writings[i].summary, &target, &output);
		CHECK_TEXT(buffer_slice(&buffer), writings[i].wanted);
		CHECK(output.version_at == BODY_NO_VERSION);
	}
}

static void a_body_beyond_the_limit_fails(void)
{
	for (size_t limit = 0; limit < 40; limit++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, limit);
		struct body_output output = {&buffer, BODY_NO_VERSION};
		struct body_target target = {SLICE("bob"), SLICE("example.test"), BODY_NO_LAST_LINE_END, SLICE("")};
		message_summary_format.write(&(struct message_summary){0}, &target, &output);
		CHECK(buffer_failed(&buffer));
	}
}

static const struct test tests[] = {
	{"what publishers send is read", what_publishers_send_is_read, TEST_PLAIN},
	{"all classes and the account are read", all_classes_and_the_account_are_read, TEST_PLAIN},
	{"what is wrong is refused with its line", what_is_wrong_is_refused_with_its_line, TEST_PLAIN},
	{"classes have names", classes_have_names, TEST_PLAIN},
	{"each style gets its form", each_style_gets_its_form, TEST_PLAIN},
	{"a body beyond the limit fails", a_body_beyond_the_limit_fails, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
