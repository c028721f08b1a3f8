/* MESSAGE (RFC 3428): to all devices of the receiver at once, and owed to those that do not answer.
 *
 * 200 means that a device has it, and that what other devices are owed is committed; 202 that it is committed. The
 * first 2xx of a device is the sender's 200; where no device answers within `answer_wait_s`, the message is kept and
 * the devices go on being asked. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "features/gruu.h"
#include "features/location.h"
#include "features/outbox.h"
#include "features/recognition.h"
#include "transaction/client_transaction.h"
#include "transaction/request.h"

struct messaging;

struct messaging_options {
	unsigned answer_wait_s;     /* then the sender is answered from the store */
	unsigned expires_default_s; /* how long a message without Expires is owed */
	unsigned mailbox_messages;  /* most messages owed to one account */
	size_t body_bytes;          /* largest body */
	bool keeps_history;         /* messages that every device has are written too */
};

struct messaging_counters {
	uint64_t delivered, kept, refused, recognised, fleeting;
	unsigned underway; /* deliveries now */
};

/* What messaging works with; all borrowed. */
struct messaging_parts {
	struct timers *timers;
	const struct domain *domain;
	struct accounts *accounts;
	struct location *location;
	struct gruus *gruus;
	struct outboxes *outboxes;
	struct recognition *recognition;
	struct transactions *transactions;
	struct storage *storage;
	struct log *log;
};

/* NULL where memory is exhausted. */
struct messaging *messaging_create(const struct messaging_parts *parts, const struct messaging_options *options);
/* The transactions and the storage are closed by then. */
void messaging_destroy(struct messaging *messaging);
void messaging_set_options(struct messaging *messaging, const struct messaging_options *options);

/* For the table of methods. */
unsigned messaging_handle(void *arg, struct request *request);

/* A message of the server's own (`heliograph message`): as if `from_user` had sent `text` to `to_user`. `done` is told
 * the status once: 200, 202, 404, 480, 503 …, with a sentence. */
typedef void messaging_sent_fn(void *arg, unsigned status, const char *sentence);
void messaging_send_text(struct messaging *messaging, struct slice from_user, struct slice to_user, struct slice text,
			 messaging_sent_fn *done, void *arg);

/* For location_on_returned, with the messaging as `arg`: what was on its way over the old flow is not waited for, and
 * what is owed is delivered. */
void messaging_device_returned(void *arg, struct device *device);

/* `on_changed` is told that `user`'s conversation with `peer` (an AOR without scheme, "bob@example.test") is not what
 * it was: a message was stored, which is told of both sides, or what was kept has reached a device, which is told of
 * the sender. After the commit; not of what is never stored. */
typedef void messaging_changed_fn(void *arg, struct slice user, struct slice peer);
void messaging_on_changed(struct messaging *messaging, messaging_changed_fn *on_changed, void *arg);

const struct messaging_counters *messaging_counters(const struct messaging *messaging);
