/* A PostgreSQL of our own, for a server that was given no database: it lives in the state folder, listens on a Unix
 * socket only, and runs as an unprivileged account when the server is root.
 *
 *   <state>/postgres/data                the cluster (fsync on, as PostgreSQL has it)
 *   <state>/postgres/run                 the socket
 *   <state>/postgres/log/postgres.log    what it says
 *   <state>/postgres/{hba,ident}.conf    who may connect: this account and that one, by the kernel's word
 *
 * It survives a server that is killed; the next one takes it over. All calls block (for seconds, at the first start)
 * and none of them touches a loop or a log. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>

struct private_postgres;

#define PRIVATE_POSTGRES_ERROR_SIZE 1024

/* `state` is the absolute path of the state folder, which exists. NULL with the sentence in `error`. Starts nothing. */
struct private_postgres *private_postgres_create(const char *state, char error[PRIVATE_POSTGRES_ERROR_SIZE]);
/* Leaves it running (or not), as it is. */
void private_postgres_destroy(struct private_postgres *postgres);

/* Makes the cluster where there is none, takes over what still runs, starts it where nothing does, and waits until it
 * answers. May be called again whenever the database is away. ERR_STORAGE_AWAY with the sentence in `error`. */
MUST_CHECK int private_postgres_start(struct private_postgres *postgres, char error[PRIVATE_POSTGRES_ERROR_SIZE]);
/* True where one runs in that folder, whoever started it. Fills in the connection. */
bool private_postgres_is_running(struct private_postgres *postgres);
/* For libpq; good after a successful start or is_running, until the next start. */
const char *private_postgres_connection(const struct private_postgres *postgres);
/* Where the data had to go elsewhere, because the account cannot reach the state folder; else NULL. */
const char *private_postgres_elsewhere(const struct private_postgres *postgres);
/* Fast shutdown: its clients are disconnected, everything committed is on disk. */
MUST_CHECK int private_postgres_stop(struct private_postgres *postgres, char error[PRIVATE_POSTGRES_ERROR_SIZE]);
