/* The table of application usages, and the order in which a document is judged. SPDX-License-Identifier: MIT */
#include "documents/application.h"

#include "base/error.h"
#include "bodies/identity.h"
#include "bodies/pidf.h"
#include "documents/application_judges.h"

#include <stdarg.h>
#include <stdio.h>

/* The bounds of documents.bytes, documents.depth and documents.nodes. */
const struct xml_limits document_widest_limits = {.bytes = 1024 * 1024, .depth = 64, .nodes = 1000000};
static const struct xml_limits presence_limits = PIDF_LIMITS;

/* For what a judgement has to write down for a moment. */
#define WORK_BYTES ((size_t)1 << 24)

void application_refuse(struct document_verdict *verdict, enum document_fault fault, const char *format, ...)
{
	va_list arguments;
	verdict->fault = fault;
	va_start(arguments, format);
	if (vsnprintf(verdict->error.sentence, sizeof(verdict->error.sentence), format, arguments) < 0)
		verdict->error.sentence[0] = '\0';
	va_end(arguments);
}

/* RFC 4827 §6: presence that a user sets by hand is his own. */
static void judge_presence(const struct document_tree *tree, const struct document_target *target,
			   struct document_verdict *verdict)
{
	struct identity entity;
	struct slice domain;
	struct arena arena;
	xmlChar *value = xmlGetNoNsProp(xmlDocGetRootElement(tree->xml), (const xmlChar *)"entity");
	arena_init(&arena, NULL, WORK_BYTES);
	int result = identity_domain(&arena, target->domain, &domain);
	if (result == 0)
		result = value ? identity_read(&arena, slice_text((const char *)value), &entity) : ERR_NO_MEMORY;
	if (result == ERR_NO_MEMORY)
		verdict->fault = FAULT_NO_MEMORY;
	else if (result != 0 || !slice_equal(entity.user, target->user) || !slice_equal(entity.domain, domain))
		application_refuse(verdict, FAULT_CONSTRAINT, "The entity is not the user whose document this is");
	xmlFree(value);
	arena_finish(&arena);
}

static const struct application applications[] = {
	{
		.id = "xcap-caps", /* RFC 4825 §12 */
		.media_type = "application/xcap-caps+xml",
		.default_space = "urn:ietf:params:xml:ns:xcap-caps",
		.root_space = "urn:ietf:params:xml:ns:xcap-caps",
		.root = "xcap-caps",
		.schema = "xcap-caps",
		.is_read_only = true,
	},
	{
		.id = "resource-lists", /* RFC 4826 §3.4 */
		.media_type = "application/resource-lists+xml",
		.default_space = "urn:ietf:params:xml:ns:resource-lists",
		.root_space = "urn:ietf:params:xml:ns:resource-lists",
		.root = "resource-lists",
		.schema = "resource-lists",
		.judge = judge_resource_lists,
	},
	{
		.id = "rls-services", /* RFC 4826 §4.4 */
		.media_type = "application/rls-services+xml",
		.default_space = "urn:ietf:params:xml:ns:rls-services",
		.root_space = "urn:ietf:params:xml:ns:rls-services",
		.root = "rls-services",
		.schema = "rls-services",
		.names = "index",
		.is_resident = true,
		.judge = judge_rls_services,
	},
	{
		.id = "pres-rules", /* RFC 5025 §9 */
		.media_type = "application/auth-policy+xml",
		.default_space = "urn:ietf:params:xml:ns:pres-rules",
		.root_space = "urn:ietf:params:xml:ns:common-policy",
		.root = "ruleset",
		.schema = "pres-rules",
		.names = "index dialog message-summary reg", /* of presence, and of the packages with rules of their own
							      */
		.is_resident = true,
	},
	{
		.id = "pidf-manipulation", /* RFC 4827 */
		.media_type = "application/pidf+xml",
		.default_space = "urn:ietf:params:xml:ns:pidf",
		.root_space = "urn:ietf:params:xml:ns:pidf",
		.root = "presence",
		.schema = "pidf",
		.limits = &presence_limits,
		.is_resident = true,
		.judge = judge_presence,
	},
};

/* Other names of the same documents, as clients in the field say them. */
static const struct {
	const char *name, *id;
} aliases[] = {{"org.openmobilealliance.pres-rules", "pres-rules"}};

/* Namespaces that stand in documents beside the default ones of the applications. */
static const char *const more_spaces[] = {
	"urn:ietf:params:xml:ns:common-policy",
	"urn:ietf:params:xml:ns:pidf:data-model",
	"urn:ietf:params:xml:ns:pidf:rpid",
};

const struct application *application_at(size_t index)
{
	return index < ARRAY_SIZE(applications) ? &applications[index] : NULL;
}

const struct application *application_find(struct slice id)
{
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (slice_equal(id, slice_text(aliases[i].name)))
			id = slice_text(aliases[i].id);
	}
	for (size_t i = 0; i < ARRAY_SIZE(applications); i++) {
		if (slice_equal(id, slice_text(applications[i].id)))
			return &applications[i];
	}
	return NULL;
}

/* Nobody reads documents of other names: whoever has written rules into one would believe that they hold. */
static bool has_faulty_name(const struct application *application, const struct document_target *target,
			    struct document_verdict *verdict)
{
	struct slice rest = slice_text(application->names ? application->names : "");
	bool is_known = !application->names;
	while (!is_known && !slice_is_empty(rest))
		is_known = slice_equal(slice_take(&rest, ' '), target->name);
	if (!is_known)
		application_refuse(verdict, FAULT_CONSTRAINT,
				   "Documents of %s are heeded only where they are named: %s", application->id,
				   application->names);
	return !is_known;
}

/* Bytes that are UTF-8 may say that they are something else, and a client that fetches them might believe that. */
static bool claims_utf8(struct slice text)
{
	static const char word[] = "encoding";
	if (slice_starts_with(text, SLICE("\xef\xbb\xbf"))) /* the byte order mark */
		text = slice_from(text, 3);
	if (!slice_starts_with(text, SLICE("<?xml")))
		return true;
	struct slice declaration = slice_of(text.at, slice_find(text, '>'));
	const char *at = memmem(declaration.at, declaration.length, word, sizeof(word) - 1);
	if (!at)
		return true;
	struct slice rest = slice_from(declaration, (size_t)(at - declaration.at) + sizeof(word) - 1);
	rest = slice_trim(rest);
	if (slice_is_empty(rest) || rest.at[0] != '=')
		return true; /* not well-formed, which is found out later */
	rest = slice_trim(slice_from(rest, 1));
	if (slice_is_empty(rest) || (rest.at[0] != '"' && rest.at[0] != '\''))
		return true;
	char quote = rest.at[0];
	rest = slice_from(rest, 1);
	struct slice name = slice_take(&rest, quote);
	return slice_equal_nocase(name, SLICE("UTF-8")) || slice_equal_nocase(name, SLICE("US-ASCII"));
}

static struct xml_limits limits_of(const struct application *application, const struct document_target *target)
{
	struct xml_limits limits = *target->limits;
	const struct xml_limits *own = application->limits;
	if (own && own->bytes < limits.bytes)
		limits.bytes = own->bytes;
	if (own && own->depth < limits.depth)
		limits.depth = own->depth;
	if (own && own->nodes < limits.nodes)
		limits.nodes = own->nodes;
	return limits;
}

static bool has_faulty_text(struct slice text, const struct xml_limits *limits, struct document_tree *tree,
			    struct document_verdict *verdict)
{
	if (!slice_is_utf8(text) || !claims_utf8(text)) {
		application_refuse(verdict, FAULT_NOT_UTF8, "The document is not UTF-8, or says that it is not");
		return true;
	}
	switch (tree_read(text, limits, tree, &verdict->error)) {
	case 0:
		return false;
	case ERR_LIMIT:
		verdict->fault = FAULT_TOO_LARGE;
		return true;
	case ERR_SYNTAX:
		verdict->fault = FAULT_NOT_WELL_FORMED;
		return true;
	default:
		verdict->fault = FAULT_NO_MEMORY;
		return true;
	}
}

/* Schemas say what elements look like, but any of their global ones may be a root for them. */
static void check_root(const struct application *application, const struct document_tree *tree,
		       struct document_verdict *verdict)
{
	const xmlNode *root = xmlDocGetRootElement(tree->xml);
	if (!root->ns || !xmlStrEqual(root->ns->href, (const xmlChar *)application->root_space) ||
	    !xmlStrEqual(root->name, (const xmlChar *)application->root))
		application_refuse(verdict, FAULT_SCHEMA, "Line %ld is not valid: the root is not <%s> of %s",
				   xmlGetLineNo(root), application->root, application->root_space);
}

static void check_schema(const char *schema, const struct document_tree *tree, const struct document_target *target,
			 struct document_verdict *verdict)
{
	struct schemas *own = target->schemas ? NULL : schemas_create();
	struct schemas *schemas = target->schemas ? target->schemas : own;
	int result = schemas ? schema_check(schemas, schema, tree, &verdict->error) : ERR_NO_MEMORY;
	if (result != 0)
		verdict->fault = result == ERR_SYNTAX ? FAULT_SCHEMA : FAULT_NO_MEMORY;
	schemas_destroy(own);
}

void application_judge(const struct application *application, struct slice text, const struct document_target *target,
		       struct document_verdict *verdict)
{
	struct document_tree tree;
	struct xml_limits limits = limits_of(application, target);
	*verdict = (struct document_verdict){.fault = FAULT_NONE};
	if (has_faulty_name(application, target, verdict) || has_faulty_text(text, &limits, &tree, verdict))
		return;
	check_root(application, &tree, verdict);
	if (verdict->fault == FAULT_NONE && application->schema)
		check_schema(application->schema, &tree, target, verdict);
	if (verdict->fault == FAULT_NONE && application->judge)
		application->judge(&tree, target, verdict);
	tree_finish(&tree);
}

static void write_item(struct buffer *buffer, const char *name, const char *text)
{
	buffer_format(buffer, "<%s>", name);
	xml_write_text(buffer, slice_text(text));
	buffer_format(buffer, "</%s>", name);
}

void application_write_capabilities(struct buffer *buffer)
{
	buffer_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			    "<xcap-caps xmlns=\"urn:ietf:params:xml:ns:xcap-caps\"><auids>");
	for (size_t i = 0; i < ARRAY_SIZE(applications); i++)
		write_item(buffer, "auid", applications[i].id);
	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++)
		write_item(buffer, "auid", aliases[i].name);
	/* None: namespaces and the selectors of RFC 4825 are all there is. */
	buffer_text(buffer, "</auids><extensions/><namespaces>");
	for (size_t i = 0; i < ARRAY_SIZE(applications); i++)
		write_item(buffer, "namespace", applications[i].default_space);
	for (size_t i = 0; i < ARRAY_SIZE(more_spaces); i++)
		write_item(buffer, "namespace", more_spaces[i]);
	buffer_text(buffer, "</namespaces></xcap-caps>\n");
}
