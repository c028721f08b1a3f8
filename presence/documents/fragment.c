/* Reading pieces of XML: each becomes a document of its own for a moment, inside a root that has the namespaces of the
 * place where it will stand. SPDX-License-Identifier: MIT */
#include "documents/fragment.h"

#include "base/error.h"

#include <limits.h>

/* Beyond the piece itself: the root around it, which may repeat all declarations of a document. */
static size_t room_around(const struct xml_limits *limits)
{
	return limits->bytes < SIZE_MAX / 16 ? limits->bytes * 8 + 64 : limits->bytes;
}

/* The declarations in scope, inner ones before outer ones of the same prefix; an empty list ends with NULL at once. */
static int find_scope(const struct document_tree *tree, xmlNodePtr parent, xmlNsPtr **scope)
{
	*scope = NULL;
	bool has_any = false;
	for (xmlNodePtr node = parent; node && node->type == XML_ELEMENT_NODE; node = node->parent)
		has_any = has_any || node->nsDef;
	if (!has_any)
		return 0;
	*scope = xmlGetNsList(tree->xml, parent);
	return *scope ? 0 : ERR_NO_MEMORY;
}

static void write_root(struct buffer *buffer, xmlNsPtr *scope, struct slice text)
{
	buffer_text(buffer, "<fragment");
	for (size_t i = 0; scope && scope[i]; i++) {
		buffer_text(buffer, scope[i]->prefix ? " xmlns:" : " xmlns");
		buffer_text(buffer, scope[i]->prefix ? (const char *)scope[i]->prefix : "");
		buffer_text(buffer, "=\"");
		xml_write_value(buffer, slice_text((const char *)scope[i]->href));
		buffer_byte(buffer, '"');
	}
	buffer_byte(buffer, '>');
	buffer_append(buffer, text);
	buffer_text(buffer, "</fragment>");
}

/* The only element in the root; NULL: there is none, several, or something else beside it that is not blank. */
static xmlNodePtr only_element(const struct document_tree *piece)
{
	xmlNodePtr element = NULL;
	for (xmlNodePtr node = xmlDocGetRootElement(piece->xml)->children; node; node = node->next) {
		bool is_blank = node->type == XML_TEXT_NODE && xmlIsBlankNode(node) == 1;
		if (node->type == XML_ELEMENT_NODE && !element)
			element = node;
		else if (!is_blank)
			return NULL;
	}
	return element;
}

/* What a namespace is called in the document: declarations inside the piece stay, those of the root around it, and the
 * one of "xml:", are those of the place. */
static xmlNsPtr settle(xmlNsPtr space, xmlNsPtr around, const struct document_tree *tree, xmlNodePtr place)
{
	if (!space)
		return NULL;
	bool is_of_root = xmlStrEqual(space->prefix, (const xmlChar *)"xml");
	for (xmlNsPtr known = around; known && !is_of_root; known = known->next)
		is_of_root = known == space;
	return is_of_root ? xmlSearchNs(tree->xml, place, space->prefix) : space;
}

static xmlNodePtr next_in_piece(xmlNodePtr node, xmlNodePtr top)
{
	if (node->type == XML_ELEMENT_NODE && node->children)
		return node->children;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

/* False where memory is exhausted. */
static bool settle_all(xmlNodePtr element, xmlNsPtr around, const struct document_tree *tree, xmlNodePtr place)
{
	for (xmlNodePtr node = element; node; node = next_in_piece(node, element)) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		bool has_space = node->ns != NULL;
		node->ns = settle(node->ns, around, tree, place);
		bool good = !has_space || node->ns;
		for (xmlAttrPtr attribute = node->properties; attribute && good; attribute = attribute->next) {
			has_space = attribute->ns != NULL;
			attribute->ns = settle(attribute->ns, around, tree, place);
			good = !has_space || attribute->ns;
		}
		if (!good)
			return false;
	}
	return true;
}

static int take_element(struct document_tree *piece, const struct document_tree *tree, xmlNodePtr parent,
			xmlNodePtr *element, struct body_error *error)
{
	xmlNodePtr found = only_element(piece);
	if (!found) {
		body_complain(error, "What was sent is not exactly one element");
		return ERR_SYNTAX;
	}
	/* Before a new root there is still the old one, and no scope but that of "xml:". */
	xmlNodePtr place = parent->type == XML_ELEMENT_NODE ? parent : xmlDocGetRootElement(tree->xml);
	if (!settle_all(found, xmlDocGetRootElement(piece->xml)->nsDef, tree, place))
		return ERR_NO_MEMORY;
	xmlUnlinkNode(found);
	xmlSetTreeDoc(found, tree->xml);
	*element = found;
	return 0;
}

static unsigned depth_of(xmlNodePtr node)
{
	unsigned depth = 0;
	for (; node && node->type == XML_ELEMENT_NODE; node = node->parent)
		depth++;
	return depth;
}

static int check_size(struct slice text, const struct xml_limits *limits, struct body_error *error)
{
	if (text.length <= limits->bytes)
		return 0;
	body_complain(error, "What was sent has %zu bytes, more than the %zu that are accepted", text.length,
		      limits->bytes);
	return ERR_LIMIT;
}

int fragment_read(struct slice text, const struct document_tree *tree, xmlNodePtr parent,
		  const struct xml_limits *limits, xmlNodePtr *element, struct body_error *error)
{
	unsigned depth = depth_of(parent);
	/* One more for the root around it. */
	struct xml_limits inside = {.bytes = room_around(limits), .depth = limits->depth, .nodes = limits->nodes};
	inside.depth = depth < limits->depth ? limits->depth - depth + 1 : 1;
	struct document_tree piece;
	struct buffer buffer;
	xmlNsPtr *scope;
	int result = check_size(text, limits, error);
	if (result == 0)
		result = find_scope(tree, parent, &scope);
	if (result != 0)
		return result;
	buffer_init(&buffer, inside.bytes);
	write_root(&buffer, scope, text);
	xmlFree(scope);
	result = buffer_failed(&buffer) ? ERR_NO_MEMORY : tree_read(buffer_slice(&buffer), &inside, &piece, error);
	buffer_finish(&buffer);
	if (result == ERR_LIMIT) /* the numbers in the sentence are of the piece, not of the document */
		body_complain(error,
			      "With this the document would have more than %u elements, attributes and texts, "
			      "or be more than %u deep",
			      limits->nodes, limits->depth);
	if (result != 0)
		return result;
	result = take_element(&piece, tree, parent, element, error);
	tree_finish(&piece);
	return result;
}

int fragment_read_value(struct slice text, const struct xml_limits *limits, struct buffer *value,
			struct body_error *error)
{
	/* RFC 4825 §8.2.2: AttValue of XML 1.0 without its quotes, and it does not say which those were. */
	char quote = slice_find(text, '"') < text.length ? '\'' : '"';
	struct xml_limits inside = {.bytes = room_around(limits), .depth = 1, .nodes = 2};
	struct document_tree piece;
	buffer_init(value, inside.bytes);
	int result = check_size(text, limits, error);
	if (result != 0)
		return result;
	if (quote == '\'' && slice_find(text, '\'') < text.length) {
		body_complain(error, "The value has quotes of both kinds: one must be written &quot; or &apos;");
		return ERR_SYNTAX;
	}
	buffer_text(value, "<a v=");
	buffer_byte(value, quote);
	buffer_append(value, text);
	buffer_byte(value, quote);
	buffer_text(value, "/>");
	if (buffer_failed(value))
		return ERR_NO_MEMORY;
	result = tree_read(buffer_slice(value), &inside, &piece, error);
	if (result != 0)
		return result;
	xmlAttrPtr attribute = xmlDocGetRootElement(piece.xml)->properties;
	buffer_clear(value);
	if (attribute && attribute->children)
		buffer_text(value, (const char *)attribute->children->content);
	buffer_byte(value, '\0');
	tree_finish(&piece);
	value->length -= buffer_failed(value) ? 0 : 1;
	return buffer_failed(value) ? ERR_NO_MEMORY : 0;
}
