/* Changes that are committed together, a callback each.
 *
 * While one batch is being committed the next gathers. A batch is one transaction of at most one statement for
 * each step below, sent at once; it is bounded by the number of its changes and by their bytes. A batch that the
 * database refuses is sent again in smaller pieces until the change that is at fault stands alone. A batch whose
 * connection is lost is kept and sent again: every change may be made twice without harm.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/database.h"

struct batch;

enum change_kind {
	CHANGE_MESSAGE,
	CHANGE_SETTLED,
	CHANGE_FORGOTTEN,
	CHANGE_BINDINGS,
	CHANGE_SUBSCRIPTION,
	CHANGE_PUBLICATION,
	CHANGE_MAILBOX,
	CHANGE_MAILBOX_USERS,
	CHANGE_DOCUMENT,
	CHANGE_WATCH_REQUEST,
	CHANGE_ICON,
	CHANGE_SESSION,
	CHANGE_SESSION_USED
};

/* The head of each change; what follows is its kind's, and one block of memory with it. */
struct change {
	struct list_link link;
	enum change_kind kind;
	size_t bytes; /* its own and of all that follows */
	storage_done_fn *done;
	void *arg;
	int64_t queued_at_ms;
	bool resent; /* it may have been committed before */
	int result;  /* what `done` is told after the commit */
};

/* One statement of a batch: what it takes from the changes, and what its answer means for them. */
struct batch_step {
	const struct statement *statement;
	/* Appends the parameters; sets `rows`, 0 where the batch has nothing for it. ERR_NO_MEMORY. */
	int (*write)(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows);
	/* NULL: the answer has no rows. May set the changes' results. */
	void (*read)(struct change *const *changes, size_t count, const PGresult *result);
};

/* In messages.c, devices.c and bindings.c, in the order of sending: what was owed to a device before it was forgotten
 * goes with it, and one that comes again after that is a new one. */
extern const struct batch_step messages_step_save, messages_step_check, messages_step_settle;
extern const struct batch_step devices_step_forget;
extern const struct batch_step bindings_step_devices, bindings_step_save, bindings_step_remove;
/* In subscriptions.c, publications.c, mailboxes.c, documents.c, watch_requests.c and icons.c; each kind has rows of its
 * own, in any order. */
extern const struct batch_step subscriptions_step_save, subscriptions_step_remove;
extern const struct batch_step publications_step_save, publications_step_remove;
extern const struct batch_step mailboxes_step_save, mailboxes_step_save_users;
extern const struct batch_step watch_requests_step_save, watch_requests_step_remove;
extern const struct batch_step icons_step_save, icons_step_remove;
/* In sessions.c: what is used was made before, and may be ended after it. */
extern const struct batch_step sessions_step_save, sessions_step_use, sessions_step_remove;
/* A document that goes leaves its name to one that comes. */
extern const struct batch_step documents_step_remove, documents_step_save;

struct batch *batch_create(struct storage *storage);
void batch_destroy(struct batch *batch);
/* The statements of all steps, for the pipeline; they live as long as the batch. */
const struct statement *const *batch_statements(struct batch *batch, size_t *count);

/* Makes room for a change of `bytes` (its head and all that follows) that the caller fills and hands to
 * batch_add; NULL where it is refused, and then `done` will be told why. */
struct change *batch_new_change(struct batch *batch, enum change_kind kind, size_t bytes, storage_done_fn *done,
				void *arg);
void batch_add(struct batch *batch, struct change *change);

/* Sends what waits, unless a batch is being committed. */
void batch_flush(struct batch *batch);
/* Answers what has waited since before `before_ms` (timers' time) with ERR_STORAGE_AWAY. */
void batch_expire(struct batch *batch, int64_t before_ms);
size_t batch_count(const struct batch *batch);
void batch_describe(const struct batch *batch, struct buffer *buffer);
