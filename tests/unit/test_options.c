/* The option table: its rows are sound, and values go through their bounds. SPDX-License-Identifier: MIT */
#include "program/options.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>

static void each_row_is_sound(void)
{
	const struct option *option;
	const struct option_group *group;
	for (size_t i = 0; (option = option_at(i)) != NULL; i++) {
		unsigned groups = 0;
		for (size_t j = 0; (group = option_group_at(j)) != NULL; j++)
			groups += option_is_in_group(option, group);
		CHECK_NUMBER(groups, 1);
		CHECK(option_find(slice_text(option->name)) == option); /* no name twice */
		CHECK_NUMBER(option_index(option), i);
		CHECK(slice_ends_with(slice_text(option->sentence), SLICE(".")));
		CHECK(option->least <= option->most);
		CHECK(option->initial || option->otherwise);
		CHECK((option->initial && option->initial[0]) || (option->otherwise && option->otherwise[0]));
		/* what has no default can be told from every value */
		CHECK(option->initial || option->most < CONFIGURATION_UNSET);
	}
	CHECK_NUMBER(option_index(option_at(0)), 0);
	CHECK(option_at(CONFIGURATION_OPTION_COUNT) == NULL);
	CHECK(option_find(SLICE("sip")) == NULL);
	CHECK(option_find(SLICE("")) == NULL);
}

static void defaults_are_within_their_bounds(void)
{
	struct configuration configuration;
	if (configuration_init(&configuration) < 0)
		return;
	CHECK_NUMBER(configuration.sip_port, 5060);
	CHECK_NUMBER(configuration.tls_port, 5061);
	CHECK_NUMBER(configuration.web_port, 8080);
	CHECK_NUMBER(configuration.web_tls_port, CONFIGURATION_UNSET);
	CHECK_TEXT(slice_text(configuration.domain), "");
	CHECK_NUMBER(configuration.bind.count, 0);
	CHECK_NUMBER(configuration.authentication_algorithms.count, 2);
	CHECK_TEXT(slice_text(configuration.authentication_algorithms.items[1]), "SHA-256");
	char error[CONFIGURATION_ERROR_SIZE] = "";
	CHECK_NUMBER(configuration_check(&configuration, NULL, error), 0);
	configuration_finish(&configuration);
}

struct word {
	const char *name, *word, *error; /* NULL: taken */
};

static const struct word words[] = {
	{"sip.port", "0", NULL},
	{"sip.port", "65535", NULL},
	{"sip.port", "65536", "sip.port: 65536 is above 65535"},
	{"sip.port", "-1", "sip.port: -1 is below 0"},
	{"sip.port", "", "sip.port: \"\" is not a number"},
	{"sip.port", "5060x", "sip.port: \"5060x\" is not a number"},
	{"sip.port", "99999999999999999999", "sip.port: \"99999999999999999999\" is not a number"},
	{"sip.t1_ms", "5", "sip.t1_ms: 5 is below 10 ms"},
	{"domain", "example.test", NULL},
	{"domain", "", NULL},
	{"domain", "192.0.2.1", NULL},
	{"domain", "exa mple", "domain: \"exa mple\" is not a host name"},
	{"domain", "-x", "domain: \"-x\" is not a host name"},
	{"bind", "127.0.0.1, ::1", NULL},
	{"bind", "", NULL},
	{"bind", "127.0.0.1,localhost", "bind: \"localhost\" is not an IP address"},
	{"bind", "127.0.0.1,,::1", "bind: \"\" may not be empty"},
	{"authentication.algorithms", "SHA-256", NULL},
	{"authentication.algorithms", "", "authentication.algorithms: the list may not be empty"},
	{"authentication.algorithms", "SHA-512", "authentication.algorithms: \"SHA-512\" is neither MD5 nor SHA-256"},
	{"presence.watch", "self", NULL},
	{"dialog.watch", "all", "dialog.watch: \"all\" is not one of domain, ask, self and nobody"},
	{"mailbox.number", "*97", NULL},
	{"mailbox.number", "", NULL},
	{"mailbox.codes", "*97,*98,voicemail", NULL},
	{"mailbox.codes", "", NULL},
	{"mailbox.codes", "*97@example.test", "mailbox.codes: \"*97@example.test\" is not the user part of an address"},
	{"mailbox.count_text_messages", "yes", NULL},
	{"mailbox.count_text_messages", "1", "mailbox.count_text_messages: \"1\" is neither yes nor no"},
	{"voicemail.server", "sip:192.0.2.9;transport=tcp", NULL},
	{"voicemail.server", "sips:voice.example.test:5071", NULL},
	{"voicemail.server", "192.0.2.9", "voicemail.server: \"192.0.2.9\" is not the SIP URI of a server (sip:HOST)"},
	{"trusted.addresses", "192.0.2.1,192.0.2.0/24,2001:db8::/32", NULL},
	{"trusted.addresses", "pbx", "trusted.addresses: \"pbx\" is neither an IP address nor a network of them"},
	{"trusted.accounts", "pbx", NULL},
	{"log.level", "debug", NULL},
	{"log.level", "loud", "log.level: \"loud\" is not one of error, warning, info and debug"},
	{"log.level", "", "log.level: \"\" may not be empty"},
	{"log.format", "json", NULL},
	{"log.format", "xml", "log.format: \"xml\" is neither text nor json"},
};

static void words_go_through_bounds_and_checks(void)
{
	struct configuration configuration;
	if (configuration_init(&configuration) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char error[OPTION_ERROR_SIZE] = "";
		const struct option *option = option_find(slice_text(words[i].name));
		int result = option ? option_set_word(option, &configuration, slice_text(words[i].word), error) : -1;
		bool as_wanted = words[i].error ? result == ERR_CONFIGURATION : result == 0;
		if (!test_is_starved()) {
			if (!as_wanted)
				printf("%s=%s: %s\n", words[i].name, words[i].word, error);
			CHECK(as_wanted);
			CHECK_TEXT(slice_text(error), words[i].error ? words[i].error : "");
		}
	}
	configuration_finish(&configuration);
}

static void a_refused_value_leaves_the_old_one(void)
{
	struct configuration configuration, other;
	char error[CONFIGURATION_ERROR_SIZE];
	if (configuration_init(&configuration) < 0)
		return;
	if (configuration_init(&other) < 0) {
		configuration_finish(&configuration);
		return;
	}
	int result = configuration_set(&configuration, "sip.port=70000", error);
	bool refused = result == ERR_CONFIGURATION;
	result = configuration_set(&configuration, "bind=::1,nonsense", error);
	refused = refused && result < 0;
	bool same = true;
	const struct option *option;
	for (size_t i = 0; (option = option_at(i)) != NULL; i++)
		same = same && option_is_same(option, &configuration, &other);
	bool differs = configuration_set(&configuration, "bind=::1", error) < 0 ||
		       !option_is_same(option_find(SLICE("bind")), &configuration, &other);
	configuration_finish(&configuration);
	configuration_finish(&other);
	CHECK(refused);
	CHECK(same);
	CHECK(differs);
}

static const struct test tests[] = {
	{"each_row_is_sound", each_row_is_sound, TEST_PLAIN},
	{"defaults_are_within_their_bounds", defaults_are_within_their_bounds, TEST_PLAIN},
	{"words_go_through_bounds_and_checks", words_go_through_bounds_and_checks, TEST_PLAIN},
	{"a_refused_value_leaves_the_old_one", a_refused_value_leaves_the_old_one, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
