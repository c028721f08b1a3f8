/* The answer to a request on a route: made, written, and the end of its connection (web_request.h).
 * SPDX-License-Identifier: MIT */
#include "transport/web_request.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define REFUSAL_BYTES 256
#define HEAD_BYTES 1024   /* of an answer, without the handler's lines */
#define PIECE_BYTES 16384 /* libwebsockets cuts what is larger, which costs a copy */
#define GONE_TICK_US 500000
#define WRITE_TICK_US 20000
#define MOMENT_US 1000
#define LINGER_TICKS 50 /* of WRITE_TICK_US */

/* Nobody reads what we write: libwebsockets finds the socket at its end. */
static void on_reader_late(struct timer *timer)
{
	struct web_request *web_request = CONTAINER_OF(timer, struct web_request, timer);
	struct lws *wsi = web_request->web_connection->wsi;
	web_request->state = WEB_REQUEST_FAILED;
	shutdown(lws_get_socket_fd(wsi), SHUT_RDWR);
	lws_rx_flow_control(wsi, 1);
	lws_callback_on_writable(wsi);
}

/* Making the answer */

/* True where one of the lines begins with the name. */
static bool has_header(struct slice lines, struct slice name)
{
	while (lines.length > 0) {
		struct slice line = slice_take(&lines, '\n');
		if (slice_equal_nocase(slice_trim(slice_take(&line, ':')), name))
			return true;
	}
	return false;
}

static bool add_header(struct lws *wsi, enum lws_token_indexes token, const char *value, unsigned char **at,
		       unsigned char *end)
{
	return lws_add_http_header_by_token(wsi, token, (const unsigned char *)value, (int)strlen(value), at, end) == 0;
}

/* RFC 9110 §8.6: these have neither a body nor its length. */
static bool has_no_content(unsigned status)
{
	return status == 204 || status == 304;
}

static bool write_head(struct web_request *web_request, const struct http_answer *answer, unsigned char **at)
{
	struct lws *wsi = web_request->web_connection->wsi;
	unsigned char *end = *at + HEAD_BYTES;
	if (lws_add_http_header_status(wsi, answer->status, at, end) ||
	    (answer->content_type && !add_header(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE, answer->content_type, at, end)) ||
	    (!has_no_content(answer->status) &&
	     lws_add_http_header_content_length(wsi, answer->body.length, at, end)) ||
	    (!has_header(answer->headers, SLICE("Cache-Control")) &&
	     !add_header(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL, "no-store", at, end)) ||
	    (web_request->last && !add_header(wsi, WSI_TOKEN_CONNECTION, "close", at, end)))
		return false;
	assert(answer->headers.length == 0 || slice_ends_with(answer->headers, SLICE("\r\n")));
	if (answer->headers.length > 0)
		memcpy(*at, answer->headers.at, answer->headers.length);
	*at += answer->headers.length;
	memcpy(*at, "\r\n", 2);
	*at += 2;
	return true;
}

static bool write_answer(struct web_request *web_request, const struct http_answer *answer)
{
	bool has_body = answer->body.length > 0 && !web_request->is_head && !has_no_content(answer->status);
	size_t room = LWS_PRE + HEAD_BYTES + answer->headers.length + 2 + (has_body ? answer->body.length : 0);
	web_request->answer = malloc(room);
	if (!web_request->answer)
		return false;
	unsigned char *at = web_request->answer + LWS_PRE;
	if (!write_head(web_request, answer, &at))
		return false;
	if (has_body) {
		memcpy(at, answer->body.at, answer->body.length);
		at += answer->body.length;
	}
	web_request->answer_bytes = (size_t)(at - web_request->answer) - LWS_PRE;
	return true;
}

static void answer(struct web_request *web_request, const struct http_answer *http_answer)
{
	struct lws *wsi = web_request->web_connection->wsi;
	web_request->state = write_answer(web_request, http_answer) ? WEB_REQUEST_ANSWERING : WEB_REQUEST_FAILED;
	web_request_start_timer(web_request, on_reader_late);
	lws_rx_flow_control(wsi, 1);
	lws_callback_on_writable(wsi);
}

void web_request_answer(struct http_request *request, const struct http_answer *http_answer)
{
	struct web_request *web_request = CONTAINER_OF(request, struct web_request, request);
	assert(web_request->state == WEB_REQUEST_HANDLED);
	answer(web_request, http_answer);
}

void web_request_refuse(struct web_request *web_request, unsigned status, const char *text)
{
	char json[REFUSAL_BYTES];
	struct http_answer refusal = {
		.status = status, .content_type = "text/plain; charset=utf-8", .body = slice_text(text)};
	if (web_request->route->speaks_json) {
		/* The texts are our own: nothing in them needs an escape. */
		struct slice sentence = slice_trim(slice_text(text));
		(void)snprintf(json, sizeof json, "{\"error\":\"%.*s\",\"status\":%u}\n", SLICE_ARGS(sentence), status);
		refusal.content_type = "application/json";
		refusal.body = slice_text(json);
	}
	web_request->last = true;
	answer(web_request, &refusal);
}

/* Writing it */

static void wait_for_reader(struct web_request *web_request)
{
	struct lws *wsi = web_request->web_connection->wsi;
	lws_rx_flow_control(wsi, 0);
	lws_set_timer_usecs(wsi, WRITE_TICK_US);
}

/* Takes from the socket what is there, and drops it: to close a socket with something unread resets it, and the peer
 * may lose our answer (RFC 9112 §9.6). False at its end. */
static bool drain(struct lws *wsi)
{
	char bytes[4096];
	for (int i = 0; i < 64; i++) {
		ssize_t got = recv(lws_get_socket_fd(wsi), bytes, sizeof bytes, MSG_DONTWAIT);
		if (got <= 0)
			return got < 0;
	}
	return true;
}

static void linger(struct web_request *web_request)
{
	struct lws *wsi = web_request->web_connection->wsi;
	web_request->state = WEB_REQUEST_LINGERING;
	timer_stop(&web_request->timer);
	if (!lws_is_ssl(wsi))
		shutdown(lws_get_socket_fd(wsi), SHUT_WR);
	wait_for_reader(web_request);
}

static int complete(struct web_request *web_request)
{
	struct lws *wsi = web_request->web_connection->wsi;
	if (web_request->unread) {
		linger(web_request);
		return 0;
	}
	bool last = web_request->last;
	web_request_destroy(web_request);
	lws_set_timer_usecs(wsi, LWS_SET_TIMER_USEC_CANCEL);
	if (!last)
		return web_complete(wsi);
	(void)drain(wsi);
	return -1;
}

int web_request_writeable(struct web_connection *web_connection)
{
	struct web_request *web_request = web_connection->request;
	if (!web_request || web_request->state == WEB_REQUEST_FAILED)
		return web_request ? -1 : 0;
	if (web_request->state != WEB_REQUEST_ANSWERING)
		return 0;
	struct lws *wsi = web_connection->wsi;
	while (!lws_send_pipe_choked(wsi)) {
		size_t piece = web_request->answer_bytes - web_request->written;
		if (piece == 0)
			return complete(web_request);
		if (piece > PIECE_BYTES)
			piece = PIECE_BYTES;
		unsigned char *at = web_request->answer + LWS_PRE + web_request->written;
		if (lws_write(wsi, at, piece, LWS_WRITE_HTTP) < 0)
			return -1;
		web_request->written += piece;
		web_request_start_timer(web_request, on_reader_late);
	}
	wait_for_reader(web_request);
	return 0;
}

void web_request_rest(struct web_request *web_request)
{
	struct lws *wsi = web_request->web_connection->wsi;
	lws_rx_flow_control(wsi, 0);
	lws_set_timer_usecs(wsi, GONE_TICK_US);
}

static bool has_event(struct lws *wsi, short events)
{
	struct pollfd pollfd = {.fd = lws_get_socket_fd(wsi), .events = events};
	return poll(&pollfd, 1, 0) == 1;
}

/* libwebsockets does not tell when it has written the rest of a piece, so receiving is on for a moment only. */
static void try_again(struct web_request *web_request)
{
	struct lws *wsi = web_request->web_connection->wsi;
	if (!has_event(wsi, POLLOUT)) {
		wait_for_reader(web_request);
		return;
	}
	lws_rx_flow_control(wsi, 1);
	lws_callback_on_writable(wsi);
	lws_set_timer_usecs(wsi, MOMENT_US);
}

int web_request_tick(struct web_connection *web_connection)
{
	struct web_request *web_request = web_connection->request;
	struct lws *wsi = web_connection->wsi;
	if (!web_request)
		return 0;
	switch (web_request->state) {
	case WEB_REQUEST_HANDLED:
		lws_set_timer_usecs(wsi, GONE_TICK_US);
		return has_event(wsi, POLLRDHUP) ? -1 : 0;
	case WEB_REQUEST_ANSWERING:
		try_again(web_request);
		return 0;
	case WEB_REQUEST_LINGERING:
		lws_set_timer_usecs(wsi, WRITE_TICK_US);
		return drain(wsi) && ++web_request->ticks < LINGER_TICKS ? 0 : -1;
	case WEB_REQUEST_READING:
	case WEB_REQUEST_FAILED:
		break;
	}
	return 0;
}
