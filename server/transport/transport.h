/* The transports of one node: sockets, connections and WebSockets behind one way to send.
 *
 * Complete messages come in through `on_message`, whatever carried them: a datagram, a part of a TCP or
 * TLS stream cut out by Content-Length, a WebSocket frame. Keep-alives (CRLF, STUN, WebSocket ping) are
 * answered below and never seen above. Everything runs on the node's loop.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/timer.h"
#include "transport/flow.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct transport;

struct transport_options {
	size_t message_bytes;    /* largest message taken in (65535 fits all of UDP) */
	size_t unfinished_bytes; /* most that large messages take up until they are whole, all connections together */
	size_t send_queue_bytes; /* a connection whose unsent bytes exceed this is closed (slow reader) */
	unsigned connections;    /* most connections, all transports together */
	unsigned connections_per_ip;  /* most from one address */
	unsigned idle_s;              /* connection without traffic (keep-alives count) is closed after it */
	unsigned handshake_s;         /* TLS or WebSocket handshake, and first message, done within it */
	unsigned partial_s;           /* a message begun on a stream is whole within it */
	unsigned ping_s;              /* WebSocket ping interval (RFC 6455 §5.5.2) */
	unsigned connect_s;           /* an outgoing connection is up within it */
	unsigned udp_mtu;             /* requests larger than this prefer TCP: 1300 (RFC 3261 §18.1.1) */
	struct slice advertised_host; /* what Via and Contact say instead of the socket's address; empty: that */
};

struct transport_events {
	/* One message; `bytes` is good only during the call. */
	void (*on_message)(void *arg, const struct flow *flow, struct slice bytes);
	/* A message larger than message_bytes has begun on a connection: its start line and headers, which are all that
	 * is read of it. What is sent in the call, and some moments later, still goes out; then the connection is
	 * closed. NULL: it is closed without a word. */
	void (*on_too_large)(void *arg, const struct flow *flow, struct slice headers);
	/* The connection of `flow` is gone, for whatever reason; called once for each that had ever been up
	 * or was asked for with transport_open, never inside a call of ours. */
	void (*on_closed)(void *arg, const struct flow *flow);
	/* Bytes that could not be a message (counted and logged here already). */
	void *arg;
};

struct transport_counters {
	uint64_t received_messages, sent_messages, received_bytes, sent_bytes;
	uint64_t dropped_datagrams;   /* empty, too large, or the socket's buffer was full */
	uint64_t framing_errors;      /* streams closed because of what they sent */
	uint64_t refused_connections; /* limits */
	uint64_t slow_readers;        /* closed because of send_queue_bytes */
	unsigned open_connections[TRANSPORT_KIND_COUNT];
};

/* Options are copied, `events` too. NULL where memory is exhausted. The process must ignore SIGPIPE: libuv writes with
 * write(2), and a peer may be gone. */
struct transport *transport_create(uv_loop_t *loop, struct timers *timers, struct log *log,
				   const struct transport_options *options, const struct transport_events *events);
/* Begins an orderly end: stops listening, sends what is queued, closes. `on_done` runs when all handles are
 * closed; only then may transport_destroy be called. The loop and the timers must go on running until then (within some
 * seconds); on_closed is told for each connection before it. */
void transport_close(struct transport *transport, void (*on_done)(void *arg), void *arg);
void transport_destroy(struct transport *transport);

/* UDP, TCP or TLS (WS and WSS listen through web_listen, transport/websocket.h). Port 0 takes a free one;
 * `bound` (may be NULL) receives what was bound. TLS needs transport_set_tls before.
 * libuv's codes; `address in use` is UV_EADDRINUSE. */
MUST_CHECK int transport_listen(struct transport *transport, enum transport_kind kind, const struct address *address,
				struct address *bound);

/* Sends one whole message; the bytes are copied or written before it returns. UDP datagrams leave together at
 * the end of the loop turn (one that finds the queue full is lost and counted, which is no error). ERR_CLOSED, ERR_BUSY
 * (the peer reads too slowly and is being closed), ERR_LIMIT (too large for UDP), libuv's codes. */
MUST_CHECK int transport_send(struct transport *transport, const struct flow *flow, struct slice bytes);

/* Opens a TCP or TLS connection to `peer` (or takes one that is open already) and gives its flow at once; what
 * is sent meanwhile waits. `host` is the name for SNI and verification (TLS), empty: none.
 * A failure comes as on_closed. ERR_LIMIT, ERR_NO_MEMORY; ERR_TLS: the trusted certificates cannot be read; ERR_CLOSED:
 * the transport is closing. */
MUST_CHECK int transport_open(struct transport *transport, enum transport_kind kind, const struct address *peer,
			      struct slice host, struct flow *flow);

/* Closes the connection (orderly; queued bytes are sent first). */
void transport_close_flow(struct transport *transport, const struct flow *flow);

/* UDP: true. Else whether the connection is up (or being opened). */
bool transport_is_open(const struct transport *transport, const struct flow *flow);

/* Our own address as this peer should name it in Via and Contact: "host:port". */
struct slice transport_sent_by(const struct transport *transport, const struct flow *flow,
			       char text[ADDRESS_TEXT_SIZE + 256]);
/* True where host (name or IP, without brackets) and port name one of our own listeners. `port` 0: any. */
bool transport_is_own_address(const struct transport *transport, struct slice host, uint16_t port);
/* A UDP flow to `peer` from the listener that reaches its family; false where there is none. */
bool transport_udp_flow(const struct transport *transport, const struct address *peer, struct flow *flow);

const struct transport_counters *transport_counters(const struct transport *transport);
/* One `name value` line each, for `heliograph status`. */
void transport_describe(const struct transport *transport, struct buffer *buffer);

/* The certificate and key (PEM files) of TLS and WSS; may be called again to renew them: connections that are
 * up keep theirs. On failure the old ones stay and `error` (ERR_TEXT_SIZE bytes) has the sentence. */
#define TRANSPORT_ERROR_SIZE 256
MUST_CHECK int transport_set_tls(struct transport *transport, const char *certificate_file, const char *key_file,
				 const char *trusted_file, char error[TRANSPORT_ERROR_SIZE]);
