/* Reading the bodies of sessions. SPDX-License-Identifier: MIT */
#include "api/put_sessions.h"

#include "api/put_json.h"
#include "base/error.h"

static int read_name(struct arena *arena, const json_t *value, struct slice *name, struct body_error *error)
{
	int result = put_json_text(arena, "name", value, false, name, error);
	bool is_good = result == 0 && name->length > 0 && name->length <= PUT_SESSIONS_NAME_MOST;
	for (size_t i = 0; is_good && i < name->length; i++)
		is_good = (unsigned char)name->at[i] >= ' ' && name->at[i] != 0x7f;
	if (result != 0 || is_good)
		return result;
	body_complain(error, "name has 1 to %d bytes and no control characters", PUT_SESSIONS_NAME_MOST);
	return ERR_SYNTAX;
}

/* It will be compared with what stands between the brackets of +sip.instance (RFC 5626 §4.1). */
static int read_device(struct arena *arena, const json_t *value, struct slice *device, struct body_error *error)
{
	int result = put_json_text(arena, "device", value, true, device, error);
	bool is_good = result == 0 && device->length <= PUT_SESSIONS_DEVICE_MOST &&
		       (json_is_null(value) || slice_starts_with(*device, SLICE("urn:")));
	for (size_t i = 0; is_good && i < device->length; i++)
		is_good = device->at[i] > ' ' && device->at[i] < 0x7f && !strchr("<>\"\\", device->at[i]);
	if (result != 0 || is_good)
		return result;
	body_complain(error, "device is no URN as of +sip.instance: urn:uuid:…, or null");
	return ERR_SYNTAX;
}

static int read_field(struct arena *arena, const char *name, const json_t *value, struct session_form *form,
		      struct body_error *error)
{
	if (strcmp(name, "name") == 0)
		return read_name(arena, value, &form->name, error);
	if (strcmp(name, "device") == 0)
		return read_device(arena, value, &form->device, error);
	form->stay = json_is_true(value);
	if (strcmp(name, "stay") == 0 && json_is_boolean(value))
		return 0;
	if (strcmp(name, "stay") == 0)
		body_complain(error, "stay is neither true nor false");
	else
		body_complain(error, "The body has no field \"%.*s\": there are name, device and stay",
			      put_json_shown(name), name);
	return ERR_SYNTAX;
}

int put_sessions_read(struct arena *arena, struct slice body, struct session_form *form, struct body_error *error)
{
	json_t *object, *value;
	const char *name;
	*form = (struct session_form){.stay = false};
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	json_object_foreach(object, name, value)
	{
		result = read_field(arena, name, value, form, error);
		if (result != 0)
			break;
	}
	json_decref(object);
	if (result != 0 || !slice_is_empty(form->name))
		return result;
	body_complain(error, "The field name is missing");
	return ERR_SYNTAX;
}
