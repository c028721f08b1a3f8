/* HTTP requests for those above the transport: a route is a path and the function that answers it, now or later. The
 * web listeners (websocket.h) serve the routes beside WebSockets and the web client's files.
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "transport/transport.h"

#include <stdbool.h>

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_PUT, HTTP_POST, HTTP_DELETE, HTTP_OTHER };

/* One request, whole: its body has been read. Lives until its answer is sent, or its connection is gone. */
struct http_request {
	enum http_method method;
	struct slice path;  /* decoded (%XX), from "/"; no zero bytes */
	struct slice query; /* behind '?', not decoded; empty: none */
	struct slice rest;  /* of the path, behind the route's prefix; decoded */
	struct slice body;
	struct slice content_type, authorization, if_match, if_none_match, accept, host,
		origin; /* headers; empty: absent */
	struct address peer;
	bool is_secure;      /* HTTPS */
	struct arena *arena; /* for whatever the answer needs; ends with the request */
	void *state;         /* the handler's own */
	/* Called once where the connection goes before the answer; the request is gone after it. NULL: the handler
	 * waits for nothing. */
	void (*on_gone)(struct http_request *request);
};

struct http_answer {
	unsigned status;
	const char *content_type; /* NULL: no body */
	struct slice body;        /* copied */
	struct slice headers;     /* whole lines with CRLF: ETag, WWW-Authenticate, Allow … */
};

/* Gives the answer, once, in the handler or later. After HEAD the body is left out, its length is told. */
void http_answer(struct http_request *request, const struct http_answer *answer);

/* The value of a query parameter, decoded into the arena; false where it is absent or broken. */
bool http_query(struct http_request *request, struct slice name, struct slice *value);

typedef void http_handler_fn(void *arg, struct http_request *request);

struct http_route {
	const char *prefix; /* "/api/v1/" takes all below it, "/metrics" (no slash at the end) only itself */
	http_handler_fn *handle;
	void *arg;
	size_t body_bytes; /* larger bodies are refused with 413 before they are read; 0: none is taken */
};

/* Adds a route to all web listeners, also those to come; the longest prefix that fits wins. Copied; `prefix` is
 * borrowed for ever. ERR_LIMIT: too many, ERR_NO_MEMORY. */
MUST_CHECK int http_add_route(struct transport *transport, const struct http_route *route);
