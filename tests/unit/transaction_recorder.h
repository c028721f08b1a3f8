/* What stands in for the transport in the tests of server/transaction: it records what is sent, hands out connections,
 * and fails when told to; and it plays the handler and the owner of client transactions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"
#include "test.h"
#include "transaction/client_transaction.h"
#include "transaction/request.h"
#include "transaction/transactions.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDED_MOST 64
#define RECORDED_BYTES 3000

struct recorded {
	struct flow flow;
	int64_t at_ms;
	size_t length;
	char bytes[RECORDED_BYTES];
};

struct recorder {
	struct timers *timers;
	struct transactions *transactions;
	/* what the sender does */
	int results[TRANSPORT_KIND_COUNT]; /* of sending over each transport */
	int open_result;
	uint64_t closed_connection; /* sending there gives ERR_CLOSED */
	struct address opened_peer;
	uint64_t opened;
	/* what came of it */
	struct recorded *sent;
	unsigned sent_count;
	struct request *requests[RECORDED_MOST]; /* as the handler got them */
	unsigned request_count;
	bool begins; /* the handler calls request_begin at once */
	int begin_result;
	unsigned done_count, provisional_count, done_status;
	int done_result;
	void (*in_done)(struct recorder *recorder); /* what the owner does then; may be NULL */
};

static inline int recorder_send(void *arg, const struct flow *flow, struct slice bytes)
{
	struct recorder *recorder = arg;
	if (flow->connection != 0 && flow->connection == recorder->closed_connection)
		return ERR_CLOSED;
	if (recorder->results[flow->transport] != 0)
		return recorder->results[flow->transport];
	if (recorder->sent_count == RECORDED_MOST || bytes.length > RECORDED_BYTES)
		return 0;
	struct recorded *sent = &recorder->sent[recorder->sent_count++];
	sent->flow = *flow;
	sent->at_ms = timers_now(recorder->timers);
	sent->length = bytes.length;
	memcpy(sent->bytes, bytes.at, bytes.length);
	return 0;
}

static inline struct slice recorder_sent_by(void *arg, const struct flow *flow, char text[ADDRESS_TEXT_SIZE + 256])
{
	(void)arg;
	int length = snprintf(text, ADDRESS_TEXT_SIZE, "node.example.test:%d",
			      flow->transport == TRANSPORT_UDP ? 5060 : 5070);
	return slice_of(text, (size_t)length);
}

static inline int recorder_open(void *arg, enum transport_kind kind, const struct address *peer, struct flow *flow)
{
	struct recorder *recorder = arg;
	if (recorder->open_result != 0)
		return recorder->open_result;
	recorder->opened++;
	recorder->opened_peer = *peer;
	*flow = (struct flow){.peer = *peer, .connection = 1000 + recorder->opened, .transport = (uint8_t)kind};
	return 0;
}

static inline void recorder_on_request(void *arg, struct request *request)
{
	struct recorder *recorder = arg;
	if (recorder->request_count == RECORDED_MOST)
		return;
	recorder->requests[recorder->request_count++] = request;
	if (recorder->begins)
		recorder->begin_result = request_begin(request);
}

static inline void recorder_on_done(void *arg, int result, struct sip_message *response)
{
	struct recorder *recorder = arg;
	recorder->done_count++;
	recorder->done_result = result;
	recorder->done_status = response ? response->status : 0;
	if (recorder->in_done)
		recorder->in_done(recorder);
}

static inline void recorder_on_provisional(void *arg, struct sip_message *response)
{
	(void)response;
	((struct recorder *)arg)->provisional_count++;
}

/* False where memory is exhausted. */
static inline bool recorder_init(struct recorder *recorder)
{
	*recorder = (struct recorder){.begins = true};
	const struct transactions_options options = {
		.timing = {500, 4000, 5000},
		.limits = {65535, 16384, 65535, 100},
		.most = 8,
		.server_name = SLICE("Heliograph"),
	};
	const struct transaction_sender sender = {recorder_send, recorder_sent_by, recorder_open, recorder};
	recorder->sent = calloc(RECORDED_MOST, sizeof(*recorder->sent));
	recorder->timers = timers_create(1000000);
	if (recorder->timers)
		recorder->transactions =
			transactions_create(recorder->timers, NULL, &options, &sender, recorder_on_request, recorder);
	return recorder->sent && recorder->transactions;
}

static inline void recorder_finish(struct recorder *recorder)
{
	transactions_destroy(recorder->transactions);
	timers_destroy(recorder->timers);
	free(recorder->sent);
}

/* Time passes, a millisecond at a time, so that what timers start counts from the right moment. */
static inline void recorder_pass(struct recorder *recorder, int64_t ms)
{
	while (ms-- > 0) {
		timers_run(recorder->timers, timers_now(recorder->timers) + 1);
		transactions_end_turn(recorder->transactions);
	}
}

static inline struct flow recorder_flow(enum transport_kind kind)
{
	struct flow flow = {.transport = (uint8_t)kind, .connection = kind == TRANSPORT_UDP ? 0 : 7};
	(void)address_parse_ip(SLICE("192.0.2.4"), 40000, &flow.peer);
	return flow;
}

static inline void recorder_receive(struct recorder *recorder, enum transport_kind kind, const char *text)
{
	struct flow flow = recorder_flow(kind);
	/* On the heap and of exact size, as the transport's bytes: dead after the call. */
	struct slice bytes = slice_text(text);
	char *copy = malloc(bytes.length + 1);
	if (!copy)
		return;
	memcpy(copy, bytes.at, bytes.length);
	transactions_receive(recorder->transactions, &flow, slice_of(copy, bytes.length));
	free(copy);
}

static inline void recorder_receive_format(struct recorder *recorder, enum transport_kind kind, const char *format, ...)
	PRINTF_LIKE(3, 4);
static inline void recorder_receive_format(struct recorder *recorder, enum transport_kind kind, const char *format, ...)
{
	char text[RECORDED_BYTES];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length > 0)
		recorder_receive(recorder, kind, text);
}

static inline struct slice recorder_sent(const struct recorder *recorder, unsigned index)
{
	if (index >= recorder->sent_count)
		return SLICE("");
	return slice_of(recorder->sent[index].bytes, recorder->sent[index].length);
}

/* True where message `index` was sent and holds `text`. */
static inline bool recorder_said(const struct recorder *recorder, unsigned index, const char *text)
{
	struct slice sent = recorder_sent(recorder, index);
	return sent.length > 0 && memmem(sent.at, sent.length, text, strlen(text)) != NULL;
}

/* When message `index` was sent, in ms after `since_ms`; -1: it was not. */
static inline int64_t recorder_sent_after(const struct recorder *recorder, unsigned index, int64_t since_ms)
{
	return index < recorder->sent_count ? recorder->sent[index].at_ms - since_ms : -1;
}

static inline const struct transaction_counters *recorder_counters(const struct recorder *recorder)
{
	return transactions_counters(recorder->transactions);
}

/* A request as a client writes it. */
#define REQUEST_FORMAT                                                                                                 \
	"%s sip:bob@example.test SIP/2.0\r\n"                                                                          \
	"Via: SIP/2.0/%s 192.0.2.4:5099;branch=%s%s\r\n"                                                               \
	"Max-Forwards: 70\r\nFrom: <sip:alice@example.test>;tag=a1\r\nTo: <sip:bob@example.test>\r\n"                  \
	"Call-ID: call-1\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n"

static inline void recorder_request(struct recorder *recorder, enum transport_kind kind, const char *method,
				    const char *branch)
{
	recorder_receive_format(recorder, kind, REQUEST_FORMAT, method, kind == TRANSPORT_UDP ? "UDP" : "TCP", branch,
				kind == TRANSPORT_UDP ? ";rport" : "", method);
}
