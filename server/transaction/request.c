/* The ways to answer a request. SPDX-License-Identifier: MIT */
#include "transaction/request.h"

#include "base/error.h"
#include "sip/write.h"
#include "transaction/response.h"
#include "transaction/server_transaction.h"
#include "transaction/transactions_state.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_SIZE 256
/* A reason phrase is for a phone's display. */
#define REASON_MOST 80

struct log_context request_log_context(const struct request *request, char flow_text[FLOW_TEXT_SIZE])
{
	return (struct log_context){
		.aor = request->sender_name,
		.call_id = sip_message_call_id(&request->message),
		.flow = flow_write(&request->flow, flow_text),
		.method = request->message.method_text,
	};
}

int request_begin(struct request *request)
{
	struct transactions *transactions = request->transactions;
	const struct transaction_key *key = &incoming_of(request)->key;
	if (request->transaction || request->answered || request->message.method == SIP_ACK)
		return 0;
	/* The same request may have come again while somebody was looked up for the first. */
	struct server_transaction *known = server_transaction_find(transactions, key);
	if (known) {
		transactions->counters.request_retransmissions++;
		server_transaction_repeat(known);
		return ERR_EXISTS;
	}
	if (transactions_know_merge(request)) {
		request_refuse(request, SIP_LOOP_DETECTED, "The same request came by another way already");
		return ERR_EXISTS;
	}
	if (transactions_are_full(transactions))
		return ERR_LIMIT;
	int result = server_transaction_begin(request, key);
	if (result == 0)
		transactions_remember_merge(request);
	return result;
}

bool request_find_cancelled(struct request *cancel, struct request **invite)
{
	struct transaction_key key =
		server_transaction_key(cancel->transactions, &cancel->message, sip_method_text(SIP_INVITE));
	struct server_transaction *transaction = server_transaction_find(cancel->transactions, &key);
	*invite = transaction ? transaction->request : NULL;
	return transaction != NULL;
}

/* Ends it after its final answer went out as `bytes`; empty: none did. */
static void end(struct request *request, unsigned status, const struct flow *flow, struct slice bytes)
{
	if (request->transaction)
		server_transaction_complete(request->transaction, status, flow, bytes);
	transactions_end_request(request);
}

/* The responses that a request other than INVITE must not get (RFC 4320). */
static bool is_withheld(const struct request *request, unsigned status)
{
	if (request->message.method == SIP_INVITE)
		return false;
	/* §4.2: who waits for this answer has timed out by itself, and would take it for somebody else's */
	if (status == SIP_REQUEST_TIMEOUT)
		return true;
	if (status >= 200)
		return false;
	/* §4.1: nothing provisional but 100, and over UDP not before Timer E has grown to T2 */
	const struct transactions *transactions = request->transactions;
	int64_t age_ms = timers_now(transactions->timers) - request->received_at_ms;
	return status != SIP_TRYING || (!transport_is_reliable(request->flow.transport) &&
					age_ms < server_transaction_trying_ms(&transactions->options.timing));
}

/* Takes what was written (or the failure to) on its way. */
static void send_written(struct request *request, unsigned status, int result, struct slice bytes)
{
	struct flow flow = request->flow;
	if (result == 0) {
		response_send(request, status, bytes, &flow);
	} else {
		char text[FLOW_TEXT_SIZE];
		struct log_context context = request_log_context(request, text);
		context.status = status;
		log_event(request->transactions->log, LOG_ERROR, "response_unwritten", &context, "%s",
			  error_text(result));
		bytes = SLICE("");
	}
	if (status >= 200)
		end(request, status, &flow, bytes);
	else if (request->transaction && result == 0)
		server_transaction_proceed(request->transaction, &flow, bytes);
}

/* True where there is nothing to send, and that is done. */
static bool settle_without_answer(struct request *request, unsigned status)
{
	assert(!request->answered);
	if (request->answered)
		return true;
	if (request->message.method != SIP_ACK && !is_withheld(request, status))
		return false;
	if (status >= 200)
		request_drop(request);
	return true;
}

void request_reply(struct request *request, unsigned status, const struct reply *reply)
{
	if (settle_without_answer(request, status))
		return;
	struct slice bytes = SLICE("");
	int result = response_write(request, status, reply, &bytes);
	send_written(request, status, result, bytes);
}

void request_relay(struct request *request, const struct sip_message *response)
{
	/* RFC 3261 §16.7 step 5: 100 is for the last hop only */
	if (response->status == SIP_TRYING || settle_without_answer(request, response->status))
		return;
	struct slice bytes = SLICE("");
	int result = response_write_relayed(request, response, &bytes);
	send_written(request, response->status, result, bytes);
}

void request_drop(struct request *request)
{
	if (!request->answered)
		end(request, 0, &request->flow, SLICE(""));
}

/* At most `most` bytes, and no half of a UTF-8 character at the end. */
static struct slice shorten(struct slice text, size_t most)
{
	if (text.length <= most)
		return text;
	text.length = most;
	while (text.length > 0 && ((unsigned char)text.at[text.length] & 0xc0) == 0x80)
		text.length--;
	return text;
}

/* Sentences hold foreign text: nothing in them may end a line or a log entry. */
static struct slice make_sentence(char text[SENTENCE_SIZE], const char *format, va_list arguments) PRINTF_LIKE(2, 0);
static struct slice make_sentence(char text[SENTENCE_SIZE], const char *format, va_list arguments)
{
	if (vsnprintf(text, SENTENCE_SIZE, format, arguments) < 0)
		text[0] = '\0';
	for (char *at = text; *at != '\0'; at++) {
		if ((unsigned char)*at < ' ' || *at == 127)
			*at = ' ';
	}
	return shorten(slice_text(text), SENTENCE_SIZE - 2);
}

static void refuse(struct request *request, unsigned status, struct slice headers, struct slice sentence)
{
	struct transactions *transactions = request->transactions;
	char flow_text[FLOW_TEXT_SIZE], host[ADDRESS_TEXT_SIZE + 256];
	struct log_context context = request_log_context(request, flow_text);
	context.status = status;
	log_event_limited(transactions->log, &transactions->refused_rate, timers_now(transactions->timers), LOG_INFO,
			  "request_refused", &context, "%.*s", SLICE_ARGS(sentence));

	struct slice warner = request->warning_host;
	if (slice_is_empty(warner))
		warner = transactions->sender.sent_by(transactions->sender.arg, &request->flow, host);
	struct buffer *lines = &transactions->lines;
	buffer_clear(lines);
	buffer_append(lines, headers);
	sip_write_warning(lines, warner, sentence);
	struct reply reply = {
		.reason = status == SIP_BAD_REQUEST ? shorten(sentence, REASON_MOST) : SLICE(""),
		/* without memory for the Warning, the headers that the status needs */
		.headers = buffer_failed(lines) ? headers : buffer_slice(lines),
	};
	request_reply(request, status, &reply);
}

void request_refuse(struct request *request, unsigned status, const char *format, ...)
{
	char text[SENTENCE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	struct slice sentence = make_sentence(text, format, arguments);
	va_end(arguments);
	refuse(request, status, SLICE(""), sentence);
}

void request_refuse_with(struct request *request, unsigned status, struct slice headers, const char *format, ...)
{
	char text[SENTENCE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	struct slice sentence = make_sentence(text, format, arguments);
	va_end(arguments);
	refuse(request, status, headers, sentence);
}
