/* SIP over WebSocket (RFC 7118): one message a WebSocket message, pings, and the end of a connection.
 *
 * What happens to a socket happens in libwebsockets' callbacks. From outside of them we only ask for one: for
 * "writeable" to send, ping or close, and, where the peer reads nothing any more and that would never come, by
 * shutting the socket down, which libwebsockets then finds readable and at its end.
 * SPDX-License-Identifier: MIT */
#include "transport/websocket.h"

#include "base/error.h"
#include "transport/peer_count.h"
#include "transport/web.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CLOSE_MS 5000 /* to send what is queued and say goodbye */
#define TOO_LARGE "message too large"

struct outgoing {
	struct list_link link;
	size_t length;
	enum lws_write_protocol type;
	unsigned char bytes[]; /* LWS_PRE bytes that libwebsockets writes its head into, then the message */
};

/* Sending and ending */

static void abort_connection(struct connection *connection)
{
	struct web_connection *web_connection = CONTAINER_OF(connection, struct web_connection, connection);
	if (web_connection->aborted)
		return;
	connection->closing = true;
	web_connection->aborted = true;
	timer_stop(&web_connection->timer);
	shutdown(lws_get_socket_fd(web_connection->wsi), SHUT_RDWR);
}

static void on_close_late(struct timer *timer)
{
	abort_connection(&CONTAINER_OF(timer, struct web_connection, timer)->connection);
}

/* From here on nothing is taken from above or handed up. */
static void begin_closing(struct web_connection *web_connection)
{
	struct connection *connection = &web_connection->connection;
	connection->closing = true;
	timer_start(transport_timers(connection->transport), &web_connection->timer, CLOSE_MS, on_close_late);
}

static void close_connection(struct connection *connection)
{
	struct web_connection *web_connection = CONTAINER_OF(connection, struct web_connection, connection);
	if (connection->closing)
		return;
	begin_closing(web_connection);
	lws_callback_on_writable(web_connection->wsi);
}

static int queue(struct web_connection *web_connection, struct slice bytes)
{
	const struct transport_options *options = transport_options(web_connection->connection.transport);
	if (bytes.length > options->send_queue_bytes ||
	    web_connection->outgoing_bytes > options->send_queue_bytes - bytes.length)
		return ERR_BUSY;
	struct outgoing *outgoing = malloc(sizeof *outgoing + LWS_PRE + bytes.length);
	if (!outgoing)
		return ERR_NO_MEMORY;
	outgoing->length = bytes.length;
	outgoing->type = slice_is_utf8(bytes) ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
	memcpy(outgoing->bytes + LWS_PRE, bytes.at, bytes.length);
	list_append(&web_connection->outgoing, &outgoing->link);
	web_connection->outgoing_bytes += bytes.length;
	lws_callback_on_writable(web_connection->wsi);
	return 0;
}

static int send_message(struct connection *connection, struct slice bytes)
{
	if (connection->closing)
		return ERR_CLOSED;
	connection_active(connection);
	return queue(CONTAINER_OF(connection, struct web_connection, connection), bytes);
}

static const struct connection_operations operations = {
	.send = send_message,
	.close = close_connection,
	.abort = abort_connection,
};

static int close_with(struct web_connection *web_connection, enum lws_close_status status, const char *reason)
{
	begin_closing(web_connection);
	lws_close_reason(web_connection->wsi, status, (unsigned char *)reason, strlen(reason));
	return -1;
}

/* To return -1 for it, as close_with does, works only in callbacks that receive: from a "writeable" one, Debian's
 * libwebsockets (built with its debugging checks) closes twice, the second time without a goodbye. */
static int say_goodbye(struct web_connection *web_connection)
{
	if (web_connection->refusing)
		close_with(web_connection, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, TOO_LARGE);
	else
		close_with(web_connection, LWS_CLOSE_STATUS_GOINGAWAY, "");
	lws_set_timeout(web_connection->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	return 0;
}

/* libwebsockets keeps what the socket does not take of a message, and calls again when that is gone. */
static int write_queued(struct web_connection *web_connection)
{
	struct lws *wsi = web_connection->wsi;
	if (web_connection->aborted)
		return -1;
	if (web_connection->ping_due) {
		unsigned char ping[LWS_PRE + 4] = {0};
		/* Not empty: libwebsockets keeps pongs without a payload to itself. */
		memcpy(ping + LWS_PRE, "sip?", 4);
		web_connection->ping_due = false;
		if (lws_write(wsi, ping + LWS_PRE, 4, LWS_WRITE_PING) < 0)
			return -1;
	}
	while (!list_is_empty(&web_connection->outgoing) && !lws_send_pipe_choked(wsi)) {
		struct outgoing *outgoing =
			CONTAINER_OF(list_take_first(&web_connection->outgoing), struct outgoing, link);
		web_connection->outgoing_bytes -= outgoing->length;
		int written = lws_write(wsi, outgoing->bytes + LWS_PRE, outgoing->length, outgoing->type);
		free(outgoing);
		if (written < 0)
			return -1;
	}
	bool choked = !list_is_empty(&web_connection->outgoing) || lws_send_pipe_choked(wsi);
	if (!web_connection->connection.closing && list_is_empty(&web_connection->outgoing))
		return 0;
	if (choked)
		lws_callback_on_writable(wsi);
	return choked ? 0 : say_goodbye(web_connection);
}

/* Timers */

static void on_ping_time(struct timer *timer)
{
	struct web_connection *web_connection = CONTAINER_OF(timer, struct web_connection, timer);
	struct transport *transport = web_connection->connection.transport;
	if (web_connection->pong_awaited) {
		abort_connection(&web_connection->connection);
		return;
	}
	web_connection->ping_due = web_connection->pong_awaited = true;
	lws_callback_on_writable(web_connection->wsi);
	timer_start(transport_timers(transport), timer, (int64_t)transport_options(transport)->ping_s * 1000,
		    on_ping_time);
}

static void start_pings(struct web_connection *web_connection)
{
	struct transport *transport = web_connection->connection.transport;
	unsigned ping_s = transport_options(transport)->ping_s;
	if (ping_s > 0)
		timer_start(transport_timers(transport), &web_connection->timer, (int64_t)ping_s * 1000, on_ping_time);
}

static void on_over(struct timer *timer)
{
	struct web_connection *web_connection = CONTAINER_OF(timer, struct web_connection, timer);
	close_connection(&web_connection->connection);
}

/* Receiving */

/* RFC 7118 has no CRLF keep-alives, but some clients send them: a double one is answered as on a stream
 * (RFC 5626 §3.5.1). Never send one unasked: JsSIP's parser fails on it. */
static bool is_keep_alive(struct web_connection *web_connection, struct slice bytes)
{
	for (size_t i = 0; i < bytes.length; i++)
		if (bytes.at[i] != '\r' && bytes.at[i] != '\n')
			return false;
	if (slice_starts_with(bytes, SLICE("\r\n\r\n")) && !web_connection->connection.closing &&
	    queue(web_connection, SLICE("\r\n")) < 0)
		abort_connection(&web_connection->connection);
	return true;
}

static void take_message(struct web_connection *web_connection, struct slice bytes)
{
	connection_active(&web_connection->connection);
	if (is_keep_alive(web_connection, bytes))
		return;
	if (!web_connection->heard) {
		web_connection->heard = true;
		timer_stop(&web_connection->timer); /* on_over */
		start_pings(web_connection);
	}
	connection_message(&web_connection->connection, bytes);
}

static void forget_incoming(struct web_connection *web_connection)
{
	struct buffer *incoming = &web_connection->incoming;
	size_t limit = incoming->limit;
	buffer_finish(incoming);
	buffer_init(incoming, limit);
	(void)!connection_hold(&web_connection->connection, 0);
}

/* Length of the headers with the empty line behind them, 0 where they are not whole. Before `from` nothing is new. */
static size_t find_headers_end(struct slice bytes, size_t from)
{
	for (size_t i = from > 3 ? from - 3 : 0; i + 4 <= bytes.length; i++)
		if (memcmp(bytes.at + i, "\r\n\r\n", 4) == 0)
			return i + 4;
	return 0;
}

/* Closing at once would keep back the answers to what came before, which may take a while. */
static void begin_refusing(struct web_connection *web_connection)
{
	struct transport *transport = web_connection->connection.transport;
	web_connection->refusing = true;
	transport_counters_mutable(transport)->framing_errors++;
	timer_start(transport_timers(transport), &web_connection->timer, (int64_t)CONNECTION_REFUSED_S * 1000, on_over);
}

/* A message that is over the limit, or will be: once its headers are here, those above can answer it. */
static int receive_too_large(struct web_connection *web_connection, struct slice bytes, bool is_end)
{
	struct buffer *incoming = &web_connection->incoming;
	size_t room = incoming->limit - incoming->length;
	/* the headers may have been here before the message was seen to be too large */
	size_t from = web_connection->refusing ? incoming->length : 0;
	if (!web_connection->refusing)
		begin_refusing(web_connection);
	buffer_append(incoming, slice_of(bytes.at, bytes.length < room ? bytes.length : room));
	bool is_over = buffer_failed(incoming) || !connection_hold(&web_connection->connection, incoming->capacity);
	size_t header_bytes = is_over ? 0 : find_headers_end(buffer_slice(incoming), from);
	if (header_bytes > 0) {
		web_connection->deaf = true;
		connection_too_large(&web_connection->connection, slice_of(incoming->data, header_bytes));
		forget_incoming(web_connection);
		return 0;
	}
	if (is_over || is_end || incoming->length == incoming->limit)
		return close_with(web_connection, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, TOO_LARGE);
	return 0;
}

/* A piece of a message: `bytes` of a frame, which may be one of several, and come in pieces itself. */
static int receive(struct web_connection *web_connection, struct slice bytes)
{
	struct lws *wsi = web_connection->wsi;
	struct connection *connection = &web_connection->connection;
	if (connection->closing || web_connection->deaf)
		return web_connection->aborted ? -1 : 0;
	struct buffer *incoming = &web_connection->incoming;
	size_t left = lws_remaining_packet_payload(wsi);
	if (web_connection->refusing || bytes.length > incoming->limit - incoming->length ||
	    left > incoming->limit - incoming->length - bytes.length)
		return receive_too_large(web_connection, bytes, left == 0 && lws_is_final_fragment(wsi));
	bool last = lws_is_final_fragment(wsi);
	if (last && incoming->length == 0) {
		take_message(web_connection, bytes);
		return 0;
	}
	buffer_append(incoming, bytes);
	if (buffer_failed(incoming) || !connection_hold(connection, incoming->capacity))
		return close_with(web_connection, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "out of memory");
	if (last) {
		take_message(web_connection, buffer_slice(incoming));
		forget_incoming(web_connection);
	}
	return 0;
}

/* Life */

int websocket_begin(struct web_connection *web_connection)
{
	struct web_listener *listener = web_connection->listener;
	struct connection *connection = &web_connection->connection;
	int descriptor = lws_get_socket_fd(web_connection->wsi);
	struct address peer = web_address_of(descriptor, getpeername);
	connection->local = web_address_of(descriptor, getsockname);
	int result = connection_begin(connection, listener->web->transport, &operations, listener->kind,
				      listener->index, &peer);
	if (result < 0)
		return result;
	web_connection->begun = true;
	listener->web->http_count--;
	peer_count_release(&listener->web->per_ip, web_connection->peer_count);
	web_connection->peer_count = NULL;
	return 0;
}

void websocket_end(struct web_connection *web_connection)
{
	if (!web_connection->begun)
		return;
	web_connection->begun = false;
	web_connection->listener->web->http_count++;
	timer_stop(&web_connection->timer);
	struct list_link *link;
	while ((link = list_take_first(&web_connection->outgoing)))
		free(CONTAINER_OF(link, struct outgoing, link));
	web_connection->outgoing_bytes = 0;
	buffer_finish(&web_connection->incoming);
	web_connection->connection.closing = true;
	connection_ended(&web_connection->connection);
}

static int establish(struct web_connection *web_connection)
{
	struct connection *connection = &web_connection->connection;
	struct transport *transport = connection->transport;
	connection_established(connection);
	timer_start(transport_timers(transport), &web_connection->timer,
		    (int64_t)transport_options(transport)->handshake_s * 1000, on_over);
	return 0;
}

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length)
{
	struct web_connection *web_connection = web_connection_of(wsi);
	(void)user;
	if (!web_connection || !web_connection->begun)
		return 0;
	switch ((int)reason) {
	case LWS_CALLBACK_ESTABLISHED:
		return establish(web_connection);
	case LWS_CALLBACK_RECEIVE:
		return receive(web_connection, slice_of(in, length));
	case LWS_CALLBACK_RECEIVE_PONG:
		web_connection->pong_awaited = false;
		connection_active(&web_connection->connection);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_queued(web_connection);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: /* libwebsockets answers it */
		begin_closing(web_connection);
		return 0;
	case LWS_CALLBACK_CLOSED:
		websocket_end(web_connection);
		return 0;
	default:
		return 0;
	}
}
