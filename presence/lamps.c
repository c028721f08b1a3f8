/* Lamps: who is told, when, and what becomes of it. SPDX-License-Identifier: MIT */
#include "presence/lamps.h"

#include "base/error.h"
#include "base/random.h"
#include "core/peer.h"
#include "presence/events_state.h"
#include "presence/lamps_state.h"

#include <stdlib.h>

enum {
	/* A device that subscribes does so right after it has registered: then it needs nothing unasked. */
	SETTLING_MS = 1500,
	TOKEN_LENGTH = 20
};

static void try_to_tell(struct lamp *lamp);

/* --- records ------------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const struct lamps *lamps, const struct device *device)
{
	return table_hash(&lamps->by_device, &device, sizeof(device));
}

static bool is_of_device(const struct table_link *link, const void *key)
{
	return CONTAINER_OF(link, const struct lamp, link)->device == key;
}

static struct lamp *find(const struct lamps *lamps, const struct device *device)
{
	struct table_link *link = table_find(&lamps->by_device, hash_of(lamps, device), is_of_device, device);
	return link ? CONTAINER_OF(link, struct lamp, link) : NULL;
}

/* The record of a device, made where it is new; NULL where memory is exhausted. */
static struct lamp *get(struct lamps *lamps, struct device *device)
{
	struct lamp *lamp = find(lamps, device);
	if (lamp)
		return lamp;
	lamp = calloc(1, sizeof *lamp);
	if (!lamp) {
		log_event(lamps->parts->log, LOG_ERROR, "lamp_not_told",
			  &(struct log_context){.aor = account_user(device->account)}, "%s", error_text(ERR_NO_MEMORY));
		return NULL;
	}
	lamp->lamps = lamps;
	lamp->device = device;
	device_hold(lamps->parts->accounts, device);
	table_insert(&lamps->by_device, &lamp->link, hash_of(lamps, device));
	return lamp;
}

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
	if (!events_device_subscribes(lamps->events, lamp->device->account, lamp->device, message_summary_package.name))
		return true;
	lamp->told = 0; /* what it shows is no business of ours, until it subscribes no more */
	return false;
}

/* FNV-1a, never 0 */
static uint64_t tag_of(struct slice bytes)
{
	uint64_t hash = 14695981039346656037u;
	for (size_t i = 0; i < bytes.length; i++)
		hash = (hash ^ (uint8_t)bytes.at[i]) * 1099511628211u;
	return hash ? hash : 1;
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
		if (location_reachable(lamp->device)) /* else its return is told */
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
	const struct binding *binding = location_reachable(lamp->device);
	lamp->is_due = lamp->transaction != NULL;
	if (lamp->is_due || !binding || !is_wanted(lamp, binding))
		return;
	struct arena arena;
	arena_init(&arena, NULL, 65536);
	if (write_body(lamp, profile_of(lamps, binding), &arena)) {
		lamp->sent = tag_of(buffer_slice(&lamps->body));
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

/* Something may be new for the device; one that waits goes on waiting. */
static void consider(struct lamps *lamps, struct device *device)
{
	const struct binding *binding = location_reachable(device);
	if (!binding || !lamps->options.is_on || !profile_of(lamps, binding)->unsolicited_mwi)
		return;
	struct lamp *lamp = find(lamps, device);
	if (!lamp) {
		lamp = get(lamps, device);
		if (!lamp)
			return;
		lamp->flow = binding->flow;
		struct slice call_id = binding_text(binding, BINDING_CALL_ID);
		lamp->call_id = table_hash(&lamps->by_device, call_id.at, call_id.length);
	}
	if (!timer_is_running(&lamp->timer))
		try_to_tell(lamp);
}

/* --- what happens elsewhere --------------------------------------------------------------------------------------- */

static void on_lamp(void *arg, struct slice user)
{
	struct lamps *lamps = arg;
	struct account *account = accounts_find(lamps->parts->accounts, user);
	if (!account)
		return;
	account_hold(lamps->parts->accounts, account);
	for (struct device *device = account->devices; device; device = device->next)
		consider(lamps, device);
	account_release(lamps->parts->accounts, account);
}

/* It was not there before, or may have forgotten what it was told. */
static bool is_anew(const struct lamp *lamp, const struct binding *binding, uint64_t call_id)
{
	return lamp->call_id != call_id || !flow_equal(&lamp->flow, &binding->flow);
}

void lamps_device_returned(struct lamps *lamps, struct device *device)
{
	const struct binding *binding = location_reachable(device);
	if (!binding || !lamps->options.is_on || !profile_of(lamps, binding)->unsolicited_mwi)
		return;
	struct slice text = binding_text(binding, BINDING_CALL_ID);
	uint64_t call_id = table_hash(&lamps->by_device, text.at, text.length);
	struct lamp *lamp = get(lamps, device);
	if (!lamp)
		return;
	if (!is_anew(lamp, binding, call_id)) {
		if (lamp->wait_s > 0 && timer_is_running(&lamp->timer)) /* it is alive */
			try_later(lamp, 0);
		return;
	}
	stop(lamp);
	lamp->flow = binding->flow;
	lamp->call_id = call_id;
	lamp->told = 0;
	lamp->wait_s = 0;
	lamp->is_refused = lamp->is_due = false;
	mailboxes_text_messages_changed(lamps->mailboxes, account_user(device->account));
	try_later(lamp, SETTLING_MS);
}

void lamps_bindings_changed(struct lamps *lamps, struct account *account)
{
	account_hold(lamps->parts->accounts, account);
	struct device *next;
	for (struct device *device = account->devices; device; device = next) {
		next = device->next;
		struct lamp *lamp = device->bindings ? NULL : find(lamps, device);
		if (lamp)
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
}

static void on_resume(struct timer *timer)
{
	struct lamps *lamps = CONTAINER_OF(timer, struct lamps, resume);
	unsigned turn = pace_turn(&lamps->pace, lamps->options.per_second);
	for (; turn > 0 && lamps->resumed_next < lamps->resumed_count; turn--) {
		struct account *account = lamps->resumed[lamps->resumed_next++];
		for (struct device *device = account->devices; device; device = device->next)
			consider(lamps, device);
		account_release(lamps->parts->accounts, account);
	}
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
