/* Reads, gathered: those of one kind that were asked for in one turn of the loop go as one statement.
 *
 * A read whose connection is lost is sent again; like changes, reads wait at most `wait_s`.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/database.h"

struct reads;
struct read;

struct read_kind {
	/* Without a name it reads what may be an administrator's view: then it is planned with PostgreSQL's usual
	 * settings, and given up (ERR_STORAGE_REFUSED) before it keeps the others waiting for too long. */
	const struct statement *statement;
	size_t most_together;
	/* Appends the parameters for these reads. ERR_NO_MEMORY. */
	int (*write)(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters);
	/* The rows, after the commit. Calls the callbacks (through read_finish or its own), or read_again. */
	void (*on_rows)(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows);
};

/* The head of each read; what follows is its kind's, and one block of memory with it. */
struct read {
	struct list_link link;
	const struct read_kind *kind;
	struct answer answer;
	int64_t queued_at_ms;
	bool again;  /* on_rows wants it sent once more */
	bool resent; /* it may have been committed before */
};

#define READ_MOST_TOGETHER 64

struct reads *reads_create(struct storage *storage, struct pipeline **pipeline);
void reads_destroy(struct reads *reads);

/* As batch_new_change and batch_add. */
struct read *reads_new(struct reads *reads, const struct read_kind *kind, size_t bytes, struct answer answer);
void reads_add(struct reads *reads, struct read *read);
/* The storage's own, which is never refused but for memory (NULL), and goes before all that wait. */
struct read *reads_new_own(struct reads *reads, const struct read_kind *kind, size_t bytes, struct answer answer);
void reads_add_first(struct reads *reads, struct read *read);
void reads_flush(struct reads *reads);
void reads_expire(struct reads *reads, int64_t before_ms);
size_t reads_count(const struct reads *reads);

/* Binary rows, whose types are known from the statement. NULL reads as 0 or empty. */
int64_t row_number(const PGresult *rows, int row, int column);
struct slice row_bytes(const PGresult *rows, int row, int column);
/* Exactly `size` bytes; zeroes where the column has another number of them. */
void row_digest(const PGresult *rows, int row, int column, uint8_t *digest, size_t size);

extern const struct statement accounts_load_statement, bindings_load_statement, messages_debts_statement,
	messages_recent_statement, settings_statement, generation_statement, purge_statement,
	subscriptions_load_statement, publications_load_statement, mailboxes_load_statement,
	mailboxes_load_users_statement, tokens_load_statement, documents_load_statement, documents_load_of_statement,
	watch_requests_load_statement, icons_load_statement, sessions_load_statement, history_list_statement,
	history_one_statement, history_before_statement, history_after_statement, history_search_statement,
	conversations_purge_statement, history_mark_statement, conversation_rows_save_statement,
	conversation_rows_repair_statement;
