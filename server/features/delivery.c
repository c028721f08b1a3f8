/* The life of a delivery: ASKING (branches are out, the sender waits) → SAVING (what is owed is being committed) →
 * ANSWERED (branches that are still out settle their debts when they end).
 * SPDX-License-Identifier: MIT */
#include "features/delivery_state.h"

#include "base/error.h"
#include "features/message_form.h"

#include <stdlib.h>

/* --- answering ------------------------------------------------------------------------------------------------ */

void delivery_refuse(const struct delivery_order *order, unsigned status, struct slice headers, const char *sentence)
{
	if (order->request)
		request_refuse_with(order->request, status, headers, "%s", sentence);
	else if (order->on_sent)
		order->on_sent(order->on_sent_arg, status, sentence);
}

struct arena *delivery_arena(struct delivery *delivery)
{
	return delivery->order.request ? &delivery->order.request->arena : &delivery->arena;
}

/* The story of one message, for a developer; what is kept and delivered later is told at info by its outbox. */
static void log_answer(const struct delivery *delivery, unsigned status)
{
	struct log *log = delivery->messaging->parts.log;
	if (!delivery->order.message || !log_is_enabled(log, LOG_DEBUG))
		return;
	log_event(log, LOG_DEBUG, "message_answered",
		  &(struct log_context){.aor = account_user(delivery->order.receiver),
					.call_id = sip_message_call_id(delivery->order.message),
					.status = status},
		  "from %.*s, %zu devices", SLICE_ARGS(delivery->order.sender), delivery->target_count);
}

/* After the answer the request and its message are gone. */
static void answered(struct delivery *delivery, unsigned status)
{
	log_answer(delivery, status);
	timer_stop(&delivery->wait);
	delivery->state = DELIVERY_ANSWERED;
	delivery->order.request = NULL;
	delivery->order.message = NULL;
}

void delivery_answer(struct delivery *delivery, unsigned status, const char *sentence)
{
	if (status < 300 && delivery->order.request)
		request_reply(delivery->order.request, status, NULL);
	else if (status == SIP_SERVICE_UNAVAILABLE)
		delivery_refuse(&delivery->order, status, SLICE("Retry-After: 5\r\n"), sentence);
	else
		delivery_refuse(&delivery->order, status, (struct slice){0}, sentence);
	answered(delivery, status);
}

/* The device's own response goes to the sender as it came (RFC 3261 §16.7). */
static void relay(struct delivery *delivery, struct slice bytes, unsigned status, const char *sentence)
{
	struct request *request = delivery->order.request;
	struct sip_message response;
	struct sip_parse_error error;
	struct sip_limits limits = {SIZE_MAX, SIZE_MAX, SIZE_MAX, UINT16_MAX};
	if (request && !slice_is_empty(bytes) &&
	    sip_message_parse(&response, &request->arena, bytes, &limits, &error) == 0) {
		request_relay(request, &response);
		answered(delivery, response.status);
	} else {
		delivery_answer(delivery, status, sentence);
	}
}

void delivery_answer_taken(struct delivery *delivery)
{
	delivery->messaging->counters.delivered++;
	relay(delivery, delivery->taken_response, SIP_OK, "delivered");
}

static void delivery_destroy(struct delivery *delivery)
{
	timer_stop(&delivery->wait);
	list_remove(&delivery->link);
	arena_finish(&delivery->arena);
	delivery->messaging->counters.underway--;
	for (size_t i = 0; i < delivery->target_count; i++)
		device_release(delivery->messaging->parts.accounts, delivery->targets[i].device);
	account_release(delivery->messaging->parts.accounts, delivery->order.receiver);
	free(delivery);
}

void delivery_enter(struct delivery *delivery)
{
	delivery->depth++;
}

void delivery_leave(struct delivery *delivery)
{
	delivery->depth--;
	if (delivery->depth == 0 && delivery->state == DELIVERY_ANSWERED && delivery->branches == 0)
		delivery_destroy(delivery);
}

/* --- concluding ----------------------------------------------------------------------------------------------- */

static void conclude_fleeting(struct delivery *delivery)
{
	if (delivery_is_taken(delivery))
		delivery_answer_taken(delivery);
	else if (delivery->refused_status != 0 && delivery_count_owed(delivery) == 0)
		relay(delivery, delivery->refused_response, delivery->refused_status, "refused by the receiver");
	else
		delivery_answer(delivery, SIP_TEMPORARILY_UNAVAILABLE,
				"The receiver is not online, and this message is not kept");
	delivery->messaging->counters.fleeting++;
}

void delivery_conclude(struct delivery *delivery)
{
	timer_stop(&delivery->wait);
	size_t owed = delivery_count_owed(delivery);
	if (delivery->is_fleeting) {
		conclude_fleeting(delivery);
	} else if (owed == 0 && delivery_is_taken(delivery)) {
		delivery_save_history(delivery);
		delivery_answer_taken(delivery);
	} else if (owed == 0 && delivery->refused_status != 0) {
		delivery->messaging->counters.refused++;
		relay(delivery, delivery->refused_response, delivery->refused_status, "refused by the receiver");
	} else {
		delivery_keep(delivery);
	}
}

static void on_waited(struct timer *timer)
{
	struct delivery *delivery = CONTAINER_OF(timer, struct delivery, wait);
	if (delivery->is_fleeting)
		return; /* there is no store to answer from: the transactions' own timeouts end it */
	delivery_enter(delivery);
	delivery_conclude(delivery);
	delivery_leave(delivery);
}

/* --- starting ------------------------------------------------------------------------------------------------- */

static size_t fill_targets(struct delivery *delivery)
{
	size_t count = 0;
	struct device *device = delivery->order.receiver->devices;
	for (; device; device = device->next) {
		if (delivery->order.only_device != 0 && delivery->order.only_device != device->id)
			continue;
		device_hold(delivery->messaging->parts.accounts, device);
		delivery->targets[count++].device = device;
	}
	return count;
}

static bool all_can_be_asked(const struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->target_count; i++) {
		const struct device *device = delivery->targets[i].device;
		if (device->owed > 0 || device->outbox || !location_reachable(device))
			return false;
	}
	return delivery->target_count > 0;
}

static void ask_all(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	/* What cannot be kept now is refused before a device has it, so that sending again makes no second copy. */
	if (!delivery->is_fleeting && !storage_is_available(messaging->parts.storage) && !all_can_be_asked(delivery)) {
		messaging->counters.refused++;
		delivery_answer(delivery, SIP_SERVICE_UNAVAILABLE,
				"The message cannot be kept now, the database is away");
		return;
	}
	if (!delivery->order.request && delivery_fill_row(delivery) != 0) {
		delivery_answer(delivery, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
		return;
	}
	for (size_t i = 0; i < delivery->target_count; i++)
		delivery_ask_device(delivery, &delivery->targets[i]);
	if (delivery->branches == 0)
		delivery_conclude(delivery);
	else
		timer_start(messaging->parts.timers, &delivery->wait, (int64_t)messaging->options.answer_wait_s * 1000,
			    on_waited);
}

void delivery_start(struct messaging *messaging, const struct delivery_order *order)
{
	size_t devices = account_count_devices(order->receiver);
	struct delivery *delivery =
		calloc(1, sizeof *delivery + devices * sizeof delivery->targets[0] + order->sender.length);
	if (!delivery) {
		delivery_refuse(order, SIP_INTERNAL_ERROR, (struct slice){0}, error_text(ERR_NO_MEMORY));
		if (order->arena)
			arena_finish(order->arena);
		return;
	}
	delivery->messaging = messaging;
	delivery->order = *order;
	char *sender = (char *)&delivery->targets[devices];
	memcpy(sender, order->sender.at, order->sender.length);
	delivery->order.sender = slice_of(sender, order->sender.length);
	if (order->arena)
		delivery->arena = *order->arena; /* its chunks are ours now */
	delivery->order.arena = NULL;
	delivery->is_fleeting = message_form_is_fleeting(order->message);
	message_text_find(sip_message_value(order->message, SIP_HEADER_CONTENT_TYPE),
			  sip_message_value(order->message, SIP_HEADER_CONTENT_ENCODING), order->message->body,
			  &delivery->content);
	delivery->target_count = fill_targets(delivery);
	list_append(&messaging->deliveries, &delivery->link);
	messaging->counters.underway++;
	account_hold(messaging->parts.accounts, order->receiver);

	delivery_enter(delivery);
	ask_all(delivery);
	delivery_leave(delivery);
}

void delivery_destroy_all(struct messaging *messaging)
{
	while (!list_is_empty(&messaging->deliveries)) {
		struct delivery *delivery = CONTAINER_OF(messaging->deliveries.next, struct delivery, link);
		delivery_end_branches(delivery);
		delivery_destroy(delivery);
	}
}
