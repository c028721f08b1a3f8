/* Accounts and schema steps for the command line: blocking calls, text parameters. SPDX-License-Identifier: MIT */
#include "storage/administration.h"

#include "storage/postgres/parameters.h"
#include "storage/schema.h"

#include "base/error.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Taken while steps are applied, so that two programs started at once do not both apply them ("HELIO"). */
#define MIGRATION_LOCK "311087386703"
#define MOST_PARAMETERS 4
/* Accounts in one statement. */
#define PUT_TOGETHER 10000
#define PUT_BYTES_MOST ((size_t)64 << 20)

struct administration {
	PGconn *connection;
	char error[ADMINISTRATION_ERROR_SIZE];
};

static void ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void copy_error(char error[ADMINISTRATION_ERROR_SIZE], const char *text)
{
	struct slice trimmed = slice_trim(slice_text(text));
	snprintf(error, ADMINISTRATION_ERROR_SIZE, "%.*s", SLICE_ARGS(trimmed));
}

struct administration *administration_open(const char *connection, char error[ADMINISTRATION_ERROR_SIZE])
{
	static const char *const names[] = {"connect_timeout", "fallback_application_name", "dbname", "client_encoding",
					    NULL};
	const char *const values[] = {"10", "heliograph administration", connection, "UTF8", NULL};
	struct administration *administration = calloc(1, sizeof(*administration));
	if (!administration) {
		copy_error(error, error_text(ERR_NO_MEMORY));
		return NULL;
	}
	administration->connection = PQconnectdbParams(names, values, 1);
	if (PQstatus(administration->connection) != CONNECTION_OK) {
		copy_error(error, PQerrorMessage(administration->connection));
		administration_close(administration);
		return NULL;
	}
	PQsetNoticeReceiver(administration->connection, ignore_notice, NULL);
	return administration;
}

void administration_close(struct administration *administration)
{
	if (!administration)
		return;
	PQfinish(administration->connection);
	free(administration);
}

const char *administration_error(const struct administration *administration)
{
	return administration->error;
}

/* --- statements ---------------------------------------------------------------------------------------------- */

/* The rows, or NULL with the sentence kept. A lost connection is made again for the next call. */
static PGresult *query(struct administration *administration, const char *sql, int count, const char *const *values,
		       const int *lengths, const int *formats)
{
	PGresult *result = PQexecParams(administration->connection, sql, count, NULL, values, lengths, formats, 0);
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
		return result;
	copy_error(administration->error, PQerrorMessage(administration->connection));
	PQclear(result);
	if (PQstatus(administration->connection) == CONNECTION_BAD)
		PQreset(administration->connection);
	return NULL;
}

/* Several statements at once, without parameters. */
static int execute(struct administration *administration, const char *sql)
{
	PGresult *result = PQexec(administration->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	if (!good)
		copy_error(administration->error, PQerrorMessage(administration->connection));
	PQclear(result);
	return good ? 0 : ERR_STORAGE_REFUSED;
}

static uint64_t number_at(const PGresult *result, int row, int column)
{
	uint64_t number = 0;
	slice_to_number(slice_text(PQgetvalue(result, row, column)), UINT32_MAX, &number);
	return number;
}

/* --- schema -------------------------------------------------------------------------------------------------- */

int administration_schema_wanted(void)
{
	return schema_step_count > 0 ? schema_steps[schema_step_count - 1].number : 0;
}

/* Where there is no table, there is nothing: PostgreSQL must not be asked for it. */
int administration_schema(struct administration *administration, int *number)
{
	PGresult *result =
		query(administration, "SELECT to_regclass('schema_version') IS NOT NULL", 0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	bool exists = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	if (!exists) {
		*number = 0;
		return 0;
	}
	result = query(administration, "SELECT coalesce(max(number), 0) FROM schema_version", 0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	*number = (int)number_at(result, 0, 0);
	PQclear(result);
	return 0;
}

static int apply_step(struct administration *administration, const struct schema_step *step)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", step->number);
	const char *const values[] = {number, step->name};
	int result = execute(administration, "BEGIN");
	if (result == 0)
		result = execute(administration, step->sql);
	if (result == 0) {
		PGresult *inserted =
			query(administration, "INSERT INTO schema_version (number, name) VALUES ($1::int, $2)", 2,
			      values, NULL, NULL);
		result = inserted ? 0 : ERR_STORAGE_REFUSED;
		PQclear(inserted);
	}
	if (result == 0)
		return execute(administration, "COMMIT");
	PQclear(PQexec(administration->connection, "ROLLBACK"));
	return result;
}

static int apply_missing(struct administration *administration, int *applied)
{
	int number;
	int result = administration_schema(administration, &number);
	if (result < 0)
		return result;
	if (number > administration_schema_wanted()) {
		snprintf(administration->error, sizeof(administration->error),
			 "the database has schema %d, this program knows %d: use a newer program", number,
			 administration_schema_wanted());
		return ERR_STORAGE_NEWER;
	}
	for (unsigned i = 0; i < schema_step_count; i++) {
		if (schema_steps[i].number <= number)
			continue;
		result = apply_step(administration, &schema_steps[i]);
		if (result < 0)
			return result;
		(*applied)++;
	}
	return 0;
}

int administration_migrate(struct administration *administration, int *applied)
{
	*applied = 0;
	int result = execute(administration, "SELECT pg_advisory_lock(" MIGRATION_LOCK ")");
	if (result < 0)
		return result;
	result = execute(administration, "CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY,"
					 " name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
	if (result == 0)
		result = apply_missing(administration, applied);
	/* Where this fails the connection is lost, and the lock with it. */
	PQclear(PQexec(administration->connection, "SELECT pg_advisory_unlock(" MIGRATION_LOCK ")"));
	return result;
}

/* --- accounts ------------------------------------------------------------------------------------------------ */

/* Each change tells the nodes (LISTEN heliograph_account), in its own transaction. */
#define ANNOUNCE " SELECT pg_notify('heliograph_account', user_name || '@' || domain) FROM changed"

/* Runs a statement whose rows are the accounts that it changed; their number. */
static int change_account(struct administration *administration, const char *sql,
			  const struct account_credentials *account, int count)
{
	/* The digests are binary, names are text by length and so go binary, too. */
	const char *const values[MOST_PARAMETERS] = {account->user.length ? account->user.at : "",
						     account->domain.length ? account->domain.at : "",
						     (const char *)account->ha1_md5, (const char *)account->ha1_sha256};
	const int lengths[MOST_PARAMETERS] = {(int)account->user.length, (int)account->domain.length,
					      (int)sizeof(account->ha1_md5), (int)sizeof(account->ha1_sha256)};
	const int formats[MOST_PARAMETERS] = {1, 1, 1, 1};
	PGresult *result = query(administration, sql, count, values, lengths, formats);
	if (!result)
		return ERR_STORAGE_REFUSED;
	int changed = PQntuples(result);
	PQclear(result);
	return changed;
}

int administration_add_account(struct administration *administration, const struct account_credentials *account)
{
	int changed =
		change_account(administration,
			       "WITH changed AS (INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
			       " VALUES ($1::text, $2::text, $3::bytea, $4::bytea)"
			       " ON CONFLICT (user_name, domain) DO NOTHING RETURNING user_name, domain)" ANNOUNCE,
			       account, 4);
	if (changed == 0)
		copy_error(administration->error, "there is such an account already");
	return changed == 0 ? ERR_EXISTS : changed < 0 ? changed : 0;
}

/* $1 … $4: names, domains, hashes. Only what differs is written, not even a lock is. Where much has changed, one empty
 * notification says that anything may have. */
static const char put_statement[] =
	"WITH given AS (SELECT DISTINCT ON (user_name, domain) user_name, domain, ha1_md5, ha1_sha256"
	"  FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[]) WITH ORDINALITY"
	"   AS g(user_name, domain, ha1_md5, ha1_sha256, place) ORDER BY user_name, domain, place DESC),"
	" wanted AS (SELECT g.* FROM given g LEFT JOIN accounts a USING (user_name, domain)"
	"  WHERE a.id IS NULL OR a.ha1_md5 <> g.ha1_md5 OR a.ha1_sha256 <> g.ha1_sha256),"
	" changed AS (INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256)"
	"  SELECT user_name, domain, ha1_md5, ha1_sha256 FROM wanted"
	"  ON CONFLICT (user_name, domain) DO UPDATE SET ha1_md5 = excluded.ha1_md5, ha1_sha256 = excluded.ha1_sha256"
	"  RETURNING user_name, domain),"
	" payloads AS (SELECT user_name || '@' || domain AS payload FROM changed"
	"  WHERE (SELECT count(*) FROM changed) <= 1000"
	"  UNION SELECT '' WHERE (SELECT count(*) FROM changed) > 1000)"
	" SELECT pg_notify('heliograph_account', payload) FROM payloads";

static int put_some(struct administration *administration, struct parameters *parameters,
		    const struct account_credentials *accounts, size_t count)
{
	parameters_clear(parameters);
	for (unsigned i = 0; i < MOST_PARAMETERS; i++)
		parameters_array(parameters, i < 2 ? PARAMETER_TEXTS : PARAMETER_BYTES);
	for (size_t i = 0; i < count; i++) {
		const struct account_credentials *account = &accounts[i];
		const struct slice values[MOST_PARAMETERS] = {
			account->user, account->domain,
			slice_of((const char *)account->ha1_md5, sizeof(account->ha1_md5)),
			slice_of((const char *)account->ha1_sha256, sizeof(account->ha1_sha256))};
		for (unsigned k = 0; k < MOST_PARAMETERS; k++)
			parameters_array_bytes(parameters, k, values[k]);
	}
	if (!parameters_seal(parameters)) {
		copy_error(administration->error, error_text(ERR_NO_MEMORY));
		return ERR_NO_MEMORY;
	}
	PGresult *result = query(administration, put_statement, MOST_PARAMETERS, parameters->values,
				 parameters->lengths, parameters->formats);
	PQclear(result);
	return result ? 0 : ERR_STORAGE_REFUSED;
}

int administration_put_accounts(struct administration *administration, const struct account_credentials *accounts,
				size_t count)
{
	struct parameters parameters;
	parameters_init(&parameters, PUT_BYTES_MOST);
	int result = execute(administration, "BEGIN");
	for (size_t i = 0; i < count && result == 0; i += PUT_TOGETHER)
		result = put_some(administration, &parameters, accounts + i,
				  count - i < PUT_TOGETHER ? count - i : PUT_TOGETHER);
	parameters_finish(&parameters);
	if (result == 0)
		return execute(administration, "COMMIT");
	PQclear(PQexec(administration->connection, "ROLLBACK"));
	return result;
}

static int not_found(struct administration *administration, int changed)
{
	if (changed == 0)
		copy_error(administration->error, "there is no such account");
	return changed == 0 ? ERR_NOT_FOUND : changed < 0 ? changed : 0;
}

int administration_set_password(struct administration *administration, const struct account_credentials *account)
{
	int changed = change_account(
		administration,
		"WITH changed AS (UPDATE accounts SET ha1_md5 = $3::bytea, ha1_sha256 = $4::bytea"
		" WHERE user_name = $1::text AND domain = $2::text RETURNING user_name, domain)" ANNOUNCE,
		account, 4);
	return not_found(administration, changed);
}

int administration_remove_account(struct administration *administration, struct slice user, struct slice domain)
{
	struct account_credentials account = {.user = user, .domain = domain};
	int changed =
		change_account(administration,
			       "WITH changed AS (DELETE FROM accounts WHERE user_name = $1::text AND domain = $2::text"
			       "  RETURNING id, user_name, domain),"
			       " b AS (DELETE FROM bindings WHERE account_id IN (SELECT id FROM changed)),"
			       " v AS (DELETE FROM devices WHERE account_id IN (SELECT id FROM changed)),"
			       " d AS (DELETE FROM debts WHERE account_id IN (SELECT id FROM changed)),"
			       " m AS (DELETE FROM messages WHERE receiver_id IN (SELECT id FROM changed))" ANNOUNCE,
			       &account, 2);
	return not_found(administration, changed);
}

int administration_list_accounts(struct administration *administration, administration_account_fn *each, void *arg)
{
	PGresult *result = query(administration,
				 "SELECT user_name, domain, (SELECT count(*) FROM devices d WHERE d.account_id = a.id),"
				 " (SELECT count(DISTINCT message_id) FROM debts o WHERE o.account_id = a.id"
				 "  AND o.expires_at > extract(epoch FROM now())::bigint)"
				 " FROM accounts a ORDER BY domain, user_name",
				 0, NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	for (int row = 0; row < PQntuples(result); row++)
		each(arg, slice_text(PQgetvalue(result, row, 0)), slice_text(PQgetvalue(result, row, 1)),
		     (unsigned)number_at(result, row, 2), (unsigned)number_at(result, row, 3));
	PQclear(result);
	return 0;
}

/* --- settings ------------------------------------------------------------------------------------------------ */

int administration_put_setting(struct administration *administration, const char *name, struct slice value)
{
	const char *const values[] = {name, value.length ? value.at : ""};
	const int lengths[] = {(int)strlen(name), (int)value.length};
	const int formats[] = {1, 1};
	PGresult *result =
		query(administration,
		      "INSERT INTO settings AS s (name, value) VALUES ($1::text, $2::bytea) ON CONFLICT (name)"
		      " DO UPDATE SET value = excluded.value WHERE s.value <> excluded.value",
		      2, values, lengths, formats);
	PQclear(result);
	return result                                                   ? 0
	       : PQstatus(administration->connection) == CONNECTION_BAD ? ERR_STORAGE_AWAY
									: ERR_STORAGE_REFUSED;
}

int administration_read_setting(struct administration *administration, const char *name, char *value, size_t size)
{
	const char *const values[] = {name};
	PGresult *result =
		query(administration, "SELECT convert_from(value, 'UTF8') FROM settings WHERE name = $1::text", 1,
		      values, NULL, NULL);
	value[0] = '\0';
	if (!result)
		return ERR_STORAGE_AWAY;
	if (PQntuples(result) > 0)
		snprintf(value, size, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return 0;
}
