/* The transactions of one node (RFC 3261 §17, RFC 6026, RFC 4320): created over the transport, they keep
 * retransmissions away from whoever handles requests, and repeat our own. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/timer.h"
#include "sip/message.h"
#include "transport/transport.h"

struct transactions;
struct request;

/* RFC 3261 table 4; tests shorten them. Milliseconds. */
struct transaction_timing {
	int64_t t1_ms, t2_ms, t4_ms;
};

struct transactions_options {
	struct transaction_timing timing; /* 500, 4000, 5000 */
	struct sip_limits limits;
	unsigned most;            /* server and client transactions together; beyond it new requests get 503 */
	struct slice server_name; /* value of Server in our responses; empty: none */
};

/* How messages leave: the transport in the program, a recorder in unit tests. */
struct transaction_sender {
	int (*send)(void *arg, const struct flow *flow, struct slice bytes);
	/* "host:port" for our Via on this flow. */
	struct slice (*sent_by)(void *arg, const struct flow *flow, char text[ADDRESS_TEXT_SIZE + 256]);
	/* TCP to `peer`, for requests too large for a datagram. */
	int (*open)(void *arg, enum transport_kind kind, const struct address *peer, struct flow *flow);
	void *arg;
};

struct transaction_counters {
	uint64_t requests[SIP_METHOD_COUNT], responses_sent[7]; /* by class, [0] unused */
	uint64_t request_retransmissions;                       /* absorbed */
	uint64_t response_retransmissions;                      /* absorbed or repeated by us */
	uint64_t stray_responses;                               /* no transaction of ours */
	uint64_t malformed_requests, malformed_responses;
	uint64_t client_timeouts;
	unsigned server_transactions, client_transactions; /* now */
};

/* `on_request` gets each new request once, checked (sip_message_check) and not a retransmission. Its owner
 * answers it, then or later, exactly once with a final response (request.h); ACK for a 2xx is given too and
 * takes no answer. */
typedef void transactions_request_fn(void *arg, struct request *request);

struct transactions *transactions_create(struct timers *timers, struct log *log,
					 const struct transactions_options *options,
					 const struct transaction_sender *sender, transactions_request_fn *on_request,
					 void *arg);
/* Client transactions end with ERR_CLOSED first; requests still unanswered are freed without an answer. */
void transactions_destroy(struct transactions *transactions);

/* For transport_events. Bytes that are no SIP, and messages that must not be answered, are counted, logged with a
 * rate limit and dropped. */
void transactions_receive(struct transactions *transactions, const struct flow *flow, struct slice bytes);
/* For transport_events too: only the headers of a message came, which is larger than the limit. A request is answered
 * with 413. */
void transactions_receive_too_large(struct transactions *transactions, const struct flow *flow, struct slice headers);
/* Client transactions on that flow fail with ERR_CLOSED at once (RFC 3261 §17.1.4). */
void transactions_flow_closed(struct transactions *transactions, const struct flow *flow);
/* Frees what ended in this loop turn; called once a turn. */
void transactions_end_turn(struct transactions *transactions);
/* True where no request waits for its answer. */
bool transactions_are_idle(const struct transactions *transactions);

const struct transaction_counters *transactions_counters(const struct transactions *transactions);
void transactions_describe(const struct transactions *transactions, struct buffer *buffer);
