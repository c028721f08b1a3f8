/* Sessions: made, used, ended, and loaded at the start; with their account they are loaded in accounts.c.
 * SPDX-License-Identifier: MIT */
#include "sessions.h"
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include "base/error.h"

#include <stdlib.h>

struct session_change {
	struct keyed_change keyed;
	struct stored_session session; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_session, member)

static const size_t text_offsets[] = {TEXT(name), TEXT(device)};
static const struct texts session_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

enum { SESSION_NUMBERS = 6, SESSION_HASHES = 3 };

/* Other nodes learn of it as of any change of an account. */
#define ANNOUNCE " pg_notify('" ACCOUNT_CHANNEL "', a.user_name || '@' || a.domain)"

static const struct session_change *as_session(const struct keyed_change *change)
{
	return CONTAINER_OF(change, struct session_change, keyed);
}

static void add_change(struct storage *storage, enum change_kind kind, const struct stored_session *session,
		       storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct session_change) + texts_bytes(&session_texts, session);
	struct change *change = batch_new_change(storage->batch, kind, bytes, done, arg);
	if (!change)
		return;
	struct session_change *copy = CONTAINER_OF(change, struct session_change, keyed.change);
	copy->keyed.key = session->id;
	copy->keyed.removed = false;
	copy->session = *session;
	char *next = copy->bytes;
	texts_copy_to(&session_texts, &next, &copy->session);
	batch_add(storage->batch, change);
}

/* --- making -------------------------------------------------------------------------------------------------- */

/* Only for an account that is there, with the password that the session was made with. A batch that is sent again
 * finds the row, and says so again. */
static const struct statement save_statement = {
	"sessions_save",
	"WITH given AS (SELECT unnest($1::bigint[]) AS id, unnest($2::bigint[]) AS account_id,"
	"  unnest($3::bigint[]) AS created_at, unnest($4::bigint[]) AS used_at, unnest($5::bigint[]) AS expires_at,"
	"  unnest($6::bigint[]) AS stays, unnest($7::bytea[]) AS ha1_md5, unnest($8::bytea[]) AS ha1_sha256,"
	"  unnest($9::bytea[]) AS password, unnest($10::bytea[]) AS name, unnest($11::bytea[]) AS device),"
	" saved AS (INSERT INTO sessions (id, account_id, created_at, used_at, expires_at, stays, ha1_md5, ha1_sha256,"
	"   password, name, device)"
	"  SELECT g.* FROM given g JOIN accounts a ON a.id = g.account_id AND a.ha1_sha256 = g.password"
	"  ON CONFLICT (id) DO UPDATE SET used_at = excluded.used_at RETURNING id, account_id)"
	" SELECT s.id," ANNOUNCE " FROM saved s JOIN accounts a ON a.id = s.account_id ORDER BY s.id",
};

static void write_session(struct parameters *parameters, const struct stored_session *session)
{
	const int64_t numbers[SESSION_NUMBERS] = {session->id,         session->account_id,   session->created_at_ms,
						  session->used_at_ms, session->expires_at_s, session->stays};
	const struct slice hashes[SESSION_HASHES] = {
		slice_of((const char *)session->ha1_md5, sizeof(session->ha1_md5)),
		slice_of((const char *)session->ha1_sha256, sizeof(session->ha1_sha256)),
		slice_of((const char *)session->password_sha256, sizeof(session->password_sha256))};
	for (unsigned i = 0; i < SESSION_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	for (unsigned i = 0; i < SESSION_HASHES; i++)
		parameters_array_bytes(parameters, SESSION_NUMBERS + i, hashes[i]);
	texts_write(&session_texts, parameters, SESSION_NUMBERS + SESSION_HASHES, session);
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_SESSION, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	for (unsigned i = 0; i < SESSION_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (unsigned i = 0; i < SESSION_HASHES; i++)
		parameters_array(parameters, PARAMETER_BYTES);
	texts_arrays(&session_texts, parameters);
	for (size_t i = 0; i < *rows; i++)
		write_session(parameters, &as_session(latest[i])->session);
	free(latest);
	return 0;
}

static bool has_row(const PGresult *rows, int64_t id)
{
	for (int row = 0; row < PQntuples(rows); row++)
		if (row_number(rows, row, 0) == id)
			return true;
	return false;
}

static void read_saved(struct change *const *changes, size_t count, const PGresult *rows)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->kind != CHANGE_SESSION)
			continue;
		const struct keyed_change *keyed = CONTAINER_OF(changes[i], struct keyed_change, change);
		if (!keyed->removed && !has_row(rows, keyed->key))
			changes[i]->result = ERR_NOT_FOUND;
	}
}

const struct batch_step sessions_step_save = {&save_statement, write_saved, read_saved};

void storage_save_session(struct storage *storage, const struct stored_session *session, storage_done_fn *done,
			  void *arg)
{
	add_change(storage, CHANGE_SESSION, session, done, arg);
}

/* --- using --------------------------------------------------------------------------------------------------- */

/* What is written late moves no end back. */
static const struct statement use_statement = {
	"sessions_use",
	"UPDATE sessions s SET used_at = greatest(s.used_at, u.used_at), expires_at = greatest(s.expires_at, "
	"u.expires_at)"
	" FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS u(id, used_at, expires_at) WHERE s.id = u.id",
};

static int write_used(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_SESSION_USED, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	unsigned ids = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned used = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned expires = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < *rows; i++) {
		const struct stored_session *session = &as_session(latest[i])->session;
		parameters_array_number(parameters, ids, session->id);
		parameters_array_number(parameters, used, session->used_at_ms);
		parameters_array_number(parameters, expires, session->expires_at_s);
	}
	free(latest);
	return 0;
}

const struct batch_step sessions_step_use = {&use_statement, write_used, NULL};

void storage_use_session(struct storage *storage, int64_t id, int64_t used_at_ms, int64_t expires_at_s,
			 storage_done_fn *done, void *arg)
{
	struct stored_session used = {.id = id, .used_at_ms = used_at_ms, .expires_at_s = expires_at_s};
	add_change(storage, CHANGE_SESSION_USED, &used, done, arg);
}

/* --- ending -------------------------------------------------------------------------------------------------- */

static const struct statement remove_statement = {
	"sessions_remove",
	"WITH gone AS (DELETE FROM sessions WHERE id = ANY ($1::bigint[]) RETURNING account_id)"
	" SELECT a.id," ANNOUNCE " FROM gone g JOIN accounts a ON a.id = g.account_id",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_SESSION, parameters, rows);
}

const struct batch_step sessions_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_session(struct storage *storage, int64_t id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_SESSION, id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct stored_session sessions_row(const PGresult *rows, int row, int column)
{
	struct stored_session session = {.id = row_number(rows, row, column)};
	session.account_id = row_number(rows, row, column + 1);
	session.created_at_ms = row_number(rows, row, column + 2);
	session.used_at_ms = row_number(rows, row, column + 3);
	session.expires_at_s = row_number(rows, row, column + 4);
	session.stays = row_number(rows, row, column + 5) != 0;
	row_digest(rows, row, column + 6, session.ha1_md5, sizeof(session.ha1_md5));
	row_digest(rows, row, column + 7, session.ha1_sha256, sizeof(session.ha1_sha256));
	row_digest(rows, row, column + 8, session.password_sha256, sizeof(session.password_sha256));
	texts_read(&session_texts, rows, row, column + SESSION_NUMBERS + SESSION_HASHES, &session);
	return session;
}

struct sessions_read {
	struct read read;
	int64_t after_id; /* the last row read */
	storage_session_fn *each;
};

#define LOADED_TOGETHER 2000

/* A page of rows; $2: now, $3: how many. */
const struct statement sessions_load_statement = {
	"sessions_load",
	"SELECT " SESSIONS_COLUMNS ", a.user_name, a.domain FROM sessions s"
	" JOIN accounts a ON a.id = s.account_id AND a.ha1_sha256 = s.password"
	" WHERE s.id > $1::bigint AND s.expires_at > $2::bigint ORDER BY s.id LIMIT $3::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct sessions_read *load = CONTAINER_OF(reads[0], struct sessions_read, read);
	parameters_number(parameters, load->after_id);
	parameters_number(parameters, storage_wall_ms() / 1000);
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct sessions_read *load = CONTAINER_OF(reads[0], struct sessions_read, read);
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	for (int row = 0; row < row_count; row++) {
		struct stored_session session = sessions_row(rows, row, 0);
		struct stored_account account = {.id = session.account_id,
						 .user = row_bytes(rows, row, SESSIONS_COLUMN_COUNT),
						 .domain = row_bytes(rows, row, SESSIONS_COLUMN_COUNT + 1)};
		load->after_id = session.id;
		load->each(answer->arg, &account, &session);
	}
	if (row_count < LOADED_TOGETHER)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static const struct read_kind load_kind = {&sessions_load_statement, 1, write_load, on_page};

void storage_load_sessions(struct storage *storage, storage_session_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct sessions_read), answer);
	if (!read)
		return;
	struct sessions_read *load = CONTAINER_OF(read, struct sessions_read, read);
	load->after_id = INT64_MIN;
	load->each = each;
	reads_add(storage->background_reads, read);
}
