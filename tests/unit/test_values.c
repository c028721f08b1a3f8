/* Values of header fields: Via, name-addr, CSeq, lists, numbers, dates. SPDX-License-Identifier: MIT */
#include "sip/values.h"

#include "base/error.h"
#include "test.h"

static void lists_are_cut_at_commas_outside_of_quotes_and_brackets(void)
{
	static const struct {
		const char *list;
		const char *elements[4];
	} rows[] = {
		{"a", {"a"}},
		{"a,b", {"a", "b"}},
		{" a , b\r\n\t, c ", {"a", "b", "c"}},
		{"", {NULL}},
		{" ,, ,", {NULL}},
		{",a,,b,", {"a", "b"}},
		{"\"Bell, A.\" <sip:a,b@h>;x=\"1,2\", <sip:c@h>", {"\"Bell, A.\" <sip:a,b@h>;x=\"1,2\"", "<sip:c@h>"}},
		{"\"a\\\",b\" <sip:a@h>,x", {"\"a\\\",b\" <sip:a@h>", "x"}},
		{"\"open, <sip:a@h>, b", {"\"open, <sip:a@h>, b"}},
		{"<sip:a@h, b", {"<sip:a@h, b"}},
		{"\"\\", {"\"\\"}},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice rest = slice_text(rows[i].list), element;
		for (size_t place = 0; rows[i].elements[place]; place++) {
			CHECK(sip_list_next(&rest, &element));
			CHECK_TEXT(element, rows[i].elements[place]);
		}
		CHECK(!sip_list_next(&rest, &element));
	}
}

static void vias_are_taken_apart(void)
{
	static const struct {
		const char *text, *transport, *host;
		uint16_t port;
		const char *branch, *received;
		bool has_rport;
		uint16_t rport;
	} rows[] = {
		{"SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1;rport", "UDP", "192.0.2.1", 5060, "z9hG4bK1", "", true, 0},
		{"SIP/2.0/WSS abc.invalid;branch=z9hG4bK1", "WSS", "abc.invalid", 0, "z9hG4bK1", "", false, 0},
		{"SIP/2.0/TCP h;received=192.0.2.7;rport=9988;BRANCH=b", "TCP", "h", 0, "b", "192.0.2.7", true, 9988},
		{"sip/2.0/tls h;rport=", "tls", "h", 0, "", "", true, 0},
		{"SIP/2.0/UDP h", "UDP", "h", 0, "", "", false, 0},
		/* RFC 4475 §3.1.1.1, §3.1.1.10, §3.2.1 */
		{"SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw", "UDP", "192.0.2.2", 0, "390skdjuw", "",
		 false, 0},
		{"SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ", "TCP",
		 "spindle.example.com", 0, "z9hG4bK9ikj8", "", false, 0},
		{"SIP/2.0/UDP 192.0.2.1 : 5060 ; branch=z9hG4bK", "UDP", "192.0.2.1", 5060, "z9hG4bK", "", false, 0},
		{"SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKkdjuw", "UNKNOWN", "t4.example.com", 0, "z9hG4bKkdjuw",
		 "", false, 0},
		/* RFC 5118 §4.5 */
		{"SIP/2.0/UDP [2001:db8::9:1]:6050;received=[2001:db8::9:255];branch=b", "UDP", "[2001:db8::9:1]", 6050,
		 "b", "[2001:db8::9:255]", false, 0},
		{"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=b", "UDP", "[2001:db8::9:1]", 0, "b",
		 "2001:db8::9:255", false, 0},
		/* RFC 4475 §3.1.2.1: refused by the check, but readable */
		{"SIP/2.0/UDP 192.0.2.15;;branch=b;", "UDP", "192.0.2.15", 0, "b", "", false, 0},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_via via;
		CHECK_NUMBER(sip_via_parse(slice_text(rows[i].text), &via), 0);
		CHECK_TEXT(via.transport, rows[i].transport);
		CHECK_TEXT(via.host, rows[i].host);
		CHECK_NUMBER(via.port, rows[i].port);
		CHECK_TEXT(via.branch, rows[i].branch);
		CHECK_TEXT(via.received, rows[i].received);
		CHECK_NUMBER(via.has_rport, rows[i].has_rport);
		CHECK_NUMBER(via.rport, rows[i].rport);
	}
}

static void broken_vias_are_refused(void)
{
	static const char *const rows[] = {
		"",
		"SIP/2.0/UDP",
		"SIP/2.0/UDP ",
		"SIP/2.0 h",
		"SIP/2.0/UDPh",
		"SIP//UDP h",
		"/2.0/UDP h",
		"SIP/2.0/ h",
		"SIP/2.0/UDP h:0",
		"SIP/2.0/UDP h:65536",
		"SIP/2.0/UDP h:",
		"SIP/2.0/UDP h;rport=x",
		"SIP/2.0/UDP h;rport=65536",
		"SIP/2.0/UDP h x",
		"SIP/2.0/UDP h;a b",
		"SIP/2.0/UDP h;\"x\"",
		"SIP/2.0/UDP ;branch=b",
		"SIP/2.0/UDP [::1",
		"SIP/2.0/UDP 2001:db8::1",
		"SIP/2.0/UDP h;a=\"x",
		"SIP/2.0/UDP <h>",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_via via = {.port = 7};
		if (sip_via_parse(slice_text(rows[i]), &via) != ERR_SYNTAX)
			CHECK_TEXT(SLICE("(accepted)"), rows[i]);
		CHECK_NUMBER(via.port, 7);
	}
}

static void name_addresses_are_taken_apart(void)
{
	static const struct {
		const char *text, *display_name, *uri, *parameters, *tag;
	} rows[] = {
		{"sip:b@d", "", "sip:b@d", "", ""}, /* as Linphone sends To */
		{"sip:b@d;tag=1", "", "sip:b@d", "tag=1", "1"},
		{"sip:b@d ; tag = 1", "", "sip:b@d", " tag = 1", "1"},
		{"<sip:b@d;lr>;tag=1", "", "sip:b@d;lr", "tag=1", "1"},
		{"Bob <sip:b@d>", "Bob", "sip:b@d", "", ""},
		{"Bob B. Builder   <sip:b@d>", "Bob B. Builder", "sip:b@d", "", ""},
		{"\"Bell, A. <x>\" <sip:b@d>;tag=1", "Bell, A. <x>", "sip:b@d", "tag=1", "1"},
		{"\"\" <sip:b@d>", "", "sip:b@d", "", ""},
		{"\"\xd0\xb6 \xe2\x98\x83\"<sip:b@d>", "\xd0\xb6 \xe2\x98\x83", "sip:b@d", "", ""},
		{"J\xc3\xbcrgen <sip:b@d>", "J\xc3\xbcrgen", "sip:b@d", "", ""},
		{"Bob (home) <sip:b@d>", "Bob (home)", "sip:b@d", "", ""},
		{"<sip:b@d?Route=%3Csip:x%3E>", "", "sip:b@d?Route=%3Csip:x%3E", "", ""},
		{"<sip:b,c@d>", "", "sip:b,c@d", "", ""},
		{"<sip:b@d>;+sip.instance=\"<urn:uuid:0>\";reg-id=1", "", "sip:b@d",
		 "+sip.instance=\"<urn:uuid:0>\";reg-id=1", ""},
		/* RFC 4475 §3.1.1.1, §3.1.1.6, §3.3.8, §3.3.10 */
		{"sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n", "", "sip:vivekg@chair-dnrc.example.com",
		 "   tag    = 1918181833n", "1918181833n"},
		{"\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8",
		 "J Rosenberg \\\\\\\"", "sip:jdrosen@example.com", "\r\n  tag = 98asjd8", "98asjd8"},
		{"token1~` token2'+_ token3*%!.- "
		 "<sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\";tag=_token~1'+`*%!-.",
		 "token1~` token2'+_ token3*%!.-", "sip:mundane@example.com",
		 "fromParam''~+*_!.-%=\"\xd1\x80\";tag=_token~1'+`*%!-.", "_token~1'+`*%!-."},
		{"caller<sip:caller@example.com>;tag=323", "caller", "sip:caller@example.com", "tag=323", "323"},
		{"<isbn:2983792873>", "", "isbn:2983792873", "", ""},
		{"isbn:2983792873;tag=1", "", "isbn:2983792873", "tag=1", "1"},
		{"sip:+19725552222@gw1.example.net;unknownparam", "", "sip:+19725552222@gw1.example.net",
		 "unknownparam", ""},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_name_address address;
		CHECK_NUMBER(sip_name_address_parse(slice_text(rows[i].text), &address), 0);
		CHECK_TEXT(address.display_name, rows[i].display_name);
		CHECK_TEXT(address.uri_text, rows[i].uri);
		CHECK_TEXT(address.uri.text, rows[i].uri);
		CHECK_TEXT(address.parameters, rows[i].parameters);
		CHECK_TEXT(sip_tag(&address), rows[i].tag);
	}
}

static void a_display_name_may_hold_escaped_control_bytes(void)
{
	/* RFC 4475 §3.1.1.2: BEL, NUL and DEL, each as a quoted-pair */
	struct sip_name_address address;
	char plain[32];
	struct slice text = SLICE("\"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7f\" <sip:a@h>");
	CHECK_NUMBER(sip_name_address_parse(text, &address), 0);
	CHECK_TEXT(address.uri_text, "sip:a@h");
	CHECK_NUMBER(sip_unquote(address.display_name, plain), sizeof("BEL:x NUL:x DEL:x") - 1);
	CHECK_NUMBER(plain[10], 0);
}

static void broken_name_addresses_are_refused(void)
{
	static const char *const rows[] = {
		"",
		"*",
		"Bob",
		"<>",
		"<sip:b@d",
		"sip:b@d>",
		"\"Bob <sip:b@d>",
		"\"Bob\" sip:b@d",
		"\"Bob\"",
		"Bob sip:b@d",
		"<sip:b@d> x",
		"<sip:b@d>;",
		"<sip:b@d>;;",
		"<sip:b@d>;a;;b",
		"<sip:b@d>;a b",
		"<sip:b@d>;=x",
		"<sip:b@d>,",
		"<sip:b@d>;a=\"x",
		"<sip:b@d>;a=<x>",
		"sip:b@d;",
		"sip:b@d x",
		"<<sip:b@d>>",
		"a\\b <sip:b@d>",
		/* RFC 4475 §3.1.2.1, §3.1.2.6, §3.1.2.13, §3.1.2.14, §3.1.2.15 */
		"\"Joe\" <sip:joe@example.org>;;;;",
		"\"Mr. J. User <sip:j.user@example.com>",
		"sip:user@example.com?Route=%3C",
		"\"Watson, Thomas\" < sip:t.watson@example.org >",
		"Bell, Alexander <sip:a.g.bell@example.com>;tag=43",
		"sip:a,b@h",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_name_address address = {.display_name = SLICE("untouched")};
		if (sip_name_address_parse(slice_text(rows[i]), &address) != ERR_SYNTAX)
			CHECK_TEXT(SLICE("(accepted)"), rows[i]);
		CHECK_TEXT(address.display_name, "untouched");
	}
}

static void cseq_is_a_number_below_2_to_31_and_a_method(void)
{
	static const struct {
		const char *text;
		int result;
		uint32_t number;
		const char *method;
	} rows[] = {
		{"1 REGISTER", 0, 1, "REGISTER"},
		{"0009\r\n  INVITE", 0, 9, "INVITE"},
		{"2147483647 MESSAGE", 0, 2147483647, "MESSAGE"},
		{"139122385 !interesting-Method0123456789_*+`.%indeed'~", 0, 139122385,
		 "!interesting-Method0123456789_*+`.%indeed'~"},
		{"2147483648 MESSAGE", ERR_SYNTAX, 0, NULL},
		{"36893488147419103232 REGISTER", ERR_SYNTAX, 0, NULL}, /* RFC 4475 §3.1.2.4 */
		{"-1 INVITE", ERR_SYNTAX, 0, NULL},
		{"1INVITE", ERR_SYNTAX, 0, NULL},
		{"1", ERR_SYNTAX, 0, NULL},
		{"INVITE", ERR_SYNTAX, 0, NULL},
		{"1 INVITE x", ERR_SYNTAX, 0, NULL},
		{"1 INV/TE", ERR_SYNTAX, 0, NULL},
		{"", ERR_SYNTAX, 0, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_cseq cseq = {0};
		CHECK_NUMBER(sip_cseq_parse(slice_text(rows[i].text), &cseq), rows[i].result);
		CHECK_NUMBER(cseq.number, rows[i].number);
		CHECK_TEXT(cseq.method_text, rows[i].method);
		CHECK_NUMBER(cseq.method, sip_method_find(slice_text(rows[i].method)));
	}
}

static void media_types_are_taken_apart(void)
{
	static const struct {
		const char *text, *type, *subtype, *parameters; /* type NULL: refused */
	} rows[] = {
		{"text/plain", "text", "plain", ""},
		{"application/im-iscomposing+xml", "application", "im-iscomposing+xml", ""},
		{" text / plain ;charset=\"UTF-8\"", "text", "plain", "charset=\"UTF-8\""},
		{"multipart/mixed; boundary=7a9cbec02ceef655", "multipart", "mixed", " boundary=7a9cbec02ceef655"},
		{"text", NULL, NULL, NULL},
		{"text/", NULL, NULL, NULL},
		{"/plain", NULL, NULL, NULL},
		{"text/plain x", NULL, NULL, NULL},
		{"text/plain;", NULL, NULL, NULL},
		{"", NULL, NULL, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_media_type type = {0};
		CHECK_NUMBER(sip_media_type_parse(slice_text(rows[i].text), &type), rows[i].type ? 0 : ERR_SYNTAX);
		CHECK_TEXT(type.type, rows[i].type);
		CHECK_TEXT(type.subtype, rows[i].subtype);
		CHECK_TEXT(type.parameters, rows[i].parameters);
	}
}

static void seconds_are_capped_and_must_be_digits(void)
{
	static const struct {
		const char *text;
		int result;
		uint32_t seconds;
	} rows[] = {
		{"0", 0, 0},
		{" 3600 ", 0, 3600},
		{"4294967295", 0, UINT32_MAX},
		{"4294967296", 0, UINT32_MAX},
		{"1000000000000000000000000000000000000", 0, UINT32_MAX},
		{"", ERR_SYNTAX, 7},
		{"-1", ERR_SYNTAX, 7},
		{"1.5", ERR_SYNTAX, 7},
		{"1 2", ERR_SYNTAX, 7},
		{"Sat, 13 Nov 2010 23:29:00 GMT", ERR_SYNTAX, 7},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t seconds = 7;
		CHECK_NUMBER(sip_seconds_parse(slice_text(rows[i].text), &seconds), rows[i].result);
		CHECK_NUMBER(seconds, rows[i].seconds);
	}
}

static void q_is_counted_in_thousandths(void)
{
	static const struct {
		const char *text;
		unsigned thousandths; /* 9999: refused */
	} rows[] = {
		{"0", 0},      {"0.", 0},        {"0.5", 500},   {"0.33", 330},   {"0.001", 1},   {"1", 1000},
		{"1.0", 1000}, {"1.000", 1000},  {" 0.7 ", 700}, {"1.001", 9999}, {"2", 9999},    {"", 9999},
		{".5", 9999},  {"0.0001", 9999}, {"0,5", 9999},  {"0.x", 9999},   {"-0.5", 9999}, {"00", 9999},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned thousandths = 9999;
		CHECK_NUMBER(sip_q_parse(slice_text(rows[i].text), &thousandths),
			     rows[i].thousandths == 9999 ? ERR_SYNTAX : 0);
		CHECK_NUMBER(thousandths, rows[i].thousandths);
	}
}

static void dates_are_read_and_written(void)
{
	static const struct {
		int64_t unix_s;
		const char *text;
	} rows[] = {
		{0, "Thu, 01 Jan 1970 00:00:00 GMT"},
		{951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
		{1289690940, "Sat, 13 Nov 2010 23:29:00 GMT"},
		{2147483648, "Tue, 19 Jan 2038 03:14:08 GMT"},
		{4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"},
		{4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"},
		{253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
	};
	char text[SIP_DATE_SIZE];
	int64_t unix_s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_TEXT(sip_date_write(rows[i].unix_s, text), rows[i].text);
		CHECK_NUMBER(sip_date_parse(slice_text(rows[i].text), &unix_s), 0);
		CHECK_NUMBER(unix_s, rows[i].unix_s);
	}
	for (int64_t moment = 0; moment < INT64_C(40000) * 86400; moment += 86399) {
		CHECK_NUMBER(sip_date_parse(sip_date_write(moment, text), &unix_s), 0);
		CHECK_NUMBER(unix_s, moment);
	}
	CHECK_TEXT(sip_date_write(INT64_MAX, text), "Fri, 31 Dec 9999 23:59:59 GMT");
	CHECK_TEXT(sip_date_write(INT64_MIN, text), "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void broken_dates_are_refused(void)
{
	static const char *const rows[] = {
		"",
		"Sat",
		"Fri, 01 Jan 2010 16:00:00 EST" /* RFC 4475 §3.1.2.12 */,
		"Sat, 13 Nov 2010 23:29:00",
		"Sat, 31 Feb 2010 23:29:00 GMT",
		"Sat, 29 Feb 2100 23:29:00 GMT",
		"Sat, 00 Nov 2010 23:29:00 GMT",
		"Sat, 13 Nov 2010 24:00:00 GMT",
		"Sat, 13 Nov 10 23:29:00 GMT",
		"Xat, 13 Nov 2010 23:29:00 GMT",
		"Sat, 13 Nvv 2010 23:29:00 GMT",
		"Sat, 3 Nov 2010 23:29:00 GMT",
		"Sat, 13 Nov 2010 23:29:00 GMT x",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int64_t unix_s = 7;
		if (sip_date_parse(slice_text(rows[i]), &unix_s) != ERR_SYNTAX)
			CHECK_TEXT(SLICE("(accepted)"), rows[i]);
		CHECK_NUMBER(unix_s, 7);
	}
}

static void unquoting_undoes_escapes_with_or_without_quotes(void)
{
	static const struct {
		const char *quoted, *plain;
	} rows[] = {
		{"\"a\\\"b\"", "a\"b"}, {"a\\\"b", "a\"b"}, {"\"\"", ""},   {"", ""},
		{"plain", "plain"},     {"end\\", "end\\"}, {"\\\\", "\\"}, {"\"<urn:uuid:0>\"", "<urn:uuid:0>"},
	};
	char plain[32];
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_TEXT(slice_of(plain, sip_unquote(slice_text(rows[i].quoted), plain)), rows[i].plain);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"lists_are_cut_at_commas_outside_of_quotes_and_brackets",
		 lists_are_cut_at_commas_outside_of_quotes_and_brackets, TEST_PLAIN},
		{"vias_are_taken_apart", vias_are_taken_apart, TEST_PLAIN},
		{"broken_vias_are_refused", broken_vias_are_refused, TEST_PLAIN},
		{"name_addresses_are_taken_apart", name_addresses_are_taken_apart, TEST_PLAIN},
		{"a_display_name_may_hold_escaped_control_bytes", a_display_name_may_hold_escaped_control_bytes,
		 TEST_PLAIN},
		{"broken_name_addresses_are_refused", broken_name_addresses_are_refused, TEST_PLAIN},
		{"cseq_is_a_number_below_2_to_31_and_a_method", cseq_is_a_number_below_2_to_31_and_a_method,
		 TEST_PLAIN},
		{"media_types_are_taken_apart", media_types_are_taken_apart, TEST_PLAIN},
		{"seconds_are_capped_and_must_be_digits", seconds_are_capped_and_must_be_digits, TEST_PLAIN},
		{"q_is_counted_in_thousandths", q_is_counted_in_thousandths, TEST_PLAIN},
		{"dates_are_read_and_written", dates_are_read_and_written, TEST_PLAIN},
		{"broken_dates_are_refused", broken_dates_are_refused, TEST_PLAIN},
		{"unquoting_undoes_escapes_with_or_without_quotes", unquoting_undoes_escapes_with_or_without_quotes,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
