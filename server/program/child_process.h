/* Running other programs: PostgreSQL's, as another account where we are root. Everything here blocks.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who runs it. */
struct child_account {
	bool other; /* not us: change to these */
	uid_t user;
	gid_t group;
};

/* Starts a program in a session of its own, with standard input empty and output appended to `log` (NULL: nowhere).
 * Returns the pid or a negative errno. */
MUST_CHECK pid_t child_start(const struct child_account *account, const char *const *arguments, const char *log);
/* The same and waits; returns the exit status (128 + signal), or a negative errno. */
MUST_CHECK int child_run(const struct child_account *account, const char *const *arguments, const char *log);
/* The first bytes that it prints, terminated. Returns as child_run. */
MUST_CHECK int child_read(const char *const *arguments, char *text, size_t size);
/* True where the account may enter the folder. */
bool child_can_enter(const struct child_account *account, const char *folder);
