/* Requests that we send: repeated until answered, and told once how they ended (RFC 3261 §17.1, RFC 6026).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "sip/message.h"
#include "transaction/transactions.h"
#include "transport/flow.h"

struct client_transaction;

/* The first final response, good during the call; or NULL where there is none: `result` then says why (ERR_TIMEOUT,
 * ERR_CLOSED, ERR_UNREACHABLE, ERR_BUSY …). Provisional responses come through `on_provisional`. Never called inside
 * the call that started the transaction. After it the pointer is dead: further copies of the response are absorbed,
 * also those of a 2xx to INVITE (RFC 6026 Timer M), and a refused INVITE is acknowledged here. */
typedef void client_transaction_done_fn(void *arg, int result, struct sip_message *response);
typedef void client_transaction_provisional_fn(void *arg, struct sip_message *response);

struct client_request {
	struct flow flow;
	struct slice method, uri; /* copied, as is `rest` */
	/* Everything behind our Via: headers, empty line, body (sip_write_forwarded, or our own writer). */
	struct slice rest;
	/* Ends the branch of a forwarded request, for loop detection (RFC 3261 §16.6 step 8); 128 bytes at most. */
	struct slice branch_suffix;
	/* Where a request too large for UDP may go by TCP instead; family ADDRESS_NONE: nowhere. */
	struct address tcp_peer;
	int64_t timeout_ms; /* 0: 64*T1 (Timers B and F) */
	client_transaction_done_fn *on_done;
	client_transaction_provisional_fn *on_provisional; /* may be NULL */
	void *arg;
};

/* Sends and repeats. `transaction` (may be NULL) is good until on_done, for client_transaction_forget.
 * ERR_NO_MEMORY, ERR_LIMIT; every other failure comes through on_done. */
MUST_CHECK int client_transaction_start(struct transactions *transactions, const struct client_request *request,
					struct client_transaction **transaction);
/* Nobody waits any more: on_done is not called; responses go on being absorbed (to an INVITE that rings for 64*T1).
 * NULL is accepted. */
void client_transaction_forget(struct client_transaction *transaction);
