/* How many devices an account is remembered with. A program that makes a new +sip.instance each time it is started
 * would gather them without end, and each message is a row for each of them. SPDX-License-Identifier: MIT */
#pragma once

#include "base/log.h"
#include "core/accounts.h"
#include "storage/storage.h"

struct device_limit {
	struct accounts *accounts;
	struct storage *storage;
	struct log *log;
	unsigned most;
};

/* Forgets devices until the account has no more than `most`: those seen least recently, none that has a binding or is
 * one of `spared`. The account knows its devices. What is saved after this call is committed after the forgetting. */
void device_limit_apply(const struct device_limit *limit, struct account *account, const int64_t *spared, size_t count);
