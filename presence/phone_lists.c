/* Lists for the keys of phones: given by the configuration or a table of the database, whole each time.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/lists_state.h"

#include <stdlib.h>

static bool has_name(const struct table_link *link, const void *key)
{
	const struct phone_list *list = CONTAINER_OF(link, const struct phone_list, link);
	return slice_equal(slice_of(list->name, list->name_length), *(const struct slice *)key);
}

static struct phone_list *find(const struct table *table, struct slice name)
{
	struct table_link *link = table_find(table, table_hash(table, name.at, name.length), has_name, &name);
	return link ? CONTAINER_OF(link, struct phone_list, link) : NULL;
}

const struct phone_list *phone_list_find(const struct lists *lists, struct slice name)
{
	return find(&lists->phone_lists, name);
}

/* --- building ----------------------------------------------------------------------------------------------------- */

/* "bob" is a user of the domain; anything else is a URI. */
static int write_uri(const struct lists *lists, struct arena *arena, struct slice text, struct slice *uri)
{
	*uri = text;
	if (slice_find(text, ':') < text.length)
		return 0;
	struct buffer buffer;
	buffer_init(&buffer, 1024);
	buffer_text(&buffer, "sip:");
	if (slice_find(text, '@') < text.length) {
		buffer_append(&buffer, text);
	} else {
		sip_uri_escape_user(&buffer, text);
		buffer_byte(&buffer, '@');
		buffer_append(&buffer, domain_name(lists->events->parts.domain));
	}
	int result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&buffer), uri);
	buffer_finish(&buffer);
	return result;
}

static bool is_there(const struct flat_entry *entries, size_t count, struct slice uri)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal_nocase(entries[i].uri, uri))
			return true;
	return false;
}

/* The first `count` entries are those of one list. */
static struct list_definition *define(const struct lists *lists, const struct phone_list_row *entries, size_t count)
{
	struct arena arena;
	arena_init(&arena, NULL, 64u << 20);
	unsigned most = lists->events->options.lists.limits.entries;
	struct flat_entry *flat = arena_allocate_zeroed(&arena, count + 1, sizeof *flat);
	struct flat_list list = {flat, 0};
	int result = flat ? 0 : ERR_NO_MEMORY;
	for (size_t i = 0; i < count && list.count < most && result == 0; i++) {
		struct flat_entry *entry = &flat[list.count];
		if (slice_is_empty(entries[i].uri))
			continue; /* it says only that there is such a list */
		result = write_uri(lists, &arena, entries[i].uri, &entry->uri);
		entry->name = entries[i].name;
		list.count += result == 0 && !is_there(flat, list.count, entry->uri);
	}
	struct list_definition *definition = result == 0 ? list_definition_create(&list) : NULL;
	arena_finish(&arena);
	return definition;
}

static int add(struct lists *lists, struct table *table, const struct phone_list_row *entries, size_t count)
{
	struct slice name = entries[0].list;
	if (name.length == 0 || name.length > UINT8_MAX || find(table, name))
		return 0; /* a name that nobody can dial, or that stands twice: the first one counts */
	struct phone_list *list = malloc(sizeof *list + name.length);
	struct list_definition *definition = list ? define(lists, entries, count) : NULL;
	if (!definition) {
		free(list);
		return ERR_NO_MEMORY;
	}
	list->definition = definition;
	list->name_length = (uint8_t)name.length;
	memcpy(list->name, name.at, name.length);
	table_insert(table, &list->link, table_hash(table, name.at, name.length));
	return 0;
}

static bool free_one(struct table_link *link, void *arg)
{
	struct phone_list *list = CONTAINER_OF(link, struct phone_list, link);
	table_remove(arg, link);
	list_definition_release(list->definition);
	free(list);
	return true;
}

static void finish(struct table *table)
{
	if (table->buckets)
		table_each(table, free_one, table);
	table_finish(table);
}

void phone_lists_finish(struct lists *lists)
{
	finish(&lists->phone_lists);
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static void refresh_of(void *arg, struct account *watcher)
{
	struct lists *lists = arg;
	for (struct subscription *each = watcher->subscriptions; each; each = each->next_of_watcher) {
		struct resource *resource = subscription_resource(each);
		if (each->state != SUBSCRIPTION_ENDING && resource->is_list &&
		    list_name_kind(resource_name(resource)) == LIST_PHONE)
			lists_refresh(lists, resource, account_user(watcher));
	}
}

int lists_set_phone_lists(struct lists *lists, const struct phone_list_row *entries, size_t count)
{
	struct table table, old;
	int result = table_init(&table);
	for (size_t i = 0, end; i < count && result == 0; i = end) {
		for (end = i + 1; end < count && slice_equal(entries[end].list, entries[i].list);)
			end++;
		result = add(lists, &table, entries + i, end - i);
	}
	if (result != 0) {
		finish(&table);
		return result;
	}
	old = lists->phone_lists;
	lists->phone_lists = table;
	finish(&old);
	accounts_each(lists->events->parts.accounts, refresh_of, lists);
	return 0;
}
