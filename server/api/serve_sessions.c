/* /users/{user}/sessions: pages that have logged in, and go on with a secret instead of the password.
 * SPDX-License-Identifier: MIT */
#include "api/call.h"
#include "api/put_sessions.h"
#include "api/serve.h"
#include "base/error.h"
#include "base/random.h"
#include "sip/digest.h"

#include <inttypes.h>
#include <stdio.h>

/* 260 bits. */
#define SECRET_CHARACTERS 52
#define ID_SIZE 24

static void write_id(struct json_writer *json, const char *name, int64_t id)
{
	char text[ID_SIZE];
	(void)snprintf(text, sizeof text, "%" PRId64, id);
	json_write_text(json, name, slice_text(text));
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void answer_made(struct api_call *call, const struct session *session)
{
	struct json_writer *json = &call->json;
	const char *secret = call->state;
	json_write_begin(json, NULL, '{');
	write_id(json, "id", session->id);
	json_write_text(json, "secret", slice_text(secret));
	json_write_text(json, "user", account_user(session->account));
	json_write_text(json, "domain", domain_name(call->parts->domain));
	json_write_time(json, "expires_at", session_ends_at_ms(session));
	json_write_bool(json, "stay", session->stays);
	json_write_end(json, '}');
	call_answer_with(call, 201, SLICE(""));
}

/* Nobody has its secret. Where it cannot be ended now, it ends by not being used. */
static void give_up(const struct session *session)
{
	int result = session_end(session->account, session->id, NULL, NULL);
	(void)result;
}

static void on_made(void *arg, int result, const struct session *session)
{
	struct api_call *call = arg;
	if (call_is_gone(call)) {
		if (session)
			give_up(session);
	} else if (result == 0) {
		answer_made(call, session);
	} else if (result == ERR_NOT_FOUND) {
		call_refuse(call, 403, "The password has been changed, or the account removed, meanwhile");
	} else {
		call_fail(call, result);
	}
}

/* Only hashes of the secret outlive the answer. */
static struct session_wish make_wish(const struct api_call *call, const struct session_form *form, const char *secret)
{
	struct session_wish wish = {.name = form->name, .device = form->device, .stays = form->stay};
	struct slice user = account_user(call->caller), realm = domain_name(call->parts->domain);
	uint8_t ha1[DIGEST_MOST_BYTES];
	digest_ha1(DIGEST_MD5, user, realm, slice_text(secret), ha1);
	memcpy(wish.ha1_md5, ha1, sizeof wish.ha1_md5);
	digest_ha1(DIGEST_SHA256, user, realm, slice_text(secret), ha1);
	memcpy(wish.ha1_sha256, ha1, sizeof wish.ha1_sha256);
	return wish;
}

static void make(struct api_call *call)
{
	struct session_form form;
	struct body_error error = {""};
	char *secret = arena_allocate(call->request->arena, SECRET_CHARACTERS + 1);
	int result =
		secret ? put_sessions_read(call->request->arena, call->request->body, &form, &error) : ERR_NO_MEMORY;
	if (result != 0) {
		call_refuse_body(call, result, &error);
		return;
	}
	random_token(secret, SECRET_CHARACTERS);
	call->state = secret;
	struct session_wish wish = make_wish(call, &form, secret);
	result = session_make(call->parts->sessions, call->caller, &wish, on_made, call);
	if (result != 0)
		call_fail(call, result);
}

/* A session that was stolen must not outlive its end in others. */
void serve_session_make(struct api_call *call)
{
	if (call->who.session_id != 0)
		call_refuse(call, 403, "This needs the password itself: a session makes no sessions");
	else if (call_has_json(call))
		make(call);
}

/* --- listing ------------------------------------------------------------------------------------------------------ */

static void write_session(const struct api_call *call, struct json_writer *json, const struct session *session)
{
	json_write_begin(json, NULL, '{');
	write_id(json, "id", session->id);
	json_write_text(json, "name", session_name(session));
	json_write_text_or_null(json, "device", session_device(session));
	json_write_time(json, "created_at", session->created_at_ms);
	json_write_time(json, "used_at", session->used_at_ms);
	json_write_time(json, "expires_at", session_ends_at_ms(session));
	json_write_bool(json, "stay", session->stays);
	json_write_bool(json, "current", session->id == call->who.session_id);
	json_write_end(json, '}');
}

static void answer_list(struct api_call *call, struct account *account)
{
	struct json_writer *json = &call->json;
	json_write_begin(json, NULL, '{');
	json_write_begin(json, "sessions", '[');
	for (const struct session *session = account->sessions; session; session = session->next)
		if (session_is_living(session))
			write_session(call, json, session);
	json_write_end(json, ']');
	json_write_end(json, '}');
	call_answer(call);
}

void serve_sessions(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, answer_list);
}

/* --- ending ------------------------------------------------------------------------------------------------------- */

static void on_ended(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result != 0) {
		call_fail(call, result);
		return;
	}
	json_write_begin(&call->json, NULL, '{');
	json_write_text(&call->json, "removed", call->item);
	json_write_end(&call->json, '}');
	call_answer(call);
}

static void end(struct api_call *call, struct account *account)
{
	uint64_t id;
	int result = ERR_NOT_FOUND;
	if (slice_to_number(call->item, INT64_MAX, &id))
		result = session_end(account, (int64_t)id, on_ended, call);
	if (result == ERR_NOT_FOUND)
		call_refuse(call, 404, "There is no such session (any more)");
	else if (result != 0)
		call_fail(call, result);
}

void serve_session_end(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, end);
}
