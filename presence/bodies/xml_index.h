/* Children of an element by what names them, for comparing two documents: each is found without looking at all.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

/* What tells an element from others of its name: an attribute, mostly. */
typedef struct slice xml_key_fn(const struct xml_node *node);

struct xml_indexed {
	const struct xml_node *node;
	struct slice key;
	size_t position; /* among the children */
};
struct xml_index {
	const struct xml_indexed *rows; /* by namespace, name, key; of the same the first one first */
	size_t count;
	xml_key_fn *key;
};

/* All children, texts too. The rows are in the arena; `parent` may be NULL. ERR_NO_MEMORY. */
MUST_CHECK int xml_index_children(struct arena *arena, const struct xml_node *parent, xml_key_fn *key,
				  struct xml_index *index);
/* The first that has namespace, name and key of `like`; NULL: none has. */
const struct xml_node *xml_index_find(const struct xml_index *index, const struct xml_node *like);
