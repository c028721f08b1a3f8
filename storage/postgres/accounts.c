/* Accounts, with their devices and what is owed to them. SPDX-License-Identifier: MIT */
#include "reads.h"

#include "base/error.h"

#include <stdlib.h>

struct account_read {
	struct read read;
	struct slice user, domain;
	char bytes[];
};

/* A row for each device, or one without where the account has none; $3: now. */
const struct statement accounts_load_statement = {
	"accounts_load",
	"SELECT w.place, a.id, a.ha1_md5, a.ha1_sha256, o.mailbox, o.untaken, d.device_id, d.last_seen,"
	" CASE WHEN o.mailbox = 0 OR d.device_id IS NULL THEN 0 ELSE"
	"  (SELECT count(*) FROM debts x"
	"   WHERE x.account_id = a.id AND x.device_id = d.device_id AND x.expires_at > $3::bigint) END"
	" FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(user_name, domain, place)"
	" JOIN accounts a ON a.user_name = w.user_name AND a.domain = w.domain"
	" CROSS JOIN LATERAL (SELECT count(DISTINCT x.message_id) AS mailbox,"
	"  count(*) FILTER (WHERE x.device_id = 0) AS untaken FROM debts x"
	"  WHERE x.account_id = a.id AND x.expires_at > $3::bigint) o"
	" LEFT JOIN devices d ON d.account_id = a.id"
	" ORDER BY w.place, d.last_seen",
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
	COLUMN_OWED
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

/* Answers one read with the rows from `first` on that carry its place; returns the row behind them. */
static int answer_read(const struct account_read *read, const PGresult *rows, int first, int64_t place)
{
	int end = first;
	while (end < PQntuples(rows) && row_number(rows, end, COLUMN_PLACE) == place)
		end++;
	if (end == first) {
		answer_fail(&read->read.answer, ERR_NOT_FOUND);
		return end;
	}
	struct stored_account account = {.id = row_number(rows, first, COLUMN_ID),
					 .user = read->user,
					 .domain = read->domain,
					 .untaken = (uint32_t)row_number(rows, first, COLUMN_UNTAKEN)};
	row_digest(rows, first, COLUMN_MD5, account.ha1_md5, sizeof(account.ha1_md5));
	row_digest(rows, first, COLUMN_SHA256, account.ha1_sha256, sizeof(account.ha1_sha256));
	struct stored_device *devices = calloc((size_t)(end - first), sizeof(*devices));
	if (!devices) {
		answer_fail(&read->read.answer, ERR_NO_MEMORY);
		return end;
	}
	size_t device_count = 0;
	for (int row = first; row < end; row++) {
		if (PQgetisnull(rows, row, COLUMN_DEVICE))
			continue;
		devices[device_count++] = (struct stored_device){.account_id = account.id,
								 .device_id = row_number(rows, row, COLUMN_DEVICE),
								 .last_seen_s = row_number(rows, row, COLUMN_SEEN),
								 .owed = (uint32_t)row_number(rows, row, COLUMN_OWED)};
	}
	read->read.answer.to.account(read->read.answer.arg, 0, &account, devices, device_count,
				     (uint32_t)row_number(rows, first, COLUMN_MAILBOX));
	free(devices);
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
