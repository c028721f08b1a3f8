/* Loading voicemail boxes: first what waits in them, then who uses them, page by page. SPDX-License-Identifier: MIT */
#include "reads.h"

#include "base/error.h"

#include <stdlib.h>

struct mailboxes_read {
	struct read read;
	storage_message_count_fn *each_count;
	storage_mailbox_user_fn *each_user;
	/* The key of the last row read: a mailbox, and a class or a user. */
	size_t lengths[2];
	char keys[2][STORAGE_MAILBOX_NAME_MOST];
};

#define LOADED_TOGETHER 2000

/* $1, $2: the last row read; $3: how many. */
const struct statement mailboxes_load_statement = {
	"mailboxes_load",
	"SELECT mailbox, class_name, fresh, old, urgent_fresh, urgent_old FROM mailboxes"
	" WHERE (mailbox, class_name) > ($1::text, $2::text) ORDER BY mailbox, class_name LIMIT $3::bigint",
};
const struct statement mailboxes_load_users_statement = {
	"mailboxes_load_users",
	"SELECT mailbox, user_name FROM mailbox_users"
	" WHERE (mailbox, user_name) > ($1::text, $2::text) ORDER BY mailbox, user_name LIMIT $3::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct mailboxes_read *load = CONTAINER_OF(reads[0], struct mailboxes_read, read);
	for (unsigned i = 0; i < 2; i++)
		parameters_bytes(parameters, slice_of(load->keys[i], load->lengths[i]));
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

/* True where there is another page. The schema bounds the names. */
static bool turn_page(struct mailboxes_read *load, const PGresult *rows)
{
	int last = PQntuples(rows) - 1;
	if (last + 1 < LOADED_TOGETHER)
		return false;
	for (int i = 0; i < 2; i++) {
		struct slice key = row_bytes(rows, last, i);
		if (key.length > STORAGE_MAILBOX_NAME_MOST)
			return false;
		char *next = load->keys[i];
		load->lengths[i] = slice_copy_to(&next, key).length;
	}
	load->read.again = true;
	return true;
}

static void on_users(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct mailboxes_read *load = CONTAINER_OF(reads[0], struct mailboxes_read, read);
	const struct answer *answer = &load->read.answer;
	for (int row = 0; row < PQntuples(rows); row++)
		load->each_user(answer->arg, row_bytes(rows, row, 0), row_bytes(rows, row, 1));
	if (!turn_page(load, rows))
		answer->to.done(answer->arg, 0);
}

static const struct read_kind users_kind = {&mailboxes_load_users_statement, 1, write_load, on_users};

static void on_counts(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct mailboxes_read *load = CONTAINER_OF(reads[0], struct mailboxes_read, read);
	for (int row = 0; row < PQntuples(rows); row++) {
		struct stored_message_count waiting = {.mailbox = row_bytes(rows, row, 0),
						       .class_name = row_bytes(rows, row, 1),
						       .fresh = (uint32_t)row_number(rows, row, 2),
						       .old = (uint32_t)row_number(rows, row, 3),
						       .urgent_fresh = (uint32_t)row_number(rows, row, 4),
						       .urgent_old = (uint32_t)row_number(rows, row, 5)};
		load->each_count(load->read.answer.arg, &waiting);
	}
	if (turn_page(load, rows))
		return;
	load->lengths[0] = load->lengths[1] = 0;
	load->read.kind = &users_kind;
	load->read.again = true;
}

static const struct read_kind counts_kind = {&mailboxes_load_statement, 1, write_load, on_counts};

void storage_load_mailboxes(struct storage *storage, storage_message_count_fn *each_count,
			    storage_mailbox_user_fn *each_user, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &counts_kind, sizeof(struct mailboxes_read), answer);
	if (!read)
		return;
	struct mailboxes_read *load = CONTAINER_OF(read, struct mailboxes_read, read);
	load->each_count = each_count;
	load->each_user = each_user;
	load->lengths[0] = load->lengths[1] = 0;
	reads_add(storage->background_reads, read);
}
