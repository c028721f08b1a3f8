/* The API's tokens. SPDX-License-Identifier: MIT */
#include "reads.h"

#include "base/error.h"

struct token_read {
	struct read read;
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
};

/* $2: now. */
const struct statement tokens_load_statement = {
	"tokens_load",
	"SELECT w.place, t.name, t.scopes, t.created_at, t.expires_at"
	" FROM unnest($1::bytea[]) WITH ORDINALITY AS w(hash, place) JOIN tokens t ON t.hash = w.hash"
	" WHERE t.expires_at = 0 OR t.expires_at > $2::bigint ORDER BY w.place",
};

enum { COLUMN_PLACE, COLUMN_NAME, COLUMN_SCOPES, COLUMN_CREATED, COLUMN_EXPIRES };

static int write_reads(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	unsigned hashes = parameters_array(parameters, PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct token_read *token = CONTAINER_OF(reads[i], struct token_read, read);
		parameters_array_bytes(parameters, hashes, slice_of((const char *)token->hash, sizeof(token->hash)));
	}
	parameters_number(parameters, storage_wall_ms() / 1000);
	return 0;
}

static void on_rows(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int row = 0;
	for (size_t i = 0; i < count; i++) {
		const struct answer *answer = &reads[i]->answer;
		if (row == PQntuples(rows) || row_number(rows, row, COLUMN_PLACE) != (int64_t)i + 1) {
			answer_fail(answer, ERR_NOT_FOUND);
			continue;
		}
		struct stored_token token = {.name = row_bytes(rows, row, COLUMN_NAME),
					     .scopes = row_bytes(rows, row, COLUMN_SCOPES),
					     .created_at_s = row_number(rows, row, COLUMN_CREATED),
					     .expires_at_s = row_number(rows, row, COLUMN_EXPIRES)};
		row++;
		answer->to.token(answer->arg, 0, &token);
	}
}

static const struct read_kind load_kind = {&tokens_load_statement, READ_MOST_TOGETHER, write_reads, on_rows};

void storage_load_token(struct storage *storage, const uint8_t hash[STORAGE_TOKEN_HASH_BYTES], storage_token_fn *done,
			void *arg)
{
	struct answer answer = {.kind = ANSWER_TOKEN, .to.token = done, .arg = arg};
	struct read *read = reads_new(storage->user_reads, &load_kind, sizeof(struct token_read), answer);
	if (!read)
		return;
	memcpy(CONTAINER_OF(read, struct token_read, read)->hash, hash, STORAGE_TOKEN_HASH_BYTES);
	reads_add(storage->user_reads, read);
}
