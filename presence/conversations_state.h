/* What conversations.c shares with the package. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/conversations.h"
#include "presence/conversations.h"

/* The user is watched from now on: what changes is held. Where memory is exhausted, conversations_read tries again. */
void conversations_hold(struct conversations *conversations, struct slice user);
/* He is not any more. */
void conversations_forget(struct conversations *conversations, struct slice user);
/* What is held of a user who is watched; in the arena. ERR_NO_MEMORY. */
MUST_CHECK int conversations_read(struct conversations *conversations, struct slice user, struct arena *arena,
				  struct conversation_changes *changes);
