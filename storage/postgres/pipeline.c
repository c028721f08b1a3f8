/* A connection in pipeline mode, its states and its statements in flight.
 *
 *   WAITING ──back-off──▶ CONNECTING ──connected──▶ PREPARING ──statements ready──▶ READY
 *      ▲                      │ failed, or late          │ refused, or late           │ lost
 *      └──────────────────────┴──────────────────────────┴────────────────────────────┘
 *
 * CLOSED is reached from each. libpq may replace its socket while it connects (several addresses, TLS refused), so
 * that each wait for the socket is a poll handle of its own there. SPDX-License-Identifier: MIT */
#include "pipeline.h"

#include "base/error.h"
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A server that does not let us in by then is tried again. */
#define CONNECT_MS 10000

enum pipeline_state { PIPELINE_WAITING, PIPELINE_CONNECTING, PIPELINE_PREPARING, PIPELINE_READY, PIPELINE_CLOSED };

struct pipeline {
	uv_loop_t *loop;
	struct timers *timers;
	struct log *log;
	struct pipeline_options options;
	struct pipeline_events events;
	enum pipeline_state state;
	PGconn *connection;
	struct socket_watch *watch;
	struct list_link jobs; /* in flight, oldest first */
	struct pipeline_job setup;
	struct pipeline_job *open; /* between begin and end */
	struct timer step;         /* WAITING: connect; CONNECTING, PREPARING: too late; READY: broken */
	const char *broken;        /* why the connection is given up in the next step */
	unsigned backoff_ms;
	unsigned watches; /* not closed yet */
	int64_t away_since_ms;
	uint64_t connects, losses, jobs_done;
	bool told_failure; /* one log line for each outage, not for each attempt */
};

/* A poll handle on libpq's socket; frees itself when it is closed. libpq closes its descriptor as it finds the
 * connection lost, deep in any call, and the number may belong to someone else before the loop knows: so the handle
 * has a duplicate of its own. */
struct socket_watch {
	uv_poll_t poll;
	struct pipeline *pipeline;
	int descriptor;
};

static void on_socket(uv_poll_t *poll, int status, int events);
static void on_step(struct timer *timer);

/* --- waiting for the socket --------------------------------------------------------------------------------- */

static void tell_closed(struct pipeline *pipeline)
{
	if (pipeline->state == PIPELINE_CLOSED && pipeline->watches == 0)
		pipeline->events.on_closed(pipeline->events.arg);
}

static void on_watch_closed(uv_handle_t *handle)
{
	struct socket_watch *watch = handle->data;
	struct pipeline *pipeline = watch->pipeline;
	close(watch->descriptor);
	free(watch);
	pipeline->watches--;
	tell_closed(pipeline);
}

static void watch_close(struct pipeline *pipeline)
{
	if (!pipeline->watch)
		return;
	uv_close((uv_handle_t *)&pipeline->watch->poll, on_watch_closed);
	pipeline->watch = NULL;
}

static int watch_open(struct pipeline *pipeline)
{
	struct socket_watch *watch = calloc(1, sizeof(*watch));
	if (!watch)
		return ERR_NO_MEMORY;
	watch->descriptor = fcntl(PQsocket(pipeline->connection), F_DUPFD_CLOEXEC, 0);
	int result = watch->descriptor < 0 ? uv_translate_sys_error(errno)
					   : uv_poll_init(pipeline->loop, &watch->poll, watch->descriptor);
	if (result < 0) {
		if (watch->descriptor >= 0)
			close(watch->descriptor);
		free(watch);
		return result;
	}
	watch->pipeline = pipeline;
	watch->poll.data = watch;
	pipeline->watch = watch;
	pipeline->watches++;
	return 0;
}

static int watch_events(struct pipeline *pipeline, int events)
{
	return uv_poll_start(&pipeline->watch->poll, events, on_socket);
}

/* --- losing the connection ---------------------------------------------------------------------------------- */

static void disconnect(struct pipeline *pipeline)
{
	watch_close(pipeline);
	PQfinish(pipeline->connection);
	pipeline->connection = NULL;
	pipeline->open = NULL;
	pipeline->broken = NULL;
	timer_stop(&pipeline->step);
}

static void give_up_jobs(struct pipeline *pipeline)
{
	struct list_link given_up;
	list_init(&given_up);
	list_splice(&given_up, &pipeline->jobs);
	for (struct list_link *link; (link = list_take_first(&given_up));) {
		struct pipeline_job *job = CONTAINER_OF(link, struct pipeline_job, link);
		if (job->on_done)
			job->on_done(job, ERR_STORAGE_AWAY);
	}
}

/* The next attempt: after a time that doubles, and is not the same for all nodes. */
static int64_t backoff(struct pipeline *pipeline)
{
	const struct pipeline_options *options = &pipeline->options;
	unsigned wait_ms = pipeline->backoff_ms ? pipeline->backoff_ms : options->reconnect_ms;
	pipeline->backoff_ms = wait_ms < options->reconnect_most_ms / 2 ? wait_ms * 2 : options->reconnect_most_ms;
	uint16_t random;
	random_bytes(&random, sizeof(random));
	return wait_ms + wait_ms / 4 * random / UINT16_MAX;
}

static void lost(struct pipeline *pipeline, const char *reason)
{
	bool was_ready = pipeline->state == PIPELINE_READY;
	if (was_ready || !pipeline->told_failure) {
		log_event(pipeline->log, LOG_WARNING, was_ready ? "database_lost" : "database_unreachable", NULL,
			  "%s connection: %s", pipeline->options.name, reason);
		pipeline->told_failure = true;
	}
	disconnect(pipeline);
	if (was_ready) {
		pipeline->losses++;
		pipeline->away_since_ms = timers_now(pipeline->timers);
	}
	pipeline->state = PIPELINE_WAITING;
	timer_start(pipeline->timers, &pipeline->step, backoff(pipeline), on_step);
	give_up_jobs(pipeline);
	if (was_ready && pipeline->state == PIPELINE_WAITING && pipeline->events.on_lost)
		pipeline->events.on_lost(pipeline->events.arg);
}

/* libpq's sentences end in a line end and may have several lines: the first says it. */
static void lost_by_libpq(struct pipeline *pipeline)
{
	char reason[256];
	struct slice text = slice_text(PQerrorMessage(pipeline->connection));
	text = slice_trim(slice_take(&text, '\n'));
	if (slice_is_empty(text))
		text = SLICE("connection closed");
	size_t length = text.length < sizeof(reason) ? text.length : sizeof(reason) - 1;
	memcpy(reason, text.at, length);
	reason[length] = '\0';
	lost(pipeline, reason);
}

void pipeline_drop(struct pipeline *pipeline, const char *reason)
{
	if (pipeline->broken || pipeline->state == PIPELINE_WAITING || pipeline->state == PIPELINE_CLOSED)
		return;
	pipeline->broken = reason;
	timer_start(pipeline->timers, &pipeline->step, 0, on_step);
}

/* --- statements --------------------------------------------------------------------------------------------- */

static void flush(struct pipeline *pipeline)
{
	int left = PQflush(pipeline->connection);
	int events = UV_READABLE | (left > 0 ? UV_WRITABLE : 0);
	if (left < 0 || watch_events(pipeline, events) < 0)
		pipeline_drop(pipeline, "sending failed");
}

void pipeline_begin(struct pipeline *pipeline, struct pipeline_job *job)
{
	assert(!pipeline->open && pipeline->connection);
	job->refused = false;
	memset(job->sqlstate, 0, sizeof(job->sqlstate));
	list_append(&pipeline->jobs, &job->link);
	pipeline->open = job;
}

void pipeline_send(struct pipeline *pipeline, const struct statement *statement, const struct parameters *parameters)
{
	if (pipeline->broken)
		return;
	PGconn *connection = pipeline->connection;
	int count = (int)parameters->count;
	int sent = statement->name ? PQsendQueryPrepared(connection, statement->name, count, parameters->values,
							 parameters->lengths, parameters->formats, 1)
				   : PQsendQueryParams(connection, statement->sql, count, NULL, parameters->values,
						       parameters->lengths, parameters->formats, 1);
	if (!sent)
		pipeline_drop(pipeline, "a statement could not be sent");
}

void pipeline_end(struct pipeline *pipeline)
{
	pipeline->open = NULL;
	if (pipeline->broken)
		return;
	if (PQpipelineSync(pipeline->connection))
		flush(pipeline);
	else
		pipeline_drop(pipeline, "a Sync could not be sent");
}

/* Keeps the first failure of a job; the statements behind it are skipped by the server. */
static void on_refused(struct pipeline *pipeline, struct pipeline_job *job, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (job->refused)
		return;
	job->refused = true;
	if (sqlstate)
		memccpy(job->sqlstate, sqlstate, '\0', sizeof(job->sqlstate) - 1);
	if (pipeline->told_failure)
		return; /* an attempt to connect that fails as the last one did */
	log_event(pipeline->log, LOG_WARNING, "statement_refused", NULL, "%s: %s (SQLSTATE %s)", pipeline->options.name,
		  message ? message : "no reason given", sqlstate ? sqlstate : "unknown");
}

static void on_result(struct pipeline *pipeline, PGresult *result)
{
	assert(!list_is_empty(&pipeline->jobs));
	struct pipeline_job *job = CONTAINER_OF(pipeline->jobs.next, struct pipeline_job, link);
	ExecStatusType status = PQresultStatus(result);
	if (status == PGRES_PIPELINE_SYNC) {
		PQclear(result);
		list_remove(&job->link);
		pipeline->jobs_done++;
		job->on_done(job, job->refused ? ERR_STORAGE_REFUSED : 0);
		return;
	}
	bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
	if (status == PGRES_FATAL_ERROR)
		on_refused(pipeline, job, result);
	if (good && !job->refused && job->on_result)
		job->on_result(job, result);
	else
		PQclear(result);
}

/* Takes all that has arrived. PQgetResult gives NULL behind each statement's results; two of them mean that
 * nothing is under way. */
static void take_results(struct pipeline *pipeline)
{
	bool separated = false;
	while (pipeline->connection && !list_is_empty(&pipeline->jobs) && !PQisBusy(pipeline->connection)) {
		PGresult *result = PQgetResult(pipeline->connection);
		if (!result && separated)
			break;
		separated = !result;
		if (result)
			on_result(pipeline, result);
	}
}

static void take_notifications(struct pipeline *pipeline)
{
	PGnotify *notification;
	while (pipeline->connection && (notification = PQnotifies(pipeline->connection))) {
		if (pipeline->events.on_notification)
			pipeline->events.on_notification(pipeline->events.arg, notification->extra);
		PQfreemem(notification);
	}
}

/* --- connecting --------------------------------------------------------------------------------------------- */

static void on_setup_done(struct pipeline_job *job, int result)
{
	struct pipeline *pipeline = CONTAINER_OF(job, struct pipeline, setup);
	if (result == ERR_STORAGE_AWAY)
		return;
	if (result < 0) {
		pipeline_drop(pipeline, "the database is not as this program needs it (heliograph migrate?)");
		return;
	}
	timer_stop(&pipeline->step);
	pipeline->state = PIPELINE_READY;
	pipeline->backoff_ms = 0;
	pipeline->connects++;
	log_event(pipeline->log, pipeline->told_failure ? LOG_WARNING : LOG_INFO, "database_connected", NULL,
		  "%s connection is ready", pipeline->options.name);
	pipeline->told_failure = false;
	if (pipeline->events.on_ready)
		pipeline->events.on_ready(pipeline->events.arg);
}

/* Our statements are made for walks along indexes from arrays of any length; the planner, which sees neither the
 * arrays nor how a young table will grow, must not prefer to read the tables whole. One plan serves for good. */
static const char session_settings[] =
	"SELECT set_config('plan_cache_mode', 'force_generic_plan', false), set_config('jit', 'off', false),"
	" set_config('enable_seqscan', 'off', false), set_config('enable_hashjoin', 'off', false),"
	" set_config('enable_mergejoin', 'off', false)";

static void prepare(struct pipeline *pipeline)
{
	PGconn *connection = pipeline->connection;
	pipeline->state = PIPELINE_PREPARING;
	if (!PQenterPipelineMode(connection) || PQsetnonblocking(connection, 1) != 0) {
		lost_by_libpq(pipeline);
		return;
	}
	pipeline->setup = (struct pipeline_job){.on_done = on_setup_done};
	pipeline_begin(pipeline, &pipeline->setup);
	bool sent = PQsendQueryParams(connection, session_settings, 0, NULL, NULL, NULL, NULL, 0);
	for (size_t i = 0; sent && i < pipeline->options.statement_count; i++) {
		const struct statement *statement = pipeline->options.statements[i];
		sent = PQsendPrepare(connection, statement->name, statement->sql, 0, NULL);
	}
	if (sent && pipeline->options.channel) {
		char *channel =
			PQescapeIdentifier(connection, pipeline->options.channel, strlen(pipeline->options.channel));
		char listen[128];
		int length = channel ? snprintf(listen, sizeof(listen), "LISTEN %s", channel) : -1;
		sent = length > 0 && (size_t)length < sizeof(listen) &&
		       PQsendQueryParams(connection, listen, 0, NULL, NULL, NULL, NULL, 0);
		PQfreemem(channel);
	}
	if (!sent)
		pipeline_drop(pipeline, "the session could not be set up");
	pipeline_end(pipeline);
}

static void connect_further(struct pipeline *pipeline)
{
	watch_close(pipeline);
	PostgresPollingStatusType status = PQconnectPoll(pipeline->connection);
	if (status == PGRES_POLLING_FAILED) {
		lost_by_libpq(pipeline);
		return;
	}
	int result = watch_open(pipeline);
	if (result == 0)
		result = watch_events(pipeline, status == PGRES_POLLING_WRITING ? UV_WRITABLE : UV_READABLE);
	if (result < 0)
		lost(pipeline, error_text(result));
	else if (status == PGRES_POLLING_OK)
		prepare(pipeline);
}

static void ignore_notice(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

/* What the connection string does not say: how a peer is noticed that vanished without a word. */
static const char *const connection_names[] = {"keepalives_idle",           "keepalives_interval",
					       "keepalives_count",          "tcp_user_timeout",
					       "fallback_application_name", "dbname",
					       "client_encoding",           NULL};

static void connect_start(struct pipeline *pipeline)
{
	const char *const values[] = {"15",   "5", "3", "15000", "heliograph", pipeline->options.connection,
				      "UTF8", NULL};
	pipeline->state = PIPELINE_CONNECTING;
	timer_start(pipeline->timers, &pipeline->step, CONNECT_MS, on_step);
	pipeline->connection = PQconnectStartParams(connection_names, values, 1);
	if (!pipeline->connection) {
		lost(pipeline, error_text(ERR_NO_MEMORY));
		return;
	}
	if (PQstatus(pipeline->connection) == CONNECTION_BAD) {
		lost_by_libpq(pipeline);
		return;
	}
	PQsetNoticeReceiver(pipeline->connection, ignore_notice, NULL);
	int result = watch_open(pipeline);
	if (result == 0)
		result = watch_events(pipeline, UV_WRITABLE); /* libpq: "start as if it had answered WRITING" */
	if (result < 0)
		lost(pipeline, error_text(result));
}

static void on_step(struct timer *timer)
{
	struct pipeline *pipeline = CONTAINER_OF(timer, struct pipeline, step);
	if (pipeline->broken)
		lost(pipeline, pipeline->broken);
	else if (pipeline->state == PIPELINE_WAITING)
		connect_start(pipeline);
	else
		lost(pipeline, "no answer in time while connecting");
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	struct socket_watch *watch = poll->data;
	struct pipeline *pipeline = watch->pipeline;
	if (pipeline->watch != watch)
		return;
	if (pipeline->state == PIPELINE_CONNECTING) {
		connect_further(pipeline);
		return;
	}
	if (status < 0) {
		lost(pipeline, error_text(status));
		return;
	}
	bool good = true;
	if (events & UV_READABLE)
		good = PQconsumeInput(pipeline->connection);
	take_results(pipeline);
	take_notifications(pipeline);
	if (!pipeline->connection)
		return;
	if (!good || PQstatus(pipeline->connection) == CONNECTION_BAD)
		lost_by_libpq(pipeline);
	else
		flush(pipeline);
}

/* --- life --------------------------------------------------------------------------------------------------- */

struct pipeline *pipeline_create(uv_loop_t *loop, struct timers *timers, struct log *log,
				 const struct pipeline_options *options, const struct pipeline_events *events)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	if (!pipeline)
		return NULL;
	pipeline->loop = loop;
	pipeline->timers = timers;
	pipeline->log = log;
	pipeline->options = *options;
	pipeline->events = *events;
	pipeline->away_since_ms = timers_now(timers);
	list_init(&pipeline->jobs);
	timer_start(timers, &pipeline->step, 0, on_step);
	return pipeline;
}

void pipeline_close(struct pipeline *pipeline)
{
	if (pipeline->state == PIPELINE_CLOSED)
		return;
	disconnect(pipeline);
	pipeline->state = PIPELINE_CLOSED;
	give_up_jobs(pipeline);
	tell_closed(pipeline);
}

void pipeline_destroy(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	assert(pipeline->watches == 0 && list_is_empty(&pipeline->jobs));
	timer_stop(&pipeline->step);
	free(pipeline);
}

bool pipeline_is_ready(const struct pipeline *pipeline)
{
	return pipeline->state == PIPELINE_READY && !pipeline->broken;
}

int64_t pipeline_away_since_ms(const struct pipeline *pipeline)
{
	return pipeline->away_since_ms;
}

void pipeline_describe(const struct pipeline *pipeline, struct buffer *buffer)
{
	static const char *const states[] = {"waiting to reconnect", "connecting", "preparing", "ready", "closed"};
	unsigned in_flight = 0;
	for (const struct list_link *link = pipeline->jobs.next; link != &pipeline->jobs; link = link->next)
		in_flight++;
	buffer_format(buffer, "database %s: %s, %u in flight, %llu done, connected %llu times, lost %llu times\n",
		      pipeline->options.name, states[pipeline->state], in_flight,
		      (unsigned long long)pipeline->jobs_done, (unsigned long long)pipeline->connects,
		      (unsigned long long)pipeline->losses);
}
