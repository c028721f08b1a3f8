/* CLOCK_REALTIME in milliseconds. SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <time.h>

int64_t clock_unix_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock and a valid pointer */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
