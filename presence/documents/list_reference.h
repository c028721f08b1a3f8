/* What <entry-ref>, <external> and <resource-list> of lists refer to (RFC 4826 §3.1, §4.1): an element of one of the
 * user's own resource-lists documents, or of a global one. Each document is read once. SPDX-License-Identifier: MIT */
#pragma once

#include "base/table.h"
#include "documents/flat_list.h"

#define RESOURCE_LISTS_SPACE "urn:ietf:params:xml:ns:resource-lists"

struct list_references {
	struct arena *arena;
	const struct list_context *context;
	struct table documents; /* those that something has referred to, by name */
	unsigned looks;         /* elements that were looked at; bounded, since references may be many */
};

/* Both are borrowed. ERR_NO_MEMORY. */
MUST_CHECK int list_references_init(struct list_references *references, struct arena *arena,
				    const struct list_context *context);
void list_references_finish(struct list_references *references);

/* `reference` is a path below the XCAP root or the whole URI, escaped as in HTTP. `node` is NULL where it leads
 * nowhere, and where it leads to somebody else's document: nobody sees lists by guessing their names. ERR_LIMIT with a
 * sentence, ERR_NO_MEMORY. */
MUST_CHECK int list_reference_follow(struct list_references *references, struct slice reference,
				     const struct xml_node **node, struct body_error *error);

/* Whether an absolute HTTP URI is at the domain, or at a host below it ("xcap.example.test"). */
bool list_reference_is_of_domain(struct slice uri, struct slice domain);
/* Undoes %XX; a '%' that begins no escape stands for itself. ERR_NO_MEMORY. */
MUST_CHECK int list_unescape(struct arena *arena, struct slice text, struct slice *plain);
