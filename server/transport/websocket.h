/* SIP over WebSocket (RFC 7118) and the files of the web client, both on libwebsockets over the node's loop.
 *
 * Subprotocol `sip`; the path is /ws, or any path where the subprotocol is asked for. Text and binary frames are
 * taken; answers go out as text where they are UTF-8, else binary. A ping goes out every ping_s seconds; CRLF never.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/attributes.h"
#include "transport/transport.h"

/* Listens for HTTP (and WS); with `tls` for HTTPS (and WSS), with the certificate of transport_set_tls.
 * `document_root` holds the web client's files, NULL: none. Port 0 takes a free one.
 * ERR_TLS, ERR_NO_MEMORY, libuv's codes. */
MUST_CHECK int web_listen(struct transport *transport, const struct address *address, bool tls,
			  const char *document_root, struct address *bound);
