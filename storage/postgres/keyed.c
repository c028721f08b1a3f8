/* The last change of each key. SPDX-License-Identifier: MIT */
#include "keyed.h"

#include "base/error.h"

#include <stdlib.h>

static int compare_changes(const void *left, const void *right)
{
	const struct keyed_change *a = *(struct keyed_change *const *)left;
	const struct keyed_change *b = *(struct keyed_change *const *)right;
	int order = (a->key > b->key) - (a->key < b->key);
	return order ? order : (a->place > b->place) - (a->place < b->place);
}

static size_t count_kind(struct change *const *changes, size_t count, enum change_kind kind)
{
	size_t found = 0;
	for (size_t i = 0; i < count; i++)
		found += changes[i]->kind == kind;
	return found;
}

/* To be done before those that are overtaken are gone from the array. */
static void link_earlier(struct keyed_change **sorted, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sorted[i]->earlier = i > 0 && sorted[i - 1]->key == sorted[i]->key ? sorted[i - 1] : NULL;
}

/* Moves those that are wanted to the front of the sorted array; their number. */
static size_t keep_latest(struct keyed_change **sorted, size_t count, bool removed)
{
	size_t kept = 0;
	for (size_t i = 0; i < count; i++) {
		bool is_overtaken = i + 1 < count && sorted[i + 1]->key == sorted[i]->key;
		if (!is_overtaken && sorted[i]->removed == removed)
			sorted[kept++] = sorted[i];
	}
	return kept;
}

int keyed_latest(struct change *const *changes, size_t count, enum change_kind kind, bool removed,
		 struct keyed_change ***latest, size_t *latest_count)
{
	*latest = NULL;
	*latest_count = 0;
	size_t found = count_kind(changes, count, kind);
	if (found == 0)
		return 0;
	struct keyed_change **sorted = calloc(found, sizeof(*sorted));
	if (!sorted)
		return ERR_NO_MEMORY;
	size_t filled = 0;
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->kind != kind)
			continue;
		sorted[filled] = CONTAINER_OF(changes[i], struct keyed_change, change);
		sorted[filled]->place = filled;
		filled++;
	}
	qsort(sorted, found, sizeof(*sorted), compare_changes);
	link_earlier(sorted, found);
	size_t kept = keep_latest(sorted, found, removed);
	if (kept == 0) {
		free(sorted);
		return 0;
	}
	*latest = sorted;
	*latest_count = kept;
	return 0;
}

int keyed_write_removed(struct change *const *changes, size_t count, enum change_kind kind,
			struct parameters *parameters, size_t *rows)
{
	struct keyed_change **latest;
	int result = keyed_latest(changes, count, kind, true, &latest, rows);
	if (result < 0)
		return result;
	unsigned keys = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < *rows; i++)
		parameters_array_number(parameters, keys, latest[i]->key);
	free(latest);
	return 0;
}

void keyed_remove(struct storage *storage, enum change_kind kind, int64_t key, storage_done_fn *done, void *arg)
{
	struct change *change = batch_new_change(storage->batch, kind, sizeof(struct keyed_change), done, arg);
	if (!change)
		return;
	struct keyed_change *keyed = CONTAINER_OF(change, struct keyed_change, change);
	keyed->key = key;
	keyed->removed = true;
	batch_add(storage->batch, change);
}
