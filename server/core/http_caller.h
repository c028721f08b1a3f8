/* Who sent a request over HTTP: the bearer of a token (RFC 6750, core/bearer) or an account by digest (RFC 7616,
 * core/http_digest). The API and XCAP both ask here, and decide themselves what he may.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/timer.h"
#include "core/accounts.h"
#include "core/authentication.h"
#include "core/domain.h"
#include "core/http_digest.h"
#include "core/nonce.h"
#include "core/sessions.h"
#include "storage/storage.h"
#include "transport/http.h"

struct http_callers;

/* All borrowed. */
struct http_callers_parts {
	struct timers *timers;
	const struct domain *domain;
	struct accounts *accounts;
	struct sessions *sessions;
	struct storage *storage;
	struct log *log;
};

/* `key` is that of all nonces. NULL where memory is exhausted. */
struct http_callers *http_callers_create(const struct http_callers_parts *parts, const uint8_t key[NONCE_KEY_SIZE],
					 const struct authentication_options *options);
/* When nobody is being looked up any more: storage is closed. Accepts NULL. */
void http_callers_destroy(struct http_callers *callers);

enum http_caller_kind {
	CALLER_NOBODY,  /* there are no credentials, or of a scheme that is not ours */
	CALLER_TOKEN,   /* `scopes` and `token_name` are set */
	CALLER_ACCOUNT, /* `account` and `target` are set */
	CALLER_REFUSED  /* `status` and `sentence` are set */
};

struct http_caller;
typedef void http_caller_fn(struct http_caller *caller);

/* A field of whoever has to answer the request. Zeroed is finished. */
struct http_caller {
	struct http_callers *callers;
	struct http_request *request; /* set to NULL by the owner where it is gone */
	http_caller_fn *done;
	struct digest_credentials credentials;

	enum http_caller_kind kind;
	unsigned status; /* 400, 401, 500 or 503 */
	const char *sentence;
	struct slice scopes, token_name; /* good during `done` */
	struct account *account;         /* held until http_caller_finish */
	int64_t session_id;              /* by which of its sessions; 0: by its password */
	struct http_target target;       /* as the account wrote it; empty where it is no account */
	bool is_stale;                   /* of a 401: the challenge says so */
	bool had_token;                  /* of a 401: a token was wrong, not a password */
};

/* Looks who it is. `done` runs once, later or at once, also where the request has gone meanwhile; the caller may be
 * freed in it. */
void http_caller_find(struct http_callers *callers, struct http_caller *caller, struct http_request *request,
		      http_caller_fn *done);
/* Lets go of the account. */
void http_caller_finish(struct http_caller *caller);

enum http_schemes { HTTP_BEARER = 1, HTTP_DIGEST = 2 };
/* The lines WWW-Authenticate of a 401, for what can be tried. RFC 6750 §3: who sent no token is told that there are
 * such, not what is wrong with his. */
void http_caller_write_challenges(const struct http_caller *caller, unsigned schemes, struct buffer *headers);
