/* What the expressions of filters select in a document.
 *
 * Each element has a bit for each step: set, where a way from the root leads to it by the steps so far. One walk in the
 * order of the document sets them all, however many "//" there are.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/filter_path.h"
#include "bodies/pidf_write.h"

/* --- the document ------------------------------------------------------------------------------------------------- */

static const struct xml_limits limits = {.bytes = 1 << 20, .depth = 64, .nodes = 20000};

static size_t count_elements(const struct xml_node *node)
{
	size_t count = 1;
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (!slice_is_empty(child->name))
			count += count_elements(child);
	}
	return count;
}

static void add_elements(struct filter_document *document, const struct xml_node *node, uint32_t parent,
			 uint32_t ordinal)
{
	const struct xml_node *before = NULL;
	uint32_t at = (uint32_t)document->count++, next = 0;
	document->nodes[at] = node;
	document->parents[at] = parent;
	document->ordinals[at] = ordinal;
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (slice_is_empty(child->name))
			continue;
		next = before && xml_is(child, before->space, before->name) ? next + 1 : 0;
		add_elements(document, child, at, next);
		before = child;
	}
	document->ends[at] = (uint32_t)document->count;
}

/* RFC 5262 §3: a <pidf-full> has in it what a <presence> has, and filters know only that one. */
static bool is_partial(const struct xml_node *root)
{
	return xml_is(root, SLICE(PIDF_DIFF_SPACE), SLICE("pidf-full"));
}

int filter_document_read(struct arena *arena, struct slice text, struct filter_document *document)
{
	const struct xml_node *root;
	struct body_error error;
	int result = xml_parse(arena, text, &limits, &root, &error);
	if (result != 0)
		return result;
	size_t count = count_elements(root);
	*document = (struct filter_document){
		.nodes = arena_allocate_zeroed(arena, count, sizeof(*document->nodes)),
		.parents = arena_allocate_zeroed(arena, count, sizeof(*document->parents)),
		.ends = arena_allocate_zeroed(arena, count, sizeof(*document->ends)),
		.ordinals = arena_allocate_zeroed(arena, count, sizeof(*document->ordinals)),
		.hits = arena_allocate_zeroed(arena, count, sizeof(*document->hits)),
		.reach = arena_allocate_zeroed(arena, count, sizeof(*document->reach)),
		.space = is_partial(root) ? SLICE(PIDF_SPACE) : root->space,
	};
	if (!document->nodes || !document->parents || !document->ends || !document->ordinals || !document->hits ||
	    !document->reach)
		return ERR_NO_MEMORY;
	add_elements(document, root, 0, 0);
	return 0;
}

/* --- names and conditions ----------------------------------------------------------------------------------------- */

static bool names_element(const struct filter_name *name, const struct filter_document *document,
			  const struct xml_node *node)
{
	bool is_alias = node == document->nodes[0] && is_partial(node);
	struct slice space = is_alias ? document->space : node->space;
	struct slice wanted = name->is_bare ? document->space : name->space;
	return (name->is_any_space || slice_equal(space, wanted)) &&
	       (name->is_any_name || slice_equal(is_alias ? SLICE("presence") : node->name, name->name));
}

bool filter_names_attribute(const struct filter_name *name, const struct xml_attribute *attribute)
{
	struct slice wanted = name->is_bare ? SLICE("") : name->space;
	return (name->is_any_space || slice_equal(attribute->space, wanted)) &&
	       (name->is_any_name || slice_equal(attribute->name, name->name));
}

static bool compare_numbers(enum filter_condition_kind kind, double a, double b)
{
	switch (kind) {
	case CONDITION_EQUAL:
		return !(a < b) && !(a > b);
	case CONDITION_NOT_EQUAL:
		return a < b || a > b;
	case CONDITION_LESS:
		return a < b;
	case CONDITION_LESS_OR_EQUAL:
		return a <= b;
	case CONDITION_GREATER:
		return a > b;
	default:
		return a >= b;
	}
}

/* XPath 1.0 §3.4: what is ordered, or compared with a number, are numbers. */
static bool compare(const struct filter_condition *condition, struct slice value)
{
	double number;
	if (condition->kind == CONDITION_EXISTS)
		return true;
	if (!condition->is_number && condition->kind == CONDITION_EQUAL)
		return slice_equal(value, condition->value);
	if (!condition->is_number && condition->kind == CONDITION_NOT_EQUAL)
		return !slice_equal(value, condition->value);
	if (!filter_number(value, &number))
		return condition->kind == CONDITION_NOT_EQUAL;
	return compare_numbers(condition->kind, number, condition->number);
}

/* Is there one at the end of the path, from its step `at` on, that is as the condition says? */
static bool any_fits(const struct filter_condition *condition, const struct filter_document *document,
		     const struct xml_node *node, size_t at)
{
	const struct filter_path *path = &condition->path;
	if (at == path->count && !path->has_attribute)
		return compare(condition, xml_text(node));
	if (at == path->count) {
		for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next) {
			if (filter_names_attribute(&path->attribute, attribute) && compare(condition, attribute->value))
				return true;
		}
		return false;
	}
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (!slice_is_empty(child->name) && names_element(&path->steps[at].name, document, child) &&
		    any_fits(condition, document, child, at + 1))
			return true;
	}
	return false;
}

static bool holds(const struct filter_condition *condition, const struct filter_document *document,
		  const struct xml_node *node)
{
	if (condition->kind == CONDITION_AND)
		return holds(condition->left, document, node) && holds(condition->right, document, node);
	if (condition->kind == CONDITION_OR)
		return holds(condition->left, document, node) || holds(condition->right, document, node);
	return any_fits(condition, document, node, 0);
}

/* --- paths -------------------------------------------------------------------------------------------------------- */

static uint32_t hits_of(const struct filter_path *path, const struct filter_document *document, size_t at)
{
	const struct xml_node *node = document->nodes[at];
	uint32_t parent = document->parents[at], hits = 0;
	for (size_t i = 0; i < path->count; i++) {
		const struct filter_step *step = &path->steps[i];
		const uint32_t *before = step->is_below ? document->reach : document->hits;
		bool is_reached =
			i == 0 ? step->is_below || at == 0 : at > 0 && before[parent] & UINT32_C(1) << (i - 1);
		if (is_reached && names_element(&step->name, document, node) &&
		    (!step->condition || holds(step->condition, document, node)))
			hits |= UINT32_C(1) << i;
	}
	return hits;
}

static bool has_attribute(const struct filter_path *path, const struct xml_node *node)
{
	const struct xml_attribute *attribute = node->attributes;
	while (attribute && !filter_names_attribute(&path->attribute, attribute))
		attribute = attribute->next;
	return attribute != NULL;
}

void filter_path_select(const struct filter_path *path, struct filter_document *document, bool *selected)
{
	uint32_t last = path->count > 0 ? UINT32_C(1) << (path->count - 1) : 0;
	for (size_t i = 0; i < document->count; i++) {
		document->hits[i] = hits_of(path, document, i);
		document->reach[i] = document->hits[i] | (i > 0 ? document->reach[document->parents[i]] : 0);
		uint32_t ended = path->is_attribute_below ? document->reach[i] : document->hits[i];
		bool is_there = path->count == 0 || ended & last;
		selected[i] = is_there && (!path->has_attribute || has_attribute(path, document->nodes[i]));
	}
}
