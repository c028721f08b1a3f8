/* heliograph run: from the command line to a node that serves, and to its end. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/node.h"
#include "program/state_lock.h"
#include "program/state_owner.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* A command that has the state folder, or a server that is just ending, gets this long. */
#define LOCK_WAIT_MS 10000

/* As many descriptors as the system lets us have: each connection is one. */
static void raise_limits(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit); /* what we have is enough to go on */
}

/* Sockets, control and signals on the loop; from here on everything ends by shutdown_begin. */
static void start(struct node *node)
{
	char error[CONTROL_ERROR_SIZE];
	int result = signals_watch(node);
	if (result == 0)
		result = node_build(node);
	if (result < 0) {
		node_fail(node, "start_failed", error_text(result));
		return;
	}
	if (listen_udp(node, error) < 0)
		node_fail(node, "cannot_listen", error);
	else if (control_commands_open(node, error) < 0)
		node_fail(node, "start_failed", error);
}

static void run_loop(struct node *node)
{
	if (uv_loop_init(&node->loop) != 0) {
		node->exit_status = complain("cannot make an event loop");
		return;
	}
	node->timers = timers_create(loop_now_ms());
	if (node->timers) {
		node->started_at_ms = timers_now(node->timers);
		start(node);
		uv_run(&node->loop, UV_RUN_DEFAULT);
		node_finish(node);
	} else {
		node->exit_status = complain(error_text(ERR_NO_MEMORY));
	}
	timers_destroy(node->timers);
	if (uv_loop_close(&node->loop) != 0)
		log_event(node->log, LOG_WARNING, "loop_busy", NULL, "something was still open at the end");
}

/* Whatever is wrong here is wrong at once, and needs nothing to be taken back. */
static int prepare(struct node *node)
{
	char error[CONFIGURATION_ERROR_SIZE];
	state_owner_forgo_passage();
	if (command_line_state_folder(&node->configuration, node->state, error) < 0)
		return complain(error);
	node->lock = state_lock(node->state, 0);
	if (node->lock == ERR_BUSY) {
		fprintf(stderr, "heliograph: waiting for another process to leave the state folder %s\n", node->state);
		node->lock = state_lock(node->state, LOCK_WAIT_MS);
	}
	if (node->lock < 0) {
		fprintf(stderr, "heliograph: the state folder %s: %s\n", node->state,
			node->lock == ERR_BUSY ? "another server runs in it" : error_text(node->lock));
		return EXIT_FAILED;
	}
	node->log = log_create(STDERR_FILENO, LOG_INFO, LOG_KEY_VALUE);
	if (!node->log)
		return complain(error_text(ERR_NO_MEMORY));
	node_set_log(&node->configuration, node->log);
	node->domain_name = addresses_domain(&node->configuration, node->domain_text);
	raise_limits();
	int result = signals_begin(node);
	return result < 0 ? complain(error_text(result)) : EXIT_GOOD;
}

static void serve(struct node *node)
{
	int result = database_prepare(node);
	if (result == 0)
		run_loop(node);
	else if (result != ERR_CLOSED) /* else a signal ended the wait, which is no failure */
		node->exit_status = EXIT_FAILED;
	database_stop(node);
	log_event(node->log, LOG_INFO, "ended", NULL, "everything is closed");
}

int run_command(const struct command_line *line)
{
	if (line->demo && line->accounts) {
		complain("--demo makes accounts of its own: it does not go with --accounts");
		return EXIT_USAGE;
	}
	struct node *node = calloc(1, sizeof(*node));
	if (!node)
		return complain(error_text(ERR_NO_MEMORY));
	char error[CONFIGURATION_ERROR_SIZE];
	node->line = line;
	node->lock = node->signals = -1;
	node->exit_status = EXIT_FAILED;
	if (command_line_configuration_to_serve(line, &node->configuration, error) < 0) {
		complain(error);
		free(node);
		return EXIT_FAILED;
	}
	node->exit_status = prepare(node);
	if (node->exit_status == EXIT_GOOD)
		serve(node);
	int status = node->exit_status;
	log_destroy(node->log);
	if (node->signals >= 0)
		close(node->signals);
	if (node->lock >= 0)
		close(node->lock);
	configuration_finish(&node->configuration);
	free(node);
	return status;
}
