/* Which endpoint takes a request. SPDX-License-Identifier: MIT */
#include "api/endpoints.h"

#include "api/serve.h"

const struct api_endpoint api_endpoints[] = {
	{"/site", HTTP_GET, NULL, "", serve_site, false},
	{"/icons/{name}", HTTP_GET, NULL, "", serve_icon, false},
	{"/mailboxes", HTTP_GET, "mailboxes:read", "limit after", serve_mailboxes, false},
	{"/mailboxes/{name}", HTTP_GET, "mailboxes:read", "", serve_mailbox, false},
	{"/mailboxes/{name}", HTTP_PUT, "mailboxes:write", "", serve_mailbox_change, false},
	{"/mailboxes/{name}/users", HTTP_GET, "mailboxes:read", "limit after", serve_mailbox_users, false},
	{"/mailboxes/{name}/users", HTTP_PUT, "mailboxes:write", "", serve_mailbox_users_change, false},
	{"/users/{user}/buddies", HTTP_GET, "buddies:read", "", serve_buddies, true},
	{"/users/{user}/buddies", HTTP_POST, "buddies:write", "", serve_buddy_add, true},
	{"/users/{user}/buddies/{uri}", HTTP_PUT, "buddies:write", "", serve_buddy_change, true},
	{"/users/{user}/buddies/{uri}", HTTP_DELETE, "buddies:write", "", serve_buddy_remove, true},
	{"/users/{user}/groups", HTTP_POST, "buddies:write", "", serve_group_add, true},
	{"/users/{user}/groups/{group}", HTTP_PUT, "buddies:write", "", serve_group_change, true},
	{"/users/{user}/groups/{group}", HTTP_DELETE, "buddies:write", "", serve_group_remove, true},
	{"/users/{user}/rules", HTTP_GET, "rules:read", "", serve_rules, true},
	{"/users/{user}/rules/{watcher}", HTTP_PUT, "rules:write", "", serve_rule_change, true},
	{"/users/{user}/rules/{watcher}", HTTP_DELETE, "rules:write", "", serve_rule_remove, true},
	{"/users/{user}/requests", HTTP_GET, "rules:read", "", serve_requests, true},
	{"/users/{user}/sessions", HTTP_GET, "sessions:read", "", serve_sessions, true},
	{"/users/{user}/sessions", HTTP_POST, "", "", serve_session_make, true},
	{"/users/{user}/sessions/{id}", HTTP_DELETE, "sessions:write", "", serve_session_end, true},
	{"/users/{user}/icon", HTTP_PUT, "icons:write", "", serve_icon_change, true},
	{"/users/{user}/icon", HTTP_DELETE, "icons:write", "", serve_icon_remove, true},
	{"/users/{user}/presence", HTTP_GET, "presence:read", "", serve_presence, true},
	{"/users/{user}/registrations", HTTP_GET, "registrations:read", "limit after", serve_user_registrations, true},
	{"/users/{user}/watchers", HTTP_GET, "watchers:read", "limit after", serve_user_watchers, true},
	{"/users/{user}/watching", HTTP_GET, "watchers:read", "limit after", serve_user_watching, true},
	{"/users/{user}/conversations", HTTP_GET, "conversations:read", "limit before", serve_conversations, true},
	{"/users/{user}/conversations/{peer}", HTTP_GET, "conversations:read", "", serve_conversation, true},
	{"/users/{user}/conversations/{peer}/messages", HTTP_GET, "conversations:read", "limit before after",
	 serve_messages, true},
	{"/users/{user}/conversations/{peer}/read", HTTP_PUT, "conversations:write", "", serve_read_mark, true},
	{"/users/{user}/messages", HTTP_GET, "conversations:read", "search with limit before", serve_search, true},
	{"/registrations", HTTP_GET, "registrations:read", "limit after", serve_registrations, false},
	{"/watchers", HTTP_GET, "watchers:read", "watcher resource package limit after", serve_watchers, false},
	{"/why", HTTP_GET, "watchers:read", "watcher presentity", serve_why, false},
	{.path = NULL},
};

/* The literal text before the next {…} of a pattern, or its rest. */
static struct slice take_literal(struct slice *pattern)
{
	struct slice literal = slice_take(pattern, '{');
	(void)slice_take(pattern, '}');
	return literal;
}

static size_t find(struct slice text, struct slice part)
{
	const char *at = text.length > 0 ? memmem(text.at, text.length, part.at, part.length) : NULL;
	return at ? (size_t)(at - text.at) : text.length;
}

/* A name that ends before `literal` (not empty: where that stands first; empty: at the end), and the literal. */
static bool take_name(struct slice *path, struct slice literal, bool is_last, struct slice *name)
{
	size_t length = path->length;
	if (!slice_is_empty(literal)) {
		if (is_last && !slice_ends_with(*path, literal))
			return false;
		length = is_last ? path->length - literal.length
				 : 1 + find(slice_from(*path, path->length > 0), literal);
	}
	if (length == 0 || length + literal.length > path->length)
		return false;
	*name = slice_of(path->at, length);
	*path = slice_from(*path, length + literal.length);
	return true;
}

/* True where the path fits; the names are what stands for {…}. */
static bool fits(const char *pattern, struct slice path, struct endpoint_match *names)
{
	struct slice rest = slice_from(slice_text(pattern), 1);
	bool has_name = slice_find(rest, '{') < rest.length, has_item;
	struct slice literal = take_literal(&rest);
	*names = (struct endpoint_match){.path = NULL};
	if (!has_name)
		return slice_equal(path, literal);
	if (!slice_starts_with(path, literal))
		return false;
	path = slice_from(path, literal.length);
	has_item = slice_find(rest, '{') < rest.length;
	literal = take_literal(&rest);
	if (!take_name(&path, literal, !has_item, &names->name))
		return false;
	return !has_item || take_name(&path, rest, true, &names->item);
}

struct endpoint_match endpoints_find(const struct api_endpoint *endpoints, struct slice path, enum http_method method)
{
	struct endpoint_match match = {0}, names;
	for (const struct api_endpoint *endpoint = endpoints; endpoint->path; endpoint++) {
		if (!fits(endpoint->path, path, &names) || (match.path && names.name.length > match.name.length))
			continue;
		bool is_same = match.path && slice_equal(slice_text(match.path->path), slice_text(endpoint->path));
		if (!is_same) {
			match = names;
			match.path = endpoint;
		}
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
