/* Sockets on loopback: datagrams, opening, and who we are. Streams are in test_stream.c and test_tls.c.
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "transport_world.h"

static struct address loopback_ipv6(void)
{
	return (struct address){.ip = {[15] = 1}, .family = ADDRESS_IPV6};
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
	struct address address;
	int result = UV_EADDRINUSE;
	/* TCP's port of that number may be somebody else's. */
	for (int i = 0; i < 20 && result == UV_EADDRINUSE; i++) {
		CHECK(i == 0 || world_close(&world));
		CHECK(open_default(&world, TRANSPORT_UDP));
		address = world.bound;
		CHECK_NUMBER(transport_listen(world.transport, TRANSPORT_UDP, &address, NULL), UV_EADDRINUSE);
		result = transport_listen(world.transport, TRANSPORT_TCP, &address, NULL);
	}
	CHECK_NUMBER(result, 0);
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
	struct transport_events events = {.on_message = world_on_message, .on_closed = world_on_closed, .arg = &world};
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
