/* XML schemas, which travel inside the program: presence/documents/schemas/(name).xsd, written for Heliograph from what
 * the RFCs define. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"
#include "documents/tree.h"

/* The schemas that have been compiled, each when it was first needed. */
struct schemas;

/* NULL where memory is exhausted. */
struct schemas *schemas_create(void);
void schemas_destroy(struct schemas *schemas);

/* Is the document valid? ERR_SYNTAX: not, with a sentence that names the first error and its line; ERR_NOT_FOUND: no
 * such schema; ERR_NO_MEMORY. Nothing is read from files or from the network. */
MUST_CHECK int schema_check(struct schemas *schemas, const char *name, const struct document_tree *tree,
			    struct body_error *error);
/* For tests of what we write ourselves: text instead of a tree. */
MUST_CHECK int schema_check_text(struct schemas *schemas, const char *name, struct slice text,
				 struct body_error *error);
