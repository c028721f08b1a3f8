/* Timers of one node: a hierarchical wheel with a resolution of 1 ms.
 *
 * Time is given: the loop calls timers_run(now); tests pass any time they like. Starting and stopping
 * cost O(1) however many timers run. A timer is a field of the object it wakes, and is stopped before
 * the object is freed. SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

struct timers;
struct timer;
typedef void timer_fn(struct timer *timer);

/* The callback finds its object with CONTAINER_OF. Zeroed is a stopped timer. */
struct timer {
	struct list_link link;
	int64_t due_at_ms;
	timer_fn *fire;
};

/* `now_ms` is monotonic. NULL where memory is exhausted. */
struct timers *timers_create(int64_t now_ms);
void timers_destroy(struct timers *timers);

/* (Re)starts: fires once, `delay_ms` from timers_now, on a later timers_run (never inside this call). */
void timer_start(struct timers *timers, struct timer *timer, int64_t delay_ms, timer_fn *fire);
/* Accepts a stopped or zeroed timer. */
void timer_stop(struct timer *timer);
static inline bool timer_is_running(const struct timer *timer)
{
	return list_is_linked(&timer->link);
}

/* The time that all code of the node uses; moves only with timers_run. */
int64_t timers_now(const struct timers *timers);
/* Moves the time and fires what is due, in order of due time. */
void timers_run(struct timers *timers, int64_t now_ms);
/* Milliseconds until timers_run must be called again at the latest; -1 where no timer runs. May be
 * earlier than the next due time (a wheel's cascade), never later. */
int64_t timers_wait_ms(const struct timers *timers);
