/* Server transactions (RFC 3261 §17.2, RFC 6026). SPDX-License-Identifier: MIT */
#include "transaction/server_transaction.h"

#include "base/error.h"
#include "transaction/response.h"

#include <string.h>

/* RFC 3261 §17.2.1: an INVITE that is not answered sooner gets a 100. */
#define INVITE_TRYING_MS 200

int64_t server_transaction_trying_ms(const struct transaction_timing *timing)
{
	int64_t elapsed_ms = 0;
	for (int64_t interval_ms = timing->t1_ms; interval_ms > 0 && interval_ms < timing->t2_ms; interval_ms *= 2)
		elapsed_ms += interval_ms;
	return elapsed_ms;
}

/* RFC 3261 §17.2.3: a branch with the magic cookie names the transaction together with who made it. */
static struct transaction_key key_by_branch(const struct transactions *transactions, const struct sip_via *via,
					    struct slice method)
{
	const struct slice parts[] = {
		via->branch,
		via->host,
		slice_of((const char *)&via->port, sizeof(via->port)),
		method,
	};
	return transaction_key(transactions, parts, ARRAY_SIZE(parts));
}

static struct slice tag_of(const struct sip_name_address *address)
{
	return address ? sip_tag(address) : SLICE("");
}

/* RFC 3261 §17.2.3: clients of RFC 2543 are matched by all that a retransmission has in common with the first. The
 * To tag is left out for INVITE, because its ACK bears ours and its CANCEL none; the CSeq number tells an INVITE from a
 * later one of the same dialog. */
static struct transaction_key key_by_contents(const struct transactions *transactions, struct sip_message *message,
					      struct slice method)
{
	const struct sip_via *via = sip_message_via(message);
	const struct sip_cseq *cseq = sip_message_cseq(message);
	bool is_invite = slice_equal(method, sip_method_text(SIP_INVITE));
	const struct slice parts[] = {
		SLICE("RFC 2543"),
		message->request_uri_text,
		tag_of(sip_message_from(message)),
		is_invite ? SLICE("") : tag_of(sip_message_to(message)),
		sip_message_call_id(message),
		cseq ? slice_of((const char *)&cseq->number, sizeof(cseq->number)) : SLICE(""),
		via ? via->text : SLICE(""),
		method,
	};
	return transaction_key(transactions, parts, ARRAY_SIZE(parts));
}

struct transaction_key server_transaction_key(const struct transactions *transactions, struct sip_message *message,
					      struct slice method)
{
	const struct sip_via *via = sip_message_via(message);
	if (via && slice_starts_with(via->branch, SLICE("z9hG4bK")))
		return key_by_branch(transactions, via, method);
	return key_by_contents(transactions, message, method);
}

static bool has_key(const struct table_link *link, const void *key)
{
	const struct server_transaction *transaction = CONTAINER_OF(link, struct server_transaction, link);
	const struct transaction_key *wanted = key;
	return link->hash == wanted->first && transaction->key_second == wanted->second;
}

struct server_transaction *server_transaction_find(const struct transactions *transactions,
						   const struct transaction_key *key)
{
	struct table_link *link = table_find(&transactions->servers, key->first, has_key, key);
	return link ? CONTAINER_OF(link, struct server_transaction, link) : NULL;
}

static void destroy(struct server_transaction *transaction)
{
	struct transactions *transactions = transaction->transactions;
	timer_stop(&transaction->timer);
	table_remove(&transactions->servers, &transaction->link);
	transactions->counters.server_transactions--;
	cohort_free(&transactions->server_memory, transaction->response);
	cohort_free(&transactions->server_memory, transaction);
}

static void forget_response(struct server_transaction *transaction)
{
	cohort_free(&transaction->transactions->server_memory, transaction->response);
	transaction->response = NULL;
	transaction->response_bytes = 0;
}

/* Without memory the transaction goes on: it absorbs retransmissions, it only cannot answer them. */
static void keep_response(struct server_transaction *transaction, const struct flow *flow, struct slice bytes)
{
	forget_response(transaction);
	transaction->flow = *flow;
	transaction->response = cohort_allocate(&transaction->transactions->server_memory, bytes.length);
	transaction->response_bytes = transaction->response ? (uint32_t)bytes.length : 0;
	if (transaction->response)
		memcpy(transaction->response, bytes.at, bytes.length);
}

static void send_response(struct server_transaction *transaction)
{
	if (!transaction->response)
		return;
	transaction->transactions->counters.response_retransmissions++;
	struct slice bytes = slice_of(transaction->response, transaction->response_bytes);
	/* Lost like any datagram: the client retransmits, or times out. */
	(void)transactions_send(transaction->transactions, &transaction->flow, bytes);
}

static void on_end(struct timer *timer) /* Timers I, J, L */
{
	destroy(CONTAINER_OF(timer, struct server_transaction, timer));
}

static void end_after(struct server_transaction *transaction, int64_t delay_ms)
{
	timer_start(transaction->transactions->timers, &transaction->timer, delay_ms, on_end);
}

static void on_waiting(struct timer *timer);

/* Sleeps until the next of Timers G and H. */
static void wait_for_ack(struct server_transaction *transaction)
{
	struct timers *timers = transaction->transactions->timers;
	int64_t delay_ms = transaction->ends_at_ms - timers_now(timers);
	if (transaction->interval_ms > 0 && transaction->interval_ms < delay_ms)
		delay_ms = transaction->interval_ms;
	timer_start(timers, &transaction->timer, delay_ms, on_waiting);
}

static void on_waiting(struct timer *timer)
{
	struct server_transaction *transaction = CONTAINER_OF(timer, struct server_transaction, timer);
	struct transactions *transactions = transaction->transactions;
	if (timers_now(transactions->timers) >= transaction->ends_at_ms) { /* Timer H: the ACK never came */
		destroy(transaction);
		return;
	}
	send_response(transaction);
	int64_t t2_ms = transactions->options.timing.t2_ms;
	int64_t doubled_ms = 2 * (int64_t)transaction->interval_ms;
	transaction->interval_ms = (uint32_t)(doubled_ms < t2_ms ? doubled_ms : t2_ms);
	wait_for_ack(transaction);
}

static void on_trying(struct timer *timer)
{
	struct server_transaction *transaction = CONTAINER_OF(timer, struct server_transaction, timer);
	response_send_trying(transaction->request);
}

int server_transaction_begin(struct request *request, const struct transaction_key *key)
{
	struct transactions *transactions = request->transactions;
	struct server_transaction *transaction = cohort_allocate(&transactions->server_memory, sizeof(*transaction));
	if (!transaction)
		return ERR_NO_MEMORY;
	transaction->transactions = transactions;
	transaction->request = request;
	transaction->flow = request->flow;
	transaction->key_second = key->second;
	transaction->is_invite = request->message.method == SIP_INVITE;
	table_insert(&transactions->servers, &transaction->link, key->first);
	transactions->counters.server_transactions++;
	request->transaction = transaction;
	/* RFC 4320 §4.1: over any transport, what is not answered by then gets a 100 */
	int64_t trying_ms =
		transaction->is_invite ? INVITE_TRYING_MS : server_transaction_trying_ms(&transactions->options.timing);
	timer_start(transactions->timers, &transaction->timer, trying_ms, on_trying);
	return 0;
}

void server_transaction_repeat(struct server_transaction *transaction)
{
	/* RFC 6026 §7.1: in ACCEPTED and CONFIRMED retransmissions are absorbed; no response is kept then */
	send_response(transaction);
}

bool server_transaction_acknowledge(struct server_transaction *transaction)
{
	switch ((enum server_state)transaction->state) {
	case SERVER_ACCEPTED:
		return false;
	case SERVER_COMPLETED:
		if (transport_is_reliable(transaction->flow.transport)) { /* Timer I is 0 */
			destroy(transaction);
			return true;
		}
		transaction->state = SERVER_CONFIRMED;
		forget_response(transaction);
		end_after(transaction, transaction->transactions->options.timing.t4_ms);
		return true;
	case SERVER_TRYING:
	case SERVER_PROCEEDING: /* answers nothing that was said */
	case SERVER_CONFIRMED:
		break;
	}
	return true;
}

void server_transaction_proceed(struct server_transaction *transaction, const struct flow *flow, struct slice bytes)
{
	transaction->state = SERVER_PROCEEDING;
	timer_stop(&transaction->timer);
	/* Nothing is retransmitted over a connection. */
	if (!transport_is_reliable(flow->transport))
		keep_response(transaction, flow, bytes);
}

static void complete_invite(struct server_transaction *transaction, unsigned status, const struct flow *flow,
			    struct slice bytes)
{
	struct transactions *transactions = transaction->transactions;
	const struct transaction_timing *timing = &transactions->options.timing;
	forget_response(transaction);
	if (status < 300) { /* RFC 6026 §7.1: Timer L */
		transaction->state = SERVER_ACCEPTED;
		end_after(transaction, 64 * timing->t1_ms);
		return;
	}
	bool is_reliable = transport_is_reliable(flow->transport);
	transaction->state = SERVER_COMPLETED;
	transaction->flow = *flow;
	transaction->ends_at_ms = timers_now(transactions->timers) + 64 * timing->t1_ms;
	transaction->interval_ms = is_reliable ? 0 : (uint32_t)timing->t1_ms;
	if (!is_reliable)
		keep_response(transaction, flow, bytes);
	wait_for_ack(transaction);
}

void server_transaction_complete(struct server_transaction *transaction, unsigned status, const struct flow *flow,
				 struct slice bytes)
{
	transaction->request = NULL;
	if (transaction->is_invite && bytes.length > 0) {
		complete_invite(transaction, status, flow, bytes);
		return;
	}
	if (transport_is_reliable(transaction->flow.transport)) { /* §17.2.2: Timer J is 0 */
		destroy(transaction);
		return;
	}
	transaction->state = SERVER_COMPLETED;
	forget_response(transaction);
	if (bytes.length > 0)
		keep_response(transaction, flow, bytes);
	end_after(transaction, 64 * transaction->transactions->options.timing.t1_ms);
}

static bool destroy_link(struct table_link *link, void *arg)
{
	(void)arg;
	destroy(CONTAINER_OF(link, struct server_transaction, link));
	return true;
}

void server_transactions_finish(struct transactions *transactions)
{
	table_each(&transactions->servers, destroy_link, NULL);
	cohort_finish(&transactions->server_memory);
}
