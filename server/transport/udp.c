/* UDP: the hot path. Datagrams are read in batches into one buffer of the transport, and what is sent in a loop turn
 * is gathered and leaves with one sendmmsg(2). SPDX-License-Identifier: MIT */
#include "transport/udp.h"

#include "base/error.h"
#include "transport/stun.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

/* libuv reads at most 20 datagrams a call, each into 64 KiB of the buffer that it is given; the pages that are never
 * written to cost nothing. */
#define RECEIVE_BYTES ((size_t)20 * 65536)
#define SOCKET_BUFFER_BYTES (4 * 1024 * 1024)

/* What a loop turn may gather before it is sent early. */
#define QUEUE_DATAGRAMS 256
#define QUEUE_BYTES ((size_t)512 * 1024)

/* What is left of 65535 after the IP header (IPv6's is not counted in it) and the UDP header. */
#define PAYLOAD_BYTES_IPV4 65507
#define PAYLOAD_BYTES_IPV6 65527

struct udp_socket {
	uv_udp_t udp;
	uv_poll_t writable; /* on a duplicate of the descriptor, which libuv's own watcher leaves alone */
	struct transport *transport;
	int descriptor; /* of `udp`, borrowed */
	int duplicate;
	uint8_t listener;
	bool blocked; /* the kernel's buffer is full; `writable` wakes us */
	unsigned handles;

	unsigned first, count; /* queued are [first, count) */
	size_t used;           /* bytes of the slab */
	struct mmsghdr headers[QUEUE_DATAGRAMS];
	struct iovec pieces[QUEUE_DATAGRAMS];
	struct sockaddr_in6 peers[QUEUE_DATAGRAMS]; /* room for either family */
	char slab[QUEUE_BYTES];
};

/* In */

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	struct udp_socket *socket = handle->data;
	(void)suggested;
	*buffer = uv_buf_init(socket->transport->datagrams, (unsigned)RECEIVE_BYTES);
}

static void drop(struct udp_socket *socket, const struct address *peer, const char *reason)
{
	struct transport *transport = socket->transport;
	transport->counters.dropped_datagrams++;
	struct flow flow = {.peer = *peer, .listener = socket->listener};
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(&flow, text)};
	log_event_limited(transport->log, &transport->rates.datagram, timers_now(transport->timers), LOG_INFO,
			  "datagram_dropped", &context, "%s", reason);
}

/* RFC 5626 §3.5.1 keep-alives are for streams; on UDP phones send line breaks (or zeros) to hold their NAT's hole
 * open and wait for no answer. */
static bool is_keep_alive(struct slice datagram)
{
	for (size_t i = 0; i < datagram.length; i++)
		if (datagram.at[i] != '\r' && datagram.at[i] != '\n')
			return false;
	return true;
}

static void receive(struct udp_socket *socket, const struct sockaddr *from, struct slice datagram)
{
	struct transport *transport = socket->transport;
	struct flow flow = {.peer = address_from_sockaddr(from), .listener = socket->listener};
	if (stun_is_stun(datagram)) {
		uint8_t answer[STUN_ANSWER_SIZE];
		size_t length = stun_answer(datagram, &flow.peer, answer);
		if (length > 0 && udp_send(socket, &flow.peer, slice_of((const char *)answer, length)) < 0)
			transport->counters.dropped_datagrams++;
	} else if (datagram.length == 0) {
		transport->counters.dropped_datagrams++;
	} else if (datagram.length > transport->options.message_bytes) {
		drop(socket, &flow.peer, "larger than the limit of a message");
	} else if (!is_keep_alive(datagram)) {
		transport->counters.received_messages++;
		transport->counters.received_bytes += datagram.length;
		transport->events.on_message(transport->events.arg, &flow, datagram);
	}
}

/* The buffer is the transport's for good, so UV_UDP_MMSG_CHUNK (a part of it) and UV_UDP_MMSG_FREE (all of it, and no
 * datagram) need nothing: libuv asks for it anew before each read, and callbacks do not nest. */
static void on_receive(uv_udp_t *udp, ssize_t length, const uv_buf_t *buffer, const struct sockaddr *from,
		       unsigned flags)
{
	struct udp_socket *socket = udp->data;
	/* An error here is news of some earlier datagram (ICMP) or a want of memory: nobody else's business. */
	if (length < 0 || !from || socket->transport->closing)
		return;
	if (flags & UV_UDP_PARTIAL) {
		struct address peer = address_from_sockaddr(from);
		drop(socket, &peer, "larger than the receive buffer");
		return;
	}
	receive(socket, from, slice_of(buffer->base, (size_t)length));
}

/* Out */

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct udp_socket *socket = poll->data;
	(void)events;
	(void)status; /* an error of the socket shows itself in sendmmsg */
	uv_poll_stop(&socket->writable);
	socket->blocked = false;
	udp_flush(socket);
}

static void wait_until_writable(struct udp_socket *socket)
{
	/* Where even that fails the next turn tries again. */
	if (uv_poll_start(&socket->writable, UV_WRITABLE, on_writable) == 0)
		socket->blocked = true;
}

void udp_flush(struct udp_socket *socket)
{
	while (socket->first < socket->count && !socket->blocked) {
		int sent = sendmmsg(socket->descriptor, &socket->headers[socket->first], socket->count - socket->first,
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent > 0) {
			socket->first += (unsigned)sent;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			wait_until_writable(socket);
			return;
		} else if (errno != EINTR) {
			/* This one cannot go (no route, refused, filtered); those behind it can. */
			socket->transport->counters.dropped_datagrams++;
			socket->first++;
		}
	}
	if (socket->first == socket->count)
		socket->used = socket->first = socket->count = 0;
}

int udp_send(struct udp_socket *socket, const struct address *peer, struct slice bytes)
{
	struct sockaddr_storage to;
	socklen_t to_length = address_to_sockaddr(peer, &to);
	if (bytes.length > (peer->family == ADDRESS_IPV6 ? PAYLOAD_BYTES_IPV6 : PAYLOAD_BYTES_IPV4))
		return ERR_LIMIT;
	if (to_length == 0 || to_length > sizeof socket->peers[0])
		return ERR_UNREACHABLE;
	if (socket->count == QUEUE_DATAGRAMS || bytes.length > QUEUE_BYTES - socket->used)
		udp_flush(socket);
	if (socket->count == QUEUE_DATAGRAMS || bytes.length > QUEUE_BYTES - socket->used) {
		socket->transport->counters.dropped_datagrams++;
		return 0;
	}
	unsigned i = socket->count++;
	memcpy(&socket->peers[i], &to, to_length);
	memcpy(socket->slab + socket->used, bytes.at, bytes.length);
	socket->pieces[i] = (struct iovec){.iov_base = socket->slab + socket->used, .iov_len = bytes.length};
	socket->headers[i].msg_hdr = (struct msghdr){.msg_name = &socket->peers[i],
						     .msg_namelen = to_length,
						     .msg_iov = &socket->pieces[i],
						     .msg_iovlen = 1};
	socket->used += bytes.length;
	if (!socket->blocked)
		transport_wake(socket->transport);
	return 0;
}

/* Life */

static void on_closed(uv_handle_t *handle)
{
	struct udp_socket *socket = handle->data;
	transport_handle_closed(socket->transport);
	if (--socket->handles > 0)
		return;
	if (socket->duplicate >= 0)
		close(socket->duplicate);
	free(socket);
}

void udp_close(struct udp_socket *socket)
{
	socket->blocked = false;
	udp_flush(socket);
	uv_close((uv_handle_t *)&socket->udp, on_closed);
	if (socket->handles > 1)
		uv_close((uv_handle_t *)&socket->writable, on_closed);
}

/* A burst of registrations after a power cut waits in the kernel until we come to it. SO_RCVBUFFORCE needs
 * CAP_NET_ADMIN; without it the kernel grants what net.core.rmem_max allows. */
static void enlarge_buffers(int descriptor)
{
	const int bytes = SOCKET_BUFFER_BYTES;
	if (setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) < 0)
		(void)!setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	if (setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
		(void)!setsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static int start(struct udp_socket *socket, const struct address *address, struct address *bound)
{
	struct sockaddr_storage sockaddr;
	address_to_sockaddr(address, &sockaddr);
	unsigned flags = address->family == ADDRESS_IPV6 ? UV_UDP_IPV6ONLY : 0;
	int result = uv_udp_bind(&socket->udp, (struct sockaddr *)&sockaddr, flags);
	if (result < 0)
		return result;
	int length = sizeof sockaddr;
	result = uv_udp_getsockname(&socket->udp, (struct sockaddr *)&sockaddr, &length);
	if (result < 0)
		return result;
	*bound = address_from_sockaddr((struct sockaddr *)&sockaddr);
	result = uv_fileno((uv_handle_t *)&socket->udp, &socket->descriptor);
	if (result < 0)
		return result;
	enlarge_buffers(socket->descriptor);
	/* A PostgreSQL that is started later must not inherit it: it would hold the port after our death. */
	socket->duplicate = fcntl(socket->descriptor, F_DUPFD_CLOEXEC, 0);
	if (socket->duplicate < 0)
		return -errno;
	result = uv_poll_init(socket->transport->loop, &socket->writable, socket->duplicate);
	if (result < 0)
		return result;
	socket->writable.data = socket;
	socket->handles++;
	socket->transport->handles++;
	return uv_udp_recv_start(&socket->udp, on_allocate, on_receive);
}

int udp_open(struct transport *transport, uint8_t listener, const struct address *address, struct udp_socket **socketp,
	     struct address *bound)
{
	if (!transport->datagrams)
		transport->datagrams = malloc(RECEIVE_BYTES);
	/* The slab need not be cleared, and what is never used of it never touched. */
	struct udp_socket *socket = transport->datagrams ? malloc(sizeof *socket) : NULL;
	if (!socket)
		return ERR_NO_MEMORY;
	socket->transport = transport;
	socket->descriptor = socket->duplicate = -1;
	socket->listener = listener;
	socket->blocked = false;
	socket->first = socket->count = 0;
	socket->used = 0;
	int result = uv_udp_init_ex(transport->loop, &socket->udp,
				    (address->family == ADDRESS_IPV6 ? AF_INET6 : AF_INET) | UV_UDP_RECVMMSG);
	if (result < 0) {
		free(socket);
		return result;
	}
	socket->udp.data = socket;
	socket->handles = 1;
	transport->handles++;
	result = start(socket, address, bound);
	if (result < 0) {
		udp_close(socket);
		return result;
	}
	*socketp = socket;
	return 0;
}
