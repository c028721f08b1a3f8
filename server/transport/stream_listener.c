/* Listening for TCP and TLS. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "transport/stream.h"

#include <stdlib.h>

/* Connections that the kernel holds for us; it cuts this to net.core.somaxconn. */
#define BACKLOG 4096
#define RETRY_MS 100

struct stream_listener {
	uv_tcp_t tcp;
	struct transport *transport;
	struct timer retry;
	enum transport_kind kind;
	uint8_t index;
};

static void on_retry(struct timer *timer);

static void accept_one(struct stream_listener *listener)
{
	/* libuv offers no other connection until this one is taken. */
	int result = stream_accept(listener->transport, listener->kind, listener->index, (uv_stream_t *)&listener->tcp);
	if (result == ERR_NO_MEMORY)
		timer_start(listener->transport->timers, &listener->retry, RETRY_MS, on_retry);
}

static void on_retry(struct timer *timer)
{
	accept_one(CONTAINER_OF(timer, struct stream_listener, retry));
}

static void on_connection(uv_stream_t *server, int status)
{
	struct stream_listener *listener = server->data;
	struct transport *transport = listener->transport;
	if (status == 0) {
		accept_one(listener);
		return;
	}
	log_event_limited(transport->log, &transport->rates.accept, timers_now(transport->timers), LOG_WARNING,
			  "accept_failed", NULL, "cannot accept a connection: %s", error_text(status));
}

static void on_closed(uv_handle_t *handle)
{
	struct stream_listener *listener = handle->data;
	transport_handle_closed(listener->transport);
	free(listener);
}

void stream_listener_close(struct stream_listener *listener)
{
	timer_stop(&listener->retry);
	uv_close((uv_handle_t *)&listener->tcp, on_closed);
}

static int start(struct stream_listener *listener, const struct address *address, struct address *bound)
{
	struct sockaddr_storage sockaddr;
	address_to_sockaddr(address, &sockaddr);
	unsigned flags = address->family == ADDRESS_IPV6 ? UV_TCP_IPV6ONLY : 0;
	int result = uv_tcp_bind(&listener->tcp, (struct sockaddr *)&sockaddr, flags);
	if (result < 0)
		return result;
	result = uv_listen((uv_stream_t *)&listener->tcp, BACKLOG, on_connection);
	if (result < 0)
		return result;
	int length = sizeof sockaddr;
	result = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&sockaddr, &length);
	if (result == 0)
		*bound = address_from_sockaddr((struct sockaddr *)&sockaddr);
	return result;
}

int stream_listen(struct transport *transport, enum transport_kind kind, uint8_t index, const struct address *address,
		  struct stream_listener **listenerp, struct address *bound)
{
	struct stream_listener *listener = calloc(1, sizeof *listener);
	if (!listener)
		return ERR_NO_MEMORY;
	listener->transport = transport;
	listener->kind = kind;
	listener->index = index;
	int result = uv_tcp_init(transport->loop, &listener->tcp);
	if (result < 0) {
		free(listener);
		return result;
	}
	listener->tcp.data = listener;
	transport->handles++;
	result = start(listener, address, bound);
	if (result < 0) {
		stream_listener_close(listener);
		return result;
	}
	*listenerp = listener;
	return 0;
}
