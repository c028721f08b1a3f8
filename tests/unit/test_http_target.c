/* Targets out of credentials, held against what libwebsockets has left of the request's. SPDX-License-Identifier: MIT
 */
#include "base/error.h"
#include "core/http_target.h"
#include "test.h"

static const struct {
	const char *seen_path, *seen_query; /* as transport/http.h has them */
	const char *uri;
	int result;
	const char *path, *query;
} rows[] = {
	{"/a/b", "", "/a/b", 0, "/a/b", ""},
	{"/a/b", "", "/a/%62", 0, "/a/b", ""},
	{"/a/b", "", "/a/c", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "/a/", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "/a/b/", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "*", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "/a/b%", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "/a/b%00", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "http://example.test:8080/a/b", 0, "/a/b", ""},
	{"/a/b", "", "https://example.test/a/b", 0, "/a/b", ""},
	{"/a/b", "", "http://example.test", ERR_SYNTAX, NULL, NULL},
	{"/a/b", "", "http:///a/b", 0, "/a/b", ""},
	/* what libwebsockets changes comes back as it was */
	{"/a/x[@u=\"http:/h/p\"]", "", "/a/x%5b@u=%22http://h//p%22%5d", 0, "/a/x[@u=\"http://h//p\"]", ""},
	{"/a/x[@u=\"b;c\"]", "", "/a/x[@u=\\\"b&c\\\"]", 0, "/a/x[@u=\"b&c\"]", ""},
	{"/a/b c", "", "/a/b+c", 0, "/a/b+c", ""},
	{"/a/b+c", "", "/a/b%2Bc", 0, "/a/b+c", ""},
	{"/a/b+c", "", "/a/b%20c", 0, "/a/b c", ""},
	/* queries */
	{"/a", "b=c&d=e", "/a?b=c&d=e", 0, "/a", "b=c&d=e"},
	{"/a", "b=c&d=e", "/a?b=c;d=e", 0, "/a", "b=c;d=e"},
	{"/a", "xmlns(p=urn:x)", "/a?xmlns(p=urn:x)", 0, "/a", "xmlns(p=urn:x)"},
	{"/a", "xmlns(p_urn:x)", "/a?xmlns(p%3durn:x)", 0, "/a", "xmlns(p%3durn:x)"},
	{"/a", "xmlns(p=%22)", "/a?xmlns(p=\\\")", 0, "/a", "xmlns(p=\")"},
	{"/a", "b=c", "/a", 0, "/a", "b=c"},
	{"/a", "b=c", "/a?b=d", ERR_SYNTAX, NULL, NULL},
	{"/a", "", "/a?b=d", ERR_SYNTAX, NULL, NULL},
	{"/a", "b=c", "/a?b=c&", ERR_SYNTAX, NULL, NULL},
};

static void a_target_is_read_where_it_is_the_requests(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct http_request request = {.path = slice_text(rows[i].seen_path),
					       .query = slice_text(rows[i].seen_query),
					       .arena = &arena};
		struct http_target target;
		int result = http_target_read(&request, slice_text(rows[i].uri), &target);
		CHECK_NUMBER(result, rows[i].result);
		if (result < 0)
			continue;
		CHECK_TEXT(target.path, rows[i].path);
		CHECK_TEXT(target.query, rows[i].query);
	}
}

static const struct {
	const char *header, *rest, *uri;
} headers[] = {
	{"Digest uri=\"/a[@b=\"c\"]\", nc=1", "Digest uri=\"\", nc=1", "/a[@b=\"c\"]"},
	{"Digest nc=1,uri=\"/a[@b=\"c\"]\"", "Digest nc=1,uri=\"\"", "/a[@b=\"c\"]"},
	{"Digest nc=1, URI=\"/a[@b=\"c\"]/@d\" , x=\"y\"", "Digest nc=1, URI=\"\" , x=\"y\"", "/a[@b=\"c\"]/@d"},
	{"Digest uri=\"/a\"", "Digest uri=\"\"", "/a"},
	{"Digest xuri=\"/a\"", NULL, NULL},
	{"Digest uri=/a", NULL, NULL},
	{"Digest uri=\"/a", NULL, NULL},
	{"Digest uri=\"/a\"b", NULL, NULL},
	{"uri=\"", NULL, NULL},
	{"", NULL, NULL},
};

static void a_uri_with_quotes_is_taken_out_of_the_header(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct slice rest, uri;
		bool taken = http_target_take_uri(&arena, slice_text(headers[i].header), &rest, &uri);
		CHECK(taken == (headers[i].rest != NULL));
		if (!taken)
			continue;
		CHECK_TEXT(rest, headers[i].rest);
		CHECK_TEXT(uri, headers[i].uri);
	}
}

static void names_that_may_be_others_are_doubtful(void)
{
	static const char *const good[] = {
		"", " 4930123", "alice", "sip:+1@a.test", "sip:bob@a.test;transport=tcp", "tel:+1;ext=2"};
	static const char *const bad[] = {"a b", "sip:a;b@a.test", "a;b", "tel:1 2", "  1"};
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		CHECK(!http_target_is_doubtful(slice_text(good[i])));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(http_target_is_doubtful(slice_text(bad[i])));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_target_is_read_where_it_is_the_requests", a_target_is_read_where_it_is_the_requests, TEST_PLAIN},
		{"a_uri_with_quotes_is_taken_out_of_the_header", a_uri_with_quotes_is_taken_out_of_the_header,
		 TEST_PLAIN},
		{"names_that_may_be_others_are_doubtful", names_that_may_be_others_are_doubtful, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
