/* The expressions of filters (RFC 4661 §5): a part of XPath that names elements and attributes of a document.
 *
 *   /pidf:presence/pidf:tuple[pidf:status/pidf:basic="open" and @id="a"]//rpid:busy
 *
 * Steps by name, `*`, `/` and `//`; at the end an attribute; conditions on children's texts, attributes and their
 * being there, joined by `and` and `or`. No functions, no positions, no other axes.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

#include <stdint.h>

#define FILTER_STEPS_MOST 16 /* of one expression */

/* A prefix of <ns-bindings>. */
struct filter_binding {
	const struct filter_binding *next;
	struct slice prefix, space;
};

/* How much there may still be in the expressions of one document of filters: it bounds what applying it costs. */
struct filter_budget {
	unsigned paths, conditions;
};

struct filter_name {
	struct slice space, name;
	bool is_any_space, is_any_name;
	bool is_bare; /* without a prefix: of an element, the namespace of the document; of an attribute, none */
};

struct filter_condition;

struct filter_step {
	struct filter_name name;
	bool is_below;                            /* behind "//": any depth */
	const struct filter_condition *condition; /* NULL: none */
};

struct filter_path {
	struct filter_step *steps;
	size_t count;
	bool has_attribute, is_attribute_below; /* ".../@name", "...//@name" */
	struct filter_name attribute;
};

enum filter_condition_kind {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_EXISTS,
	CONDITION_EQUAL,
	CONDITION_NOT_EQUAL,
	CONDITION_LESS,
	CONDITION_LESS_OR_EQUAL,
	CONDITION_GREATER,
	CONDITION_GREATER_OR_EQUAL
};

struct filter_condition {
	enum filter_condition_kind kind;
	const struct filter_condition *left, *right; /* AND, OR */
	struct filter_path path; /* of what is compared, from the element on; without conditions and without "//" */
	struct slice value;
	double number;
	bool is_number; /* the value is not quoted */
};

/* `path` and all that is in it live in the arena and point into `text`. ERR_SYNTAX: not of that form, or a prefix that
 * is not bound; ERR_LIMIT: too long, or beyond the budget; with a sentence. ERR_NO_MEMORY. */
MUST_CHECK int filter_path_read(struct arena *arena, struct slice text, const struct filter_binding *bindings,
				struct filter_budget *budget, struct filter_path *path, struct body_error *error);
/* A decimal number without an exponent, maybe negative; false: it is none. */
MUST_CHECK bool filter_number(struct slice text, double *number);

/* A document, flat: its elements in the order of the document, so that each is behind its parent. */
struct filter_document {
	const struct xml_node **nodes;
	uint32_t *parents;  /* of the root: 0, itself */
	uint32_t *ends;     /* the element behind all that are in it */
	uint32_t *ordinals; /* among siblings of the same name, side by side */
	size_t count;
	struct slice space;     /* that a bare name means */
	uint32_t *hits, *reach; /* scratch of filter_path_select */
};

/* Reads what was written here, not by anybody else: the limits are wide. ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int filter_document_read(struct arena *arena, struct slice text, struct filter_document *document);
/* Says of each element whether it, or its attribute, is selected. */
void filter_path_select(const struct filter_path *path, struct filter_document *document, bool *selected);
/* Is the attribute of the element one that the name means? */
bool filter_names_attribute(const struct filter_name *name, const struct xml_attribute *attribute);
