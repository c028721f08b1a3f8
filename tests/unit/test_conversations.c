/* The body that says where conversations have changed. SPDX-License-Identifier: MIT */
#include "bodies/conversations.h"

#include "test.h"

static void changes_are_written_with_numbers_as_texts(void)
{
	static const struct conversation_change changes[] = {{{"carol@example.test", 18}, 7340},
							     {{"a\"b\\\n\xff@example.test", 19}, INT64_MAX}};
	const struct conversation_changes state = {
		.since = 7301, .until = INT64_MAX, .changes = changes, .count = ARRAY_SIZE(changes)};
	const struct body_target target = {.domain = SLICE("example.test")};
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	conversations_format.write(&state, &target, &output);
	CHECK(!buffer_failed(&buffer));
	CHECK_NUMBER(output.version_at == BODY_NO_VERSION, true);
	CHECK_TEXT(buffer_slice(&buffer),
		   "{\"since\":\"7301\",\"until\":\"9223372036854775807\",\"conversations\":["
		   "{\"peer\":\"carol@example.test\",\"at\":\"7340\"},"
		   "{\"peer\":\"a\\\"b\\\\\\n\xef\xbf\xbd@example.test\",\"at\":\"9223372036854775807\"}]}");
}

static void where_nothing_has_changed_the_list_is_empty(void)
{
	const struct conversation_changes state = {.since = 1, .until = 1};
	const struct body_target target = {.domain = SLICE("example.test")};
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	conversations_format.write(&state, &target, &output);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "{\"since\":\"1\",\"until\":\"1\",\"conversations\":[]}");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"changes_are_written_with_numbers_as_texts", changes_are_written_with_numbers_as_texts, 0},
		{"where_nothing_has_changed_the_list_is_empty", where_nothing_has_changed_the_list_is_empty, 0},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
