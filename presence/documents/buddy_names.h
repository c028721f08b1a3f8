/* How buddies and groups are told apart; for buddies.c and buddies_edit.c only. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"

/* The same for all URIs that mean one person, another one for all others; in the arena, or `uri` itself. ERR_NO_MEMORY.
 */
MUST_CHECK int buddy_key(struct arena *arena, struct slice uri, struct slice *key);
/* What a list of that name (empty: none) is called within the one called `parent` (empty: none); in the arena, or one
 * of the two. ERR_NO_MEMORY. */
MUST_CHECK int buddy_group_path(struct arena *arena, struct slice parent, struct slice name, struct slice *path);
/* How long that is. */
size_t buddy_group_path_bytes(size_t parent, size_t name);

/* Each list within another one repeats the other's name, so a small document can have huge paths: those of all its
 * lists together have at most so many bytes. */
enum { BUDDY_PATHS_BYTES_MOST = 2 << 20 };
/* ERR_LIMIT, with the sentence. */
int buddy_group_complain(struct body_error *error);
