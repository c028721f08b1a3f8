/* Comparing and cutting slices. SPDX-License-Identifier: MIT */
#include "base/slice.h"

/* ASCII only and whatever the locale: header names must not change with LANG. */
static inline unsigned char lower(char byte)
{
	unsigned char value = (unsigned char)byte;
	return (unsigned)(value - 'A') < 26 ? (unsigned char)(value | 0x20) : value;
}

static inline bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
	if (a.length != b.length)
		return false;
	/* Most comparisons meet the very spelling that the RFCs use: those end here. */
	if (a.length == 0 || memcmp(a.at, b.at, a.length) == 0)
		return true;
	for (size_t i = 0; i < a.length; i++) {
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	}
	return true;
}

bool slice_starts_with(struct slice slice, struct slice prefix)
{
	return slice.length >= prefix.length && slice_equal(slice_of(slice.at, prefix.length), prefix);
}

bool slice_ends_with(struct slice slice, struct slice suffix)
{
	return slice.length >= suffix.length && slice_equal(slice_from(slice, slice.length - suffix.length), suffix);
}

struct slice slice_trim(struct slice slice)
{
	while (slice.length > 0 && is_blank(slice.at[0]))
		slice = slice_from(slice, 1);
	while (slice.length > 0 && is_blank(slice.at[slice.length - 1]))
		slice.length--;
	return slice;
}

size_t slice_find(struct slice slice, char byte)
{
	if (slice.length == 0)
		return 0; /* memchr wants a pointer even for nothing */
	const char *found = memchr(slice.at, byte, slice.length);
	return found ? (size_t)(found - slice.at) : slice.length;
}

struct slice slice_take(struct slice *rest, char separator)
{
	size_t length = slice_find(*rest, separator);
	struct slice taken = slice_of(rest->at, length);
	*rest = slice_from(*rest, length < rest->length ? length + 1 : length);
	return taken;
}

bool slice_to_number(struct slice slice, uint64_t most, uint64_t *number)
{
	if (slice.length == 0)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < slice.length; i++) {
		unsigned digit = (unsigned)((unsigned char)slice.at[i] - '0');
		if (digit > 9)
			return false;
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > most)
		return false;
	*number = value;
	return true;
}

/* Nearly all that is asked about is ASCII: eight bytes at a time. */
static const unsigned char *skip_ascii(const unsigned char *at, const unsigned char *end)
{
	for (uint64_t eight; end - at >= (ptrdiff_t)sizeof eight; at += sizeof eight) {
		memcpy(&eight, at, sizeof eight);
		if (eight & UINT64_C(0x8080808080808080))
			break;
	}
	return at;
}

bool slice_is_utf8(struct slice slice)
{
	const unsigned char *at = (const unsigned char *)slice.at, *end = slice.length > 0 ? at + slice.length : at;
	while ((at = skip_ascii(at, end)) < end) {
		unsigned char first = *at++;
		if (first < 0x80)
			continue;
		if (first < 0xc2 || first > 0xf4)
			return false;
		unsigned more = first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
		if ((size_t)(end - at) < more)
			return false;
		unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
		unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
		for (; more > 0; more--, at++) {
			if (*at < least || *at > most)
				return false;
			least = 0x80;
			most = 0xbf;
		}
	}
	return true;
}

int slice_compare(struct slice a, struct slice b)
{
	size_t common = a.length < b.length ? a.length : b.length;
	int order = common > 0 ? memcmp(a.at, b.at, common) : 0;
	if (order != 0)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}
