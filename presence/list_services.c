/* Which URIs are services of lists, and whose (RFC 4826 §4): known of all users, read from their documents at the start
 * and when they change.
 *
 * A name is reserved from the moment when a document with it was judged until its commit is done or has failed, so that
 * two users who want the same one at once do not both get it. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/lists_state.h"

#include <stdlib.h>

#define USER_MOST 255

/* --- owners and their services ------------------------------------------------------------------------------------ */

static struct slice user_of(const struct list_service_owner *owner)
{
	return slice_of(owner->user, owner->user_length);
}

struct slice list_service_owner(const struct list_service_entry *entry)
{
	return user_of(entry->owner);
}

static struct slice name_of(const struct list_service_entry *entry)
{
	return slice_of(entry->texts, entry->name_length);
}

static struct slice packages_of(const struct list_service_entry *entry)
{
	return slice_of(entry->texts + entry->name_length, entry->packages_length);
}

struct service_key {
	struct slice name, user;
};

static bool is_of_user(const struct table_link *link, const void *arg)
{
	const struct list_service_entry *entry = CONTAINER_OF(link, const struct list_service_entry, link);
	const struct service_key *key = arg;
	return !entry->is_reserved && slice_equal(name_of(entry), key->name) &&
	       slice_equal(list_service_owner(entry), key->user);
}

static bool is_of_another(const struct table_link *link, const void *arg)
{
	const struct list_service_entry *entry = CONTAINER_OF(link, const struct list_service_entry, link);
	const struct service_key *key = arg;
	return slice_equal(name_of(entry), key->name) && !slice_equal(list_service_owner(entry), key->user);
}

static const struct list_service_entry *find(const struct lists *lists, struct slice name, struct slice user,
					     table_match_fn *match)
{
	const struct service_key key = {name, user};
	struct table_link *link =
		table_find(&lists->services, table_hash(&lists->services, name.at, name.length), match, &key);
	return link ? CONTAINER_OF(link, struct list_service_entry, link) : NULL;
}

const struct list_service_entry *list_service_find(const struct lists *lists, struct slice name, struct slice asker)
{
	const struct list_service_entry *global = find(lists, name, SLICE(""), is_of_user);
	return global ? global : find(lists, name, asker, is_of_user);
}

bool lists_serves(const struct lists *lists, struct slice user, const struct account *asker, const char *package)
{
	const struct list_service_entry *service = list_service_find(lists, user, account_user(asker));
	struct slice rest = service ? packages_of(service) : SLICE("");
	if (slice_is_empty(rest))
		return true;
	while (!slice_is_empty(rest)) {
		if (slice_equal_nocase(slice_take(&rest, ' '), slice_text(package)))
			return true;
	}
	return false;
}

static bool has_user(const struct table_link *link, const void *key)
{
	return slice_equal(user_of(CONTAINER_OF(link, const struct list_service_owner, link)),
			   *(const struct slice *)key);
}

static uint64_t hash_of_user(const struct lists *lists, struct slice user)
{
	return table_hash(&lists->service_owners, user.at, user.length);
}

static struct list_service_owner *find_owner(const struct lists *lists, struct slice user)
{
	struct table_link *link = table_find(&lists->service_owners, hash_of_user(lists, user), has_user, &user);
	return link ? CONTAINER_OF(link, struct list_service_owner, link) : NULL;
}

static struct list_service_owner *get_owner(struct lists *lists, struct slice user)
{
	struct list_service_owner *owner = find_owner(lists, user);
	if (owner || user.length > UINT16_MAX)
		return owner;
	owner = calloc(1, sizeof *owner + user.length);
	if (!owner)
		return NULL;
	owner->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(owner->user, user.at, user.length);
	table_insert(&lists->service_owners, &owner->link, hash_of_user(lists, user));
	return owner;
}

/* Those that he serves, or those that he has reserved. */
static void drop(struct lists *lists, struct slice user, bool is_reserved)
{
	struct list_service_owner *owner = find_owner(lists, user);
	if (!owner)
		return;
	struct list_service_entry **place = &owner->services;
	while (*place) {
		struct list_service_entry *entry = *place;
		if (entry->is_reserved != is_reserved) {
			place = &entry->next;
			continue;
		}
		*place = entry->next;
		table_remove(&lists->services, &entry->link);
		free(entry);
	}
	if (owner->services)
		return;
	table_remove(&lists->service_owners, &owner->link);
	free(owner);
}

static int add(struct lists *lists, const struct service_key *key, struct slice packages, bool is_reserved)
{
	struct slice name = key->name;
	if (name.length == 0 || name.length > USER_MOST || packages.length > UINT16_MAX)
		return 0; /* no SUBSCRIBE gets there */
	struct list_service_entry *entry = malloc(sizeof *entry + name.length + packages.length);
	struct list_service_owner *owner = entry ? get_owner(lists, key->user) : NULL;
	if (!owner) {
		free(entry);
		return ERR_NO_MEMORY;
	}
	*entry = (struct list_service_entry){.owner = owner,
					     .next = owner->services,
					     .is_reserved = is_reserved,
					     .name_length = (uint8_t)name.length,
					     .packages_length = (uint16_t)packages.length};
	memcpy(entry->texts, name.at, name.length);
	if (packages.length > 0)
		memcpy(entry->texts + name.length, packages.at, packages.length);
	owner->services = entry;
	table_insert(&lists->services, &entry->link, table_hash(&lists->services, name.at, name.length));
	return 0;
}

/* --- documents ---------------------------------------------------------------------------------------------------- */

struct service_walk {
	struct lists *lists;
	struct slice user;
	bool is_reserved;
	int result;
};

/* The user part, where the URI is one of ours. */
static bool read_name(const struct lists *lists, struct slice text, struct arena *arena, struct slice *name)
{
	struct sip_uri uri;
	return sip_uri_parse(text, &uri) == 0 && domain_user(lists->events->parts.domain, arena, &uri, name) == 0;
}

static void on_service(void *arg, const struct list_service *service)
{
	struct service_walk *walk = arg;
	struct arena arena;
	struct service_key key = {.user = walk->user};
	if (walk->result != 0)
		return;
	arena_init(&arena, &walk->lists->events->arenas, 65536);
	if (read_name(walk->lists, service->uri, &arena, &key.name))
		walk->result = add(walk->lists, &key, service->packages, walk->is_reserved);
	arena_finish(&arena);
}

/* The services of the document are those that its owner serves, or has reserved, from now on. */
static int take(struct lists *lists, const struct document *document, bool is_reserved, struct body_error *error)
{
	struct service_walk walk = {.lists = lists, .user = document->user, .is_reserved = is_reserved};
	drop(lists, document->user, is_reserved);
	int result = list_services_read(document->body, &document_widest_limits, on_service, &walk, error);
	return result == 0 ? walk.result : result;
}

/* What was there before is dropped by whose it was: of who is not in memory the store has no text any more. */
static void follow(struct lists *lists, struct slice user, const struct document *after)
{
	struct body_error error = {""};
	if (!after) {
		drop(lists, user, false);
		return;
	}
	int result = take(lists, after, false, &error);
	if (result != 0)
		log_event(lists->events->parts.log, LOG_ERROR, "list_services_not_read",
			  &(struct log_context){.aor = user}, "%s",
			  error.sentence[0] ? error.sentence : error_text(result));
}

static bool has_services(struct slice application, struct slice name)
{
	/* RFC 4826 §4.4.7: there is one document of them. */
	return slice_equal(application, SLICE("rls-services")) && slice_equal(name, SLICE("index"));
}

static bool is_watched_list(const struct resource *resource)
{
	enum list_kind kind = resource->is_list ? list_name_kind(resource_name(resource)) : LIST_NONE;
	return kind == LIST_SERVICE || kind == LIST_BUDDIES;
}

static void refresh_lists_of(struct lists *lists, struct account *watcher)
{
	for (struct subscription *each = watcher->subscriptions; each; each = each->next_of_watcher)
		if (each->state != SUBSCRIPTION_ENDING && is_watched_list(subscription_resource(each)))
			lists_refresh(lists, subscription_resource(each), account_user(watcher));
}

static void refresh_each(void *arg, struct account *account)
{
	refresh_lists_of(arg, account);
}

void lists_document_changed(void *arg, const struct document *before, const struct document *after)
{
	struct lists *lists = arg;
	const struct document *document = after ? after : before;
	bool is_services = has_services(document->application, document->name);
	if (!is_services && !slice_equal(document->application, SLICE("resource-lists")))
		return;
	if (is_services)
		follow(lists, document->user, after);
	/* Only its owner watches a list that is not global. */
	struct account *owner =
		slice_is_empty(document->user) ? NULL : accounts_find(lists->events->parts.accounts, document->user);
	if (owner)
		refresh_lists_of(lists, owner);
	else if (slice_is_empty(document->user))
		accounts_each(lists->events->parts.accounts, refresh_each, lists);
}

/* --- whose a name may become -------------------------------------------------------------------------------------- */

/* Accounts that are not in memory are not looked for: whoever subscribes finds them before any service. */
static bool is_taken(const struct lists *lists, struct slice user, struct slice name)
{
	/* What the administrator serves to all is not kept from them by a user who was there before. */
	bool is_anothers = !slice_is_empty(user) && find(lists, name, user, is_of_another);
	return is_anothers || phone_list_find(lists, name) ||
	       slice_equal(name, slice_text(lists->events->options.lists.service)) ||
	       accounts_find(lists->events->parts.accounts, name);
}

static bool on_is_taken(void *arg, struct slice user, struct slice service_uri)
{
	struct lists *lists = arg;
	struct arena arena;
	struct slice name;
	arena_init(&arena, &lists->events->arenas, 65536);
	bool result = read_name(lists, service_uri, &arena, &name) && is_taken(lists, user, name);
	arena_finish(&arena);
	return result;
}

static int on_reserve(void *arg, const struct document *document)
{
	struct lists *lists = arg;
	struct body_error error;
	if (!has_services(document->application, document->name))
		return 0;
	int result = take(lists, document, true, &error);
	if (result != 0)
		drop(lists, document->user, true);
	return result;
}

static void on_release(void *arg, struct slice user, struct slice application, struct slice name)
{
	if (has_services(application, name))
		drop(arg, user, true);
}

struct document_claims lists_claims(struct lists *lists)
{
	return (struct document_claims){
		.arg = lists, .is_taken = on_is_taken, .reserve = on_reserve, .release = on_release};
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static bool free_service(struct table_link *link, void *arg)
{
	struct lists *lists = arg;
	table_remove(&lists->services, link);
	free(CONTAINER_OF(link, struct list_service_entry, link));
	return true;
}

static bool free_owner(struct table_link *link, void *arg)
{
	struct lists *lists = arg;
	table_remove(&lists->service_owners, link);
	free(CONTAINER_OF(link, struct list_service_owner, link));
	return true;
}

void list_services_finish(struct lists *lists)
{
	if (lists->services.buckets)
		table_each(&lists->services, free_service, lists);
	table_finish(&lists->services);
	if (lists->service_owners.buckets)
		table_each(&lists->service_owners, free_owner, lists);
	table_finish(&lists->service_owners);
}
