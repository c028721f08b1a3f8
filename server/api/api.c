/* The way of a request to its endpoint: path, method, caller, scope. SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/api_state.h"
#include "api/endpoints.h"
#include "api/put_body.h"
#include "base/error.h"
#include "core/bearer.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX "/api/v1/"
/* The transport refuses larger bodies before they are read; those between are refused here, with a sentence in JSON. */
#define BODY_BYTES_READ (4 * PUT_BODY_BYTES_MOST)
#define ANSWER_BYTES_MOST ((size_t)16 << 20)
#define HEADERS_MOST 2048
#define SENTENCE_SIZE 512

/* --- refusing ----------------------------------------------------------------------------------------------------- */

static void count_refusal(struct api_counters *counters, unsigned status)
{
	counters->unauthorized += status == 401;
	counters->forbidden += status == 403;
	counters->failed += status >= 500;
}

void api_refuse(struct api *api, struct http_request *request, unsigned status, struct slice sentence,
		struct slice headers)
{
	struct buffer body;
	buffer_init(&body, ANSWER_BYTES_MOST);
	struct json_writer json = {.buffer = &body};
	json_write_begin(&json, NULL, '{');
	json_write_text(&json, "error", sentence);
	json_write_number(&json, "status", status);
	json_write_end(&json, '}');
	buffer_byte(&body, '\n');
	struct http_answer answer = {.status = status,
				     .content_type = "application/json",
				     .body = buffer_failed(&body) ? SLICE("{}") : buffer_slice(&body),
				     .headers = status == 503 ? SLICE("Retry-After: 5\r\n") : headers};
	count_refusal(&api->counters, status);
	http_answer(request, &answer);
	buffer_finish(&body);
}

static bool takes_tokens(const struct api_endpoint *endpoint)
{
	return endpoint->scope[0] != '\0';
}

static unsigned schemes_of(const struct api_endpoint *endpoint)
{
	return (endpoint->is_own ? HTTP_DIGEST : 0u) | (takes_tokens(endpoint) ? HTTP_BEARER : 0u);
}

/* RFC 6750 §3: who sent no token is told that there are such, not what is wrong with his. */
static void refuse_caller(struct api_call *call, unsigned status, const char *sentence)
{
	struct buffer headers;
	buffer_init(&headers, HEADERS_MOST);
	if (status == 401)
		http_caller_write_challenges(&call->who, schemes_of(call->endpoint), &headers);
	api_refuse(call->api, call->request, buffer_failed(&headers) ? 503 : status, slice_text(sentence),
		   buffer_failed(&headers) ? SLICE("") : buffer_slice(&headers));
	buffer_finish(&headers);
	call_destroy(call);
}

static void refuse_scope(struct api_call *call)
{
	char sentence[SENTENCE_SIZE], header[SENTENCE_SIZE];
	const char *scope = call->endpoint->scope;
	(void)snprintf(sentence, sizeof sentence, "The token has no scope %s", scope);
	(void)snprintf(header, sizeof header, "WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"%s\"\r\n",
		       scope);
	api_refuse(call->api, call->request, 403, slice_text(sentence), slice_text(header));
	call_destroy(call);
}

static void refuse_method(struct api *api, struct http_request *request, const struct api_endpoint *path)
{
	struct buffer header;
	buffer_init(&header, HEADERS_MOST);
	buffer_text(&header, "Allow: ");
	endpoints_write_allow(api_endpoints, path, &header);
	buffer_text(&header, "\r\n");
	api_refuse(api, request, 405, SLICE("The method is not allowed here: Allow says which are"),
		   buffer_failed(&header) ? SLICE("") : buffer_slice(&header));
	buffer_finish(&header);
}

/* --- a call ------------------------------------------------------------------------------------------------------- */

static void on_gone(struct http_request *request)
{
	struct api_call *call = request->state;
	call->request = NULL;
	call->who.request = NULL;
}

static struct api_call *create_call(struct api *api, struct http_request *request, const struct endpoint_match *match)
{
	struct api_call *call = calloc(1, sizeof *call);
	if (!call)
		return NULL;
	call->api = api;
	call->parts = &api->parts;
	call->request = request;
	call->endpoint = match->endpoint;
	call->name = match->name;
	call->item = match->item;
	buffer_init(&call->buffer, ANSWER_BYTES_MOST);
	call->json = (struct json_writer){.buffer = &call->buffer};
	list_append(&api->calls, &call->link);
	api->counters.underway++;
	request->state = call;
	request->on_gone = on_gone;
	return call;
}

static void serve(struct api_call *call)
{
	struct slice unknown;
	if (!endpoint_knows_query(call->endpoint, call->request->query, &unknown)) {
		call_refuse(call, 400, "There is no parameter %.*s here",
			    (int)(unknown.length < 64 ? unknown.length : 64), unknown.at);
		return;
	}
	bool is_account = call->caller != NULL;
	struct slice name = is_account ? account_user(call->caller) : call->who.token_name;
	if (call->endpoint->method != HTTP_GET)
		log_event(call->parts->log, LOG_DEBUG, "api_change", NULL, "%s %.*s: %.*s %.*s",
			  is_account ? "account" : "token", SLICE_ARGS(name),
			  SLICE_ARGS(http_digest_method(call->request->method)), SLICE_ARGS(call->request->path));
	call->endpoint->handle(call);
}

/* Who comes with his password may speak of himself, at the endpoints that are meant for that. */
static void serve_account(struct api_call *call)
{
	struct slice user;
	call->caller = call->who.account;
	if (!call_read_user(call, call->name, &user))
		return;
	if (slice_equal(user, account_user(call->caller)))
		serve(call);
	else
		call_refuse(call, 403, "An account may do this for itself only");
}

/* As the account wrote it, which is more than libwebsockets has left of it (transport/http.h). Where only the slashes
 * were others, that will do. */
static void take_target(struct api_call *call)
{
	struct slice path = call->who.target.path;
	if (!slice_starts_with(path, SLICE(PREFIX)))
		return;
	struct endpoint_match match =
		endpoints_find(api_endpoints, slice_from(path, sizeof PREFIX - 1), call->request->method);
	if (match.endpoint != call->endpoint)
		return;
	call->name = match.name;
	call->item = match.item;
}

/* The names of groups may have spaces: serve_buddies.c looks whether it matters. */
static bool is_doubtful(const struct api_call *call)
{
	bool is_group = slice_ends_with(slice_text(call->endpoint->path), SLICE("{group}"));
	return http_target_is_doubtful(call->name) || (!is_group && http_target_is_doubtful(call->item));
}

static void serve_token(struct api_call *call)
{
	if (!takes_tokens(call->endpoint))
		call_refuse(call, 403, "This needs the account's password: no token may do it");
	else if (!bearer_has_scope(call->who.scopes, slice_text(call->endpoint->scope)))
		refuse_scope(call);
	else if (is_doubtful(call))
		call_refuse(call, 400,
			    "It cannot be seen whether the path has a space or '+', ';' or '&' in a name: with a token "
			    "names have no spaces, and '+' and '&' are escaped (%%2B, %%26)");
	else
		serve(call);
}

static void on_caller(struct http_caller *who)
{
	struct api_call *call = CONTAINER_OF(who, struct api_call, who);
	if (call_is_gone(call))
		return;
	switch (who->kind) {
	case CALLER_TOKEN:
		serve_token(call);
		break;
	case CALLER_ACCOUNT:
		take_target(call);
		if (call->endpoint->is_own)
			serve_account(call);
		else
			call_refuse(call, 403, "This needs a token: no account may do it");
		break;
	case CALLER_NOBODY:
		refuse_caller(call, 401,
			      !takes_tokens(call->endpoint) ? "The request needs the account's password"
			      : call->endpoint->is_own      ? "The request needs the account's password, or a token"
							    : "The request needs a token: Authorization: Bearer TOKEN");
		break;
	case CALLER_REFUSED:
		refuse_caller(call, who->status, who->sentence);
		break;
	}
}

static void handle(void *arg, struct http_request *request)
{
	struct api *api = arg;
	api->counters.requests++;
	struct endpoint_match match = endpoints_find(api_endpoints, request->rest, request->method);
	if (!match.path) {
		api_refuse(api, request, 404, SLICE("There is nothing at this path"), SLICE(""));
		return;
	}
	if (!match.endpoint) {
		refuse_method(api, request, match.path);
		return;
	}
	struct api_call *call = create_call(api, request, &match);
	if (call && !match.endpoint->scope)
		serve(call);
	else if (call)
		http_caller_find(api->parts.callers, &call->who, request, on_caller);
	else
		api_refuse(api, request, 503, SLICE("There is no memory for it now"), SLICE(""));
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct api *api_create(const struct api_parts *parts, const struct api_options *options)
{
	struct api *api = calloc(1, sizeof *api);
	if (!api)
		return NULL;
	api->parts = *parts;
	api->options = *options;
	list_init(&api->calls);
	struct http_route route = {
		.prefix = PREFIX, .handle = handle, .arg = api, .body_bytes = BODY_BYTES_READ, .speaks_json = true};
	if (http_add_route(parts->transport, &route) < 0) {
		free(api);
		return NULL;
	}
	return api;
}

void api_destroy(struct api *api)
{
	if (!api)
		return;
	while (!list_is_empty(&api->calls))
		call_destroy(CONTAINER_OF(api->calls.next, struct api_call, link));
	free(api);
}

void api_set_options(struct api *api, const struct api_options *options)
{
	api->options = *options;
}

const struct api_counters *api_counters(const struct api *api)
{
	return &api->counters;
}
