/* Writing XML. SPDX-License-Identifier: MIT */
#include "bodies/xml.h"

#include "bodies/xml_names.h"

#include <string.h>

struct writer {
	struct buffer *buffer;
	const struct xml_prefix *prefixes;
	size_t count;
	bool declares; /* in the next start tag */
};

enum place { IN_TEXT, IN_ATTRIBUTE };

/* Bytes from the beginning that may stand as they are. */
static size_t plain_length(struct slice text, enum place place)
{
	size_t length = 0;
	for (; length < text.length; length++) {
		unsigned char byte = (unsigned char)text.at[length];
		bool is_plain = byte >= ' ' ? byte < 0x80 && byte != '&' && byte != '<' && byte != '>' &&
						      (byte != '"' || place == IN_TEXT)
					    : place == IN_TEXT && (byte == '\n' || byte == '\t');
		if (!is_plain)
			return length;
	}
	return length;
}

/* How a byte below 0x80 is escaped; '?' for what XML 1.0 has no way to say (§2.2). Line ends and tabs of a value, and
 * CR anywhere, would reach the reader as something else (§2.11, §3.3.3). */
static const char *escape_of(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\t':
		return "&#9;";
	case '\n':
		return "&#10;";
	case '\r':
		return "&#13;";
	default:
		return "?";
	}
}

/* Bytes of the character that `text` begins with; 0: it is no UTF-8, or no character of XML 1.0 (§2.2). */
static size_t character_length(struct slice text)
{
	unsigned char lead = (unsigned char)text.at[0];
	size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	if (length > text.length || !slice_is_utf8(slice_of(text.at, length)))
		return 0;
	bool is_none = length == 3 && (memcmp(text.at, "\xef\xbf\xbe", 3) == 0 || /* U+FFFE */
				       memcmp(text.at, "\xef\xbf\xbf", 3) == 0);
	return is_none ? 0 : length;
}

static void write_escaped(struct buffer *buffer, struct slice text, enum place place)
{
	while (text.length > 0) {
		size_t length = plain_length(text, place);
		buffer_append(buffer, slice_of(text.at, length));
		text = slice_from(text, length);
		if (text.length == 0)
			return;
		length = (unsigned char)text.at[0] < 0x80 ? 0 : character_length(text);
		if (length > 0)
			buffer_append(buffer, slice_of(text.at, length));
		else
			buffer_text(buffer, escape_of(text.at[0]));
		text = slice_from(text, length > 0 ? length : 1);
	}
}

void xml_write_text(struct buffer *buffer, struct slice text)
{
	write_escaped(buffer, text, IN_TEXT);
}

static void write_value(struct buffer *buffer, struct slice value)
{
	buffer_append(buffer, SLICE("=\""));
	write_escaped(buffer, value, IN_ATTRIBUTE);
	buffer_byte(buffer, '"');
}

void xml_write_value(struct buffer *buffer, struct slice value)
{
	write_escaped(buffer, value, IN_ATTRIBUTE);
}

void xml_write_attribute(struct buffer *buffer, const char *name, struct slice value)
{
	buffer_byte(buffer, ' ');
	buffer_text(buffer, name);
	write_value(buffer, value);
}

void xml_write_entity(struct buffer *buffer, const struct body_target *target)
{
	struct buffer entity;
	buffer_init(&entity, buffer->limit);
	body_write_entity(&entity, target);
	if (buffer_failed(&entity))
		buffer->failed = true;
	else
		write_escaped(buffer, buffer_slice(&entity), IN_ATTRIBUTE);
	buffer_finish(&entity);
}

void xml_write_declarations(struct buffer *buffer, const struct xml_prefix *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_text(buffer, prefixes[i].prefix[0] ? " xmlns:" : " xmlns");
		buffer_text(buffer, prefixes[i].prefix);
		write_value(buffer, slice_text(prefixes[i].space));
	}
}

/* The prefix that is declared for a namespace, other than as the default; NULL: none. */
static const char *find_prefix(const struct writer *writer, struct slice space)
{
	for (size_t i = 0; i < writer->count; i++) {
		const struct xml_prefix *prefix = &writer->prefixes[i];
		if (prefix->prefix[0] && slice_equal(slice_text(prefix->space), space))
			return prefix->prefix;
	}
	return slice_equal(space, SLICE(XML_SPACE)) ? "xml" : NULL;
}

static void write_prefixed(struct buffer *buffer, const char *prefix, struct slice name)
{
	if (prefix) {
		buffer_text(buffer, prefix);
		buffer_byte(buffer, ':');
	}
	buffer_append(buffer, name);
}

/* A default namespace does not hold for attributes, so those of one without a prefix get one here: ns1, ns2 … */
static void write_attributes(const struct writer *writer, const struct xml_node *node)
{
	unsigned made = 0;
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next) {
		const char *prefix = slice_is_empty(attribute->space) ? NULL : find_prefix(writer, attribute->space);
		if (prefix || slice_is_empty(attribute->space)) {
			buffer_byte(writer->buffer, ' ');
			write_prefixed(writer->buffer, prefix, attribute->name);
		} else {
			buffer_format(writer->buffer, " xmlns:ns%u", ++made);
			write_value(writer->buffer, attribute->space);
			buffer_format(writer->buffer, " ns%u:", made);
			buffer_append(writer->buffer, attribute->name);
		}
		write_value(writer->buffer, attribute->value);
	}
}

/* `space` is the default namespace where the element stands. */
static void write_node(struct writer *writer, const struct xml_node *node, struct slice space)
{
	struct buffer *buffer = writer->buffer;
	if (slice_is_empty(node->name)) {
		xml_write_text(buffer, node->text);
		return;
	}
	bool is_default = slice_equal(node->space, space);
	const char *prefix = is_default ? NULL : find_prefix(writer, node->space);
	buffer_byte(buffer, '<');
	write_prefixed(buffer, prefix, node->name);
	if (writer->declares)
		xml_write_declarations(buffer, writer->prefixes, writer->count);
	writer->declares = false;
	if (!is_default && !prefix) {
		xml_write_attribute(buffer, "xmlns", node->space);
		space = node->space;
	}
	write_attributes(writer, node);
	if (!node->children) {
		buffer_append(buffer, SLICE("/>"));
		return;
	}
	buffer_byte(buffer, '>');
	for (const struct xml_node *child = node->children; child; child = child->next)
		write_node(writer, child, space);
	buffer_append(buffer, SLICE("</"));
	write_prefixed(buffer, prefix, node->name);
	buffer_byte(buffer, '>');
}

static struct slice default_space(const struct xml_prefix *prefixes, size_t count)
{
	struct slice space = slice_of(NULL, 0);
	for (size_t i = 0; i < count; i++) {
		if (!prefixes[i].prefix[0])
			space = slice_text(prefixes[i].space);
	}
	return space;
}

void xml_write_node(struct buffer *buffer, const struct xml_node *node, const struct xml_prefix *prefixes, size_t count)
{
	struct writer writer = {.buffer = buffer, .prefixes = prefixes, .count = count};
	write_node(&writer, node, default_space(prefixes, count));
}

void xml_write_root(struct buffer *buffer, const struct xml_node *root, const struct xml_prefix *prefixes, size_t count)
{
	struct writer writer = {.buffer = buffer, .prefixes = prefixes, .count = count, .declares = true};
	write_node(&writer, root, default_space(prefixes, count));
}
