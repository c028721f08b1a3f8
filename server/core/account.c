/* Devices of an account. SPDX-License-Identifier: MIT */
#include "core/account.h"

#include <stdlib.h>

struct device *account_find_device(const struct account *account, int64_t device_id)
{
	for (struct device *device = account->devices; device; device = device->next)
		if (device->id == device_id)
			return device;
	return NULL;
}

struct device *account_device(struct account *account, int64_t device_id)
{
	struct device *device = account_find_device(account, device_id);
	if (device)
		return device;
	device = calloc(1, sizeof *device);
	if (!device)
		return NULL;
	device->account = account;
	device->id = device_id;
	list_init(&device->branches);
	device->next = account->devices;
	account->devices = device;
	return device;
}

void account_forget_device(struct account *account, struct device *device)
{
	struct device **at = &account->devices;
	while (*at != device)
		at = &(*at)->next;
	*at = device->next;
	device->next = NULL;
	device->is_forgotten = true;
	if (device->holders == 0)
		free(device);
}

unsigned account_count_devices(const struct account *account)
{
	unsigned count = 0;
	for (const struct device *device = account->devices; device; device = device->next)
		count++;
	return count;
}

unsigned account_count_bindings(const struct account *account)
{
	unsigned count = 0;
	for (const struct device *device = account->devices; device; device = device->next)
		for (const struct binding *binding = device->bindings; binding; binding = binding->next)
			count++;
	return count;
}
