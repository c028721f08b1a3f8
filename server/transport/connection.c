/* The table of connections: numbers, limits in all and per address, idle time, and the news of their end.
 * SPDX-License-Identifier: MIT */
#include "transport/connection.h"

#include "base/error.h"
#include "transport/peer_count.h"
#include "transport/transport_state.h"

#include <stdlib.h>
#include <time.h>

/* What a message that is not whole may take up before it counts as large: most never do. */
#define SMALL_BYTES ((size_t)128 * 1024)

struct connection_end {
	struct list_link link;
	struct flow flow;
};

static bool match_number(const struct table_link *link, const void *key)
{
	return CONTAINER_OF(link, struct connection, link)->flow.connection == *(const uint64_t *)key;
}

int connection_table_init(struct transport *transport)
{
	struct connection_table *connections = &transport->connections;
	list_init(&connections->ended);
	/* Numbers begin at the time of the start, in steps of which a process cannot use up a millisecond's worth:
	 * a flow that was written down before a restart names no connection after it. Below 2^53. */
	struct timespec now = {0};
	clock_gettime(CLOCK_REALTIME, &now);
	connections->last_number = ((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000) << 10;
	int result = table_init(&connections->by_number);
	return result < 0 ? result : table_init(&connections->per_ip);
}

void connection_table_finish(struct transport *transport)
{
	struct connection_table *connections = &transport->connections;
	struct list_link *link;
	while (connections->ended.next && (link = list_take_first(&connections->ended)))
		free(CONTAINER_OF(link, struct connection_end, link));
	table_finish(&connections->by_number);
	table_finish(&connections->per_ip);
}

struct connection *connection_find(const struct transport *transport, uint64_t number)
{
	const struct table *table = &transport->connections.by_number;
	struct table_link *link = table_find(table, table_hash(table, &number, sizeof number), match_number, &number);
	return link ? CONTAINER_OF(link, struct connection, link) : NULL;
}

static int refuse(struct transport *transport, const struct flow *flow, const char *which, unsigned limit)
{
	transport->counters.refused_connections++;
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(flow, text)};
	log_event_limited(transport->log, &transport->rates.refused, timers_now(transport->timers), LOG_WARNING,
			  "connection_refused", &context, "there are %u connections %s already", limit, which);
	return ERR_LIMIT;
}

static void on_idle(struct timer *timer)
{
	struct connection *connection = CONTAINER_OF(timer, struct connection, idle);
	struct transport *transport = connection->transport;
	if (connection->closing)
		return;
	if (!connection->established) {
		connection->operations->abort(connection);
		return;
	}
	/* Activity only notes the time; the timer looks at it when it fires. */
	int64_t quiet_ms = timers_now(transport->timers) - connection->active_at_ms;
	int64_t idle_ms = (int64_t)transport->options.idle_s * 1000;
	if (quiet_ms < idle_ms)
		timer_start(transport->timers, timer, idle_ms - quiet_ms, on_idle);
	else
		connection->operations->close(connection);
}

int connection_begin(struct connection *connection, struct transport *transport,
		     const struct connection_operations *operations, enum transport_kind kind, uint8_t listener,
		     const struct address *peer)
{
	struct connection_table *connections = &transport->connections;
	struct flow flow = {.peer = *peer, .transport = (uint8_t)kind, .listener = listener};
	flow.connection = connections->last_number + 1;
	if (connections->count >= transport->options.connections)
		return refuse(transport, &flow, "in all", connections->count);

	struct peer_count *peer_count = NULL;
	if (!connection->outgoing) {
		unsigned limit = transport->options.connections_per_ip;
		int result = peer_count_take(&connections->per_ip, peer, limit, &peer_count);
		if (result == ERR_LIMIT)
			return refuse(transport, &flow, "from its address", limit);
		if (result < 0)
			return result;
	}
	struct connection_end *end = calloc(1, sizeof *end);
	if (!end) {
		peer_count_release(&connections->per_ip, peer_count);
		return ERR_NO_MEMORY;
	}

	connections->last_number = flow.connection;
	connections->count++;
	transport->counters.open_connections[kind]++;
	connection->transport = transport;
	connection->operations = operations;
	connection->flow = flow;
	connection->end = end;
	connection->peer_count = peer_count;
	connection->active_at_ms = timers_now(transport->timers);
	uint64_t hash = table_hash(&connections->by_number, &flow.connection, sizeof flow.connection);
	table_insert(&connections->by_number, &connection->link, hash);
	unsigned limit_s = connection->outgoing ? transport->options.connect_s : transport->options.handshake_s;
	timer_start(transport->timers, &connection->idle, (int64_t)limit_s * 1000, on_idle);
	return 0;
}

void connection_established(struct connection *connection)
{
	struct transport *transport = connection->transport;
	connection->established = true;
	connection_active(connection);
	timer_start(transport->timers, &connection->idle, (int64_t)transport->options.idle_s * 1000, on_idle);
}

void connection_active(struct connection *connection)
{
	connection->active_at_ms = timers_now(connection->transport->timers);
}

void connection_message(struct connection *connection, struct slice bytes)
{
	struct transport *transport = connection->transport;
	connection_active(connection);
	transport->counters.received_messages++;
	transport->counters.received_bytes += bytes.length;
	/* The connection may be told to end in there, but it stays in memory until the loop's next step. */
	struct flow flow = connection->flow;
	transport->events.on_message(transport->events.arg, &flow, bytes);
}

void connection_too_large(struct connection *connection, struct slice headers)
{
	const struct transport_events *events = &connection->transport->events;
	struct flow flow = connection->flow;
	if (events->on_too_large)
		events->on_too_large(events->arg, &flow, headers);
}

bool connection_hold(struct connection *connection, size_t bytes)
{
	struct transport *transport = connection->transport;
	size_t large = bytes > SMALL_BYTES ? bytes - SMALL_BYTES : 0;
	size_t *all = &transport->connections.held_bytes;
	bool grows = large > connection->held_bytes;
	*all = *all - connection->held_bytes + large;
	connection->held_bytes = large;
	if (!grows || *all <= transport->options.unfinished_bytes)
		return true;
	transport->counters.refused_connections++;
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(&connection->flow, text)};
	log_event_limited(transport->log, &transport->rates.refused, timers_now(transport->timers), LOG_WARNING,
			  "connection_refused", &context, "large messages that are not whole take %zu bytes already",
			  transport->options.unfinished_bytes);
	return false;
}

void connection_ended(struct connection *connection)
{
	struct transport *transport = connection->transport;
	(void)!connection_hold(connection, 0);
	struct connection_table *connections = &transport->connections;
	connection->closing = true;
	timer_stop(&connection->idle);
	table_remove(&connections->by_number, &connection->link);
	connections->count--;
	transport->counters.open_connections[connection->flow.transport]--;
	peer_count_release(&connections->per_ip, connection->peer_count);
	connection->peer_count = NULL;
	/* Those above learn of the end only of what they can know of. */
	if (connection->established || connection->outgoing) {
		connection->end->flow = connection->flow;
		list_append(&connections->ended, &connection->end->link);
	} else {
		free(connection->end);
	}
	connection->end = NULL;
	transport_wake(transport);
}

void connection_tell_ended(struct transport *transport)
{
	struct list_link told;
	list_init(&told);
	list_splice(&told, &transport->connections.ended);
	struct list_link *link;
	while ((link = list_take_first(&told))) {
		struct connection_end *end = CONTAINER_OF(link, struct connection_end, link);
		struct flow flow = end->flow;
		free(end);
		transport->events.on_closed(transport->events.arg, &flow);
	}
}

/* Closing a WebSocket may take it out of the table at once; the walk allows that of the member that it visits. */
static bool close_one(struct table_link *link, void *arg)
{
	struct connection *connection = CONTAINER_OF(link, struct connection, link);
	if (!connection->closing)
		connection->operations->close(connection);
	(void)arg;
	return true;
}

void connection_close_all(struct transport *transport)
{
	table_each(&transport->connections.by_number, close_one, NULL);
}
