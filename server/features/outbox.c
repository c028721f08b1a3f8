/* One device's outbox goes round: load some, send one, settle it, send the next; waits after a failure; ends when
 * nothing is left or the device cannot be reached. SPDX-License-Identifier: MIT */
#include "features/outbox.h"

#include "base/error.h"
#include "features/message_form.h"

#include <stdlib.h>

enum {
	LOADED_MOST = 20,               /* messages loaded at a time */
	LOADED_BYTES = 4 * 1024 * 1024, /* of an outbox's arena */
	RESUMED_AT_ONCE = 500           /* accounts looked up in one step after start */
};

struct outboxes {
	struct timers *timers;
	struct accounts *accounts;
	struct transactions *transactions;
	struct storage *storage;
	struct log *log;
	struct outbox_options options;
	struct outbox_counters counters;
	struct list_link all, settlements;
	struct buffer scratch;
	outbox_taken_fn *on_taken;
	void *on_taken_arg;
	/* outboxes_resume */
	struct timer resume;
	struct account **resumed;
	size_t resumed_count, resumed_next;
};

enum outbox_state {
	OUTBOX_LOADING,  /* → SENDING, or the end where nothing is owed */
	OUTBOX_SENDING,  /* → SETTLING, WAITING */
	OUTBOX_SETTLING, /* → SENDING, LOADING, WAITING (then settles again) */
	OUTBOX_WAITING   /* back-off → what it waited for */
};

struct outbox {
	struct list_link link;
	struct outboxes *outboxes;
	struct device *device;
	enum outbox_state state;
	bool must_settle; /* the current message was answered; only the commit is missing */
	bool was_taken;
	bool is_kicked;    /* since the load began, which may thus have missed something */
	bool loaded_short; /* memory ended before the messages did */
	struct client_transaction *transaction;
	struct flow flow;         /* that the transaction is on */
	enum message_shape shape; /* that the device was given */
	struct timer timer;
	unsigned wait_s;
	struct arena arena;
	struct stored_message loaded[LOADED_MOST];
	unsigned loaded_count, current;
};

static void load(struct outbox *outbox);
static void send_current(struct outbox *outbox);
static void settle_current(struct outbox *outbox);

/* --- life ---------------------------------------------------------------------------------------------------- */

static void outbox_destroy(struct outbox *outbox)
{
	struct outboxes *outboxes = outbox->outboxes;
	timer_stop(&outbox->timer);
	client_transaction_forget(outbox->transaction);
	list_remove(&outbox->link);
	arena_finish(&outbox->arena);
	outbox->device->outbox = NULL;
	outboxes->counters.active--;
	device_release(outboxes->accounts, outbox->device);
	free(outbox);
}

static struct outbox *outbox_create(struct outboxes *outboxes, struct device *device)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);
	if (!outbox)
		return NULL;
	outbox->outboxes = outboxes;
	outbox->device = device;
	arena_init(&outbox->arena, NULL, LOADED_BYTES);
	list_append(&outboxes->all, &outbox->link);
	device->outbox = outbox;
	outboxes->counters.active++;
	device_hold(outboxes->accounts, device);
	return outbox;
}

static void on_wait_over(struct timer *timer)
{
	struct outbox *outbox = CONTAINER_OF(timer, struct outbox, timer);
	if (outbox->must_settle)
		settle_current(outbox);
	else
		load(outbox);
}

/* Back-off: how long to wait after a wait of `wait_s`. */
static unsigned next_wait(const struct outboxes *outboxes, unsigned wait_s)
{
	const struct outbox_options *options = &outboxes->options;
	wait_s = wait_s == 0 ? options->retry_first_s : wait_s * 2;
	return wait_s < options->retry_most_s ? wait_s : options->retry_most_s;
}

static void wait(struct outbox *outbox)
{
	outbox->wait_s = next_wait(outbox->outboxes, outbox->wait_s);
	outbox->state = OUTBOX_WAITING;
	outbox->outboxes->counters.retried++;
	timer_start(outbox->outboxes->timers, &outbox->timer, (int64_t)outbox->wait_s * 1000, on_wait_over);
}

/* --- settling ------------------------------------------------------------------------------------------------ */

static void count_settled(const struct outboxes *outboxes, struct device *device)
{
	if (device->owed > 0)
		device->owed--;
	accounts_debts_changed(outboxes->accounts, device->account);
}

static void tell_taken(const struct outboxes *outboxes, const struct device *device, struct slice sender)
{
	if (outboxes->on_taken)
		outboxes->on_taken(outboxes->on_taken_arg, device->account, sender);
}

static void on_settled(void *arg, int result)
{
	struct outbox *outbox = arg;
	const struct stored_message *message = &outbox->loaded[outbox->current];
	if (result != 0) {
		wait(outbox);
		return;
	}
	if (outbox->was_taken && !message->taken)
		tell_taken(outbox->outboxes, outbox->device, message->sender);
	count_settled(outbox->outboxes, outbox->device);
	outbox->must_settle = false;
	outbox->current++;
	if (outbox->current < outbox->loaded_count)
		send_current(outbox);
	else
		load(outbox);
}

static void settle_current(struct outbox *outbox)
{
	outbox->state = OUTBOX_SETTLING;
	storage_settle_debt(outbox->outboxes->storage, outbox->device->account->id, outbox->device->id,
			    outbox->loaded[outbox->current].id, outbox->was_taken, on_settled, outbox);
}

/* A debt that ended outside an outbox: tried until it is committed. It holds the device. */
struct settlement {
	struct list_link link;
	struct outboxes *outboxes;
	struct device *device;
	int64_t message_id;
	bool taken;
	unsigned wait_s;
	struct timer timer;
	size_t sender_length;
	char sender[];
};

static void settlement_destroy(struct settlement *settlement)
{
	timer_stop(&settlement->timer);
	list_remove(&settlement->link);
	settlement->device->settling--;
	device_release(settlement->outboxes->accounts, settlement->device);
	free(settlement);
}

static void settle_alone(struct timer *timer);

static void on_settled_alone(void *arg, int result)
{
	struct settlement *settlement = arg;
	struct outboxes *outboxes = settlement->outboxes;
	struct device *device = settlement->device;
	if (result != 0) {
		log_event(outboxes->log, LOG_WARNING, "debt_not_settled",
			  &(struct log_context){.aor = account_user(device->account)}, "it is tried again: %s",
			  error_text(result));
		settlement->wait_s = next_wait(outboxes, settlement->wait_s);
		timer_start(outboxes->timers, &settlement->timer, (int64_t)settlement->wait_s * 1000, settle_alone);
		return;
	}
	device_hold(outboxes->accounts, device);
	if (settlement->taken && settlement->sender_length > 0)
		tell_taken(outboxes, device, slice_of(settlement->sender, settlement->sender_length));
	count_settled(outboxes, device);
	settlement_destroy(settlement);
	outbox_kick(outboxes, device); /* may have waited for this */
	device_release(outboxes->accounts, device);
}

static void settle_alone(struct timer *timer)
{
	struct settlement *settlement = CONTAINER_OF(timer, struct settlement, timer);
	storage_settle_debt(settlement->outboxes->storage, settlement->device->account->id, settlement->device->id,
			    settlement->message_id, settlement->taken, on_settled_alone, settlement);
}

void outbox_settle(struct outboxes *outboxes, struct device *device, int64_t message_id, bool taken,
		   struct slice sender)
{
	struct settlement *settlement = malloc(sizeof *settlement + sender.length);
	if (!settlement) {
		log_event(outboxes->log, LOG_ERROR, "debt_not_settled",
			  &(struct log_context){.aor = account_user(device->account)},
			  "the message will reach the device again: %s", error_text(ERR_NO_MEMORY));
		return;
	}
	*settlement = (struct settlement){.outboxes = outboxes,
					  .device = device,
					  .message_id = message_id,
					  .taken = taken,
					  .sender_length = sender.length};
	memcpy(settlement->sender, sender.at, sender.length);
	list_append(&outboxes->settlements, &settlement->link);
	device->settling++;
	device_hold(outboxes->accounts, device);
	settle_alone(&settlement->timer);
}

/* --- sending ------------------------------------------------------------------------------------------------- */

static void log_outcome(struct outbox *outbox, const struct stored_message *message, const char *what, unsigned status)
{
	struct log_context context = {
		.aor = account_user(outbox->device->account), .call_id = message->call_id, .status = status};
	log_event(outbox->outboxes->log, LOG_INFO, what, &context, "from %.*s", SLICE_ARGS(message->sender));
}

/* Too large for the way to this device, which will not become wider: as if the device had refused it, so that those
 * behind it are not held up. */
static void give_up(struct outbox *outbox)
{
	outbox->outboxes->counters.refused++;
	outbox->was_taken = false;
	outbox->must_settle = true;
	log_outcome(outbox, &outbox->loaded[outbox->current], "stored_message_too_large", 0);
	settle_current(outbox);
}

static void on_answer(void *arg, int result, struct sip_message *response)
{
	struct outbox *outbox = arg;
	const struct stored_message *message = &outbox->loaded[outbox->current];
	outbox->transaction = NULL;
	switch (message_form_outcome(response, outbox->shape)) {
	case MESSAGE_UNWRAP:
		plain_text_remember(outbox->device, &outbox->flow, outbox->outboxes->log);
		send_current(outbox);
		return;
	case MESSAGE_TAKEN:
		outbox->outboxes->counters.delivered++;
		outbox->was_taken = true;
		log_outcome(outbox, message, "stored_message_delivered", response->status);
		break;
	case MESSAGE_REFUSED:
		outbox->outboxes->counters.refused++;
		outbox->was_taken = false;
		log_outcome(outbox, message, "stored_message_refused", response->status);
		break;
	default:
		if (result == ERR_LIMIT) {
			give_up(outbox);
			return;
		}
		log_event(outbox->outboxes->log, LOG_INFO, "stored_message_not_taken",
			  &(struct log_context){.aor = account_user(outbox->device->account),
						.call_id = message->call_id,
						.status = response ? response->status : 0},
			  "%s", response ? "kept for later" : error_text(result));
		if (location_reachable(outbox->device))
			wait(outbox);
		else
			outbox_destroy(outbox);
		return;
	}
	outbox->wait_s = 0;
	outbox->must_settle = true;
	settle_current(outbox);
}

static void send_current(struct outbox *outbox)
{
	struct outboxes *outboxes = outbox->outboxes;
	struct binding *binding = location_reachable(outbox->device);
	if (!binding) { /* its return is told by on_returned */
		outbox_destroy(outbox);
		return;
	}
	const struct stored_message *message = &outbox->loaded[outbox->current];
	struct message_text content;
	message_form_read(message, &content);
	outbox->shape = plain_text_shape(&content, binding);
	buffer_clear(&outboxes->scratch);
	message_form_write(&outboxes->scratch, message, outbox->shape == MESSAGE_UNWRAPPED ? &content : NULL,
			   binding_text(binding, BINDING_PATH));
	struct client_request request = {
		.flow = binding->flow,
		.method = SLICE("MESSAGE"),
		.uri = binding_text(binding, BINDING_CONTACT),
		.rest = buffer_slice(&outboxes->scratch),
		.tcp_peer = location_tcp_peer(binding),
		.on_done = on_answer,
		.arg = outbox,
	};
	outbox->state = OUTBOX_SENDING;
	outbox->flow = binding->flow;
	int result = buffer_failed(&outboxes->scratch)
			     ? ERR_NO_MEMORY
			     : client_transaction_start(outboxes->transactions, &request, &outbox->transaction);
	if (result == ERR_LIMIT)
		give_up(outbox);
	else if (result != 0)
		wait(outbox);
}

/* --- loading ------------------------------------------------------------------------------------------------- */

static int copy_message(struct arena *arena, const struct stored_message *from, struct stored_message *to)
{
	*to = *from;
	struct slice *const texts[] = {&to->sender, &to->call_id, &to->request_uri,  &to->from,
				       &to->to,     &to->headers, &to->content_type, &to->body};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		int result = arena_copy(arena, *texts[i], texts[i]);
		if (result != 0)
			return result;
	}
	return 0;
}

static void on_message(void *arg, const struct stored_message *message)
{
	struct outbox *outbox = arg;
	/* Once one does not fit the rest must wait too, or the order would be lost. */
	if (outbox->loaded_count == LOADED_MOST || outbox->loaded_short)
		return;
	if (copy_message(&outbox->arena, message, &outbox->loaded[outbox->loaded_count]) == 0)
		outbox->loaded_count++;
	else
		outbox->loaded_short = true;
}

static void on_loaded(void *arg, int result)
{
	struct outbox *outbox = arg;
	if (result != 0 || (outbox->loaded_count == 0 && outbox->loaded_short)) {
		wait(outbox);
	} else if (outbox->loaded_count == 0 && outbox->is_kicked) {
		load(outbox);
	} else if (outbox->loaded_count == 0) {
		outbox->device->owed = 0;
		outbox->device->is_counted = true;
		outbox_destroy(outbox);
	} else {
		send_current(outbox);
	}
}

static void load(struct outbox *outbox)
{
	if (!location_reachable(outbox->device)) {
		outbox_destroy(outbox);
		return;
	}
	arena_finish(&outbox->arena);
	arena_init(&outbox->arena, NULL, LOADED_BYTES);
	outbox->loaded_count = outbox->current = 0;
	outbox->loaded_short = outbox->is_kicked = false;
	outbox->state = OUTBOX_LOADING;
	storage_load_debts(outbox->outboxes->storage, outbox->device->account->id, outbox->device->id, 0, LOADED_MOST,
			   on_message, on_loaded, outbox);
}

/* --- interface ----------------------------------------------------------------------------------------------- */

struct outboxes *outboxes_create(struct timers *timers, struct accounts *accounts, struct transactions *transactions,
				 struct storage *storage, struct log *log, const struct outbox_options *options)
{
	struct outboxes *outboxes = calloc(1, sizeof *outboxes);
	if (!outboxes)
		return NULL;
	outboxes->timers = timers;
	outboxes->accounts = accounts;
	outboxes->transactions = transactions;
	outboxes->storage = storage;
	outboxes->log = log;
	outboxes->options = *options;
	list_init(&outboxes->all);
	list_init(&outboxes->settlements);
	buffer_init(&outboxes->scratch, 1024 * 1024);
	return outboxes;
}

static void resume_end(struct outboxes *outboxes)
{
	while (outboxes->resumed_next < outboxes->resumed_count)
		account_release(outboxes->accounts, outboxes->resumed[outboxes->resumed_next++]);
	free(outboxes->resumed);
	outboxes->resumed = NULL;
	outboxes->resumed_count = outboxes->resumed_next = 0;
}

void outboxes_destroy(struct outboxes *outboxes)
{
	if (!outboxes)
		return;
	timer_stop(&outboxes->resume);
	resume_end(outboxes);
	while (!list_is_empty(&outboxes->all))
		outbox_destroy(CONTAINER_OF(outboxes->all.next, struct outbox, link));
	while (!list_is_empty(&outboxes->settlements))
		settlement_destroy(CONTAINER_OF(outboxes->settlements.next, struct settlement, link));
	buffer_finish(&outboxes->scratch);
	free(outboxes);
}

void outboxes_set_options(struct outboxes *outboxes, const struct outbox_options *options)
{
	outboxes->options = *options;
}

static bool may_be_owed_something(const struct device *device)
{
	const struct account *account = device->account;
	return device->owed > 0 || (!device->is_counted && (account->mailbox_messages > 0 || !account->knows_devices));
}

/* The device has registered over another flow since: the old one would only be waited for until Timer F. */
static bool has_moved(const struct outbox *outbox)
{
	const struct binding *binding = location_reachable(outbox->device);
	return outbox->transaction && binding && !flow_equal(&binding->flow, &outbox->flow);
}

void outbox_kick(struct outboxes *outboxes, struct device *device)
{
	struct outbox *outbox = device->outbox;
	if (outbox) {
		outbox->is_kicked = true;
		if (outbox->state == OUTBOX_SENDING && has_moved(outbox)) {
			client_transaction_forget(outbox->transaction);
			outbox->transaction = NULL;
			send_current(outbox);
			return;
		}
		if (outbox->state == OUTBOX_WAITING && timer_is_running(&outbox->timer)) {
			timer_stop(&outbox->timer);
			on_wait_over(&outbox->timer);
		}
		return;
	}
	if (device->settling > 0 || !list_is_empty(&device->branches) || !may_be_owed_something(device) ||
	    !location_reachable(device))
		return;
	outbox = outbox_create(outboxes, device);
	if (outbox)
		load(outbox);
	else
		log_event(outboxes->log, LOG_ERROR, "outbox_not_opened",
			  &(struct log_context){.aor = account_user(device->account)}, "%s", error_text(ERR_NO_MEMORY));
}

/* --- after start --------------------------------------------------------------------------------------------- */

static void on_resumed_account(void *arg, int result, struct account *account)
{
	if (result != 0)
		return; /* it is looked up again when it is next needed */
	for (struct device *device = account->devices; device; device = device->next)
		outbox_kick(arg, device);
}

static void resume_some(struct timer *timer)
{
	struct outboxes *outboxes = CONTAINER_OF(timer, struct outboxes, resume);
	for (int i = 0; i < RESUMED_AT_ONCE && outboxes->resumed_next < outboxes->resumed_count; i++) {
		struct account *account = outboxes->resumed[outboxes->resumed_next++];
		if (!account->is_removed)
			accounts_load(outboxes->accounts, account_user(account), on_resumed_account, outboxes);
		account_release(outboxes->accounts, account);
	}
	if (outboxes->resumed_next < outboxes->resumed_count)
		timer_start(outboxes->timers, &outboxes->resume, 20, resume_some);
	else
		resume_end(outboxes);
}

static void resume_later(void *arg, struct account *account)
{
	struct outboxes *outboxes = arg;
	account_hold(outboxes->accounts, account);
	outboxes->resumed[outboxes->resumed_count++] = account;
}

void outboxes_resume(struct outboxes *outboxes)
{
	if (outboxes->resumed)
		return;
	outboxes->resumed = calloc(accounts_count(outboxes->accounts) + 1, sizeof *outboxes->resumed);
	if (!outboxes->resumed) {
		log_event(outboxes->log, LOG_ERROR, "resume_failed", NULL, "%s", error_text(ERR_NO_MEMORY));
		return;
	}
	accounts_each(outboxes->accounts, resume_later, outboxes);
	timer_start(outboxes->timers, &outboxes->resume, 0, resume_some);
}

void outboxes_on_taken(struct outboxes *outboxes, outbox_taken_fn *on_taken, void *arg)
{
	outboxes->on_taken = on_taken;
	outboxes->on_taken_arg = arg;
}

const struct outbox_counters *outbox_counters(const struct outboxes *outboxes)
{
	return &outboxes->counters;
}
