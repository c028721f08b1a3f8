/* Lamps as objects: which phone each is of, and how it is found. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/events_state.h"
#include "presence/lamps_state.h"

#include <stdlib.h>
#include <string.h>

/* --- phones ------------------------------------------------------------------------------------------------------- */

/* What a lamp is found by. */
struct phone {
	const struct device *device;
	struct slice key; /* of the binding, where the device has no instance */
};

static struct phone phone_of(const struct binding *binding)
{
	bool has_instance = binding->device->id != STORAGE_DEVICE_WITHOUT_INSTANCE;
	return (struct phone){binding->device, has_instance ? SLICE("") : binding_text(binding, BINDING_KEY)};
}

static bool is_binding_of(const struct lamp *lamp, const struct binding *binding)
{
	struct slice key = slice_of(lamp->key, lamp->key_length);
	return slice_is_empty(key) || slice_equal(binding_text(binding, BINDING_KEY), key);
}

static bool has_binding(const struct lamp *lamp)
{
	for (const struct binding *each = lamp->device->bindings; each; each = each->next)
		if (is_binding_of(lamp, each))
			return true;
	return false;
}

const struct binding *lamp_way(const struct lamp *lamp)
{
	for (const struct binding *each = lamp->device->bindings; each; each = each->next)
		if (each->reachable && is_binding_of(lamp, each))
			return each;
	return NULL;
}

unsigned lamps_each_phone(struct lamps *lamps, const struct device *device, lamp_phone_fn *visit)
{
	unsigned count = 0;
	const struct binding *next;
	for (const struct binding *each = device->bindings; each; each = next) {
		next = each->next;
		if (!each->reachable)
			continue;
		visit(lamps, each);
		count++;
		if (device->id != STORAGE_DEVICE_WITHOUT_INSTANCE)
			break;
	}
	return count;
}

/* --- records ------------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const struct lamps *lamps, const struct device *device)
{
	return table_hash(&lamps->by_device, &device, sizeof(device));
}

static bool is_of_phone(const struct table_link *link, const void *key)
{
	const struct lamp *lamp = CONTAINER_OF(link, const struct lamp, link);
	const struct phone *phone = key;
	return lamp->device == phone->device && slice_equal(slice_of(lamp->key, lamp->key_length), phone->key);
}

static struct lamp *find(const struct lamps *lamps, const struct phone *phone)
{
	struct table_link *link = table_find(&lamps->by_device, hash_of(lamps, phone->device), is_of_phone, phone);
	return link ? CONTAINER_OF(link, struct lamp, link) : NULL;
}

struct lamp *lamp_find(const struct lamps *lamps, const struct binding *binding)
{
	struct phone phone = phone_of(binding);
	return find(lamps, &phone);
}

struct lamp *lamp_get(struct lamps *lamps, const struct binding *binding)
{
	struct phone phone = phone_of(binding);
	struct device *device = binding->device;
	struct lamp *lamp = find(lamps, &phone);
	if (lamp)
		return lamp;
	lamp = calloc(1, sizeof *lamp + phone.key.length);
	if (!lamp) {
		log_event(lamps->parts->log, LOG_ERROR, "lamp_not_told",
			  &(struct log_context){.aor = account_user(device->account)}, "%s", error_text(ERR_NO_MEMORY));
		return NULL;
	}
	lamp->lamps = lamps;
	lamp->device = device;
	lamp->key_length = (uint16_t)phone.key.length; /* as in the binding */
	if (phone.key.length > 0)
		memcpy(lamp->key, phone.key.at, phone.key.length);
	device_hold(lamps->parts->accounts, device);
	table_insert(&lamps->by_device, &lamp->link, hash_of(lamps, device));
	return lamp;
}

static bool is_gone(const struct table_link *link, const void *key)
{
	const struct lamp *lamp = CONTAINER_OF(link, const struct lamp, link);
	return lamp->device == key && !has_binding(lamp);
}

struct lamp *lamp_find_gone(const struct lamps *lamps, const struct device *device)
{
	struct table_link *link = table_find(&lamps->by_device, hash_of(lamps, device), is_gone, device);
	return link ? CONTAINER_OF(link, struct lamp, link) : NULL;
}
