/* One edit of a document of rules: what its parts share. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/identity.h"
#include "documents/neat_tree.h"
#include "documents/tree.h"
#include "documents/watch_rules.h"

struct watch_edit {
	struct arena arena;
	struct document_tree tree;
	xmlNodePtr root;
	struct identity watcher;
	const char *uri; /* of the watcher, as we write it */
	bool is_forgetting;
	enum watch_handling handling; /* unless he is forgotten */
	bool has_failed;              /* out of memory */
	bool is_full;                 /* no id is left for a rule of ours */
};

/* Children of RFC 4745's namespace: the first of that name, and the next of the same name. */
static inline xmlNodePtr policy_child(const xmlNode *parent, const char *name)
{
	return neat_child(parent, COMMON_POLICY_SPACE, name);
}
static inline xmlNodePtr policy_next(const xmlNode *node)
{
	return neat_next(node, COMMON_POLICY_SPACE, (const char *)node->name);
}
static inline bool is_policy(const xmlNode *node, const char *name)
{
	return neat_is(node, COMMON_POLICY_SPACE, name);
}

/* The value in the arena, with a terminator; false: there is none. */
bool watch_edit_attribute(struct watch_edit *edit, xmlNodePtr node, const char *name, struct slice *value);
/* The highest <sub-handling> of a rule. */
enum watch_handling watch_edit_handling(struct watch_edit *edit, const xmlNode *rule);
/* The <identity> of a rule that has no other condition, or NULL. */
xmlNodePtr watch_edit_identity(const xmlNode *rule);
/* <one> with his id and without restrictions, or NULL. */
xmlNodePtr watch_edit_find_one(struct watch_edit *edit, const xmlNode *identity);

/* Takes him out of a rule, as the edit wants it; the rule may be removed. */
void watch_edit_leave_out(struct watch_edit *edit, xmlNodePtr rule);
