/* struct administration as its parts see it. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "storage/administration.h"
#include "storage/postgres/parameters.h"

#include <libpq-fe.h>
#include <stdint.h>

struct administration {
	PGconn *connection;
	char error[ADMINISTRATION_ERROR_SIZE];
};

/* Keeps the sentence; returns the error. */
int administration_fail(struct administration *administration, int error, const char *sentence);

/* The rows as text, or NULL with the sentence kept. A lost connection is made again for the next call. */
MUST_CHECK PGresult *administration_query(struct administration *administration, const char *sql, int count,
					  const char *const *values, const int *lengths, const int *formats);
/* Seals the parameters and runs a statement with them; the number of its rows, ERR_NO_MEMORY or ERR_STORAGE_REFUSED. */
MUST_CHECK int administration_send(struct administration *administration, const char *sql,
				   struct parameters *parameters);
/* Several statements at once, without parameters. */
MUST_CHECK int administration_execute(struct administration *administration, const char *sql);

/* A number that is not negative; 0 where it is none. */
uint64_t administration_number(const PGresult *result, int row, int column);
