/* A message of the history, whatever it carries, is JSON (api/message_json). The input is the content type, the other
 * headers and the body, with zero bytes between them. SPDX-License-Identifier: MIT */
#include "api/message_json.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static void check_members(const json_t *message)
{
	const char *kind = json_string_value(json_object_get(message, "kind"));
	must(json_is_object(message) && kind);
	must(json_is_array(json_object_get(message, "wants")));
	must((strcmp(kind, "text") == 0) == json_is_string(json_object_get(message, "text")));
	must((strcmp(kind, "receipt") == 0) == (json_object_get(message, "receipt") != NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of((const char *)data, size);
	struct history_message message = {.peer = SLICE("bob@example.test"), .is_sent = size % 2 == 0};
	message.message.content_type = slice_take(&rest, '\0');
	message.message.headers = slice_take(&rest, '\0');
	message.message.body = rest;
	struct buffer buffer;
	buffer_init(&buffer, (size_t)16 << 20);
	struct json_writer json = {.buffer = &buffer};
	message_json_write(&json, NULL, &message);
	must(!buffer_failed(&buffer));
	struct slice text = buffer_slice(&buffer);
	json_t *read = json_loadb(text.at, text.length, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	must(read != NULL);
	check_members(read);
	json_decref(read);
	buffer_finish(&buffer);
	return 0;
}
