/* What a conference's state becomes by a partial document (RFC 4575 §4.6): an element with state "full" takes the place
 * of the one that it names, one with "partial" changes that, and one with "deleted" ends it; elements that are not
 * named stay. SPDX-License-Identifier: MIT */
#include "bodies/conference_info_names.h"

#include "base/error.h"
#include "bodies/xml_index.h"

/* Elements in the order of RFC 4575's schema: those of a conference, of a user, of an endpoint. None of them is at two
 * places. */
static const char *const in_order[] = {
	"display-text",
	"conference-description",
	"host-info",
	"conference-state",
	"users",
	"sidebars-by-ref",
	"sidebars-by-val",
	"associated-aors",
	"roles",
	"languages",
	"cascaded-focus",
	"endpoint",
	"referred",
	"status",
	"joining-method",
	"joining-info",
	"disconnection-method",
	"disconnection-info",
	"media",
	"call-info",
};

/* Extensions stand behind all others. */
#define RANKS (ARRAY_SIZE(in_order) + 1)

static size_t rank_of(const struct xml_node *node)
{
	size_t rank = 0;
	while (rank < ARRAY_SIZE(in_order) && !conference_is(node, in_order[rank]))
		rank++;
	return rank;
}

struct slice conference_key_of(const struct xml_node *node)
{
	if (conference_is(node, "user") || conference_is(node, "endpoint"))
		return xml_attribute(node, SLICE("entity"));
	if (conference_is(node, "media"))
		return xml_attribute(node, SLICE("id"));
	if (!conference_is(node, "entry"))
		return SLICE("");
	/* Of sidebars-by-val it is a conference, of lists of URIs it holds one. */
	struct slice entity = xml_attribute(node, SLICE("entity"));
	return slice_is_empty(entity) ? xml_text(xml_child(node, SLICE(CONFERENCE_SPACE), SLICE("uri"))) : entity;
}

static int apply(struct arena *arena, const struct xml_node *kept, const struct xml_node *change,
		 struct xml_node **result);

/* --- attributes ------------------------------------------------------------------------------------------------- */

static bool has_attribute(const struct xml_attribute *in, const struct xml_attribute *like)
{
	while (in && !(slice_equal(in->name, like->name) && slice_equal(in->space, like->space)))
		in = in->next;
	return in != NULL;
}

/* Those of `from` that `but` does not have, without state, are put before what is there. */
static int take_attributes(struct arena *arena, const struct xml_attribute *from, const struct xml_attribute *but,
			   struct xml_attribute **place)
{
	while (*place)
		place = &(*place)->next;
	for (; from; from = from->next) {
		bool is_state = slice_is_empty(from->space) && slice_equal(from->name, SLICE("state"));
		if (is_state || has_attribute(but, from))
			continue;
		*place = arena_allocate(arena, sizeof **place);
		if (!*place)
			return ERR_NO_MEMORY;
		**place = *from;
		(*place)->next = NULL;
		place = &(*place)->next;
	}
	return 0;
}

/* --- children --------------------------------------------------------------------------------------------------- */

/* An element's children while they are found, by their rank. */
struct family {
	struct arena *arena;
	struct xml_node *parent;
	struct xml_index kept, changes;
	struct xml_node *first[RANKS], *last[RANKS];
};

static void add(struct family *family, struct xml_node *node)
{
	size_t rank = rank_of(node);
	node->parent = family->parent;
	node->next = NULL;
	if (family->last[rank])
		family->last[rank]->next = node;
	else
		family->first[rank] = node;
	family->last[rank] = node;
}

static int add_applied(struct family *family, const struct xml_node *kept, const struct xml_node *change)
{
	struct xml_node *applied = NULL;
	int result =
		conference_part_of(change) == CONFERENCE_DELETED ? 0 : apply(family->arena, kept, change, &applied);
	if (result == 0 && applied)
		add(family, applied);
	return result;
}

static int add_kept(struct family *family, const struct xml_node *kept)
{
	struct xml_node *copy = arena_allocate(family->arena, sizeof *copy);
	if (!copy)
		return ERR_NO_MEMORY;
	*copy = *kept;
	add(family, copy);
	return 0;
}

/* Each that was there, as it is now, at its place; of several that cannot be told apart, the first stands for all. */
static int take_kept(struct family *family, const struct xml_node *kept)
{
	int result = 0;
	for (; kept && result == 0; kept = kept->next) {
		const struct xml_node *change = xml_index_find(&family->changes, kept);
		if (!change)
			result = add_kept(family, kept);
		else if (xml_index_find(&family->kept, kept) == kept)
			result = add_applied(family, kept, change);
	}
	return result;
}

/* Those that are new. Of two that name the same, the first counts; those that cannot be told apart are all taken. */
static int take_new(struct family *family, const struct xml_node *change)
{
	int result = 0;
	for (; change && result == 0; change = change->next) {
		bool is_first = xml_index_find(&family->changes, change) == change;
		bool has_key = !slice_is_empty(conference_key_of(change));
		if (is_first ? !xml_index_find(&family->kept, change) : !has_key)
			result = add_applied(family, NULL, change);
	}
	return result;
}

static void line_up(struct family *family)
{
	struct xml_node **place = &family->parent->children;
	for (size_t rank = 0; rank < RANKS; rank++) {
		*place = family->first[rank];
		if (family->last[rank])
			place = &family->last[rank]->next;
	}
}

static int bring_up(struct arena *arena, struct xml_node *parent, const struct xml_node *kept,
		    const struct xml_node *change)
{
	struct family family = {.arena = arena, .parent = parent};
	int result = xml_index_children(arena, kept, conference_key_of, &family.kept);
	if (result == 0)
		result = xml_index_children(arena, change, conference_key_of, &family.changes);
	if (result == 0)
		result = take_kept(&family, kept ? kept->children : NULL);
	if (result == 0)
		result = take_new(&family, change->children);
	line_up(&family);
	return result;
}

/* `kept` may be NULL. What is not of RFC 4575's namespace is taken as it is. */
static int apply(struct arena *arena, const struct xml_node *kept, const struct xml_node *change,
		 struct xml_node **result)
{
	struct xml_node *node = arena_allocate(arena, sizeof *node);
	if (!node)
		return ERR_NO_MEMORY;
	*node = *change;
	*result = node;
	if (slice_is_empty(change->name) || !conference_is_ours(change))
		return 0;
	node->attributes = NULL;
	node->children = NULL;
	if (conference_part_of(change) != CONFERENCE_PARTIAL)
		kept = NULL;
	int failed = kept ? take_attributes(arena, kept->attributes, change->attributes, &node->attributes) : 0;
	if (failed == 0)
		failed = take_attributes(arena, change->attributes, NULL, &node->attributes);
	return failed == 0 ? bring_up(arena, node, kept, change) : failed;
}

int conference_info_merge(struct arena *arena, const struct conference_info *kept, const struct conference_info *change,
			  struct conference_info *merged)
{
	struct xml_node *root = NULL;
	int result = 0;
	if (!change->is_deleted && change->root)
		result = apply(arena, kept->is_deleted ? NULL : kept->root, change->root, &root);
	if (result == 0)
		*merged = (struct conference_info){
			.entity = change->entity, .is_deleted = change->is_deleted, .root = root};
	return result;
}
