/* heliograph allow | block | ask | forget | rules | requests, as the node answers them. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/identity.h"
#include "core/clock.h"
#include "presence/decisions.h"
#include "presence/person_uri.h"
#include "program/control_handlers.h"

#include <inttypes.h>
#include <stdlib.h>

#define RULES_BYTES_MOST ((size_t)64 << 20)

/* A request on its way. Its texts are good until the call is answered. */
struct ruling {
	struct node *node;
	struct control_call *call;
	struct arena arena;
	struct slice user, watcher; /* watcher: a URI; empty: all */
};

static void ruling_free(struct ruling *ruling)
{
	arena_finish(&ruling->arena);
	free(ruling);
}

static void refuse(struct ruling *ruling, const char *sentence)
{
	control_answer(ruling->call, false, slice_text(sentence));
	ruling_free(ruling);
}

/* NULL where the call is answered already. */
static struct ruling *begin(struct node *node, struct control_call *call, struct slice user)
{
	struct slice name;
	if (!control_is_serving(node, call))
		return NULL;
	if (!control_read_user(node, user, &name)) {
		control_answer(call, false, SLICE("that is no address of this server's domain"));
		return NULL;
	}
	struct ruling *ruling = calloc(1, sizeof *ruling);
	if (!ruling) {
		control_answer(call, false, slice_text(error_text(ERR_NO_MEMORY)));
		return NULL;
	}
	ruling->node = node;
	ruling->call = call;
	ruling->user = name;
	arena_init(&ruling->arena, NULL, RULES_BYTES_MOST);
	return ruling;
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

static void write_watcher(struct buffer *buffer, const struct decided_watcher *watcher)
{
	const char *separator = "\t";
	control_write_plain(buffer, watcher->uri);
	for (int which = 0; which < DECIDED_COUNT; which++) {
		if (!watcher->of[which].is_made)
			continue;
		buffer_format(buffer, "%s%s %s", separator, decided_package_name((enum decided_package)which),
			      watch_handling_word(watcher->of[which].handling));
		separator = ", ";
	}
	buffer_text(buffer, *separator == '\t' ? "\tno rule\n" : "\n");
}

/* The one who is asked for, or all. */
static void write_watchers(const struct ruling *ruling, const struct decided_watcher *watchers, size_t count,
			   const struct identity *wanted, struct buffer *buffer)
{
	bool is_found = slice_is_empty(ruling->watcher);
	for (size_t i = 0; i < count; i++) {
		const struct identity identity = {.user = watchers[i].user, .domain = watchers[i].domain};
		if (!slice_is_empty(ruling->watcher) && !identity_equal(&identity, wanted))
			continue;
		write_watcher(buffer, &watchers[i]);
		is_found = true;
	}
	if (!is_found)
		write_watcher(buffer, &(struct decided_watcher){.uri = ruling->watcher});
}

static int read_rules(struct ruling *ruling, struct buffer *buffer, struct body_error *error)
{
	const struct decided_watcher *watchers;
	struct identity wanted = {.user = SLICE("")};
	size_t count;
	int result = decisions_read(ruling->node->documents, ruling->user, &ruling->arena, &watchers, &count, error);
	if (result == 0 && !slice_is_empty(ruling->watcher))
		result = identity_read(&ruling->arena, ruling->watcher, &wanted);
	if (result == 0)
		write_watchers(ruling, watchers, count, &wanted, buffer);
	return result;
}

static void on_held(void *arg, int result)
{
	struct ruling *ruling = arg;
	struct document_store *documents = ruling->node->documents;
	struct buffer buffer;
	struct body_error error = {""};
	if (result != 0) {
		refuse(ruling, result == ERR_NOT_FOUND ? "there is no such account" : error_text(result));
		return;
	}
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	result = read_rules(ruling, &buffer, &error);
	documents_release(documents, ruling->user);
	if (result == 0) {
		control_answer_buffer(ruling->call, &buffer);
		ruling_free(ruling);
		return;
	}
	buffer_finish(&buffer);
	refuse(ruling, error.sentence[0] ? error.sentence : error_text(result));
}

void handle_rules(void *arg, struct control_call *call, const struct control_request *request)
{
	struct ruling *ruling = begin(arg, call, request->arguments[0]);
	if (ruling)
		documents_hold(ruling->node->documents, ruling->user, on_held, ruling);
}

/* --- deciding ----------------------------------------------------------------------------------------------------- */

static void on_decided(void *arg, int result, const char *sentence)
{
	struct ruling *ruling = arg;
	if (result == 0)
		documents_hold(ruling->node->documents, ruling->user, on_held, ruling);
	else if (result == ERR_NOT_FOUND)
		refuse(ruling, "there is no such account");
	else
		refuse(ruling, sentence[0] ? sentence : error_text(result));
}

/* "presence", "all"; "allow", "forget". */
static bool read_decision(struct slice event, struct slice word, struct decisions_change *change)
{
	struct decision to = {.is_made = !slice_equal(word, SLICE("forget"))};
	enum decided_package which = DECIDED_PRESENCE;
	bool is_all = slice_equal(event, SLICE("all"));
	if (to.is_made && !watch_handling_read(word, &to.handling))
		return false;
	if (!is_all && !decided_package_find(event, &which))
		return false;
	for (int i = 0; i < DECIDED_COUNT; i++) {
		change->is_changed[i] = is_all || i == (int)which;
		change->to[i] = to;
	}
	return true;
}

/* decide USER WATCHER EVENT WORD */
void handle_decide(void *arg, struct control_call *call, const struct control_request *request)
{
	struct ruling *ruling = begin(arg, call, request->arguments[0]);
	if (!ruling)
		return;
	struct decisions_change change = {.user = ruling->user};
	int result = person_uri_read(&ruling->arena, ruling->node->domain, request->arguments[1], &ruling->watcher);
	change.watcher = ruling->watcher;
	if (result == ERR_SYNTAX)
		refuse(ruling, "the watcher is no address of a person");
	else if (result != 0)
		refuse(ruling, error_text(result));
	else if (!read_decision(request->arguments[2], request->arguments[3], &change))
		refuse(ruling, "there are the events presence, dialog, message-summary, reg and all");
	else
		decisions_set(ruling->node->documents, &change, on_decided, ruling);
}

/* --- who waits ---------------------------------------------------------------------------------------------------- */

struct request_listing {
	const struct node *node;
	struct buffer *buffer;
	const char *package;
	int64_t now_s;
};

static void write_request(void *arg, const struct watch_info *watch)
{
	const struct request_listing *listing = arg;
	if (watch->status != WATCHER_PENDING && watch->status != WATCHER_WAITING)
		return;
	control_write_plain(listing->buffer, watch->watcher);
	buffer_format(listing->buffer, "@%.*s\t%s\t%s", SLICE_ARGS(listing->node->domain_name), listing->package,
		      watch->status == WATCHER_PENDING ? "asks, and waits" : "has asked, and will again");
	if (watch->since_s > 0)
		buffer_format(listing->buffer, "\tsince %" PRId64 " s", listing->now_s - watch->since_s);
	if (watch->expires_in_s >= 0)
		buffer_format(listing->buffer, "\tfor another %" PRId64 " s", watch->expires_in_s);
	buffer_byte(listing->buffer, '\n');
}

static void on_account(void *arg, int result, struct account *account)
{
	struct ruling *ruling = arg;
	struct node *node = ruling->node;
	struct buffer buffer;
	(void)account;
	if (result != 0) {
		refuse(ruling, result == ERR_NOT_FOUND ? "there is no such account" : error_text(result));
		return;
	}
	buffer_init(&buffer, CONTROL_ANSWER_MOST);
	struct request_listing listing = {.node = node, .buffer = &buffer, .now_s = clock_unix_ms() / 1000};
	for (int which = 0; which < DECIDED_COUNT; which++) {
		listing.package = decided_package_name((enum decided_package)which);
		events_each_watch(node->events, listing.package, ruling->user, write_request, &listing);
	}
	control_answer_buffer(ruling->call, &buffer);
	ruling_free(ruling);
}

void handle_requests(void *arg, struct control_call *call, const struct control_request *request)
{
	struct ruling *ruling = begin(arg, call, request->arguments[0]);
	if (ruling)
		accounts_load(ruling->node->accounts, ruling->user, on_account, ruling);
}
