/* Is a change worth a NOTIFY (RFC 4661 §3.6, RFC 4660 §5.4)?
 *
 * What an expression selects before and after is paired by where it stands: names and ids from the root on. What then
 * has no partner is paired in the order of the document: where a device's tuple takes the place of the server's own,
 * the <basic> in it has changed from the one to the other. SPDX-License-Identifier: MIT */
#include "bodies/filter_set.h"

#include "base/error.h"
#include "base/fnv.h"

#include <stdlib.h>

/* One selected element, or attribute of it. */
struct selected {
	uint64_t key;
	size_t order;
	const struct xml_node *node;
	struct slice value;
	bool is_attribute, is_paired;
};

struct selection {
	struct selected *items; /* by key */
	size_t count;
};

struct side {
	struct filter_document document;
	uint64_t *keys; /* of the elements */
};

/* --- where things stand ------------------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, struct slice text)
{
	return (fnv_add(hash, text) ^ text.length) * FNV_PRIME;
}

/* Conferences' users and endpoints have an entity in place of an id (RFC 4575 §5.6). */
static struct slice id_of(const struct xml_node *node)
{
	struct slice id = xml_attribute(node, SLICE("id"));
	return slice_is_empty(id) ? xml_attribute(node, SLICE("entity")) : id;
}

static int read_side(struct arena *arena, struct slice text, struct side *side)
{
	int result = filter_document_read(arena, text, &side->document);
	if (result != 0)
		return result;
	side->keys = arena_allocate_zeroed(arena, side->document.count, sizeof(*side->keys));
	if (!side->keys)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < side->document.count; i++) {
		const struct xml_node *node = side->document.nodes[i];
		struct slice id = id_of(node);
		uint64_t key = mix(mix(side->keys[side->document.parents[i]], node->space), node->name);
		key = slice_is_empty(id) ? key + side->document.ordinals[i] : mix(key, id);
		side->keys[i] = mix(key, SLICE("/"));
	}
	return 0;
}

/* --- what is selected --------------------------------------------------------------------------------------------- */

static void add_selected(struct selection *selection, const struct side *side, size_t at,
			 const struct xml_attribute *attribute)
{
	const struct xml_node *node = side->document.nodes[at];
	struct selected *selected = &selection->items[selection->count];
	*selected = (struct selected){.key = side->keys[at],
				      .order = selection->count,
				      .node = node,
				      .value = attribute ? slice_trim(attribute->value) : xml_text(node),
				      .is_attribute = attribute != NULL};
	if (attribute)
		selected->key = mix(mix(selected->key, attribute->space), attribute->name);
	selection->count++;
}

static size_t count_attributes(const struct filter_path *path, const struct xml_node *node)
{
	size_t count = 0;
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		count += filter_names_attribute(&path->attribute, attribute);
	return count;
}

static int by_key(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int by_order(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int select_all(struct arena *arena, struct side *side, const struct filter_path *path,
		      struct selection *selection)
{
	bool *selected = arena_allocate_zeroed(arena, side->document.count, sizeof(*selected));
	size_t count = 0;
	if (!selected)
		return ERR_NO_MEMORY;
	filter_path_select(path, &side->document, selected);
	for (size_t i = 0; i < side->document.count; i++) {
		if (selected[i])
			count += path->has_attribute ? count_attributes(path, side->document.nodes[i]) : 1;
	}
	*selection = (struct selection){.items = arena_allocate_zeroed(arena, count + 1, sizeof(struct selected))};
	if (!selection->items)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < side->document.count; i++) {
		if (selected[i] && !path->has_attribute)
			add_selected(selection, side, i, NULL);
		const struct xml_attribute *attribute =
			selected[i] && path->has_attribute ? side->document.nodes[i]->attributes : NULL;
		for (; attribute; attribute = attribute->next) {
			if (filter_names_attribute(&path->attribute, attribute))
				add_selected(selection, side, i, attribute);
		}
	}
	qsort(selection->items, selection->count, sizeof(struct selected), by_key);
	return 0;
}

/* --- what has happened -------------------------------------------------------------------------------------------- */

static bool has_changed_by(struct slice before, struct slice after, double by)
{
	double was, is;
	if (!filter_number(before, &was) || !filter_number(after, &is))
		return false;
	return is >= was + by || is <= was - by;
}

/* RFC 4661 §3.6.1. Its examples say OPEN where documents say open: case does not matter. */
static bool has_changed(const struct filter_item *item, const struct selected *was, const struct selected *is)
{
	bool is_same = was->is_attribute ? slice_equal(was->value, is->value) : xml_equal(was->node, is->node);
	if (is_same || (item->has_from && !slice_equal_nocase(item->from, was->value)) ||
	    (item->has_to && !slice_equal_nocase(item->to, is->value)))
		return false;
	return !item->has_by || has_changed_by(was->value, is->value, item->by);
}

/* Pairs of the same key; tells whether one has changed. */
static bool pair_by_key(const struct filter_item *item, struct selection *before, struct selection *after)
{
	size_t i = 0, j = 0;
	bool is_changed = false;
	while (i < before->count && j < after->count) {
		struct selected *was = &before->items[i], *is = &after->items[j];
		if (was->key == is->key) {
			was->is_paired = is->is_paired = true;
			is_changed = is_changed || has_changed(item, was, is);
		}
		i += was->key <= is->key;
		j += is->key <= was->key;
	}
	return is_changed;
}

/* Those left over, in order. */
static bool pair_by_order(const struct filter_item *item, struct selection *before, struct selection *after)
{
	size_t j = 0;
	qsort(before->items, before->count, sizeof(struct selected), by_order);
	qsort(after->items, after->count, sizeof(struct selected), by_order);
	for (size_t i = 0; i < before->count; i++) {
		if (before->items[i].is_paired)
			continue;
		while (j < after->count && after->items[j].is_paired)
			j++;
		if (j == after->count)
			return false;
		if (has_changed(item, &before->items[i], &after->items[j++]))
			return true;
	}
	return false;
}

static bool has_unpaired(const struct selection *selection)
{
	size_t i = 0;
	while (i < selection->count && selection->items[i].is_paired)
		i++;
	return i < selection->count;
}

static int has_happened(struct arena *arena, const struct filter_item *item, struct side *before, struct side *after,
			bool *happened)
{
	struct selection was, is;
	int result = select_all(arena, before, &item->path, &was);
	if (result == 0)
		result = select_all(arena, after, &item->path, &is);
	if (result != 0)
		return result;
	*happened = pair_by_key(item, &was, &is);
	if (item->kind == FILTER_ADDED)
		*happened = has_unpaired(&is);
	else if (item->kind == FILTER_REMOVED)
		*happened = has_unpaired(&was);
	else if (!*happened)
		*happened = pair_by_order(item, &was, &is);
	return 0;
}

/* --- triggers ----------------------------------------------------------------------------------------------------- */

static int fires(struct arena *arena, const struct filter_trigger *trigger, struct side *before, struct side *after,
		 bool *fired)
{
	*fired = true;
	for (const struct filter_item *item = trigger->items; item && *fired; item = item->next) {
		int result = has_happened(arena, item, before, after, fired);
		if (result != 0)
			return result;
	}
	return 0;
}

static bool has_trigger(const struct filter_set *set)
{
	const struct filter *filter = set->filters;
	while (filter && !filter->triggers)
		filter = filter->next;
	return filter != NULL;
}

static int look(struct arena *arena, const struct filter_set *set, struct slice before, struct slice after, bool *fired)
{
	struct side was, is;
	int result = read_side(arena, before, &was);
	if (result == 0)
		result = read_side(arena, after, &is);
	*fired = false;
	for (const struct filter *filter = set->filters; filter && result == 0; filter = filter->next) {
		for (const struct filter_trigger *trigger = filter->triggers; trigger && result == 0 && !*fired;
		     trigger = trigger->next)
			result = fires(arena, trigger, &was, &is, fired);
	}
	return result;
}

/* What cannot be looked at (memory is exhausted) is told. */
bool filter_is_triggered(struct slice filters, const struct filter_question *question, struct slice before,
			 struct slice after)
{
	struct filter_set set;
	struct body_error error;
	struct arena arena;
	bool fired = true;
	if (slice_is_empty(before))
		return true;
	arena_init(&arena, NULL, 1 << 26);
	if (filter_set_read(&arena, filters, question->limits, &set, &error) == 0) {
		filter_set_choose(&set, question);
		if (has_trigger(&set) && look(&arena, &set, before, after, &fired) != 0)
			fired = true;
	}
	arena_finish(&arena);
	return fired;
}

bool filter_has_trigger(struct slice filters, const struct filter_question *question)
{
	struct filter_set set;
	struct body_error error;
	struct arena arena;
	bool has = false;
	arena_init(&arena, NULL, 1 << 26);
	if (filter_set_read(&arena, filters, question->limits, &set, &error) == 0) {
		filter_set_choose(&set, question);
		has = has_trigger(&set);
	}
	arena_finish(&arena);
	return has;
}
