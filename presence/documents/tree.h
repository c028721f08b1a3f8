/* An XML document that is edited node by node and keeps everything else as it was: white space, comments, prefixes, the
 * order of attributes (RFC 4825 §7, §8). It stands on libxml2's tree; files of this layer may use that.
 *
 * Nothing is fetched and nothing is expanded; a document type declaration is refused. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "bodies/xml.h"

#include <libxml/tree.h>

struct document_tree {
	xmlDocPtr xml;
};

/* Parses with the limits of xml_parse. ERR_SYNTAX: not well-formed or not UTF-8; ERR_LIMIT; ERR_NO_MEMORY; with a
 * sentence that names the line. */
MUST_CHECK int tree_read(struct slice text, const struct xml_limits *limits, struct document_tree *tree,
			 struct body_error *error);
void tree_finish(struct document_tree *tree);
/* The document as UTF-8 text; what was not edited is as it came. */
void tree_write(const struct document_tree *tree, struct buffer *buffer);
/* One node of it, with all that is in it; namespaces declared further out are not declared again. */
void tree_write_node(const struct document_tree *tree, xmlNodePtr node, struct buffer *buffer);

/* libxml2 writes namespaces without escaping them: what would have to be escaped cannot stand in a document. */
bool tree_can_write_space(const char *space);
/* A message of libxml2 as it can stand in a sentence: one line of printable ASCII. NULL is accepted. */
void tree_words(const char *message, char words[static BODY_SENTENCE_SIZE]);
