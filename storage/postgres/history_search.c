/* Searching the history: from its end towards its beginning, a stretch of time after the other.
 *
 * There is no index of words, which every message would have to pay for. A stretch is a range of ids in each
 * conversation; it is as long as its messages are few, so that each statement looks through a bounded number of them.
 * SPDX-License-Identifier: MIT */
#include "conversation_rows.h"
#include "history_rows.h"

#include "base/error.h"

#include <stdlib.h>

#define DAY_MS INT64_C(86400000)
/* A stretch with more than this is divided, unless it cannot be; and one with little of it is followed by a longer one.
 */
#define STRETCH_MESSAGES 4000
#define STRETCH_BYTES ((int64_t)4 << 20)
#define STRETCH_FACTOR 8
#define STRETCH_FEW (STRETCH_FACTOR * 2)

struct search_read {
	struct read read;
	struct history_search search; /* its words are the patterns, behind the struct */
	history_message_fn *each;
	history_wanted_fn *wanted;
	int64_t length; /* of the stretch in ids; it ends at search.before_id */
	int64_t told_bytes;
	struct slice patterns[STORAGE_SEARCH_WORDS_MOST];
	char bytes[];
};

/* What the account w has sent and received, of the conversations and in the stretch that are asked for. */
#define STRETCH                                                                                                        \
	" conversations c CROSS JOIN LATERAL (SELECT * FROM messages y WHERE y.receiver_id = c.account_id"             \
	"  AND y.sender_id = c.peer_id AND y.id >= w.from_id AND y.id < w.before_id"                                   \
	" UNION ALL SELECT * FROM messages y WHERE y.receiver_id = c.peer_id AND y.sender_id = c.account_id"           \
	"  AND c.peer_id <> c.account_id AND y.id >= w.from_id AND y.id < w.before_id) x"                              \
	" WHERE c.account_id = w.account_id AND c.peer >= w.first_peer AND c.peer <= w.last_peer "

/* Small letters are made once of each text, which costs half of what ILIKE does. */
#define HAS_WORDS                                                                                                      \
	"CASE WHEN x.kind = 1 THEN lower(convert_from(substr(x.body, x.text_at + 1), 'UTF8')"                          \
	" COLLATE heliograph_words) COLLATE \"C\" LIKE ALL (w.patterns) ELSE false END"

/* $1: account; $2, $3: peers between; $4, $5: ids from, and before; $6: most messages; $7, $8: most to be looked
 * through, of messages and of bytes; $9: patterns. One row at least: how much there was, and no more than that where it
 * was too much. */
const struct statement history_search_statement = {
	"history_search",
	"SELECT n.messages, n.bytes, m.peer, " HISTORY_COLUMNS
	" FROM (SELECT $1::bigint AS account_id, $2::bytea AS first_peer, $3::bytea AS last_peer,"
	"  $4::bigint AS from_id, $5::bigint AS before_id,"
	"  (SELECT array_agg(lower(p COLLATE heliograph_words)) FROM unnest($9::text[]) AS p) AS patterns) w"
	" CROSS JOIN LATERAL (SELECT count(*) AS messages, coalesce(sum(octet_length(b.body)), 0)::bigint AS bytes"
	"  FROM (SELECT x.body FROM" STRETCH "LIMIT $7::bigint + 1) b) n"
	" LEFT JOIN LATERAL (SELECT c.peer, x.* FROM" STRETCH
	"  AND n.messages <= $7::bigint AND n.bytes <= $8::bigint AND " HAS_WORDS
	"  ORDER BY x.id DESC LIMIT $6::bigint) m ON true ORDER BY m.id DESC",
};

enum { COLUMN_MESSAGES, COLUMN_BYTES, COLUMN_PEER, COLUMN_MESSAGE };

/* Behind all names of peers: their first byte is of a text. */
#define LAST_PEER SLICE("\xff")

static bool can_be_divided(const struct search_read *search)
{
	return search->length > storage_message_id_span(1);
}

static int64_t beginning_of(const struct search_read *search)
{
	int64_t before_id = search->search.before_id;
	return search->length < before_id ? before_id - search->length : 0;
}

static int write_search(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	(void)count;
	const struct search_read *search = CONTAINER_OF(reads[0], struct search_read, read);
	struct slice peer = search->search.peer;
	bool is_bounded = can_be_divided(search);
	parameters_number(parameters, search->search.account_id);
	parameters_bytes(parameters, peer);
	parameters_bytes(parameters, slice_is_empty(peer) ? LAST_PEER : peer);
	parameters_number(parameters, beginning_of(search));
	parameters_number(parameters, search->search.before_id);
	parameters_number(parameters, (int64_t)search->search.most + 1);
	parameters_number(parameters, is_bounded ? STRETCH_MESSAGES : INT64_MAX - 1);
	parameters_number(parameters, is_bounded ? STRETCH_BYTES : INT64_MAX);
	unsigned patterns = parameters_array(parameters, PARAMETER_TEXTS);
	for (size_t i = 0; i < search->search.word_count; i++)
		parameters_array_bytes(parameters, patterns, search->patterns[i]);
	return 0;
}

static size_t message_bytes(const struct stored_message *message)
{
	return message->body.length + message->headers.length + message->call_id.length + message->content_type.length;
}

/* Tells the messages that were found, as many as are still wanted and fit; true where there are more than that. */
static bool tell_found(struct search_read *search, const PGresult *rows)
{
	for (int row = 0; row < PQntuples(rows) && !PQgetisnull(rows, row, COLUMN_MESSAGE); row++) {
		if (search->search.most == 0 || search->told_bytes >= HISTORY_BYTES_MOST)
			return true;
		struct history_message message =
			history_row(rows, row, COLUMN_MESSAGE, row_bytes(rows, row, COLUMN_PEER));
		search->each(search->read.answer.arg, &message);
		search->told_bytes += (int64_t)message_bytes(&message.message);
		search->search.most--;
	}
	return false;
}

/* The stretch before this one; false where there is none. */
static bool step_back(struct search_read *search, int64_t messages, int64_t bytes)
{
	search->search.before_id = beginning_of(search);
	bool is_short = messages < STRETCH_MESSAGES / STRETCH_FEW && bytes < STRETCH_BYTES / STRETCH_FEW;
	if (is_short && search->length < INT64_MAX / STRETCH_FACTOR)
		search->length *= STRETCH_FACTOR;
	return search->search.before_id > 0;
}

static void on_found(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	(void)count;
	struct search_read *search = CONTAINER_OF(reads[0], struct search_read, read);
	const struct answer *answer = &search->read.answer;
	int64_t messages = row_number(rows, 0, COLUMN_MESSAGES), bytes = row_number(rows, 0, COLUMN_BYTES);
	bool more = false;
	if (can_be_divided(search) && (messages > STRETCH_MESSAGES || bytes > STRETCH_BYTES)) {
		search->length /= STRETCH_FACTOR;
		search->read.again = true;
	} else {
		more = tell_found(search, rows);
		search->read.again = !more && step_back(search, messages, bytes);
	}
	search->read.again = search->read.again && search->wanted(answer->arg);
	if (!search->read.again)
		answer->to.more(answer->arg, 0, more);
}

/* One at a time: each looks through much. */
static const struct read_kind search_kind = {&history_search_statement, 1, write_search, on_found};

/* --- asking -------------------------------------------------------------------------------------------------- */

/* The word anywhere in the text; what LIKE takes for more than a letter is escaped. At most 2 bytes for each, and 2. */
static struct slice write_pattern(char **next, struct slice word)
{
	struct slice pattern = slice_of(*next, 0);
	char *at = *next;
	*at++ = '%';
	for (size_t i = 0; i < word.length; i++) {
		if (word.at[i] == '%' || word.at[i] == '_' || word.at[i] == '\\')
			*at++ = '\\';
		*at++ = word.at[i];
	}
	*at++ = '%';
	pattern.length = (size_t)(at - *next);
	*next = at;
	return pattern;
}

/* The bytes that go behind the struct; 0: there are too many words, or one is no text. */
static size_t measure(const struct history_search *search)
{
	size_t bytes = search->peer.length + 1;
	if (search->word_count > STORAGE_SEARCH_WORDS_MOST)
		return 0;
	for (size_t i = 0; i < search->word_count; i++) {
		if (!storage_is_text(search->words[i]))
			return 0;
		bytes += 2 * search->words[i].length + 2;
	}
	return bytes;
}

void storage_search_history(struct storage *storage, const struct history_search *search, history_message_fn *each,
			    history_wanted_fn *wanted, storage_more_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_MORE, .to.more = done, .arg = arg};
	size_t bytes = measure(search);
	if (bytes == 0) {
		storage_refuse(storage, answer, ERR_STORAGE_REFUSED);
		return;
	}
	struct read *read = reads_new(storage->history_reads, &search_kind, sizeof(struct search_read) + bytes, answer);
	if (!read)
		return;
	struct search_read *asked = CONTAINER_OF(read, struct search_read, read);
	char *next = asked->bytes;
	/* Nothing is newer than now, but for a clock of another node that is ahead. */
	int64_t newest_id = storage_message_id_at(storage_wall_ms() + DAY_MS);
	asked->search = *search;
	asked->search.words = NULL;
	asked->search.peer = slice_copy_to(&next, search->peer);
	asked->search.before_id = search->before_id < newest_id ? search->before_id : newest_id;
	for (size_t i = 0; i < search->word_count; i++)
		asked->patterns[i] = write_pattern(&next, search->words[i]);
	asked->length = storage_message_id_span(2 * DAY_MS);
	asked->told_bytes = 0;
	asked->each = each;
	asked->wanted = wanted;
	conversation_rows_flush(storage->conversation_rows);
	reads_add(storage->history_reads, read);
}
