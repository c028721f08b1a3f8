/* Writing single headers and escaped text: nothing that passes here can end a line or a quotation.
 * SPDX-License-Identifier: MIT */
#include "sip/write.h"

static bool ends_line(char byte)
{
	return byte == '\r' || byte == '\n';
}

void sip_write_header(struct buffer *buffer, const char *name, struct slice value)
{
	size_t written = 0;
	buffer_text(buffer, name);
	buffer_append(buffer, SLICE(": "));
	for (size_t i = 0; i < value.length; i++) {
		if (!ends_line(value.at[i]))
			continue;
		buffer_append(buffer, slice_of(value.at + written, i - written));
		buffer_byte(buffer, ' ');
		written = i + 1;
	}
	buffer_append(buffer, slice_from(value, written));
	buffer_append(buffer, SLICE("\r\n"));
}

/* RFC 3261 §25.1: what qdtext leaves out. Bytes of UTF-8 stand as they are. */
static bool needs_escape(char byte)
{
	unsigned char value = (unsigned char)byte;
	return byte == '"' || byte == '\\' || (value < ' ' && byte != '\t') || value == 0x7f;
}

void sip_write_quoted(struct buffer *buffer, struct slice plain)
{
	size_t written = 0;
	buffer_byte(buffer, '"');
	for (size_t i = 0; i < plain.length; i++) {
		if (!needs_escape(plain.at[i]))
			continue;
		buffer_append(buffer, slice_of(plain.at + written, i - written));
		/* a quoted-pair may be anything but CR and LF */
		buffer_byte(buffer, ends_line(plain.at[i]) ? ' ' : '\\');
		written = ends_line(plain.at[i]) ? i + 1 : i;
	}
	buffer_append(buffer, slice_from(plain, written));
	buffer_byte(buffer, '"');
}

void sip_write_warning(struct buffer *buffer, struct slice host, struct slice text)
{
	buffer_append(buffer, SLICE("Warning: 399 "));
	buffer_append(buffer, host);
	buffer_byte(buffer, ' ');
	sip_write_quoted(buffer, text);
	buffer_append(buffer, SLICE("\r\n"));
}
