/* The life of a TCP or TLS connection. SPDX-License-Identifier: MIT */
#include "transport/stream.h"

#include "base/error.h"
#include "transport/tls.h"

#include <netinet/tcp.h>
#include <stdlib.h>

/* How long a connection that we end may take to send what is queued and to hear the peer's end. */
#define LINGER_S 2
/* A peer that vanished is noticed when it has not acknowledged what we sent for so long (the kernel would try for
 * a quarter of an hour, and what is sent meanwhile would be lost unnoticed). */
#define UNACKNOWLEDGED_MS 20000
#define PROBE_AFTER_S 120
/* TLS adds to what is queued: some thirty bytes for each 16 KiB, and the handshake. */
#define WIRE_EXTRA_BYTES ((size_t)65536)

static const struct connection_operations operations = {stream_send, stream_close, stream_abort};

/* Making one */

static struct stream *stream_create(struct transport *transport, enum transport_kind kind)
{
	struct stream *stream = calloc(1, sizeof *stream);
	if (!stream)
		return NULL;
	const struct transport_options *options = &transport->options;
	stream->connection.transport = transport;
	stream->connection.flow.transport = (uint8_t)kind;
	framing_init(&stream->framing, options->message_bytes, options->message_bytes);
	buffer_init(&stream->input, options->message_bytes + READ_BYTES);
	buffer_init(&stream->queue, options->send_queue_bytes);
	buffer_init(&stream->wire, options->send_queue_bytes + WIRE_EXTRA_BYTES);
	buffer_init(&stream->in_flight, stream->wire.limit);
	if (uv_tcp_init(transport->loop, &stream->tcp) < 0) {
		free(stream);
		return NULL;
	}
	stream->tcp.data = stream;
	transport->handles++;
	return stream;
}

static void on_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;
	struct transport *transport = stream->connection.transport;
	if (stream->begun) {
		table_remove(&transport->streams, &stream->by_peer);
		connection_ended(&stream->connection);
	}
	tls_session_destroy(stream->tls);
	buffer_finish(&stream->input);
	buffer_finish(&stream->queue);
	buffer_finish(&stream->wire);
	buffer_finish(&stream->in_flight);
	free(stream->host);
	free(stream);
	transport_handle_closed(transport);
}

/* Into the tables: from here on it has a number, and its end is told. */
static int stream_begin(struct stream *stream, uint8_t listener, const struct address *peer)
{
	struct transport *transport = stream->connection.transport;
	enum transport_kind kind = (enum transport_kind)stream->connection.flow.transport;
	int result = connection_begin(&stream->connection, transport, &operations, kind, listener, peer);
	if (result < 0)
		return result;
	stream->begun = true;
	table_insert(&transport->streams, &stream->by_peer, table_hash(&transport->streams, peer, sizeof *peer));
	return 0;
}

static void prepare_socket(struct stream *stream)
{
	struct sockaddr_storage sockaddr;
	int length = sizeof sockaddr;
	if (uv_tcp_getsockname(&stream->tcp, (struct sockaddr *)&sockaddr, &length) == 0)
		stream->connection.local = address_from_sockaddr((struct sockaddr *)&sockaddr);
	/* None of these is worth a connection. */
	uv_tcp_nodelay(&stream->tcp, 1);
	uv_tcp_keepalive(&stream->tcp, 1, PROBE_AFTER_S);
	int descriptor;
	const unsigned timeout_ms = UNACKNOWLEDGED_MS;
	if (uv_fileno((uv_handle_t *)&stream->tcp, &descriptor) == 0)
		(void)!setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
}

/* The socket is there; what is next is the handshake, or nothing. */
static void stream_start(struct stream *stream)
{
	prepare_socket(stream);
	if (uv_read_start((uv_stream_t *)&stream->tcp, stream_on_allocate, stream_on_read) < 0) {
		stream_abort(&stream->connection);
		return;
	}
	if (!stream->tls) {
		stream_established(stream);
		return;
	}
	stream->state = STREAM_HANDSHAKING;
	if (stream->connection.outgoing)
		(void)stream_handshake(stream);
}

void stream_established(struct stream *stream)
{
	stream->state = STREAM_OPEN;
	connection_established(&stream->connection);
	/* Who comes to us has something to say; a connection that we opened may wait for a request of ours. */
	if (!stream->connection.outgoing)
		stream_limit(stream, stream->connection.transport->options.handshake_s);
	if (stream->queue.length > 0)
		stream_mark_unsent(stream);
}

/* Those that come to us */

int stream_accept(struct transport *transport, enum transport_kind kind, uint8_t listener, uv_stream_t *server)
{
	struct stream *stream = stream_create(transport, kind);
	if (!stream)
		return ERR_NO_MEMORY;
	struct sockaddr_storage sockaddr;
	int length = sizeof sockaddr;
	int result = uv_accept(server, (uv_stream_t *)&stream->tcp);
	if (result == 0)
		result = uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&sockaddr, &length);
	if (result == 0) {
		struct address peer = address_from_sockaddr((struct sockaddr *)&sockaddr);
		result = stream_begin(stream, listener, &peer);
	}
	if (result == 0 && kind == TRANSPORT_TLS)
		result = tls_session_create(transport->tls, true, slice_of(NULL, 0), &stream->wire, &stream->tls);
	if (result == 0)
		stream_start(stream);
	else
		stream_abort(&stream->connection);
	return 0;
}

/* Those that we open */

struct wanted {
	const struct address *peer;
	struct slice host;
	enum transport_kind kind;
};

/* RFC 5922 §7.3: a TLS connection may carry what is meant for `host` if it was verified as that. */
static bool match_wanted(const struct table_link *link, const void *key)
{
	const struct stream *stream = CONTAINER_OF(link, struct stream, by_peer);
	const struct wanted *wanted = key;
	if (stream->state > STREAM_OPEN || stream->deaf || stream->connection.flow.transport != wanted->kind ||
	    !address_equal(&stream->connection.flow.peer, wanted->peer))
		return false;
	return wanted->kind != TRANSPORT_TLS || wanted->host.length == 0 ||
	       slice_equal_nocase(slice_text(stream->host), wanted->host);
}

static void on_connect(uv_connect_t *request, int status)
{
	struct stream *stream = CONTAINER_OF(request, struct stream, request.connect);
	if (stream->state == STREAM_CLOSED)
		return;
	if (status == 0) {
		stream_start(stream);
		return;
	}
	struct transport *transport = stream->connection.transport;
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(&stream->connection.flow, text)};
	log_event_limited(transport->log, &transport->rates.connect, timers_now(transport->timers), LOG_INFO,
			  "connection_failed", &context, "cannot connect: %s", error_text(status));
	stream_abort(&stream->connection);
}

static int prepare_tls(struct stream *stream, struct slice host)
{
	if (host.length > 0) {
		stream->host = malloc(host.length + 1);
		if (!stream->host)
			return ERR_NO_MEMORY;
		memcpy(stream->host, host.at, host.length);
		stream->host[host.length] = '\0';
	}
	return tls_session_create(stream->connection.transport->tls, false, host, &stream->wire, &stream->tls);
}

int stream_open(struct transport *transport, enum transport_kind kind, const struct address *peer, struct slice host,
		struct flow *flow)
{
	const struct wanted wanted = {.peer = peer, .host = host, .kind = kind};
	struct table_link *link = table_find(&transport->streams, table_hash(&transport->streams, peer, sizeof *peer),
					     match_wanted, &wanted);
	if (link) {
		*flow = CONTAINER_OF(link, struct stream, by_peer)->connection.flow;
		return 0;
	}
	struct stream *stream = stream_create(transport, kind);
	if (!stream)
		return ERR_NO_MEMORY;
	stream->connection.outgoing = true;
	int result = kind == TRANSPORT_TLS ? prepare_tls(stream, host) : 0;
	if (result == 0)
		result = stream_begin(stream, LISTENER_NONE, peer);
	if (result < 0) {
		stream_abort(&stream->connection);
		return result;
	}
	*flow = stream->connection.flow;
	struct sockaddr_storage sockaddr;
	address_to_sockaddr(peer, &sockaddr);
	/* A refusal at once is told like one that comes later. */
	if (uv_tcp_connect(&stream->request.connect, &stream->tcp, (struct sockaddr *)&sockaddr, on_connect) < 0)
		stream_abort(&stream->connection);
	return 0;
}

/* The end */

static void on_limit(struct timer *timer)
{
	struct stream *stream = CONTAINER_OF(timer, struct stream, limit);
	if (stream->state == STREAM_OPEN && stream->deaf) {
		stream_close(&stream->connection);
		return;
	}
	if (stream->state == STREAM_OPEN) {
		struct transport *transport = stream->connection.transport;
		char text[FLOW_TEXT_SIZE];
		struct log_context context = {.flow = flow_write(&stream->connection.flow, text)};
		log_event_limited(transport->log, &transport->rates.framing, timers_now(transport->timers), LOG_INFO,
				  "connection_too_slow", &context, "%s",
				  stream->partial ? "a message was begun and not finished in time"
						  : "no message came in time");
	}
	stream_abort(&stream->connection);
}

void stream_limit(struct stream *stream, unsigned seconds)
{
	timer_start(stream->connection.transport->timers, &stream->limit, (int64_t)seconds * 1000, on_limit);
}

void stream_close(struct connection *connection)
{
	struct stream *stream = CONTAINER_OF(connection, struct stream, connection);
	if (stream->state < STREAM_OPEN) {
		stream_abort(connection); /* there is nobody yet who could be told */
		return;
	}
	if (stream->state != STREAM_OPEN)
		return;
	stream->state = STREAM_DRAINING;
	connection->closing = true;
	stream_limit(stream, LINGER_S);
	stream_mark_unsent(stream);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
	struct stream *stream = CONTAINER_OF(request, struct stream, request.shutdown);
	/* Closing before the peer has ended would make the kernel take back, by a reset, what the peer has not read. */
	if (status < 0 || stream->peer_ended)
		stream_abort(&stream->connection);
}

void stream_shut(struct stream *stream)
{
	stream->state = STREAM_SHUT;
	if (uv_shutdown(&stream->request.shutdown, (uv_stream_t *)&stream->tcp, on_shutdown) < 0)
		stream_abort(&stream->connection);
}

void stream_abort(struct connection *connection)
{
	struct stream *stream = CONTAINER_OF(connection, struct stream, connection);
	if (stream->state == STREAM_CLOSED)
		return;
	stream->state = STREAM_CLOSED;
	connection->closing = true;
	list_remove(&stream->unsent);
	timer_stop(&stream->limit);
	uv_close((uv_handle_t *)&stream->tcp, on_closed);
}
