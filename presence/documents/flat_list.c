/* Lists made flat. Each <list> is gone through once, however often it is referred to: what it has is in the flat list
 * by then. So the work is in proportion to the documents, and a list that is met again while it is still being gone
 * through is a loop. SPDX-License-Identifier: MIT */
#include "documents/flat_list.h"

#include "base/error.h"
#include "base/table.h"
#include "documents/list_reference.h"

#define SERVICES_SPACE "urn:ietf:params:xml:ns:rls-services"

struct item {
	struct table_link link;
	struct item *next;
	struct flat_entry entry;
	struct slice key;
};

/* A list that has been begun. */
struct visit {
	struct table_link link;
	const struct xml_node *list;
	bool is_open;
};

struct flattening {
	struct arena *arena;
	const struct list_limits *limits;
	struct body_error *error;
	struct list_references references;
	struct table items, visits;
	struct item *first, **last;
	size_t count;
	struct slice reference; /* the last that was followed, for a sentence */
};

/* <list> of a service is of the services' namespace, what stands in it of the lists' (RFC 4826 §4.2); some who write
 * them leave it at one. */
static bool is_element(const struct xml_node *node, const char *name)
{
	return xml_is(node, SLICE(RESOURCE_LISTS_SPACE), slice_text(name)) ||
	       xml_is(node, SLICE(SERVICES_SPACE), slice_text(name));
}

/* ---- Entries ---- */

/* Behind the scheme where that names people; the whole URI where it does not. */
static struct slice without_scheme(struct slice uri)
{
	static const struct slice schemes[] = {{"sip:", 4}, {"sips:", 5}, {"pres:", 5}, {"im:", 3}};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		size_t length = schemes[i].length;
		if (uri.length > length && slice_equal_nocase(slice_of(uri.at, length), schemes[i]))
			return slice_from(uri, length);
	}
	return uri;
}

/* "sip:bob@example.test;transport=tcp" and "pres:%62ob@EXAMPLE.test" are both bob@example.test: one person is watched
 * once. URIs of other schemes are compared as they are. */
static int make_key(struct arena *arena, struct slice uri, struct slice *key)
{
	struct slice rest = without_scheme(uri);
	size_t at = slice_find(rest, '@'), host = at < rest.length ? at + 1 : 0, end = host;
	if (rest.length == uri.length) {
		*key = uri;
		return 0;
	}
	while (end < rest.length && rest.at[end] != ';' && rest.at[end] != '?')
		end++;
	char *text = arena_allocate(arena, end + 1);
	if (!text)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < end; i++) {
		char byte = rest.at[i];
		text[i] = i >= host && byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
	}
	return list_unescape(arena, slice_of(text, end), key);
}

static bool is_item(const struct table_link *link, const void *key)
{
	return slice_equal(CONTAINER_OF(link, const struct item, link)->key, *(const struct slice *)key);
}

static int add(struct flattening *flat, const struct xml_node *entry, struct slice name)
{
	struct slice uri = slice_trim(xml_attribute(entry, SLICE("uri"))), key;
	if (slice_is_empty(uri)) {
		body_complain(flat->error, "An entry of the list has no uri");
		return ERR_SYNTAX;
	}
	if (make_key(flat->arena, uri, &key))
		return ERR_NO_MEMORY;
	uint64_t hash = table_hash(&flat->items, key.at, key.length);
	if (table_find(&flat->items, hash, is_item, &key))
		return 0;
	if (flat->count >= flat->limits->entries) {
		body_complain(flat->error, "The list has more than %u entries", flat->limits->entries);
		return ERR_LIMIT;
	}
	struct item *item = arena_allocate(flat->arena, sizeof(*item));
	if (!item)
		return ERR_NO_MEMORY;
	*item = (struct item){.entry = {.uri = uri, .name = name}, .key = key};
	table_insert(&flat->items, &item->link, hash);
	*flat->last = item;
	flat->last = &item->next;
	flat->count++;
	return 0;
}

static struct slice display_name(const struct xml_node *node)
{
	const struct xml_node *name = node->children;
	while (name && !is_element(name, "display-name"))
		name = name->next;
	return xml_text(name);
}

/* ---- Lists ---- */

static int go_through(struct flattening *flat, const struct xml_node *list, unsigned depth);

static int follow(struct flattening *flat, struct slice reference, const struct xml_node **node)
{
	flat->reference = reference;
	return list_reference_follow(&flat->references, reference, node, flat->error);
}

static int take_entry_ref(struct flattening *flat, const struct xml_node *node)
{
	const struct xml_node *entry;
	int result = follow(flat, xml_attribute(node, SLICE("ref")), &entry);
	if (result || !is_element(entry, "entry"))
		return result;
	struct slice name = display_name(node);
	return add(flat, entry, slice_is_empty(name) ? display_name(entry) : name);
}

/* `depth` is that of the list that `reference` stands in. */
static int take_list_at(struct flattening *flat, struct slice reference, unsigned depth)
{
	const struct xml_node *list;
	int result = follow(flat, reference, &list);
	/* RFC 4826 §3.1 wants a <list>; a whole document is as good. */
	if (result || !(is_element(list, "list") || is_element(list, "resource-lists")))
		return result;
	return go_through(flat, list, depth + 1);
}

static int take(struct flattening *flat, const struct xml_node *node, unsigned depth)
{
	if (is_element(node, "entry"))
		return add(flat, node, display_name(node));
	if (is_element(node, "entry-ref"))
		return take_entry_ref(flat, node);
	if (is_element(node, "list"))
		return go_through(flat, node, depth + 1);
	if (is_element(node, "external"))
		return take_list_at(flat, xml_attribute(node, SLICE("anchor")), depth);
	return 0;
}

/* The end of a long reference tells most. It goes into a header: printable ASCII without quotes. */
static int refuse_loop(struct flattening *flat)
{
	char text[100];
	struct slice end = flat->reference;
	bool is_cut = end.length >= sizeof(text);
	if (is_cut)
		end = slice_from(end, end.length - (sizeof(text) - 1));
	for (size_t i = 0; i < end.length; i++) {
		char byte = end.at[i];
		text[i] = byte < ' ' || byte > '~' || byte == '"' || byte == '\\' ? '?' : byte;
	}
	text[end.length] = '\0';
	body_complain(flat->error, "The list has itself in it, by the reference %s%s", is_cut ? "..." : "", text);
	return ERR_SYNTAX;
}

static bool is_visit(const struct table_link *link, const void *list)
{
	return CONTAINER_OF(link, const struct visit, link)->list == list;
}

/* Recursive: as deep as the limit allows. */
static int go_through(struct flattening *flat, const struct xml_node *list, unsigned depth)
{
	uint64_t hash = table_hash(&flat->visits, &list, sizeof(list));
	struct table_link *link = table_find(&flat->visits, hash, is_visit, list);
	if (link)
		return CONTAINER_OF(link, struct visit, link)->is_open ? refuse_loop(flat) : 0;
	if (depth > flat->limits->depth) {
		body_complain(flat->error, "The list has lists more than %u deep", flat->limits->depth);
		return ERR_LIMIT;
	}
	struct visit *visit = arena_allocate(flat->arena, sizeof(*visit));
	if (!visit)
		return ERR_NO_MEMORY;
	*visit = (struct visit){.list = list, .is_open = true};
	table_insert(&flat->visits, &visit->link, hash);
	int result = 0;
	for (const struct xml_node *node = list->children; result == 0 && node; node = node->next)
		result = take(flat, node, depth);
	visit->is_open = false;
	return result;
}

/* ---- From beginning to end ---- */

static int begin(struct flattening *flat, struct arena *arena, const struct list_context *context,
		 struct body_error *error)
{
	*flat = (struct flattening){.arena = arena, .limits = context->limits, .error = error};
	flat->last = &flat->first;
	if (list_references_init(&flat->references, arena, context) == 0 && table_init(&flat->items) == 0 &&
	    table_init(&flat->visits) == 0)
		return 0;
	table_finish(&flat->items);
	list_references_finish(&flat->references);
	return ERR_NO_MEMORY;
}

/* The items as an array, if all went well so far. */
static int end(struct flattening *flat, int result, struct flat_list *list)
{
	struct flat_entry *entries = NULL;
	table_finish(&flat->visits);
	table_finish(&flat->items);
	list_references_finish(&flat->references);
	if (result)
		return result;
	if (flat->count > 0 && !(entries = arena_allocate_zeroed(flat->arena, flat->count, sizeof(*entries))))
		return ERR_NO_MEMORY;
	size_t count = 0;
	for (const struct item *item = flat->first; item; item = item->next)
		entries[count++] = item->entry;
	*list = (struct flat_list){.entries = entries, .count = count};
	return 0;
}

int flat_list_of_document(struct arena *arena, struct slice document, const struct list_context *context,
			  struct flat_list *list, struct body_error *error)
{
	struct flattening flat;
	const struct xml_node *root;
	int result = xml_parse(arena, document, &context->limits->xml, &root, error);
	if (result)
		return result;
	if (!xml_is(root, SLICE(RESOURCE_LISTS_SPACE), SLICE("resource-lists"))) {
		body_complain(error, "This is no document of resource-lists (RFC 4826 section 3)");
		return ERR_SYNTAX;
	}
	result = begin(&flat, arena, context, error);
	return result ? result : end(&flat, go_through(&flat, root, 0), list);
}

/* ---- Services ---- */

static int read_services(struct arena *arena, struct slice document, const struct xml_limits *limits,
			 const struct xml_node **first, struct body_error *error)
{
	const struct xml_node *root;
	int result = xml_parse(arena, document, limits, &root, error);
	if (result)
		return result;
	if (!xml_is(root, SLICE(SERVICES_SPACE), SLICE("rls-services"))) {
		body_complain(error, "This is no document of rls-services (RFC 4826 section 4)");
		return ERR_SYNTAX;
	}
	*first = xml_child(root, SLICE(SERVICES_SPACE), SLICE("service"));
	return 0;
}

static const struct xml_node *next_service(const struct xml_node *service)
{
	return xml_next(service, SLICE(SERVICES_SPACE), SLICE("service"));
}

static struct slice uri_of(const struct xml_node *service)
{
	return slice_trim(xml_attribute(service, SLICE("uri")));
}

/* <package>s with blanks between (RFC 4826 §4.2); without any, all are served. */
static void write_packages(struct buffer *buffer, const struct xml_node *service)
{
	const struct xml_node *packages = xml_child(service, SLICE(SERVICES_SPACE), SLICE("packages"));
	const struct xml_node *package = xml_child(packages, SLICE(SERVICES_SPACE), SLICE("package"));
	for (; package; package = xml_next(package, SLICE(SERVICES_SPACE), SLICE("package"))) {
		if (buffer->length > 0)
			buffer_byte(buffer, ' ');
		buffer_append(buffer, xml_text(package));
	}
}

int list_services_read(struct slice document, const struct xml_limits *limits, list_service_fn *each, void *arg,
		       struct body_error *error)
{
	struct arena arena;
	struct buffer packages;
	const struct xml_node *service = NULL;
	arena_init(&arena, NULL, SIZE_MAX); /* the limits of XML bound it */
	buffer_init(&packages, document.length + 1);
	int result = read_services(&arena, document, limits, &service, error);
	for (; result == 0 && service; service = next_service(service)) {
		if (slice_is_empty(uri_of(service)))
			continue;
		buffer_clear(&packages);
		write_packages(&packages, service);
		if (buffer_failed(&packages))
			result = ERR_NO_MEMORY;
		else
			each(arg, &(struct list_service){.uri = uri_of(service), .packages = buffer_slice(&packages)});
	}
	buffer_finish(&packages);
	arena_finish(&arena);
	return result;
}

static int take_service(struct flattening *flat, const struct xml_node *service)
{
	const struct xml_node *node = service->children;
	for (; node; node = node->next) {
		if (is_element(node, "list"))
			return go_through(flat, node, 1);
		if (is_element(node, "resource-list"))
			return take_list_at(flat, xml_text(node), 0);
	}
	return 0;
}

int flat_list_of_service(struct arena *arena, struct slice document, struct slice service_uri,
			 const struct list_context *context, struct flat_list *list, struct body_error *error)
{
	struct flattening flat;
	const struct xml_node *service;
	struct slice wanted, key = slice_of(NULL, 0);
	int result = read_services(arena, document, &context->limits->xml, &service, error);
	if (result)
		return result;
	if (make_key(arena, service_uri, &wanted))
		return ERR_NO_MEMORY;
	for (; service; service = next_service(service)) {
		if (make_key(arena, uri_of(service), &key))
			return ERR_NO_MEMORY;
		if (slice_equal(key, wanted))
			break;
	}
	if (!service) {
		body_complain(error, "There is no such list");
		return ERR_NOT_FOUND;
	}
	result = begin(&flat, arena, context, error);
	return result ? result : end(&flat, take_service(&flat, service), list);
}
