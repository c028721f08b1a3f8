/* Presence that users have set by hand. SPDX-License-Identifier: MIT */
#include "presence/manipulations.h"

#include "base/error.h"
#include "base/fnv.h"
#include "base/table.h"
#include "bodies/pidf.h"
#include "presence/packages.h"
#include "presence/people_state.h"
#include "presence/resource.h"

#include <stdlib.h>
#include <string.h>

struct manipulations {
	struct events *events;
	struct log *log;
	struct table users; /* struct manipulating_user */
};

/* One document. */
struct manipulating {
	struct manipulation manipulation; /* first: what others see */
	struct manipulating *next;
	struct slice name;
	bool hides;
	char text[]; /* name, body */
};

struct manipulating_user {
	struct table_link link;
	struct manipulating *documents; /* by name */
	uint16_t user_length;
	char user[];
};

/* --- users -------------------------------------------------------------------------------------------------------- */

static bool has_user(const struct table_link *link, const void *key)
{
	const struct manipulating_user *user = CONTAINER_OF(link, const struct manipulating_user, link);
	return slice_equal(slice_of(user->user, user->user_length), *(const struct slice *)key);
}

static uint64_t hash_of(const struct manipulations *manipulations, struct slice user)
{
	return table_hash(&manipulations->users, user.at, user.length);
}

static struct manipulating_user *find_user(const struct manipulations *manipulations, struct slice user)
{
	struct table_link *link = table_find(&manipulations->users, hash_of(manipulations, user), has_user, &user);
	return link ? CONTAINER_OF(link, struct manipulating_user, link) : NULL;
}

static struct manipulating_user *get_user(struct manipulations *manipulations, struct slice name)
{
	struct manipulating_user *user = find_user(manipulations, name);
	if (user || name.length > UINT16_MAX)
		return user;
	user = calloc(1, sizeof *user + name.length);
	if (!user)
		return NULL;
	user->user_length = (uint16_t)name.length;
	if (name.length > 0)
		memcpy(user->user, name.at, name.length);
	table_insert(&manipulations->users, &user->link, hash_of(manipulations, name));
	return user;
}

static void user_destroy(struct manipulations *manipulations, struct manipulating_user *user)
{
	while (user->documents) {
		struct manipulating *gone = user->documents;
		user->documents = gone->next;
		free(gone);
	}
	table_remove(&manipulations->users, &user->link);
	free(user);
}

/* --- documents ---------------------------------------------------------------------------------------------------- */

/* Where it stands, or would be inserted. */
static struct manipulating **place_of(struct manipulating_user *user, struct slice name)
{
	struct manipulating **place = &user->documents;
	while (*place && slice_compare((*place)->name, name) < 0)
		place = &(*place)->next;
	return place;
}

static void remove_document(struct manipulations *manipulations, const struct document *document)
{
	struct manipulating_user *user = find_user(manipulations, document->user);
	struct manipulating **place = user ? place_of(user, document->name) : NULL;
	if (!place || !*place || !slice_equal((*place)->name, document->name))
		return;
	struct manipulating *gone = *place;
	*place = gone->next;
	free(gone);
	if (!user->documents)
		user_destroy(manipulations, user);
}

/* Publications are counted from 1, and will never get as far as the highest bit. */
static uint64_t id_of(struct slice name)
{
	return fnv_add(FNV_BEGIN, name) | UINT64_C(1) << 63;
}

/* What cannot be read hides nothing: it shows nothing either. */
static bool says_invisible(struct slice body)
{
	struct arena arena;
	struct pidf pidf;
	struct body_error error;
	arena_init(&arena, NULL, PEOPLE_DOCUMENT_MOST);
	bool hides = pidf_parse(&arena, body, &people_xml_limits, &pidf, &error) == 0 &&
		     xml_child(pidf.root, SLICE("urn:heliograph:presence"), SLICE("invisible"));
	arena_finish(&arena);
	return hides;
}

static struct manipulating *document_copy(const struct document *document)
{
	struct slice name = document->name, body = document->body;
	struct manipulating *copy = calloc(1, sizeof *copy + name.length + body.length);
	if (!copy)
		return NULL;
	if (name.length > 0)
		memcpy(copy->text, name.at, name.length);
	if (body.length > 0)
		memcpy(copy->text + name.length, body.at, body.length);
	copy->name = slice_of(copy->text, name.length);
	copy->hides = says_invisible(body);
	copy->manipulation = (struct manipulation){.id = id_of(name),
						   .changed_at_ms = document->changed_at_ms,
						   .body = slice_of(copy->text + name.length, body.length)};
	return copy;
}

static int put_document(struct manipulations *manipulations, const struct document *document)
{
	struct manipulating *copy = document_copy(document);
	struct manipulating_user *user = copy ? get_user(manipulations, document->user) : NULL;
	if (!user) {
		free(copy);
		return ERR_NO_MEMORY;
	}
	struct manipulating **place = place_of(user, document->name);
	copy->next = *place;
	*place = copy;
	return 0;
}

static bool is_ours(const struct document *document)
{
	return document && slice_equal(document->application, SLICE("pidf-manipulation")) &&
	       !slice_is_empty(document->user);
}

static void on_changed(void *arg, const struct document *before, const struct document *after)
{
	struct manipulations *manipulations = arg;
	if (!is_ours(before) && !is_ours(after))
		return;
	struct slice user = after ? after->user : before->user;
	bool was_hidden = manipulations_hide(manipulations, user);
	remove_document(manipulations, before ? before : after);
	if (after && put_document(manipulations, after) != 0)
		log_event(manipulations->log, LOG_ERROR, "manipulation_lost", NULL,
			  "%s: what \"%.*s\" has set is not shown until he changes it, or the server starts",
			  error_text(ERR_NO_MEMORY), SLICE_ARGS(after->user));
	/* First the state: who may see him again must not be told what he said before. */
	events_announce(manipulations->events, presence_package.name, user);
	if (manipulations_hide(manipulations, user) != was_hidden)
		events_review(manipulations->events, presence_package.name, user);
}

bool manipulations_hide(const struct manipulations *manipulations, struct slice user)
{
	const struct manipulation *one = NULL;
	while ((one = manipulation_next(manipulations, user, one)))
		if (CONTAINER_OF(one, const struct manipulating, manipulation)->hides)
			return true;
	return false;
}

const struct manipulation *manipulation_next(const struct manipulations *manipulations, struct slice user,
					     const struct manipulation *previous)
{
	const struct manipulating *next;
	if (previous) {
		next = CONTAINER_OF(previous, const struct manipulating, manipulation)->next;
	} else {
		const struct manipulating_user *found = manipulations ? find_user(manipulations, user) : NULL;
		next = found ? found->documents : NULL;
	}
	return next ? &next->manipulation : NULL;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct manipulations *manipulations_create(struct events *events, struct document_store *store)
{
	struct manipulations *manipulations = calloc(1, sizeof *manipulations);
	if (!manipulations)
		return NULL;
	manipulations->events = events;
	manipulations->log = events_parts(events)->log;
	if (table_init(&manipulations->users) != 0 || document_store_listen(store, on_changed, manipulations) != 0) {
		table_finish(&manipulations->users);
		free(manipulations);
		return NULL;
	}
	return manipulations;
}

static bool destroy_one(struct table_link *link, void *arg)
{
	user_destroy(arg, CONTAINER_OF(link, struct manipulating_user, link));
	return true;
}

void manipulations_destroy(struct manipulations *manipulations)
{
	if (!manipulations)
		return;
	table_each(&manipulations->users, destroy_one, manipulations);
	table_finish(&manipulations->users);
	free(manipulations);
}
