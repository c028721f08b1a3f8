/* Voicemail lamps of phones that do not subscribe: NOTIFY unasked and out of dialog, when the counts change, when the
 * phone registers, and, paced, after a start. A phone is a device, or, without an instance, a binding. Whether it gets
 * it is said by its profile; one that subscribes to message-summary gets none. One NOTIFY is on its way to a phone at a
 * time, and what it says is what is current when it is sent. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "presence/events.h"
#include "presence/mailboxes.h"

struct lamps;

struct lamps_options {
	bool is_on;           /* false: nothing is sent unasked */
	unsigned settling_ms; /* after a registration: who subscribes does so before, and is told nothing unasked */
	unsigned per_second;  /* how many are told in a second after a start */
	unsigned retry_first_s, retry_most_s;
};

struct lamps_counters {
	uint64_t sent, answered, unanswered, refused;
	unsigned underway, waiting; /* now */
};

/* Listens to the mailboxes; events and mailboxes are borrowed. NULL where memory is exhausted. */
struct lamps *lamps_create(struct events *events, struct mailboxes *mailboxes, const struct lamps_options *options);
/* The transactions are closed by then; nothing changes in the mailboxes any more. */
void lamps_destroy(struct lamps *lamps);
void lamps_set_options(struct lamps *lamps, const struct lamps_options *options);
/* A device has registered, for location_on_returned: where it was not registered before, came over another flow, or
 * with another Call-ID (it was restarted), it is told soon; where it did not answer last time, at once. */
void lamps_device_returned(struct lamps *lamps, struct device *device);
/* For location_on_changed, and when an account is removed: its devices that have no binding are forgotten. */
void lamps_bindings_changed(struct lamps *lamps, struct account *account);
/* After the start: all reachable devices, paced. */
void lamps_resume(struct lamps *lamps);
const struct lamps_counters *lamps_counters(const struct lamps *lamps);
