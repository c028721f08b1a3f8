/* Fuzz target: filters, and two documents, with NULs between them. What is accepted is applied: what is left is
 * well-formed, and no more than there was; and it is asked whether the change from one to the other is told.
 * SPDX-License-Identifier: MIT */
#include "bodies/filter.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 300};
static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 17, .nodes = 3000};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static size_t count(const struct xml_node *node)
{
	size_t nodes = 1;
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		nodes++;
	for (const struct xml_node *child = node->children; child; child = child->next)
		nodes += count(child);
	return nodes;
}

/* 0: it is no XML, or beyond the limits. */
static size_t count_of(struct slice document)
{
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	size_t nodes = xml_parse(&arena, document, &wide, &root, &error) == 0 ? count(root) : 0;
	arena_finish(&arena);
	return nodes;
}

static void apply(struct slice filters, const struct filter_question *question, struct slice document)
{
	struct buffer filtered;
	size_t version_at = BODY_NO_VERSION;
	size_t nodes = count_of(document);
	buffer_init(&filtered, wide.bytes);
	int result = filter_apply(filters, question, document, &filtered, &version_at);
	require(result == 0 || result == ERR_SYNTAX || result == ERR_LIMIT);
	if (result == 0 && nodes > 0)
		require(count_of(buffer_slice(&filtered)) <= nodes && count_of(buffer_slice(&filtered)) > 0);
	buffer_finish(&filtered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filter_question question = {
		.package = SLICE("presence"), .user = SLICE("bob"), .domain = SLICE("example.test"), .limits = &limits};
	struct body_error error = {""};
	struct slice rest = slice_of((const char *)data, size), filters = slice_take(&rest, '\0');
	struct slice before = slice_take(&rest, '\0');
	int result = filter_check(filters, &limits, &error);
	if (result != 0) {
		require(result == ERR_SYNTAX || result == ERR_UNSUPPORTED || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
		return 0;
	}
	apply(filters, &question, before);
	(void)filter_is_triggered(filters, &question, before, rest);
	require(filter_is_triggered(filters, &question, SLICE(""), rest));
	return 0;
}
