/* %XX escapes. SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include "base/error.h"

int percent_digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : -1;
}

int percent_decode(struct arena *arena, struct slice text, struct slice *plain)
{
	size_t length = slice_find(text, '%');
	if (length == text.length) {
		*plain = text;
		return 0;
	}
	char *bytes = arena_allocate(arena, text.length);
	if (!bytes)
		return ERR_NO_MEMORY;
	memcpy(bytes, text.at, length);
	for (size_t i = length; i < text.length; i++) {
		char byte = text.at[i];
		if (byte == '%') {
			int high = text.length - i > 2 ? percent_digit(text.at[i + 1]) : -1;
			int low = high >= 0 ? percent_digit(text.at[i + 2]) : -1;
			if (low < 0)
				return ERR_SYNTAX;
			byte = (char)(high * 16 + low);
			i += 2;
		}
		bytes[length++] = byte;
	}
	*plain = slice_of(bytes, length);
	return 0;
}
