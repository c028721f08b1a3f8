/* Responses on their way out: written once, and sent where RFC 3261 §18.2.2 and RFC 3581 §4 want them.
 * Inside server/transaction. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "transaction/request.h"
#include "transaction/transactions_state.h"

/* Writes into `scratch`, which `bytes` then points to. ERR_NO_MEMORY, also where it grows beyond
 * WRITTEN_BYTES_MOST. */
MUST_CHECK int response_write(struct request *request, unsigned status, const struct reply *reply, struct slice *bytes);
MUST_CHECK int response_write_relayed(struct request *request, const struct sip_message *response, struct slice *bytes);
/* Sends it and counts it; a failure is logged. `flow` receives the way that it went. */
void response_send(struct request *request, unsigned status, struct slice bytes, struct flow *flow);

/* 100 Trying by itself, late (RFC 4320 §4.1) or for an INVITE (RFC 3261 §17.2.1). */
void response_send_trying(struct request *request);

/* The tag that we add to To: derived from the request under a secret of this process, so that each copy of a
 * request that was answered without a transaction gets the same (RFC 3261 §8.2.7). */
void response_make_to_tag(struct request *request);
