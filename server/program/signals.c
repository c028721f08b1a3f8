/* SIGTERM, SIGINT and SIGHUP through a descriptor: before the loop runs (where starting a database may take a while)
 * and in it. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/node.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int signals_begin(struct node *node)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	/* a peer that has gone shows as an error of the write */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	node->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return node->signals < 0 ? -errno : 0;
}

/* The next signal that waits; 0: none. */
static unsigned take(struct node *node)
{
	struct signalfd_siginfo information;
	ssize_t count = read(node->signals, &information, sizeof(information));
	return count == (ssize_t)sizeof(information) ? information.ssi_signo : 0;
}

bool signals_ask_to_end(struct node *node, int wait_ms)
{
	struct pollfd descriptor = {.fd = node->signals, .events = POLLIN};
	if (poll(&descriptor, 1, wait_ms) <= 0)
		return false;
	unsigned number = take(node);
	return number == SIGTERM || number == SIGINT;
}

static void on_signal(uv_poll_t *handle, int status, int events)
{
	struct node *node = handle->data;
	(void)status;
	(void)events;
	for (unsigned number; (number = take(node)) != 0;) {
		if (number == SIGHUP)
			node_reload(node);
		else
			shutdown_begin(node);
	}
}

int signals_watch(struct node *node)
{
	int result = uv_poll_init(&node->loop, &node->signal_poll, node->signals);
	if (result < 0)
		return result;
	node->has_signal_poll = true;
	node->signal_poll.data = node;
	return uv_poll_start(&node->signal_poll, UV_READABLE, on_signal);
}
