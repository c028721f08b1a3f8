/* The command line's connection, the schema's steps and the settings: blocking calls. SPDX-License-Identifier: MIT */
#include "administration_parts.h"

#include "storage/schema.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Taken while steps are applied, so that two programs started at once do not both apply them ("HELIO"). */
#define MIGRATION_LOCK "311087386703"

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

int administration_fail(struct administration *administration, int error, const char *sentence)
{
	copy_error(administration->error, sentence);
	return error;
}

/* --- statements ---------------------------------------------------------------------------------------------- */

PGresult *administration_query(struct administration *administration, const char *sql, int count,
			       const char *const *values, const int *lengths, const int *formats)
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

int administration_send(struct administration *administration, const char *sql, struct parameters *parameters)
{
	if (!parameters_seal(parameters))
		return administration_fail(administration, ERR_NO_MEMORY, error_text(ERR_NO_MEMORY));
	PGresult *result = administration_query(administration, sql, (int)parameters->count, parameters->values,
						parameters->lengths, parameters->formats);
	int rows = result ? PQntuples(result) : ERR_STORAGE_REFUSED;
	PQclear(result);
	return rows;
}

int administration_execute(struct administration *administration, const char *sql)
{
	PGresult *result = PQexec(administration->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	if (!good)
		copy_error(administration->error, PQerrorMessage(administration->connection));
	PQclear(result);
	return good ? 0 : ERR_STORAGE_REFUSED;
}

uint64_t administration_number(const PGresult *result, int row, int column)
{
	uint64_t number = 0;
	slice_to_number(slice_text(PQgetvalue(result, row, column)), INT64_MAX, &number);
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
	PGresult *result = administration_query(administration, "SELECT to_regclass('schema_version') IS NOT NULL", 0,
						NULL, NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	bool exists = PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	if (!exists) {
		*number = 0;
		return 0;
	}
	result = administration_query(administration, "SELECT coalesce(max(number), 0) FROM schema_version", 0, NULL,
				      NULL, NULL);
	if (!result)
		return ERR_STORAGE_AWAY;
	*number = (int)administration_number(result, 0, 0);
	PQclear(result);
	return 0;
}

static int apply_step(struct administration *administration, const struct schema_step *step)
{
	char number[16];
	snprintf(number, sizeof(number), "%d", step->number);
	const char *const values[] = {number, step->name};
	int result = administration_execute(administration, "BEGIN");
	if (result == 0)
		result = administration_execute(administration, step->sql);
	if (result == 0) {
		PGresult *inserted = administration_query(
			administration, "INSERT INTO schema_version (number, name) VALUES ($1::int, $2)", 2, values,
			NULL, NULL);
		result = inserted ? 0 : ERR_STORAGE_REFUSED;
		PQclear(inserted);
	}
	if (result == 0)
		return administration_execute(administration, "COMMIT");
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
	int result = administration_execute(administration, "SELECT pg_advisory_lock(" MIGRATION_LOCK ")");
	if (result < 0)
		return result;
	result = administration_execute(administration,
					"CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY,"
					" name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
	if (result == 0)
		result = apply_missing(administration, applied);
	/* Where this fails the connection is lost, and the lock with it. */
	PQclear(PQexec(administration->connection, "SELECT pg_advisory_unlock(" MIGRATION_LOCK ")"));
	return result;
}

/* --- settings ------------------------------------------------------------------------------------------------ */

int administration_put_setting(struct administration *administration, const char *name, struct slice value)
{
	const char *const values[] = {name, value.length ? value.at : ""};
	const int lengths[] = {(int)strlen(name), (int)value.length};
	const int formats[] = {1, 1};
	PGresult *result = administration_query(
		administration,
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
	PGresult *result = administration_query(
		administration, "SELECT convert_from(value, 'UTF8') FROM settings WHERE name = $1::text", 1, values,
		NULL, NULL);
	value[0] = '\0';
	if (!result)
		return ERR_STORAGE_AWAY;
	if (PQntuples(result) > 0)
		snprintf(value, size, "%s", PQgetvalue(result, 0, 0));
	PQclear(result);
	return 0;
}
