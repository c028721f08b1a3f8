/* Putting an element or the value of an attribute where a selector says (RFC 4825 §8.2). An edit that turns out not to
 * be what was asked for is undone. SPDX-License-Identifier: MIT */
#include "documents/fragment.h"
#include "documents/selector_steps.h"

#include "base/error.h"

static void refuse(struct edit_outcome *outcome, enum edit_result result, const char *sentence)
{
	outcome->result = result;
	body_complain(&outcome->error, "%s", sentence);
}

/* What could not be read; the sentence is there already. */
static void refuse_piece(struct edit_outcome *outcome, int code, enum edit_result broken)
{
	outcome->result = code == ERR_SYNTAX ? broken : code == ERR_LIMIT ? EDIT_TOO_LARGE : EDIT_NO_MEMORY;
}

/* §8.2.1: the parent must be there. `count` steps lead to it. */
static bool find_parent(const struct selector *selector, size_t count, const struct document_tree *tree,
			xmlNodePtr *parent, struct edit_outcome *outcome)
{
	xmlNodePtr ancestor;
	unsigned found = selector_find(selector->steps, count, tree, parent);
	if (found == 1)
		return true;
	refuse(outcome, EDIT_NO_PARENT,
	       found == 0 ? "There is no element to put it into" : "There are several elements to put it into");
	outcome->ancestor_steps = count;
	while (selector_find(selector->steps, outcome->ancestor_steps, tree, &ancestor) != 1)
		outcome->ancestor_steps--;
	return false;
}

/* --- elements -------------------------------------------------------------------------------------------------- */

/* §8.2.3, §8.2.4: a GET afterwards must give what was put. */
static bool is_selected(const struct selector *selector, const struct document_tree *tree, xmlNodePtr element,
			struct edit_outcome *outcome)
{
	const struct selector_step *last = &selector->steps[selector->step_count - 1];
	xmlNodePtr found;
	if (selector_find(selector->steps, selector->step_count, tree, &found) == 1 && found == element)
		return true;
	refuse(outcome, EDIT_CANNOT_INSERT,
	       selector_names(last, element)
		       ? "The selector would not select the element, by its attribute or position"
		       : "The element that was sent has another name than the one that is selected");
	return false;
}

static void replace_element(const struct selector *selector, struct document_tree *tree, xmlNodePtr old,
			    xmlNodePtr element, struct edit_outcome *outcome)
{
	(void)xmlReplaceNode(old, element);
	if (is_selected(selector, tree, element, outcome)) {
		xmlFreeNode(old);
		outcome->result = EDIT_DONE;
		return;
	}
	(void)xmlReplaceNode(element, old);
	xmlFreeNode(element);
}

/* The siblings among which a step counts. Without a position, "*" stands for the new element's own name. */
static bool is_kin(const struct selector_step *step, xmlNodePtr node, xmlNodePtr element)
{
	if (node->type != XML_ELEMENT_NODE)
		return false;
	if (!slice_is_empty(step->name) || step->has_position)
		return selector_names(step, node);
	return xmlStrEqual(node->name, element->name) &&
	       xmlStrEqual(node->ns ? node->ns->href : NULL, element->ns ? element->ns->href : NULL);
}

/* RFC 4825 §8.2.3: directly behind the sibling that comes before it by the selector: the last of its kind, or the one
 * at the position before. The first of its kind goes directly before the one that was first until now, or to the end of
 * the parent where there was none. False: the position is beyond the next one. */
static bool insert(const struct selector_step *step, xmlNodePtr parent, xmlNodePtr element)
{
	xmlNodePtr first = NULL, before = NULL;
	unsigned count = 0;
	for (xmlNodePtr node = parent->children; node; node = node->next) {
		if (!is_kin(step, node, element))
			continue;
		if (!first)
			first = node;
		if (step->has_position && count + 1 >= step->position)
			break;
		before = node;
		count++;
	}
	if (step->has_position && count + 1 != step->position)
		return false;
	if (before)
		(void)xmlAddNextSibling(before, element);
	else if (first)
		(void)xmlAddPrevSibling(first, element);
	else
		(void)xmlAddChild(parent, element);
	return true;
}

static void create_element(const struct selector *selector, struct document_tree *tree, xmlNodePtr parent,
			   xmlNodePtr element, struct edit_outcome *outcome)
{
	const struct selector_step *last = &selector->steps[selector->step_count - 1];
	if (!insert(last, parent, element)) {
		refuse(outcome, EDIT_CANNOT_INSERT, "The position is beyond that of the next element");
	} else if (is_selected(selector, tree, element, outcome)) {
		outcome->result = EDIT_MADE;
		return;
	}
	xmlUnlinkNode(element);
	xmlFreeNode(element);
}

static void put_element(const struct selector *selector, struct document_tree *tree, struct slice text,
			const struct xml_limits *limits, struct edit_outcome *outcome)
{
	xmlNodePtr old, parent, element;
	unsigned count = selector_find(selector->steps, selector->step_count, tree, &old);
	if (count == 1)
		parent = old->parent;
	else if (!find_parent(selector, selector->step_count - 1, tree, &parent, outcome))
		return;
	int result = fragment_read(text, tree, parent, limits, &element, &outcome->error);
	if (result != 0) {
		refuse_piece(outcome, result, EDIT_NOT_FRAGMENT);
	} else if (count == 1) {
		replace_element(selector, tree, old, element, outcome);
	} else if (count == 0 && parent->type == XML_ELEMENT_NODE) {
		create_element(selector, tree, parent, element, outcome);
	} else {
		refuse(outcome, EDIT_CANNOT_INSERT,
		       count == 0 ? "The document has another root already" : "The selector selects several elements");
		xmlFreeNode(element);
	}
}

/* --- attributes ------------------------------------------------------------------------------------------------ */

/* A declaration with a prefix, in scope, of the attribute's namespace; else a new one with the selector's prefix, where
 * that means nothing else here. NULL: neither. */
static xmlNsPtr find_space(const struct selector *selector, const struct document_tree *tree, xmlNodePtr element)
{
	char prefix[256];
	struct slice space = selector->attribute_space;
	for (xmlNodePtr node = element; node && node->type == XML_ELEMENT_NODE; node = node->parent) {
		for (xmlNsPtr known = node->nsDef; known; known = known->next) {
			if (known->prefix && slice_equal(selector_text(known->href), space) &&
			    xmlSearchNs(tree->xml, element, known->prefix) == known)
				return known;
		}
	}
	if (selector->attribute_prefix.length >= sizeof(prefix))
		return NULL;
	memcpy(prefix, selector->attribute_prefix.at, selector->attribute_prefix.length);
	prefix[selector->attribute_prefix.length] = '\0';
	xmlNsPtr known = xmlSearchNs(tree->xml, element, (const xmlChar *)prefix);
	if (known) /* as "xml" always is */
		return slice_equal(selector_text(known->href), space) ? known : NULL;
	xmlChar *href = xmlStrndup((const xmlChar *)space.at, (int)space.length);
	xmlNsPtr made = href && tree_can_write_space((const char *)href)
				? xmlNewNs(element, href, (const xmlChar *)prefix)
				: NULL;
	xmlFree(href);
	return made;
}

static bool set_attribute(const struct selector *selector, xmlNodePtr element, xmlNsPtr space, const char *value)
{
	xmlChar *name = xmlStrndup((const xmlChar *)selector->attribute.at, (int)selector->attribute.length);
	xmlAttrPtr set = name ? xmlSetNsProp(element, space, name, (const xmlChar *)value) : NULL;
	xmlFree(name);
	return set != NULL;
}

static void create_attribute(const struct selector *selector, struct document_tree *tree, xmlNodePtr element,
			     const char *value, struct edit_outcome *outcome)
{
	xmlNsPtr space = NULL;
	if (!slice_is_empty(selector->attribute_space)) {
		space = find_space(selector, tree, element);
		if (!space) {
			refuse(outcome, EDIT_CANNOT_INSERT,
			       "The attribute's prefix means another namespace in the document, or its namespace is "
			       "none");
			return;
		}
	}
	outcome->result = set_attribute(selector, element, space, value) ? EDIT_MADE : EDIT_NO_MEMORY;
}

static void replace_attribute(const struct selector *selector, const struct document_tree *tree, xmlNodePtr element,
			      xmlAttrPtr attribute, const char *value, struct edit_outcome *outcome)
{
	xmlNodePtr found, old = attribute->children, text = xmlNewDocText(tree->xml, (const xmlChar *)value);
	if (!text) {
		outcome->result = EDIT_NO_MEMORY;
		return;
	}
	attribute->children = attribute->last = text;
	text->parent = (xmlNodePtr)attribute;
	outcome->result = EDIT_DONE;
	/* As for elements: where the selector tests this very attribute for another value. */
	if (selector_find(selector->steps, selector->step_count, tree, &found) != 1 || found != element) {
		refuse(outcome, EDIT_CANNOT_INSERT, "The selector would not select the element with that value");
		attribute->children = attribute->last = old;
		old = text;
	}
	xmlFreeNodeList(old);
}

static void put_attribute(const struct selector *selector, struct document_tree *tree, struct slice text,
			  const struct xml_limits *limits, struct edit_outcome *outcome)
{
	struct buffer value;
	xmlNodePtr element;
	if (!find_parent(selector, selector->step_count, tree, &element, outcome))
		return;
	xmlAttrPtr attribute = selector_attribute(element, selector->attribute_space, selector->attribute);
	int result = fragment_read_value(text, limits, &value, &outcome->error);
	if (result != 0)
		refuse_piece(outcome, result, EDIT_NOT_ATTRIBUTE);
	else if (attribute)
		replace_attribute(selector, tree, element, attribute, value.data, outcome);
	else
		create_attribute(selector, tree, element, value.data, outcome);
	buffer_finish(&value);
}

void selector_put(const struct selector *selector, struct document_tree *tree, struct slice text,
		  const struct xml_limits *limits, struct edit_outcome *outcome)
{
	*outcome = (struct edit_outcome){.result = EDIT_NO_MEMORY};
	switch (selector->kind) {
	case SELECTS_ELEMENT:
		put_element(selector, tree, text, limits, outcome);
		break;
	case SELECTS_ATTRIBUTE:
		put_attribute(selector, tree, text, limits, outcome);
		break;
	case SELECTS_NAMESPACES:
		refuse(outcome, EDIT_NOT_ALLOWED, "Namespace bindings cannot be put by themselves");
		break;
	}
}
