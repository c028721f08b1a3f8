/* What must hold in documents of lists and of list services, beyond their schemas: what is unique, and where references
 * may lead (RFC 4826 §3.4.5, §4.4.5). SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/identity.h"
#include "documents/application_judges.h"
#include "documents/list_reference.h"
#include "documents/path.h"

#include <stdlib.h>

#define LISTS_SPACE "urn:ietf:params:xml:ns:resource-lists"
#define SERVICES_SPACE "urn:ietf:params:xml:ns:rls-services"
#define WORK_BYTES ((size_t)1 << 24)
#define SERVICES_OF_A_USER_MOST 100 /* each takes a name of the domain */

struct judgement {
	const struct document_tree *tree;
	const struct document_target *target;
	struct arena arena;
	struct document_verdict *verdict;
};

static bool is_named(xmlNodePtr node, const char *space, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns && xmlStrEqual(node->ns->href, (const xmlChar *)space) &&
	       xmlStrEqual(node->name, (const xmlChar *)name);
}

/* In the tree; empty where it is absent. */
static struct slice attribute_of(xmlNodePtr node, const char *name)
{
	xmlAttrPtr attribute = xmlHasProp(node, (const xmlChar *)name);
	while (attribute && (attribute->ns || !xmlStrEqual(attribute->name, (const xmlChar *)name)))
		attribute = attribute->next;
	return attribute && attribute->children ? slice_text((const char *)attribute->children->content)
						: slice_of(NULL, 0);
}

static bool is_good(const struct judgement *judgement)
{
	return judgement->verdict->fault == FAULT_NONE;
}

static void run_out_of_memory(struct judgement *judgement)
{
	judgement->verdict->fault = FAULT_NO_MEMORY;
}

/* --- uniqueness ------------------------------------------------------------------------------------------------- */

static unsigned position_of(xmlNodePtr node)
{
	unsigned position = 1;
	for (xmlNodePtr before = node->prev; before; before = before->prev) {
		bool is_same = before->type == XML_ELEMENT_NODE && xmlStrEqual(before->name, node->name) &&
			       before->ns && node->ns && xmlStrEqual(before->ns->href, node->ns->href);
		position += is_same ? 1 : 0;
	}
	return position;
}

static void write_steps(struct buffer *path, xmlNodePtr node)
{
	if (node->parent->type == XML_ELEMENT_NODE) {
		write_steps(path, node->parent);
		buffer_format(path, "/%s[%u]", (const char *)node->name, position_of(node));
	} else {
		buffer_text(path, (const char *)node->name);
	}
}

/* RFC 4825 §11.2: where the field is, as a selector. Empty where that is too long. */
static void refuse_double(struct judgement *judgement, xmlNodePtr node, const char *attribute)
{
	struct document_verdict *verdict = judgement->verdict;
	struct buffer path;
	buffer_init(&path, sizeof(verdict->field) - 1);
	write_steps(&path, node);
	buffer_format(&path, "/@%s", attribute);
	if (!buffer_failed(&path)) {
		memcpy(verdict->field, path.data, path.length);
		verdict->field[path.length] = '\0';
	}
	buffer_finish(&path);
	application_refuse(verdict, FAULT_UNIQUENESS, "The %s of this <%s> in line %ld stands in another one already",
			   attribute, (const char *)node->name, xmlGetLineNo(node));
}

struct field {
	struct slice value;
	xmlNodePtr node;
	size_t place; /* in the document's order */
};

static int compare_fields(const void *a, const void *b)
{
	const struct field *x = a, *y = b;
	int order = slice_compare(x->value, y->value);
	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* Among many the first in the document is named that repeats an earlier one. */
static const struct field *find_double(struct field *fields, size_t count)
{
	const struct field *found = NULL;
	qsort(fields, count, sizeof(*fields), compare_fields);
	for (size_t i = 1; i < count; i++) {
		bool is_double = slice_equal(fields[i].value, fields[i - 1].value);
		if (is_double && (!found || fields[i].place < found->place))
			found = &fields[i];
	}
	return found;
}

/* What is compared, of a node that has the attribute; may fail by the verdict. */
typedef struct slice field_value_fn(struct judgement *judgement, struct slice text);

static struct slice as_it_is(struct judgement *judgement, struct slice text)
{
	(void)judgement;
	return text;
}

/* The attribute must be unique among the parent's children of that name. */
static void check_unique(struct judgement *judgement, xmlNodePtr parent, const char *space, const char *name,
			 const char *attribute, field_value_fn *value_of)
{
	size_t most = 0, count = 0;
	for (xmlNodePtr node = parent->children; node; node = node->next)
		most += is_named(node, space, name) ? 1 : 0;
	if (most < 2 || !is_good(judgement))
		return;
	struct field *fields = calloc(most, sizeof(*fields));
	if (!fields) {
		run_out_of_memory(judgement);
		return;
	}
	for (xmlNodePtr node = parent->children; node; node = node->next) {
		if (!is_named(node, space, name) || !xmlHasProp(node, (const xmlChar *)attribute))
			continue;
		fields[count] = (struct field){.node = node, .place = count};
		fields[count++].value = value_of(judgement, attribute_of(node, attribute));
	}
	const struct field *found = find_double(fields, count);
	if (found && is_good(judgement))
		refuse_double(judgement, found->node, attribute);
	free(fields);
}

/* --- resource-lists -------------------------------------------------------------------------------------------- */

/* "http:" or "https:" with a host. */
static bool is_absolute_http(struct slice uri)
{
	static const char *const starts[] = {"http://", "https://"};
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct slice start = slice_text(starts[i]);
		if (uri.length > start.length && slice_equal_nocase(slice_of(uri.at, start.length), start))
			return uri.at[start.length] != '/';
	}
	return false;
}

/* RFC 3986 §4.2: neither a scheme nor a leading '/'. A colon may stand behind the first '/'. */
static bool is_relative_path(struct slice reference)
{
	struct slice rest = reference, first = slice_take(&rest, '/');
	return !slice_is_empty(first) && slice_find(first, ':') == first.length;
}

static void check_references(struct judgement *judgement, xmlNodePtr list)
{
	for (xmlNodePtr node = list->children; node && is_good(judgement); node = node->next) {
		if (is_named(node, LISTS_SPACE, "entry-ref") && !is_relative_path(attribute_of(node, "ref")))
			application_refuse(judgement->verdict, FAULT_CONSTRAINT,
					   "The ref in line %ld is not a path relative to the XCAP root",
					   xmlGetLineNo(node));
		if (is_named(node, LISTS_SPACE, "external") && xmlHasProp(node, (const xmlChar *)"anchor") &&
		    !is_absolute_http(attribute_of(node, "anchor")))
			application_refuse(judgement->verdict, FAULT_CONSTRAINT,
					   "The anchor in line %ld is not an absolute HTTP URI", xmlGetLineNo(node));
	}
}

/* RFC 4826 §3.4.5, for one <list>, <resource-lists> or service's <list>. As deep as the limits allow. */
static void check_list(struct judgement *judgement, xmlNodePtr list)
{
	static const struct {
		const char *name, *attribute;
	} unique[] = {{"list", "name"}, {"entry", "uri"}, {"entry-ref", "ref"}, {"external", "anchor"}};
	for (size_t i = 0; i < ARRAY_SIZE(unique) && is_good(judgement); i++)
		check_unique(judgement, list, LISTS_SPACE, unique[i].name, unique[i].attribute, as_it_is);
	check_references(judgement, list);
	for (xmlNodePtr node = list->children; node && is_good(judgement); node = node->next) {
		if (is_named(node, LISTS_SPACE, "list"))
			check_list(judgement, node);
	}
}

void judge_resource_lists(const struct document_tree *tree, const struct document_target *target,
			  struct document_verdict *verdict)
{
	struct judgement judgement = {.tree = tree, .target = target, .verdict = verdict};
	check_list(&judgement, xmlDocGetRootElement(tree->xml));
}

/* --- rls-services ---------------------------------------------------------------------------------------------- */

/* "user@domain"; empty where it is no SIP URI of a user. */
static struct slice service_name(struct judgement *judgement, struct slice uri)
{
	struct identity identity;
	struct slice none = slice_of(NULL, 0);
	bool is_sip = (uri.length > 4 && slice_equal_nocase(slice_of(uri.at, 4), SLICE("sip:"))) ||
		      (uri.length > 5 && slice_equal_nocase(slice_of(uri.at, 5), SLICE("sips:")));
	int result = is_sip ? identity_read(&judgement->arena, uri, &identity) : ERR_SYNTAX;
	char *name = result == 0 ? arena_allocate(&judgement->arena, identity.user.length + identity.domain.length + 1)
				 : NULL;
	if (result == ERR_NO_MEMORY || (result == 0 && !name))
		run_out_of_memory(judgement);
	if (!name)
		return none;
	memcpy(name, identity.user.at, identity.user.length);
	name[identity.user.length] = '@';
	memcpy(name + identity.user.length + 1, identity.domain.at, identity.domain.length);
	return slice_of(name, identity.user.length + 1 + identity.domain.length);
}

static void check_service_uri(struct judgement *judgement, xmlNodePtr service)
{
	const struct document_reader *reader = judgement->target->reader;
	struct slice uri = attribute_of(service, "uri");
	if (slice_is_empty(service_name(judgement, uri))) {
		if (is_good(judgement))
			application_refuse(judgement->verdict, FAULT_CONSTRAINT,
					   "The service's uri in line %ld is not a SIP URI with a user",
					   xmlGetLineNo(service));
	} else if (reader && reader->is_taken && reader->is_taken(reader->arg, judgement->target->user, uri)) {
		/* Of which user is not said: lists of others are nobody's business. */
		refuse_double(judgement, service, "uri");
		application_refuse(judgement->verdict, FAULT_UNIQUENESS,
				   "The service's uri in line %ld is another one's already", xmlGetLineNo(service));
	}
}

/* The part of a reference that is below the XCAP root, unescaped; our own root is not known here, but where this
 * application begins in a path of it is. */
static int find_list_path(struct judgement *judgement, struct slice reference, struct slice *path)
{
	static const struct slice start = {"/resource-lists/", sizeof("/resource-lists/") - 1};
	struct slice rest = reference;
	if (is_absolute_http(reference)) {
		const char *at = memmem(reference.at, reference.length, start.at, start.length);
		if (!at || !list_reference_is_of_domain(reference, judgement->target->domain))
			return ERR_SYNTAX;
		rest = slice_from(reference, (size_t)(at + 1 - reference.at));
	}
	rest.length = slice_find(rest, '?');
	return slice_starts_with(rest, slice_from(start, 1)) ? document_unescape(&judgement->arena, rest, path)
							     : ERR_SYNTAX;
}

/* RFC 4826 §4.4.5, §4.4.7: whoever watches the service gets to see the list, so that it must be the owner's own, or
 * everybody's. */
static void check_target(struct judgement *judgement, xmlNodePtr node)
{
	struct document_path parts;
	struct body_error error;
	struct slice path, user;
	xmlChar *text = xmlNodeGetContent(node);
	int result =
		text ? find_list_path(judgement, slice_trim(slice_text((const char *)text)), &path) : ERR_NO_MEMORY;
	if (result == 0)
		result = document_path_read(&judgement->arena, path, &parts, &error);
	xmlFree(text);
	bool is_own = result == 0 && !parts.is_global &&
		      document_path_user(&judgement->arena, parts.xui, judgement->target->domain, &user) &&
		      slice_equal(user, judgement->target->user);
	if (result == ERR_NO_MEMORY)
		run_out_of_memory(judgement);
	else if (result != 0 || slice_is_empty(parts.name))
		application_refuse(judgement->verdict, FAULT_CONSTRAINT,
				   "The resource-list in line %ld is not the URI of a resource list",
				   xmlGetLineNo(node));
	else if (!parts.is_global && !is_own)
		application_refuse(judgement->verdict, FAULT_CONSTRAINT,
				   "The resource-list in line %ld is somebody else's", xmlGetLineNo(node));
}

static void check_service(struct judgement *judgement, xmlNodePtr service)
{
	check_service_uri(judgement, service);
	for (xmlNodePtr node = service->children; node && is_good(judgement); node = node->next) {
		if (is_named(node, SERVICES_SPACE, "resource-list"))
			check_target(judgement, node);
		else if (is_named(node, SERVICES_SPACE, "list"))
			check_list(judgement, node);
	}
}

/* Global services are the administrator's, who may have as many as he likes. */
static void check_count(struct judgement *judgement, xmlNodePtr root)
{
	unsigned count = 0;
	for (xmlNodePtr node = root->children; node; node = node->next)
		count += is_named(node, SERVICES_SPACE, "service") ? 1 : 0;
	if (!slice_is_empty(judgement->target->user) && count > SERVICES_OF_A_USER_MOST)
		application_refuse(judgement->verdict, FAULT_CONSTRAINT,
				   "There are %u services; a user may have at most %d", count, SERVICES_OF_A_USER_MOST);
}

void judge_rls_services(const struct document_tree *tree, const struct document_target *target,
			struct document_verdict *verdict)
{
	struct judgement judgement = {.tree = tree, .target = target, .verdict = verdict};
	xmlNodePtr root = xmlDocGetRootElement(tree->xml);
	arena_init(&judgement.arena, NULL, WORK_BYTES);
	check_count(&judgement, root);
	for (xmlNodePtr node = root->children; node && is_good(&judgement); node = node->next) {
		if (is_named(node, SERVICES_SPACE, "service"))
			check_service(&judgement, node);
	}
	if (is_good(&judgement))
		check_unique(&judgement, root, SERVICES_SPACE, "service", "uri", service_name);
	arena_finish(&judgement.arena);
}
