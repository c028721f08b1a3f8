/* Which endpoint takes a request. SPDX-License-Identifier: MIT */
#include "api/endpoints.h"

#include "api/serve.h"

const struct api_endpoint api_endpoints[] = {
	{"/mailboxes", HTTP_GET, "mailboxes:read", "limit after", serve_mailboxes, false},
	{"/mailboxes/{name}", HTTP_GET, "mailboxes:read", "", serve_mailbox, false},
	{"/mailboxes/{name}", HTTP_PUT, "mailboxes:write", "", serve_mailbox_change, false},
	{"/mailboxes/{name}/users", HTTP_GET, "mailboxes:read", "limit after", serve_mailbox_users, false},
	{"/mailboxes/{name}/users", HTTP_PUT, "mailboxes:write", "", serve_mailbox_users_change, false},
	{"/users/{user}/presence", HTTP_GET, "presence:read", "", serve_presence, true},
	{"/users/{user}/registrations", HTTP_GET, "registrations:read", "limit after", serve_user_registrations, true},
	{"/users/{user}/watchers", HTTP_GET, "watchers:read", "limit after", serve_user_watchers, true},
	{"/users/{user}/watching", HTTP_GET, "watchers:read", "limit after", serve_user_watching, true},
	{"/registrations", HTTP_GET, "registrations:read", "limit after", serve_registrations, false},
	{"/watchers", HTTP_GET, "watchers:read", "watcher resource package limit after", serve_watchers, false},
	{"/why", HTTP_GET, "watchers:read", "watcher presentity", serve_why, false},
	{.path = NULL},
};

/* True where the path fits; `name` is what stands for {…}, `end` how many bytes stand behind it. */
static bool fits(const char *pattern, struct slice path, struct slice *name, size_t *end)
{
	struct slice rest = slice_from(slice_text(pattern), 1);
	struct slice before = slice_take(&rest, '{');
	bool has_name = before.length + 1 < strlen(pattern);
	*name = SLICE("");
	*end = 0;
	if (!has_name)
		return slice_equal(path, before);
	(void)slice_take(&rest, '}');
	if (path.length <= before.length + rest.length || !slice_starts_with(path, before) ||
	    !slice_ends_with(path, rest))
		return false;
	*name = slice_of(path.at + before.length, path.length - before.length - rest.length);
	*end = rest.length;
	return true;
}

struct endpoint_match endpoints_find(const struct api_endpoint *endpoints, struct slice path, enum http_method method)
{
	struct endpoint_match match = {0};
	size_t longest = 0, end;
	struct slice name;
	for (const struct api_endpoint *endpoint = endpoints; endpoint->path; endpoint++) {
		if (!fits(endpoint->path, path, &name, &end) || (match.path && end < longest))
			continue;
		bool is_same = match.path && slice_equal(slice_text(match.path->path), slice_text(endpoint->path));
		if (!is_same)
			match = (struct endpoint_match){.path = endpoint, .name = name};
		longest = end;
		if (endpoint->method == method || (endpoint->method == HTTP_GET && method == HTTP_HEAD))
			match.endpoint = endpoint;
	}
	return match;
}

void endpoints_write_allow(const struct api_endpoint *endpoints, const struct api_endpoint *path, struct buffer *buffer)
{
	static const char *const names[] = {
		[HTTP_GET] = "GET, HEAD", [HTTP_PUT] = "PUT", [HTTP_POST] = "POST", [HTTP_DELETE] = "DELETE"};
	const char *separator = "";
	for (const struct api_endpoint *endpoint = endpoints; endpoint->path; endpoint++) {
		if (!slice_equal(slice_text(endpoint->path), slice_text(path->path)))
			continue;
		buffer_text(buffer, separator);
		buffer_text(buffer, names[endpoint->method]);
		separator = ", ";
	}
}

bool endpoint_knows_query(const struct api_endpoint *endpoint, struct slice query, struct slice *unknown)
{
	while (query.length > 0) {
		struct slice parameter = slice_take(&query, '&');
		struct slice name = slice_take(&parameter, '='), known = slice_text(endpoint->parameters);
		bool is_known = slice_is_empty(name);
		while (!is_known && known.length > 0)
			is_known = slice_equal(slice_take(&known, ' '), name);
		*unknown = name;
		if (!is_known)
			return false;
	}
	return true;
}
