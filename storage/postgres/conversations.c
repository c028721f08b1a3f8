/* Who talks with whom, and how far each side has read: rows that messages begin, read marks, and what is left of them
 * in the end. SPDX-License-Identifier: MIT */
#include "conversations.h"
#include "messages.h"
#include "reads.h"

#include "storage/history.h"

#include "base/error.h"

#include <stdlib.h>

#define DAY_MS INT64_C(86400000)

/* --- what is known ------------------------------------------------------------------------------------------- */

#define KNOWN_BITS 15

struct known_conversation {
	int64_t receiver_id, sender_id, day;
};

struct known_conversations {
	struct known_conversation at[1 << KNOWN_BITS];
};

struct known_conversations *known_conversations_create(void)
{
	return calloc(1, sizeof(struct known_conversations));
}

void known_conversations_destroy(struct known_conversations *known)
{
	free(known);
}

static int64_t day_of(const struct stored_message *message)
{
	return message->received_at_ms / DAY_MS;
}

/* Multiplicative hashing: the upper bits depend on all of both numbers. */
static size_t place_of(const struct stored_message *message)
{
	uint64_t mixed = (uint64_t)message->receiver_id * UINT64_C(0x9e3779b97f4a7c15);
	mixed = (mixed ^ (uint64_t)message->sender_id) * UINT64_C(0xd6e8feb86659fd93);
	return (size_t)(mixed >> (64 - KNOWN_BITS));
}

bool known_conversations_has(const struct known_conversations *known, const struct stored_message *message)
{
	const struct known_conversation *pair = &known->at[place_of(message)];
	return pair->receiver_id == message->receiver_id && pair->sender_id == message->sender_id &&
	       pair->day >= day_of(message);
}

void known_conversations_put(struct known_conversations *known, const struct stored_message *message)
{
	known->at[place_of(message)] =
		(struct known_conversation){message->receiver_id, message->sender_id, day_of(message)};
}

/* --- the rows of a conversation ------------------------------------------------------------------------------ */

/* Most of what is not known in memory is there all the same (another node, a restart): such rows are not locked. They
 * are written in the order of their keys, so that nodes do not wait for each other in a circle. What asks for them is
 * no NOT EXISTS, of which the planner could make a join with all of the table while that is young. */
static const struct statement save_statement = {
	"conversations_save",
	"INSERT INTO conversations AS c (account_id, peer_id, touched_on, peer)"
	" SELECT DISTINCT ON (w.account_id, w.peer) w.account_id, w.peer_id, w.touched_on, w.peer"
	"  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY"
	"   AS w(account_id, peer_id, touched_on, peer, place)"
	"  WHERE (SELECT true FROM conversations k WHERE k.account_id = w.account_id AND k.peer = w.peer"
	"   AND k.peer_id = w.peer_id AND k.touched_on >= w.touched_on) IS NULL"
	"  ORDER BY w.account_id, w.peer, w.place DESC"
	" ON CONFLICT (account_id, peer) DO UPDATE SET peer_id = excluded.peer_id,"
	"  touched_on = greatest(c.touched_on, excluded.touched_on)",
};

static void write_side(struct parameters *parameters, int64_t account_id, int64_t peer_id, struct slice peer,
		       int64_t day, size_t *rows)
{
	if (slice_is_empty(peer) || peer.length > PEER_BYTES_MOST)
		return;
	parameters_array_number(parameters, 0, account_id);
	parameters_array_number(parameters, 1, peer_id);
	parameters_array_number(parameters, 2, day);
	parameters_array_bytes(parameters, 3, peer);
	(*rows)++;
}

static int write_begun(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	parameters_array(parameters, PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct message_change *saved = message_change_of(changes[i]);
		if (!saved || !saved->may_begin)
			continue;
		const struct stored_message *message = &saved->message;
		int64_t day = day_of(message);
		write_side(parameters, message->receiver_id, message->sender_id, message->sender, day, rows);
		if (message->sender_id > 0 && message->sender_id != message->receiver_id)
			write_side(parameters, message->sender_id, message->receiver_id, message->receiver, day, rows);
	}
	return 0;
}

const struct batch_step conversations_step_save = {&save_statement, write_begun, NULL};

/* --- read marks ---------------------------------------------------------------------------------------------- */

struct mark_change {
	struct change change;
	int64_t account_id, message_id;
	struct slice peer;
	int64_t place; /* in the statement; 0: another one of this batch reaches farther */
	char bytes[];
};

#define LAST_RECEIVED                                                                                                  \
	"coalesce((SELECT m.id FROM messages m WHERE m.receiver_id = c.account_id AND m.sender_id = c.peer_id"         \
	" ORDER BY m.id DESC LIMIT 1), 0)"

static const struct statement mark_statement = {
	"conversations_mark",
	"UPDATE conversations c SET read_id = least(w.read_id, " LAST_RECEIVED ")"
	" FROM unnest($1::bigint[], $2::bytea[], $3::bigint[]) WITH ORDINALITY AS w(account_id, peer, read_id, place)"
	" WHERE c.account_id = w.account_id AND c.peer = w.peer AND c.read_id < least(w.read_id, " LAST_RECEIVED ")"
	" RETURNING w.place",
};

static struct mark_change *as_mark(struct change *change)
{
	return change->kind == CHANGE_READ_MARK ? CONTAINER_OF(change, struct mark_change, change) : NULL;
}

/* One row is changed once in a statement. Marks are made by people: there are few in a batch. */
static bool is_overtaken(struct change *const *changes, size_t count, size_t place)
{
	const struct mark_change *mark = as_mark(changes[place]);
	for (size_t i = 0; i < count; i++) {
		const struct mark_change *other = as_mark(changes[i]);
		if (!other || other->account_id != mark->account_id || !slice_equal(other->peer, mark->peer))
			continue;
		if (other->message_id > mark->message_id || (other->message_id == mark->message_id && i > place))
			return true;
	}
	return false;
}

/* Nothing has changed until a row says so; but for a mark that may have been committed before, by which nobody would be
 * told of it. */
static int write_marks(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned peers = parameters_array(parameters, PARAMETER_BYTES);
	unsigned ids = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		struct mark_change *mark = as_mark(changes[i]);
		if (!mark)
			continue;
		mark->change.result = mark->change.resent ? 0 : ERR_EXISTS;
		mark->place = 0;
		if (is_overtaken(changes, count, i))
			continue;
		parameters_array_number(parameters, accounts, mark->account_id);
		parameters_array_bytes(parameters, peers, mark->peer);
		parameters_array_number(parameters, ids, mark->message_id);
		mark->place = (int64_t)++ * rows;
	}
	return 0;
}

static void read_marked(struct change *const *changes, size_t count, const PGresult *result)
{
	for (int row = 0; row < PQntuples(result); row++) {
		for (size_t i = 0; i < count; i++) {
			struct mark_change *mark = as_mark(changes[i]);
			if (mark && mark->place == row_number(result, row, 0))
				mark->change.result = 0;
		}
	}
}

const struct batch_step conversations_step_mark = {&mark_statement, write_marks, read_marked};

void storage_mark_read(struct storage *storage, int64_t account_id, struct slice peer, int64_t message_id,
		       storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct mark_change) + peer.length;
	struct change *change = batch_new_change(storage->batch, CHANGE_READ_MARK, bytes, done, arg);
	if (!change)
		return;
	struct mark_change *mark = CONTAINER_OF(change, struct mark_change, change);
	char *next = mark->bytes;
	mark->account_id = account_id;
	mark->message_id = message_id;
	mark->peer = slice_copy_to(&next, peer);
	batch_add(storage->batch, change);
}
