/* /users/{user}/rules and /requests: whom a user lets see him, and who waits for him to decide.
 * SPDX-License-Identifier: MIT */
#include "api/call_documents.h"
#include "api/put_lists.h"
#include "api/serve.h"
#include "base/error.h"
#include "bodies/identity.h"
#include "presence/decisions.h"

/* The rules' texts, sorted. */
#define RULES_BYTES_MOST ((size_t)64 << 20)

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_decisions(struct json_writer *json, const struct decided_watcher *watcher)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "watcher", watcher->uri);
	for (int which = 0; which < DECIDED_COUNT; which++) {
		const struct decision *decision = &watcher->of[which];
		const char *name = decided_package_name((enum decided_package)which);
		if (decision->is_made)
			json_write_text(json, name, slice_text(watch_handling_word(decision->handling)));
		else
			json_write_null(json, name);
	}
	json_write_end(json, '}');
}

static void write_rules(struct json_writer *json, const struct decided_watcher *watchers, size_t count)
{
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "rules", '[');
	for (size_t i = 0; i < count; i++)
		write_decisions(json, &watchers[i]);
	json_write_end(json, ']');
	json_write_end(json, '}');
}

/* Whom the URI of the path means; nobody where no rule names him. */
static int write_watcher(struct api_call *call, struct arena *arena, const struct decided_watcher *watchers,
			 size_t count)
{
	struct identity identity;
	int result = identity_read(arena, call->item, &identity);
	if (result != 0)
		return result;
	for (size_t i = 0; i < count; i++)
		if (slice_equal(watchers[i].user, identity.user) && slice_equal(watchers[i].domain, identity.domain)) {
			write_decisions(&call->json, &watchers[i]);
			return 0;
		}
	write_decisions(&call->json, &(struct decided_watcher){.uri = call->item});
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* All rules, or those about the watcher of the path. */
static void answer_rules(struct api_call *call, struct slice user)
{
	struct arena arena;
	const struct decided_watcher *watchers;
	size_t count;
	struct body_error error;
	arena_init(&arena, NULL, RULES_BYTES_MOST);
	int result = decisions_read(call->parts->documents, user, &arena, &watchers, &count, &error);
	if (result == 0 && slice_is_empty(call->item))
		write_rules(&call->json, watchers, count);
	else if (result == 0)
		result = write_watcher(call, &arena, watchers, count);
	arena_finish(&arena);
	if (result == 0)
		call_answer(call);
	else if (result == ERR_SYNTAX || result == ERR_LIMIT)
		call_refuse(call, 500, "The rules cannot be read: %s", error.sentence);
	else
		call_fail(call, result);
}

void serve_rules(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_with_documents(call, user, answer_rules);
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static void on_decided(void *arg, int result, const char *sentence)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	switch (result) {
	case 0:
		call_with_documents(call, call->name, answer_rules);
		break;
	case ERR_SYNTAX:
		call_refuse(call, 400, "%s", sentence);
		break;
	case ERR_EXISTS:
		call_refuse(call, 409, "%s", sentence);
		break;
	case ERR_LIMIT:
		call_refuse(call, 413, "%s", sentence);
		break;
	case ERR_NOT_FOUND:
		call_refuse(call, 404, "There is no such user");
		break;
	default:
		call_fail(call, result);
		break;
	}
}

/* What the path says: false where it was refused. */
static bool read_path(struct api_call *call, struct decisions_change *change)
{
	*change = (struct decisions_change){.user = SLICE("")};
	if (!call_read_user(call, call->name, &call->name) || !call_read_person(call, call->item, &call->item))
		return false;
	change->user = call->name;
	change->watcher = call->item;
	return true;
}

void serve_rule_change(struct api_call *call)
{
	struct decisions_change change;
	struct body_error error;
	if (!read_path(call, &change) || !call_has_json(call))
		return;
	int result = put_lists_read_decisions(call->request->body, &change, &error);
	if (result == 0)
		decisions_set(call->parts->documents, &change, on_decided, call);
	else
		call_refuse_body(call, result, &error);
}

void serve_rule_remove(struct api_call *call)
{
	struct decisions_change change;
	if (!read_path(call, &change))
		return;
	for (int which = 0; which < DECIDED_COUNT; which++)
		change.is_changed[which] = true;
	decisions_set(call->parts->documents, &change, on_decided, call);
}

/* --- requests ----------------------------------------------------------------------------------------------------- */

struct request_writing {
	struct json_writer *json;
	const char *package;
};

static void write_request(void *arg, const struct watch_info *watch)
{
	const struct request_writing *writing = arg;
	struct json_writer *json = writing->json;
	if (watch->status != WATCHER_PENDING && watch->status != WATCHER_WAITING)
		return;
	json_write_begin(json, NULL, '{');
	json_write_text(json, "watcher", watch->watcher);
	json_write_text(json, "package", slice_text(writing->package));
	json_write_text(json, "status", watch->status == WATCHER_PENDING ? SLICE("pending") : SLICE("waiting"));
	json_write_time(json, "since", watch->since_s * 1000);
	if (watch->expires_in_s < 0)
		json_write_null(json, "expires_in_s");
	else
		json_write_number(json, "expires_in_s", watch->expires_in_s);
	json_write_end(json, '}');
}

static void answer_requests(struct api_call *call, struct account *account)
{
	struct json_writer *json = &call->json;
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "requests", '[');
	for (int which = 0; which < DECIDED_COUNT; which++) {
		struct request_writing writing = {json, decided_package_name((enum decided_package)which)};
		events_each_watch(call->parts->events, writing.package, account_user(account), write_request, &writing);
	}
	json_write_end(json, ']');
	json_write_end(json, '}');
	call_answer(call);
}

void serve_requests(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, answer_requests);
}
