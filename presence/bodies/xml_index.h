/* Children of an element, found by the attribute that names them: for comparing two documents.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

struct xml_indexed {
	struct slice key;
	const struct xml_node *node;
};
struct xml_index {
	const struct xml_indexed *rows; /* by key */
	size_t count;
};

/* Of the children with that name, by that attribute (empty where one has none). The rows are in the arena; `parent` may
 * be NULL. ERR_NO_MEMORY. */
MUST_CHECK int xml_index_children(struct arena *arena, const struct xml_node *parent, struct slice space,
				  struct slice name, struct slice attribute, struct xml_index *index);
/* NULL: none has that key. */
const struct xml_node *xml_index_find(const struct xml_index *index, struct slice key);
