/* Voicemail boxes for the command line. SPDX-License-Identifier: MIT */
#include "administration_parts.h"

#include "mailboxes.h"

#include "base/error.h"

/* One mailbox: far more than anybody has. */
#define PUT_BYTES_MOST ((size_t)1 << 20)

int administration_put_mailbox(struct administration *administration, struct slice mailbox,
			       const struct stored_message_count *counts, size_t count)
{
	struct parameters parameters;
	parameters_init(&parameters, PUT_BYTES_MOST);
	mailboxes_arrays(&parameters);
	mailboxes_write(&parameters, mailbox, counts, count);
	int result = administration_send(administration, mailboxes_save_statement.sql, &parameters);
	parameters_finish(&parameters);
	return result < 0 ? result : 0;
}

int administration_put_mailbox_users(struct administration *administration, struct slice mailbox,
				     const struct slice *users, size_t count)
{
	struct parameters parameters;
	parameters_init(&parameters, PUT_BYTES_MOST);
	mailboxes_user_arrays(&parameters);
	mailboxes_write_users(&parameters, mailbox, users, count);
	int result = administration_send(administration, mailboxes_save_users_statement.sql, &parameters);
	parameters_finish(&parameters);
	return result < 0 ? result : 0;
}

static struct slice text_at(const PGresult *result, int row, int column)
{
	return slice_of(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static int list_counts(struct administration *administration, administration_count_fn *each, void *arg)
{
	PGresult *result = administration_query(administration,
						"SELECT mailbox, class_name, fresh, old, urgent_fresh, urgent_old"
						" FROM mailboxes ORDER BY mailbox, class_name",
						0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	for (int row = 0; row < PQntuples(result); row++) {
		struct stored_message_count count = {.mailbox = text_at(result, row, 0),
						     .class_name = text_at(result, row, 1),
						     .fresh = (uint32_t)administration_number(result, row, 2),
						     .old = (uint32_t)administration_number(result, row, 3),
						     .urgent_fresh = (uint32_t)administration_number(result, row, 4),
						     .urgent_old = (uint32_t)administration_number(result, row, 5)};
		each(arg, &count);
	}
	PQclear(result);
	return 0;
}

static int list_users(struct administration *administration, administration_mailbox_user_fn *each, void *arg)
{
	PGresult *result = administration_query(
		administration, "SELECT mailbox, user_name FROM mailbox_users ORDER BY mailbox, user_name", 0, NULL,
		NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, text_at(result, row, 0), text_at(result, row, 1));
	PQclear(result);
	return 0;
}

int administration_list_mailboxes(struct administration *administration, administration_count_fn *each_count,
				  administration_mailbox_user_fn *each_user, void *arg)
{
	int result = list_counts(administration, each_count, arg);
	return result < 0 ? result : list_users(administration, each_user, arg);
}
