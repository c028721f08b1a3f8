/* What a selector selects, as text (RFC 4825 §7.3, §7.6, §7.9). SPDX-License-Identifier: MIT */
#include "documents/selector_steps.h"

/* A copy on its own: libxml2 declares there what is declared further out in the document and used here. (§7.3 would
 * leave that to a second request, for namespace::*; who does that gets the same bindings.) */
static void write_element(const struct document_tree *tree, xmlNodePtr element, struct buffer *text)
{
	xmlNodePtr copy = xmlDocCopyNode(element, tree->xml, 1);
	if (!copy) {
		text->failed = true;
		return;
	}
	tree_write_node(tree, copy, text);
	xmlFreeNode(copy);
}

static void write_qualified_name(xmlNodePtr element, struct buffer *text)
{
	if (element->ns && element->ns->prefix) {
		buffer_append(text, selector_text(element->ns->prefix));
		buffer_byte(text, ':');
	}
	buffer_append(text, selector_text(element->name));
}

static bool is_redeclared(const xmlNs *space, xmlNodePtr element, xmlNodePtr where)
{
	for (xmlNodePtr inner = element; inner != where; inner = inner->parent) {
		for (const xmlNs *other = inner->nsDef; other; other = other->next) {
			if (xmlStrEqual(other->prefix, space->prefix))
				return true;
		}
	}
	return false;
}

/* RFC 4825 §7.9: the element's name, and all declarations in scope; neither attributes nor what is in it. */
static void write_namespaces(xmlNodePtr element, struct buffer *text)
{
	buffer_byte(text, '<');
	write_qualified_name(element, text);
	for (xmlNodePtr node = element; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
		for (const xmlNs *space = node->nsDef; space; space = space->next) {
			if (is_redeclared(space, element, node) || slice_is_empty(selector_text(space->href)))
				continue;
			buffer_text(text, space->prefix ? " xmlns:" : " xmlns");
			buffer_append(text, selector_text(space->prefix));
			buffer_text(text, "=\"");
			xml_write_value(text, selector_text(space->href));
			buffer_byte(text, '"');
		}
	}
	buffer_text(text, "/>");
}

enum edit_result selector_get(const struct selector *selector, const struct document_tree *tree, struct buffer *text)
{
	xmlNodePtr element;
	xmlAttrPtr attribute;
	switch (selector_find(selector->steps, selector->step_count, tree, &element)) {
	case 0:
		return EDIT_NOT_FOUND;
	case 1:
		break;
	default:
		return EDIT_AMBIGUOUS;
	}
	switch (selector->kind) {
	case SELECTS_ELEMENT:
		write_element(tree, element, text);
		break;
	case SELECTS_ATTRIBUTE:
		attribute = selector_attribute(element, selector->attribute_space, selector->attribute);
		if (!attribute)
			return EDIT_NOT_FOUND;
		/* §7.6: as it would stand between the quotes. */
		xml_write_value(text, selector_value(attribute));
		break;
	case SELECTS_NAMESPACES:
		write_namespaces(element, text);
		break;
	}
	return buffer_failed(text) ? EDIT_NO_MEMORY : EDIT_DONE;
}
