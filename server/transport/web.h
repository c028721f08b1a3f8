/* What the files of the web listeners share: web.c has libwebsockets' context, the listeners, their TLS and their
 * end; web_http.c decides what answers HTTP; web_request.c and web_answer.c carry the requests of routes (http.h),
 * whose heads web_head.c reads; web_files.c serves the web client; websocket.c carries SIP.
 *
 * libwebsockets runs on the node's own uv loop and owns the sockets; a `struct lws` is one of them. To each accepted
 * one belongs a struct web_connection, made when it is accepted and freed when libwebsockets lets go of the socket,
 * in a later step of the loop than its close. It begins as HTTP and becomes a connection of the transport with its
 * upgrade. Callbacks that return -1 make libwebsockets close the socket. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "transport/connection.h"
#include "transport/http.h"

#include <libwebsockets.h>
#include <openssl/ssl.h>
#include <uv.h>

struct web {
	struct transport *transport;
	struct lws_context *context;  /* set to NULL by libwebsockets when it is gone */
	struct lws_retry_bo no_pings; /* all zero: libwebsockets sends no pings of its own */
	struct list_link listeners;   /* struct web_listener */
	struct list_link connections; /* struct web_connection */
	unsigned http_count;          /* of them, those that are not WebSockets */
	unsigned request_count;       /* struct web_request under way */
	struct table per_ip;          /* struct peer_count of those that are not WebSockets */
	struct log_rate rate;
	bool closing;
	uv_timer_t timer; /* runs while closing */
	uint64_t close_by_ms;
	void (*on_done)(void *arg);
	void *on_done_arg;
};

struct web_listener {
	struct list_link link; /* in web->listeners */
	struct web *web;
	SSL_CTX *tls; /* libwebsockets'; NULL: plain */
	enum transport_kind kind;
	uint8_t index;
	bool open;
	struct address bound;
	char host[ADDRESS_TEXT_SIZE]; /* libwebsockets keeps pointers to these two */
	char name[24];
	char *document_root; /* NULL: none */
};

struct web_connection {
	struct connection connection; /* first; the transport knows it once `begun` */
	struct list_link link;        /* in web->connections */
	struct web_listener *listener;
	struct lws *wsi;
	struct peer_count *peer_count; /* NULL once it is a WebSocket, which counts as a connection of the transport */
	struct web_request *request;   /* on a route, under way; NULL: none */
	bool used;                     /* it has carried a request before this one */
	bool begun;                    /* between connection_begin and connection_ended */
	bool heard;                    /* a first message came */
	bool aborted;                  /* its socket is shut down: ignore what still comes */
	bool ping_due;                 /* to be written */
	bool pong_awaited;
	bool refusing;             /* a message is too large: its headers are read, and then nothing any more */
	bool deaf;                 /* they were, or it never had any; what answers the messages before still goes out */
	struct timer timer;        /* first message, then pings; last of all the time to close in */
	struct list_link outgoing; /* struct outgoing, what waits for the socket */
	size_t outgoing_bytes;
	struct buffer incoming; /* the fragments of a message so far; no memory between messages */
};

/* web.c: for every accepted socket, and when it is gone. */
MUST_CHECK int web_connection_create(struct lws *wsi);
void web_connection_destroy(struct web_connection *web_connection);
/* NULL for sockets that are no accepted connection. */
struct web_connection *web_connection_of(const struct lws *wsi);
/* Whether the listener takes one more socket; counts it where not. */
bool web_may_accept(const struct web_listener *listener);
/* The address at one end of a socket: `name` is getpeername or getsockname. */
struct address web_address_of(int descriptor, int (*name)(int, struct sockaddr *, socklen_t *));
/* libwebsockets has made the listener's TLS context: gives it its certificate. ERR_TLS. */
MUST_CHECK int web_listener_take_tls(struct web_listener *listener, SSL_CTX *tls);

/* web_http.c */
int web_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
/* Writes a whole answer; the caller then completes the transaction. 0 or -1. */
MUST_CHECK int web_respond(struct lws *wsi, unsigned status, const char *content_type, struct slice body);
/* Completes the transaction: 0, or -1 where the socket must close. */
MUST_CHECK int web_complete(struct lws *wsi);

/* Writes a whole answer that says that the connection closes: always -1, which makes it so. */
MUST_CHECK int web_refuse(struct lws *wsi, unsigned status, const char *text);

/* web_head.c: what libwebsockets knows of a request's head. */
enum web_body { WEB_BODY_NONE, WEB_BODY_SIZED, WEB_BODY_CHUNKED, WEB_BODY_BROKEN };
#define WEB_HEADER_BYTES 8192 /* of one HTTP request, all its lines */
enum http_method web_head_method(struct lws *wsi);
/* The request's first word, as it stands there. */
const char *web_head_method_name(struct lws *wsi);
/* Its path, decoded, into `text`. ERR_SYNTAX: it has a zero byte. */
MUST_CHECK int web_head_path(struct lws *wsi, char text[WEB_HEADER_BYTES + 1], struct slice *path);
/* The query and the headers, copied into the request's arena. ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int web_head_read(struct lws *wsi, struct http_request *request);
/* How the body's end is told, and its length where it is WEB_BODY_SIZED. */
enum web_body web_head_body(struct lws *wsi, uint64_t *bytes);
bool web_head_expects_continue(struct lws *wsi);

/* web_request.c and web_answer.c: all are called in libwebsockets' callbacks, and return what these shall return. */
struct web_request;
/* The head of a request for `route` is there. */
MUST_CHECK int web_request_begin(struct web_connection *web_connection, const struct http_route *route,
				 struct slice path);
MUST_CHECK int web_request_body(struct web_connection *web_connection, struct slice bytes);
MUST_CHECK int web_request_whole(struct web_connection *web_connection);
MUST_CHECK int web_request_writeable(struct web_connection *web_connection);
MUST_CHECK int web_request_tick(struct web_connection *web_connection);
/* The connection is gone; does nothing where there is no request. */
void web_request_gone(struct web_connection *web_connection);
/* For http.c. */
void web_request_answer(struct http_request *request, const struct http_answer *answer);

/* http.c: NULL where no route takes it. */
const struct http_route *http_find_route(const struct transport *transport, struct slice path);
/* Appends text of a query's parameter, escaped where it must be. */
void http_escape(struct buffer *buffer, struct slice text);

/* web_files.c: the page that says that there is nothing, and the file at `path` (decoded, from "/") below `root`;
 * both complete the transaction. 0 or -1. */
MUST_CHECK int web_answer_not_found(struct lws *wsi);
MUST_CHECK int web_serve_file(struct lws *wsi, const char *root, struct slice path);

/* websocket.c */
int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
/* Makes it a connection of the transport, right before its upgrade. ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int websocket_begin(struct web_connection *web_connection);
/* It is gone; does nothing where it never began or has ended. */
void websocket_end(struct web_connection *web_connection);
