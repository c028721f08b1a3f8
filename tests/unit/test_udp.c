/* UDP where the kernel does not take everything at once: its sendmmsg(2) is replaced by one that can be told to.
 * SPDX-License-Identifier: MIT */
#include "test.h"
#include "web_world.h"

#include <netinet/in.h>
#include <sys/syscall.h>

/* The next calls answer EAGAIN, or take one datagram each; how often it was called. */
static struct {
	bool full, one_by_one;
	unsigned calls;
} kernel;

int sendmmsg(int fd, struct mmsghdr *vmessages, unsigned vlen, int flags)
{
	kernel.calls++;
	if (kernel.full) {
		errno = EAGAIN;
		return -1;
	}
	return (int)syscall(SYS_sendmmsg, fd, vmessages, kernel.one_by_one ? 1 : vlen, flags);
}

struct peers {
	struct world world;
	int descriptor;
	struct flow flow;
};

static bool open_peers(struct peers *peers)
{
	struct transport_options options = world_options();
	kernel.full = kernel.one_by_one = false;
	kernel.calls = 0;
	world_open(&peers->world, &options);
	struct address address = world_loopback(0);
	if (transport_listen(peers->world.transport, TRANSPORT_UDP, &address, &peers->world.bound) != 0)
		return false;
	struct sockaddr_storage sockaddr;
	socklen_t length = sizeof sockaddr;
	peers->descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (bind(peers->descriptor, (struct sockaddr *)&any, sizeof any) < 0 ||
	    getsockname(peers->descriptor, (struct sockaddr *)&sockaddr, &length) < 0)
		return false;
	address = address_from_sockaddr((struct sockaddr *)&sockaddr);
	return transport_udp_flow(peers->world.transport, &address, &peers->flow);
}

static bool close_peers(struct peers *peers)
{
	close(peers->descriptor);
	kernel.full = false;
	return world_close(&peers->world);
}

static bool send_number(struct peers *peers, unsigned number)
{
	return transport_send(peers->world.transport, &peers->flow, slice_of((const char *)&number, sizeof number)) ==
	       0;
}

/* The number that comes next, UINT32_MAX where none does in this turn. */
static unsigned receive_number(struct peers *peers)
{
	unsigned number;
	world_turn(&peers->world);
	return recv(peers->descriptor, &number, sizeof number, 0) == sizeof number ? number : UINT32_MAX;
}

static void one_turn_is_one_system_call(void)
{
	struct peers peers;
	CHECK(open_peers(&peers));
	for (unsigned i = 0; i < 200; i++)
		CHECK(send_number(&peers, i));
	CHECK_NUMBER(kernel.calls, 0);
	for (unsigned i = 0; i < 200; i++)
		CHECK_NUMBER(receive_number(&peers), i);
	CHECK_NUMBER(kernel.calls, 1);
	CHECK(close_peers(&peers));
}

static void full_queue_is_sent_within_the_turn(void)
{
	struct peers peers;
	CHECK(open_peers(&peers));
	for (unsigned i = 0; i < 600; i++)
		CHECK(send_number(&peers, i));
	CHECK(kernel.calls > 0 && kernel.calls < 4);
	for (unsigned i = 0; i < 100; i++)
		CHECK_NUMBER(receive_number(&peers), i);
	CHECK(close_peers(&peers));
}

static void what_the_kernel_leaves_is_offered_again(void)
{
	struct peers peers;
	CHECK(open_peers(&peers));
	kernel.one_by_one = true;
	for (unsigned i = 0; i < 50; i++)
		CHECK(send_number(&peers, i));
	for (unsigned i = 0; i < 50; i++)
		CHECK_NUMBER(receive_number(&peers), i);
	CHECK_NUMBER(transport_counters(peers.world.transport)->dropped_datagrams, 0);
	CHECK(close_peers(&peers));
}

static void full_kernel_is_waited_for_within_bounds(void)
{
	struct peers peers;
	CHECK(open_peers(&peers));
	kernel.full = true;
	for (unsigned i = 0; i < 10; i++)
		CHECK(send_number(&peers, i));
	CHECK_NUMBER(receive_number(&peers), UINT32_MAX);
	for (unsigned i = 10; i < 1000; i++)
		CHECK(send_number(&peers, i));
	CHECK(transport_counters(peers.world.transport)->dropped_datagrams > 0);
	CHECK_NUMBER(receive_number(&peers), UINT32_MAX);
	kernel.full = false;
	unsigned number = UINT32_MAX;
	for (int i = 0; i < WAIT_MS && number == UINT32_MAX; i++)
		number = receive_number(&peers);
	CHECK_NUMBER(number, 0);
	for (unsigned i = 1; i < 100; i++)
		CHECK_NUMBER(receive_number(&peers), i);
	CHECK(close_peers(&peers));
}

static void full_kernel_does_not_delay_the_end(void)
{
	struct peers peers;
	CHECK(open_peers(&peers));
	kernel.full = true;
	CHECK(send_number(&peers, 1));
	world_turns(&peers.world, 3);
	close(peers.descriptor);
	CHECK(world_close(&peers.world));
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                                     \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}
	static const struct test tests[] = {
		TEST(one_turn_is_one_system_call),
		TEST(full_queue_is_sent_within_the_turn),
		TEST(what_the_kernel_leaves_is_offered_again),
		TEST(full_kernel_is_waited_for_within_bounds),
		TEST(full_kernel_does_not_delay_the_end),
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
