/* Growing byte buffers: doubling, within the limit. SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){.limit = limit};
}

void buffer_finish(struct buffer *buffer)
{
	free(buffer->data);
	buffer_init(buffer, buffer->limit);
}

void buffer_clear(struct buffer *buffer)
{
	buffer->length = 0;
	buffer->failed = false;
}

/* Makes the capacity at least `wanted`, which is within the limit. */
static bool grow(struct buffer *buffer, size_t wanted)
{
	size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
	while (capacity < wanted)
		capacity = capacity > buffer->limit / 2 ? buffer->limit : capacity * 2;
	if (capacity > buffer->limit)
		capacity = buffer->limit;
	char *data = realloc(buffer->data, capacity);
	if (!data)
		return false;
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

char *buffer_reserve(struct buffer *buffer, size_t bytes)
{
	if (buffer->failed)
		return NULL;
	bool fits = bytes <= buffer->limit - buffer->length;
	bool good = fits && (bytes <= buffer->capacity - buffer->length || grow(buffer, buffer->length + bytes));
	/* Nothing asked of a buffer that never allocated: still a pointer, so that NULL means failure. */
	if (good && !buffer->data)
		good = buffer->limit > 0 && grow(buffer, 1);
	if (!good) {
		buffer->failed = true;
		return NULL;
	}
	return buffer->data + buffer->length;
}

void buffer_append(struct buffer *buffer, struct slice slice)
{
	if (slice.length == 0)
		return;
	char *room = buffer_reserve(buffer, slice.length);
	if (!room)
		return;
	memcpy(room, slice.at, slice.length);
	buffer->length += slice.length;
}

void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_append(buffer, slice_text(text));
}

void buffer_byte(struct buffer *buffer, char byte)
{
	char *room = buffer_reserve(buffer, 1);
	if (!room)
		return;
	*room = byte;
	buffer->length++;
}

void buffer_number(struct buffer *buffer, uint64_t number)
{
	char digits[20]; /* 2^64 - 1 has twenty */
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	buffer_append(buffer, slice_of(digits + at, sizeof(digits) - at));
}

void buffer_hex(struct buffer *buffer, const void *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *from = bytes;
	if (count == 0)
		return;
	char *room = count <= SIZE_MAX / 2 ? buffer_reserve(buffer, count * 2) : NULL;
	if (!room) {
		buffer->failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		room[2 * i] = digits[from[i] >> 4];
		room[2 * i + 1] = digits[from[i] & 15];
	}
	buffer->length += count * 2;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	if (buffer->failed)
		return;
	/* Most texts are short: one pass. A longer one is measured by it and written by a second. */
	char text[512];
	va_list arguments, again;
	va_start(arguments, format);
	va_copy(again, arguments);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	if (length < 0) {
		buffer->failed = true;
	} else if ((size_t)length < sizeof(text)) {
		buffer_append(buffer, slice_of(text, (size_t)length));
	} else {
		char *room = buffer_reserve(buffer, (size_t)length + 1); /* vsnprintf writes a terminator */
		if (room && vsnprintf(room, (size_t)length + 1, format, again) == length)
			buffer->length += (size_t)length;
		else
			buffer->failed = true;
	}
	va_end(again);
	va_end(arguments);
}

void buffer_consume(struct buffer *buffer, size_t count)
{
	if (count > buffer->length)
		count = buffer->length;
	buffer->length -= count;
	if (count > 0 && buffer->length > 0)
		memmove(buffer->data, buffer->data + count, buffer->length);
}
