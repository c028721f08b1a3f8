/* Writing operations of RFC 5261, and paths that select one node and no other. SPDX-License-Identifier: MIT */
#include "bodies/xml_diff_write.h"

/* --- paths -------------------------------------------------------------------------------------------------------- */

static struct slice id_of(const struct xml_node *node)
{
	return xml_attribute(node, SLICE("id"));
}

/* How many siblings have that element's name (and its id as well), and which of them it is. */
static size_t count_like(const struct xml_place *place, bool by_id, size_t *which)
{
	const struct xml_node *like = place->siblings->nodes[place->at];
	size_t count = 0;
	for (size_t i = 0; i < place->siblings->count; i++) {
		const struct xml_node *node = place->siblings->nodes[i];
		if (xml_is(node, like->space, like->name) && (!by_id || slice_equal(id_of(node), id_of(like))))
			count++;
		if (i == place->at)
			*which = count;
	}
	return count;
}

/* XPath's literals have no escapes: what has both quotes in it cannot be written as one. */
static bool write_literal(struct buffer *path, struct slice value)
{
	char quote = slice_find(value, '\'') == value.length ? '\'' : '"';
	if (slice_find(value, quote) < value.length)
		return false;
	buffer_byte(path, quote);
	buffer_append(path, value);
	buffer_byte(path, quote);
	return true;
}

/* By its id, which stays what it is when elements come and go; else by its position, where there are several. */
static void write_predicate(struct buffer *path, const struct xml_place *place)
{
	struct slice id = id_of(place->siblings->nodes[place->at]);
	size_t begin = path->length, which = 0;
	if (!slice_is_empty(id) && count_like(place, true, &which) == 1) {
		buffer_text(path, "[@id=");
		if (write_literal(path, id)) {
			buffer_byte(path, ']');
			return;
		}
		path->length = begin;
	}
	if (count_like(place, false, &which) > 1)
		buffer_format(path, "[%zu]", which);
}

static void write_name(struct buffer *path, const char *prefix, struct slice name)
{
	if (prefix[0]) {
		buffer_text(path, prefix);
		buffer_byte(path, ':');
	}
	buffer_append(path, name);
}

/* RFC 5261 §4.2.2: a name without a prefix is one of the diff's default namespace, so what is in no namespace has no
 * name that could be written here. */
static void write_step(struct xml_diff_writer *writer, const struct xml_place *place)
{
	const struct xml_node *node = place->siblings->nodes[place->at];
	struct buffer *path = &writer->path;
	if (!place->outer) {
		buffer_byte(path, '*'); /* RFC 5262 §4: <pidf-full> with one watcher is <presence> with another */
		return;
	}
	write_step(writer, place->outer);
	buffer_byte(path, '/');
	const char *prefix = xml_prefixes_name(writer->prefixes, writer->arena, node->space);
	if (!prefix) {
		buffer_format(path, "*[%zu]", place->at + 1);
		return;
	}
	write_name(path, prefix, node->name);
	write_predicate(path, place);
}

static void start_path(struct xml_diff_writer *writer, const struct xml_place *place)
{
	buffer_clear(&writer->path);
	write_step(writer, place);
}

/* "@name"; attributes are never in the default namespace. */
static bool write_attribute_name(struct xml_diff_writer *writer, const struct xml_attribute *attribute)
{
	const char *prefix = "";
	if (!slice_is_empty(attribute->space))
		prefix = xml_prefixes_name(writer->prefixes, writer->arena, attribute->space);
	if (!prefix || (!slice_is_empty(attribute->space) && !prefix[0]))
		return false;
	buffer_byte(&writer->path, '@');
	write_name(&writer->path, prefix, attribute->name);
	return true;
}

/* --- operations --------------------------------------------------------------------------------------------------- */

static void write_tag(struct xml_diff_writer *writer, const char *before, const char *name)
{
	buffer_text(writer->buffer, before);
	buffer_text(writer->buffer, writer->operation_prefix);
	buffer_byte(writer->buffer, ':');
	buffer_text(writer->buffer, name);
}

/* What has been made of the path goes into the attribute of that name. */
static void write_path(struct xml_diff_writer *writer, const char *name)
{
	if (buffer_failed(&writer->path))
		writer->buffer->failed = true;
	xml_write_attribute(writer->buffer, name, buffer_slice(&writer->path));
}

static void end_tag(struct xml_diff_writer *writer, const char *name)
{
	write_tag(writer, "</", name);
	buffer_text(writer->buffer, ">\n");
}

static void write_content(struct xml_diff_writer *writer, const struct xml_node *node)
{
	xml_prefixes_use(writer->prefixes, node);
	buffer_byte(writer->buffer, '>');
	xml_write_node(writer->buffer, node, writer->prefixes->known, writer->prefixes->count);
}

static void write_removal(struct xml_diff_writer *writer)
{
	write_tag(writer, "<", "remove");
	write_path(writer, "sel");
	buffer_text(writer->buffer, "/>\n");
}

bool xml_diff_remove(struct xml_diff_writer *writer, const struct xml_place *place)
{
	start_path(writer, place);
	write_removal(writer);
	return true;
}

bool xml_diff_replace(struct xml_diff_writer *writer, const struct xml_place *place, const struct xml_node *by)
{
	if (!place->outer)
		return false;
	start_path(writer, place);
	write_tag(writer, "<", "replace");
	write_path(writer, "sel");
	write_content(writer, by);
	end_tag(writer, "replace");
	return true;
}

/* RFC 5261 §4.3: behind what is in the parent, unless `pos` says otherwise. */
bool xml_diff_add(struct xml_diff_writer *writer, const struct xml_place *place, const struct xml_node *added)
{
	bool is_last = place->at == place->siblings->count;
	start_path(writer, is_last || place->at == 0 ? place->outer : place);
	write_tag(writer, "<", "add");
	write_path(writer, "sel");
	if (!is_last)
		buffer_text(writer->buffer, place->at == 0 ? " pos=\"prepend\"" : " pos=\"before\"");
	write_content(writer, added);
	end_tag(writer, "add");
	return true;
}

bool xml_diff_text(struct xml_diff_writer *writer, const struct xml_place *place, struct slice before,
		   struct slice after)
{
	const char *operation = slice_is_empty(before) ? "add" : "replace";
	start_path(writer, place);
	if (!slice_is_empty(before))
		buffer_text(&writer->path, "/text()");
	if (slice_is_empty(after)) {
		write_removal(writer);
		return true;
	}
	write_tag(writer, "<", operation);
	write_path(writer, "sel");
	buffer_byte(writer->buffer, '>');
	xml_write_text(writer->buffer, after);
	end_tag(writer, operation);
	return true;
}

/* RFC 5261 §4.3: the name of a new one is in `type`. */
static bool write_new_attribute(struct xml_diff_writer *writer, const struct xml_place *place,
				const struct xml_attribute *attribute)
{
	start_path(writer, place);
	write_tag(writer, "<", "add");
	write_path(writer, "sel");
	buffer_clear(&writer->path);
	if (!write_attribute_name(writer, attribute))
		return false;
	write_path(writer, "type");
	buffer_byte(writer->buffer, '>');
	xml_write_text(writer->buffer, attribute->value);
	end_tag(writer, "add");
	return true;
}

bool xml_diff_attribute(struct xml_diff_writer *writer, const struct xml_place *place,
			const struct xml_attribute *before, const struct xml_attribute *after)
{
	if (!before)
		return write_new_attribute(writer, place, after);
	start_path(writer, place);
	buffer_byte(&writer->path, '/');
	if (!write_attribute_name(writer, before))
		return false;
	if (!after) {
		write_removal(writer);
		return true;
	}
	write_tag(writer, "<", "replace");
	write_path(writer, "sel");
	buffer_byte(writer->buffer, '>');
	xml_write_text(writer->buffer, after->value);
	end_tag(writer, "replace");
	return true;
}
