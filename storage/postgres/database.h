/* struct storage as its parts see it.
 *
 *   storage_save_…, storage_settle_… ─▶ batch ─▶ pipeline "changes"     (waits for the disk)
 *   storage_load_… for one user ──────▶ reads ─▶ pipeline "reads"       (never does)
 *   storage/history.h ────────────────▶ reads ─▶ pipeline "history"     (looks through much: nobody else waits for it)
 *   start, settings, purging ─────────▶ reads ─▶ pipeline "background"  (LISTENs, too)
 *
 * What is asked for in one turn of the loop is sent together in the next (storage_wake).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "storage/postgres/parameters.h"
#include "storage/postgres/pipeline.h"
#include "storage/storage.h"

#include <stdbool.h>
#include <string.h>
#include <uv.h>

/* How administrators' changes are announced: NOTIFY with "user@domain", or with nothing for very many. */
#define ACCOUNT_CHANNEL "heliograph_account"

/* The peer of a conversation, as the schema has it. Nobody is called so long; his messages are kept, and found by
 * nobody. */
#define PEER_BYTES_MOST 1024

/* The callback of whoever asked; which member of `to` is meant, and how it is told of a failure, says `kind`. */
enum answer_kind {
	ANSWER_DONE,
	ANSWER_ACCOUNT,
	ANSWER_SETTING,
	ANSWER_MORE,
	ANSWER_TOKEN,
	ANSWER_GENERATION,
	ANSWER_ICON
};

struct answer {
	enum answer_kind kind;
	union {
		storage_done_fn *done;
		storage_account_fn *account;
		storage_setting_fn *setting;
		storage_more_fn *more;
		storage_token_fn *token;
		storage_generation_fn *generation;
		storage_icon_fn *icon;
	} to;
	void *arg;
};

void answer_fail(const struct answer *answer, int result);

/* A failure that is told in the next turn. */
struct refusal {
	struct answer answer;
	int result;
};

struct storage {
	uv_loop_t *loop;
	struct timers *timers;
	struct log *log;
	struct storage_options options; /* the connection string is our copy */
	char *connection;
	struct storage_events events;

	struct pipeline *changes, *reads, *history, *background;
	struct batch *batch;
	struct conversation_rows *conversation_rows;
	struct reads *user_reads, *history_reads, *background_reads;
	struct parameters parameters; /* used and emptied within one step */

	uv_idle_t turn;           /* runs once in the next turn of the loop */
	struct refusal *refusals; /* told in the next turn */
	size_t refusal_count, refusal_capacity;

	struct timer expiry; /* runs while something waits: nothing waits longer than wait_s */
	bool available, has_listened;
	int64_t last_message_id;
	/* How far purging has walked the primary keys. */
	int64_t purged_binding[2], purged_device[2], purged_subscription, purged_publication, purged_watch_request,
		purged_document, purged_session, purged_conversation;
	char purged_peer[PEER_BYTES_MOST];
	size_t purged_peer_bytes;

	bool closing, quitting; /* storage_close was called; all that waited is answered */
	int64_t close_by_ms;
	void (*on_closed)(void *arg);
	void *closed_arg;
	unsigned open_parts; /* that storage_close waits for */
};

/* Sends what has been asked for, and tells refusals, in the next turn of the loop. */
void storage_wake(struct storage *storage);
/* `result` is told in the next turn. */
void storage_refuse(struct storage *storage, struct answer answer, int result);
/* Whether a pipeline takes new work: 0, or ERR_STORAGE_AWAY when it has been away for more than a moment. */
MUST_CHECK int storage_admit(const struct storage *storage, const struct pipeline *pipeline);
/* Something waits now. */
void storage_watch_expiry(struct storage *storage);
/* The time of day, which is what rows carry. */
int64_t storage_wall_ms(void);
/* The first id of a moment, and how many ids there are in so much time (storage_next_message_id). */
int64_t storage_message_id_at(int64_t unix_ms);
int64_t storage_message_id_span(int64_t ms);
/* 64 bits of SHA-256, never 0 and never 1. */
int64_t storage_hash(struct slice text);
/* Whether PostgreSQL takes it as text; where it does not, no row can have it, and it must not spoil the statement for
 * what it is gathered with. */
bool storage_is_text(struct slice text);
/* Purging begins at the first row of each table. In purge.c. */
void purge_init(struct storage *storage);

/* Copies a text to `*next`, which moves behind it: how the one block of a change or a read is filled. */
static inline struct slice slice_copy_to(char **next, struct slice text)
{
	struct slice copy = slice_of(*next, text.length);
	if (text.length > 0)
		memcpy(*next, text.at, text.length);
	*next += text.length;
	return copy;
}
