/* Settings and the generation: values that all nodes share. SPDX-License-Identifier: MIT */
#include "reads.h"

struct setting_read {
	struct read read;
	struct slice name, initial;
	char bytes[];
};

/* The second part sees the table as it was before the first. */
const struct statement settings_statement = {
	"settings",
	"WITH made AS (INSERT INTO settings (name, value) SELECT $1::text, $2::bytea"
	"  WHERE NOT EXISTS (SELECT FROM settings WHERE name = $1::text)"
	"  ON CONFLICT (name) DO NOTHING RETURNING value)"
	" SELECT value FROM made UNION ALL SELECT value FROM settings WHERE name = $1::text",
};

static int write_read(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct setting_read *setting = CONTAINER_OF(reads[0], struct setting_read, read);
	parameters_bytes(parameters, setting->name);
	parameters_bytes(parameters, setting->initial);
	return 0;
}

static void on_rows(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	const struct answer *answer = &reads[0]->answer;
	if (PQntuples(rows) == 0) {
		/* Another node made it while our statement was under way: it can be read now. */
		reads[0]->again = true;
		return;
	}
	answer->to.setting(answer->arg, 0, row_bytes(rows, 0, 0));
}

static const struct read_kind setting_kind = {&settings_statement, 1, write_read, on_rows};

void storage_setting(struct storage *storage, const char *name, struct slice initial, storage_setting_fn *done,
		     void *arg)
{
	struct answer answer = {.kind = ANSWER_SETTING, .to.setting = done, .arg = arg};
	size_t bytes = sizeof(struct setting_read) + strlen(name) + initial.length;
	struct read *read = reads_new(storage->background_reads, &setting_kind, bytes, answer);
	if (!read)
		return;
	struct setting_read *setting = CONTAINER_OF(read, struct setting_read, read);
	char *next = setting->bytes;
	setting->name = slice_copy_to(&next, slice_text(name));
	setting->initial = slice_copy_to(&next, initial);
	reads_add(storage->background_reads, read);
}

/* --- the generation ------------------------------------------------------------------------------------------ */

/* What a sequence gave is never given again, not even after a crash of the server. */
const struct statement generation_statement = {"generation", "SELECT nextval('generations')"};

static int write_nothing(struct storage *storage, struct read *const *reads, size_t count,
			 struct parameters *parameters)
{
	(void)storage;
	(void)reads;
	(void)count;
	(void)parameters;
	return 0;
}

static void on_generation(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	const struct answer *answer = &reads[0]->answer;
	answer->to.generation(answer->arg, 0, row_number(rows, 0, 0));
}

static const struct read_kind generation_kind = {&generation_statement, 1, write_nothing, on_generation};

void storage_next_generation(struct storage *storage, storage_generation_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_GENERATION, .to.generation = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &generation_kind, sizeof(struct read), answer);
	if (read)
		reads_add(storage->background_reads, read);
}
