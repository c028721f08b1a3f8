/* Digest challenges from outside: what is read of them, and credentials that answer them and that we would take.
 * SPDX-License-Identifier: MIT */
#include "sip/challenge.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
	if (!condition)
		abort();
}

static bool is_within(struct slice part, struct slice whole)
{
	return part.length == 0 || (part.at >= whole.at && part.at + part.length <= whole.at + whole.length);
}

static void answer(const struct digest_challenge *challenge, size_t size)
{
	struct buffer buffer;
	buffer_init(&buffer, 4 * size + 4096);
	digest_write_credentials(&buffer, challenge,
				 &(struct digest_answer){.user = SLICE("lamp"),
							 .password = SLICE("secret"),
							 .method = SLICE("SUBSCRIBE"),
							 .uri = SLICE("sip:alice@pbx.test"),
							 .cnonce = SLICE("xyz"),
							 .nonce_count = 1});
	struct digest_credentials credentials;
	uint8_t ha1[DIGEST_MOST_BYTES];
	must(!buffer_failed(&buffer));
	must(digest_credentials_parse(buffer_slice(&buffer), &credentials) == 0);
	digest_ha1(credentials.algorithm, SLICE("lamp"), challenge->realm, SLICE("secret"), ha1);
	must(digest_verify(&credentials, SLICE("SUBSCRIBE"), ha1));
	buffer_finish(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct slice text = slice_of((const char *)data, size);
	struct digest_challenge challenge;
	if (digest_challenge_parse(text, &challenge))
		return 0;
	must(is_within(challenge.realm, text) && is_within(challenge.nonce, text) && is_within(challenge.opaque, text));
	answer(&challenge, size);
	return 0;
}
