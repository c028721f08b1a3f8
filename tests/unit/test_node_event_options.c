/* The configuration in the words of the event side. SPDX-License-Identifier: MIT */
#include "program/node_event_options.h"

#include "test.h"

#include <stdio.h>

static bool set(struct configuration *configuration, const char *assignment)
{
	char error[CONFIGURATION_ERROR_SIZE] = "";
	bool good = configuration_set(configuration, assignment, error) == 0;
	if (!good && !test_is_starved())
		printf("%s\n", error);
	return good;
}

static void defaults_suit_phones_in_the_field(void)
{
	CLEANUP(configuration_finish) struct configuration configuration = {0};
	if (configuration_init(&configuration) < 0)
		return;
	struct events_options events = node_events_options(&configuration);
	CHECK_NUMBER(events.subscription.least_s, 30);
	CHECK_NUMBER(events.subscription.default_s, 3600);
	CHECK_NUMBER(events.subscription.most_s, 86400);
	CHECK(events.slice > 0 && events.resumed_per_second > 0 && events.body_bytes > 0);
	CHECK(events.retry_first_s <= events.retry_most_s);
	CHECK_NUMBER(node_presence_policy(&configuration), WATCH_DOMAIN);
	struct lamps_options lamps = node_lamps_options(&configuration);
	CHECK(lamps.is_on && lamps.per_second > 0);
	CHECK_NUMBER(lamps.settling_ms, 1500);
	struct slice codes[OPTION_LIST_MOST];
	struct mailbox_options mailboxes = node_mailbox_options(&configuration, codes);
	CHECK(!mailboxes.counts_text_messages);
	CHECK_NUMBER(mailboxes.code_count, 1);
	CHECK_TEXT(mailboxes.codes[0], "*97");
	CHECK(slice_is_empty(node_voicemail_options(&configuration).server));
}

static void words_become_what_the_layers_want(void)
{
	CLEANUP(configuration_finish) struct configuration configuration = {0};
	if (configuration_init(&configuration) < 0)
		return;
	if (!set(&configuration, "presence.watch=nobody") || !set(&configuration, "dialog.watch=self") ||
	    !set(&configuration, "conference.watch=self") || !set(&configuration, "mailbox.count_text_messages=yes") ||
	    !set(&configuration, "mailbox.unsolicited=no") || !set(&configuration, "mailbox.codes=*97,*98") ||
	    !set(&configuration, "voicemail.server=sip:192.0.2.9;transport=tcp"))
		return;
	CHECK_NUMBER(node_presence_policy(&configuration), WATCH_NOBODY);
	CHECK_NUMBER(node_dialog_policy(&configuration), WATCH_SELF);
	CHECK_NUMBER(node_conference_policy(&configuration), WATCH_SELF);
	CHECK(!node_lamps_options(&configuration).is_on);
	struct slice codes[OPTION_LIST_MOST];
	struct mailbox_options mailboxes = node_mailbox_options(&configuration, codes);
	CHECK(mailboxes.counts_text_messages);
	CHECK_NUMBER(mailboxes.code_count, 2);
	CHECK_TEXT(mailboxes.codes[1], "*98");
	CHECK_TEXT(node_voicemail_options(&configuration).server, "sip:192.0.2.9;transport=tcp");
}

static void destroy_trust(struct trust **trust)
{
	trust_destroy(*trust);
}

static void the_named_are_trusted_and_nobody_else(void)
{
	CLEANUP(configuration_finish) struct configuration configuration = {0};
	if (configuration_init(&configuration) < 0)
		return;
	if (!set(&configuration, "trusted.addresses=192.0.2.0/24") || !set(&configuration, "trusted.accounts=pbx"))
		return;
	CLEANUP(destroy_trust) struct trust *trust = node_create_trust(&configuration);
	struct address near, far;
	CHECK(trust);
	CHECK(address_parse_ip(SLICE("192.0.2.7"), 5060, &near) && address_parse_ip(SLICE("198.51.100.7"), 5060, &far));
	CHECK(trust_has_address(trust, &near) && !trust_has_address(trust, &far));
	CHECK(trust_has_account(trust, SLICE("pbx")) && !trust_has_account(trust, SLICE("alice")));
}

static const struct test tests[] = {
	{"defaults_suit_phones_in_the_field", defaults_suit_phones_in_the_field, TEST_PLAIN},
	{"words_become_what_the_layers_want", words_become_what_the_layers_want, TEST_PLAIN},
	{"the_named_are_trusted_and_nobody_else", the_named_are_trusted_and_nobody_else, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
