/* Fuzz target: what has changed from one text to another one, which may be no watcher information at all. What is told
 * must be a partial document with a hole for its version. The two are parted by a line of "---".
 * SPDX-License-Identifier: MIT */
#include "bodies/watcher_info.h"

#include "bodies/xml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void must_be_partial(const struct body_output *output)
{
	const struct xml_limits limits = {1 << 24, 10, 1 << 24};
	const struct slice text = buffer_slice(output->buffer);
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX);
	must(xml_parse(&arena, text, &limits, &root, &error) == 0);
	must(slice_equal(xml_attribute(root, SLICE("state")), SLICE("partial")));
	must(root->children && root->children->children);
	must(output->version_at < text.length && text.at[output->version_at] == '"' &&
	     text.at[output->version_at - 1] == '"');
	arena_finish(&arena);
}

static void try_change(struct slice before, struct slice after)
{
	static const struct body_target target = {{"a", 1}, {"example.test", 12}, 0, {"", 0}};
	struct buffer buffer;
	buffer_init(&buffer, 1 << 24);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	if (watcher_info_format.write_change(before, after, &target, &output))
		must_be_partial(&output);
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	const char *line = size > 0 ? memmem(data, size, "\n---\n", 5) : NULL;
	const size_t length = line ? (size_t)(line - text.at) : size;
	const struct slice before = slice_of(text.at, length), after = line ? slice_from(text, length + 5) : text;
	try_change(before, after);
	try_change(after, before);
	try_change(before, before);
	return 0;
}
