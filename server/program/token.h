/* Tokens for the HTTP API: "hgt_" and 32 random bytes in base64url (RFC 4648 §5). What is kept is the SHA-256 of the
 * whole text (core/bearer), so that whoever reads the database cannot use it. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#define TOKEN_PREFIX "hgt_"
/* With the terminator. */
#define TOKEN_SIZE (sizeof(TOKEN_PREFIX) + 43)

/* What a token may be good for, beside "admin", which is all of it. The endpoints of api/endpoints.c ask for these. */
/* clang-format off */
#define TOKEN_SCOPES(SCOPE) \
	SCOPE("mailboxes:read") SCOPE("mailboxes:write") SCOPE("presence:read") SCOPE("registrations:read") \
	SCOPE("watchers:read") SCOPE("xcap:read") SCOPE("xcap:write") SCOPE("buddies:read") SCOPE("buddies:write") \
	SCOPE("rules:read") SCOPE("rules:write") SCOPE("sessions:read") SCOPE("sessions:write") \
	SCOPE("conversations:read") SCOPE("conversations:write") SCOPE("icons:write")
/* clang-format on */

void token_make(char text[TOKEN_SIZE]);

/* NULL, or what is wrong with it as a token's name or a scope. */
const char *token_check_name(struct slice name);
const char *token_check_scope(struct slice scope);
