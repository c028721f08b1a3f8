/* Whether the users whom entries of lists name are there. SPDX-License-Identifier: MIT */
#include "presence/resource_user.h"

#include "base/error.h"
#include "presence/events_state.h"
#include "presence/list_watches.h"

#include <stdlib.h>

struct user_check {
	struct events *events;
	uint8_t package;
	uint8_t name_length;
	char name[];
};

void resource_set_user(struct resource *resource, enum resource_user user)
{
	bool is_news = (resource->user == USER_UNKNOWN) != (user == USER_UNKNOWN);
	resource->user = (uint8_t)user;
	if (!is_news)
		return;
	for (struct list_link *link = resource->watches.next; link != &resource->watches; link = link->next) {
		struct watch *watch = CONTAINER_OF(link, struct watch, of_resource);
		if (watch_is_entry(watch))
			list_watches_due(watch);
	}
}

static void on_account(void *arg, int result, struct account *account)
{
	struct user_check *check = arg;
	const char *package = check->events->packages[check->package].package->name;
	struct resource *resource = resource_find(check->events, package, slice_of(check->name, check->name_length));
	(void)account;
	if (resource)
		resource_set_user(resource, result == 0               ? USER_KNOWN
					    : result == ERR_NOT_FOUND ? USER_UNKNOWN
								      : USER_UNCHECKED);
	free(check);
}

void resource_check_user(struct events *events, struct resource *resource)
{
	struct slice name = resource_name(resource);
	if (resource->user == USER_KNOWN || resource->user == USER_CHECKING)
		return;
	if (accounts_find(events->parts.accounts, name)) {
		resource_set_user(resource, USER_KNOWN);
		return;
	}
	struct user_check *check = malloc(sizeof *check + name.length);
	if (!check)
		return; /* he is told to be offline, then */
	*check = (struct user_check){events, resource->package, (uint8_t)name.length};
	if (name.length > 0)
		memcpy(check->name, name.at, name.length);
	if (resource->user == USER_UNCHECKED)
		resource->user = USER_CHECKING;
	accounts_load(events->parts.accounts, name, on_account, check);
}

/* Accounts are made, too: an entry that named nobody may name somebody now. */
static void check_again(struct events *events, struct resource *resource)
{
	if (resource->user == USER_UNKNOWN)
		resource_check_user(events, resource);
}

static bool check_one(struct table_link *link, void *arg)
{
	check_again(arg, CONTAINER_OF(link, struct resource, link));
	return true;
}

void events_account_changed(struct events *events, struct slice user)
{
	if (slice_is_empty(user)) { /* anything may have changed */
		table_each(&events->resources, check_one, events);
		return;
	}
	for (unsigned i = 0; i < events->package_count; i++) {
		struct resource *resource = resource_find(events, events->packages[i].package->name, user);
		if (resource)
			check_again(events, resource);
	}
}
