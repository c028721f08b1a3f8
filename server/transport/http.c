/* Routes: which handler takes a path; and the texts of queries. SPDX-License-Identifier: MIT */
#include "transport/http.h"

#include "base/error.h"
#include "base/percent.h"
#include "transport/transport_state.h"
#include "transport/web.h"

/* Routes */

int http_add_route(struct transport *transport, const struct http_route *route)
{
	if (transport->http_route_count == HTTP_ROUTE_COUNT_MAX)
		return ERR_LIMIT;
	transport->http_routes[transport->http_route_count++] = *route;
	return 0;
}

static bool takes(struct slice prefix, struct slice path)
{
	return slice_ends_with(prefix, SLICE("/")) ? slice_starts_with(path, prefix) : slice_equal(path, prefix);
}

const struct http_route *http_find_route(const struct transport *transport, struct slice path)
{
	const struct http_route *best = NULL;
	size_t best_length = 0;
	for (unsigned i = 0; i < transport->http_route_count; i++) {
		const struct http_route *route = &transport->http_routes[i];
		struct slice prefix = slice_text(route->prefix);
		if (prefix.length >= best_length && takes(prefix, path)) {
			best = route;
			best_length = prefix.length;
		}
	}
	return best;
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
	web_request_answer(request, answer);
}

/* Escapes */

/* RFC 3986 §3.4, without what separates parameters or means a space in forms. */
static bool needs_escape(char byte)
{
	return byte <= ' ' || byte >= 0x7f || strchr("%&+#;\"<>[]\\^`{|}", byte) != NULL;
}

void http_escape(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		if (needs_escape(text.at[i]))
			buffer_format(buffer, "%%%02X", (unsigned)(unsigned char)text.at[i]);
		else
			buffer_byte(buffer, text.at[i]);
	}
}

static int decode(struct arena *arena, struct slice text, bool plus_is_space, struct slice *decoded)
{
	char *to = arena_allocate(arena, text.length + 1);
	if (!to)
		return ERR_NO_MEMORY;
	size_t length = 0;
	for (size_t i = 0; i < text.length; i++) {
		char byte = text.at[i];
		if (byte == '%') {
			int high = text.length - i > 2 ? percent_digit(text.at[i + 1]) : -1;
			int low = high >= 0 ? percent_digit(text.at[i + 2]) : -1;
			if (low < 0)
				return ERR_SYNTAX;
			byte = (char)(high * 16 + low);
			i += 2;
		} else if (byte == '+' && plus_is_space) {
			byte = ' ';
		}
		if (byte == '\0')
			return ERR_SYNTAX;
		to[length++] = byte;
	}
	to[length] = '\0';
	*decoded = slice_of(to, length);
	return 0;
}

int http_decode(struct arena *arena, struct slice text, struct slice *decoded)
{
	return decode(arena, text, false, decoded);
}

bool http_query(struct http_request *request, struct slice name, struct slice *value)
{
	struct slice rest = request->query;
	while (rest.length > 0) {
		struct slice parameter = slice_take(&rest, '&'), decoded;
		struct slice parameter_name = slice_take(&parameter, '=');
		if (decode(request->arena, parameter_name, true, &decoded) < 0 || !slice_equal(decoded, name))
			continue;
		return decode(request->arena, parameter, true, value) == 0;
	}
	return false;
}
