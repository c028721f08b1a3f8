/* Challenges and credentials. The order of the questions matters: a nonce that we did not issue proves nothing about
 * the password, and a count is used up only by a right response. SPDX-License-Identifier: MIT */
#include "core/authentication.h"

#include "core/clock.h"
#include "core/proof.h"

#include <stdlib.h>

struct authentication {
	const struct domain *domain;
	struct sessions *sessions;
	struct log *log;
	struct nonces *nonces;
	struct authentication_options options;
	struct authentication_counters counters;
	struct log_rate wrong_rate;
};

struct authentication *authentication_create(const struct domain *domain, struct sessions *sessions, struct log *log,
					     const uint8_t key[NONCE_KEY_SIZE],
					     const struct authentication_options *options)
{
	struct authentication *authentication = calloc(1, sizeof *authentication);
	if (!authentication)
		return NULL;
	authentication->domain = domain;
	authentication->sessions = sessions;
	authentication->log = log;
	authentication->options = *options;
	authentication->wrong_rate = (struct log_rate){.burst = 20, .interval_ms = 1000};
	authentication->nonces = nonces_create(key, options->nonce_s, options->nonces_most);
	if (!authentication->nonces) {
		free(authentication);
		return NULL;
	}
	return authentication;
}

void authentication_destroy(struct authentication *authentication)
{
	if (!authentication)
		return;
	nonces_destroy(authentication->nonces);
	free(authentication);
}

bool authentication_credentials(struct authentication *authentication, const struct sip_message *message,
				struct digest_credentials *credentials)
{
	const struct sip_header *header = sip_message_header(message, SIP_HEADER_AUTHORIZATION);
	for (; header; header = sip_message_next_header(message, header)) {
		if (digest_credentials_parse(header->value, credentials) == 0 &&
		    slice_equal_nocase(credentials->realm, domain_name(authentication->domain)) &&
		    credentials->algorithm_known)
			return true;
	}
	return false;
}

static bool offered(const struct authentication *authentication, enum digest_algorithm algorithm)
{
	for (unsigned i = 0; i < authentication->options.algorithm_count; i++)
		if (authentication->options.algorithms[i] == algorithm)
			return true;
	return false;
}

/* Clients that give up as soon as one of several challenges has an algorithm that they lack, wherever it stands:
 * libre knew MD5 only until version 3.12. By the beginning of their User-Agent. */
static const struct slice md5_only_clients[] = {
	{"baresip v0.", 11},
	{"baresip v1.", 11},
	{"baresip v2.", 11},
	{"baresip v3.", 11},
};

static bool knows_md5_only(const struct request *request)
{
	struct slice user_agent = sip_message_value(&request->message, SIP_HEADER_USER_AGENT);
	for (size_t i = 0; i < ARRAY_SIZE(md5_only_clients); i++)
		if (slice_starts_with(user_agent, md5_only_clients[i]))
			return true;
	return false;
}

/* The algorithms to challenge this client with, in order; how many. RFC 8760 §2.3 leaves the order to us, and the
 * choice to the client; some cannot choose. */
static unsigned choose_algorithms(const struct authentication *authentication, const struct request *request,
				  enum digest_algorithm chosen[DIGEST_ALGORITHM_COUNT])
{
	const struct authentication_options *options = &authentication->options;
	bool has_md5 = offered(authentication, DIGEST_MD5);
	bool only_md5 = has_md5 && knows_md5_only(request);
	/* The browsers' libraries know MD5 only, and of several challenges they keep the last. */
	bool md5_last =
		has_md5 && (request->flow.transport == TRANSPORT_WS || request->flow.transport == TRANSPORT_WSS);
	unsigned count = 0;
	for (unsigned i = 0; i < options->algorithm_count; i++) {
		bool is_md5 = options->algorithms[i] == DIGEST_MD5;
		if (is_md5 ? !md5_last : !only_md5)
			chosen[count++] = options->algorithms[i];
	}
	if (md5_last)
		chosen[count++] = DIGEST_MD5;
	return count;
}

void authentication_challenge(struct authentication *authentication, struct request *request, bool stale)
{
	enum digest_algorithm chosen[DIGEST_ALGORITHM_COUNT];
	unsigned count = choose_algorithms(authentication, request, chosen);
	struct buffer headers;
	buffer_init(&headers, 4096);
	char nonce[NONCE_TEXT_SIZE];
	nonce_write(authentication->nonces, &request->flow.peer, clock_unix_ms() / 1000, nonce);
	for (unsigned i = 0; i < count; i++) {
		buffer_text(&headers, "WWW-Authenticate: Digest realm=\"");
		buffer_append(&headers, domain_name(authentication->domain));
		buffer_text(&headers, "\", nonce=\"");
		buffer_text(&headers, nonce);
		buffer_text(&headers, stale ? "\", stale=true, algorithm=" : "\", algorithm=");
		buffer_append(&headers, digest_algorithm_name(chosen[i]));
		buffer_text(&headers, ", qop=\"auth\"\r\n");
	}
	authentication->counters.challenged++;
	if (buffer_failed(&headers))
		request_reply(request, SIP_INTERNAL_ERROR, NULL);
	else
		request_reply(request, SIP_UNAUTHORIZED, &(struct reply){.headers = buffer_slice(&headers)});
	buffer_finish(&headers);
}

static void log_wrong(struct authentication *authentication, const struct request *request,
		      const struct digest_credentials *credentials, const char *why)
{
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = request_log_context(request, flow);
	log_event_limited(authentication->log, &authentication->wrong_rate, request->received_at_ms, LOG_WARNING,
			  "authentication_failed", &context, "user \"%.*s\": %s", SLICE_ARGS(credentials->username),
			  why);
}

bool authentication_admits(struct authentication *authentication, struct request *request,
			   const struct digest_credentials *credentials)
{
	switch (nonce_check(authentication->nonces, credentials->nonce, &request->flow.peer, clock_unix_ms() / 1000)) {
	case NONCE_GOOD:
		break;
	case NONCE_STALE:
		authentication->counters.stale++;
		authentication_challenge(authentication, request, true);
		return false;
	default:
		authentication_challenge(authentication, request, false);
		return false;
	}
	/* qop=auth is what we offer; without it there is no count, and a replay could not be told (RFC 7616 §3.4). */
	if (!credentials->has_qop || !credentials->qop_is_auth || !credentials->has_nonce_count ||
	    !offered(authentication, credentials->algorithm)) {
		log_wrong(authentication, request, credentials, "the credentials use something that was not offered");
		authentication_challenge(authentication, request, false);
		return false;
	}
	return true;
}

bool authentication_accept(struct authentication *authentication, struct request *request,
			   const struct digest_credentials *credentials, const struct account *account)
{
	struct proof proof = proof_find(authentication->sessions, account, credentials, request->message.method_text);
	if (!proof.is_right) {
		authentication->counters.wrong++;
		log_wrong(authentication, request, credentials, account ? "wrong password" : "no such account");
		authentication_challenge(authentication, request, false);
		return false;
	}
	if (nonce_use(authentication->nonces, credentials->nonce, credentials->nonce_count, clock_unix_ms() / 1000) !=
	    NONCE_GOOD) {
		authentication->counters.replayed++;
		log_wrong(authentication, request, credentials, "the nonce count was used before");
		authentication_challenge(authentication, request, true);
		return false;
	}
	authentication->counters.accepted++;
	request->session_id = proof.session ? proof.session->id : 0;
	if (proof.session)
		session_use(proof.session);
	return true;
}

const struct authentication_counters *authentication_counters(const struct authentication *authentication)
{
	return &authentication->counters;
}
