/* {"since":"7301","until":"7342","conversations":[{"peer":"bob@example.test","at":"7342"}]}
 * SPDX-License-Identifier: MIT */
#include "bodies/conversations.h"

#include "bodies/json_write.h"

#include <inttypes.h>
#include <stdio.h>

static void write_number(struct json_writer *json, const char *name, int64_t number)
{
	char digits[24];
	int length = snprintf(digits, sizeof digits, "%" PRId64, number);
	json_write_text(json, name, slice_of(digits, (size_t)length));
}

static void write_changes(const void *state, const struct body_target *target, struct body_output *output)
{
	const struct conversation_changes *changes = state;
	struct json_writer json = {.buffer = output->buffer};
	(void)target;
	json_write_begin(&json, NULL, '{');
	write_number(&json, "since", changes->since);
	write_number(&json, "until", changes->until);
	json_write_begin(&json, "conversations", '[');
	for (size_t i = 0; i < changes->count; i++) {
		json_write_begin(&json, NULL, '{');
		json_write_text(&json, "peer", changes->changes[i].peer);
		write_number(&json, "at", changes->changes[i].at);
		json_write_end(&json, '}');
	}
	json_write_end(&json, ']');
	json_write_end(&json, '}');
}

const struct body_format conversations_format = {.media_type = "application/vnd.heliograph.conversations+json",
						 .write = write_changes};
