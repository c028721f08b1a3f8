/* Taking URIs apart as far as it matters for who is meant. SPDX-License-Identifier: MIT */
#include "bodies/identity.h"

#include "base/error.h"
#include "base/percent.h"

int identity_domain(struct arena *arena, struct slice text, struct slice *domain)
{
	struct slice trimmed = slice_trim(text);
	char *bytes = arena_allocate(arena, trimmed.length);
	if (!bytes)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < trimmed.length; i++) {
		char byte = trimmed.at[i];
		bytes[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
	}
	*domain = slice_of(bytes, trimmed.length);
	if (domain->length > 1 && bytes[domain->length - 1] == '.')
		domain->length--;
	return 0;
}

/* The text without a scheme that users have; false: it has another one. */
static bool drop_scheme(struct slice *text, size_t user_length)
{
	static const char *const schemes[] = {"sip", "sips", "pres", "im"};
	size_t length = slice_find(*text, ':');
	if (length >= user_length)
		return true; /* "bob@example.test:5060" */
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++) {
		if (slice_equal_nocase(slice_of(text->at, length), slice_text(schemes[i]))) {
			*text = slice_from(*text, length + 1);
			return true;
		}
	}
	return false;
}

/* What stands before the port, the parameters and the headers. */
static struct slice take_host(struct slice text)
{
	size_t length = 0;
	if (text.length > 0 && text.at[0] == '[') /* an IPv6 reference has colons of its own */
		length = slice_find(text, ']');
	while (length < text.length && !memchr(":;?/", text.at[length], 4))
		length++;
	return slice_of(text.at, length);
}

int identity_read(struct arena *arena, struct slice uri, struct identity *identity)
{
	struct slice rest = slice_trim(uri);
	struct identity read;
	if (!drop_scheme(&rest, slice_find(rest, '@')))
		return ERR_SYNTAX;
	size_t user_length = slice_find(rest, '@');
	if (user_length == 0 || user_length == rest.length)
		return ERR_SYNTAX;
	struct slice user = slice_of(rest.at, user_length);
	user.length = slice_find(user, ':'); /* a password */
	/* RFC 3261 §19.1.4: an escaped character is the same as the character. */
	int result = percent_decode(arena, user, &read.user);
	if (result == 0)
		result = identity_domain(arena, take_host(slice_from(rest, user_length + 1)), &read.domain);
	if (result == 0 && (slice_is_empty(read.user) || slice_is_empty(read.domain)))
		result = ERR_SYNTAX;
	if (result == 0)
		*identity = read;
	return result;
}

bool identity_equal(const struct identity *a, const struct identity *b)
{
	return slice_equal(a->user, b->user) && slice_equal(a->domain, b->domain);
}
