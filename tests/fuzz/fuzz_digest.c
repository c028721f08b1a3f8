/* Digest credentials from outside: reads them, checks what was promised of the result, and computes with it.
 * SPDX-License-Identifier: MIT */
#include "base/slice.h"
#include "sip/digest.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t ha1[DIGEST_MOST_BYTES] = {1, 2, 3};
	const struct slice text = slice_of((const char *)data, size);
	struct digest_credentials credentials;
	char hex[2 * DIGEST_MOST_BYTES + 1];

	if (digest_credentials_parse(text, &credentials))
		return 0;
	must(is_within(credentials.username, text) && is_within(credentials.realm, text) &&
	     is_within(credentials.nonce, text) && is_within(credentials.uri, text) &&
	     is_within(credentials.response, text) && is_within(credentials.cnonce, text) &&
	     is_within(credentials.opaque, text) && is_within(credentials.nonce_count_text, text));
	must(!credentials.has_nonce_count || credentials.nonce_count_text.length == 8);
	must(!credentials.qop_is_auth || credentials.has_qop);

	/* what the writer computes, the reader takes */
	digest_response(&credentials, SLICE("MESSAGE"), ha1, hex);
	credentials.response = slice_text(hex);
	must(digest_verify(&credentials, SLICE("MESSAGE"), ha1) == (hex[0] != '\0'));
	return 0;
}
