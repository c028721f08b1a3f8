/* Answers: what they say, where they go, and what RFC 4320 withholds. SPDX-License-Identifier: MIT */
#include "transaction_recorder.h"

#include "sip/status.h"

#define BRANCH "z9hG4bKone"

static void an_answer_has_our_tag_and_goes_back_over_the_flow(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	const struct reply reply = {
		.reason = SLICE("Fine"),
		.headers = SLICE("Expires: 60\r\n"),
		.content_type = SLICE("text/plain"),
		.body = SLICE("hello"),
	};
	char to[100];
	(void)snprintf(to, sizeof(to), "\r\nTo: <sip:bob@example.test>;tag=%s\r\n", recorder.requests[0]->to_tag);
	request_reply(recorder.requests[0], 200, &reply);
	CHECK_NUMBER(recorder.sent_count, 1);
	struct flow flow = recorder_flow(TRANSPORT_TCP);
	CHECK(flow_equal(&recorder.sent[0].flow, &flow));
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 200 Fine\r\nVia: SIP/2.0/TCP 192.0.2.4:5099"));
	CHECK(recorder_said(&recorder, 0, to));
	CHECK(recorder_said(&recorder, 0, "\r\nExpires: 60\r\n"));
	CHECK(recorder_said(&recorder, 0, "\r\nServer: Heliograph\r\n"));
	CHECK(recorder_said(&recorder, 0, "\r\n\r\nhello"));
	CHECK_NUMBER(recorder_counters(&recorder)->responses_sent[2], 1);
}

/* RFC 3261 §18.2.2, RFC 3581 §4. */
static void over_udp_the_port_is_that_of_via_unless_rport_is_asked(void)
{
	static const struct {
		const char *sent_by, *parameters;
		uint16_t port;
	} rows[] = {
		{"192.0.2.4:5099", ";rport", 40000},
		{"192.0.2.4:5099", "", 5099},
		{"192.0.2.4", "", 5060},
		{"203.0.113.9:9", ";maddr=203.0.113.10", 9}, /* the source's address all the same */
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder_receive_format(&recorder, TRANSPORT_UDP,
					"OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKa%s\r\n"
					"From: <sip:a@example.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: c\r\n"
					"CSeq: 1 OPTIONS\r\n\r\n",
					rows[i].sent_by, rows[i].parameters);
		CHECK_NUMBER(recorder.request_count, 1);
		request_reply(recorder.requests[0], 200, NULL);
		CHECK_NUMBER(recorder.sent_count, 1);
		struct flow flow = recorder_flow(TRANSPORT_UDP);
		CHECK(address_same_ip(&recorder.sent[0].flow.peer, &flow.peer));
		CHECK_NUMBER(recorder.sent[0].flow.peer.port, rows[i].port);
	}
}

/* RFC 3261 §18.2.2. */
static void where_the_connection_is_gone_an_answer_opens_tcp_to_the_port_in_via(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	recorder.closed_connection = recorder_flow(TRANSPORT_TCP).connection;
	request_reply(recorder.requests[0], 200, NULL);
	CHECK_NUMBER(recorder.opened, 1);
	CHECK_NUMBER(recorder.opened_peer.port, 5099);
	struct flow flow = recorder_flow(TRANSPORT_TCP);
	CHECK(address_same_ip(&recorder.opened_peer, &flow.peer));
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK_NUMBER(recorder.sent[0].flow.connection, 1001);
}

static void an_answer_without_a_way_is_given_up(void)
{
	static const enum transport_kind kinds[] = {TRANSPORT_TCP, TRANSPORT_TLS, TRANSPORT_WS};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder.open_result = ERR_LIMIT;
		recorder_request(&recorder, kinds[i], "MESSAGE", BRANCH);
		CHECK_NUMBER(recorder.request_count, 1);
		recorder.closed_connection = recorder_flow(kinds[i]).connection;
		request_reply(recorder.requests[0], 200, NULL);
		CHECK_NUMBER(recorder.sent_count, 0);
		CHECK_NUMBER(recorder.opened, 0);
		CHECK(transactions_are_idle(recorder.transactions));
		CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	}
}

/* RFC 3261 §8.2.7. */
static void stateless_answers_to_copies_have_the_same_tag_and_leave_nothing_behind(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder.begins = false;
	recorder_request(&recorder, TRANSPORT_UDP, "REGISTER", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "REGISTER", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "REGISTER", "z9hG4bKtwo");
	CHECK_NUMBER(recorder.request_count, 3);
	for (unsigned i = 0; i < 3; i++)
		request_reply(recorder.requests[i], 401, NULL);
	CHECK_NUMBER(recorder.sent_count, 3);
	CHECK(slice_equal(recorder_sent(&recorder, 0), recorder_sent(&recorder, 1)));
	CHECK(strcmp(recorder.requests[0]->to_tag, recorder.requests[2]->to_tag) != 0);
	CHECK_NUMBER(strlen(recorder.requests[0]->to_tag), 16);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void a_copy_that_comes_while_the_sender_is_looked_up_begins_once(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder.begins = false;
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", "z9hG4bKtwo");
	CHECK_NUMBER(recorder.request_count, 3);
	CHECK_NUMBER(request_begin(recorder.requests[0]), 0);
	CHECK_NUMBER(request_begin(recorder.requests[1]), ERR_EXISTS);
	request_drop(recorder.requests[1]);
	CHECK_NUMBER(recorder.sent_count, 0);
	CHECK_NUMBER(request_begin(recorder.requests[2]), ERR_EXISTS);
	request_drop(recorder.requests[2]);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 482 "));
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
}

static void a_refusal_says_why_in_warning(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_refuse_with(recorder.requests[0], SIP_INTERVAL_TOO_BRIEF, SLICE("Min-Expires: 60\r\n"),
			    "Expires %u s is \"short\"\r\nEvil: %s", 5U, "yes");
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 423 Interval Too Brief\r\n"));
	CHECK(recorder_said(&recorder, 0, "\r\nMin-Expires: 60\r\n"));
	CHECK(recorder_said(&recorder, 0,
			    "\r\nWarning: 399 node.example.test:5060 \"Expires 5 s is \\\"short\\\"  Evil: yes\"\r\n"));
}

static void a_400_says_why_in_its_reason_phrase_too(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	recorder.requests[0]->warning_host = SLICE("example.test");
	/* 79 bytes before a character of two, which must not be cut in halves */
	request_refuse(recorder.requests[0], SIP_BAD_REQUEST, "%079d%s", 0, "\xc3\xa4");
	CHECK_NUMBER(recorder.sent_count, 1);
	char expected[120];
	(void)snprintf(expected, sizeof(expected), "SIP/2.0 400 %079d\r\n", 0);
	CHECK(recorder_said(&recorder, 0, expected));
	CHECK(recorder_said(&recorder, 0, "\r\nWarning: 399 example.test \"000"));
}

static void a_sentence_has_an_end(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_refuse(recorder.requests[0], SIP_FORBIDDEN, "%0999d", 0);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder.sent[0].length < 800);
}

/* RFC 4320 §4.1, §4.2. */
static void what_a_request_other_than_invite_must_not_get_is_withheld(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_TCP, "OPTIONS", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 3);
	request_reply(recorder.requests[0], 100, NULL);
	request_reply(recorder.requests[0], 183, NULL);
	request_reply(recorder.requests[1], 183, NULL);
	CHECK_NUMBER(recorder.sent_count, 0);
	request_reply(recorder.requests[1], 100, NULL);
	CHECK_NUMBER(recorder.sent_count, 1);
	request_reply(recorder.requests[0], 408, NULL);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder.requests[0]->answered);
	request_reply(recorder.requests[2], 408, NULL);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(recorder_said(&recorder, 1, "SIP/2.0 408 Request Timeout\r\n"));
	request_reply(recorder.requests[1], 200, NULL);
	CHECK(transactions_are_idle(recorder.transactions));
}

static void relay(struct recorder *recorder, struct request *request, unsigned status)
{
	char text[1000];
	int length = snprintf(text, sizeof(text),
			      "SIP/2.0 %u Theirs\r\nVia: SIP/2.0/UDP node.example.test;branch=z9hG4bKours\r\n"
			      "Via: SIP/2.0/UDP 192.0.2.4:5099;rport=40000;branch=" BRANCH "\r\n"
			      "From: <sip:alice@example.test>;tag=a1\r\nTo: <sip:bob@example.test>;tag=theirs\r\n"
			      "Call-ID: call-1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n",
			      status);
	const struct sip_limits limits = {65535, 16384, 65535, 100};
	struct arena arena;
	arena_init(&arena, NULL, 100000);
	struct sip_message response;
	struct sip_parse_error error;
	if (sip_message_parse(&response, &arena, slice_of(text, (size_t)length), &limits, &error) == 0)
		request_relay(request, &response);
	arena_finish(&arena);
	(void)recorder;
}

static void a_relayed_answer_loses_our_via_and_is_repeated_like_ours(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	relay(&recorder, recorder.requests[0], 100);
	relay(&recorder, recorder.requests[0], 180);
	CHECK_NUMBER(recorder.sent_count, 0);
	relay(&recorder, recorder.requests[0], 200);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 200 Theirs\r\nVia: SIP/2.0/UDP 192.0.2.4:5099"));
	CHECK(recorder_said(&recorder, 0, "tag=theirs\r\n"));
	CHECK(!recorder_said(&recorder, 0, "z9hG4bKours"));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(slice_equal(recorder_sent(&recorder, 0), recorder_sent(&recorder, 1)));
}

static void an_answered_request_lives_until_the_turn_ends(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	struct request *request = recorder.requests[0];
	request_reply(request, 200, NULL);
	CHECK(request->answered);
	CHECK(request->transaction == NULL);
	CHECK_TEXT(sip_message_call_id(&request->message), "call-1");
	request_drop(request); /* changes nothing any more */
	transactions_end_turn(recorder.transactions);
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void the_log_context_names_the_request(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	char text[FLOW_TEXT_SIZE];
	struct log_context context = request_log_context(recorder.requests[0], text);
	CHECK_TEXT(context.call_id, "call-1");
	CHECK_TEXT(context.method, "MESSAGE");
	CHECK_TEXT(context.flow, "udp:192.0.2.4:40000");
}

static const struct test tests[] = {
	{"an_answer_has_our_tag_and_goes_back_over_the_flow", an_answer_has_our_tag_and_goes_back_over_the_flow,
	 TEST_PLAIN},
	{"over_udp_the_port_is_that_of_via_unless_rport_is_asked",
	 over_udp_the_port_is_that_of_via_unless_rport_is_asked, TEST_PLAIN},
	{"where_the_connection_is_gone_an_answer_opens_tcp_to_the_port_in_via",
	 where_the_connection_is_gone_an_answer_opens_tcp_to_the_port_in_via, TEST_PLAIN},
	{"an_answer_without_a_way_is_given_up", an_answer_without_a_way_is_given_up, TEST_PLAIN},
	{"stateless_answers_to_copies_have_the_same_tag_and_leave_nothing_behind",
	 stateless_answers_to_copies_have_the_same_tag_and_leave_nothing_behind, TEST_PLAIN},
	{"a_copy_that_comes_while_the_sender_is_looked_up_begins_once",
	 a_copy_that_comes_while_the_sender_is_looked_up_begins_once, TEST_PLAIN},
	{"a_refusal_says_why_in_warning", a_refusal_says_why_in_warning, TEST_PLAIN},
	{"a_400_says_why_in_its_reason_phrase_too", a_400_says_why_in_its_reason_phrase_too, TEST_PLAIN},
	{"a_sentence_has_an_end", a_sentence_has_an_end, TEST_PLAIN},
	{"what_a_request_other_than_invite_must_not_get_is_withheld",
	 what_a_request_other_than_invite_must_not_get_is_withheld, TEST_PLAIN},
	{"a_relayed_answer_loses_our_via_and_is_repeated_like_ours",
	 a_relayed_answer_loses_our_via_and_is_repeated_like_ours, TEST_PLAIN},
	{"an_answered_request_lives_until_the_turn_ends", an_answered_request_lives_until_the_turn_ends, TEST_PLAIN},
	{"the_log_context_names_the_request", the_log_context_names_the_request, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
