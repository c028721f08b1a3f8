/* Telling users, on all their devices, where their conversations have changed: the package heliograph-conversations,
 * which is ours (docs/web-client.md says it on the wire).
 *
 *   messaging: a row was committed, a device took it ─┐
 *   API: a read mark moved ───────────────────────────┴─▶ conversations_changed ─ gather ─▶ announce
 *
 * Of each user who is watched the last changes are held: a peer and a number. Of others nothing is, and after a restart
 * neither; `since` in what they are told says so, and they read the list of their conversations again.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"
#include "presence/event_package.h"
#include "presence/events.h"

struct conversations;

/* NULL where memory is exhausted. */
struct conversations *conversations_create(struct events *events);
/* After the events, which tell it until their end. Accepts NULL. */
void conversations_destroy(struct conversations *conversations);

/* `user`'s conversation with `peer` (an AOR without scheme, "bob@example.test") is not what it was: something was
 * stored, has reached a device, or was read. After the commit. Costs a look into a table where nobody watches. */
void conversations_changed(struct conversations *conversations, struct slice user, struct slice peer);

/* Its `arg` is the conversations; the policy is WATCH_SELF. */
extern const struct event_package conversations_package;
