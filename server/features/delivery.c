/* The life of a delivery: ASKING (branches are out, the sender waits) → SAVING (what is owed is being committed) →
 * ANSWERED (branches that are still out settle their debts when they end).
 * SPDX-License-Identifier: MIT */
#include "features/delivery.h"

#include "base/error.h"
#include "core/clock.h"
#include "core/loop_detection.h"
#include "features/message_form.h"
#include "sip/write.h"

#include <stdlib.h>

enum { TRIED_FLOWS_MOST = 4, DEFAULT_MAX_FORWARDS = 70 };

enum target_state {
	TARGET_ASKED,   /* at least one branch is out */
	TARGET_TAKEN,   /* the device has it */
	TARGET_REFUSED, /* the device will never take it */
	TARGET_OWED     /* it gets it later */
};

/* A device of the receiver. */
struct target {
	struct device *device;
	enum target_state state;
	bool owes; /* the debt is a row */
	unsigned branches;
	unsigned tried_count;
	struct flow tried[TRIED_FLOWS_MOST];
};

enum delivery_state { DELIVERY_ASKING, DELIVERY_SAVING, DELIVERY_ANSWERED };

struct delivery {
	struct list_link link;
	struct messaging *messaging;
	struct delivery_order order;
	struct arena arena; /* of our own message */
	struct stored_message row;
	enum delivery_state state;
	unsigned depth; /* callers inside, see enter */
	bool is_fleeting;
	struct timer wait;
	struct slice taken_response, refused_response; /* bytes, in the request's arena */
	unsigned refused_status;
	unsigned branches;
	size_t target_count;
	struct target targets[];
};

/* The message on its way to one device over one flow. */
struct branch {
	struct list_link link; /* of the device */
	struct delivery *delivery;
	struct target *target;
	struct flow flow;
	struct client_transaction *transaction;
};

static void conclude(struct delivery *delivery);

/* --- answering ------------------------------------------------------------------------------------------------ */

void delivery_refuse(const struct delivery_order *order, unsigned status, struct slice headers, const char *sentence)
{
	if (order->request)
		request_refuse_with(order->request, status, headers, "%s", sentence);
	else if (order->on_sent)
		order->on_sent(order->on_sent_arg, status, sentence);
}

static struct arena *message_arena(struct delivery *delivery)
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
		  "from %.*s, %zu devices", SLICE_ARGS(delivery->order.sender_user), delivery->target_count);
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

static void answer(struct delivery *delivery, unsigned status, const char *sentence)
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
		answer(delivery, status, sentence);
	}
}

static void answer_taken(struct delivery *delivery)
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

/* Whatever comes from outside (a start, a response, a commit, a timer) enters, and the last to leave destroys what is
 * over: nothing dies under its caller. */
static void enter(struct delivery *delivery)
{
	delivery->depth++;
}

static void leave(struct delivery *delivery)
{
	delivery->depth--;
	if (delivery->depth == 0 && delivery->state == DELIVERY_ANSWERED && delivery->branches == 0)
		delivery_destroy(delivery);
}

/* --- keeping -------------------------------------------------------------------------------------------------- */

static bool is_taken(const struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->target_count; i++)
		if (delivery->targets[i].state == TARGET_TAKEN)
			return true;
	return false;
}

/* A device that was forgotten while it was asked is owed nothing any more. */
static bool is_owed(const struct target *target)
{
	return !target->device->is_forgotten && (target->state == TARGET_ASKED || target->state == TARGET_OWED);
}

/* The device came while the others were asked. It is owed what nobody has taken, as it would have inherited it, had it
 * been kept by then. */
static bool is_late(const struct delivery *delivery, const struct device *device)
{
	for (size_t i = 0; i < delivery->target_count; i++)
		if (delivery->targets[i].device == device)
			return false;
	return !delivery->row.taken;
}

static size_t count_owed(const struct delivery *delivery)
{
	size_t count = 0;
	for (size_t i = 0; i < delivery->target_count; i++)
		count += is_owed(&delivery->targets[i]);
	return count;
}

/* Nothing more is asked of devices for a message that the sender was told to send again. */
static void end_branches(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->target_count; i++) {
		struct list_link *link = delivery->targets[i].device->branches.next, *next;
		for (; link != &delivery->targets[i].device->branches; link = next) {
			next = link->next;
			struct branch *branch = CONTAINER_OF(link, struct branch, link);
			if (branch->delivery != delivery)
				continue;
			client_transaction_forget(branch->transaction);
			list_remove(link);
			free(branch);
			delivery->branches--;
		}
		outbox_kick(delivery->messaging->parts.outboxes, delivery->targets[i].device);
	}
}

static void settle_or_kick(struct delivery *delivery, struct target *target)
{
	struct outboxes *outboxes = delivery->messaging->parts.outboxes;
	if (target->owes && (target->state == TARGET_TAKEN || target->state == TARGET_REFUSED)) {
		target->owes = false;
		outbox_settle(outboxes, target->device, delivery->row.id, target->state == TARGET_TAKEN);
	} else if (target->owes && target->state == TARGET_OWED) {
		outbox_kick(outboxes, target->device);
	}
}

static void count_debts(struct delivery *delivery)
{
	delivery->order.receiver->mailbox_messages++;
	for (size_t i = 0; i < delivery->target_count; i++)
		if (delivery->targets[i].owes)
			delivery->targets[i].device->owed++;
	for (struct device *device = delivery->order.receiver->devices; device; device = device->next)
		if (is_late(delivery, device))
			device->owed++;
}

static void settle_or_kick_all(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->target_count; i++)
		settle_or_kick(delivery, &delivery->targets[i]);
	for (struct device *device = delivery->order.receiver->devices; device; device = device->next)
		if (is_late(delivery, device))
			outbox_kick(delivery->messaging->parts.outboxes, device);
}

static void on_saved(void *arg, int result)
{
	struct delivery *delivery = arg;
	struct messaging *messaging = delivery->messaging;
	enter(delivery);
	if (result == 0) {
		messaging->counters.kept++;
		count_debts(delivery);
		/* 200 only for a device that had it before the debts were written: they say who took it. */
		if (!slice_is_empty(delivery->taken_response))
			answer_taken(delivery);
		else
			answer(delivery, SIP_ACCEPTED, "kept for later");
		settle_or_kick_all(delivery);
	} else {
		for (size_t i = 0; i < delivery->target_count; i++)
			delivery->targets[i].owes = false;
		end_branches(delivery);
		if (result == ERR_EXISTS) {
			messaging->counters.recognised++;
			answer(delivery, SIP_ACCEPTED, "kept already");
		} else {
			messaging->counters.refused++;
			answer(delivery, SIP_SERVICE_UNAVAILABLE, "The message cannot be kept now");
		}
	}
	leave(delivery);
}

static int fill_row(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	struct stored_message *row = &delivery->row;
	struct arena *arena = message_arena(delivery);
	row->received_at_ms = clock_unix_ms();
	int result = message_form_keep(arena, delivery->order.message, row->received_at_ms, row);
	if (result != 0)
		return result;
	struct buffer sender;
	buffer_init(&sender, 1024);
	buffer_append(&sender, delivery->order.sender_user);
	buffer_byte(&sender, '@');
	buffer_append(&sender, domain_name(messaging->parts.domain));
	result = buffer_failed(&sender) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&sender), &row->sender);
	buffer_finish(&sender);
	row->id = storage_next_message_id(messaging->parts.storage);
	row->receiver_id = delivery->order.receiver->id;
	row->sender_id = delivery->order.sender_id;
	uint32_t expires_s = messaging->options.expires_default_s, asked_s;
	if (sip_seconds_parse(sip_message_value(delivery->order.message, SIP_HEADER_EXPIRES), &asked_s) == 0 &&
	    asked_s < expires_s)
		expires_s = asked_s;
	row->expires_at_s = row->received_at_ms / 1000 + expires_s;
	return result;
}

static void save(struct delivery *delivery)
{
	size_t most = delivery->target_count + account_count_devices(delivery->order.receiver);
	int64_t *owed_to = arena_allocate_zeroed(message_arena(delivery), most + 1, sizeof *owed_to);
	if (!owed_to || fill_row(delivery) != 0) {
		on_saved(delivery, ERR_NO_MEMORY);
		return;
	}
	/* What was sent to one device by its GRUU is not for those to come. */
	delivery->row.taken = is_taken(delivery) || delivery->order.only_device != 0;
	size_t count = 0;
	for (size_t i = 0; i < delivery->target_count; i++) {
		struct target *target = &delivery->targets[i];
		target->owes = is_owed(target);
		if (target->owes)
			owed_to[count++] = target->device->id;
	}
	for (const struct device *device = delivery->order.receiver->devices; device; device = device->next)
		if (is_late(delivery, device))
			owed_to[count++] = device->id;
	delivery->state = DELIVERY_SAVING;
	storage_save_message(delivery->messaging->parts.storage, &delivery->row, owed_to, count, on_saved, delivery);
}

static void on_history_saved(void *arg, int result)
{
	struct messaging *messaging = arg;
	if (result != 0 && result != ERR_EXISTS)
		log_event_limited(messaging->parts.log, &messaging->history_rate, timers_now(messaging->parts.timers),
				  LOG_WARNING, "history_not_written", NULL, "%s", error_text(result));
}

/* Every device has it: the row is for the history alone, and nobody waits for it. */
static void save_history(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	if (!messaging->options.keeps_history)
		return;
	int result = fill_row(delivery);
	delivery->row.taken = true;
	if (result == 0)
		storage_save_message(messaging->parts.storage, &delivery->row, NULL, 0, on_history_saved, messaging);
	else
		on_history_saved(messaging, result);
}

static void refuse_full(struct delivery *delivery)
{
	if (is_taken(delivery)) {
		log_event(delivery->messaging->parts.log, LOG_WARNING, "mailbox_full",
			  &(struct log_context){.aor = account_user(delivery->order.receiver)},
			  "a device has the message, for the others it could not be kept");
		answer_taken(delivery);
	} else {
		delivery->messaging->counters.refused++;
		end_branches(delivery);
		answer(delivery, SIP_TEMPORARILY_UNAVAILABLE, "The mailbox of the receiver is full");
	}
}

/* The count in memory may be too high; before anybody is refused for it, it is taken afresh. */
static void on_counted(void *arg, int result, struct account *account)
{
	struct delivery *delivery = arg;
	enter(delivery);
	if (result != 0)
		on_saved(delivery, result);
	else if (account->mailbox_messages >= delivery->messaging->options.mailbox_messages)
		refuse_full(delivery);
	else
		save(delivery);
	leave(delivery);
}

static void keep(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	delivery->state = DELIVERY_SAVING;
	if (delivery->order.receiver->mailbox_messages >= messaging->options.mailbox_messages)
		accounts_load(messaging->parts.accounts, account_user(delivery->order.receiver), on_counted, delivery);
	else
		save(delivery);
}

/* --- concluding ----------------------------------------------------------------------------------------------- */

static void conclude_fleeting(struct delivery *delivery)
{
	if (is_taken(delivery))
		answer_taken(delivery);
	else if (delivery->refused_status != 0 && count_owed(delivery) == 0)
		relay(delivery, delivery->refused_response, delivery->refused_status, "refused by the receiver");
	else
		answer(delivery, SIP_TEMPORARILY_UNAVAILABLE,
		       "The receiver is not online, and this message is not kept");
	delivery->messaging->counters.fleeting++;
}

/* The sender is answered: at the first 2xx, when all devices have answered, or when they took too long. */
static void conclude(struct delivery *delivery)
{
	timer_stop(&delivery->wait);
	size_t owed = count_owed(delivery);
	if (delivery->is_fleeting) {
		conclude_fleeting(delivery);
	} else if (owed == 0 && is_taken(delivery)) {
		save_history(delivery);
		answer_taken(delivery);
	} else if (owed == 0 && delivery->refused_status != 0) {
		delivery->messaging->counters.refused++;
		relay(delivery, delivery->refused_response, delivery->refused_status, "refused by the receiver");
	} else {
		keep(delivery);
	}
}

static void on_waited(struct timer *timer)
{
	struct delivery *delivery = CONTAINER_OF(timer, struct delivery, wait);
	if (delivery->is_fleeting)
		return; /* there is no store to answer from: the transactions' own timeouts end it */
	enter(delivery);
	conclude(delivery);
	leave(delivery);
}

/* --- branches ------------------------------------------------------------------------------------------------- */

static bool start_branch(struct delivery *delivery, struct target *target, struct binding *binding);

static bool was_tried(const struct target *target, const struct flow *flow)
{
	for (unsigned i = 0; i < target->tried_count; i++)
		if (flow_equal(&target->tried[i], flow))
			return true;
	return false;
}

/* RFC 5626 §6: a device with several flows gets a request over one of them; the next is tried where that fails. */
static bool try_next_flow(struct delivery *delivery, struct target *target)
{
	if (delivery->state == DELIVERY_ANSWERED)
		return false;
	for (struct binding *binding = target->device->bindings; binding; binding = binding->next)
		if (binding->reachable && !was_tried(target, &binding->flow) &&
		    target->tried_count < TRIED_FLOWS_MOST && start_branch(delivery, target, binding))
			return true;
	return false;
}

/* Keeps the response for the sender, where he still waits. */
static void remember(struct delivery *delivery, const struct sip_message *response, struct slice *kept)
{
	if (delivery->order.request && arena_copy(&delivery->order.request->arena, response->bytes, kept) != 0)
		*kept = (struct slice){0};
	if (slice_is_empty(*kept))
		*kept = SLICE(" "); /* taken all the same; relay() falls back to an answer of our own */
}

static void branch_ended(struct delivery *delivery, struct target *target, struct sip_message *response)
{
	/* No response at all is no answer: the message can be tried again. */
	switch (response ? message_form_outcome(response) : MESSAGE_NOT_TAKEN) {
	case MESSAGE_TAKEN:
		if (delivery->state != DELIVERY_ANSWERED && slice_is_empty(delivery->taken_response))
			remember(delivery, response, &delivery->taken_response);
		target->state = TARGET_TAKEN;
		break;
	case MESSAGE_REFUSED:
		if (target->state != TARGET_ASKED)
			break;
		if (delivery->state == DELIVERY_ASKING && delivery->refused_status == 0) {
			remember(delivery, response, &delivery->refused_response);
			delivery->refused_status = response->status;
		}
		if (target->branches == 0)
			target->state = TARGET_REFUSED;
		break;
	default:
		if (target->state == TARGET_ASKED && target->branches == 0 && !try_next_flow(delivery, target))
			target->state = TARGET_OWED;
		break;
	}
	if (delivery->state == DELIVERY_ASKING) {
		if (is_taken(delivery) || delivery->branches == 0)
			conclude(delivery);
	} else if (delivery->state == DELIVERY_ANSWERED) {
		settle_or_kick(delivery, target);
	}
}

static void on_branch_done(void *arg, int result, struct sip_message *response)
{
	struct branch *branch = arg;
	struct delivery *delivery = branch->delivery;
	struct target *target = branch->target;
	struct device *device = target->device;
	struct outboxes *outboxes = delivery->messaging->parts.outboxes;
	struct accounts *accounts = delivery->messaging->parts.accounts;
	(void)result;
	list_remove(&branch->link);
	free(branch);
	delivery->branches--;
	target->branches--;
	device_hold(accounts, device);
	enter(delivery);
	branch_ended(delivery, target, response);
	leave(delivery);
	outbox_kick(outboxes, device); /* older debts may have waited for this branch to end */
	device_release(accounts, device);
}

static void write_rest(struct delivery *delivery, struct slice path, struct buffer *buffer)
{
	struct request *request = delivery->order.request;
	buffer_clear(buffer);
	if (!request) {
		message_form_write(buffer, &delivery->row, path);
		return;
	}
	uint64_t hops = DEFAULT_MAX_FORWARDS + 1;
	struct slice text = sip_message_value(&request->message, SIP_HEADER_MAX_FORWARDS);
	if (!slice_is_empty(text) && !slice_to_number(text, 255, &hops))
		hops = DEFAULT_MAX_FORWARDS + 1;
	struct sip_forward forward = {
		.source = &request->flow.peer,
		.drop_routes = request->own_routes,
		.routes = path,
		.max_forwards = (unsigned)hops - 1,
		.drop_credentials = true,
		.drop_identities = true,
		.realm = domain_name(delivery->messaging->parts.domain),
	};
	sip_write_forwarded(buffer, &request->message, &forward);
}

static bool start_branch(struct delivery *delivery, struct target *target, struct binding *binding)
{
	struct messaging *messaging = delivery->messaging;
	struct branch *branch = malloc(sizeof *branch);
	if (!branch)
		return false;
	*branch = (struct branch){.delivery = delivery, .target = target, .flow = binding->flow};
	char mark[LOOP_MARK_SIZE];
	loop_mark(delivery->order.message, mark);
	write_rest(delivery, binding_text(binding, BINDING_PATH), &messaging->scratch);
	struct client_request request = {
		.flow = binding->flow,
		.method = SLICE("MESSAGE"),
		.uri = binding_text(binding, BINDING_CONTACT),
		.rest = buffer_slice(&messaging->scratch),
		.branch_suffix = slice_of(mark, LOOP_MARK_SIZE - 1),
		.tcp_peer = location_tcp_peer(binding),
		.on_done = on_branch_done,
		.arg = branch,
	};
	if (buffer_failed(&messaging->scratch) ||
	    client_transaction_start(messaging->parts.transactions, &request, &branch->transaction) != 0) {
		free(branch);
		return false;
	}
	list_append(&target->device->branches, &branch->link);
	delivery->branches++;
	target->branches++;
	target->state = TARGET_ASKED;
	if (target->tried_count < TRIED_FLOWS_MOST)
		target->tried[target->tried_count++] = binding->flow;
	return true;
}

/* Whether an answer may still come over the branch's flow, or be worth waiting for. Of several bindings without an
 * instance the one that has just registered is alive for certain; once the message is owed to the device, the others
 * would only hold it back until Timer F. */
static bool is_current(const struct branch *branch, const struct device *device)
{
	const struct binding *newest = location_reachable(device);
	if (branch->target->owes && newest)
		return flow_equal(&newest->flow, &branch->flow);
	for (const struct binding *binding = device->bindings; binding; binding = binding->next)
		if (binding->reachable && flow_equal(&binding->flow, &branch->flow))
			return true;
	return false;
}

void messaging_device_returned(void *arg, struct device *device)
{
	struct messaging *messaging = arg;
	struct list_link *link = device->branches.next, *next;
	account_hold(messaging->parts.accounts, device->account);
	for (; link != &device->branches; link = next) {
		next = link->next;
		struct branch *branch = CONTAINER_OF(link, struct branch, link);
		if (is_current(branch, device))
			continue;
		client_transaction_forget(branch->transaction);
		on_branch_done(branch, ERR_CLOSED, NULL);
		next = device->branches.next; /* what followed may have ended with it */
	}
	outbox_kick(messaging->parts.outboxes, device);
	account_release(messaging->parts.accounts, device->account);
}

/* --- starting ------------------------------------------------------------------------------------------------- */

static void ask_device(struct delivery *delivery, struct target *target)
{
	struct device *device = target->device;
	target->state = TARGET_OWED;
	/* Older messages go first: behind them it is delivered from the store, in order. */
	if (!delivery->is_fleeting && (device->owed > 0 || device->outbox))
		return;
	for (struct binding *binding = device->bindings; binding; binding = binding->next) {
		if (!binding->reachable || was_tried(target, &binding->flow) ||
		    !start_branch(delivery, target, binding))
			continue;
		/* Devices without an instance count as one, but are several: each of them is asked. */
		if (device->id != STORAGE_DEVICE_WITHOUT_INSTANCE)
			return;
	}
}

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
		answer(delivery, SIP_SERVICE_UNAVAILABLE, "The message cannot be kept now, the database is away");
		return;
	}
	if (!delivery->order.request && fill_row(delivery) != 0) {
		answer(delivery, SIP_INTERNAL_ERROR, error_text(ERR_NO_MEMORY));
		return;
	}
	for (size_t i = 0; i < delivery->target_count; i++)
		ask_device(delivery, &delivery->targets[i]);
	if (delivery->branches == 0)
		conclude(delivery);
	else
		timer_start(messaging->parts.timers, &delivery->wait, (int64_t)messaging->options.answer_wait_s * 1000,
			    on_waited);
}

void delivery_start(struct messaging *messaging, const struct delivery_order *order)
{
	size_t devices = account_count_devices(order->receiver);
	struct delivery *delivery = calloc(1, sizeof *delivery + devices * sizeof delivery->targets[0]);
	if (!delivery) {
		delivery_refuse(order, SIP_INTERNAL_ERROR, (struct slice){0}, error_text(ERR_NO_MEMORY));
		if (order->arena)
			arena_finish(order->arena);
		return;
	}
	delivery->messaging = messaging;
	delivery->order = *order;
	if (order->arena)
		delivery->arena = *order->arena; /* its chunks are ours now */
	delivery->order.arena = NULL;
	delivery->is_fleeting = message_form_is_fleeting(order->message);
	delivery->target_count = fill_targets(delivery);
	list_append(&messaging->deliveries, &delivery->link);
	messaging->counters.underway++;
	account_hold(messaging->parts.accounts, order->receiver);

	enter(delivery);
	ask_all(delivery);
	leave(delivery);
}

void delivery_destroy_all(struct messaging *messaging)
{
	while (!list_is_empty(&messaging->deliveries)) {
		struct delivery *delivery = CONTAINER_OF(messaging->deliveries.next, struct delivery, link);
		end_branches(delivery);
		delivery_destroy(delivery);
	}
}
