/* The table of endpoints: which takes a path, and that docs/openapi.yaml tells of the same ones.
 * SPDX-License-Identifier: MIT */
#include "api/endpoints.h"
#include "test.h"

#include <stdio.h>
#include <string.h>

/* --- finding ------------------------------------------------------------------------------------------------------ */

static const struct {
	const char *path;
	enum http_method method;
	const char *found; /* NULL: none */
	const char *name;
	bool is_allowed;
	const char *item; /* NULL: there is none */
} paths[] = {
	{"mailboxes", HTTP_GET, "/mailboxes", "", true, NULL},
	{"mailboxes", HTTP_HEAD, "/mailboxes", "", true, NULL},
	{"mailboxes", HTTP_PUT, "/mailboxes", "", false, NULL},
	{"mailboxes", HTTP_OPTIONS, "/mailboxes", "", false, NULL},
	{"mailboxes/alice", HTTP_GET, "/mailboxes/{name}", "alice", true, NULL},
	{"mailboxes/alice", HTTP_PUT, "/mailboxes/{name}", "alice", true, NULL},
	{"mailboxes/alice", HTTP_DELETE, "/mailboxes/{name}", "alice", false, NULL},
	{"mailboxes/alice/users", HTTP_PUT, "/mailboxes/{name}/users", "alice", true, NULL},
	{"mailboxes/front/desk", HTTP_GET, "/mailboxes/{name}", "front/desk", true, NULL},
	{"mailboxes/front/desk/users", HTTP_GET, "/mailboxes/{name}/users", "front/desk", true, NULL},
	{"mailboxes/users", HTTP_GET, "/mailboxes/{name}", "users", true, NULL},
	{"users/alice@example.test/presence", HTTP_GET, "/users/{user}/presence", "alice@example.test", true, NULL},
	{"users/a b/watchers", HTTP_GET, "/users/{user}/watchers", "a b", true, NULL},
	{"users/alice/watching", HTTP_GET, "/users/{user}/watching", "alice", true, NULL},
	{"users/alice/registrations", HTTP_OTHER, "/users/{user}/registrations", "alice", false, NULL},
	{"watchers", HTTP_GET, "/watchers", "", true, NULL},
	{"why", HTTP_GET, "/why", "", true, NULL},
	{"users/alice/buddies", HTTP_POST, "/users/{user}/buddies", "alice", true, NULL},
	{"users/alice/buddies/sip:bob@example.test", HTTP_PUT, "/users/{user}/buddies/{uri}", "alice", true,
	 "sip:bob@example.test"},
	{"users/alice/buddies/bob", HTTP_GET, "/users/{user}/buddies/{uri}", "alice", false, "bob"},
	{"users/a/b/groups/work", HTTP_DELETE, "/users/{user}/groups/{group}", "a/b", true, "work"},
	{"users/alice/groups/work/rules", HTTP_DELETE, "/users/{user}/groups/{group}", "alice", true, "work/rules"},
	{"users/alice/rules/rules", HTTP_PUT, "/users/{user}/rules/{watcher}", "alice", true, "rules"},
	{"users/rules/rules", HTTP_GET, "/users/{user}/rules", "rules", true, NULL},
	{"users/rules/rules/rules", HTTP_DELETE, "/users/{user}/rules/{watcher}", "rules", true, "rules"},
	{"users/alice/requests", HTTP_GET, "/users/{user}/requests", "alice", true, NULL},
	{"users/alice/conversations", HTTP_GET, "/users/{user}/conversations", "alice", true, NULL},
	{"users/alice/conversations/bob", HTTP_HEAD, "/users/{user}/conversations/{peer}", "alice", true, "bob"},
	{"users/alice/conversations/bob/messages", HTTP_GET, "/users/{user}/conversations/{peer}/messages", "alice",
	 true, "bob"},
	{"users/alice/conversations/bob/read", HTTP_PUT, "/users/{user}/conversations/{peer}/read", "alice", true,
	 "bob"},
	{"users/alice/conversations/bob/read", HTTP_GET, "/users/{user}/conversations/{peer}/read", "alice", false,
	 "bob"},
	{"users/alice/conversations/messages", HTTP_GET, "/users/{user}/conversations/{peer}", "alice", true,
	 "messages"},
	{"users/alice/conversations/a/b/messages", HTTP_GET, "/users/{user}/conversations/{peer}/messages", "alice",
	 true, "a/b"},
	{"users/alice/messages", HTTP_GET, "/users/{user}/messages", "alice", true, NULL},
	{"users/conversations/conversations/messages", HTTP_GET, "/users/{user}/conversations/{peer}", "conversations",
	 true, "messages"},
	{"users/alice/rules/", HTTP_PUT, NULL, "", false, NULL},
	{"users//rules/bob", HTTP_PUT, NULL, "", false, NULL},
	{"users/rules/bob", HTTP_PUT, NULL, "", false, NULL},
	{"", HTTP_GET, NULL, "", false, NULL},
	{"mailboxes/", HTTP_GET, NULL, "", false, NULL},
	{"users/alice", HTTP_GET, NULL, "", false, NULL},
	{"users//presence", HTTP_GET, NULL, "", false, NULL},
	{"users/presence", HTTP_GET, NULL, "", false, NULL},
	{"Mailboxes", HTTP_GET, NULL, "", false, NULL},
	{"why/", HTTP_GET, NULL, "", false, NULL},
};

static void paths_find_their_endpoint(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct endpoint_match match = endpoints_find(api_endpoints, slice_text(paths[i].path), paths[i].method);
		CHECK((match.path != NULL) == (paths[i].found != NULL));
		if (!match.path)
			continue;
		CHECK_TEXT(slice_text(match.path->path), paths[i].found);
		CHECK_TEXT(match.name, paths[i].name);
		CHECK_TEXT(match.item, paths[i].item ? paths[i].item : "");
		CHECK((match.endpoint != NULL) == paths[i].is_allowed);
		enum http_method method = paths[i].method == HTTP_HEAD ? HTTP_GET : paths[i].method;
		CHECK(!match.endpoint || match.endpoint->method == method);
	}
}

static void allow_names_all_methods_of_a_path(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 1000);
	struct endpoint_match match = endpoints_find(api_endpoints, SLICE("mailboxes/alice"), HTTP_DELETE);
	endpoints_write_allow(api_endpoints, match.path, &buffer);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "GET, HEAD, PUT");
}

static void parameters_that_nobody_knows_are_found(void)
{
	struct slice unknown;
	const struct api_endpoint *why = endpoints_find(api_endpoints, SLICE("why"), HTTP_GET).endpoint;
	const struct api_endpoint *mailbox = endpoints_find(api_endpoints, SLICE("mailboxes/a"), HTTP_GET).endpoint;
	CHECK(endpoint_knows_query(why, SLICE(""), &unknown));
	CHECK(endpoint_knows_query(why, SLICE("watcher=a&presentity=b&"), &unknown));
	CHECK(!endpoint_knows_query(why, SLICE("watcher=a&watche=b"), &unknown));
	CHECK_TEXT(unknown, "watche");
	CHECK(!endpoint_knows_query(mailbox, SLICE("limit=1"), &unknown));
	CHECK_TEXT(unknown, "limit");
}

/* --- the document ------------------------------------------------------------------------------------------------- */

static size_t read_document(char *text, size_t size)
{
	FILE *file = fopen(TEST_FOLDER "/../../docs/openapi.yaml", "r");
	if (!file)
		return 0;
	size_t length = fread(text, 1, size - 1, file);
	(void)fclose(file);
	text[length] = '\0';
	return length;
}

/* Between "paths:" and the next line that is not indented. */
static struct slice paths_of(struct slice document)
{
	const char *begin = strstr(document.at, "\npaths:\n"), *end = strstr(document.at, "\ncomponents:\n");
	return begin && end ? slice_of(begin + 8, (size_t)(end - begin) - 8) : SLICE("");
}

/* The part below a line that is `indent` blanks, `name` and a colon; empty where there is none. */
static struct slice part_of(struct slice text, size_t indent, struct slice name)
{
	const char *begin = NULL;
	struct slice rest = text;
	while (rest.length > 0) {
		struct slice line = slice_take(&rest, '\n');
		size_t blanks = 0;
		while (blanks < line.length && line.at[blanks] == ' ')
			blanks++;
		if (blanks == line.length || blanks > indent)
			continue;
		if (begin)
			return slice_of(begin, (size_t)(line.at - begin));
		struct slice key = slice_from(line, blanks);
		if (blanks == indent && slice_ends_with(key, SLICE(":")) &&
		    slice_equal(slice_of(key.at, key.length - 1), name))
			begin = rest.length > 0 ? rest.at : line.at + line.length;
	}
	return begin ? slice_of(begin, (size_t)(text.at + text.length - begin)) : SLICE("");
}

static const char *const method_names[] = {
	[HTTP_GET] = "get", [HTTP_PUT] = "put", [HTTP_POST] = "post", [HTTP_DELETE] = "delete"};

static bool contains(struct slice text, const char *wanted)
{
	return text.length > 0 && memmem(text.at, text.length, wanted, strlen(wanted));
}

/* The parameter by name, or by reference. */
static bool tells_parameter(struct slice operation, struct slice name)
{
	char by_name[100], by_reference[100];
	(void)snprintf(by_name, sizeof by_name, "- name: %.*s\n", SLICE_ARGS(name));
	(void)snprintf(by_reference, sizeof by_reference, "parameters/%.*s\"", SLICE_ARGS(name));
	return contains(operation, by_name) || contains(operation, by_reference);
}

static void the_document_tells_of_every_endpoint(void)
{
	static char text[200000];
	struct slice documented = paths_of(slice_of(text, read_document(text, sizeof text)));
	CHECK(documented.length > 0);
	for (const struct api_endpoint *endpoint = api_endpoints; endpoint->path; endpoint++) {
		struct slice path = part_of(documented, 2, slice_text(endpoint->path));
		struct slice operation = part_of(path, 4, slice_text(method_names[endpoint->method]));
		char scope[100];
		if (endpoint->scope && !endpoint->scope[0])
			(void)snprintf(scope, sizeof scope, "security:\n        - digest: []\n");
		else if (endpoint->scope)
			(void)snprintf(scope, sizeof scope, "- token: [\"%s\"]\n", endpoint->scope);
		else
			(void)snprintf(scope, sizeof scope, "security: []\n");
		CHECK(operation.length > 0);
		CHECK(contains(operation, scope));
		CHECK(contains(operation, "- digest: []\n") == endpoint->is_own);
		struct slice known = slice_text(endpoint->parameters);
		while (known.length > 0)
			CHECK(tells_parameter(operation, slice_take(&known, ' ')));
	}
}

static bool is_method(struct slice name)
{
	static const char *const methods[] = {"get", "put", "post", "delete", "patch", "head", "options", "trace"};
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (slice_equal(name, slice_text(methods[i])))
			return true;
	return false;
}

static bool has_endpoint(struct slice path, struct slice method)
{
	for (const struct api_endpoint *endpoint = api_endpoints; endpoint->path; endpoint++)
		if (slice_equal(path, slice_text(endpoint->path)) &&
		    slice_equal(method, slice_text(method_names[endpoint->method])))
			return true;
	return false;
}

static void the_document_tells_of_nothing_else(void)
{
	static char text[200000];
	struct slice rest = paths_of(slice_of(text, read_document(text, sizeof text))), path = SLICE("");
	unsigned operations = 0, endpoints = 0;
	while (rest.length > 0) {
		struct slice line = slice_take(&rest, '\n');
		bool is_path = slice_starts_with(line, SLICE("  /"));
		struct slice name = slice_trim(line);
		name.length -= name.length > 0;
		if (is_path)
			path = name;
		else if (slice_starts_with(line, SLICE("    ")) && line.length > 4 && line.at[4] != ' ' &&
			 is_method(name)) {
			CHECK(has_endpoint(path, name));
			operations++;
		}
	}
	for (const struct api_endpoint *endpoint = api_endpoints; endpoint->path; endpoint++)
		endpoints++;
	CHECK_NUMBER(operations, endpoints);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"paths_find_their_endpoint", paths_find_their_endpoint, TEST_PLAIN},
		{"allow_names_all_methods_of_a_path", allow_names_all_methods_of_a_path, TEST_PLAIN},
		{"parameters_that_nobody_knows_are_found", parameters_that_nobody_knows_are_found, TEST_PLAIN},
		{"the_document_tells_of_every_endpoint", the_document_tells_of_every_endpoint, TEST_WITHOUT_OOM},
		{"the_document_tells_of_nothing_else", the_document_tells_of_nothing_else, TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
