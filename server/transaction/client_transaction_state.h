/* Client transactions: their states (RFC 3261 §17.1, RFC 6026), and what reaches them from transactions.c.
 *
 *   other than INVITE (§17.1.2)             INVITE (§17.1.1 with RFC 6026 §7.2)
 *
 *   CALLING ──1xx──▶ PROCEEDING             CALLING ──1xx──▶ PROCEEDING
 *      ├──final──┬──────┘ │                    ├──2xx───┬──────┤
 *      │         ▼        │                    │        ▼      │
 *      │     COMPLETED    │                    │    ACCEPTED ──M──▶ end
 *      │         └──K──▶ end                   ├─300…699┐      │
 *      └──F──▶ end ◀──F───┘                    │        ▼      │
 *                                              │   COMPLETED ◀─┘ ──D──▶ end
 *                                              └──B──▶ end
 *
 * FAILED is ours: what went wrong at once is told in a later step of the loop.
 *
 * Inside server/transaction. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/list.h"
#include "base/table.h"
#include "base/timer.h"
#include "sip/message.h"
#include "transaction/client_transaction.h"
#include "transaction/transactions_state.h"
#include "transport/flow.h"

enum client_state { CLIENT_CALLING, CLIENT_PROCEEDING, CLIENT_COMPLETED, CLIENT_ACCEPTED, CLIENT_FAILED };

/* A whole message and where it goes, in one allocation. */
struct client_message {
	struct flow flow;
	size_t length;
	char bytes[];
};

struct client_transaction {
	struct table_link link; /* its hash is the key's first half */
	uint64_t key_second;
	struct list_link connection_link; /* clients_by_connection; UDP: none */
	struct timer timer;
	struct transactions *transactions;
	struct client_message *message;  /* the request; once an INVITE is refused, its ACK; NULL: nothing to repeat */
	struct client_message *datagram; /* the same for UDP, while it is tried over TCP (§18.1.1) */
	client_transaction_done_fn *on_done;
	client_transaction_provisional_fn *on_provisional;
	void *arg;
	int64_t timeout_ms, ends_at_ms; /* Timers B and F */
	int64_t interval_ms;            /* Timers A and E */
	int failure;                    /* for FAILED */
	uint8_t state;                  /* enum client_state */
	bool is_invite;
	bool is_ours;         /* nobody else's Via behind our own */
	bool is_acknowledged; /* `message` is the ACK */
};

/* A checked response came: to its transaction, or counted as a stray. */
void client_transactions_receive(struct transactions *transactions, struct sip_message *response);
/* All end with ERR_CLOSED. */
void client_transactions_finish(struct transactions *transactions);
