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
