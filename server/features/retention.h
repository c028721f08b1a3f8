/* Throws away what is over, a slice at a time: expired bindings and debts, messages older than the history goes,
 * devices not seen for long. SPDX-License-Identifier: MIT */
#pragma once

#include "base/log.h"
#include "base/timer.h"
#include "storage/storage.h"

struct retention;

struct retention_options {
	unsigned history_days; /* 0: only what is owed is kept */
	unsigned device_days;
	unsigned interval_s; /* between two rounds */
};

/* The first round comes after one interval. NULL where memory is exhausted. */
struct retention *retention_create(struct timers *timers, struct storage *storage, struct log *log,
				   const struct retention_options *options);
/* The storage is closed by then. */
void retention_destroy(struct retention *retention);
void retention_set_options(struct retention *retention, const struct retention_options *options);
