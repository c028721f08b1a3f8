/* Answers to requests on routes, over real sockets: large ones, slow readers, connections that go, the end, TLS, and
 * requests that are broken in every way. SPDX-License-Identifier: MIT */
#include "http_site.h"

/* Connections that go */

static void handlers_learn_that_nobody_waits_any_more(void)
{
	static const char *const requests[] = {
		GET("/api/later/x"),
		WITH_BODY("PUT", "/api/later/x", "5", "hello"),
		GET("/api/later/x") GET("/api/later/y"),
	};
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (unsigned i = 0; i < ARRAY_SIZE(requests) * 2; i++) {
		CHECK(connect_to(&site, &client));
		CHECK(client_text(&site.world, &client, requests[i / 2]));
		CHECK(wait_handled(&site, i + 1));
		if (i % 2) { /* reset it */
			const struct linger linger = {.l_onoff = 1};
			CHECK(setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
		}
		client_close(&client);
		CHECK(wait_gone(&site, i + 1));
		CHECK(site.later[i] == NULL);
		CHECK_NUMBER(requests_under_way(&site), 0);
	}
	/* or they answer before they learn it */
	for (unsigned i = 0; i < ARRAY_SIZE(requests); i++) {
		unsigned index = site.later_count;
		CHECK(connect_to(&site, &client));
		CHECK(client_text(&site.world, &client, requests[i]));
		CHECK(wait_handled(&site, index + 1));
		client_close(&client);
		CHECK(answer_later(&site, index));
	}
	CHECK(site_close(&site));
}

static void large_answers_come_in_pieces(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	for (int round = 0; round < 2; round++) {
		CHECK(connect_to(&site, &client));
		/* with another request behind it, and with a reader who takes his time */
		CHECK(client_text(&site.world, &client, GET("/large") GET("/api/after")));
		CHECK_NUMBER(client_answer(&site.world, &client, false), 200);
		drop_answer(&client, 0);
		size_t compared = 0;
		for (int i = 0; i < WAIT_MS && compared < LARGE_BYTES && !client.ended; i++) {
			size_t count = client.length < LARGE_BYTES - compared ? client.length : LARGE_BYTES - compared;
			CHECK(memcmp(client.bytes, site.large + compared, count) == 0);
			compared += count;
			client_drop(&client, count);
			world_turns(&site.world, round ? 10 : 1);
			if (client.length == 0)
				client_read(&client);
		}
		CHECK_NUMBER(compared, LARGE_BYTES);
		CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
		CHECK(strstr(client_body(&client), "/api/after") != NULL);
		client_close(&client);
	}
	/* and whoever goes away in the middle takes nothing along */
	for (int i = 0; i < 5; i++) {
		CHECK(connect_to(&site, &client));
		CHECK(client_text(&site.world, &client, GET("/large")));
		world_turns(&site.world, i);
		client_close(&client);
	}
	CHECK(site_close(&site));
}

static void who_reads_nothing_costs_no_time_and_is_cut_off(void)
{
	static struct site site;
	static struct client client;
	CHECK(site_open(&site));
	CHECK(client_connect(&client, &site.world.bound));
	const int small = 4096;
	CHECK(setsockopt(client.descriptor, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
	CHECK(client_text(&site.world, &client, GET("/large") GET("/large")));
	CHECK(wait_handled(&site, 1));
	world_turns(&site.world, 20);
	CHECK_NUMBER(requests_under_way(&site), 1);
	(void)turns_in(&site, 200); /* the kernel's buffers grow for a while */
	CHECK(turns_in(&site, 200) < 100);
	world_pass(&site.world, 11);
	for (int i = 0; i < WAIT_MS && requests_under_way(&site) > 0; i++)
		world_turn(&site.world);
	CHECK_NUMBER(requests_under_way(&site), 0);
	CHECK_NUMBER(site.handled, 1);
	client_close(&client);
	CHECK(site_close(&site));
}

/* The end */

static void the_end_waits_a_while_for_answers(void)
{
	static struct site site;
	static struct client clients[3];
	CHECK(site_open(&site));
	CHECK(connect_to(&site, &clients[0]) && connect_to(&site, &clients[1]) && connect_to(&site, &clients[2]));
	CHECK(client_text(&site.world, &clients[0], GET("/api/later/x")));
	CHECK(wait_handled(&site, 1));
	CHECK(client_text(&site.world, &clients[1], GET("/api/later/y")));
	CHECK(wait_handled(&site, 2));
	transport_close(site.world.transport, world_on_done, &site.world);
	world_turns(&site.world, 20);
	CHECK(client_text(&site.world, &clients[2], GET("/api/later/z")));
	CHECK_NUMBER(client_answer(&site.world, &clients[2], true), 503);
	CHECK(answer_later(&site, 0));
	CHECK_NUMBER(client_answer(&site.world, &clients[0], true), 200);
	CHECK(wait_gone(&site, 1)); /* the other was never answered */
	for (int i = 0; i < WAIT_MS && !site.world.done; i++)
		world_turn(&site.world);
	CHECK(site.world.done);
	CHECK_NUMBER(site.handled, 2);
	transport_destroy(site.world.transport);
	world_turns(&site.world, 2);
	CHECK(uv_loop_close(&site.world.loop) == 0);
	timers_destroy(site.world.timers);
	log_destroy(site.world.log);
	free(site.large);
	for (unsigned i = 0; i < 3; i++)
		client_close(&clients[i]);
}

/* TLS */

static void all_of_it_works_over_tls(void)
{
	static struct site site;
	static struct client client;
	struct transport_options options = world_options();
	CHECK(site_open_with(&site, &options, true));
	/* HTTP/2 is not offered: its answers could not be closed after */
	static const unsigned char wanted[] = "\x02h2\x08http/1.1";
	CHECK(SSL_CTX_set_alpn_protos(site.tls, wanted, sizeof wanted - 1) == 0);
	CHECK_NUMBER(ask(&site, &client, WITH_BODY("PUT", "/api/x", "5", "hello")), 200);
	const unsigned char *chosen;
	unsigned length;
	SSL_get0_alpn_selected(client.tls, &chosen, &length);
	CHECK_TEXT(slice_of((const char *)chosen, length), "http/1.1");
	CHECK(strstr(client_body(&client), "[hello]") && strstr(client_body(&client), " https"));
	CHECK(client_wait_end(&site.world, &client));
	client_close(&client);

	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, GET("/api/later/1") GET("/api/later/2") GET("/large")));
	for (unsigned i = 0; i < 2; i++) {
		CHECK(wait_handled(&site, i + 2));
		world_turns(&site.world, 10);
		CHECK(answer_later(&site, i));
		CHECK_NUMBER(client_answer(&site.world, &client, true), 200);
		drop_answer(&client, 12);
	}
	CHECK_NUMBER(client_answer(&site.world, &client, false), 200);
	drop_answer(&client, 0);
	size_t compared = 0;
	for (int i = 0; i < WAIT_MS && compared < LARGE_BYTES && !client.ended; i++) {
		CHECK(memcmp(client.bytes, site.large + compared, client.length) == 0);
		compared += client.length;
		client_drop(&client, client.length);
		world_turn(&site.world);
		client_read(&client);
	}
	CHECK_NUMBER(compared, LARGE_BYTES);
	client_close(&client);

	CHECK_NUMBER(ask(&site, &client, GET("/api/1") WITH_BODY("PUT", "/api/x", "5", "hello")), 200);
	CHECK(client_wait_end(&site.world, &client));
	CHECK(strstr(client.bytes, "[PUT") == NULL);
	client_close(&client);
	CHECK(connect_to(&site, &client));
	CHECK(client_text(&site.world, &client, WITH_BODY("PUT", "/api/later/x", "5", "hello")));
	unsigned handled = site.handled + 1;
	CHECK(wait_handled(&site, handled));
	CHECK(turns_in(&site, 100) < 20);
	client_close(&client);
	CHECK(wait_gone(&site, 1));
	CHECK(site_close(&site));
}

/* Torture */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Good requests with some of their bytes replaced, doubled, cut out or cut off, whole or in two pieces. */
static void broken_requests_harm_nobody(void)
{
	static const char *const seeds[] = {
		WITH_BODY("PUT", "/api/x?a=b&c=%41", "5", "hello"),
		GET("/api/1") GET("/api/2") WITH_BODY("POST", "/api/x", "5", "hello") GET("/api/3"),
		REQUEST("PUT", "/api/x",
			"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n") "5\r\nhello\r\n0\r\n\r\n",
		REQUEST("DELETE", "/api/sip:a+b/%7e~", "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n") GET("/large"),
		UPGRADE("/ws", SIP_PROTOCOL) "\x81\x85\x01\x02\x03\x04hello",
		"HEAD /large HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/api/2"),
	};
	static const char replacements[] = "\r\n\t :;%/?&=+.0123456789-AZaz\x01\x7f\x80\xff";
	static struct site site;
	static struct client client;
	uint32_t seed = 4711;
	CHECK(site_open(&site));
	for (int round = 0; round < 600; round++) {
		char bytes[1024];
		size_t length = (size_t)snprintf(bytes, 512, "%s", seeds[(size_t)round % ARRAY_SIZE(seeds)]);
		for (uint32_t edits = next_random(&seed) % 6; edits > 0; edits--) {
			size_t at = next_random(&seed) % length, count = next_random(&seed) % 12;
			if (count > length - at)
				count = length - at;
			switch (next_random(&seed) % 4) {
			case 0:
				bytes[at] = replacements[next_random(&seed) % (sizeof replacements)];
				break;
			case 1:
				memmove(bytes + at + count, bytes + at, length - at);
				length += count;
				break;
			case 2:
				memmove(bytes + at, bytes + at + count, length - at - count);
				length -= count;
				break;
			default:
				length = at + 1;
			}
			if (length == 0)
				bytes[length++] = 'G';
		}
		size_t first = next_random(&seed) % length;
		CHECK(client_connect(&client, &site.world.bound));
		(void)!client_write(&site.world, &client, bytes, first);
		world_turn(&site.world);
		(void)!client_write(&site.world, &client, bytes + first, length - first);
		world_turns(&site.world, 3);
		client_read(&client);
		CHECK(strstr(client.bytes, "[PUT ") == NULL && strstr(client.bytes, "[POST ") == NULL);
		client_close(&client);
	}
	CHECK_NUMBER(ask(&site, &client, GET("/health")), 200);
	client_close(&client);
	for (int i = 0; i < WAIT_MS && requests_under_way(&site) > 0; i++)
		world_turn(&site.world);
	CHECK_NUMBER(requests_under_way(&site), 0);
	CHECK(site_close(&site));
}

/* libwebsockets allocates outside of the harness, and does not bear every failure: no starved runs of these. */
static const struct test tests[] = {
	{"handlers_learn_that_nobody_waits_any_more", handlers_learn_that_nobody_waits_any_more, TEST_WITHOUT_OOM},
	{"large_answers_come_in_pieces", large_answers_come_in_pieces, TEST_WITHOUT_OOM},
	{"who_reads_nothing_costs_no_time_and_is_cut_off", who_reads_nothing_costs_no_time_and_is_cut_off,
	 TEST_WITHOUT_OOM},
	{"the_end_waits_a_while_for_answers", the_end_waits_a_while_for_answers, TEST_WITHOUT_OOM},
	{"all_of_it_works_over_tls", all_of_it_works_over_tls, TEST_WITHOUT_OOM},
	{"broken_requests_harm_nobody", broken_requests_harm_nobody, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
