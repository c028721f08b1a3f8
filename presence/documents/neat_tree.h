/* Edits of libxml2's tree that leave a document as neat as it was: what is added stands on a line of its own where its
 * neighbours do, and what is removed leaves no empty line. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <libxml/tree.h>
#include <stdbool.h>

bool neat_is(const xmlNode *node, const char *space, const char *name);
/* The first child element of that name, or NULL; the next sibling of that name. */
xmlNodePtr neat_child(const xmlNode *parent, const char *space, const char *name);
xmlNodePtr neat_next(const xmlNode *node, const char *space, const char *name);
/* A new element behind the other child elements. NULL where memory is exhausted. `text` may be NULL. */
MUST_CHECK xmlNodePtr neat_add(xmlNodePtr parent, xmlNsPtr space, const char *name, const char *text);
/* The same, before one of the child elements. */
MUST_CHECK xmlNodePtr neat_add_before(xmlNodePtr sibling, xmlNsPtr space, const char *name);
/* With all that is in it, and with the blanks before it. */
void neat_remove(xmlNodePtr node);
