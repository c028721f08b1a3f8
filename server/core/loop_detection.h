/* Has this request been here before? (RFC 3261 §16.3 step 4, §16.6 step 8, RFC 5393 §4.2)
 *
 * The branch of a forwarded request ends with a hash over what decides its way: Request-URI, From and To tags,
 * Call-ID and CSeq. A request that comes back with one of our Via values and the same hash is in a loop; with
 * another one it spirals, which is allowed. SPDX-License-Identifier: MIT */
#pragma once

#include "sip/message.h"
#include "transport/transport.h"

#include <stdbool.h>

#define LOOP_MARK_SIZE 18 /* ".", 16 hex digits and a terminator */

/* The end of the branch for a forwarded copy of `message` (client_request.branch_suffix). */
void loop_mark(struct sip_message *message, char mark[LOOP_MARK_SIZE]);
bool loop_detected(struct sip_message *message, const struct transport *transport);
