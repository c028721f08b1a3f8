/* heliograph who, watchers and why, as the node answers them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/pidf.h"
#include "program/control_handlers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* What composing one user's presence may take. */
#define PRESENCE_BYTES_MOST (1u << 20)

/* --- who ------------------------------------------------------------------------------------------------------- */

struct who {
	struct node *node;
	struct buffer *buffer;
	int64_t now_ms;
};

/* What a person says of himself, in a word or two. */
static struct slice find_note(const struct presence_state *state)
{
	if (state->note_count > 0)
		return xml_text(state->notes[0]);
	for (const struct xml_node *node = state->person ? state->person->children : NULL; node; node = node->next) {
		if (slice_equal(node->name, SLICE("note")))
			return xml_text(node);
	}
	return slice_of("", 0);
}

static void write_presence(const struct who *who, struct slice user)
{
	struct arena arena;
	arena_init(&arena, NULL, PRESENCE_BYTES_MOST);
	const struct presence_state *state;
	if (people_compose_presence(who->node->people, user, &arena, &state) == 0) {
		buffer_text(who->buffer, state->is_open ? "open" : "closed");
		if (state->is_in_call)
			buffer_text(who->buffer, ", in a call");
		struct slice note = find_note(state);
		if (!slice_is_empty(note)) {
			buffer_text(who->buffer, ", \"");
			control_write_plain(who->buffer, note);
			buffer_text(who->buffer, "\"");
		}
	} else {
		buffer_text(who->buffer, "unknown");
	}
	arena_finish(&arena);
}

static void write_binding(const struct who *who, const struct binding *binding)
{
	char flow[FLOW_TEXT_SIZE];
	int64_t left_s = (binding->expires_at_ms - who->now_ms) / 1000;
	if (binding->reachable)
		buffer_append(who->buffer, flow_write(&binding->flow, flow));
	else
		buffer_text(who->buffer, "away");
	buffer_format(who->buffer, "\t%" PRId64 " s\t", left_s);
	control_write_plain(who->buffer, binding_text(binding, BINDING_USER_AGENT));
	buffer_byte(who->buffer, '\n');
}

static void write_account(void *arg, struct account *account)
{
	const struct who *who = arg;
	struct slice user = account_user(account);
	for (const struct device *device = account->devices; device; device = device->next) {
		for (const struct binding *binding = device->bindings; binding; binding = binding->next) {
			buffer_format(who->buffer, "%.*s@%.*s\t", SLICE_ARGS(user), SLICE_ARGS(who->node->domain_name));
			write_presence(who, user);
			buffer_byte(who->buffer, '\t');
			write_binding(who, binding);
		}
	}
}

void handle_who(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	(void)request;
	if (!control_is_serving(node, call))
		return;
	struct buffer buffer;
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	struct who who = {node, &buffer, timers_now(node->timers)};
	accounts_each(node->accounts, write_account, &who);
	control_answer_buffer(call, &buffer);
}

/* --- watchers -------------------------------------------------------------------------------------------------- */

struct watching {
	const struct node *node;
	struct buffer *buffer;
	struct slice name; /* the user or mailbox that was asked for */
	bool is_other;     /* what watches that name was written already: only the rest */
	bool is_list;      /* only those who watch by a list */
	unsigned count;
};

/* A lamp is called by its user, a mailbox "@name". */
static bool is_mailbox(struct slice resource)
{
	return resource.length > 0 && resource.at[0] == '@';
}

static struct slice plain_name(struct slice resource)
{
	return is_mailbox(resource) ? slice_from(resource, 1) : resource;
}

static void write_last_notify(struct buffer *buffer, const struct watcher_view *view)
{
	if (view->told_before_s < 0)
		buffer_text(buffer, "not told yet");
	else if (view->last_status == 0)
		buffer_format(buffer, "told %" PRId64 " s ago, no answer", view->told_before_s);
	else
		buffer_format(buffer, "told %" PRId64 " s ago, answered %u", view->told_before_s, view->last_status);
	if (view->retry_in_s >= 0)
		buffer_format(buffer, ", again in %" PRId64 " s", view->retry_in_s);
	else if (view->is_behind)
		buffer_text(buffer, ", behind");
}

static void write_view(const struct watching *watching, const struct watcher_view *view)
{
	struct buffer *buffer = watching->buffer;
	struct slice domain = watching->node->domain_name, name = plain_name(view->resource);
	buffer_format(buffer, "%.*s@%.*s\twatches\t%.*s\t", SLICE_ARGS(view->watcher), SLICE_ARGS(domain),
		      SLICE_ARGS(view->package));
	if (is_mailbox(view->resource))
		buffer_format(buffer, "mailbox %.*s", SLICE_ARGS(name));
	else if (view->is_list)
		buffer_append(buffer, name);
	else
		buffer_format(buffer, "%.*s@%.*s", SLICE_ARGS(name), SLICE_ARGS(domain));
	buffer_format(buffer, "\t%s\t%" PRId64 " s\t%.*s\t", view->state, view->expires_in_s, SLICE_ARGS(view->flow));
	write_last_notify(buffer, view);
	buffer_format(buffer, "\tprofile %s\n", view->profile);
}

static void visit_view(void *arg, const struct watcher_view *view)
{
	struct watching *watching = arg;
	bool is_watched = !view->is_list && slice_equal(plain_name(view->resource), watching->name);
	if (watching->is_list ? !view->is_list : is_watched == watching->is_other)
		return;
	write_view(watching, view);
	watching->count++;
}

void handle_watchers(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct buffer buffer;
	struct watching watching = {.node = node, .buffer = &buffer};
	if (!control_is_serving(node, call))
		return;
	if (!control_read_user(node, request->arguments[0], &watching.name)) {
		control_answer(call, false, SLICE("that is no address of this server's domain"));
		return;
	}
	struct slice all = SLICE("");
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	events_each_watcher(node->events, all, all, all, visit_view, &watching);
	/* And who watches him by a list. */
	watching.is_list = true;
	events_each_watcher(node->events, all, all, watching.name, visit_view, &watching);
	watching.is_list = false;
	watching.is_other = true;
	events_each_watcher(node->events, watching.name, all, all, visit_view, &watching);
	control_answer_buffer(call, &buffer);
}

/* --- why ------------------------------------------------------------------------------------------------------- */

/* Both must be looked up before the events can tell. */
struct question {
	struct node *node;
	struct control_call *call;
	struct slice watcher, watched; /* good until the call is answered */
	bool knows_watcher;
};

static void answer_missing(struct question *question, struct slice name, const char *what)
{
	struct buffer buffer;
	buffer_init(&buffer, 4096);
	buffer_format(&buffer, "there is no %s ", what);
	control_write_plain(&buffer, slice_of(name.at, name.length < 200 ? name.length : 200));
	control_answer(question->call, false,
		       buffer_failed(&buffer) ? slice_text(error_text(ERR_NO_MEMORY)) : buffer_slice(&buffer));
	buffer_finish(&buffer);
}

static void explain_mailbox(struct question *question)
{
	struct node *node = question->node;
	struct buffer buffer;
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	struct watching watching = {.node = node, .buffer = &buffer, .name = question->watched};
	events_each_watcher(node->events, question->watcher, slice_text(message_summary_package.name), SLICE(""),
			    visit_view, &watching);
	if (watching.count == 0) {
		bool may = mailbox_is_used_by(node->mailboxes, question->watched, question->watcher);
		buffer_format(&buffer, "%.*s does not watch the mailbox %.*s; a SUBSCRIBE would be %s.\n",
			      SLICE_ARGS(question->watcher), SLICE_ARGS(question->watched),
			      may ? "accepted" : "refused with 403: it is not shared with that user");
	}
	control_answer_buffer(question->call, &buffer);
}

static void explain(struct question *question)
{
	struct buffer buffer;
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	events_explain(question->node->events, question->watcher, question->watched, &buffer);
	control_answer_buffer(question->call, &buffer);
}

static void answer_question(struct question *question, int result)
{
	if (result == ERR_NOT_FOUND && !question->knows_watcher)
		answer_missing(question, question->watcher, "account");
	else if (result == ERR_NOT_FOUND && control_knows_mailbox(question->node, question->watched))
		explain_mailbox(question);
	else if (result == ERR_NOT_FOUND)
		answer_missing(question, question->watched, "account or mailbox");
	else if (result < 0)
		control_answer(question->call, false, slice_text(error_text(result)));
	else
		explain(question);
}

static void on_looked_up(void *arg, int result, struct account *account)
{
	struct question *question = arg;
	struct node *node = question->node;
	(void)account;
	if (node->phase != NODE_SERVING) {
		control_answer(question->call, false, SLICE("the server does not serve now"));
	} else if (result == 0 && !question->knows_watcher) {
		question->knows_watcher = true;
		accounts_load(node->accounts, question->watched, on_looked_up, question);
		return;
	} else {
		answer_question(question, result);
	}
	free(question);
}

void handle_why(void *arg, struct control_call *call, const struct control_request *request)
{
	struct node *node = arg;
	struct question asked = {.node = node, .call = call};
	if (!control_is_serving(node, call))
		return;
	if (!control_read_user(node, request->arguments[0], &asked.watcher) ||
	    !control_read_user(node, request->arguments[1], &asked.watched)) {
		control_answer(call, false, SLICE("that is no address of this server's domain"));
		return;
	}
	struct question *question = malloc(sizeof(*question));
	if (!question) {
		control_answer(call, false, slice_text(error_text(ERR_NO_MEMORY)));
		return;
	}
	*question = asked;
	accounts_load(node->accounts, question->watcher, on_looked_up, question);
}
