/* Values of header fields that have a structure: parsed from slices, allocation-free, pure.
 *
 * All parsers take LWS (also folded lines) wherever RFC 3261 §25.1 allows it. They return 0 or ERR_SYNTAX
 * and leave the result alone on failure. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "sip/method.h"
#include "sip/uri.h"

#include <stdbool.h>
#include <stdint.h>

/* One value of Via (RFC 3261 §20.42, RFC 3581). */
struct sip_via {
	struct slice text;      /* the whole value */
	struct slice transport; /* "UDP", "TCP", "TLS", "WS", "WSS", … */
	struct slice host;
	uint16_t port;           /* 0: none given */
	struct slice parameters; /* from behind the first ';' */
	struct slice branch;     /* empty: none */
	struct slice received;
	uint16_t rport; /* value, 0: none */
	bool has_rport; /* present, with or without value */
	/* ";;" is somewhere: readable, so that it can be answered, but malformed (RFC 4475 §3.1.2.1) */
	bool has_empty_parameter;
};

/* name-addr or addr-spec with its header parameters: From, To, Contact, Route, Path … */
struct sip_name_address {
	struct slice text;         /* the whole value */
	struct slice display_name; /* without quotes, escapes left in; empty: none */
	struct slice uri_text;
	struct sip_uri uri;
	struct slice parameters; /* header parameters, from behind the first ';' */
};

struct sip_cseq {
	uint32_t number;
	struct slice method_text;
	enum sip_method method;
};

/* "type/subtype;parameters" */
struct sip_media_type {
	struct slice type, subtype, parameters;
};

/* Takes the next element off a comma-separated list (respecting quotes and <>): false at the end. Empty
 * elements are skipped. */
bool sip_list_next(struct slice *rest, struct slice *element);

MUST_CHECK int sip_via_parse(struct slice text, struct sip_via *via);
/* In a bare addr-spec, parameters belong to the header, not to the URI (RFC 3261 §20.10). */
MUST_CHECK int sip_name_address_parse(struct slice text, struct sip_name_address *address);
MUST_CHECK int sip_cseq_parse(struct slice text, struct sip_cseq *cseq);
MUST_CHECK int sip_media_type_parse(struct slice text, struct sip_media_type *type);
/* delta-seconds; values above 2**32-1 are capped there (RFC 3261 §20.19 bounds them). */
MUST_CHECK int sip_seconds_parse(struct slice text, uint32_t *seconds);
/* qvalue in thousandths, 0 … 1000. */
MUST_CHECK int sip_q_parse(struct slice text, unsigned *thousandths);
/* Date (RFC 3261 §20.17) ↔ seconds since 1970. */
MUST_CHECK int sip_date_parse(struct slice text, int64_t *unix_s);
#define SIP_DATE_SIZE 30
struct slice sip_date_write(int64_t unix_s, char text[SIP_DATE_SIZE]);
/* The tag parameter of From or To; empty where there is none. */
struct slice sip_tag(const struct sip_name_address *address);
/* The content of a quoted-string, given with or without its quotes: undoes \-escapes into `plain` (of the same size
 * at least) and returns the length; other text is copied as it is. */
size_t sip_unquote(struct slice quoted, char *plain);
