/* Server transactions: the memory that keeps retransmitted requests away from handlers (RFC 3261 §17.2, RFC 6026).
 *
 *   other than INVITE (§17.2.2)           INVITE (§17.2.1 with RFC 6026 §7.1)
 *
 *   TRYING ──100──▶ PROCEEDING            TRYING ──1xx──▶ PROCEEDING
 *      └──final──┬──────┘                    ├──2xx───┬──────┤
 *                ▼                           │        ▼      │
 *            COMPLETED ──J──▶ end            │    ACCEPTED ──L──▶ end
 *                                            └─300…699┐      │
 *                                                     ▼      │
 *                                                 COMPLETED ◀┘ ──H──▶ end
 *                                                     │ ACK
 *                                                     ▼
 *                                                 CONFIRMED ──I──▶ end
 *
 * Inside server/transaction. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/table.h"
#include "base/timer.h"
#include "sip/message.h"
#include "transaction/request.h"
#include "transaction/transactions_state.h"
#include "transport/flow.h"

enum server_state { SERVER_TRYING, SERVER_PROCEEDING, SERVER_COMPLETED, SERVER_CONFIRMED, SERVER_ACCEPTED };

/* Hundreds of thousands of these wait for Timer J under load, so: nothing that the wait does not need. */
struct server_transaction {
	struct table_link link; /* its hash is the key's first half */
	uint64_t key_second;
	struct timer timer;
	struct transactions *transactions;
	struct request *request; /* NULL once it is answered */
	char *response;          /* the last one sent, exact size; NULL: retransmissions are only absorbed */
	uint32_t response_bytes;
	uint32_t interval_ms; /* of Timer G, 0: not running */
	int64_t ends_at_ms;   /* Timer H */
	struct flow flow;     /* where the last response went */
	uint8_t state;        /* enum server_state */
	bool is_invite;
};

/* The key by which a request finds the transaction of `method`: its own, for ACK and CANCEL that of the INVITE
 * (§17.2.3, §9.2). */
struct transaction_key server_transaction_key(const struct transactions *transactions, struct sip_message *message,
					      struct slice method);
/* Or NULL. */
struct server_transaction *server_transaction_find(const struct transactions *transactions,
						   const struct transaction_key *key);

/* Enters TRYING and sets request->transaction. ERR_NO_MEMORY. */
MUST_CHECK int server_transaction_begin(struct request *request, const struct transaction_key *key);
/* A retransmission came: the last response goes out again, if there is one to repeat in this state. */
void server_transaction_repeat(struct server_transaction *transaction);
/* An ACK came; false where it is to be passed on (RFC 6026 §7.1: in ACCEPTED). May end the transaction. */
MUST_CHECK bool server_transaction_acknowledge(struct server_transaction *transaction);

/* A provisional response was sent. */
void server_transaction_proceed(struct server_transaction *transaction, const struct flow *flow, struct slice bytes);
/* A final response was sent; empty `bytes`: none was, and none will be. The request is no longer the
 * transaction's. May end the transaction. */
void server_transaction_complete(struct server_transaction *transaction, unsigned status, const struct flow *flow,
				 struct slice bytes);

/* All of them, at the end of the node. */
void server_transactions_finish(struct transactions *transactions);

/* How long a client waits, on a network without losses, until its Timer E has grown to T2: not before (over UDP) and
 * no later than this a request other than INVITE gets its 100 (RFC 4320 §4.1). */
int64_t server_transaction_trying_ms(const struct transaction_timing *timing);
