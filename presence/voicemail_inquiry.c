/* Our subscriptions as objects: found by user and by Call-ID, queued, refreshed, and tried again.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "presence/resource.h"
#include "presence/voicemail_state.h"

#include <stdlib.h>
#include <string.h>

enum { RETRY_FIRST_S = 10, RETRY_MOST_S = 1800 };

/* --- finding ------------------------------------------------------------------------------------------------------ */

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(inquiry_user(CONTAINER_OF(link, const struct inquiry, by_user)), *user);
}

struct inquiry *inquiry_find(const struct voicemail *voicemail, struct slice user)
{
	uint64_t hash = table_hash(&voicemail->by_user, user.at, user.length);
	struct table_link *link = table_find(&voicemail->by_user, hash, has_user, &user);
	return link ? CONTAINER_OF(link, struct inquiry, by_user) : NULL;
}

static bool has_call_id(const struct table_link *link, const void *key)
{
	const struct slice *call_id = key;
	return slice_equal(slice_text(CONTAINER_OF(link, const struct inquiry, by_call_id)->call_id), *call_id);
}

struct inquiry *inquiry_find_call(const struct voicemail *voicemail, struct slice call_id)
{
	uint64_t hash = table_hash(&voicemail->by_call_id, call_id.at, call_id.length);
	struct table_link *link = table_find(&voicemail->by_call_id, hash, has_call_id, &call_id);
	return link ? CONTAINER_OF(link, struct inquiry, by_call_id) : NULL;
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void insert_by_call_id(struct inquiry *inquiry)
{
	struct table *table = &inquiry->voicemail->by_call_id;
	random_token(inquiry->call_id, INQUIRY_TOKEN);
	random_token(inquiry->tag, INQUIRY_TOKEN);
	table_insert(table, &inquiry->by_call_id, table_hash(table, inquiry->call_id, INQUIRY_TOKEN));
}

void inquiry_begin(struct voicemail *voicemail, struct slice user)
{
	if (!voicemail->has_server || inquiry_find(voicemail, user))
		return;
	struct inquiry *inquiry = user.length <= UINT16_MAX ? calloc(1, sizeof *inquiry + user.length) : NULL;
	if (!inquiry) {
		log_event(voicemail->parts->log, LOG_ERROR, "voicemail_not_asked", &(struct log_context){.aor = user},
			  "%s", error_text(ERR_NO_MEMORY));
		return;
	}
	inquiry->voicemail = voicemail;
	inquiry->state = INQUIRY_WAITING;
	inquiry->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(inquiry->user, user.at, user.length);
	table_insert(&voicemail->by_user, &inquiry->by_user,
		     table_hash(&voicemail->by_user, inquiry->user, inquiry->user_length));
	insert_by_call_id(inquiry);
	inquiry_queue(inquiry, false);
}

static void stop(struct inquiry *inquiry)
{
	timer_stop(&inquiry->timer);
	list_remove(&inquiry->due);
	client_transaction_forget(inquiry->transaction);
	inquiry->transaction = NULL;
}

void inquiry_destroy(struct inquiry *inquiry)
{
	struct voicemail *voicemail = inquiry->voicemail;
	stop(inquiry);
	inquiry_set_state(inquiry, INQUIRY_WAITING);
	table_remove(&voicemail->by_user, &inquiry->by_user);
	table_remove(&voicemail->by_call_id, &inquiry->by_call_id);
	dialog_finish(&inquiry->dialog);
	free(inquiry);
}

void inquiry_set_state(struct inquiry *inquiry, enum inquiry_state state)
{
	struct voicemail *voicemail = inquiry->voicemail;
	voicemail->active -= inquiry->state == INQUIRY_ACTIVE;
	voicemail->active += state == INQUIRY_ACTIVE;
	inquiry->state = (uint8_t)state;
}

bool inquiry_is_wanted(const struct inquiry *inquiry)
{
	struct voicemail *voicemail = inquiry->voicemail;
	struct slice user = inquiry_user(inquiry);
	const struct account *account = accounts_find(voicemail->parts->accounts, user);
	return (account && account_count_bindings(account) > 0) ||
	       resource_find(voicemail->events, message_summary_package.name, user);
}

/* --- time --------------------------------------------------------------------------------------------------------- */

static void begin_anew(struct inquiry *inquiry)
{
	table_remove(&inquiry->voicemail->by_call_id, &inquiry->by_call_id);
	insert_by_call_id(inquiry);
	dialog_finish(&inquiry->dialog);
	inquiry->dialog = (struct dialog){0};
	inquiry->has_dialog = false;
}

void inquiry_queue(struct inquiry *inquiry, bool is_anew)
{
	struct voicemail *voicemail = inquiry->voicemail;
	stop(inquiry);
	if (is_anew)
		begin_anew(inquiry);
	inquiry_set_state(inquiry, INQUIRY_QUEUED);
	inquiry->credentials = 0;
	list_append(&voicemail->due, &inquiry->due);
	voicemail_wake(voicemail);
}

/* The time has come: to refresh, or to try again; or the NOTIFY that makes a subscription has not come (RFC 6665
 * §4.1.2.4, Timer N). */
static void on_time(struct timer *timer)
{
	struct inquiry *inquiry = CONTAINER_OF(timer, struct inquiry, timer);
	if (inquiry_is_wanted(inquiry)) {
		if (inquiry->state == INQUIRY_CONFIRMING)
			inquiry_retry(inquiry, 0);
		else
			inquiry_queue(inquiry, false);
	} else if (inquiry->has_dialog) {
		inquiry->is_ending = true;
		inquiry_queue(inquiry, false);
	} else {
		inquiry_destroy(inquiry);
	}
}

/* Up to a quarter more, so that not all come back together. */
static int64_t spread_ms(unsigned wait_s)
{
	uint16_t random;
	random_bytes(&random, sizeof random);
	return (int64_t)wait_s * 1000 + (int64_t)wait_s * 250 * random / UINT16_MAX;
}

void inquiry_retry(struct inquiry *inquiry, uint32_t least_s)
{
	stop(inquiry);
	begin_anew(inquiry);
	inquiry_set_state(inquiry, INQUIRY_WAITING);
	inquiry->voicemail->failed++;
	unsigned wait_s = inquiry->wait_s == 0 ? RETRY_FIRST_S : inquiry->wait_s * 2;
	if (wait_s < least_s)
		wait_s = least_s;
	inquiry->wait_s = wait_s < RETRY_MOST_S ? wait_s : RETRY_MOST_S;
	timer_start(inquiry->voicemail->parts->timers, &inquiry->timer, spread_ms(inquiry->wait_s), on_time);
}

void inquiry_granted(struct inquiry *inquiry, uint32_t expires_s)
{
	struct timers *timers = inquiry->voicemail->parts->timers;
	inquiry->granted_s = expires_s;
	if (inquiry->state == INQUIRY_ASKING && !inquiry->has_dialog) {
		inquiry_set_state(inquiry, INQUIRY_CONFIRMING);
		timer_start(timers, &inquiry->timer, 32000, on_time);
		return;
	}
	inquiry->wait_s = 0;
	inquiry_set_state(inquiry, INQUIRY_ACTIVE);
	/* A tenth before its end, at least some seconds. */
	int64_t lives_ms = (int64_t)expires_s * 1000, early_ms = lives_ms / 10;
	if (early_ms < 5000)
		early_ms = lives_ms > 10000 ? 5000 : lives_ms / 2;
	timer_start(timers, &inquiry->timer, lives_ms - early_ms, on_time);
}
