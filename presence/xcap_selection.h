/* Which XCAP documents somebody wants to hear of who watches xcap-diff (RFC 5875 §4.4), and what documents are called
 * below the XCAP root. Pure functions.
 *
 * A selection is a text: one line for each document ("resource-lists/users/sip:alice@example.test/index") or folder
 * (the same with "/" at its end), sorted, without duplicates. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>

/* Whose documents. */
struct xcap_tree {
	struct slice user, domain; /* plain */
	struct slice root;         /* "https://example.test/xcap/" */
};

#define XCAP_SELECTION_MOST 100 /* documents and folders */

/* Reads the resource-lists document that a SUBSCRIBE carries: its entries are URIs below the root. 0, or the status to
 * refuse with and its sentence: documents of others are 403. */
unsigned xcap_selection_read(struct arena *arena, const struct xcap_tree *tree, struct slice body,
			     struct slice *selection, const char **sentence);

/* One document. */
struct xcap_document_name {
	struct slice application, name;
	bool is_global;
};
/* Whether a line of a selection has it. `application` is what the line calls the document's application. */
bool xcap_selection_has(struct slice line, const struct xcap_document_name *document, struct slice *application);
/* What the document is called below the root, in the arena. ERR_NO_MEMORY. */
MUST_CHECK int xcap_selector_write(struct arena *arena, const struct xcap_tree *tree,
				   const struct xcap_document_name *document, struct slice *selector);
