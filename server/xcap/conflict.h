/* The bodies of a 409, application/xcap-error+xml (RFC 4825 §11): an element for what is wrong, and a phrase that tells
 * a person. Pure. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#define CONFLICT_MEDIA_TYPE "application/xcap-error+xml"

enum conflict {
	CONFLICT_NO_PARENT,
	CONFLICT_SCHEMA,
	CONFLICT_NOT_FRAGMENT,
	CONFLICT_NOT_ATTRIBUTE,
	CONFLICT_CANNOT_INSERT,
	CONFLICT_CANNOT_DELETE,
	CONFLICT_UNIQUENESS,
	CONFLICT_CONSTRAINT,
	CONFLICT_NOT_WELL_FORMED,
	CONFLICT_NOT_UTF8,
	CONFLICT_LIMIT /* an extension of ours: a limit of the user's, not of the request's */
};

struct conflict_details {
	enum conflict conflict;
	struct slice phrase;
	struct slice ancestor; /* no-parent: the URI of the nearest node that there is; empty: none */
	struct slice field;    /* uniqueness-failure: an XPath of what is not unique, from the root element */
};

void conflict_write(struct buffer *buffer, const struct conflict_details *details);
