/* Accounts as an administrator gives them: a user and a password, from a file or made up for the demonstration.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "storage/administration.h"

#include <limits.h>
#include <stddef.h>

#define CREDENTIALS_ERROR_SIZE (PATH_MAX + 256)
#define CREDENTIALS_USER_MOST 128
#define CREDENTIALS_PASSWORD_MOST 256
/* Generated passwords: 16 characters of 5 bits. */
#define CREDENTIALS_GENERATED_SIZE 17

struct credential {
	struct slice user, password;
};

/* Slices point into `text`. */
struct credentials {
	char *text;
	struct credential *items;
	size_t count;
};

/* NULL, or what is wrong with it as a user's name or a password. */
const char *credential_check_user(struct slice user);
const char *credential_check_password(struct slice password);

/* `user,password` a line; the password may hold commas; blank lines and those that begin with # are skipped.
 * ERR_CONFIGURATION with "FILE:LINE: …" in `error`, ERR_NO_MEMORY. */
MUST_CHECK int credentials_read(const char *file, struct credentials *credentials, char error[CREDENTIALS_ERROR_SIZE]);
void credentials_finish(struct credentials *credentials);

/* The accounts of the demonstration: from <state>/demo-accounts, which is made with fresh passwords where it is
 * missing. */
MUST_CHECK int credentials_demo(const char *state, struct credentials *credentials, char error[CREDENTIALS_ERROR_SIZE]);

/* The hashes that are kept instead of the password (RFC 7616 §3.4.2), for the realm `domain`. */
struct account_credentials credential_hash(const struct credential *credential, struct slice domain);
/* Each account is added, or its password changed; all or none. */
MUST_CHECK int credentials_apply(const struct credentials *credentials, struct slice domain,
				 struct administration *administration, char error[CREDENTIALS_ERROR_SIZE]);
