/* Writing partial presence (RFC 5262). SPDX-License-Identifier: MIT */
#include "bodies/pidf_diff.h"

#include "bodies/pidf_write.h"
#include "bodies/xml_diff.h"

/* What is compared was written here, of many documents that were each within the limits for what comes from outside;
 * what is beyond these is told whole. */
static const struct xml_limits limits = {.bytes = 1 << 20, .depth = 64, .nodes = 50000};

#define MEMORY_MOST (32u << 20)

/* Without line ends between the elements: whether a watcher's parser keeps or drops them, he has the same tree as we
 * have, and no operation need say what becomes of them (RFC 5261 §4.5). */
static void write_full(const void *state, const struct body_target *target, struct body_output *output)
{
	static const struct pidf_root root = {.name = "p:pidf-full", .is_partial = true, .between = ""};
	pidf_write(state, &root, target, output);
}

static bool parse(struct arena *arena, struct slice document, const struct xml_node **root)
{
	struct body_error error;
	return xml_parse(arena, document, &limits, root, &error) == 0 &&
	       xml_is(*root, SLICE(PIDF_DIFF_SPACE), SLICE("pidf-full"));
}

static void write_diff(struct slice operations, const struct xml_prefixes *prefixes, const struct body_target *target,
		       struct body_output *output)
{
	static const struct pidf_root root = {.name = "p:pidf-diff", .is_partial = true, .between = "\n"};
	pidf_write_start(&root, prefixes, target, output);
	buffer_append(output->buffer, operations);
	buffer_text(output->buffer, "</p:pidf-diff>\n");
}

static bool write_change(struct slice before, struct slice after, const struct body_target *target,
			 struct body_output *output)
{
	const struct xml_node *was, *is;
	struct xml_prefixes prefixes;
	struct buffer operations;
	struct arena arena;
	size_t begin = output->buffer->length;
	arena_init(&arena, NULL, MEMORY_MOST);
	buffer_init(&operations, 2 * limits.bytes);
	xml_prefixes_init(&prefixes, pidf_prefixes, ARRAY_SIZE(pidf_prefixes), 2);
	bool is_told = parse(&arena, before, &was) && parse(&arena, after, &is) &&
		       xml_diff(&arena, was, is, "p", after.length, &prefixes, &operations);
	if (is_told)
		write_diff(buffer_slice(&operations), &prefixes, target, output);
	buffer_finish(&operations);
	arena_finish(&arena);
	if (is_told && !buffer_failed(output->buffer) && output->buffer->length - begin < after.length)
		return true;
	output->buffer->length = begin;
	output->version_at = BODY_NO_VERSION;
	return false;
}

/* RFC 5263 §5 counts from 1, and each body by one more. */
const struct body_format pidf_diff_format = {
	.media_type = "application/pidf-diff+xml",
	.write = write_full,
	.write_change = write_change,
	.first_version = 1,
};
