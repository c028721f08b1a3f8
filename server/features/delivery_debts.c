/* What a delivery owes: the row of a message, to whom it is owed, and the mailbox that it must fit into.
 * SPDX-License-Identifier: MIT */
#include "features/delivery_state.h"

#include "base/error.h"
#include "core/clock.h"
#include "features/message_form.h"

bool delivery_is_taken(const struct delivery *delivery)
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

size_t delivery_count_owed(const struct delivery *delivery)
{
	size_t count = 0;
	for (size_t i = 0; i < delivery->target_count; i++)
		count += is_owed(&delivery->targets[i]);
	return count;
}

void delivery_settle_or_kick(struct delivery *delivery, struct target *target)
{
	struct outboxes *outboxes = delivery->messaging->parts.outboxes;
	if (target->owes && (target->state == TARGET_TAKEN || target->state == TARGET_REFUSED)) {
		target->owes = false;
		outbox_settle(outboxes, target->device, delivery->row.id, target->state == TARGET_TAKEN,
			      delivery->row.taken ? SLICE("") : delivery->order.sender);
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
		delivery_settle_or_kick(delivery, &delivery->targets[i]);
	for (struct device *device = delivery->order.receiver->devices; device; device = device->next)
		if (is_late(delivery, device))
			outbox_kick(delivery->messaging->parts.outboxes, device);
}

static void on_saved(void *arg, int result)
{
	struct delivery *delivery = arg;
	struct messaging *messaging = delivery->messaging;
	delivery_enter(delivery);
	if (result == 0) {
		messaging->counters.kept++;
		count_debts(delivery);
		accounts_debts_changed(messaging->parts.accounts, delivery->order.receiver);
		messaging_announce_stored(messaging, delivery->order.sender, delivery->order.receiver);
		/* A device may have taken it while the debts were being written; its own is settled below. */
		if (!slice_is_empty(delivery->taken_response))
			delivery_answer_taken(delivery);
		else
			delivery_answer(delivery, SIP_ACCEPTED, "kept for later");
		settle_or_kick_all(delivery);
	} else {
		for (size_t i = 0; i < delivery->target_count; i++)
			delivery->targets[i].owes = false;
		delivery_end_branches(delivery);
		if (result == ERR_EXISTS) {
			messaging->counters.recognised++;
			delivery_answer(delivery, SIP_ACCEPTED, "kept already");
		} else {
			messaging->counters.refused++;
			delivery_answer(delivery, SIP_SERVICE_UNAVAILABLE, "The message cannot be kept now");
		}
	}
	delivery_leave(delivery);
}

/* A text stands at the end of its body, alone or behind the headers of a message/cpim. */
static void fill_kind(struct delivery *delivery)
{
	const struct message_text *content = &delivery->content;
	struct stored_message *row = &delivery->row;
	row->text_at = 0;
	switch (content->kind) {
	case MESSAGE_KIND_TEXT:
		row->kind = STORED_MESSAGE_TEXT;
		row->text_at = (uint32_t)(row->body.length - content->text.length);
		break;
	case MESSAGE_KIND_RECEIPT:
		row->kind = STORED_MESSAGE_RECEIPT;
		break;
	case MESSAGE_KIND_OTHER:
		row->kind = STORED_MESSAGE_OTHER;
		break;
	}
}

int delivery_fill_row(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	struct stored_message *row = &delivery->row;
	struct arena *arena = delivery_arena(delivery);
	row->received_at_ms = clock_unix_ms();
	int result = message_form_keep(arena, delivery->order.message, row->received_at_ms, row);
	if (result == 0)
		result = messaging_write_aor(messaging, arena, account_user(delivery->order.receiver), &row->receiver);
	if (result != 0)
		return result;
	fill_kind(delivery);
	row->sender = delivery->order.sender;
	row->id = storage_next_message_id(messaging->parts.storage);
	row->receiver_id = delivery->order.receiver->id;
	row->sender_id = delivery->order.sender_id;
	uint32_t expires_s = messaging->options.expires_default_s, asked_s;
	if (sip_seconds_parse(sip_message_value(delivery->order.message, SIP_HEADER_EXPIRES), &asked_s) == 0 &&
	    asked_s < expires_s)
		expires_s = asked_s;
	row->expires_at_s = row->received_at_ms / 1000 + expires_s;
	return 0;
}

static void save(struct delivery *delivery)
{
	size_t most = delivery->target_count + account_count_devices(delivery->order.receiver);
	int64_t *owed_to = arena_allocate_zeroed(delivery_arena(delivery), most + 1, sizeof *owed_to);
	if (!owed_to || delivery_fill_row(delivery) != 0) {
		on_saved(delivery, ERR_NO_MEMORY);
		return;
	}
	/* What was sent to one device by its GRUU is not for those to come. */
	delivery->row.taken = delivery_is_taken(delivery) || delivery->order.only_device != 0;
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
	struct delivery *delivery = arg;
	struct messaging *messaging = delivery->messaging;
	if (result == 0)
		messaging_announce_stored(messaging, delivery->order.sender, delivery->order.receiver);
	else if (result != ERR_EXISTS)
		log_event_limited(messaging->parts.log, &messaging->history_rate, timers_now(messaging->parts.timers),
				  LOG_WARNING, "history_not_written", NULL, "%s", error_text(result));
	delivery_leave(delivery);
}

void delivery_save_history(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	if (!messaging->options.keeps_history)
		return;
	int result = delivery_fill_row(delivery);
	delivery->row.taken = true;
	delivery_enter(delivery); /* until it is saved */
	if (result == 0)
		storage_save_message(messaging->parts.storage, &delivery->row, NULL, 0, on_history_saved, delivery);
	else
		on_history_saved(delivery, result);
}

static void refuse_full(struct delivery *delivery)
{
	if (delivery_is_taken(delivery)) {
		log_event(delivery->messaging->parts.log, LOG_WARNING, "mailbox_full",
			  &(struct log_context){.aor = account_user(delivery->order.receiver)},
			  "a device has the message, for the others it could not be kept");
		delivery_answer_taken(delivery);
	} else {
		delivery->messaging->counters.refused++;
		delivery_end_branches(delivery);
		delivery_answer(delivery, SIP_TEMPORARILY_UNAVAILABLE, "The mailbox of the receiver is full");
	}
}

/* The count in memory may be too high; before anybody is refused for it, it is taken afresh. */
static void on_counted(void *arg, int result, struct account *account)
{
	struct delivery *delivery = arg;
	delivery_enter(delivery);
	if (result != 0)
		on_saved(delivery, result);
	else if (account->mailbox_messages >= delivery->messaging->options.mailbox_messages)
		refuse_full(delivery);
	else
		save(delivery);
	delivery_leave(delivery);
}

void delivery_keep(struct delivery *delivery)
{
	struct messaging *messaging = delivery->messaging;
	delivery->state = DELIVERY_SAVING;
	if (delivery->order.receiver->mailbox_messages >= messaging->options.mailbox_messages)
		accounts_load(messaging->parts.accounts, account_user(delivery->order.receiver), on_counted, delivery);
	else
		save(delivery);
}
