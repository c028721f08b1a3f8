/* /watchers and /why: who watches whom, and what was told or not. SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/serve.h"

#include <string.h>

#define EXPLANATION_BYTES_MOST 65536

/* --- subscriptions ------------------------------------------------------------------------------------------------ */

/* The view's texts live as long as the subscription, but for the flow's and a list's. */
struct kept_view {
	struct watcher_view view;
	char flow[FLOW_TEXT_SIZE], list[WATCHER_RESOURCE_SIZE];
};

static void keep(struct slice *text, char *kept, size_t size)
{
	text->length = text->length < size ? text->length : size;
	memcpy(kept, text->at, text->length);
	text->at = kept;
}

static void offer_view(void *arg, const struct watcher_view *view)
{
	const struct slice key[] = {view->watcher, view->package, view->resource, view->call_id, view->event_id};
	struct kept_view *kept = page_offer(arg, key, ARRAY_SIZE(key));
	if (!kept)
		return;
	kept->view = *view;
	keep(&kept->view.flow, kept->flow, sizeof kept->flow);
	if (view->is_list)
		keep(&kept->view.resource, kept->list, sizeof kept->list);
}

static void write_number_or_null(struct json_writer *json, const char *name, int64_t number, bool is_known)
{
	if (is_known)
		json_write_number(json, name, number);
	else
		json_write_null(json, name);
}

static void write_view(struct json_writer *json, const struct watcher_view *view)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "watcher", view->watcher);
	json_write_text(json, "resource", view->resource);
	json_write_text(json, "package", view->package);
	json_write_text_or_null(json, "event_id", view->event_id);
	json_write_text(json, "state", slice_text(view->state));
	json_write_number(json, "expires_in_s", view->expires_in_s > 0 ? view->expires_in_s : 0);
	write_number_or_null(json, "told_before_s", view->told_before_s, view->told_before_s >= 0);
	write_number_or_null(json, "last_status", view->last_status, view->last_status > 0);
	json_write_bool(json, "behind", view->is_behind);
	write_number_or_null(json, "retry_in_s", view->retry_in_s, view->retry_in_s >= 0);
	json_write_text(json, "flow", view->flow);
	json_write_text(json, "call_id", view->call_id);
	json_write_text(json, "media_type", view->media_type);
	json_write_text(json, "profile", slice_text(view->profile));
	json_write_end(json, '}');
}

static void answer_watchers(struct api_call *call, struct slice watcher, struct slice package, struct slice resource)
{
	struct page page;
	struct json_writer *json = &call->json;
	if (!call_read_page(call, &page, sizeof(struct kept_view)))
		return;
	events_each_watcher(call->parts->events, watcher, package, resource, offer_view, &page);
	page_sort(&page);
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "watchers", '[');
	for (size_t i = 0; i < page.count; i++)
		write_view(json, &((const struct kept_view *)page.items[i].payload)->view);
	json_write_end(json, ']');
	page_write_next(&page, json);
	json_write_end(json, '}');
	call_answer(call);
}

static void answer_user_watchers(struct api_call *call, struct account *account)
{
	answer_watchers(call, SLICE(""), SLICE(""), account_user(account));
}

static void answer_user_watching(struct api_call *call, struct account *account)
{
	answer_watchers(call, account_user(account), SLICE(""), SLICE(""));
}

static void with_user(struct api_call *call, api_account_fn *go_on)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, go_on);
}

void serve_user_watchers(struct api_call *call)
{
	with_user(call, answer_user_watchers);
}

void serve_user_watching(struct api_call *call)
{
	with_user(call, answer_user_watching);
}

/* --- by query ----------------------------------------------------------------------------------------------------- */

/* "@reception" is a mailbox, anything else a user. */
static bool read_resource(struct api_call *call, struct slice text, struct slice *resource)
{
	*resource = text;
	return (text.length > 0 && text.at[0] == '@') || call_read_user(call, text, resource);
}

void serve_watchers(struct api_call *call)
{
	struct slice watcher = SLICE(""), package = SLICE(""), resource = SLICE(""), text;
	if (http_query(call->request, SLICE("watcher"), &text) && !call_read_user(call, text, &watcher))
		return;
	if (http_query(call->request, SLICE("resource"), &text) && !read_resource(call, text, &resource))
		return;
	if (http_query(call->request, SLICE("package"), &text))
		package = text;
	answer_watchers(call, watcher, package, resource);
}

/* --- why ---------------------------------------------------------------------------------------------------------- */

/* The two texts of the query, as names. False: refused. */
static bool read_pair(struct api_call *call, struct slice *watcher, struct slice *presentity)
{
	struct slice text;
	if (!http_query(call->request, SLICE("watcher"), &text)) {
		call_refuse(call, 400, "The parameter watcher is missing");
		return false;
	}
	if (!call_read_user(call, text, watcher))
		return false;
	if (!http_query(call->request, SLICE("presentity"), &text)) {
		call_refuse(call, 400, "The parameter presentity is missing");
		return false;
	}
	return read_resource(call, text, presentity);
}

static void explain(struct api_call *call, struct slice watcher, struct slice presentity)
{
	struct json_writer *json = &call->json;
	struct buffer text;
	buffer_init(&text, EXPLANATION_BYTES_MOST);
	events_explain(call->parts->events, watcher, presentity, &text);
	call->buffer.failed |= buffer_failed(&text);
	json_write_begin(json, NULL, '{');
	json_write_text(json, "watcher", watcher);
	json_write_text(json, "presentity", presentity);
	json_write_begin(json, "explanation", '[');
	struct slice rest = buffer_slice(&text);
	while (rest.length > 0)
		json_write_text(json, NULL, slice_take(&rest, '\n'));
	json_write_end(json, ']');
	json_write_end(json, '}');
	buffer_finish(&text);
	call_answer(call);
}

static void on_watcher(struct api_call *call, struct account *account)
{
	struct slice watcher, presentity;
	if (read_pair(call, &watcher, &presentity))
		explain(call, account_user(account), presentity);
}

static void with_watcher(struct api_call *call, struct account *account)
{
	struct slice watcher, presentity;
	(void)account;
	/* Last of the two, so that it is in memory when it is looked for. */
	if (read_pair(call, &watcher, &presentity))
		call_load_account(call, "account", watcher, on_watcher);
}

void serve_why(struct api_call *call)
{
	struct slice watcher, presentity;
	if (!read_pair(call, &watcher, &presentity))
		return;
	if (presentity.at[0] == '@')
		call_load_mailbox(call, slice_from(presentity, 1), with_watcher);
	else
		call_load_account(call, "account", presentity, with_watcher);
}
