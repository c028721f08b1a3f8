/* Changes to what has a key: of several changes of one key in a batch the last one counts.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "storage/postgres/batch.h"

/* The head of such a change. */
struct keyed_change {
	struct change change;
	int64_t key;  /* unique within the kind */
	bool removed; /* nothing follows this head */
	/* Within the batch that is being written: */
	size_t place;
	const struct keyed_change *earlier; /* the change of the same key before this one; NULL: none */
};

/* The changes of a kind that no later one overtakes, those that remove or those that do not, in the order of their
 * keys: all nodes lock rows in one order, and no deadlock comes of it. The caller frees the array, which is NULL where
 * there are none. ERR_NO_MEMORY. */
MUST_CHECK int keyed_latest(struct change *const *changes, size_t count, enum change_kind kind, bool removed,
			    struct keyed_change ***latest, size_t *latest_count);

/* For the step that deletes rows of a kind by their keys: one array of them. */
MUST_CHECK int keyed_write_removed(struct change *const *changes, size_t count, enum change_kind kind,
				   struct parameters *parameters, size_t *rows);
/* A change that removes. */
void keyed_remove(struct storage *storage, enum change_kind kind, int64_t key, storage_done_fn *done, void *arg);
