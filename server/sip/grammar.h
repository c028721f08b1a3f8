/* The small pieces of RFC 3261 §25.1 that the parsers of this layer share: classes of characters, blanks (LWS, folded
 * lines included), quoted strings, parameters. All take from the front of a slice, and allocate nothing.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

enum grammar_class {
	GRAMMAR_TOKEN = 1 << 0,     /* token */
	GRAMMAR_USER = 1 << 1,      /* user part of a SIP URI, '%' included */
	GRAMMAR_PASSWORD = 1 << 2,  /* password of a SIP URI, '%' included */
	GRAMMAR_HOST = 1 << 3,      /* host name or IPv4 address */
	GRAMMAR_IPV6 = 1 << 4,      /* what stands between the brackets of an IPv6 reference */
	GRAMMAR_SCHEME = 1 << 5,    /* URI scheme */
	GRAMMAR_PARAMETER = 1 << 6, /* name or unquoted value of a parameter */
	GRAMMAR_URI = 1 << 7,       /* anywhere in a URI that we do not take apart further */
	GRAMMAR_DISPLAY = 1 << 8,   /* display name without quotes, blanks included */
	GRAMMAR_DIALLED = 1 << 9,   /* number of a tel URI (RFC 3966 §3) without its '+' */
	GRAMMAR_DIGIT = 1 << 10,    /* 0-9 */
	GRAMMAR_HEX = 1 << 11,      /* hexadecimal digit */
	GRAMMAR_VISIBLE = 1 << 12,  /* printable ASCII but the blank */
	GRAMMAR_BLANK = 1 << 13,    /* space, tab, CR, LF */
};

/* How many leading bytes are of one of `classes`. */
size_t grammar_span(struct slice text, unsigned classes);
/* Takes those bytes off `rest`; empty where there are none. */
struct slice grammar_take(struct slice *rest, unsigned classes);
/* True where all of `text` is of these classes, and there is some. */
bool grammar_is(struct slice text, unsigned classes);

void grammar_skip_blanks(struct slice *rest);
/* Takes `byte` off the front, as it stands. */
bool grammar_take_byte(struct slice *rest, char byte);
/* Takes blanks, `byte`, blanks (SLASH, SEMI, EQUAL, COLON, … of the grammar); `rest` is only moved on success. */
bool grammar_take_separator(struct slice *rest, char byte);
/* Takes a quoted-string; `content` is what stands between the quotes. `rest` is only moved on success. */
bool grammar_take_quoted(struct slice *rest, struct slice *content);

/* Takes `name` or `name=value` (the value with its quotes, where it has them); blanks around '=' are allowed. False
 * where there is no such thing, an empty parameter included. */
bool grammar_take_parameter(struct slice *rest, struct slice *name, struct slice *value);
/* True where `parameters`, the text behind a ';', is "name=value;name=value…" to its end, with none of them empty. */
bool grammar_is_parameters(struct slice parameters);

/* A name, an IPv4 address or an IPv6 reference with its brackets; `rest` is only moved on success. */
bool grammar_take_host(struct slice *rest, struct slice *host);
/* True where each '%' has two hexadecimal digits behind it. */
bool grammar_has_good_escapes(struct slice text);
