/* What has changed for users who are watched. Peers are found by walking: there are few.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/list.h"
#include "base/table.h"
#include "presence/conversations_state.h"
#include "presence/resource.h"

#include <stdlib.h>
#include <string.h>

/* Peers held of one user; whoever was away for longer reads his list of conversations again. */
#define HELD_MOST 64

/* Of a burst, one NOTIFY tells. Short enough for a person not to see it. */
#define GATHER_MS 50

struct conversations {
	struct events *events;
	struct table watched; /* struct watched, by user */
};

/* One user. */
struct watched {
	struct table_link link;
	struct conversations *conversations;
	struct timer gathering;
	struct list_link held; /* struct held_change, by growing `at` */
	unsigned held_count;
	int64_t since, until;
	uint16_t user_length;
	char user[];
};

struct held_change {
	struct list_link link;
	int64_t at;
	uint16_t peer_length;
	char peer[];
};

static struct slice watched_user(const struct watched *watched)
{
	return slice_of(watched->user, watched->user_length);
}

static struct slice change_peer(const struct held_change *change)
{
	return slice_of(change->peer, change->peer_length);
}

/* --- users who are watched ---------------------------------------------------------------------------------------- */

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(watched_user(CONTAINER_OF(link, const struct watched, link)), *user);
}

static uint64_t hash_of(const struct conversations *conversations, struct slice user)
{
	return table_hash(&conversations->watched, user.at, user.length);
}

static struct watched *find_watched(const struct conversations *conversations, struct slice user)
{
	struct table_link *link = table_find(&conversations->watched, hash_of(conversations, user), has_user, &user);
	return link ? CONTAINER_OF(link, struct watched, link) : NULL;
}

static int64_t next_number(const struct conversations *conversations)
{
	return storage_next_message_id(events_parts(conversations->events)->storage);
}

static struct watched *get_watched(struct conversations *conversations, struct slice user)
{
	struct watched *watched = find_watched(conversations, user);
	if (watched)
		return watched;
	watched = user.length <= RESOURCE_NAME_MOST ? calloc(1, sizeof *watched + user.length) : NULL;
	if (!watched)
		return NULL;
	watched->conversations = conversations;
	list_init(&watched->held);
	watched->since = watched->until = next_number(conversations);
	watched->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(watched->user, user.at, user.length);
	table_insert(&conversations->watched, &watched->link, hash_of(conversations, user));
	return watched;
}

static void drop_oldest(struct watched *watched)
{
	struct held_change *oldest = CONTAINER_OF(watched->held.next, struct held_change, link);
	watched->since = oldest->at;
	watched->held_count--;
	list_remove(&oldest->link);
	free(oldest);
}

static void watched_destroy(struct watched *watched)
{
	while (watched->held_count > 0)
		drop_oldest(watched);
	timer_stop(&watched->gathering);
	table_remove(&watched->conversations->watched, &watched->link);
	free(watched);
}

void conversations_hold(struct conversations *conversations, struct slice user)
{
	(void)get_watched(conversations, user);
}

void conversations_forget(struct conversations *conversations, struct slice user)
{
	struct watched *watched = find_watched(conversations, user);
	if (watched)
		watched_destroy(watched);
}

/* --- what has changed --------------------------------------------------------------------------------------------- */

static struct held_change *find_change(const struct watched *watched, struct slice peer)
{
	for (struct list_link *link = watched->held.next; link != &watched->held; link = link->next) {
		struct held_change *change = CONTAINER_OF(link, struct held_change, link);
		if (slice_equal(change_peer(change), peer))
			return change;
	}
	return NULL;
}

static struct held_change *add_change(struct watched *watched, struct slice peer)
{
	struct held_change *change = peer.length <= UINT16_MAX ? malloc(sizeof *change + peer.length) : NULL;
	if (!change)
		return NULL;
	*change = (struct held_change){.peer_length = (uint16_t)peer.length};
	if (peer.length > 0)
		memcpy(change->peer, peer.at, peer.length);
	if (watched->held_count == HELD_MOST)
		drop_oldest(watched);
	watched->held_count++;
	return change;
}

static void on_gathered(struct timer *timer)
{
	const struct watched *watched = CONTAINER_OF(timer, struct watched, gathering);
	events_announce(watched->conversations->events, conversations_package.name, watched_user(watched));
}

void conversations_changed(struct conversations *conversations, struct slice user, struct slice peer)
{
	struct watched *watched = find_watched(conversations, user);
	if (!watched)
		return;
	struct held_change *change = find_change(watched, peer);
	if (change)
		list_remove(&change->link);
	else
		change = add_change(watched, peer);
	watched->until = next_number(conversations);
	if (change) {
		change->at = watched->until;
		list_append(&watched->held, &change->link);
	} else {
		/* Memory is exhausted: nobody can be told where it was, so everybody reads everything again. */
		while (watched->held_count > 0)
			drop_oldest(watched);
		watched->since = watched->until;
	}
	if (!timer_is_running(&watched->gathering))
		timer_start(events_parts(conversations->events)->timers, &watched->gathering, GATHER_MS, on_gathered);
}

int conversations_read(struct conversations *conversations, struct slice user, struct arena *arena,
		       struct conversation_changes *changes)
{
	const struct watched *watched = get_watched(conversations, user);
	struct conversation_change *copies =
		watched ? arena_allocate_zeroed(arena, watched->held_count + 1, sizeof *copies) : NULL;
	if (!copies)
		return ERR_NO_MEMORY;
	*changes = (struct conversation_changes){.since = watched->since, .until = watched->until, .changes = copies};
	for (const struct list_link *link = watched->held.next; link != &watched->held; link = link->next) {
		const struct held_change *change = CONTAINER_OF(link, const struct held_change, link);
		struct conversation_change *copy = &copies[changes->count++];
		copy->at = change->at;
		int result = arena_copy(arena, change_peer(change), &copy->peer);
		if (result != 0)
			return result;
	}
	return 0;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct conversations *conversations_create(struct events *events)
{
	struct conversations *conversations = calloc(1, sizeof *conversations);
	if (!conversations)
		return NULL;
	conversations->events = events;
	if (table_init(&conversations->watched) != 0) {
		free(conversations);
		return NULL;
	}
	return conversations;
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	watched_destroy(CONTAINER_OF(link, struct watched, link));
	return true;
}

void conversations_destroy(struct conversations *conversations)
{
	if (!conversations)
		return;
	table_each(&conversations->watched, destroy_one, NULL);
	table_finish(&conversations->watched);
	free(conversations);
}
