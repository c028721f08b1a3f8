/* What kind of thing a MESSAGE carries (RFC 3428): a text that a person reads, a receipt, or something else. Pure.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

enum message_kind {
	MESSAGE_KIND_OTHER,  /* typing, files, whatever cannot be shown as it stands */
	MESSAGE_KIND_TEXT,   /* text/plain, alone or inside message/cpim (RFC 3862) */
	MESSAGE_KIND_RECEIPT /* message/imdn+xml (RFC 5438), likewise */
};

struct message_text {
	enum message_kind kind;
	struct slice text;         /* TEXT: slice of the body, UTF-8 without NUL; may be empty */
	struct slice content_type; /* TEXT: of the text itself, with its parameters */
	bool is_wrapped;           /* it is inside message/cpim */
};

/* `content_type` and `content_encoding` are the headers' values; empty: none. A text has no charset, UTF-8 or US-ASCII,
 * and no encoding; anything else is OTHER. Receipts are known by their type alone, since phones send them deflated. */
void message_text_find(struct slice content_type, struct slice content_encoding, struct slice body,
		       struct message_text *found);
