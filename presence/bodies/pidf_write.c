/* Writing composed presence as PIDF (RFC 3863 §4). SPDX-License-Identifier: MIT */
#include "bodies/pidf_write.h"

#include <time.h>

const struct xml_prefix pidf_prefixes[PIDF_PREFIXES_COUNT] = {
	{"", PIDF_SPACE},
	{"p", PIDF_DIFF_SPACE},
	{"dm", DATA_MODEL_SPACE},
	{"rpid", RPID_SPACE},
	{"c", CIPID_SPACE},
	{"im", "urn:ietf:params:xml:ns:pidf:im"},
	{"caps", "urn:ietf:params:xml:ns:pidf:caps"}, /* RFC 5196 */
};

/* A document without a person, which is most of them, gets on without five lines of namespaces. */
static void collect(struct xml_prefixes *prefixes, const struct presence_state *state)
{
	for (size_t i = 0; i < state->tuple_count; i++) {
		if (state->tuples[i].published)
			xml_prefixes_use(prefixes, state->tuples[i].published);
	}
	for (size_t i = 0; i < state->note_count; i++)
		xml_prefixes_use(prefixes, state->notes[i]);
	if (state->person)
		xml_prefixes_use(prefixes, state->person);
	for (size_t i = 0; i < state->device_count; i++)
		xml_prefixes_use(prefixes, state->devices[i]);
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
	/* Since when somebody is gone would tell him from one who has blocked the watcher politely (RFC 5025 §3.2.1).
	 */
	if (tuple->is_open)
		write_timestamp(buffer, tuple->at_ms);
	buffer_text(buffer, "</tuple>");
}

void pidf_write_start(const struct pidf_root *root, const struct xml_prefixes *prefixes,
		      const struct body_target *target, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	struct xml_prefix used[XML_PREFIXES_MOST];
	size_t count = xml_prefixes_used(prefixes, used);
	buffer_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
	buffer_text(buffer, root->name);
	xml_write_declarations(buffer, used, count);
	buffer_text(buffer, " entity=\"");
	xml_write_entity(buffer, target);
	buffer_byte(buffer, '"');
	if (root->is_partial) {
		buffer_text(buffer, " version=\"");
		output->version_at = buffer->length;
		buffer_byte(buffer, '"');
	}
	buffer_byte(buffer, '>');
	buffer_text(buffer, root->between);
}

/* In the order of the schema: tuples, notes, and what other namespaces add (RFC 3863 §4.4, RFC 4479 §5.1). */
static void write_children(const struct presence_state *state, const char *between, const struct xml_prefixes *prefixes,
			   const struct body_target *target, struct buffer *buffer)
{
	for (size_t i = 0; i < state->tuple_count; i++) {
		if (state->tuples[i].published)
			xml_write_node(buffer, state->tuples[i].published, prefixes->known, prefixes->count);
		else
			write_own_tuple(buffer, &state->tuples[i], target);
		buffer_text(buffer, between);
	}
	for (size_t i = 0; i < state->note_count; i++) {
		xml_write_node(buffer, state->notes[i], prefixes->known, prefixes->count);
		buffer_text(buffer, between);
	}
	if (state->person) {
		xml_write_node(buffer, state->person, prefixes->known, prefixes->count);
		buffer_text(buffer, between);
	}
	for (size_t i = 0; i < state->device_count; i++) {
		xml_write_node(buffer, state->devices[i], prefixes->known, prefixes->count);
		buffer_text(buffer, between);
	}
}

void pidf_write(const struct presence_state *state, const struct pidf_root *root, const struct body_target *target,
		struct body_output *output)
{
	struct xml_prefixes prefixes;
	xml_prefixes_init(&prefixes, pidf_prefixes, ARRAY_SIZE(pidf_prefixes), root->is_partial ? 2 : 1);
	collect(&prefixes, state);
	pidf_write_start(root, &prefixes, target, output);
	write_children(state, root->between, &prefixes, target, output->buffer);
	buffer_text(output->buffer, "</");
	buffer_text(output->buffer, root->name);
	buffer_text(output->buffer, ">\n");
}

static void write_document(const void *state, const struct body_target *target, struct body_output *output)
{
	static const struct pidf_root root = {.name = "presence", .between = "\n"};
	pidf_write(state, &root, target, output);
}

const struct body_format pidf_format = {.media_type = "application/pidf+xml", .write = write_document};

/* The name that PIDF had in its drafts. Cisco's phones ask for nothing else, and read what PIDF has become. */
const struct body_format cpim_pidf_format = {.media_type = "application/cpim-pidf+xml", .write = write_document};
