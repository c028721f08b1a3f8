/* How mailboxes are written, for the batch and for the command line. SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/parameters.h"
#include "storage/postgres/pipeline.h"
#include "storage/storage.h"

/* Of any number of mailboxes, each once: their names, and then the rows that they have from now on. */
extern const struct statement mailboxes_save_statement, mailboxes_save_users_statement;

void mailboxes_arrays(struct parameters *parameters);
/* Of several rows of one class the last one counts. */
void mailboxes_write(struct parameters *parameters, struct slice mailbox, const struct stored_message_count *counts,
		     size_t count);
void mailboxes_user_arrays(struct parameters *parameters);
void mailboxes_write_users(struct parameters *parameters, struct slice mailbox, const struct slice *users,
			   size_t count);
