/* Pieces of XML that come in to be put into a document: an element (application/xcap-el+xml) or the value of an
 * attribute (application/xcap-att+xml). For selector_put.c only. SPDX-License-Identifier: MIT */
#pragma once

#include "documents/tree.h"

/* Reads exactly one element. It is made for a place below `parent` (an element, or the document itself) of `tree`:
 * prefixes that are declared there are known in it, and it must not be deeper than the limits leave room for there. It
 * belongs to `tree`, but stands nowhere yet: the caller puts it in, or xmlFreeNode. ERR_SYNTAX, ERR_LIMIT with a
 * sentence; ERR_NO_MEMORY. */
MUST_CHECK int fragment_read(struct slice text, const struct document_tree *tree, xmlNodePtr parent,
			     const struct xml_limits *limits, xmlNodePtr *element, struct body_error *error);
/* Reads what may stand between the quotes of an attribute; the caller does buffer_finish. `value` ends with a NUL, not
 * counted. ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int fragment_read_value(struct slice text, const struct xml_limits *limits, struct buffer *value,
				   struct body_error *error);
