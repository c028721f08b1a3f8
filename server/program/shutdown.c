/* The end, in order: requests that wait get their answers, the storage commits what it has, the transport sends what
 * is queued, the rest is closed, and the loop has nothing left to do. SPDX-License-Identifier: MIT */
#include "program/node.h"

#include <stdio.h>

/* Longest wait for answers that are under way. */
#define DRAIN_MS 6000
#define DRAIN_STEP_MS 20

static void on_control_closed(void *arg)
{
	(void)arg;
}

static void close_rest(void *arg)
{
	struct node *node = arg;
	timer_stop(&node->revival_timer);
	if (node->control)
		control_close(node->control, on_control_closed, NULL);
	if (node->has_signal_poll)
		uv_close((uv_handle_t *)&node->signal_poll, NULL);
	if (node->has_driver)
		loop_driver_close(&node->driver);
}

static void close_transport(void *arg)
{
	struct node *node = arg;
	if (node->transport)
		transport_close(node->transport, close_rest, node);
	else
		close_rest(node);
}

static void close_storage(struct node *node)
{
	node->phase = NODE_CLOSING;
	timer_stop(&node->drain);
	timer_stop(&node->certificate);
	timer_stop(&node->startup_timer);
	if (node->storage)
		storage_close(node->storage, close_transport, node);
	else
		close_transport(node);
}

static void on_drain(struct timer *timer)
{
	struct node *node = CONTAINER_OF(timer, struct node, drain);
	bool overdue = timers_now(node->timers) >= node->drained_by_ms;
	if (transactions_are_idle(node->transactions) || overdue)
		close_storage(node);
	else
		timer_start(node->timers, &node->drain, DRAIN_STEP_MS, on_drain);
}

void shutdown_begin(struct node *node)
{
	switch (node->phase) {
	case NODE_STARTING:
		close_storage(node);
		break;
	case NODE_SERVING:
		log_event(node->log, LOG_INFO, "ending", NULL, "no new requests; those under way get their answers");
		node->phase = NODE_DRAINING;
		node->drained_by_ms = timers_now(node->timers) + DRAIN_MS;
		timer_start(node->timers, &node->drain, 0, on_drain);
		break;
	case NODE_DRAINING: /* asked twice: at once */
		close_storage(node);
		break;
	case NODE_CLOSING:
		break;
	}
}
