/* JSON of request bodies, loaded strictly by jansson; for put_*.c only. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"

#include <jansson.h>
#include <stdbool.h>

/* An object, with the caller's json_decref. ERR_SYNTAX, ERR_NO_MEMORY, with a sentence. */
MUST_CHECK int put_json_load(struct slice body, json_t **object, struct body_error *error);
/* How many bytes of a name a sentence shows. */
int put_json_shown(const char *name);
/* A text, in the arena; empty for null, where that is allowed. ERR_SYNTAX, ERR_NO_MEMORY, with a sentence. */
MUST_CHECK int put_json_text(struct arena *arena, const char *name, const json_t *value, bool may_be_null,
			     struct slice *text, struct body_error *error);
