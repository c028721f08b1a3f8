/* Time for the layers: struct timers driven by the libuv loop, and the end of each turn.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/timer.h"

#include <stdint.h>
#include <uv.h>

struct loop_driver {
	uv_prepare_t prepare;
	uv_check_t check;
	uv_timer_t wake;
	struct timers *timers;
	void (*end_turn)(void *arg); /* once a turn, when everything that came in has been handled */
	void *arg;
};

/* Monotonic. */
int64_t loop_now_ms(void);
/* To be started after the transport, so that what its callbacks send leaves in the same turn: libuv runs the handles
 * that were started last first. */
MUST_CHECK int loop_driver_start(struct loop_driver *driver, uv_loop_t *loop, struct timers *timers,
				 void (*end_turn)(void *arg), void *arg);
void loop_driver_close(struct loop_driver *driver);
