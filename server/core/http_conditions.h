/* If-Match and If-None-Match (RFC 9110 §13.1): whether a request may go on. Pure functions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>

/* What the conditions are held against. The entity-tag is the document's, also for what is in it (RFC 4825 §8.5). */
struct condition_subject {
	struct slice etag; /* without quotes; empty: there is no document */
	bool exists;       /* what the request's URI names: the document, or the node in it */
};

/* Headers that are absent are empty. True where the condition holds, or there is none. */
bool condition_if_match(struct slice header, const struct condition_subject *subject);
bool condition_if_none_match(struct slice header, const struct condition_subject *subject);
/* True where one of the two says "*", so that `exists` is asked for. */
bool conditions_ask_existence(struct slice if_match, struct slice if_none_match);
