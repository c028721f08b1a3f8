/* What the writers of presence documents share: PIDF itself, and its partial form. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/pidf.h"
#include "bodies/xml_prefixes.h"

#define PIDF_DIFF_SPACE "urn:ietf:params:xml:ns:pidf-diff" /* p: RFC 5262 */

/* What a root may declare; the default first, then that of partial presence. */
#define PIDF_PREFIXES_COUNT 7
extern const struct xml_prefix pidf_prefixes[PIDF_PREFIXES_COUNT];

/* The root of a document with the whole state. */
struct pidf_root {
	const char *name;    /* "presence", "p:pidf-full" */
	bool is_partial;     /* of the namespace of partial presence, and with a version */
	const char *between; /* what stands between its children: "\n" or nothing */
};

/* The start tag, with what stands before it; a version is left out as body_output says. */
void pidf_write_start(const struct pidf_root *root, const struct xml_prefixes *prefixes,
		      const struct body_target *target, struct body_output *output);
/* The whole document. */
void pidf_write(const struct presence_state *state, const struct pidf_root *root, const struct body_target *target,
		struct body_output *output);
