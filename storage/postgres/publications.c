/* Publications: saved, removed, and loaded at the start. SPDX-License-Identifier: MIT */
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include <stdlib.h>

struct publication_change {
	struct keyed_change keyed;
	struct stored_publication publication; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_publication, member)

static const size_t text_offsets[] = {TEXT(package), TEXT(resource), TEXT(source), TEXT(content_type), TEXT(body)};
static const struct texts publication_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

enum { PUBLICATION_NUMBERS = 7 };

/* --- saving -------------------------------------------------------------------------------------------------- */

static const struct statement save_statement = {
	"publications_save",
	"INSERT INTO publications (id, publisher_id, device_id, expires_at, published_at, revision, granted, package,"
	"  resource, source, content_type, body)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]),"
	"  unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bytea[]), unnest($9::bytea[]),"
	"  unnest($10::bytea[]), unnest($11::bytea[]), unnest($12::bytea[])"
	" ON CONFLICT (id) DO UPDATE SET publisher_id = excluded.publisher_id, device_id = excluded.device_id,"
	"  expires_at = excluded.expires_at, published_at = excluded.published_at, revision = excluded.revision,"
	"  granted = excluded.granted, package = excluded.package, resource = excluded.resource,"
	"  source = excluded.source, content_type = excluded.content_type, body = excluded.body",
};

static void write_publication(struct parameters *parameters, const struct stored_publication *publication)
{
	const int64_t numbers[PUBLICATION_NUMBERS] = {
		publication->id,           publication->publisher_id,    publication->device_id,
		publication->expires_at_s, publication->published_at_ms, publication->revision,
		publication->granted_s};
	for (unsigned i = 0; i < PUBLICATION_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	texts_write(&publication_texts, parameters, PUBLICATION_NUMBERS, publication);
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_PUBLICATION, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	for (unsigned i = 0; i < PUBLICATION_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	texts_arrays(&publication_texts, parameters);
	for (size_t i = 0; i < *rows; i++)
		write_publication(parameters, &CONTAINER_OF(latest[i], struct publication_change, keyed)->publication);
	free(latest);
	return 0;
}

const struct batch_step publications_step_save = {&save_statement, write_saved, NULL};

void storage_save_publication(struct storage *storage, const struct stored_publication *publication,
			      storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct publication_change) + texts_bytes(&publication_texts, publication);
	struct change *change = batch_new_change(storage->batch, CHANGE_PUBLICATION, bytes, done, arg);
	if (!change)
		return;
	struct publication_change *saved = CONTAINER_OF(change, struct publication_change, keyed.change);
	saved->keyed.key = publication->id;
	saved->keyed.removed = false;
	saved->publication = *publication;
	char *next = saved->bytes;
	texts_copy_to(&publication_texts, &next, &saved->publication);
	batch_add(storage->batch, change);
}

/* --- removing ------------------------------------------------------------------------------------------------ */

static const struct statement remove_statement = {
	"publications_remove",
	"DELETE FROM publications WHERE id = ANY ($1::bigint[])",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_PUBLICATION, parameters, rows);
}

const struct batch_step publications_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_publication(struct storage *storage, int64_t id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_PUBLICATION, id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct publications_read {
	struct read read;
	int64_t after_id; /* the last row read */
	storage_publication_fn *each;
};

/* Each brings a body. */
#define LOADED_TOGETHER 1000

/* $2: now, $3: how many. */
const struct statement publications_load_statement = {
	"publications_load",
	"SELECT id, publisher_id, device_id, expires_at, published_at, revision, granted, package, resource, source,"
	" content_type, body FROM publications WHERE id > $1::bigint AND expires_at > $2::bigint"
	" ORDER BY id LIMIT $3::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct publications_read *load = CONTAINER_OF(reads[0], struct publications_read, read);
	parameters_number(parameters, load->after_id);
	parameters_number(parameters, storage_wall_ms() / 1000);
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

static struct stored_publication row_publication(const PGresult *rows, int row)
{
	struct stored_publication publication = {0};
	int column = 0;
	publication.id = row_number(rows, row, column++);
	publication.publisher_id = row_number(rows, row, column++);
	publication.device_id = row_number(rows, row, column++);
	publication.expires_at_s = row_number(rows, row, column++);
	publication.published_at_ms = row_number(rows, row, column++);
	publication.revision = (uint32_t)row_number(rows, row, column++);
	publication.granted_s = (uint32_t)row_number(rows, row, column++);
	texts_read(&publication_texts, rows, row, column, &publication);
	return publication;
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct publications_read *load = CONTAINER_OF(reads[0], struct publications_read, read);
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	for (int row = 0; row < row_count; row++) {
		struct stored_publication publication = row_publication(rows, row);
		load->after_id = publication.id;
		load->each(answer->arg, &publication);
	}
	if (row_count < LOADED_TOGETHER)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static const struct read_kind load_kind = {&publications_load_statement, 1, write_load, on_page};

void storage_load_publications(struct storage *storage, storage_publication_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct publications_read), answer);
	if (!read)
		return;
	struct publications_read *load = CONTAINER_OF(read, struct publications_read, read);
	load->after_id = INT64_MIN;
	load->each = each;
	reads_add(storage->background_reads, read);
}
