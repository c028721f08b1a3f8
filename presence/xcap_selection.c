/* Which XCAP documents a subscription to xcap-diff is about. SPDX-License-Identifier: MIT */
#include "presence/xcap_selection.h"

#include "base/buffer.h"
#include "base/error.h"
#include "bodies/xml.h"
#include "documents/application.h"
#include "documents/path.h"
#include "sip/status.h"

#include <ctype.h>
#include <stdlib.h>

#define LISTS_SPACE "urn:ietf:params:xml:ns:resource-lists"
#define NAME_MOST 1024

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 2000};

static unsigned refuse(const char **sentence, unsigned status, const char *text)
{
	*sentence = text;
	return status;
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* The XUI is the user's SIP URI (RFC 4825 §6.2, as RFC 4826 §3.4.7 and its kin have it). A '/' would part it in two. */
static void write_xui(struct buffer *buffer, const struct xcap_tree *tree)
{
	buffer_text(buffer, "sip:");
	for (size_t i = 0; i < tree->user.length; i++) {
		char byte = tree->user.at[i];
		if (isalnum((unsigned char)byte) || (byte != '\0' && strchr("-_.!~*'()&=+$,;", byte)))
			buffer_byte(buffer, byte);
		else
			buffer_format(buffer, "%%%02X", (unsigned)(unsigned char)byte);
	}
	buffer_byte(buffer, '@');
	buffer_append(buffer, tree->domain);
}

int xcap_selector_write(struct arena *arena, const struct xcap_tree *tree, const struct xcap_document_name *document,
			struct slice *selector)
{
	struct buffer buffer;
	buffer_init(&buffer, SIZE_MAX);
	buffer_append(&buffer, document->application);
	if (document->is_global) {
		buffer_text(&buffer, "/global/");
	} else {
		buffer_text(&buffer, "/users/");
		write_xui(&buffer, tree);
		buffer_byte(&buffer, '/');
	}
	buffer_append(&buffer, document->name);
	int result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&buffer), selector);
	buffer_finish(&buffer);
	return result;
}

/* One application may have several names. */
static bool is_same_application(struct slice a, struct slice b)
{
	const struct application *known = application_find(a);
	return slice_equal(a, b) || (known && known == application_find(b));
}

bool xcap_selection_has(struct slice line, const struct xcap_document_name *document, struct slice *application)
{
	struct slice rest = line;
	*application = slice_take(&rest, '/');
	bool is_global = slice_equal(slice_take(&rest, '/'), SLICE("global"));
	if (is_global != document->is_global || !is_same_application(*application, document->application))
		return false;
	if (!is_global)
		(void)slice_take(&rest, '/'); /* the XUI: a selection has no other than its owner's */
	bool is_folder = slice_is_empty(rest) || slice_ends_with(rest, SLICE("/"));
	return is_folder ? slice_starts_with(document->name, rest) : slice_equal(document->name, rest);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct reading {
	struct arena *arena;
	const struct xcap_tree *tree;
	struct slice lines[XCAP_SELECTION_MOST];
	size_t count;
	const char *sentence;
};

/* RFC 5875 §4.4: relative to the root; one that has the root before it is as good. What is behind '?' are prefixes of a
 * node selector. */
static struct slice path_of(const struct reading *reading, struct slice uri)
{
	uri = slice_trim(uri);
	if (slice_starts_with(uri, reading->tree->root))
		uri = slice_from(uri, reading->tree->root.length);
	return slice_take(&uri, '?');
}

/* Whose it is must be clear by its tree: his own, or everybody's. */
static unsigned read_path(struct reading *reading, struct slice path)
{
	struct document_path parts;
	struct body_error error;
	struct slice user;
	bool is_folder = slice_ends_with(path, SLICE("/"));
	int result = document_path_read(reading->arena, is_folder ? slice_of(path.at, path.length - 1) : path, &parts,
					&error);
	if (result != 0)
		return refuse(&reading->sentence, result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_BAD_REQUEST,
			      "An entry of the body is no URI of an XCAP document or folder");
	if (!parts.is_global && (!document_path_user(reading->arena, parts.xui, reading->tree->domain, &user) ||
				 !slice_equal(user, reading->tree->user)))
		return refuse(&reading->sentence, SIP_FORBIDDEN, "An entry of the body is a document of somebody else");
	if (!is_folder && slice_is_empty(parts.name))
		is_folder = true; /* as HTTP servers take it */
	struct buffer name;
	buffer_init(&name, NAME_MOST);
	/* A node counts as its document: what is told are entity-tags, and those are of documents (RFC 4825 §7.11). */
	buffer_append(&name, parts.name);
	if (is_folder && !slice_is_empty(parts.name) && !parts.has_selector)
		buffer_byte(&name, '/');
	const struct xcap_document_name document = {parts.application, buffer_slice(&name), parts.is_global};
	result = buffer_failed(&name) ? ERR_LIMIT
				      : xcap_selector_write(reading->arena, reading->tree, &document,
							    &reading->lines[reading->count]);
	buffer_finish(&name);
	if (result != 0)
		return refuse(&reading->sentence, result == ERR_LIMIT ? SIP_BAD_REQUEST : SIP_INTERNAL_ERROR,
			      "An entry of the body is too long");
	reading->count++;
	return 0;
}

static unsigned read_entry(struct reading *reading, const struct xml_node *entry)
{
	struct slice path;
	if (reading->count == XCAP_SELECTION_MOST)
		return refuse(&reading->sentence, SIP_ENTITY_TOO_LARGE,
			      "The body has more entries than the 100 that are accepted");
	int result = document_unescape(reading->arena, path_of(reading, xml_attribute(entry, SLICE("uri"))), &path);
	if (result != 0)
		return refuse(&reading->sentence, result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_BAD_REQUEST,
			      "An entry of the body has no URI, or a broken one");
	return read_path(reading, path);
}

/* Recursive: as deep as the limits allow. */
static unsigned read_list(struct reading *reading, const struct xml_node *list)
{
	unsigned status = 0;
	for (const struct xml_node *child = list->children; child && status == 0; child = child->next) {
		if (xml_is(child, SLICE(LISTS_SPACE), SLICE("list")))
			status = read_list(reading, child);
		else if (xml_is(child, SLICE(LISTS_SPACE), SLICE("entry")))
			status = read_entry(reading, child);
	}
	return status;
}

static int compare_lines(const void *a, const void *b)
{
	const struct slice *left = a, *right = b;
	return slice_compare(*left, *right);
}

static int join(struct reading *reading, struct slice *selection)
{
	struct buffer buffer;
	buffer_init(&buffer, SIZE_MAX);
	qsort(reading->lines, reading->count, sizeof *reading->lines, compare_lines);
	for (size_t i = 0; i < reading->count; i++) {
		if (i > 0 && slice_equal(reading->lines[i], reading->lines[i - 1]))
			continue;
		if (i > 0)
			buffer_byte(&buffer, '\n');
		buffer_append(&buffer, reading->lines[i]);
	}
	int result =
		buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(reading->arena, buffer_slice(&buffer), selection);
	buffer_finish(&buffer);
	return result;
}

unsigned xcap_selection_read(struct arena *arena, const struct xcap_tree *tree, struct slice body,
			     struct slice *selection, const char **sentence)
{
	struct reading reading = {.arena = arena, .tree = tree};
	const struct xml_node *root;
	struct body_error error;
	int result = xml_parse(arena, body, &limits, &root, &error);
	if (result == ERR_NO_MEMORY)
		return refuse(sentence, SIP_INTERNAL_ERROR, error_text(result));
	if (result != 0 || !xml_is(root, SLICE(LISTS_SPACE), SLICE("resource-lists")))
		return refuse(sentence, result == ERR_LIMIT ? SIP_ENTITY_TOO_LARGE : SIP_BAD_REQUEST,
			      "The body is no resource-lists document that can be read");
	unsigned status = read_list(&reading, root);
	if (status != 0)
		return refuse(sentence, status, reading.sentence);
	if (reading.count == 0)
		return refuse(sentence, SIP_BAD_REQUEST, "The body names no document and no folder");
	return join(&reading, selection) == 0 ? 0 : refuse(sentence, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
}
