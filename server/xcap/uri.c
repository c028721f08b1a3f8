/* XCAP URIs. SPDX-License-Identifier: MIT */
#include "xcap/uri.h"

#include <string.h>

/* pchar and "/" */
static bool may_stand(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
	       (byte != '\0' && strchr("-._~!$&'()*+,;=:@/", byte));
}

void uri_write_path(struct buffer *buffer, struct slice path)
{
	for (size_t i = 0; i < path.length; i++) {
		if (may_stand(path.at[i]))
			buffer_byte(buffer, path.at[i]);
		else
			buffer_format(buffer, "%%%02X", (unsigned)(unsigned char)path.at[i]);
	}
}

struct slice uri_first_steps(struct slice selector, size_t count)
{
	char quote = '\0';
	size_t steps = 0;
	if (count == 0)
		return slice_of(selector.at, 0);
	for (size_t i = 0; i < selector.length; i++) {
		char byte = selector.at[i];
		if (quote != '\0')
			quote = byte == quote ? '\0' : quote;
		else if (byte == '"' || byte == '\'')
			quote = byte;
		else if (byte == '/' && ++steps == count)
			return slice_of(selector.at, i);
	}
	return selector;
}
