/* Reading messages: what is owed to a device, and what came in lately. SPDX-License-Identifier: MIT */
#include "messages.h"
#include "reads.h"

#include "base/error.h"

/* --- what is owed -------------------------------------------------------------------------------------------- */

struct debts_read {
	struct read read;
	int64_t account_id, device_id, after_id;
	unsigned most;
	storage_message_fn *each;
};

/* $5: now. */
const struct statement messages_debts_statement = {
	"messages_debts",
	"SELECT w.place, m.id, m.receiver_id, m.sender_id, m.received_at, m.expires_at, m.cseq, m.sender, m.call_id,"
	" m.request_uri, m.from_value, m.to_value, m.headers, m.content_type, m.body, d.taken"
	" FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) WITH ORDINALITY"
	"  AS w(account_id, device_id, after_id, most, place)"
	" CROSS JOIN LATERAL (SELECT x.message_id, x.sender_id, NOT EXISTS (SELECT FROM debts y WHERE y.account_id = "
	"x.account_id"
	"   AND y.message_id = x.message_id AND y.device_id = 0) AS taken FROM debts x"
	"  WHERE x.account_id = w.account_id AND x.message_id > w.after_id AND x.device_id = w.device_id"
	"  AND x.expires_at > $5::bigint ORDER BY x.message_id LIMIT w.most) d"
	" JOIN messages m ON m.receiver_id = w.account_id AND m.sender_id = d.sender_id AND m.id = d.message_id"
	" ORDER BY w.place, m.id",
};

enum { COLUMN_PLACE, COLUMN_NUMBERS, COLUMN_TEXTS = COLUMN_NUMBERS + 6, COLUMN_TAKEN = COLUMN_TEXTS + 8 };

static int write_debts(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	for (unsigned i = 0; i < 4; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		const struct debts_read *debts = CONTAINER_OF(reads[i], struct debts_read, read);
		parameters_array_number(parameters, 0, debts->account_id);
		parameters_array_number(parameters, 1, debts->device_id);
		parameters_array_number(parameters, 2, debts->after_id);
		parameters_array_number(parameters, 3, debts->most);
	}
	parameters_number(parameters, storage_wall_ms() / 1000);
	return 0;
}

static struct stored_message row_message(const PGresult *rows, int row)
{
	int number = COLUMN_NUMBERS, text = COLUMN_TEXTS;
	struct stored_message message = {0};
	message.id = row_number(rows, row, number++);
	message.receiver_id = row_number(rows, row, number++);
	message.sender_id = message_sender_id(row_number(rows, row, number++));
	message.received_at_ms = row_number(rows, row, number++);
	message.expires_at_s = row_number(rows, row, number++);
	message.cseq = (uint32_t)row_number(rows, row, number++);
	message.sender = row_bytes(rows, row, text++);
	message.call_id = row_bytes(rows, row, text++);
	message.request_uri = row_bytes(rows, row, text++);
	message.from = row_bytes(rows, row, text++);
	message.to = row_bytes(rows, row, text++);
	message.headers = row_bytes(rows, row, text++);
	message.content_type = row_bytes(rows, row, text++);
	message.body = row_bytes(rows, row, text++);
	message.taken = row_number(rows, row, COLUMN_TAKEN) != 0;
	return message;
}

static void on_debts(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int row = 0;
	for (size_t i = 0; i < count; i++) {
		const struct debts_read *debts = CONTAINER_OF(reads[i], struct debts_read, read);
		const struct answer *answer = &debts->read.answer;
		for (; row < PQntuples(rows) && row_number(rows, row, COLUMN_PLACE) == (int64_t)i + 1; row++) {
			struct stored_message message = row_message(rows, row);
			debts->each(answer->arg, &message);
		}
		answer->to.done(answer->arg, 0);
	}
}

/* Few together: each brings whole messages. */
static const struct read_kind debts_kind = {&messages_debts_statement, 16, write_debts, on_debts};

void storage_load_debts(struct storage *storage, int64_t account_id, int64_t device_id, int64_t after_id, unsigned most,
			storage_message_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->user_reads, &debts_kind, sizeof(struct debts_read), answer);
	if (!read)
		return;
	struct debts_read *debts = CONTAINER_OF(read, struct debts_read, read);
	debts->account_id = account_id;
	debts->device_id = device_id;
	debts->after_id = after_id;
	debts->most = most;
	debts->each = each;
	reads_add(storage->user_reads, read);
}

/* --- what came in lately ------------------------------------------------------------------------------------- */

struct recent_read {
	struct read read;
	int64_t since_ms;
	unsigned most;
	storage_recent_fn *each;
};

/* A message that is owed to whoever comes first has been taken by nobody. */
const struct statement messages_recent_statement = {
	"messages_recent",
	"SELECT m.receiver_id, m.sender, m.call_id, m.cseq, NOT EXISTS (SELECT FROM debts d"
	"  WHERE d.account_id = m.receiver_id AND d.message_id = m.id AND d.device_id = 0)"
	" FROM messages m WHERE m.received_at >= $1::bigint ORDER BY m.received_at DESC, m.id DESC LIMIT $2::bigint",
};

static int write_recent(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct recent_read *recent = CONTAINER_OF(reads[0], struct recent_read, read);
	parameters_number(parameters, recent->since_ms);
	parameters_number(parameters, recent->most);
	return 0;
}

static void on_recent(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	const struct recent_read *recent = CONTAINER_OF(reads[0], struct recent_read, read);
	const struct answer *answer = &recent->read.answer;
	for (int row = 0; row < PQntuples(rows); row++)
		recent->each(answer->arg, row_number(rows, row, 0), row_bytes(rows, row, 1), row_bytes(rows, row, 2),
			     (uint32_t)row_number(rows, row, 3), row_number(rows, row, 4) != 0);
	answer->to.done(answer->arg, 0);
}

static const struct read_kind recent_kind = {&messages_recent_statement, 1, write_recent, on_recent};

void storage_load_recent(struct storage *storage, int64_t since_ms, unsigned most, storage_recent_fn *each,
			 storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &recent_kind, sizeof(struct recent_read), answer);
	if (!read)
		return;
	struct recent_read *recent = CONTAINER_OF(read, struct recent_read, read);
	recent->since_ms = since_ms;
	recent->most = most;
	recent->each = each;
	reads_add(storage->background_reads, read);
}
