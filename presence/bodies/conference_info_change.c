/* What has changed in a conference, as a partial document (RFC 4575 §4.6): users one by one, other elements as a whole.
 * SPDX-License-Identifier: MIT */
#include "bodies/conference_info_names.h"
#include "bodies/xml_index.h"

static bool has_same_attributes(const struct xml_node *a, const struct xml_node *b)
{
	const struct xml_attribute *x = a->attributes, *y = b->attributes;
	for (; x && y; x = x->next, y = y->next) {
		if (!slice_equal(x->space, y->space) || !slice_equal(x->name, y->name) ||
		    !slice_equal(x->value, y->value))
			return false;
	}
	return !x && !y;
}

/* Both were written by the same writer, so the order of attributes does not differ without a reason. */
static bool is_equal(const struct xml_node *a, const struct xml_node *b)
{
	if (!slice_equal(a->space, b->space) || !slice_equal(a->name, b->name) || !slice_equal(a->text, b->text) ||
	    !has_same_attributes(a, b))
		return false;
	const struct xml_node *x = a->children, *y = b->children;
	for (; x && y; x = x->next, y = y->next) {
		if (!is_equal(x, y))
			return false;
	}
	return !x && !y;
}

/* --- users ------------------------------------------------------------------------------------------------------ */

/* Whether each can be told from the others: all are users, and none is there twice or nameless. */
static bool are_told_apart(const struct xml_index *users)
{
	for (size_t i = 0; i < users->count; i++) {
		if (!conference_is(users->rows[i].node, "user") || slice_is_empty(users->rows[i].key) ||
		    (i > 0 && slice_equal(users->rows[i].key, users->rows[i - 1].key)))
			return false;
	}
	return true;
}

static void write_users(struct buffer *buffer, const struct xml_index *before, const struct xml_index *after)
{
	buffer_text(buffer, "<users state=\"partial\">\r\n");
	for (size_t i = 0; i < after->count; i++) {
		const struct xml_node *was = xml_index_find(before, after->rows[i].node);
		if (!was || !is_equal(was, after->rows[i].node))
			conference_write_node(buffer, after->rows[i].node);
	}
	for (size_t i = 0; i < before->count; i++) {
		if (xml_index_find(after, before->rows[i].node))
			continue;
		buffer_text(buffer, "<user");
		xml_write_attribute(buffer, "entity", before->rows[i].key);
		buffer_text(buffer, " state=\"deleted\"/>\r\n");
	}
	buffer_text(buffer, "</users>\r\n");
}

/* False: they cannot be told one by one. */
static bool try_users(struct arena *arena, struct buffer *buffer, const struct xml_node *before,
		      const struct xml_node *after)
{
	struct xml_index was, is;
	if (xml_index_children(arena, before, conference_key_of, &was) != 0 ||
	    xml_index_children(arena, after, conference_key_of, &is) != 0 || !has_same_attributes(before, after) ||
	    conference_part_of(after) != CONFERENCE_FULL || !are_told_apart(&was) || !are_told_apart(&is))
		return false;
	write_users(buffer, &was, &is);
	return true;
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

/* The one child like that; NULL: there is none, or several, which a partial document has no words for. */
static const struct xml_node *find_only(const struct xml_node *parent, const struct xml_node *like)
{
	const struct xml_node *found = xml_child(parent, like->space, like->name);
	return found && !xml_next(found, like->space, like->name) ? found : NULL;
}

/* Every child is the only one of its name, and none is gone. */
static bool is_comparable(const struct xml_node *before, const struct xml_node *after)
{
	for (const struct xml_node *child = before->children; child; child = child->next) {
		if (slice_is_empty(child->name) || !find_only(after, child))
			return false;
	}
	for (const struct xml_node *child = after->children; child; child = child->next) {
		if (slice_is_empty(child->name) || !find_only(after, child) ||
		    conference_part_of(child) != CONFERENCE_FULL)
			return false;
	}
	return has_same_attributes(before, after);
}

static size_t write_changed(struct arena *arena, struct buffer *buffer, const struct xml_node *before,
			    const struct xml_node *after)
{
	size_t written = 0;
	for (const struct xml_node *child = after->children; child; child = child->next) {
		const struct xml_node *was = xml_child(before, child->space, child->name);
		if (was && is_equal(was, child))
			continue;
		if (!was || !conference_is(child, "users") || !try_users(arena, buffer, was, child))
			conference_write_node(buffer, child);
		written++;
	}
	return written;
}

static bool read_whole(struct arena *arena, struct slice text, struct conference_info *info)
{
	/* As deep as what was published may be, and more. */
	const struct xml_limits limits = {.bytes = text.length, .depth = 200, .nodes = UINT32_MAX};
	struct body_error error;
	return conference_info_parse(arena, text, &limits, info, &error) == 0 && !info->is_deleted && !info->is_partial;
}

static bool write_difference(struct arena *arena, const struct conference_info *before,
			     const struct conference_info *after, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	if (!is_comparable(before->root, after->root))
		return false;
	buffer_text(buffer, CONFERENCE_HEAD);
	xml_write_attribute(buffer, "entity", after->entity);
	buffer_text(buffer, " version=\"");
	output->version_at = buffer->length;
	buffer_text(buffer, "\" state=\"partial\">\r\n");
	size_t written = write_changed(arena, buffer, before->root, after->root);
	buffer_text(buffer, CONFERENCE_TAIL);
	return written > 0;
}

bool conference_info_write_change(struct slice before, struct slice after, const struct body_target *target,
				  struct body_output *output)
{
	struct arena arena;
	struct conference_info was, is;
	(void)target; /* both were written for it */
	arena_init(&arena, NULL, SIZE_MAX);
	bool is_told = read_whole(&arena, before, &was) && read_whole(&arena, after, &is) &&
		       write_difference(&arena, &was, &is, output);
	arena_finish(&arena);
	return is_told && !buffer_failed(output->buffer);
}
