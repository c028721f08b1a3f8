/* A client's digest credentials, MD5 with qop=auth (RFC 7616): the algorithm that Kamailio and Heliograph both offer
 * and nearly every phone uses. SPDX-License-Identifier: MIT */
#pragma once

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define NONCE_BYTES 96
#define DIGEST_HEX_BYTES 32

/* A registrar challenges with 401, a proxy with 407 (RFC 3261 §22.1); the header names go with it. */
enum challenger { CHALLENGED_BY_SERVER, CHALLENGED_BY_PROXY };

/* What one request proves itself with. */
struct credentials {
	char nonce[NONCE_BYTES]; /* terminated; empty: none yet */
	uint32_t count;          /* nc, of the last use */
	enum challenger challenger;
};

/* The hash of user, realm and password, in hexadecimal digits without a terminator. */
void credentials_ha1(struct slice user, struct slice realm, struct slice password, char hex[DIGEST_HEX_BYTES]);

/* Takes the nonce out of the value of a challenge; false: another algorithm, or no nonce that fits. */
bool credentials_read_challenge(struct slice value, enum challenger challenger, struct credentials *credentials);

struct credentials_request {
	struct slice method, uri, user, realm;
	const char *ha1; /* DIGEST_HEX_BYTES */
};
/* Writes the Authorization or Proxy-Authorization header line. */
void credentials_write(const struct credentials *credentials, const struct credentials_request *request,
		       struct buffer *buffer);
