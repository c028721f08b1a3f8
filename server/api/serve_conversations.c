/* /users/{user}/conversations and /messages: what an account has written and got, and how far it has read
 * (docs/web-client.md). SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/message_json.h"
#include "api/put_body.h"
#include "api/serve.h"
#include "base/error.h"
#include "presence/conversations.h"

#include <stdio.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MOST 500
#define SEARCH_BYTES_MOST 256

/* What is asked for; in the request's arena. */
struct asked {
	int64_t account_id;
	struct slice peer; /* AOR; empty: all */
	int64_t id;        /* of the message before or after which, or up to which */
	bool is_after;
	unsigned limit;
	struct slice words[STORAGE_SEARCH_WORDS_MOST];
	size_t word_count;
	/* While the answer is written: */
	bool is_told;
	int64_t last_id;
};

/* --- reading: false where it was refused -------------------------------------------------------------------------- */

/* A user of ours as the conversations know him, whether he exists or not. */
static bool read_peer(struct api_call *call, struct slice text, struct slice *peer)
{
	struct slice user, domain = domain_name(call->parts->domain);
	if (!call_read_user(call, text, &user))
		return false;
	char *aor = arena_allocate(call->request->arena, user.length + 1 + domain.length);
	if (!aor) {
		call_fail(call, ERR_NO_MEMORY);
		return false;
	}
	memcpy(aor, user.at, user.length);
	aor[user.length] = '@';
	memcpy(aor + user.length + 1, domain.at, domain.length);
	*peer = slice_of(aor, user.length + 1 + domain.length);
	return true;
}

static bool read_limit(struct api_call *call, unsigned *limit)
{
	struct slice text;
	uint64_t number = LIMIT_DEFAULT;
	if (http_query(call->request, SLICE("limit"), &text) &&
	    (!slice_to_number(text, LIMIT_MOST, &number) || number == 0)) {
		call_refuse(call, 400, "limit is a number from 1 to %d", LIMIT_MOST);
		return false;
	}
	*limit = (unsigned)number;
	return true;
}

/* `is_given` tells whether the parameter is there; else the id stays what it was. */
static bool read_id(struct api_call *call, const char *name, int64_t *id, bool *is_given)
{
	struct slice text;
	uint64_t number;
	*is_given = http_query(call->request, slice_text(name), &text);
	if (!*is_given)
		return true;
	if (!slice_to_number(text, INT64_MAX, &number)) {
		call_refuse(call, 400, "%s is the id of a message", name);
		return false;
	}
	*id = (int64_t)number;
	return true;
}

/* What most have in common: limit, before, and where the path has one, the peer. */
static struct asked *read_asked(struct api_call *call)
{
	bool is_given;
	struct asked *asked = arena_allocate_zeroed(call->request->arena, 1, sizeof *asked);
	if (!asked) {
		call_fail(call, ERR_NO_MEMORY);
		return NULL;
	}
	call->state = asked;
	asked->id = HISTORY_END;
	if (!read_limit(call, &asked->limit) || !read_id(call, "before", &asked->id, &is_given) ||
	    (!slice_is_empty(call->item) && !read_peer(call, call->item, &asked->peer)))
		return NULL;
	return asked;
}

/* Goes on with the account of the path. */
static void with_account(struct api_call *call, api_account_fn *go_on)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, go_on);
}

/* --- conversations ------------------------------------------------------------------------------------------------ */

static void write_conversation(void *arg, const struct history_conversation *conversation)
{
	struct api_call *call = arg;
	if (!call->request)
		return;
	struct asked *asked = call->state;
	asked->is_told = true;
	asked->last_id = conversation->last ? conversation->last->message.id : 0;
	conversation_json_write(&call->json, conversation);
}

static void on_listed(void *arg, int result, bool more)
{
	struct api_call *call = arg;
	char next[24];
	if (call_is_gone(call))
		return;
	if (result != 0) {
		call_fail(call, result);
		return;
	}
	const struct asked *asked = call->state;
	(void)snprintf(next, sizeof next, "%lld", (long long)asked->last_id);
	json_write_end(&call->json, ']');
	json_write_text_or_null(&call->json, "next", more ? slice_text(next) : SLICE(""));
	json_write_end(&call->json, '}');
	call_answer(call);
}

static void list(struct api_call *call, struct account *account)
{
	const struct asked *asked = call->state;
	json_write_begin(&call->json, NULL, '{');
	json_write_begin(&call->json, "conversations", '[');
	storage_load_conversations(call->parts->storage, account->id, asked->id, asked->limit, write_conversation,
				   on_listed, call);
}

void serve_conversations(struct api_call *call)
{
	if (read_asked(call))
		with_account(call, list);
}

/* Nothing was ever said: there is no row. */
static void on_loaded(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	const struct asked *asked = call->state;
	if (result != 0) {
		call_fail(call, result);
		return;
	}
	if (!asked->is_told)
		conversation_json_write(&call->json, &(struct history_conversation){.peer = asked->peer});
	call_answer(call);
}

static void load(struct api_call *call)
{
	const struct asked *asked = call->state;
	storage_load_conversation(call->parts->storage, asked->account_id, asked->peer, write_conversation, on_loaded,
				  call);
}

static void show(struct api_call *call, struct account *account)
{
	((struct asked *)call->state)->account_id = account->id;
	load(call);
}

void serve_conversation(struct api_call *call)
{
	if (read_asked(call))
		with_account(call, show);
}

/* --- messages ----------------------------------------------------------------------------------------------------- */

static void write_message(void *arg, const struct history_message *message)
{
	struct api_call *call = arg;
	if (call->request)
		message_json_write(&call->json, NULL, message);
}

static void on_messages(void *arg, int result, bool more)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result != 0) {
		call_fail(call, result);
		return;
	}
	json_write_end(&call->json, ']');
	json_write_bool(&call->json, "more", more);
	json_write_end(&call->json, '}');
	call_answer(call);
}

static void begin_messages(struct api_call *call)
{
	json_write_begin(&call->json, NULL, '{');
	json_write_begin(&call->json, "messages", '[');
}

static void load_page(struct api_call *call, struct account *account)
{
	const struct asked *asked = call->state;
	begin_messages(call);
	storage_load_history(call->parts->storage,
			     &(struct history_page){.account_id = account->id,
						    .peer = asked->peer,
						    .id = asked->id,
						    .is_after = asked->is_after,
						    .most = asked->limit},
			     write_message, on_messages, call);
}

void serve_messages(struct api_call *call)
{
	struct asked *asked = read_asked(call);
	bool is_before = asked && asked->id != HISTORY_END;
	if (!asked || !read_id(call, "after", &asked->id, &asked->is_after))
		return;
	if (is_before && asked->is_after)
		call_refuse(call, 400, "Either before or after, not both");
	else
		with_account(call, load_page);
}

/* --- searching ---------------------------------------------------------------------------------------------------- */

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool take_word(struct slice *rest, struct slice *word)
{
	while (rest->length > 0 && is_blank(rest->at[0]))
		*rest = slice_from(*rest, 1);
	size_t length = 0;
	while (length < rest->length && !is_blank(rest->at[length]))
		length++;
	*word = slice_of(rest->at, length);
	*rest = slice_from(*rest, length);
	return length > 0;
}

static bool read_words(struct api_call *call, struct asked *asked)
{
	struct slice text, word;
	if (!http_query(call->request, SLICE("search"), &text)) {
		call_refuse(call, 400, "The parameter search is missing, or it is broken");
		return false;
	}
	if (text.length > SEARCH_BYTES_MOST || !slice_is_utf8(text)) {
		call_refuse(call, 400, "search is a text in UTF-8 of at most %d bytes", SEARCH_BYTES_MOST);
		return false;
	}
	while (take_word(&text, &word) && asked->word_count < STORAGE_SEARCH_WORDS_MOST)
		asked->words[asked->word_count++] = word;
	if (word.length == 0 && asked->word_count > 0)
		return true;
	call_refuse(call, 400, "search has from 1 to %d words", STORAGE_SEARCH_WORDS_MOST);
	return false;
}

static bool is_wanted(void *arg)
{
	return ((const struct api_call *)arg)->request != NULL;
}

static void search(struct api_call *call, struct account *account)
{
	const struct asked *asked = call->state;
	begin_messages(call);
	storage_search_history(call->parts->storage,
			       &(struct history_search){.account_id = account->id,
							.peer = asked->peer,
							.words = asked->words,
							.word_count = asked->word_count,
							.before_id = asked->id,
							.most = asked->limit},
			       write_message, is_wanted, on_messages, call);
}

void serve_search(struct api_call *call)
{
	struct slice with;
	struct asked *asked = read_asked(call);
	if (!asked || !read_words(call, asked))
		return;
	if (!http_query(call->request, SLICE("with"), &with) || read_peer(call, with, &asked->peer))
		with_account(call, search);
}

/* --- read marks --------------------------------------------------------------------------------------------------- */

/* The user and the peer outlive the request: others are told of the mark, whether who made it waits for that or not. */
static void keep_names(struct api_call *call, struct slice user, struct slice peer)
{
	buffer_init(&call->document, user.length + 1 + peer.length);
	buffer_append(&call->document, user);
	buffer_byte(&call->document, '\0');
	buffer_append(&call->document, peer);
}

static void announce(const struct api_call *call)
{
	struct slice peer = buffer_slice(&call->document), user = slice_take(&peer, '\0');
	conversations_changed(call->parts->conversations, user, peer);
}

/* ERR_EXISTS: it was read as far already, or there is nothing to be read. */
static void on_marked(void *arg, int result)
{
	struct api_call *call = arg;
	if (result == 0)
		announce(call);
	if (call_is_gone(call))
		return;
	if (result == 0 || result == ERR_EXISTS)
		load(call);
	else
		call_fail(call, result);
}

static void mark(struct api_call *call, struct account *account)
{
	struct asked *asked = call->state;
	asked->account_id = account->id;
	keep_names(call, account_user(account), asked->peer);
	if (buffer_failed(&call->document))
		call_fail(call, ERR_NO_MEMORY);
	else
		storage_mark_read(call->parts->storage, account->id, asked->peer, asked->id, on_marked, call);
}

void serve_read_mark(struct api_call *call)
{
	struct body_error error;
	struct asked *asked = read_asked(call);
	if (!asked || !call_has_json(call))
		return;
	int result = put_body_read_mark(call->request->body, &asked->id, &error);
	if (result == 0)
		with_account(call, mark);
	else
		call_refuse_body(call, result, &error);
}
