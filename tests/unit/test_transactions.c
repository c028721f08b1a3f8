/* What comes in: matched, refused, or dropped and counted. SPDX-License-Identifier: MIT */
#include "transaction_recorder.h"

#define BRANCH "z9hG4bKone"

static void a_new_request_is_given_on_once_with_its_own_copy_of_the_bytes(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	struct request *request = recorder.requests[0];
	CHECK_NUMBER(request->message.method, SIP_MESSAGE);
	CHECK_TEXT(sip_message_call_id(&request->message), "call-1");
	CHECK_NUMBER(request->received_at_ms, timers_now(recorder.timers));
	struct flow flow = recorder_flow(TRANSPORT_UDP);
	CHECK(flow_equal(&request->flow, &flow));
	CHECK_NUMBER(recorder_counters(&recorder)->requests[SIP_MESSAGE], 1);
}

/* RFC 3261 §8.2.2.2. */
static void the_same_request_by_another_way_is_refused_482(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", "z9hG4bKtwo");
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 482 Loop Detected\r\n"));
	CHECK(recorder_said(&recorder, 0, "branch=z9hG4bKtwo"));
	request_reply(recorder.requests[0], 200, NULL);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", "z9hG4bKthree"); /* the first is done */
	CHECK_NUMBER(recorder.request_count, 2);
}

static void what_only_resembles_a_merged_request_is_let_in(void)
{
	static const struct {
		const char *uri, *from_tag, *to_tag, *call_id;
		int cseq;
	} rows[] = {
		{"sip:carol@example.test", "a1", "", "call-1", 1}, /* a spiral: §16.3 step 4 */
		{"sip:bob@example.test", "a2", "", "call-1", 1},
		{"sip:bob@example.test", "a1", ";tag=b", "call-1", 1},
		{"sip:bob@example.test", "a1", "", "call-2", 1},
		{"sip:bob@example.test", "a1", "", "call-1", 2},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
		recorder_receive_format(&recorder, TRANSPORT_UDP,
					"MESSAGE %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4;rport;branch=z9hG4bKtwo\r\n"
					"From: <sip:alice@example.test>;tag=%s\r\nTo: <sip:bob@example.test>%s\r\n"
					"Call-ID: %s\r\nCSeq: %d MESSAGE\r\n\r\n",
					rows[i].uri, rows[i].from_tag, rows[i].to_tag, rows[i].call_id, rows[i].cseq);
		CHECK_NUMBER(recorder.request_count, 2);
	}
}

#define VIA "Via: SIP/2.0/UDP 192.0.2.4:5099;rport;branch=z9hG4bKbad\r\n"
#define REST "From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\nCall-ID: c\r\n"

static void malformed_requests_are_answered_where_their_sender_can_be_told(void)
{
	static const struct {
		const char *text, *answer; /* NULL: none */
	} rows[] = {
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 OPTIONS\r\n\r\n", "SIP/2.0 400 "},
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\nMax-Forwards: many\r\n\r\n",
		 "SIP/2.0 400 "},
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\nContent-Length: 99\r\n\r\n",
		 "SIP/2.0 400 "},
		{"MESSAGE sip:b@example.test SIP/3.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\n\r\n", "SIP/2.0 505 "},
		/* RFC 4475 §3.1.2.4, §3.3.1: Via and CSeq suffice for the sender to know the answer */
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA "CSeq: 1 MESSAGE\r\n\r\n", "SIP/2.0 400 "},
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 36893488147419103232 MESSAGE\r\n\r\n",
		 "SIP/2.0 400 "},
		/* RFC 3261 §17.1: no answer to an ACK, ever */
		{"ACK sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\nMax-Forwards: many\r\n\r\n", NULL},
		{"ACK sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\n\r\n", NULL},
		/* nobody could match an answer to these */
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" REST "CSeq: 1 MESSAGE\r\n\r\n", NULL},
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "\r\n\r\n", NULL},
		{"GET / HTTP/1.1\r\n\r\n", NULL},
		{"\x01\x02\x03", NULL},
		{"", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder_receive(&recorder, TRANSPORT_UDP, rows[i].text);
		CHECK_NUMBER(recorder.request_count, 0);
		CHECK_NUMBER(recorder_counters(&recorder)->malformed_requests, 1);
		CHECK_NUMBER(recorder.sent_count, rows[i].answer ? 1 : 0);
		if (rows[i].answer) {
			CHECK(recorder_said(&recorder, 0, rows[i].answer));
			CHECK(recorder_said(&recorder, 0, "\r\nWarning: 399 node.example.test:5060 \""));
		}
		CHECK(transactions_are_idle(recorder.transactions));
		CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	}
}

static void a_request_over_the_limits_is_refused(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	const size_t size = 30000;
	char *text = malloc(size);
	CHECK(text);
	int length =
		snprintf(text, size,
			 "MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\nX: %020000d\r\n\r\n", 0);
	recorder_receive(&recorder, TRANSPORT_UDP, length > 0 ? text : "");
	free(text);
	CHECK_NUMBER(recorder.request_count, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->malformed_requests, 1);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 4") || recorder_said(&recorder, 0, "SIP/2.0 513 "));
}

static void of_a_request_that_is_too_large_the_headers_are_answered_413(void)
{
	static const struct {
		const char *headers;
		bool is_answered;
	} rows[] = {
		{"MESSAGE sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 MESSAGE\r\nContent-Length: 99999\r\n\r\n",
		 true},
		{"ACK sip:b@example.test SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\nl: 99999\r\n\r\n", false},
		{"SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 MESSAGE\r\nl: 99999\r\n\r\n", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		struct flow flow = recorder_flow(TRANSPORT_TCP);
		transactions_receive_too_large(recorder.transactions, &flow, slice_text(rows[i].headers));
		CHECK_NUMBER(recorder.request_count, 0);
		CHECK_NUMBER(recorder.sent_count, rows[i].is_answered);
		if (rows[i].is_answered) {
			CHECK(recorder_said(&recorder, 0, "SIP/2.0 413 "));
			CHECK(recorder_said(&recorder, 0, "at most 65535"));
		}
		CHECK(transactions_are_idle(recorder.transactions));
	}
}

static void responses_that_nobody_waits_for_are_counted_and_dropped(void)
{
	static const struct {
		const char *text;
		unsigned malformed, stray;
	} rows[] = {
		{"SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 MESSAGE\r\n\r\n", 0, 1},
		{"SIP/2.0 200 OK\r\n" VIA "CSeq: 1 MESSAGE\r\n\r\n", 1, 0},
		{"SIP/2.0 OK\r\n\r\n", 1, 0},
		{"SIP/", 1, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder_receive(&recorder, TRANSPORT_UDP, rows[i].text);
		CHECK_NUMBER(recorder_counters(&recorder)->malformed_responses, rows[i].malformed);
		CHECK_NUMBER(recorder_counters(&recorder)->stray_responses, rows[i].stray);
		CHECK_NUMBER(recorder.sent_count, 0);
	}
}

static void beyond_the_limit_requests_do_not_begin(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	for (int i = 0; i < 9; i++)
		recorder_receive_format(&recorder, TRANSPORT_UDP,
					"MESSAGE sip:b@example.test SIP/2.0\r\n"
					"Via: SIP/2.0/UDP 192.0.2.4;rport;branch=z9hG4bK%d\r\n"
					"From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\n"
					"Call-ID: c%d\r\nCSeq: 1 MESSAGE\r\n\r\n",
					i, i);
	CHECK_NUMBER(recorder.request_count, 9);
	CHECK_NUMBER(recorder.begin_result, ERR_LIMIT);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 8);
	request_refuse(recorder.requests[8], 503, "Too many transactions");
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 503 "));
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 8);
}

static void a_request_without_an_answer_is_freed_with_its_node(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_TCP, "INVITE", BRANCH);
	CHECK(!transactions_are_idle(recorder.transactions));
	transactions_destroy(recorder.transactions);
	recorder.transactions = NULL;
	CHECK_NUMBER(recorder.sent_count, 0);
	transactions_destroy(NULL);
}

static void the_description_is_a_line_for_each_counter(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	transactions_describe(recorder.transactions, &buffer);
	buffer_byte(&buffer, '\0');
	CHECK(!buffer_failed(&buffer));
	CHECK(strstr(buffer.data, "requests_MESSAGE 1\n"));
	CHECK(strstr(buffer.data, "responses_sent_2xx 0\n"));
	CHECK(strstr(buffer.data, "\nserver_transactions 1\nclient_transactions 0\n"));
}

static void a_thousand_requests_leave_only_the_answers_of_the_last_32_seconds(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	for (int i = 0; i < 1000; i++) {
		recorder.request_count = recorder.sent_count = 0;
		recorder_receive_format(&recorder, TRANSPORT_UDP,
					"MESSAGE sip:b@example.test SIP/2.0\r\n"
					"Via: SIP/2.0/UDP 192.0.2.4;rport;branch=z9hG4bK%d\r\n"
					"From: <sip:a@example.test>;tag=1\r\nTo: <sip:b@example.test>\r\n"
					"Call-ID: c%d\r\nCSeq: 1 MESSAGE\r\n\r\n",
					i, i);
		CHECK_NUMBER(recorder.begin_result, 0);
		request_reply(recorder.requests[0], 200, NULL);
		CHECK_NUMBER(recorder.sent_count, 1);
		transactions_end_turn(recorder.transactions);
		timers_run(recorder.timers, timers_now(recorder.timers) + 8000);
	}
	CHECK(recorder_counters(&recorder)->server_transactions <= 4);
}

static const struct test tests[] = {
	{"a_new_request_is_given_on_once_with_its_own_copy_of_the_bytes",
	 a_new_request_is_given_on_once_with_its_own_copy_of_the_bytes, TEST_PLAIN},
	{"the_same_request_by_another_way_is_refused_482", the_same_request_by_another_way_is_refused_482, TEST_PLAIN},
	{"what_only_resembles_a_merged_request_is_let_in", what_only_resembles_a_merged_request_is_let_in, TEST_PLAIN},
	{"malformed_requests_are_answered_where_their_sender_can_be_told",
	 malformed_requests_are_answered_where_their_sender_can_be_told, TEST_PLAIN},
	{"a_request_over_the_limits_is_refused", a_request_over_the_limits_is_refused, TEST_PLAIN},
	{"of_a_request_that_is_too_large_the_headers_are_answered_413",
	 of_a_request_that_is_too_large_the_headers_are_answered_413, TEST_PLAIN},
	{"responses_that_nobody_waits_for_are_counted_and_dropped",
	 responses_that_nobody_waits_for_are_counted_and_dropped, TEST_PLAIN},
	{"beyond_the_limit_requests_do_not_begin", beyond_the_limit_requests_do_not_begin, TEST_PLAIN},
	{"a_request_without_an_answer_is_freed_with_its_node", a_request_without_an_answer_is_freed_with_its_node,
	 TEST_PLAIN},
	{"the_description_is_a_line_for_each_counter", the_description_is_a_line_for_each_counter, TEST_PLAIN},
	{"a_thousand_requests_leave_only_the_answers_of_the_last_32_seconds",
	 a_thousand_requests_leave_only_the_answers_of_the_last_32_seconds, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
