/* Changes of documents: in a user's order, each committed before the next one looks at what is there.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "core/clock.h"
#include "presence/document_store_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One call of document_change. Its texts stand behind it. */
struct pending_change {
	struct list_link link;        /* in owner.changes */
	struct list_link ended;       /* in store.ended */
	struct document_owner *owner; /* NULL: the store is gone */
	struct document_change asked;
	unsigned generation;         /* the owner's, when it began */
	struct kept_document *after; /* being committed; NULL: removed, or not changed */
	int result;
	bool is_begun;
	bool is_reserved; /* what `after` claims is taken */
	bool is_told;     /* done has the document as it is */
	char sentence[160];
	char text[];
};

/* --- the end of a change ------------------------------------------------------------------------------------------ */

static void change_free(struct pending_change *change)
{
	free(change->after);
	free(change);
}

static void finish(struct pending_change *change)
{
	struct document_owner *owner = change->owner;
	const struct document_change *asked = &change->asked;
	const struct kept_document *now = change->is_told ? document_at(owner, asked->application, asked->name) : NULL;
	owner->busy++;
	list_remove(&change->link);
	asked->done(asked->arg, change->result, document_of(now), change->sentence);
	change_free(change);
	changes_go_on(owner);
	owner->busy--;
	owner_settle(owner);
}

static void on_ending(struct timer *timer)
{
	struct document_store *store = CONTAINER_OF(timer, struct document_store, ending);
	struct list_link ended, *link;
	list_init(&ended);
	list_splice(&ended, &store->ended);
	while ((link = list_take_first(&ended)))
		finish(CONTAINER_OF(link, struct pending_change, ended));
}

/* The caller is told in the next turn: never within his call. */
static void end_later(struct pending_change *change, int result)
{
	struct document_store *store = change->owner->store;
	change->is_begun = true;
	change->result = result;
	list_append(&store->ended, &change->ended);
	if (!timer_is_running(&store->ending))
		timer_start(store->parts.timers, &store->ending, 0, on_ending);
}

void changes_fail(struct document_owner *owner, int result)
{
	struct list_link *link = owner->changes.next;
	for (; link != &owner->changes; link = link->next) {
		struct pending_change *change = CONTAINER_OF(link, struct pending_change, link);
		if (!change->is_begun)
			end_later(change, result);
	}
}

void owner_drop_changes(struct document_owner *owner)
{
	struct list_link *link;
	while ((link = list_take_first(&owner->changes))) {
		struct pending_change *change = CONTAINER_OF(link, struct pending_change, link);
		if (change->asked.forgotten)
			change->asked.forgotten(change->asked.arg);
		if (change->is_begun && !list_is_linked(&change->ended)) {
			change->owner = NULL; /* storage calls back */
			continue;
		}
		list_remove(&change->ended);
		change_free(change);
	}
}

/* --- committing --------------------------------------------------------------------------------------------------- */

/* What was committed is in memory from now on. */
static void apply(struct pending_change *change)
{
	struct document_owner *owner = change->owner;
	struct slice application = change->asked.application, name = change->asked.name;
	struct kept_document *before = NULL, *after = change->after;
	change->after = NULL;
	if (after)
		before = document_insert(owner, after);
	else if (document_at(owner, application, name))
		before = document_take(owner, document_place(owner, application, name));
	change->is_told = true;
	document_announce(owner->store, document_of(before), document_of(after));
	free(before);
}

static int reserve(struct pending_change *change)
{
	const struct document_claims *claims = &change->owner->store->claims;
	int result = claims->reserve ? claims->reserve(claims->arg, &change->after->document) : 0;
	change->is_reserved = claims->reserve && result == 0;
	return result;
}

static void release(struct pending_change *change)
{
	const struct document_claims *claims = &change->owner->store->claims;
	const struct document_change *asked = &change->asked;
	if (change->is_reserved)
		claims->release(claims->arg, asked->user, asked->application, asked->name);
	change->is_reserved = false;
}

static void on_saved(void *arg, int result)
{
	struct pending_change *change = arg;
	struct document_owner *owner = change->owner;
	if (!owner) {
		change_free(change);
		return;
	}
	change->result = result;
	if (change->generation != owner->generation)
		change->result = ERR_NOT_FOUND; /* the account has gone meanwhile, and what was committed with it */
	else if (result == 0)
		apply(change);
	else if (result != ERR_BUSY && result != ERR_NO_MEMORY) /* those are told before anything is sent */
		owner->is_doubtful = true; /* the connection may have gone between the commit and its answer */
	release(change);
	finish(change);
}

static struct storage *storage_of(const struct pending_change *change)
{
	return change->owner->store->parts.storage;
}

/* Random, so that it never comes back for another text: not after a restart, nor where the document is removed and made
 * again (RFC 4825 §8.5). */
static void save(struct pending_change *change, const struct kept_document *before, struct slice body)
{
	struct document_owner *owner = change->owner;
	char etag[DOCUMENT_ETAG_SIZE];
	random_token(etag, sizeof etag - 1);
	struct stored_document row = {.id = before ? before->id : storage_next_message_id(storage_of(change)),
				      .account_id = owner->account_id,
				      .application = change->asked.application,
				      .name = change->asked.name,
				      .etag = slice_text(etag),
				      .changed_at_ms = clock_unix_ms(),
				      .body = body};
	change->after = document_create(owner, &row, false);
	int result = change->after ? reserve(change) : ERR_NO_MEMORY;
	if (result == 0)
		storage_save_document(storage_of(change), &row, on_saved, change);
	else
		end_later(change, result);
}

/* --- the quota ---------------------------------------------------------------------------------------------------- */

static bool is_too_much(struct pending_change *change, const struct kept_document *before, size_t bytes)
{
	const struct document_owner *owner = change->owner;
	const struct document_store_options *options = &owner->store->options;
	size_t freed = before ? before->document.body.length : 0;
	bool is_global = owner == owner->store->global; /* the administrator's */
	char *sentence = change->sentence;
	size_t size = sizeof change->sentence;
	if (bytes > options->document_bytes)
		(void)snprintf(sentence, size, "The document would have %zu bytes; at most %zu are allowed in one",
			       bytes, options->document_bytes);
	else if (!is_global && !before && owner->document_count >= options->documents_most)
		(void)snprintf(sentence, size, "There are %u documents of this user; at most %u are allowed",
			       owner->document_count, options->documents_most);
	else if (!is_global && owner->bytes - freed + bytes > options->user_bytes && bytes > freed)
		(void)snprintf(sentence, size,
			       "The documents of this user would have %zu bytes together; at most %zu are allowed",
			       owner->bytes - freed + bytes, options->user_bytes);
	else
		return false;
	return true;
}

/* --- its turn ----------------------------------------------------------------------------------------------------- */

static void write_document(struct pending_change *change, const struct kept_document *before, struct slice body)
{
	if (before && slice_equal(before->document.body, body)) {
		change->is_told = true;
		end_later(change, 0);
	} else if (is_too_much(change, before, body.length)) {
		end_later(change, ERR_LIMIT);
	} else {
		save(change, before, body);
	}
}

static void begin(struct pending_change *change)
{
	struct document_owner *owner = change->owner;
	const struct document_change *asked = &change->asked;
	const struct kept_document *before = document_at(owner, asked->application, asked->name);
	struct slice body = SLICE("");
	change->is_begun = true;
	change->generation = owner->generation;
	enum document_decision decision = asked->edit(asked->arg, document_of(before), &body);
	if (decision == DOCUMENT_WRITE)
		write_document(change, before, body);
	else if (decision == DOCUMENT_REMOVE && before)
		storage_remove_document(storage_of(change), before->id, on_saved, change);
	else
		end_later(change, 0);
}

void changes_go_on(struct document_owner *owner)
{
	if (list_is_empty(&owner->changes))
		return;
	struct pending_change *next = CONTAINER_OF(owner->changes.next, struct pending_change, link);
	if (next->is_begun)
		return;
	if (!owner->is_here || owner->is_doubtful)
		owner_load(owner);
	else
		begin(next);
}

static struct slice put(char **next, struct slice text)
{
	char *at = *next;
	if (text.length > 0)
		memcpy(at, text.at, text.length);
	*next += text.length;
	return slice_of(at, text.length);
}

void document_change(struct document_store *store, const struct document_change *change)
{
	struct document_owner *owner = owner_get(store, change->user);
	struct pending_change *pending = NULL;
	if (owner)
		pending = calloc(1, sizeof *pending + change->application.length + change->name.length);
	if (!pending) {
		if (owner)
			owner_settle(owner);
		/* Nothing can wait without memory to wait in: the asker is told at once. */
		change->done(change->arg, ERR_NO_MEMORY, NULL, "");
		return;
	}
	char *next = pending->text;
	pending->asked = *change;
	pending->asked.user = owner_user(owner);
	pending->asked.application = put(&next, change->application);
	pending->asked.name = put(&next, change->name);
	pending->owner = owner;
	owner_use(owner);
	list_append(&owner->changes, &pending->link);
	changes_go_on(owner);
}
