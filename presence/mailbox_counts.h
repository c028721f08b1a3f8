/* Counts of messages as they are kept for each mailbox: added, compared, turned into rows and back. Pure functions.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/message_summary.h"
#include "storage/storage.h"

#include <stdbool.h>
#include <stdint.h>

struct mailbox_counts {
	struct message_counts of[MESSAGE_CLASS_COUNT];
	uint8_t has; /* a bit for each class that was named, 1 << enum message_class */
};

/* What a summary says, as it is kept: classes that it does not have are 0, and one that has none at all says that there
 * are no voice messages. */
struct mailbox_counts mailbox_counts_of(const struct message_summary *summary);
/* The same by somebody who speaks only of the classes that he names: the others stay as they are in `counts`. Who names
 * none and says that nothing waits, speaks of all. */
void mailbox_counts_update(struct mailbox_counts *counts, const struct message_summary *summary);
/* Numbers stay at their most where the sum is larger. */
void mailbox_counts_add(struct mailbox_counts *sum, const struct mailbox_counts *counts);
bool mailbox_counts_are_equal(const struct mailbox_counts *a, const struct mailbox_counts *b);
bool mailbox_counts_are_zero(const struct mailbox_counts *counts);
/* For reading: `is_waiting` where any class has a new one; without an account. */
struct message_summary mailbox_counts_summary(const struct mailbox_counts *counts);

/* The rows of the classes that it has; returns how many. `mailbox` is borrowed. */
size_t mailbox_counts_write(const struct mailbox_counts *counts, struct slice mailbox,
			    struct stored_message_count rows[MESSAGE_CLASS_COUNT]);
/* Takes one row in; false for a class of messages that we do not know. */
bool mailbox_counts_read(struct mailbox_counts *counts, const struct stored_message_count *row);
