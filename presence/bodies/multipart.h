/* Bodies of several parts (RFC 2046 §5.1, RFC 2387): written for lists, read from SUBSCRIBE. Pure functions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "bodies/body.h"

/* One part begins: "--boundary", Content-Transfer-Encoding: binary, its Content-ID (without <>) and Content-Type. Its
 * bytes follow, and then the next part or the end; line ends between are written here. The buffer is empty before the
 * first part. */
void multipart_part(struct buffer *buffer, struct slice boundary, struct slice content_id, struct slice content_type);
/* The same for clients that look for a part byte by byte: "Content-Id: x", without <>. */
void multipart_part_bare(struct buffer *buffer, struct slice boundary, struct slice content_id,
			 struct slice content_type);
void multipart_end(struct buffer *buffer, struct slice boundary);

struct body_part {
	struct slice content_type; /* with its parameters; text/plain where the part has none */
	struct slice content_id;   /* without <>; empty: none */
	struct slice content_disposition, content_encoding;
	struct slice body;
};
/* The parts of a multipart body, in order, slices into it: at most `most`. `content_type` is the header's value, with
 * the boundary. ERR_SYNTAX (no boundary, no closing one …), ERR_LIMIT: more parts; with a sentence. */
MUST_CHECK int multipart_read(struct slice content_type, struct slice body, struct body_part *parts, size_t most,
			      size_t *count, struct body_error *error);
