/* What every message must have, and what must not be refused for being strange (RFC 4475).
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sip/message.h"
#include "test.h"

#include <stdio.h>

static const struct sip_limits limits = {
	.message_bytes = 65536, .header_bytes = 16384, .body_bytes = 32768, .header_count = 100};

#define VIA "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
#define FROM "From: <sip:alice@example.test>;tag=1\r\n"
#define TO "To: sip:bob@example.test\r\n"
#define CALL_ID "Call-ID: a@b\r\n"
#define CSEQ "CSeq: 1 MESSAGE\r\n"
#define ALL VIA FROM TO CALL_ID CSEQ
#define LINE "MESSAGE sip:bob@example.test SIP/2.0\r\n"

struct row {
	const char *start_line, *headers;
	unsigned status; /* 0: good */
	const char *reason;
};

/* The result of the check; -1 where the first pass has failed already. */
static int check_text(struct slice text, struct sip_parse_error *error)
{
	struct arena arena;
	struct sip_message message;
	arena_init(&arena, NULL, 65536);
	int result = sip_message_parse(&message, &arena, text, &limits, error);
	result = result == 0 ? sip_message_check(&message, error) : -1;
	arena_finish(&arena);
	return result;
}

static void check_row(const struct row *row)
{
	char text[1024];
	struct sip_parse_error error = {0};
	int length = snprintf(text, sizeof(text), "%s%s\r\n", row->start_line, row->headers);
	CHECK(length > 0 && (size_t)length < sizeof(text));
	int result = check_text(slice_of(text, (size_t)length), &error);
	CHECK_TEXT(slice_text(error.reason), row->reason);
	CHECK_NUMBER(result, row->status ? ERR_SYNTAX : 0);
	CHECK_NUMBER(error.status, row->status);
	CHECK(error.offset <= (size_t)length);
}

static void messages_without_what_they_must_have_are_refused_by_name(void)
{
	static const struct row rows[] = {
		{LINE, ALL, 0, NULL},
		{LINE, FROM TO CALL_ID CSEQ, 400, "The Via header is missing"},
		{LINE, VIA TO CALL_ID CSEQ, 400, "The From header is missing"},
		{LINE, VIA FROM CALL_ID CSEQ, 400, "The To header is missing"},
		{LINE, VIA FROM TO CSEQ, 400, "The Call-ID header is missing"},
		{LINE, VIA FROM TO CALL_ID, 400, "The CSeq header is missing"},
		{"SIP/2.0 200 OK\r\n", ALL, 0, NULL},
		{"SIP/2.0 200 OK\r\n", VIA FROM TO CALL_ID, 400, "The CSeq header is missing"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void headers_that_are_broken_are_refused_by_name(void)
{
	static const char cseq[] = "The CSeq header is not a number below 2**31 and a method";
	static const char forwards[] = "Max-Forwards is not a number from 0 to 255";
	static const struct row rows[] = {
		{LINE, "Via: x\r\n" FROM TO CALL_ID CSEQ, 400, "The Via header is malformed"},
		{LINE, "Via:\r\n" FROM TO CALL_ID CSEQ, 400, "The Via header is malformed"},
		/* RFC 4475 §3.1.2.1 */
		{LINE, "Via: SIP/2.0/UDP 192.0.2.15;;,;,,\r\n" FROM TO CALL_ID CSEQ, 400,
		 "The Via header is malformed"},
		{LINE, VIA "f: \"Mr. J. User <sip:j.user@example.com>\r\n" TO CALL_ID CSEQ, 400,
		 "The From header is malformed"},
		{LINE, VIA FROM "t: \"Watson\" < sip:t.watson@example.org >\r\n" CALL_ID CSEQ, 400,
		 "The To header is malformed"},
		{LINE, VIA FROM TO "Call-ID:\r\n" CSEQ, 400, "The Call-ID header is malformed"},
		{LINE, VIA FROM TO "Call-ID: a b\r\n" CSEQ, 400, "The Call-ID header is malformed"},
		{LINE, VIA FROM TO "Call-ID: a\x01\r\n" CSEQ, 400, "The Call-ID header is malformed"},
		{LINE, VIA FROM TO CALL_ID "CSeq: 2147483648 MESSAGE\r\n", 400, cseq},
		{LINE, VIA FROM TO CALL_ID "CSeq: 36893488147419103232 MESSAGE\r\n", 400, cseq},
		{"SIP/2.0 200 OK\r\n", VIA FROM TO CALL_ID "CSeq: 9292394834772304023312 OPTIONS\r\n", 400, cseq},
		{LINE, VIA FROM TO CALL_ID "CSeq: MESSAGE\r\n", 400, cseq},
		{LINE, VIA FROM TO CALL_ID "CSeq: 8 INVITE\r\n", 400, "The method in CSeq is not that of the request"},
		{LINE, VIA FROM TO CALL_ID "CSeq: 8 message\r\n", 400, "The method in CSeq is not that of the request"},
		{LINE, ALL "Max-Forwards: 255\r\n", 0, NULL},
		{LINE, ALL "Max-Forwards: 0068\r\n", 0, NULL},
		{LINE, ALL "Max-Forwards: 0\r\n", 0, NULL},
		{LINE, ALL "Max-Forwards: 256\r\n", 400, forwards},
		{LINE, ALL "Max-Forwards: 300\r\n", 400, forwards},
		{LINE, ALL "Max-Forwards: -1\r\n", 400, forwards},
		{LINE, ALL "Max-Forwards:\r\n", 400, forwards},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void headers_that_may_stand_once_are_refused_twice(void)
{
	static const struct row rows[] = {
		{LINE, ALL FROM, 400, "The From header stands more than once"},
		{LINE, ALL TO, 400, "The To header stands more than once"},
		{LINE, ALL CALL_ID, 400, "The Call-ID header stands more than once"},
		{LINE, ALL "i: a@b\r\n", 400, "The Call-ID header stands more than once"},
		{LINE, ALL CSEQ, 400, "The CSeq header stands more than once"},
		{LINE, ALL "Max-Forwards: 1\r\nMax-Forwards: 1\r\n", 400,
		 "The Max-Forwards header stands more than once"},
		{LINE, ALL "Expires: 1\r\nExpires: 2\r\n", 400, "The Expires header stands more than once"},
		{LINE, ALL "c: text/plain\r\nContent-Type: text/html\r\n", 400,
		 "The Content-Type header stands more than once"},
		{LINE, ALL "l: 0\r\nContent-Length: 0\r\n", 0, NULL},
		{LINE, ALL "User-Agent: a\r\nUser-Agent: b\r\n", 0, NULL},
		{LINE, ALL "X: a\r\nX: b\r\n" VIA, 0, NULL},
		{LINE, ALL "Authorization: a\r\nAuthorization: b\r\n", 0, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void request_uris_of_any_scheme_pass_and_broken_ones_do_not(void)
{
	static const struct row rows[] = {
		{"MESSAGE nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\r\n", ALL, 0,
		 NULL}, /* 416 is for others */
		{"MESSAGE soap.beep://192.0.2.103:3002 SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE http://example.test/?a=b SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE tel:+12015550123 SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE im:bob@example.test SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE sip:chair-dnrc.example.com;unknownparam SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE sips:[2001:db8::10] SIP/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE sip:2001:db8::10 SIP/2.0\r\n", ALL, 400, "The Request-URI is malformed"},
		{"MESSAGE <sip:user@example.com> SIP/2.0\r\n", ALL, 400, "The Request-URI stands in angle brackets"},
		{"MESSAGE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0\r\n", ALL, 400,
		 "The Request-URI holds headers"},
		{"MESSAGE bob SIP/2.0\r\n", ALL, 400, "The Request-URI is malformed"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void other_versions_are_refused_505_and_case_is_ignored(void)
{
	static const struct row rows[] = {
		{"MESSAGE sip:bob@example.test sip/2.0\r\n", ALL, 0, NULL},
		{"MESSAGE sip:bob@example.test SIP/7.0\r\n", ALL, 505, "This server speaks SIP/2.0"},
		{"MESSAGE sip:bob@example.test SIP/7.0\r\n", "", 505, "This server speaks SIP/2.0"},
		{"SIP/3.0 200 OK\r\n", ALL, 505, "This server speaks SIP/2.0"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		check_row(&rows[i]);
}

static void a_short_tortuous_invite_is_good(void)
{
	/* after RFC 4475 §3.1.1.1 and §3.1.1.2, with all their blanks, folds and unlikely characters */
	struct sip_parse_error error = {0};
	struct slice text =
		SLICE("!i*+`.%n'~ sip:1_u.URI~(to-be!sure)&is't+it$/crazy?,/;;*:&it=1,w!*p$d@example.com SIP/2.0\r\n"
		      "TO :\r\n \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f\" <sip:vivekg@chair-dnrc.example.com> ;   tag    = "
		      "1918181833n\r\n"
		      "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n"
		      "MaX-fOrWaRdS: 0068\r\n"
		      "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\n"
		      "Content-Length   : 150\r\n"
		      "cseq: 0009\r\n  !i*+`.%n'~\r\n"
		      "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
		      "s :\r\n"
		      "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
		      "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
		      "extensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\r\n"
		      "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
		      " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
		      "\r\n"
		      "123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890"
		      "123456789012345678901234567890123456789012345678901234567890");
	int result = check_text(text, &error);
	CHECK_TEXT(slice_text(error.reason), NULL);
	CHECK_NUMBER(result, 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"messages_without_what_they_must_have_are_refused_by_name",
		 messages_without_what_they_must_have_are_refused_by_name, TEST_PLAIN},
		{"headers_that_are_broken_are_refused_by_name", headers_that_are_broken_are_refused_by_name,
		 TEST_PLAIN},
		{"headers_that_may_stand_once_are_refused_twice", headers_that_may_stand_once_are_refused_twice,
		 TEST_PLAIN},
		{"request_uris_of_any_scheme_pass_and_broken_ones_do_not",
		 request_uris_of_any_scheme_pass_and_broken_ones_do_not, TEST_PLAIN},
		{"other_versions_are_refused_505_and_case_is_ignored",
		 other_versions_are_refused_505_and_case_is_ignored, TEST_PLAIN},
		{"a_short_tortuous_invite_is_good", a_short_tortuous_invite_is_good, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
