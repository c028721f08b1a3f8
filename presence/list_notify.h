/* The body of a NOTIFY for a list (RFC 4662 §4, §5): meta-information first, then the states of entries.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"

#define LIST_BOUNDARY_SIZE 25
/* Content-ID of the meta-information. */
#define LIST_ROOT_ID "list@heliograph"

struct list_body {
	char boundary[LIST_BOUNDARY_SIZE];
	unsigned entries; /* told in it; 0: nothing has changed after all, and nothing needs to be sent */
};

/* Writes what is due, as much as fits into one NOTIFY, with `version` in all documents; what was written is not due any
 * more. With `is_full` the whole list begins anew. False where memory is exhausted. */
MUST_CHECK bool list_notify_write(struct subscription *subscription, bool is_full, struct slice version,
				  struct buffer *buffer, struct list_body *body);
