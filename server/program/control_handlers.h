/* What the node answers over its control socket: the handlers behind the table in control_commands.c.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "program/node.h"

/* control_status.c */
control_handler_fn handle_status;
/* control_events.c */
control_handler_fn handle_who, handle_watchers, handle_why;
/* control_mailboxes.c: the text has a word a line */
control_handler_fn handle_mailbox_set, handle_mailbox_share, handle_mailbox_list, handle_mailbox_show;

/* control_rules.c */
control_handler_fn handle_decide, handle_rules, handle_requests;

/* False where the node does not serve now: then the call is answered. */
bool control_is_serving(const struct node *node, struct control_call *call);
/* "alice", "alice@example.test" or "sip:alice@example.test"; false where the domain is not ours. */
bool control_read_user(const struct node *node, struct slice text, struct slice *user);
/* Something was told of the mailbox, or somebody shares it. */
bool control_knows_mailbox(const struct node *node, struct slice name);
/* What was written, or that there was no room for it; ends the buffer. */
void control_answer_buffer(struct control_call *call, struct buffer *buffer);
/* Foreign text in one line of an answer: control characters become '?'. */
void control_write_plain(struct buffer *buffer, struct slice text);
