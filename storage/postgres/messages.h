/* A message on its way into the database, for the steps of a batch. SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/batch.h"

#define IDENTITY_BYTES 16

struct message_change {
	struct change change;
	struct stored_message message; /* its slices point behind the struct; sender_id as in the row */
	uint8_t identity[IDENTITY_BYTES];
	bool stored; /* the database has the row */
	struct storage *storage;
	storage_done_fn *done; /* of whoever asked */
	void *arg;
	size_t owed_count;
	int64_t owed_to[]; /* then the bytes */
};

/* NULL: it is a change of another kind. */
struct message_change *message_change_of(struct change *change);

/* Senders who are no accounts have numbers below zero, by their addresses, so that what each of them has sent is a
 * range of the key as well. */
int64_t message_sender_key(const struct stored_message *message);
/* The other way: 0 where it is no account. */
static inline int64_t message_sender_id(int64_t key)
{
	return key > 0 ? key : 0;
}
