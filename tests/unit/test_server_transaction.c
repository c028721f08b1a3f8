/* Server transactions: one test for each arrow of RFC 3261 §17.2's and RFC 6026's drawings.
 * SPDX-License-Identifier: MIT */
#include "transaction_recorder.h"

#include "transaction/server_transaction.h"

#define BRANCH "z9hG4bKone"

static void a_retransmission_is_absorbed_while_the_handler_works(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder.sent_count, 0);
	CHECK_NUMBER(recorder_counters(&recorder)->request_retransmissions, 1);
	CHECK(!transactions_are_idle(recorder.transactions));
}

static void the_final_answer_is_repeated_for_timer_j(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 200, NULL);
	CHECK(transactions_are_idle(recorder.transactions));
	recorder_pass(&recorder, 31999);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(slice_equal(recorder_sent(&recorder, 0), recorder_sent(&recorder, 1)));
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->response_retransmissions, 1);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 2);
}

static void over_a_connection_the_transaction_ends_with_its_answer(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
	request_reply(recorder.requests[0], 202, NULL);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void a_late_request_gets_100_when_timer_e_has_grown_to_t2(void)
{
	static const enum transport_kind kinds[] = {TRANSPORT_UDP, TRANSPORT_TCP};
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		CLEANUP(recorder_finish) struct recorder recorder;
		CHECK(recorder_init(&recorder));
		recorder_request(&recorder, kinds[i], "MESSAGE", BRANCH);
		recorder_pass(&recorder, 3499);
		CHECK_NUMBER(recorder.sent_count, 0);
		recorder_pass(&recorder, 1);
		CHECK_NUMBER(recorder.sent_count, 1);
		CHECK(recorder_said(&recorder, 0, "SIP/2.0 100 Trying\r\n"));
		CHECK(recorder_said(&recorder, 0, "\r\nTo: <sip:bob@example.test>\r\n"));
		recorder_pass(&recorder, 60000);
		CHECK_NUMBER(recorder.sent_count, 1);
		request_reply(recorder.requests[0], 200, NULL);
		CHECK(recorder_said(&recorder, 1, "SIP/2.0 200 OK\r\n"));
	}
}

static void the_100_is_repeated_in_proceeding(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_pass(&recorder, 3500);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(recorder_said(&recorder, 1, "SIP/2.0 100 Trying\r\n"));
}

static void an_invite_gets_100_after_200_ms(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	recorder_pass(&recorder, 199);
	CHECK_NUMBER(recorder.sent_count, 0);
	recorder_pass(&recorder, 1);
	CHECK(recorder_said(&recorder, 0, "SIP/2.0 100 Trying\r\n"));
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void ringing_takes_the_place_of_100_and_is_repeated(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 180, NULL);
	recorder_pass(&recorder, 1000);
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK(recorder_said(&recorder, 1, "SIP/2.0 180 Ringing\r\n"));
}

static void a_refused_invite_is_answered_again_by_timer_g_until_timer_h(void)
{
	static const int64_t sent_after_ms[] = {0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500};
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	int64_t start_ms = timers_now(recorder.timers);
	request_reply(recorder.requests[0], 486, NULL);
	recorder_pass(&recorder, 31999);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	CHECK_NUMBER(recorder.sent_count, ARRAY_SIZE(sent_after_ms));
	for (unsigned i = 0; i < ARRAY_SIZE(sent_after_ms); i++)
		CHECK_NUMBER(recorder_sent_after(&recorder, i, start_ms), sent_after_ms[i]);
}

static void over_a_connection_timer_g_does_not_run_but_timer_h_does(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 486, NULL);
	recorder_pass(&recorder, 31999);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	CHECK_NUMBER(recorder.sent_count, 1);
}

static void an_invite_again_gets_its_refusal_again(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 486, NULL);
	recorder_pass(&recorder, 10);
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.sent_count, 2);
	CHECK_NUMBER(recorder.request_count, 1);
}

static void the_ack_of_a_refusal_is_absorbed_for_timer_i(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 486, NULL);
	recorder_request(&recorder, TRANSPORT_UDP, "ACK", BRANCH);
	recorder_pass(&recorder, 4999);
	recorder_request(&recorder, TRANSPORT_UDP, "ACK", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH); /* one that was late on its way */
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder.sent_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void over_a_connection_the_ack_ends_the_transaction(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_TCP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 486, NULL);
	recorder_request(&recorder, TRANSPORT_TCP, "ACK", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void an_accepted_invite_absorbs_copies_and_passes_its_ack_on_until_timer_l(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 200, NULL);
	recorder_pass(&recorder, 31999);
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder.sent_count, 1);
	recorder_request(&recorder, TRANSPORT_UDP, "ACK", BRANCH);
	CHECK_NUMBER(recorder.request_count, 2);
	CHECK_NUMBER(recorder.requests[1]->message.method, SIP_ACK);
	request_drop(recorder.requests[1]);
	recorder_pass(&recorder, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void the_ack_of_a_2xx_with_a_branch_of_its_own_is_passed_on(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "ACK", "z9hG4bKother");
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
	request_reply(recorder.requests[0], 200, NULL); /* an ACK is never answered */
	CHECK_NUMBER(recorder.sent_count, 0);
	CHECK(transactions_are_idle(recorder.transactions));
}

static void an_ack_before_the_answer_changes_nothing(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "ACK", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 1);
}

static void cancel_is_a_request_of_its_own_and_finds_its_invite(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "INVITE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "CANCEL", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "CANCEL", "z9hG4bKunknown");
	CHECK_NUMBER(recorder.request_count, 3);
	struct request *invite = NULL;
	CHECK(request_find_cancelled(recorder.requests[1], &invite));
	CHECK(invite == recorder.requests[0]);
	CHECK(!request_find_cancelled(recorder.requests[2], &invite));
	CHECK(invite == NULL);
	request_reply(recorder.requests[0], 487, NULL);
	CHECK(request_find_cancelled(recorder.requests[1], &invite));
	CHECK(invite == NULL);
}

static void another_sender_or_method_with_the_same_branch_is_another_transaction(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	recorder_request(&recorder, TRANSPORT_UDP, "OPTIONS", BRANCH);
	recorder_receive(&recorder, TRANSPORT_UDP,
			 "MESSAGE sip:bob@example.test SIP/2.0\r\n"
			 "Via: SIP/2.0/UDP 192.0.2.5:5099;rport;branch=" BRANCH "\r\n"
			 "From: <sip:carol@example.test>;tag=c1\r\nTo: <sip:bob@example.test>\r\n"
			 "Call-ID: call-2\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n");
	CHECK_NUMBER(recorder.request_count, 3);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 3);
}

/* RFC 3261 §17.2.3: no magic cookie. */
static void old_clients_are_matched_by_what_their_requests_have_in_common(void)
{
	static const char format[] = "%s sip:bob@example.test SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.4:5099;branch=1\r\n"
				     "From: <sip:alice@example.test>;tag=a1\r\nTo: <sip:bob@example.test>%s\r\n"
				     "Call-ID: old\r\nCSeq: %d %s\r\nContent-Length: 0\r\n\r\n";
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "INVITE", "", 1, "INVITE");
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "INVITE", "", 1, "INVITE");
	CHECK_NUMBER(recorder.request_count, 1);
	request_reply(recorder.requests[0], 404, NULL);
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "ACK", ";tag=ours", 1, "ACK");
	CHECK_NUMBER(recorder.request_count, 1);
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "INVITE", "", 2, "INVITE");
	CHECK_NUMBER(recorder.request_count, 2);
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "MESSAGE", "", 3, "MESSAGE");
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "MESSAGE", "", 3, "MESSAGE");
	recorder_receive_format(&recorder, TRANSPORT_UDP, format, "MESSAGE", ";tag=other", 3, "MESSAGE");
	CHECK_NUMBER(recorder.request_count, 4);
}

static void a_dropped_request_goes_on_absorbing_its_copies(void)
{
	CLEANUP(recorder_finish) struct recorder recorder;
	CHECK(recorder_init(&recorder));
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	request_drop(recorder.requests[0]);
	recorder_request(&recorder, TRANSPORT_UDP, "MESSAGE", BRANCH);
	CHECK_NUMBER(recorder.request_count, 1);
	CHECK_NUMBER(recorder.sent_count, 0);
	recorder_pass(&recorder, 32000);
	CHECK_NUMBER(recorder_counters(&recorder)->server_transactions, 0);
}

static void the_moment_of_a_100_follows_the_timing(void)
{
	CHECK_NUMBER(server_transaction_trying_ms(&(struct transaction_timing){500, 4000, 5000}), 3500);
	CHECK_NUMBER(server_transaction_trying_ms(&(struct transaction_timing){10, 80, 100}), 70);
	CHECK_NUMBER(server_transaction_trying_ms(&(struct transaction_timing){500, 500, 500}), 0);
}

static const struct test tests[] = {
	{"a_retransmission_is_absorbed_while_the_handler_works", a_retransmission_is_absorbed_while_the_handler_works,
	 TEST_PLAIN},
	{"the_final_answer_is_repeated_for_timer_j", the_final_answer_is_repeated_for_timer_j, TEST_PLAIN},
	{"over_a_connection_the_transaction_ends_with_its_answer",
	 over_a_connection_the_transaction_ends_with_its_answer, TEST_PLAIN},
	{"a_late_request_gets_100_when_timer_e_has_grown_to_t2", a_late_request_gets_100_when_timer_e_has_grown_to_t2,
	 TEST_PLAIN},
	{"the_100_is_repeated_in_proceeding", the_100_is_repeated_in_proceeding, TEST_PLAIN},
	{"an_invite_gets_100_after_200_ms", an_invite_gets_100_after_200_ms, TEST_PLAIN},
	{"ringing_takes_the_place_of_100_and_is_repeated", ringing_takes_the_place_of_100_and_is_repeated, TEST_PLAIN},
	{"a_refused_invite_is_answered_again_by_timer_g_until_timer_h",
	 a_refused_invite_is_answered_again_by_timer_g_until_timer_h, TEST_PLAIN},
	{"over_a_connection_timer_g_does_not_run_but_timer_h_does",
	 over_a_connection_timer_g_does_not_run_but_timer_h_does, TEST_PLAIN},
	{"an_invite_again_gets_its_refusal_again", an_invite_again_gets_its_refusal_again, TEST_PLAIN},
	{"the_ack_of_a_refusal_is_absorbed_for_timer_i", the_ack_of_a_refusal_is_absorbed_for_timer_i, TEST_PLAIN},
	{"over_a_connection_the_ack_ends_the_transaction", over_a_connection_the_ack_ends_the_transaction, TEST_PLAIN},
	{"an_accepted_invite_absorbs_copies_and_passes_its_ack_on_until_timer_l",
	 an_accepted_invite_absorbs_copies_and_passes_its_ack_on_until_timer_l, TEST_PLAIN},
	{"the_ack_of_a_2xx_with_a_branch_of_its_own_is_passed_on",
	 the_ack_of_a_2xx_with_a_branch_of_its_own_is_passed_on, TEST_PLAIN},
	{"an_ack_before_the_answer_changes_nothing", an_ack_before_the_answer_changes_nothing, TEST_PLAIN},
	{"cancel_is_a_request_of_its_own_and_finds_its_invite", cancel_is_a_request_of_its_own_and_finds_its_invite,
	 TEST_PLAIN},
	{"another_sender_or_method_with_the_same_branch_is_another_transaction",
	 another_sender_or_method_with_the_same_branch_is_another_transaction, TEST_PLAIN},
	{"old_clients_are_matched_by_what_their_requests_have_in_common",
	 old_clients_are_matched_by_what_their_requests_have_in_common, TEST_PLAIN},
	{"a_dropped_request_goes_on_absorbing_its_copies", a_dropped_request_goes_on_absorbing_its_copies, TEST_PLAIN},
	{"the_moment_of_a_100_follows_the_timing", the_moment_of_a_100_follows_the_timing, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
