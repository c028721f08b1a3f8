/* Reading the plain view of a buddy list. SPDX-License-Identifier: MIT */
#include "documents/buddies.h"

#include "base/error.h"
#include "base/table.h"
#include "bodies/identity.h"
#include "documents/buddy_names.h"
#include "documents/list_reference.h"

struct met_group {
	struct table_link link; /* by its name */
	struct met_group *next;
	struct buddy_group group;
};

/* A buddy on the way: his groups are a chain until all are known. */
struct membership {
	struct table_link link; /* by who is in which */
	struct membership *next;
	struct {
		const struct met_buddy *met;
		const struct met_group *group;
	} who;
};

struct met_buddy {
	struct table_link link;
	struct met_buddy *next;
	struct slice key;
	struct buddy buddy;
	struct membership *groups, **last_group;
};

struct reading {
	struct arena *arena;
	struct table buddies, groups, memberships;
	size_t path_bytes; /* of all groups */
	struct met_buddy *first_buddy, **last_buddy;
	struct met_group *first_group, **last_group;
	struct buddy_list counts;
	struct body_error *error;
};

static bool is(const struct xml_node *node, const char *name)
{
	return xml_is(node, SLICE(RESOURCE_LISTS_SPACE), slice_text(name));
}

static struct slice display_name_of(const struct xml_node *node)
{
	return xml_text(xml_child(node, SLICE(RESOURCE_LISTS_SPACE), SLICE("display-name")));
}

/* --- buddies ------------------------------------------------------------------------------------------------------ */

int buddy_key(struct arena *arena, struct slice uri, struct slice *key)
{
	struct identity identity;
	uri = slice_trim(uri);
	int result = identity_read(arena, uri, &identity);
	if (result == ERR_SYNTAX) { /* no person of a domain ("tel:"): just what it is */
		*key = uri;
		return 0;
	}
	if (result != 0)
		return result;
	size_t length = identity.user.length + 1 + identity.domain.length;
	char *text = arena_allocate(arena, length);
	if (!text)
		return ERR_NO_MEMORY;
	/* A domain has no '@', so this is nobody else's. */
	if (identity.user.length > 0)
		memcpy(text, identity.user.at, identity.user.length);
	text[identity.user.length] = '@';
	if (identity.domain.length > 0)
		memcpy(text + identity.user.length + 1, identity.domain.at, identity.domain.length);
	*key = slice_of(text, length);
	return 0;
}

static bool has_key(const struct table_link *link, const void *key)
{
	const struct slice *wanted = key;
	return slice_equal(CONTAINER_OF(link, const struct met_buddy, link)->key, *wanted);
}

static struct met_buddy *meet_buddy(struct reading *reading, struct slice uri)
{
	struct slice key;
	if (buddy_key(reading->arena, uri, &key) != 0)
		return NULL;
	uint64_t hash = table_hash(&reading->buddies, key.at, key.length);
	struct table_link *link = table_find(&reading->buddies, hash, has_key, &key);
	if (link)
		return CONTAINER_OF(link, struct met_buddy, link);
	struct met_buddy *met = arena_allocate_zeroed(reading->arena, 1, sizeof *met);
	if (!met)
		return NULL;
	met->key = key;
	met->buddy.uri = slice_trim(uri);
	met->last_group = &met->groups;
	table_insert(&reading->buddies, &met->link, hash);
	*reading->last_buddy = met;
	reading->last_buddy = &met->next;
	reading->counts.buddy_count++;
	return met;
}

static bool is_membership(const struct table_link *link, const void *key)
{
	const struct membership *known = CONTAINER_OF(link, const struct membership, link);
	return memcmp(&known->who, key, sizeof known->who) == 0;
}

/* `group` NULL: he is in none. */
static int join(struct reading *reading, struct met_buddy *met, const struct met_group *group)
{
	if (!group)
		return 0;
	struct membership *membership = arena_allocate_zeroed(reading->arena, 1, sizeof *membership);
	if (!membership)
		return ERR_NO_MEMORY;
	membership->who.met = met;
	membership->who.group = group;
	uint64_t hash = table_hash(&reading->memberships, &membership->who, sizeof membership->who);
	if (table_find(&reading->memberships, hash, is_membership, &membership->who))
		return 0;
	table_insert(&reading->memberships, &membership->link, hash);
	*met->last_group = membership;
	met->last_group = &membership->next;
	met->buddy.group_count++;
	return 0;
}

static int read_entry(struct reading *reading, const struct xml_node *entry, const struct met_group *group)
{
	struct slice uri = xml_attribute(entry, SLICE("uri"));
	if (slice_is_empty(slice_trim(uri)))
		return 0;
	struct met_buddy *met = meet_buddy(reading, uri);
	if (!met)
		return ERR_NO_MEMORY;
	if (slice_is_empty(met->buddy.name))
		met->buddy.name = display_name_of(entry);
	return join(reading, met, group);
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

int buddy_group_path(struct arena *arena, struct slice parent, struct slice name, struct slice *path)
{
	if (slice_is_empty(name) || slice_is_empty(parent)) {
		*path = slice_is_empty(name) ? parent : name;
		return 0;
	}
	char *text = arena_allocate(arena, parent.length + 1 + name.length);
	if (!text)
		return ERR_NO_MEMORY;
	memcpy(text, parent.at, parent.length);
	text[parent.length] = '/';
	memcpy(text + parent.length + 1, name.at, name.length);
	*path = slice_of(text, parent.length + 1 + name.length);
	return 0;
}

size_t buddy_group_path_bytes(size_t parent, size_t name)
{
	return parent > 0 && name > 0 ? parent + 1 + name : parent + name;
}

int buddy_group_complain(struct body_error *error)
{
	body_complain(error, "The names of the groups have more than %d bytes, each with those that it stands in",
		      BUDDY_PATHS_BYTES_MOST);
	return ERR_LIMIT;
}

static bool is_called(const struct table_link *link, const void *key)
{
	const struct slice *path = key;
	return slice_equal(CONTAINER_OF(link, const struct met_group, link)->group.name, *path);
}

/* The group of a list with a name, within `parent` (NULL: none). */
static int meet_group(struct reading *reading, const struct xml_node *list, struct slice name,
		      const struct met_group *parent, const struct met_group **group)
{
	struct slice outer = parent ? parent->group.name : SLICE(""), path;
	reading->path_bytes += buddy_group_path_bytes(outer.length, name.length);
	if (reading->path_bytes > BUDDY_PATHS_BYTES_MOST)
		return buddy_group_complain(reading->error);
	if (buddy_group_path(reading->arena, outer, name, &path) != 0)
		return ERR_NO_MEMORY;
	uint64_t hash = table_hash(&reading->groups, path.at, path.length);
	const struct table_link *known = table_find(&reading->groups, hash, is_called, &path);
	if (known) {
		*group = CONTAINER_OF(known, const struct met_group, link);
		return 0;
	}
	struct met_group *met = arena_allocate_zeroed(reading->arena, 1, sizeof *met);
	if (!met)
		return ERR_NO_MEMORY;
	met->group = (struct buddy_group){path, display_name_of(list)};
	*reading->last_group = met;
	reading->last_group = &met->next;
	reading->counts.group_count++;
	table_insert(&reading->groups, &met->link, hash);
	*group = met;
	return 0;
}

/* Recursive: as deep as the limits that it was parsed with allow. */
static int read_list(struct reading *reading, const struct xml_node *list, const struct met_group *parent)
{
	const struct met_group *group = parent;
	struct slice name = xml_attribute(list, SLICE("name"));
	int result = slice_is_empty(name) ? 0 : meet_group(reading, list, name, parent, &group);
	for (const struct xml_node *node = list->children; node && result == 0; node = node->next)
		if (is(node, "entry"))
			result = read_entry(reading, node, group);
		else if (is(node, "list"))
			result = read_list(reading, node, group);
	return result;
}

/* --- the list ----------------------------------------------------------------------------------------------------- */

static const struct slice *gather_memberships(struct arena *arena, const struct met_buddy *met)
{
	struct slice *groups = arena_allocate_zeroed(arena, met->buddy.group_count + 1, sizeof *groups);
	size_t count = 0;
	for (const struct membership *one = met->groups; one && groups; one = one->next)
		groups[count++] = one->who.group->group.name;
	return groups;
}

static int gather(const struct reading *reading, struct buddy_list *list)
{
	struct arena *arena = reading->arena;
	struct buddy_group *groups = arena_allocate_zeroed(arena, reading->counts.group_count + 1, sizeof *groups);
	struct buddy *buddies = arena_allocate_zeroed(arena, reading->counts.buddy_count + 1, sizeof *buddies);
	size_t count = 0;
	if (!groups || !buddies)
		return ERR_NO_MEMORY;
	for (const struct met_group *met = reading->first_group; met; met = met->next)
		groups[count++] = met->group;
	count = 0;
	for (const struct met_buddy *met = reading->first_buddy; met; met = met->next) {
		buddies[count] = met->buddy;
		buddies[count].groups = gather_memberships(arena, met);
		if (!buddies[count].groups)
			return ERR_NO_MEMORY;
		count++;
	}
	*list = reading->counts;
	list->groups = groups;
	list->buddies = buddies;
	return 0;
}

int buddies_read(struct arena *arena, struct slice document, const struct xml_limits *limits, struct buddy_list *list,
		 struct body_error *error)
{
	struct reading reading = {.arena = arena, .error = error};
	const struct xml_node *root;
	*list = (struct buddy_list){0};
	if (slice_is_empty(document))
		return 0;
	int result = xml_parse(arena, document, limits, &root, error);
	if (result != 0)
		return result;
	if (!is(root, "resource-lists")) {
		body_complain(error, "The document is not one of resource lists");
		return ERR_SYNTAX;
	}
	bool is_ready = table_init(&reading.buddies) == 0 && table_init(&reading.groups) == 0 &&
			table_init(&reading.memberships) == 0;
	result = is_ready ? 0 : ERR_NO_MEMORY;
	reading.last_buddy = &reading.first_buddy;
	reading.last_group = &reading.first_group;
	for (const struct xml_node *node = root->children; node && result == 0; node = node->next)
		if (is(node, "list"))
			result = read_list(&reading, node, NULL);
	if (result == 0)
		result = gather(&reading, list);
	table_finish(&reading.memberships);
	table_finish(&reading.groups);
	table_finish(&reading.buddies);
	return result;
}

const struct buddy *buddy_find(const struct buddy_list *list, struct arena *arena, struct slice uri)
{
	struct slice wanted, key;
	if (buddy_key(arena, uri, &wanted) != 0)
		return NULL;
	for (size_t i = 0; i < list->buddy_count; i++)
		if (buddy_key(arena, list->buddies[i].uri, &key) == 0 && slice_equal(key, wanted))
			return &list->buddies[i];
	return NULL;
}

const struct buddy_group *buddy_group_find(const struct buddy_list *list, struct slice name)
{
	for (size_t i = 0; i < list->group_count; i++)
		if (slice_equal(list->groups[i].name, name))
			return &list->groups[i];
	return NULL;
}
