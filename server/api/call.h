/* One request to the API from its arrival to its answer, as those who serve it see it.
 *
 * It outlives the HTTP request where that goes while storage is being asked; then `request` is NULL, nobody is left to
 * be answered, and whoever is called back gives it up (call_is_gone). SPDX-License-Identifier: MIT */
#pragma once

#include "api/api.h"
#include "api/page.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "base/list.h"
#include "bodies/body.h"
#include "bodies/json_write.h"
#include "transport/http.h"

struct api_endpoint;
struct api_call;

typedef void api_account_fn(struct api_call *call, struct account *account);

struct api_call {
	struct list_link link; /* in api.calls */
	struct api *api;
	const struct api_parts *parts;
	struct http_request *request; /* NULL: it is gone */
	const struct api_endpoint *endpoint;
	struct http_caller who;
	struct account *caller; /* who calls for himself, and is {user} in the path; NULL: a token with the scope */
	struct slice name;      /* of the path; in the request's arena, as all its texts */
	struct slice item;      /* of the path, where it has a second {…} */
	struct buffer buffer;
	struct json_writer json; /* of the answer, into that buffer */

	void *state;                /* the endpoint's own; in the request's arena */
	struct call_change *change; /* what call_change_document waits for; in the request's arena */
	struct buffer document;     /* its new text; or what else must outlive the request */

	/* What call_load_account waits for, and with what to go on. */
	api_account_fn *go_on;
	const char *kind;
	struct slice wanted;
};

/* --- answering: each ends the call --- */

/* 200 with what was written as json. */
void call_answer(struct api_call *call);
/* The same with another status, and an entity-tag (without quotes; empty: none). */
void call_answer_with(struct api_call *call, unsigned status, struct slice etag);
/* 200 with bytes of that type; `headers` are whole lines. */
void call_answer_bytes(struct api_call *call, const char *media_type, struct slice bytes, const char *headers);
/* {"error":"…","status":404}; the sentence ends without a dot. */
void call_refuse(struct api_call *call, unsigned status, const char *format, ...) PRINTF_LIKE(3, 4);
/* What became of work in storage: our error codes as a status and a sentence. */
void call_fail(struct api_call *call, int result);
/* For callbacks. True where nobody waits any more: the call is freed. */
bool call_is_gone(struct api_call *call);

/* --- reading: false where it was refused, and so ended --- */

/* The names that people write: "alice", "alice@example.test", "sip:alice@example.test" are the user alice. 404 where
 * the domain is not ours. */
MUST_CHECK bool call_read_user(struct api_call *call, struct slice text, struct slice *user);
/* Of anybody, as a URI: "bob" is sip:bob@ and our domain. 400 where it is nobody. */
MUST_CHECK bool call_read_person(struct api_call *call, struct slice text, struct slice *uri);
/* As users, but a mailbox may be called "reception@elsewhere". */
MUST_CHECK bool call_read_mailbox(struct api_call *call, struct slice text, struct slice *mailbox);
/* JSON, and not too large: 415, 413. */
MUST_CHECK bool call_has_json(struct api_call *call);
/* 400 with the sentence of a body that cannot be read (ERR_SYNTAX), or what is said of other errors; ends the call. */
void call_refuse_body(struct api_call *call, int result, const struct body_error *error);
/* The page that `limit` and `after` ask for. */
MUST_CHECK bool call_read_page(struct api_call *call, struct page *page, size_t payload_bytes);

/* Goes on with the account, now or when it is loaded; 404 where there is none ("There is no `kind` …"). The user must
 * live as long as the request. */
void call_load_account(struct api_call *call, const char *kind, struct slice user, api_account_fn *go_on);
/* The same with a mailbox, which may but need not be an account's: the account is then NULL. */
void call_load_mailbox(struct api_call *call, struct slice mailbox, api_account_fn *go_on);
