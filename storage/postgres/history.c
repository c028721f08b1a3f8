/* Reading the history: the list of an account's conversations, and one of them.
 *
 * Each statement walks ranges of the key of messages (receiver, sender, id), two for each conversation, from their ends
 * and with a limit; so what it costs depends on what it answers, not on how much there is. SPDX-License-Identifier: MIT
 */
#include "conversation_rows.h"
#include "history_rows.h"

#include "base/error.h"

#include <stdlib.h>

/* --- conversations ------------------------------------------------------------------------------------------- */

struct conversations_read {
	struct read read;
	int64_t account_id, before_id;
	unsigned most;
	struct slice peer; /* of the one; empty: all */
	history_conversation_fn *each;
	char bytes[];
};

/* Receipts are passed over, but not without end: then the conversation has no last message in this direction. Each
 * answers a text of the other one, which is found. */
#define PASSED_MOST "1000"
#define NEWEST_BUT_RECEIPTS " ORDER BY y.id DESC LIMIT " PASSED_MOST ") x WHERE x.kind <> 2 ORDER BY x.id DESC LIMIT 1"

/* The last message of each side of a conversation c, and the one of both. */
#define LAST_MESSAGES                                                                                                  \
	"SELECT c.account_id, c.peer, c.peer_id, c.read_id, s.id AS sent_id, greatest(r.id, s.id) AS last_id"          \
	" FROM conversations c"                                                                                        \
	" LEFT JOIN LATERAL (SELECT x.id FROM (SELECT y.id, y.kind FROM messages y"                                    \
	"  WHERE y.receiver_id = c.account_id AND y.sender_id = c.peer_id" NEWEST_BUT_RECEIPTS ") r ON true"           \
	" LEFT JOIN LATERAL (SELECT x.id FROM (SELECT y.id, y.kind FROM messages y"                                    \
	"  WHERE y.receiver_id = c.peer_id AND y.sender_id = c.account_id" NEWEST_BUT_RECEIPTS ") s ON true"

/* What is told of a conversation l, whose last message is m. */
#define CONVERSATION_COLUMNS                                                                                           \
	"w.place, l.peer, l.read_id, (SELECT count(*) FROM (SELECT FROM (SELECT y.kind FROM messages y"                \
	"  WHERE y.receiver_id = l.account_id AND y.sender_id = l.peer_id AND y.id > greatest(l.read_id, l.sent_id)"   \
	"  ORDER BY y.id LIMIT " PASSED_MOST ") x WHERE x.kind = 1 LIMIT " UNREAD_MOST_TEXT ") u), " HISTORY_COLUMNS
#define LAST_OF_L                                                                                                      \
	"messages m ON m.id = l.last_id"                                                                               \
	" AND m.receiver_id = CASE WHEN l.last_id = l.sent_id THEN l.peer_id ELSE l.account_id END"                    \
	" AND m.sender_id = CASE WHEN l.last_id = l.sent_id THEN l.account_id ELSE l.peer_id END"

#define TEXT_OF(number) #number
#define EXPANDED_TEXT_OF(number) TEXT_OF(number)
#define UNREAD_MOST_TEXT EXPANDED_TEXT_OF(STORAGE_UNREAD_MOST)

/* One more than is asked for, by which it is known whether there are more. */
const struct statement history_list_statement = {
	"history_list",
	"SELECT " CONVERSATION_COLUMNS " FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])"
	"  WITH ORDINALITY AS w(account_id, before_id, most, place)"
	" CROSS JOIN LATERAL (SELECT * FROM (" LAST_MESSAGES " WHERE c.account_id = w.account_id) a"
	"  WHERE a.last_id < w.before_id ORDER BY a.last_id DESC LIMIT w.most + 1) l"
	" JOIN " LAST_OF_L " ORDER BY w.place, l.last_id DESC",
};

const struct statement history_one_statement = {
	"history_one",
	"SELECT " CONVERSATION_COLUMNS
	" FROM unnest($1::bigint[], $2::bytea[]) WITH ORDINALITY AS w(account_id, peer, place)"
	" CROSS JOIN LATERAL (" LAST_MESSAGES " WHERE c.account_id = w.account_id AND c.peer = w.peer) l"
	" LEFT JOIN " LAST_OF_L " ORDER BY w.place",
};

enum { COLUMN_PLACE, COLUMN_PEER, COLUMN_READ, COLUMN_UNREAD, COLUMN_LAST };

static struct conversations_read *as_conversations(struct read *read)
{
	return CONTAINER_OF(read, struct conversations_read, read);
}

static int write_list(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		const struct conversations_read *list = as_conversations(reads[i]);
		parameters_array_number(parameters, 0, list->account_id);
		parameters_array_number(parameters, 1, list->before_id);
		parameters_array_number(parameters, 2, list->most);
	}
	return 0;
}

static int write_one(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned peers = parameters_array(parameters, PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		parameters_array_number(parameters, accounts, as_conversations(reads[i])->account_id);
		parameters_array_bytes(parameters, peers, as_conversations(reads[i])->peer);
	}
	return 0;
}

static void tell_conversation(const struct conversations_read *read, const PGresult *rows, int row)
{
	struct history_conversation conversation = {.peer = row_bytes(rows, row, COLUMN_PEER),
						    .read_id = row_number(rows, row, COLUMN_READ),
						    .unread = (unsigned)row_number(rows, row, COLUMN_UNREAD)};
	struct history_message last = history_row(rows, row, COLUMN_LAST, conversation.peer);
	if (!PQgetisnull(rows, row, COLUMN_LAST))
		conversation.last = &last;
	read->each(read->read.answer.arg, &conversation);
}

static void on_list(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int first = 0;
	for (size_t i = 0; i < count; i++) {
		const struct conversations_read *list = as_conversations(reads[i]);
		unsigned found = history_rows_of(rows, first, i + 1);
		for (unsigned k = 0; k < found && k < list->most; k++)
			tell_conversation(list, rows, first + (int)k);
		first += (int)found;
		list->read.answer.to.more(list->read.answer.arg, 0, found > list->most);
	}
}

static void on_one(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int row = 0;
	for (size_t i = 0; i < count; i++) {
		const struct conversations_read *one = as_conversations(reads[i]);
		if (history_rows_of(rows, row, i + 1) > 0)
			tell_conversation(one, rows, row++);
		one->read.answer.to.done(one->read.answer.arg, 0);
	}
}

/* Few together: an account may have many conversations. */
static const struct read_kind list_kind = {&history_list_statement, 4, write_list, on_list};
static const struct read_kind one_kind = {&history_one_statement, READ_MOST_TOGETHER, write_one, on_one};

static struct conversations_read *new_conversations(struct storage *storage, const struct read_kind *kind,
						    int64_t account_id, struct slice peer, struct answer answer)
{
	size_t bytes = sizeof(struct conversations_read) + peer.length;
	struct read *read = reads_new(storage->history_reads, kind, bytes, answer);
	if (!read)
		return NULL;
	struct conversations_read *conversations = as_conversations(read);
	char *next = conversations->bytes;
	conversations->account_id = account_id;
	conversations->peer = slice_copy_to(&next, peer);
	return conversations;
}

void storage_load_conversations(struct storage *storage, int64_t account_id, int64_t before_id, unsigned most,
				history_conversation_fn *each, storage_more_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_MORE, .to.more = done, .arg = arg};
	struct conversations_read *list = new_conversations(storage, &list_kind, account_id, slice_of(NULL, 0), answer);
	if (!list)
		return;
	list->before_id = before_id;
	list->most = most;
	list->each = each;
	conversation_rows_flush(storage->conversation_rows);
	reads_add(storage->history_reads, &list->read);
}

void storage_load_conversation(struct storage *storage, int64_t account_id, struct slice peer,
			       history_conversation_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct conversations_read *one = new_conversations(storage, &one_kind, account_id, peer, answer);
	if (!one)
		return;
	one->each = each;
	conversation_rows_flush(storage->conversation_rows);
	reads_add(storage->history_reads, &one->read);
}
