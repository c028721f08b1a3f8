/* The plain view of a buddy list: groups of buddies, read from and written into a user's resource-lists document
 * (RFC 4826), so that who speaks JSON and who speaks XCAP edit one list. Everything else in the document stays as it
 * is.
 *
 * A <list> is a group, an <entry> a buddy. A list within a list is called by both names: "work/colleagues"; a list
 * without a name is no group, and its buddies are those of the list that it stands in. Entries whose URIs mean one
 * person (bodies/identity.h) are one buddy, who may be in several groups.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "bodies/body.h"
#include "bodies/xml.h"

#include <stdbool.h>

struct buddy_group {
	struct slice name;         /* "friends" */
	struct slice display_name; /* empty: none */
};

struct buddy {
	struct slice uri;           /* as it stands where he is met first */
	struct slice name;          /* <display-name>; empty: none */
	const struct slice *groups; /* their names, each once */
	size_t group_count;
};

struct buddy_list {
	const struct buddy_group *groups; /* in the order of the document */
	size_t group_count;
	const struct buddy *buddies; /* in the order of the document */
	size_t buddy_count;
};

/* Each: ERR_SYNTAX: the document cannot be read; ERR_LIMIT; both with a sentence; ERR_NO_MEMORY. An empty document has
 * nobody in it. */

/* All slices are in the arena. */
MUST_CHECK int buddies_read(struct arena *arena, struct slice document, const struct xml_limits *limits,
			    struct buddy_list *list, struct body_error *error);
/* NULL: there is no such buddy, group. */
const struct buddy *buddy_find(const struct buddy_list *list, struct arena *arena, struct slice uri);
const struct buddy_group *buddy_group_find(const struct buddy_list *list, struct slice name);

/* What is to be; groups that are not there are made. */
struct buddy_edit {
	struct slice uri;
	bool has_name, has_groups; /* else they stay as they are */
	struct slice name;         /* empty: none */
	const struct slice *groups;
	size_t group_count;
};

/* Each appends the whole new document to `after`. The errors above, and ERR_SYNTAX also for names and URIs that cannot
 * stand in one; ERR_EXISTS and ERR_NOT_FOUND, with a sentence. */

/* ERR_EXISTS: he is there already. Without groups he comes into the first list, or into a new one called "buddies". */
MUST_CHECK int buddies_add(struct slice document, const struct buddy_edit *edit, const struct xml_limits *limits,
			   struct buffer *after, struct body_error *error);
/* ERR_NOT_FOUND: he is not there. A buddy is in one group at least: ERR_SYNTAX. */
MUST_CHECK int buddies_change(struct slice document, const struct buddy_edit *edit, const struct xml_limits *limits,
			      struct buffer *after, struct body_error *error);
/* From all groups. ERR_NOT_FOUND. */
MUST_CHECK int buddies_remove(struct slice document, struct slice uri, const struct xml_limits *limits,
			      struct buffer *after, struct body_error *error);

struct buddy_group_edit {
	struct slice name;
	bool has_display_name, has_new_name; /* else they stay as they are */
	struct slice display_name;           /* empty: none */
	struct slice new_name;               /* the last part alone: a group stays where it is */
};
/* ERR_EXISTS. */
MUST_CHECK int buddy_group_add(struct slice document, const struct buddy_group_edit *edit,
			       const struct xml_limits *limits, struct buffer *after, struct body_error *error);
/* ERR_NOT_FOUND; ERR_EXISTS: another one has the new name. */
MUST_CHECK int buddy_group_change(struct slice document, const struct buddy_group_edit *edit,
				  const struct xml_limits *limits, struct buffer *after, struct body_error *error);
/* With all that is in it. ERR_NOT_FOUND. */
MUST_CHECK int buddy_group_remove(struct slice document, struct slice name, const struct xml_limits *limits,
				  struct buffer *after, struct body_error *error);
