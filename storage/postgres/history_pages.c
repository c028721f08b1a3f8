/* Reading the history: the messages of a conversation, page by page, as history.c reads their last ones.
 * SPDX-License-Identifier: MIT */
#include "conversation_rows.h"
#include "history_rows.h"

struct page_read {
	struct read read;
	struct history_page page;
	history_message_fn *each;
	char bytes[];
};

/* From both directions as many as the page may have, and one by which it is known whether there are more; a
 * conversation with oneself has one direction. Of these `there`, what stands behind more bytes than a page should have
 * ($5) is left for the next one. */
#define PAGES                                                                                                          \
	"SELECT w.place, c.peer, m.there, " HISTORY_COLUMNS " FROM unnest($1::bigint[], $2::bytea[], $3::bigint[],"    \
	"  $4::bigint[]) WITH ORDINALITY AS w(account_id, peer, id, most, place)"                                      \
	" JOIN conversations c ON c.account_id = w.account_id AND c.peer = w.peer"                                     \
	" CROSS JOIN LATERAL (SELECT * FROM (SELECT b.*, count(*) OVER () AS there,"
#define BYTES_OF_B                                                                                                     \
	"(octet_length(b.body) + octet_length(b.headers) + octet_length(b.call_id) + octet_length(b.content_type))"
#define BACKWARDS " sum(" BYTES_OF_B ") OVER (ORDER BY b.id DESC) - " BYTES_OF_B " AS in_front"
#define FORWARDS " sum(" BYTES_OF_B ") OVER (ORDER BY b.id) - " BYTES_OF_B " AS in_front"
#define FROM_BOTH " FROM (SELECT * FROM ("
#define RECEIVED "(SELECT * FROM messages y WHERE y.receiver_id = c.account_id AND y.sender_id = c.peer_id"
#define SENT                                                                                                           \
	" UNION ALL (SELECT * FROM messages y WHERE y.receiver_id = c.peer_id AND y.sender_id = c.account_id"          \
	" AND c.peer_id <> c.account_id"
#define BEFORE " AND y.id < w.id ORDER BY y.id DESC LIMIT w.most + 1)"
#define AFTER " AND y.id > w.id ORDER BY y.id LIMIT w.most + 1)"
#define FITTING " WHERE k.in_front < $5::bigint) m ORDER BY w.place, m.id"

const struct statement history_before_statement = {
	"history_before",
	PAGES BACKWARDS FROM_BOTH RECEIVED BEFORE SENT BEFORE ") u ORDER BY u.id DESC LIMIT w.most + 1) b) k" FITTING,
};
const struct statement history_after_statement = {
	"history_after",
	PAGES FORWARDS FROM_BOTH RECEIVED AFTER SENT AFTER ") u ORDER BY u.id LIMIT w.most + 1) b) k" FITTING,
};

enum { COLUMN_PLACE, COLUMN_PEER, COLUMN_THERE, COLUMN_MESSAGE };

static int write_pages(struct storage *storage, struct read *const *reads, size_t count, struct parameters *parameters)
{
	(void)storage;
	unsigned accounts = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned peers = parameters_array(parameters, PARAMETER_BYTES);
	unsigned ids = parameters_array(parameters, PARAMETER_NUMBERS);
	unsigned most = parameters_array(parameters, PARAMETER_NUMBERS);
	for (size_t i = 0; i < count; i++) {
		const struct history_page *page = &CONTAINER_OF(reads[i], struct page_read, read)->page;
		parameters_array_number(parameters, accounts, page->account_id);
		parameters_array_bytes(parameters, peers, page->peer);
		parameters_array_number(parameters, ids, page->id);
		parameters_array_number(parameters, most, page->most);
	}
	parameters_number(parameters, HISTORY_BYTES_MOST);
	return 0;
}

static bool has_more(const PGresult *rows, int first, unsigned found, unsigned most)
{
	return found > most || (found > 0 && row_number(rows, first, COLUMN_THERE) > (int64_t)found);
}

/* The one too many is the last of those behind, the first of those before. */
static void on_pages(struct storage *storage, struct read *const *reads, size_t count, const PGresult *rows)
{
	(void)storage;
	int first = 0;
	for (size_t i = 0; i < count; i++) {
		const struct page_read *read = CONTAINER_OF(reads[i], struct page_read, read);
		unsigned found = history_rows_of(rows, first, i + 1), most = read->page.most;
		bool more = has_more(rows, first, found, most);
		int next = first + (found > most && !read->page.is_after);
		for (unsigned k = 0; k < found && k < most; k++) {
			struct history_message message =
				history_row(rows, next, COLUMN_MESSAGE, row_bytes(rows, next, COLUMN_PEER));
			read->each(read->read.answer.arg, &message);
			next++;
		}
		first += (int)found;
		read->read.answer.to.more(read->read.answer.arg, 0, more);
	}
}

/* Few: each brings whole messages. */
#define TOGETHER 4
static const struct read_kind before_kind = {&history_before_statement, TOGETHER, write_pages, on_pages};
static const struct read_kind after_kind = {&history_after_statement, TOGETHER, write_pages, on_pages};

void storage_load_history(struct storage *storage, const struct history_page *page, history_message_fn *each,
			  storage_more_fn *done, void *arg)
{
	struct answer answer = {.kind = ANSWER_MORE, .to.more = done, .arg = arg};
	size_t bytes = sizeof(struct page_read) + page->peer.length;
	struct read *read =
		reads_new(storage->history_reads, page->is_after ? &after_kind : &before_kind, bytes, answer);
	if (!read)
		return;
	struct page_read *wanted = CONTAINER_OF(read, struct page_read, read);
	char *next = wanted->bytes;
	wanted->page = *page;
	wanted->page.peer = slice_copy_to(&next, page->peer);
	wanted->each = each;
	conversation_rows_flush(storage->conversation_rows);
	reads_add(storage->history_reads, read);
}
