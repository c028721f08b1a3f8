/* As much of SIP as a load driver needs: finding headers, and answering a request. The server under test has the
 * parser; this one trusts what it reads. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

/* The status of a response; 0: it is a request. */
unsigned text_status(struct slice message);

/* The value of the next header of that name at or behind `*position` (0 to begin with), which moves behind it. */
bool text_next_header(struct slice message, struct slice name, size_t *position, struct slice *value);
/* The first one's value; empty where there is none. */
struct slice text_header(struct slice message, struct slice name);
/* The text behind `mark` up to the next `end` (or the end of all); empty where there is no `mark`. */
struct slice text_between(struct slice text, struct slice mark, char end);

/* What is read of a request while it is answered. */
struct text_request {
	struct slice call_id;
	struct slice cseq; /* its number */
	struct slice body;
};
/* Writes the 200 to a request (RFC 3261 §8.2.6), in one pass over its headers: watchers answer thousands of NOTIFYs a
 * second on the core that the server runs on, too. */
void text_answer(struct slice request, struct buffer *buffer, struct text_request *read);
