/* Conference state (RFC 4575): read from publications, composed into one, written. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

/* One published document: a <conference-info> with an entity. */
struct conference_info {
	struct slice entity;
	bool is_partial, is_deleted; /* state= of the root */
	const struct xml_node *root;
};

/* ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY, with a sentence. */
MUST_CHECK int conference_info_parse(struct arena *arena, struct slice body, const struct xml_limits *limits,
				     struct conference_info *info, struct body_error *error);
/* What a whole (`kept`, that may be deleted) becomes by a partial document (RFC 4575 §4.6: elements with state full,
 * partial or deleted, and their keys), or by a full one, which replaces it. No element of what comes out is partial or
 * deleted; `merged` may be one of the others. ERR_NO_MEMORY. */
MUST_CHECK int conference_info_merge(struct arena *arena, const struct conference_info *kept,
				     const struct conference_info *change, struct conference_info *merged);
void conference_info_write_full(struct buffer *buffer, const struct conference_info *info);

/* application/conference-info+xml of a struct conference_info (the newest publication's; an entity alone where there is
 * none: `root` is NULL). */
extern const struct body_format conference_info_format;
