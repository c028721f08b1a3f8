/* The bodies of PUT: what is taken, and which sentence refuses the rest. SPDX-License-Identifier: MIT */
#include "api/put_body.h"
#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* --- counts ------------------------------------------------------------------------------------------------------- */

static void counts_are_taken_and_what_is_left_out_is_zero(void)
{
	struct message_summary summary;
	struct body_error error;
	CHECK_NUMBER(put_body_read_counts(SLICE("{\"voice\":{\"new\":3,\"old\":4294967295,\"urgent_new\":1},"
						"\"fax\":{},\"none\":{\"urgent_old\":2,\"old\":2}}\r\n"),
					  &summary, &error),
		     0);
	CHECK(summary.has[MESSAGE_VOICE] && summary.has[MESSAGE_FAX] && summary.has[MESSAGE_NONE]);
	CHECK(!summary.has[MESSAGE_TEXT] && summary.is_waiting);
	CHECK_NUMBER(summary.counts[MESSAGE_VOICE].fresh, 3);
	CHECK_NUMBER(summary.counts[MESSAGE_VOICE].old, 4294967295);
	CHECK_NUMBER(summary.counts[MESSAGE_VOICE].urgent_fresh, 1);
	CHECK_NUMBER(summary.counts[MESSAGE_VOICE].urgent_old, 0);
	CHECK_NUMBER(summary.counts[MESSAGE_FAX].fresh, 0);
	CHECK_NUMBER(summary.counts[MESSAGE_NONE].urgent_old, 2);
	CHECK_NUMBER(put_body_read_counts(SLICE("{}"), &summary, &error), 0);
	CHECK(!summary.has[MESSAGE_VOICE] && !summary.is_waiting);
}

#define NO_COUNT " is no whole number between 0 and 4294967295"

static const struct {
	const char *body, *sentence;
} bad_counts[] = {
	{"", "The body is not well-formed JSON: line 1, column 0"},
	{"voice", "The body is not well-formed JSON: line 1, column 5"},
	{"{\"voice\":{}", "The body is not well-formed JSON: line 1, column 11"},
	{"[]", "The body is no JSON object"},
	{"3", "The body is not well-formed JSON: line 1, column 1"},
	{"{} {}", "The body goes on behind the end of its JSON: line 1, column 4"},
	{"{\"voice\":{},\"voice\":{}}", "The body has a field twice: line 1, column 19"},
	{"{\"voice\":{\"new\":1,\"new\":2}}", "The body has a field twice: line 1, column 23"},
	{"{\"voice\":{\"new\":99999999999999999999}}", "The body has a number that is too large: line 1, column 36"},
	{"{\"voice\":{\"new\":1e999}}", "The body has a number that is too large: line 1, column 21"},
	{"{\"voice\":{\"new\":4294967296}}", "voice.new" NO_COUNT},
	{"{\"voice\":{\"old\":-1}}", "voice.old" NO_COUNT},
	{"{\"fax\":{\"urgent_new\":1.0}}", "fax.urgent_new" NO_COUNT},
	{"{\"text\":{\"urgent_old\":\"1\"}}", "text.urgent_old" NO_COUNT},
	{"{\"voice\":{\"new\":null}}", "voice.new" NO_COUNT},
	{"{\"voice\":{\"new\":true}}", "voice.new" NO_COUNT},
	{"{\"voice\":{\"news\":1}}", "voice has no field \"news\": there are new, old, urgent_new and urgent_old"},
	{"{\"voice\":3}", "voice is no object with counts"},
	{"{\"Voice\":{}}", "\"Voice\" is no class of messages: voice, fax, text …"},
	{"{\"\":{}}", "\"\" is no class of messages: voice, fax, text …"},
	{"{\"voice\":{\"new\":1,\"urgent_new\":2}}", "voice.urgent_new is above voice.new, which includes it"},
	{"{\"voice\":{\"urgent_old\":2}}", "voice.urgent_old is above voice.old, which includes it"},
	{"{\"voice\":{\"new\":[[[1]]]}}", "The body is nested too deeply"},
	{"{\"v\xff\":{}}", "The body is not well-formed JSON: line 1, column 3"},
	{"{\"a\\u0000b\":{}}", "The body is not well-formed JSON: line 1, column 11"},
};

static void what_is_wrong_with_counts_is_named(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_counts); i++) {
		struct message_summary summary = {.is_waiting = true};
		struct body_error error = {""};
		CHECK_NUMBER(put_body_read_counts(slice_text(bad_counts[i].body), &summary, &error), ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), bad_counts[i].sentence);
		CHECK(summary.is_waiting);
	}
}

static void deep_nesting_and_long_names_are_refused_without_harm(void)
{
	static char body[60000];
	struct message_summary summary;
	struct body_error error;
	memset(body, '[', sizeof body);
	CHECK_NUMBER(put_body_read_counts(slice_of(body, sizeof body), &summary, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "The body is nested too deeply");
	memset(body, 'a', sizeof body);
	memcpy(body, "{\"", 2);
	memcpy(body + sizeof body - 5, "\":{}}", 5);
	CHECK_NUMBER(put_body_read_counts(slice_of(body, sizeof body), &summary, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\" is no class of messages: voice, "
					       "fax, text …");
	/* Brackets in texts nest nothing. */
	CHECK_NUMBER(put_body_read_counts(SLICE("{\"[[[[[[[\\\"[[\":{}}"), &summary, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "\"[[[[[[[\"[[\" is no class of messages: voice, fax, text …");
}

/* --- users -------------------------------------------------------------------------------------------------------- */

static void users_are_taken_in_their_order(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 100000);
	struct slice *users = NULL;
	size_t count = 99;
	struct body_error error;
	CHECK_NUMBER(put_body_read_users(&arena, SLICE("{\"users\":[\"bob\",\"alice@example.test\",\"f\\u00fc\"]}"),
					 &users, &count, &error),
		     0);
	CHECK_NUMBER(count, 3);
	CHECK_TEXT(users[0], "bob");
	CHECK_TEXT(users[1], "alice@example.test");
	CHECK_TEXT(users[2], "f\xc3\xbc");
	CHECK_NUMBER(put_body_read_users(&arena, SLICE("{\"users\":[]}"), &users, &count, &error), 0);
	CHECK_NUMBER(count, 0);
}

static const struct {
	const char *body, *sentence;
} bad_users[] = {
	{"[\"bob\"]", "The body is no JSON object"},
	{"{}", "The field users is missing"},
	{"{\"user\":[]}", "The body has no field \"user\": there is users"},
	{"{\"users\":[],\"x\":1}", "The body has no field \"x\": there is users"},
	{"{\"users\":\"bob\"}", "users is no array of at most 256 names"},
	{"{\"users\":[\"bob\",\"\"]}", "users has an element that is no name of 1 to 255 bytes"},
	{"{\"users\":[7]}", "users has an element that is no name of 1 to 255 bytes"},
	{"{\"users\":[\"bob\"],\"users\":[]}", "The body has a field twice: line 1, column 24"},
};

static void what_is_wrong_with_users_is_named(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bad_users); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 100000);
		struct slice *users;
		size_t count;
		struct body_error error = {""};
		CHECK_NUMBER(put_body_read_users(&arena, slice_text(bad_users[i].body), &users, &count, &error),
			     ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), bad_users[i].sentence);
	}
}

static void too_many_users_and_too_long_names_are_refused(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 100000);
	CLEANUP(buffer_finish) struct buffer body;
	buffer_init(&body, 10000);
	struct slice *users;
	size_t count;
	struct body_error error;
	buffer_text(&body, "{\"users\":[\"a\"");
	for (int i = 0; i < PUT_BODY_USERS_MOST; i++)
		buffer_text(&body, ",\"a\"");
	buffer_text(&body, "]}");
	CHECK(!buffer_failed(&body));
	CHECK_NUMBER(put_body_read_users(&arena, buffer_slice(&body), &users, &count, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "users is no array of at most 256 names");
	buffer_clear(&body);
	buffer_text(&body, "{\"users\":[\"");
	for (int i = 0; i < 256; i++)
		buffer_byte(&body, 'a');
	buffer_text(&body, "\"]}");
	CHECK_NUMBER(put_body_read_users(&arena, buffer_slice(&body), &users, &count, &error), ERR_SYNTAX);
}

/* --- read marks --------------------------------------------------------------------------------------------------- */

#define NO_ID "id is no text with the number of a message: \"7340\""

static const struct {
	const char *body, *sentence; /* NULL: it is taken */
	int64_t id;
} marks[] = {
	{"{\"id\":\"0\"}", NULL, 0},
	{" {\"id\" : \"7340\"}\r\n", NULL, 7340},
	{"{\"id\":\"9223372036854775807\"}", NULL, INT64_MAX},
	{"{\"id\":\"9223372036854775808\"}", NO_ID, 0},
	{"{\"id\":\"-1\"}", NO_ID, 0},
	{"{\"id\":\"\"}", NO_ID, 0},
	{"{\"id\":\"1 \"}", NO_ID, 0},
	{"{\"id\":7340}", NO_ID, 0},
	{"{\"id\":null}", NO_ID, 0},
	{"{}", NO_ID, 0},
	{"{\"id\":\"1\",\"at\":1}", "The body has no field \"at\": there is id", 0},
	{"{\"id\":\"1\",\"id\":\"2\"}", "The body has a field twice: line 1, column 14", 0},
	{"[\"1\"]", "The body is no JSON object", 0},
	{"", "The body is not well-formed JSON: line 1, column 0", 0},
};

static void a_mark_is_the_number_of_a_message_as_a_text(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		int64_t id = -1;
		struct body_error error = {""};
		int result = put_body_read_mark(slice_text(marks[i].body), &id, &error);
		if (marks[i].sentence) {
			CHECK_NUMBER(result, ERR_SYNTAX);
			CHECK_TEXT(slice_text(error.sentence), marks[i].sentence);
		} else {
			CHECK_NUMBER(result, 0);
			CHECK_NUMBER(id, marks[i].id);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"counts_are_taken_and_what_is_left_out_is_zero", counts_are_taken_and_what_is_left_out_is_zero,
		 TEST_PLAIN},
		{"what_is_wrong_with_counts_is_named", what_is_wrong_with_counts_is_named, TEST_PLAIN},
		{"deep_nesting_and_long_names_are_refused_without_harm",
		 deep_nesting_and_long_names_are_refused_without_harm, TEST_PLAIN},
		{"users_are_taken_in_their_order", users_are_taken_in_their_order, TEST_PLAIN},
		{"what_is_wrong_with_users_is_named", what_is_wrong_with_users_is_named, TEST_PLAIN},
		{"too_many_users_and_too_long_names_are_refused", too_many_users_and_too_long_names_are_refused,
		 TEST_PLAIN},
		{"a_mark_is_the_number_of_a_message_as_a_text", a_mark_is_the_number_of_a_message_as_a_text,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
