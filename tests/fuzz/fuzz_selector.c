/* Fuzz target: any bytes as a node selector, a query, what is put, and the document, a line each (the document: the
 * rest). What is put can be got, what is deleted is gone, and what is refused leaves the document as it was.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "documents/selector.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 100};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void write_all(const struct document_tree *tree, struct buffer *text)
{
	buffer_init(text, 1 << 20);
	tree_write(tree, text);
	require(!buffer_failed(text));
}

static enum edit_result get(const struct selector *selector, const struct document_tree *tree)
{
	struct buffer text;
	buffer_init(&text, 1 << 20);
	enum edit_result result = selector_get(selector, tree, &text);
	/* An element that is got stands for itself. */
	if (result == EDIT_DONE && selector->kind != SELECTS_ATTRIBUTE) {
		static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 40, .nodes = 1000};
		struct document_tree alone;
		struct body_error error;
		require(tree_read(buffer_slice(&text), &wide, &alone, &error) == 0);
		tree_finish(&alone);
	}
	buffer_finish(&text);
	return result;
}

static void try_edit(const struct selector *selector, struct document_tree *tree, const struct slice *body)
{
	struct edit_outcome outcome;
	struct buffer before, after;
	write_all(tree, &before);
	if (body)
		selector_put(selector, tree, *body, &limits, &outcome);
	else
		selector_delete(selector, tree, &outcome);
	write_all(tree, &after);
	bool is_good = outcome.result == EDIT_DONE || outcome.result == EDIT_MADE;
	require(is_good == (outcome.error.sentence[0] == '\0'));
	require(is_good || slice_equal(buffer_slice(&before), buffer_slice(&after)));
	if (is_good)
		require((get(selector, tree) == EDIT_DONE) == (body != NULL));
	require(outcome.result != EDIT_NO_PARENT || outcome.ancestor_steps <= selector->step_count);
	buffer_finish(&before);
	buffer_finish(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size);
	struct slice text = slice_take(&rest, '\n'), query = slice_take(&rest, '\n'), body = slice_take(&rest, '\n');
	struct arena arena;
	struct selector selector;
	struct document_tree tree;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1 << 24);
	int result = selector_read(&arena, text, query, SLICE("urn:test"), &selector, &error);
	require(result == 0 || error.sentence[0] != '\0');
	if (result == 0 && tree_read(rest, &limits, &tree, &error) == 0) {
		(void)get(&selector, &tree);
		try_edit(&selector, &tree, &body);
		try_edit(&selector, &tree, NULL);
		try_edit(&selector, &tree, &body);
		tree_finish(&tree);
	}
	arena_finish(&arena);
	return 0;
}
