/* Responses on their way out. SPDX-License-Identifier: MIT */
#include "transaction/response.h"

#include "base/error.h"
#include "sip/write.h"
#include "transaction/server_transaction.h"

#include <inttypes.h>
#include <stdio.h>

#define DEFAULT_PORT 5060

void response_make_to_tag(struct request *request)
{
	struct sip_message *message = &request->message;
	const struct sip_via *via = sip_message_via(message);
	const struct slice parts[] = {
		SLICE("to"),
		via ? via->branch : SLICE(""),
		sip_message_call_id(message),
		sip_message_value(message, SIP_HEADER_CSEQ),
		sip_message_value(message, SIP_HEADER_FROM),
	};
	struct transaction_key key = transaction_key(request->transactions, parts, ARRAY_SIZE(parts));
	(void)snprintf(request->to_tag, sizeof(request->to_tag), "%016" PRIx64, key.second);
}

int response_write(struct request *request, unsigned status, const struct reply *reply, struct slice *bytes)
{
	struct transactions *transactions = request->transactions;
	struct sip_response response = {
		.status = status,
		/* RFC 3261 §17.2.1: a tag in the 100 of a server that only forwards would name a dialog of its own */
		.to_tag = status == SIP_TRYING ? SLICE("") : slice_text(request->to_tag),
		.source = &request->flow.peer,
		.server = transactions->options.server_name,
	};
	if (reply) {
		response.reason = reply->reason;
		response.headers = reply->headers;
		response.content_type = reply->content_type;
		response.body = reply->body;
	}
	buffer_clear(&transactions->scratch);
	sip_write_response(&transactions->scratch, &request->message, &response);
	if (buffer_failed(&transactions->scratch))
		return ERR_NO_MEMORY;
	*bytes = buffer_slice(&transactions->scratch);
	return 0;
}

int response_write_relayed(struct request *request, const struct sip_message *response, struct slice *bytes)
{
	struct transactions *transactions = request->transactions;
	buffer_clear(&transactions->scratch);
	sip_write_relayed_response(&transactions->scratch, response);
	if (buffer_failed(&transactions->scratch))
		return ERR_NO_MEMORY;
	*bytes = buffer_slice(&transactions->scratch);
	return 0;
}

/* Always to where the request came from, never to a name or maddr in its Via: else we would send to whom a stranger
 * points. The port is the source's where the client asked for it (RFC 3581 §4), else that of its Via (§18.2.2). */
static struct flow way_back(struct request *request)
{
	struct flow flow = request->flow;
	const struct sip_via *via = sip_message_via(&request->message);
	if (flow.transport != TRANSPORT_UDP || !via || via->has_rport)
		return flow;
	flow.peer.port = via->port != 0 ? via->port : DEFAULT_PORT;
	return flow;
}

/* RFC 3261 §18.2.2: where the connection is gone, a new one to the port in Via. Only for TCP: behind TLS and
 * WebSocket nobody listens whose name we could verify. */
static int send_over_new_connection(struct request *request, struct slice bytes, struct flow *flow)
{
	const struct transaction_sender *sender = &request->transactions->sender;
	const struct sip_via *via = sip_message_via(&request->message);
	if (flow->transport != TRANSPORT_TCP || !sender->open || !via)
		return ERR_CLOSED;
	struct address peer = flow->peer;
	peer.port = via->port != 0 ? via->port : DEFAULT_PORT;
	struct flow opened;
	int result = sender->open(sender->arg, TRANSPORT_TCP, &peer, &opened);
	if (result != 0)
		return result;
	*flow = opened;
	return transactions_send(request->transactions, flow, bytes);
}

void response_send(struct request *request, unsigned status, struct slice bytes, struct flow *flow)
{
	struct transactions *transactions = request->transactions;
	*flow = way_back(request);
	int result = transactions_send(transactions, flow, bytes);
	if (result == ERR_CLOSED)
		result = send_over_new_connection(request, bytes, flow);
	char text[FLOW_TEXT_SIZE];
	if (result == 0) {
		transactions->counters.responses_sent[status < 700 ? status / 100 : 6]++;
		if (log_is_enabled(transactions->log, LOG_DEBUG)) {
			struct log_context context = request_log_context(request, text);
			context.status = status;
			log_event(transactions->log, LOG_DEBUG, "response_sent", &context, "%zu bytes", bytes.length);
		}
		return;
	}
	struct log_context context = request_log_context(request, text);
	context.status = status;
	log_event_limited(transactions->log, &transactions->undelivered_rate, timers_now(transactions->timers),
			  LOG_INFO, "response_undeliverable", &context, "%s", error_text(result));
}

void response_send_trying(struct request *request)
{
	struct transactions *transactions = request->transactions;
	struct reply reply = {0};
	buffer_clear(&transactions->lines);
	/* RFC 3261 §8.2.6.1: the client measures the way to us with it */
	if (sip_message_header(&request->message, SIP_HEADER_TIMESTAMP))
		sip_write_header(&transactions->lines, "Timestamp",
				 sip_message_value(&request->message, SIP_HEADER_TIMESTAMP));
	if (!buffer_failed(&transactions->lines))
		reply.headers = buffer_slice(&transactions->lines);
	struct slice bytes;
	if (response_write(request, SIP_TRYING, &reply, &bytes) != 0)
		return; /* the client goes on retransmitting: no harm */
	struct flow flow;
	response_send(request, SIP_TRYING, bytes, &flow);
	if (request->transaction)
		server_transaction_proceed(request->transaction, &flow, bytes);
}
