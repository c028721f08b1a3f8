/* What the body of POST …/sessions says, as strictly read as put_body.h says. Texts are in the arena. Pure functions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "bodies/body.h"

#include <stdbool.h>

#define PUT_SESSIONS_NAME_MOST 128
#define PUT_SESSIONS_DEVICE_MOST 255

struct session_form {
	struct slice name;   /* for people, UTF-8 without control characters */
	struct slice device; /* a URN, as in +sip.instance; empty: none */
	bool stay;
};

/* {"name":"Firefox on Linux","device":"urn:uuid:…","stay":true}: the name must be there. ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int put_sessions_read(struct arena *arena, struct slice body, struct session_form *form,
				 struct body_error *error);
