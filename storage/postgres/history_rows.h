/* A message of the history as a row of the statements that read it. SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/reads.h"

#include "storage/history.h"

/* Of a messages row m in a statement where w.account_id is whose history it is. Debts are asked for row by row: of an
 * EXISTS the planner could make a table of all of them. */
#define HISTORY_COLUMNS                                                                                                \
	"m.id, m.receiver_id, m.sender_id, m.received_at, m.cseq, m.kind, m.text_at, m.sender, m.call_id, m.headers,"  \
	" m.content_type, m.body, m.sender_id = w.account_id,"                                                         \
	" m.expired OR (SELECT true FROM debts d WHERE d.account_id = m.receiver_id AND d.message_id = m.id"           \
	"  AND d.device_id = 0) IS TRUE"

/* Behind so many bytes of messages an answer ends, though more were asked for. A text becomes six times as long in JSON
 * where it has nothing but control characters, and nobody else is served while it is written. */
#define HISTORY_BYTES_MOST (INT64_C(2) << 20)

/* How many rows from `first` on are of this place, which is their first column. */
unsigned history_rows_of(const PGresult *rows, int first, size_t place);
/* From the column `first` on; good as long as the rows are. */
struct history_message history_row(const PGresult *rows, int row, int first, struct slice peer);
