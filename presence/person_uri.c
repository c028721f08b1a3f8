/* URIs of persons. SPDX-License-Identifier: MIT */
#include "presence/person_uri.h"

#include "base/error.h"
#include "bodies/body.h"
#include "bodies/identity.h"

#define URI_BYTES_MOST 1024

static bool has_scheme(struct slice text)
{
	static const struct slice schemes[] = {{"sip:", 4}, {"sips:", 5}, {"pres:", 5}, {"im:", 3}};
	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (text.length > schemes[i].length &&
		    slice_equal_nocase(slice_of(text.at, schemes[i].length), schemes[i]))
			return true;
	return false;
}

static int write_uri(struct arena *arena, struct slice user, struct slice domain, struct slice *uri)
{
	struct buffer buffer;
	buffer_init(&buffer, URI_BYTES_MOST);
	body_write_entity(&buffer, &(struct body_target){.user = user, .domain = domain});
	int result = buffer_failed(&buffer) ? ERR_SYNTAX : arena_copy(arena, buffer_slice(&buffer), uri);
	buffer_finish(&buffer);
	return result;
}

/* "bob", "bob@example.com" as a URI; of several '@' the last one counts. */
static int read_name(struct arena *arena, struct slice domain, struct slice text, struct slice *uri)
{
	size_t at = text.length;
	while (at > 0 && text.at[at - 1] != '@')
		at--;
	if (at == 0)
		return write_uri(arena, text, domain, uri);
	return write_uri(arena, slice_of(text.at, at - 1), slice_from(text, at), uri);
}

int person_uri_read(struct arena *arena, const struct domain *domain, struct slice text, struct slice *uri)
{
	struct identity identity;
	struct slice written = text, ours = domain_name(domain);
	if (slice_is_empty(text) || text.length > URI_BYTES_MOST || !slice_is_utf8(text))
		return ERR_SYNTAX;
	if (slice_equal(text, SLICE("tel:")))
		return ERR_SYNTAX;
	if (slice_starts_with(text, SLICE("tel:"))) {
		*uri = text;
		return 0;
	}
	int result = has_scheme(text) ? 0 : read_name(arena, ours, text, &written);
	if (result == 0)
		result = identity_read(arena, written, &identity);
	if (result != 0)
		return result;
	if (!slice_equal(identity.domain, ours) && domain_is_local(domain, identity.domain, 0))
		return write_uri(arena, identity.user, ours, uri);
	*uri = written;
	return 0;
}
