/* Register, subscribe, publish, and then change everything after each restart. SPDX-License-Identifier: MIT */
#include "lasting.h"

#include "clock.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* As long as 200,000 SUBSCRIBEs may take one after the other. */
enum { STEP_LIMIT_S = 600, START_LIMIT_S = 120, LINGER_MS = 5 };

/* False: the input has ended. */
static bool wait_for_line(struct operations *operations)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	for (char byte = 0; byte != '\n';) {
		if (poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) != 1)
			return false;
		if (input.revents == 0)
			operations_linger(operations, LINGER_MS);
	}
	return true;
}

static bool say(struct operations *operations, const char *step)
{
	(void)puts(step);
	(void)fflush(stdout);
	return wait_for_line(operations);
}

static bool run(struct operations *operations, enum work work, enum proof proof, unsigned count)
{
	struct operations_run run = {.work = work, .proof = proof, .count = count, .limit_s = STEP_LIMIT_S};
	struct operations_counters counters = operations_run(operations, &run);
	unsigned failed = count - counters.done - counters.cut_short;
	if (counters.done != count)
		(void)fprintf(stderr, "lasting: %u of %u failed, %u entries of lists were not told\n", failed, count,
			      counters.untold);
	return failed == 0;
}

/* The server is about to be started again. */
static bool measure_start(struct operations *operations, enum proof proof, unsigned watched)
{
	uint64_t began_us = clock_now_us();
	if (!operations_await_server(operations, START_LIMIT_S)) {
		(void)fputs("lasting: the server does not answer\n", stderr);
		return false;
	}
	double ready_ms = (double)(clock_now_us() - began_us) / 1000;
	struct operations_run run = {.work = WORK_CHANGE, .proof = proof, .count = 1, .limit_s = STEP_LIMIT_S};
	struct operations_counters first = operations_run(operations, &run);
	double first_ms = (double)(clock_now_us() - began_us) / 1000;
	run.first = 1;
	run.count = watched - 1;
	struct operations_counters others = operations_run(operations, &run);
	double all_ms = (double)(clock_now_us() - began_us) / 1000;
	(void)printf("ready_ms=%.1f first_ms=%.1f all_ms=%.1f notified=%u repeated=%u failed=%u\n", ready_ms, first_ms,
		     all_ms, first.notified + others.notified, first.repeated + others.repeated,
		     first.failed + others.failed);
	(void)fflush(stdout);
	return first.failed + others.failed == 0;
}

bool lasting_run(struct operations *operations, const struct operations_options *options, enum proof proof)
{
	unsigned watched = options->event == EVENT_PRESENCE ? options->receivers : options->users;
	bool are_lists = options->entries > 0;
	if (!run(operations, WORK_REGISTER, proof, options->users + options->receivers) ||
	    (are_lists && !run(operations, WORK_PUBLISH, proof, watched)))
		return false;
	if (!say(operations, "registered"))
		return true;
	if (!run(operations, WORK_SUBSCRIBE, proof, options->subscriptions))
		return false;
	if (!say(operations, "subscribed") || are_lists)
		return true;
	if (!run(operations, WORK_PUBLISH, proof, watched))
		return false;
	for (bool goes_on = say(operations, "published"); goes_on; goes_on = wait_for_line(operations)) {
		if (!measure_start(operations, proof, watched))
			return false;
	}
	return true;
}
