/* Leaving out of a document what its watcher does not want to see (RFC 4661 §3.5, RFC 4660 §5.3).
 *
 * What is included comes with all that is in it; elements around it stay, with their attributes, but not what else is
 * in them. What the schema of the document demands stays as well. What is excluded goes, also out of what is included.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/dialog_info_names.h"
#include "bodies/filter_set.h"
#include "bodies/pidf_write.h"

#define REGINFO_SPACE "urn:ietf:params:xml:ns:reginfo"

enum mark {
	IS_INCLUDED = 1 << 0, /* with all that is in it */
	IS_SHOWN = 1 << 1,    /* but not the elements in it */
	IS_EXCLUDED = 1 << 2,
	IS_KEPT = 1 << 3,
	IS_NEEDED = 1 << 4 /* the schema wants it in what is kept */
};

/* Attributes that expressions exclude. */
struct excluded_attribute {
	struct excluded_attribute *next;
	const struct filter_name *name;
	const bool *selected; /* of which elements */
};

struct cut {
	struct arena *arena;
	const struct filter_set *set;
	struct filter_document document;
	uint8_t *marks;
	struct excluded_attribute *attributes;
};

/* --- what the filters say ----------------------------------------------------------------------------------------- */

static bool has_include(const struct filter_set *set)
{
	for (const struct filter *filter = set->filters; filter; filter = filter->next) {
		for (const struct filter_item *item = filter->what; item; item = item->next) {
			if (item->kind == FILTER_INCLUDE)
				return true;
		}
	}
	return false;
}

static bool has_what(const struct filter_set *set)
{
	const struct filter *filter = set->filters;
	while (filter && !filter->what)
		filter = filter->next;
	return filter != NULL;
}

static bool is_of_space(const struct xml_node *node, struct slice space)
{
	return slice_equal(node->space, space);
}

static bool has_attribute_of_space(const struct xml_node *node, struct slice space)
{
	const struct xml_attribute *attribute = node->attributes;
	while (attribute && !slice_equal(attribute->space, space))
		attribute = attribute->next;
	return attribute != NULL;
}

static void mark_space(struct cut *cut, const struct filter_item *item)
{
	for (size_t i = 0; i < cut->document.count; i++) {
		const struct xml_node *node = cut->document.nodes[i];
		if (item->kind == FILTER_EXCLUDE && is_of_space(node, item->space))
			cut->marks[i] |= IS_EXCLUDED;
		if (item->kind == FILTER_INCLUDE &&
		    (is_of_space(node, item->space) || has_attribute_of_space(node, item->space)))
			cut->marks[i] |= IS_SHOWN;
	}
}

static int exclude_attribute(struct cut *cut, const struct filter_item *item, const bool *selected)
{
	struct excluded_attribute *excluded = arena_allocate(cut->arena, sizeof(*excluded));
	if (!excluded)
		return ERR_NO_MEMORY;
	*excluded = (struct excluded_attribute){cut->attributes, &item->path.attribute, selected};
	cut->attributes = excluded;
	return 0;
}

/* An attribute cannot be there without its element. */
static int mark_path(struct cut *cut, const struct filter_item *item)
{
	bool *selected = arena_allocate_zeroed(cut->arena, cut->document.count, sizeof(*selected));
	if (!selected)
		return ERR_NO_MEMORY;
	filter_path_select(&item->path, &cut->document, selected);
	if (item->path.has_attribute && item->kind == FILTER_EXCLUDE)
		return exclude_attribute(cut, item, selected);
	uint8_t mark = item->kind == FILTER_EXCLUDE ? IS_EXCLUDED : item->path.has_attribute ? IS_SHOWN : IS_INCLUDED;
	for (size_t i = 0; i < cut->document.count; i++) {
		if (selected[i])
			cut->marks[i] |= mark;
	}
	return 0;
}

static int mark_all(struct cut *cut)
{
	for (const struct filter *filter = cut->set->filters; filter; filter = filter->next) {
		for (const struct filter_item *item = filter->what; item; item = item->next) {
			int result = 0;
			if (item->is_space)
				mark_space(cut, item);
			else
				result = mark_path(cut, item);
			if (result != 0)
				return result;
		}
	}
	return 0;
}

/* --- what follows from it ----------------------------------------------------------------------------------------- */

/* What must be in what (RFC 3863 §4.4, RFC 4479 §5.1, RFC 4235 §4.4, RFC 3680 §5.4). A <status> may be without a
 * <basic>, but some clients then show no status at all: it goes only where it is excluded. */
static const struct needed {
	const char *parent_space, *parent, *space, *name;
	bool is_optional;
} needed[] = {
	{PIDF_SPACE, "tuple", PIDF_SPACE, "status", false},
	{PIDF_SPACE, "status", PIDF_SPACE, "basic", true},
	{DATA_MODEL_SPACE, "device", DATA_MODEL_SPACE, "deviceID", false},
	{DIALOG_INFO_SPACE, "dialog", DIALOG_INFO_SPACE, "state", false},
	{REGINFO_SPACE, "contact", REGINFO_SPACE, "uri", false},
};

static bool is_needed(const struct cut *cut, size_t i)
{
	const struct xml_node *node = cut->document.nodes[i];
	const struct xml_node *parent = cut->document.nodes[cut->document.parents[i]];
	for (size_t row = 0; row < ARRAY_SIZE(needed); row++) {
		if (xml_is(node, slice_text(needed[row].space), slice_text(needed[row].name)) &&
		    xml_is(parent, slice_text(needed[row].parent_space), slice_text(needed[row].parent)))
			return !needed[row].is_optional || !(cut->marks[i] & IS_EXCLUDED);
	}
	return false;
}

static bool is_wanted(uint8_t mark)
{
	return !(mark & IS_EXCLUDED) && mark & (IS_INCLUDED | IS_SHOWN);
}

static void decide(struct cut *cut)
{
	uint8_t *marks = cut->marks;
	const uint32_t *parents = cut->document.parents;
	if (!has_include(cut->set))
		marks[0] |= IS_INCLUDED;
	for (size_t i = 1; i < cut->document.count; i++)
		marks[i] |= marks[parents[i]] & (IS_INCLUDED | IS_EXCLUDED);
	for (size_t i = cut->document.count; i-- > 0;) {
		if (is_wanted(marks[i]))
			marks[i] |= IS_KEPT;
		if (marks[i] & IS_KEPT)
			marks[parents[i]] |= IS_KEPT;
	}
	marks[0] |= IS_KEPT;
	for (size_t i = 1; i < cut->document.count; i++) {
		if (marks[parents[i]] & IS_KEPT && is_needed(cut, i))
			marks[i] |= IS_KEPT | IS_NEEDED;
	}
}

/* --- what is left ------------------------------------------------------------------------------------------------- */

/* Without them a document, or a part of one, would be of nobody (attributes that one schema or another demands). */
static bool is_demanded(const struct xml_attribute *attribute)
{
	static const struct slice names[] = {{"id", 2},      {"entity", 6},  {"version", 7}, {"state", 5},
					     {"package", 7}, {"event", 5},   {"status", 6},  {"aor", 3},
					     {"uri", 3},     {"resource", 8}};
	for (size_t i = 0; slice_is_empty(attribute->space) && i < ARRAY_SIZE(names); i++) {
		if (slice_equal(attribute->name, names[i]))
			return true;
	}
	return false;
}

static bool is_attribute_excluded(const struct cut *cut, size_t at, const struct xml_attribute *attribute)
{
	if (is_demanded(attribute))
		return false;
	for (const struct excluded_attribute *excluded = cut->attributes; excluded; excluded = excluded->next) {
		if (excluded->selected[at] && filter_names_attribute(excluded->name, attribute))
			return true;
	}
	for (const struct filter *filter = cut->set->filters; filter; filter = filter->next) {
		for (const struct filter_item *item = filter->what; item; item = item->next) {
			if (item->kind == FILTER_EXCLUDE && item->is_space &&
			    slice_equal(item->space, attribute->space))
				return true;
		}
	}
	return false;
}

static int copy_attributes(const struct cut *cut, size_t at, struct xml_node *made)
{
	struct xml_attribute **place = &made->attributes;
	*place = NULL;
	for (const struct xml_attribute *old = cut->document.nodes[at]->attributes; old; old = old->next) {
		if (is_attribute_excluded(cut, at, old))
			continue;
		struct xml_attribute *copy = arena_allocate(cut->arena, sizeof(*copy));
		if (!copy)
			return ERR_NO_MEMORY;
		*copy = *old;
		copy->next = NULL;
		*place = copy;
		place = &copy->next;
	}
	return 0;
}

/* The next text, where the element may show its own. */
static int copy_text(const struct cut *cut, size_t at, const struct xml_node *text, struct xml_node **copy)
{
	*copy = NULL;
	if (!is_wanted(cut->marks[at]) && !(cut->marks[at] & IS_NEEDED))
		return 0;
	*copy = arena_allocate(cut->arena, sizeof(**copy));
	if (!*copy)
		return ERR_NO_MEMORY;
	**copy = *text;
	return 0;
}

/* As deep as the document. */
static int copy_kept(const struct cut *cut, size_t at, struct xml_node **copy)
{
	const struct xml_node *node = cut->document.nodes[at];
	struct xml_node *made = arena_allocate(cut->arena, sizeof(*made));
	if (!made)
		return ERR_NO_MEMORY;
	*made = *node;
	made->children = NULL;
	int result = copy_attributes(cut, at, made);
	struct xml_node **place = &made->children;
	size_t next = at + 1;
	for (const struct xml_node *child = node->children; child && result == 0; child = child->next) {
		bool is_text = slice_is_empty(child->name);
		*place = NULL;
		if (is_text)
			result = copy_text(cut, at, child, place);
		else if (cut->marks[next] & IS_KEPT)
			result = copy_kept(cut, next, place);
		if (!is_text)
			next = cut->document.ends[next];
		if (result == 0 && *place) {
			place = &(*place)->next;
			*place = NULL;
		}
	}
	made->next = NULL;
	*copy = made;
	return result;
}

/* Where the digits were left out of the root's start tag. A quotation mark stands only around values, so what looks
 * like an empty version is one. */
static size_t find_version(struct slice written)
{
	static const char empty[] = " version=\"\"";
	struct slice tag = slice_of(written.at, slice_find(written, '>'));
	const char *found = memmem(tag.at, tag.length, empty, sizeof(empty) - 1);
	return found ? (size_t)(found - written.at) + sizeof(empty) - 2 : BODY_NO_VERSION;
}

/* The default namespace is that of what is in the document. */
static int write_cut(const struct cut *cut, const struct xml_node *root, struct buffer *filtered, size_t *version_at)
{
	struct xml_prefix known[PIDF_PREFIXES_COUNT], used[XML_PREFIXES_MOST];
	struct xml_prefixes prefixes;
	struct slice space;
	int result = arena_copy(cut->arena, cut->document.space, &space);
	if (result != 0)
		return result;
	memcpy(known, pidf_prefixes, sizeof(known));
	known[0].space = space.at;
	xml_prefixes_init(&prefixes, known, ARRAY_SIZE(known), slice_is_empty(space) ? 0 : 1);
	xml_prefixes_use(&prefixes, root);
	buffer_text(filtered, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	size_t begin = filtered->length;
	xml_write_root(filtered, root, used, xml_prefixes_used(&prefixes, used));
	buffer_byte(filtered, '\n');
	if (*version_at != BODY_NO_VERSION && !buffer_failed(filtered)) {
		size_t at = find_version(slice_of(filtered->data + begin, filtered->length - begin));
		*version_at = at != BODY_NO_VERSION ? begin + at : BODY_NO_VERSION;
	}
	return 0;
}

static int cut_document(struct cut *cut, struct slice document, struct buffer *filtered, size_t *version_at)
{
	struct xml_node *root;
	int result = filter_document_read(cut->arena, document, &cut->document);
	if (result != 0)
		return result;
	cut->marks = arena_allocate_zeroed(cut->arena, cut->document.count, sizeof(*cut->marks));
	if (!cut->marks)
		return ERR_NO_MEMORY;
	result = mark_all(cut);
	if (result != 0)
		return result;
	decide(cut);
	result = copy_kept(cut, 0, &root);
	return result != 0 ? result : write_cut(cut, root, filtered, version_at);
}

static void write_as_it_is(struct slice document, struct buffer *filtered, size_t *version_at)
{
	if (*version_at != BODY_NO_VERSION)
		*version_at += filtered->length;
	buffer_append(filtered, document);
}

int filter_apply(struct slice filters, const struct filter_question *question, struct slice document,
		 struct buffer *filtered, size_t *version_at)
{
	struct filter_set set;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 26);
	int result = filter_set_read(&arena, filters, question->limits, &set, &error);
	if (result == 0) {
		filter_set_choose(&set, question);
		struct cut cut = {.arena = &arena, .set = &set};
		if (has_what(&set))
			result = cut_document(&cut, document, filtered, version_at);
		else
			write_as_it_is(document, filtered, version_at);
	}
	arena_finish(&arena);
	return result == 0 && buffer_failed(filtered) ? ERR_LIMIT : result;
}
