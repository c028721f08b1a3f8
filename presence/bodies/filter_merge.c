/* Filters that are changed by a later SUBSCRIBE of the dialog (RFC 4660 §5.2). What comes out is one document: the
 * filters that stay, then those that came, each behind the prefixes that it was written with; a binding holds for what
 * follows it, and the latest of a prefix counts. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/filter_set.h"

struct merging {
	struct arena *arena;
	struct xml_node *root;
	struct xml_node **place;
};

static bool is_element(const struct xml_node *node, const char *name)
{
	return xml_is(node, SLICE(FILTER_SPACE), slice_text(name));
}

static bool is_removed(const struct xml_node *filter)
{
	struct slice value = slice_trim(xml_attribute(filter, SLICE("remove")));
	return slice_equal(value, SLICE("true")) || slice_equal(value, SLICE("1"));
}

static bool has_filter(const struct xml_node *root, struct slice id)
{
	const struct xml_node *filter = xml_child(root, SLICE(FILTER_SPACE), SLICE("filter"));
	while (filter && !slice_equal(xml_attribute(filter, SLICE("id")), id))
		filter = xml_next(filter, SLICE(FILTER_SPACE), SLICE("filter"));
	return filter != NULL;
}

/* What is in the node is shared. */
static int add(struct merging *merging, const struct xml_node *node)
{
	struct xml_node *copy = arena_allocate(merging->arena, sizeof(*copy));
	if (!copy)
		return ERR_NO_MEMORY;
	*copy = *node;
	copy->parent = merging->root;
	copy->next = NULL;
	*merging->place = copy;
	merging->place = &copy->next;
	return 0;
}

static int add_bindings(struct merging *merging, const struct xml_node *first, const struct xml_node *end)
{
	int result = 0;
	for (const struct xml_node *node = first; node != end && result == 0; node = node->next) {
		if (is_element(node, "ns-bindings"))
			result = add(merging, node);
	}
	return result;
}

/* The filters of one document that are in it afterwards; those of the earlier one are there unless `change` has the
 * same id. Bindings without a filter behind them are left out, so that they do not add up. */
static int take(struct merging *merging, const struct xml_node *root, const struct xml_node *change)
{
	const struct xml_node *bindings = NULL; /* the first of those that are for what follows */
	bool is_behind_filter = false;
	int result = 0;
	for (const struct xml_node *node = root->children; node && result == 0; node = node->next) {
		if (is_element(node, "ns-bindings") && (!bindings || is_behind_filter)) {
			bindings = node;
			is_behind_filter = false;
		}
		if (!is_element(node, "filter"))
			continue;
		is_behind_filter = true;
		if (change ? has_filter(change, xml_attribute(node, SLICE("id"))) : is_removed(node))
			continue;
		result = bindings ? add_bindings(merging, bindings, node) : 0;
		bindings = NULL;
		if (result == 0)
			result = add(merging, node);
	}
	return result;
}

static int merge(struct arena *arena, const struct xml_node *before, const struct xml_node *change,
		 struct buffer *merged)
{
	static const struct xml_prefix prefixes[] = {{"", FILTER_SPACE}};
	struct xml_node root = *change;
	struct merging merging = {arena, &root, &root.children};
	root.children = NULL;
	root.next = NULL;
	if (slice_is_empty(xml_attribute(change, SLICE("package"))))
		root.attributes = before->attributes;
	int result = take(&merging, before, change);
	if (result == 0)
		result = take(&merging, change, NULL);
	if (result == 0)
		xml_write_root(merged, &root, prefixes, ARRAY_SIZE(prefixes));
	return result == 0 && buffer_failed(merged) ? ERR_LIMIT : result;
}

int filter_merge(struct slice before, struct slice change, const struct xml_limits *limits, struct buffer *merged)
{
	const struct xml_node *old_root, *new_root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	int result = xml_parse(&arena, before, limits, &old_root, &error);
	if (result == 0)
		result = xml_parse(&arena, change, limits, &new_root, &error);
	if (result == 0)
		result = merge(&arena, old_root, new_root, merged);
	arena_finish(&arena);
	return result;
}
