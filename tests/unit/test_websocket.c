/* SIP over WebSocket against raw clients on loopback (RFC 7118, RFC 6455).
 * SPDX-License-Identifier: MIT */
#include "web_world.h"

#define MESSAGE "OPTIONS sip:example.test SIP/2.0\r\nContent-Length: 0\r\n\r\n"

static bool open_with(struct world *world, const struct transport_options *options)
{
	world_open(world, options);
	struct address address = world_loopback(0);
	return web_listen(world->transport, &address, false, NULL, &world->bound) == 0;
}

static bool open_default(struct world *world)
{
	struct transport_options options = world_options();
	return open_with(world, &options);
}

static void messages_go_both_ways(void)
{
	static struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(world.bound.port != 0);
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
	CHECK(world_wait_messages(&world, 1));
	CHECK_TEXT(slice_text(world.first_bytes[0]), MESSAGE);
	CHECK_NUMBER(world.last_flow.transport, TRANSPORT_WS);
	CHECK(world.last_flow.connection != 0);
	CHECK_NUMBER(world.last_flow.peer.family, ADDRESS_IPV4);
	CHECK(transport_is_open(world.transport, &world.last_flow));

	/* UTF-8 goes as text, what is none as binary */
	static const struct {
		const char *message;
		int frame;
	} answers[] = {
		{"SIP/2.0 200 OK\r\n\r\ngr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", FRAME_TEXT},
		{"SIP/2.0 200 OK\r\n\r\n\xff\xfe", FRAME_BINARY},
		{"overlong \xc0\xaf", FRAME_BINARY},
		{"surrogate \xed\xa0\x80", FRAME_BINARY},
		{"too high \xf4\x90\x80\x80", FRAME_BINARY},
		{"cut \xe2\x82", FRAME_BINARY},
	};
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++)
		CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_text(answers[i].message)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct slice payload;
		CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | answers[i].frame);
		CHECK_TEXT(payload, answers[i].message);
		client_drop_frame(&client, payload);
	}
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK(flow_equal(&world.closed_flow, &world.last_flow));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE(MESSAGE)), ERR_CLOSED);
	CHECK(world_close(&world));
}

static void fragments_and_large_messages_are_put_together(void)
{
	static struct world world;
	static struct client client;
	static char large[MESSAGE_BYTES];
	memset(large, 'x', sizeof large);
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_BINARY, "one ", 4));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_PING, "between", 7));
	CHECK(client_frame(&world, &client, FRAME_MORE, "", 0));
	CHECK(client_frame(&world, &client, FRAME_MORE, large, 5000));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_MORE, " end", 4));
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(world.message_length[0], 5008);
	struct slice payload;
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_PONG);
	CHECK_TEXT(payload, "between");
	client_drop_frame(&client, payload);

	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, large, sizeof large));
	CHECK(world_wait_messages(&world, 2));
	CHECK_NUMBER(world.message_length[1], sizeof large);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_of(large, sizeof large)), 0);
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_TEXT);
	CHECK_NUMBER(payload.length, sizeof large);
	client_close(&client);
	CHECK(world_close(&world));
}

/* Waits for a close frame with that status, and answers it. */
static bool expect_close(struct world *world, struct client *client, unsigned status)
{
	struct slice payload;
	if (client_next(world, client, &payload) != (FRAME_FINAL | FRAME_CLOSE) || payload.length < 2)
		return false;
	const unsigned char *code = (const unsigned char *)payload.at;
	bool good = ((unsigned)code[0] << 8 | code[1]) == status;
	char echo[2] = {payload.at[0], payload.at[1]};
	return client_frame(world, client, FRAME_FINAL | FRAME_CLOSE, echo, 2) && client_wait_end(world, client) &&
	       good;
}

static void too_large_messages_end_with_1009(void)
{
	struct world world;
	static struct client client;
	static char large[5000];
	memset(large, 'x', sizeof large);
	struct transport_options options = world_options();
	options.message_bytes = 4000;
	CHECK(open_with(&world, &options));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, large, 4001));
	CHECK(expect_close(&world, &client, 1009));
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));

	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_TEXT, large, 3000));
	CHECK(client_frame(&world, &client, FRAME_MORE, large, 1001));
	CHECK(expect_close(&world, &client, 1009));
	client_close(&client);
	CHECK(world_wait_closed(&world, 2));
	CHECK_NUMBER(world.message_count, 0);
	CHECK_NUMBER(transport_counters(world.transport)->framing_errors, 2);
	CHECK(world_close(&world));
}

static void a_message_over_the_limit_is_told_above_before_1009(void)
{
	static const char head[] = "MESSAGE sip:bob SIP/2.0\r\nContent-Length: 4000\r\n\r\n";
	struct world world;
	static struct client client;
	static char large[5000];
	struct slice payload;
	struct transport_options options = world_options();
	options.message_bytes = 4000;
	memset(large, 'x', sizeof large);
	memcpy(large, head, strlen(head));
	CHECK(open_with(&world, &options));
	for (unsigned i = 0; i < 2; i++) {
		CHECK(client_websocket(&world, &client));
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
		if (i == 0) {
			CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, large, sizeof large));
		} else {
			CHECK(client_frame(&world, &client, FRAME_TEXT, large, 30));
			CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_MORE, large + 30, sizeof large - 30));
		}
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
		CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_TEXT);
		CHECK_TEXT(payload, "MESSAGE sip:bob SIP/2.0\r\n");
		client_drop_frame(&client, payload);
		CHECK_NUMBER(world.too_large_count, i + 1);
		CHECK_NUMBER(world.too_large_bytes, strlen(head));
		CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("late answer")), 0);
		CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_TEXT);
		client_drop_frame(&client, payload);
		world_pass(&world, 3);
		CHECK(expect_close(&world, &client, 1009));
		client_close(&client);
		CHECK(world_wait_closed(&world, i + 1));
		CHECK_NUMBER(world.message_count, i + 1);
	}
	CHECK_NUMBER(transport_counters(world.transport)->framing_errors, 2);
	CHECK(world_close(&world));
}

static void text_that_is_no_utf8_ends_with_1007(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "\xff\xff", 2));
	CHECK(expect_close(&world, &client, 1007));
	client_close(&client);
	CHECK_NUMBER(world.message_count, 0);
	CHECK(world_close(&world));
}

static void keep_alives_are_no_messages(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "\r\n", 2));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "", 0));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, "\r\n\r\n", 4));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
	CHECK(world_wait_messages(&world, 1));
	struct slice payload;
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_TEXT);
	CHECK_TEXT(payload, "\r\n");
	client_drop_frame(&client, payload);
	world_turns(&world, 5);
	client_read(&client);
	CHECK_NUMBER(client.length, 0);
	client_close(&client);
	CHECK(world_close(&world));
}

static void pings_go_out_and_silence_ends_the_connection(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
	CHECK(world_wait_messages(&world, 1));
	struct slice payload;
	for (int i = 0; i < 3; i++) {
		world_pass(&world, 60);
		CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_PING);
		CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_PONG, payload.at, payload.length));
		client_drop_frame(&client, payload);
		world_turns(&world, 5);
	}
	CHECK_NUMBER(world.closed_count, 0);
	world_pass(&world, 60);
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_PING);
	world_pass(&world, 60);
	CHECK(world_wait_closed(&world, 1));
	CHECK(client_wait_end(&world, &client));
	client_close(&client);
	CHECK(world_close(&world));
}

static void whoever_says_nothing_is_closed_after_the_handshake_time(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	world_pass(&world, 31);
	CHECK(expect_close(&world, &client, 1001));
	CHECK(world_wait_closed(&world, 1));
	client_close(&client);
	CHECK(world_close(&world));
}

static void upgrades_without_the_sip_subprotocol_are_refused(void)
{
	static const struct {
		const char *request;
		int status;
	} cases[] = {
		{UPGRADE("/ws", ""), 400},
		{UPGRADE("/ws", "Sec-WebSocket-Protocol: chat\r\n"), 400},
		{UPGRADE("/ws", "Sec-WebSocket-Protocol: (http)\r\n"), 400},
		{UPGRADE("/ws", "Sec-WebSocket-Protocol: sipx, xsip\r\n"), 400},
		{UPGRADE("/ws", SIP_PROTOCOL), 101},
		{UPGRADE("/any/other/path", SIP_PROTOCOL), 101},
		{UPGRADE("/", "Sec-WebSocket-Protocol: chat, sip\r\n"), 101},
		{UPGRADE("/ws", "Sec-WebSocket-Protocol: chat,sip,msrp\r\n"), 101},
		{"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" SIP_PROTOCOL
		 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n\r\n",
		 426},
		{"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" SIP_PROTOCOL
		 "Sec-WebSocket-Version: 13\r\n\r\n",
		 400},
		{"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
		 "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
		 400},
	};
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK_NUMBER(client_request(&world, &client, cases[i].request), cases[i].status);
		client_close(&client);
	}
	CHECK(world_wait_closed(&world, 4));
	CHECK(world_close(&world));
}

static void one_too_many_is_refused_with_503(void)
{
	struct world world;
	static struct client clients[3];
	struct transport_options options = world_options();
	options.connections = 2;
	CHECK(open_with(&world, &options));
	CHECK(client_websocket(&world, &clients[0]));
	CHECK(client_websocket(&world, &clients[1]));
	CHECK_NUMBER(client_request(&world, &clients[2], UPGRADE("/ws", SIP_PROTOCOL)), 503);
	client_close(&clients[2]);
	CHECK_NUMBER(transport_counters(world.transport)->refused_connections, 1);
	CHECK_NUMBER(transport_counters(world.transport)->open_connections[TRANSPORT_WS], 2);
	client_close(&clients[0]);
	CHECK(world_wait_closed(&world, 1));
	CHECK(client_websocket(&world, &clients[2]));
	client_close(&clients[1]);
	client_close(&clients[2]);
	CHECK(world_close(&world));
}

static void slow_readers_are_cut_off(void)
{
	struct world world;
	static struct client client;
	static char large[60000];
	memset(large, 'x', sizeof large);
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
	CHECK(world_wait_messages(&world, 1));
	int result = 0;
	for (int i = 0; i < 2000 && result == 0; i++) {
		result = transport_send(world.transport, &world.last_flow, slice_of(large, sizeof large));
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	CHECK_NUMBER(result, ERR_BUSY);
	CHECK(world_wait_closed(&world, 1));
	CHECK_NUMBER(transport_counters(world.transport)->slow_readers, 1);
	client_close(&client);
	CHECK(world_close(&world));
}

static void peers_may_close_and_reset(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_CLOSE, "\x03\xe8", 2));
	struct slice payload;
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_CLOSE);
	CHECK_TEXT(payload, "\x03\xe8");
	CHECK(world_wait_closed(&world, 1));
	client_close(&client);

	CHECK(client_websocket(&world, &client));
	struct linger linger = {.l_onoff = 1};
	CHECK(setsockopt(client.descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
	client_close(&client);
	CHECK(world_wait_closed(&world, 2));
	CHECK(world_close(&world));
}

static void close_sends_what_is_queued_first(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	CHECK(client_websocket(&world, &client));
	CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_TEXT, MESSAGE, strlen(MESSAGE)));
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE(MESSAGE)), 0);
	transport_close_flow(world.transport, &world.last_flow);
	CHECK(!transport_is_open(world.transport, &world.last_flow));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE(MESSAGE)), ERR_CLOSED);
	struct slice payload;
	CHECK_NUMBER(client_next(&world, &client, &payload), FRAME_FINAL | FRAME_TEXT);
	CHECK_TEXT(payload, MESSAGE);
	client_drop_frame(&client, payload);
	CHECK(expect_close(&world, &client, 1001));
	CHECK(world_wait_closed(&world, 1));
	client_close(&client);
	CHECK(world_close(&world));
}

static void the_end_closes_all_even_those_that_do_not_answer(void)
{
	struct world world;
	static struct client clients[4];
	CHECK(open_default(&world));
	for (size_t i = 0; i < 3; i++)
		CHECK(client_websocket(&world, &clients[i]));
	CHECK(client_connect(&clients[3], &world.bound));
	CHECK(client_text(&world, &clients[3], "GET /half HTTP/1.1\r\nHo"));
	world_turns(&world, 5);
	CHECK(world_close(&world));
	CHECK_NUMBER(world.closed_count, 3);
	for (size_t i = 0; i < 3; i++) {
		client_read(&clients[i]);
		CHECK(clients[i].length >= 4 && (unsigned char)clients[i].bytes[0] == (FRAME_FINAL | FRAME_CLOSE));
	}
	for (size_t i = 0; i < 4; i++)
		client_close(&clients[i]);
}

/* Frames that RFC 6455 forbids end the connection, and nothing else. */
static void broken_frames_end_the_connection(void)
{
	static const struct {
		const char *bytes;
		size_t count;
	} cases[] = {
		{"\xff\x81\x01\x02\x03\x04x", 7},                                    /* reserved bits */
		{"\x83\x81\x01\x02\x03\x04x", 7},                                    /* reserved opcode */
		{"\x09\x80\x01\x02\x03\x04", 6},                                     /* fragmented ping */
		{"\x80\x81\x01\x02\x03\x04x", 7},                                    /* nothing to continue */
		{"\x89\xfe\x00\x80\x01\x02\x03\x04", 8},                             /* long ping */
		{"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04", 14},    /* length with the top bit */
		{"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04xxx", 17}, /* 2^63 - 1 bytes follow */
	};
	struct world world;
	static struct client client;
	CHECK(open_default(&world));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		CHECK(client_websocket(&world, &client));
		CHECK(client_write(&world, &client, cases[i].bytes, cases[i].count));
		world_turns(&world, 5);
		world_pass(&world, 3); /* the last one is given time to send its headers */
		struct slice payload;
		int frame = client_next(&world, &client, &payload);
		if (frame != -1) {
			CHECK_NUMBER(frame, FRAME_FINAL | FRAME_CLOSE);
			CHECK(client_frame(&world, &client, FRAME_FINAL | FRAME_CLOSE, "\x03\xea", 2));
		}
		CHECK(world_wait_closed(&world, (unsigned)i + 1));
		client_close(&client);
	}
	CHECK_NUMBER(world.message_count, 0);
	CHECK(world_close(&world));
}

/* libwebsockets allocates outside of the harness, and does not bear every failure: no starved runs. */
static const struct test tests[] = {
	{"messages_go_both_ways", messages_go_both_ways, TEST_WITHOUT_OOM},
	{"fragments_and_large_messages_are_put_together", fragments_and_large_messages_are_put_together,
	 TEST_WITHOUT_OOM},
	{"too_large_messages_end_with_1009", too_large_messages_end_with_1009, TEST_WITHOUT_OOM},
	{"a_message_over_the_limit_is_told_above_before_1009", a_message_over_the_limit_is_told_above_before_1009,
	 TEST_WITHOUT_OOM},
	{"text_that_is_no_utf8_ends_with_1007", text_that_is_no_utf8_ends_with_1007, TEST_WITHOUT_OOM},
	{"keep_alives_are_no_messages", keep_alives_are_no_messages, TEST_WITHOUT_OOM},
	{"pings_go_out_and_silence_ends_the_connection", pings_go_out_and_silence_ends_the_connection,
	 TEST_WITHOUT_OOM},
	{"whoever_says_nothing_is_closed_after_the_handshake_time",
	 whoever_says_nothing_is_closed_after_the_handshake_time, TEST_WITHOUT_OOM},
	{"upgrades_without_the_sip_subprotocol_are_refused", upgrades_without_the_sip_subprotocol_are_refused,
	 TEST_WITHOUT_OOM},
	{"one_too_many_is_refused_with_503", one_too_many_is_refused_with_503, TEST_WITHOUT_OOM},
	{"slow_readers_are_cut_off", slow_readers_are_cut_off, TEST_WITHOUT_OOM},
	{"peers_may_close_and_reset", peers_may_close_and_reset, TEST_WITHOUT_OOM},
	{"close_sends_what_is_queued_first", close_sends_what_is_queued_first, TEST_WITHOUT_OOM},
	{"the_end_closes_all_even_those_that_do_not_answer", the_end_closes_all_even_those_that_do_not_answer,
	 TEST_WITHOUT_OOM},
	{"broken_frames_end_the_connection", broken_frames_end_the_connection, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
