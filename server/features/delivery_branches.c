/* The branches of a delivery: the message on its way to one device over one flow, and what becomes of it.
 * SPDX-License-Identifier: MIT */
#include "features/delivery_state.h"

#include "base/error.h"
#include "core/loop_detection.h"
#include "features/message_form.h"
#include "sip/write.h"

#include <stdlib.h>

enum { DEFAULT_MAX_FORWARDS = 70 };

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

/* The device knows no CPIM: it is given the text inside, at once over the same flow, where the message is still there;
 * else from the store, where it is owed by then. False: neither (what is never stored, and another device has taken).
 */
static bool unwrap(struct delivery *delivery, const struct branch *branch)
{
	struct target *target = branch->target;
	struct binding *binding = target->device->bindings;
	plain_text_remember(target->device, &branch->flow, delivery->messaging->parts.log);
	while (binding && !(binding->reachable && flow_equal(&binding->flow, &branch->flow)))
		binding = binding->next;
	if (delivery->state != DELIVERY_ANSWERED && binding && start_branch(delivery, target, binding))
		return true;
	if (delivery->state == DELIVERY_ANSWERED && !target->owes)
		return false;
	if (target->state == TARGET_ASKED && target->branches == 0)
		target->state = TARGET_OWED;
	return true;
}

static void refuse_target(struct delivery *delivery, struct target *target, const struct sip_message *response)
{
	if (target->state != TARGET_ASKED)
		return;
	if (delivery->state == DELIVERY_ASKING && delivery->refused_status == 0) {
		remember(delivery, response, &delivery->refused_response);
		delivery->refused_status = response->status;
	}
	if (target->branches == 0)
		target->state = TARGET_REFUSED;
}

static void branch_ended(struct delivery *delivery, const struct branch *branch, struct sip_message *response)
{
	struct target *target = branch->target;
	/* No response at all is no answer: the message can be tried again. */
	switch (response ? message_form_outcome(response, branch->shape) : MESSAGE_NOT_TAKEN) {
	case MESSAGE_TAKEN:
		if (delivery->state != DELIVERY_ANSWERED && slice_is_empty(delivery->taken_response))
			remember(delivery, response, &delivery->taken_response);
		target->state = TARGET_TAKEN;
		break;
	case MESSAGE_UNWRAP:
		if (unwrap(delivery, branch))
			break;
		refuse_target(delivery, target, response);
		break;
	case MESSAGE_REFUSED:
		refuse_target(delivery, target, response);
		break;
	default:
		if (target->state == TARGET_ASKED && target->branches == 0 && !try_next_flow(delivery, target))
			target->state = TARGET_OWED;
		break;
	}
	if (delivery->state == DELIVERY_ASKING) {
		if (delivery_is_taken(delivery) || delivery->branches == 0)
			delivery_conclude(delivery);
	} else if (delivery->state == DELIVERY_ANSWERED) {
		delivery_settle_or_kick(delivery, target);
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
	delivery->branches--;
	target->branches--;
	device_hold(accounts, device);
	delivery_enter(delivery);
	branch_ended(delivery, branch, response);
	free(branch);
	delivery_leave(delivery);
	outbox_kick(outboxes, device); /* older debts may have waited for this branch to end */
	device_release(accounts, device);
}

static void write_rest(struct delivery *delivery, enum message_shape shape, struct slice path, struct buffer *buffer)
{
	struct request *request = delivery->order.request;
	const struct message_text *plain = shape == MESSAGE_UNWRAPPED ? &delivery->content : NULL;
	buffer_clear(buffer);
	if (!request) {
		message_form_write(buffer, &delivery->row, plain, path);
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
		.replaces_body = plain != NULL,
		.content_type = delivery->content.content_type,
		.body = delivery->content.text,
	};
	sip_write_forwarded(buffer, &request->message, &forward);
}

static bool start_branch(struct delivery *delivery, struct target *target, struct binding *binding)
{
	struct messaging *messaging = delivery->messaging;
	struct branch *branch = malloc(sizeof *branch);
	if (!branch)
		return false;
	*branch = (struct branch){.delivery = delivery,
				  .target = target,
				  .flow = binding->flow,
				  .shape = plain_text_shape(&delivery->content, binding)};
	char mark[LOOP_MARK_SIZE];
	loop_mark(delivery->order.message, mark);
	write_rest(delivery, branch->shape, binding_text(binding, BINDING_PATH), &messaging->scratch);
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
	if (target->state != TARGET_TAKEN) /* by another phone without an instance */
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

void delivery_ask_device(struct delivery *delivery, struct target *target)
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

void delivery_end_branches(struct delivery *delivery)
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
