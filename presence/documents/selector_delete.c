/* Deleting what a selector selects (RFC 4825 §8.3). SPDX-License-Identifier: MIT */
#include "documents/selector_steps.h"

static void refuse(struct edit_outcome *outcome, enum edit_result result, const char *sentence)
{
	outcome->result = result;
	body_complain(&outcome->error, "%s", sentence);
}

static void delete_attribute(const struct selector *selector, xmlNodePtr element, struct edit_outcome *outcome)
{
	xmlAttrPtr attribute = selector_attribute(element, selector->attribute_space, selector->attribute);
	if (!attribute) {
		refuse(outcome, EDIT_NOT_FOUND, "The element has no such attribute");
		return;
	}
	(void)xmlRemoveProp(attribute);
	outcome->result = EDIT_DONE;
}

/* What stands around it stays, white space too. */
static void delete_element(const struct selector *selector, struct document_tree *tree, xmlNodePtr element,
			   struct edit_outcome *outcome)
{
	xmlNodePtr parent = element->parent, next = element->next, other;
	if (parent->type != XML_ELEMENT_NODE) {
		refuse(outcome, EDIT_CANNOT_DELETE,
		       "This is the root: without it there is no document; delete the document");
		return;
	}
	xmlUnlinkNode(element);
	/* §8.3: a GET must not find anything afterwards, or the same request again would delete what was not meant. */
	if (selector_find(selector->steps, selector->step_count, tree, &other) == 1) {
		(void)(next ? xmlAddPrevSibling(next, element) : xmlAddChild(parent, element));
		refuse(outcome, EDIT_CANNOT_DELETE, "The selector would select the next element instead");
		return;
	}
	xmlFreeNode(element);
	outcome->result = EDIT_DONE;
}

void selector_delete(const struct selector *selector, struct document_tree *tree, struct edit_outcome *outcome)
{
	xmlNodePtr element;
	*outcome = (struct edit_outcome){.result = EDIT_NOT_FOUND};
	if (selector->kind == SELECTS_NAMESPACES) {
		refuse(outcome, EDIT_NOT_ALLOWED, "Namespace bindings cannot be deleted by themselves");
		return;
	}
	unsigned count = selector_find(selector->steps, selector->step_count, tree, &element);
	if (count != 1) {
		refuse(outcome, count == 0 ? EDIT_NOT_FOUND : EDIT_AMBIGUOUS,
		       count == 0 ? "The selector selects nothing" : "The selector selects several elements");
	} else if (selector->kind == SELECTS_ATTRIBUTE) {
		delete_attribute(selector, element, outcome);
	} else {
		delete_element(selector, tree, element, outcome);
	}
}
