/* Tokens for the HTTP API: "hgt_" and 32 random bytes in base64url (RFC 4648 §5). What is kept is the SHA-256 of the
 * whole text (core/bearer), so that whoever reads the database cannot use it. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#define TOKEN_PREFIX "hgt_"
/* With the terminator. */
#define TOKEN_SIZE (sizeof(TOKEN_PREFIX) + 43)

void token_make(char text[TOKEN_SIZE]);

/* NULL, or what is wrong with it as a token's name or a scope. */
const char *token_check_name(struct slice name);
const char *token_check_scope(struct slice scope);
