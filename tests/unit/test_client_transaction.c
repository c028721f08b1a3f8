/* Client transactions: one test for each arrow of RFC 3261 §17.1's and RFC 6026's drawings.
 * SPDX-License-Identifier: MIT */
#include "transaction_recorder.h"

static const char headers[] = "From: <sip:bob@example.test>;tag=b1\r\nTo: <sip:alice@example.test>\r\n"
			      "Call-ID: ours-1\r\nCSeq: 7 %s\r\nMax-Forwards: 70\r\n%sContent-Length: %d\r\n\r\n%*s";

struct sending {
	enum transport_kind kind;
	const char *method;
	const char *extra; /* more header lines */
	int body_bytes;
	struct address tcp_peer;
	int64_t timeout_ms;
	struct client_transaction **started;
};

static int start(struct recorder *recorder, const struct sending *sending)
{
	char rest[RECORDED_BYTES];
	int length = snprintf(rest, sizeof(rest), headers, sending->method, sending->extra ? sending->extra : "",
			      sending->body_bytes, sending->body_bytes, "");
	const struct client_request request = {
		.flow = recorder_flow(sending->kind),
		.method = slice_text(sending->method),
		.uri = SLICE("sip:alice@192.0.2.4"),
		.rest = slice_of(rest, (size_t)length),
		.branch_suffix = SLICE("-loop"),
		.tcp_peer = sending->tcp_peer,
		.timeout_ms = sending->timeout_ms,
		.on_done = recorder_on_done,
		.on_provisional = recorder_on_provisional,
		.arg = recorder,
	};
	return client_transaction_start(recorder->transactions, &request, sending->started);
}

static int send_kind(struct recorder *recorder, enum transport_kind kind, const char *method)
{
	return start(recorder, &(struct sending){.kind = kind, .method = method});
}

/* A response to what was sent first, with the Via as it stood there; `to` ends the To value. */
static void answer_with(struct recorder *recorder, unsigned index, unsigned status, const char *more_vias)
{
	struct slice sent = recorder_sent(recorder, index);
	struct slice method = slice_take(&sent, ' ');
	(void)slice_take(&sent, '\n');
	struct slice via = slice_take(&sent, '\n'); /* with its CR */
	if (via.length == 0)
		return;
	recorder_receive_format(recorder, (enum transport_kind)recorder->sent[index].flow.transport,
				"SIP/2.0 %u Answer\r\n%.*s\n%s"
				"From: <sip:bob@example.test>;tag=b1\r\nTo: <sip:alice@example.test>;tag=theirs\r\n"
				"Call-ID: ours-1\r\nCSeq: 7 %.*s\r\nContent-Length: 0\r\n\r\n",
				status, SLICE_ARGS(via), more_vias, SLICE_ARGS(method));
}

static void answer(struct recorder *recorder, unsigned status)
{
	answer_with(recorder, 0, status, "");
}

static void the_request_leaves_under_a_via_of_its_own(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK(recorder_said(&recorder, 0, "MESSAGE sip:alice@192.0.2.4 SIP/2.0\r\nVia: SIP/2.0/UDP "));
	CHECK(recorder_said(&recorder, 0, "node.example.test:5060"));
	CHECK(recorder_said(&recorder, 0, ";rport"));
	CHECK(recorder_said(&recorder, 0, ";branch=z9hG4bK"));
	CHECK(recorder_said(&recorder, 0, "-loop\r\nFrom: "));
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 1);
}

static void timer_e_repeats_up_to_t2_until_timer_f(void)
{
	static const int64_t sent_after_ms[] = {0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	int64_t start_ms = timers_now(recorder.timers);
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	recorder_pass(&recorder, 31999);
	CHECK_NUMBER(recorder.done_count, 0);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder.done_count, 1);
	CHECK_NUMBER(recorder.done_result, ERR_TIMEOUT);
	CHECK_NUMBER(recorder.done_status, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->client_timeouts, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
	CHECK_NUMBER(recorder.sent_count, ARRAY_SIZE(sent_after_ms));
	for (unsigned i = 0; i < ARRAY_SIZE(sent_after_ms); i++) {
		CHECK_NUMBER(recorder_sent_after(&recorder, i, start_ms), sent_after_ms[i]);
		CHECK(slice_equal(recorder_sent(&recorder, i), recorder_sent(&recorder, 0)));
	}
}

static void after_a_provisional_timer_e_is_t2_and_timer_f_goes_on(void)
{
	static const int64_t sent_after_ms[] = {0, 500, 4500, 8500, 12500, 16500, 20500, 24500, 28500};
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	int64_t start_ms = timers_now(recorder.timers);
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	recorder_pass(&recorder, 100);
	answer(&recorder, 100);
	CHECK_NUMBER(recorder.provisional_count, 1);
	recorder_pass(&recorder, 31900);
	CHECK_NUMBER(recorder.done_result, ERR_TIMEOUT);
	CHECK_NUMBER(recorder.sent_count, ARRAY_SIZE(sent_after_ms));
	for (unsigned i = 0; i < ARRAY_SIZE(sent_after_ms); i++)
		CHECK_NUMBER(recorder_sent_after(&recorder, i, start_ms), sent_after_ms[i]);
}

static void over_a_connection_nothing_is_repeated_and_timer_f_runs(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_TLS, .method = "NOTIFY", .timeout_ms = 10000}) == 0);
	CHECK(recorder_said(&recorder, 0, "Via: SIP/2.0/TLS node.example.test:5070"));
	recorder_pass(&recorder, 9999);
	CHECK_NUMBER(recorder.done_count, 0);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder.done_count, 1);
	CHECK_NUMBER(recorder.done_result, ERR_TIMEOUT);
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void the_final_answer_is_told_once_and_copies_are_absorbed_for_timer_k(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	answer(&recorder, 200);
	CHECK_NUMBER(recorder.done_count, 1);
	CHECK_NUMBER(recorder.done_result, 0);
	CHECK_NUMBER(recorder.done_status, 200);
	recorder_pass(&recorder, 4999);
	answer(&recorder, 200);
	answer(&recorder, 100); /* one that was late on its way */
	CHECK_NUMBER(recorder.done_count, 1);
	CHECK_NUMBER(recorder.provisional_count, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->response_retransmissions, 2);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
	answer(&recorder, 200);
	CHECK_NUMBER(recorder_counters(&recorder)->stray_responses, 1);
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void over_a_connection_the_answer_ends_the_transaction(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_TCP, "MESSAGE") == 0);
	answer(&recorder, 404);
	CHECK_NUMBER(recorder.done_status, 404);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
}

static void timer_a_doubles_without_bound_until_timer_b(void)
{
	static const int64_t sent_after_ms[] = {0, 500, 1500, 3500, 7500, 15500, 31500};
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	int64_t start_ms = timers_now(recorder.timers);
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "INVITE") == 0);
	recorder_pass(&recorder, 32000);
	CHECK_NUMBER(recorder.done_result, ERR_TIMEOUT);
	CHECK_NUMBER(recorder.sent_count, ARRAY_SIZE(sent_after_ms));
	for (unsigned i = 0; i < ARRAY_SIZE(sent_after_ms); i++)
		CHECK_NUMBER(recorder_sent_after(&recorder, i, start_ms), sent_after_ms[i]);
}

static void an_invite_rings_without_end(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "INVITE") == 0);
	answer(&recorder, 180);
	recorder_pass(&recorder, 100000);
	answer(&recorder, 180);
	CHECK_NUMBER(recorder.provisional_count, 2);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK_NUMBER(recorder.done_count, 0);
	answer(&recorder, 200);
	CHECK_NUMBER(recorder.done_status, 200);
}

static void an_accepted_invite_is_not_acknowledged_here_and_absorbs_copies_for_timer_m(void)
{
	static const enum transport_kind kinds[] = {TRANSPORT_UDP, TRANSPORT_TCP};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		CHECK(send_kind(&recorder, kinds[i], "INVITE") == 0);
		answer(&recorder, 200);
		recorder_pass(&recorder, 31999);
		answer(&recorder, 200);
		CHECK_NUMBER(recorder.done_count, 1);
		CHECK_NUMBER(recorder.sent_count, 1);
		CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 1);
		recorder_pass(&recorder, 1);
		CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
	}
}

static void a_refused_invite_is_acknowledged_each_time_for_timer_d(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_UDP,
						 .method = "INVITE",
						 .extra = "Route: <sip:192.0.2.9;lr>\r\nVia: SIP/2.0/TCP x\r\n"}) == 0);
	answer_with(&recorder, 0, 486, "Via: SIP/2.0/TCP x\r\n");
	CHECK_NUMBER(recorder.done_status, 486);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(recorder_said(&recorder, 1,
			    "ACK sip:alice@192.0.2.4 SIP/2.0\r\nVia: SIP/2.0/UDP node.example.test:5060"));
	CHECK(!recorder_said(&recorder, 1, "SIP/2.0/TCP"));
	CHECK(recorder_said(&recorder, 1, "\r\nRoute: <sip:192.0.2.9;lr>\r\n"));
	CHECK(recorder_said(&recorder, 1, "\r\nFrom: <sip:bob@example.test>;tag=b1\r\n"));
	CHECK(recorder_said(&recorder, 1, "\r\nTo: <sip:alice@example.test>;tag=theirs\r\n"));
	CHECK(recorder_said(&recorder, 1, "\r\nCall-ID: ours-1\r\nCSeq: 7 ACK\r\n"));
	recorder_pass(&recorder, 31999);
	answer_with(&recorder, 0, 486, "Via: SIP/2.0/TCP x\r\n");
	CHECK_NUMBER(recorder.sent_count, 3);
	CHECK(slice_equal(recorder_sent(&recorder, 1), recorder_sent(&recorder, 2)));
	CHECK_NUMBER(recorder.done_count, 1);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
}

static void over_a_connection_the_acknowledged_refusal_ends_the_transaction(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_WSS, "INVITE") == 0);
	answer(&recorder, 603);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(recorder_said(&recorder, 1, "ACK "));
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
}

static void what_cannot_be_sent_fails_in_a_later_step(void)
{
	static const struct {
		int result, told;
	} rows[] = {
		{ERR_CLOSED, ERR_CLOSED},
		{ERR_BUSY, ERR_BUSY},
		{-101 /* ENETUNREACH */, ERR_UNREACHABLE},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder.results[TRANSPORT_UDP] = rows[i].result;
		CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
		CHECK_NUMBER(recorder.done_count, 0);
		timers_run(recorder.timers, timers_now(recorder.timers));
		CHECK_NUMBER(recorder.done_count, 1);
		CHECK_NUMBER(recorder.done_result, rows[i].told);
		CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
	}
}

static void a_retransmission_that_cannot_be_sent_fails(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	recorder.results[TRANSPORT_UDP] = ERR_UNREACHABLE;
	recorder_pass(&recorder, 500);
	CHECK_NUMBER(recorder.done_result, ERR_UNREACHABLE);
}

static void start_another(struct recorder *recorder)
{
	if (recorder->done_count == 1)
		(void)send_kind(recorder, TRANSPORT_TCP, "MESSAGE");
}

static void the_end_of_a_connection_fails_what_waits_on_it_and_nothing_else(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder.in_done = start_another;
	CHECK(send_kind(&recorder, TRANSPORT_TCP, "MESSAGE") == 0);
	CHECK(send_kind(&recorder, TRANSPORT_TCP, "INVITE") == 0);
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "NOTIFY") == 0);
	answer_with(&recorder, 1, 180, "");
	struct flow closed = recorder_flow(TRANSPORT_TCP);
	recorder.closed_connection = closed.connection;
	transactions_flow_closed(recorder.transactions, &closed);
	CHECK_NUMBER(recorder.done_count, 2);
	CHECK_NUMBER(recorder.done_result, ERR_CLOSED);
	/* the one that the first failure started, and the one over UDP */
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 2);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder.done_count, 3);
	struct flow other = closed;
	other.connection += 1024; /* the same bucket */
	transactions_flow_closed(recorder.transactions, &other);
	CHECK_NUMBER(recorder.done_count, 3);
}

static struct sending large_request(void)
{
	struct sending sending = {.kind = TRANSPORT_UDP, .method = "MESSAGE", .body_bytes = 1200};
	(void)address_parse_ip(SLICE("192.0.2.4"), 5060, &sending.tcp_peer);
	return sending;
}

static void a_large_request_prefers_tcp(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	struct sending sending = large_request();
	CHECK(start(&recorder, &sending) == 0);
	CHECK_NUMBER(recorder.opened, 1);
	CHECK(address_equal(&recorder.opened_peer, &sending.tcp_peer));
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK_NUMBER(recorder.sent[0].flow.transport, TRANSPORT_TCP);
	CHECK(recorder_said(&recorder, 0, "Via: SIP/2.0/TCP node.example.test:5070"));
	answer(&recorder, 200);
	CHECK_NUMBER(recorder.done_status, 200);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
}

static void a_small_request_stays_with_udp(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	struct sending sending = large_request();
	sending.body_bytes = 100;
	CHECK(start(&recorder, &sending) == 0);
	CHECK_NUMBER(recorder.opened, 0);
	CHECK_NUMBER(recorder.sent[0].flow.transport, TRANSPORT_UDP);
}

static void without_tcp_a_large_request_goes_by_udp_after_all(void)
{
	enum failure { OPENING, SENDING, LATER, FAILURE_COUNT };
	for (enum failure failure = OPENING; failure < FAILURE_COUNT; failure++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder.open_result = failure == OPENING ? ERR_LIMIT : 0;
		recorder.results[TRANSPORT_TCP] = failure == SENDING ? ERR_CLOSED : 0;
		struct sending sending = large_request();
		CHECK(start(&recorder, &sending) == 0);
		if (failure == LATER) {
			CHECK_NUMBER(recorder.sent_count, 1);
			recorder_pass(&recorder, 3000);
			transactions_flow_closed(recorder.transactions, &recorder.sent[0].flow);
			recorder.sent_count--;
			recorder.sent[0] = recorder.sent[1];
		}
		CHECK_NUMBER(recorder.done_count, 0);
		CHECK_NUMBER(recorder.sent_count, 1);
		CHECK_NUMBER(recorder.sent[0].flow.transport, TRANSPORT_UDP);
		CHECK(recorder_said(&recorder, 0, "Via: SIP/2.0/UDP node.example.test:5060"));
		recorder_pass(&recorder, 500);
		CHECK_NUMBER(recorder.sent_count, 2);
		answer(&recorder, 200);
		CHECK_NUMBER(recorder.done_status, 200);
	}
}

static void who_had_no_tcp_is_not_asked_again_for_a_while(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder.results[TRANSPORT_TCP] = ERR_CLOSED;
	struct sending sending = large_request(), other = large_request();
	(void)address_parse_ip(SLICE("192.0.2.5"), 5060, &other.tcp_peer);
	CHECK(start(&recorder, &sending) == 0);
	CHECK_NUMBER(recorder.opened, 1);
	CHECK(start(&recorder, &sending) == 0);
	CHECK_NUMBER(recorder.opened, 1);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK_NUMBER(recorder.sent[1].flow.transport, TRANSPORT_UDP);
	CHECK(start(&recorder, &other) == 0);
	CHECK_NUMBER(recorder.opened, 2);
	recorder_pass(&recorder, 301000);
	CHECK(start(&recorder, &sending) == 0);
	CHECK_NUMBER(recorder.opened, 3);
}

static void once_answered_over_tcp_a_request_does_not_fall_back(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	struct sending sending = large_request();
	CHECK(start(&recorder, &sending) == 0);
	answer(&recorder, 100);
	CHECK_NUMBER(recorder.provisional_count, 1);
	transactions_flow_closed(recorder.transactions, &recorder.sent[0].flow);
	CHECK_NUMBER(recorder.done_result, ERR_CLOSED);
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void a_forgotten_transaction_tells_nobody(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	struct client_transaction *message = NULL, *ringing = NULL, *silent = NULL;
	CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_UDP, .method = "MESSAGE", .started = &message}) ==
	      0);
	CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_UDP, .method = "INVITE", .started = &ringing}) == 0);
	CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_UDP, .method = "INVITE", .started = &silent}) == 0);
	answer_with(&recorder, 1, 180, "");
	client_transaction_forget(message);
	client_transaction_forget(ringing);
	client_transaction_forget(silent);
	client_transaction_forget(NULL);
	answer_with(&recorder, 2, 180, "");
	answer_with(&recorder, 0, 200, "");
	CHECK_NUMBER(recorder.provisional_count, 1);
	recorder_pass(&recorder, 31999);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 2);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->client_transactions, 0);
	CHECK_NUMBER(recorder.done_count, 0);
}

static void a_response_with_two_vias_to_a_request_of_ours_is_dropped(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	answer_with(&recorder, 0, 200, "Via: SIP/2.0/UDP other.test;branch=z9hG4bKx\r\n");
	CHECK_NUMBER(recorder.done_count, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->malformed_responses, 1);
}

static void a_response_with_two_vias_to_a_forwarded_request_is_right(void)
{
	static const char *const names[] = {"Via", "v", "VIA "};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		char via[100];
		(void)snprintf(via, sizeof(via), "%s: SIP/2.0/UDP other.test;branch=z9hG4bKx\r\n", names[i]);
		CHECK(start(&recorder, &(struct sending){.kind = TRANSPORT_UDP, .method = "MESSAGE", .extra = via}) ==
		      0);
		answer_with(&recorder, 0, 200, via);
		CHECK_NUMBER(recorder.done_status, 200);
	}
}

static void a_response_to_another_method_is_a_stray(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "INVITE") == 0);
	CHECK_NUMBER(recorder.sent_count, 1);
	memcpy(recorder.sent[0].bytes, "CANCEL", 6); /* what answer() takes the method from */
	answer(&recorder, 200);
	CHECK_NUMBER(recorder.done_count, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->stray_responses, 1);
}

static void beyond_the_limit_nothing_starts(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	for (int i = 0; i < 8; i++)
		CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	CHECK_NUMBER(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE"), ERR_LIMIT);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", "z9hG4bKmuch");
	CHECK_NUMBER(recorder.begin_result, ERR_LIMIT);
}

static void destroying_ends_them_with_closed(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "MESSAGE") == 0);
	CHECK(send_kind(&recorder, TRANSPORT_TCP, "INVITE") == 0);
	CHECK(send_kind(&recorder, TRANSPORT_UDP, "NOTIFY") == 0);
	answer_with(&recorder, 2, 200, "");
	recorder.done_count = 0;
	recorder.in_done = start_another; /* refused by now */
	transactions_destroy(recorder.transactions);
	recorder.transactions = NULL;
	CHECK_NUMBER(recorder.done_count, 2);
	CHECK_NUMBER(recorder.done_result, ERR_CLOSED);
}

static const struct test tests[] = {
	{"the_request_leaves_under_a_via_of_its_own", the_request_leaves_under_a_via_of_its_own, TEST_PLAIN},
	{"timer_e_repeats_up_to_t2_until_timer_f", timer_e_repeats_up_to_t2_until_timer_f, TEST_PLAIN},
	{"after_a_provisional_timer_e_is_t2_and_timer_f_goes_on", after_a_provisional_timer_e_is_t2_and_timer_f_goes_on,
	 TEST_PLAIN},
	{"over_a_connection_nothing_is_repeated_and_timer_f_runs",
	 over_a_connection_nothing_is_repeated_and_timer_f_runs, TEST_PLAIN},
	{"the_final_answer_is_told_once_and_copies_are_absorbed_for_timer_k",
	 the_final_answer_is_told_once_and_copies_are_absorbed_for_timer_k, TEST_PLAIN},
	{"over_a_connection_the_answer_ends_the_transaction", over_a_connection_the_answer_ends_the_transaction,
	 TEST_PLAIN},
	{"timer_a_doubles_without_bound_until_timer_b", timer_a_doubles_without_bound_until_timer_b, TEST_PLAIN},
	{"an_invite_rings_without_end", an_invite_rings_without_end, TEST_PLAIN},
	{"an_accepted_invite_is_not_acknowledged_here_and_absorbs_copies_for_timer_m",
	 an_accepted_invite_is_not_acknowledged_here_and_absorbs_copies_for_timer_m, TEST_PLAIN},
	{"a_refused_invite_is_acknowledged_each_time_for_timer_d",
	 a_refused_invite_is_acknowledged_each_time_for_timer_d, TEST_PLAIN},
	{"over_a_connection_the_acknowledged_refusal_ends_the_transaction",
	 over_a_connection_the_acknowledged_refusal_ends_the_transaction, TEST_PLAIN},
	{"what_cannot_be_sent_fails_in_a_later_step", what_cannot_be_sent_fails_in_a_later_step, TEST_PLAIN},
	{"a_retransmission_that_cannot_be_sent_fails", a_retransmission_that_cannot_be_sent_fails, TEST_PLAIN},
	{"the_end_of_a_connection_fails_what_waits_on_it_and_nothing_else",
	 the_end_of_a_connection_fails_what_waits_on_it_and_nothing_else, TEST_PLAIN},
	{"a_large_request_prefers_tcp", a_large_request_prefers_tcp, TEST_PLAIN},
	{"a_small_request_stays_with_udp", a_small_request_stays_with_udp, TEST_PLAIN},
	{"without_tcp_a_large_request_goes_by_udp_after_all", without_tcp_a_large_request_goes_by_udp_after_all,
	 TEST_PLAIN},
	{"who_had_no_tcp_is_not_asked_again_for_a_while", who_had_no_tcp_is_not_asked_again_for_a_while, TEST_PLAIN},
	{"once_answered_over_tcp_a_request_does_not_fall_back", once_answered_over_tcp_a_request_does_not_fall_back,
	 TEST_PLAIN},
	{"a_forgotten_transaction_tells_nobody", a_forgotten_transaction_tells_nobody, TEST_PLAIN},
	{"a_response_with_two_vias_to_a_request_of_ours_is_dropped",
	 a_response_with_two_vias_to_a_request_of_ours_is_dropped, TEST_PLAIN},
	{"a_response_with_two_vias_to_a_forwarded_request_is_right",
	 a_response_with_two_vias_to_a_forwarded_request_is_right, TEST_PLAIN},
	{"a_response_to_another_method_is_a_stray", a_response_to_another_method_is_a_stray, TEST_PLAIN},
	{"beyond_the_limit_nothing_starts", beyond_the_limit_nothing_starts, TEST_PLAIN},
	{"destroying_ends_them_with_closed", destroying_ends_them_with_closed, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
