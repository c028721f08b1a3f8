/* Comparing two trees of XML: which child of the one has become which child of the other, and what is then the
 * shortest that makes the difference.
 *
 * Children are paired in order, like lines of a text that has been edited: those with the same name and the same id are
 * pairs, and those that say the same are the better ones. What has no partner is removed or added; pairs are compared
 * in turn, and replaced where that takes fewer bytes.
 * SPDX-License-Identifier: MIT */
#include "bodies/xml_diff.h"

#include "base/fnv.h"

#include "bodies/xml_diff_write.h"

#include <string.h>

/* Comparing each child with each costs memory and time; a parent with more of them that have moved is replaced. */
#define PAIRS_MOST 65536
#define NO_PARTNER SIZE_MAX

struct child {
	const struct xml_node *node;
	uint64_t content; /* a hash; of those only that are put into the table */
	size_t partner;
	bool is_same; /* as its partner: known already */
};

struct children {
	struct child *items;
	size_t count;
};

struct comparison {
	struct xml_diff_writer writer;
	size_t most;
};

/* --- which of them say the same ----------------------------------------------------------------------------------- */

/* With the length, so that two pieces are not one. */
static uint64_t mix(uint64_t hash, struct slice text)
{
	return (fnv_add(hash, text) ^ text.length) * FNV_PRIME;
}

static uint64_t content_of(const struct xml_node *node, uint64_t hash)
{
	hash = mix(mix(mix(hash, node->space), node->name), node->text);
	uint64_t attributes = 0; /* a sum: their order does not matter */
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		attributes += mix(mix(mix(1, attribute->space), attribute->name), attribute->value);
	hash ^= attributes;
	for (const struct xml_node *child = node->children; child; child = child->next)
		hash = content_of(child, hash);
	return mix(hash, SLICE("/"));
}

static struct slice id_of(const struct xml_node *node)
{
	return xml_attribute(node, SLICE("id"));
}

static bool is_same_one(const struct xml_node *a, const struct xml_node *b)
{
	return xml_is(a, b->space, b->name) && slice_equal(id_of(a), id_of(b));
}

/* How good a pair they are; 0: none. The hash decides here: whether they are equal is looked at again. */
static unsigned worth(const struct child *a, const struct child *b)
{
	if (!is_same_one(a->node, b->node))
		return 0;
	if (a->content == b->content)
		return 4;
	return slice_is_empty(id_of(a->node)) ? 1 : 3;
}

/* --- pairs -------------------------------------------------------------------------------------------------------- */

static bool list_children(struct arena *arena, const struct xml_node *parent, struct children *children)
{
	size_t count = 0;
	for (const struct xml_node *child = parent->children; child; child = child->next)
		count++;
	*children = (struct children){.items = arena_allocate_zeroed(arena, count + 1, sizeof(struct child))};
	if (!children->items)
		return false;
	for (const struct xml_node *child = parent->children; child; child = child->next)
		children->items[children->count++] = (struct child){.node = child, .partner = NO_PARTNER};
	return true;
}

static void join(struct children *before, struct children *after, size_t i, size_t j)
{
	before->items[i].partner = j;
	after->items[j].partner = i;
}

/* Children from `begin` on, so many of each list. */
struct middle {
	size_t begin, before, after;
};

/* The table of best sums: at (i, j) for what is behind the i-th and the j-th. */
static uint16_t *cell(const struct middle *middle, uint16_t *table, size_t i, size_t j)
{
	return &table[i * (middle->after + 1) + j];
}

static void fill_table(const struct children *before, const struct children *after, const struct middle *middle,
		       uint16_t *table)
{
	for (size_t i = middle->before; i-- > 0;) {
		for (size_t j = middle->after; j-- > 0;) {
			unsigned best = *cell(middle, table, i + 1, j);
			unsigned other = *cell(middle, table, i, j + 1);
			unsigned pair = worth(&before->items[middle->begin + i], &after->items[middle->begin + j]);
			if (other > best)
				best = other;
			if (pair > 0 && pair + *cell(middle, table, i + 1, j + 1) > best)
				best = pair + *cell(middle, table, i + 1, j + 1);
			*cell(middle, table, i, j) = (uint16_t)best;
		}
	}
}

static void walk_table(struct children *before, struct children *after, const struct middle *middle, uint16_t *table)
{
	size_t i = 0, j = 0;
	while (i < middle->before && j < middle->after) {
		unsigned best = *cell(middle, table, i, j);
		if (best == *cell(middle, table, i + 1, j)) {
			i++;
		} else if (best == *cell(middle, table, i, j + 1)) {
			j++;
		} else {
			join(before, after, middle->begin + i, middle->begin + j);
			i++;
			j++;
		}
	}
}

static bool join_same(struct children *before, struct children *after, size_t i, size_t j)
{
	if (!xml_equal(before->items[i].node, after->items[j].node))
		return false;
	join(before, after, i, j);
	before->items[i].is_same = after->items[j].is_same = true;
	return true;
}

static void hash_children(struct children *children, size_t begin, size_t count)
{
	for (size_t i = begin; i < begin + count; i++)
		children->items[i].content = content_of(children->items[i].node, FNV_BEGIN);
}

/* What is the same at the beginning and at the end, which is nearly all of it, needs no table. */
static bool pair_children(struct arena *arena, struct children *before, struct children *after)
{
	struct middle middle = {.before = before->count, .after = after->count};
	while (middle.before > 0 && middle.after > 0 && join_same(before, after, middle.begin, middle.begin))
		middle = (struct middle){middle.begin + 1, middle.before - 1, middle.after - 1};
	while (middle.before > 0 && middle.after > 0 &&
	       join_same(before, after, middle.begin + middle.before - 1, middle.begin + middle.after - 1)) {
		middle.before--;
		middle.after--;
	}
	if (middle.before > PAIRS_MOST / (middle.after + 1))
		return false;
	uint16_t *table = arena_allocate_zeroed(arena, (middle.before + 1) * (middle.after + 1), sizeof(*table));
	if (!table)
		return false;
	hash_children(before, middle.begin, middle.before);
	hash_children(after, middle.begin, middle.after);
	fill_table(before, after, &middle, table);
	walk_table(before, after, &middle, table);
	return true;
}

/* --- what is told of a pair --------------------------------------------------------------------------------------- */

static bool compare_pair(struct comparison *comparison, const struct xml_place *place, const struct xml_node *after);

static bool remove_unpaired(struct comparison *comparison, const struct xml_place *place, const struct children *before,
			    struct xml_siblings *now)
{
	struct xml_place child = {.outer = place, .siblings = now};
	for (size_t i = 0; i < before->count; i++) {
		if (before->items[i].partner != NO_PARTNER) {
			child.at++;
			continue;
		}
		if (!xml_diff_remove(&comparison->writer, &child))
			return false;
		now->count--;
		memmove(now->nodes + child.at, now->nodes + child.at + 1,
			(now->count - child.at) * sizeof(now->nodes[0]));
	}
	return true;
}

static bool add_child(struct comparison *comparison, const struct xml_place *child, struct xml_siblings *now,
		      const struct xml_node *added)
{
	if (!xml_diff_add(&comparison->writer, child, added))
		return false;
	memmove(now->nodes + child->at + 1, now->nodes + child->at, (now->count - child->at) * sizeof(now->nodes[0]));
	now->nodes[child->at] = added;
	now->count++;
	return true;
}

static bool is_too_long(const struct comparison *comparison)
{
	return buffer_failed(comparison->writer.buffer) || comparison->writer.buffer->length > comparison->most;
}

/* Removals first, so that two of the same id, or what would have to be counted past, are never there together. */
static bool compare_elements(struct comparison *comparison, const struct xml_place *place,
			     const struct children *before, const struct children *after)
{
	struct xml_siblings now = {.nodes = arena_allocate_zeroed(comparison->writer.arena,
								  before->count + after->count + 1,
								  sizeof(now.nodes[0]))};
	struct xml_place child = {.outer = place, .siblings = &now};
	if (!now.nodes)
		return false;
	for (size_t i = 0; i < before->count; i++)
		now.nodes[now.count++] = before->items[i].node;
	if (!remove_unpaired(comparison, place, before, &now))
		return false;
	for (; child.at < after->count; child.at++) {
		const struct child *wanted = &after->items[child.at];
		if (wanted->is_same)
			continue;
		bool is_told = wanted->partner == NO_PARTNER ? add_child(comparison, &child, &now, wanted->node)
							     : compare_pair(comparison, &child, wanted->node);
		if (!is_told || is_too_long(comparison))
			return false;
		now.nodes[child.at] = wanted->node;
	}
	return true;
}

static bool has_text(const struct xml_node *node)
{
	const struct xml_node *child = node->children;
	while (child && !slice_is_empty(child->name))
		child = child->next;
	return child != NULL;
}

/* The text of an element that has nothing else in it; false: it has. */
static bool is_text_only(const struct xml_node *node, struct slice *text)
{
	const struct xml_node *child = node->children;
	*text = child ? child->text : slice_of(NULL, 0);
	return !child || (slice_is_empty(child->name) && !child->next);
}

static bool compare_children(struct comparison *comparison, const struct xml_place *place,
			     const struct xml_node *before, const struct xml_node *after)
{
	if (has_text(before) || has_text(after)) {
		struct slice was, is;
		/* Blanks between elements do not count here but would in a path, so texts among them have none. */
		if (!is_text_only(before, &was) || !is_text_only(after, &is))
			return false;
		return slice_equal(was, is) || xml_diff_text(&comparison->writer, place, was, is);
	}
	struct children old, new;
	return list_children(comparison->writer.arena, before, &old) &&
	       list_children(comparison->writer.arena, after, &new) &&
	       pair_children(comparison->writer.arena, &old, &new) && compare_elements(comparison, place, &old, &new);
}

static const struct xml_attribute *find_attribute(const struct xml_node *node, const struct xml_attribute *like)
{
	const struct xml_attribute *attribute = node->attributes;
	while (attribute && !(slice_equal(attribute->name, like->name) && slice_equal(attribute->space, like->space)))
		attribute = attribute->next;
	return attribute;
}

static bool compare_attributes(struct comparison *comparison, const struct xml_place *place,
			       const struct xml_node *before, const struct xml_node *after)
{
	for (const struct xml_attribute *was = before->attributes; was; was = was->next) {
		const struct xml_attribute *is = find_attribute(after, was);
		if (is && slice_equal(is->value, was->value))
			continue;
		if (!xml_diff_attribute(&comparison->writer, place, was, is))
			return false;
	}
	for (const struct xml_attribute *is = after->attributes; is; is = is->next) {
		if (!find_attribute(before, is) && !xml_diff_attribute(&comparison->writer, place, NULL, is))
			return false;
	}
	return true;
}

/* Of the operations from `begin` to `middle` and the one behind them only the shorter stay. */
static bool is_replacing_shorter(struct buffer *buffer, size_t begin, size_t middle)
{
	size_t length = buffer->length - middle;
	if (buffer_failed(buffer) || length >= middle - begin) {
		buffer->length = middle;
		return false;
	}
	memmove(buffer->data + begin, buffer->data + middle, length);
	buffer->length = begin + length;
	return true;
}

/* `place` has what was there before. */
static bool compare_pair(struct comparison *comparison, const struct xml_place *place, const struct xml_node *after)
{
	const struct xml_node *before = place->siblings->nodes[place->at];
	struct xml_prefixes *prefixes = comparison->writer.prefixes;
	struct buffer *buffer = comparison->writer.buffer;
	if (xml_equal(before, after))
		return true;
	size_t begin = buffer->length;
	uint32_t used = prefixes->used;
	bool is_told = compare_attributes(comparison, place, before, after) &&
		       compare_children(comparison, place, before, after);
	if (!is_told)
		buffer->length = begin;
	size_t middle = buffer->length;
	uint32_t used_so = prefixes->used;
	prefixes->used = used;
	bool is_replaced = xml_diff_replace(&comparison->writer, place, after);
	if (is_told && !is_replacing_shorter(buffer, begin, middle))
		prefixes->used = used_so;
	return is_replaced || is_told;
}

/* --- documents ---------------------------------------------------------------------------------------------------- */

static bool has_attributes_of(const struct xml_node *root, const struct xml_node *other)
{
	for (const struct xml_attribute *attribute = root->attributes; attribute; attribute = attribute->next) {
		const struct xml_attribute *same = find_attribute(other, attribute);
		bool is_version = slice_is_empty(attribute->space) && slice_equal(attribute->name, SLICE("version"));
		if (!is_version && (!same || !slice_equal(same->value, attribute->value)))
			return false;
	}
	return true;
}

bool xml_diff(struct arena *arena, const struct xml_node *before, const struct xml_node *after,
	      const char *operation_prefix, size_t most, struct xml_prefixes *prefixes, struct buffer *operations)
{
	const struct xml_node *roots[] = {before};
	struct xml_siblings siblings = {.nodes = roots, .count = 1};
	struct xml_place place = {.siblings = &siblings};
	struct comparison comparison = {
		.writer = {.arena = arena,
			   .operation_prefix = operation_prefix,
			   .prefixes = prefixes,
			   .buffer = operations},
		.most = operations->length + most,
	};
	if (!xml_is(before, after->space, after->name) || has_text(before) || has_text(after) ||
	    !has_attributes_of(before, after) || !has_attributes_of(after, before))
		return false;
	buffer_init(&comparison.writer.path, operations->limit);
	bool is_told = compare_children(&comparison, &place, before, after) && !is_too_long(&comparison);
	buffer_finish(&comparison.writer.path);
	return is_told;
}
