/* Finding initdb and postgres: Debian and Red Hat keep versions side by side, others have one in PATH.
 * SPDX-License-Identifier: MIT */
#include "program/postgres_programs.h"

#include "base/error.h"
#include "base/slice.h"
#include "program/child_process.h"

#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const patterns[] = {"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin"};

/* "postgres (PostgreSQL) 15.20 (Debian …)" → 15; 0 where it is something else. */
static unsigned version_of(const char *program)
{
	char text[256];
	const char *arguments[] = {program, "--version", NULL};
	if (child_read(arguments, text, sizeof(text)) != 0)
		return 0;
	const char *behind = strstr(text, "(PostgreSQL) ");
	if (!behind)
		return 0;
	unsigned long version = strtoul(behind + strlen("(PostgreSQL) "), NULL, 10);
	return version < 1000 ? (unsigned)version : 0;
}

/* Takes the folder's programs where they suit better than what was found. */
static void consider(struct slice folder, unsigned wanted, struct postgres_programs *programs)
{
	struct postgres_programs here;
	int length = snprintf(here.postgres, sizeof(here.postgres), "%.*s/postgres", SLICE_ARGS(folder));
	if (length < 0 || (size_t)length >= sizeof(here.postgres))
		return;
	snprintf(here.initdb, sizeof(here.initdb), "%.*s/initdb", SLICE_ARGS(folder));
	if (access(here.postgres, X_OK) != 0 || access(here.initdb, X_OK) != 0)
		return;
	here.version = version_of(here.postgres);
	bool suits = wanted ? here.version == wanted : here.version >= POSTGRES_LEAST_VERSION;
	if (suits && here.version > programs->version)
		*programs = here;
}

int postgres_programs_find(unsigned version, struct postgres_programs *programs, char *error, size_t error_size)
{
	struct postgres_programs found = {0};
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t folders;
		if (glob(patterns[i], GLOB_NOSORT, NULL, &folders) != 0)
			continue;
		for (size_t j = 0; j < folders.gl_pathc; j++)
			consider(slice_text(folders.gl_pathv[j]), version, &found);
		globfree(&folders);
	}
	struct slice path = slice_text(getenv("PATH"));
	while (found.version == 0 && !slice_is_empty(path))
		consider(slice_take(&path, ':'), version, &found);
	if (found.version == 0) {
		if (version)
			snprintf(error, error_size,
				 "the private database was made by PostgreSQL %u, which is not installed any more",
				 version);
		else
			snprintf(error, error_size,
				 "no database is configured, and no PostgreSQL %d or later is installed to make a "
				 "private one: install the package postgresql, or set the option `database`",
				 POSTGRES_LEAST_VERSION);
		return ERR_NOT_FOUND;
	}
	*programs = found;
	return 0;
}
