/* A slice is a piece of text that somebody else owns: a pointer and a length, no terminator.
 *
 * Slices point into receive buffers, arenas or literals; whoever keeps one longer than its owner
 * lives copies it (arena_copy, buffer). Printed with "%.*s" and SLICE_ARGS.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *at;
	size_t length;
};

/* A slice of a string literal; the length is known to the compiler. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* The two arguments that "%.*s" wants. */
#define SLICE_ARGS(slice) (int)(slice).length, (slice).at

static inline struct slice slice_of(const char *at, size_t length)
{
	return (struct slice){at, length};
}

/* A slice of a terminated string; NULL gives the empty slice. */
static inline struct slice slice_text(const char *text)
{
	return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_is_empty(struct slice slice)
{
	return slice.length == 0;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

/* Without the first `count` bytes; `count` may not exceed the length. */
static inline struct slice slice_from(struct slice slice, size_t count)
{
	/* The empty slice may have no address, and NULL + 0 is undefined. */
	return count ? (struct slice){slice.at + count, slice.length - count} : slice;
}

/* ASCII letters compare without case (RFC 3261 §7.3.1); other bytes exactly. */
bool slice_equal_nocase(struct slice a, struct slice b);
bool slice_starts_with(struct slice slice, struct slice prefix);
bool slice_ends_with(struct slice slice, struct slice suffix);

/* Without blanks (space, tab, CR, LF: folded lines count as blanks) at both ends. */
struct slice slice_trim(struct slice slice);

/* The place of the first `byte`, or the length where there is none. */
size_t slice_find(struct slice slice, char byte);

/* Takes the text before the first `separator` off `rest` (and the separator); the whole rest where
 * there is none. */
struct slice slice_take(struct slice *rest, char separator);

/* Decimal digits only, nothing else around them; false where it is empty, not a number or above
 * `most`. `number` is untouched on failure. */
bool slice_to_number(struct slice slice, uint64_t most, uint64_t *number);

/* UTF-8 (RFC 3629 §4), without overlong forms, surrogates and what is above U+10FFFF. */
bool slice_is_utf8(struct slice slice);

/* Order by bytes, as memcmp; a prefix comes first. */
int slice_compare(struct slice a, struct slice b);
