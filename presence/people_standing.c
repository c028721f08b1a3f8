/* Who is there, and what counts. SPDX-License-Identifier: MIT */
#include "presence/people_state.h"

#include "base/fnv.h"

struct account *people_account(const struct people *people, struct slice user)
{
	return accounts_find(people->parts->accounts, user);
}

/* When the device counts as gone (monotonic), where none of its bindings is reachable; 0: it has none. */
static int64_t gone_at_ms(const struct people *people, const struct device *device)
{
	int64_t at_ms = 0;
	for (const struct binding *binding = device->bindings; binding; binding = binding->next) {
		int64_t ends_at_ms = binding->lost_at_ms + (int64_t)people->options.lost_connection_s * 1000;
		at_ms = ends_at_ms > at_ms ? ends_at_ms : at_ms;
	}
	return at_ms;
}

bool people_device_is_there(const struct people *people, const struct device *device)
{
	return location_reachable(device) || gone_at_ms(people, device) > timers_now(people->parts->timers);
}

int64_t people_grace_ends_at_ms(const struct people *people, const struct account *account)
{
	int64_t first_ms = 0;
	for (const struct device *device = account ? account->devices : NULL; device; device = device->next) {
		int64_t at_ms = gone_at_ms(people, device);
		if (location_reachable(device) || at_ms <= timers_now(people->parts->timers))
			continue;
		first_ms = first_ms == 0 || at_ms < first_ms ? at_ms : first_ms;
	}
	return first_ms;
}

/* One that never registered says of itself how long it is there; so do those who publish for others. */
static bool counts(const struct people *people, const struct publication *publication, const struct account *account)
{
	if (!publication->was_registered)
		return true;
	const struct device *device = account ? account_find_device(account, publication->device_id) : NULL;
	return device && people_device_is_there(people, device);
}

const struct publication *people_next_counted(const struct people *people, const struct resource *resource,
					      const struct account *account, const struct publication *previous)
{
	const struct publication *publication = resource ? publication_next(resource, previous) : NULL;
	while (publication && !counts(people, publication, account))
		publication = publication_next(resource, publication);
	return publication;
}

static bool has_published(const struct people *people, const struct resource *resource, const struct device *device)
{
	const struct publication *publication = NULL;
	while ((publication = people_next_counted(people, resource, device->account, publication)))
		if (publication->device_id == device->id && publication->publisher_id == device->account->id)
			return true;
	return false;
}

bool people_has_device(const struct people *people, const struct account *account)
{
	for (const struct device *device = account ? account->devices : NULL; device; device = device->next)
		if (people_device_is_there(people, device))
			return true;
	return false;
}

bool people_has_silent_device(const struct people *people, const struct resource *resource,
			      const struct account *account)
{
	for (const struct device *device = account ? account->devices : NULL; device; device = device->next)
		if (people_device_is_there(people, device) && !has_published(people, resource, device))
			return true;
	return false;
}

uint64_t people_digest(const struct people *people, const struct resource *resource, const struct account *account,
		       bool with_devices)
{
	uint64_t digest = FNV_BEGIN;
	if (with_devices)
		digest ^= 2u * people_has_silent_device(people, resource, account) + people_has_device(people, account);
	const struct publication *publication = NULL;
	while ((publication = people_next_counted(people, resource, account, publication)))
		digest = (digest ^ (uint64_t)publication->id) * FNV_PRIME;
	return digest;
}
