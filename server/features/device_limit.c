/* Choosing and forgetting devices. SPDX-License-Identifier: MIT */
#include "features/device_limit.h"

#include "base/error.h"
#include "core/clock.h"

#include <stdlib.h>

/* Where the limit was lowered, or is new, the rest follows with the next new devices. */
enum { FORGOTTEN_AT_ONCE = 100 };

/* A device that is being forgotten; the account is held. */
struct forgetting {
	struct device_limit limit;
	struct account *account;
};

static void on_forgotten(void *arg, int result)
{
	struct forgetting *forgetting = arg;
	struct account *account = forgetting->account;
	if (result != 0) {
		/* It is still a device: what is known of the account is read again before the next message to it. */
		account->knows_devices = false;
		log_event(forgetting->limit.log, LOG_WARNING, "device_not_forgotten",
			  &(struct log_context){.aor = account_user(account)}, "%s", error_text(result));
	}
	account_release(forgetting->limit.accounts, account);
	free(forgetting);
}

static void forget(const struct device_limit *limit, struct device *device)
{
	struct account *account = device->account;
	struct forgetting *forgetting = malloc(sizeof *forgetting);
	if (!forgetting)
		return; /* one device too many until the next new one */
	*forgetting = (struct forgetting){*limit, account};
	log_event(limit->log, LOG_INFO, "device_forgotten", &(struct log_context){.aor = account_user(account)},
		  "registered %lld s ago, %u messages owed to it; an account has %u devices at most",
		  (long long)(clock_unix_ms() / 1000 - device->last_seen_s), device->owed, limit->most);
	account_hold(limit->accounts, account);
	storage_forget_device(limit->storage, account->id, device->id, on_forgotten, forgetting);
	account_forget_device(account, device);
}

static bool is_one_of(int64_t id, const int64_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* New devices stand first: of those seen in the same second the last one is the oldest. NULL: all must stay. */
static struct device *least_recent(const struct account *account, const int64_t *spared, size_t count)
{
	struct device *found = NULL;
	for (struct device *device = account->devices; device; device = device->next)
		if (!device->bindings && !is_one_of(device->id, spared, count) &&
		    (!found || device->last_seen_s <= found->last_seen_s))
			found = device;
	return found;
}

void device_limit_apply(const struct device_limit *limit, struct account *account, const int64_t *spared, size_t count)
{
	unsigned devices = account_count_devices(account);
	for (int i = 0; i < FORGOTTEN_AT_ONCE && devices > limit->most; i++) {
		struct device *device = least_recent(account, spared, count);
		if (!device)
			return;
		forget(limit, device);
		devices--;
	}
}
