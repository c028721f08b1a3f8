/* Lamps: who is told, when, and what becomes of it. SPDX-License-Identifier: MIT */
#include "presence/lamps.h"

#include "base/error.h"
#include "base/fnv.h"
#include "base/random.h"
#include "core/peer.h"
#include "presence/events_state.h"
#include "presence/lamps_state.h"

#include <stdlib.h>

enum { TOKEN_LENGTH = 20 };

static void try_to_tell(struct lamp *lamp);

/* --- one lamp ----------------------------------------------------------------------------------------------------- */

static void stop(struct lamp *lamp)
{
	struct lamps *lamps = lamp->lamps;
	lamps->counters.waiting -= timer_is_running(&lamp->timer);
	timer_stop(&lamp->timer);
	lamps->counters.underway -= lamp->transaction != NULL;
	client_transaction_forget(lamp->transaction);
	lamp->transaction = NULL;
}

static void destroy(struct lamp *lamp)
{
	struct lamps *lamps = lamp->lamps;
	stop(lamp);
	table_remove(&lamps->by_device, &lamp->link);
	device_release(lamps->parts->accounts, lamp->device);
	free(lamp);
}

static void on_time(struct timer *timer)
{
	struct lamp *lamp = CONTAINER_OF(timer, struct lamp, timer);
	lamp->lamps->counters.waiting--;
	try_to_tell(lamp);
}

static void try_later(struct lamp *lamp, int64_t delay_ms)
{
	struct lamps *lamps = lamp->lamps;
	lamps->counters.waiting += !timer_is_running(&lamp->timer);
	timer_start(lamps->parts->timers, &lamp->timer, delay_ms, on_time);
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

static const struct profile *profile_of(const struct lamps *lamps, const struct binding *binding)
{
	return profiles_find(lamps->parts->profiles, binding_text(binding, BINDING_USER_AGENT));
}

/* Never both: who subscribes gets his NOTIFYs in his dialog. */
static bool is_wanted(struct lamp *lamp, const struct binding *binding)
{
	const struct lamps *lamps = lamp->lamps;
	if (!lamps->options.is_on || lamp->is_refused || !profile_of(lamps, binding)->unsolicited_mwi)
		return false;
	if (!events_phone_subscribes(lamps->events, binding, message_summary_package.name))
		return true;
	lamp->told = 0; /* what it shows is no business of ours, until it subscribes no more */
	return false;
}

/* The body for that phone; false where nothing was ever told of its mailboxes, or memory is exhausted. */
static bool write_body(struct lamp *lamp, const struct profile *profile, struct arena *arena)
{
	struct lamps *lamps = lamp->lamps;
	struct message_summary summary;
	struct slice user = account_user(lamp->device->account);
	if (!mailboxes_read_lamp(lamps->mailboxes, user, &summary))
		return false;
	struct body_target target = {
		.user = user,
		.domain = domain_name(lamps->parts->domain),
		.style = profile->style,
		.message_account = mailboxes_message_account(lamps->mailboxes, user, profile->mwi_to_mailbox, arena)};
	struct body_output output = {&lamps->body, BODY_NO_VERSION};
	buffer_clear(&lamps->body);
	message_summary_format.write(&summary, &target, &output);
	return !buffer_failed(&lamps->body);
}

static void log_outcome(const struct lamp *lamp, const char *what, unsigned status, const char *sentence)
{
	char flow[FLOW_TEXT_SIZE];
	struct log_context context = {
		.aor = account_user(lamp->device->account), .flow = flow_write(&lamp->flow, flow), .status = status};
	log_event(lamp->lamps->parts->log, LOG_INFO, what, &context, "%s", sentence);
}

static void retry(struct lamp *lamp)
{
	const struct lamps_options *options = &lamp->lamps->options;
	unsigned wait_s = lamp->wait_s == 0 ? options->retry_first_s : lamp->wait_s * 2;
	lamp->wait_s = wait_s < options->retry_most_s ? wait_s : options->retry_most_s;
	try_later(lamp, (int64_t)lamp->wait_s * 1000);
}

static void on_answer(void *arg, int result, struct sip_message *response)
{
	struct lamp *lamp = arg;
	struct lamps_counters *counters = &lamp->lamps->counters;
	unsigned status = response ? response->status : 0;
	lamp->transaction = NULL;
	counters->underway--;
	switch (lamp_outcome_of(status)) {
	case LAMP_TOLD:
		counters->answered++;
		lamp->told = lamp->sent;
		lamp->wait_s = 0;
		break;
	case LAMP_REFUSED:
		counters->refused++;
		lamp->is_refused = true;
		log_outcome(lamp, "lamp_refused", status, "it is told no more until it registers anew");
		return;
	default:
		counters->unanswered++;
		log_outcome(lamp, "lamp_unanswered", status,
			    response ? "it is told again after a while" : error_text(result));
		if (lamp_way(lamp)) /* else its return is told */
			retry(lamp);
		return;
	}
	if (lamp->is_due)
		try_to_tell(lamp);
}

/* "<sip:alice@…>" of ours, as the NOTIFY's Contact; in `arena`. */
static int write_contact(const struct lamps *lamps, const struct binding *binding, struct slice user,
			 struct arena *arena, struct slice *contact)
{
	struct buffer text;
	buffer_init(&text, 4096);
	notifier_write_contact(&text, lamps->events, &binding->flow, user);
	int result = buffer_failed(&text) ? ERR_NO_MEMORY : arena_copy(arena, buffer_slice(&text), contact);
	buffer_finish(&text);
	return result;
}

static int send_notify(struct lamp *lamp, const struct binding *binding, struct arena *arena)
{
	struct lamps *lamps = lamp->lamps;
	struct slice user = account_user(lamp->device->account), contact, aor;
	char call_id[TOKEN_LENGTH + 1], tag[TOKEN_LENGTH + 1];
	random_token(call_id, TOKEN_LENGTH);
	random_token(tag, TOKEN_LENGTH);
	aor = mailboxes_message_account(lamps->mailboxes, user, true, arena);
	int result = write_contact(lamps, binding, user, arena, &contact);
	if (result != 0 || slice_is_empty(aor))
		return ERR_NO_MEMORY;
	struct lamp_notify notify = {.aor = aor,
				     .routes = binding_text(binding, BINDING_PATH),
				     .contact = contact,
				     .media_type = slice_text(message_summary_format.media_type),
				     .body = buffer_slice(&lamps->body),
				     .call_id = call_id,
				     .from_tag = tag};
	buffer_clear(&lamps->scratch);
	lamp_notify_write(&lamps->scratch, &notify);
	if (buffer_failed(&lamps->scratch))
		return ERR_NO_MEMORY;
	struct client_request request = {.flow = binding->flow,
					 .method = SLICE("NOTIFY"),
					 .uri = binding_text(binding, BINDING_CONTACT),
					 .rest = buffer_slice(&lamps->scratch),
					 .tcp_peer =
						 peer_by_tcp(&binding->flow, binding_text(binding, BINDING_CONTACT)),
					 .on_done = on_answer,
					 .arg = lamp};
	return client_transaction_start(lamps->parts->transactions, &request, &lamp->transaction);
}

/* Sends what is current, if the device has not got it and nothing speaks against it. */
static void try_to_tell(struct lamp *lamp)
{
	struct lamps *lamps = lamp->lamps;
	const struct binding *binding = lamp_way(lamp);
	lamp->is_due = lamp->transaction != NULL;
	if (lamp->is_due || !binding || !is_wanted(lamp, binding))
		return;
	struct arena arena;
	arena_init(&arena, NULL, 65536);
	if (write_body(lamp, profile_of(lamps, binding), &arena)) {
		lamp->sent = fnv_tag(buffer_slice(&lamps->body));
		if (lamp->sent != lamp->told) {
			lamp->flow = binding->flow;
			if (send_notify(lamp, binding, &arena) == 0) {
				lamps->counters.sent++;
				lamps->counters.underway++;
			} else {
				retry(lamp);
			}
		}
	}
	arena_finish(&arena);
}

static bool gets_it_unasked(const struct lamps *lamps, const struct binding *binding)
{
	return lamps->options.is_on && profile_of(lamps, binding)->unsolicited_mwi;
}

static uint64_t hash_of_call_id(const struct lamps *lamps, const struct binding *binding)
{
	struct slice call_id = binding_text(binding, BINDING_CALL_ID);
	return table_hash(&lamps->by_device, call_id.at, call_id.length);
}

static void note_registration(struct lamp *lamp, const struct binding *binding)
{
	lamp->flow = binding->flow;
	lamp->call_id = hash_of_call_id(lamp->lamps, binding);
	lamp->cseq = binding->cseq;
}

/* Something may be new for the phone; one that waits goes on waiting. */
static void consider(struct lamps *lamps, const struct binding *binding)
{
	if (!gets_it_unasked(lamps, binding))
		return;
	struct lamp *lamp = lamp_find(lamps, binding);
	if (!lamp) {
		lamp = lamp_get(lamps, binding);
		if (!lamp)
			return;
		note_registration(lamp, binding);
	}
	if (!timer_is_running(&lamp->timer))
		try_to_tell(lamp);
}

static unsigned consider_all(struct lamps *lamps, const struct account *account)
{
	unsigned count = 0;
	for (const struct device *device = account->devices; device; device = device->next)
		count += lamps_each_phone(lamps, device, consider);
	return count;
}

/* --- what happens elsewhere --------------------------------------------------------------------------------------- */

static void on_lamp(void *arg, struct slice user)
{
	struct lamps *lamps = arg;
	struct account *account = accounts_find(lamps->parts->accounts, user);
	if (!account)
		return;
	account_hold(lamps->parts->accounts, account);
	(void)consider_all(lamps, account);
	account_release(lamps->parts->accounts, account);
}

/* It was not there before, or may have forgotten what it was told. */
static bool is_anew(const struct lamp *lamp, const struct binding *binding)
{
	return lamp->call_id != hash_of_call_id(lamp->lamps, binding) || !flow_equal(&lamp->flow, &binding->flow);
}

/* Any of the phones of the device may have registered just now. */
static void look_again(struct lamps *lamps, const struct binding *binding)
{
	struct lamp *lamp = gets_it_unasked(lamps, binding) ? lamp_get(lamps, binding) : NULL;
	if (!lamp)
		return;
	bool is_new = is_anew(lamp, binding), is_alive = lamp->cseq != binding->cseq;
	if (is_new) {
		stop(lamp);
		lamp->told = 0;
		lamp->wait_s = 0;
		lamp->is_refused = lamp->is_due = false;
		mailboxes_text_messages_changed(lamps->mailboxes, account_user(lamp->device->account));
		try_later(lamp, lamps->options.settling_ms);
	} else if (is_alive && lamp->wait_s > 0 && timer_is_running(&lamp->timer)) {
		try_later(lamp, 0);
	}
	note_registration(lamp, binding);
}

void lamps_device_returned(struct lamps *lamps, struct device *device)
{
	(void)lamps_each_phone(lamps, device, look_again);
}

void lamps_bindings_changed(struct lamps *lamps, struct account *account)
{
	account_hold(lamps->parts->accounts, account);
	struct device *next;
	for (struct device *device = account->devices; device; device = next) {
		struct lamp *lamp;
		next = device->next;
		while ((lamp = lamp_find_gone(lamps, device)))
			destroy(lamp);
	}
	account_release(lamps->parts->accounts, account);
}

/* --- after a start ------------------------------------------------------------------------------------------------ */

static void resume_end(struct lamps *lamps)
{
	while (lamps->resumed_next < lamps->resumed_count)
		account_release(lamps->parts->accounts, lamps->resumed[lamps->resumed_next++]);
	free(lamps->resumed);
	lamps->resumed = NULL;
	lamps->resumed_count = lamps->resumed_next = 0;
	lamps->resumed_ahead = 0;
}

static void on_resume(struct timer *timer)
{
	struct lamps *lamps = CONTAINER_OF(timer, struct lamps, resume);
	unsigned turn = pace_turn(&lamps->pace, lamps->options.per_second);
	while (lamps->resumed_ahead < turn && lamps->resumed_next < lamps->resumed_count) {
		struct account *account = lamps->resumed[lamps->resumed_next++];
		lamps->resumed_ahead += consider_all(lamps, account);
		account_release(lamps->parts->accounts, account);
	}
	lamps->resumed_ahead -= lamps->resumed_ahead < turn ? lamps->resumed_ahead : turn;
	if (lamps->resumed_next < lamps->resumed_count)
		timer_start(lamps->parts->timers, &lamps->resume, PACE_TURN_MS, on_resume);
	else
		resume_end(lamps);
}

static bool is_reachable(const struct account *account)
{
	for (const struct device *device = account->devices; device; device = device->next)
		if (location_reachable(device))
			return true;
	return false;
}

static void count_reachable(void *arg, struct account *account)
{
	struct lamps *lamps = arg;
	lamps->resumed_count += is_reachable(account);
}

static void take_reachable(void *arg, struct account *account)
{
	struct lamps *lamps = arg;
	if (!is_reachable(account))
		return;
	lamps->resumed[lamps->resumed_next++] = account;
	account_hold(lamps->parts->accounts, account);
}

void lamps_resume(struct lamps *lamps)
{
	if (lamps->resumed || !lamps->options.is_on)
		return;
	accounts_each(lamps->parts->accounts, count_reachable, lamps);
	lamps->resumed = calloc(lamps->resumed_count + 1, sizeof(*lamps->resumed));
	if (!lamps->resumed) {
		lamps->resumed_count = 0;
		log_event(lamps->parts->log, LOG_ERROR, "lamps_not_resumed", NULL, "%s", error_text(ERR_NO_MEMORY));
		return;
	}
	accounts_each(lamps->parts->accounts, take_reachable, lamps);
	lamps->resumed_next = 0;
	timer_start(lamps->parts->timers, &lamps->resume, PACE_TURN_MS, on_resume);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

struct lamps *lamps_create(struct events *events, struct mailboxes *mailboxes, const struct lamps_options *options)
{
	struct lamps *lamps = calloc(1, sizeof *lamps);
	if (!lamps)
		return NULL;
	lamps->events = events;
	lamps->parts = events_parts(events);
	lamps->mailboxes = mailboxes;
	lamps->options = *options;
	buffer_init(&lamps->body, 65536);
	buffer_init(&lamps->scratch, 131072);
	if (table_init(&lamps->by_device) != 0 || mailboxes_on_lamp(mailboxes, on_lamp, lamps) != 0) {
		lamps_destroy(lamps);
		return NULL;
	}
	return lamps;
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	destroy(CONTAINER_OF(link, struct lamp, link));
	return true;
}

void lamps_destroy(struct lamps *lamps)
{
	if (!lamps)
		return;
	timer_stop(&lamps->resume);
	resume_end(lamps);
	if (lamps->by_device.buckets)
		table_each(&lamps->by_device, destroy_one, lamps);
	table_finish(&lamps->by_device);
	buffer_finish(&lamps->body);
	buffer_finish(&lamps->scratch);
	free(lamps);
}

void lamps_set_options(struct lamps *lamps, const struct lamps_options *options)
{
	lamps->options = *options;
}

const struct lamps_counters *lamps_counters(const struct lamps *lamps)
{
	return &lamps->counters;
}
