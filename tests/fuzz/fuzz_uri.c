/* Fuzz target: any text as a URI, or two, parted by a line end, to compare. What is taken apart must make the text
 * again, and comparing must be symmetric. SPDX-License-Identifier: MIT */
#include "sip/uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_within(struct slice part, struct slice whole)
{
	if (part.length > 0)
		require(part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void look_at(const struct sip_uri *uri, struct slice text)
{
	struct slice value;
	struct slice parts[] = {uri->scheme_name, uri->user,    uri->password, uri->host,
				uri->parameters,  uri->headers, uri->rest};
	const char *end = text.at;
	for (size_t place = 0; place < ARRAY_SIZE(parts); place++) {
		require_within(parts[place], text);
		if (parts[place].length > 0) { /* in their order, without overlap */
			require(parts[place].at >= end);
			end = parts[place].at + parts[place].length;
		}
	}
	require(uri->has_user == (uri->user.length > 0));
	require(uri->scheme > URI_SIPS || uri->host.length > 0);
	require(sip_uri_equal(uri, uri));
	if (sip_uri_parameter(uri, SLICE("lr"), &value))
		require_within(value, text);
	if (sip_parameter_find(text, SLICE("transport"), &value))
		require_within(value, text);
}

/* What is unescaped and escaped again must name the same user. */
static void go_round(const struct sip_uri *uri)
{
	struct arena arena;
	struct buffer buffer;
	struct slice plain, again;

	arena_init(&arena, NULL, 1 << 20);
	buffer_init(&buffer, 1 << 20);
	if (sip_unescape(&arena, uri->user, &plain) == 0) {
		sip_uri_escape_user(&buffer, plain);
		require(buffer_failed(&buffer) ||
			(sip_unescape(&arena, buffer_slice(&buffer), &again) == 0 && slice_equal(plain, again)));
	}
	buffer_finish(&buffer);
	arena_finish(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice second = slice_of((const char *)data, size), first = slice_take(&second, '\n');
	struct sip_uri a, b;

	if (sip_uri_parse(first, &a) != 0)
		return 0;
	look_at(&a, first);
	go_round(&a);
	if (sip_uri_parse(second, &b) == 0)
		require(sip_uri_equal(&a, &b) == sip_uri_equal(&b, &a));
	return 0;
}
