/* A resource-lists document under the hands of buddies_edit.c: finding lists and entries in it, and putting elements in
 * the way the document is laid out. SPDX-License-Identifier: MIT */
#include "documents/buddies_tree.h"

#include "base/error.h"
#include "documents/buddy_names.h"
#include "documents/list_reference.h"

/* For the names of groups and the keys of buddies, which are about as long as the document. */
#define ARENA_BYTES(limits) ((limits)->bytes * 8 + 65536)

#define EMPTY_DOCUMENT                                                                                                 \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<resource-lists xmlns=\"" RESOURCE_LISTS_SPACE                    \
	"\"></resource-lists>\n"

/* --- the tree ----------------------------------------------------------------------------------------------------- */

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
		return 0;
	body_complain(error, "The document is not one of resource lists");
	return ERR_SYNTAX;
}

int buddies_end(struct editing *editing, int result, struct buffer *after)
{
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

bool buddies_is(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual(node->name, (const xmlChar *)name) &&
	       xmlStrEqual(node->ns->href, (const xmlChar *)RESOURCE_LISTS_SPACE);
}

int buddies_attribute(struct editing *editing, xmlNodePtr node, const char *name, struct slice *value)
{
	const xmlAttr *attribute = xmlHasNsProp(node, (const xmlChar *)name, NULL);
	*value = SLICE("");
	if (!attribute)
		return 0;
	xmlChar *text = xmlNodeListGetString(editing->tree.xml, attribute->children, 1);
	if (!text)
		return attribute->children ? ERR_NO_MEMORY : 0;
	int result = arena_copy(&editing->arena, slice_text((const char *)text), value);
	xmlFree(text);
	return result;
}

/* --- walking ------------------------------------------------------------------------------------------------------ */

/* Each list with its name, in the document's order. A result other than 0 ends the walk. The list may not go. */
typedef int list_visit_fn(struct editing *editing, xmlNodePtr list, struct slice path, bool is_named, void *arg);

/* Recursive: as deep as the limits that it was parsed with allow. */
static int walk(struct editing *editing, xmlNodePtr parent, struct slice parent_path, list_visit_fn *visit, void *arg)
{
	int result = 0;
	for (xmlNodePtr node = parent->children; node && result == 0; node = node->next) {
		struct slice name, path;
		if (!buddies_is(node, "list"))
			continue;
		result = buddies_attribute(editing, node, "name", &name);
		if (result == 0)
			result = buddy_group_path(&editing->arena, parent_path, name, &path);
		if (result == 0)
			result = visit(editing, node, path, !slice_is_empty(name), arg);
		if (result == 0)
			result = walk(editing, node, path, visit, arg);
	}
	return result;
}

struct list_search {
	struct slice path;
	xmlNodePtr list;
};

static int match_list(struct editing *editing, xmlNodePtr list, struct slice path, bool is_named, void *arg)
{
	struct list_search *search = arg;
	(void)editing;
	if (!search->list && is_named && slice_equal(path, search->path))
		search->list = list;
	return 0;
}

int buddies_find_list(struct editing *editing, struct slice path, xmlNodePtr *list)
{
	struct list_search search = {.path = path};
	int result = walk(editing, editing->root, SLICE(""), match_list, &search);
	*list = search.list;
	return result;
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

static int match_entries(struct editing *editing, xmlNodePtr list, struct slice path, bool is_named, void *arg)
{
	int result = 0;
	(void)is_named;
	for (xmlNodePtr node = list->children; node && result == 0; node = node->next)
		if (buddies_is(node, "entry"))
			result = match_entry(editing, node, path, arg);
	return result;
}

int buddies_find_entries(struct editing *editing, struct slice uri, struct met_entry **first)
{
	struct entry_search search = {.last = &search.first};
	int result = buddy_key(&editing->arena, uri, &search.key);
	if (result == 0)
		result = walk(editing, editing->root, SLICE(""), match_entries, &search);
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
