/* The API's JSON bodies from outside, and what is written of them: always JSON again. SPDX-License-Identifier: MIT */
#include "api/put_body.h"
#include "api/put_lists.h"
#include "api/put_sessions.h"
#include "bodies/json_write.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_counts(struct slice text)
{
	struct message_summary summary;
	struct body_error error = {""};
	if (put_body_read_counts(text, &summary, &error) != 0) {
		must(error.sentence[0] != '\0');
		return;
	}
	bool is_waiting = false;
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *counts = &summary.counts[i];
		must(counts->urgent_fresh <= counts->fresh && counts->urgent_old <= counts->old);
		must(summary.has[i] || (counts->fresh == 0 && counts->old == 0));
		is_waiting |= counts->fresh > 0;
	}
	must(is_waiting == summary.is_waiting);
}

static void try_users(struct arena *arena, struct slice text)
{
	struct slice *users;
	size_t count;
	struct body_error error = {""};
	if (put_body_read_users(arena, text, &users, &count, &error) != 0) {
		must(error.sentence[0] != '\0');
		return;
	}
	must(count <= PUT_BODY_USERS_MOST);
	for (size_t i = 0; i < count; i++)
		must(users[i].length > 0 && slice_is_utf8(users[i]));
}

static void try_mark(struct slice text)
{
	int64_t id = -1;
	struct body_error error = {""};
	int result = put_body_read_mark(text, &id, &error);
	must(result == 0 ? id >= 0 : error.sentence[0] != '\0');
}

static void try_lists(struct arena *arena, struct slice text)
{
	struct buddy_edit buddy;
	struct buddy_group_edit group;
	struct decisions_change change = {.user = SLICE("")};
	struct body_error error = {""};
	for (int is_new = 0; is_new < 2; is_new++) {
		if (put_lists_read_buddy(arena, text, is_new, &buddy, &error) == 0) {
			must(!is_new || !slice_is_empty(buddy.uri));
			must(buddy.has_groups || buddy.group_count == 0);
			must(buddy.group_count <= PUT_LISTS_GROUPS_MOST);
		}
		if (put_lists_read_group(arena, text, is_new, &group, &error) == 0)
			must(is_new ? !slice_is_empty(group.name) : slice_is_empty(group.name));
	}
	if (put_lists_read_decisions(text, &change, &error) == 0)
		must(change.is_changed[DECIDED_PRESENCE] || change.is_changed[DECIDED_DIALOG] ||
		     change.is_changed[DECIDED_MESSAGE_SUMMARY]);
	else
		must(error.sentence[0] != '\0');
}

static void try_session(struct arena *arena, struct slice text)
{
	struct session_form form;
	struct body_error error = {""};
	if (put_sessions_read(arena, text, &form, &error) != 0) {
		must(error.sentence[0] != '\0');
		return;
	}
	must(form.name.length > 0 && form.name.length <= PUT_SESSIONS_NAME_MOST && slice_is_utf8(form.name));
	must(form.device.length <= PUT_SESSIONS_DEVICE_MOST);
	must(slice_is_empty(form.device) || slice_starts_with(form.device, SLICE("urn:")));
}

static void try_writing(struct slice text)
{
	struct buffer buffer;
	buffer_init(&buffer, (size_t)1 << 20);
	struct json_writer json = {.buffer = &buffer};
	json_write_begin(&json, NULL, '[');
	json_write_text(&json, NULL, text);
	json_write_end(&json, ']');
	if (!buffer_failed(&buffer)) {
		json_t *read = json_loadb(buffer.data, buffer.length, JSON_ALLOW_NUL, NULL);
		must(read != NULL);
		json_decref(read);
	}
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	struct arena arena;
	arena_init(&arena, NULL, (size_t)1 << 20);
	try_counts(text);
	try_mark(text);
	try_lists(&arena, text);
	try_users(&arena, text);
	try_session(&arena, text);
	try_writing(text);
	arena_finish(&arena);
	return 0;
}
