/* Documents as libxml2's trees: read within limits, written as they were. SPDX-License-Identifier: MIT */
#include "documents/tree.h"

#include "base/error.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlsave.h>
#include <limits.h>

/* Behind a parser's `_private` while it reads. libxml2's own functions build the tree; ours count before they do. */
struct tree_reader {
	const struct xml_limits *limits;
	struct body_error *error;
	unsigned depth, nodes;
	int result;
};

static struct tree_reader *reader_of(void *context)
{
	xmlParserCtxtPtr parser = context;
	return parser->_private;
}

static void stop(void *context, int result)
{
	struct tree_reader *reader = reader_of(context);
	if (reader->result == 0)
		reader->result = result;
	xmlStopParser(context);
}

static bool count_nodes(void *context, size_t count)
{
	struct tree_reader *reader = reader_of(context);
	if (reader->result != 0)
		return false;
	if (count <= reader->limits->nodes - reader->nodes) {
		reader->nodes += (unsigned)count;
		return true;
	}
	body_complain(reader->error, "The document has more than %u elements, attributes and texts",
		      reader->limits->nodes);
	stop(context, ERR_LIMIT);
	return false;
}

bool tree_can_write_space(const char *space)
{
	for (const char *at = space; *at; at++) {
		if (*at == '<' || *at == '&' || (unsigned char)*at < ' ')
			return false;
	}
	return true;
}

/* `spaces`: a prefix and a namespace in turn. */
static bool can_write_spaces(void *context, int count, const xmlChar **spaces)
{
	struct tree_reader *reader = reader_of(context);
	for (int i = 0; i < count; i++) {
		if (spaces[i * 2 + 1] && !tree_can_write_space((const char *)spaces[i * 2 + 1])) {
			body_complain(reader->error, "In line %d stands a namespace with '<', '&' or a line end in it",
				      xmlSAX2GetLineNumber(context));
			stop(context, ERR_SYNTAX);
			return false;
		}
	}
	return true;
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space, int space_count,
		     const xmlChar **spaces, int attribute_count, int defaulted_count, const xmlChar **attributes)
{
	struct tree_reader *reader = reader_of(context);
	if (reader->result == 0 && reader->depth >= reader->limits->depth) {
		body_complain(reader->error, "The document has elements more than %u deep", reader->limits->depth);
		stop(context, ERR_LIMIT);
	}
	if (!count_nodes(context, 1 + (size_t)attribute_count + (size_t)space_count) ||
	    !can_write_spaces(context, space_count, spaces))
		return;
	reader->depth++;
	xmlSAX2StartElementNs(context, name, prefix, space, space_count, spaces, attribute_count, defaulted_count,
			      attributes);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *space)
{
	struct tree_reader *reader = reader_of(context);
	if (reader->result != 0)
		return;
	reader->depth--;
	xmlSAX2EndElementNs(context, name, prefix, space);
}

/* A text comes in pieces; libxml2 puts them together. */
static void on_text(void *context, const xmlChar *bytes, int length)
{
	xmlParserCtxtPtr parser = context;
	bool is_more = parser->node && parser->node->last && parser->node->last->type == XML_TEXT_NODE;
	if (count_nodes(context, is_more ? 0 : 1))
		xmlSAX2Characters(context, bytes, length);
}

static void on_cdata(void *context, const xmlChar *bytes, int length)
{
	if (count_nodes(context, 1))
		xmlSAX2CDataBlock(context, bytes, length);
}

static void on_comment(void *context, const xmlChar *text)
{
	if (count_nodes(context, 1))
		xmlSAX2Comment(context, text);
}

static void on_instruction(void *context, const xmlChar *target, const xmlChar *data)
{
	if (count_nodes(context, 1))
		xmlSAX2ProcessingInstruction(context, target, data);
}

/* Newer versions of libxml2 want the second parameter const: hence the cast where this is used. */
static void on_error(void *context, xmlErrorPtr what)
{
	xmlParserCtxtPtr parser = context;
	struct tree_reader *reader = reader_of(context);
	/* URIs of namespaces are only compared, so how they look does not matter. */
	bool is_borne =
		what->level < XML_ERR_ERROR || what->code == XML_WAR_NS_URI || what->code == XML_WAR_NS_URI_RELATIVE;
	if (reader->result != 0 || is_borne)
		return;
	/* As xmlStopParser, which must not be called here (bodies/xml.c). */
	parser->disableSAX = 1;
	parser->instate = XML_PARSER_EOF;
	reader->result = what->code == XML_ERR_NO_MEMORY ? ERR_NO_MEMORY : ERR_SYNTAX;
	char text[BODY_SENTENCE_SIZE];
	tree_words(what->message, text);
	body_complain(reader->error, "The XML is broken in line %d: %s", what->line, text);
}

void tree_words(const char *message, char words[static BODY_SENTENCE_SIZE])
{
	size_t length = 0;
	for (const char *at = message; at && *at && *at != '\n' && length < BODY_SENTENCE_SIZE - 1; at++)
		words[length++] = *at >= ' ' && *at <= '~' ? *at : '?';
	words[length] = '\0';
}

static void run(xmlParserCtxtPtr parser, struct tree_reader *reader)
{
	xmlSAXHandler *handler = parser->sax;
	parser->_private = reader;
	/* NOENT: there are no entities that it could expand; values come with '&' instead of "&#38;". IGNORE_ENC: it is
	 * UTF-8, whatever it claims. BIG_LINES: xmlGetLineNo knows lines above 65535. NODICT: nodes own their names, so
	 * that they can move from one document into another. Not HUGE: libxml2's own limits hold as well. */
	(void)xmlCtxtUseOptions(parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_IGNORE_ENC | XML_PARSE_BIG_LINES |
						XML_PARSE_NODICT);
	handler->startElementNs = on_start;
	handler->endElementNs = on_end;
	handler->characters = handler->ignorableWhitespace = on_text;
	handler->cdataBlock = on_cdata;
	handler->comment = on_comment;
	handler->processingInstruction = on_instruction;
	handler->serror = (xmlStructuredErrorFunc)on_error;
	(void)xmlParseDocument(parser);
	if (reader->result == 0 && (!parser->wellFormed || !parser->myDoc || !xmlDocGetRootElement(parser->myDoc))) {
		body_complain(reader->error, "The document is not XML");
		reader->result = ERR_SYNTAX;
	}
}

int tree_read(struct slice text, const struct xml_limits *limits, struct document_tree *tree, struct body_error *error)
{
	struct tree_reader reader = {.limits = limits, .error = error};
	int result = xml_inspect(text, limits, error);
	if (result != 0)
		return result;
	xmlParserCtxtPtr parser = xmlCreateMemoryParserCtxt(text.at, (int)text.length);
	if (!parser)
		return ERR_NO_MEMORY;
	run(parser, &reader);
	if (reader.result == 0)
		*tree = (struct document_tree){.xml = parser->myDoc};
	else
		xmlFreeDoc(parser->myDoc);
	xmlFreeParserCtxt(parser);
	return reader.result;
}

void tree_finish(struct document_tree *tree)
{
	xmlFreeDoc(tree->xml);
	tree->xml = NULL;
}

/* The buffer remembers its failure; libxml2 would write of it to standard error. */
static int append(void *context, const char *bytes, int length)
{
	struct buffer *buffer = context;
	buffer_append(buffer, slice_of(bytes, (size_t)length));
	return length;
}

/* `node` NULL: the whole document. */
static void save(const struct document_tree *tree, xmlNodePtr node, int options, struct buffer *buffer)
{
	xmlSaveCtxtPtr writer = xmlSaveToIO(append, NULL, buffer, "UTF-8", options | XML_SAVE_AS_XML);
	if (!writer) {
		buffer->failed = true;
		return;
	}
	long written = node ? xmlSaveTree(writer, node) : xmlSaveDoc(writer, tree->xml);
	if (xmlSaveClose(writer) < 0 || written < 0)
		buffer->failed = true;
}

void tree_write(const struct document_tree *tree, struct buffer *buffer)
{
	/* libxml2's way to remember that there was no XML declaration. */
	bool has_declaration = tree->xml->standalone != -1;
	save(tree, NULL, has_declaration ? 0 : XML_SAVE_NO_DECL, buffer);
}

void tree_write_node(const struct document_tree *tree, xmlNodePtr node, struct buffer *buffer)
{
	save(tree, node, XML_SAVE_NO_DECL, buffer);
}
