/* What the files of this folder share: the transport itself, its listeners, and the steps of its loop turn.
 *
 * A turn of libuv's loop goes: timers, idle, prepare, poll, check, close callbacks. What is sent in a turn is only
 * queued; `check` (after the sockets were read) and `prepare` (before the loop sleeps) send it all. An idle handle
 * runs while something is queued, so that the loop cannot fall asleep over it whoever queued it.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "transport/connection.h"
#include "transport/http.h"
#include "transport/transport.h"

#include <uv.h>

#define LISTENER_COUNT_MAX 32
#define LISTENER_NONE UINT8_MAX
#define HTTP_ROUTE_COUNT_MAX 32

/* Stream bytes are read into one buffer of the transport, cut and handed up in place. */
#define READ_BYTES ((size_t)65536)

struct udp_socket;
struct stream_listener;
struct local_addresses;
struct tls;

struct listener {
	enum transport_kind kind;
	struct address bound;
	struct udp_socket *udp;         /* UDP */
	struct stream_listener *stream; /* TCP and TLS */
};

struct connection_table {
	struct table by_number;
	struct table per_ip;    /* struct peer_count */
	struct list_link ended; /* struct connection_end: on_closed is owed for these */
	uint64_t last_number;
	size_t held_bytes; /* see connection_hold */
	unsigned count;
};

/* Events that outsiders can cause at will, each with its own limit of log lines. */
struct transport_rates {
	struct log_rate refused, framing, datagram, tls, slow, accept, connect;
};

struct transport {
	uv_loop_t *loop;
	struct timers *timers;
	struct log *log;
	struct transport_options options;
	char advertised_host[256]; /* what options.advertised_host points to */
	struct transport_events events;
	struct transport_counters counters;
	struct transport_rates rates;

	struct connection_table connections;
	struct table streams; /* struct stream by peer, for transport_open */
	struct listener listeners[LISTENER_COUNT_MAX];
	unsigned listener_count;
	struct local_addresses *local;
	struct tls *tls;
	struct web *web;
	struct http_route http_routes[HTTP_ROUTE_COUNT_MAX];
	unsigned http_route_count;

	uv_prepare_t prepare;
	uv_check_t check;
	uv_idle_t idle;
	struct list_link unsent; /* struct stream with something queued this turn */
	char *datagrams;         /* receive buffer of all UDP sockets, allocated with the first */
	char *bytes;             /* READ_BYTES: stream bytes as they come in */
	char *plain;             /* READ_BYTES: the same, deciphered */

	unsigned handles; /* libuv handles not yet closed, but the three of the loop turn */
	bool closing, web_closed, turn_closed;
	unsigned turn_handles;
	void (*on_done)(void *arg);
	void *on_done_arg;
};

/* Something is queued: the loop must not sleep before the next prepare. */
void transport_wake(struct transport *transport);
/* A handle counted in `handles` has closed. */
void transport_handle_closed(struct transport *transport);

/* connection.c */
MUST_CHECK int connection_table_init(struct transport *transport);
void connection_table_finish(struct transport *transport);
/* NULL where there is none with that number. */
struct connection *connection_find(const struct transport *transport, uint64_t number);
/* Ends all of them, orderly. */
void connection_close_all(struct transport *transport);
/* Tells on_closed what is owed. */
void connection_tell_ended(struct transport *transport);
