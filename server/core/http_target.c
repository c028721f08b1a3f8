/* Targets of requests. SPDX-License-Identifier: MIT */
#include "core/http_target.h"

#include "base/error.h"

/* --- comparing ---------------------------------------------------------------------------------------------------- */

/* What libwebsockets makes of a byte, so that it does not matter whether it has: an '&' is a ';', a '+' may be a space,
 * and a '=' that was escaped in a query a '_'. */
static char plain_byte(char byte, bool in_query)
{
	if (byte == '&')
		return ';';
	if (byte == '+')
		return ' ';
	return in_query && byte == '=' ? '_' : byte;
}

/* The next byte, of several slashes one; 0 at the end (decoded texts have no zero bytes). */
static char take_plain(struct slice *rest, bool in_query)
{
	if (rest->length == 0)
		return '\0';
	char byte = rest->at[0];
	do
		*rest = slice_from(*rest, 1);
	while (byte == '/' && rest->length > 0 && rest->at[0] == '/');
	return plain_byte(byte, in_query);
}

static bool is_same(struct slice a, struct slice b, bool in_query)
{
	char byte;
	do {
		byte = take_plain(&a, in_query);
		if (take_plain(&b, in_query) != byte)
			return false;
	} while (byte != '\0');
	return true;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* RFC 7616 §3.4: the target as on the request's first line; where that goes through a proxy it is a whole URI. */
static struct slice skip_origin(struct slice uri)
{
	if (!slice_starts_with(uri, SLICE("http://")) && !slice_starts_with(uri, SLICE("https://")))
		return uri;
	uri = slice_from(uri, slice_find(uri, '/') + 2);
	return slice_from(uri, slice_find(uri, '/'));
}

static int read_query(struct http_request *request, struct slice query, struct http_target *target)
{
	struct slice decoded, seen;
	/* Some clients leave the query out of it. */
	target->query = slice_is_empty(query) ? request->query : query;
	if (slice_is_empty(query))
		return 0;
	int result = http_decode(request->arena, query, &decoded);
	if (result == 0)
		result = http_decode(request->arena, request->query, &seen);
	if (result < 0)
		return result;
	return is_same(decoded, seen, true) ? 0 : ERR_SYNTAX;
}

int http_target_read(struct http_request *request, struct slice uri, struct http_target *target)
{
	struct http_target read;
	struct slice query;
	int result = http_target_unquote(request->arena, uri, &query);
	if (result < 0)
		return result;
	query = skip_origin(query);
	result = http_decode(request->arena, slice_take(&query, '?'), &read.path);
	if (result < 0)
		return result;
	if (!is_same(read.path, request->path, false))
		return ERR_SYNTAX;
	result = read_query(request, query, &read);
	if (result == 0)
		*target = read;
	return result;
}

bool http_target_is_doubtful(struct slice name)
{
	size_t host = slice_find(name, '@');
	bool is_number = slice_starts_with(name, SLICE("tel:")); /* has parameters, and no '&' */
	for (size_t i = 1; i < name.length; i++)
		if (name.at[i] == ' ' || (name.at[i] == ';' && i < host && !is_number))
			return true;
	return false;
}

/* --- quotes ------------------------------------------------------------------------------------------------------- */

int http_target_unquote(struct arena *arena, struct slice text, struct slice *plain)
{
	if (slice_find(text, '\\') == text.length) {
		*plain = text;
		return 0;
	}
	char *written = arena_allocate(arena, text.length);
	if (!written)
		return ERR_NO_MEMORY;
	size_t length = 0;
	for (size_t i = 0; i < text.length; i++) {
		if (text.at[i] == '\\' && i + 1 < text.length)
			i++;
		written[length++] = text.at[i];
	}
	*plain = slice_of(written, length);
	return 0;
}

/* True where the quote that `rest` stands behind ends its value: the header ends, or a comma follows. */
static bool is_end(struct slice rest)
{
	rest = slice_trim(rest);
	return rest.length == 0 || rest.at[0] == ',';
}

/* Where `uri="` begins as a parameter of its own; the length where it does not. */
static size_t find_uri(struct slice header)
{
	static const char name[] = "uri=\"";
	for (size_t i = 1; i + sizeof name - 1 < header.length; i++) {
		struct slice here = slice_of(header.at + i, sizeof name - 1);
		if (slice_equal_nocase(here, SLICE(name)) && (header.at[i - 1] == ' ' || header.at[i - 1] == ','))
			return i;
	}
	return header.length;
}

bool http_target_take_uri(struct arena *arena, struct slice authorization, struct slice *rest, struct slice *uri)
{
	size_t begin = find_uri(authorization) + 5, end = begin;
	while (end < authorization.length &&
	       (authorization.at[end] != '"' || !is_end(slice_from(authorization, end + 1))))
		end++;
	if (end >= authorization.length)
		return false;
	size_t behind = authorization.length - end;
	char *cut = arena_allocate(arena, begin + behind);
	if (!cut)
		return false;
	memcpy(cut, authorization.at, begin);
	memcpy(cut + begin, authorization.at + end, behind);
	*rest = slice_of(cut, begin + behind);
	*uri = slice_of(authorization.at + begin, end - begin);
	return true;
}
