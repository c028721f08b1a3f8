/* Deleting what is over, a slice at a time. SPDX-License-Identifier: MIT */
#include "reads.h"

#include <stdlib.h>

/* $1: now; $2: most rows of each kind; $3: messages received before (ms); $4: devices seen before;
 * $5, $6 and $7, $8, $9, $10, $11, $12, $13: how far the walks along the keys of bindings, devices, subscriptions,
 * publications, watch requests, documents and sessions have come.
 *
 * Documents are over where their account is gone: one that is saved while it is removed is not seen by who removes it.
 * So are sessions, and where its password is another one.
 *
 * What nobody has taken in time says so from then on, its debt being gone; where it goes itself in the same statement,
 * that is as well.
 *
 * A row that is refreshed while this runs is looked at again by PostgreSQL before it is deleted, so the conditions
 * stand in the DELETEs, too. A device's debts go with it. Ids are handed over as an array: a join that was planned
 * while a table was empty might walk all of it later. */
const struct statement purge_statement = {
	"purge",
	"WITH b AS (SELECT account_id, key_id, expires_at FROM bindings"
	"  WHERE (account_id, key_id) > ($5::bigint, $6::bigint) ORDER BY account_id, key_id LIMIT $2::bigint),"
	" v AS (SELECT account_id, device_id, last_seen FROM devices"
	"  WHERE (account_id, device_id) > ($7::bigint, $8::bigint) ORDER BY account_id, device_id LIMIT $2::bigint),"
	" gone_bindings AS (DELETE FROM bindings x USING b WHERE b.expires_at <= $1::bigint"
	"  AND x.account_id = b.account_id AND x.key_id = b.key_id AND x.expires_at <= $1::bigint),"
	" s AS (SELECT id, expires_at FROM subscriptions WHERE id > $9::bigint ORDER BY id LIMIT $2::bigint),"
	" gone_subscriptions AS (DELETE FROM subscriptions WHERE expires_at <= $1::bigint"
	"  AND id = ANY (ARRAY(SELECT id FROM s WHERE expires_at <= $1::bigint))),"
	" p AS (SELECT id, expires_at FROM publications WHERE id > $10::bigint ORDER BY id LIMIT $2::bigint),"
	" gone_publications AS (DELETE FROM publications WHERE expires_at <= $1::bigint"
	"  AND id = ANY (ARRAY(SELECT id FROM p WHERE expires_at <= $1::bigint))),"
	" w AS (SELECT id, expires_at FROM watch_requests WHERE id > $11::bigint ORDER BY id LIMIT $2::bigint),"
	" gone_watch_requests AS (DELETE FROM watch_requests WHERE expires_at <= $1::bigint"
	"  AND id = ANY (ARRAY(SELECT id FROM w WHERE expires_at <= $1::bigint))),"
	" o AS (SELECT id, account_id FROM documents WHERE id > $12::bigint ORDER BY id LIMIT $2::bigint),"
	" gone_documents AS (DELETE FROM documents WHERE id = ANY (ARRAY(SELECT id FROM o WHERE account_id <> 0"
	"  AND NOT EXISTS (SELECT FROM accounts a WHERE a.id = o.account_id)))),"
	" n AS (SELECT id, account_id, expires_at, password FROM sessions WHERE id > $13::bigint ORDER BY id"
	"  LIMIT $2::bigint),"
	" gone_sessions AS (DELETE FROM sessions x WHERE id = ANY (ARRAY(SELECT id FROM n WHERE expires_at <= "
	"$1::bigint"
	"   OR NOT EXISTS (SELECT FROM accounts a WHERE a.id = n.account_id AND a.ha1_sha256 = n.password)))"
	"  AND (x.expires_at <= $1::bigint OR NOT EXISTS"
	"   (SELECT FROM accounts a WHERE a.id = x.account_id AND a.ha1_sha256 = x.password))),"
	" gone_devices AS (DELETE FROM devices x USING v WHERE v.last_seen < $4::bigint"
	"  AND x.account_id = v.account_id AND x.device_id = v.device_id AND x.last_seen < $4::bigint"
	"  AND NOT EXISTS (SELECT FROM bindings y WHERE y.account_id = x.account_id AND y.device_id = x.device_id"
	"   AND y.expires_at > $1::bigint)"
	"  RETURNING x.account_id, x.device_id),"
	" gone_device_debts AS (DELETE FROM debts x USING gone_devices g"
	"  WHERE x.account_id = g.account_id AND x.device_id = g.device_id),"
	" e AS (SELECT account_id, message_id, device_id FROM debts WHERE expires_at <= $1::bigint LIMIT $2::bigint),"
	" gone_debts AS (DELETE FROM debts x USING e"
	"  WHERE x.account_id = e.account_id AND x.message_id = e.message_id AND x.device_id = e.device_id"
	"  RETURNING x.account_id, x.sender_id, x.message_id, x.device_id),"
	" expired_messages AS (UPDATE messages x SET expired = true FROM gone_debts g WHERE g.device_id = 0"
	"  AND x.receiver_id = g.account_id AND x.sender_id = g.sender_id AND x.id = g.message_id),"
	" m AS (SELECT receiver_id, sender_id, id FROM messages y WHERE y.received_at < $3::bigint"
	"  AND NOT EXISTS (SELECT FROM debts d WHERE d.account_id = y.receiver_id AND d.message_id = y.id"
	"   AND d.expires_at > $1::bigint) LIMIT $2::bigint),"
	" gone_messages AS (DELETE FROM messages x USING m"
	"  WHERE x.receiver_id = m.receiver_id AND x.sender_id = m.sender_id AND x.id = m.id)"
	" SELECT (SELECT count(*) FROM b), (SELECT count(*) FROM v), (SELECT count(*) FROM e), (SELECT count(*) FROM "
	"m),"
	" (SELECT account_id FROM b ORDER BY account_id DESC, key_id DESC LIMIT 1),"
	" (SELECT key_id FROM b ORDER BY account_id DESC, key_id DESC LIMIT 1),"
	" (SELECT account_id FROM v ORDER BY account_id DESC, device_id DESC LIMIT 1),"
	" (SELECT device_id FROM v ORDER BY account_id DESC, device_id DESC LIMIT 1),"
	" (SELECT count(*) FROM s), (SELECT count(*) FROM p), (SELECT count(*) FROM w), (SELECT max(id) FROM s),"
	" (SELECT max(id) FROM p), (SELECT max(id) FROM w), (SELECT count(*) FROM o), (SELECT max(id) FROM o),"
	" (SELECT count(*) FROM n), (SELECT max(id) FROM n)",
};

enum {
	COLUMN_BINDINGS,
	COLUMN_DEVICES,
	COLUMN_DEBTS,
	COLUMN_MESSAGES,
	COLUMN_LAST_BINDING,
	COLUMN_LAST_DEVICE = COLUMN_LAST_BINDING + 2,
	COLUMN_SUBSCRIPTIONS = COLUMN_LAST_DEVICE + 2,
	COLUMN_PUBLICATIONS,
	COLUMN_WATCH_REQUESTS,
	COLUMN_LAST_SUBSCRIPTION,
	COLUMN_LAST_PUBLICATION,
	COLUMN_LAST_WATCH_REQUEST,
	COLUMN_DOCUMENTS,
	COLUMN_LAST_DOCUMENT,
	COLUMN_SESSIONS,
	COLUMN_LAST_SESSION
};

struct purge_read {
	struct read read;
	int64_t history_s, device_s;
	unsigned most;
	bool walking, more; /* of all that comes before the conversations */
};

static int write_read(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)count;
	const struct purge_read *purge = CONTAINER_OF(reads[0], struct purge_read, read);
	int64_t now_ms = storage_wall_ms();
	parameters_number(parameters, now_ms / 1000);
	parameters_number(parameters, purge->most);
	parameters_number(parameters, now_ms - purge->history_s * 1000);
	parameters_number(parameters, now_ms / 1000 - purge->device_s);
	parameters_number(parameters, storage->purged_binding[0]);
	parameters_number(parameters, storage->purged_binding[1]);
	parameters_number(parameters, storage->purged_device[0]);
	parameters_number(parameters, storage->purged_device[1]);
	parameters_number(parameters, storage->purged_subscription);
	parameters_number(parameters, storage->purged_publication);
	parameters_number(parameters, storage->purged_watch_request);
	parameters_number(parameters, storage->purged_document);
	parameters_number(parameters, storage->purged_session);
	return 0;
}

void purge_init(struct storage *storage)
{
	storage->purged_binding[0] = storage->purged_device[0] = INT64_MIN;
	storage->purged_subscription = storage->purged_publication = INT64_MIN;
	storage->purged_watch_request = storage->purged_document = storage->purged_session = INT64_MIN;
	storage->purged_conversation = INT64_MIN;
	storage->purged_peer_bytes = 0;
}

/* Where a walk goes on: behind the last row, or beyond all rows when it has seen them. `parts`: of the key. */
static bool walk_on(const PGresult *rows, int count_column, int last_column, unsigned most, int64_t *walked, int parts)
{
	bool more = row_number(rows, 0, count_column) >= most;
	for (int i = 0; i < parts; i++)
		walked[i] = more ? row_number(rows, 0, last_column + i) : INT64_MAX;
	return more;
}

/* The walks begin anew together, when all are done, that of the conversations too: the shorter ones wait for the
 * longest. */
static bool walk_all_on(struct storage *storage, const PGresult *rows, unsigned most)
{
	bool more = walk_on(rows, COLUMN_BINDINGS, COLUMN_LAST_BINDING, most, storage->purged_binding, 2);
	more |= walk_on(rows, COLUMN_DEVICES, COLUMN_LAST_DEVICE, most, storage->purged_device, 2);
	more |= walk_on(rows, COLUMN_SUBSCRIPTIONS, COLUMN_LAST_SUBSCRIPTION, most, &storage->purged_subscription, 1);
	more |= walk_on(rows, COLUMN_PUBLICATIONS, COLUMN_LAST_PUBLICATION, most, &storage->purged_publication, 1);
	more |= walk_on(rows, COLUMN_WATCH_REQUESTS, COLUMN_LAST_WATCH_REQUEST, most, &storage->purged_watch_request,
			1);
	more |= walk_on(rows, COLUMN_DOCUMENTS, COLUMN_LAST_DOCUMENT, most, &storage->purged_document, 1);
	more |= walk_on(rows, COLUMN_SESSIONS, COLUMN_LAST_SESSION, most, &storage->purged_session, 1);
	return more;
}

/* --- conversations ------------------------------------------------------------------------------------------- */

/* $1, $2: how far the walk along the key has come; $3: most rows; $4: touched before this day, so that no message that
 * is being written now counts on the row being there. What is asked of each row is no EXISTS, for which the planner
 * could read all messages while they are few, and go on so. */
const struct statement conversations_purge_statement = {
	"conversations_purge",
	"WITH c AS (SELECT account_id, peer, peer_id, touched_on FROM conversations"
	"  WHERE (account_id, peer) > ($1::bigint, $2::bytea) ORDER BY account_id, peer LIMIT $3::bigint),"
	" gone AS (DELETE FROM conversations x USING c WHERE c.touched_on < $4::bigint"
	"  AND x.account_id = c.account_id AND x.peer = c.peer AND x.touched_on < $4::bigint"
	"  AND ((SELECT true FROM accounts a WHERE a.id = c.account_id) IS NULL"
	"   OR ((SELECT true FROM messages m WHERE m.receiver_id = c.account_id AND m.sender_id = c.peer_id LIMIT 1) "
	"IS NULL"
	"   AND (SELECT true FROM messages m WHERE m.receiver_id = c.peer_id AND m.sender_id = c.account_id LIMIT 1)"
	"    IS NULL)))"
	" SELECT count(*), (SELECT account_id FROM c ORDER BY account_id DESC, peer DESC LIMIT 1),"
	" (SELECT peer FROM c ORDER BY account_id DESC, peer DESC LIMIT 1) FROM c",
};

#define DAY_MS INT64_C(86400000)
#define DAYS_UNTOUCHED 2

static int write_conversations(struct storage *storage, struct read *const *reads, size_t count,
			       struct parameters *parameters)
{
	(void)count;
	const struct purge_read *purge = CONTAINER_OF(reads[0], struct purge_read, read);
	parameters_number(parameters, storage->purged_conversation);
	parameters_bytes(parameters, slice_of(storage->purged_peer, storage->purged_peer_bytes));
	parameters_number(parameters, purge->most);
	parameters_number(parameters, storage_wall_ms() / DAY_MS - DAYS_UNTOUCHED);
	return 0;
}

/* True where there are more behind. */
static bool walk_conversations(struct storage *storage, const PGresult *rows, unsigned most)
{
	struct slice peer = row_bytes(rows, 0, 2);
	bool more = row_number(rows, 0, 0) >= most && peer.length <= sizeof(storage->purged_peer);
	char *next = storage->purged_peer;
	storage->purged_conversation = more ? row_number(rows, 0, 1) : INT64_MAX;
	storage->purged_peer_bytes = more ? slice_copy_to(&next, peer).length : 0;
	return more;
}

static void on_conversations(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)count;
	const struct purge_read *purge = CONTAINER_OF(reads[0], struct purge_read, read);
	bool walking = walk_conversations(storage, rows, purge->most) || purge->walking;
	if (!walking)
		purge_init(storage);
	purge->read.answer.to.more(purge->read.answer.arg, 0, walking || purge->more);
}

static const struct read_kind conversations_kind = {&conversations_purge_statement, 1, write_conversations,
						    on_conversations};

/* --- all the rest -------------------------------------------------------------------------------------------- */

/* The conversations come behind the messages that were their last. */
static void on_rows(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)count;
	struct purge_read *purge = CONTAINER_OF(reads[0], struct purge_read, read);
	purge->walking = walk_all_on(storage, rows, purge->most);
	purge->more =
		row_number(rows, 0, COLUMN_DEBTS) >= purge->most || row_number(rows, 0, COLUMN_MESSAGES) >= purge->most;
	purge->read.kind = &conversations_kind;
	purge->read.again = true;
}

static const struct read_kind purge_kind = {&purge_statement, 1, write_read, on_rows};

void storage_purge(struct storage *storage, int64_t history_s, int64_t device_s, unsigned most, storage_more_fn *done,
		   void *arg)
{
	struct answer answer = {.kind = ANSWER_MORE, .to.more = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &purge_kind, sizeof(struct purge_read), answer);
	if (!read)
		return;
	struct purge_read *purge = CONTAINER_OF(read, struct purge_read, read);
	purge->history_s = history_s;
	purge->device_s = device_s;
	purge->most = most > 0 ? most : 1;
	reads_add(storage->background_reads, read);
}
