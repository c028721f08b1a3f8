/* The history as JSON: what is told of each kind of message. SPDX-License-Identifier: MIT */
#include "api/message_json.h"
#include "test.h"

#include <stdio.h>

#define BYTES_MOST ((size_t)65536)
#define CPIM "From: <im:a@b>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m-1\r\n"
#define IMDN(notification, status)                                                                                     \
	"<imdn xmlns=\"urn:ietf:params:xml:ns:imdn\"><message-id>m-1</message-id><" notification "><status><" status   \
	"/></status></" notification "></imdn>"

static const struct {
	const char *content_type, *headers, *body;
	const char *json; /* from kind to receipt, of what was sent and is kept */
} rows[] = {
	{"text/plain", "", "hello \"bob\"\n",
	 "\"kind\":\"text\",\"text\":\"hello \\\"bob\\\"\\n\",\"content_type\":\"text/plain\",\"message_id\":null,"
	 "\"wants\":[],\"state\":\"kept\""},
	{"text/plain", "", "",
	 "\"kind\":\"text\",\"text\":\"\",\"content_type\":\"text/plain\",\"message_id\":null,\"wants\":[],"
	 "\"state\":\"kept\""},
	{"", "", "x", "\"kind\":\"other\",\"content_type\":null,\"message_id\":null,\"wants\":[],\"state\":\"kept\""},
	{"text/plain", "", "\xff",
	 "\"kind\":\"other\",\"content_type\":\"text/plain\",\"message_id\":null,\"wants\":[],\"state\":\"kept\""},
	{"text/plain", "Date: x\r\nContent-Encoding: deflate\r\n", "x",
	 "\"kind\":\"other\",\"content_type\":\"text/plain\",\"message_id\":null,\"wants\":[],\"state\":\"kept\""},
	{"message/cpim", "",
	 CPIM "imdn.Disposition-Notification: positive-delivery, display\r\n\r\n"
	      "Content-Type: text/plain;charset=utf-8\r\n\r\n\xc3\xa4",
	 "\"kind\":\"text\",\"text\":\"\xc3\xa4\",\"content_type\":\"text/plain;charset=utf-8\",\"message_id\":\"m-1\","
	 "\"wants\":[\"delivery\",\"display\"],\"state\":\"kept\""},
	{"message/cpim", "", CPIM "\r\nContent-Type: image/png\r\n\r\nPNG",
	 "\"kind\":\"other\",\"content_type\":\"image/png\",\"message_id\":\"m-1\",\"wants\":[],\"state\":\"kept\""},
	{"message/cpim", "", "broken",
	 "\"kind\":\"other\",\"content_type\":\"message/cpim\",\"message_id\":null,\"wants\":[],\"state\":\"kept\""},
	{"message/imdn+xml", "", IMDN("delivery-notification", "delivered"),
	 "\"kind\":\"receipt\",\"content_type\":\"message/"
	 "imdn+xml\",\"message_id\":null,\"wants\":[],\"state\":\"kept\","
	 "\"receipt\":{\"of\":\"m-1\",\"status\":\"delivered\"}"},
	{"message/cpim", "",
	 CPIM "\r\nContent-Type: message/imdn+xml\r\n\r\n" IMDN("display-notification", "displayed"),
	 "\"kind\":\"receipt\",\"content_type\":\"message/imdn+xml\",\"message_id\":\"m-1\",\"wants\":[],"
	 "\"state\":\"kept\",\"receipt\":{\"of\":\"m-1\",\"status\":\"displayed\"}"},
	{"message/imdn+xml", "", IMDN("delivery-notification", "failed"),
	 "\"kind\":\"receipt\",\"content_type\":\"message/"
	 "imdn+xml\",\"message_id\":null,\"wants\":[],\"state\":\"kept\","
	 "\"receipt\":{\"of\":\"m-1\",\"status\":\"failed\"}"},
	{"message/imdn+xml", "", IMDN("delivery-notification", "error"),
	 "\"kind\":\"receipt\",\"content_type\":\"message/"
	 "imdn+xml\",\"message_id\":null,\"wants\":[],\"state\":\"kept\","
	 "\"receipt\":{\"of\":\"m-1\",\"status\":\"failed\"}"},
	/* He shall not learn whether it was read: that is not that it was not. */
	{"message/imdn+xml", "", IMDN("display-notification", "forbidden"),
	 "\"kind\":\"receipt\",\"content_type\":\"message/"
	 "imdn+xml\",\"message_id\":null,\"wants\":[],\"state\":\"kept\","
	 "\"receipt\":null"},
	{"message/imdn+xml", "", "<imdn/>",
	 "\"kind\":\"receipt\",\"content_type\":\"message/"
	 "imdn+xml\",\"message_id\":null,\"wants\":[],\"state\":\"kept\","
	 "\"receipt\":null"},
};

static struct history_message make_message(size_t row)
{
	return (struct history_message){.message = {.id = 9223372036854775807,
						    .received_at_ms = 1795341600123,
						    .call_id = SLICE("call"),
						    .cseq = 4294967295U,
						    .content_type = slice_text(rows[row].content_type),
						    .headers = slice_text(rows[row].headers),
						    .body = slice_text(rows[row].body)},
					.peer = SLICE("bob@example.test"),
					.is_sent = true,
					.is_kept = true};
}

static void each_kind_of_message_is_told_as_what_it_is(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char wanted[1024];
		CLEANUP(buffer_finish) struct buffer buffer;
		struct history_message message = make_message(i);
		buffer_init(&buffer, BYTES_MOST);
		struct json_writer json = {.buffer = &buffer};
		message_json_write(&json, NULL, &message);
		CHECK(!buffer_failed(&buffer));
		(void)snprintf(wanted, sizeof wanted,
			       "{\"id\":\"9223372036854775807\",\"peer\":\"bob@example.test\",\"direction\":\"sent\","
			       "\"at\":\"2026-11-22T10:00:00.123Z\",%s,\"call_id\":\"call\",\"cseq\":4294967295}",
			       rows[i].json);
		CHECK_TEXT(buffer_slice(&buffer), wanted);
	}
}

static void what_was_received_has_no_state(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct history_message message = make_message(2);
	message.is_sent = message.is_kept = false;
	buffer_init(&buffer, BYTES_MOST);
	struct json_writer json = {.buffer = &buffer};
	message_json_write(&json, NULL, &message);
	CHECK_TEXT(buffer_slice(&buffer),
		   "{\"id\":\"9223372036854775807\",\"peer\":\"bob@example.test\",\"direction\":\"received\","
		   "\"at\":\"2026-11-22T10:00:00.123Z\",\"kind\":\"other\",\"content_type\":null,\"message_id\":null,"
		   "\"wants\":[],\"call_id\":\"call\",\"cseq\":4294967295}");
}

static void what_was_delivered_says_so(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct history_message message = make_message(2);
	message.is_kept = false;
	buffer_init(&buffer, BYTES_MOST);
	struct json_writer json = {.buffer = &buffer};
	message_json_write(&json, NULL, &message);
	struct slice text = buffer_slice(&buffer);
	CHECK(text.length > 0 && memmem(text.at, text.length, "\"state\":\"delivered\"", 19) != NULL);
}

static void a_conversation_has_its_last_message_or_none(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	struct history_message last = make_message(2);
	struct history_conversation conversation = {
		.peer = SLICE("\"b\"@example.test"), .unread = 100, .read_id = 7340, .last = NULL};
	buffer_init(&buffer, BYTES_MOST);
	struct json_writer json = {.buffer = &buffer};
	conversation_json_write(&json, &conversation);
	CHECK_TEXT(buffer_slice(&buffer),
		   "{\"peer\":\"\\\"b\\\"@example.test\",\"unread\":100,\"read_id\":\"7340\",\"last\":null}");
	buffer_clear(&buffer);
	json = (struct json_writer){.buffer = &buffer};
	conversation.last = &last;
	conversation_json_write(&json, &conversation);
	CHECK(slice_ends_with(buffer_slice(&buffer), SLICE("\"cseq\":4294967295}}")));
}

static const struct test tests[] = {
	{"each_kind_of_message_is_told_as_what_it_is", each_kind_of_message_is_told_as_what_it_is, TEST_PLAIN},
	{"what_was_received_has_no_state", what_was_received_has_no_state, TEST_PLAIN},
	{"what_was_delivered_says_so", what_was_delivered_says_so, TEST_PLAIN},
	{"a_conversation_has_its_last_message_or_none", a_conversation_has_its_last_message_or_none, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
