/* Voicemail lamps of devices that do not subscribe: NOTIFY unasked and out of dialog, when the counts change, when the
 * device registers, and, paced, after a start. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "presence/events.h"
#include "presence/mailboxes.h"

struct lamps;

struct lamps_options {
	bool is_on;          /* false: nothing is sent unasked */
	unsigned per_second; /* how many are told in a second after a start */
	unsigned retry_first_s, retry_most_s;
};

struct lamps_counters {
	uint64_t sent, answered, unanswered, refused;
	unsigned underway, waiting; /* now */
};

/* Listens to the mailboxes. NULL where memory is exhausted. */
struct lamps *lamps_create(struct events *events, struct mailboxes *mailboxes, const struct lamps_options *options);
void lamps_destroy(struct lamps *lamps);
void lamps_set_options(struct lamps *lamps, const struct lamps_options *options);
/* A device has registered: where it is new, or came over another flow than last time, it is told. */
void lamps_device_returned(struct lamps *lamps, struct device *device);
/* After the start: all reachable devices, paced. */
void lamps_resume(struct lamps *lamps);
const struct lamps_counters *lamps_counters(const struct lamps *lamps);
