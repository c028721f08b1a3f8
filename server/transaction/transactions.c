/* The transactions of one node: where messages come in, and what belongs to all of them.
 *
 * A request is copied into its own arena, parsed, and matched: a retransmission ends at its transaction, what is left
 * goes to on_request. A response is read where it lies and goes to the client transaction that waits for it.
 * SPDX-License-Identifier: MIT */
#include "transaction/transactions.h"

#include "base/error.h"
#include "transaction/client_transaction_state.h"
#include "transaction/response.h"
#include "transaction/server_transaction.h"
#include "transaction/transactions_state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* What a request's handler may use of its arena beside the message: a body that is put together from what was there and
 * what came may be as large as the configuration allows any to be, a megabyte. */
#define HANDLER_BYTES ((size_t)1280 << 10)
#define KEPT_ARENA_CHUNKS 256

struct transaction_key transaction_key(const struct transactions *transactions, const struct slice *parts, size_t count)
{
	uint64_t hash[2];
	table_hash_parts(&transactions->servers, parts, count, hash);
	return (struct transaction_key){.first = hash[0], .second = hash[1]};
}

bool transactions_are_full(const struct transactions *transactions)
{
	const struct transaction_counters *counters = &transactions->counters;
	return transactions->closing ||
	       counters->server_transactions + counters->client_transactions >= transactions->options.most;
}

char *transactions_copy(struct slice bytes)
{
	char *copy = malloc(bytes.length > 0 ? bytes.length : 1);
	if (copy && bytes.length > 0)
		memcpy(copy, bytes.at, bytes.length);
	return copy;
}

static bool init_tables(struct transactions *transactions)
{
	return table_init(&transactions->servers) == 0 && table_init(&transactions->clients) == 0 &&
	       table_init(&transactions->merges) == 0;
}

static void finish_tables(struct transactions *transactions)
{
	table_finish(&transactions->servers);
	table_finish(&transactions->clients);
	table_finish(&transactions->merges);
}

struct transactions *transactions_create(struct timers *timers, struct log *log,
					 const struct transactions_options *options,
					 const struct transaction_sender *sender, transactions_request_fn *on_request,
					 void *arg)
{
	struct slice name = options->server_name;
	struct transactions *transactions = calloc(1, sizeof(*transactions) + name.length);
	if (!transactions)
		return NULL;
	transactions->timers = timers;
	transactions->log = log;
	transactions->options = *options;
	if (name.length > 0)
		memcpy(transactions->server_name, name.at, name.length);
	transactions->options.server_name = slice_of(transactions->server_name, name.length);
	transactions->sender = *sender;
	transactions->on_request = on_request;
	transactions->arg = arg;
	transactions->malformed_rate = (struct log_rate){.burst = 10, .interval_ms = 1000};
	transactions->undelivered_rate = (struct log_rate){.burst = 10, .interval_ms = 1000};
	transactions->refused_rate = (struct log_rate){.burst = 100, .interval_ms = 20};
	for (size_t i = 0; i < CONNECTION_BUCKETS; i++)
		list_init(&transactions->clients_by_connection[i]);
	list_init(&transactions->unanswered);
	list_init(&transactions->ended);
	arena_pool_init(&transactions->arenas, KEPT_ARENA_CHUNKS);
	buffer_init(&transactions->scratch, WRITTEN_BYTES_MOST);
	buffer_init(&transactions->lines, WRITTEN_BYTES_MOST);
	if (!init_tables(transactions)) {
		finish_tables(transactions);
		free(transactions);
		return NULL;
	}
	return transactions;
}

static void free_requests(struct list_link *requests)
{
	struct list_link *link;
	while ((link = list_take_first(requests)) != NULL) {
		/* The request lies in the arena: taken out before it goes. */
		struct arena arena = CONTAINER_OF(link, struct incoming, link)->request.arena;
		arena_finish(&arena);
	}
}

void transactions_destroy(struct transactions *transactions)
{
	if (!transactions)
		return;
	transactions->closing = true; /* nothing begins any more, whatever on_done does */
	client_transactions_finish(transactions);
	server_transactions_finish(transactions);
	free_requests(&transactions->unanswered);
	free_requests(&transactions->ended);
	finish_tables(transactions);
	buffer_finish(&transactions->scratch);
	buffer_finish(&transactions->lines);
	arena_pool_finish(&transactions->arenas);
	free(transactions);
}

/* RFC 3261 §8.2.2.2 compares From tag, Call-ID and CSeq. We are a proxy too, and for a proxy the same request with
 * another Request-URI is a spiral, which is no error (§16.3 step 4): so the Request-URI belongs to the key. */
static struct transaction_key merge_key(const struct transactions *transactions, struct sip_message *message)
{
	const struct slice parts[] = {
		SLICE("merge"),
		sip_tag(sip_message_from(message)),
		sip_message_call_id(message),
		sip_message_value(message, SIP_HEADER_CSEQ),
		message->request_uri_text,
	};
	return transaction_key(transactions, parts, ARRAY_SIZE(parts));
}

static void make_merge_key(struct request *request)
{
	struct sip_message *message = &request->message;
	struct incoming *incoming = incoming_of(request);
	incoming->may_be_merged = message->method != SIP_ACK && message->method != SIP_CANCEL &&
				  slice_is_empty(sip_tag(sip_message_to(message)));
	if (incoming->may_be_merged)
		incoming->merge_key = merge_key(request->transactions, message);
}

static bool has_merge_key(const struct table_link *link, const void *key)
{
	const struct transaction_key *wanted = key;
	return link->hash == wanted->first &&
	       CONTAINER_OF(link, struct incoming, merge_link)->merge_key.second == wanted->second;
}

bool transactions_know_merge(struct request *request)
{
	const struct incoming *incoming = incoming_of(request);
	const struct transaction_key *key = &incoming->merge_key;
	return incoming->may_be_merged &&
	       table_find(&request->transactions->merges, key->first, has_merge_key, key) != NULL;
}

void transactions_remember_merge(struct request *request)
{
	struct incoming *incoming = incoming_of(request);
	if (!incoming->may_be_merged)
		return;
	incoming->is_merge_known = true;
	table_insert(&request->transactions->merges, &incoming->merge_link, incoming->merge_key.first);
}

void transactions_end_request(struct request *request)
{
	struct transactions *transactions = request->transactions;
	struct incoming *incoming = incoming_of(request);
	request->answered = true;
	request->transaction = NULL;
	if (incoming->is_merge_known)
		table_remove(&transactions->merges, &incoming->merge_link);
	incoming->is_merge_known = false;
	list_remove(&incoming->link);
	list_append(&transactions->ended, &incoming->link);
}

/* The request in its own arena, with a copy of its bytes; NULL where memory is exhausted. */
static struct request *create_request(struct transactions *transactions, const struct flow *flow, struct slice received,
				      struct slice *bytes)
{
	struct arena arena;
	arena_init(&arena, &transactions->arenas, 2 * received.length + HANDLER_BYTES);
	struct incoming *incoming = arena_allocate_zeroed(&arena, 1, sizeof(*incoming));
	if (!incoming || arena_copy(&arena, received, bytes) != 0) {
		arena_finish(&arena);
		return NULL;
	}
	struct request *request = &incoming->request;
	request->flow = *flow;
	request->arena = arena;
	request->transactions = transactions;
	request->received_at_ms = timers_now(transactions->timers);
	list_append(&transactions->unanswered, &incoming->link);
	return request;
}

static void log_malformed(struct transactions *transactions, const struct flow *flow, const char *what,
			  const char *reason)
{
	char text[FLOW_TEXT_SIZE];
	struct log_context context = {.flow = flow_write(flow, text)};
	log_event_limited(transactions->log, &transactions->malformed_rate, timers_now(transactions->timers), LOG_INFO,
			  what, &context, "%s", reason);
}

/* What the sender finds its request by is in Via and CSeq; the rest is copied as it stands, however bad it is
 * (RFC 3261 §8.2.6.2). No answer to an ACK, ever (§17.1). */
static bool is_answerable(struct sip_message *message)
{
	const struct sip_cseq *cseq = sip_message_cseq(message);
	return message->is_request && message->method != SIP_ACK && sip_message_via(message) &&
	       sip_message_header(message, SIP_HEADER_CSEQ) && !(cseq && cseq->method == SIP_ACK);
}

/* Refused where the sender can be told, else dropped. */
static void receive_malformed(struct request *request, const struct sip_parse_error *error)
{
	struct transactions *transactions = request->transactions;
	const char *reason = error->reason ? error->reason : "The message cannot be read";
	unsigned status = error->status >= 300 ? error->status : SIP_BAD_REQUEST;
	transactions->counters.malformed_requests++;
	log_malformed(transactions, &request->flow, "request_malformed", reason);
	if (is_answerable(&request->message)) {
		response_make_to_tag(request);
		if (error->most > 0)
			request_refuse(request, status, "%s: at most %zu", reason, error->most);
		else
			request_refuse(request, status, "%s", reason);
	} else {
		transactions_end_request(request);
	}
}

/* True where a transaction has taken it. */
static bool receive_known(struct request *request)
{
	struct transactions *transactions = request->transactions;
	bool is_ack = request->message.method == SIP_ACK;
	struct slice method = is_ack ? sip_method_text(SIP_INVITE) : request->message.method_text;
	struct transaction_key *key = &incoming_of(request)->key;
	*key = server_transaction_key(transactions, &request->message, method);
	struct server_transaction *transaction = server_transaction_find(transactions, key);
	if (!transaction || (is_ack && !server_transaction_acknowledge(transaction)))
		return false;
	if (is_ack) {
		transactions->counters.requests[SIP_ACK]++;
	} else {
		transactions->counters.request_retransmissions++;
		server_transaction_repeat(transaction);
	}
	transactions_end_request(request);
	return true;
}

static void receive_request(struct request *request)
{
	struct transactions *transactions = request->transactions;
	if (receive_known(request))
		return;
	transactions->counters.requests[request->message.method]++;
	response_make_to_tag(request);
	make_merge_key(request);
	if (transactions_know_merge(request)) { /* RFC 3261 §8.2.2.2 */
		request_refuse(request, SIP_LOOP_DETECTED, "The same request came by another way already");
		return;
	}
	transactions->on_request(transactions->arg, request);
}

static void receive_request_bytes(struct transactions *transactions, const struct flow *flow, struct slice received)
{
	struct slice bytes;
	struct request *request = create_request(transactions, flow, received, &bytes);
	if (!request) {
		log_malformed(transactions, flow, "request_dropped", error_text(ERR_NO_MEMORY));
		return;
	}
	struct sip_parse_error error = {0};
	int result =
		sip_message_parse(&request->message, &request->arena, bytes, &transactions->options.limits, &error);
	if (result == 0)
		result = sip_message_check(&request->message, &error);
	if (result == ERR_NO_MEMORY) {
		log_malformed(transactions, flow, "request_dropped", error_text(result));
		transactions_end_request(request);
	} else if (result != 0) {
		receive_malformed(request, &error);
	} else {
		receive_request(request);
	}
}

static void receive_response_bytes(struct transactions *transactions, const struct flow *flow, struct slice received)
{
	struct sip_message response;
	struct sip_parse_error error = {0};
	struct arena arena;
	arena_init(&arena, &transactions->arenas, 2 * received.length + HANDLER_BYTES);
	int result = sip_message_parse(&response, &arena, received, &transactions->options.limits, &error);
	if (result == 0)
		result = sip_message_check(&response, &error);
	if (result == 0) {
		client_transactions_receive(transactions, &response);
	} else {
		transactions->counters.malformed_responses++;
		log_malformed(transactions, flow, "response_malformed",
			      error.reason ? error.reason : error_text(result));
	}
	arena_finish(&arena);
}

void transactions_receive(struct transactions *transactions, const struct flow *flow, struct slice bytes)
{
	if (slice_starts_with(bytes, SLICE("SIP/")))
		receive_response_bytes(transactions, flow, bytes);
	else
		receive_request_bytes(transactions, flow, bytes);
}

void transactions_receive_too_large(struct transactions *transactions, const struct flow *flow, struct slice headers)
{
	struct slice bytes;
	struct sip_parse_error ignored;
	struct request *request =
		slice_starts_with(headers, SLICE("SIP/")) ? NULL : create_request(transactions, flow, headers, &bytes);
	if (!request)
		return;
	/* Of course the body is missing. */
	int result =
		sip_message_parse(&request->message, &request->arena, bytes, &transactions->options.limits, &ignored);
	struct sip_parse_error error = {.status = SIP_ENTITY_TOO_LARGE,
					.reason = "The message has more bytes than this server accepts",
					.most = transactions->options.limits.message_bytes};
	if (result == ERR_NO_MEMORY)
		transactions_end_request(request);
	else
		receive_malformed(request, &error);
}

void transactions_end_turn(struct transactions *transactions)
{
	free_requests(&transactions->ended);
}

bool transactions_are_idle(const struct transactions *transactions)
{
	return list_is_empty(&transactions->unanswered);
}

const struct transaction_counters *transactions_counters(const struct transactions *transactions)
{
	return &transactions->counters;
}

void transactions_describe(const struct transactions *transactions, struct buffer *buffer)
{
	const struct transaction_counters *counters = &transactions->counters;
	static const struct {
		const char *name;
		size_t offset;
	} rows[] = {
		{"request_retransmissions", offsetof(struct transaction_counters, request_retransmissions)},
		{"response_retransmissions", offsetof(struct transaction_counters, response_retransmissions)},
		{"stray_responses", offsetof(struct transaction_counters, stray_responses)},
		{"malformed_requests", offsetof(struct transaction_counters, malformed_requests)},
		{"malformed_responses", offsetof(struct transaction_counters, malformed_responses)},
		{"client_timeouts", offsetof(struct transaction_counters, client_timeouts)},
	};
	for (unsigned method = 0; method < SIP_METHOD_COUNT; method++) {
		struct slice text =
			method == SIP_METHOD_OTHER ? SLICE("other") : sip_method_text((enum sip_method)method);
		if (counters->requests[method] > 0)
			buffer_format(buffer, "requests_%.*s %" PRIu64 "\n", SLICE_ARGS(text),
				      counters->requests[method]);
	}
	for (unsigned class = 1; class < ARRAY_SIZE(counters->responses_sent); class ++)
		buffer_format(buffer, "responses_sent_%uxx %" PRIu64 "\n", class, counters->responses_sent[class]);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t *value = (const uint64_t *)(const void *)((const char *)counters + rows[i].offset);
		buffer_format(buffer, "%s %" PRIu64 "\n", rows[i].name, *value);
	}
	buffer_format(buffer, "server_transactions %u\n", counters->server_transactions);
	buffer_format(buffer, "client_transactions %u\n", counters->client_transactions);
}
