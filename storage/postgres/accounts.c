/* Accounts, with their devices and what is owed to them. SPDX-License-Identifier: MIT */
#include "reads.h"
#include "sessions.h"

#include "base/error.h"

#include <stdlib.h>

struct account_read {
	struct read read;
	struct slice user, domain;
	char bytes[];
};

/* A row for each device and each session, or one without where the account has neither; $3: now. Receipts are owed as
 * all messages are, but nobody waits for them: they are not counted among those that no device has taken. Each is
 * looked for by itself: of an EXISTS the planner could make a table of all receipts. */
const struct statement accounts_load_statement = {
	"accounts_load",
	"SELECT w.place, a.id, a.ha1_md5, a.ha1_sha256, o.mailbox, o.untaken, d.device_id, d.last_seen,"
	" CASE WHEN o.mailbox = 0 OR d.device_id IS NULL THEN 0 ELSE"
	"  (SELECT count(*) FROM debts x"
	"   WHERE x.account_id = a.id AND x.device_id = d.device_id AND x.expires_at > $3::bigint) END,"
	" " SESSIONS_COLUMNS " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(user_name, domain, place)"
	" JOIN accounts a ON a.user_name = w.user_name AND a.domain = w.domain"
	" CROSS JOIN LATERAL (SELECT count(DISTINCT x.message_id) AS mailbox,"
	"  count(*) FILTER (WHERE x.device_id = 0 AND (SELECT m.kind FROM messages m"
	"   WHERE m.receiver_id = x.account_id AND m.sender_id = x.sender_id AND m.id = x.message_id) IS DISTINCT FROM "
	"2)"
	"  AS untaken FROM debts x"
	"  WHERE x.account_id = a.id AND x.expires_at > $3::bigint) o"
	" LEFT JOIN LATERAL (SELECT v.device_id, v.last_seen, NULL::bigint AS session_id FROM devices v"
	"  WHERE v.account_id = a.id UNION ALL SELECT NULL, NULL, t.id FROM sessions t"
	"  WHERE t.account_id = a.id AND t.password = a.ha1_sha256 AND t.expires_at > $3::bigint) d ON true"
	" LEFT JOIN sessions s ON s.id = d.session_id"
	" ORDER BY w.place, d.last_seen, s.id",
};

enum {
	COLUMN_PLACE,
	COLUMN_ID,
	COLUMN_MD5,
	COLUMN_SHA256,
	COLUMN_MAILBOX,
	COLUMN_UNTAKEN,
	COLUMN_DEVICE,
	COLUMN_SEEN,
	COLUMN_OWED,
	COLUMN_SESSION
};

static int write_reads(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	unsigned users = parameters_array(parameters, PARAMETER_TEXTS);
	unsigned domains = parameters_array(parameters, PARAMETER_TEXTS);
	for (size_t i = 0; i < count; i++) {
		const struct account_read *account = CONTAINER_OF(reads[i], struct account_read, read);
		parameters_array_bytes(parameters, users, account->user);
		parameters_array_bytes(parameters, domains, account->domain);
	}
	parameters_number(parameters, storage_wall_ms() / 1000);
	return 0;
}

static struct stored_account row_account(const struct account_read *read, const PGresult *rows, int row)
{
	struct stored_account account = {.id = row_number(rows, row, COLUMN_ID),
					 .user = read->user,
					 .domain = read->domain,
					 .untaken = (uint32_t)row_number(rows, row, COLUMN_UNTAKEN)};
	row_digest(rows, row, COLUMN_MD5, account.ha1_md5, sizeof(account.ha1_md5));
	row_digest(rows, row, COLUMN_SHA256, account.ha1_sha256, sizeof(account.ha1_sha256));
	return account;
}

static size_t read_devices(const PGresult *rows, int first, int end, int64_t account_id, struct stored_device *devices)
{
	size_t count = 0;
	for (int row = first; row < end; row++) {
		if (PQgetisnull(rows, row, COLUMN_DEVICE))
			continue;
		devices[count++] = (struct stored_device){.account_id = account_id,
							  .device_id = row_number(rows, row, COLUMN_DEVICE),
							  .last_seen_s = row_number(rows, row, COLUMN_SEEN),
							  .owed = (uint32_t)row_number(rows, row, COLUMN_OWED)};
	}
	return count;
}

static size_t read_sessions(const PGresult *rows, int first, int end, struct stored_session *sessions)
{
	size_t count = 0;
	for (int row = first; row < end; row++)
		if (!PQgetisnull(rows, row, COLUMN_SESSION))
			sessions[count++] = sessions_row(rows, row, COLUMN_SESSION);
	return count;
}

/* Answers one read with the rows from `first` on that carry its place; returns the row behind them. */
static int answer_read(const struct account_read *read, const PGresult *rows, int first, int64_t place)
{
	const struct answer *answer = &read->read.answer;
	int end = first;
	while (end < PQntuples(rows) && row_number(rows, end, COLUMN_PLACE) == place)
		end++;
	if (end == first) {
		answer_fail(answer, ERR_NOT_FOUND);
		return end;
	}
	struct stored_account account = row_account(read, rows, first);
	struct stored_device *devices = calloc((size_t)(end - first), sizeof(*devices));
	struct stored_session *sessions = calloc((size_t)(end - first), sizeof(*sessions));
	if (devices && sessions) {
		size_t device_count = read_devices(rows, first, end, account.id, devices);
		account.sessions = sessions;
		account.session_count = read_sessions(rows, first, end, sessions);
		answer->to.account(answer->arg, 0, &account, devices, device_count,
				   (uint32_t)row_number(rows, first, COLUMN_MAILBOX));
	} else {
		answer_fail(answer, ERR_NO_MEMORY);
	}
	free(devices);
	free(sessions);
	return end;
}

static void on_rows(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int row = 0;
	for (size_t i = 0; i < count; i++)
		row = answer_read(CONTAINER_OF(reads[i], struct account_read, read), rows, row, (int64_t)i + 1);
}

static const struct read_kind load_kind = {&accounts_load_statement, READ_MOST_TOGETHER, write_reads, on_rows};

void storage_load_account(struct storage *storage, struct slice user, struct slice domain, storage_account_fn *done,
			  void *arg)
{
	struct answer answer = {.kind = ANSWER_ACCOUNT, .to.account = done, .arg = arg};
	if (!storage_is_text(user) || !storage_is_text(domain)) {
		storage_refuse(storage, answer, ERR_NOT_FOUND);
		return;
	}
	size_t bytes = sizeof(struct account_read) + user.length + domain.length;
	struct read *read = reads_new(storage->user_reads, &load_kind, bytes, answer);
	if (!read)
		return;
	struct account_read *account = CONTAINER_OF(read, struct account_read, read);
	char *next = account->bytes;
	account->user = slice_copy_to(&next, user);
	account->domain = slice_copy_to(&next, domain);
	reads_add(storage->user_reads, read);
}
