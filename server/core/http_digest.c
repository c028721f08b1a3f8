/* Digest over HTTP. The order of the questions is that of core/authentication, for the same reasons.
 * SPDX-License-Identifier: MIT */
#include "core/http_digest.h"

#include "base/error.h"
#include "core/clock.h"
#include "core/proof.h"

#include <stdlib.h>

#define WRONG_BURST 20
#define WRONG_INTERVAL_MS 1000
/* Stands for the count of credentials that have none: a count that no client begins with (RFC 7616 §3.4: from 1). */
#define NO_COUNT 0

struct http_digest {
	const struct domain *domain;
	struct sessions *sessions;
	struct log *log;
	struct nonces *nonces;
	struct authentication_options options;
	struct log_rate wrong_rate;
};

struct http_digest *http_digest_create(const struct domain *domain, struct sessions *sessions, struct log *log,
				       const uint8_t key[NONCE_KEY_SIZE], const struct authentication_options *options)
{
	struct http_digest *digest = calloc(1, sizeof *digest);
	if (!digest)
		return NULL;
	digest->domain = domain;
	digest->sessions = sessions;
	digest->log = log;
	digest->options = *options;
	digest->wrong_rate = (struct log_rate){.burst = WRONG_BURST, .interval_ms = WRONG_INTERVAL_MS};
	digest->nonces = nonces_create(key, options->nonce_s, options->nonces_most);
	if (!digest->nonces) {
		free(digest);
		return NULL;
	}
	/* Digest does not cover the body: a request that was recorded before a restart would change documents again. In
	 * SIP, where all clients come back at once after one, it costs less to take a registration twice. */
	nonces_begin(digest->nonces, clock_unix_ms() / 1000);
	return digest;
}

void http_digest_destroy(struct http_digest *digest)
{
	if (!digest)
		return;
	nonces_destroy(digest->nonces);
	free(digest);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

struct slice http_digest_method(enum http_method method)
{
	static const struct slice names[] = {
		[HTTP_GET] = {"GET", 3},   [HTTP_HEAD] = {"HEAD", 4},     [HTTP_PUT] = {"PUT", 3},
		[HTTP_POST] = {"POST", 4}, [HTTP_DELETE] = {"DELETE", 6}, [HTTP_OPTIONS] = {"OPTIONS", 7},
	};
	return method < ARRAY_SIZE(names) ? names[method] : SLICE("");
}

bool http_digest_credentials(const struct http_digest *digest, const struct http_request *request,
			     struct digest_credentials *credentials)
{
	struct slice rest, uri;
	if (digest_credentials_parse(request->authorization, credentials) != 0) {
		if (!http_target_take_uri(request->arena, request->authorization, &rest, &uri) ||
		    digest_credentials_parse(rest, credentials) != 0)
			return false;
		credentials->uri = uri;
	}
	return slice_equal_nocase(credentials->realm, domain_name(digest->domain)) && credentials->algorithm_known;
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

static void log_wrong(struct http_digest *digest, const struct http_request *request, int64_t now_ms,
		      const struct digest_credentials *credentials, const char *why)
{
	char peer[ADDRESS_TEXT_SIZE];
	struct log_context context = {.flow = address_write(&request->peer, peer),
				      .method = http_digest_method(request->method),
				      .status = 401};
	log_event_limited(digest->log, &digest->wrong_rate, now_ms, LOG_WARNING, "authentication_failed", &context,
			  "user \"%.*s\" over HTTP: %s", SLICE_ARGS(credentials->username), why);
}

static bool is_offered(const struct http_digest *digest, enum digest_algorithm algorithm)
{
	for (unsigned i = 0; i < digest->options.algorithm_count; i++)
		if (digest->options.algorithms[i] == algorithm)
			return true;
	return false;
}

enum http_digest_verdict http_digest_admits(struct http_digest *digest, struct http_request *request, int64_t now_ms,
					    const struct digest_credentials *credentials, struct http_target *target)
{
	switch (nonce_check(digest->nonces, credentials->nonce, &request->peer, clock_unix_ms() / 1000)) {
	case NONCE_GOOD:
		break;
	case NONCE_STALE:
		return HTTP_DIGEST_STALE;
	default:
		return HTTP_DIGEST_WRONG;
	}
	bool has_known_qop = !credentials->has_qop || (credentials->qop_is_auth && credentials->has_nonce_count);
	if (!has_known_qop || !is_offered(digest, credentials->algorithm)) {
		log_wrong(digest, request, now_ms, credentials, "the credentials use something that was not offered");
		return HTTP_DIGEST_WRONG;
	}
	int result = http_target_read(request, credentials->uri, target);
	if (result == ERR_SYNTAX)
		log_wrong(digest, request, now_ms, credentials, "the credentials are for another path");
	return result == 0 ? HTTP_DIGEST_GOOD : result == ERR_SYNTAX ? HTTP_DIGEST_ASTRAY : HTTP_DIGEST_NO_MEMORY;
}

/* RFC 7616 §3.4 does not say whether the backslashes of a quoted uri are hashed: both are right. */
static struct proof find_proof(const struct http_digest *digest, const struct http_request *request,
			       const struct digest_credentials *credentials, const struct account *account)
{
	struct slice method = http_digest_method(request->method);
	struct proof proof = proof_find(digest->sessions, account, credentials, method);
	struct digest_credentials unquoted = *credentials;
	if (!proof.is_right && slice_find(credentials->uri, '\\') < credentials->uri.length &&
	    http_target_unquote(request->arena, credentials->uri, &unquoted.uri) == 0)
		proof = proof_find(digest->sessions, account, &unquoted, method);
	return proof;
}

enum http_digest_verdict http_digest_accepts(struct http_digest *digest, const struct http_request *request,
					     int64_t now_ms, const struct digest_credentials *credentials,
					     const struct account *account, int64_t *session_id)
{
	struct proof proof = find_proof(digest, request, credentials, account);
	if (!proof.is_right) {
		log_wrong(digest, request, now_ms, credentials, account ? "wrong password" : "no such account");
		return HTTP_DIGEST_WRONG;
	}
	uint32_t count = credentials->has_qop ? credentials->nonce_count : NO_COUNT;
	if (nonce_use(digest->nonces, credentials->nonce, count, clock_unix_ms() / 1000) == NONCE_GOOD) {
		*session_id = proof.session ? proof.session->id : 0;
		if (proof.session)
			session_use(proof.session);
		return HTTP_DIGEST_GOOD;
	}
	/* Without a count it is no replay, but what such a client does with every request. */
	if (credentials->has_qop)
		log_wrong(digest, request, now_ms, credentials, "the nonce count was used before");
	return HTTP_DIGEST_STALE;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

/* In the order of the configuration: who cannot choose takes the first (RFC 7616 §3.7). */
void http_digest_write_challenges(struct http_digest *digest, const struct http_request *request, bool is_stale,
				  struct buffer *headers)
{
	char nonce[NONCE_TEXT_SIZE];
	nonce_write(digest->nonces, &request->peer, clock_unix_ms() / 1000, nonce);
	for (unsigned i = 0; i < digest->options.algorithm_count; i++) {
		buffer_text(headers, "WWW-Authenticate: Digest realm=\"");
		buffer_append(headers, domain_name(digest->domain));
		buffer_text(headers, "\", nonce=\"");
		buffer_text(headers, nonce);
		buffer_text(headers, is_stale ? "\", stale=true, algorithm=" : "\", algorithm=");
		buffer_append(headers, digest_algorithm_name(digest->options.algorithms[i]));
		buffer_text(headers, ", qop=\"auth\"\r\n");
	}
}
