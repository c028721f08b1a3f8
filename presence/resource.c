/* Resources, found by package and name. SPDX-License-Identifier: MIT */
#include "presence/resource.h"

#include "presence/events_state.h"

#include <stdlib.h>
#include <string.h>

struct resource_key {
	uint8_t package;
	struct slice name;
};

static bool has_key(const struct table_link *link, const void *key)
{
	const struct resource *resource = CONTAINER_OF(link, const struct resource, link);
	const struct resource_key *wanted = key;
	return resource->package == wanted->package && slice_equal(resource_name(resource), wanted->name);
}

static uint64_t hash_of(const struct events *events, const struct resource_key *key)
{
	/* Few packages share a name: they make one chain a little longer. */
	return table_hash(&events->resources, key->name.at, key->name.length) + key->package;
}

static struct resource *find(const struct events *events, const struct resource_key *key)
{
	struct table_link *link = table_find(&events->resources, hash_of(events, key), has_key, key);
	return link ? CONTAINER_OF(link, struct resource, link) : NULL;
}

struct resource *resource_find(struct events *events, const char *package, struct slice name)
{
	const struct package_row *row = events_find_package(events, slice_text(package));
	if (!row)
		return NULL;
	struct resource_key key = {(uint8_t)(row - events->packages), name};
	return find(events, &key);
}

static uint8_t index_of(const struct events *events, const struct event_package *package)
{
	uint8_t index = 0;
	while (index < events->package_count && events->packages[index].package != package)
		index++;
	return index;
}

struct resource *resource_get(struct events *events, const struct event_package *package, struct slice name)
{
	struct resource_key key = {index_of(events, package), name};
	if (key.package == events->package_count || name.length > RESOURCE_NAME_MOST)
		return NULL;
	struct resource *resource = find(events, &key);
	if (resource)
		return resource;
	resource = calloc(1, sizeof *resource + name.length);
	if (!resource)
		return NULL;
	list_init(&resource->subscriptions);
	list_init(&resource->publications);
	resource->version = 1;
	resource->package = key.package;
	resource->name_length = (uint8_t)name.length;
	if (name.length > 0)
		memcpy(resource->name, name.at, name.length);
	table_insert(&events->resources, &resource->link, hash_of(events, &key));
	events->counters.resources++;
	if (package->on_watched)
		package->on_watched(events->packages[key.package].arg, resource, true);
	return resource;
}

void resource_release(struct events *events, struct resource *resource)
{
	if (resource->subscription_count > 0 || !list_is_empty(&resource->publications))
		return;
	const struct package_row *row = events_row(events, resource);
	if (row->package->on_watched)
		row->package->on_watched(row->arg, resource, false);
	list_remove(&resource->changed);
	notifier_forget_bodies(events, resource);
	table_remove(&events->resources, &resource->link);
	events->counters.resources--;
	free(resource);
}

const struct event_package *resource_package(const struct events *events, const struct resource *resource)
{
	return events_row(events, resource)->package;
}

void events_announce(struct events *events, const char *package, struct slice name)
{
	resource_announce(events, resource_find(events, package, name));
}
