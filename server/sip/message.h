/* A SIP message: one buffer, slices into it, values parsed when first asked for.
 *
 * sip_message_parse finds the start line, the header lines and the body, and names the known headers; it
 * judges nothing else. Accessors parse a value at the first call and keep it (or its error) with the
 * message. All slices point into the bytes given, which must outlive the message, as must the arena.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "sip/header.h"
#include "sip/method.h"
#include "sip/uri.h"
#include "sip/values.h"

#include <stdbool.h>
#include <stdint.h>

struct sip_limits {
	size_t message_bytes; /* start line, headers and body together */
	size_t header_bytes;  /* start line and headers */
	size_t body_bytes;
	unsigned header_count;
};

struct sip_header {
	enum sip_header_id id;
	uint16_t next;      /* index of the next header with the same id, 0: none (headers[0] is never "next") */
	struct slice name;  /* as it stood */
	struct slice value; /* trimmed; may hold folds (CRLF + blank) inside */
	struct slice line;  /* the whole line with its folds and its CRLF, for copying */
};

struct sip_message {
	struct slice bytes;
	bool is_request;

	/* requests */
	struct slice method_text;
	enum sip_method method;
	struct slice request_uri_text;
	/* responses */
	unsigned status;
	struct slice reason;

	struct slice version; /* "SIP/2.0" as it stood */

	struct sip_header *headers;
	unsigned header_count;
	int16_t first[SIP_HEADER_COUNT]; /* index into headers, -1: none */
	int16_t last[SIP_HEADER_COUNT];
	struct slice header_bytes; /* from behind the start line up to the empty line */
	struct slice body;

	struct arena *arena;
	/* filled by the accessors: state 0 not asked, 1 good, -1 bad */
	struct sip_cached_values {
		int8_t request_uri_state, via_state, from_state, to_state, cseq_state;
		struct sip_uri request_uri;
		struct sip_via via;
		struct sip_name_address from, to;
		struct sip_cseq cseq;
	} cached;
};

/* Where and why a message could not be read; `status` is the answer that the RFC names for it (400, 413,
 * 414, 505, 513 …), to be sent only where the message is a request with a readable Via. */
struct sip_parse_error {
	unsigned status;
	size_t offset;
	const char *reason; /* static text for a person */
	size_t most;        /* the limit that `reason` speaks of, of bytes or headers; 0: of none */
};

/* `bytes` is one whole message (a datagram, a framed stream message or a WebSocket frame).
 * Body: up to Content-Length where there is one; a datagram's bytes beyond it are ignored (RFC 3261
 * §18.3), fewer bytes than it says are an error; without it, all the rest.
 * Even on ERR_SYNTAX or ERR_LIMIT as much as could be read is filled in, so that a 400 can be sent;
 * `error` says why. ERR_NO_MEMORY otherwise. */
MUST_CHECK int sip_message_parse(struct sip_message *message, struct arena *arena, struct slice bytes,
				 const struct sip_limits *limits, struct sip_parse_error *error);

/* Checks that what every request or response must have is there, once, and well-formed (RFC 3261
 * §8.1.1, §8.2.2.2…: Via, From, To, Call-ID, CSeq with the method of the start line, Request-URI with a
 * valid form, Max-Forwards a number where present, Content-Length agrees, version SIP/2.0). The first
 * thing wrong goes into `error`. ERR_SYNTAX. */
MUST_CHECK int sip_message_check(struct sip_message *message, struct sip_parse_error *error);

/* The first header with that id, or NULL. */
const struct sip_header *sip_message_header(const struct sip_message *message, enum sip_header_id id);
/* The next one with the same id, or NULL. */
const struct sip_header *sip_message_next_header(const struct sip_message *message, const struct sip_header *header);
/* The value of the first header with that id, empty where there is none. */
struct slice sip_message_value(const struct sip_message *message, enum sip_header_id id);
/* The first header of any name (without case), for those not in headers.def. */
const struct sip_header *sip_message_named(const struct sip_message *message, struct slice name);

/* Walks the elements of all headers of that id in order, combined or repeated. Zeroed is the start. */
struct sip_list_cursor {
	const struct sip_header *header;
	struct slice rest;
	bool started;
};
bool sip_message_each(const struct sip_message *message, enum sip_header_id id, struct sip_list_cursor *cursor,
		      struct slice *element);
/* True where a list header holds the token (without case): option tags, methods. */
bool sip_message_lists(const struct sip_message *message, enum sip_header_id id, struct slice token);

/* Parsed once and kept; NULL where absent or malformed. */
const struct sip_uri *sip_message_request_uri(struct sip_message *message);
const struct sip_via *sip_message_via(struct sip_message *message); /* the topmost */
const struct sip_name_address *sip_message_from(struct sip_message *message);
const struct sip_name_address *sip_message_to(struct sip_message *message);
const struct sip_cseq *sip_message_cseq(struct sip_message *message);
static inline struct slice sip_message_call_id(const struct sip_message *message)
{
	return sip_message_value(message, SIP_HEADER_CALL_ID);
}
