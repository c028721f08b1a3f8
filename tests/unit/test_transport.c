/* Sockets on loopback: datagrams, streams, limits and ends. TLS is in test_tls.c. SPDX-License-Identifier: MIT */
#include "test.h"
#include "web_world.h"

#include <signal.h>

#define MESSAGE "MESSAGE sip:bob@example.test SIP/2.0\r\nContent-Length: 5\r\n\r\nhello"

static struct address loopback_ipv6(void)
{
	return (struct address){.ip = {[15] = 1}, .family = ADDRESS_IPV6};
}

static bool open_with(struct world *world, const struct transport_options *options, enum transport_kind kind)
{
	world_open(world, options);
	struct address address = world_loopback(0);
	return world->transport && transport_listen(world->transport, kind, &address, &world->bound) == 0;
}

static bool open_default(struct world *world, enum transport_kind kind)
{
	struct transport_options options = world_options();
	return open_with(world, &options, kind);
}

/* Datagrams */

static int datagram_socket(const struct address *to)
{
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(to, &sockaddr);
	int descriptor = socket(sockaddr.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&sockaddr, length) < 0) {
		close(descriptor);
		return -1;
	}
	return descriptor;
}

static ssize_t wait_datagram(struct world *world, int descriptor, char *bytes, size_t size)
{
	ssize_t got = -1;
	for (int i = 0; i < WAIT_MS && got < 0; i++) {
		world_turn(world);
		got = recv(descriptor, bytes, size, 0);
	}
	return got;
}

static void echo_datagram(struct address address)
{
	struct world world;
	struct transport_options options = world_options();
	world_open(&world, &options);
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_UDP, &address, &world.bound), 0);
	int descriptor = datagram_socket(&world.bound);
	CHECK(descriptor >= 0);
	CHECK(send(descriptor, MESSAGE, strlen(MESSAGE), 0) > 0);
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(world.message_length[0], strlen(MESSAGE));
	CHECK_NUMBER(world.last_flow.transport, TRANSPORT_UDP);
	CHECK_NUMBER(world.last_flow.connection, 0);
	CHECK(transport_is_open(world.transport, &world.last_flow));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("answer")), 0);
	char bytes[100];
	CHECK_NUMBER(wait_datagram(&world, descriptor, bytes, sizeof bytes), 6);
	CHECK_NUMBER(memcmp(bytes, "answer", 6), 0);
	/* A flow that names another listener's index still finds its way. */
	world.last_flow.listener = 17;
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("more")), 0);
	CHECK_NUMBER(wait_datagram(&world, descriptor, bytes, sizeof bytes), 4);
	close(descriptor);
	CHECK(world_close(&world));
}

static void datagrams_go_both_ways_on_ipv4(void)
{
	echo_datagram(world_loopback(0));
}

static void datagrams_go_both_ways_on_ipv6(void)
{
	echo_datagram(loopback_ipv6());
}

static void keep_alives_and_stun_are_not_seen_above(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_UDP));
	int descriptor = datagram_socket(&world.bound);
	static const struct slice silent[] = {{"\r\n\r\n", 4}, {"\r\n", 2}, {"\0\0\0\0", 4}, {"", 0}};
	for (size_t i = 0; i < ARRAY_SIZE(silent); i++)
		CHECK(send(descriptor, silent[i].at, silent[i].length, 0) >= 0);
	static const char request[] = "\x00\x01\x00\x00\x21\x12\xa4\x42"
				      "abcdefghijkl";
	CHECK(send(descriptor, request, 20, 0) == 20);
	char bytes[100];
	CHECK_NUMBER(wait_datagram(&world, descriptor, bytes, sizeof bytes), 32);
	CHECK_NUMBER(memcmp(bytes,
			    "\x01\x01\x00\x0c\x21\x12\xa4\x42"
			    "abcdefghijkl",
			    20),
		     0);
	CHECK_NUMBER(world.message_count, 0);
	close(descriptor);
	CHECK(world_close(&world));
}

static void datagrams_over_the_limit_are_dropped_and_counted(void)
{
	struct world world;
	struct transport_options options = world_options();
	options.message_bytes = 1000;
	CHECK(open_with(&world, &options, TRANSPORT_UDP));
	int descriptor = datagram_socket(&world.bound);
	static char large[1001];
	memset(large, 'x', sizeof large);
	CHECK(send(descriptor, large, sizeof large, 0) > 0);
	CHECK(send(descriptor, large, sizeof large - 1, 0) > 0);
	CHECK(world_wait_messages(&world, 1));
	CHECK_NUMBER(world.message_length[0], 1000);
	CHECK_NUMBER(transport_counters(world.transport)->dropped_datagrams, 1);
	static char huge[70000];
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_of(huge, 65508)), ERR_LIMIT);
	close(descriptor);
	CHECK(world_close(&world));
}

/* More than one turn gathers, in order; the receiver's buffer holds them all. */
static void what_one_turn_sends_leaves_in_order(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_UDP));
	int descriptor = datagram_socket(&world.bound);
	CHECK(send(descriptor, MESSAGE, strlen(MESSAGE), 0) > 0);
	CHECK(world_wait_messages(&world, 1));
	char bytes[100];
	for (int i = 0; i < 100; i++) {
		int length = snprintf(bytes, sizeof bytes, "datagram %d", i);
		CHECK_NUMBER(transport_send(world.transport, &world.last_flow, slice_of(bytes, (size_t)length)), 0);
	}
	CHECK(recv(descriptor, bytes, sizeof bytes, 0) < 0); /* not before the turn ends */
	for (int i = 0; i < 100; i++) {
		char wanted[100];
		int length = snprintf(wanted, sizeof wanted, "datagram %d", i);
		CHECK_NUMBER(wait_datagram(&world, descriptor, bytes, sizeof bytes), length);
		CHECK_NUMBER(memcmp(bytes, wanted, (size_t)length), 0);
	}
	CHECK_NUMBER(transport_counters(world.transport)->dropped_datagrams, 0);
	close(descriptor);
	CHECK(world_close(&world));
}

/* What cannot be sent to one (here: a port that refuses) disturbs nobody else. */
static void refused_datagrams_disturb_nobody(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_UDP));
	int descriptor = datagram_socket(&world.bound);
	CHECK(send(descriptor, MESSAGE, strlen(MESSAGE), 0) > 0);
	CHECK(world_wait_messages(&world, 1));
	struct flow nobody = world.last_flow, broadcast = world.last_flow;
	nobody.peer.port = 9;
	memset(broadcast.peer.ip, 255, 4);
	char bytes[100];
	for (int i = 0; i < 3; i++) {
		CHECK_NUMBER(transport_send(world.transport, &nobody, SLICE("refused")), 0);
		CHECK_NUMBER(transport_send(world.transport, &broadcast, SLICE("not permitted")), 0);
		CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE("answer")), 0);
		CHECK_NUMBER(wait_datagram(&world, descriptor, bytes, sizeof bytes), 6);
	}
	CHECK_NUMBER(transport_counters(world.transport)->dropped_datagrams, 3);
	close(descriptor);
	CHECK(world_close(&world));
}

/* Streams */

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

/* Opening */

static void opening_to_a_refusing_port_is_told_as_closed(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_UDP));
	struct address nobody = world_loopback(9);
	struct flow flow;
	CHECK_NUMBER(transport_open(world.transport, TRANSPORT_TCP, &nobody, SLICE(""), &flow), 0);
	CHECK_NUMBER(transport_send(world.transport, &flow, SLICE(MESSAGE)), 0);
	CHECK_NUMBER(world.closed_count, 0);
	CHECK(world_wait_closed(&world, 1));
	CHECK(flow_equal(&world.closed_flow, &flow));
	CHECK(world_close(&world));
}

/* The world connects to itself: what it sends meanwhile arrives, and a second opening takes the same connection. */
static void opened_connection_carries_what_was_sent_meanwhile(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_TCP));
	struct flow flow, again;
	CHECK_NUMBER(transport_open(world.transport, TRANSPORT_TCP, &world.bound, SLICE(""), &flow), 0);
	CHECK(transport_is_open(world.transport, &flow));
	CHECK_NUMBER(transport_send(world.transport, &flow, SLICE(MESSAGE)), 0);
	CHECK(world_wait_messages(&world, 1));
	CHECK(!flow_equal(&world.last_flow, &flow));
	CHECK_NUMBER(transport_open(world.transport, TRANSPORT_TCP, &world.bound, SLICE(""), &again), 0);
	CHECK(flow_equal(&again, &flow));
	CHECK_NUMBER(transport_send(world.transport, &world.last_flow, SLICE(MESSAGE MESSAGE)), 0);
	CHECK(world_wait_messages(&world, 3));
	CHECK(flow_equal(&world.last_flow, &flow));
	CHECK(world_close(&world));
	CHECK_NUMBER(world.closed_count, 2);
}

static void numbers_of_connections_do_not_return_after_a_restart(void)
{
	struct world world;
	uint64_t last = 0;
	for (int i = 0; i < 3; i++) {
		CHECK(open_default(&world, TRANSPORT_TCP));
		struct flow flow;
		CHECK_NUMBER(transport_open(world.transport, TRANSPORT_TCP, &world.bound, SLICE(""), &flow), 0);
		CHECK(flow.connection > last);
		CHECK(flow.connection < (uint64_t)1 << 53);
		last = flow.connection;
		CHECK(world_close(&world));
	}
}

/* Who we are */

static void own_addresses_are_known(void)
{
	struct world world;
	struct transport_options options = world_options();
	options.advertised_host = SLICE("SIP.example.test");
	CHECK(open_with(&world, &options, TRANSPORT_UDP));
	uint16_t port = world.bound.port;
	CHECK(transport_is_own_address(world.transport, SLICE("127.0.0.1"), port));
	CHECK(transport_is_own_address(world.transport, SLICE("127.0.0.1"), 0));
	CHECK(transport_is_own_address(world.transport, SLICE("sip.EXAMPLE.test."), port));
	CHECK(!transport_is_own_address(world.transport, SLICE("127.0.0.1"), (uint16_t)(port ^ 1)));
	CHECK(!transport_is_own_address(world.transport, SLICE("127.0.0.2"), port));
	CHECK(!transport_is_own_address(world.transport, SLICE("example.test"), port));
	CHECK(!transport_is_own_address(world.transport, SLICE(""), 0));
	struct address any = {.family = ADDRESS_IPV6}, bound;
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_UDP, &any, &bound), 0);
	CHECK(transport_is_own_address(world.transport, SLICE("::1"), bound.port));
	CHECK(transport_is_own_address(world.transport, SLICE("[::1]"), bound.port));
	CHECK(!transport_is_own_address(world.transport, SLICE("2001:db8::1"), bound.port));
	struct flow flow;
	struct address peer = loopback_ipv6();
	CHECK(transport_udp_flow(world.transport, &peer, &flow));
	CHECK_NUMBER(flow.listener, 1);
	peer = world_loopback(5060);
	CHECK(transport_udp_flow(world.transport, &peer, &flow));
	CHECK_NUMBER(flow.listener, 0);
	char text[ADDRESS_TEXT_SIZE + 256], wanted[64];
	snprintf(wanted, sizeof wanted, "SIP.example.test:%u", port);
	CHECK_TEXT(transport_sent_by(world.transport, &flow, text), wanted);
	CHECK(world_close(&world));
}

static void sent_by_is_the_address_that_reaches_the_peer(void)
{
	struct world world;
	static struct client client;
	struct transport_options options = world_options();
	world_open(&world, &options);
	struct address any = {.family = ADDRESS_IPV4}, udp;
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_UDP, &any, &udp), 0);
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_TCP, &any, &world.bound), 0);
	struct flow flow;
	struct address peer = world_loopback(5060);
	CHECK(transport_udp_flow(world.transport, &peer, &flow));
	char text[ADDRESS_TEXT_SIZE + 256], wanted[64];
	snprintf(wanted, sizeof wanted, "127.0.0.1:%u", udp.port);
	CHECK_TEXT(transport_sent_by(world.transport, &flow, text), wanted);
	/* A connection knows its own end. */
	struct address other = world_loopback(world.bound.port);
	other.ip[3] = 2;
	CHECK(client_connect(&client, &other));
	CHECK(client_text(&world, &client, MESSAGE));
	CHECK(world_wait_messages(&world, 1));
	snprintf(wanted, sizeof wanted, "127.0.0.2:%u", world.bound.port);
	CHECK_TEXT(transport_sent_by(world.transport, &world.last_flow, text), wanted);
	client_close(&client);
	CHECK(world_close(&world));
}

static void ports_that_are_taken_are_said_to_be(void)
{
	struct world world;
	CHECK(open_default(&world, TRANSPORT_UDP));
	struct address address = world.bound;
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_UDP, &address, NULL), UV_EADDRINUSE);
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_TCP, &address, NULL), 0);
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_TCP, &address, NULL), UV_EADDRINUSE);
	CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_TLS, &address, NULL), ERR_TLS);
	struct buffer buffer;
	buffer_init(&buffer, 10000);
	transport_describe(world.transport, &buffer);
	bool described = !buffer_failed(&buffer) && buffer.length > 0;
	buffer_finish(&buffer);
	CHECK(described);
	CHECK(world_close(&world));
}

/* For the runs with failing allocations: whatever fails, nothing crashes or leaks. */
static void memory_may_run_out_anywhere(void)
{
	struct world world = {0};
	struct transport_options options = world_options();
	uv_loop_init(&world.loop);
	world.timers = timers_create(1000);
	struct transport_events events = {world_on_message, world_on_closed, &world};
	bool good = false;
	if (world.timers)
		world.transport = transport_create(&world.loop, world.timers, NULL, &options, &events);
	if (world.transport) {
		struct address address = world_loopback(0);
		struct flow flow;
		world.now_ms = 1000;
		bool listens = transport_listen(world.transport, TRANSPORT_UDP, &address, NULL) == 0;
		if (transport_listen(world.transport, TRANSPORT_TCP, &address, &world.bound) == 0 &&
		    transport_open(world.transport, TRANSPORT_TCP, &world.bound, SLICE(""), &flow) == 0 &&
		    transport_send(world.transport, &flow, SLICE(MESSAGE "MESSAGE")) == 0)
			for (int i = 0; i < 20 && world.message_count == 0; i++)
				world_turn(&world);
		good = listens && world.message_count == 1;
		transport_close(world.transport, world_on_done, &world);
		while (!world.done) {
			world.now_ms += 100;
			world_turn(&world);
		}
		transport_destroy(world.transport);
	}
	uv_run(&world.loop, UV_RUN_NOWAIT);
	bool clean = uv_loop_close(&world.loop) == 0;
	if (world.timers)
		timers_destroy(world.timers);
	CHECK(clean && good);
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN); /* as the program does (transport_create) */
#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}
	static const struct test tests[] = {
		TEST(datagrams_go_both_ways_on_ipv4),
		TEST(datagrams_go_both_ways_on_ipv6),
		TEST(keep_alives_and_stun_are_not_seen_above),
		TEST(datagrams_over_the_limit_are_dropped_and_counted),
		TEST(what_one_turn_sends_leaves_in_order),
		TEST(refused_datagrams_disturb_nobody),
		TEST(messages_are_cut_out_of_single_bytes),
		TEST(many_messages_in_one_segment_are_all_seen),
		TEST(garbage_closes_the_connection_and_no_other),
		TEST(slow_reader_is_cut_off),
		TEST(fast_reader_gets_all_of_a_large_turn),
		TEST(connections_are_limited_from_one_address_and_in_all),
		TEST(idle_connection_is_closed_and_a_keep_alive_saves_it),
		TEST(half_a_message_is_not_waited_for),
		TEST(a_pong_that_waits_is_no_half_message),
		TEST(who_says_nothing_is_closed_after_the_handshake_time),
		TEST(opening_to_a_refusing_port_is_told_as_closed),
		TEST(opened_connection_carries_what_was_sent_meanwhile),
		TEST(numbers_of_connections_do_not_return_after_a_restart),
		TEST(own_addresses_are_known),
		TEST(sent_by_is_the_address_that_reaches_the_peer),
		TEST(ports_that_are_taken_are_said_to_be),
		{"memory_may_run_out_anywhere", memory_may_run_out_anywhere, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
