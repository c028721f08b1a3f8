/* Writing messages in one pass from slices and edits (RFC 3261 §7, §8.2.6, §16.6, §16.7).
 *
 * Writers never fail half-way: they append to a buffer with a limit, and the caller looks at
 * buffer_failed() at the end. Whoever puts foreign text into `headers` has it from a parsed message or
 * escapes it with the functions below. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "sip/message.h"

/* A response to `request`: status line, the request's Via headers (the topmost stamped with received and
 * rport of `source`, RFC 3581 §4), From, To (with `to_tag` where the request has none), Call-ID, CSeq, then
 * what is given here, Content-Length and the body. What a broken request lacks is left out. */
struct sip_response {
	unsigned status;
	struct slice reason; /* empty: the standard phrase */
	struct slice to_tag;
	struct slice headers; /* whole lines with CRLF */
	struct slice content_type, body;
	const struct address *source; /* where the request came from; NULL: no stamp */
	struct slice server;          /* value of Server, empty: none */
};
void sip_write_response(struct buffer *buffer, const struct sip_message *request, const struct sip_response *response);

/* A response of another server on its way back: as it came, without its topmost Via value (§16.7), and with
 * Content-Length where it had none. */
void sip_write_relayed_response(struct buffer *buffer, const struct sip_message *response);

/* The head of a request up to and including our own Via, which names the transport that it leaves by:
 * "METHOD uri SIP/2.0\r\nVia: SIP/2.0/UDP host:port;rport;branch=…\r\n". */
struct sip_request_head {
	struct slice method, uri;
	struct slice transport; /* "UDP", "TCP", … */
	struct slice sent_by;   /* host:port */
	struct slice branch;    /* whole, with the magic cookie z9hG4bK */
};
void sip_write_request_head(struct buffer *buffer, const struct sip_request_head *head);

/* Everything of a forwarded request that stands behind our own Via: all headers and the body as they came,
 * with these edits (§16.6). The topmost Via is stamped with received and rport of `source`; `routes` and
 * `headers` come before all other headers that are not Via; Content-Length is written where it was missing. */
struct sip_forward {
	const struct address *source;
	unsigned drop_routes;  /* how many topmost Route values go (§16.4, §16.6 step 6) */
	struct slice routes;   /* Route values to put in front: the binding's Path, "<…>, <…>", empty: none */
	unsigned max_forwards; /* the value to write (already decremented) */
	bool drop_credentials; /* our realm's (Proxy-)Authorization headers go no further (§22.3) */
	bool drop_identities;  /* what an untrusted sender asserts of himself goes no further (RFC 3325 §5) */
	struct slice realm;    /* with drop_credentials: only that realm's; empty: all of them */
	struct slice headers;  /* whole lines to add, with CRLF */
	bool replaces_body;    /* by these two */
	struct slice content_type, body;
};
void sip_write_forwarded(struct buffer *buffer, const struct sip_message *request, const struct sip_forward *forward);

/* `Name: value\r\n`; CR and LF in the value become blanks, so that nothing can be smuggled in. */
void sip_write_header(struct buffer *buffer, const char *name, struct slice value);
/* A quoted-string with its quotes, escaped (§25.1). */
void sip_write_quoted(struct buffer *buffer, struct slice plain);
/* `Warning: 399 host "text"\r\n` (§20.43). */
void sip_write_warning(struct buffer *buffer, struct slice host, struct slice text);
