/* For tests of documents and selectors: what each of them needs before it begins. SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "documents/selector.h"
#include "test.h"

/* Everything that one selector is tried on; declared with CLEANUP(document_world_finish). */
struct document_world {
	struct arena arena;
	struct document_tree tree;
	struct selector selector;
	struct body_error error;
	struct buffer text; /* what was got, or the document as it is now */
};

static const struct xml_limits world_limits = {.bytes = 65536, .depth = 16, .nodes = 2000};

static inline void document_world_finish(struct document_world *world)
{
	if (world->tree.xml)
		tree_finish(&world->tree);
	arena_finish(&world->arena);
	buffer_finish(&world->text);
}

/* What selector_read and tree_read said. */
static inline int document_world_open(struct document_world *world, const char *document, const char *selector,
				      const char *query)
{
	*world = (struct document_world){.tree = {.xml = NULL}};
	arena_init(&world->arena, NULL, 1 << 20);
	buffer_init(&world->text, 1 << 20);
	int result = tree_read(slice_text(document), &world_limits, &world->tree, &world->error);
	return result != 0 ? result
			   : selector_read(&world->arena, slice_text(selector), slice_text(query), SLICE("urn:test"),
					   &world->selector, &world->error);
}

/* The document as it is now, in `text`. */
static inline struct slice document_world_write(struct document_world *world)
{
	buffer_clear(&world->text);
	tree_write(&world->tree, &world->text);
	/* libxml2 ends each document with a line end. */
	return slice_trim(buffer_slice(&world->text));
}
