/* Filters as they are read from a document (RFC 4661 §3): what the parts of filter.h have in common.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/filter.h"
#include "bodies/filter_path.h"

#define FILTER_SPACE "urn:ietf:params:xml:ns:simple-filter"

enum filter_item_kind { FILTER_INCLUDE, FILTER_EXCLUDE, FILTER_CHANGED, FILTER_ADDED, FILTER_REMOVED };

/* One element inside <what> or <trigger>. */
struct filter_item {
	struct filter_item *next;
	enum filter_item_kind kind;
	bool is_space; /* all that is of a namespace; else what the path selects */
	struct slice space;
	struct filter_path path;
	bool has_from, has_to, has_by; /* FILTER_CHANGED */
	struct slice from, to;
	double by;
};

/* All that is in it must have happened; of several triggers one is enough (RFC 4661 §3.6). */
struct filter_trigger {
	struct filter_trigger *next;
	struct filter_item *items;
};

struct filter {
	struct filter *next;
	struct slice uri, domain; /* at most one of them; empty: for whatever the SUBSCRIBE is for */
	struct filter_item *what; /* NULL: everything */
	struct filter_trigger *triggers;
};

struct filter_set {
	struct slice package; /* empty: that of the SUBSCRIBE */
	struct filter *filters;
};

/* Without the filters that are not enabled, or to be removed. Errors as filter_check. */
MUST_CHECK int filter_set_read(struct arena *arena, struct slice filters, const struct xml_limits *limits,
			       struct filter_set *set, struct body_error *error);
/* Leaves the filters that are for the resource: those with its URI; where there are none, those for its domain; else
 * those that name nothing (RFC 4661 §3.3). */
void filter_set_choose(struct filter_set *set, const struct filter_question *question);
