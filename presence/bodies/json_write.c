/* Writing JSON. SPDX-License-Identifier: MIT */
#include "bodies/json_write.h"

#include <time.h>

/* --- texts -------------------------------------------------------------------------------------------------------- */

/* How many bytes the first character has; 0: it is none. */
static size_t character_length(struct slice text)
{
	unsigned char first = (unsigned char)text.at[0];
	size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (length > text.length || !slice_is_utf8(slice_of(text.at, length)))
		return 0;
	return length;
}

/* RFC 8259 §7. DEL may stand for itself, but nobody wants to see it. */
static void write_escape(struct buffer *buffer, char byte)
{
	switch (byte) {
	case '"':
	case '\\':
		buffer_byte(buffer, '\\');
		buffer_byte(buffer, byte);
		break;
	case '\n':
		buffer_text(buffer, "\\n");
		break;
	case '\r':
		buffer_text(buffer, "\\r");
		break;
	case '\t':
		buffer_text(buffer, "\\t");
		break;
	default:
		buffer_format(buffer, "\\u%04x", (unsigned)(unsigned char)byte);
		break;
	}
}

static bool is_plain(char byte)
{
	return byte >= ' ' && byte < '\177' && byte != '"' && byte != '\\';
}

static void write_string(struct buffer *buffer, struct slice text)
{
	buffer_byte(buffer, '"');
	while (text.length > 0) {
		size_t plain = 0;
		while (plain < text.length && is_plain(text.at[plain]))
			plain++;
		buffer_append(buffer, slice_of(text.at, plain));
		text = slice_from(text, plain);
		if (text.length == 0)
			break;
		size_t length = character_length(text);
		if (length == 0)
			buffer_text(buffer, "\xef\xbf\xbd");
		else if (length == 1)
			write_escape(buffer, text.at[0]);
		else
			buffer_append(buffer, slice_of(text.at, length));
		text = slice_from(text, length > 0 ? length : 1);
	}
	buffer_byte(buffer, '"');
}

/* --- values ------------------------------------------------------------------------------------------------------- */

static void begin_value(struct json_writer *json, const char *name)
{
	if (json->follows)
		buffer_byte(json->buffer, ',');
	json->follows = true;
	if (!name)
		return;
	write_string(json->buffer, slice_text(name));
	buffer_byte(json->buffer, ':');
}

void json_write_begin(struct json_writer *json, const char *name, char bracket)
{
	begin_value(json, name);
	buffer_byte(json->buffer, bracket);
	json->follows = false;
}

void json_write_end(struct json_writer *json, char bracket)
{
	buffer_byte(json->buffer, bracket);
	json->follows = true;
}

void json_write_text(struct json_writer *json, const char *name, struct slice text)
{
	begin_value(json, name);
	write_string(json->buffer, text);
}

void json_write_text_or_null(struct json_writer *json, const char *name, struct slice text)
{
	if (slice_is_empty(text))
		json_write_null(json, name);
	else
		json_write_text(json, name, text);
}

void json_write_number(struct json_writer *json, const char *name, int64_t number)
{
	begin_value(json, name);
	if (number < 0)
		buffer_byte(json->buffer, '-');
	buffer_number(json->buffer, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void json_write_bool(struct json_writer *json, const char *name, bool value)
{
	begin_value(json, name);
	buffer_text(json->buffer, value ? "true" : "false");
}

void json_write_null(struct json_writer *json, const char *name)
{
	begin_value(json, name);
	buffer_text(json->buffer, "null");
}

void json_write_time(struct json_writer *json, const char *name, int64_t unix_ms)
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;
	if (unix_ms <= 0 || !gmtime_r(&seconds, &parts) || parts.tm_year > 9999 - 1900) {
		json_write_null(json, name);
		return;
	}
	begin_value(json, name);
	buffer_format(json->buffer, "\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\"", parts.tm_year + 1900, parts.tm_mon + 1,
		      parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(unix_ms % 1000));
}
