/* Which URIs are services of lists, and whose (RFC 4826 §4): known of all users, read from their documents at the start
 * and when they change. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/lists_state.h"

#include <stdlib.h>

#define USER_MOST 255

static struct slice name_of(const struct list_service_entry *entry)
{
	return slice_of(entry->texts, entry->name_length);
}

struct slice list_service_owner(const struct list_service_entry *entry)
{
	return slice_of(entry->texts + entry->name_length, entry->owner_length);
}

static struct slice packages_of(const struct list_service_entry *entry)
{
	return slice_of(entry->texts + entry->name_length + entry->owner_length, entry->packages_length);
}

static bool has_name(const struct table_link *link, const void *key)
{
	return slice_equal(name_of(CONTAINER_OF(link, const struct list_service_entry, link)),
			   *(const struct slice *)key);
}

const struct list_service_entry *list_service_find(const struct lists *lists, struct slice name)
{
	struct table_link *link =
		table_find(&lists->services, table_hash(&lists->services, name.at, name.length), has_name, &name);
	return link ? CONTAINER_OF(link, const struct list_service_entry, link) : NULL;
}

bool lists_serves(const struct lists *lists, struct slice user, const char *package)
{
	const struct list_service_entry *service = list_service_find(lists, user);
	struct slice rest = service ? packages_of(service) : SLICE("");
	if (slice_is_empty(rest))
		return true;
	while (!slice_is_empty(rest)) {
		if (slice_equal_nocase(slice_take(&rest, ' '), slice_text(package)))
			return true;
	}
	return false;
}

static void drop(struct lists *lists, struct slice name, struct slice owner)
{
	const struct list_service_entry *found = list_service_find(lists, name);
	if (!found || !slice_equal(list_service_owner(found), owner))
		return;
	struct list_service_entry *entry = CONTAINER_OF(&found->link, struct list_service_entry, link);
	table_remove(&lists->services, &entry->link);
	free(entry);
}

/* The first who has it keeps it; a second one was refused when it was written (uniqueness). */
static void add(struct lists *lists, struct slice name, struct slice owner, struct slice packages)
{
	if (name.length > USER_MOST || packages.length > UINT16_MAX || list_service_find(lists, name))
		return;
	struct list_service_entry *entry = malloc(sizeof *entry + name.length + owner.length + packages.length);
	if (!entry) {
		log_event(lists->events->parts.log, LOG_ERROR, "list_service_not_known",
			  &(struct log_context){.aor = owner}, "%.*s: %s", SLICE_ARGS(name), error_text(ERR_NO_MEMORY));
		return;
	}
	entry->name_length = (uint8_t)name.length;
	entry->owner_length = (uint16_t)owner.length;
	entry->packages_length = (uint16_t)packages.length;
	if (name.length > 0)
		memcpy(entry->texts, name.at, name.length);
	if (owner.length > 0)
		memcpy(entry->texts + name.length, owner.at, owner.length);
	if (packages.length > 0)
		memcpy(entry->texts + name.length + owner.length, packages.at, packages.length);
	table_insert(&lists->services, &entry->link, table_hash(&lists->services, name.at, name.length));
}

struct service_walk {
	struct lists *lists;
	struct slice owner;
	bool is_added;
};

/* The user part, where the URI is one of ours. */
static bool read_name(const struct lists *lists, struct slice text, struct arena *arena, struct slice *name)
{
	struct sip_uri uri;
	return sip_uri_parse(text, &uri) == 0 && domain_user(lists->events->parts.domain, arena, &uri, name) == 0;
}

static void on_service(void *arg, const struct list_service *service)
{
	const struct service_walk *walk = arg;
	struct arena arena;
	struct slice name;
	arena_init(&arena, &walk->lists->events->arenas, 65536);
	bool is_ours = read_name(walk->lists, service->uri, &arena, &name);
	if (is_ours && walk->is_added)
		add(walk->lists, name, walk->owner, service->packages);
	else if (is_ours)
		drop(walk->lists, name, walk->owner);
	arena_finish(&arena);
}

static void walk_document(struct lists *lists, const struct document *document, bool is_added)
{
	struct service_walk walk = {lists, document ? document->user : SLICE(""), is_added};
	struct body_error error = {""};
	if (document && list_services_read(document->body, &document_widest_limits, on_service, &walk, &error) != 0)
		log_event(lists->events->parts.log, LOG_ERROR, "list_services_not_read",
			  &(struct log_context){.aor = document->user}, "%s", error.sentence);
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
	bool is_services = slice_equal(document->application, SLICE("rls-services"));
	if (!is_services && !slice_equal(document->application, SLICE("resource-lists")))
		return;
	if (is_services) {
		walk_document(lists, before, false);
		walk_document(lists, after, true);
	}
	/* Only its owner watches a list that is not global. */
	struct account *owner =
		slice_is_empty(document->user) ? NULL : accounts_find(lists->events->parts.accounts, document->user);
	if (owner)
		refresh_lists_of(lists, owner);
	else if (slice_is_empty(document->user))
		accounts_each(lists->events->parts.accounts, refresh_each, lists);
}

bool lists_service_is_taken(void *arg, struct slice user, struct slice service_uri)
{
	struct lists *lists = arg;
	struct arena arena;
	struct slice name;
	arena_init(&arena, &lists->events->arenas, 65536);
	bool is_taken = false;
	if (read_name(lists, service_uri, &arena, &name)) {
		const struct list_service_entry *entry = list_service_find(lists, name);
		is_taken = (entry && !slice_equal(list_service_owner(entry), user)) || phone_list_find(lists, name) ||
			   slice_equal(name, slice_text(lists->events->options.lists.service)) ||
			   accounts_find(lists->events->parts.accounts, name);
	}
	arena_finish(&arena);
	return is_taken;
}

static bool free_one(struct table_link *link, void *arg)
{
	struct lists *lists = arg;
	table_remove(&lists->services, link);
	free(CONTAINER_OF(link, struct list_service_entry, link));
	return true;
}

void list_services_finish(struct lists *lists)
{
	if (lists->services.buckets)
		table_each(&lists->services, free_one, lists);
	table_finish(&lists->services);
}
