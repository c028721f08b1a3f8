/* The users' pictures, one of each account. SPDX-License-Identifier: MIT */
#include "keyed.h"
#include "reads.h"
#include "texts.h"

#include "base/error.h"

#include <stdlib.h>

struct icon_change {
	struct keyed_change keyed;
	struct stored_icon icon; /* its slices point behind it */
	char bytes[];
};

#define TEXT(member) offsetof(struct stored_icon, member)

static const size_t text_offsets[] = {TEXT(name), TEXT(media_type), TEXT(body)};
static const struct texts icon_texts = {text_offsets, ARRAY_SIZE(text_offsets)};

/* --- saving -------------------------------------------------------------------------------------------------- */

static const struct statement save_statement = {
	"icons_save",
	"INSERT INTO icons (account_id, name, media_type, body)"
	" SELECT unnest($1::bigint[]), convert_from(unnest($2::bytea[]), 'UTF8'),"
	"  convert_from(unnest($3::bytea[]), 'UTF8'), unnest($4::bytea[])"
	" ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, media_type = excluded.media_type,"
	"  body = excluded.body",
};

static int write_saved(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_ICON, false, &latest, rows);
	if (result < 0 || *rows == 0)
		return result;
	parameters_array(parameters, PARAMETER_NUMBERS);
	texts_arrays(&icon_texts, parameters);
	for (size_t i = 0; i < *rows; i++) {
		const struct icon_change *saved = CONTAINER_OF(latest[i], const struct icon_change, keyed);
		parameters_array_number(parameters, 0, saved->icon.account_id);
		texts_write(&icon_texts, parameters, 1, &saved->icon);
	}
	free(latest);
	return 0;
}

const struct batch_step icons_step_save = {&save_statement, write_saved, NULL};

void storage_save_icon(struct storage *storage, const struct stored_icon *icon, storage_done_fn *done, void *arg)
{
	size_t bytes = sizeof(struct icon_change) + texts_bytes(&icon_texts, icon);
	struct change *change = batch_new_change(storage->batch, CHANGE_ICON, bytes, done, arg);
	if (!change)
		return;
	struct icon_change *saved = CONTAINER_OF(change, struct icon_change, keyed.change);
	saved->keyed.key = icon->account_id;
	saved->keyed.removed = false;
	saved->icon = *icon;
	char *next = saved->bytes;
	texts_copy_to(&icon_texts, &next, &saved->icon);
	batch_add(storage->batch, change);
}

/* --- removing ------------------------------------------------------------------------------------------------ */

static const struct statement remove_statement = {
	"icons_remove",
	"DELETE FROM icons WHERE account_id = ANY ($1::bigint[])",
};

static int write_removed(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	return keyed_write_removed(changes, count, CHANGE_ICON, parameters, rows);
}

const struct batch_step icons_step_remove = {&remove_statement, write_removed, NULL};

void storage_remove_icon(struct storage *storage, int64_t account_id, storage_done_fn *done, void *arg)
{
	keyed_remove(storage, CHANGE_ICON, account_id, done, arg);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

/* So many together: each brings a whole picture. */
#define LOADED_TOGETHER 16

struct icon_read {
	struct read read;
	size_t length;
	char name[STORAGE_ICON_NAME_MOST];
};

const struct statement icons_load_statement = {
	"icons_load",
	"SELECT w.place, i.account_id, convert_to(i.name, 'UTF8'), convert_to(i.media_type, 'UTF8'), i.body"
	" FROM unnest($1::bytea[]) WITH ORDINALITY AS w(name, place)"
	" JOIN icons i ON i.name = convert_from(w.name, 'UTF8') ORDER BY w.place",
};

enum { COLUMN_PLACE, COLUMN_ACCOUNT, COLUMN_TEXTS };

static int write_load(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	unsigned names = parameters_array(parameters, PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct icon_read *load = CONTAINER_OF(reads[i], const struct icon_read, read);
		parameters_array_bytes(parameters, names, slice_of(load->name, load->length));
	}
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
		struct stored_icon icon = {.account_id = row_number(rows, row, COLUMN_ACCOUNT)};
		texts_read(&icon_texts, rows, row, COLUMN_TEXTS, &icon);
		row++;
		answer->to.icon(answer->arg, 0, &icon);
	}
}

static const struct read_kind load_kind = {&icons_load_statement, LOADED_TOGETHER, write_load, on_rows};

/* Else a name that is no UTF-8 would fail the names that it is asked for together with. */
static bool is_name(struct slice name)
{
	bool is_plain = !slice_is_empty(name) && name.length <= STORAGE_ICON_NAME_MOST;
	for (size_t i = 0; is_plain && i < name.length; i++)
		is_plain = (name.at[i] >= '0' && name.at[i] <= '9') || (name.at[i] >= 'a' && name.at[i] <= 'z');
	return is_plain;
}

void storage_load_icon(struct storage *storage, struct slice name, storage_icon_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_ICON, .to.icon = done, .arg = arg};
	if (!is_name(name)) {
		storage_refuse(storage, answer, ERR_NOT_FOUND);
		return;
	}
	struct read *read = reads_new(storage->user_reads, &load_kind, sizeof(struct icon_read), answer);
	if (!read)
		return;
	struct icon_read *load = CONTAINER_OF(read, struct icon_read, read);
	load->length = name.length;
	memcpy(load->name, name.at, name.length);
	reads_add(storage->user_reads, read);
}
