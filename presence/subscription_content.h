/* The body of a SUBSCRIBE: a list (RFC 5367), filters (RFC 4660), or what the package reads itself; maybe several
 * parts, maybe packed. SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"

struct subscription_content {
	struct slice content_type, disposition, body; /* as they came, unpacked; empty: there is none */
	struct slice list; /* a resource-lists document that was marked as the list to watch */
	struct slice filters;
	struct slice selection; /* of the package */
	bool has_list, has_filters, has_selection;
	struct slice kept_type, kept; /* all that holds from now on, as the row has it */
};

extern const struct xml_limits subscription_filter_limits;

/* Why it cannot be used: a SIP status, headers that the status needs, and a sentence. */
struct content_refusal {
	unsigned status;
	const char *headers;
	struct body_error error;
};

/* Reads `content_type` and `body` (unpacked), which `content` takes over; slices are theirs or in the arena. `is_list`:
 * a resource-lists part is the list, whatever it is called (Require: recipient-list-subscribe). False: refused. */
MUST_CHECK bool subscription_content_read(struct events *events, const struct package_row *row,
					  const struct account *watcher, bool is_list, struct arena *arena,
					  struct subscription_content *content, struct content_refusal *refusal);
