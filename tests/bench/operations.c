/* A closed loop of SIP operations, one thread. SPDX-License-Identifier: MIT */
#include "operations.h"

#include "clock.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

/* Timer E's beginning and end, and timer F (RFC 3261 §17.1.2.2, table 4). */
enum { RESEND_FIRST_US = 500000, RESEND_MOST_US = 4000000, GIVE_UP_US = 32000000, SWEEP_US = 20000 };

/* So many failures are shown. */
enum { SHOWN_FAILURES = 5 };

struct user {
	struct credentials credentials;
	char ha1[DIGEST_HEX_BYTES];
	uint32_t call; /* what makes its REGISTERs' Call-ID */
	uint32_t cseq;
};

struct operation {
	bool is_active, was_challenged;
	unsigned serial; /* of the run: part of the branch, so that late answers find nobody */
	unsigned sender, receiver;
	unsigned call; /* what makes the Call-ID */
	uint32_t cseq;
	struct credentials credentials; /* without a nonce: none are sent */
	uint64_t started_us, resend_at_us, resend_after_us;
};

struct operations {
	struct operations_options options;
	struct endpoint *endpoint;
	struct buffer text;
	struct user *users;
	struct operation *slots; /* `window` of them */
	unsigned *free_slots;    /* a stack */
	unsigned free_count;
	unsigned serial, shown;
	uint32_t nonce_of_process; /* keeps the Call-IDs of two processes apart */
	uint64_t sweep_at_us;
	struct operations_run run;
	struct operations_counters counters;
};

struct operations *operations_create(const struct operations_options *options)
{
	struct operations *operations = calloc(1, sizeof *operations);
	if (!operations)
		return NULL;
	operations->options = *options;
	operations->nonce_of_process = (uint32_t)clock_now_us();
	buffer_init(&operations->text, ENDPOINT_DATAGRAM_BYTES);
	operations->endpoint = endpoint_open(&options->server);
	operations->users = calloc(options->users, sizeof *operations->users);
	operations->slots = calloc(options->window, sizeof *operations->slots);
	operations->free_slots = calloc(options->window, sizeof *operations->free_slots);
	if (!operations->endpoint || !operations->users || !operations->slots || !operations->free_slots) {
		operations_destroy(operations);
		return NULL;
	}
	for (unsigned i = 0; i < options->users; i++) {
		char name[16];
		int length = snprintf(name, sizeof name, "u%u", options->first_user + i);
		credentials_ha1(slice_of(name, (size_t)length), options->domain, options->password,
				operations->users[i].ha1);
	}
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
	free(operations->slots);
	free(operations->free_slots);
	free(operations);
}

/* User n lives at 127.(16 + …).…: 127.0.0.1 stays the server's. */
static struct in_addr address_of(unsigned user)
{
	return (struct in_addr){htonl((127u << 24) + (16u << 16) + user)};
}

/* --- writing ------------------------------------------------------------------------------------------------- */

static bool is_message(enum work work)
{
	return work == WORK_ONLINE || work == WORK_OFFLINE;
}

static void write_credentials(struct operations *operations, const struct operation *operation, struct slice method,
			      struct slice uri)
{
	if (operation->credentials.nonce[0] == '\0')
		return;
	char name[16];
	int length = snprintf(name, sizeof name, "u%u", operation->sender);
	struct credentials_request request = {
		.method = method,
		.uri = uri,
		.user = slice_of(name, (size_t)length),
		.realm = operations->options.domain,
		.ha1 = operations->users[operation->sender - operations->options.first_user].ha1,
	};
	credentials_write(&operation->credentials, &request, &operations->text);
}

static void write_request(struct operations *operations, const struct operation *operation)
{
	struct buffer *text = &operations->text;
	struct slice domain = operations->options.domain;
	bool message = is_message(operations->run.work);
	const char *method = message ? "MESSAGE" : "REGISTER";
	struct in_addr address = address_of(operation->sender);
	const uint8_t *octets = (const uint8_t *)&address;
	char host[32], uri[96];
	(void)snprintf(host, sizeof host, "127.%u.%u.%u:%u", octets[1], octets[2], octets[3],
		       endpoint_port(operations->endpoint));
	int length = message ? snprintf(uri, sizeof uri, "sip:u%u@%.*s", operation->receiver, SLICE_ARGS(domain))
			     : snprintf(uri, sizeof uri, "sip:%.*s", SLICE_ARGS(domain));
	unsigned slot = (unsigned)(operation - operations->slots);

	buffer_clear(text);
	buffer_format(text, "%s %s SIP/2.0\r\n", method, uri);
	buffer_format(text, "Via: SIP/2.0/UDP %s;branch=z9hG4bK%u.%u.%u;rport\r\nMax-Forwards: 70\r\n", host, slot,
		      operation->serial, operation->cseq);
	buffer_format(text, "From: <sip:u%u@%.*s>;tag=t%u\r\n", operation->sender, SLICE_ARGS(domain), operation->call);
	buffer_format(text, "To: <sip:u%u@%.*s>\r\n", operation->receiver, SLICE_ARGS(domain));
	buffer_format(text, "Call-ID: %x-%x@%s\r\nCSeq: %u %s\r\n", operations->nonce_of_process, operation->call, host,
		      operation->cseq, method);
	write_credentials(operations, operation, slice_text(method), slice_of(uri, (size_t)length));
	buffer_text(text, "User-Agent: load\r\n");
	if (operations->run.work == WORK_REGISTER)
		buffer_format(text, "Contact: <sip:u%u@%s>\r\nExpires: 3600\r\n", operation->sender, host);
	if (message) {
		char body[96];
		int body_length =
			snprintf(body, sizeof body, "This is message number %10u of a run that measures servers.",
				 operation->serial);
		buffer_format(text, "Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", body_length, body);
	} else {
		buffer_text(text, "Content-Length: 0\r\n\r\n");
	}
}

/* Sends what was written into `text`. */
static void send_text(struct operations *operations, struct in_addr local)
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
	write_request(operations, operation);
	send_text(operations, address_of(operation->sender));
}

/* --- one operation ------------------------------------------------------------------------------------------- */

static void expect_answer(struct operation *operation, uint64_t now_us)
{
	operation->resend_after_us = RESEND_FIRST_US;
	operation->resend_at_us = now_us + RESEND_FIRST_US;
}

static void start(struct operations *operations)
{
	const struct operations_options *options = &operations->options;
	const struct operations_run *run = &operations->run;
	struct operation *operation = &operations->slots[operations->free_slots[--operations->free_count]];
	unsigned serial = operations->serial++;
	unsigned turn = serial % options->users;
	struct user *user = &operations->users[turn];
	uint64_t now_us = clock_now_us();
	*operation = (struct operation){
		.is_active = true,
		.serial = serial,
		.sender = options->first_user + turn,
		.receiver = options->first_user + turn,
		.started_us = now_us,
	};
	if (run->work == WORK_ONLINE)
		operation->receiver = options->first_user + (turn + 7) % options->users;
	if (run->work == WORK_OFFLINE)
		operation->receiver = options->first_user + options->users + serial % options->receivers;
	/* RFC 3261 §10.2: a client's REGISTERs have one Call-ID and a growing CSeq until it starts anew. */
	if (is_message(run->work) || run->fresh_call_id || user->cseq == 0) {
		operation->call = serial;
		operation->cseq = 1;
	} else {
		operation->call = user->call;
		operation->cseq = user->cseq + 1;
	}
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
	struct user *user = &operations->users[operation->sender - operations->options.first_user];
	if (!is_message(operations->run.work)) {
		user->call = operation->call;
		user->cseq = operation->cseq;
	}
	operation->is_active = false;
	operations->free_slots[operations->free_count++] = (unsigned)(operation - operations->slots);
}

static void sweep(struct operations *operations)
{
	uint64_t now_us = clock_now_us();
	if (now_us < operations->sweep_at_us)
		return;
	operations->sweep_at_us = now_us + SWEEP_US;
	for (unsigned i = 0; i < operations->options.window; i++) {
		struct operation *operation = &operations->slots[i];
		if (!operation->is_active || now_us < operation->resend_at_us)
			continue;
		if (now_us - operation->started_us > GIVE_UP_US) {
			end(operations, operation, false);
			continue;
		}
		operation->resend_after_us *= 2;
		if (operation->resend_after_us > RESEND_MOST_US)
			operation->resend_after_us = RESEND_MOST_US;
		operation->resend_at_us = now_us + operation->resend_after_us;
		operations->counters.sent_again++;
		send_request(operations, operation);
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
	bool is_awaited = operation->is_active && operation->serial == serial && operation->cseq == cseq;
	return is_awaited ? operation : NULL;
}

static bool answer_challenge(struct operations *operations, struct operation *operation, unsigned status,
			     struct slice response)
{
	enum challenger challenger = status == 407 ? CHALLENGED_BY_PROXY : CHALLENGED_BY_SERVER;
	struct slice name = status == 407 ? SLICE("Proxy-Authenticate") : SLICE("WWW-Authenticate");
	struct user *user = &operations->users[operation->sender - operations->options.first_user];
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

static void take_response(struct operations *operations, unsigned status, struct slice response)
{
	struct operation *operation = find_operation(operations, response);
	if (!operation || status < 200)
		return;
	if ((status == 401 || status == 407) && operations->run.proof != PROOF_NONE && !operation->was_challenged &&
	    answer_challenge(operations, operation, status, response))
		return;
	unsigned wanted = operations->run.work == WORK_OFFLINE ? 202 : 200;
	if (status != wanted && operations->shown++ < SHOWN_FAILURES)
		(void)fprintf(stderr, "%u was wanted: %.*s\n", wanted, (int)slice_find(response, '\r'), response.at);
	end(operations, operation, status == wanted);
}

static void take_datagram(void *arg, struct in_addr local, struct slice bytes)
{
	struct operations *operations = arg;
	unsigned status = text_status(bytes);
	if (status != 0) {
		take_response(operations, status, bytes);
	} else if (slice_starts_with(bytes, SLICE("MESSAGE "))) {
		operations->counters.delivered++;
		buffer_clear(&operations->text);
		text_write_ok(bytes, &operations->text);
		send_text(operations, local);
	}
}

/* --- runs ------------------------------------------------------------------------------------------------------ */

struct operations_counters operations_run(struct operations *operations, const struct operations_run *run)
{
	operations->run = *run;
	operations->counters = (struct operations_counters){0};
	uint64_t end_us = clock_now_us() + run->limit_s * UINT64_C(1000000);
	unsigned started = 0;
	while (operations->counters.done + operations->counters.failed < run->count && clock_now_us() < end_us) {
		for (; started < run->count && operations->free_count > 0; started++)
			start(operations);
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
