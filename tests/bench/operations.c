/* A closed loop of SIP operations, one thread. SPDX-License-Identifier: MIT */
#include "operations_state.h"

#include "clock.h"
#include "requests.h"
#include "text.h"
#include "watching.h"

#include <stdio.h>
#include <stdlib.h>

/* Timer E's beginning and end, and timer F (RFC 3261 §17.1.2.2, table 4). */
enum { RESEND_FIRST_US = 500000, RESEND_MOST_US = 4000000, GIVE_UP_US = 32000000, SWEEP_US = 20000 };
/* Kamailio forgets an entry of a list now and then: of what is not told within this time after the last one nothing is
 * heard until the subscription is refreshed. */
enum { FORGOTTEN_US = 8000000 };
/* How often a server that starts is asked whether it is there. */
enum { ASK_MS = 5 };

/* So many failures are shown. */
enum { SHOWN_FAILURES = 5 };

struct operations *operations_create(const struct operations_options *options)
{
	struct operations *operations = calloc(1, sizeof *operations);
	if (!operations)
		return NULL;
	operations->options = *options;
	operations->nonce_of_process = (uint32_t)clock_now_us();
	buffer_init(&operations->text, ENDPOINT_DATAGRAM_BYTES);
	operations->endpoint = endpoint_open(&options->server);
	unsigned users = options->users + options->receivers;
	operations->users = calloc(users, sizeof *operations->users);
	operations->subscriptions = calloc(options->subscriptions + 1u, sizeof *operations->subscriptions);
	operations->seen = calloc((size_t)options->subscriptions * options->entries + 1, sizeof *operations->seen);
	operations->slots = calloc(options->window, sizeof *operations->slots);
	operations->free_slots = calloc(options->window, sizeof *operations->free_slots);
	if (!operations->endpoint || !operations->users || !operations->subscriptions || !operations->seen ||
	    !operations->slots || !operations->free_slots) {
		operations_destroy(operations);
		return NULL;
	}
	for (unsigned i = 0; i < users; i++) {
		char name[16];
		int length = snprintf(name, sizeof name, "u%u", options->first_user + i);
		credentials_ha1(slice_of(name, (size_t)length), options->domain, options->password,
				operations->users[i].ha1);
		operations->users[i].slot = NO_SLOT;
	}
	for (unsigned i = 0; i < options->subscriptions; i++)
		operations->subscriptions[i].slot = NO_SLOT;
	for (unsigned i = 0; i < options->window; i++)
		operations->free_slots[operations->free_count++] = i;
	return operations;
}

void operations_destroy(struct operations *operations)
{
	if (!operations)
		return;
	endpoint_close(operations->endpoint);
	buffer_finish(&operations->text);
	free(operations->users);
	free(operations->subscriptions);
	free(operations->seen);
	free(operations->slots);
	free(operations->free_slots);
	free(operations);
}

/* --- one operation ------------------------------------------------------------------------------------------- */

void operations_send_text(struct operations *operations, struct in_addr local)
{
	if (buffer_failed(&operations->text)) {
		(void)fputs("a message is too long for the driver\n", stderr);
		exit(1);
	}
	struct slice text = buffer_slice(&operations->text);
	memcpy(endpoint_room(operations->endpoint), text.at, text.length);
	endpoint_send(operations->endpoint, local, text.length);
}

static void send_request(struct operations *operations, struct operation *operation)
{
	requests_write(operations, operation);
	operations_send_text(operations, requests_address(operations, operation->sender));
}

static void expect_answer(struct operation *operation, uint64_t now_us)
{
	operation->resend_after_us = RESEND_FIRST_US;
	operation->resend_at_us = now_us + RESEND_FIRST_US;
}

static void choose_parties(const struct operations *operations, struct operation *operation, unsigned number)
{
	const struct operations_options *options = &operations->options;
	const struct operations_run *run = &operations->run;
	/* Those who are watched publish for themselves, so they register, too. */
	unsigned users = options->users + (run->work == WORK_REGISTER ? options->receivers : 0);
	const struct user *user = &operations->users[number % users];
	operation->sender = operation->receiver = number % users;
	operation->call = operation->serial;
	operation->cseq = 1;
	if (run->work == WORK_ONLINE)
		operation->receiver = (operation->sender + 7) % options->users;
	else if (run->work == WORK_OFFLINE)
		operation->receiver = options->users + number % options->receivers;
	/* RFC 3261 §10.2: a client's REGISTERs have one Call-ID and a growing CSeq until it starts anew. */
	else if (!run->fresh_call_id && user->cseq > 0) {
		operation->call = user->call;
		operation->cseq = user->cseq + 1;
	}
}

static void start(struct operations *operations, unsigned number)
{
	const struct operations_run *run = &operations->run;
	struct operation *operation = &operations->slots[operations->free_slots[--operations->free_count]];
	uint64_t now_us = clock_now_us();
	*operation = (struct operation){
		.is_active = true, .serial = operations->serial++, .started_us = now_us, .told_us = now_us};
	operation->call = operation->serial;
	if (work_is_subscribe(run->work) || work_is_publish(run->work))
		watching_start(operations, operation, number);
	else
		choose_parties(operations, operation, number);
	struct user *user = &operations->users[operation->sender];
	if (run->proof == PROOF_REUSED && user->credentials.nonce[0] != '\0') {
		user->credentials.count++;
		operation->credentials = user->credentials;
	}
	expect_answer(operation, now_us);
	send_request(operations, operation);
}

static void end(struct operations *operations, struct operation *operation, bool is_good)
{
	uint64_t latency_us = clock_now_us() - operation->started_us;
	if (is_good && operations->run.latency_us)
		operations->run.latency_us[operations->counters.done] = (uint32_t)latency_us;
	if (is_good)
		operations->counters.done++;
	else
		operations->counters.failed++;
	if (operations->run.work == WORK_REGISTER) {
		operations->users[operation->sender].call = operation->call;
		operations->users[operation->sender].cseq = operation->cseq;
	}
	watching_end(operations, operation, is_good);
	operation->is_active = false;
	operations->free_slots[operations->free_count++] = (unsigned)(operation - operations->slots);
}

void operations_check_end(struct operations *operations, struct operation *operation)
{
	if (operation->is_active && operation->is_answered && operation->waiting == 0)
		end(operations, operation, true);
}

/* RFC 3261 §17.1.2.2: timer F ends it, timer E sends it again until it is answered. */
static void look_after(struct operations *operations, struct operation *operation, uint64_t now_us)
{
	bool is_list = operations->options.entries > 0 && operation->is_answered && operation->waiting > 0;
	if (is_list && now_us > operation->told_us + FORGOTTEN_US) {
		operations->counters.cut_short++;
		operations->counters.untold += operation->waiting;
		end(operations, operation, false);
		return;
	}
	if (!is_list && now_us - operation->started_us > GIVE_UP_US) {
		if (operation->is_answered && operations->shown++ < SHOWN_FAILURES)
			(void)fprintf(stderr, "answered, but %u NOTIFYs did not come\n", operation->waiting);
		end(operations, operation, false);
		return;
	}
	if (operation->is_answered || now_us < operation->resend_at_us)
		return;
	operation->resend_after_us *= 2;
	if (operation->resend_after_us > RESEND_MOST_US)
		operation->resend_after_us = RESEND_MOST_US;
	operation->resend_at_us = now_us + operation->resend_after_us;
	operations->counters.sent_again++;
	send_request(operations, operation);
}

static void sweep(struct operations *operations)
{
	uint64_t now_us = clock_now_us();
	if (now_us < operations->sweep_at_us)
		return;
	operations->sweep_at_us = now_us + SWEEP_US;
	for (unsigned i = 0; i < operations->options.window; i++) {
		if (operations->slots[i].is_active)
			look_after(operations, &operations->slots[i], now_us);
	}
}

/* --- what comes in --------------------------------------------------------------------------------------------- */

/* The operation that the topmost Via's branch names, if it is still waiting for the answer to that request. */
static struct operation *find_operation(struct operations *operations, struct slice response)
{
	struct slice via = text_header(response, SLICE("Via")), part;
	do {
		part = slice_take(&via, ';');
	} while (!slice_is_empty(via) && !slice_starts_with(part, SLICE("branch=z9hG4bK")));
	if (part.length < 14)
		return NULL;
	struct slice branch = slice_from(part, 14);
	uint64_t slot, serial, cseq;
	if (!slice_to_number(slice_take(&branch, '.'), operations->options.window - 1, &slot) ||
	    !slice_to_number(slice_take(&branch, '.'), UINT32_MAX, &serial) ||
	    !slice_to_number(branch, UINT32_MAX, &cseq))
		return NULL;
	struct operation *operation = &operations->slots[slot];
	bool is_awaited = operation->is_active && !operation->is_answered && operation->serial == serial &&
			  operation->cseq == cseq;
	return is_awaited ? operation : NULL;
}

static bool answer_challenge(struct operations *operations, struct operation *operation, unsigned status,
			     struct slice response)
{
	enum challenger challenger = status == 407 ? CHALLENGED_BY_PROXY : CHALLENGED_BY_SERVER;
	struct slice name = status == 407 ? SLICE("Proxy-Authenticate") : SLICE("WWW-Authenticate");
	struct user *user = &operations->users[operation->sender];
	size_t position = 0;
	struct slice value;
	while (text_next_header(response, name, &position, &value)) {
		if (!credentials_read_challenge(value, challenger, &user->credentials))
			continue;
		user->credentials.count = 1;
		operation->credentials = user->credentials;
		operation->was_challenged = true;
		operation->cseq++;
		expect_answer(operation, clock_now_us());
		send_request(operations, operation);
		return true;
	}
	return false;
}

static bool is_wanted(enum work work, unsigned status)
{
	if (work == WORK_OFFLINE)
		return status == 202;
	/* RFC 6665 §8.3.1 leaves 202 to those who were built to RFC 3265, as Kamailio is. */
	return status == 200 || (work_is_subscribe(work) && status == 202);
}

static void take_response(struct operations *operations, unsigned status, struct slice response)
{
	struct operation *operation = find_operation(operations, response);
	if (!operation || status < 200)
		return;
	if ((status == 401 || status == 407) && operations->run.proof != PROOF_NONE && !operation->was_challenged &&
	    answer_challenge(operations, operation, status, response))
		return;
	if (is_wanted(operations->run.work, status)) {
		operation->is_answered = true;
		watching_take_response(operations, operation, response);
		operations_check_end(operations, operation);
		return;
	}
	if (operations->shown++ < SHOWN_FAILURES)
		(void)fprintf(stderr, "was not wanted: %.*s\n", (int)slice_find(response, '\r'), response.at);
	end(operations, operation, false);
}

static void take_datagram(void *arg, struct in_addr local, struct slice bytes)
{
	struct operations *operations = arg;
	unsigned status = text_status(bytes);
	if (status != 0) {
		take_response(operations, status, bytes);
	} else if (slice_starts_with(bytes, SLICE("NOTIFY "))) {
		watching_take_notify(operations, local, bytes);
	} else if (slice_starts_with(bytes, SLICE("MESSAGE "))) {
		struct text_request request;
		operations->counters.delivered++;
		buffer_clear(&operations->text);
		text_answer(bytes, &operations->text, &request);
		operations_send_text(operations, local);
	}
}

/* --- runs ------------------------------------------------------------------------------------------------------ */

struct operations_counters operations_run(struct operations *operations, const struct operations_run *run)
{
	operations->run = *run;
	operations->counters = (struct operations_counters){0};
	uint64_t end_us = clock_now_us() + run->limit_s * UINT64_C(1000000);
	unsigned started = 0, unused = run->window == 0 ? 0 : operations->options.window - run->window;
	while (operations->counters.done + operations->counters.failed < run->count && clock_now_us() < end_us) {
		for (; started < run->count && operations->free_count > unused &&
		       watching_may_start(operations, run->first + started);
		     started++)
			start(operations, run->first + started);
		endpoint_turn(operations->endpoint, 5, take_datagram, operations);
		sweep(operations);
	}
	/* What is unanswered at the limit has failed. */
	for (unsigned i = 0; i < operations->options.window; i++) {
		if (operations->slots[i].is_active)
			end(operations, &operations->slots[i], false);
	}
	return operations->counters;
}

void operations_linger(struct operations *operations, unsigned ms)
{
	uint64_t end_us = clock_now_us() + ms * UINT64_C(1000);
	for (uint64_t now_us; (now_us = clock_now_us()) < end_us;)
		endpoint_turn(operations->endpoint, (int)((end_us - now_us) / 1000), take_datagram, operations);
}

static void take_first_answer(void *arg, struct in_addr local, struct slice bytes)
{
	struct operations *operations = arg;
	if (text_status(bytes) != 0 && slice_ends_with(text_header(bytes, SLICE("CSeq")), SLICE("OPTIONS")))
		operations->is_server_there = true;
	else
		take_datagram(operations, local, bytes);
}

bool operations_await_server(struct operations *operations, unsigned limit_s)
{
	uint64_t end_us = clock_now_us() + limit_s * UINT64_C(1000000), ask_at_us = 0;
	operations->is_server_there = false;
	for (uint64_t now_us; (now_us = clock_now_us()) < end_us && !operations->is_server_there;) {
		if (now_us >= ask_at_us) {
			requests_write_options(operations);
			operations_send_text(operations, requests_address(operations, 0));
			ask_at_us = now_us + ASK_MS * UINT64_C(1000);
		}
		endpoint_turn(operations->endpoint, 1, take_first_answer, operations);
	}
	return operations->is_server_there;
}
