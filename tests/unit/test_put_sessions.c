/* Bodies of sessions. SPDX-License-Identifier: MIT */
#include "api/put_sessions.h"
#include "test.h"

#include "base/error.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES 65536

static void what_is_told_is_read(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct session_form form;
	struct body_error error = {""};
	arena_init(&arena, NULL, ARENA_BYTES);
	CHECK_NUMBER(put_sessions_read(&arena,
				       SLICE("{\"stay\":true,\"name\":\"F\\u00fcr \\\"x\\\"\",\"device\":\"urn:u:1\"}"),
				       &form, &error),
		     0);
	CHECK_TEXT(form.name, "F\xc3\xbcr \"x\"");
	CHECK_TEXT(form.device, "urn:u:1");
	CHECK(form.stay);
	CHECK_NUMBER(put_sessions_read(&arena, SLICE("{\"name\":\"a\"}"), &form, &error), 0);
	CHECK(slice_is_empty(form.device) && !form.stay);
	CHECK_NUMBER(put_sessions_read(&arena, SLICE("{\"name\":\"a\",\"device\":null,\"stay\":false}"), &form, &error),
		     0);
	CHECK(slice_is_empty(form.device) && !form.stay);
}

static const struct {
	const char *body, *sentence;
} refused[] = {
	{"{}", "The field name is missing"},
	{"{\"stay\":true}", "The field name is missing"},
	{"{\"name\":\"\"}", "name has 1 to 128 bytes and no control characters"},
	{"{\"name\":\"a\\nb\"}", "name has 1 to 128 bytes and no control characters"},
	{"{\"name\":\"a\\u007f\"}", "name has 1 to 128 bytes and no control characters"},
	{"{\"name\":null}", "name is no text"},
	{"{\"name\":7}", "name is no text"},
	{"{\"name\":\"a\",\"stay\":null}", "stay is neither true nor false"},
	{"{\"name\":\"a\",\"stay\":\"true\"}", "stay is neither true nor false"},
	{"{\"name\":\"a\",\"device\":7}", "device is no text and not null"},
	{"{\"name\":\"a\",\"device\":\"\"}", "device is no URN as of +sip.instance: urn:uuid:…, or null"},
	{"{\"name\":\"a\",\"device\":\"uuid:1\"}", "device is no URN as of +sip.instance: urn:uuid:…, or null"},
	{"{\"name\":\"a\",\"device\":\"urn:1 2\"}", "device is no URN as of +sip.instance: urn:uuid:…, or null"},
	{"{\"name\":\"a\",\"device\":\"<urn:1>\"}", "device is no URN as of +sip.instance: urn:uuid:…, or null"},
	{"{\"name\":\"a\",\"device\":\"urn:\\u00fc\"}", "device is no URN as of +sip.instance: urn:uuid:…, or null"},
	{"{\"name\":\"a\",\"colour\":1}", "The body has no field \"colour\": there are name, device and stay"},
};

static void what_is_wrong_is_named(void)
{
	struct session_form form;
	struct body_error error;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, ARENA_BYTES);
		CHECK_NUMBER(put_sessions_read(&arena, slice_text(refused[i].body), &form, &error), ERR_SYNTAX);
		CHECK_TEXT(slice_text(error.sentence), refused[i].sentence);
	}
}

/* One byte more than the longest is refused. */
static void names_and_devices_have_their_length(void)
{
	CLEANUP(arena_finish) struct arena arena;
	char body[600], filler[300];
	struct session_form form;
	struct body_error error;
	arena_init(&arena, NULL, ARENA_BYTES);
	memset(filler, 'x', sizeof filler);
	for (int more = 0; more < 2; more++) {
		int wanted = more ? ERR_SYNTAX : 0;
		(void)snprintf(body, sizeof body, "{\"name\":\"%.*s\"}", PUT_SESSIONS_NAME_MOST + more, filler);
		CHECK_NUMBER(put_sessions_read(&arena, slice_text(body), &form, &error), wanted);
		(void)snprintf(body, sizeof body, "{\"name\":\"a\",\"device\":\"urn:%.*s\"}",
			       PUT_SESSIONS_DEVICE_MOST - 4 + more, filler);
		CHECK_NUMBER(put_sessions_read(&arena, slice_text(body), &form, &error), wanted);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_is_told_is_read", what_is_told_is_read, TEST_PLAIN},
		{"what_is_wrong_is_named", what_is_wrong_is_named, TEST_PLAIN},
		{"names_and_devices_have_their_length", names_and_devices_have_their_length, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
