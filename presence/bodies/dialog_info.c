/* Writing dialog state documents (RFC 4235 §4), as each family of phones can bear them.
 * SPDX-License-Identifier: MIT */
#include "bodies/dialog_info.h"

#include "bodies/dialog_info_names.h"

static const struct xml_prefix prefixes[] = {{"", DIALOG_INFO_SPACE}};

/* What must be there, and what may be left out. */
static void write_optional(struct buffer *buffer, const char *name, struct slice value)
{
	if (!slice_is_empty(value))
		xml_write_attribute(buffer, name, value);
}

/* The publisher's own element, for the sake of its parameters (RFC 4235 §4.1.6.2); one without the namespace cannot be
 * taken over. */
static void write_target(struct buffer *buffer, const struct dialog_party *party)
{
	if (party->target_node && slice_equal(party->target_node->space, slice_text(DIALOG_INFO_SPACE))) {
		xml_write_node(buffer, party->target_node, prefixes, ARRAY_SIZE(prefixes));
	} else if (!slice_is_empty(party->target)) {
		buffer_text(buffer, "<target");
		xml_write_attribute(buffer, "uri", party->target);
		buffer_text(buffer, "/>");
	}
}

static void write_party(struct buffer *buffer, const char *name, const struct dialog_party *party)
{
	if (slice_is_empty(party->identity) && slice_is_empty(party->target))
		return;
	buffer_format(buffer, "<%s>", name);
	if (!slice_is_empty(party->identity)) {
		buffer_text(buffer, "<identity");
		write_optional(buffer, "display", party->display);
		buffer_byte(buffer, '>');
		xml_write_text(buffer, party->identity);
		buffer_text(buffer, "</identity>");
	}
	write_target(buffer, party);
	buffer_format(buffer, "</%s>\r\n", name);
}

static struct slice direction_name(enum dialog_direction direction)
{
	switch (direction) {
	case DIALOG_INITIATOR:
		return SLICE("initiator");
	case DIALOG_RECIPIENT:
		return SLICE("recipient");
	default:
		return SLICE("");
	}
}

static void write_state(struct buffer *buffer, const struct dialog_entry *entry)
{
	buffer_text(buffer, "<state");
	write_optional(buffer, "event", entry->event);
	write_optional(buffer, "code", entry->code);
	buffer_byte(buffer, '>');
	buffer_append(buffer, dialog_phase_names[entry->phase]);
	buffer_text(buffer, "</state>\r\n");
}

/* In the order of the schema (RFC 4235 §4.4), which some phones insist on. */
static void write_dialog(struct buffer *buffer, const struct dialog_entry *entry, unsigned style)
{
	buffer_text(buffer, "<dialog");
	xml_write_attribute(buffer, "id", entry->id);
	write_optional(buffer, "call-id", entry->call_id);
	write_optional(buffer, "local-tag", entry->local_tag);
	write_optional(buffer, "remote-tag", entry->remote_tag);
	write_optional(buffer, "direction", direction_name(entry->direction));
	buffer_text(buffer, ">\r\n");
	write_state(buffer, entry);
	if (!slice_is_empty(entry->duration)) {
		buffer_text(buffer, "<duration>");
		xml_write_text(buffer, entry->duration);
		buffer_text(buffer, "</duration>\r\n");
	}
	write_party(buffer, "local", &entry->local);
	if (!(style & BODY_NO_REMOTE_PARTY))
		write_party(buffer, "remote", &entry->remote);
	buffer_text(buffer, "</dialog>\r\n");
}

/* Of two in the same phase the first. */
static const struct dialog_entry *highest(const struct dialog_info *state)
{
	const struct dialog_entry *highest = NULL;
	for (size_t i = 0; i < state->count; i++) {
		if (!highest || state->dialogs[i].phase > highest->phase)
			highest = &state->dialogs[i];
	}
	return highest;
}

static void write_dialogs(struct buffer *buffer, const struct dialog_info *state, unsigned style)
{
	/* Some go dark, or stay lit, where there is no <dialog> at all. */
	static const struct dialog_entry idle = {.id = {"idle", 4}, .phase = DIALOG_TERMINATED};
	if (state->count == 0 && style & BODY_DUMMY_DIALOG)
		write_dialog(buffer, &idle, style);
	if (style & BODY_SINGLE_DIALOG) {
		if (state->count > 0)
			write_dialog(buffer, highest(state), style);
		return;
	}
	for (size_t i = 0; i < state->count; i++)
		write_dialog(buffer, &state->dialogs[i], style);
}

static const char head[] = "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"" DIALOG_INFO_SPACE "\" version=\"";

/* The entity is the watched user and a SIP URI (RFC 4235 §4.1), whatever publishers say and the watcher likes to see in
 * presence. */
static void write_dialog_info(const void *state, const struct body_target *target, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	struct body_target by_sip = *target;
	by_sip.style &= ~(unsigned)BODY_PRES_ENTITY;
	buffer_text(buffer, head);
	output->version_at = buffer->length;
	buffer_text(buffer, "\" state=\"full\" entity=\"");
	xml_write_entity(buffer, &by_sip);
	buffer_text(buffer, "\">\r\n");
	write_dialogs(buffer, state, target->style);
	buffer_text(buffer, "</dialog-info>\r\n");
}

void dialog_info_write_full(struct buffer *buffer, const struct dialog_info *info)
{
	buffer_text(buffer, head);
	buffer_append(buffer, slice_is_empty(info->version) ? SLICE("0") : info->version);
	buffer_text(buffer, "\" state=\"full\"");
	xml_write_attribute(buffer, "entity", info->entity);
	buffer_text(buffer, ">\r\n");
	write_dialogs(buffer, info, 0);
	buffer_text(buffer, "</dialog-info>\r\n");
}

void dialog_info_write_simple(struct buffer *buffer, struct slice entity, struct slice id, enum dialog_phase phase,
			      enum dialog_direction direction)
{
	struct dialog_entry entry = {.id = id, .phase = phase, .direction = direction};
	const struct dialog_info info = {.entity = entity, .dialogs = &entry, .count = 1};
	dialog_info_write_full(buffer, &info);
}

const struct body_format dialog_info_format = {.media_type = "application/dialog-info+xml", .write = write_dialog_info};
