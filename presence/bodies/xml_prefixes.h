/* Which namespaces a document declares at its root: of those that have a usual prefix the ones that occur, and others
 * whose prefix is made up. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

#include <stdint.h>

#define XML_PREFIXES_MOST 32

/* Made by xml_prefixes_init; may be copied, and `used` set back to what it was. */
struct xml_prefixes {
	struct xml_prefix known[XML_PREFIXES_MOST]; /* what nodes are written with */
	size_t count;
	uint32_t used; /* bit i: known[i] occurs, and must be declared */
};

/* `known` (at most XML_PREFIXES_MOST) and its strings are borrowed; of these the first `always` are declared in any
 * case. */
void xml_prefixes_init(struct xml_prefixes *prefixes, const struct xml_prefix *known, size_t count, size_t always);
/* Notes what occurs in the node and all that is in it. Namespaces that are not known are left alone: xml_write_node
 * declares them where they stand. */
void xml_prefixes_use(struct xml_prefixes *prefixes, const struct xml_node *node);
/* The prefix of a namespace for a name in a path, which then is in use: "" for the default namespace, "x1", "x2" … for
 * those not known, in the arena. NULL: it is no namespace, or there is no more room (memory). */
const char *xml_prefixes_name(struct xml_prefixes *prefixes, struct arena *arena, struct slice space);
/* The ones in use, for the root's start tag. Returns how many. */
size_t xml_prefixes_used(const struct xml_prefixes *prefixes, struct xml_prefix used[XML_PREFIXES_MOST]);
