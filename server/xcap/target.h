/* What a request is about: an application, a tree, a document, maybe a node in it (RFC 4825 §6).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "documents/application.h"
#include "documents/path.h"
#include "documents/selector.h"
#include "transport/http.h"

#include <stdbool.h>

/* Below which path documents are served. */
#define XCAP_ROOT "/xcap/"

struct target {
	const struct application *application;
	struct document_path path;
	struct slice user;        /* whose document; empty: global */
	struct selector selector; /* where path.has_selector */
};

/* `path` is decoded and whole, `query` is not decoded; all goes into the arena. 0, or a status with a sentence: 404 for
 * what there is not (RFC 4825 §8), 400 for a node selector that cannot be read, 503 without memory. */
MUST_CHECK unsigned target_read(struct arena *arena, struct slice path, struct slice query, struct slice domain,
				struct target *target, struct body_error *error);
/* Where the path is as libwebsockets has left it (transport/http.h): why it may be another one than its sender wrote.
 * NULL: it is not. */
const char *target_doubt(const struct target *target);
/* The methods that may be used on it, for Allow. */
const char *target_allowed(const struct target *target);
/* True where the server makes the document itself. */
bool target_is_made(const struct target *target);
/* The URI of the nearest node above that there is: `steps` of the selector, or, without the document, the folder. */
void target_write_ancestor(const struct target *target, const struct http_request *request, bool has_document,
			   size_t steps, struct buffer *buffer);
