/* Requests on routes, over real sockets: bodies of all kinds, answers that come later, and what libwebsockets must not
 * make of requests that come together. SPDX-License-Identifier: MIT */
#include "http_site.h"

/* Bodies */

static void bodies_may_come_slowly(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	static const char request[] = WITH_BODY("PUT", "/api/slow", "12", "hello, world");
	for (size_t step = 1; step < sizeof request; step += 7) {
		CHECK(connect_to(&site, &client));
		for (size_t at = 0; at < sizeof request - 1; at += step) {
			size_t rest = sizeof request - 1 - at;
			CHECK(client_write(&site.world, &client, request + at, rest < step ? rest : step));
			world_turns(&site.world, 2);
		}
		CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
		CHECK(strstr(client_body(&client), "[hello, world]") != NULL);
		CHECK(client_has_header(&client, "connection: close"));
		CHECK(client_wait_end(&site.world, &client));
		client_close(&client);
	}
	CHECK(site_close(&site));
}

static void a_body_of_the_largest_size_comes_whole(void)
{
	static struct site site;
	static struct client client;
	static char body[200001];
	CHECK(site_open(&site));
	memset(body, 'x', 200000);
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, REQUEST("PUT", "/big/x", "Content-Length: 200000\r\n")));
	CHECK(client_text(&site.world, &client, body));
	CHECK(wait_handled(&site, 1));
	CHECK_NUMBER(site.later[0]->body.length, 200000);
	CHECK(memcmp(site.later[0]->body.at, body, 200000) == 0);
	CHECK(answer_later(&site, 0));
	CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
	client_close(&client);
	CHECK(site_close(&site));
}

static void what_follows_a_body_is_ignored_and_its_answer_comes(void)
{
	static const char *const requests[] = {
		WITH_BODY("PUT", "/api/x", "5", "hello\r\n"),
		WITH_BODY("PUT", "/api/x", "5", "hello" GET("/large")),
		WITH_BODY("POST", "/api/x", "5", "hello" WITH_BODY("POST", "/api/y", "5", "again")),
		REQUEST("PUT", "/api/x", "") "hello" GET("/large"),
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		CHECK_NUMBER(ask(&site, &client, requests[i]), 200);
		CHECK(strstr(client_body(&client), " /api/x ") != NULL);
		CHECK(client_wait_end(&site.world, &client));
		CHECK(strstr(client_body(&client), "HTTP/1.1") == NULL);
		client_close(&client);
	}
	CHECK_NUMBER(site.handled, ARRAY_SIZE(requests));
	CHECK(site_close(&site));
}

static void bodies_that_cannot_be_are_refused_before_they_are_read(void)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{REQUEST("PUT", "/api/x", "Content-Length: 2001\r\n"), 413},
		{REQUEST("PUT", "/api/x", "Content-Length: 99999999999\r\n"), 413},
		{WITH_BODY("PUT", "/bodiless/", "1", "x"), 413},
		{WITH_BODY("DELETE", "/bodiless/", "1", "x"), 413},
		{REQUEST("PUT", "/api/x", "Content-Length: 2001\r\nExpect: 100-continue\r\n"), 413},
		{REQUEST("PUT", "/api/x", "Content-Length: 99999999999999999999999\r\n"), 400},
		{REQUEST("PUT", "/api/x", "Content-Length: 9999999999999999999999999999999999999999\r\n"), 400},
		{REQUEST("PUT", "/api/x", "Content-Length: -1\r\n"), 400},
		{REQUEST("PUT", "/api/x", "Content-Length: +1\r\n") "x", 400},
		{REQUEST("PUT", "/api/x", "Content-Length: 0x1\r\n") "x", 400},
		{REQUEST("PUT", "/api/x", "Content-Length: 1 1\r\n") "x", 400},
		{REQUEST("PUT", "/api/x", "Content-Length: 1, 1\r\n") "x", 400},
		{REQUEST("PUT", "/api/x", "Content-Length: 1\r\nContent-Length: 2\r\n") "xx", 400},
		{REQUEST("GET", "/api/x", "Content-Length: x\r\n"), 400},
		{REQUEST("PUT", "/api/x", "Transfer-Encoding: chunked\r\n") "1\r\nx\r\n0\r\n\r\n", 411},
		{REQUEST("GET", "/api/x", "Transfer-Encoding: chunked\r\n") "0\r\n\r\n", 411},
		{REQUEST("PUT", "/api/x", "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n") "x", 411},
		{REQUEST("DELETE", "/api/x", "Transfer-Encoding: gzip, chunked\r\n") "0\r\n\r\n", 411},
		{GET("/api/%00a"), 400},
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_NUMBER(ask(&site, &client, cases[i].request), cases[i].status);
		CHECK(client_has_header(&client, "connection: close"));
		CHECK(client_wait_end(&site.world, &client));
		client_close(&client);
	}
	CHECK_NUMBER(site.handled, 0);
	CHECK(site_close(&site));
}

static void routes_that_speak_json_refuse_in_json(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK_NUMBER(ask(&site, &client, REQUEST("PUT", "/json/x", "Content-Length: 11\r\n")), 413);
	CHECK(client_has_header(&client, "content-type: application/json"));
	CHECK_TEXT(slice_text(client_body(&client)),
		   "{\"error\":\"the body is too large: more than the 10 bytes that are read\",\"status\":413}\n");
	client_close(&client);
	CHECK(site_close(&site));
}

/* RFC 9112 §9.6: a connection that is closed with something unread is reset, and the answer may be lost. */
static void the_refusal_reaches_whoever_goes_on_sending(void)
{
	static struct site site;
	static struct client client;
	static char body[300001];
	CHECK(site_open(&site));
	memset(body, 'x', sizeof body - 1);
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, REQUEST("PUT", "/api/x", "Content-Length: 300000\r\n")));
	CHECK(client_text(&site.world, &client, body));
	CHECK_NUMBER(client_answer(&site.world, &client, true), 413);
	client_close(&client);
	CHECK(site_close(&site));
}

static void a_body_that_is_too_late_is_refused_408(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, WITH_BODY("PUT", "/api/x", "6", "hello")));
	world_turns(&site.world, 5);
	world_pass(&site.world, 9);
	client_read(&client);
	CHECK_NUMBER(client.length, 0);
	world_pass(&site.world, 2);
	CHECK_NUMBER(client_answer(&site.world, &client, true), 408);
	CHECK(client_wait_end(&site.world, &client));
	client_close(&client);
	/* and whoever goes away in the middle takes nothing along */
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, WITH_BODY("PUT", "/api/x", "6", "hello")));
	world_turns(&site.world, 5);
	client_close(&client);
	for (int i = 0; i < WAIT_MS && requests_under_way(&site) > 0; i++)
		world_turn(&site.world);
	CHECK_NUMBER(requests_under_way(&site), 0);
	CHECK_NUMBER(site.handled, 0);
	CHECK(site_close(&site));
}

static void expected_bodies_are_asked_for(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client,
			  REQUEST("PUT", "/api/x", "Content-Length: 5\r\nExpect: 100-Continue\r\n")));
	CHECK_NUMBER(client_answer(&site.world, &client, false), 100);
	CHECK_TEXT(slice_text(client.bytes), "HTTP/1.1 100 Continue\r\n\r\n");
	client_drop(&client, client.length);
	CHECK(client_text(&site.world, &client, "hello"));
	CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
	CHECK(strstr(client_body(&client), "[hello]") != NULL);
	client_close(&client);
	/* RFC 9110 §10.1.1: not with HTTP/1.0 */
	CHECK_NUMBER(ask(&site, &client, "PUT /api/x HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi"),
		     200);
	client_close(&client);
	CHECK(site_close(&site));
}

/* Answers that come later, and requests that come together */

static void answers_may_come_later(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &client));
	for (unsigned i = 0; i < 3; i++) {
		CHECK(client_text(&site.world, &client, GET("/api/later/x")));
		CHECK(wait_handled(&site, i + 1));
		world_turns(&site.world, 20);
		client_read(&client);
		CHECK_NUMBER(client.length, 0);
		CHECK(answer_later(&site, i));
		CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
		CHECK_TEXT(slice_text(client_body(&client)), "/api/later/x");
		client_drop(&client, client.length);
	}
	/* a body on a connection that has carried requests before, and then it ends */
	CHECK(client_text(&site.world, &client, WITH_BODY("PUT", "/api/later/y", "5", "hello")));
	CHECK(wait_handled(&site, 4));
	CHECK_TEXT(site.later[3]->body, "hello");
	CHECK(answer_later(&site, 3));
	CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
	CHECK(client_wait_end(&site.world, &client));
	client_close(&client);
	/* HTTP/1.0 ends with each answer */
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, "GET /api/later/z HTTP/1.0\r\n\r\n"));
	CHECK(wait_handled(&site, 5) && answer_later(&site, 4));
	CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
	CHECK(client_wait_end(&site.world, &client));
	client_close(&client);
	CHECK(site_close(&site));
}

static void requests_sent_together_are_answered_in_turn(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client,
			  GET("/api/later/1") GET("/api/later/2") REQUEST("DELETE", "/api/later/3", "") GET("/health")
				  GET("/api/later/4")));
	static const char *const paths[] = {"/api/later/1", "/api/later/2", "/api/later/3", "/api/later/4"};
	for (unsigned i = 0; i < 4; i++) {
		CHECK(wait_handled(&site, i + 1));
		world_turns(&site.world, 20);
		CHECK_NUMBER(site.handled, i + 1);
		CHECK_TEXT(site.later[i]->path, paths[i]);
		CHECK(answer_later(&site, i));
		CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
		CHECK(strncmp(client_body(&client), paths[i], 12) == 0);
		drop_answer(&client, 12);
		if (i == 2) {
			CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
			CHECK(strncmp(client_body(&client), "ok\n", 3) == 0);
			drop_answer(&client, 3);
		}
	}
	client_close(&client);
	CHECK(site_close(&site));
}

/* libwebsockets hands out the wrong bytes for the body of such a request: no handler may see them. */
static void a_body_that_came_with_an_earlier_request_is_refused(void)
{
	static const struct {
		const char *requests;
		unsigned handled;
		int status;
	} cases[] = {
		{GET("/api/1") WITH_BODY("PUT", "/api/x", "5", "hello"), 1, 400},
		{GET("/api/1") WITH_BODY("PUT", "/api/x", "1", "h"), 1, 400},
		{GET("/api/1") WITH_BODY("POST", "/api/x", "5", "hello") GET("/api/2"), 1, 400},
		{GET("/api/1") WITH_BODY("DELETE", "/api/x", "5", "hello") GET("/api/2"), 1, 400},
		{GET("/api/1") GET("/api/2") WITH_BODY("PUT", "/api/x", "5", "hello"), 2, 400},
		{GET("/api/1") WITH_BODY("PUT", "/api/x", "150", "hello"), 1, 400},
		{GET("/api/1") WITH_BODY("PUT", "/api/x", "3000", "hello"), 1, 413},
		{GET("/api/1") REQUEST("PUT", "/api/x", "Transfer-Encoding: chunked\r\n") "0\r\n\r\n", 1, 411},
		{GET("/api/1") REQUEST("PUT", "/api/x", "") GET("/api/2"), 2, 200},
		{GET("/api/1") WITH_BODY("PUT", "/api/x", "0", "") GET("/api/2"), 3, 200},
		{GET("/api/1") WITH_BODY("POST", "/api/x", "0", "") GET("/api/2"), 3, 200},
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned before = site.handled;
		CHECK_NUMBER(ask(&site, &client, cases[i].requests), 200);
		for (int turn = 0; turn < 300 && !client.ended; turn++) {
			world_turn(&site.world);
			client_read(&client);
		}
		CHECK_NUMBER(site.handled - before, cases[i].handled);
		CHECK(strstr(client.bytes, "[PUT") == NULL && strstr(client.bytes, "[POST") == NULL);
		char status[32];
		snprintf(status, sizeof status, "HTTP/1.1 %d", cases[i].status);
		CHECK(strstr(client.bytes + 1, status) != NULL);
		CHECK_NUMBER(requests_under_way(&site), 0);
		client_close(&client);
	}
	CHECK(site_close(&site));
}

static void waiting_for_an_answer_costs_no_time(void)
{
	static const char *const requests[] = {
		GET("/api/later/x"),
		GET("/api/later/x") GET("/api/later/y"),
		WITH_BODY("PUT", "/api/later/x", "5", "hello"),
		WITH_BODY("PUT", "/api/later/x", "5", "hello" GET("/api/later/y")),
		REQUEST("PUT", "/api/later/x", "") "and more",
		WITH_BODY("PUT", "/api/later/x", "6", "hello"), /* waits for the rest of its body */
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		CHECK(connect_to(&site, &client));
		CHECK(client_text(&site.world, &client, requests[i]));
		world_turns(&site.world, 10);
		CHECK(client_text(&site.world, &client, i + 1 < ARRAY_SIZE(requests) ? GET("/api/later/z") : ""));
		CHECK(turns_in(&site, 100) < 20);
		CHECK_NUMBER(site.handled, i + 1 < ARRAY_SIZE(requests) ? i + 1 : i);
		client_close(&client);
		CHECK(wait_gone(&site, site.handled));
	}
	CHECK(site_close(&site));
}

/* libwebsockets allocates outside of the harness, and does not bear every failure: no starved runs of these. */
static const struct test tests[] = {
	{"bodies_may_come_slowly", bodies_may_come_slowly, TEST_WITHOUT_OOM},
	{"a_body_of_the_largest_size_comes_whole", a_body_of_the_largest_size_comes_whole, TEST_WITHOUT_OOM},
	{"what_follows_a_body_is_ignored_and_its_answer_comes", what_follows_a_body_is_ignored_and_its_answer_comes,
	 TEST_WITHOUT_OOM},
	{"bodies_that_cannot_be_are_refused_before_they_are_read",
	 bodies_that_cannot_be_are_refused_before_they_are_read, TEST_WITHOUT_OOM},
	{"routes_that_speak_json_refuse_in_json", routes_that_speak_json_refuse_in_json, TEST_WITHOUT_OOM},
	{"the_refusal_reaches_whoever_goes_on_sending", the_refusal_reaches_whoever_goes_on_sending, TEST_WITHOUT_OOM},
	{"a_body_that_is_too_late_is_refused_408", a_body_that_is_too_late_is_refused_408, TEST_WITHOUT_OOM},
	{"expected_bodies_are_asked_for", expected_bodies_are_asked_for, TEST_WITHOUT_OOM},
	{"answers_may_come_later", answers_may_come_later, TEST_WITHOUT_OOM},
	{"requests_sent_together_are_answered_in_turn", requests_sent_together_are_answered_in_turn, TEST_WITHOUT_OOM},
	{"a_body_that_came_with_an_earlier_request_is_refused", a_body_that_came_with_an_earlier_request_is_refused,
	 TEST_WITHOUT_OOM},
	{"waiting_for_an_answer_costs_no_time", waiting_for_an_answer_costs_no_time, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
