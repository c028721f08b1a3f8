/* XML as a small tree in an arena, and back. Of the bodies' files only xml.c includes libxml2.
 *
 * Nothing is fetched and nothing is expanded: a document type declaration is refused, so there are no entities but the
 * five predefined ones and character references. Depth, number of nodes and bytes are bounded.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "bodies/body.h"

#include <stdbool.h>

struct xml_limits {
	size_t bytes;
	unsigned depth, nodes; /* elements and texts; attributes count as nodes */
};

struct xml_attribute {
	struct xml_attribute *next;
	struct slice space, name, value; /* namespace URI (empty: none), local name, UTF-8 without escapes */
};

/* An element, or a text between elements (then `name` is empty and `text` has it). All slices are in the arena. */
struct xml_node {
	struct xml_node *parent, *next, *children;
	struct xml_attribute *attributes;
	struct slice space, name; /* namespace URI, local name */
	struct slice text;
};

/* What is refused without a parser, by xml_parse and whoever else hands text to libxml2: too many bytes, not UTF-8, a
 * document type declaration, tags crowded with attributes. ERR_LIMIT, ERR_SYNTAX; with a sentence. */
MUST_CHECK int xml_inspect(struct slice text, const struct xml_limits *limits, struct body_error *error);

/* Texts of blanks alone, comments and processing instructions leave no node; a prefix that was not declared is no
 * namespace. The text must be UTF-8, whatever encoding it claims.
 * ERR_SYNTAX: not well-formed, or with a document type declaration; ERR_LIMIT: beyond a limit; `error` has the sentence
 * with the line. ERR_NO_MEMORY. */
MUST_CHECK int xml_parse(struct arena *arena, struct slice text, const struct xml_limits *limits,
			 const struct xml_node **root, struct body_error *error);

bool xml_is(const struct xml_node *node, struct slice space, struct slice name);
/* The first child element of that name, or NULL; the next sibling of that name. */
const struct xml_node *xml_child(const struct xml_node *node, struct slice space, struct slice name);
const struct xml_node *xml_next(const struct xml_node *node, struct slice space, struct slice name);
/* Empty where absent; `name` is an attribute without a namespace. */
struct slice xml_attribute(const struct xml_node *node, struct slice name);
/* The text directly inside an element, trimmed; empty where there is none (of several pieces the first that is not
 * blank). NULL is accepted. */
struct slice xml_text(const struct xml_node *node);
/* Do both say the same? The order of attributes does not matter. */
bool xml_equal(const struct xml_node *a, const struct xml_node *b);

/* Namespaces that the document's root declares, with their prefixes ("" is the default namespace); what stands in
 * another one is written with declarations of its own. */
struct xml_prefix {
	const char *prefix, *space;
};
/* Those declarations, for the root's start tag. */
void xml_write_declarations(struct buffer *buffer, const struct xml_prefix *prefixes, size_t count);
/* The node with all that is in it. Recursive: as deep as the limits that it was parsed with allow. */
void xml_write_node(struct buffer *buffer, const struct xml_node *node, const struct xml_prefix *prefixes,
		    size_t count);
/* The same for the root of a document, whose namespace is one of them: its start tag has the declarations. */
void xml_write_root(struct buffer *buffer, const struct xml_node *root, const struct xml_prefix *prefixes,
		    size_t count);
/* Escaped; bytes that may not stand in XML 1.0 or are no UTF-8 become '?'. */
void xml_write_text(struct buffer *buffer, struct slice text);
/* The same for what stands between the quotes of an attribute. */
void xml_write_value(struct buffer *buffer, struct slice value);
/* ` name="value"`, escaped. */
void xml_write_attribute(struct buffer *buffer, const char *name, struct slice value);
/* What body_write_entity writes, escaped: '&' may stand in a URI, but not in XML. For values and texts. */
void xml_write_entity(struct buffer *buffer, const struct body_target *target);
