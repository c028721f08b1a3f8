/* What is owed to one device is delivered here: in order, one message at a time, the next only after it is committed
 * that the device has the last. So at most one message can reach a device twice, the one that it was answering in the
 * instant of a crash. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "features/location.h"
#include "transaction/client_transaction.h"

struct outboxes;

struct outbox_options {
	unsigned retry_first_s, retry_most_s; /* back-off while a reachable device does not answer */
};

struct outbox_counters {
	uint64_t delivered, refused, retried;
	unsigned active; /* devices being delivered to */
};

/* NULL where memory is exhausted. */
struct outboxes *outboxes_create(struct timers *timers, struct accounts *accounts, struct transactions *transactions,
				 struct storage *storage, struct log *log, const struct outbox_options *options);
/* The storage is closed by then, so that none of its callbacks is to come. */
void outboxes_destroy(struct outboxes *outboxes);
void outboxes_set_options(struct outboxes *outboxes, const struct outbox_options *options);

/* Something may be owed to the device, and it may be reachable: delivers, at once where it was waiting. Nothing happens
 * while a message is on its way to the device from elsewhere; whoever sends that calls again. Costs nothing where
 * nothing is owed. */
void outbox_kick(struct outboxes *outboxes, struct device *device);

/* After start: looks up what is owed to the devices that are reachable, some accounts at a time, and delivers. */
void outboxes_resume(struct outboxes *outboxes);

/* The device has (or will never take) the message, which is owed to it: counts and row are brought up to date, however
 * long the database is away. Until then it gets nothing from the store, or it might get this message again. `sender`
 * (AOR) is for who is told by outboxes_on_taken; empty: a device has had it before. */
void outbox_settle(struct outboxes *outboxes, struct device *device, int64_t message_id, bool taken,
		   struct slice sender);

/* `on_taken` is told of each message that was kept and has reached a device, as the first, once that is committed. It
 * may be told of a second device where both were fast. `sender` is an AOR. */
typedef void outbox_taken_fn(void *arg, const struct account *receiver, struct slice sender);
void outboxes_on_taken(struct outboxes *outboxes, outbox_taken_fn *on_taken, void *arg);

const struct outbox_counters *outbox_counters(const struct outboxes *outboxes);
