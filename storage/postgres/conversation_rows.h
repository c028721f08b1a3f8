/* The rows of conversations, which messages begin: written behind them, many together, so that a message costs nothing
 * for being one of a conversation, and little where it is the first.
 *
 *   message committed ─▶ is the pair known today? ─no─▶ pending ─▶ one statement, before the next read of the history
 *                                                                  or after some seconds, whichever is first
 *
 * So whoever reads sees the conversations of all messages that this node has committed, and other nodes' a little
 * later. What was pending when a process was killed is found among the last messages at the next start.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "storage/postgres/database.h"

struct conversation_rows;

/* NULL where memory is exhausted. */
struct conversation_rows *conversation_rows_create(struct storage *storage);
/* Accepts NULL. */
void conversation_rows_destroy(struct conversation_rows *rows);

/* Once the history can be reached: what the process before this one has left out. */
void conversation_rows_repair(struct conversation_rows *rows);

/* A message that is no receipt has been committed; its texts are copied. */
void conversation_rows_note(struct conversation_rows *rows, const struct stored_message *message);
/* What is pending goes before all that waits for the history. False where nothing is. */
bool conversation_rows_flush(struct conversation_rows *rows);
