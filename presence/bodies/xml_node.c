/* Finding what one looks for in a tree of XML. SPDX-License-Identifier: MIT */
#include "bodies/xml.h"

bool xml_is(const struct xml_node *node, struct slice space, struct slice name)
{
	return node && slice_equal(node->name, name) && slice_equal(node->space, space);
}

static const struct xml_node *find_from(const struct xml_node *node, struct slice space, struct slice name)
{
	while (node && !xml_is(node, space, name))
		node = node->next;
	return node;
}

const struct xml_node *xml_child(const struct xml_node *node, struct slice space, struct slice name)
{
	return node ? find_from(node->children, space, name) : NULL;
}

const struct xml_node *xml_next(const struct xml_node *node, struct slice space, struct slice name)
{
	return node ? find_from(node->next, space, name) : NULL;
}

struct slice xml_attribute(const struct xml_node *node, struct slice name)
{
	for (const struct xml_attribute *attribute = node ? node->attributes : NULL; attribute;
	     attribute = attribute->next) {
		if (slice_is_empty(attribute->space) && slice_equal(attribute->name, name))
			return attribute->value;
	}
	return slice_of(NULL, 0);
}

struct slice xml_text(const struct xml_node *node)
{
	for (const struct xml_node *child = node ? node->children : NULL; child; child = child->next) {
		struct slice text = slice_trim(child->text);
		if (!slice_is_empty(text))
			return text;
	}
	return slice_of(NULL, 0);
}

static const struct xml_attribute *find_attribute(const struct xml_node *node, const struct xml_attribute *like)
{
	const struct xml_attribute *attribute = node->attributes;
	while (attribute && !(slice_equal(attribute->name, like->name) && slice_equal(attribute->space, like->space)))
		attribute = attribute->next;
	return attribute;
}

static bool has_equal_attributes(const struct xml_node *a, const struct xml_node *b)
{
	size_t count = 0;
	for (const struct xml_attribute *attribute = a->attributes; attribute; attribute = attribute->next) {
		const struct xml_attribute *other = find_attribute(b, attribute);
		if (!other || !slice_equal(attribute->value, other->value))
			return false;
		count++;
	}
	for (const struct xml_attribute *attribute = b->attributes; attribute; attribute = attribute->next)
		count--;
	return count == 0;
}

bool xml_equal(const struct xml_node *a, const struct xml_node *b)
{
	if (!xml_is(a, b->space, b->name) || !slice_equal(a->text, b->text) || !has_equal_attributes(a, b))
		return false;
	const struct xml_node *x = a->children, *y = b->children;
	while (x && y && xml_equal(x, y)) {
		x = x->next;
		y = y->next;
	}
	return !x && !y;
}
