/* Reading a message of the history. SPDX-License-Identifier: MIT */
#include "history_rows.h"

#include "messages.h"

unsigned history_rows_of(const PGresult *rows, int first, size_t place)
{
	int row = first;
	while (row < PQntuples(rows) && row_number(rows, row, 0) == (int64_t)place)
		row++;
	return (unsigned)(row - first);
}

struct history_message history_row(const PGresult *rows, int row, int first, struct slice peer)
{
	struct history_message read = {.peer = peer};
	struct stored_message *message = &read.message;
	int column = first;
	message->id = row_number(rows, row, column++);
	message->receiver_id = row_number(rows, row, column++);
	message->sender_id = message_sender_id(row_number(rows, row, column++));
	message->received_at_ms = row_number(rows, row, column++);
	message->cseq = (uint32_t)row_number(rows, row, column++);
	message->kind = (enum stored_message_kind)row_number(rows, row, column++);
	message->text_at = (uint32_t)row_number(rows, row, column++);
	message->sender = row_bytes(rows, row, column++);
	message->call_id = row_bytes(rows, row, column++);
	message->headers = row_bytes(rows, row, column++);
	message->content_type = row_bytes(rows, row, column++);
	message->body = row_bytes(rows, row, column++);
	read.is_sent = row_number(rows, row, column++) != 0;
	read.is_kept = row_number(rows, row, column) != 0;
	return read;
}
