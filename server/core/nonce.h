/* Nonces that keep no state: a time, a number and an HMAC over both and the peer's IP address, under a key that all
 * nodes share and that outlives the process (RFC 7616 §5.4). What is remembered for the time of a nonce's life is
 * which counts (nc) were used with it, so that nothing is accepted twice. SPDX-License-Identifier: MIT */
#pragma once

#include "base/address.h"
#include "base/attributes.h"
#include "base/slice.h"

#include <stdint.h>

#define NONCE_KEY_SIZE 32
#define NONCE_TEXT_SIZE 33 /* 32 characters and a terminator */

struct nonces;

enum nonce_verdict {
	NONCE_GOOD,
	NONCE_STALE,   /* ours, but too old, or from another address, or remembered counts are exhausted: stale=true */
	NONCE_FOREIGN, /* not made with our key */
	NONCE_REPLAYED /* this count was used before */
};

/* `age_s` is how long a nonce is accepted; `most` bounds how many are remembered (the oldest make room, and are stale
 * from then on). NULL: out of memory, or OpenSSL has no HMAC. */
struct nonces *nonces_create(const uint8_t key[NONCE_KEY_SIZE], unsigned age_s, size_t most);
void nonces_destroy(struct nonces *nonces);
/* Those issued up to now are stale from now on, also those of other processes: for who takes nothing twice, for which
 * counts were used with them is not known here. */
void nonces_begin(struct nonces *nonces, int64_t unix_s);

void nonce_write(struct nonces *nonces, const struct address *peer, int64_t unix_s, char text[NONCE_TEXT_SIZE]);
enum nonce_verdict nonce_check(struct nonces *nonces, struct slice text, const struct address *peer, int64_t unix_s);
/* Marks the count as used, once the response was found to be right; NONCE_GOOD or NONCE_REPLAYED. A count below those
 * seen is accepted once within the last 64, because requests overtake each other. */
enum nonce_verdict nonce_use(struct nonces *nonces, struct slice text, uint32_t count, int64_t unix_s);
