/* Editing a buddy list in its document. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/identity.h"
#include "documents/buddies.h"
#include "documents/buddies_tree.h"
#include "documents/buddy_names.h"

#define FIRST_GROUP SLICE("buddies")
#define URI_BYTES_MOST 1024
#define NAME_BYTES_MOST 255
#define SHOWN_MOST 64 /* bytes of a name that a sentence shows */

/* --- words -------------------------------------------------------------------------------------------------------- */

/* XML has no way to write control characters, and none for U+FFFE and U+FFFF. */
static bool is_text(struct slice text)
{
	if (slice_is_empty(text))
		return true;
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\177')
			return false;
	return slice_is_utf8(text) && !memmem(text.at, text.length, "\xEF\xBF\xBE", 3) &&
	       !memmem(text.at, text.length, "\xEF\xBF\xBF", 3);
}

static int check_name(struct slice name, bool may_be_empty, const char *what, struct body_error *error)
{
	bool is_long = name.length > NAME_BYTES_MOST;
	if (is_text(name) && !is_long && (may_be_empty || !slice_is_empty(slice_trim(name))))
		return 0;
	if (is_long)
		body_complain(error, "%s has more than %d bytes", what, NAME_BYTES_MOST);
	else
		body_complain(error, slice_is_empty(slice_trim(name)) ? "%s is empty" : "%s is no text", what);
	return ERR_SYNTAX;
}

static int check_uri(struct arena *arena, struct slice uri, struct body_error *error)
{
	struct identity identity;
	bool is_plain = is_text(uri) && uri.length <= URI_BYTES_MOST && slice_find(uri, ' ') == uri.length;
	int result = is_plain ? identity_read(arena, uri, &identity) : ERR_SYNTAX;
	if (result == ERR_SYNTAX && is_plain && slice_starts_with(uri, SLICE("tel:")) && uri.length > 4)
		return 0;
	if (result == ERR_SYNTAX)
		body_complain(error, "The URI of a buddy is like sip:bob@example.com, of at most %d bytes",
			      URI_BYTES_MOST);
	return result;
}

static int check_edit(struct arena *arena, const struct buddy_edit *edit, struct body_error *error)
{
	int result = check_uri(arena, edit->uri, error);
	if (result == 0 && edit->has_name)
		result = check_name(edit->name, true, "The name", error);
	if (result == 0 && edit->has_groups && edit->group_count == 0) {
		body_complain(error, "A buddy is in one group at least");
		return ERR_SYNTAX;
	}
	for (size_t i = 0; edit->has_groups && i < edit->group_count && result == 0; i++)
		result = check_name(edit->groups[i], false, "The name of a group", error);
	return result;
}

/* --- lists ---------------------------------------------------------------------------------------------------------
 */

static int complain_of(struct editing *editing, int result, struct slice name, const char *what)
{
	body_complain(editing->error, "%.*s %s", (int)(name.length < SHOWN_MOST ? name.length : SHOWN_MOST), name.at,
		      what);
	return result;
}

static int add_list(struct editing *editing, struct slice name, xmlNodePtr *list)
{
	xmlNodePtr made = buddies_new_element(editing, editing->root, "list");
	if (!made)
		return ERR_NO_MEMORY;
	buddies_append(editing, editing->root, made);
	*list = made;
	return buddies_set_attribute(editing, made, "name", name);
}

static int get_list(struct editing *editing, struct slice path, xmlNodePtr *list)
{
	int result = buddies_find_list(editing, path, list);
	return result == 0 && !*list ? add_list(editing, path, list) : result;
}

/* --- buddies ------------------------------------------------------------------------------------------------------ */

static int add_entry(struct editing *editing, xmlNodePtr list, const struct buddy_edit *edit)
{
	xmlNodePtr entry = buddies_new_element(editing, list, "entry");
	if (!entry)
		return ERR_NO_MEMORY;
	buddies_append(editing, list, entry);
	int result = buddies_set_attribute(editing, entry, "uri", edit->uri);
	if (result == 0 && edit->has_name)
		result = buddies_set_display_name(editing, entry, edit->name);
	return result;
}

static bool was_named_before(const struct buddy_edit *edit, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (slice_equal(edit->groups[i], edit->groups[index]))
			return true;
	return false;
}

static int add_to_first(struct editing *editing, const struct buddy_edit *edit)
{
	xmlNodePtr list = editing->root->children;
	int result = 0;
	while (list && !buddies_is(list, "list"))
		list = list->next;
	if (!list)
		result = add_list(editing, FIRST_GROUP, &list);
	return result == 0 ? add_entry(editing, list, edit) : result;
}

static int add_buddy(struct editing *editing, const struct buddy_edit *edit)
{
	struct met_entry *known;
	xmlNodePtr list;
	int result = buddies_find_entries(editing, edit->uri, &known);
	if (result != 0)
		return result;
	if (known)
		return complain_of(editing, ERR_EXISTS, edit->uri, "is in the list already");
	if (!edit->has_groups)
		return add_to_first(editing, edit);
	for (size_t i = 0; i < edit->group_count && result == 0; i++) {
		if (was_named_before(edit, i))
			continue;
		result = get_list(editing, edit->groups[i], &list);
		if (result == 0)
			result = add_entry(editing, list, edit);
	}
	return result;
}

/* Prefixes that the copy uses may have been declared further out. */
static int add_copy(struct editing *editing, struct slice group, xmlNodePtr entry)
{
	xmlNodePtr list;
	int result = get_list(editing, group, &list);
	if (result != 0)
		return result;
	xmlNodePtr copy = buddies_copy(editing, entry);
	if (!copy)
		return ERR_NO_MEMORY;
	buddies_append(editing, list, copy);
	return xmlDOMWrapReconcileNamespaces(NULL, copy, 1) == 0 ? 0 : ERR_NO_MEMORY;
}

static bool is_wanted(const struct buddy_edit *edit, struct slice path)
{
	for (size_t i = 0; i < edit->group_count; i++)
		if (slice_equal(edit->groups[i], path))
			return true;
	return false;
}

static bool is_in(const struct met_entry *known, struct slice path)
{
	for (; known; known = known->next)
		if (slice_equal(known->path, path))
			return true;
	return false;
}

static int move(struct editing *editing, const struct buddy_edit *edit, const struct met_entry *known)
{
	int result = 0;
	for (size_t i = 0; i < edit->group_count && result == 0; i++)
		if (!was_named_before(edit, i) && !is_in(known, edit->groups[i]))
			result = add_copy(editing, edit->groups[i], known->entry);
	for (; known && result == 0; known = known->next)
		if (!is_wanted(edit, known->path))
			buddies_drop(known->entry);
	return result;
}

static int find_buddy(struct editing *editing, struct slice uri, struct met_entry **known)
{
	int result = buddies_find_entries(editing, uri, known);
	return result == 0 && !*known ? complain_of(editing, ERR_NOT_FOUND, uri, "is not in the list") : result;
}

static int change_buddy(struct editing *editing, const struct buddy_edit *edit)
{
	struct met_entry *known;
	int result = find_buddy(editing, edit->uri, &known);
	for (const struct met_entry *one = known; one && edit->has_name && result == 0; one = one->next)
		result = buddies_set_display_name(editing, one->entry, edit->name);
	return result == 0 && edit->has_groups ? move(editing, edit, known) : result;
}

int buddies_add(struct slice document, const struct buddy_edit *edit, const struct xml_limits *limits,
		struct buffer *after, struct body_error *error)
{
	struct editing editing;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0)
		result = check_edit(&editing.arena, edit, error);
	if (result == 0)
		result = add_buddy(&editing, edit);
	return buddies_end(&editing, result, after);
}

int buddies_change(struct slice document, const struct buddy_edit *edit, const struct xml_limits *limits,
		   struct buffer *after, struct body_error *error)
{
	struct editing editing;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0)
		result = check_edit(&editing.arena, edit, error);
	if (result == 0)
		result = change_buddy(&editing, edit);
	return buddies_end(&editing, result, after);
}

int buddies_remove(struct slice document, struct slice uri, const struct xml_limits *limits, struct buffer *after,
		   struct body_error *error)
{
	struct editing editing;
	struct met_entry *known = NULL;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0)
		result = find_buddy(&editing, uri, &known);
	for (; known && result == 0; known = known->next)
		buddies_drop(known->entry);
	return buddies_end(&editing, result, after);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

static int find_group(struct editing *editing, struct slice name, xmlNodePtr *list)
{
	int result = buddies_find_list(editing, name, list);
	return result == 0 && !*list ? complain_of(editing, ERR_NOT_FOUND, name, "is no group of the list") : result;
}

static int add_group(struct editing *editing, const struct buddy_group_edit *edit)
{
	xmlNodePtr list;
	int result = buddies_find_list(editing, edit->name, &list);
	if (result == 0 && list)
		return complain_of(editing, ERR_EXISTS, edit->name, "is a group already");
	if (result == 0)
		result = add_list(editing, edit->name, &list);
	if (result == 0 && edit->has_display_name)
		result = buddies_set_display_name(editing, list, edit->display_name);
	return result;
}

/* Where another list is called so already, nobody could tell the two apart. */
static int rename_group(struct editing *editing, xmlNodePtr list, const struct buddy_group_edit *edit)
{
	struct slice name, path;
	xmlNodePtr other;
	int result = buddies_attribute(editing, list, "name", &name);
	if (result != 0)
		return result;
	size_t parent = edit->name.length > name.length ? edit->name.length - name.length - 1 : 0;
	result = buddy_group_path(&editing->arena, slice_of(edit->name.at, parent), edit->new_name, &path);
	if (result == 0)
		result = buddies_find_list(editing, path, &other);
	if (result == 0 && other && other != list)
		return complain_of(editing, ERR_EXISTS, path, "is a group already");
	return result == 0 ? buddies_set_attribute(editing, list, "name", edit->new_name) : result;
}

static int change_group(struct editing *editing, const struct buddy_group_edit *edit)
{
	xmlNodePtr list;
	int result = find_group(editing, edit->name, &list);
	if (result == 0 && edit->has_display_name)
		result = buddies_set_display_name(editing, list, edit->display_name);
	return result == 0 && edit->has_new_name ? rename_group(editing, list, edit) : result;
}

static int check_group(const struct buddy_group_edit *edit, struct body_error *error)
{
	int result = check_name(edit->name, false, "The name of a group", error);
	if (result == 0 && edit->has_new_name)
		result = check_name(edit->new_name, false, "The name of a group", error);
	if (result == 0 && edit->has_display_name)
		result = check_name(edit->display_name, true, "The name", error);
	return result;
}

int buddy_group_add(struct slice document, const struct buddy_group_edit *edit, const struct xml_limits *limits,
		    struct buffer *after, struct body_error *error)
{
	struct editing editing;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0)
		result = check_group(edit, error);
	if (result == 0)
		result = add_group(&editing, edit);
	return buddies_end(&editing, result, after);
}

int buddy_group_change(struct slice document, const struct buddy_group_edit *edit, const struct xml_limits *limits,
		       struct buffer *after, struct body_error *error)
{
	struct editing editing;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0 && edit->has_new_name)
		result = check_name(edit->new_name, false, "The name of a group", error);
	if (result == 0 && edit->has_display_name)
		result = check_name(edit->display_name, true, "The name", error);
	if (result == 0)
		result = change_group(&editing, edit);
	return buddies_end(&editing, result, after);
}

int buddy_group_remove(struct slice document, struct slice name, const struct xml_limits *limits, struct buffer *after,
		       struct body_error *error)
{
	struct editing editing;
	xmlNodePtr list = NULL;
	int result = buddies_begin(&editing, document, limits, error);
	if (result == 0)
		result = find_group(&editing, name, &list);
	if (result == 0)
		buddies_drop(list);
	return buddies_end(&editing, result, after);
}
