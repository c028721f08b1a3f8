/* HTTP on the web listeners: which requests are answered by what, and which may become WebSockets (RFC 7118 §5).
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

/* Answers and closes: always -1. */
static int refuse(struct lws *wsi, unsigned status, const char *text)
{
	(void)!respond(wsi, status, "text/plain; charset=utf-8", slice_text(text), true);
	return -1;
}

/* Requests */

/* Anything that may have a body closes its connection: where requests are sent without waiting for answers,
 * libwebsockets 4.1 loops for ever over what follows a body (lws_http_action and LRS_DEFERRING_ACTION). Whoever
 * adds requests with bodies has to end each of them with -1, at once or in LWS_CALLBACK_HTTP_BODY_COMPLETION. */
static bool may_have_body(struct lws *wsi)
{
	char length[4];
	return lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0 ||
	       (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 &&
		(lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH) < 0 ||
		 strcmp(length, "0") != 0));
}

static int answer_health(struct lws *wsi)
{
	return web_respond(wsi, HTTP_STATUS_OK, "text/plain; charset=utf-8", SLICE("ok\n")) < 0 ? -1
												: web_complete(wsi);
}

/* Paths that are no files. A JSON API finds its place here: one line for each path, or for a prefix. */
static const struct web_route {
	const char *path;
	int (*answer)(struct lws *wsi);
} routes[] = {
	{"/health", answer_health},
};

static int answer(struct web_connection *web_connection, struct slice path)
{
	struct lws *wsi = web_connection->wsi;
	/* A zero byte or a ';' would have cut it: such a path names nothing that we have. */
	if (strlen(path.at) != path.length)
		return refuse(wsi, HTTP_STATUS_BAD_REQUEST, "bad path\n");
	if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) == 0 && lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) == 0)
		return refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (may_have_body(wsi))
		return refuse(wsi, HTTP_STATUS_BAD_REQUEST, "GET and HEAD have no body\n");
	for (size_t i = 0; i < ARRAY_SIZE(routes); i++)
		if (slice_equal(path, slice_text(routes[i].path)))
			return routes[i].answer(wsi);
	const char *root = web_connection->listener->document_root;
	if (root)
		return web_serve_file(wsi, root, path);
	return web_answer_not_found(wsi);
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
	return reason ? refuse(wsi, status, reason) : 0;
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
		return answer(web_connection_of(wsi), slice_of(in, length));
	case LWS_CALLBACK_HTTP_FILE_COMPLETION:
	case LWS_CALLBACK_HTTP_BODY_COMPLETION:
		return web_complete(wsi);
	case LWS_CALLBACK_RAW_ADOPT: /* the method CONNECT would make it a raw socket */
		return -1;
	default:
		return 0;
	}
}
