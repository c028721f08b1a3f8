/* Reading the bodies of buddies, groups and rules. SPDX-License-Identifier: MIT */
#include "api/put_lists.h"

#include "api/put_json.h"
#include "base/error.h"

static int refuse_field(const char *name, const char *known, struct body_error *error)
{
	body_complain(error, "The body has no field \"%.*s\": there are %s", put_json_shown(name), name, known);
	return ERR_SYNTAX;
}

static bool is_called(const char *name, const char *wanted)
{
	return strcmp(name, wanted) == 0;
}

/* --- buddies ------------------------------------------------------------------------------------------------------ */

static int read_groups(struct arena *arena, const json_t *list, struct buddy_edit *edit, struct body_error *error)
{
	size_t count = json_array_size(list);
	if (!json_is_array(list) || count > PUT_LISTS_GROUPS_MOST) {
		body_complain(error, "groups is no array of at most %d names", PUT_LISTS_GROUPS_MOST);
		return ERR_SYNTAX;
	}
	struct slice *groups = arena_allocate_zeroed(arena, count + 1, sizeof *groups);
	if (!groups) {
		body_complain(error, "There is no memory for the body");
		return ERR_NO_MEMORY;
	}
	int result = 0;
	for (size_t i = 0; i < count && result == 0; i++)
		result = put_json_text(arena, "A name in groups", json_array_get(list, i), false, &groups[i], error);
	edit->has_groups = true;
	edit->groups = groups;
	edit->group_count = count;
	return result;
}

static int read_buddy_field(struct arena *arena, const char *name, const json_t *value, bool is_new,
			    struct buddy_edit *edit, struct body_error *error)
{
	if (is_new && is_called(name, "uri"))
		return put_json_text(arena, name, value, false, &edit->uri, error);
	if (is_called(name, "groups"))
		return read_groups(arena, value, edit, error);
	if (!is_called(name, "name"))
		return refuse_field(name, is_new ? "uri, name and groups" : "name and groups", error);
	edit->has_name = true;
	return put_json_text(arena, name, value, true, &edit->name, error);
}

int put_lists_read_buddy(struct arena *arena, struct slice body, bool is_new, struct buddy_edit *edit,
			 struct body_error *error)
{
	json_t *object, *value;
	const char *name;
	*edit = (struct buddy_edit){.has_name = false};
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	json_object_foreach(object, name, value)
	{
		result = read_buddy_field(arena, name, value, is_new, edit, error);
		if (result != 0)
			break;
	}
	json_decref(object);
	if (result == 0 && is_new && slice_is_empty(edit->uri)) {
		body_complain(error, "The field uri is missing");
		return ERR_SYNTAX;
	}
	return result;
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

static int read_group_field(struct arena *arena, const char *name, const json_t *value, bool is_new,
			    struct buddy_group_edit *edit, struct body_error *error)
{
	if (is_called(name, "name")) {
		edit->has_new_name = !is_new;
		return put_json_text(arena, name, value, false, is_new ? &edit->name : &edit->new_name, error);
	}
	if (!is_called(name, "display_name"))
		return refuse_field(name, "name and display_name", error);
	edit->has_display_name = true;
	return put_json_text(arena, name, value, true, &edit->display_name, error);
}

int put_lists_read_group(struct arena *arena, struct slice body, bool is_new, struct buddy_group_edit *edit,
			 struct body_error *error)
{
	json_t *object, *value;
	const char *name;
	*edit = (struct buddy_group_edit){.has_new_name = false};
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	json_object_foreach(object, name, value)
	{
		result = read_group_field(arena, name, value, is_new, edit, error);
		if (result != 0)
			break;
	}
	json_decref(object);
	if (result == 0 && is_new && slice_is_empty(edit->name)) {
		body_complain(error, "The field name is missing");
		return ERR_SYNTAX;
	}
	return result;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

static int read_decision(const char *name, const json_t *value, struct decisions_change *change,
			 struct body_error *error)
{
	enum decided_package which;
	if (!decided_package_find(slice_text(name), &which))
		return refuse_field(name, "presence, dialog, message-summary and reg", error);
	struct decision *to = &change->to[which];
	change->is_changed[which] = true;
	to->is_made = !json_is_null(value);
	if (!to->is_made ||
	    (json_is_string(value) && watch_handling_read(slice_text(json_string_value(value)), &to->handling)))
		return 0;
	body_complain(error, "%s is none of \"allow\", \"block\", \"polite-block\", \"confirm\" and null", name);
	return ERR_SYNTAX;
}

int put_lists_read_decisions(struct slice body, struct decisions_change *change, struct body_error *error)
{
	json_t *object, *value;
	const char *name;
	int result = put_json_load(body, &object, error);
	if (result != 0)
		return result;
	if (json_object_size(object) == 0) {
		body_complain(error, "The body decides nothing");
		result = ERR_SYNTAX;
	}
	json_object_foreach(object, name, value)
	{
		if (result == 0)
			result = read_decision(name, value, change, error);
	}
	json_decref(object);
	return result;
}
