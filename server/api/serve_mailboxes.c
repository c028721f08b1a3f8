/* /mailboxes: what waits in them and who uses them, read and changed. SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/put_body.h"
#include "api/serve.h"
#include "base/error.h"

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void write_counts(struct json_writer *json, const char *name, const struct message_counts *counts)
{
	json_write_begin(json, name, '{');
	json_write_number(json, "new", counts->fresh);
	json_write_number(json, "old", counts->old);
	json_write_number(json, "urgent_new", counts->urgent_fresh);
	json_write_number(json, "urgent_old", counts->urgent_old);
	json_write_end(json, '}');
}

/* Voice always, as to phones. */
static void write_mailbox(struct json_writer *json, struct slice name, const struct message_summary *summary)
{
	json_write_begin(json, NULL, '{');
	json_write_text(json, "name", name);
	json_write_bool(json, "waiting", summary->is_waiting);
	json_write_begin(json, "counts", '{');
	for (int i = 0; i < MESSAGE_CLASS_COUNT; i++)
		if (summary->has[i] || i == MESSAGE_VOICE)
			write_counts(json, message_class_name((enum message_class)i).at, &summary->counts[i]);
	json_write_end(json, '}');
	json_write_end(json, '}');
}

/* --- GET /mailboxes ----------------------------------------------------------------------------------------------- */

static void offer_mailbox(void *arg, struct slice name, const struct message_summary *summary)
{
	struct message_summary *kept = page_offer(arg, &name, 1);
	if (kept)
		*kept = *summary;
}

void serve_mailboxes(struct api_call *call)
{
	struct page page;
	if (!call_read_page(call, &page, sizeof(struct message_summary)))
		return;
	mailboxes_each(call->parts->mailboxes, offer_mailbox, &page);
	page_sort(&page);
	json_write_begin(&call->json, NULL, '{');
	json_write_begin(&call->json, "mailboxes", '[');
	for (size_t i = 0; i < page.count; i++)
		write_mailbox(&call->json, page.items[i].parts[0], page.items[i].payload);
	json_write_end(&call->json, ']');
	page_write_next(&page, &call->json);
	json_write_end(&call->json, '}');
	call_answer(call);
}

/* --- one mailbox -------------------------------------------------------------------------------------------------- */

static void answer_mailbox(struct api_call *call, struct account *account)
{
	struct message_summary summary;
	(void)account;
	(void)mailbox_read(call->parts->mailboxes, call->name, &summary);
	write_mailbox(&call->json, call->name, &summary);
	call_answer(call);
}

static void with_mailbox(struct api_call *call, api_account_fn *go_on)
{
	if (call_read_mailbox(call, call->name, &call->name))
		call_load_mailbox(call, call->name, go_on);
}

void serve_mailbox(struct api_call *call)
{
	with_mailbox(call, answer_mailbox);
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

static void on_counts_set(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result == ERR_NOT_FOUND)
		call_refuse(call, 404, "There is no such mailbox");
	else if (result != 0)
		call_fail(call, result);
	else
		answer_mailbox(call, NULL);
}

void serve_mailbox_change(struct api_call *call)
{
	struct message_summary summary;
	struct body_error error;
	if (!call_read_mailbox(call, call->name, &call->name) || !call_has_json(call))
		return;
	int result = put_body_read_counts(call->request->body, &summary, &error);
	if (result == 0)
		mailbox_set(call->parts->mailboxes, call->name, &summary, on_counts_set, call);
	else
		call_refuse_body(call, result, &error);
}

/* --- users -------------------------------------------------------------------------------------------------------- */

static void offer_user(void *arg, struct slice user)
{
	(void)page_offer(arg, &user, 1);
}

static void write_users(struct api_call *call, struct page *page)
{
	struct json_writer *json = &call->json;
	mailbox_each_user(call->parts->mailboxes, call->name, offer_user, page);
	page_sort(page);
	json_write_begin(json, NULL, '{');
	json_write_text(json, "mailbox", call->name);
	json_write_begin(json, "users", '[');
	for (size_t i = 0; i < page->count; i++)
		json_write_text(json, NULL, page->items[i].parts[0]);
	json_write_end(json, ']');
	page_write_next(page, json);
	json_write_end(json, '}');
	call_answer(call);
}

static void answer_users(struct api_call *call, struct account *account)
{
	struct page page;
	(void)account;
	if (call_read_page(call, &page, 1))
		write_users(call, &page);
}

void serve_mailbox_users(struct api_call *call)
{
	with_mailbox(call, answer_users);
}

static void on_users_set(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result == ERR_NOT_FOUND)
		call_refuse(call, 404, "One of the users is no account, or no mailbox can have that name");
	else if (result == ERR_LIMIT)
		call_refuse(call, 409, "There are as many shared mailboxes as there may be");
	else if (result != 0)
		call_fail(call, result);
	else
		answer_users(call, NULL);
}

void serve_mailbox_users_change(struct api_call *call)
{
	struct slice *users;
	size_t count;
	struct body_error error;
	if (!call_read_mailbox(call, call->name, &call->name) || !call_has_json(call))
		return;
	int result = put_body_read_users(call->request->arena, call->request->body, &users, &count, &error);
	if (result != 0) {
		call_refuse_body(call, result, &error);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!call_read_user(call, users[i], &users[i]))
			return;
	mailbox_share(call->parts->mailboxes, call->name, users, count, on_users_set, call);
}
