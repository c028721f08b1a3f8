/* TCP and TLS connections, accepted and opened by one code: stream.c has their lives, stream_data.c what goes through
 * them, stream_listener.c those that come to us. SPDX-License-Identifier: MIT */
#pragma once

#include "transport/framing.h"
#include "transport/transport_state.h"

struct tls_session;

/* CONNECTING ─▶ HANDSHAKING ─▶ OPEN ─▶ DRAINING ─▶ SHUT ─▶ CLOSED
 *     └──────────────┴──────────┴─────────┴──────────┴───────▲     only stream.c changes it */
enum stream_state {
	STREAM_CONNECTING,  /* opened by us: no answer yet */
	STREAM_HANDSHAKING, /* TLS */
	STREAM_OPEN,
	STREAM_DRAINING, /* asked to close: what is queued still goes out, what comes in is dropped */
	STREAM_SHUT,     /* our FIN is out, we wait for the peer's */
	STREAM_CLOSED    /* uv_close was called: memory goes when it calls back */
};

struct stream {
	struct connection connection;
	struct table_link by_peer;
	struct list_link unsent; /* in transport->unsent: something is to be written at the end of the turn */
	uv_tcp_t tcp;
	union { /* one after the other */
		uv_connect_t connect;
		uv_write_t write;
		uv_shutdown_t shutdown;
	} request;
	struct tls_session *tls; /* NULL: TCP */
	char *host;              /* opened with TLS: whom the certificate names, NULL: not verified */
	struct framing framing;
	struct buffer input;     /* a message of which some is missing; else no memory is held */
	struct buffer queue;     /* messages to be sent, as they are */
	struct buffer wire;      /* bytes for the socket, enciphered if need be */
	struct buffer in_flight; /* libuv is writing these */
	struct timer limit;      /* of the first message, of a message begun, or of the end */
	enum stream_state state;
	bool begun;       /* it is in the tables */
	bool peer_ended;  /* the peer's FIN is here */
	bool heard;       /* it has said something sensible */
	bool partial;     /* a message has begun and is not whole */
	bool deaf;        /* a message was too large: nothing more is taken in, what answers the ones before goes out */
	bool close_noted; /* close_notify is written */
};

/* stream_listener.c */

/* Listens on `address`; `bound` receives what was bound. libuv's codes, ERR_NO_MEMORY. */
MUST_CHECK int stream_listen(struct transport *transport, enum transport_kind kind, uint8_t index,
			     const struct address *address, struct stream_listener **listener, struct address *bound);
/* Stops listening; frees itself. */
void stream_listener_close(struct stream_listener *listener);

/* stream.c */

/* See transport_open. */
MUST_CHECK int stream_open(struct transport *transport, enum transport_kind kind, const struct address *peer,
			   struct slice host, struct flow *flow);
/* Takes the connection that `server` has for us, or refuses it. ERR_NO_MEMORY: not taken, try again later. */
MUST_CHECK int stream_accept(struct transport *transport, enum transport_kind kind, uint8_t listener,
			     uv_stream_t *server);
/* The connection is up, or its handshake done. */
void stream_established(struct stream *stream);
/* The message that is awaited, the rest of one, or the end must be here in so many seconds; else it is aborted. */
void stream_limit(struct stream *stream, unsigned seconds);
/* After all is written: our FIN. */
void stream_shut(struct stream *stream);
void stream_close(struct connection *connection);
void stream_abort(struct connection *connection);

/* stream_data.c */

void stream_on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer);
void stream_on_read(uv_stream_t *tcp, ssize_t length, const uv_buf_t *buffer);
int stream_send(struct connection *connection, struct slice bytes);
/* It has something to write at the end of the turn. */
void stream_mark_unsent(struct stream *stream);
/* Begins or goes on with the TLS handshake, with what has come in. False: it failed, the stream is aborted. */
bool stream_handshake(struct stream *stream);
/* Writes what is queued for it, as far as the socket takes it. */
void stream_flush(struct stream *stream);
/* Flushes all streams in transport->unsent. */
void stream_flush_all(struct transport *transport);
