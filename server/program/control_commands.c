/* What can be asked of a server that runs: the table, and `message`. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/control_handlers.h"

#include <stdio.h>
#include <stdlib.h>

static void on_sent(void *arg, unsigned status, const char *sentence)
{
	struct control_call *call = arg;
	struct buffer buffer;
	buffer_init(&buffer, 4096);
	buffer_format(&buffer, "%u %s\n", status, sentence ? sentence : "");
	control_answer(call, status >= 200 && status < 300,
		       buffer_failed(&buffer) ? SLICE("out of memory") : buffer_slice(&buffer));
	buffer_finish(&buffer);
}

bool control_is_serving(const struct node *node, struct control_call *call)
{
	if (node->phase != NODE_SERVING)
		control_answer(call, false, SLICE("the server does not serve now"));
	return node->phase == NODE_SERVING;
}

void control_answer_buffer(struct control_call *call, struct buffer *buffer)
{
	bool good = !buffer_failed(buffer);
	control_answer(call, good, good ? buffer_slice(buffer) : slice_text(error_text(ERR_NO_MEMORY)));
	buffer_finish(buffer);
}

void control_write_plain(struct buffer *buffer, struct slice text)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char byte = (unsigned char)text.at[i];
		buffer_byte(buffer, byte < ' ' || byte == 0x7f ? '?' : text.at[i]);
	}
}

bool control_read_user(const struct node *node, struct slice text, struct slice *user)
{
	struct slice rest = text;
	if (slice_starts_with(rest, SLICE("sip:")))
		rest = slice_from(rest, 4);
	*user = slice_take(&rest, '@');
	return !slice_is_empty(*user) && (slice_is_empty(rest) || domain_is_local(node->domain, rest, 0));
}

/* A message that waits for its sender to be looked up. */
struct outgoing {
	struct node *node;
	struct control_call *call;
	struct slice from, to, text; /* good until the call is answered */
};

static void on_sender(void *arg, int result, struct account *account)
{
	struct outgoing *outgoing = arg;
	struct node *node = outgoing->node;
	(void)account;
	if (result == 0 && node->phase == NODE_SERVING) {
		messaging_send_text(node->messaging, outgoing->from, outgoing->to, outgoing->text, on_sent,
				    outgoing->call);
	} else if (result == ERR_NOT_FOUND) {
		char sentence[ADDRESSES_DOMAIN_SIZE + 256];
		snprintf(sentence, sizeof(sentence), "404 There is no account %.*s@%.*s",
			 (int)(outgoing->from.length < 200 ? outgoing->from.length : 200), outgoing->from.at,
			 SLICE_ARGS(node->domain_name));
		control_answer(outgoing->call, false, slice_text(sentence));
	} else {
		control_answer(outgoing->call, false,
			       result < 0 ? slice_text(error_text(result)) : SLICE("the server does not serve now"));
	}
	free(outgoing);
}

/* In the name of accounts only: who answers must reach somebody. */
static void send_from_account(struct node *node, struct control_call *call, struct slice from, struct slice to,
			      struct slice text)
{
	if (accounts_find(node->accounts, from)) {
		messaging_send_text(node->messaging, from, to, text, on_sent, call);
		return;
	}
	struct outgoing *outgoing = malloc(sizeof(*outgoing));
	if (!outgoing) {
		control_answer(call, false, slice_text(error_text(ERR_NO_MEMORY)));
		return;
	}
	*outgoing = (struct outgoing){.node = node, .call = call, .from = from, .to = to, .text = text};
	accounts_load(node->accounts, from, on_sender, outgoing);
}

static void handle_message(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct slice from, to;
	if (!control_is_serving(node, call))
		return;
	if (!control_read_user(node, request->arguments[0], &from) ||
	    !control_read_user(node, request->arguments[1], &to))
		control_answer(call, false, SLICE("that is no address of this server's domain"));
	else if (slice_is_empty(request->text))
		control_answer(call, false, SLICE("the text is empty"));
	else
		send_from_account(node, call, from, to, request->text);
}

static const struct control_command commands[] = {
	{"status", 0, handle_status},
	{"message", 2, handle_message},
	{"who", 0, handle_who},
	{"watchers", 1, handle_watchers},
	{"why", 2, handle_why},
	{"decide", 4, handle_decide},
	{"rules", 1, handle_rules},
	{"requests", 1, handle_requests},
	{"mailbox-set", 1, handle_mailbox_set},
	{"mailbox-share", 1, handle_mailbox_share},
	{"mailbox-list", 0, handle_mailbox_list},
	{"mailbox-show", 1, handle_mailbox_show},
};

int control_commands_open(struct node *node, char error[CONTROL_ERROR_SIZE])
{
	node->control =
		control_create(&node->loop, node->log, node->state, commands, ARRAY_SIZE(commands), node, error);
	return node->control ? 0 : ERR_CONFIGURATION;
}
