/* Fuzz target: what has changed from one text to another one, which may be no xcap-diff at all; and what a subscription
 * selects by any body, which must be sorted, without duplicates, of nobody else, and the same when it is selected
 * again. The two texts are parted by a line of "---"; the body is the first. SPDX-License-Identifier: MIT */
#include "bodies/xcap_diff.h"

#include "bodies/xml.h"
#include "presence/xcap_selection.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xcap_tree tree = {{"alice", 5}, {"example.test", 12}, {"https://example.test/xcap/", 26}};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void must_tell_changes(struct slice text)
{
	const struct xml_limits limits = {1 << 24, 10, 1 << 24};
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX);
	must(xml_parse(&arena, text, &limits, &root, &error) == 0);
	must(root->children != NULL);
	for (const struct xml_node *document = root->children; document; document = document->next)
		must(!slice_equal(xml_attribute(document, SLICE("previous-etag")),
				  xml_attribute(document, SLICE("new-etag"))));
	arena_finish(&arena);
}

static void try_change(struct slice before, struct slice after)
{
	static const struct body_target target = {{"a", 1}, {"example.test", 12}, 0, {"", 0}};
	struct buffer buffer;
	buffer_init(&buffer, 1 << 24);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	if (xcap_diff_format.write_change(before, after, &target, &output)) {
		must(!slice_equal(before, after));
		must_tell_changes(buffer_slice(&buffer));
	}
	buffer_finish(&buffer);
}

/* The lines of a selection as a body that selects them. '%' of a line is one of a SIP URI, and '?' would end it. */
static void write_body(struct slice selection, struct buffer *body)
{
	buffer_text(body, "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>");
	while (!slice_is_empty(selection)) {
		struct slice line = slice_take(&selection, '\n');
		buffer_text(body, "<entry uri=\"");
		for (size_t i = 0; i < line.length; i++)
			buffer_format(body, "%%%02X", (unsigned)(unsigned char)line.at[i]);
		buffer_text(body, "\"/>");
	}
	buffer_text(body, "</list></resource-lists>");
}

static void must_be_canonical(struct arena *arena, struct slice selection)
{
	struct slice rest = selection, last = SLICE(""), again;
	const char *sentence = NULL;
	struct buffer body;
	while (!slice_is_empty(rest)) {
		struct slice line = slice_take(&rest, '\n'), behind = line;
		must(slice_compare(last, line) < 0);
		last = line;
		(void)slice_take(&behind, '/');
		must(slice_starts_with(behind, SLICE("global/")) ||
		     slice_starts_with(behind, SLICE("users/sip:alice@example.test/")));
	}
	buffer_init(&body, 1 << 24);
	write_body(selection, &body);
	if (body.length < 60000) {
		must(xcap_selection_read(arena, &tree, buffer_slice(&body), &again, &sentence) == 0);
		must(slice_equal(again, selection));
	}
	buffer_finish(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	const char *line = size > 0 ? memmem(data, size, "\n---\n", 5) : NULL;
	const size_t length = line ? (size_t)(line - text.at) : size;
	const struct slice before = slice_of(text.at, length), after = line ? slice_from(text, length + 5) : text;
	struct arena arena;
	struct slice selection;
	const char *sentence = NULL;
	try_change(before, after);
	try_change(after, before);
	try_change(before, before);
	arena_init(&arena, NULL, 1 << 24);
	unsigned status = xcap_selection_read(&arena, &tree, before, &selection, &sentence);
	must((status == 0) == (sentence == NULL));
	if (status == 0)
		must_be_canonical(&arena, selection);
	arena_finish(&arena);
	return 0;
}
