/* Digest challenges to us: reading them, and answering with credentials (RFC 7616 §3.3, §3.4; RFC 3261 §22.2). Pure;
 * the other side of it is sip/digest. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/slice.h"
#include "sip/digest.h"

#include <stdbool.h>
#include <stdint.h>

struct digest_challenge {
	struct slice realm, nonce, opaque; /* without quotes; escapes still in */
	enum digest_algorithm algorithm;   /* MD5 where absent */
	bool has_algorithm;                /* it was named */
	bool has_opaque;
	bool wants_qop; /* qop=auth is offered; else it is left out, as in RFC 2069 */
	bool is_stale;  /* the credentials were right, the nonce is too old */
};

/* The value of WWW-Authenticate or Proxy-Authenticate. ERR_SYNTAX: not Digest, without realm or nonce, or malformed;
 * ERR_NOT_FOUND: an algorithm or a qop that we do not have. */
MUST_CHECK int digest_challenge_parse(struct slice value, struct digest_challenge *challenge);

struct digest_answer {
	struct slice user, password;
	struct slice method, uri;
	struct slice cnonce;
	uint32_t nonce_count; /* of requests with this nonce, from 1 */
};
/* The value of Authorization or Proxy-Authorization. */
void digest_write_credentials(struct buffer *buffer, const struct digest_challenge *challenge,
			      const struct digest_answer *answer);
