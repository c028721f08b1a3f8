/* The storage as a whole: its four connections, its turns, its end. SPDX-License-Identifier: MIT */
#include "batch.h"
#include "conversation_rows.h"
#include "reads.h"

#include "base/error.h"

#include <assert.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How long a connection may be away until new work is refused at once: longer than a reconnect takes. */
#define MOMENT_MS 1000
/* How often what waits is looked at. */
#define EXPIRY_MS 100
#define REFUSALS_AT_START 256
/* One parameter of one statement; PostgreSQL's own limit is 1 GiB. */
#define PARAMETER_BYTES_MOST ((size_t)512 << 20)

static void end_when_quiet(struct storage *storage);

/* --- turns --------------------------------------------------------------------------------------------------- */

void answer_fail(const struct answer *answer, int result)
{
	switch (answer->kind) {
	case ANSWER_DONE:
		answer->to.done(answer->arg, result);
		break;
	case ANSWER_ACCOUNT:
		answer->to.account(answer->arg, result, NULL, NULL, 0, 0);
		break;
	case ANSWER_SETTING:
		answer->to.setting(answer->arg, result, slice_of(NULL, 0));
		break;
	case ANSWER_MORE:
		answer->to.more(answer->arg, result, false);
		break;
	case ANSWER_ICON:
		answer->to.icon(answer->arg, result, NULL);
		break;
	case ANSWER_TOKEN:
		answer->to.token(answer->arg, result, NULL);
		break;
	case ANSWER_GENERATION:
		answer->to.generation(answer->arg, result, 0);
		break;
	}
}

/* Callbacks may refuse more: that is for the turn after this one. */
static void tell_refusals(struct storage *storage)
{
	size_t count = storage->refusal_count;
	for (size_t i = 0; i < count; i++) {
		struct refusal refusal = storage->refusals[i];
		answer_fail(&refusal.answer, refusal.result);
	}
	storage->refusal_count -= count;
	if (storage->refusal_count > 0) {
		memmove(storage->refusals, storage->refusals + count, storage->refusal_count * sizeof(struct refusal));
		storage_wake(storage);
	}
}

static void on_turn(uv_idle_t *idle)
{
	struct storage *storage = idle->data;
	uv_idle_stop(idle);
	tell_refusals(storage);
	batch_flush(storage->batch);
	reads_flush(storage->user_reads);
	reads_flush(storage->history_reads);
	reads_flush(storage->background_reads);
	end_when_quiet(storage);
}

void storage_wake(struct storage *storage)
{
	if (!storage->quitting)
		uv_idle_start(&storage->turn, on_turn);
}

void storage_refuse(struct storage *storage, struct answer answer, int result)
{
	if (storage->refusal_count == storage->refusal_capacity) {
		size_t capacity = storage->refusal_capacity * 2;
		struct refusal *refusals = realloc(storage->refusals, capacity * sizeof(struct refusal));
		if (!refusals)
			abort(); /* someone would wait for ever; a restart loses nothing that was acknowledged */
		storage->refusals = refusals;
		storage->refusal_capacity = capacity;
	}
	storage->refusals[storage->refusal_count++] = (struct refusal){answer, result};
	storage_wake(storage);
}

int storage_admit(const struct storage *storage, const struct pipeline *pipeline)
{
	if (storage->closing)
		return ERR_STORAGE_AWAY;
	if (pipeline_is_ready(pipeline))
		return 0;
	return timers_now(storage->timers) - pipeline_away_since_ms(pipeline) > MOMENT_MS ? ERR_STORAGE_AWAY : 0;
}

/* --- waiting ------------------------------------------------------------------------------------------------- */

static size_t waiting_count(const struct storage *storage)
{
	return batch_count(storage->batch) + reads_count(storage->user_reads) + reads_count(storage->history_reads) +
	       reads_count(storage->background_reads);
}

static void on_expiry(struct timer *timer)
{
	struct storage *storage = CONTAINER_OF(timer, struct storage, expiry);
	int64_t now_ms = timers_now(storage->timers);
	int64_t before_ms = now_ms - (int64_t)storage->options.wait_s * 1000;
	batch_expire(storage->batch, before_ms);
	reads_expire(storage->user_reads, before_ms);
	reads_expire(storage->history_reads, before_ms);
	reads_expire(storage->background_reads, before_ms);
	if (waiting_count(storage) > 0 || storage->closing)
		storage_watch_expiry(storage);
	end_when_quiet(storage);
}

void storage_watch_expiry(struct storage *storage)
{
	if (!timer_is_running(&storage->expiry) && !storage->quitting)
		timer_start(storage->timers, &storage->expiry, EXPIRY_MS, on_expiry);
}

/* --- availability -------------------------------------------------------------------------------------------- */

static void look_at_availability(struct storage *storage)
{
	bool available = storage_is_available(storage);
	if (available == storage->available || storage->closing)
		return;
	storage->available = available;
	if (storage->events.on_available)
		storage->events.on_available(storage->events.arg, available);
}

static void on_pipeline_changed(void *arg)
{
	look_at_availability(arg);
	storage_wake(arg);
}

static void on_history_ready(void *arg)
{
	struct storage *storage = arg;
	conversation_rows_repair(storage->conversation_rows);
	storage_wake(storage);
}

static void on_background_ready(void *arg)
{
	struct storage *storage = arg;
	/* Nobody knows what was announced while nobody listened. */
	if (storage->has_listened && storage->events.on_account_changed)
		storage->events.on_account_changed(storage->events.arg, slice_of(NULL, 0), slice_of(NULL, 0));
	storage->has_listened = true;
	storage_wake(storage);
}

static void on_notification(void *arg, const char *payload)
{
	struct storage *storage = arg;
	if (!storage->events.on_account_changed || storage->closing)
		return;
	/* A user part may hold an @ (as %40 in a URI), a domain cannot. */
	const char *at = strrchr(payload, '@');
	if (at)
		storage->events.on_account_changed(storage->events.arg, slice_of(payload, (size_t)(at - payload)),
						   slice_text(at + 1));
	else if (!payload[0])
		storage->events.on_account_changed(storage->events.arg, slice_of(NULL, 0), slice_of(NULL, 0));
}

bool storage_is_available(const struct storage *storage)
{
	return pipeline_is_ready(storage->changes) && pipeline_is_ready(storage->reads);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static void on_part_closed(void *arg)
{
	struct storage *storage = arg;
	if (--storage->open_parts == 0 && storage->on_closed)
		storage->on_closed(storage->closed_arg);
}

static void on_turn_closed(uv_handle_t *handle)
{
	on_part_closed(handle->data);
}

static const struct statement *const read_statements[] = {&accounts_load_statement, &messages_debts_statement,
							  &tokens_load_statement, &documents_load_statement,
							  &icons_load_statement};
static const struct statement *const history_statements[] = {
	&history_list_statement,           &history_one_statement,
	&history_before_statement,         &history_after_statement,
	&history_search_statement,         &history_mark_statement,
	&conversation_rows_save_statement, &conversation_rows_repair_statement,
};
static const struct statement *const background_statements[] = {
	&bindings_load_statement,
	&messages_recent_statement,
	&settings_statement,
	&generation_statement,
	&purge_statement,
	&subscriptions_load_statement,
	&publications_load_statement,
	&mailboxes_load_statement,
	&mailboxes_load_users_statement,
	&documents_load_of_statement,
	&watch_requests_load_statement,
	&sessions_load_statement,
	&conversations_purge_statement,
};

static bool create_pipelines(struct storage *storage)
{
	struct pipeline_options options = {.connection = storage->connection,
					   .reconnect_ms = storage->options.reconnect_ms,
					   .reconnect_most_ms = storage->options.reconnect_most_ms};
	struct pipeline_events events = {.on_ready = on_pipeline_changed,
					 .on_lost = on_pipeline_changed,
					 .on_closed = on_part_closed,
					 .arg = storage};
	options.name = "changes";
	options.statements = batch_statements(storage->batch, &options.statement_count);
	storage->changes = pipeline_create(storage->loop, storage->timers, storage->log, &options, &events);
	options.name = "reads";
	options.statements = read_statements;
	options.statement_count = ARRAY_SIZE(read_statements);
	storage->reads = pipeline_create(storage->loop, storage->timers, storage->log, &options, &events);
	options.name = "history";
	events.on_ready = on_history_ready;
	events.on_lost = NULL;
	options.statements = history_statements;
	options.statement_count = ARRAY_SIZE(history_statements);
	storage->history = pipeline_create(storage->loop, storage->timers, storage->log, &options, &events);
	options.name = "background";
	options.channel = ACCOUNT_CHANNEL;
	options.statements = background_statements;
	options.statement_count = ARRAY_SIZE(background_statements);
	events.on_ready = on_background_ready;
	events.on_notification = on_notification;
	storage->background = pipeline_create(storage->loop, storage->timers, storage->log, &options, &events);
	return storage->changes && storage->reads && storage->history && storage->background;
}

struct storage *storage_create(uv_loop_t *loop, struct timers *timers, struct log *log,
			       const struct storage_options *options, const struct storage_events *events)
{
	struct storage *storage = calloc(1, sizeof(*storage));
	if (!storage)
		return NULL;
	storage->loop = loop;
	storage->timers = timers;
	storage->log = log;
	storage->options = *options;
	storage->events = *events;
	purge_init(storage);
	parameters_init(&storage->parameters, PARAMETER_BYTES_MOST);
	storage->refusal_capacity = REFUSALS_AT_START;
	storage->refusals = malloc(REFUSALS_AT_START * sizeof(struct refusal));
	storage->connection = strdup(options->connection);
	storage->batch = batch_create(storage);
	storage->conversation_rows = conversation_rows_create(storage);
	storage->user_reads = reads_create(storage, &storage->reads);
	storage->history_reads = reads_create(storage, &storage->history);
	storage->background_reads = reads_create(storage, &storage->background);
	bool complete = storage->refusals && storage->connection && storage->batch && storage->conversation_rows &&
			storage->user_reads && storage->history_reads && storage->background_reads &&
			create_pipelines(storage);
	if (!complete) {
		storage_destroy(storage);
		return NULL;
	}
	storage->options.connection = storage->connection;
	storage->turn.data = storage;
	int result = uv_idle_init(loop, &storage->turn);
	assert(result == 0);
	(void)result;
	return storage;
}

void storage_destroy(struct storage *storage)
{
	if (!storage)
		return;
	timer_stop(&storage->expiry);
	pipeline_destroy(storage->changes);
	pipeline_destroy(storage->reads);
	pipeline_destroy(storage->history);
	pipeline_destroy(storage->background);
	batch_destroy(storage->batch);
	conversation_rows_destroy(storage->conversation_rows);
	reads_destroy(storage->user_reads);
	reads_destroy(storage->history_reads);
	reads_destroy(storage->background_reads);
	parameters_finish(&storage->parameters);
	free(storage->refusals);
	free(storage->connection);
	free(storage);
}

/* All that waited is answered (or its time is over): the connections go, and with them the handles. */
static void end_when_quiet(struct storage *storage)
{
	if (!storage->closing || storage->quitting)
		return;
	bool overdue = timers_now(storage->timers) >= storage->close_by_ms;
	if (!overdue && (waiting_count(storage) > 0 || storage->refusal_count > 0))
		return;
	if (!overdue && conversation_rows_flush(storage->conversation_rows))
		return;
	storage->quitting = true;
	timer_stop(&storage->expiry);
	storage->open_parts = 5;
	pipeline_close(storage->changes);
	pipeline_close(storage->reads);
	pipeline_close(storage->history);
	pipeline_close(storage->background);
	batch_expire(storage->batch, INT64_MAX);
	reads_expire(storage->user_reads, INT64_MAX);
	reads_expire(storage->history_reads, INT64_MAX);
	reads_expire(storage->background_reads, INT64_MAX);
	while (storage->refusal_count > 0)
		tell_refusals(storage);
	uv_close((uv_handle_t *)&storage->turn, on_turn_closed);
}

void storage_close(struct storage *storage, void (*on_done)(void *arg), void *arg)
{
	assert(!storage->closing);
	storage->on_closed = on_done;
	storage->closed_arg = arg;
	storage->close_by_ms = timers_now(storage->timers) + (int64_t)storage->options.wait_s * 1000;
	storage_watch_expiry(storage);
	storage_wake(storage);
	storage->closing = true;
}

void storage_describe(const struct storage *storage, struct buffer *buffer)
{
	pipeline_describe(storage->changes, buffer);
	pipeline_describe(storage->reads, buffer);
	pipeline_describe(storage->history, buffer);
	pipeline_describe(storage->background, buffer);
	batch_describe(storage->batch, buffer);
	buffer_format(buffer, "reads: %zu under way\n",
		      reads_count(storage->user_reads) + reads_count(storage->history_reads) +
			      reads_count(storage->background_reads));
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

int64_t storage_wall_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#define MESSAGE_ID_EPOCH_MS INT64_C(1577836800000) /* 2020-01-01 */
#define MESSAGE_ID_NODE_BIT 12
#define MESSAGE_ID_TIME_BIT 20

int64_t storage_message_id_span(int64_t ms)
{
	return ms << MESSAGE_ID_TIME_BIT;
}

int64_t storage_message_id_at(int64_t unix_ms)
{
	return storage_message_id_span(unix_ms - MESSAGE_ID_EPOCH_MS);
}

/* 41 bits of time, 8 of node, 12 that count within a millisecond. More than 4096 in one, or a clock that was set
 * back, borrow from the milliseconds to come. */
int64_t storage_next_message_id(struct storage *storage)
{
	int64_t node = (int64_t)(storage->options.node & 0xff) << MESSAGE_ID_NODE_BIT;
	int64_t id = storage_message_id_at(storage_wall_ms()) | node;
	if (id <= storage->last_message_id) {
		id = storage->last_message_id + 1;
		if ((id >> MESSAGE_ID_NODE_BIT) != (storage->last_message_id >> MESSAGE_ID_NODE_BIT))
			id = ((storage->last_message_id >> MESSAGE_ID_TIME_BIT) + 1) << MESSAGE_ID_TIME_BIT | node;
	}
	storage->last_message_id = id;
	return id;
}

int64_t storage_hash(struct slice text)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	int64_t hash;
	SHA256((const unsigned char *)text.at, text.length, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash >= 0 && hash <= STORAGE_DEVICE_WITHOUT_INSTANCE ? hash + 2 : hash;
}

bool storage_is_text(struct slice text)
{
	return slice_is_utf8(text) && slice_find(text, '\0') == text.length;
}

int64_t storage_device_id(struct slice instance)
{
	return slice_is_empty(instance) ? STORAGE_DEVICE_WITHOUT_INSTANCE : storage_hash(instance);
}
