/* Reading XML: libxml2 takes the text apart and tells us through callbacks (SAX2); the small tree is ours, in the
 * arena.
 *
 * What a hostile document could make expensive is refused before it costs anything. A document type declaration never
 * gets to libxml2 (so there are no entities, and nothing to fetch), nor do tags crowded with attributes, each of which
 * it compares with each other; depth and nodes are counted while they come.
 * SPDX-License-Identifier: MIT */
#include "bodies/xml.h"

#include "base/error.h"
#include "bodies/xml_names.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <limits.h>
#include <string.h>

#define ATTRIBUTES_OF_A_TAG_MOST 256

/* Namespace URIs are in the parser's dictionary: the same one has the same address. */
struct known_space {
	struct known_space *next;
	const xmlChar *address;
	struct slice space;
};

struct reader {
	struct arena *arena;
	const struct xml_limits *limits;
	struct body_error *error;
	xmlParserCtxtPtr parser;
	struct xml_node *root, *inside; /* `inside`: the innermost element that is open */
	struct xml_node **place;        /* where the next node belongs */
	struct known_space *spaces;
	/* One block for all names, values and texts: they cannot be longer than the document that they stood in. */
	char *kept, *kept_end;
	char *text; /* up to `kept`: text that has come since the last tag */
	unsigned depth, nodes;
	int result;
};

static void stop(struct reader *reader, int result)
{
	if (reader->result == 0)
		reader->result = result;
	xmlStopParser(reader->parser);
}

static struct slice keep(struct reader *reader, const void *bytes, size_t length)
{
	struct slice kept = slice_of(reader->kept, length);
	if (length > (size_t)(reader->kept_end - reader->kept)) { /* cannot be; see `kept` */
		if (reader->result == 0)
			reader->result = ERR_LIMIT;
		return slice_of(NULL, 0);
	}
	if (length > 0)
		memcpy(reader->kept, bytes, length);
	reader->kept += length;
	return kept;
}

static struct slice keep_name(struct reader *reader, const xmlChar *name)
{
	return keep(reader, name, strlen((const char *)name));
}

static struct slice keep_space(struct reader *reader, const xmlChar *space)
{
	if (!space)
		return slice_of(NULL, 0);
	for (struct known_space *known = reader->spaces; known; known = known->next) {
		if (known->address == space)
			return known->space;
	}
	struct known_space *known = arena_allocate(reader->arena, sizeof(*known));
	if (!known) {
		stop(reader, ERR_NO_MEMORY);
		return slice_of(NULL, 0);
	}
	*known = (struct known_space){.next = reader->spaces, .address = space};
	known->space = keep_name(reader, space);
	reader->spaces = known;
	return known->space;
}

static bool count_nodes(struct reader *reader, size_t count)
{
	if (count <= reader->limits->nodes - reader->nodes) {
		reader->nodes += (unsigned)count;
		return true;
	}
	if (reader->result == 0)
		body_complain(reader->error, "The body has more than %u elements, attributes and texts",
			      reader->limits->nodes);
	stop(reader, ERR_LIMIT);
	return false;
}

/* A new node behind the one before it. NULL: the parser has been stopped. */
static struct xml_node *add_node(struct reader *reader)
{
	if (reader->result != 0 || !count_nodes(reader, 1))
		return NULL;
	struct xml_node *node = arena_allocate(reader->arena, sizeof(*node));
	if (!node) {
		stop(reader, ERR_NO_MEMORY);
		return NULL;
	}
	*node = (struct xml_node){.parent = reader->inside};
	*reader->place = node;
	reader->place = &node->next;
	return node;
}

/* The text since the last tag becomes a node; blanks alone are indentation, and forgotten. */
static void end_text(struct reader *reader)
{
	struct slice text = slice_of(reader->text, (size_t)(reader->kept - reader->text));
	if (slice_is_empty(slice_trim(text))) {
		reader->kept = reader->text;
		return;
	}
	struct xml_node *node = add_node(reader);
	if (node)
		node->text = text;
	reader->text = reader->kept;
}

static void on_text(void *context, const xmlChar *bytes, int length)
{
	struct reader *reader = context;
	if (reader->result == 0 && length > 0)
		(void)keep(reader, bytes, (size_t)length);
}

/* `said` is what SAX2 has of one attribute: local name, prefix, namespace, first byte of the value, end of it. */
static bool add_attribute(struct reader *reader, const xmlChar **said, struct xml_attribute ***place)
{
	if (said[1] && !said[2])
		return true; /* a prefix that nobody declared: two such attributes might be the same one */
	struct xml_attribute *attribute = arena_allocate(reader->arena, sizeof(*attribute));
	if (!attribute) {
		stop(reader, ERR_NO_MEMORY);
		return false;
	}
	*attribute = (struct xml_attribute){.space = keep_space(reader, said[2])};
	if (reader->result != 0)
		return false; /* the parser has been stopped, and with that the text is gone that the value is in */
	attribute->name = keep_name(reader, said[0]);
	attribute->value = keep(reader, said[3], (size_t)(said[4] - said[3]));
	**place = attribute;
	*place = &attribute->next;
	return true;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int space_count,
		     const xmlChar **spaces, int attribute_count, int defaulted_count, const xmlChar **attributes)
{
	struct reader *reader = context;
	(void)prefix;
	(void)spaces;
	(void)defaulted_count;
	end_text(reader);
	if (reader->result == 0 && reader->depth >= reader->limits->depth) {
		body_complain(reader->error, "The body has elements more than %u deep", reader->limits->depth);
		stop(reader, ERR_LIMIT);
	}
	struct xml_node *node = add_node(reader);
	/* Declarations of namespaces leave no node, but cost as much. */
	if (!node || !count_nodes(reader, (size_t)attribute_count + (size_t)space_count))
		return;
	node->name = keep_name(reader, name);
	node->space = keep_space(reader, space);
	if (reader->result != 0)
		return;
	struct xml_attribute **place = &node->attributes;
	for (int i = 0; i < attribute_count; i++) {
		if (!add_attribute(reader, attributes + i * 5, &place))
			return;
	}
	if (!reader->root)
		reader->root = node;
	reader->inside = node;
	reader->place = &node->children;
	reader->depth++;
	reader->text = reader->kept;
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
	struct reader *reader = context;
	(void)name;
	(void)prefix;
	(void)space;
	end_text(reader);
	if (reader->result != 0 || !reader->inside)
		return;
	reader->place = &reader->inside->next;
	reader->inside = reader->inside->parent;
	reader->depth--;
}

/* The sentence goes into a header: printable ASCII, without the line end of libxml2's messages. */
static void complain_of(struct reader *reader, const xmlError *what)
{
	char text[BODY_SENTENCE_SIZE];
	size_t length = 0;
	for (const char *at = what->message; at && *at && *at != '\n' && length < sizeof(text) - 1; at++)
		text[length++] = *at >= ' ' && *at <= '~' ? *at : '?';
	text[length] = '\0';
	body_complain(reader->error, "The XML is broken in line %d: %s", what->line, text);
}

/* Newer versions of libxml2 want the second parameter const: hence the cast where this is used. */
static void on_error(void *context, xmlErrorPtr what)
{
	struct reader *reader = context;
	/* A prefix that nobody declared is borne, as most servers do: what has it, is of no namespace. URIs of
	 * namespaces are only compared, so how they look does not matter. */
	bool is_borne = what->level < XML_ERR_ERROR || what->code == XML_NS_ERR_UNDEFINED_NAMESPACE ||
			what->code == XML_WAR_NS_URI || what->code == XML_WAR_NS_URI_RELATIVE;
	if (reader->result != 0 || is_borne)
		return;
	if (what->code == XML_ERR_NO_MEMORY) {
		reader->result = ERR_NO_MEMORY;
		return;
	}
	/* As xmlStopParser, which must not be called here: it frees the text that the parser is in the middle of. To
	 * read on would cost a sentence for each further error. */
	reader->parser->disableSAX = 1;
	reader->parser->instate = XML_PARSER_EOF;
	reader->result = ERR_SYNTAX;
	complain_of(reader, what);
}

/* A start tag has no '<' in it, so its attributes are all between one '<' and the next. What is counted may also be
 * text, but hardly that often. */
static bool has_crowded_tag(struct slice text)
{
	unsigned count = 0;
	for (size_t i = 0; i + 1 < text.length; i++) {
		if (text.at[i] == '<') {
			count = 0;
		} else if (text.at[i] == '=') {
			size_t next = i + 1;
			while (next + 1 < text.length && memchr(" \t\r\n", text.at[next], 4))
				next++;
			if ((text.at[next] == '"' || text.at[next] == '\'') && ++count > ATTRIBUTES_OF_A_TAG_MOST)
				return true;
			i = next - 1;
		}
	}
	return false;
}

int xml_inspect(struct slice text, const struct xml_limits *limits, struct body_error *error)
{
	static const char doctype[] = "<!DOCTYPE";
	if (text.length > limits->bytes || text.length > INT_MAX / 2) {
		body_complain(error, "The body has %zu bytes, more than the %zu that are accepted", text.length,
			      limits->bytes);
		return ERR_LIMIT;
	}
	/* Other encodings would bring the system's converters, and whatever may be loaded as one, into reach of
	 * strangers; RFC 3863 §4.1 and its kin want UTF-8. A NUL would be the mark of UTF-16. */
	if (!slice_is_utf8(text) || slice_find(text, '\0') < text.length) {
		body_complain(error, "The body is not UTF-8");
		return ERR_SYNTAX;
	}
	if (slice_is_empty(slice_trim(text))) {
		body_complain(error, "The body is empty");
		return ERR_SYNTAX;
	}
	/* Looked for in the bytes: behind an error libxml2 would read the declarations without telling us. That it may
	 * stand in a comment or a CDATA section, where it does no harm, is not worth the risk. */
	if (memmem(text.at, text.length, doctype, sizeof(doctype) - 1)) {
		body_complain(error, "The body has a document type declaration, which is not accepted");
		return ERR_SYNTAX;
	}
	if (has_crowded_tag(text)) {
		body_complain(error, "The body has an element with more than %d attributes", ATTRIBUTES_OF_A_TAG_MOST);
		return ERR_LIMIT;
	}
	return 0;
}

static void run(struct reader *reader)
{
	static const xmlSAXHandler handler = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text, /* the same, or libxml2 guesses which blanks matter */
		.cdataBlock = on_text,
		.serror = (xmlStructuredErrorFunc)on_error,
	};
	*reader->parser->sax = handler;
	reader->parser->userData = reader;
	/* NOENT: values of attributes come with '&' instead of "&#38;"; there are no entities that it could expand.
	 * IGNORE_ENC: it is UTF-8, whatever it claims. Not HUGE: libxml2's own limits hold as well. */
	(void)xmlCtxtUseOptions(reader->parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
	(void)xmlParseDocument(reader->parser);
	if (reader->result == 0 && (!reader->parser->wellFormed || !reader->root)) {
		body_complain(reader->error, "The body is not XML");
		reader->result = ERR_SYNTAX;
	}
}

int xml_parse(struct arena *arena, struct slice text, const struct xml_limits *limits, const struct xml_node **root,
	      struct body_error *error)
{
	struct reader reader = {.arena = arena, .limits = limits, .error = error, .place = &reader.root};
	int result = xml_inspect(text, limits, error);
	if (result != 0)
		return result;
	/* The namespace of "xml:" is the one that need not stand in the document. */
	size_t room = text.length + sizeof(XML_SPACE);
	reader.kept = reader.text = arena_allocate(arena, room);
	if (!reader.kept)
		return ERR_NO_MEMORY;
	reader.kept_end = reader.kept + room;
	reader.parser = xmlCreateMemoryParserCtxt(text.at, (int)text.length);
	if (!reader.parser)
		return ERR_NO_MEMORY;
	run(&reader);
	xmlFreeParserCtxt(reader.parser);
	if (reader.result == 0)
		*root = reader.root;
	return reader.result;
}
