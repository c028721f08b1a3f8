/* Lists by arithmetic: who is on which needs no tables. SPDX-License-Identifier: MIT */
#include "lists.h"

#include "text.h"
#include "watching.h"

#include <string.h>

unsigned lists_name(const struct operations *operations, unsigned list)
{
	return operations->options.first_user + list;
}

/* The user whom an entry is for, counted from the first. */
static unsigned entry_user(const struct operations *operations, unsigned list, unsigned entry)
{
	const struct operations_options *options = &operations->options;
	return options->users + (unsigned)(((uint64_t)list * options->entries + entry) % options->receivers);
}

/* False: the receiver with that number is not on the list. */
static bool find_entry(const struct operations *operations, unsigned list, unsigned receiver, unsigned *entry)
{
	const struct operations_options *options = &operations->options;
	unsigned first = (unsigned)((uint64_t)list * options->entries % options->receivers);
	*entry = (receiver + options->receivers - first) % options->receivers;
	return *entry < options->entries;
}

void lists_count_watchers(struct operations *operations, unsigned list)
{
	const uint32_t *seen = &operations->seen[(size_t)list * operations->options.entries];
	for (unsigned i = 0; i < operations->options.entries; i++)
		operations->users[entry_user(operations, list, i)].watchers += seen[i] > 0;
}

static void take_entry(struct operations *operations, unsigned list, unsigned receiver, uint32_t published)
{
	unsigned entry;
	if (!find_entry(operations, list, receiver, &entry))
		return;
	uint32_t *seen = &operations->seen[(size_t)list * operations->options.entries + entry];
	struct user *user = &operations->users[operations->options.users + receiver];
	if (published <= *seen)
		return;
	*seen = published;
	if (published < user->published)
		return;
	watching_told(operations, operations->subscriptions[list].slot);
	watching_told(operations, user->slot);
}

/* Takes what stands between `mark` and `end` off `rest`, with all before it. */
static bool take_number(struct slice *rest, struct slice mark, char end, uint64_t *number)
{
	const char *found = slice_is_empty(*rest) ? NULL : memmem(rest->at, rest->length, mark.at, mark.length);
	if (!found)
		return false;
	*rest = slice_from(*rest, (size_t)(found - rest->at) + mark.length);
	return slice_to_number(slice_take(rest, end), UINT32_MAX, number);
}

/* What was published (requests.c) stands in the parts as it was, whatever is around it. */
void lists_take_notify(struct operations *operations, unsigned list, struct slice body)
{
	const struct operations_options *options = &operations->options;
	uint64_t name, published;
	while (take_number(&body, SLICE("entity=\"sip:u"), '@', &name) &&
	       take_number(&body, SLICE("At the desk, call "), '.', &published)) {
		uint64_t first = (uint64_t)options->first_user + options->users;
		if (name >= first && name < first + options->receivers)
			take_entry(operations, list, (unsigned)(name - first), (uint32_t)published);
	}
}
