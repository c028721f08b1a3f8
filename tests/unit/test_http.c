/* Routes: what handlers get, over real sockets, and how much of it. SPDX-License-Identifier: MIT */
#include "http_site.h"

/* What handlers get */

static void handlers_get_the_whole_request(void)
{
	static const struct {
		const char *request, *echo;
	} cases[] = {
		{GET("/api/a"), "GET /api/a ? >a [] ||||||example.test|| http"},
		{WITH_BODY("PUT", "/api/a", "5", "hello"), "PUT /api/a ? >a [hello] |"},
		{WITH_BODY("POST", "/api/a", "5", "hello"), "POST /api/a ? >a [hello] |"},
		{WITH_BODY("DELETE", "/api/a", "5", "hello"), "DELETE /api/a ? >a [hello] |"},
		{WITH_BODY("PATCH", "/api/a", "5", "hello"), "OTHER /api/a ? >a [hello] |"},
		{WITH_BODY("OPTIONS", "/api/a", "5", "hello"), "OPTIONS /api/a ? >a [hello] |"},
		{WITH_BODY("GET", "/api/a", "5", "hello"), "GET /api/a ? >a [hello] |"},
		{WITH_BODY("PUT", "/api/a", "3", "PUT"), "PUT /api/a ? >a [PUT] |"},
		{REQUEST("DELETE", "/api/", ""), "DELETE /api/ ? > [] |"},
		{REQUEST("OPTIONS", "/api/", "Origin: https://web.test\r\n"),
		 "OPTIONS /api/ ? > [] ||||||example.test|https://web.test| http"},
		{REQUEST("PUT", "/api/a", ""), "PUT /api/a ? >a [] |"},
		{REQUEST("POST", "/api/a", ""), "POST /api/a ? >a [] |"},
		{WITH_BODY("PUT", "/api/a", "0", ""), "PUT /api/a ? >a [] |"},
		{WITH_BODY("POST", "/api/a", "0", ""), "POST /api/a ? >a [] |"},
		{WITH_BODY("DELETE", "/api/a", "0", ""), "DELETE /api/a ? >a [] |"},
		{"GET /api/old HTTP/1.0\r\n\r\n", "GET /api/old ? >old [] |||||||| http"},
		{"POST /api/old HTTP/1.0\r\nContent-Length: 2\r\n\r\nhi", "POST /api/old ? >old [hi] |"},
		{REQUEST("GET", "/api/a",
			 "Content-Type: text/xml\r\nAuthorization: Digest a=\"b\", c=d\r\nIf-Match: \"1\"\r\n"
			 "If-None-Match: \"2\", \"3\"\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nUser-Agent: test  "
			 "\r\n"),
		 "[] text/xml|Digest a=\"b\", c=d|\"1\"|\"2\", \"3\"|*/*|gzip|example.test||test http"},
		{REQUEST("GET", "/api/a", "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n"), "||\"1\",  \"2\"||"},
		/* paths */
		{GET("/api/%41%20b%2fc"), "GET /api/A b/c ? >A b/c ["},
		{GET("/api/users/sip:+49301@example.test/index"), ">users/sip:+49301@example.test/index ["},
		{GET("/api/users/sip:a+b@example.test;user=phone/x%20y"),
		 ">users/sip:a+b@example.test;user=phone/x y ["},
		{GET("/api/sip:a/~~/resource-lists/list%5b@name=%22My%20friends%22%5d/entry[@uri='sip:a+b']/@*"),
		 ">sip:a/~~/resource-lists/list[@name=\"My friends\"]/entry[@uri='sip:a+b']/@* ["},
		{GET("/api/a/~~/l[@n=\"a%20b\"]/e[@uri=\"sip:a@h\"]/@x"),
		 ">a/~~/l[@n=\"a b\"]/e[@uri=\"sip:a@h\"]/@x ["},
		{GET("/api/a/~~/e[@a='http://h/p']/f[@b=%22https%3a%2f%2Fh//p%22]"),
		 ">a/~~/e[@a='http://h/p']/f[@b=\"https://h/p\"] ["},
		{GET("/api/http://h/\"http:/\"http:/"), ">http:/h/\"http://\"http:// ["},
		{GET("/api/~~/*/e%5B3%5d[@uri=%27sip%3Aa%26b%3B%27]"), ">~~/*/e[3][@uri='sip:a&b;'] ["},
		/* queries */
		{GET("/api/a?b=c&d=e%26f&g"), "GET /api/a ?b=c&d=e%26f&g >a ["},
		{GET("/api/a?xmlns(a=urn:test:one)xmlns(b=urn:two)"), "?xmlns(a=urn:test:one)xmlns(b=urn:two) >"},
		{GET("/api/a?b=%2B+%C3%A4%25"), "?b=%2B%20%C3%A4%25 >"},
		{GET("/api/a?"), "GET /api/a ? >a ["},
		{GET("/api/a?b&"), "GET /api/a ?b& >a ["},
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_NUMBER(ask(&site, &client, cases[i].request), 200);
		if (!strstr(client_body(&client), cases[i].echo))
			CHECK_TEXT(slice_text(client_body(&client)), cases[i].echo);
		CHECK(client_has_header(&client, "content-type: text/plain"));
		CHECK(client_has_header(&client, "cache-control: no-store"));
		CHECK(client_has_header(&client, "x-content-type-options: nosniff"));
		client_close(&client);
	}
	CHECK_NUMBER(site.handled, ARRAY_SIZE(cases));
	CHECK(site_close(&site));
}

static void the_longest_prefix_takes_the_request(void)
{
	static const struct {
		const char *request;
		int status;
		unsigned handled;
	} cases[] = {
		{GET("/api/x"), 200, 1},   {GET("/api"), 404, 0},           {GET("/apix"), 404, 0},
		{GET("/large"), 200, 1},   {GET("/large/"), 404, 0},        {GET("/largest"), 404, 0},
		{GET("/health"), 200, 0},  {GET("/api/../health"), 200, 0}, {GET("/odd/204"), 204, 1},
		{GET("/odd/304"), 304, 1},
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned before = site.handled;
		CHECK(connect_to(&site, &client) && client_text(&site.world, &client, cases[i].request));
		CHECK_NUMBER(client_answer(&site.world, &client, false), cases[i].status);
		CHECK_NUMBER(site.handled - before, cases[i].handled);
		if (cases[i].status == 204 || cases[i].status == 304) {
			CHECK(client_has_header(&client, "cache-control: no-cache"));
			CHECK(client_has_header(&client, "etag: \"x\""));
			CHECK(!strcasestr(client.bytes, "content-length") && !strstr(client.bytes, "never seen"));
		}
		client_close(&client);
	}
	/* and the table has an end */
	const struct http_route route = {"/more", echo, &site, 0, false};
	int result = 0;
	for (int i = 0; i < 100 && result == 0; i++)
		result = http_add_route(site.world.transport, &route);
	CHECK_NUMBER(result, ERR_LIMIT);
	CHECK(site_close(&site));
}

static void query_parameters_are_decoded(void)
{
	static const struct {
		const char *query, *name, *value; /* NULL: none */
	} cases[] = {
		{"a=b", "a", "b"},    {"a=b&c=d", "c", "d"}, {"a=b&a=c", "a", "b"},       {"a", "a", ""},
		{"a=", "a", ""},      {"a=b=c", "a", "b=c"}, {"%61=%62+%2B", "a", "b +"}, {"a=%C3%A4", "a", "\xc3\xa4"},
		{"a=b", "b", NULL},   {"", "a", NULL},       {"a=%", "a", NULL},          {"a=%4", "a", NULL},
		{"a=%4g", "a", NULL}, {"a=%00", "a", NULL},  {"%zz=1&a=2", "a", "2"},     {"&&a=1", "a", "1"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 65536);
		struct http_request request = {.query = slice_text(cases[i].query), .arena = &arena};
		struct slice value;
		bool found = http_query(&request, slice_text(cases[i].name), &value);
		CHECK_NUMBER(found, cases[i].value != NULL);
		if (found)
			CHECK_TEXT(value, cases[i].value);
	}
}

static void head_has_the_length_and_no_body(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &client));
	for (int i = 0; i < 3; i++) {
		CHECK(client_text(&site.world, &client, REQUEST("HEAD", "/large", "")));
		CHECK_NUMBER(client_answer(&site.world, &client, false), 200);
		CHECK(client_has_header(&client, "content-length: 3000000"));
		world_turns(&site.world, 5);
		client_read(&client);
		CHECK_TEXT(slice_text(client_body(&client)), "");
		client_drop(&client, client.length);
	}
	client_close(&client);
	CHECK(site_close(&site));
}

/* Limits */

#define MANY 270

static void many_requests_at_once(void)
{
	static struct site site;
	static struct client clients[MANY];
	struct transport_options options = world_options();
	options.connections = options.connections_per_ip = 1000;
	CHECK(site_open_with(&site, &options, false));
	unsigned refused = 0;
	for (unsigned i = 0; i < MANY; i++) {
		CHECK(connect_to(&site, &clients[i]));
		CHECK(client_text(&site.world, &clients[i],
				  i % 2 ? WITH_BODY("PUT", "/api/later/x", "5", "hello") : GET("/api/later/x")));
	}
	for (int i = 0; i < WAIT_MS && site.handled < 256; i++)
		world_turn(&site.world);
	world_turns(&site.world, 20);
	CHECK_NUMBER(site.handled, 256);
	for (unsigned i = site.later_count; i-- > 0;)
		CHECK(answer_later(&site, i));
	for (unsigned i = 0; i < MANY; i++) {
		int status = client_answer(&site.world, &clients[i], true);
		CHECK(status == 200 || status == 503);
		refused += status == 503;
		client_close(&clients[i]);
	}
	CHECK_NUMBER(refused, MANY - 256);
	CHECK(site_close(&site));
}

static void one_address_has_so_many_connections(void)
{
	static struct site site;
	static struct client clients[4];
	struct transport_options options = world_options();
	options.connections_per_ip = 3;
	CHECK(site_open_with(&site, &options, false));
	for (unsigned i = 0; i < 4; i++)
		CHECK_NUMBER(ask(&site, &clients[i], GET("/api/x")), i < 3 ? 200 : 0);
	CHECK(clients[3].ended);
	client_close(&clients[0]);
	client_close(&clients[3]);
	world_turns(&site.world, 20);
	CHECK_NUMBER(ask(&site, &clients[0], GET("/api/x")), 200);
	for (unsigned i = 0; i < 3; i++)
		client_close(&clients[i]);
	CHECK(site_close(&site));
}

/* libwebsockets allocates outside of the harness, and does not bear every failure: no starved runs of these. */
static const struct test tests[] = {
	{"handlers_get_the_whole_request", handlers_get_the_whole_request, TEST_WITHOUT_OOM},
	{"the_longest_prefix_takes_the_request", the_longest_prefix_takes_the_request, TEST_WITHOUT_OOM},
	{"query_parameters_are_decoded", query_parameters_are_decoded, TEST_PLAIN},
	{"head_has_the_length_and_no_body", head_has_the_length_and_no_body, TEST_WITHOUT_OOM},
	{"many_requests_at_once", many_requests_at_once, TEST_WITHOUT_OOM},
	{"one_address_has_so_many_connections", one_address_has_so_many_connections, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
