/* Read marks: written where the history is read, so that the row of a conversation is there by then.
 * SPDX-License-Identifier: MIT */
#include "conversation_rows.h"
#include "reads.h"

#include "storage/history.h"

#include "base/error.h"

struct mark_read {
	struct read read;
	int64_t account_id, message_id;
	struct slice peer;
	char bytes[];
};

/* $1: account; $2: peer; $3: up to which message. */
#define LAST_RECEIVED                                                                                                  \
	"coalesce((SELECT m.id FROM messages m WHERE m.receiver_id = c.account_id AND m.sender_id = c.peer_id"         \
	" ORDER BY m.id DESC LIMIT 1), 0)"

const struct statement history_mark_statement = {
	"history_mark",
	"UPDATE conversations c SET read_id = least($3::bigint, " LAST_RECEIVED ")"
	" WHERE c.account_id = $1::bigint AND c.peer = $2::bytea AND c.read_id < least($3::bigint, " LAST_RECEIVED ")"
	" RETURNING c.read_id",
};

static int write_mark(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct mark_read *mark = CONTAINER_OF(reads[0], struct mark_read, read);
	parameters_number(parameters, mark->account_id);
	parameters_bytes(parameters, mark->peer);
	parameters_number(parameters, mark->message_id);
	return 0;
}

/* Where it may have been committed before, and the answer was lost, others are still to be told of it. */
static void on_marked(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	const struct answer *answer = &reads[0]->answer;
	answer->to.done(answer->arg, PQntuples(rows) > 0 || reads[0]->resent ? 0 : ERR_EXISTS);
}

static const struct read_kind mark_kind = {&history_mark_statement, 1, write_mark, on_marked};

void storage_mark_read(struct storage *storage, int64_t account_id, struct slice peer, int64_t message_id,
		       storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read =
		reads_new(storage->history_reads, &mark_kind, sizeof(struct mark_read) + peer.length, answer);
	if (!read)
		return;
	struct mark_read *mark = CONTAINER_OF(read, struct mark_read, read);
	char *next = mark->bytes;
	mark->account_id = account_id;
	mark->message_id = message_id;
	mark->peer = slice_copy_to(&next, peer);
	conversation_rows_flush(storage->conversation_rows);
	reads_add(storage->history_reads, read);
}
