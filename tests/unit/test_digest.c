/* Digest credentials: the RFCs' own examples, what is refused, and what real clients write.
 * SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/error.h"
#include "sip/digest.h"

/* ---- The RFCs' examples ---- */

struct example {
	const char *credentials, *password;
	bool has_qop;
	enum digest_algorithm algorithm;
};

static const struct example examples[] = {
	/* RFC 2617 §3.5 */
	{"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
	 " uri=\"/dir/index.html\", qop=auth, nc=00000001, cnonce=\"0a4f113b\","
	 " response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
	 "Circle Of Life", true, DIGEST_MD5},
	/* RFC 7616 §3.9.1 */
	{"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm=MD5,"
	 " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001,"
	 " cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth,"
	 " response=\"8ca523f5e9506fed4657c9700eebdbec\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
	 "Circle of Life", true, DIGEST_MD5},
	{"Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", algorithm=SHA-256,"
	 " nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001,"
	 " cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth,"
	 " response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\","
	 " opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"",
	 "Circle of Life", true, DIGEST_SHA256},
	/* RFC 2069 §2.4, with the response of its erratum */
	{"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
	 " uri=\"/dir/index.html\", response=\"1949323746fe6a43ef61f9606e7febea\"",
	 "CircleOfLife", false, DIGEST_MD5},
};

static void the_examples_of_the_rfcs_verify(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(examples); i++) {
		const struct example *example = &examples[i];
		struct digest_credentials credentials;
		uint8_t ha1[DIGEST_MOST_BYTES];
		char hex[2 * DIGEST_MOST_BYTES + 1];
		CHECK(digest_credentials_parse(slice_text(example->credentials), &credentials) == 0);
		CHECK(credentials.algorithm_known);
		CHECK_NUMBER(credentials.algorithm, example->algorithm);
		CHECK_NUMBER(credentials.has_qop, example->has_qop);
		digest_ha1(credentials.algorithm, credentials.username, credentials.realm,
			   slice_text(example->password), ha1);
		CHECK(digest_verify(&credentials, SLICE("GET"), ha1));
		digest_response(&credentials, SLICE("GET"), ha1, hex);
		CHECK(slice_equal(slice_text(hex), credentials.response));
	}
}

static void every_difference_makes_another_response(void)
{
	struct digest_credentials credentials, changed;
	uint8_t ha1[DIGEST_MOST_BYTES];
	CHECK(digest_credentials_parse(slice_text(examples[0].credentials), &credentials) == 0);
	digest_ha1(DIGEST_MD5, credentials.username, credentials.realm, SLICE("Circle Of Life"), ha1);
	CHECK(digest_verify(&credentials, SLICE("GET"), ha1));
	CHECK(!digest_verify(&credentials, SLICE("POST"), ha1));

	changed = credentials;
	changed.nonce = SLICE("another");
	CHECK(!digest_verify(&changed, SLICE("GET"), ha1));
	changed = credentials;
	changed.uri = SLICE("/dir");
	CHECK(!digest_verify(&changed, SLICE("GET"), ha1));
	changed = credentials;
	changed.nonce_count_text = SLICE("00000002");
	CHECK(!digest_verify(&changed, SLICE("GET"), ha1));
	changed = credentials;
	changed.cnonce = SLICE("");
	CHECK(!digest_verify(&changed, SLICE("GET"), ha1));
	changed = credentials;
	changed.algorithm = DIGEST_SHA256;
	CHECK(!digest_verify(&changed, SLICE("GET"), ha1));
	ha1[15] ^= 1;
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
}

static void what_is_not_ours_never_verifies(void)
{
	struct digest_credentials credentials;
	uint8_t ha1[DIGEST_MOST_BYTES];
	char hex[2 * DIGEST_MOST_BYTES + 1];
	CHECK(digest_credentials_parse(slice_text(examples[0].credentials), &credentials) == 0);
	digest_ha1(DIGEST_MD5, credentials.username, credentials.realm, SLICE("Circle Of Life"), ha1);
	credentials.qop_is_auth = false;
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
	digest_response(&credentials, SLICE("GET"), ha1, hex);
	CHECK_TEXT(slice_text(hex), "");
	credentials.qop_is_auth = true;
	credentials.algorithm_known = false;
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
}

static void a_response_of_another_form_is_wrong_and_capitals_are_right(void)
{
	struct digest_credentials credentials;
	uint8_t ha1[DIGEST_MOST_BYTES];
	CHECK(digest_credentials_parse(slice_text(examples[0].credentials), &credentials) == 0);
	digest_ha1(DIGEST_MD5, credentials.username, credentials.realm, SLICE("Circle Of Life"), ha1);
	credentials.response = SLICE("6629FAE49393A05397450978507C4EF1");
	CHECK(digest_verify(&credentials, SLICE("GET"), ha1));
	credentials.response = SLICE("6629fae49393a05397450978507c4ef");
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
	credentials.response = SLICE("6629fae49393a05397450978507c4ef11");
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
	credentials.response = SLICE("6629fae49393a05397450978507c4efg");
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
	credentials.response = SLICE("");
	CHECK(!digest_verify(&credentials, SLICE("GET"), ha1));
}

static void our_own_requests_count_in_eight_digits(void)
{
	struct digest_credentials credentials;
	uint8_t ha1[DIGEST_MOST_BYTES];
	char by_text[2 * DIGEST_MOST_BYTES + 1], by_number[2 * DIGEST_MOST_BYTES + 1];
	CHECK(digest_credentials_parse(slice_text(examples[2].credentials), &credentials) == 0);
	digest_ha1(DIGEST_SHA256, SLICE("Mufasa"), credentials.realm, SLICE("Circle of Life"), ha1);
	credentials.nonce_count_text = SLICE("0012ab0f");
	digest_response(&credentials, SLICE("MESSAGE"), ha1, by_text);
	credentials.nonce_count_text = SLICE("");
	credentials.nonce_count = 0x12ab0f;
	digest_response(&credentials, SLICE("MESSAGE"), ha1, by_number);
	CHECK_TEXT(slice_text(by_number), by_text);
	CHECK_NUMBER(slice_text(by_number).length, 64);
}

/* ---- Reading ---- */

#define GOOD_HEAD "Digest username=\"bob\", realm=\"example.com\", nonce=\"n\", uri=\"sip:example.com\""
#define GOOD GOOD_HEAD ", response=\"0123456789abcdef0123456789abcdef\""

static void every_parameter_is_read(void)
{
	struct digest_credentials credentials;
	CHECK(digest_credentials_parse(SLICE("dIgEsT\r\n USERNAME = \"bo\\\"b, =\" ,realm=\"\"\t,Nonce=\"a,b=c\",\r\n"
					     " uri=\"sip:[2001:db8::1];lr\" , response=\"00\", cnonce=\"\\\\\","
					     " nc=0000000A, qop=\"auth\", algorithm=\"sha-256\", opaque=o,"
					     " extension=\"x,y\", other=token"),
				       &credentials) == 0);
	CHECK_TEXT(credentials.username, "bo\\\"b, =");
	CHECK_TEXT(credentials.realm, "");
	CHECK_TEXT(credentials.nonce, "a,b=c");
	CHECK_TEXT(credentials.uri, "sip:[2001:db8::1];lr");
	CHECK_TEXT(credentials.response, "00");
	CHECK_TEXT(credentials.cnonce, "\\\\");
	CHECK_TEXT(credentials.opaque, "o");
	CHECK_NUMBER(credentials.nonce_count, 10);
	CHECK_TEXT(credentials.nonce_count_text, "0000000A");
	CHECK(credentials.has_nonce_count && credentials.has_qop && credentials.qop_is_auth);
	CHECK(credentials.algorithm_known);
	CHECK_NUMBER(credentials.algorithm, DIGEST_SHA256);
}

struct reading {
	const char *text;
	bool good, algorithm_known, qop_is_auth;
};

static void malformed_credentials_are_refused(void)
{
	static const struct reading readings[] = {
		{GOOD, true, true, false},
		{"  " GOOD "  ", true, true, false},
		{GOOD ",", true, true, false},
		{GOOD ", , opaque=\"\"", true, true, false},
		{"Digest , username=b, realm=r, nonce=n, uri=u, response=00", true, true, false},
		{GOOD ", qop=auth, nc=00000001, cnonce=\"c\"", true, true, true},
		{GOOD ", qop=AUTH, nc=\"00000001\", cnonce=c", true, true, true},
		{GOOD ", qop=auth-int, nc=00000001, cnonce=\"c\"", true, true, false},
		{GOOD ", algorithm=md5", true, true, false},
		{GOOD ", algorithm=MD5-sess", true, false, false},
		{GOOD ", algorithm=SHA-256-sess", true, false, false},
		{GOOD ", algorithm=SHA-512-256", true, false, false},
		{GOOD ", algorithm=SHA-2567", true, false, false},
		/* without qop the count is nobody's business, but it is a number */
		{GOOD ", nc=00000001", true, true, false},
		/* RFC 2617's grammar */
		{"Digest username=bob, realm=example.com, nonce=n==, uri=sip:b@example.com;x=y, response=00", true,
		 true, false},

		{"", false, false, false},
		{"Digest", false, false, false},
		{"Digest ", false, false, false},
		{"Basic dXNlcjpwYXNz", false, false, false},
		{"NoOneKnowsThisScheme opaque-data=here", false, false, false},
		{"Digestusername=\"bob\", realm=\"r\", nonce=\"n\", uri=\"u\", response=\"00\"", false, false, false},
		{"Digest realm=\"r\", nonce=\"n\", uri=\"u\", response=\"00\"", false, false, false},
		{"Digest username=\"b\", nonce=\"n\", uri=\"u\", response=\"00\"", false, false, false},
		{"Digest username=\"b\", realm=\"r\", uri=\"u\", response=\"00\"", false, false, false},
		{"Digest username=\"b\", realm=\"r\", nonce=\"n\", response=\"00\"", false, false, false},
		{GOOD_HEAD, false, false, false},
		{GOOD_HEAD ", response=", false, false, false},
		{GOOD_HEAD ", response", false, false, false},
		{GOOD_HEAD ", response=\"00", false, false, false},
		{GOOD_HEAD ", response=\"00\\\"", false, false, false},
		{GOOD_HEAD ", response=\"00\"x", false, false, false},
		{GOOD_HEAD ", response=\"00\" x", false, false, false},
		{GOOD_HEAD ", response=00\"", false, false, false},
		{GOOD_HEAD ", response=\"00\"; opaque=\"x\"", false, false, false},
		{GOOD ", =x", false, false, false},
		{GOOD ", x", false, false, false},
		{GOOD ", \"x\"=y", false, false, false},
		/* twice, the same or not */
		{GOOD ", username=\"bob\"", false, false, false},
		{GOOD ", REALM=\"example.com\"", false, false, false},
		{GOOD ", algorithm=MD5, algorithm=SHA-256", false, false, false},
		{GOOD ", opaque=a, opaque=b", false, false, false},
		/* qop needs both others (RFC 7616 §3.4) */
		{GOOD ", qop=auth", false, false, false},
		{GOOD ", qop=auth, nc=00000001", false, false, false},
		{GOOD ", qop=auth, cnonce=\"c\"", false, false, false},
		/* eight hexadecimal digits */
		{GOOD ", nc=1", false, false, false},
		{GOOD ", nc=0000001", false, false, false},
		{GOOD ", nc=000000001", false, false, false},
		{GOOD ", nc=0000000g", false, false, false},
		{GOOD ", nc=\"\"", false, false, false},
		{GOOD ", nc=0x000001", false, false, false},
	};
	for (size_t i = 0; i < ARRAY_SIZE(readings); i++) {
		const struct reading *reading = &readings[i];
		struct digest_credentials credentials = {.username = SLICE("untouched")};
		int result = digest_credentials_parse(slice_text(reading->text), &credentials);
		CHECK_NUMBER(result, reading->good ? 0 : ERR_SYNTAX);
		if (result) {
			CHECK_TEXT(credentials.username, "untouched");
			continue;
		}
		if (!test_check(credentials.algorithm_known == reading->algorithm_known &&
					credentials.qop_is_auth == reading->qop_is_auth,
				__FILE__, __LINE__, reading->text))
			return;
	}
}

static void algorithms_have_names_and_sizes(void)
{
	CHECK_TEXT(digest_algorithm_name(DIGEST_MD5), "MD5");
	CHECK_TEXT(digest_algorithm_name(DIGEST_SHA256), "SHA-256");
	CHECK_NUMBER(digest_size(DIGEST_MD5), 16);
	CHECK_NUMBER(digest_size(DIGEST_SHA256), 32);
}

static void a_check_asks_about_many_hashes(void)
{
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		enum digest_algorithm algorithm = (enum digest_algorithm)i;
		uint8_t right[DIGEST_MOST_BYTES], wrong[DIGEST_MOST_BYTES];
		char response[2 * DIGEST_MOST_BYTES + 1];
		struct digest_check check;
		struct digest_credentials credentials = {.username = SLICE("alice"),
							 .realm = SLICE("example.test"),
							 .nonce = SLICE("n"),
							 .uri = SLICE("/"),
							 .algorithm = algorithm,
							 .algorithm_known = true};
		digest_ha1(algorithm, SLICE("alice"), SLICE("example.test"), SLICE("right"), right);
		digest_ha1(algorithm, SLICE("alice"), SLICE("example.test"), SLICE("wrong"), wrong);
		digest_response(&credentials, SLICE("GET"), right, response);
		credentials.response = slice_text(response);
		digest_check_begin(&check, &credentials, SLICE("GET"));
		bool is_right[] = {digest_check_is(&check, wrong), digest_check_is(&check, right),
				   digest_check_is(&check, wrong), digest_check_is(&check, right)};
		digest_check_end(&check);
		CHECK(!is_right[0] && is_right[1] && !is_right[2] && is_right[3]);
		credentials.response = SLICE("short");
		digest_check_begin(&check, &credentials, SLICE("GET"));
		bool is_short_right = digest_check_is(&check, right);
		digest_check_end(&check);
		CHECK(!is_short_right);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_check_asks_about_many_hashes", a_check_asks_about_many_hashes, TEST_PLAIN},
		{"the_examples_of_the_rfcs_verify", the_examples_of_the_rfcs_verify, TEST_PLAIN},
		{"every_difference_makes_another_response", every_difference_makes_another_response, TEST_PLAIN},
		{"what_is_not_ours_never_verifies", what_is_not_ours_never_verifies, TEST_PLAIN},
		{"a_response_of_another_form_is_wrong_and_capitals_are_right",
		 a_response_of_another_form_is_wrong_and_capitals_are_right, TEST_PLAIN},
		{"our_own_requests_count_in_eight_digits", our_own_requests_count_in_eight_digits, TEST_PLAIN},
		{"every_parameter_is_read", every_parameter_is_read, TEST_PLAIN},
		{"malformed_credentials_are_refused", malformed_credentials_are_refused, TEST_PLAIN},
		{"algorithms_have_names_and_sizes", algorithms_have_names_and_sizes, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
