/* Asterisk's JSON bodies from outside; what they become is written, and reads again as the same.
 * SPDX-License-Identifier: MIT */
#include "bodies/asterisk.h"
#include "bodies/message_summary.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void try_mwi(struct arena *arena, struct slice text)
{
	struct asterisk_mwi mwi;
	struct body_error error;
	if (asterisk_mwi_parse(arena, text, &mwi, &error) || mwi.is_refresh)
		return;
	must(mwi.mailbox.length > 0 && slice_find(mwi.mailbox, '@') == mwi.mailbox.length);
	must(mwi.urgent <= mwi.fresh);
	const struct message_summary summary = {
		.has = {true}, .counts = {{.fresh = mwi.fresh, .old = mwi.old, .urgent_fresh = mwi.urgent}}};
	struct message_summary again;
	struct buffer buffer;
	buffer_init(&buffer, 1000);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	message_summary_format.write(&summary, &(struct body_target){.style = 0}, &output);
	must(message_summary_parse(buffer_slice(&buffer), &again, &error) == 0);
	must(again.counts[MESSAGE_VOICE].fresh == mwi.fresh && again.counts[MESSAGE_VOICE].old == mwi.old);
	must(again.is_waiting == (mwi.fresh > 0));
	buffer_finish(&buffer);
}

static void try_device_state(struct arena *arena, struct slice text)
{
	static const struct xml_limits limits = {100000, 10, 100};
	struct asterisk_device_state state;
	struct dialog_info info;
	struct body_error error;
	if (asterisk_device_state_parse(arena, text, &state, &error) || state.is_refresh)
		return;
	must(state.device.length > 0);
	must(state.user.length == 0 || (state.user.at > state.device.at &&
					state.user.at + state.user.length <= state.device.at + state.device.length));
	struct buffer buffer;
	buffer_init(&buffer, 100000);
	dialog_info_write_simple(&buffer, SLICE("sip:bob@example.test"), SLICE("asterisk"), state.phase,
				 state.direction);
	must(dialog_info_parse(arena, buffer_slice(&buffer), &limits, &info, &error) == 0);
	must(info.count == 1 && info.dialogs[0].phase == state.phase && info.dialogs[0].direction == state.direction);
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	try_mwi(&arena, text);
	try_device_state(&arena, text);
	arena_finish(&arena);
	return 0;
}
