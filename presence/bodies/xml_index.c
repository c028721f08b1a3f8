/* Children of an element, found by the attribute that names them. SPDX-License-Identifier: MIT */
#include "bodies/xml_index.h"

#include "base/error.h"

#include <stdlib.h>

static int compare_rows(const void *a, const void *b)
{
	const struct xml_indexed *left = a, *right = b;
	return slice_compare(left->key, right->key);
}

int xml_index_children(struct arena *arena, const struct xml_node *parent, struct slice space, struct slice name,
		       struct slice attribute, struct xml_index *index)
{
	const struct xml_node *child;
	size_t count = 0;
	for (child = xml_child(parent, space, name); child; child = xml_next(child, space, name))
		count++;
	struct xml_indexed *rows = arena_allocate_zeroed(arena, count + 1, sizeof *rows);
	if (!rows)
		return ERR_NO_MEMORY;
	*index = (struct xml_index){rows, count};
	for (child = xml_child(parent, space, name); child; child = xml_next(child, space, name))
		*rows++ = (struct xml_indexed){xml_attribute(child, attribute), child};
	qsort(rows - count, count, sizeof *rows, compare_rows);
	return 0;
}

const struct xml_node *xml_index_find(const struct xml_index *index, struct slice key)
{
	const struct xml_indexed wanted = {.key = key};
	const struct xml_indexed *found = bsearch(&wanted, index->rows, index->count, sizeof wanted, compare_rows);
	return found ? found->node : NULL;
}
