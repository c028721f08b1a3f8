/* Where an XCAP document and a node in it are (RFC 4825 §6): the path below the server's XCAP root.
 *
 *   resource-lists/users/sip:alice@example.test/index/~~/resource-lists/list[@name="friends"]
 *   application    tree  XUI                    name     node selector
 *
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"

#include <stdbool.h>

#define DOCUMENT_NAME_BYTES_MOST 255 /* as in storage/schema */

struct document_path {
	struct slice application;
	bool is_global;
	struct slice xui;  /* as written: "sip:alice@example.test", "alice"; empty: global */
	struct slice name; /* of the document, may have folders in it: "index", "work/colleagues"; empty: the folder */
	struct slice selector; /* of a node, without the "~~/" before it; empty: the whole document */
	bool has_selector;
};

/* `path` is what stands behind the root, decoded. ERR_SYNTAX with a sentence: no such form; ERR_NO_MEMORY. Names of "."
 * and "..", empty segments, control bytes and names that are too long are refused. */
MUST_CHECK int document_path_read(struct arena *arena, struct slice path, struct document_path *parts,
				  struct body_error *error);
/* The user that an XUI names, where it is one of `domain`: "sip:alice@example.test", "alice@example.test" and "alice"
 * are alice, in the arena, unescaped. False: it is none. */
MUST_CHECK bool document_path_user(struct arena *arena, struct slice xui, struct slice domain, struct slice *user);

/* Undoes the percent-escapes of a URI, in the arena. ERR_SYNTAX: a broken escape, or what comes out is not UTF-8 or has
 * control bytes; ERR_NO_MEMORY. */
MUST_CHECK int document_unescape(struct arena *arena, struct slice text, struct slice *plain);
