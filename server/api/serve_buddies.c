/* /users/{user}/buddies and /groups: the buddy list that a user's clients edit by XCAP, as JSON.
 * SPDX-License-Identifier: MIT */
#include "api/call_documents.h"
#include "api/put_lists.h"
#include "api/serve.h"
#include "base/error.h"
#include "documents/buddies.h"

#define APPLICATION "resource-lists"
#define NAME "index"
/* A document as a tree, and the view of it: so much for each node and each byte, and for the paths of groups. */
#define NODE_BYTES 512
#define TEXT_FACTOR 8
#define PATHS_BYTES ((size_t)4 << 20)

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_group(struct json_writer *json, const struct buddy_group *group)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "name", group->name);
	json_write_text_or_null(json, "display_name", group->display_name);
	json_write_end(json, '}');
}

static void write_buddy(struct json_writer *json, const struct buddy *buddy)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "uri", buddy->uri);
	json_write_text_or_null(json, "name", buddy->name);
	json_write_begin(json, "groups", '[');
	for (size_t i = 0; i < buddy->group_count; i++)
		json_write_text(json, NULL, buddy->groups[i]);
	json_write_end(json, ']');
	json_write_end(json, '}');
}

static void write_list(struct json_writer *json, const struct buddy_list *list)
{
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "groups", '[');
	for (size_t i = 0; i < list->group_count; i++)
		write_group(json, &list->groups[i]);
	json_write_end(json, ']');
	json_write_begin(json, "buddies", '[');
	for (size_t i = 0; i < list->buddy_count; i++)
		write_buddy(json, &list->buddies[i]);
	json_write_end(json, ']');
	json_write_end(json, '}');
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

/* What of the list is the answer; false: nothing is. */
typedef bool list_answer_fn(struct api_call *call, struct arena *arena, const struct buddy_list *list);

static size_t arena_bytes(struct slice body, const struct xml_limits *limits)
{
	/* "<a/>b" are two: of all texts the one with most nodes to its bytes. */
	size_t nodes = body.length / 2 < limits->nodes ? body.length / 2 : limits->nodes;
	return PATHS_BYTES + TEXT_FACTOR * body.length + NODE_BYTES * (nodes + 1);
}

/* Reads the list and answers with it, or with what a change has left of it. */
static void answer_from(struct api_call *call, const struct document *document, unsigned status, list_answer_fn *write)
{
	struct arena arena;
	struct buddy_list list;
	struct body_error error;
	const struct xml_limits *limits = document_store_limits(call->parts->documents);
	struct slice body = document ? document->body : SLICE("");
	arena_init(&arena, NULL, arena_bytes(body, limits));
	int result = buddies_read(&arena, body, limits, &list, &error);
	bool is_written = result == 0 && write(call, &arena, &list);
	arena_finish(&arena);
	if (result == ERR_NO_MEMORY)
		call_fail(call, result);
	else if (result == ERR_LIMIT)
		call_refuse(call, 413, "The list is too large for this: %s", error.sentence);
	else if (result != 0)
		call_refuse(call, 500, "The list cannot be read: %s", error.sentence);
	else if (!is_written)
		call_refuse(call, 404, "It is not in the list any more");
	else
		call_answer_with(call, status, document ? slice_text(document->etag) : SLICE(""));
}

static bool write_all(struct api_call *call, struct arena *arena, const struct buddy_list *list)
{
	(void)arena;
	write_list(&call->json, list);
	return true;
}

static void answer_list(struct api_call *call, struct slice user)
{
	answer_from(call, document_find(call->parts->documents, user, SLICE(APPLICATION), SLICE(NAME)), 200, write_all);
}

void serve_buddies(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_with_documents(call, user, answer_list);
}

/* What was removed is told by its name. */
static void answer_removed(struct api_call *call, const struct document *document)
{
	json_write_begin(&call->json, NULL, '{');
	json_write_text(&call->json, "removed", call->item);
	json_write_end(&call->json, '}');
	call_answer_with(call, 200, document ? slice_text(document->etag) : SLICE(""));
}

/* --- buddies ------------------------------------------------------------------------------------------------------ */

static bool write_edited_buddy(struct api_call *call, struct arena *arena, const struct buddy_list *list)
{
	const struct buddy_edit *edit = call->state;
	const struct buddy *buddy = buddy_find(list, arena, edit->uri);
	if (buddy)
		write_buddy(&call->json, buddy);
	return buddy != NULL;
}

static int add_buddy(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	return buddies_add(before, call->state, document_store_limits(call->parts->documents), after, error);
}

static int change_buddy(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	return buddies_change(before, call->state, document_store_limits(call->parts->documents), after, error);
}

static int remove_buddy(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	return buddies_remove(before, call->item, document_store_limits(call->parts->documents), after, error);
}

static void answer_added_buddy(struct api_call *call, const struct document *document)
{
	answer_from(call, document, 201, write_edited_buddy);
}

static void answer_changed_buddy(struct api_call *call, const struct document *document)
{
	answer_from(call, document, 200, write_edited_buddy);
}

/* The body, in the request's arena: false where it was refused. */
static bool read_buddy(struct api_call *call, bool is_new)
{
	struct arena *arena = call->request->arena;
	struct buddy_edit *edit = arena_allocate_zeroed(arena, 1, sizeof *edit);
	struct body_error error;
	if (!call_has_json(call))
		return false;
	int result = edit ? put_lists_read_buddy(arena, call->request->body, is_new, edit, &error) : ERR_NO_MEMORY;
	if (result != 0) {
		call_refuse_body(call, result, &error);
		return false;
	}
	call->state = edit;
	return call_read_person(call, is_new ? edit->uri : call->item, &edit->uri);
}

void serve_buddy_add(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user) && read_buddy(call, true))
		call_change_document(call, user, APPLICATION, NAME, add_buddy, answer_added_buddy);
}

void serve_buddy_change(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user) && read_buddy(call, false))
		call_change_document(call, user, APPLICATION, NAME, change_buddy, answer_changed_buddy);
}

void serve_buddy_remove(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user) && call_read_person(call, call->item, &call->item))
		call_change_document(call, user, APPLICATION, NAME, remove_buddy, answer_removed);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

static bool write_added_group(struct api_call *call, struct arena *arena, const struct buddy_list *list)
{
	const struct buddy_group_edit *edit = call->state;
	const struct buddy_group *group = buddy_group_find(list, edit->name);
	(void)arena;
	if (group)
		write_group(&call->json, group);
	return group != NULL;
}

static int add_group(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	return buddy_group_add(before, call->state, document_store_limits(call->parts->documents), after, error);
}

/* What the transport makes of '+' and '&' (transport/http.h). */
static bool reads_alike(struct slice a, struct slice b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++) {
		char left = a.at[i] == '+' ? ' ' : a.at[i] == '&' ? ';' : a.at[i];
		char right = b.at[i] == '+' ? ' ' : b.at[i] == '&' ? ';' : b.at[i];
		if (left != right)
			return false;
	}
	return true;
}

static int find_twin(const struct buddy_list *list, struct slice name, struct body_error *error)
{
	for (size_t i = 0; i < list->group_count; i++) {
		if (slice_equal(list->groups[i].name, name) || !reads_alike(list->groups[i].name, name))
			continue;
		body_complain(error, "Another group has '+' or '&' where this one has a space or ';', and with a token "
				     "it cannot be seen which is meant: use the account's password");
		return ERR_SYNTAX;
	}
	return 0;
}

/* Of who has a token the path may have had a '+' or '&' where there is a space or ';' now. ERR_SYNTAX: that would be
 * another group of the list. */
static int check_twins(struct api_call *call, struct slice document, struct body_error *error)
{
	bool is_plain =
		slice_find(call->item, ' ') == call->item.length && slice_find(call->item, ';') == call->item.length;
	if (call->caller || is_plain)
		return 0;
	struct arena arena;
	struct buddy_list list;
	const struct xml_limits *limits = document_store_limits(call->parts->documents);
	arena_init(&arena, NULL, arena_bytes(document, limits));
	int result = buddies_read(&arena, document, limits, &list, error);
	if (result == 0)
		result = find_twin(&list, call->item, error);
	arena_finish(&arena);
	return result;
}

static int change_group(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	int result = check_twins(call, before, error);
	return result == 0 ? buddy_group_change(before, call->state, document_store_limits(call->parts->documents),
						after, error)
			   : result;
}

static int remove_group(struct api_call *call, struct slice before, struct buffer *after, struct body_error *error)
{
	int result = check_twins(call, before, error);
	return result == 0 ? buddy_group_remove(before, call->item, document_store_limits(call->parts->documents),
						after, error)
			   : result;
}

static void answer_added_group(struct api_call *call, const struct document *document)
{
	answer_from(call, document, 201, write_added_group);
}

/* The whole list: all who are in a group that was renamed have changed with it. */
static void answer_changed_group(struct api_call *call, const struct document *document)
{
	answer_from(call, document, 200, write_all);
}

static bool read_group(struct api_call *call, bool is_new)
{
	struct arena *arena = call->request->arena;
	struct buddy_group_edit *edit = arena_allocate_zeroed(arena, 1, sizeof *edit);
	struct body_error error;
	if (!call_has_json(call))
		return false;
	int result = edit ? put_lists_read_group(arena, call->request->body, is_new, edit, &error) : ERR_NO_MEMORY;
	if (result != 0) {
		call_refuse_body(call, result, &error);
		return false;
	}
	if (!is_new)
		edit->name = call->item;
	call->state = edit;
	return true;
}

void serve_group_add(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user) && read_group(call, true))
		call_change_document(call, user, APPLICATION, NAME, add_group, answer_added_group);
}

void serve_group_change(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user) && read_group(call, false))
		call_change_document(call, user, APPLICATION, NAME, change_group, answer_changed_group);
}

void serve_group_remove(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_change_document(call, user, APPLICATION, NAME, remove_group, answer_removed);
}
