/* The body of a NOTIFY for a list (RFC 4662 §4, §5): meta-information first, then the states of entries.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"

#define LIST_BOUNDARY_SIZE 25
/* Content-ID of the meta-information. */
#define LIST_ROOT_ID "list@heliograph"

struct list_body {
	char boundary[LIST_BOUNDARY_SIZE];
	bool is_written;    /* else nothing has changed after all, and nothing needs to be sent */
	bool is_incomplete; /* a state could not be written now: it is due still */
};

/* Writes what is due, as much as fits into one NOTIFY, with `version` in all documents; what was written is not due any
 * more. Where the subscription wants all of it, the whole list begins anew; where a NOTIFY is due anyhow, one without
 * entries is written. False where memory is exhausted. */
MUST_CHECK bool list_notify_write(struct subscription *subscription, struct slice version, struct buffer *buffer,
				  struct list_body *body);
