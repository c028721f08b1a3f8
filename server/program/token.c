/* Making tokens for the HTTP API. SPDX-License-Identifier: MIT */
#include "program/token.h"

#include "base/random.h"

#include <string.h>

#define RANDOM_BYTES 32
#define NAME_MOST 128

/* Three bytes are four characters; of the last two bytes three, without padding. */
void token_make(char text[TOKEN_SIZE])
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint8_t bytes[RANDOM_BYTES + 1] = {0};
	random_bytes(bytes, RANDOM_BYTES);
	memcpy(text, TOKEN_PREFIX, sizeof(TOKEN_PREFIX) - 1);
	char *at = text + sizeof(TOKEN_PREFIX) - 1;
	for (size_t i = 0; i < RANDOM_BYTES; i += 3) {
		uint32_t three = (uint32_t)bytes[i] << 16 | (uint32_t)bytes[i + 1] << 8 | bytes[i + 2];
		unsigned characters = i + 2 < RANDOM_BYTES ? 4 : 3;
		for (unsigned j = 0; j < characters; j++)
			*at++ = alphabet[three >> (18 - 6 * j) & 63];
	}
	*at = '\0';
}

const char *token_check_name(struct slice name)
{
	if (slice_is_empty(name) || name.length > NAME_MOST)
		return "a token's name has 1 to 128 characters";
	for (size_t i = 0; i < name.length; i++) {
		unsigned char byte = (unsigned char)name.at[i];
		if (byte <= ' ' || byte == 0x7f)
			return "a token's name has no blanks";
	}
	return slice_is_utf8(name) ? NULL : "a token's name is UTF-8";
}

const char *token_check_scope(struct slice scope)
{
#define SCOPE(name) name,
	static const char *const scopes[] = {TOKEN_SCOPES(SCOPE) "admin"};
#undef SCOPE
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (slice_equal(slice_text(scopes[i]), scope))
			return NULL;
	}
#define SCOPE(name) name ", "
	return "is none of " TOKEN_SCOPES(SCOPE) "admin";
#undef SCOPE
}
