/* What goes through a TCP or TLS connection: bytes in, cut into messages; messages out, gathered for a loop turn.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "transport/stream.h"
#include "transport/tls.h"

#include <stdlib.h>

/* What a turn gathers for one connection before it is written early. */
#define QUEUE_EARLY_BYTES ((size_t)65536)

static void log_stream(struct stream *stream, struct log_rate *rate, const char *what, const char *reason)
{
	struct transport *transport = stream->connection.transport;
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(&stream->connection.flow, text)};
	log_event_limited(transport->log, rate, timers_now(transport->timers), LOG_INFO, what, &context, "%s", reason);
}

/* In */

void stream_on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
	const struct stream *stream = handle->data;
	(void)suggested;
	/* One for all: what is read is used up before the next read. */
	*buffer = uv_buf_init(stream->connection.transport->bytes, (unsigned)READ_BYTES);
}

static void note_broken(struct stream *stream)
{
	struct transport *transport = stream->connection.transport;
	transport->counters.framing_errors++;
	log_stream(stream, &transport->rates.framing, "framing_error", stream->framing.reason);
}

/* Closing at once would keep back the answers to what came before, which may take a while. */
static void on_too_large(struct stream *stream, struct slice headers)
{
	note_broken(stream);
	stream->deaf = true;
	stream_limit(stream, CONNECTION_REFUSED_S);
	connection_too_large(&stream->connection, headers);
}

/* Hands up the messages in `bytes`; returns how many bytes are done with. */
static size_t cut(struct stream *stream, struct slice bytes)
{
	struct slice rest = bytes;
	size_t length;
	while (stream->state == STREAM_OPEN && !stream->deaf) {
		enum framing_result result = framing_next(&stream->framing, rest, &length);
		if (result == FRAMING_MORE)
			break;
		if (result == FRAMING_BROKEN) {
			note_broken(stream);
			stream_close(&stream->connection);
			break;
		}
		if (result == FRAMING_TOO_LARGE) {
			on_too_large(stream, slice_of(rest.at, length));
			break;
		}
		struct slice message = slice_of(rest.at, length);
		rest = slice_from(rest, length);
		if (result == FRAMING_BLANK)
			continue;
		stream->heard = true;
		stream->partial = false;
		/* RFC 5626 §4.4.1: a double CRLF is answered with a single one */
		if (result == FRAMING_PING && stream_send(&stream->connection, SLICE("\r\n")) < 0)
			stream_abort(&stream->connection);
		else if (result == FRAMING_MESSAGE)
			connection_message(&stream->connection, message);
	}
	return bytes.length - rest.length;
}

/* A message that has begun must be whole in time. Line breaks are no beginning: half a ping, or a whole pong. */
static void watch_partial(struct stream *stream, struct slice rest, bool was_partial)
{
	bool partial = rest.length > 0 && rest.at[0] != '\r';
	if (partial && !(was_partial && stream->partial))
		stream_limit(stream, stream->connection.transport->options.partial_s);
	else if (!partial && (stream->heard || stream->connection.outgoing))
		timer_stop(&stream->limit);
	stream->partial = partial;
}

static void receive(struct stream *stream, struct slice bytes)
{
	struct buffer *input = &stream->input;
	bool was_partial = stream->partial;
	bool kept = input->length > 0;
	if (kept) {
		buffer_append(input, bytes);
		if (buffer_failed(input)) {
			stream_abort(&stream->connection);
			return;
		}
		bytes = buffer_slice(input);
	}
	size_t done = cut(stream, bytes);
	if (stream->state != STREAM_OPEN || stream->deaf) {
		buffer_finish(input); /* what has come after it is of no interest any more */
		(void)!connection_hold(&stream->connection, 0);
		return;
	}
	struct slice rest = slice_from(bytes, done);
	watch_partial(stream, rest, was_partial);
	if (rest.length == 0) {
		buffer_finish(input);
	} else if (kept) {
		buffer_consume(input, done);
	} else {
		buffer_append(input, rest);
		if (buffer_failed(input))
			stream_abort(&stream->connection);
	}
	if (!connection_hold(&stream->connection, input->capacity))
		stream_abort(&stream->connection);
}

bool stream_handshake(struct stream *stream)
{
	int result = tls_handshake(stream->tls);
	if (stream->wire.length > 0)
		stream_mark_unsent(stream);
	if (result == ERR_INCOMPLETE)
		return true;
	if (result == 0) {
		stream_established(stream);
		return true;
	}
	struct transport *transport = stream->connection.transport;
	log_stream(stream, &transport->rates.tls, "tls_failed", tls_reason(stream->tls));
	stream_flush(stream); /* the alert tells the peer why */
	stream_abort(&stream->connection);
	return false;
}

static void receive_tls(struct stream *stream, struct slice bytes)
{
	char *plain = stream->connection.transport->plain;
	tls_session_input(stream->tls, bytes);
	if (stream->state == STREAM_HANDSHAKING && !stream_handshake(stream))
		return;
	int result = 0;
	while (result == 0 && stream->state == STREAM_OPEN && !stream->deaf) {
		size_t length;
		result = tls_read(stream->tls, plain, READ_BYTES, &length);
		if (result == 0)
			receive(stream, slice_of(plain, length));
	}
	tls_session_input(stream->tls, slice_of(NULL, 0));
	if (result == ERR_CLOSED) {
		stream_close(&stream->connection);
	} else if (result == ERR_TLS) {
		log_stream(stream, &stream->connection.transport->rates.tls, "tls_failed", tls_reason(stream->tls));
		stream_abort(&stream->connection);
	} else if (stream->wire.length > 0) {
		stream_mark_unsent(stream); /* TLS itself had something to say */
	}
}

static void on_peer_ended(struct stream *stream)
{
	stream->peer_ended = true;
	if (stream->state == STREAM_SHUT || stream->state < STREAM_OPEN)
		stream_abort(&stream->connection);
	else
		stream_close(&stream->connection); /* the answers to what came before still go out */
}

void stream_on_read(uv_stream_t *tcp, ssize_t length, const uv_buf_t *buffer)
{
	struct stream *stream = tcp->data;
	if (length == UV_EOF) {
		on_peer_ended(stream);
	} else if (length < 0) {
		stream_abort(&stream->connection);
	} else if (length > 0 && stream->state <= STREAM_OPEN && !stream->deaf) {
		connection_active(&stream->connection);
		struct slice bytes = slice_of(buffer->base, (size_t)length);
		if (stream->tls)
			receive_tls(stream, bytes);
		else
			receive(stream, bytes);
	}
}

/* Out */

static size_t waiting_bytes(const struct stream *stream)
{
	return stream->queue.length + stream->wire.length +
	       uv_stream_get_write_queue_size((const uv_stream_t *)&stream->tcp);
}

int stream_send(struct connection *connection, struct slice bytes)
{
	struct stream *stream = CONTAINER_OF(connection, struct stream, connection);
	size_t limit = connection->transport->options.send_queue_bytes;
	/* Many messages in one turn are not a slow reader: what the socket takes is not queued. */
	if (stream->queue.length + bytes.length > QUEUE_EARLY_BYTES)
		stream_flush(stream);
	if (stream->state > STREAM_OPEN)
		return ERR_CLOSED;
	if (bytes.length > limit || waiting_bytes(stream) > limit - bytes.length)
		return ERR_BUSY;
	buffer_append(&stream->queue, bytes);
	if (buffer_failed(&stream->queue)) {
		stream_abort(connection);
		return ERR_NO_MEMORY;
	}
	connection_active(connection);
	stream_mark_unsent(stream);
	return 0;
}

void stream_mark_unsent(struct stream *stream)
{
	struct transport *transport = stream->connection.transport;
	if (!list_is_linked(&stream->unsent))
		list_append(&transport->unsent, &stream->unsent);
	transport_wake(transport);
}

static void swap(struct buffer *a, struct buffer *b)
{
	struct buffer kept = *a;
	*a = *b;
	*b = kept;
}

/* From the queue to the wire. False: it failed. */
static bool encode(struct stream *stream)
{
	if (stream->tls) {
		if (stream->queue.length > 0 && tls_write(stream->tls, buffer_slice(&stream->queue)) < 0)
			return false;
		buffer_finish(&stream->queue);
		if (stream->state == STREAM_DRAINING && !stream->close_noted) {
			stream->close_noted = true;
			tls_shutdown(stream->tls); /* RFC 8446 §6.1: close_notify */
		}
		return !buffer_failed(&stream->wire);
	}
	/* The wire is empty: all that it held was written or is in flight. Each keeps its own limit. */
	size_t limit = stream->queue.limit;
	swap(&stream->queue, &stream->wire);
	stream->wire.limit = stream->queue.limit;
	stream->queue.limit = limit;
	return true;
}

static void on_written(uv_write_t *request, int status)
{
	struct stream *stream = CONTAINER_OF(request, struct stream, request.write);
	buffer_finish(&stream->in_flight);
	if (stream->state == STREAM_CLOSED)
		return;
	if (status < 0) {
		stream_abort(&stream->connection);
		return;
	}
	connection_active(&stream->connection);
	stream_flush(stream);
}

/* As much of the wire as the socket takes now; libuv writes the rest when it can. */
static int write_wire(struct stream *stream)
{
	struct buffer *wire = &stream->wire;
	uv_stream_t *tcp = (uv_stream_t *)&stream->tcp;
	uv_buf_t piece = uv_buf_init(wire->data, (unsigned)wire->length);
	int written = uv_try_write(tcp, &piece, 1);
	if (written < 0 && written != UV_EAGAIN)
		return written;
	if (written > 0 && (size_t)written == wire->length) {
		buffer_finish(wire);
		return 0;
	}
	size_t done = written > 0 ? (size_t)written : 0;
	swap(wire, &stream->in_flight);
	piece = uv_buf_init(stream->in_flight.data + done, (unsigned)(stream->in_flight.length - done));
	return uv_write(&stream->request.write, tcp, &piece, 1, on_written);
}

void stream_flush(struct stream *stream)
{
	list_remove(&stream->unsent);
	bool can_write = stream->state >= STREAM_HANDSHAKING && stream->state <= STREAM_DRAINING;
	if (!can_write || stream->in_flight.length > 0)
		return;
	int result = 0;
	if (stream->state != STREAM_HANDSHAKING && !encode(stream))
		result = ERR_TLS;
	if (result == 0 && stream->wire.length > 0)
		result = write_wire(stream);
	if (result < 0)
		stream_abort(&stream->connection);
	else if (stream->state == STREAM_DRAINING && stream->in_flight.length == 0)
		stream_shut(stream);
}

void stream_flush_all(struct transport *transport)
{
	struct list_link *link;
	while ((link = list_take_first(&transport->unsent)))
		stream_flush(CONTAINER_OF(link, struct stream, unsent));
}
