/* Who is meant by a URI that stands in a document of rules or lists: a user of a domain, however he is reached. "sip:",
 * "sips:", "pres:" and "im:" of the same user and host are the same person (RFC 3859 §2, RFC 5025 §3.1.1.2), and so is
 * what has no scheme; ports, passwords, parameters and headers do not matter. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>

struct identity {
	struct slice user;   /* plain (unescaped), with its case */
	struct slice domain; /* lower case, without a dot at its end */
};

/* In the arena. ERR_SYNTAX: the URI names no user of a domain ("tel:", "sip:example.test"); ERR_NO_MEMORY. */
MUST_CHECK int identity_read(struct arena *arena, struct slice uri, struct identity *identity);
/* A domain as it stands in an identity. ERR_NO_MEMORY. */
MUST_CHECK int identity_domain(struct arena *arena, struct slice text, struct slice *domain);
bool identity_equal(const struct identity *a, const struct identity *b);
