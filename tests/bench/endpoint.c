/* UDP with many local addresses: IP_PKTINFO says which address a datagram leaves from, and which it came to.
 * SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BATCH 64
/* Ten thousand NOTIFYs may come at once; the kernel counts about 2 kB for each. */
#define SOCKET_BUFFER_BYTES (32 << 20)

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct batch {
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	union control controls[BATCH];
	char bytes[BATCH][ENDPOINT_DATAGRAM_BYTES];
};

struct endpoint {
	int socket;
	uint16_t port;
	struct sockaddr_in server;
	unsigned waiting; /* in `out` */
	struct batch out, in;
};

static int open_socket(struct endpoint *endpoint)
{
	endpoint->socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (endpoint->socket < 0)
		return -1;
	const int on = 1, size = SOCKET_BUFFER_BYTES;
	/* FORCE lifts the system's maximum for root; without it the plain option gives what is allowed. */
	if (setsockopt(endpoint->socket, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0 &&
	    setsockopt(endpoint->socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size) != 0)
		return -1;
	if (setsockopt(endpoint->socket, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) != 0)
		return -1;
	struct sockaddr_in any = {.sin_family = AF_INET};
	socklen_t length = sizeof any;
	if (bind(endpoint->socket, (struct sockaddr *)&any, sizeof any) != 0 ||
	    getsockname(endpoint->socket, (struct sockaddr *)&any, &length) != 0)
		return -1;
	endpoint->port = ntohs(any.sin_port);
	return 0;
}

struct endpoint *endpoint_open(const struct sockaddr_in *server)
{
	struct endpoint *endpoint = calloc(1, sizeof *endpoint);
	if (!endpoint)
		return NULL;
	endpoint->server = *server;
	if (open_socket(endpoint) != 0) {
		endpoint_close(endpoint);
		return NULL;
	}
	return endpoint;
}

void endpoint_close(struct endpoint *endpoint)
{
	if (!endpoint)
		return;
	if (endpoint->socket >= 0)
		close(endpoint->socket);
	free(endpoint);
}

uint16_t endpoint_port(const struct endpoint *endpoint)
{
	return endpoint->port;
}

static void send_waiting(struct endpoint *endpoint)
{
	unsigned sent = 0;
	while (sent < endpoint->waiting) {
		int count = sendmmsg(endpoint->socket, endpoint->out.messages + sent, endpoint->waiting - sent, 0);
		if (count > 0) {
			sent += (unsigned)count;
		} else if (errno == EAGAIN) {
			struct pollfd writable = {.fd = endpoint->socket, .events = POLLOUT};
			poll(&writable, 1, 10);
		} else if (errno != EINTR && errno != ECONNREFUSED) {
			perror("sendmmsg");
			exit(1);
		}
	}
	endpoint->waiting = 0;
}

char *endpoint_room(struct endpoint *endpoint)
{
	if (endpoint->waiting == BATCH)
		send_waiting(endpoint);
	return endpoint->out.bytes[endpoint->waiting];
}

void endpoint_send(struct endpoint *endpoint, struct in_addr local, size_t length)
{
	unsigned i = endpoint->waiting++;
	struct batch *out = &endpoint->out;
	out->vectors[i] = (struct iovec){.iov_base = out->bytes[i], .iov_len = length};
	out->messages[i].msg_hdr = (struct msghdr){
		.msg_name = &endpoint->server,
		.msg_namelen = sizeof endpoint->server,
		.msg_iov = &out->vectors[i],
		.msg_iovlen = 1,
		.msg_control = &out->controls[i],
		.msg_controllen = sizeof out->controls[i],
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&out->messages[i].msg_hdr);
	*header = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
	struct in_pktinfo from = {.ipi_spec_dst = local};
	memcpy(CMSG_DATA(header), &from, sizeof from);
}

static struct in_addr arrived_at(struct msghdr *message)
{
	struct in_pktinfo to = {0};
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO)
			memcpy(&to, CMSG_DATA(header), sizeof to);
	}
	return to.ipi_addr;
}

void endpoint_turn(struct endpoint *endpoint, int timeout_ms, endpoint_received_fn *received, void *arg)
{
	send_waiting(endpoint);
	struct pollfd readable = {.fd = endpoint->socket, .events = POLLIN};
	if (poll(&readable, 1, timeout_ms) <= 0)
		return;
	struct batch *in = &endpoint->in;
	for (unsigned i = 0; i < BATCH; i++) {
		in->vectors[i] = (struct iovec){.iov_base = in->bytes[i], .iov_len = sizeof in->bytes[i]};
		in->messages[i].msg_hdr = (struct msghdr){.msg_iov = &in->vectors[i],
							  .msg_iovlen = 1,
							  .msg_control = &in->controls[i],
							  .msg_controllen = sizeof in->controls[i]};
	}
	int count = recvmmsg(endpoint->socket, in->messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < count; i++)
		received(arg, arrived_at(&in->messages[i].msg_hdr), slice_of(in->bytes[i], in->messages[i].msg_len));
}
