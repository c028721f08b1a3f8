/* Whose documents are in memory because somebody watches them, and that they have changed.
 *
 *   on_watched ─▶ hold ─▶ (documents in memory) ─▶ announce
 *   document store: changed ───────────────────────┘
 *
 * SPDX-License-Identifier: MIT */
#include "presence/xcap_diffs_state.h"

#include "base/error.h"

#include <stdlib.h>
#include <string.h>

/* Storage was out of reach: the documents are asked for again. */
#define RETRY_MS 5000

/* Of one user. Lives while it is watched, or the store still has to answer. */
struct held_documents {
	struct table_link link;
	struct xcap_diffs *diffs;
	struct timer retry;
	bool is_watched;
	bool is_asked; /* the store has to answer */
	bool is_here;  /* it has, and is released later */
	uint16_t user_length;
	char user[];
};

static struct slice held_user(const struct held_documents *held)
{
	return slice_of(held->user, held->user_length);
}

/* --- holding documents -------------------------------------------------------------------------------------------- */

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(held_user(CONTAINER_OF(link, const struct held_documents, link)), *user);
}

static struct held_documents *find_held(const struct xcap_diffs *diffs, struct slice user)
{
	struct table_link *link =
		table_find(&diffs->held, table_hash(&diffs->held, user.at, user.length), has_user, &user);
	return link ? CONTAINER_OF(link, struct held_documents, link) : NULL;
}

static struct held_documents *get_held(struct xcap_diffs *diffs, struct slice user)
{
	struct held_documents *held = find_held(diffs, user);
	if (held)
		return held;
	held = calloc(1, sizeof *held + user.length);
	if (!held)
		return NULL;
	held->diffs = diffs;
	held->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(held->user, user.at, user.length);
	table_insert(&diffs->held, &held->link, table_hash(&diffs->held, user.at, user.length));
	return held;
}

static void held_destroy(struct held_documents *held)
{
	timer_stop(&held->retry);
	table_remove(&held->diffs->held, &held->link);
	free(held);
}

/* Nobody watches, and nothing is under way. */
static void let_go(struct held_documents *held)
{
	if (held->is_here)
		documents_release(held->diffs->store, held_user(held));
	held_destroy(held);
}

static void on_held(void *arg, int result);

static void ask(struct timer *timer)
{
	struct held_documents *held = CONTAINER_OF(timer, struct held_documents, retry);
	held->is_asked = true;
	documents_hold(held->diffs->store, held_user(held), on_held, held);
}

static void on_held(void *arg, int result)
{
	struct held_documents *held = arg;
	held->is_asked = false;
	held->is_here = result == 0;
	if (!held->is_watched)
		let_go(held);
	else if (result == 0)
		events_announce(held->diffs->events, xcap_diff_package.name, held_user(held));
	else if (result != ERR_NOT_FOUND) /* the account is gone: the subscriptions will be, too */
		timer_start(held->diffs->timers, &held->retry, RETRY_MS, ask);
}

void xcap_diffs_on_watched(void *arg, struct resource *resource, bool is_watched)
{
	struct xcap_diffs *diffs = arg;
	struct slice user = resource_name(resource);
	struct held_documents *held = is_watched ? get_held(diffs, user) : find_held(diffs, user);
	if (!held) /* memory is exhausted: what he is told has no documents until he subscribes anew */
		return;
	held->is_watched = is_watched;
	if (is_watched && !held->is_asked && !held->is_here)
		ask(&held->retry);
	else if (!is_watched && !held->is_asked)
		let_go(held);
}

/* --- what has changed --------------------------------------------------------------------------------------------- */

static bool announce_one(struct table_link *link, void *arg)
{
	struct xcap_diffs *diffs = arg;
	events_announce(diffs->events, xcap_diff_package.name,
			held_user(CONTAINER_OF(link, struct held_documents, link)));
	return true;
}

/* Global documents are everybody's. */
static void on_changed(void *arg, const struct document *before, const struct document *after)
{
	struct xcap_diffs *diffs = arg;
	struct slice user = after ? after->user : before->user;
	if (slice_is_empty(user))
		table_each(&diffs->held, announce_one, diffs);
	else
		events_announce(diffs->events, xcap_diff_package.name, user);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct xcap_diffs *xcap_diffs_create(struct events *events, struct document_store *store, struct slice root)
{
	struct xcap_diffs *diffs = calloc(1, sizeof *diffs + root.length);
	if (!diffs)
		return NULL;
	diffs->events = events;
	diffs->store = store;
	diffs->timers = events_parts(events)->timers;
	diffs->domain = domain_name(events_parts(events)->domain);
	if (root.length > 0)
		memcpy(diffs->root_text, root.at, root.length);
	diffs->root = slice_of(diffs->root_text, root.length);
	if (table_init(&diffs->held) != 0 || document_store_listen(store, on_changed, diffs) != 0) {
		table_finish(&diffs->held);
		free(diffs);
		return NULL;
	}
	return diffs;
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	held_destroy(CONTAINER_OF(link, struct held_documents, link));
	return true;
}

void xcap_diffs_destroy(struct xcap_diffs *diffs)
{
	if (!diffs)
		return;
	table_each(&diffs->held, destroy_one, NULL);
	table_finish(&diffs->held);
	free(diffs);
}
