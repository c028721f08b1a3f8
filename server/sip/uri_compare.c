/* When two URIs are the same (RFC 3261 §19.1.4, RFC 3966 §5). SPDX-License-Identifier: MIT */
#include "base/attributes.h"
#include "base/percent.h"
#include "sip/grammar.h"
#include "sip/uri.h"

/* Comparing parameters takes the product of their counts; nobody has so many, and who does is compared by text. */
#define MOST_PARAMETERS 64

enum { ESCAPED = 256, END = -1 };

/* The next character with its escape undone. A reserved character means something else when escaped: it gets a code
 * of its own (§19.1.4: only those outside "reserved" are equivalent to their encoding). */
static int take_character(struct slice *rest)
{
	static const struct slice reserved = {";/?:@&=+$,", 10};
	if (rest->length == 0)
		return END;
	unsigned char byte = (unsigned char)*rest->at;
	if (byte != '%' || rest->length < 3) {
		*rest = slice_from(*rest, 1);
		return byte;
	}
	byte = (unsigned char)(percent_digit(rest->at[1]) * 16 + percent_digit(rest->at[2]));
	*rest = slice_from(*rest, 3);
	return slice_find(reserved, (char)byte) < reserved.length ? byte + ESCAPED : byte;
}

static int lower(int character)
{
	return character >= 'A' && character <= 'Z' ? character + ('a' - 'A') : character;
}

static bool text_equal(struct slice a, struct slice b, bool with_case)
{
	for (;;) {
		int left = take_character(&a), right = take_character(&b);
		if (with_case ? left != right : lower(left) != lower(right))
			return false;
		if (left == END)
			return true;
	}
}

bool sip_host_equal(struct slice a, struct slice b)
{
	a.length -= slice_ends_with(a, SLICE("."));
	b.length -= slice_ends_with(b, SLICE("."));
	return slice_equal_nocase(a, b);
}

/* Takes "name=value" up to `separator`; empty ones are skipped, false at the end. */
static bool take_pair(struct slice *rest, char separator, struct slice *name, struct slice *value)
{
	struct slice pair = {0};
	while (rest->length > 0 && slice_is_empty(pair))
		pair = slice_take(rest, separator);
	if (slice_is_empty(pair))
		return false;
	*value = pair;
	*name = slice_take(value, '=');
	return true;
}

static bool find_pair(struct slice pairs, char separator, struct slice wanted, struct slice *value)
{
	struct slice name;
	while (take_pair(&pairs, separator, &name, value))
		if (text_equal(name, wanted, false))
			return true;
	return false;
}

static size_t count_pairs(struct slice pairs, char separator)
{
	struct slice name, value;
	size_t count = 0;
	while (take_pair(&pairs, separator, &name, &value))
		count++;
	return count;
}

/* Parameters that say something by being there: they match nothing that lacks them, whatever the default. Transport
 * is one of them by the RFC's examples ("can resolve to different transports"). */
static bool must_match(struct slice name)
{
	static const struct slice names[] = {{"user", 4}, {"ttl", 3}, {"method", 6}, {"maddr", 5}, {"transport", 9}};
	for (size_t place = 0; place < ARRAY_SIZE(names); place++)
		if (text_equal(name, names[place], false))
			return true;
	return false;
}

/* Each of `a` has its like in `b`, or may be absent there. */
static bool covers(struct slice a, struct slice b, char separator, bool all_count)
{
	struct slice name, value, other;
	while (take_pair(&a, separator, &name, &value)) {
		if (find_pair(b, separator, name, &other)) {
			if (!text_equal(value, other, false))
				return false;
		} else if (all_count || must_match(name)) {
			return false;
		}
	}
	return true;
}

static bool pairs_equal(struct slice a, struct slice b, char separator, bool all_count)
{
	if (slice_equal(a, b))
		return true;
	if (count_pairs(a, separator) > MOST_PARAMETERS || count_pairs(b, separator) > MOST_PARAMETERS)
		return false;
	return covers(a, b, separator, all_count) && covers(b, a, separator, all_count);
}

/* RFC 3966 §5: numbers compare without visual separators, and every parameter counts. */
static bool numbers_equal(struct slice a, struct slice b)
{
	static const struct slice separators = {"-.()", 4};
	for (;;) {
		while (a.length > 0 && slice_find(separators, *a.at) < separators.length)
			a = slice_from(a, 1);
		while (b.length > 0 && slice_find(separators, *b.at) < separators.length)
			b = slice_from(b, 1);
		if (a.length == 0 || b.length == 0)
			return a.length == b.length;
		if (lower(*a.at) != lower(*b.at))
			return false;
		a = slice_from(a, 1);
		b = slice_from(b, 1);
	}
}

bool sip_uri_equal(const struct sip_uri *a, const struct sip_uri *b)
{
	if (a->scheme != b->scheme)
		return false;
	if (a->scheme == URI_OTHER)
		return slice_equal(a->text, b->text);
	if (a->scheme == URI_TEL)
		return numbers_equal(a->user, b->user) && pairs_equal(a->parameters, b->parameters, ';', true);
	/* §19.1.4: a component that is left out does not match one that states the default */
	return a->has_user == b->has_user && a->port == b->port && text_equal(a->user, b->user, true) &&
	       text_equal(a->password, b->password, true) && sip_host_equal(a->host, b->host) &&
	       pairs_equal(a->parameters, b->parameters, ';', false) && pairs_equal(a->headers, b->headers, '&', true);
}
