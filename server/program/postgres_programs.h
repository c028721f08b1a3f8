/* Where PostgreSQL's programs are on this machine. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <limits.h>
#include <stddef.h>

#define POSTGRES_LEAST_VERSION 13

struct postgres_programs {
	unsigned version; /* major */
	char postgres[PATH_MAX], initdb[PATH_MAX];
};

/* Looks where distributions put them, then in PATH. `version` 0: the newest, at least POSTGRES_LEAST_VERSION; else
 * exactly that one, because a cluster can only be opened by the version that made it. ERR_NOT_FOUND with the
 * sentence in `error`. */
MUST_CHECK int postgres_programs_find(unsigned version, struct postgres_programs *programs, char *error,
				      size_t error_size);
