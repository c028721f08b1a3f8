/* What Asterisk publishes: one flat JSON object for each change. jansson reads it; nothing else of it gets out of this
 * file. SPDX-License-Identifier: MIT */
#include "bodies/asterisk.h"

#include "base/error.h"

#include <jansson.h>

static int complain(struct body_error *error, const char *what)
{
	body_complain(error, "The JSON body %s", what);
	return ERR_SYNTAX;
}

/* jansson refuses what is nested deeper than 2048, before anything overflows. */
static int load(struct slice body, json_t **object, struct body_error *error)
{
	json_error_t fault;
	json_t *root = json_loadb(body.at ? body.at : "", body.length, JSON_REJECT_DUPLICATES, &fault);
	if (!root && json_error_code(&fault) == json_error_out_of_memory) {
		body_complain(error, "There is no memory for the JSON body");
		return ERR_NO_MEMORY;
	}
	if (!root) {
		body_complain(error, "The body is not well-formed JSON: line %d, column %d", fault.line, fault.column);
		return ERR_SYNTAX;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		return complain(error, "is not an object");
	}
	*object = root;
	return 0;
}

/* Empty where it is absent or no text; belongs to the object. */
static struct slice text_of(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);
	return json_is_string(value) ? slice_of(json_string_value(value), json_string_length(value)) : SLICE("");
}

/* True where the type is `wanted` or the request for a refresh. */
static bool read_type(const json_t *object, struct slice wanted, bool *is_refresh)
{
	struct slice type = text_of(object, "type");
	*is_refresh = slice_equal(type, SLICE("refresh"));
	return *is_refresh || slice_equal(type, wanted);
}

/* ---- asterisk-mwi ---- */

/* Absent counts are 0, as Asterisk itself reads them. */
static bool read_count(const json_t *object, const char *name, uint32_t *count)
{
	const json_t *value = json_object_get(object, name);
	json_int_t number = json_integer_value(value);
	if (value && (!json_is_integer(value) || number < 0 || number > (json_int_t)UINT32_MAX))
		return false;
	*count = (uint32_t)number;
	return true;
}

static int read_counts(const json_t *object, struct asterisk_mwi *mwi, struct body_error *error)
{
	if (!json_object_get(object, "new") && !json_object_get(object, "old"))
		return complain(error, "says neither how many messages are new nor how many are old");
	if (!read_count(object, "new", &mwi->fresh) || !read_count(object, "old", &mwi->old) ||
	    !read_count(object, "urgent", &mwi->urgent))
		return complain(error, "has a count that is no whole number between 0 and 4294967295");
	/* The urgent ones are among the new ones: voicemail publishes the sum of both as "new". */
	if (mwi->fresh < mwi->urgent)
		mwi->fresh = mwi->urgent;
	return 0;
}

static int read_mwi(struct arena *arena, const json_t *object, struct asterisk_mwi *mwi, struct body_error *error)
{
	if (!read_type(object, SLICE("mailboxstate"), &mwi->is_refresh))
		return complain(error, "is of a type that is neither mailboxstate nor refresh");
	if (mwi->is_refresh)
		return 0;
	struct slice rest = text_of(object, "uniqueid");
	struct slice mailbox = slice_take(&rest, '@');
	if (slice_is_empty(mailbox))
		return complain(error, "names no mailbox as uniqueid");
	int result = read_counts(object, mwi, error);
	if (result == 0)
		result = arena_copy(arena, mailbox, &mwi->mailbox);
	if (result == 0)
		result = arena_copy(arena, rest, &mwi->context);
	return result;
}

int asterisk_mwi_parse(struct arena *arena, struct slice body, struct asterisk_mwi *mwi, struct body_error *error)
{
	struct asterisk_mwi read = {0};
	json_t *object;
	int result = load(body, &object, error);
	if (result)
		return result;
	result = read_mwi(arena, object, &read, error);
	json_decref(object);
	if (result == 0)
		*mwi = read;
	return result;
}

/* ---- asterisk-devicestate ---- */

/* ast_devstate_str's names. A phone on hold is in a call; one that rings may be in another call as well, and ringing is
 * what its lamp shows. */
static const struct {
	struct slice name;
	bool is_known;
	enum dialog_phase phase;
	enum dialog_direction direction;
} device_states[] = {
	{{"NOT_INUSE", 9}, true, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{{"INUSE", 5}, true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{{"BUSY", 4}, true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{{"ONHOLD", 6}, true, DIALOG_CONFIRMED, DIALOG_DIRECTION_UNKNOWN},
	{{"RINGING", 7}, true, DIALOG_EARLY, DIALOG_RECIPIENT},
	{{"RINGINUSE", 9}, true, DIALOG_EARLY, DIALOG_RECIPIENT},
	{{"UNKNOWN", 7}, false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{{"INVALID", 7}, false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
	{{"UNAVAILABLE", 11}, false, DIALOG_TERMINATED, DIALOG_DIRECTION_UNKNOWN},
};

static bool read_state(struct slice name, struct asterisk_device_state *state)
{
	for (size_t i = 0; i < ARRAY_SIZE(device_states); i++) {
		if (!slice_equal_nocase(name, device_states[i].name))
			continue;
		state->is_known = device_states[i].is_known;
		state->phase = device_states[i].phase;
		state->direction = device_states[i].direction;
		return true;
	}
	return false;
}

static bool is_hexadecimal(struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.at[i];
		if (!(byte >= '0' && byte <= '9') && !(byte >= 'a' && byte <= 'f') && !(byte >= 'A' && byte <= 'F'))
			return false;
	}
	return true;
}

/* "PJSIP/front-desk-0000002a" is a channel of the device "PJSIP/front-desk". */
static struct slice without_channel(struct slice name)
{
	enum { SUFFIX_LENGTH = 9 };
	if (name.length <= SUFFIX_LENGTH)
		return name;
	struct slice suffix = slice_from(name, name.length - SUFFIX_LENGTH);
	if (suffix.at[0] != '-' || !is_hexadecimal(slice_from(suffix, 1)))
		return name;
	return slice_of(name.at, name.length - SUFFIX_LENGTH);
}

/* What stands behind the technology; nothing in "Custom:…", "Queue:…" and their kind, which are no devices. */
static struct slice user_of(struct slice device)
{
	size_t slash = slice_find(device, '/');
	if (slash == device.length || slice_find(device, ':') < slash)
		return SLICE("");
	struct slice name = slice_from(device, slash + 1);
	return without_channel(slice_of(name.at, slice_find(name, '@')));
}

static int read_device_state(struct arena *arena, const json_t *object, struct asterisk_device_state *state,
			     struct body_error *error)
{
	if (!read_type(object, SLICE("devicestate"), &state->is_refresh))
		return complain(error, "is of a type that is neither devicestate nor refresh");
	if (state->is_refresh)
		return 0;
	struct slice device = text_of(object, "device");
	if (slice_is_empty(device))
		return complain(error, "names no device");
	if (!read_state(text_of(object, "state"), state))
		return complain(error,
				"has no state of Asterisk's: NOT_INUSE, INUSE, BUSY, ONHOLD, RINGING, RINGINUSE, "
				"UNKNOWN, INVALID, UNAVAILABLE");
	int result = arena_copy(arena, device, &state->device);
	if (result == 0)
		state->user = user_of(state->device);
	return result;
}

int asterisk_device_state_parse(struct arena *arena, struct slice body, struct asterisk_device_state *state,
				struct body_error *error)
{
	struct asterisk_device_state read = {0};
	json_t *object;
	int result = load(body, &object, error);
	if (result)
		return result;
	result = read_device_state(arena, object, &read, error);
	json_decref(object);
	if (result == 0)
		*state = read;
	return result;
}
