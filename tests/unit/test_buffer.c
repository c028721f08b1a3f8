/* Buffers: what is appended, limits, sticky failure. SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include "test.h"

static void appends_follow_each_other(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	buffer_text(&buffer, "CSeq: ");
	buffer_number(&buffer, 0);
	buffer_byte(&buffer, ' ');
	buffer_number(&buffer, UINT64_MAX);
	buffer_append(&buffer, SLICE(" "));
	buffer_append(&buffer, slice_text(NULL));
	buffer_hex(&buffer, "\x00\x9f\xff", 3);
	buffer_hex(&buffer, NULL, 0);
	buffer_format(&buffer, " %s=%d", "q", 7);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "CSeq: 0 18446744073709551615 009fff q=7");
}

static void long_formats_are_written_whole(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	/* Around the size of the buffer on the stack, and far beyond it. */
	static const int widths[] = {510, 511, 512, 513, 5000};
	for (size_t i = 0; i < ARRAY_SIZE(widths); i++) {
		buffer_clear(&buffer);
		buffer_format(&buffer, "<%*s>", widths[i], "x");
		CHECK(!buffer_failed(&buffer));
		CHECK_NUMBER(buffer.length, widths[i] + 2);
		CHECK_TEXT(slice_from(buffer_slice(&buffer), buffer.length - 2), "x>");
	}
}

static void a_buffer_fills_to_its_limit_and_not_beyond(void)
{
	for (size_t limit = 1; limit < 2000; limit += 333) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, limit);
		for (size_t i = 0; i < limit; i++)
			buffer_byte(&buffer, 'x');
		CHECK(!buffer_failed(&buffer));
		CHECK_NUMBER(buffer.length, limit);
		CHECK(buffer.capacity <= limit);
		buffer_byte(&buffer, 'x');
		CHECK(buffer_failed(&buffer));
		CHECK_NUMBER(buffer.length, limit);
	}
}

static void failure_sticks_until_it_is_cleared(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 8);
	buffer_text(&buffer, "12345678");
	buffer_text(&buffer, "9");
	CHECK(buffer_failed(&buffer));
	buffer_consume(&buffer, 8);
	buffer_text(&buffer, "a");
	buffer_format(&buffer, "%d", 1);
	CHECK(!buffer_reserve(&buffer, 1));
	CHECK(buffer_failed(&buffer));
	CHECK_NUMBER(buffer.length, 0);
	buffer_clear(&buffer);
	buffer_text(&buffer, "a");
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "a");
}

static void sizes_that_overflow_fail(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 100);
	buffer_text(&buffer, "abc");
	CHECK(!buffer_reserve(&buffer, SIZE_MAX));
	buffer_clear(&buffer);
	buffer_hex(&buffer, "", SIZE_MAX / 2 + 1);
	CHECK(buffer_failed(&buffer));
}

static void reserved_room_is_the_callers_to_fill(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	char *room = buffer_reserve(&buffer, 600);
	CHECK(room);
	memset(room, 'x', 600);
	buffer.length += 5;
	buffer_text(&buffer, "!");
	CHECK_TEXT(buffer_slice(&buffer), "xxxxx!");
	/* Nothing asked still gives a pointer: NULL means failure only. */
	CLEANUP(buffer_finish) struct buffer fresh;
	buffer_init(&fresh, 1000);
	CHECK(buffer_reserve(&fresh, 0));
	CHECK(!buffer_failed(&fresh));
}

static void consuming_moves_the_rest_down(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	buffer_consume(&buffer, 1);
	buffer_text(&buffer, "GET / HTTP");
	buffer_consume(&buffer, 4);
	CHECK_TEXT(buffer_slice(&buffer), "/ HTTP");
	buffer_consume(&buffer, 0);
	CHECK_TEXT(buffer_slice(&buffer), "/ HTTP");
	buffer_consume(&buffer, 100);
	CHECK_TEXT(buffer_slice(&buffer), "");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"appends_follow_each_other", appends_follow_each_other, TEST_PLAIN},
		{"long_formats_are_written_whole", long_formats_are_written_whole, TEST_PLAIN},
		{"a_buffer_fills_to_its_limit_and_not_beyond", a_buffer_fills_to_its_limit_and_not_beyond, TEST_PLAIN},
		{"failure_sticks_until_it_is_cleared", failure_sticks_until_it_is_cleared, TEST_PLAIN},
		{"sizes_that_overflow_fail", sizes_that_overflow_fail, TEST_PLAIN},
		{"reserved_room_is_the_callers_to_fill", reserved_room_is_the_callers_to_fill, TEST_PLAIN},
		{"consuming_moves_the_rest_down", consuming_moves_the_rest_down, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
