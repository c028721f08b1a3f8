/* Fuzz target: any bytes as a presence document. What is accepted is composed with itself, and written in each format:
 * that must be well-formed, with ids that are unique and no <basic> but open and closed.
 * SPDX-License-Identifier: MIT */
#include "bodies/pidf.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 100};
static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 17, .nodes = 2000};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_good_status(const struct xml_node *tuple)
{
	struct slice pidf = SLICE(PIDF_SPACE);
	const struct xml_node *status = xml_child(tuple, pidf, SLICE("status"));
	require(status);
	for (; status; status = xml_next(status, pidf, SLICE("status"))) {
		const struct xml_node *basic = xml_child(status, pidf, SLICE("basic"));
		for (; basic; basic = xml_next(basic, pidf, SLICE("basic")))
			require(slice_equal(xml_text(basic), SLICE("open")) ||
				slice_equal(xml_text(basic), SLICE("closed")));
	}
}

static void require_unique_ids(const struct xml_node *root)
{
	for (const struct xml_node *one = root->children; one; one = one->next) {
		struct slice id = xml_attribute(one, SLICE("id"));
		for (const struct xml_node *other = one->next; other && !slice_is_empty(id); other = other->next)
			require(!slice_equal(id, xml_attribute(other, SLICE("id"))));
	}
}

static void require_good_pidf(struct arena *arena, struct slice text, const struct presence_state *state)
{
	struct body_error error;
	struct pidf pidf;
	size_t tuples = 0;
	require(pidf_parse(arena, text, &wide, &pidf, &error) == 0);
	require(slice_equal(pidf.entity, SLICE("sip:b&ob@example.test")));
	require_unique_ids(pidf.root);
	for (const struct xml_node *node = pidf.root->children; node; node = node->next) {
		if (!xml_is(node, SLICE(PIDF_SPACE), SLICE("tuple")))
			continue;
		require_good_status(node);
		require(tuples < state->tuple_count);
		require(slice_equal(xml_attribute(node, SLICE("id")), state->tuples[tuples++].id));
	}
	require(tuples == state->tuple_count && tuples > 0);
}

static void require_good_xpidf(struct arena *arena, struct slice text)
{
	const struct xml_node *root;
	struct body_error error;
	/* Our parser takes no document type declaration. */
	const char *begin = memmem(text.at, text.length, "<presence>", strlen("<presence>"));
	require(begin);
	text = slice_from(text, (size_t)(begin - text.at));
	require(xml_parse(arena, text, &wide, &root, &error) == 0);
	require(xml_child(root, SLICE(""), SLICE("atom")));
}

static void write_all(struct arena *arena, const struct presence_state *state)
{
	struct body_target target = {.user = SLICE("b&ob"), .domain = SLICE("example.test")};
	struct buffer buffer;
	struct body_output output = {.buffer = &buffer, .version_at = BODY_NO_VERSION};
	buffer_init(&buffer, wide.bytes);
	pidf_format.write(state, &target, &output);
	if (!buffer_failed(&buffer)) /* what stands in a namespace with a very long name may become too long */
		require_good_pidf(arena, buffer_slice(&buffer), state);
	buffer_clear(&buffer);
	xpidf_format.write(state, &target, &output);
	require(!buffer_failed(&buffer));
	require_good_xpidf(arena, buffer_slice(&buffer));
	buffer_finish(&buffer);
}

static void compose(struct arena *arena, const struct pidf *pidf, unsigned bits)
{
	struct presence_source sources[] = {{.pidf = *pidf, .id = 1}, {.pidf = *pidf, .id = 2}};
	struct presence_facts facts = {.is_registered = bits & 1, .is_in_call = bits & 2, .since_ms = bits & 4 ? 1 : 0};
	struct presence_state state;
	require(presence_compose(arena, sources, 1 + bits % 2, &facts, &state) == 0);
	write_all(arena, &state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pidf pidf;
	struct body_error error = {""};
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX / 2);
	int result = pidf_parse(&arena, slice_of((const char *)data, size), &limits, &pidf, &error);
	if (result == 0) {
		for (unsigned bits = 0; bits < 8; bits++)
			compose(&arena, &pidf, bits);
	} else {
		require(result == ERR_SYNTAX || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
	}
	arena_finish(&arena);
	return 0;
}
