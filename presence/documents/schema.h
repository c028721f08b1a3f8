/* XML schemas, which travel inside the program: presence/documents/schemas/(name).xsd, written for Heliograph from what
 * the RFCs define. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"
#include "documents/tree.h"

/* Is the document valid? ERR_SYNTAX: not, with a sentence that names the first error and its line; ERR_NOT_FOUND: no
 * such schema; ERR_NO_MEMORY. Schemas are compiled when first needed, and kept for the process. */
MUST_CHECK int schema_check(const char *name, const struct document_tree *tree, struct body_error *error);
/* For tests of what we write ourselves: text instead of a tree. */
MUST_CHECK int schema_check_text(const char *name, struct slice text, struct body_error *error);
/* Frees what was compiled, at the end of the process. */
void schemas_finish(void);
