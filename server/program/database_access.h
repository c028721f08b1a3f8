/* The database, for commands beside the server: the configured one, or the private one, which is started for as long as
 * the command needs it where no server has it running. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "program/configuration.h"
#include "program/private_postgres.h"
#include "storage/administration.h"

#include <stdbool.h>

/* The setting with the domain that the servers of this database serve. */
#define SETTING_DOMAIN "domain"

#define DATABASE_ACCESS_ERROR_SIZE PRIVATE_POSTGRES_ERROR_SIZE

struct database_access {
	struct private_postgres *postgres; /* NULL: configured */
	int lock;                          /* of the state folder; negative: the server has it */
	struct administration *administration;
};

/* Opens it. ERR_STORAGE_AWAY and others, with the sentence in `error`; nothing is left to close then. */
MUST_CHECK int database_access_open(const struct configuration *configuration, struct database_access *access,
				    char error[DATABASE_ACCESS_ERROR_SIZE]);
/* The same, and makes the schema where the database is empty; another schema than this program's is an error. */
MUST_CHECK int database_access_open_ready(const struct configuration *configuration, struct database_access *access,
					  char error[DATABASE_ACCESS_ERROR_SIZE]);
void database_access_close(struct database_access *access);
