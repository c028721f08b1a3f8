/* Lists that can be watched (RFC 4662), and where each comes from:
 *
 *   carried   in the SUBSCRIBE itself (RFC 5367); it is that subscription's own
 *   service   an <service> of an rls-services document (RFC 4826), by its URI; the owner's, or a global one
 *   buddies   all lists of the watcher's own resource-lists document, by the URI of options.lists.service
 *   phone     for the keys of phones: by the configuration, or a table of the database
 *
 * A list is a resource whose name says which (list_name_…), so that a subscription to it comes back after a restart.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events_state.h"
#include "presence/list_definition.h"

enum list_kind { LIST_NONE, LIST_CARRIED = 'c', LIST_SERVICE = 's', LIST_BUDDIES = 'b', LIST_PHONE = 'p' };

struct lists *lists_create(struct events *events);
/* NULL is accepted. */
void lists_destroy(struct lists *lists);

/* Which list the user part of a Request-URI names for this asker; LIST_NONE: it names none. A service of another user
 * is none of the asker's, and a global one comes before his own. Whether there is an account of that name is for the
 * caller to find out: a service never hides one. */
enum list_kind lists_find(const struct lists *lists, struct slice user, const struct account *asker);
/* Whether the list that lists_find found is for this event package: a service may name those that it is for (RFC 4826
 * §4.1). */
bool lists_serves(const struct lists *lists, struct slice user, const struct account *asker, const char *package);
/* The resource's name, in the arena: its kind, and `of`: the user part of the service or phone list, the watcher, or
 * for a list that was carried what tells its dialog from others. ERR_LIMIT, ERR_NO_MEMORY. */
MUST_CHECK int list_name_make(struct arena *arena, enum list_kind kind, struct slice of, struct slice *name);
enum list_kind list_name_kind(struct slice name);
struct slice list_name_rest(struct slice name);
/* For people: "list sales-keys", "buddies of alice". */
#define LIST_TEXT_SIZE WATCHER_RESOURCE_SIZE
struct slice list_name_describe(struct slice name, char text[LIST_TEXT_SIZE]);

/* The list that a SUBSCRIBE carries. 0; ERR_SYNTAX, ERR_LIMIT, ERR_NO_MEMORY with a sentence. */
MUST_CHECK int lists_read_carried(struct lists *lists, struct slice document, struct list_definition **definition,
				  struct body_error *error);
/* Reads the definition of another list for `watcher`: `done` runs once, maybe at once, with 0 and the definition (to be
 * released by it), or ERR_NOT_FOUND, ERR_SYNTAX, ERR_LIMIT with a sentence, or storage's codes. */
typedef void lists_read_fn(void *arg, int result, struct list_definition *definition, const char *sentence);
void lists_read(struct lists *lists, struct slice name, struct slice watcher, lists_read_fn *done, void *arg);
/* The resource's definition is read (again): its watchers are told what follows. Where it is no list any more, their
 * subscriptions end. */
void lists_refresh(struct lists *lists, struct resource *resource, struct slice watcher);
/* Takes over the caller's hold; watchers are told where it is another one. */
void list_resource_define(struct resource *resource, struct list_definition *definition);

/* For document_store_listen, with the lists as `arg`. */
void lists_document_changed(void *arg, const struct document *before, const struct document *after);
/* For document_store_on_claims: names of services (RFC 4826 §4.4.5). */
struct document_claims lists_claims(struct lists *lists);
MUST_CHECK int lists_set_phone_lists(struct lists *lists, const struct phone_list_row *entries, size_t count);
