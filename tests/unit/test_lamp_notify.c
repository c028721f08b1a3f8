/* NOTIFY unasked: how it looks, what the answer means, and how many in a turn. SPDX-License-Identifier: MIT */
#include "presence/lamps_state.h"
#include "test.h"

static const struct lamp_notify notify = {
	.aor = {"sip:alice@example.test", 22},
	.routes = {"<sip:edge.example.test;lr>", 26},
	.contact = {"<sip:alice@192.0.2.1:5060>", 26},
	.media_type = {"application/simple-message-summary", 34},
	.body = {"Messages-Waiting: no\r\n", 22},
	.call_id = "call-1",
	.from_tag = "tag-1",
};

static void it_is_out_of_dialog_and_says_all_that_a_notify_must(void)
{
	CLEANUP(buffer_finish) struct buffer text;
	buffer_init(&text, 4096);
	lamp_notify_write(&text, &notify);
	CHECK(!buffer_failed(&text));
	CHECK_TEXT(buffer_slice(&text), "Route: <sip:edge.example.test;lr>\r\nMax-Forwards: 70\r\n"
					"From: <sip:alice@example.test>;tag=tag-1\r\nTo: <sip:alice@example.test>\r\n"
					"Call-ID: call-1\r\nCSeq: 1 NOTIFY\r\nContact: <sip:alice@192.0.2.1:5060>\r\n"
					"Event: message-summary\r\nSubscription-State: terminated\r\n"
					"Content-Type: application/simple-message-summary\r\n"
					"Content-Length: 22\r\n\r\nMessages-Waiting: no\r\n");
}

static void without_a_path_there_is_no_route(void)
{
	CLEANUP(buffer_finish) struct buffer text;
	buffer_init(&text, 4096);
	struct lamp_notify direct = notify;
	direct.routes = SLICE("");
	lamp_notify_write(&text, &direct);
	CHECK(!buffer_failed(&text));
	CHECK(slice_starts_with(buffer_slice(&text), SLICE("Max-Forwards")));
}

static void only_phones_that_do_not_know_what_it_is_are_told_no_more(void)
{
	static const struct {
		unsigned status;
		enum lamp_outcome outcome;
	} rows[] = {{200, LAMP_TOLD},       {202, LAMP_TOLD},       {0, LAMP_UNANSWERED},   {302, LAMP_UNANSWERED},
		    {400, LAMP_UNANSWERED}, {401, LAMP_UNANSWERED}, {403, LAMP_UNANSWERED}, {404, LAMP_UNANSWERED},
		    {407, LAMP_UNANSWERED}, {408, LAMP_UNANSWERED}, {430, LAMP_UNANSWERED}, {480, LAMP_UNANSWERED},
		    {486, LAMP_UNANSWERED}, {491, LAMP_UNANSWERED}, {500, LAMP_UNANSWERED}, {503, LAMP_UNANSWERED},
		    {603, LAMP_UNANSWERED}, {405, LAMP_REFUSED},    {415, LAMP_REFUSED},    {481, LAMP_REFUSED},
		    {489, LAMP_REFUSED},    {501, LAMP_REFUSED}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_NUMBER(lamp_outcome_of(rows[i].status), rows[i].outcome);
}

static void turns_share_out_a_second(void)
{
	static const unsigned rates[] = {1, 3, 10, 25, 100, 999};
	for (size_t i = 0; i < ARRAY_SIZE(rates); i++) {
		struct pace pace = {0};
		unsigned sum = 0;
		for (int turn = 0; turn < PACE_TURNS; turn++) {
			unsigned count = pace_turn(&pace, rates[i]);
			CHECK(count <= rates[i] / PACE_TURNS + 1);
			sum += count;
		}
		CHECK_NUMBER(sum, rates[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"it_is_out_of_dialog_and_says_all_that_a_notify_must",
		 it_is_out_of_dialog_and_says_all_that_a_notify_must, TEST_PLAIN},
		{"without_a_path_there_is_no_route", without_a_path_there_is_no_route, TEST_PLAIN},
		{"only_phones_that_do_not_know_what_it_is_are_told_no_more",
		 only_phones_that_do_not_know_what_it_is_are_told_no_more, TEST_PLAIN},
		{"turns_share_out_a_second", turns_share_out_a_second, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
