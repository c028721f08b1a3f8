/* Accounts that write to each other, and what they read of it: for the tests of storage/history.h.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "storage_world.h"

#include "base/error.h"
#include "storage/history.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_S INT64_C(86400)
#define DAY_MS (DAY_S * 1000)

/* An account; `id` 0: none of ours. */
struct person {
	int64_t id;
	const char *aor;
};

static inline struct person history_person(const struct postgres *server, const char *user, const char *aor)
{
	return (struct person){storage_world_add_account(server, user), aor};
}

/* A text from one to the other, not sent yet; `serial` makes it another one. */
static inline struct stored_message history_text(struct storage_world *world, const struct person *from,
						 const struct person *to, const char *text)
{
	static unsigned serial;
	static char call_ids[4][32];
	char *call_id = call_ids[serial % 4];
	(void)snprintf(call_id, sizeof(call_ids[0]), "call-%u", ++serial);
	return (struct stored_message){.id = storage_next_message_id(world->storage),
				       .receiver_id = to->id,
				       .sender_id = from->id,
				       .sender = slice_text(from->aor),
				       .receiver = slice_text(to->aor),
				       .call_id = slice_text(call_id),
				       .cseq = 4294967295U,
				       .request_uri = SLICE("sip:x@example.test"),
				       .from = SLICE("<sip:x@example.test>;tag=1"),
				       .to = SLICE("<sip:y@example.test>"),
				       .headers = SLICE("Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n"),
				       .content_type = SLICE("text/plain"),
				       .kind = STORED_MESSAGE_TEXT,
				       .body = slice_text(text),
				       .received_at_ms = (int64_t)time(NULL) * 1000,
				       .expires_at_s = (int64_t)time(NULL) + DAY_S,
				       .taken = true};
}

/* Keeps it; the result. `taken` decides whether it is owed. */
static inline int history_save(struct storage_world *world, const struct stored_message *message)
{
	struct outcome outcome = {.result = 1};
	storage_save_message(world->storage, message, NULL, 0, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	return outcome.result;
}

/* Sends a text; its id, or a negative result. */
static inline int64_t history_send(struct storage_world *world, const struct person *from, const struct person *to,
				   const char *text)
{
	struct stored_message message = history_text(world, from, to, text);
	int result = history_save(world, &message);
	return result < 0 ? result : message.id;
}

/* What was read: "<got it >sent to" in the order of arrival, '*' where it is kept, with the numbers of it. */
struct history_seen {
	struct outcome outcome;
	bool more;
	unsigned count;
	int64_t ids[1200];
	char text[2048];
	char peers[256];
	struct stored_message last; /* but for its slices */
	unsigned unread;            /* of conversations: the last one's */
	int64_t read_id;
	bool is_left; /* nobody waits for the rest */
};

static inline void history_note(struct history_seen *seen, const char *sign, struct slice text)
{
	size_t used = strlen(seen->text);
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%s%s%.*s", used > 0 ? " " : "", sign,
		       SLICE_ARGS(text));
}

static inline void history_note_peer(struct history_seen *seen, struct slice peer)
{
	size_t used = strlen(seen->peers);
	struct slice user = slice_take(&peer, '@');
	(void)snprintf(seen->peers + used, sizeof(seen->peers) - used, "%s%.*s", used > 0 ? " " : "", SLICE_ARGS(user));
}

static inline void history_on_message(void *arg, const struct history_message *message)
{
	struct history_seen *seen = arg;
	char sign[3] = {message->is_sent ? '>' : '<', message->is_kept ? '*' : '\0', '\0'};
	if (seen->count < ARRAY_SIZE(seen->ids))
		seen->ids[seen->count] = message->message.id;
	seen->count++;
	seen->last = message->message;
	history_note(seen, sign, slice_from(message->message.body, message->message.text_at));
	history_note_peer(seen, message->peer);
}

static inline void history_on_conversation(void *arg, const struct history_conversation *conversation)
{
	struct history_seen *seen = arg;
	if (conversation->last)
		history_on_message(arg, conversation->last);
	else
		history_note_peer(seen, conversation->peer);
	seen->unread = conversation->unread;
	seen->read_id = conversation->read_id;
}

static inline void history_on_more(void *arg, int result, bool more)
{
	struct history_seen *seen = arg;
	seen->more = more;
	outcome_done(&seen->outcome, result);
}

static inline void history_wait(struct storage_world *world, const struct history_seen *seen)
{
	while (seen->outcome.calls == 0)
		storage_world_turn(world);
}

static inline void history_page(struct storage_world *world, const struct history_page *page, struct history_seen *seen)
{
	*seen = (struct history_seen){.outcome.result = 1};
	storage_load_history(world->storage, page, history_on_message, history_on_more, seen);
	history_wait(world, seen);
}

/* The last messages of a conversation. */
static inline void history_read(struct storage_world *world, const struct person *who, const char *peer,
				struct history_seen *seen)
{
	history_page(
		world,
		&(struct history_page){.account_id = who->id, .peer = slice_text(peer), .id = HISTORY_END, .most = 500},
		seen);
}

static inline void history_conversation(struct storage_world *world, const struct person *who, const char *peer,
					struct history_seen *seen)
{
	*seen = (struct history_seen){.outcome.result = 1};
	storage_load_conversation(world->storage, who->id, slice_text(peer), history_on_conversation, outcome_done,
				  seen);
	history_wait(world, seen);
}

static inline void history_list(struct storage_world *world, const struct person *who, int64_t before_id, unsigned most,
				struct history_seen *seen)
{
	*seen = (struct history_seen){.outcome.result = 1};
	storage_load_conversations(world->storage, who->id, before_id, most, history_on_conversation, history_on_more,
				   seen);
	history_wait(world, seen);
}
