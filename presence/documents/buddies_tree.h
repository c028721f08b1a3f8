/* A resource-lists document that is being edited; for buddies_edit.c only. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "documents/tree.h"

struct editing {
	struct arena arena;
	struct document_tree tree;
	xmlNodePtr root;
	struct body_error *error;
};

/* An empty document is a new one. ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY; in any case buddies_end follows. */
MUST_CHECK int buddies_begin(struct editing *editing, struct slice document, const struct xml_limits *limits,
			     struct body_error *error);
/* Appends the document to `after` where `result` is 0. Gives the result back, or ERR_LIMIT. */
MUST_CHECK int buddies_end(struct editing *editing, int result, struct buffer *after);

/* An element of resource lists with that name. */
bool buddies_is(const xmlNode *node, const char *name);
/* In the arena; empty where it is absent. ERR_NO_MEMORY. */
MUST_CHECK int buddies_attribute(struct editing *editing, xmlNodePtr node, const char *name, struct slice *value);
/* The <list> of the group, or NULL. ERR_NO_MEMORY. */
MUST_CHECK int buddies_find_list(struct editing *editing, struct slice path, xmlNodePtr *list);

/* An entry of a buddy, and the group that it is in. */
struct met_entry {
	struct met_entry *next;
	xmlNodePtr entry;
	struct slice path;
};
/* All of them; NULL: none. ERR_NO_MEMORY. */
MUST_CHECK int buddies_find_entries(struct editing *editing, struct slice uri, struct met_entry **first);

/* Of the namespace of `parent`, in which it does not stand yet. NULL where memory is exhausted. */
xmlNodePtr buddies_new_element(const struct editing *editing, xmlNodePtr parent, const char *name);
xmlNodePtr buddies_copy(const struct editing *editing, xmlNodePtr node);
/* The last child, on a line of its own where the others stand so. */
void buddies_append(const struct editing *editing, xmlNodePtr parent, xmlNodePtr node);
/* With the indent before it. */
void buddies_drop(xmlNodePtr node);
/* ERR_NO_MEMORY. */
MUST_CHECK int buddies_set_attribute(struct editing *editing, xmlNodePtr node, const char *name, struct slice value);
/* <display-name> of an entry or a list; none where `name` is empty. ERR_NO_MEMORY. */
MUST_CHECK int buddies_set_display_name(const struct editing *editing, xmlNodePtr owner, struct slice name);
