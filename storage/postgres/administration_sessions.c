/* Sessions of accounts for the command line. SPDX-License-Identifier: MIT */
#include "administration_parts.h"

#include "base/error.h"

#include <stdio.h>

#define NUMBER_BYTES_MOST ((size_t)64)

/* The account's id, by its names. */
static int find_account(struct administration *administration, struct slice user, struct slice domain, int64_t *id)
{
	const char *const values[] = {user.length ? user.at : "", domain.length ? domain.at : ""};
	const int lengths[] = {(int)user.length, (int)domain.length}, formats[] = {1, 1};
	PGresult *result = administration_query(administration,
						"SELECT id FROM accounts WHERE user_name = $1::text"
						" AND domain = $2::text",
						2, values, lengths, formats);
	if (!result)
		return ERR_STORAGE_REFUSED;
	bool is_found = PQntuples(result) > 0;
	*id = is_found ? (int64_t)administration_number(result, 0, 0) : 0;
	PQclear(result);
	return is_found ? 0 : administration_fail(administration, ERR_NOT_FOUND, "there is no account of that name");
}

static int tell_row(const PGresult *result, int row, administration_session_fn *each, void *arg)
{
	size_t length;
	unsigned char *name = PQunescapeBytea((const unsigned char *)PQgetvalue(result, row, 5), &length);
	if (!name)
		return ERR_NO_MEMORY;
	struct stored_session session = {.id = (int64_t)administration_number(result, row, 0),
					 .created_at_ms = (int64_t)administration_number(result, row, 1),
					 .used_at_ms = (int64_t)administration_number(result, row, 2),
					 .expires_at_s = (int64_t)administration_number(result, row, 3),
					 .stays = administration_number(result, row, 4) != 0,
					 .name = slice_of((const char *)name, length)};
	each(arg, &session);
	PQfreemem(name);
	return 0;
}

int administration_list_sessions(struct administration *administration, struct slice user, struct slice domain,
				 administration_session_fn *each, void *arg)
{
	char id_text[24];
	int64_t id;
	int result = find_account(administration, user, domain, &id);
	if (result < 0)
		return result;
	(void)snprintf(id_text, sizeof(id_text), "%lld", (long long)id);
	const char *const values[] = {id_text};
	PGresult *rows = administration_query(
		administration,
		"SELECT s.id, s.created_at, s.used_at, s.expires_at, s.stays, s.name FROM sessions s"
		" JOIN accounts a ON a.id = s.account_id AND a.ha1_sha256 = s.password WHERE a.id = $1::bigint"
		" AND s.expires_at > extract(epoch FROM now())::bigint ORDER BY s.id",
		1, values, NULL, NULL);
	if (!rows)
		return ERR_STORAGE_REFUSED;
	for (int row = 0; row < PQntuples(rows) && result == 0; row++)
		result = tell_row(rows, row, each, arg);
	PQclear(rows);
	return result;
}

/* $1: the account, $2: the session; 0: all of them. */
static const char end_statement[] =
	"WITH gone AS (DELETE FROM sessions WHERE account_id = $1::bigint AND (id = $2::bigint OR $2::bigint = 0)"
	"  RETURNING id)"
	" SELECT g.id, pg_notify('heliograph_account', a.user_name || '@' || a.domain)"
	" FROM gone g JOIN accounts a ON a.id = $1::bigint";

int administration_end_sessions(struct administration *administration, struct slice user, struct slice domain,
				int64_t session_id, unsigned *ended)
{
	int64_t id;
	int result = find_account(administration, user, domain, &id);
	if (result < 0)
		return result;
	struct parameters parameters;
	parameters_init(&parameters, NUMBER_BYTES_MOST);
	parameters_number(&parameters, id);
	parameters_number(&parameters, session_id);
	result = administration_send(administration, end_statement, &parameters);
	parameters_finish(&parameters);
	if (result == 0 && session_id != 0)
		return administration_fail(administration, ERR_NOT_FOUND, "there is no such session");
	*ended = result > 0 ? (unsigned)result : 0;
	return result < 0 ? result : 0;
}
