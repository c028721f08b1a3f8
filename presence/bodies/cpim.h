/* Messages that carry their own headers (RFC 3862): what the page, Linphone and RCS phones write in place of plain
 * text, so that a message has an id and can ask for receipts (RFC 5438). Pure functions. SPDX-License-Identifier: MIT
 */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>

/* What a message/cpim says, as far as a server has use for it. Slices into its body. */
struct cpim {
	struct slice content_type; /* of what is inside, with its parameters; text/plain where it has none */
	struct slice body;         /* what is inside, as it stands */
	struct slice message_id;   /* RFC 5438 §6.3, as it stands; empty: none */
	bool wants_delivery;       /* its sender asks to be told that it arrived (RFC 5438 §6.2) */
	bool wants_display;        /* … and that it was read */
	bool is_encoded;           /* the bytes inside are base64, deflate …: they cannot be shown as they stand */
};

/* The names of IMDN's headers are known by their namespace, whatever its prefix (RFC 3862 §3.4); "imdn." where none is
 * declared, as clients have it. Names compare without case, lines may end with LF and be continued by the next one.
 * ERR_SYNTAX: there are not two blocks of headers that end with empty lines. */
MUST_CHECK int cpim_parse(struct slice text, struct cpim *cpim);
