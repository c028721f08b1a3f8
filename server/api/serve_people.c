/* /users/{user}/presence: what a watcher would be told. SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/presence_json.h"
#include "api/serve.h"

/* All documents of one user as trees: more than a request's arena has. */
#define STATE_BYTES_MOST ((size_t)16 << 20)

static void answer_presence(struct api_call *call, struct account *account)
{
	struct arena arena;
	const struct presence_state *state;
	arena_init(&arena, NULL, STATE_BYTES_MOST);
	int result = people_compose_presence(call->parts->people, account_user(account), &arena, &state);
	if (result == 0)
		presence_json_write(&call->json, state, account_user(account), domain_name(call->parts->domain));
	arena_finish(&arena);
	if (result == 0)
		call_answer(call);
	else
		call_fail(call, result);
}

void serve_presence(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, answer_presence);
}
