/* A request on a route, between the two files that carry it: web_request.c reads it and calls its handler, web_answer.c
 * makes the answer and writes it.
 *
 *	READING ── body whole ──> HANDLED ── http_answer ──> ANSWERING ── written ──> the next request, or closed
 *	   └── late, too large … ─────────────────────────────^   └── some of its body unread ──> LINGERING ──> closed
 *
 * What libwebsockets 4.1 does with a connection meanwhile makes the rules:
 *
 * - While a handler has the request nothing may be read: in that state libwebsockets reads nothing, but goes on being
 *   told that it could (a loop without rest). So receiving is turned off; that also hides the peer's end, for which a
 *   tick looks. To write, receiving must be on again, for else it does not write; with one who reads slowly it is off
 *   again, and the tick looks whether he has read. (What came in one piece with earlier requests still makes the loop
 *   turn without rest until its answer, which is a handler's time; nothing stops that.)
 * - After a body with something behind it, it says "body whole" for ever. So a request with a body is the last of its
 *   connection, and what follows is ignored.
 * - Of a request that came in one piece with the one before it, it hands over the head in place of the body. Such a
 *   request is refused.
 * - It waits for a body of PUT, POST and PATCH even without Content-Length: these are the last ones too.
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "transport/web.h"

enum web_request_state {
	WEB_REQUEST_READING,
	WEB_REQUEST_HANDLED, /* the handler has it, and owes an answer */
	WEB_REQUEST_ANSWERING,
	WEB_REQUEST_LINGERING,
	WEB_REQUEST_FAILED /* its connection closes at the next chance */
};

struct web_request {
	struct http_request request;
	struct web_connection *web_connection;
	const struct http_route *route;
	enum web_request_state state;
	struct arena arena;
	struct buffer body;
	size_t body_bytes; /* as its head says */
	bool last;         /* the connection closes after it */
	bool unread;       /* its body may still be coming */
	bool follows;      /* others came before it on its connection */
	bool is_head;
	unsigned strays;       /* calls for a body that was whole already */
	unsigned ticks;        /* while it lingers */
	struct timer timer;    /* the body must be whole, the next piece of the answer written by then */
	unsigned char *answer; /* LWS_PRE bytes, then the answer */
	size_t answer_bytes, written;
};

/* (Re)starts the timer, of partial_s. */
void web_request_start_timer(struct web_request *web_request, timer_fn *fire);
/* An answer of our own, the last on its connection. */
void web_request_refuse(struct web_request *web_request, unsigned status, const char *text);
/* The handler has it from now on, and the connection rests until its answer. */
void web_request_rest(struct web_request *web_request);
void web_request_destroy(struct web_request *web_request);
