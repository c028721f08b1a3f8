/* Load for one SIP server on this machine: runs operations in a closed loop and prints, as one line of name=value,
 * what they cost the server, how many a second there were, and how long they took.
 *
 *   load --work register|online|offline|subscribe|refresh|publish|change|lasting [options]
 *     --server HOST:PORT    --domain NAME    --password TEXT
 *     --first N --users N   the users u<first> … who act; with online and what is about events all are registered first
 *     --receivers N         offline, and of presence: the users behind those, who are written to or watched
 *     --event presence|message-summary                  the latter is everyone's own
 *     --subscriptions N     refresh, change, lasting: so many are there before; the users take turns
 *     --entries N           of presence: not users are watched but lists of N receivers (lists.h)
 *     --operations N        those that are measured     --window N   of them under way at a time
 *     --proof none|challenged|reused                    what they prove themselves with (operations.h)
 *     --again kept|fresh    register: all are registered once before; then with the same Call-ID, or new ones
 *     --server-pid PID --database-pid PID               whose CPU time is read, with all their children
 *
 * A change is over when all who watch have been told of it. What lasting does is told in lasting.h.
 *
 * SPDX-License-Identifier: MIT */
#include "clock.h"
#include "cost.h"
#include "lasting.h"
#include "operations.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { PREPARATION_LIMIT_S = 300, LIMIT_S = 180, PREPARATION_WINDOW = 32 };

struct arguments {
	enum work work;
	bool is_lasting;
	enum proof proof;
	bool again, fresh_call_id;
	unsigned operations, window;
	struct cost_parties parties;
	struct operations_options options;
};

static void linger(void *operations, unsigned ms)
{
	operations_linger(operations, ms);
}

/* --- the run --------------------------------------------------------------------------------------------------- */

static bool run_untimed(struct operations *operations, const struct operations_run *run)
{
	struct operations_counters counters = operations_run(operations, run);
	unsigned failed = counters.failed - counters.cut_short;
	if (failed > 0)
		(void)fprintf(stderr, "preparation: %u of %u failed\n", failed, run->count);
	return counters.done + counters.cut_short == run->count;
}

/* What is about events: everyone registers, then the publications and subscriptions are made that are needed. Who is on
 * a list has published before it is watched, for Kamailio tells nothing of others. */
static bool prepare_events(struct operations *operations, const struct arguments *arguments)
{
	const struct operations_options *options = &arguments->options;
	struct operations_run run = {.work = WORK_REGISTER,
				     .proof = arguments->proof,
				     .count = options->users + options->receivers,
				     .limit_s = PREPARATION_LIMIT_S};
	if (!run_untimed(operations, &run))
		return false;
	run.work = WORK_PUBLISH;
	run.count = options->event == EVENT_PRESENCE ? options->receivers : options->users;
	if ((arguments->work == WORK_CHANGE || options->entries > 0) && !run_untimed(operations, &run))
		return false;
	run.work = WORK_SUBSCRIBE;
	run.count = options->subscriptions;
	return arguments->work == WORK_SUBSCRIBE || run.count == 0 || run_untimed(operations, &run);
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
		.window = arguments->window,
		.limit_s = LIMIT_S,
		.latency_us = latency_us,
	};
	struct cost_run cost = {.latency_us = latency_us};
	(void)cost_wait_until_idle(&arguments->parties, linger, operations);
	cost.before = cost_read(&arguments->parties);
	uint64_t began_us = clock_now_us();
	struct operations_counters counters = operations_run(operations, &run);
	cost.seconds = (double)(clock_now_us() - began_us) / 1e6;
	cost.operations = counters.done + counters.cut_short;
	cost.done = counters.done;
	cost.behind_ms = cost_wait_until_idle(&arguments->parties, linger, operations);
	cost.after = cost_read(&arguments->parties);
	(void)printf("operations=%u failed=%u sent_again=%u delivered=%u notified=%u repeated=%u untold=%u ",
		     cost.operations, counters.failed, counters.sent_again, counters.delivered, counters.notified,
		     counters.repeated, counters.untold);
	cost_print(&cost);
	free(latency_us);
	return cost.operations == arguments->operations;
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
	case 'l':
		options->entries = read_number(value, 10000);
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
		arguments->window = read_number(value, 10000);
		break;
	case 'a':
		arguments->proof = read_word(value, proofs);
		break;
	case 'g':
		arguments->again = true;
		arguments->fresh_call_id = read_word(value, call_ids) == 1;
		break;
	case 'S':
		arguments->parties.server = (pid_t)read_number(value, 1 << 30);
		break;
	case 'D':
		arguments->parties.database = (pid_t)read_number(value, 1 << 30);
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
	options->window = arguments->window < PREPARATION_WINDOW ? PREPARATION_WINDOW : arguments->window;
	if (arguments->work == WORK_SUBSCRIBE && !arguments->is_lasting)
		options->subscriptions = arguments->operations;
	if ((arguments->work == WORK_REFRESH || arguments->is_lasting) && options->subscriptions == 0)
		reject("--subscriptions is missing");
	if (options->entries > options->receivers)
		reject("a list has more entries than there are receivers");
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{"work", required_argument, NULL, 'm'},
		{"server", required_argument, NULL, 's'},
		{"domain", required_argument, NULL, 'd'},
		{"password", required_argument, NULL, 'p'},
		{"first", required_argument, NULL, 'f'},
		{"users", required_argument, NULL, 'u'},
		{"receivers", required_argument, NULL, 'r'},
		{"operations", required_argument, NULL, 'n'},
		{"window", required_argument, NULL, 'w'},
		{"proof", required_argument, NULL, 'a'},
		{"again", required_argument, NULL, 'g'},
		{"server-pid", required_argument, NULL, 'S'},
		{"database-pid", required_argument, NULL, 'D'},
		{"event", required_argument, NULL, 'e'},
		{"subscriptions", required_argument, NULL, 'b'},
		{"entries", required_argument, NULL, 'l'},
		{0},
	};
	struct arguments arguments = {
		.operations = 1000,
		.window = 32,
		.proof = PROOF_CHALLENGED,
		.options = {.domain = SLICE("example.test"),
			    .password = SLICE("secret"),
			    .first_user = 1,
			    .users = 1000,
			    .receivers = 1000},
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
