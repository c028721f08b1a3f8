/* One transport: its life, its listeners, and the way of a message out. What it says of itself is in identity.c.
 * SPDX-License-Identifier: MIT */
#include "transport/transport.h"

#include "base/error.h"
#include "transport/local.h"
#include "transport/stream.h"
#include "transport/tls.h"
#include "transport/transport_state.h"
#include "transport/udp.h"

#include <stdio.h>
#include <stdlib.h>

/* The steps of the loop turn. */

static void on_turn_closed(uv_handle_t *handle)
{
	struct transport *transport = handle->data;
	if (--transport->turn_handles == 0)
		transport->on_done(transport->on_done_arg);
}

/* The last step of transport_close, once every other handle is gone and everyone has been told. */
static void close_turn_if_done(struct transport *transport)
{
	bool done = transport->closing && transport->web_closed && transport->handles == 0 &&
		    transport->connections.count == 0 && list_is_empty(&transport->connections.ended);
	if (!done || transport->turn_closed)
		return;
	transport->turn_closed = true;
	transport->turn_handles = 3;
	uv_close((uv_handle_t *)&transport->prepare, on_turn_closed);
	uv_close((uv_handle_t *)&transport->check, on_turn_closed);
	uv_close((uv_handle_t *)&transport->idle, on_turn_closed);
}

static void flush(struct transport *transport)
{
	connection_tell_ended(transport);
	stream_flush_all(transport);
	for (unsigned i = 0; i < transport->listener_count; i++)
		if (transport->listeners[i].udp)
			udp_flush(transport->listeners[i].udp);
	if (list_is_empty(&transport->connections.ended) && list_is_empty(&transport->unsent))
		uv_idle_stop(&transport->idle);
	close_turn_if_done(transport);
}

static void on_prepare(uv_prepare_t *prepare)
{
	flush(prepare->data);
}

static void on_check(uv_check_t *check)
{
	flush(check->data);
}

static void on_awake(uv_idle_t *idle)
{
	(void)idle; /* its running is what keeps the loop from sleeping */
}

void transport_wake(struct transport *transport)
{
	if (!transport->turn_closed && !uv_is_active((uv_handle_t *)&transport->idle))
		uv_idle_start(&transport->idle, on_awake);
}

void transport_handle_closed(struct transport *transport)
{
	transport->handles--;
	transport_wake(transport);
}

/* Life */

static void start_turn(struct transport *transport)
{
	/* None of these fails (libuv's documentation); they hold no memory. */
	uv_prepare_init(transport->loop, &transport->prepare);
	uv_check_init(transport->loop, &transport->check);
	uv_idle_init(transport->loop, &transport->idle);
	transport->prepare.data = transport->check.data = transport->idle.data = transport;
	uv_prepare_start(&transport->prepare, on_prepare);
	uv_check_start(&transport->check, on_check);
}

static void init_rates(struct transport_rates *rates)
{
	const struct log_rate rate = {.burst = 5, .interval_ms = 2000};
	*rates = (struct transport_rates){rate, rate, rate, rate, rate, rate, rate};
}

struct transport *transport_create(uv_loop_t *loop, struct timers *timers, struct log *log,
				   const struct transport_options *options, const struct transport_events *events)
{
	struct transport *transport = calloc(1, sizeof *transport);
	if (!transport)
		return NULL;
	transport->loop = loop;
	transport->timers = timers;
	transport->log = log;
	transport->options = *options;
	transport->events = *events;
	/* No name is longer than 253 bytes; the configuration refuses those that are. */
	size_t host_bytes = options->advertised_host.length;
	if (host_bytes >= sizeof transport->advertised_host)
		host_bytes = 0;
	if (host_bytes > 0)
		memcpy(transport->advertised_host, options->advertised_host.at, host_bytes);
	transport->options.advertised_host = slice_of(transport->advertised_host, host_bytes);
	list_init(&transport->unsent);
	init_rates(&transport->rates);

	transport->local = local_create();
	transport->tls = tls_create();
	transport->bytes = malloc(READ_BYTES);
	transport->plain = malloc(READ_BYTES);
	if (!transport->local || !transport->tls || !transport->bytes || !transport->plain ||
	    connection_table_init(transport) < 0 || table_init(&transport->streams) < 0) {
		transport_destroy(transport);
		return NULL;
	}
	start_turn(transport);
	return transport;
}

void transport_destroy(struct transport *transport)
{
	if (!transport)
		return;
	connection_table_finish(transport);
	table_finish(&transport->streams);
	local_destroy(transport->local);
	tls_destroy(transport->tls);
	free(transport->datagrams);
	free(transport->bytes);
	free(transport->plain);
	free(transport);
}

static void on_web_closed(void *arg)
{
	struct transport *transport = arg;
	transport->web_closed = true;
	transport_wake(transport);
}

void transport_close(struct transport *transport, void (*on_done)(void *arg), void *arg)
{
	transport->closing = true;
	transport->on_done = on_done;
	transport->on_done_arg = arg;
	transport->web_closed = transport->web == NULL;
	connection_close_all(transport);
	for (unsigned i = 0; i < transport->listener_count; i++) {
		struct listener *listener = &transport->listeners[i];
		if (listener->udp)
			udp_close(listener->udp);
		if (listener->stream)
			stream_listener_close(listener->stream);
		listener->udp = NULL;
		listener->stream = NULL;
	}
	if (transport->web)
		web_close(transport->web, on_web_closed, transport);
	transport_wake(transport);
}

/* Listeners */

int transport_add_listener(struct transport *transport, enum transport_kind kind, const struct address *bound)
{
	if (transport->closing)
		return ERR_CLOSED;
	if (transport->listener_count == LISTENER_COUNT_MAX)
		return ERR_LIMIT;
	transport->listeners[transport->listener_count] = (struct listener){.kind = kind, .bound = *bound};
	return (int)transport->listener_count++;
}

int transport_listen(struct transport *transport, enum transport_kind kind, const struct address *address,
		     struct address *bound)
{
	if (kind == TRANSPORT_TLS && !tls_certificate_file(transport->tls))
		return ERR_TLS;
	int index = transport_add_listener(transport, kind, address);
	if (index < 0)
		return index;
	struct listener *listener = &transport->listeners[index];
	int result;
	if (kind == TRANSPORT_UDP)
		result = udp_open(transport, (uint8_t)index, address, &listener->udp, &listener->bound);
	else if (kind == TRANSPORT_TCP || kind == TRANSPORT_TLS)
		result = stream_listen(transport, kind, (uint8_t)index, address, &listener->stream, &listener->bound);
	else
		result = UV_EINVAL; /* web_listen's */
	if (result < 0) {
		transport->listener_count--;
		return result;
	}
	if (bound)
		*bound = listener->bound;
	return 0;
}

int transport_set_tls(struct transport *transport, const char *certificate_file, const char *key_file,
		      const char *trusted_file, char error[TRANSPORT_ERROR_SIZE])
{
	error[0] = '\0';
	int result = tls_load(transport->tls, certificate_file, key_file, trusted_file, error, TRANSPORT_ERROR_SIZE);
	if (result < 0 || !transport->web)
		return result;
	result = web_renew_tls(transport->web, certificate_file, key_file);
	if (result < 0)
		snprintf(error, TRANSPORT_ERROR_SIZE, "the web listener keeps its certificate: %s", error_text(result));
	return result;
}

/* The way of a message out */

static int send_datagram(struct transport *transport, const struct flow *flow, struct slice bytes)
{
	struct udp_socket *socket = NULL;
	if (flow->listener < transport->listener_count)
		socket = transport->listeners[flow->listener].udp;
	/* A flow kept over a restart may name a listener that is another one now. */
	struct flow now;
	if (!socket && transport_udp_flow(transport, &flow->peer, &now))
		socket = transport->listeners[now.listener].udp;
	return socket ? udp_send(socket, &flow->peer, bytes) : ERR_CLOSED;
}

static int send_over(struct transport *transport, struct connection *connection, struct slice bytes)
{
	int result = connection->operations->send(connection, bytes);
	if (result != ERR_BUSY)
		return result;
	/* Who reads too slowly must not make us keep what was meant for it: it comes back when it can. */
	transport->counters.slow_readers++;
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(&connection->flow, text)};
	log_event_limited(transport->log, &transport->rates.slow, timers_now(transport->timers), LOG_WARNING,
			  "slow_reader_closed", &context, "more than %zu bytes wait for it",
			  transport->options.send_queue_bytes);
	connection->operations->abort(connection);
	return ERR_BUSY;
}

int transport_send(struct transport *transport, const struct flow *flow, struct slice bytes)
{
	int result;
	if (flow->connection == 0) {
		result = send_datagram(transport, flow, bytes);
	} else {
		struct connection *connection = connection_find(transport, flow->connection);
		if (!connection || connection->closing)
			return ERR_CLOSED;
		result = send_over(transport, connection, bytes);
	}
	if (result == 0) {
		transport->counters.sent_messages++;
		transport->counters.sent_bytes += bytes.length;
	}
	return result;
}

int transport_open(struct transport *transport, enum transport_kind kind, const struct address *peer, struct slice host,
		   struct flow *flow)
{
	if (transport->closing)
		return ERR_CLOSED;
	if (kind != TRANSPORT_TCP && kind != TRANSPORT_TLS)
		return UV_EINVAL;
	return stream_open(transport, kind, peer, host, flow);
}

void transport_close_flow(struct transport *transport, const struct flow *flow)
{
	struct connection *connection = flow->connection ? connection_find(transport, flow->connection) : NULL;
	if (connection && !connection->closing)
		connection->operations->close(connection);
}

bool transport_is_open(const struct transport *transport, const struct flow *flow)
{
	if (flow->connection == 0)
		return true;
	const struct connection *connection = connection_find(transport, flow->connection);
	return connection && !connection->closing;
}

/* For websocket.c */

const struct transport_options *transport_options(const struct transport *transport)
{
	return &transport->options;
}

struct transport_counters *transport_counters_mutable(struct transport *transport)
{
	return &transport->counters;
}

uv_loop_t *transport_loop(const struct transport *transport)
{
	return transport->loop;
}

struct timers *transport_timers(const struct transport *transport)
{
	return transport->timers;
}

struct log *transport_log(const struct transport *transport)
{
	return transport->log;
}

const char *transport_certificate_file(const struct transport *transport)
{
	return tls_certificate_file(transport->tls);
}

const char *transport_key_file(const struct transport *transport)
{
	return tls_key_file(transport->tls);
}

struct web **transport_web(struct transport *transport)
{
	return &transport->web;
}
