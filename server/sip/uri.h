/* URIs: parse, compare, normal form (RFC 3261 §19.1, RFC 3966, RFC 3859/3860).
 *
 * sip: and sips: are taken apart; pres:, im: and tel: give user and host too (tel: the number as user);
 * any other scheme is kept whole in `rest` and passes through unharmed. Slices point into the text that
 * was parsed. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum uri_scheme { URI_SIP, URI_SIPS, URI_TEL, URI_PRES, URI_IM, URI_OTHER };

struct sip_uri {
	enum uri_scheme scheme;
	struct slice text;        /* the whole URI as it stood */
	struct slice scheme_name; /* as it stood, without ':' */
	struct slice user;        /* still escaped; empty where absent */
	struct slice password;
	struct slice host;       /* a name, an IPv4 address, or an IPv6 reference with its brackets */
	uint16_t port;           /* 0: none given */
	struct slice parameters; /* what stands after the host, from behind the first ';' (without '?…') */
	struct slice headers;    /* behind '?' */
	struct slice rest;       /* URI_OTHER: everything behind the scheme's ':' */
	bool has_user;           /* "sip:@host" is an error, "sip:host" has none */
};

/* One URI and nothing else in `text`. ERR_SYNTAX. */
MUST_CHECK int sip_uri_parse(struct slice text, struct sip_uri *uri);

/* The value of parameter `name` (without case); true where it is present, with an empty `value` where it
 * has none. A quoted value keeps its quotes: sip_unquote() takes them off. Works on any `;name=value;…` text:
 * URI parameters and header parameters. */
bool sip_parameter_find(struct slice parameters, struct slice name, struct slice *value);
/* The same for the parameters of a URI, where a name may be written with escapes (RFC 4475 §3.1.1.3); the
 * value's are left in. */
bool sip_uri_parameter(const struct sip_uri *uri, struct slice name, struct slice *value);

/* RFC 3261 §19.1.4, escapes and parameters included. URI_OTHER compares exactly. */
bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b);

/* Undoes %XX escapes into the arena where there are any, else returns the text itself. ERR_SYNTAX for a
 * broken escape, ERR_NO_MEMORY. */
MUST_CHECK int sip_unescape(struct arena *arena, struct slice text, struct slice *plain);
/* Appends with everything escaped that may not stand in a user part (RFC 3261 §25.1 user-unreserved). */
void sip_uri_escape_user(struct buffer *buffer, struct slice plain);

/* The host in normal form: lower case, without a trailing dot; compared so with our domains. */
bool sip_host_equal(struct slice a, struct slice b);
