/* Messages: the first pass, and what is asked of a parsed message. SPDX-License-Identifier: MIT */
#include "sip/message.h"

#include "base/error.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

/* A message in a block of exactly its size, with its arena. */
struct parsed {
	struct arena arena;
	struct sip_message message;
	struct sip_parse_error error;
	int result;
};

typedef void check_fn(struct parsed *parsed, const void *row);

static const struct sip_limits limits = {
	.message_bytes = 65536, .header_bytes = 16384, .body_bytes = 32768, .header_count = 100};

/* Parses `text` and lets `check` look at the result; memory is given back whatever it finds. */
static void with_limits(struct slice text, const struct sip_limits *these, check_fn *check, const void *row)
{
	struct parsed parsed = {0};
	char *bytes = malloc(text.length > 0 ? text.length : 1);
	if (!bytes)
		return;
	if (text.length > 0)
		memcpy(bytes, text.at, text.length);
	arena_init(&parsed.arena, NULL, 1 << 20);
	parsed.result =
		sip_message_parse(&parsed.message, &parsed.arena, slice_of(bytes, text.length), these, &parsed.error);
	check(&parsed, row);
	arena_finish(&parsed.arena);
	free(bytes);
}

static void with_message(struct slice text, check_fn *check)
{
	with_limits(text, &limits, check, NULL);
}

static const char invitation[] = "INVITE sip:bob@biloxi.example SIP/2.0\r\n"
				 "v: SIP/2.0/UDP a.example;branch=z9hG4bK1,\r\n\tSIP/2.0/TCP b.example\r\n"
				 "Via: SIP/2.0/TLS c.example\r\n"
				 "To:<sip:bob@biloxi.example>\r\n"
				 "FROM  : \"Alice\"\r\n  <sip:alice@atlanta.example>\r\n ;tag=88\r\n"
				 "i: 1@a.example\r\n"
				 "CSeq: 7 INVITE\r\n"
				 "X-Strange: ;;,,;;,;\r\n"
				 "k: path, OutBound\r\n"
				 "Supported: gruu\r\n"
				 "s:\r\n"
				 "Authorization: Digest realm=\"a, b\"\r\n"
				 "authorization: Other x, y\r\n"
				 "x-STRANGER:\tlast \r\n"
				 "l: 4\r\n"
				 "\r\n"
				 "bodyand what else the datagram had";

static void check_invitation(struct parsed *parsed, const void *row)
{
	struct sip_message *message = &parsed->message;
	(void)row;
	CHECK_NUMBER(parsed->result, 0);
	CHECK(message->is_request);
	CHECK_TEXT(message->method_text, "INVITE");
	CHECK_NUMBER(message->method, SIP_INVITE);
	CHECK_TEXT(message->request_uri_text, "sip:bob@biloxi.example");
	CHECK_TEXT(message->version, "SIP/2.0");
	CHECK_NUMBER(message->header_count, 14);
	CHECK_TEXT(message->body, "body");
	CHECK_TEXT(slice_of(message->header_bytes.at, 5), "v: SI");
	CHECK(slice_ends_with(message->header_bytes, SLICE("l: 4\r\n")));

	CHECK_TEXT(sip_message_call_id(message), "1@a.example");
	CHECK_TEXT(sip_message_value(message, SIP_HEADER_SUBJECT), "");
	CHECK(sip_message_header(message, SIP_HEADER_SUBJECT));
	CHECK(!sip_message_header(message, SIP_HEADER_EXPIRES));
	CHECK_TEXT(sip_message_value(message, SIP_HEADER_EXPIRES), "");

	const struct sip_header *from = sip_message_header(message, SIP_HEADER_FROM);
	CHECK_TEXT(from->name, "FROM");
	CHECK_TEXT(from->value, "\"Alice\"\r\n  <sip:alice@atlanta.example>\r\n ;tag=88");
	CHECK_TEXT(from->line, "FROM  : \"Alice\"\r\n  <sip:alice@atlanta.example>\r\n ;tag=88\r\n");
	CHECK(!sip_message_next_header(message, from));
	CHECK_TEXT(sip_message_named(message, SLICE("X-Stranger"))->value, "last");
	CHECK_TEXT(sip_message_named(message, SLICE("call-id"))->value, "1@a.example");
	CHECK(!sip_message_named(message, SLICE("X-Strangers")));
}

static void a_request_is_split_into_its_headers_and_body(void)
{
	with_message(SLICE(invitation), check_invitation);
}

static void check_values(struct parsed *parsed, const void *row)
{
	struct sip_message *message = &parsed->message;
	(void)row;
	for (int time = 0; time < 2; time++) { /* the second time from what was kept */
		CHECK(sip_message_request_uri(message));
		CHECK_TEXT(sip_message_request_uri(message)->host, "biloxi.example");
		CHECK(sip_message_via(message));
		CHECK_TEXT(sip_message_via(message)->branch, "z9hG4bK1");
		CHECK(sip_message_from(message));
		CHECK_TEXT(sip_message_from(message)->display_name, "Alice");
		CHECK_TEXT(sip_tag(sip_message_from(message)), "88");
		CHECK(sip_message_to(message));
		CHECK_TEXT(sip_message_to(message)->uri.user, "bob");
		CHECK(sip_message_cseq(message));
		CHECK_NUMBER(sip_message_cseq(message)->number, 7);
	}
}

static void values_are_parsed_at_the_first_call_and_kept(void)
{
	with_message(SLICE(invitation), check_values);
}

static void check_walk(const struct sip_message *message, enum sip_header_id id, const char *const *wanted)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	for (; *wanted; wanted++) {
		CHECK(sip_message_each(message, id, &cursor, &element));
		CHECK_TEXT(element, *wanted);
	}
	CHECK(!sip_message_each(message, id, &cursor, &element));
	CHECK(!sip_message_each(message, id, &cursor, &element));
}

static void check_lists(struct parsed *parsed, const void *row)
{
	struct sip_message *message = &parsed->message;
	(void)row;
	if (parsed->result == 0) {
		check_walk(message, SIP_HEADER_VIA,
			   (const char *const[]){"SIP/2.0/UDP a.example;branch=z9hG4bK1", "SIP/2.0/TCP b.example",
						 "SIP/2.0/TLS c.example", NULL});
		check_walk(message, SIP_HEADER_SUPPORTED, (const char *const[]){"path", "OutBound", "gruu", NULL});
		check_walk(message, SIP_HEADER_AUTHORIZATION,
			   (const char *const[]){"Digest realm=\"a, b\"", "Other x, y", NULL});
		check_walk(message, SIP_HEADER_CONTACT, (const char *const[]){NULL});
		check_walk(message, SIP_HEADER_OTHER, (const char *const[]){";;,,;;,;", "last", NULL});
	}
	CHECK(sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("GRUU")));
	CHECK(sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("outbound")));
	CHECK(!sip_message_lists(message, SIP_HEADER_SUPPORTED, SLICE("out")));
	CHECK(!sip_message_lists(message, SIP_HEADER_REQUIRE, SLICE("gruu")));
}

static void lists_are_walked_over_combined_and_repeated_headers(void)
{
	with_message(SLICE(invitation), check_lists);
}

struct response_row {
	const char *text;
	unsigned status; /* 0: refused */
	const char *reason;
};

static void check_response(struct parsed *parsed, const void *arg)
{
	const struct response_row *row = arg;
	CHECK(!parsed->message.is_request);
	CHECK_NUMBER(parsed->result, row->status ? 0 : ERR_SYNTAX);
	CHECK_NUMBER(parsed->message.status, row->status);
	if (row->status)
		CHECK_TEXT(parsed->message.reason, row->reason);
}

static void responses_are_read(void)
{
	static const struct response_row rows[] = {
		{"SIP/2.0 200 OK\r\n\r\n", 200, "OK"},
		{"sip/2.0 404 Not  Found \r\n\r\n", 404, "Not  Found "},
		{"SIP/2.0 100 \r\n\r\n", 100, ""}, /* RFC 4475 §3.1.1.13 */
		{"SIP/2.0 100\r\n\r\n", 100, ""},
		{"SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n\r\n", 200, "= 2**3 * 5**2 \xd0\xbd\xd0\xbe"},
		{"SIP/7.0 200 OK\r\n\r\n", 200, "OK"},
		{"SIP/2.0 4294967301 better not break the receiver\r\n\r\n", 0, NULL}, /* RFC 4475 §3.1.2.19 */
		{"SIP/2.0 099 x\r\n\r\n", 0, NULL},
		{"SIP/2.0 700 x\r\n\r\n", 0, NULL},
		{"SIP/2.0 20 x\r\n\r\n", 0, NULL},
		{"SIP/2.0 2x0 x\r\n\r\n", 0, NULL},
		{"SIP/2.0  200 OK\r\n\r\n", 0, NULL},
		{"SIP/2.0\r\n\r\n", 0, NULL},
		{"SIP/2 200 OK\r\n\r\n", 0, NULL},
		{"SIP/.0 200 OK\r\n\r\n", 0, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		with_limits(slice_text(rows[i].text), &limits, check_response, &rows[i]);
}

struct request_row {
	const char *text;
	const char *reason; /* what its beginning is; NULL: good */
	const char *uri;
};

static void check_request(struct parsed *parsed, const void *arg)
{
	const struct request_row *row = arg;
	CHECK_NUMBER(parsed->result, row->reason ? ERR_SYNTAX : 0);
	CHECK_TEXT(parsed->message.request_uri_text, row->uri);
	if (!row->reason)
		return;
	CHECK_NUMBER(parsed->error.status, 400);
	CHECK(parsed->error.offset <= parsed->message.bytes.length);
	if (!slice_starts_with(slice_text(parsed->error.reason), slice_text(row->reason)))
		CHECK_TEXT(slice_text(parsed->error.reason), row->reason);
}

static void request_lines_are_read(void)
{
	static const char blanks[] = "The request line holds more blanks";
	static const struct request_row rows[] = {
		{"OPTIONS sip:h SIP/2.0\r\n\r\n", NULL, "sip:h"},
		{"\r\n\r\nOPTIONS sip:h SIP/2.0\r\n\r\n", NULL, "sip:h"},
		{"OPTIONS sip:h sip/2.0\r\n\r\n", NULL, "sip:h"},
		{"OPTIONS sip:h SIP/7.0\r\n\r\n", NULL, "sip:h"},
		{"!interesting-Method0123456789_*+`.%indeed'~ soap.beep://h SIP/2.0\r\n\r\n", NULL, "soap.beep://h"},
		{"OPTIONS <sip:h> SIP/2.0\r\n\r\n", NULL, "<sip:h>"}, /* for the check to refuse */
		/* RFC 4475 §3.1.2.8 to §3.1.2.10 */
		{"INVITE sip:user@example.com; lws SIP/2.0\r\n\r\n", blanks, "sip:user@example.com;"},
		{"INVITE  sip:user@example.com  SIP/2.0\r\n\r\n", "The Request-URI is missing", ""},
		{"INVITE sip:user@example.com  SIP/2.0\r\n\r\n", blanks, "sip:user@example.com"},
		{"OPTIONS sip:h SIP/2.0  \r\n\r\n", blanks, "sip:h"},
		{"OPTIONS sip:h\tSIP/2.0\r\n\r\n", "The request line does not end", "sip:h\tSIP/2.0"},
		{"OPTIONS sip:h\r\n\r\n", "The request line does not end", "sip:h"},
		{"OPTIONS sip:h SIP/2\r\n\r\n", "The request line does not end", "sip:h"},
		{"OPTIONS sip:h SIP/2.0x\r\n\r\n", "The request line does not end", "sip:h"},
		{"GET / HTTP/1.1\r\n\r\n", "The request line does not end", "/"},
		{"OPTIONS\r\n\r\n", "The first line is neither", ""},
		{" OPTIONS sip:h SIP/2.0\r\n\r\n", "The first line is neither", ""},
		{"OPT(ONS sip:h SIP/2.0\r\n\r\n", "The first line is neither", ""},
		{"\x16\x03\x01\r\n\r\n", "The first line is neither", ""},
		{"", "The message has no line end", ""},
		{"\r\n", "The message has no line end", ""},
		{"OPTIONS sip:h SIP/2.0", "The message has no line end", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		with_limits(slice_text(rows[i].text), &limits, check_request, &rows[i]);
}

static void header_lines_that_are_none_are_refused(void)
{
	static const struct request_row rows[] = {
		{"A sip:h SIP/2.0\r\nX : y\r\nX\t:y\r\n\r\n", NULL, "sip:h"},
		{"A sip:h SIP/2.0\r\nX:\r\n y\r\n \r\n\r\n", NULL, "sip:h"},
		{"A sip:h SIP/2.0\r\nX y\r\n\r\n", "A header line is not of the form", "sip:h"},
		{"A sip:h SIP/2.0\r\n: y\r\n\r\n", "A header line is not of the form", "sip:h"},
		{"A sip:h SIP/2.0\r\nX(y): z\r\n\r\n", "A header line is not of the form", "sip:h"},
		{"A sip:h SIP/2.0\r\n X: folded onto nothing\r\n\r\n", "A header line is not of the form", "sip:h"},
		{"A sip:h SIP/2.0\r\nX\r\n : y\r\n\r\n", "A header line is not of the form", "sip:h"},
		{"A sip:h SIP/2.0\r\nX: y\r\n", "The headers do not end", "sip:h"},
		{"A sip:h SIP/2.0\r\nX: y\r\nZ: y", "The headers do not end", "sip:h"},
		{"A sip:h SIP/2.0\r\n", "The headers do not end", "sip:h"},
		/* line ends: the message is understood, and refused */
		{"A sip:h SIP/2.0\nX: y\n\n", "A line ends with LF alone", "sip:h"},
		{"A sip:h SIP/2.0\r\nX: y\nRoute: <sip:z>\r\n\r\n", "A line ends with LF alone", "sip:h"},
		{"A sip:h SIP/2.0\r\nX: y\rRoute: <sip:z>\r\n\r\n", "A line holds a CR", "sip:h"},
		{"A sip:h SIP/2.0\r\nX: y\r\r\n\r\n", "A line holds a CR", "sip:h"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		with_limits(slice_text(rows[i].text), &limits, check_request, &rows[i]);
}

static void check_readable_rest(struct parsed *parsed, const void *row)
{
	(void)row;
	CHECK_NUMBER(parsed->result, ERR_SYNTAX);
	CHECK_NUMBER(parsed->error.offset, sizeof("A sip:h SIP/2.0\r\n") - 1);
	CHECK_NUMBER(parsed->message.header_count, 3);
	CHECK(sip_message_via(&parsed->message));
	CHECK_TEXT(sip_message_call_id(&parsed->message), "x");
	CHECK_TEXT(parsed->message.body, "b");
}

static void what_follows_a_broken_line_is_read_so_that_it_can_be_answered(void)
{
	with_message(SLICE("A sip:h SIP/2.0\r\nnonsense\r\nVia: SIP/2.0/UDP h\nCall-ID: x\r\nnonsense "
			   "again\r\nl:1\r\n\r\nb"),
		     check_readable_rest);
}

struct body_row {
	const char *headers_and_body;
	const char *body;
	const char *reason; /* NULL: good */
};

static void check_body(struct parsed *parsed, const void *arg)
{
	const struct body_row *row = arg;
	CHECK_NUMBER(parsed->result, row->reason ? ERR_SYNTAX : 0);
	if (row->reason)
		CHECK_TEXT(slice_text(parsed->error.reason), row->reason);
	else
		CHECK_TEXT(parsed->message.body, row->body);
}

static void the_body_is_what_content_length_says(void)
{
	static const struct body_row rows[] = {
		{"\r\n", "", NULL},
		{"\r\nall of it\r\n", "all of it\r\n", NULL}, /* no Content-Length: a datagram's end is the body's */
		{"Content-Length: 3\r\n\r\nall", "all", NULL},
		{"Content-Length: 3\r\n\r\nall of it", "all", NULL},
		{"Content-Length: 0\r\n\r\nINVITE sip:next SIP/2.0\r\n\r\n", "", NULL}, /* RFC 4475 §3.1.1.8 */
		{"l: 003\r\n\r\nall", "all", NULL},
		{"l: 3\r\nContent-Length: 03\r\n\r\nall", "all", NULL},
		{"l: 3\r\nl: 2\r\n\r\nall", "", "Two Content-Length headers say different numbers"},
		{"l: 4\r\n\r\nall", "", "Content-Length is larger than the body that came"},
		{"l: 9999\r\n\r\nall", "", "Content-Length is larger than the body that came"},
		{"l: 18446744073709551616\r\n\r\nall", "", "Content-Length is larger than the body that came"},
		{"l: 99999999999999999999999999999999\r\n\r\n", "", "Content-Length is larger than the body that came"},
		{"l: -999\r\n\r\nall", "", "Content-Length is not a number"},
		{"l: 3 3\r\n\r\nall", "", "Content-Length is not a number"},
		{"l: 3,3\r\n\r\nall", "", "Content-Length is not a number"},
		{"l: 0x3\r\n\r\nall", "", "Content-Length is not a number"},
		{"l:\r\n\r\nall", "", "Content-Length is not a number"},
	};
	char text[512];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int length = snprintf(text, sizeof(text), "MESSAGE sip:h SIP/2.0\r\n%s", rows[i].headers_and_body);
		with_limits(slice_of(text, (size_t)length), &limits, check_body, &rows[i]);
	}
}

struct limit_row {
	struct sip_limits limits;
	unsigned status; /* 0: good */
	size_t most;
};

static void check_limit(struct parsed *parsed, const void *arg)
{
	const struct limit_row *row = arg;
	CHECK_NUMBER(parsed->result, row->status ? ERR_LIMIT : 0);
	CHECK(parsed->message.is_request);
	if (row->status)
		CHECK_NUMBER(parsed->error.status, row->status);
	if (row->status)
		CHECK_NUMBER(parsed->error.most, row->most);
	if (row->limits.header_bytes > 100)
		CHECK(sip_message_via(&parsed->message));
}

static void limits_are_kept_and_named(void)
{
	static const char text[] = "MESSAGE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\na: 1\r\nb: 2\r\n\r\n0123456789";
	static const size_t all = sizeof(text) - 1;
	const struct limit_row rows[] = {
		{{all, all - 10, 10, 3}, 0, 0},
		{{all - 1, all - 10, 10, 3}, 513, all - 1},
		{{all, all - 13, 10, 3}, 513, all - 13},
		{{all, 23, 10, 3}, 513, 23},
		{{all, 22, 10, 3}, 414, 22},
		{{all, all, 9, 3}, 413, 9},
		{{all, all, 10, 2}, 513, 2},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		with_limits(SLICE(text), &rows[i].limits, check_limit, &rows[i]);
}

static void check_many(struct parsed *parsed, const void *row)
{
	struct sip_message *message = &parsed->message;
	unsigned count = 0;
	(void)row;
	CHECK_NUMBER(parsed->result, 0);
	CHECK_NUMBER(message->header_count, 99);
	for (const struct sip_header *header = sip_message_header(message, SIP_HEADER_ROUTE); header;
	     header = sip_message_next_header(message, header)) {
		CHECK_NUMBER(header->value.length, 1);
		CHECK_NUMBER(*header->value.at, 'a' + (int)(count++ % 26));
	}
	CHECK_NUMBER(count, 99);
}

static void many_headers_are_kept_in_order(void)
{
	char text[2048];
	int length = snprintf(text, sizeof(text), "ACK sip:h SIP/2.0\r\n");
	for (int count = 0; count < 99; count++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "Route: %c\r\n", 'a' + count % 26);
	length += snprintf(text + length, sizeof(text) - (size_t)length, "\r\n");
	with_message(slice_of(text, (size_t)length), check_many);
}

static void check_twice(struct parsed *parsed, const void *row)
{
	(void)row;
	CHECK_NUMBER(parsed->result, 0);
	CHECK(!sip_message_from(&parsed->message));
	CHECK(!sip_message_cseq(&parsed->message));
	CHECK(!sip_message_to(&parsed->message));
	CHECK(!sip_message_via(&parsed->message));
	CHECK(!sip_message_request_uri(&parsed->message));
}

static void values_that_stand_twice_or_nowhere_or_are_broken_are_null(void)
{
	with_message(SLICE("ACK <sip:h> SIP/2.0\r\nf: <sip:a@h>\r\nFrom: <sip:a@h>\r\nCSeq: 1 ACK\r\nCSeq: 1 ACK\r\n"
			   "Via: x, SIP/2.0/UDP h\r\n\r\n"),
		     check_twice);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_request_is_split_into_its_headers_and_body", a_request_is_split_into_its_headers_and_body,
		 TEST_PLAIN},
		{"values_are_parsed_at_the_first_call_and_kept", values_are_parsed_at_the_first_call_and_kept,
		 TEST_PLAIN},
		{"lists_are_walked_over_combined_and_repeated_headers",
		 lists_are_walked_over_combined_and_repeated_headers, TEST_PLAIN},
		{"responses_are_read", responses_are_read, TEST_PLAIN},
		{"request_lines_are_read", request_lines_are_read, TEST_PLAIN},
		{"header_lines_that_are_none_are_refused", header_lines_that_are_none_are_refused, TEST_PLAIN},
		{"what_follows_a_broken_line_is_read_so_that_it_can_be_answered",
		 what_follows_a_broken_line_is_read_so_that_it_can_be_answered, TEST_PLAIN},
		{"the_body_is_what_content_length_says", the_body_is_what_content_length_says, TEST_PLAIN},
		{"limits_are_kept_and_named", limits_are_kept_and_named, TEST_PLAIN},
		{"many_headers_are_kept_in_order", many_headers_are_kept_in_order, TEST_PLAIN},
		{"values_that_stand_twice_or_nowhere_or_are_broken_are_null",
		 values_that_stand_twice_or_nowhere_or_are_broken_are_null, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
