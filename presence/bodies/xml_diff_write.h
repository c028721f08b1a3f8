/* Operations of RFC 5261 and the paths to what they change: what xml_diff writes with. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml_prefixes.h"

/* The elements in one parent as they are when the next operation is applied: those before it have been. */
struct xml_siblings {
	const struct xml_node **nodes;
	size_t count;
};

/* Where an element is: the `at`-th of its siblings. The root has no `outer`. */
struct xml_place {
	const struct xml_place *outer;
	const struct xml_siblings *siblings;
	size_t at;
};

struct xml_diff_writer {
	struct arena *arena;
	const char *operation_prefix;
	struct xml_prefixes *prefixes;
	struct buffer *buffer;
	struct buffer path; /* scratch */
};

/* Each appends what its name says. False: there is no way to name what is to be changed. */
MUST_CHECK bool xml_diff_remove(struct xml_diff_writer *writer, const struct xml_place *place);
MUST_CHECK bool xml_diff_replace(struct xml_diff_writer *writer, const struct xml_place *place,
				 const struct xml_node *by);
/* `place` is where the node is to be, among siblings that are inside `place->outer`. */
MUST_CHECK bool xml_diff_add(struct xml_diff_writer *writer, const struct xml_place *place,
			     const struct xml_node *added);
/* The text that is all there is in the element at `place`; empty: there is none. */
MUST_CHECK bool xml_diff_text(struct xml_diff_writer *writer, const struct xml_place *place, struct slice before,
			      struct slice after);
/* One attribute, of which `before` or `after` may be NULL. */
MUST_CHECK bool xml_diff_attribute(struct xml_diff_writer *writer, const struct xml_place *place,
				   const struct xml_attribute *before, const struct xml_attribute *after);
