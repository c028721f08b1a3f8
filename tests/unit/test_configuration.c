/* The configuration file: what is wrong is said with file and line, and the printed documents are current.
 * SPDX-License-Identifier: MIT */
#include "program/configuration.h"

#include "base/error.h"
#include "bodies/body.h"
#include "program/configuration_profiles.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DOCUMENTS TEST_FOLDER "/../../docs/"

/* Writes `text` into a file of its own, and reads that over the defaults. `error` begins with what follows the file's
 * name. */
static int read_text(const char *text, struct configuration *configuration, char error[CONFIGURATION_ERROR_SIZE])
{
	char path[] = "/tmp/heliograph-test-XXXXXX", sentence[CONFIGURATION_ERROR_SIZE] = "";
	int descriptor = mkstemp(path);
	if (descriptor < 0)
		return -1;
	size_t length = strlen(text);
	int result = write(descriptor, text, length) == (ssize_t)length ? 0 : -1;
	close(descriptor);
	if (result == 0)
		result = configuration_read(configuration, path, sentence);
	if (result == 0)
		result = configuration_check(configuration, path, sentence);
	unlink(path);
	size_t prefix = strlen(path);
	snprintf(error, CONFIGURATION_ERROR_SIZE, "%s",
		 strncmp(sentence, path, prefix) == 0 ? sentence + prefix : sentence);
	return result;
}

struct wrong_file {
	const char *text, *error;
};

static const struct wrong_file wrong_files[] = {
	{"sip: {\n\tport = 70000;\n};\n", ":2: sip.port: 70000 is above 65535"},
	{"\n\nsip: { port = -1; };\n", ":3: sip.port: -1 is below 0"},
	{"sip: { port = \"5060\"; };\n", ":1: sip.port: this is a text, wanted is a number"},
	{"sip: { port = 50.5; };\n", ":1: sip.port: neither a whole number nor a text nor a list"},
	{"sip: { port = true; };\n", ":1: sip.port: neither a whole number nor a text nor a list"},
	{"domain = 5;\n", ":1: domain: this is a number, wanted is a text"},
	{"domain = [\"a\"];\n", ":1: domain: this is a list, wanted is a text"},
	{"domain = \"a b\";\n", ":1: domain: \"a b\" is not a host name"},
	{"bind = \"127.0.0.1\";\n", ":1: bind: this is a text, wanted is a list of texts"},
	{"bind = [1, 2];\n", ":1: bind: item 1 is not a text in quotes"},
	{"# a comment\nbind = [\"127.0.0.1\",\n  \"localhost\"];\n", ":2: bind: \"localhost\" is not an IP address"},
	{"colour = \"red\";\n", ":1: colour: there is no such option"},
	{"domain = \"a\";\nport = 5060;\n", ":2: port: there is no such option (is sip.port meant?)"},
	{"sip: {\n\tcolour = 1;\n};\n", ":2: sip.colour: there is no such option"},
	{"sip: {\n\tt1_ms = 500;\n\tdeep: {\n\t\tport = 1;\n\t};\n};\n", ":3: sip.deep: there is no such option"},
	{"sip = 5060;\n", ":1: sip is a group; did you mean sip.port?"},
	{"domain: { x = 1; };\n", ":1: domain: neither a whole number nor a text nor a list"},
	{"domain = \"a\"\nsip: {\n", ":3: syntax error"},
	{"registrar: {\n\texpires_s = 1800;\n\tmin_expires_s = 2000;\n};\n",
	 ":3: registrar.min_expires_s: 2000 is above registrar.expires_s (1800)"},
	{"registrar: {\n\texpires_s = 30;\n};\n", ":2: registrar.expires_s: 30 is below registrar.min_expires_s (60)"},
	{"tls: {\n\tkey = \"/x\";\n};\n", ":2: tls.key: tls.certificate is missing"},
	{"subscription: {\n\texpires_s = 1800;\n\tmin_expires_s = 2000;\n};\n",
	 ":3: subscription.min_expires_s: 2000 is above subscription.expires_s (1800)"},
	{"presence: { watch = \"friends\"; };\n",
	 ":1: presence.watch: \"friends\" is not one of domain, ask, self and nobody"},
	{"mailbox: { unsolicited = 1; };\n", ":1: mailbox.unsolicited: this is a number, wanted is a text"},
	{"mailbox: { unsolicited = \"maybe\"; };\n", ":1: mailbox.unsolicited: \"maybe\" is neither yes nor no"},
	{"voicemail: { server = \"sip:bob@192.0.2.1\"; };\n",
	 ":1: voicemail.server: \"sip:bob@192.0.2.1\" is not the SIP URI of a server (sip:HOST)"},
	{"trusted: {\n\taddresses = [\"192.0.2.0/33\"];\n};\n",
	 ":2: trusted.addresses: \"192.0.2.0/33\" is neither an IP address nor a network of them"},
	{"trusted: { accounts = [\"a b\"]; };\n", ":1: trusted.accounts: \"a b\" is not the user part of an address"},
	{"profiles = 5;\n", ":1: profiles: wanted is a list of groups: ( { … }, { … } )"},
	{"profiles = [\"x\"];\n", ":1: profiles: wanted is a list of groups: ( { … }, { … } )"},
	{"profiles: (\n\t5\n);\n", ":2: profiles: wanted are groups: { name = \"…\"; user_agent = \"…\"; }"},
	{"profiles: (\n\t{ name = \"a\"; }\n);\n", ":2: profiles: user_agent is missing"},
	{"profiles: (\n\t{ user_agent = \"\"; }\n);\n", ":2: profiles.user_agent: wanted is a text in quotes"},
	{"profiles: (\n\t{ user_agent = 5; }\n);\n", ":2: profiles.user_agent: wanted is a text in quotes"},
	{"profiles: (\n\t{\n\t\tuser_agent = \"a\";\n\t\tcolour = \"red\";\n\t}\n);\n",
	 ":4: profiles.colour: there is no such thing in a profile"},
	{"profiles: (\n\t{ user_agent = \"a\"; dialogs = \"two\"; }\n);\n",
	 ":2: profiles.dialogs: \"two\" is neither all nor single"},
	{"profiles: (\n\t{ user_agent = \"a\"; dialogs = 1; }\n);\n",
	 ":2: profiles.dialogs: this is neither all nor single"},
	{"profiles: (\n\t{ user_agent = \"a\"; entity = true; }\n);\n",
	 ":2: profiles.entity: \"yes\" is neither sip nor pres"},
	{"profiles: ({ user_agent = \"a\"; like = \"Acme\"; });\n",
	 ":1: profiles.like: no profile of that name is shipped"},
	{"profiles: ({ user_agent = \"a\"; list_entries = \"3\"; });\n",
	 ":1: profiles.list_entries: wanted is a number from 1 to 5000, or 0"},
	{"profiles: ({ user_agent = \"a\";\nlist_bytes = 999; });\n",
	 ":2: profiles.list_bytes: wanted is a number from 1000 to 1000000 bytes, or 0"},
	{"profiles: ({ user_agent = \"a\"; list_entries = -1; });\n",
	 ":1: profiles.list_entries: wanted is a number from 1 to 5000, or 0"},
	{"authentication: { algorithms = (); };\n", ":1: authentication.algorithms: the list may not be empty"},
};

static void wrong_files_are_refused_with_file_and_line(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong_files); i++) {
		struct configuration configuration;
		char error[CONFIGURATION_ERROR_SIZE] = "";
		if (configuration_init(&configuration) < 0)
			continue;
		int result = read_text(wrong_files[i].text, &configuration, error);
		configuration_finish(&configuration);
		if (test_is_starved())
			continue;
		CHECK_TEXT(slice_text(error), wrong_files[i].error);
		CHECK_NUMBER(result, ERR_CONFIGURATION);
	}
}

static void a_good_file_sets_what_it_names_and_nothing_else(void)
{
	static const char text[] = "domain = \"Example.test\";\n"
				   "domain_aliases = (\"a.test\", \"b.test\");\n"
				   "bind = [\"127.0.0.1\", \"::1\"];\n"
				   "sip: { port = 5070; };\n"
				   "web: { tls_port = 0; };\n"
				   "log: { level = \"debug\"; format = \"json\"; };\n";
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE] = "";
	if (configuration_init(&configuration) < 0)
		return;
	int result = read_text(text, &configuration, error);
	if (result == 0) {
		CHECK_TEXT(slice_text(configuration.domain), "Example.test");
		CHECK_NUMBER(configuration.domain_aliases.count, 2);
		CHECK_TEXT(slice_text(configuration.bind.items[1]), "::1");
		CHECK_NUMBER(configuration.sip_port, 5070);
		CHECK_NUMBER(configuration.tls_port, 5061);
		CHECK_NUMBER(configuration.web_tls_port, 0);
		CHECK_TEXT(slice_text(configuration.log_level), "debug");
		CHECK_NUMBER(configuration.lines[CONFIGURATION_INDEX_sip_port], 4);
	}
	configuration_finish(&configuration);
	CHECK_TEXT(slice_text(error), "");
	CHECK_NUMBER(result, 0);
}

static void switches_take_yes_no_true_and_false(void)
{
	static const struct {
		const char *text;
		const char *value;
	} rows[] = {
		{"mailbox: { unsolicited = false; };\n", "no"},
		{"mailbox: { unsolicited = true; };\n", "yes"},
		{"mailbox: { unsolicited = \"no\"; };\n", "no"},
		{"", "yes"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(configuration_finish) struct configuration configuration = {0};
		char error[CONFIGURATION_ERROR_SIZE] = "";
		if (configuration_init(&configuration) < 0)
			return;
		int result = read_text(rows[i].text, &configuration, error);
		CHECK_NUMBER(result, 0);
		CHECK_TEXT(slice_text(configuration.mailbox_unsolicited), rows[i].value);
	}
}

static void profiles_are_taken_in_their_order(void)
{
	static const char text[] =
		"profiles: (\n"
		"  { name = \"Doors\"; user_agent = \"Acme Door*\"; dialogs = \"single\"; idle_dialog = true;\n"
		"    remote_party = false; entity = \"pres\"; urgent_counts = \"no\"; classes = \"voice\";\n"
		"    last_line_end = false; unsolicited_mwi = false; message_account = \"mailbox\"; lists = "
		"\"linphone\"; },\n"
		"  { user_agent = \"Acme*\"; list_entries = 5; list_bytes = 1400; },\n"
		"  { user_agent = \"Yealink SIP-T2*\"; remote_party = \"no\"; like = \"yealink\"; },\n"
		"  { user_agent = \"Grandstream GRP*\"; like = \"Grandstream\"; list_bytes = 0; }\n"
		");\n";
	CLEANUP(configuration_finish) struct configuration configuration = {0}, other = {0};
	char error[CONFIGURATION_ERROR_SIZE] = "";
	if (configuration_init(&configuration) < 0)
		return;
	int result = read_text(text, &configuration, error);
	CHECK_TEXT(slice_text(error), "");
	CHECK_NUMBER(result, 0);
	const struct profile *items = configuration.profiles.items;
	CHECK_NUMBER(configuration.profiles.count, 4);
	CHECK_TEXT(slice_text(items[0].name), "Doors");
	CHECK_NUMBER(items[0].style, (BODY_NO_LAST_LINE_END << 1) - 1);
	CHECK(!items[0].unsolicited_mwi && items[0].mwi_to_mailbox && items[0].linphone_lists);
	CHECK_TEXT(slice_text(items[1].name), "Acme*");
	CHECK_NUMBER(items[1].style, 0);
	CHECK(items[1].unsolicited_mwi && !items[1].mwi_to_mailbox);
	CHECK_NUMBER(items[2].style, BODY_DUMMY_DIALOG | BODY_NO_REMOTE_PARTY);
	CHECK(items[0].list_entries == 0 && items[0].list_bytes == 0);
	CHECK(items[1].list_entries == 5 && items[1].list_bytes == 1400);
	CHECK(items[3].list_entries == 3 && items[3].list_bytes == 0);
	CHECK(configuration_profiles_are_same(&configuration, &configuration));
	CHECK(!configuration_profiles_are_same(&configuration, &other));
	/* a list that is wrong leaves the old one */
	result = read_text("profiles: ( { user_agent = \"x\"; }, 5 );\n", &configuration, error);
	CHECK_NUMBER(result, ERR_CONFIGURATION);
	CHECK_NUMBER(configuration.profiles.count, 4);
}

static void a_missing_file_is_named(void)
{
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE] = "";
	if (configuration_init(&configuration) < 0)
		return;
	int result = configuration_read(&configuration, "/nowhere/heliograph.conf", error);
	configuration_finish(&configuration);
	CHECK_NUMBER(result, ERR_CONFIGURATION);
	CHECK_TEXT(slice_text(error), "/nowhere/heliograph.conf: No such file or directory");
}

static const struct wrong_file assignments[] = {
	{"sip.port=5070", ""},
	{"bind=127.0.0.1,::1", ""},
	{"database=host=/tmp dbname=x", ""},
	{"sip.port", "--set sip.port: name=value is wanted"},
	{"sip.port=x", "--set: sip.port: \"x\" is not a number"},
	{"sip.ports=1", "--set: sip.ports: there is no such option"},
	{"profiles=x", "--set: profiles: this is a list, which only the file can have"},
	{"phone_lists=x", "--set: phone_lists: this is a list, which only the file can have"},
	{"=1", "--set: : there is no such option"},
};

static void assignments_go_through_the_same_table(void)
{
	struct configuration configuration;
	if (configuration_init(&configuration) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(assignments); i++) {
		char error[CONFIGURATION_ERROR_SIZE] = "";
		int result = configuration_set(&configuration, assignments[i].text, error);
		if (test_is_starved())
			continue;
		CHECK_TEXT(slice_text(error), assignments[i].error);
		CHECK_NUMBER(result, assignments[i].error[0] ? ERR_CONFIGURATION : 0);
	}
	configuration_finish(&configuration);
}

typedef void write_fn(struct buffer *buffer);

static bool is_current(const char *path, write_fn *write_document)
{
	static char content[131072];
	struct buffer wanted;
	buffer_init(&wanted, sizeof(content));
	write_document(&wanted);
	FILE *file = fopen(path, "re");
	size_t length = file ? fread(content, 1, sizeof(content), file) : 0;
	if (file)
		fclose(file);
	bool same = !buffer_failed(&wanted) && slice_equal(buffer_slice(&wanted), slice_of(content, length));
	buffer_finish(&wanted);
	return same;
}

static void the_printed_documents_are_current(void)
{
	/* else: heliograph check --print-markdown > docs/configuration.md, --print-sample > the other */
	CHECK(is_current(DOCUMENTS "configuration.md", configuration_write_markdown));
	CHECK(is_current(DOCUMENTS "heliograph.conf.sample", configuration_write_sample));
}

static void the_sample_reads_as_all_defaults(void)
{
	struct configuration configuration;
	char error[CONFIGURATION_ERROR_SIZE] = "";
	if (configuration_init(&configuration) < 0)
		return;
	int result = configuration_read(&configuration, DOCUMENTS "heliograph.conf.sample", error);
	configuration_finish(&configuration);
	CHECK_TEXT(slice_text(error), "");
	CHECK_NUMBER(result, 0);
}

static const struct test tests[] = {
	{"wrong_files_are_refused_with_file_and_line", wrong_files_are_refused_with_file_and_line, TEST_PLAIN},
	{"a_good_file_sets_what_it_names_and_nothing_else", a_good_file_sets_what_it_names_and_nothing_else,
	 TEST_PLAIN},
	{"switches_take_yes_no_true_and_false", switches_take_yes_no_true_and_false, TEST_PLAIN},
	{"profiles_are_taken_in_their_order", profiles_are_taken_in_their_order, TEST_PLAIN},
	{"a_missing_file_is_named", a_missing_file_is_named, TEST_PLAIN},
	{"assignments_go_through_the_same_table", assignments_go_through_the_same_table, TEST_PLAIN},
	{"the_printed_documents_are_current", the_printed_documents_are_current, TEST_PLAIN},
	{"the_sample_reads_as_all_defaults", the_sample_reads_as_all_defaults, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
