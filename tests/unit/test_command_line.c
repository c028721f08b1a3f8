/* The command line: options and arguments in any order, and what is wrong with them. SPDX-License-Identifier: MIT */
#include "program/command_line.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS_MOST 8

struct wrong_line {
	const char *words[WORDS_MOST];
	const char *error;
};

static int count_words(const char *const *words)
{
	int count = 0;
	while (count < WORDS_MOST && words[count])
		count++;
	return count;
}

static const struct wrong_line wrong_lines[] = {
	{{"--colour"}, "--colour: there is no such option"},
	{{"--config"}, "--config: a value is missing"},
	{{"--demo=yes"}, "--demo: takes no value"},
	{{"--generate"}, "--generate: there is no such option"}, /* there is, but not for this command */
	{{"-x"}, "-x: there is no such option"},
	{{"x", "--set"}, "--set: a value is missing"},
};

static void wrong_options_are_named(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_lines); i++) {
		struct command_line line;
		char error[COMMAND_LINE_ERROR_SIZE] = "", *words[WORDS_MOST];
		memcpy(words, wrong_lines[i].words, sizeof(words));
		int result = command_line_parse(count_words(wrong_lines[i].words), words,
						TAKES_CONFIGURATION | TAKES_ACCOUNTS, &line, error);
		CHECK_NUMBER(result, ERR_CONFIGURATION);
		CHECK_TEXT(slice_text(error), wrong_lines[i].error);
	}
}

static void options_and_arguments_may_be_mixed(void)
{
	static const char *const given[] = {"alice",      "--set",    "sip.port=1", "bob", "--set=web.port=2",
					    "--state=/s", "--config", "/c",         "--",  "--demo"};
	char *words[ARRAY_SIZE(given)], error[COMMAND_LINE_ERROR_SIZE];
	memcpy(words, given, sizeof(words));
	struct command_line line;
	CHECK_NUMBER(
		command_line_parse((int)ARRAY_SIZE(given), words, TAKES_CONFIGURATION | TAKES_ACCOUNTS, &line, error),
		0);
	CHECK_NUMBER(line.argument_count, 3);
	CHECK_TEXT(slice_text(line.arguments[0]), "alice");
	CHECK_TEXT(slice_text(line.arguments[1]), "bob");
	CHECK_TEXT(slice_text(line.arguments[2]), "--demo");
	CHECK(!line.demo);
	CHECK_NUMBER(line.set_count, 2);
	CHECK_TEXT(slice_text(line.sets[1]), "web.port=2");
	CHECK_TEXT(slice_text(line.state), "/s");
	CHECK_TEXT(slice_text(line.config), "/c");
}

static void days_are_taken_by_commands_that_make_what_ends(void)
{
	char *words[] = {(char[]){"ci"}, (char[]){"--expires=30"}, (char[]){"admin"}};
	char *others[] = {(char[]){"--expires"}, (char[]){"30"}};
	char error[COMMAND_LINE_ERROR_SIZE];
	struct command_line line;
	CHECK_NUMBER(command_line_parse(3, words, TAKES_EXPIRY, &line, error), 0);
	CHECK_TEXT(slice_text(line.expires), "30");
	CHECK_NUMBER(line.argument_count, 2);
	CHECK_NUMBER(command_line_parse(2, others, TAKES_CONFIGURATION, &line, error), ERR_CONFIGURATION);
}

static void set_overrides_the_file_and_state_overrides_both(void)
{
	char path[] = "/tmp/heliograph-test-XXXXXX";
	static const char text[] = "state = \"/from/file\";\nsip: { port = 1000; };\nweb: { port = 2000; };\n";
	int descriptor = mkstemp(path);
	CHECK(descriptor >= 0);
	bool written = write(descriptor, text, sizeof(text) - 1) == (ssize_t)(sizeof(text) - 1);
	close(descriptor);
	struct command_line line = {
		.config = path, .state = "/from/line", .sets = {"sip.port=3000", "state=/from/set"}, .set_count = 2};
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE] = "";
	int result = command_line_configuration(&line, &configuration, error);
	unlink(path);
	if (result < 0 && test_is_starved())
		return;
	CHECK_TEXT(slice_text(error), "");
	CHECK(written);
	CHECK_NUMBER(configuration.sip_port, 3000);
	CHECK_NUMBER(configuration.web_port, 2000);
	CHECK_TEXT(slice_text(configuration.state), "/from/line");
	configuration_finish(&configuration);
}

static void the_state_folder_is_made_with_those_above_it(void)
{
	char folder[] = "/tmp/heliograph-test-XXXXXX", wanted[128], path[PATH_MAX], error[CONFIGURATION_ERROR_SIZE];
	CHECK(mkdtemp(folder));
	snprintf(wanted, sizeof(wanted), "%s/a/./b", folder);
	struct configuration configuration = {.state = wanted};
	int result = command_line_state_folder(&configuration, path, error);
	struct stat status = {0};
	bool is_folder = result == 0 && stat(path, &status) == 0 && S_ISDIR(status.st_mode);
	rmdir(path);
	snprintf(wanted, sizeof(wanted), "%s/a", folder);
	rmdir(wanted);
	rmdir(folder);
	CHECK_NUMBER(result, 0);
	CHECK(is_folder);
	CHECK(slice_ends_with(slice_text(path), SLICE("/a/b")));
}

static void a_state_folder_that_cannot_be_made_is_named(void)
{
	char wanted[] = "/proc/heliograph", path[PATH_MAX], error[CONFIGURATION_ERROR_SIZE] = "";
	struct configuration configuration = {.state = wanted};
	CHECK_NUMBER(command_line_state_folder(&configuration, path, error), ERR_CONFIGURATION);
	CHECK(slice_starts_with(slice_text(error), SLICE("the state folder /proc/heliograph: ")));
}

static const struct test tests[] = {
	{"wrong_options_are_named", wrong_options_are_named, TEST_PLAIN},
	{"options_and_arguments_may_be_mixed", options_and_arguments_may_be_mixed, TEST_PLAIN},
	{"days_are_taken_by_commands_that_make_what_ends", days_are_taken_by_commands_that_make_what_ends, TEST_PLAIN},
	{"set_overrides_the_file_and_state_overrides_both", set_overrides_the_file_and_state_overrides_both,
	 TEST_PLAIN},
	{"the_state_folder_is_made_with_those_above_it", the_state_folder_is_made_with_those_above_it, TEST_PLAIN},
	{"a_state_folder_that_cannot_be_made_is_named", a_state_folder_that_cannot_be_made_is_named, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
