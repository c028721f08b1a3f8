/* The client's half of Digest (RFC 7616 §3.4.1). SPDX-License-Identifier: MIT */
#include "credentials.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#define HASHED_BYTES 1024
#define CNONCE "0a4f113b"

static void hash(const char *text, int length, char hex[DIGEST_HEX_BYTES])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	if (length < 0 || length >= HASHED_BYTES || !EVP_Digest(text, (size_t)length, sum, NULL, EVP_md5(), NULL)) {
		(void)fputs("a digest cannot be computed\n", stderr);
		exit(1);
	}
	for (int i = 0; i < DIGEST_HEX_BYTES / 2; i++) {
		hex[2 * i] = digits[sum[i] >> 4];
		hex[2 * i + 1] = digits[sum[i] & 15];
	}
}

void credentials_ha1(struct slice user, struct slice realm, struct slice password, char hex[DIGEST_HEX_BYTES])
{
	char text[HASHED_BYTES];
	int length = snprintf(text, sizeof text, "%.*s:%.*s:%.*s", SLICE_ARGS(user), SLICE_ARGS(realm),
			      SLICE_ARGS(password));
	hash(text, length, hex);
}

/* The value of `name` in a list of name=value, without quotes; empty where it is absent. */
static struct slice parameter(struct slice list, struct slice name)
{
	while (!slice_is_empty(list)) {
		struct slice value = slice_take(&list, ',');
		struct slice found = slice_trim(slice_take(&value, '='));
		if (!slice_equal_nocase(found, name))
			continue;
		value = slice_trim(value);
		bool is_quoted = value.length >= 2 && value.at[0] == '"';
		return is_quoted ? slice_of(value.at + 1, value.length - 2) : value;
	}
	return slice_of(NULL, 0);
}

bool credentials_read_challenge(struct slice value, enum challenger challenger, struct credentials *credentials)
{
	struct slice scheme = slice_take(&value, ' ');
	if (!slice_equal_nocase(scheme, SLICE("Digest")))
		return false;
	struct slice algorithm = parameter(value, SLICE("algorithm"));
	if (!slice_is_empty(algorithm) && !slice_equal_nocase(algorithm, SLICE("MD5")))
		return false;
	struct slice nonce = parameter(value, SLICE("nonce"));
	if (slice_is_empty(nonce) || nonce.length >= sizeof credentials->nonce)
		return false;
	memcpy(credentials->nonce, nonce.at, nonce.length);
	credentials->nonce[nonce.length] = '\0';
	credentials->count = 0;
	credentials->challenger = challenger;
	return true;
}

void credentials_write(const struct credentials *credentials, const struct credentials_request *request,
		       struct buffer *buffer)
{
	char text[HASHED_BYTES], ha2[DIGEST_HEX_BYTES], response[DIGEST_HEX_BYTES];
	int length = snprintf(text, sizeof text, "%.*s:%.*s", SLICE_ARGS(request->method), SLICE_ARGS(request->uri));
	hash(text, length, ha2);
	length = snprintf(text, sizeof text, "%.*s:%s:%08x:" CNONCE ":auth:%.*s", DIGEST_HEX_BYTES, request->ha1,
			  credentials->nonce, credentials->count, DIGEST_HEX_BYTES, ha2);
	hash(text, length, response);
	if (credentials->challenger == CHALLENGED_BY_PROXY)
		buffer_text(buffer, "Proxy-");
	buffer_format(buffer,
		      "Authorization: Digest username=\"%.*s\", realm=\"%.*s\", nonce=\"%s\", uri=\"%.*s\", "
		      "response=\"%.*s\", algorithm=MD5, qop=auth, nc=%08x, cnonce=\"" CNONCE "\"\r\n",
		      SLICE_ARGS(request->user), SLICE_ARGS(request->realm), credentials->nonce,
		      SLICE_ARGS(request->uri), DIGEST_HEX_BYTES, response, credentials->count);
}
