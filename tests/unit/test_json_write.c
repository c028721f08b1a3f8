/* JSON as it is written: valid, whatever goes in. SPDX-License-Identifier: MIT */
#include "bodies/json_write.h"
#include "test.h"

#include <jansson.h>

#define ROOM 100000

static const struct {
	struct slice text;
	const char *written;
} texts[] = {
	{{"", 0}, "\"\""},
	{{"plain", 5}, "\"plain\""},
	{{"a\"b\\c", 5}, "\"a\\\"b\\\\c\""},
	{{"\n\r\t\0\x1f\x7f", 6}, "\"\\n\\r\\t\\u0000\\u001f\\u007f\""},
	{{"f\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 10}, "\"f\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\""},
	{{"a\xff\xfe"
	  "b",
	  4},
	 "\"a\xef\xbf\xbd\xef\xbf\xbd"
	 "b\""},
	{{"\xc3", 1}, "\"\xef\xbf\xbd\""},                                                 /* cut */
	{{"\xc0\xaf", 2}, "\"\xef\xbf\xbd\xef\xbf\xbd\""},                                 /* overlong */
	{{"\xed\xa0\x80", 3}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},                 /* a surrogate */
	{{"\xf4\x90\x80\x80", 4}, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""}, /* above U+10FFFF */
};

static void texts_are_escaped_and_no_utf8_is_replaced(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, ROOM);
		struct json_writer json = {.buffer = &buffer};
		json_write_text(&json, NULL, texts[i].text);
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), texts[i].written);
	}
}

static void every_pair_of_bytes_makes_valid_json(void)
{
	for (int first = 0; first < 256; first++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, ROOM);
		struct json_writer json = {.buffer = &buffer};
		json_write_begin(&json, NULL, '[');
		for (int second = 0; second < 256; second++) {
			const char bytes[] = {(char)first, (char)second};
			json_write_text(&json, NULL, slice_of(bytes, sizeof bytes));
		}
		json_write_end(&json, ']');
		CHECK(!buffer_failed(&buffer));
		json_t *array = json_loadb(buffer.data, buffer.length, JSON_ALLOW_NUL, NULL);
		size_t count = json_array_size(array);
		json_decref(array);
		CHECK_NUMBER(count, 256);
	}
}

static void members_and_elements_are_separated_by_commas(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, ROOM);
	struct json_writer json = {.buffer = &buffer};
	json_write_begin(&json, NULL, '{');
	json_write_begin(&json, "empty", '[');
	json_write_end(&json, ']');
	json_write_begin(&json, "list", '[');
	json_write_number(&json, NULL, 0);
	json_write_number(&json, NULL, INT64_MIN);
	json_write_begin(&json, NULL, '{');
	json_write_end(&json, '}');
	json_write_bool(&json, NULL, true);
	json_write_end(&json, ']');
	json_write_null(&json, "nothing");
	json_write_text_or_null(&json, "none", SLICE(""));
	json_write_text_or_null(&json, "some", SLICE("x"));
	json_write_bool(&json, "no", false);
	json_write_end(&json, '}');
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "{\"empty\":[],\"list\":[0,-9223372036854775808,{},true],\"nothing\":null,"
					  "\"none\":null,\"some\":\"x\",\"no\":false}");
}

static const struct {
	int64_t unix_ms;
	const char *written;
} times[] = {
	{1795341600123, "\"2026-11-22T10:00:00.123Z\""},
	{1, "\"1970-01-01T00:00:00.001Z\""},
	{253402300799999, "\"9999-12-31T23:59:59.999Z\""},
	{253402300800000, "null"},
	{0, "null"},
	{-1, "null"},
	{INT64_MAX, "null"},
};

static void times_are_those_of_rfc_3339_or_null(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		CLEANUP(buffer_finish) struct buffer buffer;
		buffer_init(&buffer, ROOM);
		struct json_writer json = {.buffer = &buffer};
		json_write_time(&json, NULL, times[i].unix_ms);
		CHECK(!buffer_failed(&buffer));
		CHECK_TEXT(buffer_slice(&buffer), times[i].written);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"texts_are_escaped_and_no_utf8_is_replaced", texts_are_escaped_and_no_utf8_is_replaced, TEST_PLAIN},
		{"every_pair_of_bytes_makes_valid_json", every_pair_of_bytes_makes_valid_json, TEST_WITHOUT_OOM},
		{"members_and_elements_are_separated_by_commas", members_and_elements_are_separated_by_commas,
		 TEST_PLAIN},
		{"times_are_those_of_rfc_3339_or_null", times_are_those_of_rfc_3339_or_null, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
