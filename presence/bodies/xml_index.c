/* Children of an element by what names them. SPDX-License-Identifier: MIT */
#include "bodies/xml_index.h"

#include "base/error.h"

#include <stdlib.h>

static int compare_names(const struct xml_indexed *a, const struct xml_indexed *b)
{
	int order = slice_compare(a->node->name, b->node->name);
	if (order == 0)
		order = slice_compare(a->node->space, b->node->space);
	return order == 0 ? slice_compare(a->key, b->key) : order;
}

static int compare_rows(const void *a, const void *b)
{
	const struct xml_indexed *left = a, *right = b;
	int order = compare_names(left, right);
	return order == 0 ? (left->position > right->position) - (left->position < right->position) : order;
}

int xml_index_children(struct arena *arena, const struct xml_node *parent, xml_key_fn *key, struct xml_index *index)
{
	const struct xml_node *const first = parent ? parent->children : NULL;
	size_t count = 0;
	for (const struct xml_node *child = first; child; child = child->next)
		count++;
	struct xml_indexed *rows = arena_allocate_zeroed(arena, count + 1, sizeof *rows);
	if (!rows)
		return ERR_NO_MEMORY;
	size_t position = 0;
	for (const struct xml_node *child = first; child; child = child->next, position++)
		rows[position] = (struct xml_indexed){child, key(child), position};
	qsort(rows, count, sizeof *rows, compare_rows);
	*index = (struct xml_index){rows, count, key};
	return 0;
}

const struct xml_node *xml_index_find(const struct xml_index *index, const struct xml_node *like)
{
	const struct xml_indexed wanted = {.node = like, .key = index->key(like)};
	size_t low = 0, high = index->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare_names(&index->rows[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < index->count && compare_names(&index->rows[low], &wanted) == 0 ? index->rows[low].node : NULL;
}
