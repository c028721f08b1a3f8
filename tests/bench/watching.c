/* Subscriptions by number: their Call-ID bears it. SPDX-License-Identifier: MIT */
#include "watching.h"

#include "clock.h"
#include "lists.h"
#include "text.h"

#include <stdio.h>

unsigned watching_publisher(const struct operations *operations, unsigned number)
{
	const struct operations_options *options = &operations->options;
	if (options->event == EVENT_MESSAGE_SUMMARY)
		return number % options->users;
	return options->users + number % options->receivers;
}

/* The users take turns; each watches another receiver at every turn, so that all have as many watchers. */
static void choose_parties(const struct operations *operations, unsigned number, struct subscription *subscription)
{
	const struct operations_options *options = &operations->options;
	unsigned watcher = number % options->users, turn = number / options->users;
	subscription->watcher = watcher;
	subscription->watched = watching_publisher(operations, watcher + turn);
}

bool watching_may_start(const struct operations *operations, unsigned number)
{
	if (work_is_publish(operations->run.work))
		return operations->users[watching_publisher(operations, number)].slot == NO_SLOT;
	if (work_is_subscribe(operations->run.work))
		return operations->subscriptions[number % operations->options.subscriptions].slot == NO_SLOT;
	return true;
}

static void start_subscribe(struct operations *operations, struct operation *operation, unsigned number)
{
	operation->subscription = number % operations->options.subscriptions;
	struct subscription *subscription = &operations->subscriptions[operation->subscription];
	choose_parties(operations, operation->subscription, subscription);
	operation->sender = subscription->watcher;
	operation->receiver = subscription->watched;
	operation->cseq = subscription->cseq + 1;
	operation->waiting = operations->options.entries > 0 ? operations->options.entries : 1;
	subscription->slot = (uint32_t)(operation - operations->slots);
}

static void start_publish(struct operations *operations, struct operation *operation, unsigned number)
{
	operation->sender = operation->receiver = watching_publisher(operations, number);
	struct user *watched = &operations->users[operation->receiver];
	operation->cseq = 1;
	operation->waiting = watched->watchers;
	watched->published++;
	watched->slot = (uint32_t)(operation - operations->slots);
}

void watching_start(struct operations *operations, struct operation *operation, unsigned number)
{
	if (work_is_subscribe(operations->run.work))
		start_subscribe(operations, operation, number);
	else
		start_publish(operations, operation, number);
}

/* Terminated; what is too long for the driver would make its requests wrong. */
static void keep(struct slice value, char *room, size_t bytes)
{
	if (value.length >= bytes) {
		(void)fprintf(stderr, "too long for the driver: %.*s\n", SLICE_ARGS(value));
		value = slice_of(NULL, 0);
	}
	(void)snprintf(room, bytes, "%.*s", SLICE_ARGS(value));
}

void watching_take_response(struct operations *operations, const struct operation *operation, struct slice response)
{
	if (work_is_publish(operations->run.work)) {
		keep(text_header(response, SLICE("SIP-ETag")), operations->users[operation->receiver].entity_tag,
		     ENTITY_TAG_BYTES);
	} else if (operations->run.work == WORK_SUBSCRIBE) {
		struct subscription *subscription = &operations->subscriptions[operation->subscription];
		keep(text_between(text_header(response, SLICE("To")), SLICE(";tag="), ';'), subscription->remote_tag,
		     REMOTE_TAG_BYTES);
		keep(text_between(text_header(response, SLICE("Contact")), SLICE("<"), '>'), subscription->target,
		     TARGET_BYTES);
	}
}

void watching_end(struct operations *operations, const struct operation *operation, bool is_good)
{
	if (work_is_publish(operations->run.work)) {
		operations->users[operation->receiver].slot = NO_SLOT;
	} else if (work_is_subscribe(operations->run.work)) {
		struct subscription *subscription = &operations->subscriptions[operation->subscription];
		subscription->slot = NO_SLOT;
		subscription->cseq = operation->cseq;
		if (operations->run.work != WORK_SUBSCRIBE)
			return;
		if (operations->options.entries > 0)
			lists_count_watchers(operations, operation->subscription);
		else if (is_good)
			operations->users[operation->receiver].watchers++;
	}
}

/* --- NOTIFY ---------------------------------------------------------------------------------------------------- */

/* The subscription whose dialog the Call-ID names; NULL: none of this process. */
static struct subscription *find_subscription(struct operations *operations, struct slice call_id)
{
	char prefix[16];
	int length = snprintf(prefix, sizeof prefix, "%x-s", operations->nonce_of_process);
	uint64_t number;
	if (!slice_starts_with(call_id, slice_of(prefix, (size_t)length)))
		return NULL;
	call_id = slice_from(call_id, (size_t)length);
	if (!slice_to_number(slice_take(&call_id, '@'), operations->options.subscriptions - 1, &number))
		return NULL;
	return &operations->subscriptions[number];
}

/* The number that the publisher wrote (requests.c); 0: there is none. */
static uint32_t read_published(const struct operations *operations, struct slice body)
{
	struct slice digits = operations->options.event == EVENT_PRESENCE
				      ? text_between(body, SLICE("At the desk, call "), '.')
				      : text_between(body, SLICE("Voice-Message: "), '/');
	uint64_t number = 0;
	(void)slice_to_number(digits, UINT32_MAX, &number);
	return (uint32_t)number;
}

void watching_told(struct operations *operations, uint32_t slot)
{
	if (slot == NO_SLOT)
		return;
	struct operation *operation = &operations->slots[slot];
	if (operation->waiting > 0)
		operation->waiting--;
	operation->told_us = clock_now_us();
	operations_check_end(operations, operation);
}

static void take_state(struct operations *operations, struct subscription *subscription, struct slice body)
{
	watching_told(operations, subscription->slot);
	uint32_t number = read_published(operations, body);
	struct user *watched = &operations->users[subscription->watched];
	if (number == 0 || number == subscription->seen)
		return;
	subscription->seen = number;
	if (number == watched->published)
		watching_told(operations, watched->slot);
}

void watching_take_notify(struct operations *operations, struct in_addr local, struct slice bytes)
{
	struct text_request request;
	buffer_clear(&operations->text);
	text_answer(bytes, &operations->text, &request);
	operations_send_text(operations, local);
	struct subscription *subscription = find_subscription(operations, request.call_id);
	uint64_t cseq;
	if (!subscription || !slice_to_number(request.cseq, UINT32_MAX, &cseq))
		return;
	/* RFC 3261 §12.2.2: what does not go up is one that was answered before. */
	bool is_new = cseq > subscription->notify_cseq;
	operations->counters.notified += is_new;
	operations->counters.repeated += !is_new;
	if (is_new)
		subscription->notify_cseq = (uint32_t)cseq;
	/* Kamailio's processes let the NOTIFYs of one list overtake each other; each has entries of its own. */
	if (operations->options.entries > 0)
		lists_take_notify(operations, (unsigned)(subscription - operations->subscriptions), request.body);
	else if (is_new)
		take_state(operations, subscription, request.body);
}
