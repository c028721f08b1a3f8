/* The history of conversations: what an account reads of it, and how far it has read.
 *
 * An account reads what it has sent to another one, or to itself, and what it has received. An account that was removed
 * and made anew is another one: it has no share in what the old one wrote. Reads and callbacks are as in storage.h.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "storage/storage.h"

/* A message as one side of its conversation sees it. `from`, `to`, `request_uri` and `receiver` are empty. */
struct history_message {
	struct stored_message message;
	struct slice peer; /* AOR of the other side */
	bool is_sent;      /* by the account itself; what it sent to itself counts as sent */
	bool is_kept;      /* no device has taken it yet */
};

#define STORAGE_UNREAD_MOST 100

struct history_conversation {
	struct slice peer;
	/* Received texts behind read_id and behind the last message that was sent (receipts do not count), for who
	 * answers has read; STORAGE_UNREAD_MOST at most. */
	unsigned unread;
	int64_t read_id;                    /* 0: nothing was read yet */
	const struct history_message *last; /* but for receipts; NULL: nothing is left */
};

/* Before this one, there is everything. */
#define HISTORY_END INT64_MAX

/* Those of an account whose last message is before `before_id`, the newest first, at most `most`; then `done` with
 * whether there are more. */
typedef void history_conversation_fn(void *arg, const struct history_conversation *conversation);
void storage_load_conversations(struct storage *storage, int64_t account_id, int64_t before_id, unsigned most,
				history_conversation_fn *each, storage_more_fn *done, void *arg);
/* One of them, where there is one; then `done`. */
void storage_load_conversation(struct storage *storage, int64_t account_id, struct slice peer,
			       history_conversation_fn *each, storage_done_fn *done, void *arg);

/* Messages of one conversation, receipts too, in the order of their ids: at most `most`, the last ones before the
 * message `id`, or the first ones after it. Where they are large there are fewer, one at least. */
struct history_page {
	int64_t account_id;
	struct slice peer;
	int64_t id;
	bool is_after;
	unsigned most;
};
/* `each` per message; then `done` with whether there are more beyond the page. */
typedef void history_message_fn(void *arg, const struct history_message *message);
void storage_load_history(struct storage *storage, const struct history_page *page, history_message_fn *each,
			  storage_more_fn *done, void *arg);

/* Texts in which all of the words occur, whatever the case of their letters, the newest first. What is asked for is
 * looked through in pieces of bounded size, so that others get their turn in between. Where texts are large there are
 * fewer than `most`, one at least. */
#define STORAGE_SEARCH_WORDS_MOST 16
struct history_search {
	int64_t account_id;
	struct slice peer;         /* empty: all conversations */
	const struct slice *words; /* at most STORAGE_SEARCH_WORDS_MOST; ERR_STORAGE_REFUSED where one is no UTF-8 */
	size_t word_count;
	int64_t before_id;
	unsigned most;
};
/* Asked between the pieces whether anybody waits for the rest. */
typedef bool history_wanted_fn(void *arg);
void storage_search_history(struct storage *storage, const struct history_search *search, history_message_fn *each,
			    history_wanted_fn *wanted, storage_more_fn *done, void *arg);

/* All of the conversation up to `message_id` is read; never beyond the last message that was received. ERR_EXISTS:
 * nothing has changed, that was read before, or there is no such conversation. */
void storage_mark_read(struct storage *storage, int64_t account_id, struct slice peer, int64_t message_id,
		       storage_done_fn *done, void *arg);
