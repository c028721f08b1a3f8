/* What all connections of a transport have in common, inside server/transport: the table that finds them by number,
 * the limits, the idle timer, and the seam by which transport.c sends over any of them.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/list.h"
#include "base/table.h"
#include "base/timer.h"
#include "transport/flow.h"
#include "transport/transport.h"

struct connection;
struct connection_end;
struct peer_count;

struct connection_operations {
	/* Takes a copy of one whole message (queued while the connection is being opened). ERR_BUSY where the
	 * send queue would exceed its limit: the caller then aborts the connection. */
	int (*send)(struct connection *connection, struct slice bytes);
	/* Sends what is queued, then ends with connection_ended. */
	void (*close)(struct connection *connection);
	/* Ends at once, with connection_ended in a later step of the loop. */
	void (*abort)(struct connection *connection);
};

/* First member of struct stream (stream.c) and struct web_connection (websocket.c). */
struct connection {
	struct table_link link; /* in the transport's table, by number */
	struct transport *transport;
	const struct connection_operations *operations;
	struct flow flow;     /* flow.connection is its number */
	struct address local; /* our side of it, where the owner knows it; ADDRESS_NONE: as the listener says */
	struct timer idle;
	int64_t active_at_ms;
	bool outgoing;    /* opened by us (set before connection_begin): connect_s, no limit per address */
	bool established; /* handshake done */
	bool closing;     /* set by the owner when it begins to end it: nothing is sent any more */
	/* connection.c's */
	struct connection_end *end; /* what on_closed will be told, allocated at the beginning so that it cannot fail */
	struct peer_count *peer_count; /* how many there are from this address */
	size_t held_bytes;             /* its part of the table's */
};

/* Gives it a number, puts it into the table and starts its timers: until connection_established it has handshake_s
 * (connect_s where outgoing), then it is aborted. ERR_LIMIT: too many connections, in all or from that address
 * (counted and logged; the caller closes the socket), ERR_NO_MEMORY: after either nothing needs to be undone. */
MUST_CHECK int connection_begin(struct connection *connection, struct transport *transport,
				const struct connection_operations *operations, enum transport_kind kind,
				uint8_t listener, const struct address *peer);
/* Handshake done; from now on its idle time counts. */
void connection_established(struct connection *connection);
/* Bytes or a keep-alive came in or went out. */
void connection_active(struct connection *connection);
/* One whole message for the layers above. */
void connection_message(struct connection *connection, struct slice bytes);
/* The headers of one that is over the limit. The caller goes on to take nothing in any more, but leaves those above
 * CONNECTION_REFUSED_S for the answers to what came before, and then closes. */
void connection_too_large(struct connection *connection, struct slice headers);
#define CONNECTION_REFUSED_S 2
/* A message that is not whole takes up so many bytes (0: there is none). False where it is large and all together take
 * too much: the caller ends the connection. */
MUST_CHECK bool connection_hold(struct connection *connection, size_t bytes);
/* Takes it out of the table, tells on_closed (in a later step of the loop); the owner frees it after this. May be
 * called from anywhere, once after each successful connection_begin. */
void connection_ended(struct connection *connection);

/* For websocket.c: the options, loop and so on of the transport that it belongs to. */
const struct transport_options *transport_options(const struct transport *transport);
struct transport_counters *transport_counters_mutable(struct transport *transport);
uv_loop_t *transport_loop(const struct transport *transport);
struct timers *transport_timers(const struct transport *transport);
struct log *transport_log(const struct transport *transport);
/* PEM files last set with transport_set_tls; NULL where none. */
const char *transport_certificate_file(const struct transport *transport);
const char *transport_key_file(const struct transport *transport);

/* websocket.c keeps its state behind this pointer (NULL until web_listen); transport_close calls web_close and waits
 * for its callback, transport_set_tls calls web_renew_tls. */
struct web;
struct web **transport_web(struct transport *transport);
void web_close(struct web *web, void (*on_done)(void *arg), void *arg);
int web_renew_tls(struct web *web, const char *certificate_file, const char *key_file);
void web_describe(const struct web *web, struct buffer *buffer);
/* Registers a listening address for transport_is_own_address and transport_sent_by; returns its listener index or a
 * negative code. */
MUST_CHECK int transport_add_listener(struct transport *transport, enum transport_kind kind,
				      const struct address *bound);
