/* The calendar's time, for what outlives the process (rows, nonces, Date). Durations use timers_now.
 * SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>

/* Milliseconds since 1970. */
int64_t clock_unix_ms(void);
