/* Client transactions (RFC 3261 §17.1, RFC 6026). SPDX-License-Identifier: MIT */
#include "transaction/client_transaction.h"

#include "base/error.h"
#include "base/random.h"
#include "transaction/client_message.h"
#include "transaction/client_transaction_state.h"

#include <stdlib.h>
#include <string.h>

/* RFC 3261 §18.1.1: with a path MTU unknown, larger requests must go by a transport that controls congestion. */
#define DATAGRAM_MOST 1300
#define TCP_REFUSAL_S 300

#define COOKIE "z9hG4bK"
#define TOKEN_LENGTH 16 /* 80 bits: nobody guesses the branch of a response that we wait for */
#define SUFFIX_MOST 128

static struct transaction_key key_of(const struct transactions *transactions, struct slice branch, struct slice method)
{
	/* §17.1.3: the method too, because CANCEL shares the branch of its INVITE */
	const struct slice parts[] = {SLICE("client"), branch, method};
	return transaction_key(transactions, parts, ARRAY_SIZE(parts));
}

static bool has_key(const struct table_link *link, const void *key)
{
	const struct client_transaction *transaction = CONTAINER_OF(link, struct client_transaction, link);
	const struct transaction_key *wanted = key;
	return link->hash == wanted->first && transaction->key_second == wanted->second;
}

static void forget_message(struct client_transaction *transaction)
{
	free(transaction->message);
	transaction->message = NULL;
}

static void forget_datagram(struct client_transaction *transaction)
{
	free(transaction->datagram);
	transaction->datagram = NULL;
}

static void destroy(struct client_transaction *transaction)
{
	struct transactions *transactions = transaction->transactions;
	timer_stop(&transaction->timer);
	list_remove(&transaction->connection_link);
	table_remove(&transactions->clients, &transaction->link);
	transactions->counters.client_transactions--;
	forget_message(transaction);
	forget_datagram(transaction);
	free(transaction);
}

/* Ends it and tells how; the transaction is gone when its owner hears of it. */
static void fail(struct client_transaction *transaction, int result)
{
	client_transaction_done_fn *on_done = transaction->on_done;
	void *arg = transaction->arg;
	destroy(transaction);
	if (on_done)
		on_done(arg, result, NULL);
}

static bool is_reliable(const struct client_transaction *transaction)
{
	return transaction->message && transport_is_reliable(transaction->message->flow.transport);
}

static int send_message(struct client_transaction *transaction)
{
	const struct client_message *message = transaction->message;
	int result =
		transactions_send(transaction->transactions, &message->flow, slice_of(message->bytes, message->length));
	/* The system's reasons, several hundred of them, mean one thing to whoever sent the request. */
	return result < 0 && result > -4096 ? ERR_UNREACHABLE : result;
}

static void on_failed(struct timer *timer)
{
	struct client_transaction *transaction = CONTAINER_OF(timer, struct client_transaction, timer);
	fail(transaction, transaction->failure);
}

static void fail_later(struct client_transaction *transaction, int result)
{
	transaction->state = CLIENT_FAILED;
	transaction->failure = result;
	timer_start(transaction->transactions->timers, &transaction->timer, 0, on_failed);
}

static void on_end(struct timer *timer) /* Timers D, K, M */
{
	destroy(CONTAINER_OF(timer, struct client_transaction, timer));
}

static void end_after(struct client_transaction *transaction, int64_t delay_ms)
{
	if (delay_ms > 0)
		timer_start(transaction->transactions->timers, &transaction->timer, delay_ms, on_end);
	else
		destroy(transaction);
}

static void on_waiting(struct timer *timer);

/* Sleeps until the next retransmission (Timers A, E) or the end (B, F). */
static void wait_for_response(struct client_transaction *transaction)
{
	struct timers *timers = transaction->transactions->timers;
	int64_t delay_ms = transaction->ends_at_ms - timers_now(timers);
	if (!is_reliable(transaction) && transaction->interval_ms < delay_ms)
		delay_ms = transaction->interval_ms;
	timer_start(timers, &transaction->timer, delay_ms, on_waiting);
}

/* Timers as the RFC sets them for a request that was just sent. */
static void start_waiting(struct client_transaction *transaction)
{
	struct transactions *transactions = transaction->transactions;
	transaction->interval_ms = transactions->options.timing.t1_ms;
	transaction->ends_at_ms = timers_now(transactions->timers) + transaction->timeout_ms;
	wait_for_response(transaction);
}

/* Its message goes over this connection, and ends with it. */
static void join_connection(struct client_transaction *transaction)
{
	uint64_t connection = transaction->message->flow.connection;
	if (connection != 0)
		list_append(&transaction->transactions->clients_by_connection[connection % CONNECTION_BUCKETS],
			    &transaction->connection_link);
}

static struct tcp_refusal *refusal_place(struct transactions *transactions, const struct address *peer,
					 struct tcp_refusal *wanted)
{
	uint64_t hash = table_hash(&transactions->clients, peer, sizeof *peer);
	*wanted = (struct tcp_refusal){.peer = (uint32_t)(hash >> 32),
				       .until_s = (uint32_t)(timers_now(transactions->timers) / 1000)};
	return &transactions->tcp_refusals[hash % TCP_REFUSALS];
}

/* Who is told something large every second is not asked every second for TCP that he does not have. */
static void remember_refusal(struct transactions *transactions, const struct address *peer)
{
	struct tcp_refusal wanted, *place = refusal_place(transactions, peer, &wanted);
	wanted.until_s += TCP_REFUSAL_S;
	*place = wanted;
}

static bool has_refused(struct transactions *transactions, const struct address *peer)
{
	struct tcp_refusal wanted, *place = refusal_place(transactions, peer, &wanted);
	return place->peer == wanted.peer && wanted.until_s < place->until_s;
}

/* RFC 3261 §18.1.1: where TCP is not to be had, the large request goes by UDP after all. False where this is not such
 * a request, or an answer came already. */
static bool fall_back(struct client_transaction *transaction)
{
	if (!transaction->datagram || transaction->state != CLIENT_CALLING)
		return false;
	remember_refusal(transaction->transactions, &transaction->message->flow.peer);
	list_remove(&transaction->connection_link);
	forget_message(transaction);
	transaction->message = transaction->datagram;
	transaction->datagram = NULL;
	int result = send_message(transaction);
	if (result == 0)
		start_waiting(transaction);
	else
		fail_later(transaction, result);
	return true;
}

static void retransmit(struct client_transaction *transaction)
{
	int result = send_message(transaction);
	if (result != 0) { /* §17.1.4 */
		fail(transaction, result);
		return;
	}
	int64_t t2_ms = transaction->transactions->options.timing.t2_ms;
	transaction->interval_ms *= 2;
	/* §17.1.1.2: Timer A doubles without bound; §17.1.2.2: Timer E up to T2, which it is from the first 1xx on */
	if (!transaction->is_invite && (transaction->interval_ms > t2_ms || transaction->state == CLIENT_PROCEEDING))
		transaction->interval_ms = t2_ms;
	wait_for_response(transaction);
}

static void on_waiting(struct timer *timer)
{
	struct client_transaction *transaction = CONTAINER_OF(timer, struct client_transaction, timer);
	struct transactions *transactions = transaction->transactions;
	if (timers_now(transactions->timers) < transaction->ends_at_ms) {
		retransmit(transaction);
		return;
	}
	transactions->counters.client_timeouts++;
	fail(transaction, ERR_TIMEOUT);
}

/* The request for UDP becomes the second choice, where it is too large and TCP is to be had. */
static void prefer_tcp(struct client_transaction *transaction, const struct client_request *request,
		       struct slice branch)
{
	struct transactions *transactions = transaction->transactions;
	struct client_message *datagram = transaction->message;
	if (datagram->flow.transport != TRANSPORT_UDP || datagram->length <= DATAGRAM_MOST ||
	    request->tcp_peer.family == ADDRESS_NONE || !transactions->sender.open ||
	    has_refused(transactions, &request->tcp_peer))
		return;
	struct flow flow;
	if (transactions->sender.open(transactions->sender.arg, TRANSPORT_TCP, &request->tcp_peer, &flow) != 0)
		return;
	struct client_message *message = client_message_create(transactions, request, &flow, branch);
	if (!message)
		return;
	transaction->message = message;
	transaction->datagram = datagram;
}

static struct slice make_branch(char text[sizeof(COOKIE) + TOKEN_LENGTH + SUFFIX_MOST], struct slice suffix)
{
	const size_t cookie_length = sizeof(COOKIE) - 1;
	memcpy(text, COOKIE, cookie_length);
	random_token(text + cookie_length, TOKEN_LENGTH);
	if (suffix.length > 0)
		memcpy(text + cookie_length + TOKEN_LENGTH, suffix.at, suffix.length);
	return slice_of(text, cookie_length + TOKEN_LENGTH + suffix.length);
}

static void send_first(struct client_transaction *transaction)
{
	join_connection(transaction);
	int result = send_message(transaction);
	if (result == 0)
		start_waiting(transaction);
	else if (!fall_back(transaction))
		fail_later(transaction, result);
}

int client_transaction_start(struct transactions *transactions, const struct client_request *request,
			     struct client_transaction **started)
{
	if (transactions_are_full(transactions) || request->branch_suffix.length > SUFFIX_MOST)
		return ERR_LIMIT;
	char text[sizeof(COOKIE) + TOKEN_LENGTH + SUFFIX_MOST];
	struct slice branch = make_branch(text, request->branch_suffix);
	struct client_transaction *transaction = calloc(1, sizeof(*transaction));
	struct client_message *message = client_message_create(transactions, request, &request->flow, branch);
	if (!transaction || !message) {
		free(transaction);
		free(message);
		return ERR_NO_MEMORY;
	}
	struct transaction_key key = key_of(transactions, branch, request->method);
	transaction->key_second = key.second;
	transaction->transactions = transactions;
	transaction->message = message;
	transaction->on_done = request->on_done;
	transaction->on_provisional = request->on_provisional;
	transaction->arg = request->arg;
	transaction->timeout_ms =
		request->timeout_ms > 0 ? request->timeout_ms : 64 * transactions->options.timing.t1_ms;
	transaction->is_invite = slice_equal(request->method, sip_method_text(SIP_INVITE));
	transaction->is_ours = !client_message_has_via(request->rest);
	table_insert(&transactions->clients, &transaction->link, key.first);
	transactions->counters.client_transactions++;
	prefer_tcp(transaction, request, branch);
	send_first(transaction);
	if (started)
		*started = transaction;
	return 0;
}

void client_transaction_forget(struct client_transaction *transaction)
{
	if (!transaction)
		return;
	transaction->on_done = NULL;
	transaction->on_provisional = NULL;
	/* An INVITE that rings has no timer of ours (§17.1.1.2); without an owner nobody else would end it. */
	if (transaction->is_invite && transaction->state == CLIENT_PROCEEDING)
		end_after(transaction, 64 * transaction->transactions->options.timing.t1_ms);
}

static void receive_provisional(struct client_transaction *transaction, struct sip_message *response)
{
	if (transaction->state != CLIENT_CALLING && transaction->state != CLIENT_PROCEEDING) {
		transaction->transactions->counters.response_retransmissions++;
		return;
	}
	bool is_first = transaction->state == CLIENT_CALLING;
	transaction->state = CLIENT_PROCEEDING;
	forget_datagram(transaction);
	/* §17.1.1.2: an INVITE may ring as long as its sender likes; others keep Timers E and F */
	if (transaction->is_invite && is_first) {
		timer_stop(&transaction->timer);
		if (!transaction->on_done)
			client_transaction_forget(transaction); /* forgotten before it rang: bounded all the same */
	}
	if (transaction->on_provisional)
		transaction->on_provisional(transaction->arg, response);
}

/* §17.1.1.3; again for each copy of the refusal. */
static void acknowledge(struct client_transaction *transaction, const struct sip_message *response)
{
	if (!transaction->is_acknowledged) {
		struct client_message *ack =
			client_message_create_ack(transaction->transactions, transaction->message, response);
		if (!ack)
			return; /* the refusal will come again */
		forget_message(transaction);
		transaction->message = ack;
		transaction->is_acknowledged = true;
	}
	(void)send_message(transaction); /* lost like any datagram: the refusal will come again */
}

static void complete_invite(struct client_transaction *transaction, const struct sip_message *response)
{
	const struct transaction_timing *timing = &transaction->transactions->options.timing;
	if (response->status < 300) { /* RFC 6026 §7.2: Timer M; the ACK of a 2xx is its sender's own request */
		transaction->state = CLIENT_ACCEPTED;
		forget_message(transaction);
		end_after(transaction, 64 * timing->t1_ms);
		return;
	}
	transaction->state = CLIENT_COMPLETED;
	acknowledge(transaction, response);
	end_after(transaction, is_reliable(transaction) ? 0 : 64 * timing->t1_ms); /* Timer D */
}

static void complete(struct client_transaction *transaction)
{
	int64_t timer_k_ms = is_reliable(transaction) ? 0 : transaction->transactions->options.timing.t4_ms;
	transaction->state = CLIENT_COMPLETED;
	forget_message(transaction);
	end_after(transaction, timer_k_ms);
}

static void receive_final(struct client_transaction *transaction, struct sip_message *response)
{
	if (transaction->state != CLIENT_CALLING && transaction->state != CLIENT_PROCEEDING) {
		transaction->transactions->counters.response_retransmissions++;
		if (transaction->is_invite && transaction->state == CLIENT_COMPLETED && response->status >= 300)
			acknowledge(transaction, response);
		return;
	}
	client_transaction_done_fn *on_done = transaction->on_done;
	void *arg = transaction->arg;
	list_remove(&transaction->connection_link); /* the connection's end is no failure any more */
	forget_datagram(transaction);
	if (transaction->is_invite)
		complete_invite(transaction, response);
	else
		complete(transaction);
	if (on_done)
		on_done(arg, 0, response);
}

static bool has_many_vias(const struct sip_message *response)
{
	struct sip_list_cursor cursor = {0};
	struct slice element;
	unsigned vias = 0;
	while (vias < 2 && sip_message_each(response, SIP_HEADER_VIA, &cursor, &element))
		vias++;
	return vias == 2;
}

void client_transactions_receive(struct transactions *transactions, struct sip_message *response)
{
	const struct sip_via *via = sip_message_via(response);
	const struct sip_cseq *cseq = sip_message_cseq(response);
	struct table_link *link = NULL;
	if (via && cseq) {
		struct transaction_key key = key_of(transactions, via->branch, cseq->method_text);
		link = table_find(&transactions->clients, key.first, has_key, &key);
	}
	if (!link) {
		transactions->counters.stray_responses++;
		log_event(transactions->log, LOG_DEBUG, "response_stray", NULL, "No request of ours waits for this %u",
			  response->status);
		return;
	}
	struct client_transaction *transaction = CONTAINER_OF(link, struct client_transaction, link);
	if (transaction->is_ours && has_many_vias(response)) { /* RFC 3261 §8.1.3.3 */
		transactions->counters.malformed_responses++;
		return;
	}
	if (response->status < 200)
		receive_provisional(transaction, response);
	else
		receive_final(transaction, response);
}

void transactions_flow_closed(struct transactions *transactions, const struct flow *flow)
{
	if (flow->connection == 0)
		return;
	/* First all that are concerned, then the callbacks, which may start or forget others. */
	struct list_link closed;
	list_init(&closed);
	struct list_link *bucket = &transactions->clients_by_connection[flow->connection % CONNECTION_BUCKETS];
	for (struct list_link *link = bucket->next, *next; link != bucket; link = next) {
		struct client_transaction *transaction = CONTAINER_OF(link, struct client_transaction, connection_link);
		next = link->next;
		if (transaction->message->flow.connection != flow->connection)
			continue;
		list_remove(link);
		list_append(&closed, link);
	}
	struct list_link *link;
	while ((link = list_take_first(&closed)) != NULL) {
		struct client_transaction *transaction = CONTAINER_OF(link, struct client_transaction, connection_link);
		if (!fall_back(transaction))
			fail(transaction, ERR_CLOSED);
	}
}

static bool finish_link(struct table_link *link, void *arg)
{
	(void)arg;
	struct client_transaction *transaction = CONTAINER_OF(link, struct client_transaction, link);
	if (transaction->state == CLIENT_COMPLETED || transaction->state == CLIENT_ACCEPTED)
		destroy(transaction);
	else
		fail(transaction, ERR_CLOSED);
	return true;
}

void client_transactions_finish(struct transactions *transactions)
{
	table_each(&transactions->clients, finish_link, NULL);
}
