/* Presence that users have set by hand: their XCAP documents of the application pidf-manipulation (RFC 4827). Each is a
 * publication that never expires, and that no device needs to be there for.
 *
 * Told by the document store at the start and at each change, and kept as text: few users have one.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/document_store.h"
#include "presence/events.h"

struct manipulations;

struct manipulation {
	uint64_t id;           /* the same as long as the document has its name; no publication has it */
	int64_t changed_at_ms; /* since 1970 */
	struct slice body;     /* application/pidf+xml */
};

/* Listens to the store. NULL where memory is exhausted, or the store has too many listeners. */
struct manipulations *manipulations_create(struct events *events, struct document_store *store);
/* After the events, and when the store calls back no more. Accepts NULL. */
void manipulations_destroy(struct manipulations *manipulations);

/* One of his documents has <invisible xmlns="urn:heliograph:presence"/> below <presence>: he does not want to be seen,
 * whatever his devices say (docs/web-client.md). `manipulations` may be NULL. */
bool manipulations_hide(const struct manipulations *manipulations, struct slice user);

/* Those of the user, in the order of their names; NULL as `previous` is the start, NULL the end. Good until they
 * change; `manipulations` may be NULL. */
const struct manipulation *manipulation_next(const struct manipulations *manipulations, struct slice user,
					     const struct manipulation *previous);
