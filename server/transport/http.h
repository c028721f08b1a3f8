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

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_PUT, HTTP_POST, HTTP_DELETE, HTTP_OPTIONS, HTTP_OTHER };

/* One request, whole: its body has been read. Lives until its answer is given, or its connection is gone. Headers that
 * came more than once are one, with commas.
 *
 * libwebsockets takes paths apart for its own ends, so that some bytes are not as they came: "//" is "/" (but for the
 * two of http:// and https:// behind a quote), ".." has gone up, an '&' that was not escaped is a ';', and a '+' that
 * was not escaped is one again only inside of sip:, sips:, tel: and im: URIs (else a space). Digest credentials have
 * the target as it came (core/http_target.h). Methods other than those above and PATCH never come: it answers them with
 * 403. */
struct http_request {
	enum http_method method;
	struct slice path;  /* decoded (%XX), from "/"; no zero bytes */
	struct slice query; /* behind '?', not decoded; empty: none */
	struct slice rest;  /* of the path, behind the route's prefix; decoded */
	struct slice body;
	struct slice content_type, authorization, if_match, if_none_match, accept, accept_encoding, host, origin,
		user_agent; /* headers; empty: absent */
	struct address peer;
	bool is_secure;      /* HTTPS */
	struct arena *arena; /* for whatever the answer needs; ends with the request */
	void *state;         /* the handler's own */
	/* Called once where the connection goes before the answer; the request is gone after it, and must not be
	 * answered any more. NULL: the handler waits for nothing. */
	void (*on_gone)(struct http_request *request);
};

struct http_answer {
	unsigned status;
	const char *content_type; /* NULL: none is told */
	struct slice body;        /* copied */
	struct slice headers;     /* whole lines with CRLF: ETag, WWW-Authenticate, Allow …; copied */
};

/* Gives the answer, once, in the handler or later; the request is not to be used any more after it. After HEAD the body
 * is left out, its length is told. Every answer says Cache-Control: no-store unless its headers have another. */
void http_answer(struct http_request *request, const struct http_answer *answer);

/* The value of a query parameter, decoded into the arena ('+' is a space); the first of several. False where it is
 * absent or broken. */
bool http_query(struct http_request *request, struct slice name, struct slice *value);
/* Text without its %XX, in the arena. ERR_SYNTAX: broken, or with a zero byte; ERR_NO_MEMORY. */
MUST_CHECK int http_decode(struct arena *arena, struct slice text, struct slice *decoded);

typedef void http_handler_fn(void *arg, struct http_request *request);

struct http_route {
	const char *prefix; /* "/api/v1/" takes all below it, "/metrics" (no slash at the end) only itself */
	http_handler_fn *handle;
	void *arg;
	size_t body_bytes; /* larger bodies are refused with 413 before they are read; 0: none is taken */
	bool speaks_json;  /* what is refused before the handler gets it is told as {"error":"…","status":413} */
};

/* Adds a route to all web listeners, also those to come; the longest prefix that fits wins. Copied; `prefix` is
 * borrowed for ever. ERR_LIMIT: too many. */
MUST_CHECK int http_add_route(struct transport *transport, const struct http_route *route);
