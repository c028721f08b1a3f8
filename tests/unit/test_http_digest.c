/* Digest over HTTP: what is asked for, what is taken, and how often. SPDX-License-Identifier: MIT */
#include "core/http_digest.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[NONCE_KEY_SIZE] = "a key of thirty-two bytes length";
static const struct authentication_options options = {
	.algorithms = {DIGEST_MD5, DIGEST_SHA256}, .algorithm_count = 2, .nonce_s = 300, .nonces_most = 10};

/* A request of alice's, and who judges it. */
struct setting {
	struct domain *domain;
	struct http_digest *digest;
	struct account *account;
	struct arena arena;
	struct http_request request;
	char nonce[NONCE_TEXT_SIZE];
	char header[1000];
};

static void setting_close(struct setting *setting)
{
	http_digest_destroy(setting->digest);
	domain_destroy(setting->domain);
	free(setting->account);
	arena_finish(&setting->arena);
}

static bool take_nonce(struct setting *setting, bool is_stale)
{
	struct buffer headers;
	buffer_init(&headers, 4096);
	http_digest_write_challenges(setting->digest, &setting->request, is_stale, &headers);
	const char *nonce = buffer_failed(&headers) ? NULL : memmem(headers.data, headers.length, "nonce=\"", 7);
	if (nonce)
		(void)snprintf(setting->nonce, sizeof setting->nonce, "%.32s", nonce + 7);
	buffer_finish(&headers);
	return nonce != NULL;
}

static bool setting_open(struct setting *setting)
{
	memset(setting, 0, sizeof *setting);
	arena_init(&setting->arena, NULL, 100000);
	setting->request = (struct http_request){.method = HTTP_GET,
						 .path = SLICE("/xcap/a"),
						 .query = SLICE(""),
						 .peer = {.family = ADDRESS_IPV4, .ip = {192, 0, 2, 1}},
						 .arena = &setting->arena};
	setting->domain = domain_create(SLICE("example.test"), NULL, 0, NULL);
	setting->digest = setting->domain ? http_digest_create(setting->domain, NULL, NULL, key, &options) : NULL;
	setting->account = calloc(1, sizeof *setting->account + 5);
	if (!setting->digest || !setting->account)
		return false;
	uint8_t ha1[DIGEST_MOST_BYTES];
	digest_ha1(DIGEST_MD5, SLICE("alice"), SLICE("example.test"), SLICE("secret"), ha1);
	memcpy(setting->account->ha1_md5, ha1, DIGEST_MD5_BYTES);
	digest_ha1(DIGEST_SHA256, SLICE("alice"), SLICE("example.test"), SLICE("secret"), ha1);
	memcpy(setting->account->ha1_sha256, ha1, DIGEST_SHA256_BYTES);
	return take_nonce(setting, false);
}

/* What the client sends; changes after the response was computed make it wrong. */
struct attempt {
	enum digest_algorithm algorithm;
	const char *uri, *password;
	const char *method;
	unsigned count; /* 0: without qop */
	const char *realm;
};

static void authorize(struct setting *setting, const struct attempt *attempt)
{
	char count[9], hex[2 * DIGEST_MOST_BYTES + 1];
	uint8_t ha1[DIGEST_MOST_BYTES];
	(void)snprintf(count, sizeof count, "%08x", attempt->count);
	struct digest_credentials credentials = {.username = SLICE("alice"),
						 .realm = SLICE("example.test"),
						 .nonce = slice_text(setting->nonce),
						 .uri = slice_text(attempt->uri),
						 .cnonce = SLICE("c"),
						 .algorithm = attempt->algorithm,
						 .algorithm_known = true,
						 .has_qop = attempt->count > 0,
						 .qop_is_auth = attempt->count > 0,
						 .nonce_count_text = slice_text(count)};
	digest_ha1(attempt->algorithm, SLICE("alice"), SLICE("example.test"),
		   slice_text(attempt->password ? attempt->password : "secret"), ha1);
	digest_response(&credentials, slice_text(attempt->method ? attempt->method : "GET"), ha1, hex);
	int length = snprintf(setting->header, sizeof setting->header,
			      "Digest username=\"alice\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\", "
			      "algorithm=%.*s",
			      attempt->realm ? attempt->realm : "example.test", setting->nonce, attempt->uri, hex,
			      SLICE_ARGS(digest_algorithm_name(attempt->algorithm)));
	if (attempt->count > 0)
		(void)snprintf(setting->header + length, sizeof setting->header - (size_t)length,
			       ", qop=auth, nc=%s, cnonce=\"c\"", count);
	setting->request.authorization = slice_text(setting->header);
}

/* -1: no credentials of ours. */
static int verdict_of(struct setting *setting, const struct attempt *attempt)
{
	struct digest_credentials credentials;
	struct http_target target;
	int64_t session_id = -1;
	authorize(setting, attempt);
	if (!http_digest_credentials(setting->digest, &setting->request, &credentials))
		return -1;
	enum http_digest_verdict verdict =
		http_digest_admits(setting->digest, &setting->request, 0, &credentials, &target);
	return (int)(verdict == HTTP_DIGEST_GOOD ? http_digest_accepts(setting->digest, &setting->request, 0,
								       &credentials, setting->account, &session_id)
						 : verdict);
}

static const struct {
	struct attempt attempt;
	int verdict;
} attempts[] = {
	{{.uri = "/xcap/a", .count = 1}, HTTP_DIGEST_GOOD},
	{{.uri = "/xcap/a", .count = 2, .algorithm = DIGEST_SHA256}, HTTP_DIGEST_GOOD},
	{{.uri = "/xcap/a", .count = 2}, HTTP_DIGEST_STALE}, /* again */
	{{.uri = "/xcap/a", .count = 3, .password = "wrong"}, HTTP_DIGEST_WRONG},
	{{.uri = "/xcap/a", .count = 3, .method = "PUT"}, HTTP_DIGEST_WRONG},
	{{.uri = "/xcap/a", .count = 3}, HTTP_DIGEST_GOOD}, /* what was wrong has used up nothing */
	{{.uri = "/xcap/b", .count = 4}, HTTP_DIGEST_ASTRAY},
	{{.uri = "/xcap/a", .count = 4, .realm = "elsewhere.test"}, -1},
	{{.uri = "/xcap/a"}, HTTP_DIGEST_GOOD}, /* RFC 2617 without qop: once */
	{{.uri = "/xcap/a"}, HTTP_DIGEST_STALE},
	{{.uri = "/xcap/a", .algorithm = DIGEST_SHA256}, HTTP_DIGEST_STALE},
};

static void credentials_are_judged_in_their_turn(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++)
		CHECK_NUMBER(verdict_of(&setting, &attempts[i].attempt), attempts[i].verdict);
}

static void quotes_in_a_uri_may_be_escaped_or_not(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	setting.request.path = SLICE("/xcap/a[@b=\"c\"]");
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a[@b=%22c%22]", .count = 1}),
		     HTTP_DIGEST_GOOD);
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a[@b=\"c\"]", .count = 2}), HTTP_DIGEST_GOOD);
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a[@b=\\\"c\\\"]", .count = 3}),
		     HTTP_DIGEST_GOOD);
}

static void nobody_has_the_password_of_an_account_that_there_is_not(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	free(setting.account);
	setting.account = NULL;
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a", .count = 1}), HTTP_DIGEST_WRONG);
}

static void a_nonce_is_for_one_address(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	setting.request.peer.ip[3] = 2;
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a", .count = 1}), HTTP_DIGEST_STALE);
	memset(setting.nonce, 'A', 32);
	CHECK_NUMBER(verdict_of(&setting, &(struct attempt){.uri = "/xcap/a", .count = 1}), HTTP_DIGEST_WRONG);
}

static void both_algorithms_are_offered_in_the_configured_order(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	CLEANUP(buffer_finish) struct buffer headers;
	buffer_init(&headers, 4096);
	http_digest_write_challenges(setting.digest, &setting.request, true, &headers);
	CHECK(!buffer_failed(&headers));
	struct slice rest = buffer_slice(&headers);
	struct slice first = slice_take(&rest, '\n'), second = slice_take(&rest, '\n');
	CHECK(slice_starts_with(first, SLICE("WWW-Authenticate: Digest realm=\"example.test\", nonce=\"")));
	CHECK(slice_ends_with(first, SLICE("\", stale=true, algorithm=MD5, qop=\"auth\"\r")));
	CHECK(slice_ends_with(second, SLICE("\", stale=true, algorithm=SHA-256, qop=\"auth\"\r")));
	CHECK_NUMBER(rest.length, 0);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"credentials_are_judged_in_their_turn", credentials_are_judged_in_their_turn, TEST_PLAIN},
		{"quotes_in_a_uri_may_be_escaped_or_not", quotes_in_a_uri_may_be_escaped_or_not, TEST_PLAIN},
		{"nobody_has_the_password_of_an_account_that_there_is_not",
		 nobody_has_the_password_of_an_account_that_there_is_not, TEST_PLAIN},
		{"a_nonce_is_for_one_address", a_nonce_is_for_one_address, TEST_PLAIN},
		{"both_algorithms_are_offered_in_the_configured_order",
		 both_algorithms_are_offered_in_the_configured_order, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
