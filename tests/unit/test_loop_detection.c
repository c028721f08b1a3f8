/* A request that comes back is in a loop; one that was changed on its way spirals. SPDX-License-Identifier: MIT */
#include "core/loop_detection.h"
#include "test.h"

#include <stdio.h>

static const struct sip_limits limits = {65535, 65535, 65535, 100};

/* Parses a MESSAGE to `uri` that came through `vias` and asks whether it was here before. */
static int is_loop(const char *uri, const char *vias, char mark[LOOP_MARK_SIZE])
{
	struct arena arena;
	struct buffer text;
	struct sip_message message;
	struct sip_parse_error error;
	int answer = -1;
	arena_init(&arena, NULL, 100000);
	buffer_init(&text, 10000);
	buffer_format(&text,
		      "MESSAGE %s SIP/2.0\r\n%sFrom: <sip:a@d>;tag=1\r\nTo: <sip:b@d>\r\nCall-ID: c\r\n"
		      "CSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
		      uri, vias);
	if (!buffer_failed(&text) && sip_message_parse(&message, &arena, buffer_slice(&text), &limits, &error) == 0) {
		answer = loop_detected(&message, NULL);
		loop_mark(&message, mark);
	}
	buffer_finish(&text);
	arena_finish(&arena);
	return answer;
}

static void a_request_that_comes_back_is_a_loop_and_a_changed_one_is_not(void)
{
	char mark[LOOP_MARK_SIZE] = "", vias[300];
	CHECK_NUMBER(is_loop("sip:b@d", "Via: SIP/2.0/UDP client;branch=z9hG4bKabc\r\n", mark), 0);
	snprintf(vias, sizeof vias,
		 "Via: SIP/2.0/UDP other;branch=z9hG4bKx\r\nVia: SIP/2.0/UDP here;branch=z9hG4bKy%s\r\n", mark);
	CHECK_NUMBER(is_loop("sip:b@d", vias, mark), 1);
	CHECK_NUMBER(is_loop("sip:b@elsewhere", vias, mark), 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_request_that_comes_back_is_a_loop_and_a_changed_one_is_not",
		 a_request_that_comes_back_is_a_loop_and_a_changed_one_is_not, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
