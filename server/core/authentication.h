/* Who sent this: digest challenge and verification (RFC 3261 §22, RFC 7616, RFC 8760).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "core/nonce.h"
#include "core/sessions.h"
#include "sip/digest.h"
#include "transaction/request.h"

struct authentication;

struct authentication_options {
	/* In the order of the challenges; clients that cannot choose get what they can use (authentication.c). */
	enum digest_algorithm algorithms[DIGEST_ALGORITHM_COUNT];
	unsigned algorithm_count;
	unsigned nonce_s;   /* how long a nonce is accepted */
	size_t nonces_most; /* used nonces remembered */
};

struct authentication_counters {
	uint64_t challenged, accepted, wrong, stale, replayed;
};

/* `key` is the nonce key that all nodes share; `sessions` may be NULL: there are none. NULL where memory is exhausted.
 */
struct authentication *authentication_create(const struct domain *domain, struct sessions *sessions, struct log *log,
					     const uint8_t key[NONCE_KEY_SIZE],
					     const struct authentication_options *options);
void authentication_destroy(struct authentication *authentication);

/* The credentials of the request for our realm. False: none; challenge. */
bool authentication_credentials(struct authentication *authentication, const struct sip_message *message,
				struct digest_credentials *credentials);

/* The questions that need no account: was the nonce given to this peer, and lately; do the credentials use what was
 * offered. False: no, and the challenge has been sent, with stale=true where only the nonce was the fault. So nobody
 * makes us look up accounts who has not received a challenge of ours. */
bool authentication_admits(struct authentication *authentication, struct request *request,
			   const struct digest_credentials *credentials);

/* Judges admitted `credentials` against `account` (NULL: there is no such account). True: it is him, and the request
 * knows by which session. False: the challenge has been sent. */
bool authentication_accept(struct authentication *authentication, struct request *request,
			   const struct digest_credentials *credentials, const struct account *account);

/* 401 with a fresh challenge for each algorithm that this client may be offered. */
void authentication_challenge(struct authentication *authentication, struct request *request, bool stale);

const struct authentication_counters *authentication_counters(const struct authentication *authentication);
