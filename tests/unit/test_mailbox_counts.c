/* Counts of mailboxes: added, compared, written and read. SPDX-License-Identifier: MIT */
#include "presence/mailbox_counts.h"
#include "test.h"

static struct message_summary summary_of(enum message_class which, uint32_t fresh, uint32_t old)
{
	struct message_summary summary = {0};
	summary.has[which] = true;
	summary.counts[which] = (struct message_counts){.fresh = fresh, .old = old};
	return summary;
}

static void a_summary_without_classes_says_that_there_are_no_voice_messages(void)
{
	struct message_summary nothing = {0};
	struct mailbox_counts counts = mailbox_counts_of(&nothing);
	CHECK_NUMBER(counts.has, 1u << MESSAGE_VOICE);
	CHECK(mailbox_counts_are_zero(&counts));
	struct message_summary told = mailbox_counts_summary(&counts);
	CHECK(told.has[MESSAGE_VOICE]);
	CHECK(!told.is_waiting);
}

static void classes_that_are_not_named_become_zero(void)
{
	struct message_summary summary = summary_of(MESSAGE_FAX, 2, 1);
	summary.counts[MESSAGE_VOICE].fresh = 7; /* not named */
	struct mailbox_counts counts = mailbox_counts_of(&summary);
	CHECK_NUMBER(counts.of[MESSAGE_VOICE].fresh, 0);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].fresh, 2);
}

static void read_and_update(struct slice body, struct mailbox_counts *counts)
{
	struct message_summary before = summary_of(MESSAGE_VOICE, 3, 1), summary = {0};
	before.has[MESSAGE_FAX] = before.has[MESSAGE_TEXT] = true;
	before.counts[MESSAGE_FAX] = (struct message_counts){2, 1, 1, 1};
	struct body_error error;
	CHECK_NUMBER(message_summary_parse(body, &summary, &error), 0);
	*counts = mailbox_counts_of(&before);
	mailbox_counts_update(counts, &summary);
}

static void who_names_classes_speaks_of_them_alone(void)
{
	struct mailbox_counts counts = {0};
	read_and_update(SLICE("Messages-Waiting: yes\nVoice-Message: 5/0\n"), &counts);
	CHECK_NUMBER(counts.of[MESSAGE_VOICE].fresh, 5);
	CHECK_NUMBER(counts.of[MESSAGE_VOICE].old, 0);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].fresh, 2);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].urgent_old, 1);
	read_and_update(SLICE("Messages-Waiting: no\nFax-Message: 0/1\n"), &counts);
	CHECK_NUMBER(counts.of[MESSAGE_VOICE].fresh, 3);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].fresh, 0);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].urgent_fresh, 0);
	CHECK_NUMBER(counts.has, 1u << MESSAGE_VOICE | 1u << MESSAGE_FAX | 1u << MESSAGE_TEXT);
}

static void who_names_no_class_speaks_of_all_when_nothing_waits_and_of_voice_when_something_does(void)
{
	struct mailbox_counts counts = {0};
	read_and_update(SLICE("Messages-Waiting: no\n"), &counts);
	CHECK(mailbox_counts_are_zero(&counts));
	CHECK_NUMBER(counts.has, 1u << MESSAGE_VOICE | 1u << MESSAGE_FAX | 1u << MESSAGE_TEXT);
	read_and_update(SLICE("Messages-Waiting: yes\n"), &counts);
	CHECK_NUMBER(counts.of[MESSAGE_VOICE].fresh, 1);
	CHECK_NUMBER(counts.of[MESSAGE_FAX].fresh, 2);
}

static void a_lamp_is_the_sum_of_its_mailboxes(void)
{
	struct message_summary voice = summary_of(MESSAGE_VOICE, 1, 4), more = summary_of(MESSAGE_VOICE, 2, 0),
			       fax = summary_of(MESSAGE_FAX, 0, 3);
	struct mailbox_counts sum = mailbox_counts_of(&voice), second = mailbox_counts_of(&more),
			      third = mailbox_counts_of(&fax);
	mailbox_counts_add(&sum, &second);
	mailbox_counts_add(&sum, &third);
	struct message_summary told = mailbox_counts_summary(&sum);
	CHECK(told.is_waiting);
	CHECK_NUMBER(told.counts[MESSAGE_VOICE].fresh, 3);
	CHECK_NUMBER(told.counts[MESSAGE_VOICE].old, 4);
	CHECK_NUMBER(told.counts[MESSAGE_FAX].old, 3);
	CHECK(told.has[MESSAGE_FAX]);
	CHECK(!told.has[MESSAGE_TEXT]);
}

static void a_sum_does_not_wrap_round(void)
{
	struct message_summary most = summary_of(MESSAGE_VOICE, UINT32_MAX, 1), one = summary_of(MESSAGE_VOICE, 1, 1);
	struct mailbox_counts sum = mailbox_counts_of(&most), second = mailbox_counts_of(&one);
	mailbox_counts_add(&sum, &second);
	CHECK_NUMBER(sum.of[MESSAGE_VOICE].fresh, UINT32_MAX);
	CHECK_NUMBER(sum.of[MESSAGE_VOICE].old, 2);
}

static void what_was_named_makes_a_difference_even_if_it_is_zero(void)
{
	struct message_summary voice = summary_of(MESSAGE_VOICE, 0, 0), fax = summary_of(MESSAGE_FAX, 0, 0),
			       urgent = summary_of(MESSAGE_VOICE, 1, 0);
	struct mailbox_counts a = mailbox_counts_of(&voice), b = mailbox_counts_of(&fax),
			      c = mailbox_counts_of(&urgent);
	CHECK(mailbox_counts_are_equal(&a, &a));
	CHECK(!mailbox_counts_are_equal(&a, &b));
	struct mailbox_counts d = c;
	d.of[MESSAGE_VOICE].urgent_fresh = 1;
	CHECK(!mailbox_counts_are_equal(&c, &d));
}

static void rows_say_what_the_counts_say(void)
{
	struct message_summary summary = summary_of(MESSAGE_VOICE, 3, 1);
	summary.has[MESSAGE_TEXT] = true;
	summary.counts[MESSAGE_TEXT] = (struct message_counts){5, 6, 2, 1};
	struct mailbox_counts counts = mailbox_counts_of(&summary), read = {0};
	struct stored_message_count rows[MESSAGE_CLASS_COUNT];
	CHECK_NUMBER(mailbox_counts_write(&counts, SLICE("alice"), rows), 2);
	CHECK_TEXT(rows[0].mailbox, "alice");
	CHECK_TEXT(rows[1].class_name, "text");
	CHECK(mailbox_counts_read(&read, &rows[0]));
	CHECK(mailbox_counts_read(&read, &rows[1]));
	CHECK(mailbox_counts_are_equal(&counts, &read));
	rows[0].class_name = SLICE("smoke signals");
	CHECK(!mailbox_counts_read(&read, &rows[0]));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_summary_without_classes_says_that_there_are_no_voice_messages",
		 a_summary_without_classes_says_that_there_are_no_voice_messages, TEST_PLAIN},
		{"classes_that_are_not_named_become_zero", classes_that_are_not_named_become_zero, TEST_PLAIN},
		{"who_names_classes_speaks_of_them_alone", who_names_classes_speaks_of_them_alone, TEST_PLAIN},
		{"who_names_no_class_speaks_of_all_when_nothing_waits_and_of_voice_when_something_does",
		 who_names_no_class_speaks_of_all_when_nothing_waits_and_of_voice_when_something_does, TEST_PLAIN},
		{"a_lamp_is_the_sum_of_its_mailboxes", a_lamp_is_the_sum_of_its_mailboxes, TEST_PLAIN},
		{"a_sum_does_not_wrap_round", a_sum_does_not_wrap_round, TEST_PLAIN},
		{"what_was_named_makes_a_difference_even_if_it_is_zero",
		 what_was_named_makes_a_difference_even_if_it_is_zero, TEST_PLAIN},
		{"rows_say_what_the_counts_say", rows_say_what_the_counts_say, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
