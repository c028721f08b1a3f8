/* Documents held against XML schemas, by libxml2. SPDX-License-Identifier: MIT */
#include "documents/schema.h"

#include "base/error.h"
#include "documents/schema_texts.h"

#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>
#include <stdlib.h>

struct schemas {
	xmlSchemaPtr *compiled; /* as many as there are texts; NULL: not yet needed */
};

struct schemas *schemas_create(void)
{
	struct schemas *schemas = calloc(1, sizeof(*schemas));
	if (schemas)
		schemas->compiled = calloc(schema_text_count, sizeof(xmlSchemaPtr));
	if (schemas && !schemas->compiled) {
		free(schemas);
		return NULL;
	}
	return schemas;
}

void schemas_destroy(struct schemas *schemas)
{
	if (!schemas)
		return;
	for (unsigned i = 0; i < schema_text_count; i++)
		xmlSchemaFree(schemas->compiled[i]);
	free(schemas->compiled);
	free(schemas);
}

/* The place of the schema of that name, with an ending or without; the count of them where there is none. */
static unsigned find_text(const char *name)
{
	struct slice wanted = slice_text(name);
	if (slice_ends_with(wanted, SLICE(".xsd")))
		wanted.length -= sizeof(".xsd") - 1;
	unsigned i = 0;
	while (i < schema_text_count && !slice_equal(slice_text(schema_texts[i].name), wanted))
		i++;
	return i;
}

/* What one schema imports is another one of ours; there are neither files nor a network. */
static xmlParserInputPtr load_import(const char *name, const char *id, xmlParserCtxtPtr parser)
{
	(void)id;
	unsigned i = name ? find_text(name) : schema_text_count;
	return i < schema_text_count ? xmlNewStringInputStream(parser, (const xmlChar *)schema_texts[i].text) : NULL;
}

static void on_compile_error(void *arg, xmlErrorPtr what)
{
	struct body_error *error = arg;
	char words[BODY_SENTENCE_SIZE];
	if (error->sentence[0] != '\0')
		return;
	tree_words(what->message, words);
	body_complain(error, "The schema is wrong in line %d: %s", what->line, words);
}

static xmlSchemaPtr compile(const struct schema_text *text, struct body_error *error)
{
	/* libxml2 asks for imports through a function without an argument, one for the whole process. Ours is there
	 * only while a schema is compiled. */
	xmlExternalEntityLoader usual = xmlGetExternalEntityLoader();
	xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(text->text, (int)strlen(text->text));
	if (!parser)
		return NULL;
	xmlSchemaSetParserStructuredErrors(parser, (xmlStructuredErrorFunc)on_compile_error, error);
	xmlSetExternalEntityLoader(load_import);
	xmlSchemaPtr schema = xmlSchemaParse(parser);
	xmlSetExternalEntityLoader(usual);
	xmlSchemaFreeParserCtxt(parser);
	return schema;
}

/* libxml2 writes names as "{namespace}name": the local part says enough, in a sentence that has not much room. */
static void leave_spaces_out(char *words)
{
	char *to = words;
	for (const char *from = words; *from; from++) {
		const char *end = *from == '{' ? strchr(from, '}') : NULL;
		if (end)
			from = end;
		else
			*to++ = *from;
	}
	*to = '\0';
}

static void on_error(void *arg, xmlErrorPtr what)
{
	struct body_error *error = arg;
	if (error->sentence[0] != '\0' || !what->message)
		return;
	char *copy = strdup(what->message);
	char words[BODY_SENTENCE_SIZE];
	if (!copy)
		return;
	leave_spaces_out(copy);
	tree_words(copy, words);
	free(copy);
	size_t length = strlen(words);
	if (length > 0 && words[length - 1] == '.')
		words[length - 1] = '\0';
	/* The error's own number ends at 65535. */
	long line = what->node ? xmlGetLineNo((xmlNodePtr)what->node) : what->line;
	body_complain(error, "Line %ld is not valid: %s", line, words);
}

static int validate(xmlSchemaPtr schema, const struct document_tree *tree, struct body_error *error)
{
	xmlSchemaValidCtxtPtr validator = xmlSchemaNewValidCtxt(schema);
	if (!validator)
		return ERR_NO_MEMORY;
	error->sentence[0] = '\0';
	xmlSchemaSetValidStructuredErrors(validator, (xmlStructuredErrorFunc)on_error, error);
	int result = xmlSchemaValidateDoc(validator, tree->xml);
	xmlSchemaFreeValidCtxt(validator);
	if (result > 0 && error->sentence[0] == '\0')
		body_complain(error, "The document does not follow its schema");
	return result == 0 ? 0 : result > 0 ? ERR_SYNTAX : ERR_NO_MEMORY;
}

int schema_check(struct schemas *schemas, const char *name, const struct document_tree *tree, struct body_error *error)
{
	unsigned i = find_text(name);
	if (i == schema_text_count)
		return ERR_NOT_FOUND;
	error->sentence[0] = '\0';
	/* That all of them can be compiled is tested: what fails here is memory. */
	if (!schemas->compiled[i])
		schemas->compiled[i] = compile(&schema_texts[i], error);
	return schemas->compiled[i] ? validate(schemas->compiled[i], tree, error) : ERR_NO_MEMORY;
}

int schema_check_text(struct schemas *schemas, const char *name, struct slice text, struct body_error *error)
{
	static const struct xml_limits limits = {.bytes = 1 << 24, .depth = 250, .nodes = 1 << 20};
	struct document_tree tree;
	int result = tree_read(text, &limits, &tree, error);
	if (result != 0)
		return result;
	result = schema_check(schemas, name, &tree, error);
	tree_finish(&tree);
	return result;
}
