/* Writing composed presence as PIDF (RFC 3863 §4). SPDX-License-Identifier: MIT */
#include "bodies/pidf.h"

#include <time.h>

/* What the root may declare; the first always is, the others where they are used. */
static const struct xml_prefix known[] = {
	{"", PIDF_SPACE},
	{"dm", DATA_MODEL_SPACE},
	{"rpid", RPID_SPACE},
	{"c", CIPID_SPACE},
	{"im", "urn:ietf:params:xml:ns:pidf:im"},
	{"caps", "urn:ietf:params:xml:ns:pidf:caps"}, /* RFC 5196 */
};

struct declarations {
	struct xml_prefix prefixes[ARRAY_SIZE(known)];
	size_t count;
	unsigned used; /* bit i: known[i] */
};

static void use_space(struct declarations *declarations, struct slice space)
{
	for (size_t i = 1; i < ARRAY_SIZE(known); i++) {
		if (slice_equal(slice_text(known[i].space), space))
			declarations->used |= 1u << i;
	}
}

static void use_spaces_of(struct declarations *declarations, const struct xml_node *node)
{
	use_space(declarations, node->space);
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		use_space(declarations, attribute->space);
	for (const struct xml_node *child = node->children; child; child = child->next)
		use_spaces_of(declarations, child);
}

/* A document without a person, which is most of them, gets on without five lines of namespaces. */
static void collect(struct declarations *declarations, const struct presence_state *state)
{
	*declarations = (struct declarations){.used = 1};
	for (size_t i = 0; i < state->tuple_count; i++) {
		if (state->tuples[i].published)
			use_spaces_of(declarations, state->tuples[i].published);
	}
	for (size_t i = 0; i < state->note_count; i++)
		use_spaces_of(declarations, state->notes[i]);
	if (state->person)
		use_spaces_of(declarations, state->person);
	for (size_t i = 0; i < state->device_count; i++)
		use_spaces_of(declarations, state->devices[i]);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (declarations->used & 1u << i)
			declarations->prefixes[declarations->count++] = known[i];
	}
}

/* RFC 3863 §4.1.7: a moment as in RFC 3339, in UTC. */
static void write_timestamp(struct buffer *buffer, int64_t at_ms)
{
	time_t at_s = (time_t)(at_ms / 1000);
	struct tm parts;
	if (at_ms <= 0 || !gmtime_r(&at_s, &parts))
		return;
	buffer_format(buffer, "<timestamp>%04d-%02d-%02dT%02d:%02d:%02dZ</timestamp>", parts.tm_year + 1900,
		      parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

static void write_own_tuple(struct buffer *buffer, const struct presence_tuple *tuple, const struct body_target *target)
{
	struct body_target contact = *target;
	contact.style &= ~(unsigned)BODY_PRES_ENTITY;
	buffer_text(buffer, "<tuple");
	xml_write_attribute(buffer, "id", tuple->id);
	buffer_text(buffer, tuple->is_open ? "><status><basic>open</basic></status><contact>"
					   : "><status><basic>closed</basic></status><contact>");
	xml_write_entity(buffer, &contact);
	buffer_text(buffer, "</contact>");
	write_timestamp(buffer, tuple->at_ms);
	buffer_text(buffer, "</tuple>");
}

static void write_line(struct buffer *buffer, const struct xml_node *node, const struct declarations *declarations)
{
	xml_write_node(buffer, node, declarations->prefixes, declarations->count);
	buffer_byte(buffer, '\n');
}

/* In the order of the schema: tuples, notes, and what other namespaces add (RFC 3863 §4.4, RFC 4479 §5.1). */
static void write_document(const void *of, const struct body_target *target, struct body_output *output)
{
	const struct presence_state *state = of;
	struct buffer *buffer = output->buffer;
	struct declarations declarations;
	collect(&declarations, state);
	buffer_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence");
	xml_write_declarations(buffer, declarations.prefixes, declarations.count);
	buffer_text(buffer, " entity=\"");
	xml_write_entity(buffer, target);
	buffer_text(buffer, "\">\n");
	for (size_t i = 0; i < state->tuple_count; i++) {
		if (state->tuples[i].published) {
			write_line(buffer, state->tuples[i].published, &declarations);
		} else {
			write_own_tuple(buffer, &state->tuples[i], target);
			buffer_byte(buffer, '\n');
		}
	}
	for (size_t i = 0; i < state->note_count; i++)
		write_line(buffer, state->notes[i], &declarations);
	if (state->person)
		write_line(buffer, state->person, &declarations);
	for (size_t i = 0; i < state->device_count; i++)
		write_line(buffer, state->devices[i], &declarations);
	buffer_text(buffer, "</presence>\n");
}

const struct body_format pidf_format = {.media_type = "application/pidf+xml", .write = write_document};

/* The name that PIDF had in its drafts. Cisco's phones ask for nothing else, and read what PIDF has become. */
const struct body_format cpim_pidf_format = {.media_type = "application/cpim-pidf+xml", .write = write_document};
