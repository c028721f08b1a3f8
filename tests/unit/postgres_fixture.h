/* A private PostgreSQL for tests: made in a new folder under /tmp, reached by a Unix socket in it, gone at the end.
 *
 * As root it runs as the user `postgres`, since PostgreSQL refuses root. The server ends with the test program,
 * however that ends. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stdbool.h>
#include <sys/types.h>

struct postgres {
	char programs[256]; /* the folder with initdb and postgres */
	char folder[64];
	char connection[128]; /* for libpq */
	pid_t server;
	bool durable;
};

/* Makes and starts one; false (and a line on standard error) where that fails. `durable` keeps fsync on. */
MUST_CHECK bool postgres_open(struct postgres *postgres, bool durable);
/* Stops it and removes its folder. Accepts one that did not open. */
void postgres_close(struct postgres *postgres);

/* kill -9, and starting again. */
void postgres_kill(struct postgres *postgres);
MUST_CHECK bool postgres_start(struct postgres *postgres);
