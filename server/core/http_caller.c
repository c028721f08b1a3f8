/* Callers over HTTP: the way from the header Authorization to a token or an account. SPDX-License-Identifier: MIT */
#include "core/http_caller.h"

#include "base/error.h"
#include "core/bearer.h"

#include <stdlib.h>

#define WRONG_BURST 20
#define WRONG_INTERVAL_MS 1000

struct http_callers {
	struct http_callers_parts parts;
	struct http_digest *digest;
	struct log_rate wrong_rate;
};

struct http_callers *http_callers_create(const struct http_callers_parts *parts, const uint8_t key[NONCE_KEY_SIZE],
					 const struct authentication_options *options)
{
	struct http_callers *callers = calloc(1, sizeof *callers);
	if (!callers)
		return NULL;
	callers->parts = *parts;
	callers->wrong_rate = (struct log_rate){.burst = WRONG_BURST, .interval_ms = WRONG_INTERVAL_MS};
	callers->digest = http_digest_create(parts->domain, parts->sessions, parts->log, key, options);
	if (!callers->digest) {
		free(callers);
		return NULL;
	}
	return callers;
}

void http_callers_destroy(struct http_callers *callers)
{
	if (!callers)
		return;
	http_digest_destroy(callers->digest);
	free(callers);
}

void http_caller_finish(struct http_caller *caller)
{
	if (caller->account)
		account_release(caller->callers->parts.accounts, caller->account);
	caller->account = NULL;
}

/* --- the outcome -------------------------------------------------------------------------------------------------- */

static void refuse(struct http_caller *caller, unsigned status, const char *sentence)
{
	caller->kind = CALLER_REFUSED;
	caller->status = status;
	caller->sentence = sentence;
	caller->done(caller);
}

static void fail(struct http_caller *caller, int result)
{
	switch (result) {
	case ERR_STORAGE_AWAY:
		refuse(caller, 503, "The database cannot be reached now");
		break;
	case ERR_BUSY:
		refuse(caller, 503, "Too much waits for the database now");
		break;
	case ERR_NO_MEMORY:
		refuse(caller, 503, "There is no memory for it now");
		break;
	default:
		refuse(caller, 500, "It could not be found out who asks");
		break;
	}
}

/* --- tokens ------------------------------------------------------------------------------------------------------- */

static void refuse_token(struct http_caller *caller)
{
	struct http_callers *callers = caller->callers;
	char peer[ADDRESS_TEXT_SIZE];
	if (caller->request) {
		struct log_context context = {.flow = address_write(&caller->request->peer, peer),
					      .method = http_digest_method(caller->request->method),
					      .status = 401};
		log_event_limited(callers->parts.log, &callers->wrong_rate, timers_now(callers->parts.timers),
				  LOG_WARNING, "token_refused", &context, "the token is unknown or has expired");
	}
	caller->had_token = true;
	refuse(caller, 401, "The token is unknown or has expired");
}

static void on_token(void *arg, int result, const struct stored_token *token)
{
	struct http_caller *caller = arg;
	if (result == ERR_NOT_FOUND) {
		refuse_token(caller);
	} else if (result != 0) {
		fail(caller, result);
	} else {
		caller->kind = CALLER_TOKEN;
		caller->scopes = token->scopes;
		caller->token_name = token->name;
		caller->done(caller);
	}
}

static void find_token(struct http_caller *caller, struct slice token)
{
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
	if (bearer_hash(token, hash) < 0)
		fail(caller, ERR_NO_MEMORY);
	else
		storage_load_token(caller->callers->parts.storage, hash, on_token, caller);
}

/* --- accounts ----------------------------------------------------------------------------------------------------- */

static void refuse_digest(struct http_caller *caller, enum http_digest_verdict verdict)
{
	caller->is_stale = verdict == HTTP_DIGEST_STALE;
	if (verdict == HTTP_DIGEST_ASTRAY)
		refuse(caller, 400, "The credentials were made for another path than the request's");
	else if (verdict == HTTP_DIGEST_NO_MEMORY)
		fail(caller, ERR_NO_MEMORY);
	else
		refuse(caller, 401,
		       caller->is_stale ? "The nonce is too old: the challenge has a new one"
					: "The user name or the password is wrong");
}

static void judge(struct http_caller *caller, struct account *account)
{
	struct http_callers *callers = caller->callers;
	enum http_digest_verdict verdict =
		http_digest_accepts(callers->digest, caller->request, timers_now(callers->parts.timers),
				    &caller->credentials, account, &caller->session_id);
	if (verdict != HTTP_DIGEST_GOOD) {
		refuse_digest(caller, verdict);
		return;
	}
	caller->kind = CALLER_ACCOUNT;
	caller->account = account;
	account_hold(callers->parts.accounts, account);
	caller->done(caller);
}

static void on_account(void *arg, int result, struct account *account)
{
	struct http_caller *caller = arg;
	if (!caller->request)
		fail(caller, ERR_CLOSED);
	else if (result == 0 || result == ERR_NOT_FOUND)
		judge(caller, account);
	else
		fail(caller, result);
}

static void find_account(struct http_caller *caller)
{
	const struct http_callers_parts *parts = &caller->callers->parts;
	enum http_digest_verdict verdict =
		http_digest_admits(caller->callers->digest, caller->request, timers_now(parts->timers),
				   &caller->credentials, &caller->target);
	if (verdict != HTTP_DIGEST_GOOD) {
		refuse_digest(caller, verdict);
		return;
	}
	struct slice user = caller->credentials.username;
	struct account *account = accounts_find(parts->accounts, user);
	if (account)
		judge(caller, account);
	else
		accounts_load(parts->accounts, user, on_account, caller);
}

/* --- both --------------------------------------------------------------------------------------------------------- */

void http_caller_find(struct http_callers *callers, struct http_caller *caller, struct http_request *request,
		      http_caller_fn *done)
{
	struct slice token;
	*caller = (struct http_caller){.callers = callers, .request = request, .done = done};
	int result = bearer_read(request->authorization, &token);
	if (result == 0)
		find_token(caller, token);
	else if (result == ERR_SYNTAX)
		refuse_token(caller);
	else if (http_digest_credentials(callers->digest, request, &caller->credentials))
		find_account(caller);
	else
		caller->done(caller);
}

void http_caller_write_challenges(const struct http_caller *caller, unsigned schemes, struct buffer *headers)
{
	if (schemes & HTTP_DIGEST)
		http_digest_write_challenges(caller->callers->digest, caller->request, caller->is_stale, headers);
	if (schemes & HTTP_BEARER)
		buffer_text(headers, caller->had_token ? "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"
						       : "WWW-Authenticate: Bearer\r\n");
}
