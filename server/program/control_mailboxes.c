/* heliograph mailbox set | share | list | show, as the node answers them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "program/control_handlers.h"
#include "program/mailbox_words.h"

#include <stdlib.h>

/* Most users of one shared mailbox on one command line. */
#define USERS_MOST 256

static const char not_ours[] = "that is no address of this server's domain";

static void count_user(void *arg, struct slice user)
{
	(void)user;
	++*(unsigned *)arg;
}

bool control_knows_mailbox(const struct node *node, struct slice name)
{
	struct message_summary summary;
	unsigned users = 0;
	mailbox_each_user(node->mailboxes, name, count_user, &users);
	return mailbox_read(node->mailboxes, name, &summary) || users > 0;
}

/* --- one line of a mailbox --- */

struct user_list {
	struct buffer *buffer;
	unsigned count;
};

static void write_user(void *arg, struct slice user)
{
	struct user_list *list = arg;
	buffer_text(list->buffer, list->count++ == 0 ? "\tshared with " : ", ");
	control_write_plain(list->buffer, user);
}

static void write_mailbox(struct node *node, struct buffer *buffer, struct slice name,
			  const struct message_summary *summary)
{
	struct user_list users = {buffer, 0};
	control_write_plain(buffer, name);
	buffer_byte(buffer, '\t');
	mailbox_words_write(buffer, summary);
	mailbox_each_user(node->mailboxes, name, write_user, &users);
	buffer_byte(buffer, '\n');
}

/* --- changes --- */

struct change {
	struct node *node;
	struct control_call *call;
	struct slice name;   /* good until the call is answered */
	const char *missing; /* what ERR_NOT_FOUND means */
};

static void on_changed(void *arg, int result)
{
	struct change *change = arg;
	struct buffer buffer;
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	if (result == 0) {
		struct message_summary summary;
		(void)mailbox_read(change->node->mailboxes, change->name, &summary); /* else all is 0 */
		write_mailbox(change->node, &buffer, change->name, &summary);
		control_answer_buffer(change->call, &buffer);
	} else {
		const char *sentence = result == ERR_NOT_FOUND ? change->missing
				       : result == ERR_LIMIT   ? "there are too many mailboxes (limits.mailboxes)"
							       : error_text(result);
		control_answer(change->call, false, slice_text(sentence));
	}
	free(change);
}

static struct change *begin(struct node *node, struct control_call *call, struct slice argument)
{
	struct change fresh = {
		.node = node, .call = call, .missing = "there is no account or shared mailbox of that name"};
	if (!control_is_serving(node, call))
		return NULL;
	struct change *change = NULL;
	if (!control_read_user(node, argument, &fresh.name))
		control_answer(call, false, slice_text(not_ours));
	else if (!(change = malloc(sizeof(*change))))
		control_answer(call, false, slice_text(error_text(ERR_NO_MEMORY)));
	else
		*change = fresh;
	return change;
}

static void refuse(struct change *change, const char *sentence)
{
	control_answer(change->call, false, slice_text(sentence));
	free(change);
}

void handle_mailbox_set(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct change *change = begin(node, call, request->arguments[0]);
	if (!change)
		return;
	struct message_summary summary = {0};
	struct slice rest = request->text;
	const char *wrong = NULL;
	while (!wrong && !slice_is_empty(rest))
		wrong = mailbox_word_read(slice_take(&rest, '\n'), &summary);
	if (!wrong)
		wrong = mailbox_words_end(&summary);
	if (wrong)
		refuse(change, wrong);
	else
		mailbox_update(node->mailboxes, change->name, &summary, on_changed, change);
}

void handle_mailbox_share(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct change *change = begin(node, call, request->arguments[0]);
	if (!change)
		return;
	struct slice users[USERS_MOST], rest = request->text;
	size_t count = 0;
	const char *wrong = NULL;
	while (!wrong && !slice_is_empty(rest)) {
		struct slice word = slice_take(&rest, '\n');
		if (count == USERS_MOST)
			wrong = "there are too many users";
		else if (!control_read_user(node, word, &users[count++]))
			wrong = not_ours;
	}
	change->missing = "one of the users is no account, or the mailbox's name cannot be one";
	if (wrong)
		refuse(change, wrong);
	else
		mailbox_share(node->mailboxes, change->name, users, count, on_changed, change);
}

/* --- looking --- */

struct listing {
	struct node *node;
	struct buffer *buffer;
};

static void list_mailbox(void *arg, struct slice mailbox, const struct message_summary *summary)
{
	const struct listing *listing = arg;
	write_mailbox(listing->node, listing->buffer, mailbox, summary);
}

void handle_mailbox_list(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	(void)request;
	if (!control_is_serving(node, call))
		return;
	struct buffer buffer;
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	struct listing listing = {node, &buffer};
	mailboxes_each(node->mailboxes, list_mailbox, &listing);
	control_answer_buffer(call, &buffer);
}

/* The account may exist though nothing was told of its mailbox yet. */
static void on_looked_up(void *arg, int result, struct account *account)
{
	(void)account;
	on_changed(arg, result);
}

void handle_mailbox_show(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct change *change = begin(node, call, request->arguments[0]);
	if (change && control_knows_mailbox(node, change->name))
		on_changed(change, 0);
	else if (change)
		accounts_load(node->accounts, change->name, on_looked_up, change);
}
