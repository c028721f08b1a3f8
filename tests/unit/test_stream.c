/* TCP on loopback: cutting, limits, times and ends. TLS is in test_tls.c. SPDX-License-Identifier: MIT */
#include "test.h"
#include "transport_world.h"

static void messages_are_cut_out_of_single_bytes(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	const char *stream = MESSAGE "\r\n\r\n" MESSAGE;
	for (size_t i = 0; i < strlen(stream); i++) {
		CHECK(client_write(&world, &client, stream + i, 1));
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	CHECK(world_wait_messages(&world, 2));
	CHECK_NUMBER(world.message_length[0], strlen(MESSAGE));
	CHECK_NUMBER(world.message_length[1], strlen(MESSAGE));
	CHECK(client_wait(&world, &client, 2));
	CHECK_TEXT(slice_of(client.bytes, client.length), "\r\n");
	client_drop(&client, 2);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("one ")), 0);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("two")), 0);
	CHECK(client_wait(&world, &client, 7));
	CHECK_TEXT(slice_of(client.bytes, client.length), "one two");
	CHECK_NUMBER(transport_counters(world.transport)->open_connections[TRANSPORT_TCP], 1);

	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK(flow_equal(&world.closed_flow, &world.last_flow));
	CHECK(!transport_is_open(world.transport, &world.last_flow));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("late")), ERR_CLOSED);
	CHECK(world_close(&world));
	CHECK_NUMBER(world.closed_count, 1);
}

static void many_messages_in_one_segment_are_all_seen(void)
{
	struct world world;
	static struct client client;
	static char stream[100 * sizeof MESSAGE];
	size_t length = 0;
	for (int i = 0; i < 100; i++, length += strlen(MESSAGE))
		memcpy(stream + length, MESSAGE, strlen(MESSAGE));
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_write(&world, &client, stream, length));
	CHECK(world_wait_messages(&world, 100));
	client_close(&client);
	CHECK(world_close(&world));
}

static void garbage_closes_the_connection_and_no_other(void)
{
	struct world world;
	static struct client good, bad;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&good, &world.bound));
	CHECK(client_text(&world, &good, MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	struct flow flow = world.last_flow;
	CHECK(client_connect(&bad, &world.bound));
	CHECK(client_text(&world, &bad, MESSAGE "GET / HTTP/1.1\r\n\r\n"));
	CHECK(client_wait_end(&world, &bad));
	client_close(&bad);
	CHECK(world_wait_closed(&world, 1));
	CHECK_NUMBER(world.message_count, 2);
	CHECK_NUMBER(transport_counters(world.transport)->framing_errors, 1);
	CHECK(transport_is_open(world.transport, &flow));
	client_close(&good);
	CHECK(world_close(&world));
}

/* Who sent it, and what came whole before it, is answered for some moments; what comes after it is not read. */
static void a_message_over_the_limit_is_told_above_before_the_connection_closes(void)
{
	static const char large[] = "MESSAGE sip:bob SIP/2.0\r\nContent-Length: 65536\r\n\r\nthe first of it";
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(client_text(&world, &client, large));
	CHECK(client_wait(&world, &client, 25));
	CHECK_TEXT(slice_of(client.bytes, client.length), "MESSAGE sip:bob SIP/2.0\r\n");
	CHECK_NUMBER(world.message_count, 1);
	CHECK_NUMBER(world.too_large_count, 1);
	CHECK_NUMBER(world.too_large_bytes, strlen(large) - strlen("the first of it"));
	CHECK_NUMBER(transport_counters(world.transport)->framing_errors, 1);
	CHECK(client_text(&world, &client, MESSAGE));
	world_turns(&world, 5);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("late answer")), 0);
	world_pass(&world, 3);
	CHECK(client_wait_end(&world, &client));
	CHECK_TEXT(slice_of(client.bytes, client.length), "MESSAGE sip:bob SIP/2.0\r\nlate answer");
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK_NUMBER(world.message_count, 1);
	CHECK(world_close(&world));
}

static void large_messages_that_are_not_whole_have_a_limit_together(void)
{
	enum { BODY_BYTES = 400000 };
	static const char head[] = "MESSAGE sip:bob SIP/2.0\r\nContent-Length: 400000\r\n\r\n";
	static char body[BODY_BYTES];
	struct world world;
	static struct client clients[3];
	struct transport_options options = world_options();
	options.message_bytes = 500000;
	options.unfinished_bytes = 600000;
	memset(body, 'x', sizeof body);
	CHECK(open_with(&world, &options, TRANSPORT_TCP));
	for (int i = 0; i < 3; i++) {
		CHECK(client_connect(&clients[i], &world.bound));
		CHECK(client_text(&world, &clients[i], head));
		(void)!client_write(&world, &clients[i], body, i == 2 ? 60000 : BODY_BYTES - 1);
		world_turns(&world, 20);
	}
	CHECK(world_wait_closed(&world, 1)); /* the second; small ones go on */
	CHECK_NUMBER(transport_counters(world.transport)->refused_connections, 1);
	CHECK(client_write(&world, &clients[0], body, 1));
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(world.message_length[0], strlen(head) + BODY_BYTES);
	CHECK(client_write(&world, &clients[2], body, BODY_BYTES - 60000)); /* there is room again */
	CHECK(world_wait_messages(&world, 2));
	for (int i = 0; i < 3; i++)
		client_close(&clients[i]);
	CHECK(world_close(&world));
}

static void slow_reader_is_cut_off(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	static char block[60000];
	int result = 0;
	for (int i = 0; i < 1000 && result == 0; i++) {
		result = transport_send(world.transport, &world.last_flow, slice_of(block, sizeof block));
		uv_run(&world.loop, UV_RUN_NOWAIT);
	}
	CHECK_NUMBER(result, ERR_BUSY);
	CHECK_NUMBER(transport_counters(world.transport)->slow_readers, 1);
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("more")), ERR_CLOSED);
	CHECK_NUMBER(world.closed_count, 0); /* never inside a call */
	CHECK(world_wait_closed(&world, 1));
	client_close(&client);
	CHECK(world_close(&world));
}

/* Many messages at once to somebody who reads are no reason to cut off. */
static void fast_reader_gets_all_of_a_large_turn(void)
{
	struct world world;
	static struct client client;
	struct transport_options options = world_options();
	options.send_queue_bytes = 100000;
	CHECK(open_with(&world, &options, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	static char block[10000];
	for (int i = 0; i < 12; i++)
		CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_of(block, sizeof block)), 0);
	transport_close_flow(world.transport, &world.last_flow);
	CHECK(!transport_is_open(world.transport, &world.last_flow));
	CHECK(client_wait(&world, &client, 120000));
	CHECK(client_wait_end(&world, &client));
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK(world_close(&world));
}

/* Limits and times */

static void connections_are_limited_from_one_address_and_in_all(void)
{
	struct world world;
	static struct client clients[4];
	struct transport_options options = world_options();
	options.connections_per_ip = 2;
	CHECK(open_with(&world, &options, TRANSPORT_TCP));
	for (int i = 0; i < 3; i++)
		CHECK(client_connect(&clients[i], &world.bound));
	CHECK(client_wait_end(&world, &clients[2]));
	CHECK_NUMBER(transport_counters(world.transport)->refused_connections, 1);
	CHECK_NUMBER(world.closed_count, 0);
	/* Room is made when one goes. */
	client_close(&clients[0]);
	CHECK(world_wait_closed(&world, 1));
	CHECK(client_connect(&clients[3], &world.bound));
	CHECK(client_text(&world, &clients[3], MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	for (int i = 1; i < 4; i++)
		client_close(&clients[i]);
	CHECK(world_close(&world));

	options.connections_per_ip = 50;
	options.connections = 1;
	CHECK(open_with(&world, &options, TRANSPORT_TCP));
	CHECK(client_connect(&clients[0], &world.bound));
	CHECK(client_connect(&clients[1], &world.bound));
	CHECK(client_wait_end(&world, &clients[1]));
	CHECK_NUMBER(transport_counters(world.transport)->refused_connections, 1);
	struct flow flow;
	CHECK_NUMBER(transport_open(world.transport, TRANSPORT_TCP, &world.bound, SLICE(""), &flow), ERR_LIMIT);
	client_close(&clients[0]);
	client_close(&clients[1]);
	CHECK(world_close(&world));
}

static void idle_connection_is_closed_and_a_keep_alive_saves_it(void)
{
	struct world world;
	static struct client client;
	struct transport_options options = world_options();
	options.idle_s = 60;
	CHECK(open_with(&world, &options, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	world_pass(&world, 50);
	CHECK(client_text(&world, &client, "\r\n\r\n"));
	CHECK(client_wait(&world, &client, 2));
	world_pass(&world, 50);
	CHECK(transport_is_open(world.transport, &world.last_flow));
	world_pass(&world, 15);
	CHECK(client_wait_end(&world, &client));
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK(world_close(&world));
}

static void half_a_message_is_not_waited_for(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE "MESSAGE sip:bob"));
	CHECK(world_wait_messages(&world, 1));
	/* Drop by drop is no excuse. */
	for (int i = 0; i < 9; i++) {
		CHECK(client_text(&world, &client, "x"));
		world_pass(&world, 1);
	}
	CHECK_NUMBER(world.closed_count, 0);
	world_pass(&world, 2);
	CHECK(world_wait_closed(&world, 1));
	client_close(&client);
	CHECK(world_close(&world));
}

static void a_pong_that_waits_is_no_half_message(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	CHECK(client_text(&world, &client, MESSAGE "\r\n"));
	CHECK(world_wait_messages(&world, 1));
	world_pass(&world, 100);
	CHECK(transport_is_open(world.transport, &world.last_flow));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(world_wait_messages(&world, 2));
	client_close(&client);
	CHECK(world_close(&world));
}

static void who_says_nothing_is_closed_after_the_handshake_time(void)
{
	struct world world;
	static struct client client;
	CHECK(open_default(&world, TRANSPORT_TCP));
	CHECK(client_connect(&client, &world.bound));
	world_turns(&world, 10);
	world_pass(&world, 31);
	CHECK(client_wait_end(&world, &client));
	client_close(&client);
	CHECK(world_wait_closed(&world, 1));
	CHECK(world_close(&world));
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does (transport_create) */
#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}
	static const struct test tests[] = {
		TEST(messages_are_cut_out_of_single_bytes),
		TEST(many_messages_in_one_segment_are_all_seen),
		TEST(garbage_closes_the_connection_and_no_other),
		TEST(a_message_over_the_limit_is_told_above_before_the_connection_closes),
		TEST(large_messages_that_are_not_whole_have_a_limit_together),
		TEST(slow_reader_is_cut_off),
		TEST(fast_reader_gets_all_of_a_large_turn),
		TEST(connections_are_limited_from_one_address_and_in_all),
		TEST(idle_connection_is_closed_and_a_keep_alive_saves_it),
		TEST(half_a_message_is_not_waited_for),
		TEST(a_pong_that_waits_is_no_half_message),
		TEST(who_says_nothing_is_closed_after_the_handshake_time),
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
