/* Fuzz target: any bytes as a buddy list. What is accepted is edited in each way, and what comes out must be a list
 * that shows the edit and nothing else of it changed. SPDX-License-Identifier: MIT */
#include "documents/buddies.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 300};
static const struct xml_limits wide = {.bytes = 1 << 20, .depth = 18, .nodes = 2000};

#define NEW_URI SLICE("sip:fuzzed-buddy@fuzz.invalid")
#define NEW_GROUP SLICE("fuzzed group <&>")

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Not all that was accepted can be edited: what libxml2's tree refuses. */
static bool is_edited(int result)
{
	require(result == 0 || result == ERR_SYNTAX || result == ERR_LIMIT);
	return result == 0;
}

static void read_list(struct arena *arena, const struct buffer *text, struct buddy_list *list)
{
	struct body_error error;
	require(buddies_read(arena, buffer_slice(text), &wide, list, &error) == 0);
}

static void add_and_remove(struct arena *arena, struct slice document, const struct buddy_list *before)
{
	struct slice group = NEW_GROUP;
	struct buddy_edit edit = {.uri = NEW_URI,
				  .has_name = true,
				  .name = SLICE("F & B"),
				  .has_groups = true,
				  .groups = &group,
				  .group_count = 1};
	struct buddy_list list;
	struct body_error error;
	struct buffer with, without;
	buffer_init(&with, wide.bytes);
	buffer_init(&without, wide.bytes);
	if (!buddy_find(before, arena, NEW_URI) && is_edited(buddies_add(document, &edit, &limits, &with, &error))) {
		read_list(arena, &with, &list);
		require(list.buddy_count == before->buddy_count + 1);
		const struct buddy *buddy = buddy_find(&list, arena, NEW_URI);
		require(buddy && slice_equal(buddy->name, edit.name) && buddy->group_count == 1);
		require(slice_equal(buddy->groups[0], NEW_GROUP));
		require(buddies_remove(buffer_slice(&with), NEW_URI, &wide, &without, &error) == 0);
		read_list(arena, &without, &list);
		require(list.buddy_count == before->buddy_count);
		for (size_t i = 0; i < list.buddy_count; i++)
			require(slice_equal(list.buddies[i].uri, before->buddies[i].uri) &&
				slice_equal(list.buddies[i].name, before->buddies[i].name));
	}
	buffer_finish(&with);
	buffer_finish(&without);
}

static void remove_each(struct arena *arena, struct slice document, const struct buddy_list *before)
{
	struct buddy_list list;
	struct body_error error;
	for (size_t i = 0; i < before->buddy_count && i < 8; i++) {
		struct buffer after;
		buffer_init(&after, wide.bytes);
		if (is_edited(buddies_remove(document, before->buddies[i].uri, &limits, &after, &error))) {
			read_list(arena, &after, &list);
			require(list.buddy_count == before->buddy_count - 1);
			require(!buddy_find(&list, arena, before->buddies[i].uri));
		}
		buffer_finish(&after);
	}
}

static void move_first(struct arena *arena, struct slice document, const struct buddy_list *before)
{
	struct slice group = NEW_GROUP;
	struct buddy_list list;
	struct body_error error;
	struct buffer after;
	if (before->buddy_count == 0)
		return;
	struct buddy_edit edit = {
		.uri = before->buddies[0].uri, .has_groups = true, .groups = &group, .group_count = 1};
	buffer_init(&after, wide.bytes);
	if (is_edited(buddies_change(document, &edit, &limits, &after, &error))) {
		read_list(arena, &after, &list);
		const struct buddy *buddy = buddy_find(&list, arena, edit.uri);
		require(list.buddy_count == before->buddy_count && buddy && buddy->group_count == 1);
		require(slice_equal(buddy->groups[0], group));
	}
	buffer_finish(&after);
}

static void edit_groups(struct arena *arena, struct slice document, const struct buddy_list *before)
{
	struct buddy_list list;
	struct body_error error;
	for (size_t i = 0; i < before->group_count && i < 8; i++) {
		struct buddy_group_edit edit = {
			.name = before->groups[i].name, .has_display_name = true, .display_name = SLICE("G & H")};
		struct buffer after;
		buffer_init(&after, wide.bytes);
		int result = buddy_group_change(document, &edit, &limits, &after, &error);
		if (result != ERR_NOT_FOUND && is_edited(result)) {
			read_list(arena, &after, &list);
			require(list.group_count == before->group_count && list.buddy_count == before->buddy_count);
			const struct buddy_group *group = buddy_group_find(&list, edit.name);
			require(group && slice_equal(group->display_name, edit.display_name));
		}
		buffer_clear(&after);
		result = buddy_group_remove(document, edit.name, &limits, &after, &error);
		if (result != ERR_NOT_FOUND && is_edited(result)) {
			read_list(arena, &after, &list);
			require(list.group_count <= before->group_count);
		}
		buffer_finish(&after);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice document = slice_of((const char *)data, size);
	struct buddy_list list;
	struct body_error error = {""};
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX / 2);
	int result = buddies_read(&arena, document, &limits, &list, &error);
	if (result == 0) {
		add_and_remove(&arena, document, &list);
		remove_each(&arena, document, &list);
		move_first(&arena, document, &list);
		edit_groups(&arena, document, &list);
	} else {
		require(result == ERR_SYNTAX || result == ERR_LIMIT);
		require(error.sentence[0] != '\0');
	}
	arena_finish(&arena);
	return 0;
}
