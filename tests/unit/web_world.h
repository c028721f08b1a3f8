/* A transport with web listeners on a loop of its own, and raw HTTP and WebSocket clients on loopback, all in one
 * thread: whoever waits turns the loop meanwhile. Time for the timers is given, so no test sleeps.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "test.h"
#include "transport/connection.h"
#include "transport/websocket.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WAIT_MS 10000
#define MESSAGES_KEPT 8
#define MESSAGE_BYTES 65535

struct world {
	uv_loop_t loop;
	struct timers *timers;
	struct log *log;
	struct transport *transport;
	int64_t now_ms;
	struct address bound;
	unsigned message_count, closed_count, too_large_count;
	size_t too_large_bytes; /* headers of the last */
	struct flow last_flow, closed_flow;
	size_t message_length[MESSAGES_KEPT];
	char first_bytes[MESSAGES_KEPT][64];
	bool done;
};

struct client {
	int descriptor;
	SSL *tls; /* NULL: plain */
	char bytes[131072];
	size_t length;
	bool ended;
};

static inline void world_on_message(void *arg, const struct flow *flow, struct slice bytes)
{
	struct world *world = arg;
	unsigned index = world->message_count++ % MESSAGES_KEPT;
	world->last_flow = *flow;
	world->message_length[index] = bytes.length;
	snprintf(world->first_bytes[index], sizeof world->first_bytes[index], "%.*s",
		 bytes.length < 63 ? (int)bytes.length : 63, bytes.at);
}

/* Answers it with its first line. */
static inline void world_on_too_large(void *arg, const struct flow *flow, struct slice headers)
{
	struct world *world = arg;
	world->too_large_count++;
	world->too_large_bytes = headers.length;
	world->last_flow = *flow;
	(void)!transport_send(world->transport, flow, slice_of(headers.at, slice_find(headers, '\n') + 1));
}

static inline void world_on_closed(void *arg, const struct flow *flow)
{
	struct world *world = arg;
	world->closed_count++;
	world->closed_flow = *flow;
}

static inline struct transport_options world_options(void)
{
	return (struct transport_options){
		.message_bytes = MESSAGE_BYTES,
		.unfinished_bytes = 1 << 20,
		.send_queue_bytes = 1 << 20,
		.connections = 100,
		.connections_per_ip = 50,
		.idle_s = 3600,
		.handshake_s = 30,
		.partial_s = 10,
		.ping_s = 60,
		.connect_s = 5,
		.udp_mtu = 1300,
	};
}

static inline struct address world_loopback(uint16_t port)
{
	return (struct address){.ip = {127, 0, 0, 1}, .port = port, .family = ADDRESS_IPV4};
}

/* Without listeners. */
static inline void world_open(struct world *world, const struct transport_options *options)
{
	memset(world, 0, sizeof *world);
	uv_loop_init(&world->loop);
	world->now_ms = 1000;
	world->timers = timers_create(world->now_ms);
	world->log = log_create(STDERR_FILENO, LOG_ERROR, LOG_KEY_VALUE);
	struct transport_events events = {.on_message = world_on_message,
					  .on_too_large = world_on_too_large,
					  .on_closed = world_on_closed,
					  .arg = world};
	world->transport = transport_create(&world->loop, world->timers, world->log, options, &events);
}

static inline void world_turn(struct world *world)
{
	timers_run(world->timers, world->now_ms);
	uv_run(&world->loop, UV_RUN_NOWAIT);
	(void)poll(NULL, 0, 1);
}

static inline void world_turns(struct world *world, int count)
{
	while (count-- > 0)
		world_turn(world);
}

/* Lets time pass in steps, as a node would see it. */
static inline void world_pass(struct world *world, unsigned seconds)
{
	for (; seconds > 0; seconds--) {
		world->now_ms += 1000;
		world_turn(world);
	}
	world_turns(world, 3);
}

static inline void world_on_done(void *arg)
{
	((struct world *)arg)->done = true;
}

/* True where the loop is left without handles. */
static inline bool world_close(struct world *world)
{
	transport_close(world->transport, world_on_done, world);
	for (int i = 0; i < WAIT_MS && !world->done; i++)
		world_turn(world);
	transport_destroy(world->transport);
	world_turns(world, 2);
	bool clean = world->done && uv_loop_close(&world->loop) == 0;
	timers_destroy(world->timers);
	log_destroy(world->log);
	return clean;
}

/* Clients */

static inline bool client_connect(struct client *client, const struct address *address)
{
	memset(client, 0, sizeof *client);
	struct sockaddr_storage sockaddr;
	socklen_t length = address_to_sockaddr(address, &sockaddr);
	client->descriptor = socket(sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return client->descriptor >= 0 && connect(client->descriptor, (struct sockaddr *)&sockaddr, length) == 0 &&
	       fcntl(client->descriptor, F_SETFL, O_NONBLOCK) == 0;
}

/* The handshake of TLS, on a connected client. */
static inline bool client_secure(struct world *world, struct client *client, SSL_CTX *context)
{
	client->tls = SSL_new(context);
	if (!client->tls || SSL_set_fd(client->tls, client->descriptor) != 1)
		return false;
	int result = -1;
	for (int i = 0; i < WAIT_MS && result != 1; i++) {
		result = SSL_connect(client->tls);
		if (result != 1 && SSL_get_error(client->tls, result) != SSL_ERROR_WANT_READ)
			return false;
		world_turn(world);
	}
	return result == 1;
}

static inline void client_close(struct client *client)
{
	SSL_free(client->tls);
	client->tls = NULL;
	if (client->descriptor >= 0)
		close(client->descriptor);
	client->descriptor = -1;
}

/* Reads what is there. */
static inline void client_read(struct client *client)
{
	size_t room = sizeof client->bytes - 1 - client->length;
	char *at = client->bytes + client->length;
	if (room == 0 || client->ended)
		return;
	ssize_t got;
	if (client->tls) {
		got = SSL_read(client->tls, at, (int)room);
		if (got <= 0 && SSL_get_error(client->tls, (int)got) != SSL_ERROR_WANT_READ)
			client->ended = true;
	} else {
		got = recv(client->descriptor, at, room, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			client->ended = true;
	}
	if (got > 0)
		client->length += (size_t)got;
	client->bytes[client->length] = '\0';
}

static inline bool client_write(struct world *world, struct client *client, const void *bytes, size_t count)
{
	const char *at = bytes;
	for (int i = 0; i < WAIT_MS && count > 0; i++) {
		ssize_t put = client->tls ? SSL_write(client->tls, at, (int)count)
					  : send(client->descriptor, at, count, MSG_NOSIGNAL);
		if (put > 0) {
			at += put;
			count -= (size_t)put;
		} else if (!client->tls && errno != EAGAIN) {
			return false;
		}
		if (count > 0)
			world_turn(world);
	}
	return count == 0;
}

static inline bool client_text(struct world *world, struct client *client, const char *text)
{
	return client_write(world, client, text, strlen(text));
}

/* Until `count` bytes are there, or the end (then false). */
static inline bool client_wait(struct world *world, struct client *client, size_t count)
{
	for (int i = 0; i < WAIT_MS && client->length < count && !client->ended; i++) {
		world_turn(world);
		client_read(client);
	}
	return client->length >= count;
}

static inline bool client_wait_end(struct world *world, struct client *client)
{
	for (int i = 0; i < WAIT_MS && !client->ended; i++) {
		world_turn(world);
		client_read(client);
	}
	return client->ended;
}

static inline void client_drop(struct client *client, size_t count)
{
	memmove(client->bytes, client->bytes + count, client->length - count + 1);
	client->length -= count;
}

/* Waits for a whole answer's head (and body, by Content-Length where `body`); returns the status, 0: none. */
static inline int client_answer(struct world *world, struct client *client, bool body)
{
	const char *end = NULL;
	for (int i = 0; i < WAIT_MS && !(end = strstr(client->bytes, "\r\n\r\n")) && !client->ended; i++) {
		world_turn(world);
		client_read(client);
	}
	if (!end)
		return 0;
	const char *length = strcasestr(client->bytes, "\r\ncontent-length:");
	size_t whole = (size_t)(end + 4 - client->bytes);
	if (body && length && length < end)
		whole += strtoul(length + 17, NULL, 10);
	return client_wait(world, client, whole) ? (int)strtol(client->bytes + 9, NULL, 10) : 0;
}

/* The answer's head has this line. */
static inline bool client_has_header(const struct client *client, const char *line)
{
	char text[256];
	snprintf(text, sizeof text, "\r\n%s\r\n", line);
	const char *found = strcasestr(client->bytes, text), *end = strstr(client->bytes, "\r\n\r\n");
	return found && end && found < end + 2;
}

static inline const char *client_body(const struct client *client)
{
	const char *end = strstr(client->bytes, "\r\n\r\n");
	return end ? end + 4 : "";
}

/* One request on a connection of its own; the answer stays in `client`. */
static inline int client_request(struct world *world, struct client *client, const char *request)
{
	if (!client_connect(client, &world->bound) || !client_text(world, client, request))
		return 0;
	return client_answer(world, client, strncmp(request, "HEAD", 4) != 0);
}

/* WebSockets */

#define UPGRADE(path, protocol)                                                                                        \
	"GET " path " HTTP/1.1\r\nHost: example.test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"     \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" protocol "\r\n"
#define SIP_PROTOCOL "Sec-WebSocket-Protocol: sip\r\n"

static inline bool client_upgrade(struct world *world, struct client *client)
{
	if (!client_text(world, client, UPGRADE("/ws", SIP_PROTOCOL)) || client_answer(world, client, false) != 101)
		return false;
	bool good = strstr(client->bytes, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL;
	client_drop(client, (size_t)(client_body(client) - client->bytes));
	return good;
}

static inline bool client_websocket(struct world *world, struct client *client)
{
	return client_connect(client, &world->bound) && client_upgrade(world, client);
}

enum { FRAME_MORE = 0, FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };
#define FRAME_FINAL 0x80

/* RFC 6455 §5.2, masked. */
static inline bool client_frame(struct world *world, struct client *client, int head, const void *bytes, size_t count)
{
	unsigned char *frame = malloc(count + 14);
	if (!frame)
		return false;
	size_t at = 0;
	frame[at++] = (unsigned char)head;
	if (count < 126) {
		frame[at++] = (unsigned char)(0x80 | count);
	} else if (count < 65536) {
		frame[at++] = 0x80 | 126;
		frame[at++] = (unsigned char)(count >> 8);
		frame[at++] = (unsigned char)count;
	} else {
		frame[at++] = 0x80 | 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			frame[at++] = (unsigned char)(count >> shift);
	}
	static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
	memcpy(frame + at, mask, 4);
	at += 4;
	for (size_t i = 0; i < count; i++)
		frame[at + i] = ((const unsigned char *)bytes)[i] ^ mask[i & 3];
	bool good = client_write(world, client, frame, at + count);
	free(frame);
	return good;
}

/* Waits for the server's next frame: its first byte, or -1; the payload is at `payload` until client_drop_frame. */
static inline int client_next(struct world *world, struct client *client, struct slice *payload)
{
	if (!client_wait(world, client, 2))
		return -1;
	const unsigned char *frame = (const unsigned char *)client->bytes;
	size_t head = 2, count = frame[1];
	if (count == 126) {
		if (!client_wait(world, client, 4))
			return -1;
		head = 4;
		count = (size_t)frame[2] << 8 | frame[3];
	} else if (count > 126) {
		return -1;
	}
	if (!client_wait(world, client, head + count))
		return -1;
	*payload = slice_of(client->bytes + head, count);
	return frame[0];
}

static inline void client_drop_frame(struct client *client, struct slice payload)
{
	client_drop(client, (size_t)(payload.at + payload.length - client->bytes));
}

/* Waits until so many messages have come. */
static inline bool world_wait_messages(struct world *world, unsigned count)
{
	for (int i = 0; i < WAIT_MS && world->message_count < count; i++)
		world_turn(world);
	return world->message_count == count;
}

static inline bool world_wait_closed(struct world *world, unsigned count)
{
	for (int i = 0; i < WAIT_MS && world->closed_count < count; i++)
		world_turn(world);
	return world->closed_count == count;
}
