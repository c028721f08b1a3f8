/* Node selectors (RFC 4825 §6.3): parsed, and used to get, put and delete elements and attributes of a document.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "bodies/body.h"
#include "documents/tree.h"

enum selector_kind { SELECTS_ELEMENT, SELECTS_ATTRIBUTE, SELECTS_NAMESPACES };

struct selector_step; /* in the arena */

struct selector {
	const struct selector_step *steps;
	size_t step_count;
	enum selector_kind kind;
	/* SELECTS_ATTRIBUTE: its namespace (empty: none), the prefix that the selector has for that, its name. */
	struct slice attribute_space, attribute_prefix, attribute;
};

/* `selector` is decoded; `query` is the URI's query as it came (not decoded), whose xmlns() parts bind prefixes (§6.4).
 * `default_space` is the application's default namespace (§6.3 names without a prefix). At most 32 steps. ERR_SYNTAX
 * with a sentence: 400; ERR_NO_MEMORY. What is read is in the arena, and the document's business only later. */
MUST_CHECK int selector_read(struct arena *arena, struct slice selector, struct slice query, struct slice default_space,
			     struct selector *steps, struct body_error *error);

/* What an edit came to. The first ones are good; the rest are refused with the element of RFC 4825 §11.2. */
enum edit_result {
	EDIT_DONE,          /* something was replaced or removed: 200 */
	EDIT_MADE,          /* it is new: 201 */
	EDIT_NOT_FOUND,     /* nothing is selected: 404 */
	EDIT_NO_PARENT,     /* 409 no-parent: `ancestor_steps` says how far there is a node */
	EDIT_CANNOT_INSERT, /* 409 cannot-insert: what was put would not be what the selector selects */
	EDIT_CANNOT_DELETE, /* 409 cannot-delete: the selector would select another node afterwards */
	EDIT_NOT_FRAGMENT,  /* 409 not-xml-frag */
	EDIT_NOT_ATTRIBUTE, /* 409 not-xml-att-value */
	EDIT_AMBIGUOUS,     /* the selector selects several: 404, of GET and DELETE */
	EDIT_NOT_ALLOWED,   /* namespace bindings cannot be put or deleted: 405 */
	EDIT_TOO_LARGE,     /* beyond the limits: 413 */
	EDIT_NO_MEMORY
};

struct edit_outcome {
	enum edit_result result;
	size_t ancestor_steps; /* EDIT_NO_PARENT: so many steps of the selector are there */
	struct body_error error;
};

/* What is selected, as text: an element with the namespaces that it needs (application/xcap-el+xml), the value of an
 * attribute (xcap-att+xml), or the element alone with the namespace declarations in scope (xcap-ns+xml). EDIT_DONE,
 * EDIT_NOT_FOUND, EDIT_AMBIGUOUS, EDIT_NO_MEMORY. */
enum edit_result selector_get(const struct selector *selector, const struct document_tree *tree, struct buffer *text);
/* Puts an element or the value of an attribute in place of what is selected, or inserts it where the selector says
 * (§8.2.3, with the checks of §8.2.1 … 8.2.5). Where it is refused the tree is as it was. */
void selector_put(const struct selector *selector, struct document_tree *tree, struct slice text,
		  const struct xml_limits *limits, struct edit_outcome *outcome);
/* Removes what is selected (§8.3). Where it is refused the tree is as it was. */
void selector_delete(const struct selector *selector, struct document_tree *tree, struct edit_outcome *outcome);
