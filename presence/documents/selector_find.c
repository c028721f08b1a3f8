/* What a node selector selects (RFC 4825 §6.3): its steps are XPath's, along the child axis.
 * SPDX-License-Identifier: MIT */
#include "documents/selector_steps.h"

struct search {
	unsigned count; /* stops at two: several is as good as none */
	xmlNodePtr first;
};

static struct slice space_of(const xmlNs *space)
{
	return space ? selector_text(space->href) : slice_of(NULL, 0);
}

bool selector_names(const struct selector_step *step, xmlNodePtr node)
{
	return slice_is_empty(step->name) ||
	       (slice_equal(selector_text(node->name), step->name) && slice_equal(space_of(node->ns), step->space));
}

xmlAttrPtr selector_attribute(xmlNodePtr element, struct slice space, struct slice name)
{
	for (xmlAttrPtr attribute = element->properties; attribute; attribute = attribute->next) {
		if (slice_equal(selector_text(attribute->name), name) && slice_equal(space_of(attribute->ns), space))
			return attribute;
	}
	return NULL;
}

struct slice selector_value(xmlAttrPtr attribute)
{
	/* Entities are replaced while a document is read, so that a value is one text, or none. */
	return attribute->children ? selector_text(attribute->children->content) : slice_of(NULL, 0);
}

static bool passes_test(const struct selector_step *step, xmlNodePtr node)
{
	if (!step->has_test)
		return true;
	xmlAttrPtr attribute = selector_attribute(node, step->test_space, step->test_name);
	return attribute && slice_equal(selector_value(attribute), step->test_value);
}

/* The position counts elements of the name among their siblings; the test of the attribute comes after it. As deep as
 * there are steps. */
static void search_below(const struct selector_step *steps, size_t count, xmlNodePtr parent, struct search *search)
{
	unsigned position = 0;
	for (xmlNodePtr node = parent->children; node && search->count < 2; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || !selector_names(steps, node))
			continue;
		position++;
		if ((steps->has_position && steps->position != position) || !passes_test(steps, node))
			continue;
		if (count > 1)
			search_below(steps + 1, count - 1, node, search);
		else if (search->count++ == 0)
			search->first = node;
	}
}

unsigned selector_find(const struct selector_step *steps, size_t count, const struct document_tree *tree,
		       xmlNodePtr *element)
{
	struct search search = {.count = 0};
	if (count == 0) {
		*element = (xmlNodePtr)tree->xml;
		return 1;
	}
	search_below(steps, count, (xmlNodePtr)tree->xml, &search);
	*element = search.first;
	return search.count;
}
