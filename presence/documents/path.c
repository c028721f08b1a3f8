/* XCAP paths: a path taken apart, and whose tree an XUI means. SPDX-License-Identifier: MIT */
#include "documents/path.h"

#include "base/error.h"
#include "base/percent.h"

static bool has_control_bytes(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f)
			return true;
	}
	return false;
}

/* "", "." and ".." would let two paths mean one document, or one path mean what is above its tree. */
static bool is_good_segment(struct slice segment)
{
	return !slice_is_empty(segment) && !slice_equal(segment, SLICE(".")) && !slice_equal(segment, SLICE(".."));
}

static int complain(struct body_error *error, const char *sentence)
{
	body_complain(error, "%s", sentence);
	return ERR_SYNTAX;
}

/* `rest` starts with the document's name: takes that, and what follows the separator. */
static int read_name(struct slice rest, struct document_path *parts, struct body_error *error)
{
	const char *start = rest.at;
	while (!slice_is_empty(rest)) {
		struct slice before = rest;
		struct slice segment = slice_take(&rest, '/');
		/* RFC 4825 §6.2: the first segment "~~" separates the document from the node in it. */
		if (slice_equal(segment, SLICE("~~"))) {
			parts->has_selector = true;
			parts->selector = rest;
			if (slice_is_empty(rest))
				return complain(error, "There is no node selector behind \"~~\"");
			return slice_is_empty(parts->name) ? complain(error, "There is no document before \"~~\"") : 0;
		}
		if (!is_good_segment(segment))
			return complain(error, "The path has a segment that is empty, \".\" or \"..\"");
		parts->name = slice_of(start, (size_t)(before.at - start) + segment.length);
		if (parts->name.length > DOCUMENT_NAME_BYTES_MOST)
			return complain(error, "The name of the document has more than 255 bytes");
		if (segment.length + 1 == before.length)
			return complain(error, "The name of the document ends with \"/\"");
	}
	return 0;
}

int document_path_read(struct arena *arena, struct slice path, struct document_path *parts, struct body_error *error)
{
	struct document_path read = {.is_global = false};
	struct slice rest;
	if (!slice_is_utf8(path) || has_control_bytes(path))
		return complain(error, "The path is not UTF-8, or has control bytes in it");
	if (arena_copy(arena, path, &rest) != 0)
		return ERR_NO_MEMORY;
	read.application = slice_take(&rest, '/');
	if (!is_good_segment(read.application))
		return complain(error, "The path does not begin with an application (RFC 4825 section 6.2)");
	struct slice tree = slice_take(&rest, '/');
	read.is_global = slice_equal(tree, SLICE("global"));
	if (!read.is_global && !slice_equal(tree, SLICE("users")))
		return complain(error, "Behind the application stands neither \"users\" nor \"global\"");
	if (!read.is_global) {
		read.xui = slice_take(&rest, '/');
		if (!is_good_segment(read.xui))
			return complain(error, "Behind \"users\" stands no user");
	}
	int result = read_name(rest, &read, error);
	if (result == 0)
		*parts = read;
	return result;
}

int document_unescape(struct arena *arena, struct slice text, struct slice *plain)
{
	struct slice result;
	int decoded = percent_decode(arena, text, &result);
	if (decoded != 0)
		return decoded;
	if (!slice_is_utf8(result) || has_control_bytes(result))
		return ERR_SYNTAX;
	*plain = result;
	return 0;
}

bool document_path_user(struct arena *arena, struct slice xui, struct slice domain, struct slice *user)
{
	static const char *const schemes[] = {"sip:", "sips:", "pres:", "im:"};
	struct slice rest = xui, name, plain;
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		struct slice scheme = slice_text(schemes[i]);
		if (xui.length >= scheme.length && slice_equal_nocase(slice_of(xui.at, scheme.length), scheme))
			rest = slice_from(xui, scheme.length);
	}
	bool has_scheme = rest.length < xui.length;
	size_t at = rest.length;
	while (at > 0 && rest.at[at - 1] != '@')
		at--;
	if (at > 0) {
		name = slice_of(rest.at, at - 1);
		if (!slice_equal_nocase(slice_from(rest, at), domain))
			return false;
	} else if (has_scheme) {
		return false; /* "sip:example.test" is no user */
	} else {
		name = rest;
	}
	/* The path was unescaped once, as part of an HTTP URI; that the XUI is a SIP URI may have escaped it before. */
	if (slice_is_empty(name) || document_unescape(arena, name, &plain) != 0)
		return false;
	*user = plain;
	return true;
}
