/* Cutting a byte stream into SIP messages by Content-Length (RFC 3261 §18.3), and CRLF keep-alives out of it
 * (RFC 5626 §3.5.1, §4.4.1). Pure: bytes in, what to do out. SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stddef.h>

enum framing_result {
	FRAMING_MORE,      /* nothing complete yet */
	FRAMING_MESSAGE,   /* the first `length` bytes are one message */
	FRAMING_PING,      /* the first `length` bytes are CRLFCRLF: answer with CRLF */
	FRAMING_BLANK,     /* the first `length` bytes are a lone CRLF: a pong, or padding; skip */
	FRAMING_TOO_LARGE, /* the first `length` bytes are the headers of a message over the limit: tell it, and close
			    */
	FRAMING_BROKEN     /* not SIP, or headers over the limit, or Content-Length missing or lying: close */
};

struct framing {
	size_t message_bytes, header_bytes; /* limits */
	size_t scanned;                     /* how far the search for the end of the headers has come */
	size_t whole;                       /* length of the message once its headers are complete, else 0 */
	const char *reason;                 /* for FRAMING_BROKEN and FRAMING_TOO_LARGE, static text */
};

void framing_init(struct framing *framing, size_t message_bytes, size_t header_bytes);
/* `bytes` is all that is buffered and not yet consumed. After MESSAGE, PING and BLANK the caller drops `length`
 * bytes and asks again. Linear in the bytes seen, however they are cut. */
enum framing_result framing_next(struct framing *framing, struct slice bytes, size_t *length);
