/* XCAP paths (RFC 4825 §6.1, §6.2). SPDX-License-Identifier: MIT */
#include "documents/path.h"

#include "base/error.h"
#include "test.h"

#include <string.h>

static void good_paths_are_taken_apart(void)
{
	static const struct {
		const char *path, *application, *xui, *name, *selector;
		bool is_global, has_selector;
	} rows[] = {
		{"resource-lists/users/sip:alice@example.test/index", "resource-lists", "sip:alice@example.test",
		 "index", "", false, false},
		{"resource-lists/users/alice/work/colleagues", "resource-lists", "alice", "work/colleagues", "", false,
		 false},
		{"xcap-caps/global/index", "xcap-caps", "", "index", "", true, false},
		{"pres-rules/users/alice/", "pres-rules", "alice", "", "", false, false},
		{"pres-rules/users/alice", "pres-rules", "alice", "", "", false, false},
		{"pres-rules/global", "pres-rules", "", "", "", true, false},
		{"pres-rules/global/", "pres-rules", "", "", "", true, false},
		{"a/users/b/index/~~/resource-lists/list[@name=\"x/y\"]/@name", "a", "b", "index",
		 "resource-lists/list[@name=\"x/y\"]/@name", false, true},
		{"a/global/x/y/~~/z", "a", "", "x/y", "z", true, true},
		{"a/users/b/~~x/~~/~~", "a", "b", "~~x", "~~", false, true},
		{"a/users/b/...", "a", "b", "...", "", false, false},
		{"a/users/j\xc3\xb6rg/index", "a", "j\xc3\xb6rg", "index", "", false, false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct document_path parts;
		struct body_error error;
		arena_init(&arena, NULL, 4096);
		CHECK_NUMBER(document_path_read(&arena, slice_text(rows[i].path), &parts, &error), 0);
		CHECK_TEXT(parts.application, rows[i].application);
		CHECK_TEXT(parts.xui, rows[i].xui);
		CHECK_TEXT(parts.name, rows[i].name);
		CHECK_TEXT(parts.selector, rows[i].selector);
		CHECK(parts.is_global == rows[i].is_global && parts.has_selector == rows[i].has_selector);
	}
}

static void a_name_has_an_end(void)
{
	char path[DOCUMENT_NAME_BYTES_MOST + 16] = "a/global/";
	struct document_path parts;
	struct body_error error;
	for (size_t i = 0; i <= DOCUMENT_NAME_BYTES_MOST; i++)
		path[9 + i] = i % 10 == 5 ? '/' : 'n';
	for (size_t length = DOCUMENT_NAME_BYTES_MOST; length <= DOCUMENT_NAME_BYTES_MOST + 1; length++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 4096);
		path[9 + length - 1] = 'n';
		bool is_good = length <= DOCUMENT_NAME_BYTES_MOST;
		CHECK_NUMBER(document_path_read(&arena, slice_of(path, 9 + length), &parts, &error),
			     is_good ? 0 : ERR_SYNTAX);
		CHECK(is_good || strstr(error.sentence, "255"));
	}
}

static void bad_paths_are_refused_with_a_sentence(void)
{
	static const char *const rows[] = {
		"",
		"/",
		"a",
		"a/",
		"/users/b/c",
		"./users/b/c",
		"../users/b/c",
		"a/user/b/c",
		"a/Users/b/c",
		"a/users",
		"a/users/",
		"a/users//c",
		"a/users/./c",
		"a/users/../c",
		"a/users/b//c",
		"a/users/b/c/",
		"a/users/b/./c",
		"a/users/b/../../c",
		"a/users/b/..",
		"a/global/..",
		"a/users/b/c/~~",
		"a/users/b/c/~~/",
		"a/users/b/~~/x",
		"a/global/~~/x",
		"a/users/b/c\n",
		"a/users/b/c\x7f",
		"a/users/b/\xff",
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct document_path parts;
		struct body_error error = {""};
		arena_init(&arena, NULL, 4096);
		CHECK_NUMBER(document_path_read(&arena, slice_text(rows[i]), &parts, &error), ERR_SYNTAX);
		CHECK(error.sentence[0] != '\0');
	}
}

static void an_xui_names_a_user_of_the_domain(void)
{
	static const struct {
		const char *xui, *user; /* NULL: none */
	} rows[] = {
		{"alice", "alice"},
		{"alice@example.test", "alice"},
		{"sip:alice@example.test", "alice"},
		{"SIP:alice@EXAMPLE.test", "alice"},
		{"sips:alice@example.test", "alice"},
		{"pres:alice@example.test", "alice"},
		{"im:alice@example.test", "alice"},
		{"sip:%61l%69ce@example.test", "alice"},
		{"sip:a%40b@example.test", "a@b"},
		{"sip:a@b@example.test", "a@b"},
		{"j\xc3\xb6rg", "j\xc3\xb6rg"},
		{"j%C3%B6rg", "j\xc3\xb6rg"},
		{"", NULL},
		{"sip:", NULL},
		{"sip:alice", NULL},
		{"sip:@example.test", NULL},
		{"@example.test", NULL},
		{"alice@", NULL},
		{"alice@other.test", NULL},
		{"sip:alice@example.test.other", NULL},
		{"sip:alice%@example.test", NULL},
		{"sip:alice%4@example.test", NULL},
		{"sip:alice%zz@example.test", NULL},
		{"alice%00", NULL},
		{"alice%0a", NULL},
		{"alice%ff", NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		struct slice user = SLICE("untouched");
		arena_init(&arena, NULL, 4096);
		bool found = document_path_user(&arena, slice_text(rows[i].xui), SLICE("example.test"), &user);
		CHECK(found == (rows[i].user != NULL));
		CHECK_TEXT(user, rows[i].user ? rows[i].user : "untouched");
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"good_paths_are_taken_apart", good_paths_are_taken_apart, TEST_PLAIN},
		{"a_name_has_an_end", a_name_has_an_end, TEST_PLAIN},
		{"bad_paths_are_refused_with_a_sentence", bad_paths_are_refused_with_a_sentence, TEST_PLAIN},
		{"an_xui_names_a_user_of_the_domain", an_xui_names_a_user_of_the_domain, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
