/* Following references: the URI, the document, and the element that the selector names (RFC 4825 §6), on the small tree
 * of bodies/xml. Names with prefixes are not bound here and lead nowhere. SPDX-License-Identifier: MIT */
#include "documents/list_reference.h"

#include "base/error.h"
#include "base/percent.h"
#include "documents/path.h"

#define LOOKS_MOST 4000000 /* some 40 ms */

struct known_document {
	struct table_link link;
	struct slice user, name;
	const struct xml_node *root; /* NULL: there is none that can be used */
};

/* ---- The URI ---- */

struct http_uri {
	struct slice host; /* without a port */
	struct slice path; /* from its first '/' on */
};

static bool starts_with_nocase(struct slice text, struct slice prefix)
{
	return text.length >= prefix.length && slice_equal_nocase(slice_of(text.at, prefix.length), prefix);
}

static bool read_uri(struct slice text, struct http_uri *uri)
{
	if (starts_with_nocase(text, SLICE("https://")))
		text = slice_from(text, 8);
	else if (starts_with_nocase(text, SLICE("http://")))
		text = slice_from(text, 7);
	else
		return false;
	size_t slash = slice_find(text, '/');
	struct slice host = slice_of(text.at, slash);
	uri->path = slice_from(text, slash);
	uri->host = slice_take(&host, ':');
	return true;
}

static bool is_of_domain(struct slice host, struct slice domain)
{
	if (slice_equal_nocase(host, domain))
		return true;
	return host.length > domain.length && host.at[host.length - domain.length - 1] == '.' &&
	       slice_equal_nocase(slice_from(host, host.length - domain.length), domain);
}

bool list_reference_is_of_domain(struct slice uri, struct slice domain)
{
	struct http_uri parts;
	return read_uri(uri, &parts) && is_of_domain(parts.host, domain);
}

/* The path below the XCAP root, still escaped and without a query; false: it is not below it. */
static bool find_path(const struct list_context *context, struct slice reference, struct slice *path)
{
	struct http_uri root = {.path = {NULL, 0}}, uri;
	if (!read_uri(context->root, &root) || slice_is_empty(root.path))
		root.path = SLICE("/xcap/");
	struct slice rest = slice_take(&reference, '?');
	bool is_whole = read_uri(rest, &uri);
	if (is_whole) {
		if (!is_of_domain(uri.host, context->domain) && !slice_equal_nocase(uri.host, root.host))
			return false;
		rest = uri.path;
	}
	if (slice_starts_with(rest, root.path))
		rest = slice_from(rest, root.path.length);
	else if (is_whole)
		return false;
	*path = rest;
	return true;
}

int list_unescape(struct arena *arena, struct slice text, struct slice *plain)
{
	int result = percent_decode(arena, text, plain);
	if (result == ERR_SYNTAX)
		*plain = text;
	return result == ERR_NO_MEMORY ? result : 0;
}

/* ---- The document ---- */

struct document_key {
	struct slice user, name;
};

static bool is_document(const struct table_link *link, const void *arg)
{
	const struct known_document *document = CONTAINER_OF(link, const struct known_document, link);
	const struct document_key *key = arg;
	return slice_equal(document->user, key->user) && slice_equal(document->name, key->name);
}

/* The user need not be in it: there are two of a name at most, the user's own and the global one. */
static uint64_t hash_of(const struct list_references *references, struct slice name)
{
	return table_hash(&references->documents, name.at, name.length);
}

/* Reads a document of the user, or a global one. */
static int load(struct list_references *references, struct slice user, struct slice name,
		struct known_document **loaded, struct body_error *error)
{
	const struct list_context *context = references->context;
	struct known_document *document = arena_allocate_zeroed(references->arena, 1, sizeof(*document));
	struct slice text;
	if (!document)
		return ERR_NO_MEMORY;
	document->user = user;
	document->name = name;
	if (context->reader &&
	    context->reader->find(context->reader->arg, user, SLICE("resource-lists"), name, &text)) {
		int result = xml_parse(references->arena, text, &context->limits->xml, &document->root, error);
		if (result == ERR_SYNTAX)
			document->root = NULL;
		else if (result)
			return result;
	}
	table_insert(&references->documents, &document->link, hash_of(references, name));
	*loaded = document;
	return 0;
}

static int find_document(struct list_references *references, struct slice user, struct slice name,
			 const struct xml_node **root, struct body_error *error)
{
	const struct document_key key = {user, name};
	struct table_link *link = table_find(&references->documents, hash_of(references, name), is_document, &key);
	struct known_document *document = link ? CONTAINER_OF(link, struct known_document, link) : NULL;
	int result = document ? 0 : load(references, user, name, &document, error);
	if (result == 0)
		*root = document->root;
	return result;
}

/* ---- The element ---- */

/* name, *, name[2], name[@uri="sip:bob@example.test"], or with both in this order (RFC 4825 §6.3). */
struct step {
	struct slice name; /* empty: any */
	uint64_t position; /* from 1 among those of that name; 0: none is said */
	struct slice attribute, value;
};

static bool read_predicate(struct slice *rest, struct step *step)
{
	*rest = slice_from(*rest, 1); /* '[' */
	if (rest->length == 0 || rest->at[0] != '@') {
		struct slice number = slice_take(rest, ']');
		return slice_is_empty(step->attribute) && step->position == 0 &&
		       slice_to_number(number, UINT32_MAX, &step->position) && step->position > 0;
	}
	*rest = slice_from(*rest, 1);
	step->attribute = slice_take(rest, '=');
	if (slice_is_empty(step->attribute) || rest->length == 0 || (rest->at[0] != '"' && rest->at[0] != '\''))
		return false;
	char quote = rest->at[0];
	*rest = slice_from(*rest, 1);
	size_t length = slice_find(*rest, quote);
	if (length + 1 >= rest->length || rest->at[length + 1] != ']')
		return false;
	step->value = slice_of(rest->at, length);
	*rest = slice_from(*rest, length + 2);
	return true;
}

/* Takes a step off the selector, with the '/' behind it. */
static bool read_step(struct slice *rest, struct step *step)
{
	size_t length = 0;
	*step = (struct step){.position = 0};
	while (length < rest->length && rest->at[length] != '/' && rest->at[length] != '[')
		length++;
	step->name = slice_of(rest->at, length);
	*rest = slice_from(*rest, length);
	if (length == 0)
		return false;
	if (slice_equal(step->name, SLICE("*")))
		step->name = slice_of(NULL, 0);
	while (rest->length > 0 && rest->at[0] == '[') {
		if (!read_predicate(rest, step))
			return false;
	}
	if (rest->length == 0)
		return true;
	bool is_more = rest->at[0] == '/' && rest->length > 1;
	*rest = slice_from(*rest, 1);
	return is_more;
}

static bool has_name(const struct xml_node *node, const struct step *step)
{
	if (slice_is_empty(step->name))
		return !slice_is_empty(node->name);
	return xml_is(node, SLICE(RESOURCE_LISTS_SPACE), step->name);
}

static bool has_value(const struct xml_node *node, const struct step *step)
{
	return slice_is_empty(step->attribute) || slice_equal(xml_attribute(node, step->attribute), step->value);
}

/* The one of these siblings that the step selects; NULL: none, or several. */
static const struct xml_node *choose(struct list_references *references, const struct xml_node *first,
				     const struct step *step)
{
	const struct xml_node *chosen = NULL;
	uint64_t position = 0;
	for (const struct xml_node *node = first; node && references->looks < LOOKS_MOST; node = node->next) {
		references->looks++;
		if (!has_name(node, step))
			continue;
		position++;
		if ((step->position > 0 && position != step->position) || !has_value(node, step))
			continue;
		if (chosen)
			return NULL;
		chosen = node;
		if (step->position > 0)
			break;
	}
	return chosen;
}

static const struct xml_node *find_element(struct list_references *references, const struct xml_node *root,
					   const struct document_path *path)
{
	const struct xml_node *siblings = root, *node = root;
	struct slice rest = path->selector;
	struct step step;
	while (node && rest.length > 0) {
		if (!read_step(&rest, &step))
			return NULL;
		node = choose(references, siblings, &step);
		siblings = node ? node->children : NULL;
	}
	return node;
}

int list_references_init(struct list_references *references, struct arena *arena, const struct list_context *context)
{
	*references = (struct list_references){.arena = arena, .context = context};
	return table_init(&references->documents);
}

void list_references_finish(struct list_references *references)
{
	table_finish(&references->documents);
}

int list_reference_follow(struct list_references *references, struct slice reference, const struct xml_node **node,
			  struct body_error *error)
{
	const struct list_context *context = references->context;
	struct slice path, plain, user = slice_of(NULL, 0);
	struct document_path parts;
	const struct xml_node *root;
	struct body_error nowhere;
	*node = NULL;
	if (!find_path(context, slice_trim(reference), &path))
		return 0;
	if (list_unescape(references->arena, path, &plain))
		return ERR_NO_MEMORY;
	int result = document_path_read(references->arena, plain, &parts, &nowhere);
	if (result)
		return result == ERR_NO_MEMORY ? result : 0;
	if (!slice_equal(parts.application, SLICE("resource-lists")) || slice_is_empty(parts.name))
		return 0;
	if (!parts.is_global && (!document_path_user(references->arena, parts.xui, context->domain, &user) ||
				 !slice_equal(user, context->user)))
		return 0;
	result = find_document(references, user, parts.name, &root, error);
	if (result == 0)
		*node = find_element(references, root, &parts);
	if (references->looks >= LOOKS_MOST) {
		body_complain(error, "The list's references lead past more than %d elements", LOOKS_MOST);
		return ERR_LIMIT;
	}
	return result;
}
