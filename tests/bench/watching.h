/* The watchers' side: subscriptions, the NOTIFYs that they get, and which of the watched has told all who watch him.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "operations_state.h"

/* The user, counted from the first, whom operation `number` publishes for. */
unsigned watching_publisher(const struct operations *operations, unsigned number);

/* False: what operation `number` is about has one under way. */
bool watching_may_start(const struct operations *operations, unsigned number);
/* Fills in who and what an operation with SUBSCRIBE or PUBLISH is about, and waits for its NOTIFYs. */
void watching_start(struct operations *operations, struct operation *operation, unsigned number);
/* Takes from the 2xx what later requests need. */
void watching_take_response(struct operations *operations, const struct operation *operation, struct slice response);
/* Nothing is waited for any more; call it at each end. */
void watching_end(struct operations *operations, const struct operation *operation, bool is_good);

/* One NOTIFY less for the operation in the slot to wait for; NO_SLOT: nobody waits for it. */
void watching_told(struct operations *operations, uint32_t slot);
/* Answers it, and ends the operations that waited for this one. */
void watching_take_notify(struct operations *operations, struct in_addr local, struct slice bytes);
