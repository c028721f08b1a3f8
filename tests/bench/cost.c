/* CPU time and latencies of a run. SPDX-License-Identifier: MIT */
#include "cost.h"

#include "processes.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { IDLE_STEP_MS = 200, IDLE_LIMIT_MS = 15000 };

#define IDLE_SHARE 0.06

struct cost cost_read(const struct cost_parties *parties)
{
	return (struct cost){processes_cpu_s(parties->server), processes_cpu_s(parties->database),
			     processes_cpu_s(getpid())};
}

unsigned cost_wait_until_idle(const struct cost_parties *parties, cost_linger_fn *linger, void *arg)
{
	struct cost before = cost_read(parties);
	for (unsigned waited_ms = 0; waited_ms < IDLE_LIMIT_MS; waited_ms += IDLE_STEP_MS) {
		linger(arg, IDLE_STEP_MS);
		struct cost now = cost_read(parties);
		double used_s = now.server_s - before.server_s + now.database_s - before.database_s;
		if (used_s <= IDLE_SHARE * IDLE_STEP_MS / 1000)
			return waited_ms;
		before = now;
	}
	return IDLE_LIMIT_MS;
}

static int compare_latencies(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static double percentile_ms(const struct cost_run *run, double share)
{
	return run->done == 0 ? 0 : run->latency_us[(unsigned)(share * (run->done - 1))] / 1000.0;
}

static double each_us(const struct cost_run *run, double before_s, double after_s)
{
	return (after_s - before_s) * 1e6 / (run->operations == 0 ? 1 : run->operations);
}

void cost_print(struct cost_run *run)
{
	qsort(run->latency_us, run->done, sizeof *run->latency_us, compare_latencies);
	(void)printf("seconds=%.3f rate=%.0f ", run->seconds, run->done / run->seconds);
	(void)printf("server_us=%.2f database_us=%.2f driver_us=%.2f ",
		     each_us(run, run->before.server_s, run->after.server_s),
		     each_us(run, run->before.database_s, run->after.database_s),
		     each_us(run, run->before.driver_s, run->after.driver_s));
	(void)printf("p50_ms=%.2f p99_ms=%.2f most_ms=%.2f behind_ms=%u\n", percentile_ms(run, 0.5),
		     percentile_ms(run, 0.99), percentile_ms(run, 1), run->behind_ms);
}
