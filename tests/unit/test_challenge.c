/* Challenges read, and answered. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sip/challenge.h"
#include "test.h"

static void challenges_are_read_as_servers_write_them(void)
{
	static const struct {
		const char *value;
		int result;
		const char *realm, *nonce;
		enum digest_algorithm algorithm;
		bool wants_qop, is_stale;
	} rows[] = {
		{"Digest realm=\"pbx\", nonce=\"n1\"", 0, "pbx", "n1", DIGEST_MD5, false, false},
		{"digest  nonce=\"n2\",realm=\"a \\\"b\\\"\",qop=\"auth-int,auth\", stale=TRUE", 0, "a \\\"b\\\"", "n2",
		 DIGEST_MD5, true, true},
		{"Digest realm=pbx, nonce=n3, algorithm=SHA-256, qop=auth, domain=\"sip:x\"", 0, "pbx", "n3",
		 DIGEST_SHA256, true, false},
		{"Digest realm=\"\", nonce=\"n4\", algorithm=\"md5\",, opaque=\"\"", 0, "", "n4", DIGEST_MD5, false,
		 false},
		{"Digest realm=\"pbx\", nonce=\"n\", algorithm=SHA-512-256", ERR_NOT_FOUND, "", "", DIGEST_MD5, false,
		 false},
		{"Digest realm=\"pbx\", nonce=\"n\", qop=\"auth-int\"", ERR_NOT_FOUND, "", "", DIGEST_MD5, false,
		 false},
		{"Digest realm=\"pbx\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Digest nonce=\"n\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Digest realm=\"pbx\" nonce=\"n\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Digest realm=\"pbx, nonce=\"n\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Digest realm=, nonce=\"n\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Basic realm=\"pbx\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"Digestrealm=\"pbx\", nonce=\"n\"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
		{"", ERR_SYNTAX, "", "", DIGEST_MD5, false, false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct digest_challenge challenge = {.realm = SLICE(""), .nonce = SLICE("")};
		int result = digest_challenge_parse(slice_text(rows[i].value), &challenge);
		bool right = result == rows[i].result && slice_equal(challenge.realm, slice_text(rows[i].realm)) &&
			     slice_equal(challenge.nonce, slice_text(rows[i].nonce)) &&
			     challenge.algorithm == rows[i].algorithm && challenge.wants_qop == rows[i].wants_qop &&
			     challenge.is_stale == rows[i].is_stale;
		if (!test_check(right, __FILE__, __LINE__, rows[i].value))
			return;
	}
}

/* Our own side, which checks credentials, finds them right. */
static void credentials_are_those_that_the_challenge_asks_for(void)
{
	static const char *const challenges[] = {
		"Digest realm=\"pbx.test\", nonce=\"abc\"",
		"Digest realm=\"pbx.test\", nonce=\"abc\", qop=\"auth\", opaque=\"o\"",
		"Digest realm=\"pbx.test\", nonce=\"abc\", qop=\"auth\", algorithm=SHA-256",
	};
	for (size_t i = 0; i < ARRAY_SIZE(challenges); i++) {
		CLEANUP(buffer_finish) struct buffer text;
		buffer_init(&text, 4096);
		struct digest_challenge challenge;
		CHECK_NUMBER(digest_challenge_parse(slice_text(challenges[i]), &challenge), 0);
		digest_write_credentials(&text, &challenge,
					 &(struct digest_answer){.user = SLICE("lamp"),
								 .password = SLICE("secret"),
								 .method = SLICE("SUBSCRIBE"),
								 .uri = SLICE("sip:alice@pbx.test"),
								 .cnonce = SLICE("xyz"),
								 .nonce_count = 10});
		CHECK(!buffer_failed(&text));
		struct digest_credentials credentials;
		uint8_t ha1[DIGEST_MOST_BYTES];
		CHECK_NUMBER(digest_credentials_parse(buffer_slice(&text), &credentials), 0);
		CHECK_TEXT(credentials.username, "lamp");
		CHECK_TEXT(credentials.opaque, i == 1 ? "o" : "");
		CHECK(credentials.has_qop == (i > 0));
		CHECK(i == 0 || credentials.nonce_count == 10);
		digest_ha1(credentials.algorithm, SLICE("lamp"), SLICE("pbx.test"), SLICE("secret"), ha1);
		CHECK(digest_verify(&credentials, SLICE("SUBSCRIBE"), ha1));
		CHECK(!digest_verify(&credentials, SLICE("NOTIFY"), ha1));
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"challenges_are_read_as_servers_write_them", challenges_are_read_as_servers_write_them, TEST_PLAIN},
		{"credentials_are_those_that_the_challenge_asks_for", credentials_are_those_that_the_challenge_asks_for,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
