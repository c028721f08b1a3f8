/* Rows that are to go, however long the database is away: what has ended must not come back with the next start.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "presence/events.h"

#include <stdint.h>

enum removal_kind { REMOVAL_SUBSCRIPTION, REMOVAL_PUBLICATION, REMOVAL_WATCH_REQUEST };

/* Removes the row; where that fails, again and again until it is done, or the process ends. */
void events_remove_row(struct events *events, enum removal_kind kind, int64_t id);
/* At the end of the process, when the storage is closed. */
void removals_finish(struct events *events);
