/* A resource-lists document under the hands of buddies_edit.c: finding lists and entries in it, and putting elements in
 * the way the document is laid out. SPDX-License-Identifier: MIT */
#include "documents/buddies_tree.h"

#include "base/error.h"
#include "documents/buddy_names.h"
#include "documents/list_reference.h"

#include <string.h>

/* For the keys of buddies, which are about as long as the document, and the paths of groups. */
#define ARENA_BYTES(limits) ((limits)->bytes * 8 + BUDDY_PATHS_BYTES_MOST + 65536)

#define EMPTY_DOCUMENT                                                                                                 \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"" RESOURCE_LISTS_SPACE                    \
	"\"></resource-lists>\n"

/* --- the tree ----------------------------------------------------------------------------------------------------- */

bool buddies_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual(node->name, (const xmlChar *)name) &&
	       xmlStrEqual(node->ns->href, (const xmlChar *)RESOURCE_LISTS_SPACE);
}

/* For xmlFree; NULL where it is absent or empty. ERR_NO_MEMORY. */
static int read_attribute(const struct editing *editing, const xmlNode *node, const char *name, xmlChar **text)
{
	const xmlAttr *attribute = xmlHasNsProp(node, (const xmlChar *)name, NULL);
	*text = attribute ? xmlNodeListGetString(editing->tree.xml, attribute->children, 1) : NULL;
	return attribute && attribute->children && !*text ? ERR_NO_MEMORY : 0;
}

int buddies_attribute(struct editing *editing, xmlNodePtr node, const char *name, struct slice *value)
{
	xmlChar *text;
	int result = read_attribute(editing, node, name, &text);
	*value = SLICE("");
	if (result != 0 || !text)
		return result;
	result = arena_copy(&editing->arena, slice_text((const char *)text), value);
	xmlFree(text);
	return result;
}

/* The paths of all lists below, into `bytes`; ERR_LIMIT where they are too many, for buddies_read would refuse them.
 * Recursive: as deep as the limits that it was parsed with allow. */
static int count_paths(const struct editing *editing, const xmlNode *list, size_t path, size_t *bytes)
{
	int result = 0;
	for (const xmlNode *node = list->children; node && result == 0; node = node->next) {
		xmlChar *name;
		if (!buddies_is(node, "list"))
			continue;
		result = read_attribute(editing, node, "name", &name);
		if (result != 0)
			break;
		size_t length = name ? strlen((const char *)name) : 0;
		size_t inner = buddy_group_path_bytes(path, length);
		xmlFree(name);
		*bytes += length > 0 ? inner : 0;
		result = *bytes > BUDDY_PATHS_BYTES_MOST ? buddy_group_complain(editing->error)
							 : count_paths(editing, node, inner, bytes);
	}
	return result;
}

static int check_paths(const struct editing *editing)
{
	size_t bytes = 0;
	return count_paths(editing, editing->root, 0, &bytes);
}

int buddies_begin(struct editing *editing, struct slice document, const struct xml_limits *limits,
		  struct body_error *error)
{
	*editing = (struct editing){.error = error};
	arena_init(&editing->arena, NULL, ARENA_BYTES(limits));
	if (slice_is_empty(document))
		document = SLICE(EMPTY_DOCUMENT);
	int result = tree_read(document, limits, &editing->tree, error);
	if (result != 0)
		return result;
	editing->root = xmlDocGetRootElement(editing->tree.xml);
	const xmlNs *space = editing->root->ns;
	if (space && xmlStrEqual(space->href, (const xmlChar *)RESOURCE_LISTS_SPACE) &&
	    xmlStrEqual(editing->root->name, (const xmlChar *)"resource-lists"))
		return check_paths(editing);
	body_complain(error, "The document is not one of resource lists");
	return ERR_SYNTAX;
}

int buddies_end(struct editing *editing, int result, struct buffer *after)
{
	if (result == 0)
		result = check_paths(editing);
	if (result == 0) {
		tree_write(&editing->tree, after);
		if (buffer_failed(after)) {
			body_complain(editing->error, "The document would be too large, or there is no memory for it");
			result = ERR_LIMIT;
		}
	}
	tree_finish(&editing->tree);
	arena_finish(&editing->arena);
	return result;
}

/* --- walking ------------------------------------------------------------------------------------------------------ */

/* What stands behind `name` and a slash in `path`: false where it does not begin so. */
static bool enter(struct slice name, struct slice *path)
{
	if (!slice_starts_with(*path, name) || path->length == name.length || path->at[name.length] != '/')
		return false;
	*path = slice_from(*path, name.length + 1);
	return true;
}

/* The first one in the document's order. Recursive: as deep as the limits that it was parsed with allow. */
static int find_list(struct editing *editing, xmlNodePtr parent, struct slice path, xmlNodePtr *list)
{
	int result = 0;
	for (xmlNodePtr node = parent->children; node && !*list && result == 0; node = node->next) {
		xmlChar *text;
		if (!buddies_is(node, "list"))
			continue;
		result = read_attribute(editing, node, "name", &text);
		if (result != 0)
			break;
		struct slice name = text ? slice_text((const char *)text) : SLICE(""), rest = path;
		bool is_named = !slice_is_empty(name);
		if (is_named && slice_equal(name, path))
			*list = node;
		else if (!is_named || enter(name, &rest))
			result = find_list(editing, node, rest, list);
		xmlFree(text);
	}
	return result;
}

int buddies_find_list(struct editing *editing, struct slice path, xmlNodePtr *list)
{
	*list = NULL;
	return find_list(editing, editing->root, path, list);
}

struct entry_search {
	struct slice key;
	struct met_entry *first, **last;
};

static int match_entry(struct editing *editing, xmlNodePtr entry, struct slice path, struct entry_search *search)
{
	struct slice uri, key;
	int result = buddies_attribute(editing, entry, "uri", &uri);
	if (result == 0)
		result = buddy_key(&editing->arena, uri, &key);
	if (result != 0 || !slice_equal(key, search->key))
		return result;
	struct met_entry *met = arena_allocate_zeroed(&editing->arena, 1, sizeof *met);
	if (!met)
		return ERR_NO_MEMORY;
	*met = (struct met_entry){.entry = entry, .path = path};
	*search->last = met;
	search->last = &met->next;
	return 0;
}

/* Of a list and those within it, in the order that matters: a list's own ones first. Recursive, as above. */
static int find_entries(struct editing *editing, xmlNodePtr list, struct slice path, struct entry_search *search)
{
	struct slice name, inner;
	int result = 0;
	for (xmlNodePtr node = list->children; node && result == 0; node = node->next)
		if (buddies_is(node, "entry"))
			result = match_entry(editing, node, path, search);
	for (xmlNodePtr node = list->children; node && result == 0; node = node->next) {
		if (!buddies_is(node, "list"))
			continue;
		result = buddies_attribute(editing, node, "name", &name);
		if (result == 0)
			result = buddy_group_path(&editing->arena, path, name, &inner);
		if (result == 0)
			result = find_entries(editing, node, inner, search);
	}
	return result;
}

int buddies_find_entries(struct editing *editing, struct slice uri, struct met_entry **first)
{
	struct entry_search search = {.last = &search.first};
	int result = buddy_key(&editing->arena, uri, &search.key);
	if (result == 0)
		result = find_entries(editing, editing->root, SLICE(""), &search);
	*first = search.first;
	return result;
}

/* --- nodes -------------------------------------------------------------------------------------------------------- */

static bool is_blank(const xmlNode *node)
{
	return node && node->type == XML_TEXT_NODE && xmlIsBlankNode(node);
}

static unsigned depth_of(const xmlNode *node)
{
	unsigned depth = 0;
	for (; node->parent && node->parent->type == XML_ELEMENT_NODE; node = node->parent)
		depth++;
	return depth;
}

/* A line end and what stands before an element that deep. */
static xmlNodePtr new_indent(const struct editing *editing, unsigned depth)
{
	char text[64] = "\n";
	size_t length = 1;
	while (depth-- > 0 && length + 2 < sizeof text) {
		text[length++] = ' ';
		text[length++] = ' ';
	}
	return xmlNewDocTextLen(editing->tree.xml, (const xmlChar *)text, (int)length);
}

/* Not by xmlAddChild and its like: they melt texts that come together. An indent may be NULL where memory was short:
 * the document is then as good, and not as pretty. */
static void link_behind(xmlNodePtr parent, xmlNodePtr before, xmlNodePtr node)
{
	if (!node)
		return;
	xmlNodePtr next = before ? before->next : parent->children;
	node->parent = parent;
	node->prev = before;
	node->next = next;
	*(before ? &before->next : &parent->children) = node;
	*(next ? &next->prev : &parent->last) = node;
}

xmlNodePtr buddies_copy(const struct editing *editing, xmlNodePtr node)
{
	return xmlDocCopyNode(node, editing->tree.xml, 1);
}

void buddies_append(const struct editing *editing, xmlNodePtr parent, xmlNodePtr node)
{
	xmlNodePtr first = parent->children, indent = NULL, closing = NULL;
	unsigned depth = depth_of(parent);
	if (!first) {
		indent = new_indent(editing, depth + 1);
		closing = new_indent(editing, depth);
	} else if (is_blank(first)) {
		indent = first == parent->last ? new_indent(editing, depth + 1) : buddies_copy(editing, first);
		closing = is_blank(parent->last) ? parent->last : NULL;
		xmlUnlinkNode(closing);
	}
	link_behind(parent, parent->last, indent);
	link_behind(parent, parent->last, node);
	link_behind(parent, parent->last, closing);
}

/* The first child, in the same way. */
static void prepend(const struct editing *editing, xmlNodePtr parent, xmlNodePtr node)
{
	xmlNodePtr first = parent->children;
	if (!is_blank(first)) {
		link_behind(parent, NULL, node);
		return;
	}
	link_behind(parent, first, node);
	link_behind(parent, node, buddies_copy(editing, first));
}

void buddies_drop(xmlNodePtr node)
{
	xmlNodePtr indent = is_blank(node->prev) ? node->prev : NULL;
	xmlUnlinkNode(indent);
	xmlFreeNode(indent);
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

xmlNodePtr buddies_new_element(const struct editing *editing, xmlNodePtr parent, const char *name)
{
	return xmlNewDocNode(editing->tree.xml, parent->ns, (const xmlChar *)name, NULL);
}

int buddies_set_attribute(struct editing *editing, xmlNodePtr node, const char *name, struct slice value)
{
	struct slice text;
	int result = arena_copy(&editing->arena, value, &text); /* with a terminator */
	if (result == 0 && !xmlSetProp(node, (const xmlChar *)name, (const xmlChar *)text.at))
		result = ERR_NO_MEMORY;
	return result;
}

static int set_text(const struct editing *editing, xmlNodePtr node, struct slice text)
{
	xmlNodePtr child = xmlNewDocTextLen(editing->tree.xml, (const xmlChar *)text.at, (int)text.length);
	if (!child)
		return ERR_NO_MEMORY;
	xmlFreeNodeList(node->children);
	node->children = node->last = NULL;
	link_behind(node, NULL, child);
	return 0;
}

/* RFC 4826 §3.1: it comes first. */
int buddies_set_display_name(const struct editing *editing, xmlNodePtr owner, struct slice name)
{
	xmlNodePtr node = owner->children;
	while (node && !buddies_is(node, "display-name"))
		node = node->next;
	if (slice_is_empty(name)) {
		if (node)
			buddies_drop(node);
		return 0;
	}
	if (!node) {
		node = buddies_new_element(editing, owner, "display-name");
		if (!node)
			return ERR_NO_MEMORY;
		prepend(editing, owner, node);
	}
	return set_text(editing, node, name);
}
