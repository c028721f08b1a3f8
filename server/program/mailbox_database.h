/* Mailboxes in the database, where no server runs that would know of changes. All return ERR_NOT_FOUND, ERR_NO_MEMORY
 * or storage's codes. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "bodies/message_summary.h"
#include "program/database_access.h"

/* Names are plain user names; "alice@example.test" means alice. What they have done they print. */
MUST_CHECK int mailbox_database_set(struct administration *administration, struct slice name,
				    const struct message_summary *summary);
MUST_CHECK int mailbox_database_share(struct administration *administration, struct slice name, char *const *users,
				      size_t count);
/* All mailboxes, or the one of that name, as the server would list them. */
MUST_CHECK int mailbox_database_print(struct administration *administration, struct slice name);
