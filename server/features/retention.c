/* A timer and one statement at a time. SPDX-License-Identifier: MIT */
#include "features/retention.h"

#include "base/attributes.h"
#include "base/error.h"

#include <stddef.h>
#include <stdlib.h>

enum { SLICE_ROWS = 2000, BETWEEN_SLICES_MS = 200, DAY_S = 86400 };

struct retention {
	struct timers *timers;
	struct storage *storage;
	struct log *log;
	struct retention_options options;
	struct timer timer;
};

static void next_slice(struct timer *timer);

static void on_purged(void *arg, int result, bool more)
{
	struct retention *retention = arg;
	if (result != 0)
		log_event(retention->log, LOG_WARNING, "purge_failed", NULL, "%s", error_text(result));
	int64_t pause_ms = result == 0 && more ? BETWEEN_SLICES_MS : (int64_t)retention->options.interval_s * 1000;
	timer_start(retention->timers, &retention->timer, pause_ms, next_slice);
}

static void next_slice(struct timer *timer)
{
	struct retention *retention = CONTAINER_OF(timer, struct retention, timer);
	storage_purge(retention->storage, (int64_t)retention->options.history_days * DAY_S,
		      (int64_t)retention->options.device_days * DAY_S, SLICE_ROWS, on_purged, retention);
}

struct retention *retention_create(struct timers *timers, struct storage *storage, struct log *log,
				   const struct retention_options *options)
{
	struct retention *retention = calloc(1, sizeof *retention);
	if (!retention)
		return NULL;
	retention->timers = timers;
	retention->storage = storage;
	retention->log = log;
	retention->options = *options;
	timer_start(timers, &retention->timer, (int64_t)options->interval_s * 1000, next_slice);
	return retention;
}

void retention_destroy(struct retention *retention)
{
	if (!retention)
		return;
	timer_stop(&retention->timer);
	free(retention);
}

void retention_set_options(struct retention *retention, const struct retention_options *options)
{
	retention->options = *options;
}
