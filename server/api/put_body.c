/* Reading the bodies of PUT: mailboxes. SPDX-License-Identifier: MIT */
#include "api/put_body.h"

#include "api/put_json.h"
#include "base/error.h"

#define USER_BYTES_MOST 255

/* --- counts ------------------------------------------------------------------------------------------------------- */

static uint32_t *find_count(struct message_counts *counts, struct slice name)
{
	if (slice_equal(name, SLICE("new")))
		return &counts->fresh;
	if (slice_equal(name, SLICE("old")))
		return &counts->old;
	if (slice_equal(name, SLICE("urgent_new")))
		return &counts->urgent_fresh;
	return slice_equal(name, SLICE("urgent_old")) ? &counts->urgent_old : NULL;
}

static int read_count(const char *class_name, const char *name, const json_t *value, struct message_counts *counts,
		      struct body_error *error)
{
	uint32_t *count = find_count(counts, slice_text(name));
	if (!count) {
		body_complain(error, "%s has no field \"%.*s\": there are new, old, urgent_new and urgent_old",
			      class_name, put_json_shown(name), name);
		return ERR_SYNTAX;
	}
	json_int_t number = json_integer_value(value);
	if (!json_is_integer(value) || number < 0 || number > (json_int_t)UINT32_MAX) {
		body_complain(error, "%s.%s is no whole number between 0 and 4294967295", class_name, name);
		return ERR_SYNTAX;
	}
	*count = (uint32_t)number;
	return 0;
}

static int read_class(const char *class_name, json_t *object, struct message_counts *counts, struct body_error *error)
{
	const char *name;
	json_t *value;
	if (!json_is_object(object)) {
		body_complain(error, "%s is no object with counts", class_name);
		return ERR_SYNTAX;
	}
	json_object_foreach(object, name, value)
	{
		int result = read_count(class_name, name, value, counts, error);
		if (result != 0)
			return result;
	}
	/* The urgent ones are among the others (RFC 3842 §3.5). */
	if (counts->urgent_fresh <= counts->fresh && counts->urgent_old <= counts->old)
		return 0;
	const char *which = counts->urgent_fresh > counts->fresh ? "new" : "old";
	body_complain(error, "%s.urgent_%s is above %s.%s, which includes it", class_name, which, class_name, which);
	return ERR_SYNTAX;
}

static int read_classes(json_t *object, struct message_summary *summary, struct body_error *error)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		enum message_class which;
		if (!message_class_find(slice_text(name), &which)) {
			body_complain(error, "\"%.*s\" is no class of messages: voice, fax, text …",
				      put_json_shown(name), name);
			return ERR_SYNTAX;
		}
		int result = read_class(name, value, &summary->counts[which], error);
		if (result != 0)
			return result;
		summary->has[which] = true;
		summary->is_waiting |= summary->counts[which].fresh > 0;
	}
	return 0;
}

int put_body_read_counts(struct slice body, struct message_summary *summary, struct body_error *error)
{
	struct message_summary read = {0};
	json_t *object;
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	result = read_classes(object, &read, error);
	json_decref(object);
	if (result == 0)
		*summary = read;
	return result;
}

/* --- users -------------------------------------------------------------------------------------------------------- */

static int read_user(struct arena *arena, const json_t *value, struct slice *user, struct body_error *error)
{
	size_t length = json_string_length(value);
	if (!json_is_string(value) || length == 0 || length > USER_BYTES_MOST) {
		body_complain(error, "users has an element that is no name of 1 to %d bytes", USER_BYTES_MOST);
		return ERR_SYNTAX;
	}
	int result = arena_copy(arena, slice_of(json_string_value(value), length), user);
	if (result != 0)
		body_complain(error, "There is no memory for the body");
	return result;
}

static int read_list(struct arena *arena, const json_t *list, struct slice **users, size_t *count,
		     struct body_error *error)
{
	size_t most = json_array_size(list);
	if (!json_is_array(list) || most > PUT_BODY_USERS_MOST) {
		body_complain(error, "users is no array of at most %d names", PUT_BODY_USERS_MOST);
		return ERR_SYNTAX;
	}
	struct slice *read = arena_allocate_zeroed(arena, most + 1, sizeof *read);
	if (!read) {
		body_complain(error, "There is no memory for the body");
		return ERR_NO_MEMORY;
	}
	for (size_t i = 0; i < most; i++) {
		int result = read_user(arena, json_array_get(list, i), &read[i], error);
		if (result != 0)
			return result;
	}
	*users = read;
	*count = most;
	return 0;
}

static int read_users(struct arena *arena, json_t *object, struct slice **users, size_t *count,
		      struct body_error *error)
{
	const char *name;
	json_t *value;
	json_object_foreach(object, name, value)
	{
		if (slice_equal(slice_text(name), SLICE("users")))
			continue;
		body_complain(error, "The body has no field \"%.*s\": there is users", put_json_shown(name), name);
		return ERR_SYNTAX;
	}
	if (json_object_size(object) == 0) {
		body_complain(error, "The field users is missing");
		return ERR_SYNTAX;
	}
	return read_list(arena, json_object_get(object, "users"), users, count, error);
}

int put_body_read_users(struct arena *arena, struct slice body, struct slice **users, size_t *count,
			struct body_error *error)
{
	json_t *object;
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	result = read_users(arena, object, users, count, error);
	json_decref(object);
	return result;
}

/* --- read marks --------------------------------------------------------------------------------------------------- */

static int read_mark(json_t *object, int64_t *id, struct body_error *error)
{
	const char *name;
	json_t *value;
	uint64_t number;
	json_object_foreach(object, name, value)
	{
		if (slice_equal(slice_text(name), SLICE("id")))
			continue;
		body_complain(error, "The body has no field \"%.*s\": there is id", put_json_shown(name), name);
		return ERR_SYNTAX;
	}
	value = json_object_get(object, "id");
	if (!json_is_string(value) ||
	    !slice_to_number(slice_of(json_string_value(value), json_string_length(value)), INT64_MAX, &number)) {
		body_complain(error, "id is no text with the number of a message: \"7340\"");
		return ERR_SYNTAX;
	}
	*id = (int64_t)number;
	return 0;
}

int put_body_read_mark(struct slice body, int64_t *id, struct body_error *error)
{
	json_t *object;
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	result = read_mark(object, id, error);
	json_decref(object);
	return result;
}
