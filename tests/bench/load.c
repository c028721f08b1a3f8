/* Load for one SIP server on this machine: runs operations in a closed loop and prints, as one line of name=value,
 * what they cost the server, how many a second there were, and how long they took.
 *
 *   load --work register|online|offline|subscribe|refresh|publish|change|lasting [options]
 *     --server HOST:PORT    --domain NAME    --password TEXT
 *     --first N --users N   the users u<first> … who act; with online and what is about events all are registered first
 *     --receivers N         offline, and of presence: the users behind those, who are written to or watched
 *     --event presence|message-summary                  the latter is everyone's own
 *     --subscriptions N     refresh, change, lasting: so many are there before; the users take turns
 *     --operations N        those that are measured     --window N   of them under way at a time
 *     --proof none|challenged|reused                    what they prove themselves with (operations.h)
 *     --again kept|fresh    register: all are registered once before; then with the same Call-ID, or new ones
 *     --server-pid PID --database-pid PID               whose CPU time is read, with all their children
 *
 * A change is over when all who watch have been told of it. What lasting does is told in lasting.h.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"
#include "lasting.h"
#include "operations.h"
#include "processes.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A run is over when both trees are idle: work may go on behind the last answer. */
enum { IDLE_STEP_MS = 200, IDLE_LIMIT_MS = 15000, PREPARATION_LIMIT_S = 180, LIMIT_S = 180 };

#define IDLE_SHARE 0.06

struct arguments {
	enum work work;
	bool is_lasting;
	enum proof proof;
	bool again, fresh_call_id;
	unsigned operations;
	pid_t server, database;
	struct operations_options options;
};

struct cost {
	double server_s, database_s, driver_s;
};

static struct cost read_cost(const struct arguments *arguments)
{
	return (struct cost){processes_cpu_s(arguments->server), processes_cpu_s(arguments->database),
			     processes_cpu_s(getpid())};
}

/* Waits for the servers to become idle; returns how long that took. */
static unsigned wait_until_idle(struct operations *operations, const struct arguments *arguments)
{
	struct cost before = read_cost(arguments);
	for (unsigned waited_ms = 0; waited_ms < IDLE_LIMIT_MS; waited_ms += IDLE_STEP_MS) {
		operations_linger(operations, IDLE_STEP_MS);
		struct cost now = read_cost(arguments);
		double used_s = now.server_s - before.server_s + now.database_s - before.database_s;
		if (used_s <= IDLE_SHARE * IDLE_STEP_MS / 1000)
			return waited_ms;
		before = now;
	}
	return IDLE_LIMIT_MS;
}

/* --- the run --------------------------------------------------------------------------------------------------- */

static bool run_untimed(struct operations *operations, const struct operations_run *run)
{
	struct operations_counters counters = operations_run(operations, run);
	if (counters.done != run->count)
		(void)fprintf(stderr, "preparation: %u of %u failed\n", run->count - counters.done, run->count);
	return counters.done == run->count;
}

/* What is about events: everyone registers, then the subscriptions and publications are made that are needed. */
static bool prepare_events(struct operations *operations, const struct arguments *arguments)
{
	const struct operations_options *options = &arguments->options;
	struct operations_run run = {.work = WORK_REGISTER,
				     .proof = arguments->proof,
				     .count = options->users + options->receivers,
				     .limit_s = PREPARATION_LIMIT_S};
	if (!run_untimed(operations, &run))
		return false;
	run.work = WORK_SUBSCRIBE;
	run.count = options->subscriptions;
	if (arguments->work != WORK_SUBSCRIBE && run.count > 0 && !run_untimed(operations, &run))
		return false;
	run.work = WORK_PUBLISH;
	run.count = options->event == EVENT_PRESENCE ? options->receivers : options->users;
	return arguments->work != WORK_CHANGE || run_untimed(operations, &run);
}

static bool prepare(struct operations *operations, const struct arguments *arguments)
{
	if (arguments->work > WORK_OFFLINE)
		return prepare_events(operations, arguments);
	struct operations_run run = {
		.proof = arguments->proof, .count = arguments->options.users, .limit_s = PREPARATION_LIMIT_S};
	if ((arguments->work == WORK_ONLINE || arguments->again) && !run_untimed(operations, &run))
		return false;
	/* Each user once, to be challenged and to have a nonce. */
	run.work = arguments->work;
	bool wants_nonces = arguments->proof == PROOF_REUSED && arguments->work != WORK_REGISTER;
	return !wants_nonces || run_untimed(operations, &run);
}

static int compare_latencies(const void *a, const void *b)
{
	const uint32_t *left = a, *right = b;
	return (*left > *right) - (*left < *right);
}

static double percentile_ms(const uint32_t *sorted_us, unsigned count, double share)
{
	return count == 0 ? 0 : sorted_us[(unsigned)(share * (count - 1))] / 1000.0;
}

static void report(const struct operations_counters *counters, const struct cost *before, const struct cost *after,
		   double seconds, unsigned behind_ms, uint32_t *latency_us)
{
	unsigned done = counters->done;
	double divisor = done == 0 ? 1 : done;
	qsort(latency_us, done, sizeof *latency_us, compare_latencies);
	(void)printf("operations=%u failed=%u sent_again=%u delivered=%u notified=%u repeated=%u ", done,
		     counters->failed, counters->sent_again, counters->delivered, counters->notified,
		     counters->repeated);
	(void)printf("seconds=%.3f rate=%.0f ", seconds, done / seconds);
	(void)printf("server_us=%.2f database_us=%.2f driver_us=%.2f ",
		     (after->server_s - before->server_s) * 1e6 / divisor,
		     (after->database_s - before->database_s) * 1e6 / divisor,
		     (after->driver_s - before->driver_s) * 1e6 / divisor);
	(void)printf("p50_ms=%.2f p99_ms=%.2f most_ms=%.2f behind_ms=%u\n", percentile_ms(latency_us, done, 0.5),
		     percentile_ms(latency_us, done, 0.99), percentile_ms(latency_us, done, 1), behind_ms);
}

static bool measure(struct operations *operations, const struct arguments *arguments)
{
	uint32_t *latency_us = calloc(arguments->operations, sizeof *latency_us);
	if (!latency_us)
		return false;
	struct operations_run run = {
		.work = arguments->work,
		.proof = arguments->proof,
		.fresh_call_id = arguments->fresh_call_id,
		.count = arguments->operations,
		.limit_s = LIMIT_S,
		.latency_us = latency_us,
	};
	(void)wait_until_idle(operations, arguments);
	struct cost before = read_cost(arguments);
	uint64_t began_us = clock_now_us();
	struct operations_counters counters = operations_run(operations, &run);
	double seconds = (double)(clock_now_us() - began_us) / 1e6;
	unsigned behind_ms = wait_until_idle(operations, arguments);
	struct cost after = read_cost(arguments);
	report(&counters, &before, &after, seconds, behind_ms, latency_us);
	free(latency_us);
	return counters.done == arguments->operations;
}

/* --- the command line ------------------------------------------------------------------------------------------ */

static void reject(const char *what)
{
	(void)fprintf(stderr, "load: %s; see the head of tests/bench/load.c\n", what);
	exit(2);
}

static unsigned read_number(const char *text, unsigned most)
{
	uint64_t number;
	if (!slice_to_number(slice_text(text), most, &number) || number == 0)
		reject(text);
	return (unsigned)number;
}

/* The place of `text` in `words`. */
static unsigned read_word(const char *text, const char *const words[])
{
	for (unsigned i = 0; words[i]; i++) {
		if (slice_equal(slice_text(text), slice_text(words[i])))
			return i;
	}
	reject(text);
	return 0;
}

static void read_server(const char *text, struct sockaddr_in *server)
{
	struct slice port = slice_text(text), host = slice_take(&port, ':');
	char terminated[INET_ADDRSTRLEN];
	(void)snprintf(terminated, sizeof terminated, "%.*s", SLICE_ARGS(host));
	uint64_t number;
	if (inet_pton(AF_INET, terminated, &server->sin_addr) != 1 || !slice_to_number(port, 65535, &number))
		reject(text);
	server->sin_family = AF_INET;
	server->sin_port = htons((uint16_t)number);
}

static void read_option(int letter, const char *value, struct arguments *arguments)
{
	static const char *const works[] = {"register", "online", "offline", "subscribe", "refresh",
					    "publish",  "change", "lasting", NULL};
	static const char *const events[] = {"presence", "message-summary", NULL};
	static const char *const proofs[] = {"none", "challenged", "reused", NULL};
	static const char *const call_ids[] = {"kept", "fresh", NULL};
	struct operations_options *options = &arguments->options;
	switch (letter) {
	case 'm':
		arguments->work = read_word(value, works);
		arguments->is_lasting = arguments->work > WORK_CHANGE;
		break;
	case 'e':
		options->event = read_word(value, events);
		break;
	case 'b':
		options->subscriptions = read_number(value, 10000000);
		break;
	case 's':
		read_server(value, &options->server);
		break;
	case 'd':
		options->domain = slice_text(value);
		break;
	case 'p':
		options->password = slice_text(value);
		break;
	case 'f':
		options->first_user = read_number(value, 10000000);
		break;
	case 'u':
		options->users = read_number(value, 1000000);
		break;
	case 'r':
		options->receivers = read_number(value, 1000000);
		break;
	case 'n':
		arguments->operations = read_number(value, 10000000);
		break;
	case 'w':
		options->window = read_number(value, 10000);
		break;
	case 'a':
		arguments->proof = read_word(value, proofs);
		break;
	case 'g':
		arguments->again = true;
		arguments->fresh_call_id = read_word(value, call_ids) == 1;
		break;
	case 'S':
		arguments->server = (pid_t)read_number(value, 1 << 30);
		break;
	case 'D':
		arguments->database = (pid_t)read_number(value, 1 << 30);
		break;
	default:
		reject("not an option");
	}
}

/* Only some works have receivers, and only some make subscriptions while they are measured. */
static void complete(struct arguments *arguments)
{
	struct operations_options *options = &arguments->options;
	bool is_of_events = arguments->work > WORK_OFFLINE || arguments->is_lasting;
	if (is_of_events ? options->event == EVENT_MESSAGE_SUMMARY : arguments->work != WORK_OFFLINE)
		options->receivers = 0;
	if (arguments->work == WORK_SUBSCRIBE && !arguments->is_lasting)
		options->subscriptions = arguments->operations;
	if ((arguments->work == WORK_REFRESH || arguments->is_lasting) && options->subscriptions == 0)
		reject("--subscriptions is missing");
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"work", required_argument, NULL, 'm'},          {"server", required_argument, NULL, 's'},
		{"domain", required_argument, NULL, 'd'},        {"password", required_argument, NULL, 'p'},
		{"first", required_argument, NULL, 'f'},         {"users", required_argument, NULL, 'u'},
		{"receivers", required_argument, NULL, 'r'},     {"operations", required_argument, NULL, 'n'},
		{"window", required_argument, NULL, 'w'},        {"proof", required_argument, NULL, 'a'},
		{"again", required_argument, NULL, 'g'},         {"server-pid", required_argument, NULL, 'S'},
		{"database-pid", required_argument, NULL, 'D'},  {"event", required_argument, NULL, 'e'},
		{"subscriptions", required_argument, NULL, 'b'}, {0},
	};
	struct arguments arguments = {
		.operations = 1000,
		.proof = PROOF_CHALLENGED,
		.options = {.domain = SLICE("example.test"),
			    .password = SLICE("secret"),
			    .first_user = 1,
			    .users = 1000,
			    .receivers = 1000,
			    .window = 32},
	};
	for (int letter; (letter = getopt_long(argc, argv, "", names, NULL)) != -1;)
		read_option(letter, optarg, &arguments);
	if (arguments.options.server.sin_port == 0)
		reject("--server is missing");
	complete(&arguments);

	struct operations *operations = operations_create(&arguments.options);
	if (!operations) {
		perror("load");
		return 1;
	}
	bool is_good = arguments.is_lasting ? lasting_run(operations, &arguments.options, arguments.proof)
					    : prepare(operations, &arguments) && measure(operations, &arguments);
	operations_destroy(operations);
	return is_good ? 0 : 1;
}
