/* What has changed in XCAP documents (RFC 5874): which documents there are, and how they have changed, by their
 * entity-tags; what is in them is for the client to fetch. SPDX-License-Identifier: MIT */
#include "bodies/xcap_diff.h"

#include "bodies/xml_index.h"

#include <ctype.h>

#define XCAP_DIFF_SPACE "urn:ietf:params:xml:ns:xcap-diff"

/* --- the whole -------------------------------------------------------------------------------------------------- */

/* RFC 3986 §3.3: what a path may have as it is; '/' parts its segments. */
static bool may_stand_in_path(char byte)
{
	return isalnum((unsigned char)byte) || (byte != '\0' && strchr("-._~!$&'()*+,;=:@/", byte));
}

/* `sel` is a reference to be resolved at the root, so it is escaped as URIs are; XML's escapes come on top. */
static void write_selector(struct buffer *buffer, struct slice selector)
{
	buffer_text(buffer, " sel=\"");
	for (size_t i = 0; i < selector.length; i++) {
		if (may_stand_in_path(selector.at[i]))
			xml_write_text(buffer, slice_of(selector.at + i, 1));
		else
			buffer_format(buffer, "%%%02X", (unsigned)(unsigned char)selector.at[i]);
	}
	buffer_byte(buffer, '"');
}

static void write_head(struct buffer *buffer, struct slice root)
{
	buffer_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-diff xmlns=\"" XCAP_DIFF_SPACE "\"");
	xml_write_attribute(buffer, "xcap-root", root);
	buffer_text(buffer, ">\r\n");
}

static const char tail[] = "</xcap-diff>\r\n";

/* RFC 5874 §3: a document that is told of first has a new-etag alone. */
static void write_whole(const void *state, const struct body_target *target, struct body_output *output)
{
	const struct xcap_diff *diff = state;
	struct buffer *buffer = output->buffer;
	(void)target;
	write_head(buffer, diff->root);
	for (size_t i = 0; i < diff->count; i++) {
		buffer_text(buffer, "<document");
		write_selector(buffer, diff->documents[i].selector);
		xml_write_attribute(buffer, "new-etag", diff->documents[i].etag);
		buffer_text(buffer, "/>\r\n");
	}
	buffer_text(buffer, tail);
}

/* --- the change ------------------------------------------------------------------------------------------------- */

/* A whole body, read. */
struct whole {
	struct slice root;
	struct xml_index documents; /* by selector, as written */
};

static struct slice selector_of(const struct xml_node *document)
{
	return xml_attribute(document, SLICE("sel"));
}

static bool read_whole(struct arena *arena, struct slice text, struct whole *whole)
{
	const struct xml_limits limits = {.bytes = text.length, .depth = 3, .nodes = UINT32_MAX};
	const struct xml_node *root;
	struct body_error error;
	if (xml_parse(arena, text, &limits, &root, &error) != 0 ||
	    !xml_is(root, SLICE(XCAP_DIFF_SPACE), SLICE("xcap-diff")))
		return false;
	whole->root = xml_attribute(root, SLICE("xcap-root"));
	return xml_index_children(arena, root, selector_of, &whole->documents) == 0;
}

static struct slice etag_of(const struct xml_node *document)
{
	return xml_attribute(document, SLICE("new-etag"));
}

/* An empty tag: it was, or is, not there. */
static void write_changed(struct buffer *buffer, struct slice selector, struct slice before, struct slice after)
{
	buffer_text(buffer, "<document");
	xml_write_attribute(buffer, "sel", selector);
	if (!slice_is_empty(before))
		xml_write_attribute(buffer, "previous-etag", before);
	if (!slice_is_empty(after))
		xml_write_attribute(buffer, "new-etag", after);
	buffer_text(buffer, "/>\r\n");
}

/* Both are in the order of their selectors, so they are walked through together. How many were written. */
static size_t write_differences(struct buffer *buffer, const struct xml_index *before, const struct xml_index *after)
{
	size_t written = 0, was = 0, is = 0;
	while (was < before->count || is < after->count) {
		int order = was == before->count ? 1
			    : is == after->count ? -1
						 : slice_compare(before->rows[was].key, after->rows[is].key);
		struct slice selector = order <= 0 ? before->rows[was].key : after->rows[is].key;
		struct slice old = order <= 0 ? etag_of(before->rows[was++].node) : SLICE("");
		struct slice new = order >= 0 ? etag_of(after->rows[is++].node) : SLICE("");
		if (slice_equal(old, new))
			continue;
		write_changed(buffer, selector, old, new);
		written++;
	}
	return written;
}

/* RFC 5874 §3: previous-etag and new-etag tell a change, the former alone that the document is gone. */
static bool write_change(struct slice before, struct slice after, const struct body_target *target,
			 struct body_output *output)
{
	struct arena arena;
	struct whole was, is;
	size_t written = 0;
	(void)target;
	arena_init(&arena, NULL, SIZE_MAX);
	if (read_whole(&arena, before, &was) && read_whole(&arena, after, &is) && slice_equal(was.root, is.root)) {
		write_head(output->buffer, is.root);
		written = write_differences(output->buffer, &was.documents, &is.documents);
		buffer_text(output->buffer, tail);
	}
	arena_finish(&arena);
	return written > 0 && !buffer_failed(output->buffer);
}

const struct body_format xcap_diff_format = {
	.media_type = "application/xcap-diff+xml",
	.write = write_whole,
	.write_change = write_change,
};
