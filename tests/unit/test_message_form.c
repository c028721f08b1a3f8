/* What is kept of a MESSAGE, and what a device gets of it later. SPDX-License-Identifier: MIT */
#include "features/message_form.h"
#include "test.h"

static const struct sip_limits limits = {65535, 65535, 65535, 100};

static const char text[] = "MESSAGE sip:bob@example.test SIP/2.0\r\n"
			   "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
			   "Route: <sip:example.test;lr>\r\n"
			   "Max-Forwards: 70\r\n"
			   "f: \"A\" <sip:alice@example.test>;tag=1\r\n"
			   "t: sip:bob@example.test\r\n"
			   "i: original\r\n"
			   "CSeq: 17 MESSAGE\r\n"
			   "Authorization: Digest username=\"alice\"\r\n"
			   "X-Folded: one\r\n two\r\n"
			   "c: message/imdn+xml\r\n"
			   "e: deflate\r\n"
			   "l: 4\r\n\r\n\x01\xff\x00z";

static const char wanted[] = "Route: <sip:edge;lr>\r\n"
			     "Max-Forwards: 70\r\n"
			     "From: \"A\" <sip:alice@example.test>;tag=1\r\n"
			     "To: sip:bob@example.test\r\n"
			     "Call-ID: original\r\n"
			     "CSeq: 17 MESSAGE\r\n"
			     "X-Folded: one\r\n two\r\n"
			     "e: deflate\r\n"
			     "Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n"
			     "Content-Type: message/imdn+xml\r\n"
			     "Content-Length: 4\r\n\r\n\x01\xff\x00z";

static void a_kept_message_is_delivered_as_it_was_sent(void)
{
	struct arena arena;
	struct sip_message message;
	struct sip_parse_error error;
	struct stored_message row = {0};
	struct buffer buffer;
	arena_init(&arena, NULL, 100000);
	buffer_init(&buffer, 100000);
	bool kept = sip_message_parse(&message, &arena, slice_of(text, sizeof text - 1), &limits, &error) == 0 &&
		    message_form_keep(&arena, &message, 1800000000000, &row) == 0;
	if (kept)
		message_form_write(&buffer, &row, NULL, SLICE("<sip:edge;lr>"));
	bool right = kept && slice_equal(buffer_slice(&buffer), slice_of(wanted, sizeof wanted - 1));
	if (!right && kept && !test_is_starved())
		test_check_text(buffer_slice(&buffer), slice_of(wanted, sizeof wanted - 1), __FILE__, __LINE__,
				"written");
	buffer_finish(&buffer);
	arena_finish(&arena);
	CHECK(right);
}

static void a_kept_cpim_is_delivered_as_the_text_in_it(void)
{
	static const char cpim[] = "imdn.Message-ID: 1\r\n\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\r\nhello";
	struct stored_message row = {.from = SLICE("<sip:a@d>;tag=1"),
				     .to = SLICE("<sip:b@d>"),
				     .call_id = SLICE("original"),
				     .cseq = 17,
				     .headers = SLICE("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\nX: y\r\n"),
				     .content_type = SLICE("message/cpim"),
				     .body = SLICE(cpim)};
	CLEANUP(buffer_finish) struct buffer buffer;
	struct message_text content;
	buffer_init(&buffer, 100000);
	message_form_read(&row, &content);
	CHECK(content.kind == MESSAGE_KIND_TEXT && content.is_wrapped);
	message_form_write(&buffer, &row, &content, SLICE(""));
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer),
		   "Max-Forwards: 70\r\nFrom: <sip:a@d>;tag=1\r\nTo: <sip:b@d>\r\nCall-ID: original\r\n"
		   "CSeq: 17 MESSAGE\r\nDate: Fri, 15 Jan 2027 08:00:00 GMT\r\nX: y\r\n"
		   "Content-Type: text/plain;   charset=utf-8\r\nContent-Length: 5\r\n\r\nhello");
	/* Packed there is no text to be seen, whatever its name. */
	row.headers = SLICE("X: y\r\nE: deflate\r\n");
	message_form_read(&row, &content);
	CHECK_NUMBER(content.kind, MESSAGE_KIND_OTHER);
}

static void typing_and_expires_0_are_fleeting(void)
{
	static const struct {
		const char *headers;
		bool fleeting;
	} rows[] = {{"Content-Type: text/plain\r\n", false},
		    {"Content-Type: APPLICATION/im-isComposing+xml;charset=utf-8\r\n", true},
		    {"Content-Type: text/plain\r\nExpires: 0\r\n", true},
		    {"Content-Type: text/plain\r\nExpires: 1\r\n", false},
		    {"", false}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct arena arena;
		struct buffer buffer;
		struct sip_message message;
		struct sip_parse_error error;
		arena_init(&arena, NULL, 100000);
		buffer_init(&buffer, 10000);
		buffer_text(&buffer, "MESSAGE sip:b@d SIP/2.0\r\n");
		buffer_text(&buffer, rows[i].headers);
		buffer_text(&buffer, "Content-Length: 0\r\n\r\n");
		bool parsed = sip_message_parse(&message, &arena, buffer_slice(&buffer), &limits, &error) == 0;
		bool right = parsed && message_form_is_fleeting(&message) == rows[i].fleeting;
		buffer_finish(&buffer);
		arena_finish(&arena);
		if (!test_check(right, __FILE__, __LINE__, rows[i].headers))
			return;
	}
}

static void answers_mean_taken_refused_or_later(void)
{
	static const struct {
		unsigned status;
		enum message_outcome outcome;
	} rows[] = {{200, MESSAGE_TAKEN},     {202, MESSAGE_TAKEN},     {415, MESSAGE_REFUSED},
		    {413, MESSAGE_REFUSED},   {488, MESSAGE_REFUSED},   {405, MESSAGE_REFUSED},
		    {603, MESSAGE_REFUSED},   {408, MESSAGE_NOT_TAKEN}, {480, MESSAGE_NOT_TAKEN},
		    {503, MESSAGE_NOT_TAKEN}, {500, MESSAGE_NOT_TAKEN}, {401, MESSAGE_NOT_TAKEN}};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_message response = {.status = rows[i].status};
		CHECK_NUMBER(message_form_outcome(&response, MESSAGE_AS_IT_IS), rows[i].outcome);
		CHECK_NUMBER(message_form_outcome(&response, MESSAGE_UNWRAPPED), rows[i].outcome);
		CHECK_NUMBER(message_form_outcome(&response, MESSAGE_WRAPPED),
			     rows[i].status == 415 ? MESSAGE_UNWRAP : rows[i].outcome);
	}
	CHECK_NUMBER(message_form_outcome(NULL, MESSAGE_WRAPPED), MESSAGE_NOT_TAKEN);
	const struct sip_message merged = {.status = 482};
	CHECK_NUMBER(message_form_outcome(&merged, MESSAGE_WRAPPED), MESSAGE_REFUSED);
	CHECK_NUMBER(message_form_outcome(&merged, MESSAGE_UNWRAPPED), MESSAGE_NOT_TAKEN);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_kept_message_is_delivered_as_it_was_sent", a_kept_message_is_delivered_as_it_was_sent, TEST_PLAIN},
		{"a_kept_cpim_is_delivered_as_the_text_in_it", a_kept_cpim_is_delivered_as_the_text_in_it, TEST_PLAIN},
		{"typing_and_expires_0_are_fleeting", typing_and_expires_0_are_fleeting, TEST_PLAIN},
		{"answers_mean_taken_refused_or_later", answers_mean_taken_refused_or_later, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
