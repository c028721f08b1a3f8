/* One connection to PostgreSQL on the loop, in libpq's pipeline mode: many statements in flight.
 *
 * The pipeline connects by itself, prepares its statements, and after a loss connects again with back-off, for as
 * long as it is open. Work is given to it as jobs: the statements of one job are one transaction (everything
 * between two Syncs is), and the job is done when the Sync behind them is answered, which is after the commit.
 * When the connection is lost, the jobs in flight are done with ERR_STORAGE_AWAY: whether they were committed is
 * unknown. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/list.h"
#include "base/log.h"
#include "base/timer.h"
#include "storage/postgres/parameters.h"

#include <libpq-fe.h>
#include <stdbool.h>
#include <uv.h>

struct pipeline;
struct pipeline_job;

/* A statement that is prepared under its name on every connection that uses it. Without a name it is prepared nowhere
 * and sent as it is each time: what it speaks of may be missing, or change. */
struct statement {
	const char *name;
	const char *sql;
};

#define PIPELINE_SQLSTATE_SIZE 6

/* The result of the job's next statement (they answer in order); it is the receiver's to PQclear. */
typedef void pipeline_result_fn(struct pipeline_job *job, PGresult *result);
/* 0: committed. ERR_STORAGE_REFUSED: a statement failed (job->sqlstate, and the log), nothing was changed.
 * ERR_STORAGE_AWAY: the connection was lost. The last touch of the job by the pipeline. */
typedef void pipeline_done_fn(struct pipeline_job *job, int result);

/* A field of the object whose work it is. */
struct pipeline_job {
	struct list_link link;
	pipeline_result_fn *on_result;
	pipeline_done_fn *on_done;
	bool refused;
	char sqlstate[PIPELINE_SQLSTATE_SIZE];
};

struct pipeline_options {
	const char *name;       /* for the log: "changes" */
	const char *connection; /* borrowed */
	const char *channel;    /* LISTEN on it; NULL: none */
	const struct statement *const *statements;
	size_t statement_count;
	unsigned reconnect_ms, reconnect_most_ms;
};

struct pipeline_events {
	/* May be called again and again; on_lost comes after the jobs in flight are done. */
	void (*on_ready)(void *arg);
	void (*on_lost)(void *arg);
	void (*on_notification)(void *arg, const char *payload);
	void (*on_closed)(void *arg);
	void *arg;
};

/* Connects from the next run of the timers on. NULL where memory is exhausted. */
struct pipeline *pipeline_create(uv_loop_t *loop, struct timers *timers, struct log *log,
				 const struct pipeline_options *options, const struct pipeline_events *events);
/* Gives up the connection and the jobs in flight (ERR_STORAGE_AWAY); on_closed comes when its handles are closed,
 * within this call where it has none. */
void pipeline_close(struct pipeline *pipeline);
/* Only before its first step, or when it is closed. */
void pipeline_destroy(struct pipeline *pipeline);

bool pipeline_is_ready(const struct pipeline *pipeline);
/* Since when it is not ready (timers' time). */
int64_t pipeline_away_since_ms(const struct pipeline *pipeline);
void pipeline_describe(const struct pipeline *pipeline, struct buffer *buffer);

/* Only while it is ready. Statements given between begin and end are the job's. A failure to send shows as the
 * loss of the connection, in a later step. */
void pipeline_begin(struct pipeline *pipeline, struct pipeline_job *job);
void pipeline_send(struct pipeline *pipeline, const struct statement *statement, const struct parameters *parameters);
void pipeline_end(struct pipeline *pipeline);

/* Takes the connection for lost (it does not answer); in a later step. */
void pipeline_drop(struct pipeline *pipeline, const char *reason);
