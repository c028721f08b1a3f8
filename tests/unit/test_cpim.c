/* CPIM as clients write it, and as they should not. SPDX-License-Identifier: MIT */
#include "bodies/cpim.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>

#define PLAIN "Content-Type: text/plain\r\n\r\nhello"

static void everything_that_is_of_use_is_read(void)
{
	/* RFC 5438 §6.3, as an example of what the page and RCS phones send */
	static const char text[] =
		"From: Alice <sip:alice@example.test>\r\nTo: <sip:bob@example.test>\r\n"
		"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 34jk324j\r\n"
		"DateTime: 2006-04-04T12:16:49-05:00\r\nSubject:;lang=fr beau temps\r\n"
		"imdn.Disposition-Notification: positive-delivery, negative-delivery\r\n"
		"\r\nContent-type: text/plain; charset=\"UTF-8\"\r\nContent-length: 12\r\n\r\nHello World\n";
	struct cpim cpim;
	CHECK_NUMBER(cpim_parse(SLICE(text), &cpim), 0);
	CHECK_TEXT(cpim.content_type, "text/plain; charset=\"UTF-8\"");
	CHECK_TEXT(cpim.body, "Hello World\n");
	CHECK_TEXT(cpim.message_id, "34jk324j");
	CHECK(cpim.wants_delivery && !cpim.wants_display && !cpim.is_encoded);
	CHECK(cpim.body.at == text + sizeof text - 1 - 12);
}

static void headers_are_read_in_any_writing(void)
{
	static const struct {
		const char *headers, *message_id;
		bool wants_delivery, wants_display;
	} rows[] = {
		{"", "", false, false},
		{"From: <sip:a@b>\r\n", "", false, false},
		/* no NS at all, lines that end with LF, continued lines, other letters */
		{"imdn.Message-ID: 1\nimdn.Disposition-Notification: display\n", "1", false, true},
		{"IMDN.message-id:1\r\nimdn.disposition-notification:\r\n\tpositive-delivery,\r\n display\r\n", "1",
		 true, true},
		{"imdn.Message-ID: 1\r\nimdn.Message-ID: 2\r\n", "1", false, false},
		/* the namespace has another prefix, none, or the usual prefix stands for something else */
		{"NS: x <urn:ietf:params:imdn>\r\nx.Message-ID: 1\r\nx.Disposition-Notification: display;a=b\r\n", "1",
		 false, true},
		{"NS: x <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1\r\n", "", false, false},
		{"NS: <urn:ietf:params:imdn>\r\nMessage-ID: 1\r\nDisposition-Notification: display\r\n", "1", false,
		 true},
		{"NS: <urn:ietf:params:imdn>\r\nNS: <urn:else>\r\nMessage-ID: 1\r\n", "", false, false},
		{"NS: imdn <urn:else>\r\nimdn.Message-ID: 1\r\n", "", false, false},
		{"NS: other <urn:else>\r\nother.Message-ID: 1\r\nimdn.Message-ID: 2\r\n", "2", false, false},
		/* what belongs to nobody */
		{"Message-ID: 1\r\nDisposition-Notification: display\r\n", "", false, false},
		{"NS:\r\nNS: x\r\nNS: <\r\nNS: x <\r\n.Message-ID: 1\r\n", "", false, false},
		{"imdn.: 1\r\nimdn: 2\r\nimdn.Disposition-Notification: negative-delivery,, ;display\r\n", "", false,
		 false},
	};
	char text[600];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cpim cpim;
		int length = snprintf(text, sizeof text, "%s\r\n%s", rows[i].headers, PLAIN);
		CHECK_NUMBER(cpim_parse(slice_of(text, (size_t)length), &cpim), 0);
		CHECK_TEXT(cpim.message_id, rows[i].message_id);
		CHECK_NUMBER(cpim.wants_delivery, rows[i].wants_delivery);
		CHECK_NUMBER(cpim.wants_display, rows[i].wants_display);
		CHECK_TEXT(cpim.content_type, "text/plain");
		CHECK_TEXT(cpim.body, "hello");
	}
}

static void what_is_inside_has_headers_of_its_own(void)
{
	static const struct {
		const char *headers, *content_type;
		bool is_encoded;
	} rows[] = {
		{"", "text/plain", false}, /* RFC 2045 §5.2 */
		{"content-TYPE:message/imdn+xml\r\nContent-Disposition: notification\r\n", "message/imdn+xml", false},
		{"Content-Type: a/b\r\nContent-Type: c/d\r\n", "a/b", false},
		{"Content-Transfer-Encoding: 8bit\r\nContent-Encoding: identity\r\n", "text/plain", false},
		{"Content-Transfer-Encoding: base64\r\n", "text/plain", true},
		{"Content-Encoding: deflate\r\nContent-Type: text/plain\r\n", "text/plain", true},
	};
	char text[300];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct cpim cpim;
		int length = snprintf(text, sizeof text, "To: <sip:b@c>\r\n\r\n%s\r\n", rows[i].headers);
		CHECK_NUMBER(cpim_parse(slice_of(text, (size_t)length), &cpim), 0);
		CHECK_TEXT(cpim.content_type, rows[i].content_type);
		CHECK_NUMBER(cpim.is_encoded, rows[i].is_encoded);
		CHECK_TEXT(cpim.body, "");
	}
}

static void what_is_no_cpim_is_refused(void)
{
	static const char *const wrong[] = {
		"",
		"hello",
		"hello\r\n\r\n",
		"To: <sip:b@c>\r\n",
		"To: <sip:b@c>\r\n\r\n", /* one block alone */
		"To: <sip:b@c>\r\n\r\nhello",
		"To: <sip:b@c>\r\n\r\nhello: and goodbye", /* a text in place of headers */
		"To: <sip:b@c>\r\n\r\nContent-Type: text/plain\r\n",
		": x\r\n\r\n\r\n",
		"\r\n",
		"\n a: b\n",
	};
	struct cpim cpim = {.message_id = SLICE("untouched")};
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_NUMBER(cpim_parse(slice_text(wrong[i]), &cpim), ERR_SYNTAX);
	CHECK_TEXT(cpim.message_id, "untouched");
}

static void bytes_inside_are_whatever_they_are(void)
{
	static const char text[] = "\n\n\0\r\n\r\n\xff";
	struct cpim cpim;
	CHECK_NUMBER(cpim_parse(SLICE(text), &cpim), 0);
	CHECK(slice_equal(cpim.body, SLICE("\0\r\n\r\n\xff")));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"everything_that_is_of_use_is_read", everything_that_is_of_use_is_read, 0},
		{"headers_are_read_in_any_writing", headers_are_read_in_any_writing, 0},
		{"what_is_inside_has_headers_of_its_own", what_is_inside_has_headers_of_its_own, 0},
		{"what_is_no_cpim_is_refused", what_is_no_cpim_is_refused, 0},
		{"bytes_inside_are_whatever_they_are", bytes_inside_are_whatever_they_are, 0},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
