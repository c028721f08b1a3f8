/* Sessions in memory, in step with their rows. SPDX-License-Identifier: MIT */
#include "core/sessions.h"

#include "base/error.h"
#include "core/accounts.h"
#include "core/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
/* A row says to a tenth of the session's time, and to some minutes, when it was used. */
#define ROW_LAGS_PART 10
#define ROW_LAGS_MOST_MS INT64_C(600000)

struct sessions {
	struct sessions_parts parts;
	struct sessions_options options;
	session_ended_fn *on_ended;
	void *on_ended_arg;
	uint64_t stamp; /* grows with each change that this node has made; 0: no account has heard of any */
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
};

struct sessions *sessions_create(const struct sessions_parts *parts, const struct sessions_options *options)
{
	struct sessions *sessions = calloc(1, sizeof *sessions);
	if (!sessions)
		return NULL;
	sessions->parts = *parts;
	sessions->options = *options;
	sessions->stamp = 1;
	return sessions;
}

void sessions_destroy(struct sessions *sessions)
{
	free(sessions);
}

void sessions_set_options(struct sessions *sessions, const struct sessions_options *options)
{
	sessions->options = *options;
}

unsigned sessions_most(const struct sessions *sessions)
{
	return sessions ? sessions->options.most : 0;
}

void sessions_on_ended(struct sessions *sessions, session_ended_fn *on_ended, void *arg)
{
	sessions->on_ended = on_ended;
	sessions->on_ended_arg = arg;
}

uint64_t sessions_stamp(const struct sessions *sessions)
{
	return sessions->stamp;
}

/* --- time -------------------------------------------------------------------------------------------------------- */

static int64_t span_ms(const struct sessions *sessions, bool stays)
{
	return stays ? sessions->options.stay_days * DAY_MS : sessions->options.idle_s * INT64_C(1000);
}

static int64_t row_lag_ms(const struct session *session)
{
	int64_t lag_ms = span_ms(session->sessions, session->stays) / ROW_LAGS_PART;
	return lag_ms < ROW_LAGS_MOST_MS ? lag_ms : ROW_LAGS_MOST_MS;
}

int64_t session_ends_at_ms(const struct session *session)
{
	return session->used_at_ms + span_ms(session->sessions, session->stays);
}

/* The row outlives what is in memory, by what that may be ahead of it. */
static int64_t lease_until_s(const struct session *session)
{
	return (session_ends_at_ms(session) + row_lag_ms(session)) / 1000 + 1;
}

bool session_is_living(const struct session *session)
{
	return session->state == SESSION_LIVING && session_ends_at_ms(session) > clock_unix_ms();
}

static struct session *find(const struct account *account, int64_t id)
{
	for (struct session *session = account->sessions; session; session = session->next)
		if (session->id == id)
			return session;
	return NULL;
}

struct session *session_find(const struct account *account, int64_t id)
{
	struct session *session = find(account, id);
	return session && session_is_living(session) ? session : NULL;
}

/* --- in memory --------------------------------------------------------------------------------------------------- */

static struct session *session_create(struct sessions *sessions, struct account *account,
				      const struct stored_session *row, enum session_state state)
{
	struct session *session = calloc(1, sizeof *session + row->name.length + row->device.length);
	if (!session)
		return NULL;
	*session = (struct session){.next = account->sessions,
				    .sessions = sessions,
				    .account = account,
				    .id = row->id,
				    .created_at_ms = row->created_at_ms,
				    .used_at_ms = row->used_at_ms,
				    .row_used_at_ms = row->used_at_ms,
				    .state = state,
				    .stays = row->stays,
				    .name_length = (uint16_t)row->name.length,
				    .device_length = (uint16_t)row->device.length};
	memcpy(session->ha1_md5, row->ha1_md5, sizeof session->ha1_md5);
	memcpy(session->ha1_sha256, row->ha1_sha256, sizeof session->ha1_sha256);
	if (row->name.length > 0)
		memcpy(session->text, row->name.at, row->name.length);
	if (row->device.length > 0)
		memcpy(session->text + row->name.length, row->device.at, row->device.length);
	account->sessions = session;
	return session;
}

static void session_destroy(struct session *session)
{
	struct session **at = &session->account->sessions;
	while (*at != session)
		at = &(*at)->next;
	*at = session->next;
	timer_stop(&session->timer);
	free(session);
}

void sessions_forget(struct account *account)
{
	while (account->sessions)
		session_destroy(account->sessions);
}

/* What look-ups that are under way will find is older than this. */
static void note_change(struct sessions *sessions, struct account *account)
{
	account->sessions_stamp = ++sessions->stamp;
}

/* It is over, whatever it was; `why` for the log. The account is held. */
static void finish(struct session *session, const char *why)
{
	struct sessions *sessions = session->sessions;
	struct account *account = session->account;
	int64_t id = session->id;
	log_event(sessions->parts.log, LOG_INFO, "session_ended", &(struct log_context){.aor = account_user(account)},
		  "%.*s: %s", SLICE_ARGS(session_name(session)), why);
	session_destroy(session);
	note_change(sessions, account);
	if (sessions->on_ended)
		sessions->on_ended(sessions->on_ended_arg, account, id);
}

static void on_row_removed(void *arg, int result)
{
	/* Where this failed, purging takes the row when its lease is over. */
	(void)arg;
	(void)result;
}

static void schedule(struct session *session);

static void on_due(struct timer *timer)
{
	struct session *session = CONTAINER_OF(timer, struct session, timer);
	struct sessions *sessions = session->sessions;
	struct account *account = session->account;
	if (session_is_living(session)) {
		schedule(session);
		return;
	}
	account_hold(sessions->parts.accounts, account);
	storage_remove_session(sessions->parts.storage, session->id, on_row_removed, NULL);
	finish(session, "it was not used");
	account_release(sessions->parts.accounts, account);
}

/* It may have been used when the timer fires: then the timer goes on. */
static void schedule(struct session *session)
{
	int64_t left_ms = session_ends_at_ms(session) - clock_unix_ms();
	timer_start(session->sessions->parts.timers, &session->timer, left_ms > 1 ? left_ms : 1, on_due);
}

/* --- using ------------------------------------------------------------------------------------------------------- */

static void on_used_row(void *arg, int result)
{
	/* Where this failed, the next use that is late enough writes it. */
	(void)arg;
	(void)result;
}

void session_use(struct session *session)
{
	struct sessions *sessions = session->sessions;
	session->used_at_ms = clock_unix_ms();
	if (session->used_at_ms - session->row_used_at_ms < row_lag_ms(session))
		return;
	session->row_used_at_ms = session->used_at_ms;
	storage_use_session(sessions->parts.storage, session->id, session->used_at_ms, lease_until_s(session),
			    on_used_row, NULL);
}

/* --- ending ------------------------------------------------------------------------------------------------------ */

struct ending {
	struct sessions *sessions;
	struct account *account; /* held */
	int64_t id;
	const char *why;
	storage_done_fn *done; /* NULL: nobody waits */
	void *arg;
};

static void on_removed(void *arg, int result)
{
	struct ending *ending = arg;
	struct session *session = find(ending->account, ending->id);
	if (!session) {
		result = 0; /* it has ended otherwise meanwhile */
	} else if (result == 0) {
		finish(session, ending->why);
	} else {
		log_event(ending->sessions->parts.log, LOG_WARNING, "session_not_ended",
			  &(struct log_context){.aor = account_user(ending->account)}, "%s", error_text(result));
		session->state = SESSION_LIVING;
		schedule(session);
	}
	if (ending->done)
		ending->done(ending->arg, result);
	account_release(ending->sessions->parts.accounts, ending->account);
	free(ending);
}

static int begin_end(struct session *session, const char *why, storage_done_fn *done, void *arg)
{
	struct sessions *sessions = session->sessions;
	struct ending *ending = malloc(sizeof *ending);
	if (!ending)
		return ERR_NO_MEMORY;
	*ending = (struct ending){sessions, session->account, session->id, why, done, arg};
	account_hold(sessions->parts.accounts, session->account);
	session->state = SESSION_ENDING;
	timer_stop(&session->timer);
	storage_remove_session(sessions->parts.storage, session->id, on_removed, ending);
	return 0;
}

int session_end(struct account *account, int64_t id, storage_done_fn *done, void *arg)
{
	struct session *session = session_find(account, id);
	return session ? begin_end(session, "its user has ended it", done, arg) : ERR_NOT_FOUND;
}

/* --- making ------------------------------------------------------------------------------------------------------ */

struct making {
	struct sessions *sessions;
	struct account *account; /* held */
	int64_t id;
	uint8_t password_sha256[32];
	session_made_fn *done;
	void *arg;
};

static struct session *longest_unused(const struct account *account, unsigned *count)
{
	struct session *found = NULL;
	*count = 0;
	for (struct session *session = account->sessions; session; session = session->next) {
		if (session->state != SESSION_LIVING)
			continue;
		(*count)++;
		if (!found || session->used_at_ms <= found->used_at_ms)
			found = session;
	}
	return found;
}

/* The new one was used last of all. Where memory is exhausted there is one too many until the next is made. */
static void keep_within_limit(struct sessions *sessions, const struct account *account)
{
	unsigned count;
	struct session *session = longest_unused(account, &count);
	while (session && count > sessions->options.most &&
	       begin_end(session, "the account has newer ones, up to its limit", NULL, NULL) == 0)
		session = longest_unused(account, &count);
}

/* The row is there; was the password that it was made with changed since? */
static bool is_still_wanted(const struct making *making)
{
	const struct account *account = making->account;
	return !account->is_removed &&
	       memcmp(account->ha1_sha256, making->password_sha256, sizeof making->password_sha256) == 0;
}

static void on_saved(void *arg, int result)
{
	struct making *making = arg;
	struct sessions *sessions = making->sessions;
	struct session *session = find(making->account, making->id);
	if (result == 0 && (!session || !is_still_wanted(making)))
		result = ERR_NOT_FOUND;
	if (result == 0) {
		session->state = SESSION_LIVING;
		note_change(sessions, making->account);
		schedule(session);
		log_event(sessions->parts.log, LOG_INFO, "session_made",
			  &(struct log_context){.aor = account_user(making->account)}, "%.*s",
			  SLICE_ARGS(session_name(session)));
		keep_within_limit(sessions, making->account);
	} else if (session) {
		session_destroy(session);
		session = NULL;
	}
	making->done(making->arg, result, session);
	account_release(sessions->parts.accounts, making->account);
	free(making);
}

int session_make(struct sessions *sessions, struct account *account, const struct session_wish *wish,
		 session_made_fn *done, void *arg)
{
	int64_t now_ms = clock_unix_ms();
	struct stored_session row = {.id = storage_next_message_id(sessions->parts.storage),
				     .account_id = account->id,
				     .created_at_ms = now_ms,
				     .used_at_ms = now_ms,
				     .name = wish->name,
				     .device = wish->device,
				     .stays = wish->stays};
	struct making *making = malloc(sizeof *making);
	memcpy(row.ha1_md5, wish->ha1_md5, sizeof row.ha1_md5);
	memcpy(row.ha1_sha256, wish->ha1_sha256, sizeof row.ha1_sha256);
	memcpy(row.password_sha256, account->ha1_sha256, sizeof row.password_sha256);
	struct session *session = making ? session_create(sessions, account, &row, SESSION_MAKING) : NULL;
	if (!session) {
		free(making);
		return ERR_NO_MEMORY;
	}
	*making = (struct making){.sessions = sessions, .account = account, .id = row.id, .done = done, .arg = arg};
	memcpy(making->password_sha256, row.password_sha256, sizeof making->password_sha256);
	row.expires_at_s = lease_until_s(session);
	account_hold(sessions->parts.accounts, account);
	storage_save_session(sessions->parts.storage, &row, on_saved, making);
	return 0;
}

/* --- from storage ------------------------------------------------------------------------------------------------ */

/* A row that this node knows, or knows to be over by its time, adds nothing. */
static int take_row(struct sessions *sessions, struct account *account, const struct stored_session *row)
{
	struct session *session = find(account, row->id);
	if (session) {
		if (row->used_at_ms > session->used_at_ms)
			session->used_at_ms = row->used_at_ms;
		return 0;
	}
	if (row->used_at_ms + span_ms(sessions, row->stays) <= clock_unix_ms())
		return 0;
	session = session_create(sessions, account, row, SESSION_LIVING);
	if (!session)
		return ERR_NO_MEMORY;
	schedule(session);
	return 0;
}

static bool is_among(int64_t id, const struct stored_session *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].id == id)
			return true;
	return false;
}

/* One that has no row any more, unless it is not there yet. */
static struct session *find_orphan(const struct account *account, const struct stored_session *rows, size_t count)
{
	for (struct session *session = account->sessions; session; session = session->next)
		if (session->state != SESSION_MAKING && !is_among(session->id, rows, count))
			return session;
	return NULL;
}

int sessions_take(struct sessions *sessions, struct account *account, const struct stored_session *rows, size_t count,
		  uint64_t stamp)
{
	struct session *orphan;
	int result = 0;
	if (stamp < account->sessions_stamp)
		return ERR_CLOSED;
	account->sessions_stamp = stamp;
	while ((orphan = find_orphan(account, rows, count)))
		finish(orphan, "by the administrator, another server, or a new password");
	for (size_t i = 0; i < count && result == 0; i++)
		result = take_row(sessions, account, &rows[i]);
	return result;
}

static void on_row(void *arg, const struct stored_account *stored, const struct stored_session *row)
{
	struct sessions *sessions = arg;
	struct account *account = accounts_find(sessions->parts.accounts, stored->user);
	/* Others are looked up with their sessions when they come; so were those with a stamp. */
	if (!account || account->id != stored->id || account->sessions_stamp != 0)
		return;
	if (take_row(sessions, account, row) != 0)
		log_event(sessions->parts.log, LOG_ERROR, "session_not_loaded",
			  &(struct log_context){.aor = stored->user}, "%s", error_text(ERR_NO_MEMORY));
}

static void on_all_loaded(void *arg, int result)
{
	struct sessions *sessions = arg;
	sessions->on_loaded(sessions->on_loaded_arg, result);
}

void sessions_load(struct sessions *sessions, storage_done_fn *done, void *arg)
{
	sessions->on_loaded = done;
	sessions->on_loaded_arg = arg;
	storage_load_sessions(sessions->parts.storage, on_row, on_all_loaded, sessions);
}
