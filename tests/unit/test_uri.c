/* URIs: taking apart, comparing, escapes, parameters. SPDX-License-Identifier: MIT */
#include "sip/uri.h"

#include "base/error.h"
#include "test.h"

#include <stdlib.h>

/* The text in a block of exactly its size, so that a parser which reads on is caught. */
static struct slice exact_copy(const char *text)
{
	size_t length = strlen(text);
	char *copy = malloc(length > 0 ? length : 1);
	if (copy)
		memcpy(copy, text, length);
	return copy ? slice_of(copy, length) : slice_of(NULL, 0);
}

struct uri_row {
	const char *text;
	enum uri_scheme scheme;
	const char *user, *password, *host;
	uint16_t port;
	const char *parameters, *headers;
};

static void check_parts(const struct uri_row *row, struct slice text)
{
	struct sip_uri uri;
	CHECK_NUMBER(sip_uri_parse(text, &uri), 0);
	CHECK_NUMBER(uri.scheme, row->scheme);
	CHECK_TEXT(uri.text, row->text);
	CHECK_TEXT(uri.user, row->user);
	CHECK_NUMBER(uri.has_user, row->user[0] != 0);
	CHECK_TEXT(uri.password, row->password);
	CHECK_TEXT(uri.host, row->host);
	CHECK_NUMBER(uri.port, row->port);
	CHECK_TEXT(uri.parameters, row->parameters);
	CHECK_TEXT(uri.headers, row->headers);
}

static void uris_are_taken_apart(void)
{
	static const struct uri_row rows[] = {
		{"sip:example.test", URI_SIP, "", "", "example.test", 0, "", ""},
		{"sip:alice@example.test", URI_SIP, "alice", "", "example.test", 0, "", ""},
		{"SIP:alice@example.test", URI_SIP, "alice", "", "example.test", 0, "", ""},
		{"sips:alice:secret@192.0.2.1:5061;transport=tcp?subject=x&priority=urgent", URI_SIPS, "alice",
		 "secret", "192.0.2.1", 5061, "transport=tcp", "subject=x&priority=urgent"},
		{"sip:example.test;lr", URI_SIP, "", "", "example.test", 0, "lr", ""},
		{"sip:example.test?a=b", URI_SIP, "", "", "example.test", 0, "", "a=b"},
		{"sip:alice@192.0.2.1;", URI_SIP, "alice", "", "192.0.2.1", 0, "", ""},
		{"sip:alice@a_host.example.test.:05060", URI_SIP, "alice", "", "a_host.example.test.", 5060, "", ""},
		{"sip:#31#5551234@example.test", URI_SIP, "#31#5551234", "", "example.test", 0, "", ""},
		/* RFC 5118 §4.1, §4.4 */
		{"sip:[2001:db8::10]", URI_SIP, "", "", "[2001:db8::10]", 0, "", ""},
		{"sip:user@[2001:db8::10:5070]", URI_SIP, "user", "", "[2001:db8::10:5070]", 0, "", ""},
		{"sip:user@[2001:db8::10]:5070;lr", URI_SIP, "user", "", "[2001:db8::10]", 5070, "lr", ""},
		{"sip:user@[::ffff:192.0.2.10]", URI_SIP, "user", "", "[::ffff:192.0.2.10]", 0, "", ""},
		/* RFC 4475 §3.1.1.2, §3.1.1.3, §3.1.1.9 */
		{"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@"
		 "example.com",
		 URI_SIP, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
		 "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", "example.com", 0, "", ""},
		{"sip:sips%3Auser%40example.com@example.net", URI_SIP, "sips%3Auser%40example.com", "", "example.net",
		 0, "", ""},
		{"sip:user;par=u%40example.net@example.com", URI_SIP, "user;par=u%40example.net", "", "example.com", 0,
		 "", ""},
		{"sip:null-%00-null@example.com", URI_SIP, "null-%00-null", "", "example.com", 0, "", ""},
		{"tel:+1-201-555-0123", URI_TEL, "+1-201-555-0123", "", "", 0, "", ""},
		{"tel:7042;phone-context=example.com", URI_TEL, "7042", "", "", 0, "phone-context=example.com", ""},
		{"pres:alice@example.test", URI_PRES, "alice", "", "example.test", 0, "", ""},
		{"im:alice@example.test?subject=x", URI_IM, "alice", "", "example.test", 0, "", "subject=x"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice text = exact_copy(rows[i].text);
		if (text.at)
			check_parts(&rows[i], text);
		free((void *)(uintptr_t)text.at);
	}
}

static void unknown_schemes_are_kept_whole(void)
{
	struct sip_uri uri;
	CHECK_NUMBER(sip_uri_parse(SLICE("soap.beep://192.0.2.103:3002"), &uri), 0);
	CHECK_NUMBER(uri.scheme, URI_OTHER);
	CHECK_TEXT(uri.scheme_name, "soap.beep");
	CHECK_TEXT(uri.rest, "//192.0.2.103:3002");
	CHECK_TEXT(uri.host, "");
	CHECK_NUMBER(sip_uri_parse(SLICE("urn:service:sos;x?y"), &uri), 0);
	CHECK_TEXT(uri.rest, "service:sos;x?y");
}

static void check_refused(const char *text, struct slice copy)
{
	struct sip_uri uri = {.port = 7};
	bool is_refused = sip_uri_parse(copy, &uri) == ERR_SYNTAX;
	if (!is_refused)
		CHECK_TEXT(SLICE("(accepted)"), text);
	CHECK_NUMBER(uri.port, 7);
}

static void broken_uris_are_refused_and_leave_the_result_alone(void)
{
	static const char *const rows[] = {
		"",
		":",
		"sip",
		"sip:",
		"sip:@",
		"sip:@host",
		"sip::x@host",
		"9sip:host",
		"+x:host",
		"sip:a@",
		"sip:a@b@c",
		"sip:a b@host",
		"sip:a@ho st",
		"sip:host;a b",
		" sip:host",
		"sip:host ",
		"<sip:host>",
		"sip:host>",
		"sip:host:",
		"sip:host:0",
		"sip:host:65536",
		"sip:host:-1",
		"sip:host:5060x",
		"sip:2001:db8::10",
		"sip:[2001:db8::10",
		"sip:[]",
		"sip:[1:2]x",
		"sip:[192.0.2.1]",
		"sip:[zz::1]",
		"sip:[2001:db8::1%25eth0]",
		"sip:a%4@host",
		"sip:a%@host",
		"sip:a%zz@host",
		"sip:host;a=%f",
		"sip:host?",
		"sip:.host",
		"sip:-host",
		"sip:h\"st",
		"sip:\xc3\xa4@host",
		"sip:host;a=\"b\"",
		"sip:\x01@host",
		"sip:user;x@",
		"tel:",
		"tel:+",
		"tel:xyz",
		"pres:host",
		"im:a@host:5060",
		"isbn:",
		"isbn:2 3",
		"x:<y>",
		"*",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice text = exact_copy(rows[i]);
		if (text.at)
			check_refused(rows[i], text);
		free((void *)(uintptr_t)text.at);
	}
}

static void uris_compare_as_the_rfc_says(void)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		/* the examples of RFC 3261 §19.1.4 */
		{"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
		{"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
		{"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
		 "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
		{"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
		 "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
		{"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
		{"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
		{"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
		{"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
		{"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
		/* and more of its rules */
		{"sip:alice@example.test", "sips:alice@example.test", false},
		{"sip:example.test", "sip:alice@example.test", false},
		{"sip:alice:a@example.test", "sip:alice:b@example.test", false},
		{"sip:alice@example.test;maddr=192.0.2.1", "sip:alice@example.test", false},
		{"sip:alice@example.test;user=ip", "sip:alice@example.test", false},
		{"sip:alice@example.test.", "sip:alice@example.test", true},
		{"sip:a%3Bb@example.test", "sip:a;b@example.test", false}, /* reserved: not the same escaped */
		{"sip:a%3bb@example.test", "sip:a%3Bb@example.test", true},
		{"sip:%00@example.test", "sip:%00%00@example.test", false},
		{"sip:x@example.test;%6C%72;n%61me=v%61lue%25%34%31", "sip:x@example.test;lr;name=value%2541", true},
		{"sip:x@example.test;;a=1;", "sip:x@example.test;a=1", true},
		{"pres:alice@EXAMPLE.test", "PRES:alice@example.test", true},
		{"pres:alice@example.test", "im:alice@example.test", false},
		{"tel:+1-201-555-0123", "tel:+1(201)555.0123", true},
		{"tel:+12015550123", "tel:+12015550124", false},
		{"tel:+12015550123", "tel:+1201555012", false},
		{"tel:7042;phone-context=example.com", "tel:7042;phone-context=EXAMPLE.com", true},
		{"tel:7042;phone-context=example.com", "tel:7042", false},
		{"urn:x", "urn:x", true},
		{"urn:x", "urn:X", false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sip_uri a, b;
		CHECK_NUMBER(sip_uri_parse(slice_text(rows[i].a), &a), 0);
		CHECK_NUMBER(sip_uri_parse(slice_text(rows[i].b), &b), 0);
		if (sip_uri_equal(&a, &b) != rows[i].equal)
			CHECK_TEXT(b.text, rows[i].a);
		CHECK_NUMBER(sip_uri_equal(&b, &a), rows[i].equal);
		CHECK(sip_uri_equal(&a, &a));
	}
}

static void a_uri_with_thousands_of_parameters_compares_in_no_time(void)
{
	static char text[60000];
	struct sip_uri a, b;
	size_t length = strlen(memcpy(text, "sip:h", 6));
	while (length + 2 < sizeof(text)) {
		text[length++] = ';';
		text[length++] = 'a';
	}
	CHECK_NUMBER(sip_uri_parse(slice_of(text, length), &a), 0);
	CHECK_NUMBER(sip_uri_parse(slice_of(text, length - 2), &b), 0);
	CHECK(sip_uri_equal(&a, &a));
	CHECK(!sip_uri_equal(&a, &b));
}

static void parameters_are_found_by_name_without_case(void)
{
	static const struct {
		const char *parameters, *name, *value; /* NULL: not there */
	} rows[] = {
		{"a=1;b=2", "b", "2"},
		{";a=1;b=2", "A", "1"},
		{"lr", "lr", ""},
		{"lr", "l", NULL},
		{"lrx;lr=on", "lr", "on"},
		{"", "a", NULL},
		{" tag \r\n = \r\n 98asjd8 ; q=0.5", "tag", "98asjd8"},
		{" tag = x ; q = 0.5 ", "q", "0.5"},
		{"a=\"x;b=9;\\\"c=8\";b=2", "b", "2"},
		{"+sip.instance=\"<urn:uuid:0>\";reg-id=1", "+sip.instance", "\"<urn:uuid:0>\""},
		{"tag=YWJjZA==;x", "tag", "YWJjZA=="},
		{"<broken>;a=1", "a", "1"},
		{"a=1;a=2", "a", "1"},
		{"received=2001:db8::9:255", "received", "2001:db8::9:255"},
		{"received=[2001:db8::9:255]", "received", "[2001:db8::9:255]"},
		{"%6Cr", "lr", NULL}, /* in a header '%' is a character like others */
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct slice value = {0};
		CHECK_NUMBER(sip_parameter_find(slice_text(rows[i].parameters), slice_text(rows[i].name), &value),
			     rows[i].value != NULL);
		CHECK_TEXT(value, rows[i].value);
	}
}

static void parameters_of_a_uri_may_have_escaped_names(void)
{
	struct sip_uri uri;
	struct slice value;
	CHECK_NUMBER(sip_uri_parse(SLICE("sip:h;%6C%72;n%61me=v%61lue"), &uri), 0);
	CHECK(sip_uri_parameter(&uri, SLICE("LR"), &value));
	CHECK_TEXT(value, "");
	CHECK(sip_uri_parameter(&uri, SLICE("name"), &value));
	CHECK_TEXT(value, "v%61lue");
	CHECK(!sip_uri_parameter(&uri, SLICE("l"), &value));
	CHECK(!sip_uri_parameter(&uri, SLICE("lrr"), &value));
}

static void check_unescaping(struct arena *arena)
{
	struct slice plain = SLICE("untouched"), text = SLICE("alice");
	CHECK_NUMBER(sip_unescape(arena, text, &plain), 0);
	CHECK(plain.at == text.at);
	CHECK_NUMBER(sip_unescape(arena, SLICE("%41l%69ce%20x"), &plain), 0);
	CHECK_TEXT(plain, "Alice x");
	CHECK_NUMBER(sip_unescape(arena, SLICE("a%00b"), &plain), 0);
	CHECK_NUMBER(plain.length, 3);
	CHECK_NUMBER(plain.at[1], 0);
	CHECK_NUMBER(sip_unescape(arena, SLICE("%4"), &plain), ERR_SYNTAX);
	CHECK_NUMBER(sip_unescape(arena, SLICE("%4x"), &plain), ERR_SYNTAX);
	CHECK_NUMBER(plain.length, 3);
}

static void escapes_are_undone_into_the_arena(void)
{
	struct arena arena;
	arena_init(&arena, NULL, 4096);
	check_unescaping(&arena);
	arena_finish(&arena);
}

static void users_are_written_with_what_may_not_stand_escaped(void)
{
	struct buffer buffer;
	struct sip_uri uri;
	buffer_init(&buffer, 4096);
	sip_uri_escape_user(&buffer, SLICE("a b@c:%#\xc3\xa4;/?-_.!~*'()&=+$,\""));
	bool is_good = !buffer_failed(&buffer) &&
		       slice_equal_nocase(buffer_slice(&buffer), SLICE("a%20b%40c%3a%25%23%c3%a4;/?-_.!~*'()&=+$,%22"));
	buffer_finish(&buffer);
	CHECK(is_good);
	CHECK_NUMBER(sip_uri_parse(SLICE("sip:a%20b%40c%3a%25%23%c3%a4;/?-_.!~*'()&=+$,%22@h"), &uri), 0);
}

static void hosts_compare_without_case_and_trailing_point(void)
{
	CHECK(sip_host_equal(SLICE("Example.Test."), SLICE("example.test")));
	CHECK(sip_host_equal(SLICE("[2001:DB8::1]"), SLICE("[2001:db8::1]")));
	CHECK(!sip_host_equal(SLICE("example.test"), SLICE("a.example.test")));
	CHECK(!sip_host_equal(SLICE("example.test.."), SLICE("example.test")));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"uris_are_taken_apart", uris_are_taken_apart, TEST_PLAIN},
		{"unknown_schemes_are_kept_whole", unknown_schemes_are_kept_whole, TEST_PLAIN},
		{"broken_uris_are_refused_and_leave_the_result_alone",
		 broken_uris_are_refused_and_leave_the_result_alone, TEST_PLAIN},
		{"uris_compare_as_the_rfc_says", uris_compare_as_the_rfc_says, TEST_PLAIN},
		{"a_uri_with_thousands_of_parameters_compares_in_no_time",
		 a_uri_with_thousands_of_parameters_compares_in_no_time, TEST_PLAIN},
		{"parameters_are_found_by_name_without_case", parameters_are_found_by_name_without_case, TEST_PLAIN},
		{"parameters_of_a_uri_may_have_escaped_names", parameters_of_a_uri_may_have_escaped_names, TEST_PLAIN},
		{"escapes_are_undone_into_the_arena", escapes_are_undone_into_the_arena, TEST_PLAIN},
		{"users_are_written_with_what_may_not_stand_escaped", users_are_written_with_what_may_not_stand_escaped,
		 TEST_PLAIN},
		{"hosts_compare_without_case_and_trailing_point", hosts_compare_without_case_and_trailing_point,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
