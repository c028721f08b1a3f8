/* The composed presence of a user as JSON. Pure. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/json_write.h"
#include "bodies/pidf.h"

/* One object. `user` is plain (not escaped). */
void presence_json_write(struct json_writer *json, const struct presence_state *state, struct slice user,
			 struct slice domain);
