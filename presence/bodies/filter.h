/* Filters that a watcher sends in his SUBSCRIBE (RFC 4660, RFC 4661): which elements of a document he wants to see, and
 * which changes are worth a NOTIFY. The document of filters is kept as it came, and read each time that a body is
 * written; bodies are shared by all who have the same one. Pure functions. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/xml.h"

#define FILTER_MEDIA_TYPE "application/simple-filter+xml"

/* For what a filter is asked. */
struct filter_question {
	struct slice package;      /* "presence" */
	struct slice user, domain; /* of the resource: filters may name it by `uri` or `domain` */
	const struct xml_limits *limits;
};

/* Can the document be used? Bounds how many filters and how many steps an expression has. What is of a package that has
 * no XML, or of an expression that is not supported (see filter_path.h), cannot. 0; with a sentence: ERR_SYNTAX (what
 * is wrong), ERR_UNSUPPORTED (it is right, and yet cannot be done), ERR_LIMIT; ERR_NO_MEMORY. */
MUST_CHECK int filter_check(struct slice filters, const struct xml_limits *limits, struct body_error *error);
/* What `change`, of a later SUBSCRIBE in the dialog, makes of the filters `before` (RFC 4660 §5.2): a filter of an id
 * that is there takes the other's place, or ends it (remove="true"); the others stay. Both have been checked; what
 * comes out, appended to `merged`, has not: it may be beyond the limits. ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int filter_merge(struct slice before, struct slice change, const struct xml_limits *limits,
			    struct buffer *merged);
/* `document` (a whole XML body; the digits of its version may be left out: version="") without what is filtered out,
 * appended to `filtered`. What the schema of the document needs stays (RFC 4660 §5.3). Where no filter is for this
 * resource, the document as it is. `version_at`: where the digits belong, on entry in `document`, on return in
 * `filtered`; BODY_NO_VERSION: nowhere. ERR_SYNTAX, ERR_UNSUPPORTED, ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int filter_apply(struct slice filters, const struct filter_question *question, struct slice document,
			    struct buffer *filtered, size_t *version_at);
/* True where a trigger is for this resource: then it alone says what is worth a NOTIFY. */
bool filter_has_trigger(struct slice filters, const struct filter_question *question);
/* True where the change from one document (unfiltered) to the next is worth a NOTIFY: no trigger is for this resource,
 * or one of them fires (RFC 4661 §3.6, RFC 4660 §5.4), or it cannot be looked at. An empty `before`: nothing was told
 * yet. */
bool filter_is_triggered(struct slice filters, const struct filter_question *question, struct slice before,
			 struct slice after);
