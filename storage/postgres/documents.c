/* Documents: saved, removed, and loaded, those of one account or all of one application.
 * SPDX-License-Identifier: MIT */
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include <stdlib.h>

struct document_change {
	struct keyed_change keyed;
	struct stored_document document; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_document, member)

static const size_t text_offsets[] = {TEXT(application), TEXT(name), TEXT(etag), TEXT(body)};
static const struct texts document_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

enum { DOCUMENT_NUMBERS = 3 };

/* --- saving -------------------------------------------------------------------------------------------------- */

/* Another document of the same account, application and name fails the statement, and batch.c finds who is at fault. */
static const struct statement save_statement = {
	"documents_save",
	"INSERT INTO documents (id, account_id, changed_at, application, name, etag, body)"
	" SELECT unnest($1::bigint[]), unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::bytea[]),"
	"  unnest($5::bytea[]), unnest($6::bytea[]), unnest($7::bytea[])"
	" ON CONFLICT (id) DO UPDATE SET account_id = excluded.account_id, changed_at = excluded.changed_at,"
	"  application = excluded.application, name = excluded.name, etag = excluded.etag, body = excluded.body",
};

static void write_document(struct parameters *parameters, const struct stored_document *document)
{
	const int64_t numbers[DOCUMENT_NUMBERS] = {document->id, document->account_id, document->changed_at_ms};
	for (unsigned i = 0; i < DOCUMENT_NUMBERS; i++)
		parameters_array_number(parameters, i, numbers[i]);
	texts_write(&document_texts, parameters, DOCUMENT_NUMBERS, document);
}

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_DOCUMENT, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	for (unsigned i = 0; i < DOCUMENT_NUMBERS; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
	texts_arrays(&document_texts, parameters);
	for (size_t i = 0; i < *rows; i++)
		write_document(parameters, &CONTAINER_OF(latest[i], struct document_change, keyed)->document);
	free(latest);
	return 0;
}

const struct batch_step documents_step_save = {&save_statement, write_saved, NULL};

void storage_save_document(struct storage *storage, const struct stored_document *document, storage_done_fn *done,
			   void *arg)
{
	size_t bytes = sizeof(struct document_change) + texts_bytes(&document_texts, document);
	struct change *change = batch_new_change(storage->batch, CHANGE_DOCUMENT, bytes, done, arg);
	if (!change)
		return;
	struct document_change *saved = CONTAINER_OF(change, struct document_change, keyed.change);
	saved->keyed.key = document->id;
	saved->keyed.removed = false;
	saved->document = *document;
	char *next = saved->bytes;
	texts_copy_to(&document_texts, &next, &saved->document);
	batch_add(storage->batch, change);
}

/* --- removing ------------------------------------------------------------------------------------------------ */

static const struct statement remove_statement = {
	"documents_remove",
	"DELETE FROM documents WHERE id = ANY ($1::bigint[])",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_DOCUMENT, parameters, rows);
}

const struct batch_step documents_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_document(struct storage *storage, int64_t id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_DOCUMENT, id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

struct documents_read {
	struct read read;
	int64_t after_id; /* the last row read */
	storage_document_fn *each;
	int64_t account_id;
	struct slice application; /* points behind the struct */
};

/* A page has at most so many rows, and ends with the one that brings its bodies to so many bytes. */
#define LOADED_TOGETHER 1000
#define LOADED_BYTES 4194304

/* How the rows of a page, `d`, are cut by the bytes of their bodies: $4. The length of a body is known without fetching
 * it. */
#define CUT_PAGE " FROM (SELECT d.*, sum(octet_length(body)) OVER (ORDER BY id) - octet_length(body) AS bytes_before"
#define CUT_PAGE_END " p WHERE bytes_before < $4::bigint ORDER BY id"

/* $1: the last row read, $2: the account, $3: how many. Its rows are found by the account, whatever the planner thinks
 * of walking through all ids instead. */
const struct statement documents_load_statement = {
	"documents_load",
	"WITH own AS MATERIALIZED (SELECT id, account_id, changed_at, application, name, etag, body FROM documents"
	"  WHERE account_id = $2::bigint)"
	" SELECT id, account_id, changed_at, application, name, etag, body" CUT_PAGE
	"  FROM (SELECT * FROM own WHERE id > $1::bigint ORDER BY id LIMIT $3::bigint) d)" CUT_PAGE_END,
};

/* $2: the application. Documents whose account is gone (saved while it went) are nobody's. */
const struct statement documents_load_of_statement = {
	"documents_load_of",
	"SELECT id, account_id, changed_at, application, name, etag, body, user_name, domain, ha1_md5,"
	" ha1_sha256" CUT_PAGE
	"  FROM (SELECT d.id, d.account_id, d.changed_at, d.application, d.name, d.etag, d.body, a.user_name, a.domain,"
	"   a.ha1_md5, a.ha1_sha256 FROM documents d LEFT JOIN accounts a ON a.id = d.account_id"
	"   WHERE d.id > $1::bigint AND d.application = $2::bytea AND (d.account_id = 0 OR a.id IS NOT NULL)"
	"   ORDER BY d.id LIMIT $3::bigint) d)" CUT_PAGE_END,
};

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct documents_read *load = CONTAINER_OF(reads[0], struct documents_read, read);
	parameters_number(parameters, load->after_id);
	parameters_number(parameters, load->account_id);
	parameters_number(parameters, LOADED_TOGETHER);
	parameters_number(parameters, LOADED_BYTES);
	return 0;
}

static int write_load_of(struct storage *storage, struct read *const *reads, size_t count,
			 struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct documents_read *load = CONTAINER_OF(reads[0], struct documents_read, read);
	parameters_number(parameters, load->after_id);
	parameters_bytes(parameters, load->application);
	parameters_number(parameters, LOADED_TOGETHER);
	parameters_number(parameters, LOADED_BYTES);
	return 0;
}

static struct stored_document row_document(const PGresult *rows, int row)
{
	struct stored_document document = {0};
	int column = 0;
	document.id = row_number(rows, row, column++);
	document.account_id = row_number(rows, row, column++);
	document.changed_at_ms = row_number(rows, row, column++);
	texts_read(&document_texts, rows, row, column, &document);
	return document;
}

static struct stored_account row_owner(const PGresult *rows, int row, const struct stored_document *document)
{
	int column = DOCUMENT_NUMBERS + (int)ARRAY_SIZE(text_offsets);
	struct stored_account owner = {.id = document->account_id,
				       .user = row_bytes(rows, row, column),
				       .domain = row_bytes(rows, row, column + 1)};
	row_digest(rows, row, column + 2, owner.ha1_md5, sizeof(owner.ha1_md5));
	row_digest(rows, row, column + 3, owner.ha1_sha256, sizeof(owner.ha1_sha256));
	return owner;
}

static void on_page(struct documents_read *load, const PGresult *rows, bool has_owners)
{
	const struct answer *answer = &load->read.answer;
	int row_count = PQntuples(rows);
	size_t bytes = 0;
	for (int row = 0; row < row_count; row++) {
		struct stored_document document = row_document(rows, row);
		struct stored_account owner = {0};
		bool is_owned = has_owners && document.account_id != 0;
		if (is_owned)
			owner = row_owner(rows, row, &document);
		load->after_id = document.id;
		bytes += document.body.length;
		load->each(answer->arg, is_owned ? &owner : NULL, &document);
	}
	if (row_count < LOADED_TOGETHER && bytes < LOADED_BYTES)
		answer->to.done(answer->arg, 0);
	else
		load->read.again = true;
}

static void on_account_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	on_page(CONTAINER_OF(reads[0], struct documents_read, read), rows, false);
}

static void on_application_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	on_page(CONTAINER_OF(reads[0], struct documents_read, read), rows, true);
}

static const struct read_kind load_kind = {&documents_load_statement, 1, write_load, on_account_page};
static const struct read_kind load_of_kind = {&documents_load_of_statement, 1, write_load_of, on_application_page};

static void load_documents(struct reads *reads, const struct read_kind *kind, int64_t account_id,
			   struct slice application, storage_document_fn *each, struct answer answer)
{
	struct read *read = reads_new(reads, kind, sizeof(struct documents_read) + application.length, answer);
	if (!read)
		return;
	struct documents_read *load = CONTAINER_OF(read, struct documents_read, read);
	char *next = (char *)(load + 1);
	load->after_id = INT64_MIN;
	load->each = each;
	load->account_id = account_id;
	load->application = slice_copy_to(&next, application);
	reads_add(reads, read);
}

void storage_load_documents(struct storage *storage, int64_t account_id, storage_document_fn *each,
			    storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	load_documents(storage->user_reads, &load_kind, account_id, slice_of(NULL, 0), each, answer);
}

void storage_load_documents_of(struct storage *storage, struct slice application, storage_document_fn *each,
			       storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	load_documents(storage->background_reads, &load_of_kind, 0, application, each, answer);
}
