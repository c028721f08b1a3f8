/* The questions, each one function that answers the request and returns false where it says no.
 * SPDX-License-Identifier: MIT */
#include "core/dispatch.h"

#include "base/error.h"
#include "core/loop_detection.h"
#include "core/server_options.h"

#include <stdlib.h>

struct dispatch {
	const struct domain *domain;
	struct accounts *accounts;
	struct authentication *authentication;
	const struct trust *trust;
	struct log *log;
	const struct transport *transport;
	struct method_handler handlers[SIP_METHOD_COUNT];
	unsigned handler_count;
	struct dispatch_counters counters;
};

typedef bool question_fn(struct dispatch *dispatch, struct request *request);

struct dispatch *dispatch_create(const struct domain *domain, struct accounts *accounts,
				 struct authentication *authentication, const struct trust *trust, struct log *log,
				 const struct transport *transport)
{
	struct dispatch *dispatch = calloc(1, sizeof *dispatch);
	if (!dispatch)
		return NULL;
	dispatch->domain = domain;
	dispatch->accounts = accounts;
	dispatch->authentication = authentication;
	dispatch->trust = trust;
	dispatch->log = log;
	dispatch->transport = transport;
	return dispatch;
}

void dispatch_destroy(struct dispatch *dispatch)
{
	free(dispatch);
}

int dispatch_add(struct dispatch *dispatch, const struct method_handler *handler)
{
	if (dispatch->handler_count == ARRAY_SIZE(dispatch->handlers))
		return ERR_LIMIT;
	dispatch->handlers[dispatch->handler_count++] = *handler;
	return 0;
}

static const struct method_handler *find_handler(const struct dispatch *dispatch, enum sip_method method)
{
	for (unsigned i = 0; i < dispatch->handler_count; i++)
		if (dispatch->handlers[i].method == method)
			return &dispatch->handlers[i];
	return NULL;
}

void dispatch_write_allow(const struct dispatch *dispatch, struct buffer *headers)
{
	buffer_text(headers, "Allow: ");
	for (unsigned i = 0; i < dispatch->handler_count; i++) {
		if (i > 0)
			buffer_text(headers, ", ");
		buffer_append(headers, sip_method_text(dispatch->handlers[i].method));
	}
	buffer_text(headers, "\r\n");
}

/* RFC 3261 §8.2.1: a method that we know but do not serve is 405, one that nobody told us of 501; both with Allow. */
static bool method_is_served(struct dispatch *dispatch, struct request *request)
{
	enum sip_method method = request->message.method;
	if (method == SIP_CANCEL) {
		/* RFC 3261 §9.2: an INVITE that has its final answer is not cancelled any more, which is a 200. */
		struct request *invite;
		if (request_find_cancelled(request, &invite))
			request_reply(request, SIP_OK, NULL);
		else
			request_refuse(request, SIP_NO_TRANSACTION, "There is no such INVITE to cancel");
		return false;
	}
	if (find_handler(dispatch, method))
		return true;
	struct buffer headers;
	buffer_init(&headers, 1024);
	dispatch_write_allow(dispatch, &headers);
	request_refuse_with(request, method == SIP_METHOD_OTHER ? SIP_NOT_IMPLEMENTED : SIP_METHOD_NOT_ALLOWED,
			    buffer_slice(&headers), "This server does not serve %.*s",
			    SLICE_ARGS(request->message.method_text));
	buffer_finish(&headers);
	return false;
}

/* RFC 3261 §8.2.2.1 */
static bool scheme_is_known(struct dispatch *dispatch, struct request *request)
{
	(void)dispatch;
	const struct sip_uri *uri = sip_message_request_uri(&request->message);
	if (!uri) {
		request_refuse(request, SIP_BAD_REQUEST, "The Request-URI cannot be read");
		return false;
	}
	if (uri->scheme == URI_OTHER || uri->scheme == URI_TEL) {
		request_refuse(request, SIP_UNSUPPORTED_URI_SCHEME, "The scheme %.*s is not served here",
			       SLICE_ARGS(uri->scheme_name));
		return false;
	}
	return true;
}

/* Route values that name us were put there by ourselves or by a client's configuration (RFC 3261 §16.4); we relay to
 * nobody else's servers. */
static bool routes_end_here(struct dispatch *dispatch, struct request *request)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	while (sip_message_each(&request->message, SIP_HEADER_ROUTE, &cursor, &element)) {
		struct sip_name_address route;
		if (sip_name_address_parse(element, &route) != 0) {
			request_refuse(request, SIP_BAD_REQUEST, "A Route header cannot be read");
			return false;
		}
		if (!domain_is_local(dispatch->domain, route.uri.host, route.uri.port)) {
			request_refuse(request, SIP_FORBIDDEN, "This server does not relay to %.*s",
				       SLICE_ARGS(route.uri.host));
			return false;
		}
		request->own_routes++;
	}
	return true;
}

static bool target_is_ours(struct dispatch *dispatch, struct request *request)
{
	const struct sip_uri *uri = sip_message_request_uri(&request->message);
	if (domain_is_local(dispatch->domain, uri->host, uri->port))
		return true;
	request_refuse(request, SIP_FORBIDDEN, "This server does not relay to %.*s", SLICE_ARGS(uri->host));
	return false;
}

/* RFC 3261 §16.3 step 3. A request that ends here may come with 0: nobody forwards REGISTER and OPTIONS to the domain.
 */
static bool hops_are_left(struct dispatch *dispatch, struct request *request)
{
	(void)dispatch;
	struct slice text = sip_message_value(&request->message, SIP_HEADER_MAX_FORWARDS);
	uint64_t hops;
	if (!slice_to_number(text, 255, &hops) || hops > 0 || request->message.method == SIP_REGISTER)
		return true;
	if (request->message.method == SIP_OPTIONS && !sip_message_request_uri(&request->message)->has_user)
		return true;
	request_refuse(request, SIP_TOO_MANY_HOPS, "Max-Forwards is 0");
	return false;
}

/* RFC 3261 §16.3 step 4 */
static bool is_no_loop(struct dispatch *dispatch, struct request *request)
{
	if (!loop_detected(&request->message, dispatch->transport))
		return true;
	request_refuse(request, SIP_LOOP_DETECTED, "This server has forwarded this request before");
	return false;
}

/* RFC 3261 §8.2.2.3, §16.3 step 5: what the sender insists on and we cannot do is named in Unsupported. */
static bool extensions_are_supported(struct dispatch *dispatch, struct request *request)
{
	(void)dispatch;
	static const enum sip_header_id demands[] = {SIP_HEADER_REQUIRE, SIP_HEADER_PROXY_REQUIRE};
	struct buffer unsupported;
	buffer_init(&unsupported, 4096);
	for (size_t i = 0; i < ARRAY_SIZE(demands); i++) {
		struct sip_list_cursor cursor = {0};
		struct slice tag;
		while (sip_message_each(&request->message, demands[i], &cursor, &tag)) {
			if (server_supports(tag))
				continue;
			buffer_text(&unsupported, unsupported.length ? ", " : "Unsupported: ");
			buffer_append(&unsupported, tag);
		}
	}
	bool supported = unsupported.length == 0 && !buffer_failed(&unsupported);
	if (!supported) {
		buffer_text(&unsupported, "\r\n");
		request_refuse_with(request, SIP_BAD_EXTENSION,
				    buffer_failed(&unsupported) ? (struct slice){0} : buffer_slice(&unsupported),
				    "An extension that the request insists on is not supported");
	}
	buffer_finish(&unsupported);
	return supported;
}

/* The order is that of RFC 3261 §8.2 and §16.3, the cheap and the final before what costs. */
static question_fn *const questions[] = {
	method_is_served, scheme_is_known, routes_end_here,          target_is_ours,
	hops_are_left,    is_no_loop,      extensions_are_supported,
};

/* From here on retransmissions end at the transaction. False where there is nothing more to do. */
static bool begin(struct request *request)
{
	int result = request_begin(request);
	if (result == ERR_EXISTS) /* it has been served as another one */
		request_drop(request);
	else if (result != 0)
		request_refuse_with(request, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
				    "Too many transactions: %s", error_text(result));
	return result == 0;
}

static void let_in(struct dispatch *dispatch, struct request *request)
{
	const struct method_handler *handler = find_handler(dispatch, request->message.method);
	if (!begin(request))
		return;
	unsigned status = handler->handle(handler->arg, request);
	if (status != SIP_LATER)
		request_reply(request, status, NULL);
}

static bool names_sender(struct dispatch *dispatch, struct request *request, const struct sip_name_address *claimed)
{
	struct slice user;
	return domain_user(dispatch->domain, &request->arena, &claimed->uri, &user) == 0 &&
	       slice_equal(user, account_user(request->sender));
}

/* Promise 5: nobody is someone else. From names the sender, and To the owner of a REGISTER (RFC 3261 §10.3 step 3;
 * nobody registers for somebody else here). */
static bool is_himself(struct dispatch *dispatch, struct request *request)
{
	const char *wrong = NULL;
	if (!names_sender(dispatch, request, sip_message_from(&request->message)))
		wrong = "From";
	else if (request->message.method == SIP_REGISTER &&
		 !names_sender(dispatch, request, sip_message_to(&request->message)))
		wrong = "To";
	if (!wrong)
		return true;
	dispatch->counters.refused++;
	request_refuse(request, SIP_FORBIDDEN, "%s is not the authenticated user %.*s", wrong,
		       SLICE_ARGS(account_user(request->sender)));
	return false;
}

static void authenticate(struct dispatch *dispatch, struct request *request,
			 const struct digest_credentials *credentials, struct account *account)
{
	if (!authentication_accept(dispatch->authentication, request, credentials, account))
		return;
	request->sender = account;
	/* A copy: the log may want it when the account is forgotten. Without memory it goes without. */
	if (arena_copy(&request->arena, account_user(account), &request->sender_name) != 0)
		request->sender_name = SLICE("");
	request->is_trusted = find_handler(dispatch, request->message.method)->admission == OR_BY_ITS_ADDRESS &&
			      trust_has_account(dispatch->trust, account_user(account));
	if (request->is_trusted || is_himself(dispatch, request))
		let_in(dispatch, request);
}

struct pending_sender {
	struct dispatch *dispatch;
	struct request *request;
	struct digest_credentials credentials;
};

static void on_sender_loaded(void *arg, int result, struct account *account)
{
	struct pending_sender *pending = arg;
	if (result == 0 || result == ERR_NOT_FOUND)
		authenticate(pending->dispatch, pending->request, &pending->credentials, account);
	else
		request_refuse_with(pending->request, SIP_SERVICE_UNAVAILABLE, SLICE("Retry-After: 5\r\n"),
				    "The account cannot be looked up: %s", error_text(result));
}

static void find_sender(struct dispatch *dispatch, struct request *request)
{
	struct digest_credentials credentials;
	if (!authentication_credentials(dispatch->authentication, &request->message, &credentials)) {
		authentication_challenge(dispatch->authentication, request, false);
		return;
	}
	if (!authentication_admits(dispatch->authentication, request, &credentials))
		return;
	struct account *account = accounts_find(dispatch->accounts, credentials.username);
	if (account) {
		authenticate(dispatch, request, &credentials, account);
		return;
	}
	/* A retransmission that was looked up as well would find its nonce count used, and be challenged. */
	if (!begin(request))
		return;
	struct pending_sender *pending = arena_allocate(&request->arena, sizeof *pending);
	if (!pending) {
		request_refuse(request, SIP_INTERNAL_ERROR, "%s", error_text(ERR_NO_MEMORY));
		return;
	}
	*pending = (struct pending_sender){dispatch, request, credentials};
	accounts_load(dispatch->accounts, credentials.username, on_sender_loaded, pending);
}

/* A stranger's request that anybody may ask: answered without a transaction, so that forged ones cost no memory
 * (RFC 3261 §8.2.7). */
static void answer_anybody(const struct method_handler *handler, struct request *request)
{
	unsigned status = handler->handle(handler->arg, request);
	if (status != SIP_LATER)
		request_reply(request, status, NULL);
}

static void admit(struct dispatch *dispatch, struct request *request)
{
	const struct method_handler *handler = find_handler(dispatch, request->message.method);
	enum acquaintance acquaintance = handler->is_known ? handler->is_known(handler->arg, request) : STRANGER;
	if (acquaintance == TURNED_AWAY)
		return;
	request->is_trusted = acquaintance == STRANGER && handler->admission == OR_BY_ITS_ADDRESS &&
			      trust_has_address(dispatch->trust, &request->flow.peer);
	if (handler->admission == ANYBODY)
		answer_anybody(handler, request);
	else if (acquaintance == KNOWN || request->is_trusted)
		let_in(dispatch, request);
	else
		find_sender(dispatch, request);
}

void dispatch_request(void *arg, struct request *request)
{
	struct dispatch *dispatch = arg;
	if (request->message.method == SIP_ACK) { /* for a 2xx that we never gave (RFC 3261 §8.2.7) */
		request_drop(request);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		if (!questions[i](dispatch, request)) {
			dispatch->counters.refused++;
			return;
		}
	}
	admit(dispatch, request);
}

const struct dispatch_counters *dispatch_counters(const struct dispatch *dispatch)
{
	return &dispatch->counters;
}
