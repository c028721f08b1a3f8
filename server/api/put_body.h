/* What the bodies of PUT say: JSON, read strictly. Names that come twice, fields that are not known, numbers that are
 * not whole, negative or too large, anything behind the end, and deep nesting are refused with a sentence that names
 * what is wrong. Pure functions. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"
#include "bodies/message_summary.h"

#define PUT_BODY_BYTES_MOST ((size_t)65536)
#define PUT_BODY_USERS_MOST 256

/* {"voice":{"new":3,"old":1,"urgent_new":0,"urgent_old":0},"fax":{…}}: what is left out is 0. ERR_SYNTAX,
 * ERR_NO_MEMORY. */
MUST_CHECK int put_body_read_counts(struct slice body, struct message_summary *summary, struct body_error *error);

/* {"users":["alice","bob"]}, in the arena. ERR_SYNTAX; ERR_NO_MEMORY. */
MUST_CHECK int put_body_read_users(struct arena *arena, struct slice body, struct slice **users, size_t *count,
				   struct body_error *error);

/* {"id":"7340"}: the number of a message. ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int put_body_read_mark(struct slice body, int64_t *id, struct body_error *error);
