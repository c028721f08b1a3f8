/* Inside of selectors: what they are made of, and what they select. For selector_*.c only.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "documents/selector.h"

/* One location step (RFC 4825 §6.3): a name or "*", maybe a position, maybe a test of an attribute. */
struct selector_step {
	struct slice space, name; /* of the element; an empty name: any ("*") */
	bool has_position;
	unsigned position; /* the first is 1; 0 selects nothing */
	bool has_test;
	struct slice test_space, test_name, test_value; /* the value unescaped */
};

/* How many elements the first `count` steps select: 0, 1, or 2 for several. `element`: the first of them. No steps
 * select the document itself. */
unsigned selector_find(const struct selector_step *steps, size_t count, const struct document_tree *tree,
		       xmlNodePtr *element);
/* Is the element of that name? */
bool selector_names(const struct selector_step *step, xmlNodePtr node);

/* The attribute of that name, or NULL. */
xmlAttrPtr selector_attribute(xmlNodePtr element, struct slice space, struct slice name);
/* Its value: in the tree, good until it changes. */
struct slice selector_value(xmlAttrPtr attribute);
/* NULL is the empty slice. */
static inline struct slice selector_text(const xmlChar *text)
{
	return slice_text((const char *)text);
}
