/* Lists for the keys of phones: what the file may say, and what is wrong in it. SPDX-License-Identifier: MIT */
#include "program/configuration_lists.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads the text as a file; the name in sentences is cut off. */
static int read_text(const char *text, struct configuration *configuration, char error[CONFIGURATION_ERROR_SIZE])
{
	char path[] = "/tmp/heliograph-lists-XXXXXX", sentence[CONFIGURATION_ERROR_SIZE] = "";
	int file = mkstemp(path);
	if (file < 0)
		return ERR_CONFIGURATION;
	bool written = write(file, text, strlen(text)) == (ssize_t)strlen(text);
	close(file);
	int result = written ? configuration_read(configuration, path, sentence) : ERR_CONFIGURATION;
	unlink(path);
	size_t skip = strncmp(sentence, path, strlen(path)) == 0 ? strlen(path) : 0;
	snprintf(error, CONFIGURATION_ERROR_SIZE, "%s", sentence + skip);
	return result;
}

static void lists_are_taken_in_their_order(void)
{
	static const char text[] = "phone_lists: (\n"
				   "  { name = \"sales-keys\"; entries = ( \"bob\",\n"
				   "    { uri = \"sip:carol@example.test\"; name = \"Carol\"; } ); },\n"
				   "  { name = \"nobody\"; entries = (); },\n"
				   "  { entries = [\"bob\", \"*97\"]; name = \"front.door\"; }\n"
				   ");\n";
	static const struct {
		const char *list, *uri, *name;
	} wanted[] = {
		{"sales-keys", "bob", ""}, {"sales-keys", "sip:carol@example.test", "Carol"},
		{"nobody", "", ""},        {"front.door", "bob", ""},
		{"front.door", "*97", ""},
	};
	CLEANUP(configuration_finish) struct configuration configuration = {0}, other = {0};
	char error[CONFIGURATION_ERROR_SIZE] = "";
	CHECK_NUMBER(configuration_init(&configuration), 0);
	int result = read_text(text, &configuration, error);
	CHECK_TEXT(slice_text(error), "");
	CHECK_NUMBER(result, 0);
	CHECK_NUMBER(configuration.phone_lists.count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		CHECK_TEXT(slice_text(configuration.phone_lists.items[i].list), wanted[i].list);
		CHECK_TEXT(slice_text(configuration.phone_lists.items[i].uri), wanted[i].uri);
		CHECK_TEXT(slice_text(configuration.phone_lists.items[i].name), wanted[i].name);
	}
	CHECK(configuration_lists_are_same(&configuration, &configuration));
	CHECK(!configuration_lists_are_same(&configuration, &other));
	/* what is wrong leaves the old ones */
	CHECK_NUMBER(read_text("phone_lists: ( { name = \"a\"; entries = (); }, 5 );\n", &configuration, error),
		     ERR_CONFIGURATION);
	CHECK_NUMBER(configuration.phone_lists.count, ARRAY_SIZE(wanted));
	configuration_lists_swap(&configuration, &other);
	CHECK_NUMBER(configuration.phone_lists.count, 0);
	CHECK_NUMBER(other.phone_lists.count, ARRAY_SIZE(wanted));
}

#define ENTRIES(text) "phone_lists: (\n{ name = \"a\";\nentries = (" text "); } );\n"

static const struct {
	const char *text, *error;
} wrong[] = {
	{"phone_lists = 5;\n", ":1: phone_lists: wanted is a list of groups: ( { … }, { … } )"},
	{"phone_lists: { name = \"a\"; };\n", ":1: phone_lists: wanted is a list of groups: ( { … }, { … } )"},
	{"phone_lists: (\n\"bob\");\n",
	 ":2: phone_lists: wanted are groups: { name = \"…\"; entries = ( \"…\", \"…\" ); }"},
	{"phone_lists: (\n{ entries = (); } );\n", ":2: phone_lists: name is missing"},
	{"phone_lists: (\n{ name = \"a\"; } );\n", ":2: phone_lists: entries is missing"},
	{"phone_lists: (\n{ name = \"\"; entries = (); } );\n", ":2: phone_lists.name: wanted is a text in quotes"},
	{"phone_lists: (\n{ name = \"a b\"; entries = (); } );\n",
	 ":2: phone_lists: its name is not the user part of an address"},
	{"phone_lists: (\n{ name = \"a\";\ncolour = 1; } );\n",
	 ":3: phone_lists.colour: there is no such thing in a list"},
	{"phone_lists: (\n{ name = \"a\"; entries = (); },\n{ name = \"b\"; entries = (); },\n{ name = \"a\"; entries "
	 "= "
	 "(); } );\n",
	 ":4: phone_lists: there is a list of that name already"},
	{"phone_lists: (\n{ name = \"a\"; entries = \"bob\"; } );\n",
	 ":2: phone_lists.entries: wanted is a list: ( \"…\", { uri = \"…\"; name = \"…\"; } )"},
	{ENTRIES("5"), ":3: phone_lists: wanted is a text in quotes, or { uri = \"…\"; name = \"…\"; }"},
	{ENTRIES("{ name = \"Bob\"; }"), ":3: phone_lists: uri is missing"},
	{ENTRIES("{ uri = \"bob\"; key = 5; }"), ":3: phone_lists.key: there is no such thing in an entry"},
	{ENTRIES("{ uri = 5; }"), ":3: phone_lists.uri: wanted is a text in quotes"},
	{ENTRIES("\"bob\",\n\"bob\""), ":4: phone_lists: \"bob\" is in this list already"},
	{ENTRIES("\"bob\",\n{ uri = \"bob\"; name = \"Bob\"; }"), ":4: phone_lists: \"bob\" is in this list already"},
	{ENTRIES("\"\""), ":3: phone_lists: \"\" is neither an account nor a SIP URI with a user"},
	{ENTRIES("\"a b\""), ":3: phone_lists: \"a b\" is neither an account nor a SIP URI with a user"},
	{ENTRIES("\"sip:example.test\""),
	 ":3: phone_lists: \"sip:example.test\" is neither an account nor a SIP URI with a user"},
	{ENTRIES("\"http://example.test/\""),
	 ":3: phone_lists: \"http://example.test/\" is neither an account nor a SIP URI with a user"},
};

static void what_is_wrong_is_said_with_its_line(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CLEANUP(configuration_finish) struct configuration configuration = {0};
		char error[CONFIGURATION_ERROR_SIZE] = "";
		CHECK_NUMBER(configuration_init(&configuration), 0);
		int result = read_text(wrong[i].text, &configuration, error);
		CHECK_TEXT(slice_text(error), wrong[i].error);
		CHECK_NUMBER(result, ERR_CONFIGURATION);
		CHECK_NUMBER(configuration.phone_lists.count, 0);
	}
}

static const struct test tests[] = {
	{"lists_are_taken_in_their_order", lists_are_taken_in_their_order, TEST_PLAIN},
	{"what_is_wrong_is_said_with_its_line", what_is_wrong_is_said_with_its_line, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
