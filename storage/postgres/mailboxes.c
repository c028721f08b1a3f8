/* Voicemail boxes: what waits in them, and who uses them. How they are loaded is in mailboxes_load.c.
 * SPDX-License-Identifier: MIT */
#include "mailboxes.h"

#include "base/error.h"
#include "keyed.h"

#include <stdlib.h>

struct mailbox_change {
	struct keyed_change keyed;
	struct slice mailbox;
	size_t count;
	struct stored_message_count *counts; /* both point behind the struct */
	struct slice *users;
};

/* --- statements ---------------------------------------------------------------------------------------------- */

/* $1: the mailboxes; $2 …: their rows. The condition with NOT IN looks the rows up in a hash; as a join it would go
 * through all of them for each row that is there. */
const struct statement mailboxes_save_statement = {
	"mailboxes_save",
	"WITH gone AS (DELETE FROM mailboxes m WHERE m.mailbox = ANY ($1::text[])"
	"  AND (m.mailbox, m.class_name) NOT IN (SELECT unnest($2::text[]), unnest($3::text[])))"
	" INSERT INTO mailboxes (mailbox, class_name, fresh, old, urgent_fresh, urgent_old)"
	" SELECT unnest($2::text[]), unnest($3::text[]), unnest($4::bigint[]), unnest($5::bigint[]),"
	"  unnest($6::bigint[]), unnest($7::bigint[])"
	" ON CONFLICT (mailbox, class_name) DO UPDATE SET fresh = excluded.fresh, old = excluded.old,"
	"  urgent_fresh = excluded.urgent_fresh, urgent_old = excluded.urgent_old",
};

const struct statement mailboxes_save_users_statement = {
	"mailboxes_save_users",
	"WITH gone AS (DELETE FROM mailbox_users u WHERE u.mailbox = ANY ($1::text[])"
	"  AND (u.mailbox, u.user_name) NOT IN (SELECT unnest($2::text[]), unnest($3::text[])))"
	" INSERT INTO mailbox_users (mailbox, user_name) SELECT unnest($2::text[]), unnest($3::text[])"
	" ON CONFLICT DO NOTHING",
};

void mailboxes_arrays(struct parameters *parameters)
{
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_TEXTS);
	for (unsigned i = 0; i < 4; i++)
		parameters_array(parameters, PARAMETER_NUMBERS);
}

static bool is_given_again(const struct stored_message_count *counts, size_t index, size_t count)
{
	for (size_t i = index + 1; i < count; i++)
		if (slice_equal(counts[i].class_name, counts[index].class_name))
			return true;
	return false;
}

void mailboxes_write(struct parameters *parameters, struct slice mailbox, const struct stored_message_count *counts,
		     size_t count)
{
	parameters_array_bytes(parameters, 0, mailbox);
	for (size_t i = 0; i < count; i++) {
		if (is_given_again(counts, i, count))
			continue;
		parameters_array_bytes(parameters, 1, mailbox);
		parameters_array_bytes(parameters, 2, counts[i].class_name);
		parameters_array_number(parameters, 3, counts[i].fresh);
		parameters_array_number(parameters, 4, counts[i].old);
		parameters_array_number(parameters, 5, counts[i].urgent_fresh);
		parameters_array_number(parameters, 6, counts[i].urgent_old);
	}
}

void mailboxes_user_arrays(struct parameters *parameters)
{
	for (unsigned i = 0; i < 3; i++)
		parameters_array(parameters, PARAMETER_TEXTS);
}

void mailboxes_write_users(struct parameters *parameters, struct slice mailbox, const struct slice *users, size_t count)
{
	parameters_array_bytes(parameters, 0, mailbox);
	for (size_t i = 0; i < count; i++) {
		parameters_array_bytes(parameters, 1, mailbox);
		parameters_array_bytes(parameters, 2, users[i]);
	}
}

/* --- the batch ----------------------------------------------------------------------------------------------- */

static int write_counts(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_MAILBOX, false, &latest, rows);
	if (result < 0)
		return result;
	mailboxes_arrays(parameters);
	for (size_t i = 0; i < *rows; i++) {
		const struct mailbox_change *saved = CONTAINER_OF(latest[i], struct mailbox_change, keyed);
		mailboxes_write(parameters, saved->mailbox, saved->counts, saved->count);
	}
	free(latest);
	return 0;
}

static int write_users(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, CHANGE_MAILBOX_USERS, false, &latest, rows);
	if (result < 0)
		return result;
	mailboxes_user_arrays(parameters);
	for (size_t i = 0; i < *rows; i++) {
		const struct mailbox_change *saved = CONTAINER_OF(latest[i], struct mailbox_change, keyed);
		mailboxes_write_users(parameters, saved->mailbox, saved->users, saved->count);
	}
	free(latest);
	return 0;
}

const struct batch_step mailboxes_step_save = {&mailboxes_save_statement, write_counts, NULL};
const struct batch_step mailboxes_step_save_users = {&mailboxes_save_users_statement, write_users, NULL};

/* --- saving -------------------------------------------------------------------------------------------------- */

static bool is_name(struct slice text)
{
	return text.length > 0 && text.length <= STORAGE_MAILBOX_NAME_MOST && storage_is_text(text);
}

static void refuse(struct storage *storage, storage_done_fn *done, void *arg)
{
	storage_refuse(storage, (struct answer){.kind = ANSWER_DONE, .to.done = done, .arg = arg}, ERR_STORAGE_REFUSED);
}

/* With `bytes` behind it for rows and texts. */
static struct mailbox_change *new_change(struct storage *storage, enum change_kind kind, struct slice mailbox,
					 size_t bytes, storage_done_fn *done, void *arg)
{
	struct change *change =
		batch_new_change(storage->batch, kind, sizeof(struct mailbox_change) + bytes, done, arg);
	if (!change)
		return NULL;
	struct mailbox_change *saved = CONTAINER_OF(change, struct mailbox_change, keyed.change);
	saved->keyed.key = storage_hash(mailbox);
	saved->keyed.removed = false;
	saved->counts = NULL;
	saved->users = NULL;
	return saved;
}

void storage_save_mailbox(struct storage *storage, struct slice mailbox, const struct stored_message_count *counts,
			  size_t count, storage_done_fn *done, void *arg)
{
	size_t bytes = count * sizeof(*counts) + mailbox.length;
	bool good = is_name(mailbox);
	for (size_t i = 0; i < count; i++) {
		good = good && is_name(counts[i].class_name);
		bytes += counts[i].class_name.length;
	}
	if (!good) {
		refuse(storage, done, arg);
		return;
	}
	struct mailbox_change *saved = new_change(storage, CHANGE_MAILBOX, mailbox, bytes, done, arg);
	if (!saved)
		return;
	saved->counts = (struct stored_message_count *)(saved + 1);
	saved->count = count;
	char *next = (char *)(saved->counts + count);
	saved->mailbox = slice_copy_to(&next, mailbox);
	for (size_t i = 0; i < count; i++) {
		saved->counts[i] = counts[i];
		saved->counts[i].mailbox = saved->mailbox;
		saved->counts[i].class_name = slice_copy_to(&next, counts[i].class_name);
	}
	batch_add(storage->batch, &saved->keyed.change);
}

void storage_save_mailbox_users(struct storage *storage, struct slice mailbox, const struct slice *users, size_t count,
				storage_done_fn *done, void *arg)
{
	size_t bytes = count * sizeof(*users) + mailbox.length;
	bool good = is_name(mailbox);
	for (size_t i = 0; i < count; i++) {
		good = good && is_name(users[i]);
		bytes += users[i].length;
	}
	if (!good) {
		refuse(storage, done, arg);
		return;
	}
	struct mailbox_change *saved = new_change(storage, CHANGE_MAILBOX_USERS, mailbox, bytes, done, arg);
	if (!saved)
		return;
	saved->users = (struct slice *)(saved + 1);
	saved->count = count;
	char *next = (char *)(saved->users + count);
	saved->mailbox = slice_copy_to(&next, mailbox);
	for (size_t i = 0; i < count; i++)
		saved->users[i] = slice_copy_to(&next, users[i]);
	batch_add(storage->batch, &saved->keyed.change);
}
