/* Fuzz target: two conference documents, parted by a line of "---". What is read is made whole, merged and written;
 * what is written must read again; and the change from one whole to the other, applied to the one, must give the other,
 * but for the order of users. SPDX-License-Identifier: MIT */
#include "bodies/conference_info.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written is longer than what was read: escapes, declarations. */
static const struct xml_limits limits = {20000, 12, 500}, wide_limits = {1 << 22, 100, 100000};
static const struct body_target target = {{"a&b", 3}, {"example.test", 12}, 0, {"", 0}};
static const struct conference_info nothing = {.is_deleted = true};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static struct slice write_one(struct arena *arena, const struct conference_info *info)
{
	struct buffer buffer;
	struct slice text;
	buffer_init(&buffer, 1 << 22);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	conference_info_format.write(info, &target, &output);
	must(!buffer_failed(&buffer) && output.version_at < buffer.length);
	must(buffer.data[output.version_at - 1] == '"' && buffer.data[output.version_at] == '"');
	must(arena_copy(arena, buffer_slice(&buffer), &text) == 0);
	buffer_finish(&buffer);
	return text;
}

static struct conference_info read_one(struct arena *arena, struct slice text)
{
	struct conference_info info = {0};
	struct body_error error;
	must(conference_info_parse(arena, text, &wide_limits, &info, &error) == 0);
	return info;
}

/* The change, in the arena; empty: the whole is told. */
static struct slice change_between(struct arena *arena, struct slice before, struct slice after)
{
	struct buffer buffer;
	struct slice change = SLICE("");
	buffer_init(&buffer, 1 << 22);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	if (conference_info_format.write_change(before, after, &target, &output))
		must(arena_copy(arena, buffer_slice(&buffer), &change) == 0);
	buffer_finish(&buffer);
	return change;
}

/* At most that users stand in another order. */
static void must_be_the_same(struct arena *arena, struct slice a, struct slice b)
{
	struct slice change = change_between(arena, a, b);
	must(a.length == b.length);
	if (slice_is_empty(change))
		return;
	const struct xml_node *users = read_one(arena, change).root->children;
	must(slice_equal(users->name, SLICE("users")) && !users->next && !users->children);
}

static void try_change(struct arena *arena, const struct conference_info *first, const struct conference_info *second)
{
	struct slice before = write_one(arena, first), after = write_one(arena, second);
	struct slice change = change_between(arena, before, after);
	if (slice_is_empty(change))
		return;
	struct conference_info kept = read_one(arena, before), told = read_one(arena, change), merged;
	must(told.is_partial);
	must(conference_info_merge(arena, &kept, &told, &merged) == 0);
	must_be_the_same(arena, write_one(arena, &merged), after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	const char *line = size > 0 ? memmem(data, size, "\n---\n", 5) : NULL;
	const size_t length = line ? (size_t)(line - text.at) : size;
	struct conference_info first, second, merged;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 256 << 20);
	if (conference_info_parse(&arena, slice_of(text.at, length), &limits, &first, &error) == 0 &&
	    conference_info_parse(&arena, line ? slice_from(text, length + 5) : text, &limits, &second, &error) == 0) {
		must(conference_info_merge(&arena, &nothing, &first, &first) == 0 && !first.is_partial);
		must(conference_info_merge(&arena, &first, &second, &merged) == 0 && !merged.is_partial);
		must(conference_info_merge(&arena, &nothing, &second, &second) == 0);
		(void)read_one(&arena, write_one(&arena, &merged));
		try_change(&arena, &first, &second);
		try_change(&arena, &first, &merged);
		try_change(&arena, &second, &first);
	}
	arena_finish(&arena);
	return 0;
}
