/* The log: lines, escapes, cuts, rates; and the error codes' sentences. SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/error.h"
#include "test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_SIZE 20000

/* A log into memory. */
struct recorder {
	struct log *log;
	int descriptor;
	char text[READ_SIZE];
};

static bool recorder_open(struct recorder *recorder, enum log_level level, enum log_format format)
{
	recorder->descriptor = memfd_create("log", MFD_CLOEXEC);
	recorder->log = log_create(recorder->descriptor, level, format);
	return recorder->log && recorder->descriptor >= 0;
}

static void recorder_close(struct recorder *recorder)
{
	log_destroy(recorder->log);
	(void)close(recorder->descriptor);
}

/* What was written since the last call. */
static struct slice recorder_take(struct recorder *recorder)
{
	ssize_t length = pread(recorder->descriptor, recorder->text, sizeof(recorder->text), 0);
	(void)lseek(recorder->descriptor, 0, SEEK_SET);
	(void)!ftruncate(recorder->descriptor, 0);
	return slice_of(recorder->text, length > 0 ? (size_t)length : 0);
}

/* The line without its time, which is checked to be one, and without the line feed. */
static struct slice without_time(struct slice line, const char *before)
{
	static const char shape[] = "0000-00-00T00:00:00.000Z";
	size_t start = strlen(before), length = sizeof(shape) - 1;
	if (!slice_starts_with(line, slice_text(before)) || line.length < start + length + 2)
		return SLICE("no time");
	for (size_t i = 0; i < length; i++) {
		char byte = line.at[start + i];
		bool digit = byte >= '0' && byte <= '9';
		if (shape[i] == '0' ? !digit : byte != shape[i])
			return SLICE("not a time");
	}
	if (!slice_ends_with(line, SLICE("\n")))
		return SLICE("no line feed");
	return slice_of(line.at + start + length, line.length - start - length - 1);
}

static void an_event_is_a_line_of_keys_and_values(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_KEY_VALUE));
	struct log_context context = {
		.aor = SLICE("bob@example.test"),
		.call_id = SLICE("a84b4c"),
		.flow = SLICE("udp:192.0.2.4:5060"),
		.method = SLICE("MESSAGE"),
		.status = 202,
	};
	log_event(recorder.log, LOG_INFO, "message_stored", &context, "%d devices owe an answer", 2);
	CHECK_TEXT(without_time(recorder_take(&recorder), "time="),
		   " level=info what=message_stored aor=bob@example.test call_id=a84b4c flow=udp:192.0.2.4:5060"
		   " method=MESSAGE status=202 text=\"2 devices owe an answer\"");
	log_event(recorder.log, LOG_ERROR, "started", NULL, "%s", "ready");
	CHECK_TEXT(without_time(recorder_take(&recorder), "time="), " level=error what=started text=ready");
}

static void an_event_is_an_object_in_json(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_JSON));
	struct log_context context = {.call_id = SLICE("a\"b"), .status = 404};
	log_event(recorder.log, LOG_WARNING, "refused", &context, "no such user");
	CHECK_TEXT(without_time(recorder_take(&recorder), "{\"time\":\""),
		   "\",\"level\":\"warning\",\"what\":\"refused\",\"call_id\":\"a\\\"b\",\"status\":404,"
		   "\"text\":\"no such user\"}");
}

static void values_of_outsiders_cannot_break_a_line(void)
{
	static const struct {
		const char *value, *plain, *json;
	} rows[] = {
		{"a b", "\"a b\"", "a b"},
		{"a=b", "\"a=b\"", "a=b"},
		{"a\"b\\", "\"a\\\"b\\\\\"", "a\\\"b\\\\"},
		{"a\r\nwhat=x\t", "\"a\\r\\nwhat=x\\t\"", "a\\r\\nwhat=x\\t"},
		{"\x1b[31m\x7f", "\"\\x1b[31m\\x7f\"", "\\u001b[31m\\u007f"},
		{"J\xc3\xbcrgen \xf0\x9f\x92\xa1", "\"J\xc3\xbcrgen \xf0\x9f\x92\xa1\"",
		 "J\xc3\xbcrgen \xf0\x9f\x92\xa1"},
		{"\xff\xc3", "\"\\xff\\xc3\"", "\\ufffd\\ufffd"},                 /* not UTF-8; cut short */
		{"\xc2\x9bm", "\"\\xc2\\x9bm\"", "\\ufffd\\ufffdm"},              /* a control to terminals */
		{"\xc0\xaf", "\"\\xc0\\xaf\"", "\\ufffd\\ufffd"},                 /* overlong */
		{"\xed\xa0\x80", "\"\\xed\\xa0\\x80\"", "\\ufffd\\ufffd\\ufffd"}, /* a surrogate */
	};
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_KEY_VALUE));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[200];
		struct log_context context = {.aor = slice_text(rows[i].value)};
		log_set(recorder.log, LOG_INFO, LOG_KEY_VALUE);
		log_event(recorder.log, LOG_INFO, "x", &context, "t");
		(void)snprintf(wanted, sizeof(wanted), " level=info what=x aor=%s text=t", rows[i].plain);
		CHECK_TEXT(without_time(recorder_take(&recorder), "time="), wanted);
		log_set(recorder.log, LOG_INFO, LOG_JSON);
		log_event(recorder.log, LOG_INFO, "x", &context, "t");
		(void)snprintf(wanted, sizeof(wanted),
			       "\",\"level\":\"info\",\"what\":\"x\",\"aor\":\"%s\",\"text\":\"t\"}", rows[i].json);
		CHECK_TEXT(without_time(recorder_take(&recorder), "{\"time\":\""), wanted);
	}
}

static void endless_values_are_cut_and_the_line_stays_whole(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_KEY_VALUE));
	static char endless[60000];
	static const enum log_format formats[] = {LOG_KEY_VALUE, LOG_JSON};
	static const char fills[] = {'x', '\x01', '"', '\xff'};
	for (size_t i = 0; i < ARRAY_SIZE(formats) * ARRAY_SIZE(fills); i++) {
		memset(endless, fills[i / ARRAY_SIZE(formats)], sizeof(endless) - 1);
		struct slice value = slice_text(endless);
		struct log_context context = {value, value, value, value, .status = 599};
		log_set(recorder.log, LOG_INFO, formats[i % ARRAY_SIZE(formats)]);
		log_event(recorder.log, LOG_INFO, "x", &context, "%s", endless);
		struct slice line = recorder_take(&recorder);
		CHECK(line.length <= 4096);
		CHECK_NUMBER(slice_find(line, '\n'), line.length - 1);
		bool json = formats[i % ARRAY_SIZE(formats)] == LOG_JSON;
		bool quoted = json || fills[i / ARRAY_SIZE(formats)] != 'x';
		CHECK(slice_ends_with(line, json ? SLICE("...\"}\n") : quoted ? SLICE("...\"\n") : SLICE("...\n")));
	}
}

static void levels_below_the_set_one_and_a_null_log_write_nothing(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_WARNING, LOG_KEY_VALUE));
	log_event(recorder.log, LOG_INFO, "x", NULL, "t");
	CHECK_NUMBER(recorder_take(&recorder).length, 0);
	CHECK(!log_is_enabled(recorder.log, LOG_INFO));
	log_set(recorder.log, LOG_DEBUG, LOG_KEY_VALUE);
	CHECK(log_is_enabled(recorder.log, LOG_DEBUG));
	log_event(recorder.log, LOG_DEBUG, "x", NULL, "t");
	CHECK(recorder_take(&recorder).length > 0);
	CHECK(!log_is_enabled(NULL, LOG_ERROR));
	log_event(NULL, LOG_ERROR, "x", NULL, "t");
	log_event_limited(NULL, &(struct log_rate){.burst = 1}, 0, LOG_ERROR, "x", NULL, "t");
}

static void errno_is_as_it_was(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_KEY_VALUE));
	struct log *unwritable = log_create(-1, LOG_INFO, LOG_KEY_VALUE);
	errno = ENOTCONN;
	log_event(unwritable, LOG_INFO, "x", NULL, "t");
	bool same = errno == ENOTCONN;
	log_destroy(unwritable);
	CHECK(same);
}

static void a_rate_lets_a_burst_through_and_tells_what_it_held_back(void)
{
	CLEANUP(recorder_close) struct recorder recorder = {0};
	CHECK(recorder_open(&recorder, LOG_INFO, LOG_KEY_VALUE));
	struct log_rate rate = {.burst = 3, .interval_ms = 1000};
	static const struct {
		int64_t now_ms;
		bool written;
		const char *suppressed;
	} rows[] = {
		{5000, true, ""},
		{5000, true, ""},
		{5001, true, ""},
		{5001, false, ""},
		{5999, false, ""},
		{6000, true, " suppressed=2"},
		{6001, false, ""},
		{8500, true, " suppressed=1"},
		{8500, true, ""},
		{8500, false, ""},
		{9000, true, " suppressed=1"}, /* the half interval counts */
		{99000, true, ""},
		{99000, true, ""},
		{99000, true, ""},
		{99000, false, ""}, /* never more than the burst */
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[100] = "no time";
		if (rows[i].written)
			(void)snprintf(wanted, sizeof(wanted), " level=info what=x%s text=t", rows[i].suppressed);
		log_event_limited(recorder.log, &rate, rows[i].now_ms, LOG_INFO, "x", NULL, "t");
		CHECK_TEXT(without_time(recorder_take(&recorder), "time="), wanted);
	}
}

static void level_names_are_read(void)
{
	enum log_level level = LOG_ERROR;
	CHECK(log_level_parse(SLICE("debug"), &level) && level == LOG_DEBUG);
	CHECK(log_level_parse(SLICE("error"), &level) && level == LOG_ERROR);
	CHECK(!log_level_parse(SLICE("Error"), &level));
	CHECK(!log_level_parse(SLICE(""), &level));
}

static void every_error_has_its_sentence(void)
{
	CHECK_TEXT(slice_text(error_text(0)), "success");
	CHECK_TEXT(slice_text(error_text(ERR_NO_MEMORY)), "out of memory");
	CHECK_TEXT(slice_text(error_text(ERR_RANDOM)), "the system gave no random numbers");
	CHECK_TEXT(slice_text(error_text(-ECONNREFUSED)), "Connection refused");
	CHECK_TEXT(slice_text(error_text(-4095)), "end of file");
	CHECK_TEXT(slice_text(error_text(-12345)), "unknown error -12345");
	CHECK_TEXT(slice_text(error_text(7)), "unknown error 7");
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"an_event_is_a_line_of_keys_and_values", an_event_is_a_line_of_keys_and_values, TEST_PLAIN},
		{"an_event_is_an_object_in_json", an_event_is_an_object_in_json, TEST_PLAIN},
		{"values_of_outsiders_cannot_break_a_line", values_of_outsiders_cannot_break_a_line, TEST_PLAIN},
		{"endless_values_are_cut_and_the_line_stays_whole", endless_values_are_cut_and_the_line_stays_whole,
		 TEST_PLAIN},
		{"levels_below_the_set_one_and_a_null_log_write_nothing",
		 levels_below_the_set_one_and_a_null_log_write_nothing, TEST_PLAIN},
		{"errno_is_as_it_was", errno_is_as_it_was, TEST_PLAIN},
		{"a_rate_lets_a_burst_through_and_tells_what_it_held_back",
		 a_rate_lets_a_burst_through_and_tells_what_it_held_back, TEST_PLAIN},
		{"level_names_are_read", level_names_are_read, TEST_PLAIN},
		{"every_error_has_its_sentence", every_error_has_its_sentence, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
