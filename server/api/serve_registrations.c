/* /registrations: which devices are registered, and how they can be reached. SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/serve.h"
#include "features/location.h"

struct offered {
	const struct binding *binding;
};

static void offer_bindings(void *arg, struct account *account)
{
	for (const struct device *device = account->devices; device; device = device->next) {
		for (const struct binding *binding = device->bindings; binding; binding = binding->next) {
			const struct slice key[] = {account_user(account), binding_text(binding, BINDING_KEY)};
			struct offered *kept = page_offer(arg, key, ARRAY_SIZE(key));
			if (kept)
				kept->binding = binding;
		}
	}
}

static void write_binding(const struct api_call *call, struct json_writer *json, const struct binding *binding)
{
	char flow[FLOW_TEXT_SIZE];
	int64_t left_ms = binding->expires_at_ms - timers_now(call->parts->timers);
	json_write_begin(json, NULL, '{');
	json_write_text(json, "user", account_user(binding->device->account));
	json_write_text(json, "contact", binding_text(binding, BINDING_CONTACT));
	json_write_text_or_null(json, "instance", binding_text(binding, BINDING_INSTANCE));
	json_write_text_or_null(json, "user_agent", binding_text(binding, BINDING_USER_AGENT));
	json_write_text_or_null(json, "path", binding_text(binding, BINDING_PATH));
	json_write_text(json, "call_id", binding_text(binding, BINDING_CALL_ID));
	json_write_number(json, "cseq", binding->cseq);
	json_write_number(json, "q_thousandths", binding->q);
	json_write_bool(json, "reachable", binding->reachable);
	json_write_text(json, "flow", flow_write(&binding->flow, flow));
	json_write_time(json, "registered_at", binding->registered_at_ms);
	json_write_number(json, "expires_in_s", left_ms > 0 ? left_ms / 1000 : 0);
	json_write_number(json, "messages_owed", binding->device->owed);
	json_write_end(json, '}');
}

static void answer_page(struct api_call *call, struct page *page)
{
	struct json_writer *json = &call->json;
	page_sort(page);
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "registrations", '[');
	for (size_t i = 0; i < page->count; i++)
		write_binding(call, json, ((const struct offered *)page->items[i].payload)->binding);
	json_write_end(json, ']');
	page_write_next(page, json);
	json_write_end(json, '}');
	call_answer(call);
}

static void answer_user(struct api_call *call, struct account *account)
{
	struct page page;
	if (!call_read_page(call, &page, sizeof(struct offered)))
		return;
	offer_bindings(&page, account);
	answer_page(call, &page);
}

void serve_user_registrations(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, answer_user);
}

void serve_registrations(struct api_call *call)
{
	struct page page;
	if (!call_read_page(call, &page, sizeof(struct offered)))
		return;
	accounts_each(call->parts->accounts, offer_bindings, &page);
	answer_page(call, &page);
}
