/* Dialog state documents from outside: what is read is composed and written in every style, and reads again as what it
 * was. SPDX-License-Identifier: MIT */
#include "bodies/dialog_info.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is written is longer than what was read: escapes, declarations. */
static const struct xml_limits limits = {20000, 12, 1000}, wide_limits = {1 << 20, 100, 100000};

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void must_be_sound(const struct dialog_info *info)
{
	must(info->entity.length > 0);
	for (size_t i = 0; i < info->count; i++) {
		must(info->dialogs[i].id.length > 0);
		must(info->dialogs[i].phase <= DIALOG_EARLY);
	}
}

static void must_be_the_same(const struct dialog_info *wrote, const struct dialog_info *read)
{
	must(read->count == wrote->count && !read->is_partial);
	for (size_t i = 0; i < read->count; i++) {
		const struct dialog_entry *a = &wrote->dialogs[i], *b = &read->dialogs[i];
		must(slice_equal(a->id, b->id) && a->phase == b->phase && a->direction == b->direction);
		must(slice_equal(a->call_id, b->call_id) && slice_equal(a->remote_tag, b->remote_tag));
		must(slice_equal(a->remote.identity, b->remote.identity));
		must(slice_equal(a->remote.target, b->remote.target));
	}
}

static void try_style(struct arena *arena, const struct dialog_info *state, unsigned style)
{
	struct buffer buffer;
	buffer_init(&buffer, 1 << 20);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	const struct body_target target = {SLICE("a&b"), SLICE("example.test"), style, SLICE("")};
	struct dialog_info again;
	struct body_error error;
	dialog_info_format.write(state, &target, &output);
	must(!buffer_failed(&buffer) && output.version_at < buffer.length);
	must(buffer.data[output.version_at - 1] == '"' && buffer.data[output.version_at] == '"');
	must(dialog_info_parse(arena, buffer_slice(&buffer), &wide_limits, &again, &error) == 0);
	must_be_sound(&again);
	if (style == 0)
		must_be_the_same(state, &again);
	if (style & BODY_SINGLE_DIALOG)
		must(again.count <= 1);
	if (style & BODY_DUMMY_DIALOG)
		must(again.count >= 1);
	buffer_finish(&buffer);
}

static void must_have_ids_of_their_own(const struct dialog_info *state)
{
	for (size_t i = 0; i < state->count; i++) {
		for (size_t k = 0; k < i; k++)
			must(!slice_equal(state->dialogs[i].id, state->dialogs[k].id));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned styles[] = {0, BODY_SINGLE_DIALOG, BODY_DUMMY_DIALOG, BODY_NO_REMOTE_PARTY,
					  BODY_SINGLE_DIALOG | BODY_DUMMY_DIALOG | BODY_PRES_ENTITY};
	const struct slice text = slice_of((const char *)data, size);
	struct dialog_info documents[2], state;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 64 << 20);
	if (dialog_info_parse(&arena, text, &limits, &documents[0], &error) == 0) {
		must_be_sound(&documents[0]);
		documents[1] = documents[0];
		must(dialog_info_compose(&arena, documents, 2, &state) == 0);
		must_have_ids_of_their_own(&state);
		for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
			try_style(&arena, &state, styles[i]);
	}
	arena_finish(&arena);
	return 0;
}
