/* Noting who talks with whom, and writing it. SPDX-License-Identifier: MIT */
#include "conversation_rows.h"

#include "reads.h"

#include "base/error.h"

#include <stdlib.h>

#define DAY_MS INT64_C(86400000)
/* What is known is a table of fixed size, in which new pairs take the places of old ones. */
#define KNOWN_BITS 15
/* Pending no longer, and no more, than this. */
#define PENDING_MS 10000
#define PENDING_MOST 20000
/* Beyond this the database has been away from the history for long, and what comes is left to later messages. */
#define PENDING_LIMIT 100000
/* At the start, the last messages of this time are looked at: what was pending is younger by far. */
#define REPAIRED_MS INT64_C(600000)

struct known_pair {
	int64_t receiver_id, sender_id, day;
};

/* A pair whose rows are to be written, or to be of this day. */
struct pending_pair {
	struct list_link link;
	int64_t receiver_id, sender_id, day;
	struct slice sender, receiver;
	char bytes[];
};

struct conversation_rows {
	struct storage *storage;
	struct list_link pending;
	unsigned pending_count;
	struct timer timer; /* runs while something is pending */
	bool is_repaired;
	struct known_pair known[1 << KNOWN_BITS];
};

/* Some of them on their way to the database. */
struct flight {
	struct conversation_rows *rows;
	struct list_link pairs;
	unsigned count;
};

struct flight_read {
	struct read read;
	const struct flight *flight;
};

static void on_due(struct timer *timer);

/* --- life ---------------------------------------------------------------------------------------------------- */

struct conversation_rows *conversation_rows_create(struct storage *storage)
{
	struct conversation_rows *rows = calloc(1, sizeof(*rows));
	if (!rows)
		return NULL;
	rows->storage = storage;
	list_init(&rows->pending);
	return rows;
}

static void free_pairs(struct list_link *pairs)
{
	for (struct list_link *link; (link = list_take_first(pairs));)
		free(CONTAINER_OF(link, struct pending_pair, link));
}

void conversation_rows_destroy(struct conversation_rows *rows)
{
	if (!rows)
		return;
	timer_stop(&rows->timer);
	free_pairs(&rows->pending);
	free(rows);
}

/* --- noting -------------------------------------------------------------------------------------------------- */

/* Multiplicative hashing: the upper bits depend on all of both numbers. */
static struct known_pair *place_of(struct conversation_rows *rows, const struct stored_message *message)
{
	uint64_t mixed = (uint64_t)message->receiver_id * UINT64_C(0x9e3779b97f4a7c15);
	mixed = (mixed ^ (uint64_t)message->sender_id) * UINT64_C(0xd6e8feb86659fd93);
	return &rows->known[mixed >> (64 - KNOWN_BITS)];
}

static void wait_for_others(struct conversation_rows *rows)
{
	struct storage *storage = rows->storage;
	if (!storage->closing && !timer_is_running(&rows->timer) && !list_is_empty(&rows->pending))
		timer_start(storage->timers, &rows->timer, PENDING_MS, on_due);
}

/* False where there is no room: then the pair stays unknown, and the next message tries again. */
static bool add_pending(struct conversation_rows *rows, const struct stored_message *message, int64_t day)
{
	size_t bytes = sizeof(struct pending_pair) + message->sender.length + message->receiver.length;
	struct pending_pair *pair = rows->pending_count < PENDING_LIMIT ? malloc(bytes) : NULL;
	if (!pair)
		return false;
	char *next = pair->bytes;
	*pair = (struct pending_pair){.receiver_id = message->receiver_id, .sender_id = message->sender_id, .day = day};
	pair->sender = slice_copy_to(&next, message->sender);
	pair->receiver = slice_copy_to(&next, message->receiver);
	list_append(&rows->pending, &pair->link);
	rows->pending_count++;
	return true;
}

void conversation_rows_note(struct conversation_rows *rows, const struct stored_message *message)
{
	int64_t day = message->received_at_ms / DAY_MS;
	struct known_pair *known = place_of(rows, message);
	if (known->receiver_id == message->receiver_id && known->sender_id == message->sender_id && known->day >= day)
		return;
	if (!add_pending(rows, message, day))
		return;
	*known = (struct known_pair){message->receiver_id, message->sender_id, day};
	wait_for_others(rows);
	if (rows->pending_count == PENDING_MOST)
		conversation_rows_flush(rows);
}

/* --- writing ------------------------------------------------------------------------------------------------- */

/* Rows are written in the order of their keys, so that nodes do not wait for each other in a circle. Those of an
 * account that was removed meanwhile are left out. What asks for it is no EXISTS, of which the planner could make a
 * join with all of the table while that is young. */
#define INTO_CONVERSATIONS                                                                                             \
	"INSERT INTO conversations AS c (account_id, peer_id, touched_on, peer)"                                       \
	" SELECT DISTINCT ON (w.account_id, w.peer) w.account_id, w.peer_id, w.touched_on, w.peer FROM "
#define UNLESS_REMOVED                                                                                                 \
	" WHERE (SELECT true FROM accounts a WHERE a.id = w.account_id)"                                               \
	"  ORDER BY w.account_id, w.peer, w.place DESC"                                                                \
	" ON CONFLICT (account_id, peer) DO UPDATE SET peer_id = excluded.peer_id,"                                    \
	"  touched_on = greatest(c.touched_on, excluded.touched_on)"                                                   \
	"  WHERE c.peer_id <> excluded.peer_id OR c.touched_on < excluded.touched_on"

const struct statement conversation_rows_save_statement = {
	"conversation_rows_save",
	INTO_CONVERSATIONS "unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[]) WITH ORDINALITY"
			   " AS w(account_id, peer_id, touched_on, peer, place)" UNLESS_REMOVED,
};

static void write_side(struct parameters *parameters, int64_t account_id, int64_t peer_id, struct slice peer,
		       int64_t day)
{
	if (slice_is_empty(peer) || peer.length > PEER_BYTES_MOST)
		return;
	parameters_array_number(parameters, 0, account_id);
	parameters_array_number(parameters, 1, peer_id);
	parameters_array_number(parameters, 2, day);
	parameters_array_bytes(parameters, 3, peer);
}

/* A row for each side that is an account; who writes to himself has one. */
static int write_pairs(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct flight *flight = CONTAINER_OF(reads[0], struct flight_read, read)->flight;
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	parameters_array(parameters, PARAMETER_BYTES);
	for (const struct list_link *link = flight->pairs.next; link != &flight->pairs; link = link->next) {
		const struct pending_pair *pair = CONTAINER_OF(link, struct pending_pair, link);
		write_side(parameters, pair->receiver_id, pair->sender_id, pair->sender, pair->day);
		if (pair->sender_id > 0 && pair->sender_id != pair->receiver_id)
			write_side(parameters, pair->sender_id, pair->receiver_id, pair->receiver, pair->day);
	}
	return 0;
}

static void on_written(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	(void)rows;
	reads[0]->answer.to.done(reads[0]->answer.arg, 0);
}

static const struct read_kind save_kind = {&conversation_rows_save_statement, 1, write_pairs, on_written};

static void on_due(struct timer *timer)
{
	conversation_rows_flush(CONTAINER_OF(timer, struct conversation_rows, timer));
}

/* Where the database was away they are pending again, before those that came meanwhile. */
static void on_landed(void *arg, int result)
{
	struct flight *flight = arg;
	struct conversation_rows *rows = flight->rows;
	struct storage *storage = rows->storage;
	if (result == ERR_STORAGE_AWAY) {
		list_splice(&flight->pairs, &rows->pending);
		list_splice(&rows->pending, &flight->pairs);
		rows->pending_count += flight->count;
		wait_for_others(rows);
	} else if (result != 0) {
		log_event(storage->log, LOG_ERROR, "conversations_not_written", NULL, "%u of them: %s", flight->count,
			  error_text(result));
	}
	free_pairs(&flight->pairs);
	free(flight);
}

static struct flight *take_off(struct conversation_rows *rows)
{
	struct flight *flight = malloc(sizeof(*flight));
	if (!flight)
		return NULL;
	flight->rows = rows;
	flight->count = rows->pending_count;
	list_init(&flight->pairs);
	list_splice(&flight->pairs, &rows->pending);
	rows->pending_count = 0;
	timer_stop(&rows->timer);
	return flight;
}

bool conversation_rows_flush(struct conversation_rows *rows)
{
	struct reads *reads = rows->storage->history_reads;
	if (list_is_empty(&rows->pending) || rows->storage->quitting)
		return false;
	struct flight *flight = take_off(rows);
	struct answer answer = {.kind = ANSWER_DONE, .to.done = on_landed, .arg = flight};
	struct read *read = flight ? reads_new_own(reads, &save_kind, sizeof(struct flight_read), answer) : NULL;
	if (!read) {
		if (flight)
			on_landed(flight, ERR_STORAGE_AWAY); /* later, perhaps */
		return false;
	}
	CONTAINER_OF(read, struct flight_read, read)->flight = flight;
	reads_add_first(reads, read);
	return true;
}

/* --- after a crash ------------------------------------------------------------------------------------------- */

/* $1: now; $2: how long before the last message of all (ms). That is looked for in longer and longer times before now,
 * each of them a range of the index, for the server may have been down for any time. */
const struct statement conversation_rows_repair_statement = {
	"conversation_rows_repair",
	"WITH last AS (SELECT x.at FROM generate_series(0, 60) AS k CROSS JOIN LATERAL (SELECT max(m.received_at) AS at"
	"   FROM messages m WHERE m.received_at >= $1::bigint - ($2::bigint * 1.25 ^ k)::bigint) x"
	"  WHERE x.at IS NOT NULL LIMIT 1),"
	" pairs AS (SELECT m.receiver_id, m.sender_id, m.sender, max(m.received_at) AS at FROM messages m"
	"  WHERE m.received_at >= (SELECT least(l.at, $1::bigint) FROM last l) - $2::bigint AND m.kind <> 2"
	"  GROUP BY m.receiver_id, m.sender_id, m.sender)"
	" " INTO_CONVERSATIONS
	"(SELECT p.receiver_id AS account_id, p.sender_id AS peer_id, p.at / 86400000 AS touched_on, p.sender AS peer,"
	"   p.at AS place FROM pairs p"
	"  UNION ALL SELECT p.sender_id, p.receiver_id, p.at / 86400000,"
	"   convert_to(a.user_name || '@' || a.domain, 'UTF8'), p.at"
	"   FROM pairs p JOIN accounts a ON a.id = p.receiver_id WHERE p.sender_id > 0) w" UNLESS_REMOVED,
};

static int write_repair(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)reads;
	(void)count;
	parameters_number(parameters, storage_wall_ms());
	parameters_number(parameters, REPAIRED_MS);
	return 0;
}

static const struct read_kind repair_kind = {&conversation_rows_repair_statement, 1, write_repair, on_written};

static void on_repaired(void *arg, int result)
{
	struct conversation_rows *rows = arg;
	rows->is_repaired = result == 0;
}

void conversation_rows_repair(struct conversation_rows *rows)
{
	struct reads *reads = rows->storage->history_reads;
	struct answer answer = {.kind = ANSWER_DONE, .to.done = on_repaired, .arg = rows};
	struct read *read = rows->is_repaired ? NULL : reads_new_own(reads, &repair_kind, sizeof(struct read), answer);
	if (read)
		reads_add_first(reads, read);
}
