/* Reaching the database from the command line. SPDX-License-Identifier: MIT */
#include "program/database_access.h"

#include "base/error.h"
#include "program/command_line.h"
#include "program/state_lock.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Another command may have the state folder for a moment. */
#define LOCK_WAIT_MS 15000
#define LOCK_STEP_MS 250

static int fail(struct database_access *access, int result, char error[DATABASE_ACCESS_ERROR_SIZE],
		const char *sentence)
{
	if (sentence)
		snprintf(error, DATABASE_ACCESS_ERROR_SIZE, "%s", sentence);
	database_access_close(access);
	return result;
}

/* The lock, and then the private PostgreSQL started; or without it, where a server has both. */
static int reach_private(struct database_access *access, const char *state, char error[DATABASE_ACCESS_ERROR_SIZE])
{
	for (long waited = 0; waited < LOCK_WAIT_MS; waited += LOCK_STEP_MS) {
		access->lock = state_lock(state, LOCK_STEP_MS);
		if (access->lock >= 0)
			return private_postgres_start(access->postgres, error);
		if (access->lock != ERR_BUSY)
			break;
		if (private_postgres_is_running(access->postgres))
			return private_postgres_start(access->postgres, error);
	}
	snprintf(error, DATABASE_ACCESS_ERROR_SIZE, "the state folder %.300s: %s", state,
		 access->lock == ERR_BUSY ? "another process has it" : error_text(access->lock));
	return ERR_STORAGE_AWAY;
}

static int open_private(const struct configuration *configuration, struct database_access *access,
			char error[DATABASE_ACCESS_ERROR_SIZE])
{
	char state[PATH_MAX], reason[CONFIGURATION_ERROR_SIZE];
	int result = command_line_state_folder(configuration, state, reason);
	if (result < 0)
		return fail(access, result, error, reason);
	access->postgres = private_postgres_create(state, error);
	if (!access->postgres)
		return fail(access, ERR_STORAGE_AWAY, error, NULL);
	result = reach_private(access, state, error);
	return result < 0 ? fail(access, result, error, NULL) : 0;
}

int database_access_open(const struct configuration *configuration, struct database_access *access,
			 char error[DATABASE_ACCESS_ERROR_SIZE])
{
	*access = (struct database_access){.lock = -1};
	const char *connection = configuration->database;
	if (!connection[0]) {
		int result = open_private(configuration, access, error);
		if (result < 0)
			return result;
		connection = private_postgres_connection(access->postgres);
	}
	char reason[ADMINISTRATION_ERROR_SIZE];
	access->administration = administration_open(connection, reason);
	return access->administration ? 0 : fail(access, ERR_STORAGE_AWAY, error, reason);
}

int database_access_open_ready(const struct configuration *configuration, struct database_access *access,
			       char error[DATABASE_ACCESS_ERROR_SIZE])
{
	int result = database_access_open(configuration, access, error), number = 0, applied = 0;
	if (result < 0)
		return result;
	result = administration_schema(access->administration, &number);
	if (result == 0 && number == 0)
		result = administration_migrate(access->administration, &applied);
	else if (result == 0 && number != administration_schema_wanted())
		return fail(access, ERR_STORAGE_NEWER, error,
			    number > administration_schema_wanted()
				    ? "the database is of a newer version than this program"
				    : "the database is of an older version: run `heliograph migrate` first");
	if (result < 0) {
		snprintf(error, DATABASE_ACCESS_ERROR_SIZE, "%s", administration_error(access->administration));
		return fail(access, result, error, NULL);
	}
	return 0;
}

void database_access_close(struct database_access *access)
{
	administration_close(access->administration);
	access->administration = NULL;
	if (access->lock >= 0) {
		char error[PRIVATE_POSTGRES_ERROR_SIZE];
		if (access->postgres && private_postgres_stop(access->postgres, error) < 0)
			fprintf(stderr, "heliograph: %s\n", error);
		close(access->lock);
		access->lock = -1;
	}
	private_postgres_destroy(access->postgres);
	access->postgres = NULL;
}
