/* Timers: due when they should be, in order, whatever is started and stopped meanwhile.
 * SPDX-License-Identifier: MIT */
#include "base/timer.h"

#include "test.h"

#define MANY 2000

/* A timer that notes when it fired, and in which place among all. */
struct probe {
	struct timer timer;
	struct stage *stage;
	unsigned fired, order;
	int64_t fired_at_ms;
	bool restarts;
	int64_t restart_ms;
	struct probe *stops;
};

struct stage {
	struct timers *timers;
	unsigned fired;
};

static void close_stage(struct stage *stage)
{
	timers_destroy(stage->timers);
}

static void on_probe(struct timer *timer)
{
	struct probe *probe = CONTAINER_OF(timer, struct probe, timer);
	probe->fired++;
	probe->order = probe->stage->fired++;
	probe->fired_at_ms = timers_now(probe->stage->timers);
	if (probe->stops)
		timer_stop(&probe->stops->timer);
	if (probe->restarts)
		timer_start(probe->stage->timers, timer, probe->restart_ms, on_probe);
}

static void start(struct stage *stage, struct probe *probe, int64_t delay_ms)
{
	probe->stage = stage;
	timer_start(stage->timers, &probe->timer, delay_ms, on_probe);
}

static void a_timer_fires_once_at_its_time_and_not_before(void)
{
	/* Around the borders of the wheel's levels. */
	static const int64_t delays[] = {0,    1,    2,    62,     63,     64,       65,      127,      128,
					 4095, 4096, 4097, 262143, 262144, 16777216, 3600000, 86400000, 1073741825};
	static const int64_t starts[] = {0, 1, 63, 64, 4095, 262143, 1234567890123};
	for (size_t i = 0; i < ARRAY_SIZE(starts) * ARRAY_SIZE(delays); i++) {
		int64_t from = starts[i / ARRAY_SIZE(delays)], delay = delays[i % ARRAY_SIZE(delays)];
		CLEANUP(close_stage) struct stage stage = {.timers = timers_create(from)};
		CHECK(stage.timers);
		struct probe probe = {0};
		start(&stage, &probe, delay);
		CHECK_NUMBER(probe.fired, 0);
		if (delay > 0) {
			timers_run(stage.timers, from + delay - 1);
			CHECK_NUMBER(probe.fired, 0);
			CHECK_NUMBER(timers_wait_ms(stage.timers), 1);
		}
		timers_run(stage.timers, from + delay);
		CHECK_NUMBER(probe.fired, 1);
		CHECK(!timer_is_running(&probe.timer));
		CHECK_NUMBER(timers_wait_ms(stage.timers), -1);
		timers_run(stage.timers, from + 2 * delay + 100);
		CHECK_NUMBER(probe.fired, 1);
	}
}

static void sleeping_as_long_as_told_misses_no_timer(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(977)};
	CHECK(stage.timers);
	struct probe probes[40] = {0};
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++)
		start(&stage, &probes[i], (int64_t)(i * i * i * 7));
	unsigned turns = 0;
	for (int64_t wait; (wait = timers_wait_ms(stage.timers)) >= 0; turns++)
		timers_run(stage.timers, timers_now(stage.timers) + wait);
	for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
		CHECK_NUMBER(probes[i].fired, 1);
		CHECK_NUMBER(probes[i].fired_at_ms, 977 + (int64_t)(i * i * i * 7));
	}
	/* Each timer wakes the loop for itself and a few times for its way down the levels. */
	CHECK(turns <= ARRAY_SIZE(probes) * 4);
}

static void timers_fire_in_the_order_of_their_due_times(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(5)};
	CHECK(stage.timers);
	struct probe probes[MANY] = {0};
	uint32_t number = 1;
	for (size_t i = 0; i < MANY; i++) {
		number = number * 1664525 + 1013904223;
		start(&stage, &probes[i], number >> 12);
	}
	timers_run(stage.timers, (int64_t)1 << 21);
	CHECK_NUMBER(stage.fired, MANY);
	const struct probe *by_order[MANY] = {0};
	for (size_t i = 0; i < MANY; i++)
		by_order[probes[i].order] = &probes[i];
	for (size_t i = 1; i < MANY; i++) {
		int64_t before = by_order[i - 1]->timer.due_at_ms, due = by_order[i]->timer.due_at_ms;
		CHECK(before < due || (before == due && by_order[i - 1] < by_order[i]));
	}
}

static void stopped_timers_do_not_fire_and_may_be_stopped_again(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe probes[MANY] = {0};
	timer_stop(&probes[0].timer);
	for (size_t i = 0; i < MANY; i++)
		start(&stage, &probes[i], (int64_t)i * 10);
	for (size_t i = 0; i < MANY; i++) {
		if (i % 3 != 0)
			timer_stop(&probes[i].timer);
	}
	timer_stop(&probes[1].timer);
	timers_run(stage.timers, MANY * 10);
	for (size_t i = 0; i < MANY; i++)
		CHECK_NUMBER(probes[i].fired, i % 3 == 0 ? 1 : 0);
}

static void where_all_are_stopped_there_is_nothing_to_wait_for(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe near = {0}, far = {0};
	start(&stage, &near, 10);
	start(&stage, &far, 100000);
	timer_stop(&near.timer);
	CHECK(timers_wait_ms(stage.timers) > 10);
	timer_stop(&far.timer);
	CHECK_NUMBER(timers_wait_ms(stage.timers), -1);
	timers_run(stage.timers, 50);
	CHECK_NUMBER(timers_wait_ms(stage.timers), -1);
}

static void starting_again_moves_the_time(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe later = {0}, sooner = {0};
	start(&stage, &later, 10);
	start(&stage, &later, 5000);
	start(&stage, &sooner, 5000);
	start(&stage, &sooner, 10);
	timers_run(stage.timers, 10);
	CHECK_NUMBER(later.fired, 0);
	CHECK_NUMBER(sooner.fired, 1);
	timers_run(stage.timers, 5000);
	CHECK_NUMBER(later.fired, 1);
	CHECK_NUMBER(sooner.fired, 1);
}

static void a_callback_may_restart_its_timer_even_at_once(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe at_once = {.restarts = true}, later = {.restarts = true, .restart_ms = 500};
	start(&stage, &at_once, 3);
	start(&stage, &later, 3);
	timers_run(stage.timers, 1000); /* late: the callback counts from now, not from when it was due */
	CHECK_NUMBER(at_once.fired, 1);
	CHECK_NUMBER(at_once.fired_at_ms, 1000);
	CHECK_NUMBER(later.fired, 1);
	timers_run(stage.timers, 1001);
	CHECK_NUMBER(at_once.fired, 2);
	timers_run(stage.timers, 1499);
	CHECK_NUMBER(later.fired, 1);
	timers_run(stage.timers, 1500);
	CHECK_NUMBER(later.fired, 2);
}

static void a_callback_may_stop_a_timer_of_the_same_millisecond(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe second = {0}, first = {.stops = &second};
	start(&stage, &first, 7);
	start(&stage, &second, 7);
	timers_run(stage.timers, 7);
	CHECK_NUMBER(first.fired, 1);
	CHECK_NUMBER(second.fired, 0);
}

static void absurd_delays_are_bounded(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(1000)};
	CHECK(stage.timers);
	struct probe endless = {0}, negative = {0};
	start(&stage, &endless, INT64_MAX);
	start(&stage, &negative, INT64_MIN);
	CHECK_NUMBER(timers_wait_ms(stage.timers), 0);
	timers_run(stage.timers, 1000);
	CHECK_NUMBER(negative.fired, 1);
	CHECK(timers_wait_ms(stage.timers) > 0);
	timers_run(stage.timers, (int64_t)1 << 50);
	CHECK_NUMBER(endless.fired, 0);
}

static void time_does_not_run_backwards(void)
{
	CLEANUP(close_stage) struct stage stage = {.timers = timers_create(1000)};
	CHECK(stage.timers);
	timers_run(stage.timers, 900);
	CHECK_NUMBER(timers_now(stage.timers), 1000);
}

static void timers_may_be_stopped_after_the_wheel_is_gone(void)
{
	struct stage stage = {.timers = timers_create(0)};
	CHECK(stage.timers);
	struct probe probe = {0};
	start(&stage, &probe, 10);
	timers_destroy(stage.timers);
	CHECK(!timer_is_running(&probe.timer));
	timer_stop(&probe.timer);
	timers_destroy(NULL);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_timer_fires_once_at_its_time_and_not_before", a_timer_fires_once_at_its_time_and_not_before,
		 TEST_PLAIN},
		{"sleeping_as_long_as_told_misses_no_timer", sleeping_as_long_as_told_misses_no_timer, TEST_PLAIN},
		{"timers_fire_in_the_order_of_their_due_times", timers_fire_in_the_order_of_their_due_times,
		 TEST_PLAIN},
		{"stopped_timers_do_not_fire_and_may_be_stopped_again",
		 stopped_timers_do_not_fire_and_may_be_stopped_again, TEST_PLAIN},
		{"where_all_are_stopped_there_is_nothing_to_wait_for",
		 where_all_are_stopped_there_is_nothing_to_wait_for, TEST_PLAIN},
		{"starting_again_moves_the_time", starting_again_moves_the_time, TEST_PLAIN},
		{"a_callback_may_restart_its_timer_even_at_once", a_callback_may_restart_its_timer_even_at_once,
		 TEST_PLAIN},
		{"a_callback_may_stop_a_timer_of_the_same_millisecond",
		 a_callback_may_stop_a_timer_of_the_same_millisecond, TEST_PLAIN},
		{"absurd_delays_are_bounded", absurd_delays_are_bounded, TEST_PLAIN},
		{"time_does_not_run_backwards", time_does_not_run_backwards, TEST_PLAIN},
		{"timers_may_be_stopped_after_the_wheel_is_gone", timers_may_be_stopped_after_the_wheel_is_gone,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
