/* What has changed in XCAP documents (RFC 5874), for the xcap-diff package (RFC 5875). SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/body.h"

struct xcap_diff_document {
	struct slice selector; /* below the root: "resource-lists/users/sip:alice@example.test/index", not escaped */
	struct slice etag;     /* without quotes */
};

struct xcap_diff {
	struct slice root;                          /* "https://example.test/xcap/" */
	const struct xcap_diff_document *documents; /* sorted by selector */
	size_t count;
};

/* application/xcap-diff+xml of a struct xcap_diff. The whole: each document with its new-etag. A change: previous-etag
 * and new-etag where they differ, previous-etag alone of documents that are gone, new-etag alone of new ones. */
extern const struct body_format xcap_diff_format;
