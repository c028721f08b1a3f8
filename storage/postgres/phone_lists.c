/* Lists for the keys of phones: the table, or the view that an administrator has put in its place.
 * SPDX-License-Identifier: MIT */
#include "reads.h"

#include <stdlib.h>

#define LIST_NAME_MOST 255

struct lists_read {
	struct read read;
	storage_list_entry_fn *each;
	/* The last list read. */
	size_t length;
	char list[LIST_NAME_MOST];
};

#define LOADED_TOGETHER 5000

/* $1: the last list read, $2: how many rows. A page ends where a list ends (WITH TIES): none is read in two halves,
 * between which it may change.
 *
 * Without a name: what stands there may be missing or broken, which must not keep the connection from its work. */
static const struct statement load_statement = {
	NULL,
	"SELECT list, uri, name FROM"
	" (SELECT list::text COLLATE \"C\" AS list, position, uri::text AS uri, coalesce(name::text, '') AS name"
	"  FROM phone_lists WHERE list::text COLLATE \"C\" > $1::text AND octet_length(list::text) BETWEEN 1 AND 255"
	"   AND uri::text <> '' ORDER BY list::text COLLATE \"C\" FETCH FIRST ($2::bigint) ROWS WITH TIES) p"
	" ORDER BY list, position, uri",
};

enum { COLUMN_LIST, COLUMN_URI, COLUMN_NAME };

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct lists_read *load = CONTAINER_OF(reads[0], struct lists_read, read);
	parameters_bytes(parameters, slice_of(load->list, load->length));
	parameters_number(parameters, LOADED_TOGETHER);
	return 0;
}

/* True where there is another page. The statement bounds the name. */
static bool turn_page(struct lists_read *load, const PGresult *rows)
{
	int row_count = PQntuples(rows);
	if (row_count < LOADED_TOGETHER)
		return false;
	struct slice list = row_bytes(rows, row_count - 1, COLUMN_LIST);
	if (list.length > LIST_NAME_MOST)
		return false;
	char *next = load->list;
	load->length = slice_copy_to(&next, list).length;
	return true;
}

static void on_page(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct lists_read *load = CONTAINER_OF(reads[0], struct lists_read, read);
	const struct answer *answer = &load->read.answer;
	for (int row = 0; row < PQntuples(rows); row++) {
		struct stored_list_entry entry = {.list = row_bytes(rows, row, COLUMN_LIST),
						  .uri = row_bytes(rows, row, COLUMN_URI),
						  .name = row_bytes(rows, row, COLUMN_NAME)};
		load->each(answer->arg, &entry);
	}
	if (turn_page(load, rows))
		load->read.again = true;
	else
		answer->to.done(answer->arg, 0);
}

static const struct read_kind load_kind = {&load_statement, 1, write_load, on_page};

void storage_load_phone_lists(struct storage *storage, storage_list_entry_fn *each, storage_done_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_DONE, .to.done = done, .arg = arg};
	struct read *read = reads_new(storage->background_reads, &load_kind, sizeof(struct lists_read), answer);
	if (!read)
		return;
	struct lists_read *load = CONTAINER_OF(read, struct lists_read, read);
	load->each = each;
	load->length = 0;
	reads_add(storage->background_reads, read);
}
