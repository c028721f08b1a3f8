/* Tokens in requests. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/bearer.h"
#include "test.h"

static const struct {
	const char *authorization;
	int result;
	const char *token;
} headers[] = {
	{"Bearer hgt_abc-XYZ.09~+/==", 0, "hgt_abc-XYZ.09~+/=="},
	{"bearer   x ", 0, "x"},
	{" BEARER x", 0, "x"},
	{"", ERR_NOT_FOUND, NULL},
	{"Basic YTpi", ERR_NOT_FOUND, NULL},
	{"Bearerx", ERR_NOT_FOUND, NULL},
	{"Bearer", ERR_SYNTAX, NULL},
	{"Bearer ", ERR_SYNTAX, NULL},
	{"Bearer a b", ERR_SYNTAX, NULL},
	{"Bearer a, Bearer b", ERR_SYNTAX, NULL},
	{"Bearer \"a\"", ERR_SYNTAX, NULL},
	{"Bearer a\xff", ERR_SYNTAX, NULL},
};

static void tokens_are_found_behind_the_scheme(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct slice token;
		CHECK_NUMBER(bearer_read(slice_text(headers[i].authorization), &token), headers[i].result);
		if (headers[i].token)
			CHECK_TEXT(token, headers[i].token);
	}
}

static void endless_tokens_are_refused(void)
{
	char text[7 + 513];
	struct slice token;
	memset(text, 'a', sizeof text);
	memcpy(text, "Bearer ", 7);
	CHECK_NUMBER(bearer_read(slice_of(text, sizeof text), &token), ERR_SYNTAX);
	CHECK_NUMBER(bearer_read(slice_of(text, sizeof text - 1), &token), 0);
}

/* FIPS 180-2, appendix B.1. */
static void a_token_is_found_by_its_sha_256(void)
{
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
	CHECK_NUMBER(bearer_hash(SLICE("abc"), hash), 0);
	CHECK(hash[0] == 0xba && hash[1] == 0x78 && hash[30] == 0x15 && hash[31] == 0xad);
}

static const struct {
	const char *scopes, *wanted;
	bool has;
} rights[] = {
	{"mailboxes:read presence:read", "presence:read", true},
	{"mailboxes:read presence:read", "mailboxes:read", true},
	{"mailboxes:read", "mailboxes:write", false},
	{"mailboxes:readx xmailboxes:read", "mailboxes:read", false},
	{"", "mailboxes:read", false},
	{"administrator", "mailboxes:read", false},
	{"presence:read  admin", "mailboxes:write", true},
};

static void scopes_are_whole_words_and_admin_is_all_of_them(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rights); i++)
		CHECK(bearer_has_scope(slice_text(rights[i].scopes), slice_text(rights[i].wanted)) == rights[i].has);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"tokens_are_found_behind_the_scheme", tokens_are_found_behind_the_scheme, TEST_PLAIN},
		{"endless_tokens_are_refused", endless_tokens_are_refused, TEST_PLAIN},
		{"a_token_is_found_by_its_sha_256", a_token_is_found_by_its_sha_256, TEST_WITHOUT_OOM},
		{"scopes_are_whole_words_and_admin_is_all_of_them", scopes_are_whole_words_and_admin_is_all_of_them,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
