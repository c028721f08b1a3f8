/* Reading a request on a route, and its life (web_request.h). SPDX-License-Identifier: MIT */
#include "transport/web_request.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REQUESTS_MAX 256              /* under way at once, on all listeners */
#define ARENA_BYTES ((size_t)4 << 20) /* for head and handler */
#define STRAYS_MAX 100
#define SENTENCE_BYTES 128

static struct transport *transport_of(const struct web_request *web_request)
{
	return web_request->web_connection->listener->web->transport;
}

void web_request_start_timer(struct web_request *web_request, timer_fn *fire)
{
	struct transport *transport = transport_of(web_request);
	timer_start(transport_timers(transport), &web_request->timer,
		    (int64_t)transport_options(transport)->partial_s * 1000, fire);
}

void web_request_destroy(struct web_request *web_request)
{
	struct web_connection *web_connection = web_request->web_connection;
	web_connection->request = NULL;
	web_connection->listener->web->request_count--;
	timer_stop(&web_request->timer);
	buffer_finish(&web_request->body);
	arena_finish(&web_request->arena);
	free(web_request->answer);
	free(web_request);
}

void web_request_gone(struct web_connection *web_connection)
{
	struct web_request *web_request = web_connection->request;
	if (!web_request)
		return;
	bool waits = web_request->state == WEB_REQUEST_HANDLED;
	web_request->state = WEB_REQUEST_FAILED;
	if (waits && web_request->request.on_gone)
		web_request->request.on_gone(&web_request->request);
	web_request_destroy(web_request);
}

/* Reading */

static void hand_over(struct web_request *web_request)
{
	timer_stop(&web_request->timer);
	web_request->state = WEB_REQUEST_HANDLED;
	web_request->request.body = buffer_slice(&web_request->body);
	lws_set_timeout(web_request->web_connection->wsi, NO_PENDING_TIMEOUT, 0);
	web_request->route->handle(web_request->route->arg, &web_request->request);
	if (web_request->state == WEB_REQUEST_HANDLED)
		web_request_rest(web_request);
}

static void on_body_late(struct timer *timer)
{
	web_request_refuse(CONTAINER_OF(timer, struct web_request, timer), 408, "the request took too long\n");
}

/* Whether these first bytes of a body are those of the request's own head: see the top. A real body that is so loses
 * nothing but time, on a connection of its own it is taken. */
static bool is_own_head(const struct web_request *web_request, struct slice bytes)
{
	const char *name = web_head_method_name(web_request->web_connection->wsi);
	size_t length = strlen(name);
	if (length > bytes.length)
		length = bytes.length;
	return web_request->follows && memcmp(bytes.at, name, length) == 0;
}

int web_request_body(struct web_connection *web_connection, struct slice bytes)
{
	struct web_request *web_request = web_connection->request;
	if (!web_request)
		return -1;
	if (web_request->state != WEB_REQUEST_READING)
		return 0;
	if (web_request->body.length == 0 && bytes.length > 0 && is_own_head(web_request, bytes))
		return web_refuse(web_connection->wsi, HTTP_STATUS_BAD_REQUEST,
				  "a request with a body waits for the answers before it\n");
	buffer_append(&web_request->body, bytes);
	if (buffer_failed(&web_request->body))
		web_request_refuse(web_request, 503, "out of memory\n");
	return 0;
}

int web_request_whole(struct web_connection *web_connection)
{
	struct web_request *web_request = web_connection->request;
	if (!web_request || ++web_request->strays > STRAYS_MAX)
		return -1;
	web_request->unread = false;
	if (web_request->state == WEB_REQUEST_READING && web_request->body.length == web_request->body_bytes)
		hand_over(web_request);
	return 0;
}

/* Beginning */

static struct web_request *create(struct web_connection *web_connection, const struct http_route *route,
				  struct slice path)
{
	struct lws *wsi = web_connection->wsi;
	struct web_request *web_request = calloc(1, sizeof *web_request);
	if (!web_request)
		return NULL;
	web_request->web_connection = web_connection;
	web_request->route = route;
	web_request->follows = web_connection->used;
	arena_init(&web_request->arena, NULL, ARENA_BYTES);
	struct http_request *request = &web_request->request;
	request->method = web_head_method(wsi);
	request->peer = web_address_of(lws_get_socket_fd(wsi), getpeername);
	request->is_secure = lws_is_ssl(wsi) != 0;
	request->arena = &web_request->arena;
	web_request->is_head = request->method == HTTP_HEAD;
	web_connection->request = web_request;
	web_connection->listener->web->request_count++;
	if (arena_copy(&web_request->arena, path, &request->path) < 0) {
		web_request_destroy(web_request);
		return NULL;
	}
	request->rest = slice_from(request->path, strlen(route->prefix));
	return web_request;
}

/* 413 names the limit, so that the client can know what would be taken. */
static void describe_limit(const struct http_route *route, char text[SENTENCE_BYTES])
{
	if (route->body_bytes > 0)
		(void)snprintf(text, SENTENCE_BYTES, "the body is too large: more than the %zu bytes that are read\n",
			       route->body_bytes);
	else
		(void)snprintf(text, SENTENCE_BYTES, "the body is too large: 0 bytes are read here\n");
}

/* What is wrong with the head; 0: nothing. `too_large` has what `text` points to where that is it. */
static unsigned judge(struct web_request *web_request, enum web_body kind, uint64_t bytes, const char **text,
		      char too_large[SENTENCE_BYTES])
{
	const struct web *web = web_request->web_connection->listener->web;
	if (kind == WEB_BODY_BROKEN) {
		*text = "Content-Length is one number\n";
		return HTTP_STATUS_BAD_REQUEST;
	}
	if (kind == WEB_BODY_CHUNKED) {
		*text = "a body needs its Content-Length\n";
		return HTTP_STATUS_LENGTH_REQUIRED;
	}
	if (bytes > web_request->route->body_bytes) {
		describe_limit(web_request->route, too_large);
		*text = too_large;
		return HTTP_STATUS_REQ_ENTITY_TOO_LARGE;
	}
	if (web->closing || web->request_count > REQUESTS_MAX) {
		*text = "busy, try again\n";
		return HTTP_STATUS_SERVICE_UNAVAILABLE;
	}
	int result = web_head_read(web_request->web_connection->wsi, &web_request->request);
	*text = result == ERR_SYNTAX ? "a header is broken\n" : "out of memory\n";
	if (result < 0)
		return result == ERR_SYNTAX ? HTTP_STATUS_BAD_REQUEST : HTTP_STATUS_SERVICE_UNAVAILABLE;
	return 0;
}

/* RFC 9110 §10.1.1: the client holds its body back until it hears this, or for a second or so. */
static int say_continue(struct lws *wsi)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	unsigned char bytes[LWS_PRE + sizeof text];
	memcpy(bytes + LWS_PRE, text, sizeof text);
	return lws_write(wsi, bytes + LWS_PRE, sizeof text - 1, LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

int web_request_begin(struct web_connection *web_connection, const struct http_route *route, struct slice path)
{
	struct lws *wsi = web_connection->wsi;
	uint64_t bytes;
	enum web_body kind = web_head_body(wsi, &bytes);
	struct web_request *web_request = create(web_connection, route, path);
	if (!web_request)
		return web_refuse(wsi, HTTP_STATUS_SERVICE_UNAVAILABLE, "out of memory\n");

	enum http_method method = web_request->request.method;
	bool waits = kind == WEB_BODY_NONE && (method == HTTP_PUT || method == HTTP_POST || method == HTTP_OTHER);
	bool has_body = kind != WEB_BODY_NONE && (kind != WEB_BODY_SIZED || bytes > 0);
	web_request->last = waits || has_body;
	web_request->unread = has_body;
	web_request->body_bytes = (size_t)bytes;
	buffer_init(&web_request->body, (size_t)bytes);

	const char *text;
	char too_large[SENTENCE_BYTES];
	unsigned status = judge(web_request, kind, bytes, &text, too_large);
	if (status == 0 && !has_body) {
		hand_over(web_request);
		return 0;
	}
	if (status == 0) {
		web_request_start_timer(web_request, on_body_late);
		return web_head_expects_continue(wsi) ? say_continue(wsi) : 0;
	}
	/* What is not the first on its connection may be in pieces that libwebsockets would loop over. */
	if (web_request->follows)
		return web_refuse(wsi, status, text);
	web_request_refuse(web_request, status, text);
	return 0;
}
