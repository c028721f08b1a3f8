/* Digest over HTTP. The order of the questions is that of core/authentication, for the same reasons.
 * SPDX-License-Identifier: MIT */
#include "core/http_digest.h"

#include "base/error.h"
#include "core/clock.h"

#include <stdlib.h>

#define WRONG_BURST 20
#define WRONG_INTERVAL_MS 1000
/* Stands for the count of credentials that have none: a count that no client begins with (RFC 7616 §3.4: from 1). */
#define NO_COUNT 0

struct http_digest {
	const struct domain *domain;
	struct log *log;
	struct nonces *nonces;
	struct authentication_options options;
	struct log_rate wrong_rate;
};

struct http_digest *http_digest_create(const struct domain *domain, struct log *log, const uint8_t key[NONCE_KEY_SIZE],
				       const struct authentication_options *options)
{
	struct http_digest *digest = calloc(1, sizeof *digest);
	if (!digest)
		return NULL;
	digest->domain = domain;
	digest->log = log;
	digest->options = *options;
	digest->wrong_rate = (struct log_rate){.burst = WRONG_BURST, .interval_ms = WRONG_INTERVAL_MS};
	digest->nonces = nonces_create(key, options->nonce_s, options->nonces_most);
	if (!digest->nonces) {
		free(digest);
		return NULL;
	}
	return digest;
}

void http_digest_destroy(struct http_digest *digest)
{
	if (!digest)
		return;
	nonces_destroy(digest->nonces);
	free(digest);
}

/* --- the target --------------------------------------------------------------------------------------------------- */

struct slice http_digest_method(enum http_method method)
{
	static const struct slice names[] = {
		[HTTP_GET] = {"GET", 3},   [HTTP_HEAD] = {"HEAD", 4},     [HTTP_PUT] = {"PUT", 3},
		[HTTP_POST] = {"POST", 4}, [HTTP_DELETE] = {"DELETE", 6}, [HTTP_OPTIONS] = {"OPTIONS", 7},
	};
	return method < ARRAY_SIZE(names) ? names[method] : SLICE("");
}

/* What libwebsockets makes of a byte, so that it does not matter whether it has: an '&' is a ';', a '+' may be a space,
 * and a '=' that was escaped in a query a '_'. */
static char plain(char byte, bool in_query)
{
	if (byte == '&')
		return ';';
	if (byte == '+')
		return ' ';
	return in_query && byte == '=' ? '_' : byte;
}

/* The next byte, of several slashes one; 0 at the end (texts are without zero bytes). */
static char take_plain(struct slice *rest, bool in_query)
{
	if (rest->length == 0)
		return '\0';
	char byte = rest->at[0];
	do
		*rest = slice_from(*rest, 1);
	while (byte == '/' && rest->length > 0 && rest->at[0] == '/');
	return plain(byte, in_query);
}

static bool is_same(struct slice a, struct slice b, bool in_query)
{
	char byte;
	do {
		byte = take_plain(&a, in_query);
		if (take_plain(&b, in_query) != byte)
			return false;
	} while (byte != '\0');
	return true;
}

/* RFC 7616 §3.4: the target as on the request's first line; where that goes through a proxy it is a whole URI. */
static struct slice skip_origin(struct slice uri)
{
	if (!slice_starts_with(uri, SLICE("http://")) && !slice_starts_with(uri, SLICE("https://")))
		return uri;
	uri = slice_from(uri, slice_find(uri, '/') + 2);
	return slice_from(uri, slice_find(uri, '/'));
}

int http_digest_read_uri(struct http_request *request, struct slice uri, struct http_target *target)
{
	struct slice query = skip_origin(uri), path, decoded, seen;
	struct slice raw_path = slice_take(&query, '?');
	int result = http_decode(request->arena, raw_path, &path);
	if (result < 0)
		return result;
	if (!is_same(path, request->path, false))
		return ERR_SYNTAX;
	*target = (struct http_target){.path = path, .query = query};
	/* Some clients leave the query out of it. */
	if (slice_is_empty(query)) {
		target->query = request->query;
		return 0;
	}
	result = http_decode(request->arena, query, &decoded);
	if (result == 0)
		result = http_decode(request->arena, request->query, &seen);
	if (result < 0)
		return result;
	return is_same(decoded, seen, true) ? 0 : ERR_SYNTAX;
}

/* --- judging ------------------------------------------------------------------------------------------------------ */

bool http_digest_credentials(const struct http_digest *digest, const struct http_request *request,
			     struct digest_credentials *credentials)
{
	return digest_credentials_parse(request->authorization, credentials) == 0 &&
	       slice_equal_nocase(credentials->realm, domain_name(digest->domain)) && credentials->algorithm_known;
}

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
	int result = http_digest_read_uri(request, credentials->uri, target);
	if (result == ERR_SYNTAX)
		log_wrong(digest, request, now_ms, credentials, "the credentials are for another path");
	return result == 0 ? HTTP_DIGEST_GOOD : result == ERR_SYNTAX ? HTTP_DIGEST_ASTRAY : HTTP_DIGEST_NO_MEMORY;
}

enum http_digest_verdict http_digest_accepts(struct http_digest *digest, const struct http_request *request,
					     int64_t now_ms, const struct digest_credentials *credentials,
					     const struct account *account)
{
	/* As in SIP, time tells nobody which accounts exist. */
	static const uint8_t nobody[DIGEST_MOST_BYTES];
	const uint8_t *ha1 = !account                                  ? nobody
			     : credentials->algorithm == DIGEST_SHA256 ? account->ha1_sha256
								       : account->ha1_md5;
	bool is_right = digest_verify(credentials, http_digest_method(request->method), ha1) && account;
	if (!is_right) {
		log_wrong(digest, request, now_ms, credentials, account ? "wrong password" : "no such account");
		return HTTP_DIGEST_WRONG;
	}
	uint32_t count = credentials->has_qop ? credentials->nonce_count : NO_COUNT;
	if (nonce_use(digest->nonces, credentials->nonce, count, clock_unix_ms() / 1000) == NONCE_GOOD)
		return HTTP_DIGEST_GOOD;
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
