/* HTTP on the web listeners: which requests are answered by what, and which may become WebSockets (RFC 7118 §5).
 * Routes come first (http.h), then /health, then the web client's files.
 * SPDX-License-Identifier: MIT */
#include "transport/web.h"

#include "base/error.h"

#include <string.h>
#include <strings.h>

#define HEADERS_BYTES 1024 /* of an answer, ours and the ones that every answer has */
#define BODY_BYTES 3072

/* Answers */

static int respond(struct lws *wsi, unsigned status, const char *content_type, struct slice body, bool close)
{
	unsigned char answer[LWS_PRE + HEADERS_BYTES + BODY_BYTES];
	unsigned char *start = answer + LWS_PRE, *at = start, *end = start + HEADERS_BYTES;
	static const unsigned char no_store[] = "no-store", closing[] = "close";
	if (body.length > BODY_BYTES || lws_add_http_common_headers(wsi, status, content_type, body.length, &at, end) ||
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL, no_store, sizeof no_store - 1, &at, end) ||
	    (close && lws_add_http_header_by_token(wsi, WSI_TOKEN_CONNECTION, closing, sizeof closing - 1, &at, end)) ||
	    lws_finalize_http_header(wsi, &at, end))
		return -1;
	if (lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0) {
		memcpy(at, body.at, body.length);
		at += body.length;
	}
	size_t length = (size_t)(at - start);
	return lws_write(wsi, start, length, LWS_WRITE_HTTP_HEADERS) == (int)length ? 0 : -1;
}

int web_respond(struct lws *wsi, unsigned status, const char *content_type, struct slice body)
{
	return respond(wsi, status, content_type, body, false);
}

int web_complete(struct lws *wsi)
{
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int web_refuse(struct lws *wsi, unsigned status, const char *text)
{
	(void)!respond(wsi, status, "text/plain; charset=utf-8", slice_text(text), true);
	return -1;
}

/* Requests */

/* Whoever sends one here is refused with the end of the connection, as web_request.c explains. */
static bool may_have_body(struct lws *wsi)
{
	uint64_t bytes;
	enum web_body kind = web_head_body(wsi, &bytes);
	return kind != WEB_BODY_NONE && (kind != WEB_BODY_SIZED || bytes > 0);
}

static int answer_health(struct lws *wsi)
{
	return web_respond(wsi, HTTP_STATUS_OK, "text/plain; charset=utf-8", SLICE("ok\n")) < 0 ? -1
												: web_complete(wsi);
}

/* What the server has of its own, where no route takes the path. */
static int answer_own(struct web_connection *web_connection, struct slice path)
{
	struct lws *wsi = web_connection->wsi;
	enum http_method method = web_head_method(wsi);
	if (method != HTTP_GET && method != HTTP_HEAD)
		return web_refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (may_have_body(wsi))
		return web_refuse(wsi, HTTP_STATUS_BAD_REQUEST, "GET and HEAD have no body\n");
	if (slice_equal(path, SLICE("/health")))
		return answer_health(wsi);
	const char *root = web_connection->listener->document_root;
	return root ? web_serve_file(wsi, root, path) : web_answer_not_found(wsi);
}

static int answer(struct web_connection *web_connection)
{
	struct lws *wsi = web_connection->wsi;
	char text[WEB_HEADER_BYTES + 1];
	struct slice path;
	if (web_head_path(wsi, text, &path) < 0)
		return web_refuse(wsi, HTTP_STATUS_BAD_REQUEST, "bad path\n");
	const struct http_route *route = http_find_route(web_connection->listener->web->transport, path);
	int result = route ? web_request_begin(web_connection, route, path) : answer_own(web_connection, path);
	web_connection->used = true;
	return result;
}

/* Upgrades */

/* The client's list of subprotocols (RFC 6455 §11.3.4) has "sip". */
static bool asks_for_sip(struct lws *wsi)
{
	char list[256];
	int length = lws_hdr_copy(wsi, list, sizeof list, WSI_TOKEN_PROTOCOL);
	struct slice rest = slice_of(list, length > 0 ? (size_t)length : 0);
	while (rest.length > 0)
		if (slice_equal(slice_trim(slice_take(&rest, ',')), SLICE("sip")))
			return true;
	return false;
}

/* Why not; NULL: it may. */
static const char *refuse_upgrade(struct lws *wsi, const char *wanted, unsigned *status)
{
	*status = HTTP_STATUS_BAD_REQUEST;
	if (strcasecmp(wanted, "websocket") != 0)
		return "the only upgrade is to WebSocket\n";
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 || lws_hdr_total_length(wsi, WSI_TOKEN_HOST) == 0 ||
	    lws_hdr_total_length(wsi, WSI_TOKEN_KEY) == 0)
		return "a WebSocket begins with GET, Host and Sec-WebSocket-Key\n";
	char version[8];
	if (lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_VERSION) <= 0 || strcmp(version, "13") != 0) {
		*status = 426;
		return "Sec-WebSocket-Version is 13\n";
	}
	/* RFC 7118 §5: without the subprotocol it is somebody else's protocol. */
	if (!asks_for_sip(wsi))
		return "the WebSocket subprotocol is sip\n";
	return NULL;
}

/* 0: libwebsockets goes on with it at once, and ends in LWS_CALLBACK_ESTABLISHED or closes the socket. */
static int confirm_upgrade(struct web_connection *web_connection, const char *wanted)
{
	struct lws *wsi = web_connection->wsi;
	/* libwebsockets answers upgrades that it does not know, and then comes here all the same, without the headers
	 * that `wanted` points into. */
	if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) == 0)
		return -1;
	unsigned status;
	const char *reason = refuse_upgrade(wsi, wanted, &status);
	if (!reason && websocket_begin(web_connection) < 0) {
		reason = "too many connections\n";
		status = HTTP_STATUS_SERVICE_UNAVAILABLE;
	}
	return reason ? web_refuse(wsi, status, reason) : 0;
}

int web_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	switch ((int)reason) {
	case LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS:
		return web_listener_take_tls(lws_vhost_user(in), user) < 0 ? -1 : 0;
	case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
		return web_may_accept(lws_vhost_user(lws_get_vhost(wsi))) ? 0 : -1;
	case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
		return web_connection_create(wsi) < 0 ? -1 : 0;
	case LWS_CALLBACK_WSI_DESTROY:
		web_connection_destroy(web_connection_of(wsi));
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
		return confirm_upgrade(web_connection_of(wsi), in);
	case LWS_CALLBACK_HTTP:
		return answer(web_connection_of(wsi));
	case LWS_CALLBACK_HTTP_BODY:
		return web_request_body(web_connection_of(wsi), slice_of(in, length));
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return web_request_whole(web_connection_of(wsi));
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return web_request_writeable(web_connection_of(wsi));
	case LWS_CALLBACK_TIMER:
		return web_request_tick(web_connection_of(wsi));
	case LWS_CALLBACK_CLOSED_HTTP:
		if (web_connection_of(wsi)) /* not where it was refused */
			web_request_gone(web_connection_of(wsi));
		return 0;
	case LWS_CALLBACK_HTTP_FILE_COMPLETION:
		return web_complete(wsi);
	case LWS_CALLBACK_RAW_ADOPT: /* the method CONNECT would make it a raw socket */
		return -1;
	default:
		return 0;
	}
}
