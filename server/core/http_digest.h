/* Who calls over HTTP, by the account's password: digest (RFC 7616), as SIP asks for it (core/authentication), with the
 * same hashes and nonces; but those of before the process are stale. The asynchronous part, and tokens, are
 * core/http_caller.
 *
 * Beyond SIP: credentials without qop are taken, for old XCAP clients send such (RFC 2617 §3.2.2.1); they count
 * nothing, so a nonce is good for one of them. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "core/account.h"
#include "core/authentication.h"
#include "core/domain.h"
#include "core/http_target.h"
#include "core/nonce.h"
#include "core/sessions.h"
#include "sip/digest.h"
#include "transport/http.h"

struct http_digest;

/* Domain, sessions (NULL: there are none) and log are borrowed; `key` is that of all nonces. NULL where memory is
 * exhausted. */
struct http_digest *http_digest_create(const struct domain *domain, struct sessions *sessions, struct log *log,
				       const uint8_t key[NONCE_KEY_SIZE], const struct authentication_options *options);
void http_digest_destroy(struct http_digest *digest);

/* What becomes of credentials. */
enum http_digest_verdict {
	HTTP_DIGEST_GOOD,
	HTTP_DIGEST_WRONG,  /* 401 with a challenge */
	HTTP_DIGEST_STALE,  /* the same with stale=true: only the nonce is at fault */
	HTTP_DIGEST_ASTRAY, /* 400: they were made for another target (RFC 7616 §3.4.6) */
	HTTP_DIGEST_NO_MEMORY
};

/* The credentials for our realm. False: there are none, or none that we understand. */
bool http_digest_credentials(const struct http_digest *digest, const struct http_request *request,
			     struct digest_credentials *credentials);
/* The questions that need no account, so that nobody makes us look one up who has not received a challenge of ours.
 * GOOD: `target` is set, in the request's arena. */
enum http_digest_verdict http_digest_admits(struct http_digest *digest, struct http_request *request, int64_t now_ms,
					    const struct digest_credentials *credentials, struct http_target *target);
/* Judges admitted credentials; `account` is NULL where there is none of that name. `now_ms` is timers_now, for the
 * log's limits. GOOD: `session_id` says by which session, 0: by the password. */
enum http_digest_verdict http_digest_accepts(struct http_digest *digest, const struct http_request *request,
					     int64_t now_ms, const struct digest_credentials *credentials,
					     const struct account *account, int64_t *session_id);
/* The lines WWW-Authenticate with a fresh nonce, one for each algorithm. */
void http_digest_write_challenges(struct http_digest *digest, const struct http_request *request, bool is_stale,
				  struct buffer *headers);

/* "GET"; empty for HTTP_OTHER. */
struct slice http_digest_method(enum http_method method);
