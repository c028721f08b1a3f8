/* Counts of a mailbox as they are typed and shown. SPDX-License-Identifier: MIT */
#include "program/mailbox_words.h"

#include "test.h"

#include <stdio.h>

struct words_row {
	const char *words; /* with blanks between them */
	const char *shown; /* NULL: refused */
	bool is_waiting;
};

static const struct words_row rows[] = {
	{"voice=3/1", "voice 3/1", true},
	{"voice=3", "voice 3/0", true},
	{"voice=0/0", "voice 0/0", false},
	{"voice=0/5", "voice 0/5", false},
	{"", "voice 0/0", false},
	{"fax=0/2", "fax 0/2", false},
	{"text=1/0 voice=3/1 fax=0/2", "voice 3/1, fax 0/2, text 1/0", true},
	{"voice=3/1 voice-urgent=1/0", "voice 3/1 (1/0)", true},
	{"voice-urgent=1/1 voice=3/1", "voice 3/1 (1/1)", true},
	{"voice=1/0 voice=2/0", "voice 2/0", true},
	{"voice=4294967295/4294967295", "voice 4294967295/4294967295", true},
	{"voice=4294967296", NULL, false},
	{"voice-urgent=1/0", NULL, false},
	{"voice=1/0 voice-urgent=2/0", NULL, false},
	{"voice=0/1 voice-urgent=0/2", NULL, false},
	{"voice", NULL, false},
	{"voice=", NULL, false},
	{"voice=/", NULL, false},
	{"voice=3/", NULL, false},
	{"voice=/3", NULL, false},
	{"voice=-1/0", NULL, false},
	{"voice=3/1/2", NULL, false},
	{"voice=3/x", NULL, false},
	{"smoke=1/0", NULL, false},
	{"-urgent=1/0", NULL, false},
	{"=1/0", NULL, false},
};

static const char *read_words(const char *words, struct message_summary *summary)
{
	struct slice rest = slice_text(words);
	*summary = (struct message_summary){0};
	while (!slice_is_empty(rest)) {
		const char *wrong = mailbox_word_read(slice_take(&rest, ' '), summary);
		if (wrong)
			return wrong;
	}
	return mailbox_words_end(summary);
}

static void words_become_counts_and_are_shown(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct message_summary summary;
		const char *wrong = read_words(rows[i].words, &summary);
		if (!wrong != !!rows[i].shown)
			printf("%s\n", rows[i].words);
		CHECK(!wrong == !!rows[i].shown);
		if (wrong)
			continue;
		CHECK_NUMBER(summary.is_waiting, rows[i].is_waiting);
		CLEANUP(buffer_finish) struct buffer shown;
		buffer_init(&shown, 4096);
		mailbox_words_write(&shown, &summary);
		CHECK(!buffer_failed(&shown));
		CHECK_TEXT(buffer_slice(&shown), rows[i].shown);
	}
}

static void a_word_that_is_refused_changes_nothing(void)
{
	struct message_summary summary;
	CHECK(!read_words("voice=3/1", &summary));
	CHECK(mailbox_word_read(SLICE("fax=1/x"), &summary));
	CHECK(mailbox_word_read(SLICE("voice=9/"), &summary));
	CHECK(!summary.has[MESSAGE_FAX]);
	CHECK_NUMBER(summary.counts[MESSAGE_VOICE].fresh, 3);
}

static const struct test tests[] = {
	{"words_become_counts_and_are_shown", words_become_counts_and_are_shown, TEST_PLAIN},
	{"a_word_that_is_refused_changes_nothing", a_word_that_is_refused_changes_nothing, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
