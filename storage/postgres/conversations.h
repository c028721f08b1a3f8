/* Which conversations are known to have their rows: a table of fixed size in memory, in which new pairs take the
 * places of old ones. SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/database.h"

/* A message asks for the rows of its conversation unless they were written on its day, and committed. What is forgotten
 * here, or was never known, costs two look-ups in the database. */
struct known_conversations;

/* NULL where memory is exhausted. */
struct known_conversations *known_conversations_create(void);
void known_conversations_destroy(struct known_conversations *known);
bool known_conversations_has(const struct known_conversations *known, const struct stored_message *message);
/* After the commit. */
void known_conversations_put(struct known_conversations *known, const struct stored_message *message);
