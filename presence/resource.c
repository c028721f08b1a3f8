/* Resources, found by package and name. SPDX-License-Identifier: MIT */
#include "presence/resource.h"

#include "presence/events_state.h"
#include "presence/list_definition.h"
#include "presence/shared_body.h"

#include <stdlib.h>
#include <string.h>

struct resource_key {
	uint8_t package;
	bool is_list;
	struct slice name;
};

static bool has_key(const struct table_link *link, const void *key)
{
	const struct resource *resource = CONTAINER_OF(link, const struct resource, link);
	const struct resource_key *wanted = key;
	return resource->package == wanted->package && resource->is_list == wanted->is_list &&
	       slice_equal(resource_name(resource), wanted->name);
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
	struct resource_key key = {(uint8_t)(row - events->packages), false, name};
	return find(events, &key);
}

static uint8_t index_of(const struct events *events, const struct event_package *package)
{
	uint8_t index = 0;
	while (index < events->package_count && events->packages[index].package != package)
		index++;
	return index;
}

static struct resource *make(struct events *events, const struct resource_key *key)
{
	const struct package_row *row = &events->packages[key->package];
	struct resource *resource = calloc(1, sizeof *resource + key->name.length);
	if (!resource)
		return NULL;
	list_init(&resource->watches);
	list_init(&resource->publications);
	resource->version = 1;
	resource->package = key->package;
	resource->is_list = key->is_list;
	resource->name_length = (uint8_t)key->name.length;
	if (key->name.length > 0)
		memcpy(resource->name, key->name.at, key->name.length);
	table_insert(&events->resources, &resource->link, hash_of(events, key));
	events->counters.resources++;
	if (row->package->on_watched && !key->is_list)
		row->package->on_watched(row->arg, resource, true);
	return resource;
}

static struct resource *get(struct events *events, const struct resource_key *key)
{
	if (key->package == events->package_count || key->name.length > RESOURCE_NAME_MOST)
		return NULL;
	struct resource *resource = find(events, key);
	return resource ? resource : make(events, key);
}

struct resource *resource_get(struct events *events, const struct event_package *package, struct slice name)
{
	return get(events, &(struct resource_key){index_of(events, package), false, name});
}

struct resource *resource_get_list(struct events *events, const struct event_package *package, struct slice name)
{
	return get(events, &(struct resource_key){index_of(events, package), true, name});
}

struct resource *resource_find_list(struct events *events, const struct event_package *package, struct slice name)
{
	return find(events, &(struct resource_key){index_of(events, package), true, name});
}

void resource_release(struct events *events, struct resource *resource)
{
	if (resource->watch_count > 0 || !list_is_empty(&resource->publications))
		return;
	const struct package_row *row = events_row(events, resource);
	if (row->package->on_watched && !resource->is_list)
		row->package->on_watched(row->arg, resource, false);
	list_definition_release(resource->definition);
	list_remove(&resource->changed);
	shared_bodies_forget(events, resource);
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
