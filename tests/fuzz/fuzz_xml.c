/* Fuzz target: any bytes as XML. A tree that comes of it must be within its limits, and what is written of it must read
 * as the same tree, whatever prefixes the place where it is written has. SPDX-License-Identifier: MIT */
#include "bodies/xml.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Far fewer nodes than libxml2's and our own limits would allow, so that what is written stays below them. */
static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 100};
static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 17, .nodes = 1000};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static unsigned count(const struct xml_node *node, unsigned depth)
{
	unsigned nodes = 1;
	require(depth <= limits.depth || slice_is_empty(node->name));
	require(slice_is_empty(node->name) != slice_is_empty(node->text));
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		nodes++;
	for (const struct xml_node *child = node->children; child; child = child->next) {
		require(child->parent == node);
		nodes += count(child, depth + 1);
	}
	return nodes;
}

static void require_same_attributes(const struct xml_node *a, const struct xml_node *b)
{
	const struct xml_attribute *x = a->attributes, *y = b->attributes;
	for (; x && y; x = x->next, y = y->next) {
		require(slice_equal(x->space, y->space));
		require(slice_equal(x->name, y->name));
		require(slice_equal(x->value, y->value));
	}
	require(!x && !y);
}

static void require_same(const struct xml_node *a, const struct xml_node *b)
{
	require(slice_equal(a->space, b->space));
	require(slice_equal(a->name, b->name));
	require(slice_equal(a->text, b->text));
	require_same_attributes(a, b);
	const struct xml_node *x = a->children, *y = b->children;
	for (; x && y; x = x->next, y = y->next)
		require_same(x, y);
	require(!x && !y);
}

static void go_round(struct arena *arena, const struct xml_node *root, const struct xml_prefix *prefixes,
		     size_t prefix_count)
{
	const struct xml_node *around;
	struct body_error error;
	struct buffer buffer;
	buffer_init(&buffer, wide.bytes);
	buffer_text(&buffer, "<around");
	xml_write_declarations(&buffer, prefixes, prefix_count);
	buffer_text(&buffer, ">");
	xml_write_node(&buffer, root, prefixes, prefix_count);
	buffer_text(&buffer, "</around>");
	if (!buffer_failed(&buffer)) {
		int result = xml_parse(arena, buffer_slice(&buffer), &wide, &around, &error);
		require(result == 0 || result == ERR_NO_MEMORY);
		if (result == 0)
			require_same(root, around->children);
	}
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct xml_prefix prefixes[] = {
		{"", "urn:1"}, {"two", "urn:2"}, {"dm", "urn:ietf:params:xml:ns:pidf:data-model"}};
	struct arena arena;
	const struct xml_node *root;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1 << 24);
	int result = xml_parse(&arena, slice_of((const char *)data, size), &limits, &root, &error);
	if (result == 0) {
		require(count(root, 1) <= limits.nodes);
		go_round(&arena, root, NULL, 0);
		go_round(&arena, root, prefixes, ARRAY_SIZE(prefixes));
	} else {
		require(result == ERR_SYNTAX || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
	}
	arena_finish(&arena);
	return 0;
}
