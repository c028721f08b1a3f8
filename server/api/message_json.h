/* Messages and conversations of the history as JSON (docs/openapi.yaml). SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/json_write.h"
#include "storage/history.h"

/* null where there is no message. What cannot be read of one (a receipt that is none, headers within that are broken)
 * is null or missing, the rest is told all the same. */
void message_json_write(struct json_writer *json, const char *name, const struct history_message *message);

void conversation_json_write(struct json_writer *json, const struct history_conversation *conversation);
