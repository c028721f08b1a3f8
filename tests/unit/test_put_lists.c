/* Bodies of buddies, groups and rules. SPDX-License-Identifier: MIT */
#include "api/put_lists.h"
#include "test.h"

#include "base/error.h"

#include <string.h>

#define ARENA_BYTES 65536

static void a_new_buddy_needs_a_uri(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct buddy_edit edit;
	struct body_error error = {""};
	arena_init(&arena, NULL, ARENA_BYTES);
	CHECK_NUMBER(put_lists_read_buddy(&arena, SLICE("{\"uri\":\"bob\",\"name\":\"B\",\"groups\":[\"a\",\"b\"]}"),
					  true, &edit, &error),
		     0);
	CHECK_TEXT(edit.uri, "bob");
	CHECK(edit.has_name && edit.has_groups);
	CHECK_TEXT(edit.name, "B");
	CHECK_NUMBER(edit.group_count, 2);
	CHECK_TEXT(edit.groups[1], "b");
	CHECK_NUMBER(put_lists_read_buddy(&arena, SLICE("{\"name\":\"B\"}"), true, &edit, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "The field uri is missing");
	CHECK_NUMBER(put_lists_read_buddy(&arena, SLICE("{\"uri\":\"bob\"}"), false, &edit, &error), ERR_SYNTAX);
	CHECK_TEXT(slice_text(error.sentence), "The body has no field \"uri\": there are name and groups");
}

static void what_is_left_out_stays_and_null_takes_away(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct buddy_edit edit;
	struct buddy_group_edit group;
	struct body_error error;
	arena_init(&arena, NULL, ARENA_BYTES);
	CHECK_NUMBER(put_lists_read_buddy(&arena, SLICE("{}"), false, &edit, &error), 0);
	CHECK(!edit.has_name && !edit.has_groups);
	CHECK_NUMBER(put_lists_read_buddy(&arena, SLICE("{\"name\":null}"), false, &edit, &error), 0);
	CHECK(edit.has_name && slice_is_empty(edit.name));
	CHECK_NUMBER(put_lists_read_group(&arena, SLICE("{\"display_name\":null}"), false, &group, &error), 0);
	CHECK(group.has_display_name && slice_is_empty(group.display_name) && !group.has_new_name);
	CHECK_NUMBER(put_lists_read_group(&arena, SLICE("{\"name\":\"n\"}"), false, &group, &error), 0);
	CHECK(group.has_new_name && !group.has_display_name);
	CHECK_TEXT(group.new_name, "n");
	CHECK_NUMBER(
		put_lists_read_group(&arena, SLICE("{\"name\":\"n\",\"display_name\":\"N\"}"), true, &group, &error),
		0);
	CHECK(!group.has_new_name);
	CHECK_TEXT(group.name, "n");
}

static void decisions_are_words_or_null(void)
{
	struct decisions_change change = {.user = SLICE("")};
	struct body_error error;
	CHECK_NUMBER(put_lists_read_decisions(SLICE("{\"presence\":\"polite-block\",\"message-summary\":null}"),
					      &change, &error),
		     0);
	CHECK(change.is_changed[DECIDED_PRESENCE] && change.to[DECIDED_PRESENCE].is_made);
	CHECK_NUMBER(change.to[DECIDED_PRESENCE].handling, WATCH_POLITE_BLOCK);
	CHECK(!change.is_changed[DECIDED_DIALOG]);
	CHECK(change.is_changed[DECIDED_MESSAGE_SUMMARY] && !change.to[DECIDED_MESSAGE_SUMMARY].is_made);
}

static void what_does_not_fit_is_refused(void)
{
	static const struct {
		char kind; /* buddy, group, rules */
		const char *body, *sentence;
	} rows[] = {
		{'b', "{\"uri\":7}", "uri is no text"},
		{'b', "{\"uri\":\"b\",\"name\":1}", "name is no text and not null"},
		{'b', "{\"uri\":\"b\",\"groups\":{}}", "groups is no array of at most 64 names"},
		{'b', "{\"uri\":\"b\",\"groups\":[null]}", "A name in groups is no text"},
		{'b', "[\"uri\"]", "The body is no JSON object"},
		{'b', "{\"uri\":\"b\",\"uri\":\"c\"}", "The body has a field twice: line 1, column 16"},
		{'b', "{\"uri\":\"b\"} x", "The body goes on behind the end of its JSON: line 1, column 13"},
		{'g', "{}", "The field name is missing"},
		{'g', "{\"name\":\"n\",\"uri\":\"u\"}",
		 "The body has no field \"uri\": there are name and display_name"},
		{'r', "{}", "The body decides nothing"},
		{'r', "{\"weather\":\"allow\"}",
		 "The body has no field \"weather\": there are presence, dialog, message-summary and reg"},
		{'r', "{\"dialog\":\"Allow\"}",
		 "dialog is none of \"allow\", \"block\", \"polite-block\", \"confirm\" and null"},
		{'r', "{\"dialog\":true}",
		 "dialog is none of \"allow\", \"block\", \"polite-block\", \"confirm\" and null"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct buddy_edit buddy;
		struct buddy_group_edit group;
		struct decisions_change change = {.user = SLICE("")};
		struct body_error error = {""};
		struct slice body = slice_text(rows[i].body);
		arena_init(&arena, NULL, ARENA_BYTES);
		int result = rows[i].kind == 'b'   ? put_lists_read_buddy(&arena, body, true, &buddy, &error)
			     : rows[i].kind == 'g' ? put_lists_read_group(&arena, body, true, &group, &error)
						   : put_lists_read_decisions(body, &change, &error);
		CHECK_NUMBER(result, ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), rows[i].sentence);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_new_buddy_needs_a_uri", a_new_buddy_needs_a_uri, TEST_PLAIN},
		{"what_is_left_out_stays_and_null_takes_away", what_is_left_out_stays_and_null_takes_away, TEST_PLAIN},
		{"decisions_are_words_or_null", decisions_are_words_or_null, TEST_PLAIN},
		{"what_does_not_fit_is_refused", what_does_not_fit_is_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
