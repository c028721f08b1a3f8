/* TCP and TLS connections, accepted and opened by one code. SPDX-License-Identifier: MIT */
#pragma once

#include "transport/transport_state.h"

struct stream;

/* Listens on `address`; `bound` receives what was bound. libuv's codes, ERR_NO_MEMORY. */
MUST_CHECK int stream_listen(struct transport *transport, enum transport_kind kind, uint8_t index,
			     const struct address *address, struct stream_listener **listener, struct address *bound);
/* Stops listening; frees itself. */
void stream_listener_close(struct stream_listener *listener);
/* See transport_open. */
MUST_CHECK int stream_open(struct transport *transport, enum transport_kind kind, const struct address *peer,
			   struct slice host, struct flow *flow);
/* Writes what the turn has queued for it. */
void stream_flush(struct stream *stream);
/* Flushes all streams in transport->unsent. */
void stream_flush_all(struct transport *transport);
