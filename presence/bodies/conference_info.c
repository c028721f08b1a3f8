/* Conference state documents (RFC 4575): read and written whole. What has changed is in conference_info_change.c and
 * conference_info_merge.c. SPDX-License-Identifier: MIT */
#include "bodies/conference_info.h"

#include "base/error.h"
#include "bodies/conference_info_names.h"

static const struct xml_prefix prefixes[] = {{"", CONFERENCE_SPACE}};

/* --- reading ---------------------------------------------------------------------------------------------------- */

bool conference_is(const struct xml_node *node, const char *name)
{
	return xml_is(node, SLICE(CONFERENCE_SPACE), slice_text(name));
}

bool conference_is_ours(const struct xml_node *node)
{
	return slice_equal(node->space, SLICE(CONFERENCE_SPACE));
}

/* RFC 4575 §4.6: full where it does not say, as extensions do; what has another word is taken for full, too. */
enum conference_part conference_part_of(const struct xml_node *node)
{
	struct slice state = conference_is_ours(node) ? xml_attribute(node, SLICE("state")) : SLICE("");
	if (slice_equal(state, SLICE("partial")))
		return CONFERENCE_PARTIAL;
	return slice_equal(state, SLICE("deleted")) ? CONFERENCE_DELETED : CONFERENCE_FULL;
}

int conference_info_parse(struct arena *arena, struct slice body, const struct xml_limits *limits,
			  struct conference_info *info, struct body_error *error)
{
	const struct xml_node *root;
	error->sentence[0] = '\0';
	int result = xml_parse(arena, body, limits, &root, error);
	if (result != 0)
		return result;
	if (!conference_is(root, "conference-info")) {
		body_complain(error, "The body is no <conference-info> of RFC 4575");
		return ERR_SYNTAX;
	}
	struct slice entity = slice_trim(xml_attribute(root, SLICE("entity")));
	if (slice_is_empty(entity)) {
		body_complain(error, "The <conference-info> has no entity: of which conference is it?");
		return ERR_SYNTAX;
	}
	enum conference_part part = conference_part_of(root);
	*info = (struct conference_info){.entity = entity,
					 .is_partial = part == CONFERENCE_PARTIAL,
					 .is_deleted = part == CONFERENCE_DELETED,
					 .root = root};
	return 0;
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

void conference_write_node(struct buffer *buffer, const struct xml_node *node)
{
	xml_write_node(buffer, node, prefixes, ARRAY_SIZE(prefixes));
	buffer_text(buffer, "\r\n");
}

/* RFC 4575 §5: a conference that is deleted has no state any more. */
static void write_rest(struct buffer *buffer, const struct conference_info *info)
{
	buffer_text(buffer, info->is_deleted ? "\" state=\"deleted\">\r\n" : "\" state=\"full\">\r\n");
	const struct xml_node *child = info->root && !info->is_deleted ? info->root->children : NULL;
	for (; child; child = child->next) {
		if (!slice_is_empty(child->name)) /* text has no business there */
			conference_write_node(buffer, child);
	}
	buffer_text(buffer, CONFERENCE_TAIL);
}

void conference_info_write_full(struct buffer *buffer, const struct conference_info *info)
{
	buffer_text(buffer, CONFERENCE_HEAD);
	xml_write_attribute(buffer, "entity", info->entity);
	buffer_text(buffer, " version=\"0");
	write_rest(buffer, info);
}

/* RFC 4575 §5: the entity is the conference that is watched, by its SIP URI, whatever the publisher calls it. */
static void write_whole(const void *state, const struct body_target *target, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	struct body_target by_sip = *target;
	by_sip.style &= ~(unsigned)BODY_PRES_ENTITY;
	buffer_text(buffer, CONFERENCE_HEAD " entity=\"");
	xml_write_entity(buffer, &by_sip);
	buffer_text(buffer, "\" version=\"");
	output->version_at = buffer->length;
	write_rest(buffer, state);
}

const struct body_format conference_info_format = {
	.media_type = "application/conference-info+xml",
	.write = write_whole,
	.write_change = conference_info_write_change,
};
