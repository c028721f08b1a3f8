/* The way of a request: caller, target, permission, and then to those who read and change.
 * SPDX-License-Identifier: MIT */
#include "xcap/xcap.h"

#include "base/error.h"
#include "core/bearer.h"
#include "xcap/xcap_call.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* The transport refuses larger bodies before they are read; those between are refused with the limit named. */
#define READ_FACTOR 4
#define ARENA_BYTES ((size_t)1 << 20)
#define CHALLENGES_BYTES_MOST 2048
#define SCOPE_READ "xcap:read"
#define SCOPE_WRITE "xcap:write"

static bool is_read(const struct http_request *request)
{
	return request->method == HTTP_GET || request->method == HTTP_HEAD;
}

/* --- permission --------------------------------------------------------------------------------------------------- */

/* For the log: a token or an account; nobody may read what the server made. */
static void log_change(const struct xcap_call *call)
{
	const struct http_caller *who = &call->who;
	bool is_account = who->account != NULL;
	struct slice name = is_account ? account_user(who->account) : who->token_name;
	log_event(call->xcap->parts.log, LOG_DEBUG, "xcap_change",
		  &(struct log_context){.method = http_digest_method(call->request->method)}, "%s %.*s: %.*s",
		  is_account ? "account" : "token", SLICE_ARGS(name), SLICE_ARGS(call->request->path));
}

static void serve(struct xcap_call *call)
{
	if (is_read(call->request)) {
		xcap_read(call);
		return;
	}
	log_change(call);
	const char *allowed = target_allowed(&call->target);
	if (strstr(allowed, "PUT"))
		xcap_change(call);
	else
		xcap_refuse_method(call, allowed);
}

/* RFC 4825 §5.7: everybody reads what is global, and has all rights in his own tree. */
static void serve_account(struct xcap_call *call)
{
	const struct target *target = &call->target;
	const char *wrong = NULL;
	if (target->path.is_global)
		wrong = is_read(call->request) ? NULL : "Documents for all are changed with a token";
	else if (!slice_equal(target->user, account_user(call->who.account)))
		wrong = "An account may use its own documents only";
	if (wrong)
		xcap_refuse(call, 403, wrong, SLICE(""));
	else
		serve(call);
}

static void serve_token(struct xcap_call *call)
{
	const char *scope = is_read(call->request) ? SCOPE_READ : SCOPE_WRITE;
	char sentence[64], header[128];
	if (bearer_has_scope(call->who.scopes, slice_text(scope))) {
		const char *doubt = target_doubt(&call->target);
		if (doubt)
			xcap_refuse(call, 400, doubt, SLICE(""));
		else
			serve(call);
		return;
	}
	(void)snprintf(sentence, sizeof sentence, "The token has no scope %s", scope);
	(void)snprintf(header, sizeof header, "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"%s\"\r\n",
		       scope);
	xcap_refuse(call, 403, sentence, slice_text(header));
}

static void refuse_caller(struct xcap_call *call, unsigned status, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, CHALLENGES_BYTES_MOST);
	/* Old clients know digest only: they hear of tokens only where they have sent one. */
	if (status == 401)
		http_caller_write_challenges(&call->who, call->who.had_token ? HTTP_BEARER : HTTP_DIGEST, &headers);
	if (buffer_failed(&headers))
		xcap_fail(call, ERR_NO_MEMORY);
	else
		xcap_refuse(call, status, sentence, buffer_slice(&headers));
	buffer_finish(&headers);
}

/* --- a call ------------------------------------------------------------------------------------------------------- */

/* Of an account the target is known as it wrote it; of others as libwebsockets has left it. */
static unsigned read_target(struct xcap_call *call)
{
	bool is_known = !slice_is_empty(call->who.target.path);
	return target_read(&call->arena, is_known ? call->who.target.path : call->request->path,
			   is_known ? call->who.target.query : call->request->query,
			   domain_name(call->xcap->parts.domain), &call->target, &call->outcome.error);
}

static void on_caller(struct http_caller *who)
{
	struct xcap_call *call = CONTAINER_OF(who, struct xcap_call, who);
	if (xcap_call_is_gone(call))
		return;
	if (who->kind == CALLER_REFUSED) {
		refuse_caller(call, who->status, who->sentence);
		return;
	}
	call->outcome.status = read_target(call);
	/* Which applications there are is told before anybody has logged in. */
	bool is_open = call->outcome.status == 0 && target_is_made(&call->target) && is_read(call->request);
	if (who->kind == CALLER_NOBODY && !is_open)
		refuse_caller(call, 401, "The request needs the account's password");
	else if (call->outcome.status != 0)
		xcap_answer_outcome(call);
	else if (is_open)
		serve(call);
	else if (who->kind == CALLER_TOKEN)
		serve_token(call);
	else
		serve_account(call);
}

static void on_gone(struct http_request *request)
{
	struct xcap_call *call = request->state;
	call->request = NULL;
	call->who.request = NULL;
}

static void handle(void *arg, struct http_request *request)
{
	struct xcap *xcap = arg;
	struct xcap_call *call = calloc(1, sizeof *call);
	if (!call) {
		http_answer(request, &(struct http_answer){.status = 503, .headers = SLICE("Retry-After: 5\r\n")});
		return;
	}
	call->xcap = xcap;
	call->request = request;
	arena_init(&call->arena, NULL, ARENA_BYTES);
	list_append(&xcap->calls, &call->link);
	request->state = call;
	request->on_gone = on_gone;
	if (is_read(request) || request->method == HTTP_PUT || request->method == HTTP_DELETE)
		http_caller_find(xcap->parts.callers, &call->who, request, on_caller);
	else
		xcap_refuse_method(call, "GET, HEAD, PUT, DELETE");
}

/* --- life --------------------------------------------------------------------------------------------------------- */

/* RFC 4825 §12. Its entity-tag changes with the program only. */
static int make_capabilities(struct xcap *xcap)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	struct document *document = &xcap->made_document;
	application_write_capabilities(&xcap->made);
	if (buffer_failed(&xcap->made) ||
	    EVP_Digest(xcap->made.data, xcap->made.length, hash, NULL, EVP_sha256(), NULL) != 1)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < 8; i++)
		(void)snprintf(document->etag + 2 * i, 3, "%02x", hash[i]);
	document->application = SLICE("xcap-caps");
	document->name = SLICE("index");
	document->body = buffer_slice(&xcap->made);
	return 0;
}

struct xcap *xcap_create(const struct xcap_parts *parts, const struct xml_limits *limits)
{
	struct xcap *xcap = calloc(1, sizeof *xcap);
	if (!xcap)
		return NULL;
	xcap->parts = *parts;
	xcap->limits = *limits;
	list_init(&xcap->calls);
	buffer_init(&xcap->made, limits->bytes + READ_FACTOR * 4096);
	struct http_route route = {
		.prefix = XCAP_ROOT, .handle = handle, .arg = xcap, .body_bytes = READ_FACTOR * limits->bytes};
	if (make_capabilities(xcap) < 0 || http_add_route(parts->transport, &route) < 0) {
		xcap_destroy(xcap);
		return NULL;
	}
	return xcap;
}

void xcap_destroy(struct xcap *xcap)
{
	if (!xcap)
		return;
	while (!list_is_empty(&xcap->calls))
		xcap_call_destroy(CONTAINER_OF(xcap->calls.next, struct xcap_call, link));
	buffer_finish(&xcap->made);
	free(xcap);
}

void xcap_set_limits(struct xcap *xcap, const struct xml_limits *limits)
{
	xcap->limits = *limits;
}
