/* The bytes of a client transaction: the request under our Via, and the ACK of a refused INVITE.
 * Inside server/transaction. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "transaction/client_transaction_state.h"

/* The request as it leaves by `flow`. NULL where memory is exhausted, or it is larger than WRITTEN_BYTES_MOST. */
MUST_CHECK struct client_message *client_message_create(struct transactions *transactions,
							const struct client_request *request, const struct flow *flow,
							struct slice branch);
/* The ACK for a final response other than 2xx to the INVITE in `message` (RFC 3261 §17.1.1.3). */
MUST_CHECK struct client_message *client_message_create_ack(struct transactions *transactions,
							    const struct client_message *message,
							    const struct sip_message *response);
/* True where a Via stands among the headers of `rest`: the request is forwarded, not our own. */
bool client_message_has_via(struct slice rest);
