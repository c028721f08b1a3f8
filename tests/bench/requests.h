/* The requests that operations consist of. SPDX-License-Identifier: MIT */
#pragma once

#include "operations_state.h"

/* Where a user (counted from the first) lives: every one has an address of its own, and none is 127.0.0.1, which
 * stays the server's. */
struct in_addr requests_address(const struct operations *operations, unsigned user);

/* Each writes into operations->text. */
void requests_write(struct operations *operations, const struct operation *operation);
void requests_write_options(struct operations *operations);
