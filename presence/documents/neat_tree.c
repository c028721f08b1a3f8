/* Blanks between elements, kept as they are or made alike. SPDX-License-Identifier: MIT */
#include "documents/neat_tree.h"

#define INDENT_MOST 16

bool neat_is(const xmlNode *node, const char *space, const char *name)
{
	return node && node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual(node->name, (const xmlChar *)name) &&
	       xmlStrEqual(node->ns->href, (const xmlChar *)space);
}

static xmlNodePtr find_from(xmlNodePtr node, const char *space, const char *name)
{
	while (node && !neat_is(node, space, name))
		node = node->next;
	return node;
}

xmlNodePtr neat_child(const xmlNode *parent, const char *space, const char *name)
{
	return parent ? find_from(parent->children, space, name) : NULL;
}

xmlNodePtr neat_next(const xmlNode *node, const char *space, const char *name)
{
	return node ? find_from(node->next, space, name) : NULL;
}

static bool is_blank(const xmlNode *node)
{
	return node && node->type == XML_TEXT_NODE && xmlIsBlankNode((xmlNodePtr)node);
}

static void free_node(xmlNodePtr node)
{
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

/* A line end, and two blanks for each level. */
static xmlNodePtr make_indent(const xmlNode *parent, bool is_inside)
{
	char text[1 + 2 * INDENT_MOST + 1] = "\n";
	size_t length = 1;
	unsigned depth = is_inside;
	for (; parent->parent && parent->parent->type == XML_ELEMENT_NODE; parent = parent->parent)
		depth++;
	for (; depth > 0 && length < sizeof(text) - 2; depth--) {
		text[length++] = ' ';
		text[length++] = ' ';
	}
	return xmlNewDocTextLen(parent->doc, (const xmlChar *)text, (int)length);
}

/* Into an element that has no others. */
static bool put_first(xmlNodePtr parent, xmlNodePtr node)
{
	if (is_blank(parent->last))
		free_node(parent->last);
	xmlNodePtr before = make_indent(parent, true), after = make_indent(parent, false);
	if (!before || !after) {
		xmlFreeNode(before);
		xmlFreeNode(after);
		return false;
	}
	/* libxml2 merges texts that become neighbours: never both at once. */
	return xmlAddChild(parent, node) && xmlAddPrevSibling(node, before) && xmlAddNextSibling(node, after);
}

/* The blanks before an element, once more; false where memory is exhausted. */
static bool copy_blank(const xmlNode *element, xmlNodePtr *blank)
{
	*blank = is_blank(element->prev) ? xmlDocCopyNode(element->prev, element->doc, 1) : NULL;
	return *blank || !is_blank(element->prev);
}

static bool put_behind(xmlNodePtr last, xmlNodePtr node)
{
	xmlNodePtr blank;
	return copy_blank(last, &blank) && xmlAddNextSibling(last, node) && (!blank || xmlAddPrevSibling(node, blank));
}

xmlNodePtr neat_add(xmlNodePtr parent, xmlNsPtr space, const char *name, const char *text)
{
	xmlNodePtr last = xmlLastElementChild(parent);
	xmlNodePtr node = xmlNewDocNode(parent->doc, space, (const xmlChar *)name, NULL);
	if (!node)
		return NULL;
	if (!(last ? put_behind(last, node) : put_first(parent, node))) {
		free_node(node);
		return NULL;
	}
	if (text) {
		xmlNodePtr content = xmlNewDocText(parent->doc, (const xmlChar *)text);
		if (!content || !xmlAddChild(node, content)) {
			xmlFreeNode(content);
			return NULL;
		}
	}
	return node;
}

xmlNodePtr neat_add_before(xmlNodePtr sibling, xmlNsPtr space, const char *name)
{
	xmlNodePtr node = xmlNewDocNode(sibling->doc, space, (const xmlChar *)name, NULL), blank;
	if (!node)
		return NULL;
	if (!copy_blank(sibling, &blank) || !xmlAddPrevSibling(sibling, node)) {
		xmlFreeNode(node);
		return NULL;
	}
	return !blank || xmlAddNextSibling(node, blank) ? node : NULL;
}

void neat_remove(xmlNodePtr node)
{
	if (is_blank(node->prev))
		free_node(node->prev);
	free_node(node);
}
