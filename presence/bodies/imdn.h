/* Receipts (RFC 5438 §11): what became of a message. Pure functions. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "bodies/body.h"

/* RFC 5438 §11.1. What it is about a receipt says twice: by the notification and by its status; only the pairs that
 * the RFC allows are read. */
enum imdn_status {
	IMDN_DELIVERED, /* a device has it */
	IMDN_DISPLAYED, /* and it was read */
	IMDN_PROCESSED, /* by something on the way */
	IMDN_STORED,    /* there it waits */
	IMDN_FAILED,
	IMDN_FORBIDDEN, /* its receiver does not want that to be told */
	IMDN_ERROR
};

struct imdn {
	struct slice message_id; /* of the message that it is about; in the arena */
	enum imdn_status status;
};

/* `xml` is the body of a message/imdn+xml. ERR_SYNTAX: not that, or without message-id or status; ERR_LIMIT; with a
 * sentence. ERR_NO_MEMORY. */
MUST_CHECK int imdn_parse(struct arena *arena, struct slice xml, struct imdn *imdn, struct body_error *error);

/* The same from a MESSAGE's body: bare (Linphone's, which are deflated), or inside message/cpim. `content_type` and
 * `content_encoding` are the headers' values; empty: none. ERR_SYNTAX as well where it is no receipt. */
MUST_CHECK int imdn_read(struct arena *arena, struct slice content_type, struct slice content_encoding,
			 struct slice body, struct imdn *imdn, struct body_error *error);
