/* What the bodies of buddies, groups and rules say, as strictly read as put_body.h says. Texts are in the arena. Pure
 * functions. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"
#include "documents/buddies.h"
#include "presence/decisions.h"

#define PUT_LISTS_GROUPS_MOST 64

/* {"uri":"sip:bob@example.com","name":"Bob","groups":["friends"]}: `uri` of a new one only, who needs it; all else may
 * be left out; a `name` of null is none. ERR_SYNTAX, ERR_NO_MEMORY. */
MUST_CHECK int put_lists_read_buddy(struct arena *arena, struct slice body, bool is_new, struct buddy_edit *edit,
				    struct body_error *error);
/* {"name":"friends","display_name":"Friends"}: of a new one the name; else `name` is the one to come. */
MUST_CHECK int put_lists_read_group(struct arena *arena, struct slice body, bool is_new, struct buddy_group_edit *edit,
				    struct body_error *error);
/* {"presence":"allow","dialog":null}: what is left out stays, null forgets. Sets is_changed and to. */
MUST_CHECK int put_lists_read_decisions(struct slice body, struct decisions_change *change, struct body_error *error);
