/* Fuzz target: two documents, with a NUL between them. What is told of the change is shorter than the whole, is applied
 * to the first without a fault, and gives the second. SPDX-License-Identifier: MIT */
#include "bodies/pidf_diff.h"

#include "../unit/xml_patch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 200};

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* As it would be written here: without blanks between elements, and other things that are not compared. */
static bool rewrite(struct slice document, struct buffer *written)
{
	static const struct xml_prefix prefixes[] = {{"p", "urn:ietf:params:xml:ns:pidf-diff"},
						     {"", PIDF_SPACE},
						     {"dm", DATA_MODEL_SPACE},
						     {"rpid", RPID_SPACE}};
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	buffer_init(written, 1 << 20);
	bool good = xml_parse(&arena, document, &limits, &root, &error) == 0 &&
		    xml_is(root, slice_text(prefixes[0].space), SLICE("pidf-full"));
	if (good)
		xml_write_root(written, root, prefixes, ARRAY_SIZE(prefixes));
	arena_finish(&arena);
	return good && !buffer_failed(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct body_target target = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	struct slice rest = slice_of((const char *)data, size), first = slice_take(&rest, '\0');
	struct buffer before, after, change;
	struct body_output output = {.buffer = &change, .version_at = BODY_NO_VERSION};
	buffer_init(&change, 1 << 20);
	bool good = rewrite(first, &before);
	good = rewrite(rest, &after) && good;
	if (good && pidf_diff_format.write_change(buffer_slice(&before), buffer_slice(&after), &target, &output)) {
		require(change.length < after.length);
		require(change.data[output.version_at - 1] == '"' && change.data[output.version_at] == '"');
		/* The version of a whole is not compared, but the one of the root of ours is left out. */
		require(memmem(before.data, before.length, "version=", 8) ||
			memmem(after.data, after.length, "version=", 8) ||
			xml_patch_makes(buffer_slice(&before), buffer_slice(&change), buffer_slice(&after)));
	}
	buffer_finish(&before);
	buffer_finish(&after);
	buffer_finish(&change);
	return 0;
}
