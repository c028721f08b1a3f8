/* Application usages (RFC 4825 §5): what each kind of document is, and what makes one good.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/buffer.h"
#include "bodies/body.h"
#include "documents/schema.h"
#include "documents/tree.h"

#include <stdbool.h>

/* Reads other documents while one is judged or resolved. Slices are good until the documents change. */
struct document_reader {
	void *arg;
	/* The text of a document of `user` (empty: global); false: there is none, or it is not this user's to read. */
	bool (*find)(void *arg, struct slice user, struct slice application, struct slice name, struct slice *body);
	/* True where another user's document claims the service URI already (RFC 4826 §4.4.5). NULL: none can. */
	bool (*is_taken)(void *arg, struct slice user, struct slice service_uri);
};

/* Why a document is refused: one of the elements of RFC 4825 §11.2, and a sentence. */
enum document_fault {
	FAULT_NONE,
	FAULT_NOT_UTF8,
	FAULT_NOT_WELL_FORMED,
	FAULT_SCHEMA,     /* schema-validation-error; the sentence names the line */
	FAULT_UNIQUENESS, /* uniqueness-failure: `field` is an XPath of the field */
	FAULT_CONSTRAINT, /* constraint-failure */
	FAULT_TOO_LARGE,  /* 413: bytes, nodes, entries or depth; the sentence names the limit */
	FAULT_NO_MEMORY
};
struct document_verdict {
	enum document_fault fault;
	struct body_error error;
	char field[128];
};

struct document_target {
	struct slice user, domain; /* whose document; an empty user: global */
	struct slice name;
	const struct document_reader *reader;
	const struct xml_limits *limits;
	struct schemas *schemas; /* NULL: the one schema that is needed is compiled, and forgotten */
};

struct application {
	const char *id;            /* "resource-lists" */
	const char *media_type;    /* "application/resource-lists+xml" */
	const char *default_space; /* of selectors */
	const char *root_space;    /* of the root, and its name: with pres-rules it is not the default one */
	const char *root;
	const char *schema;              /* name of the schema it is validated against; NULL: none */
	const char *names;               /* the only ones that its documents may have, with blanks between; NULL: any */
	const struct xml_limits *limits; /* that hold as well, where less can be used of it; NULL: none */
	bool is_resident;  /* every user's is read at the start, because others depend on it (rules, services,
			      presence set by hand) */
	bool is_read_only; /* made by the server: xcap-caps */
	/* What a schema cannot say (data constraints, §5.4). NULL: nothing. */
	void (*judge)(const struct document_tree *tree, const struct document_target *target,
		      struct document_verdict *verdict);
};

/* The most that the configuration may allow of any document. Whoever reads one that was judged takes these: it may have
 * been judged by other limits than those of today. */
extern const struct xml_limits document_widest_limits;

/* xcap-caps, resource-lists, rls-services, pres-rules, pidf-manipulation (with its IMS and OMA names where clients in
 * the field use them: "org.openmobilealliance.pres-rules" is pres-rules). NULL: not known. */
const struct application *application_find(struct slice id);
/* In the table's order; NULL behind the last. */
const struct application *application_at(size_t index);

/* Everything that makes a document good: UTF-8, well-formed, schema, constraints. */
void application_judge(const struct application *application, struct slice text, const struct document_target *target,
		       struct document_verdict *verdict);
/* The xcap-caps document (§12): applications, extensions, namespaces. */
void application_write_capabilities(struct buffer *buffer);
