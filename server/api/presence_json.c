/* Presence as JSON: what RFC 3863, RFC 4479 and RFC 4480 say in XML, as far as programs ask for it.
 * SPDX-License-Identifier: MIT */
#include "api/presence_json.h"

#define AOR_BYTES_MOST 4096

/* --- notes and activities ----------------------------------------------------------------------------------------- */

static void write_notes_in(struct json_writer *json, const struct xml_node *node, struct slice space)
{
	for (const struct xml_node *note = xml_child(node, space, SLICE("note")); note;
	     note = xml_next(note, space, SLICE("note")))
		if (!slice_is_empty(xml_text(note)))
			json_write_text(json, NULL, xml_text(note));
}

/* Those of documents, and those of the person (RFC 4479 §3.3). */
static void write_notes(struct json_writer *json, const struct presence_state *state)
{
	json_write_begin(json, "notes", '[');
	for (size_t i = 0; i < state->note_count; i++)
		if (!slice_is_empty(xml_text(state->notes[i])))
			json_write_text(json, NULL, xml_text(state->notes[i]));
	if (state->person)
		write_notes_in(json, state->person, SLICE(DATA_MODEL_SPACE));
	json_write_end(json, ']');
}

/* RFC 4480 §3.2: an activity is an empty element, or <other> with a text. */
static void write_activity(struct json_writer *json, const struct xml_node *activity)
{
	bool is_other = slice_equal(activity->name, SLICE("other")) && !slice_is_empty(xml_text(activity));
	if (!slice_is_empty(activity->name) && !slice_equal(activity->name, SLICE("note")))
		json_write_text(json, NULL, is_other ? xml_text(activity) : activity->name);
}

static void write_activities(struct json_writer *json, const struct xml_node *person)
{
	const struct slice rpid = SLICE(RPID_SPACE), name = SLICE("activities");
	json_write_begin(json, "activities", '[');
	for (const struct xml_node *list = person ? xml_child(person, rpid, name) : NULL; list;
	     list = xml_next(list, rpid, name))
		for (const struct xml_node *activity = list->children; activity; activity = activity->next)
			write_activity(json, activity);
	json_write_end(json, ']');
}

/* --- tuples and devices ------------------------------------------------------------------------------------------- */

static void write_status(struct json_writer *json, bool is_open)
{
	json_write_text(json, "status", is_open ? SLICE("open") : SLICE("closed"));
}

static void write_tuple(struct json_writer *json, const struct presence_tuple *tuple)
{
	const struct slice pidf = SLICE(PIDF_SPACE);
	const struct xml_node *published = tuple->published;
	const struct xml_node *contact = published ? xml_child(published, pidf, SLICE("contact")) : NULL;
	json_write_begin(json, NULL, '{');
	json_write_text(json, "id", tuple->id);
	if (tuple->has_basic)
		write_status(json, tuple->is_open);
	else
		json_write_null(json, "status");
	json_write_text_or_null(json, "contact", xml_text(contact));
	json_write_begin(json, "notes", '[');
	if (published)
		write_notes_in(json, published, pidf);
	json_write_end(json, ']');
	json_write_bool(json, "published", published != NULL);
	json_write_time(json, "since", tuple->at_ms);
	json_write_end(json, '}');
}

static void write_device(struct json_writer *json, const struct xml_node *device)
{
	const struct slice model = SLICE(DATA_MODEL_SPACE);
	json_write_begin(json, NULL, '{');
	json_write_text(json, "id", xml_attribute(device, SLICE("id")));
	json_write_text_or_null(json, "device_id", xml_text(xml_child(device, model, SLICE("deviceID"))));
	json_write_begin(json, "notes", '[');
	write_notes_in(json, device, model);
	json_write_end(json, ']');
	json_write_end(json, '}');
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static void write_aor(struct json_writer *json, struct slice user, struct slice domain)
{
	struct buffer aor;
	buffer_init(&aor, AOR_BYTES_MOST);
	body_write_entity(&aor, &(struct body_target){.user = user, .domain = domain});
	json->buffer->failed |= buffer_failed(&aor);
	json_write_text(json, "aor", buffer_slice(&aor));
	buffer_finish(&aor);
}

void presence_json_write(struct json_writer *json, const struct presence_state *state, struct slice user,
			 struct slice domain)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "user", user);
	write_aor(json, user, domain);
	write_status(json, state->is_open);
	json_write_bool(json, "in_call", state->is_in_call);
	write_activities(json, state->person);
	write_notes(json, state);
	json_write_begin(json, "tuples", '[');
	for (size_t i = 0; i < state->tuple_count; i++)
		write_tuple(json, &state->tuples[i]);
	json_write_end(json, ']');
	json_write_begin(json, "devices", '[');
	for (size_t i = 0; i < state->device_count; i++)
		write_device(json, state->devices[i]);
	json_write_end(json, ']');
	json_write_end(json, '}');
}
