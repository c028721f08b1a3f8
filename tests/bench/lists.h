/* Watched lists: the names that the servers' documents must have (lists.sh), and what NOTIFYs tell of their entries.
 * List n is the n-th user's own, and called list<first + n>. On it are as many receivers as a list has entries, from
 * the one with the number n * entries on and round. SPDX-License-Identifier: MIT */
#pragma once

#include "operations_state.h"

/* The number in the list's name. */
unsigned lists_name(const struct operations *operations, unsigned list);
/* All of it who have been told have one watcher more. */
void lists_count_watchers(struct operations *operations, unsigned list);
/* Each entry that is told with its last publication is one less to wait for, for the list and for who is on it. */
void lists_take_notify(struct operations *operations, unsigned list, struct slice body);
