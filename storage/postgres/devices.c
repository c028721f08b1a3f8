/* Devices that are forgotten before their time. How they become known is in bindings.c, how they are forgotten when it
 * is over in purge.c. SPDX-License-Identifier: MIT */
#include "batch.h"

struct forgotten_change {
	struct change change;
	int64_t account_id, device_id;
};

static const struct statement forget_statement = {
	"devices_forget",
	"WITH forgotten AS (SELECT * FROM unnest($1::bigint[], $2::bigint[]) AS f(account_id, device_id)),"
	" gone AS (DELETE FROM devices v USING forgotten f"
	"  WHERE v.account_id = f.account_id AND v.device_id = f.device_id)"
	" DELETE FROM debts d USING forgotten f WHERE d.account_id = f.account_id AND d.device_id = f.device_id",
};

static int write_forgotten(struct change *const *changes, size_t count, struct parameters *parameters, size_t *rows)
{
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned devices = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		if (changes[i]->kind != CHANGE_FORGOTTEN)
			continue;
		const struct forgotten_change *forgotten = CONTAINER_OF(changes[i], struct forgotten_change, change);
		parameters_array_number(parameters, accounts, forgotten->account_id);
		parameters_array_number(parameters, devices, forgotten->device_id);
		(*rows)++;
	}
	return 0;
}

const struct batch_step devices_step_forget = {&forget_statement, write_forgotten, NULL};

void storage_forget_device(struct storage *storage, int64_t account_id, int64_t device_id, storage_done_fn *done,
			   void *arg)
{
	size_t bytes = sizeof(struct forgotten_change);
	struct change *change = batch_new_change(storage->batch, CHANGE_FORGOTTEN, bytes, done, arg);
	if (!change)
		return;
	struct forgotten_change *forgotten = CONTAINER_OF(change, struct forgotten_change, change);
	forgotten->account_id = account_id;
	forgotten->device_id = device_id;
	batch_add(storage->batch, change);
}
