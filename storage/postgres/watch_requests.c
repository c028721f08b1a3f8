/* Requests to watch that wait for a decision: saved, removed, and loaded at the start. SPDX-License-Identifier: MIT */
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include <stdlib.h>

struct request_change {
	struct keyed_change keyed;
	struct stored_watch_request request; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_watch_request, member)

static const size_t text_offsets[] = {TEXT(package), TEXT(resource)};
static const struct texts request_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

enum { REQUEST_NUMBERS = 4 };

/* --- saving -------------------------------------------------------------------------------------------------- */

static const struct statement save_statement = {
	"watch_requests_save",
	"INSERT INTO watch_requests (id, watcher_id, asked_at, expires_at, package, resource)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bigint[]),"
	"  unnest($5::bytea[]), unnest($6::bytea[])"
	" ON CONFLICT (id) DO UPDATE SET watcher_id = excluded.watcher_id, asked_at = excluded.asked_at,"
	"  expires_at = excluded.expires_at, package = excluded.package, resource = excluded.resource",
};

static void write_request(struct parameters *parameters, const struct stored_watch_request *request)
{
	const int64_t numbers[REQUEST_NUMBERS] = {request->id, request->watcher_id, request->asked_at_s,
						  request->expires_at_s};
	for (unsigned i = 0; i < REQUEST_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	texts_write(&request_texts, parameters, REQUEST_NUMBERS, request);
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_WATCH_REQUEST, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	for (unsigned i = 0; i < REQUEST_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	texts_arrays(&request_texts, parameters);
	for (size_t i = 0; i < *rows; i++)
		write_request(parameters, &CONTAINER_OF(latest[i], struct request_change, keyed)->request);
	free(latest);
	return 0;
}

const struct batch_step watch_requests_step_save = {&save_statement, write_saved, NULL};

void storage_save_watch_request(struct storage *storage, const struct stored_watch_request *request,
				storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct request_change) + texts_bytes(&request_texts, request);
	struct change *change = batch_new_change(storage->batch, CHANGE_WATCH_REQUEST, bytes, done, arg);
	if (!change)
		return;
	struct request_change *saved = CONTAINER_OF(change, struct request_change, keyed.change);
	saved->keyed.key = request->id;
	saved->keyed.removed = false;
	saved->request = *request;
	char *next = saved->bytes;
	texts_copy_to(&request_texts, &next, &saved->request);
	batch_add(storage->batch, change);
}

/* --- removing ------------------------------------------------------------------------------------------------ */

static const struct statement remove_statement = {
	"watch_requests_remove",
	"DELETE FROM watch_requests WHERE id = ANY ($1::bigint[])",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_WATCH_REQUEST, parameters, rows);
}

const struct batch_step watch_requests_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_watch_request(struct storage *storage, int64_t id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_WATCH_REQUEST, id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct requests_read {
	struct read read;
	int64_t after_id; /* the last row read */
	storage_watch_request_fn *each;
};

#define LOADED_TOGETHER 2000

/* A page; $2: now, $3: how many. */
const struct statement watch_requests_load_statement = {
	"watch_requests_load",
	"SELECT w.id, w.watcher_id, w.asked_at, w.expires_at, w.package, w.resource, a.user_name, a.domain, a.ha1_md5,"
	" a.ha1_sha256 FROM watch_requests w JOIN accounts a ON a.id = w.watcher_id"
	" WHERE w.id > $1::bigint AND w.expires_at > $2::bigint ORDER BY w.id LIMIT $3::bigint",
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct requests_read *load = CONTAINER_OF(reads[0], struct requests_read, read);
	parameters_number(parameters, load->after_id);
	parameters_number(parameters, storage_wall_ms() / 1000);
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

static struct stored_watch_request row_request(const PGresult *rows, int row)
{
	struct stored_watch_request request = {0};
	int column = 0;
	request.id = row_number(rows, row, column++);
	request.watcher_id = row_number(rows, row, column++);
	request.asked_at_s = row_number(rows, row, column++);
	request.expires_at_s = row_number(rows, row, column++);
	texts_read(&request_texts, rows, row, column, &request);
	return request;
}

static struct stored_account row_watcher(const PGresult *rows, int row, const struct stored_watch_request *request)
{
	int column = REQUEST_NUMBERS + (int)ARRAY_SIZE(text_offsets);
	struct stored_account watcher = {.id = request->watcher_id,
					 .user = row_bytes(rows, row, column),
					 .domain = row_bytes(rows, row, column + 1)};
	row_digest(rows, row, column + 2, watcher.ha1_md5, sizeof(watcher.ha1_md5));
	row_digest(rows, row, column + 3, watcher.ha1_sha256, sizeof(watcher.ha1_sha256));
	return watcher;
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct requests_read *load = CONTAINER_OF(reads[0], struct requests_read, read);
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	for (int row = 0; row < row_count; row++) {
		struct stored_watch_request request = row_request(rows, row);
		struct stored_account watcher = row_watcher(rows, row, &request);
		load->after_id = request.id;
		load->each(answer->arg, &watcher, &request);
	}
	if (row_count < LOADED_TOGETHER)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static const struct read_kind load_kind = {&watch_requests_load_statement, 1, write_load, on_page};

void storage_load_watch_requests(struct storage *storage, storage_watch_request_fn *each, storage_done_fn *done,
				 void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct requests_read), answer);
	if (!read)
		return;
	struct requests_read *load = CONTAINER_OF(read, struct requests_read, read);
	load->after_id = INT64_MIN;
	load->each = each;
	reads_add(storage->background_reads, read);
}
