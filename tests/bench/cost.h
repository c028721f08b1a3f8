/* What a run costs both servers, and how long its operations took. SPDX-License-Identifier: MIT */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Whose CPU time is read, with all their children; 0: nobody's. */
struct cost_parties {
	pid_t server, database;
};

/* Seconds of CPU time. */
struct cost {
	double server_s, database_s, driver_s;
};

struct cost cost_read(const struct cost_parties *parties);

typedef void cost_linger_fn(void *arg, unsigned ms);
/* Waits for both to become idle: work may go on behind the last answer. Returns how long that took. */
unsigned cost_wait_until_idle(const struct cost_parties *parties, cost_linger_fn *linger, void *arg);

struct cost_run {
	struct cost before, after;
	double seconds;
	unsigned operations;  /* that the cost is divided by */
	unsigned done;        /* that have a latency */
	unsigned behind_ms;   /* from the last answer until both were idle */
	uint32_t *latency_us; /* sorted while they are printed */
};
/* Prints the end of a line of name=value. */
void cost_print(struct cost_run *run);
