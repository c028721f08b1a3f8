/* Writing JSON (RFC 8259) into a buffer, piece by piece; whatever texts it is given, the result is valid JSON. A
 * failure is the buffer's, and sticky. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct json_writer {
	struct buffer *buffer;
	bool follows; /* something stands before in this object or array */
};

/* Each writes a member called `name`; an element of an array where that is NULL. */

/* `bracket` is '{' or '['; what it opens is closed with json_write_end. */
void json_write_begin(struct json_writer *json, const char *name, char bracket);
void json_write_end(struct json_writer *json, char bracket);

/* Bytes that are no UTF-8 become U+FFFD, one each. */
void json_write_text(struct json_writer *json, const char *name, struct slice text);
/* null where it is empty. */
void json_write_text_or_null(struct json_writer *json, const char *name, struct slice text);
void json_write_number(struct json_writer *json, const char *name, int64_t number);
void json_write_bool(struct json_writer *json, const char *name, bool value);
void json_write_null(struct json_writer *json, const char *name);
/* "2026-11-22T10:00:00.123Z" (RFC 3339) of milliseconds since 1970; null where they are 0 or beyond the year 9999. */
void json_write_time(struct json_writer *json, const char *name, int64_t unix_ms);
