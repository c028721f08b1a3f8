/* The way of a request to its endpoint: path, method, token, scope. SPDX-License-Identifier: MIT */
#include "api/api.h"

#include "api/api_state.h"
#include "api/bearer.h"
#include "api/endpoints.h"
#include "api/put_body.h"
#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

#define PREFIX "/api/v1/"
/* The transport refuses larger bodies before they are read; those between are refused here, with a sentence in JSON. */
#define BODY_BYTES_READ (4 * PUT_BODY_BYTES_MOST)
#define ANSWER_BYTES_MOST ((size_t)16 << 20)
#define HEADERS_MOST 512
#define REFUSALS_BURST 20
#define REFUSALS_INTERVAL_MS 1000

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

/* RFC 6750 §3: who sent no token is told that there are such, not what is wrong with his. */
static void refuse_token(struct api *api, struct http_request *request, bool has_token)
{
	char peer[ADDRESS_TEXT_SIZE];
	log_event_limited(api->parts.log, &api->refusals, timers_now(api->parts.timers), LOG_WARNING, "api_refused",
			  &(struct log_context){.status = 401}, "%.*s has %s for the API",
			  SLICE_ARGS(address_write(&request->peer, peer)), has_token ? "a wrong token" : "no token");
	if (has_token)
		api_refuse(api, request, 401, SLICE("The token is unknown or has expired"),
			   SLICE("WWW-Authenticate: Bearer error=\"invalid_token\"\r\n"));
	else
		api_refuse(api, request, 401, SLICE("The request needs a token: Authorization: Bearer TOKEN"),
			   SLICE("WWW-Authenticate: Bearer\r\n"));
}

static void refuse_scope(struct api_call *call)
{
	char sentence[HEADERS_MOST], header[HEADERS_MOST];
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
	buffer_init(&call->buffer, ANSWER_BYTES_MOST);
	call->json = (struct json_writer){.buffer = &call->buffer};
	list_append(&api->calls, &call->link);
	api->counters.underway++;
	request->state = call;
	request->on_gone = on_gone;
	return call;
}

static void on_token(void *arg, int result, const struct stored_token *token)
{
	struct api_call *call = arg;
	struct slice unknown;
	if (call_is_gone(call))
		return;
	if (result == ERR_NOT_FOUND) {
		refuse_token(call->api, call->request, true);
		call_destroy(call);
	} else if (result != 0) {
		call_fail(call, result);
	} else if (!bearer_has_scope(token->scopes, slice_text(call->endpoint->scope))) {
		refuse_scope(call);
	} else if (!endpoint_knows_query(call->endpoint, call->request->query, &unknown)) {
		call_refuse(call, 400, "There is no parameter %.*s here",
			    (int)(unknown.length < 64 ? unknown.length : 64), unknown.at);
	} else {
		if (call->endpoint->method != HTTP_GET)
			log_event(call->parts->log, LOG_DEBUG, "api_change", NULL, "token %.*s: PUT %.*s",
				  SLICE_ARGS(token->name), SLICE_ARGS(call->request->path));
		call->endpoint->handle(call);
	}
}

static void handle(void *arg, struct http_request *request)
{
	struct api *api = arg;
	struct slice token;
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
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
	int result = bearer_read(request->authorization, &token);
	if (result < 0) {
		refuse_token(api, request, result == ERR_SYNTAX);
		return;
	}
	struct api_call *call = bearer_hash(token, hash) == 0 ? create_call(api, request, &match) : NULL;
	if (!call) {
		api_refuse(api, request, 503, SLICE("There is no memory for it now"), SLICE(""));
		return;
	}
	storage_load_token(api->parts.storage, hash, on_token, call);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct api *api_create(const struct api_parts *parts)
{
	struct api *api = calloc(1, sizeof *api);
	if (!api)
		return NULL;
	api->parts = *parts;
	api->refusals = (struct log_rate){.burst = REFUSALS_BURST, .interval_ms = REFUSALS_INTERVAL_MS};
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

const struct api_counters *api_counters(const struct api *api)
{
	return &api->counters;
}
