/* A growing byte buffer with a maximum that is fixed at its birth.
 *
 * Failure is sticky: once memory or the limit is exhausted every further append does nothing, and
 * the writer looks once, at the end, with buffer_failed(). The contents are then not to be used.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
	char *data;
	size_t length, capacity, limit;
	bool failed;
};

/* No allocation yet. */
void buffer_init(struct buffer *buffer, size_t limit);
void buffer_finish(struct buffer *buffer);
/* Empties it and forgets a failure; keeps the memory. */
void buffer_clear(struct buffer *buffer);

void buffer_append(struct buffer *buffer, struct slice slice);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_byte(struct buffer *buffer, char byte);
void buffer_number(struct buffer *buffer, uint64_t number);
void buffer_hex(struct buffer *buffer, const void *bytes, size_t count);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
/* Room for `bytes` more at data + length, or NULL (and failed); the caller adds to length. */
MUST_CHECK char *buffer_reserve(struct buffer *buffer, size_t bytes);
/* Drops the first `count` bytes and moves the rest down. */
void buffer_consume(struct buffer *buffer, size_t count);

static inline bool buffer_failed(const struct buffer *buffer)
{
	return buffer->failed;
}
static inline struct slice buffer_slice(const struct buffer *buffer)
{
	return slice_of(buffer->data, buffer->length);
}
