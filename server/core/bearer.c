/* Bearer tokens. SPDX-License-Identifier: MIT */
#include "core/bearer.h"

#include "base/error.h"

#include <openssl/evp.h>

#define TOKEN_BYTES_MOST 512

/* RFC 6750 §2.1: b64token, its padding taken as any other byte. */
static bool is_token_byte(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("-._~+/=", byte));
}

int bearer_read(struct slice authorization, struct slice *token)
{
	struct slice rest = slice_trim(authorization);
	struct slice scheme = slice_take(&rest, ' ');
	if (!slice_equal_nocase(scheme, SLICE("Bearer")))
		return ERR_NOT_FOUND;
	rest = slice_trim(rest);
	if (rest.length == 0 || rest.length > TOKEN_BYTES_MOST)
		return ERR_SYNTAX;
	for (size_t i = 0; i < rest.length; i++)
		if (!is_token_byte(rest.at[i]))
			return ERR_SYNTAX;
	*token = rest;
	return 0;
}

int bearer_hash(struct slice token, uint8_t hash[STORAGE_TOKEN_HASH_BYTES])
{
	return EVP_Digest(token.at, token.length, hash, NULL, EVP_sha256(), NULL) == 1 ? 0 : ERR_NO_MEMORY;
}

bool bearer_has_scope(struct slice scopes, struct slice wanted)
{
	while (scopes.length > 0) {
		struct slice scope = slice_take(&scopes, ' ');
		if (slice_equal(scope, wanted) || slice_equal(scope, SLICE("admin")))
			return true;
	}
	return false;
}
