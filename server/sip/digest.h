/* Digest authentication (RFC 7616 with RFC 8760's algorithms for SIP, RFC 3261 §22): reading credentials and
 * computing responses. Pure: nonces, accounts and policy are core/authentication.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum digest_algorithm { DIGEST_MD5, DIGEST_SHA256, DIGEST_ALGORITHM_COUNT };

/* HA1 as bytes: 16 for MD5, 32 for SHA-256. */
#define DIGEST_MD5_BYTES 16
#define DIGEST_SHA256_BYTES 32
#define DIGEST_MOST_BYTES 32

struct digest_credentials {
	struct slice username; /* without quotes; escapes still in */
	struct slice realm, nonce, uri, response, cnonce, opaque;
	enum digest_algorithm algorithm; /* MD5 where absent */
	bool algorithm_known;            /* false: an algorithm that we do not have */
	bool has_qop, qop_is_auth;       /* qop=auth; auth-int and others are not ours */
	uint32_t nonce_count;
	bool has_nonce_count;
	struct slice nonce_count_text; /* as it stood; empty: nonce_count as eight hex digits */
};

/* The value of Authorization or Proxy-Authorization. ERR_SYNTAX where it is not Digest, or lacks username,
 * realm, nonce, uri or response (or, with qop, cnonce or nc), repeats a parameter, or is malformed. */
MUST_CHECK int digest_credentials_parse(struct slice value, struct digest_credentials *credentials);

/* "MD5", "SHA-256". */
struct slice digest_algorithm_name(enum digest_algorithm algorithm);
size_t digest_size(enum digest_algorithm algorithm);

/* H(username ":" realm ":" password); bytes behind the digest are zero. Aborts the process where OpenSSL
 * cannot compute it: nothing safe can be stored then. */
void digest_ha1(enum digest_algorithm algorithm, struct slice username, struct slice realm, struct slice password,
		uint8_t ha1[DIGEST_MOST_BYTES]);
/* The same question about one hash after the other: begin, ask, end. The credentials are borrowed until then. */
struct digest_check {
	const struct digest_credentials *credentials;
	struct evp_md_ctx_st *context; /* OpenSSL's; NULL: the response can be right for none */
	uint8_t given[DIGEST_MOST_BYTES];
	char ha2[2 * DIGEST_MOST_BYTES];
};
void digest_check_begin(struct digest_check *check, const struct digest_credentials *credentials, struct slice method);
bool digest_check_is(struct digest_check *check, const uint8_t *ha1);
void digest_check_end(struct digest_check *check);
/* True where `credentials->response` is the right one for `method` and `ha1`; compared in constant time. False
 * for an algorithm or a qop that is not ours. */
bool digest_verify(const struct digest_credentials *credentials, struct slice method, const uint8_t *ha1);
/* The response as lower-case hex and a terminator, for our own requests and for tests; "" where digest_verify
 * would say false whatever the response. */
void digest_response(const struct digest_credentials *credentials, struct slice method, const uint8_t *ha1,
		     char hex[2 * DIGEST_MOST_BYTES + 1]);
