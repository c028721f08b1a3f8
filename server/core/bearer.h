/* The token of a request (RFC 6750): where it stands, what it is found by, what it may do. Pure functions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "storage/storage.h"

/* The token in "Bearer …". ERR_NOT_FOUND: the header is absent or of another scheme; ERR_SYNTAX: no token. */
MUST_CHECK int bearer_read(struct slice authorization, struct slice *token);
/* What storage finds it by: SHA-256 over the whole of it. ERR_NO_MEMORY. */
MUST_CHECK int bearer_hash(struct slice token, uint8_t hash[STORAGE_TOKEN_HASH_BYTES]);
/* True where `wanted` is among the words of `scopes`, or "admin", which is all of them. */
bool bearer_has_scope(struct slice scopes, struct slice wanted);
