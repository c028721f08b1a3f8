/* The timers' clock. A turn of libuv's loop is: its own timers, prepare, wait for events and handle them, check. Our
 * timers run in prepare and in check. While events are handled the time is that of prepare, so the wait is bounded:
 * nothing is ever off by more than WAIT_MOST_MS. SPDX-License-Identifier: MIT */
#include "program/loop.h"

#define WAIT_MOST_MS 25

int64_t loop_now_ms(void)
{
	return (int64_t)(uv_hrtime() / 1000000);
}

static void on_wake(uv_timer_t *wake)
{
	(void)wake; /* has ended the wait; prepare and check do the rest */
}

static void on_prepare(uv_prepare_t *prepare)
{
	struct loop_driver *driver = prepare->data;
	timers_run(driver->timers, loop_now_ms());
	int64_t wait_ms = timers_wait_ms(driver->timers);
	if (wait_ms < 0 || wait_ms > WAIT_MOST_MS)
		wait_ms = WAIT_MOST_MS;
	(void)uv_timer_start(&driver->wake, on_wake, (uint64_t)wait_ms, 0); /* fails only without a callback */
}

static void on_check(uv_check_t *check)
{
	struct loop_driver *driver = check->data;
	timers_run(driver->timers, loop_now_ms());
	driver->end_turn(driver->arg);
}

int loop_driver_start(struct loop_driver *driver, uv_loop_t *loop, struct timers *timers, void (*end_turn)(void *arg),
		      void *arg)
{
	*driver = (struct loop_driver){.timers = timers, .end_turn = end_turn, .arg = arg};
	int result = uv_timer_init(loop, &driver->wake);
	if (result == 0)
		result = uv_prepare_init(loop, &driver->prepare);
	if (result == 0)
		result = uv_check_init(loop, &driver->check);
	driver->prepare.data = driver->check.data = driver;
	if (result == 0)
		result = uv_prepare_start(&driver->prepare, on_prepare);
	return result < 0 ? result : uv_check_start(&driver->check, on_check);
}

void loop_driver_close(struct loop_driver *driver)
{
	uv_close((uv_handle_t *)&driver->prepare, NULL);
	uv_close((uv_handle_t *)&driver->check, NULL);
	uv_close((uv_handle_t *)&driver->wake, NULL);
}
