/* Tokens for the HTTP API: how they look, and what they may be called. SPDX-License-Identifier: MIT */
#include "program/token.h"

#include "test.h"

#include <string.h>

static void a_token_is_a_prefix_and_43_letters_of_base64url(void)
{
	char text[TOKEN_SIZE], other[TOKEN_SIZE];
	token_make(text);
	token_make(other);
	CHECK_NUMBER(strlen(text), 47);
	CHECK(slice_starts_with(slice_text(text), SLICE("hgt_")));
	CHECK_NUMBER(strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 47);
	CHECK(strcmp(text, other) != 0);
}

static void names_have_no_blanks_and_scopes_are_known(void)
{
	char long_name[130];
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	CHECK(!token_check_name(SLICE("pbx-1")));
	CHECK(token_check_name(SLICE("")));
	CHECK(token_check_name(SLICE("a b")));
	CHECK(token_check_name(SLICE("a\nb")));
	CHECK(token_check_name(SLICE("\xff")));
	CHECK(token_check_name(slice_text(long_name)));
	CHECK(!token_check_scope(SLICE("mailboxes:write")));
	CHECK(!token_check_scope(SLICE("admin")));
	CHECK(token_check_scope(SLICE("mailboxes")));
	CHECK(token_check_scope(SLICE("Admin")));
	CHECK(token_check_scope(SLICE("")));
}

static const struct test tests[] = {
	{"a_token_is_a_prefix_and_43_letters_of_base64url", a_token_is_a_prefix_and_43_letters_of_base64url,
	 TEST_PLAIN},
	{"names_have_no_blanks_and_scopes_are_known", names_have_no_blanks_and_scopes_are_known, TEST_PLAIN},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
