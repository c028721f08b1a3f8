/* /users/{user}/icon and /icons/{name}: a user's picture (CIPID, RFC 4482 §3.4). Its address has 160 random bits, so
 * that whoever was told it, in the presence of its user, may fetch it, and nobody else.
 *
 * Browsers fetch pictures without credentials, and nothing of a picture is ever taken for a page: its type is what its
 * bytes are, and no answer may be sniffed. SPDX-License-Identifier: MIT */
#include "api/api_state.h"
#include "api/call.h"
#include "api/picture.h"
#include "api/serve.h"
#include "base/error.h"
#include "base/random.h"

#include <stdio.h>

#define NAME_LENGTH 32
#define ADDRESS_SIZE 64

static struct slice icon_path(const char *name, char text[ADDRESS_SIZE])
{
	int length = snprintf(text, ADDRESS_SIZE, "/api/v1/icons/%s", name);
	return slice_of(text, (size_t)length);
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static void on_saved(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result != 0)
		call_fail(call, result);
	else
		call_answer(call);
}

static void save(struct api_call *call, struct account *account)
{
	char name[NAME_LENGTH + 1], path[ADDRESS_SIZE];
	const char *media_type = picture_media_type(call->request->body);
	random_token(name, NAME_LENGTH);
	json_write_begin(&call->json, NULL, '{');
	json_write_text(&call->json, "path", icon_path(name, path));
	json_write_end(&call->json, '}');
	struct stored_icon icon = {.account_id = account->id,
				   .name = slice_text(name),
				   .media_type = slice_text(media_type),
				   .body = call->request->body};
	storage_save_icon(call->parts->storage, &icon, on_saved, call);
}

void serve_icon_change(struct api_call *call)
{
	struct slice user;
	size_t most = call->api->options.icon_bytes;
	if (!call_read_user(call, call->name, &user))
		return;
	if (call->request->body.length > most)
		call_refuse(call, 413, "A picture has at most %zu bytes here", most);
	else if (!picture_media_type(call->request->body))
		call_refuse(call, 415, "A picture is PNG, JPEG or WebP");
	else
		call_load_account(call, "account", user, save);
}

static void on_removed(void *arg, int result)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result != 0) {
		call_fail(call, result);
		return;
	}
	json_write_begin(&call->json, NULL, '{');
	json_write_null(&call->json, "path");
	json_write_end(&call->json, '}');
	call_answer(call);
}

static void forget(struct api_call *call, struct account *account)
{
	storage_remove_icon(call->parts->storage, account->id, on_removed, call);
}

void serve_icon_remove(struct api_call *call)
{
	struct slice user;
	if (call_read_user(call, call->name, &user))
		call_load_account(call, "account", user, forget);
}

/* --- showing ------------------------------------------------------------------------------------------------------ */

static void on_loaded(void *arg, int result, const struct stored_icon *icon)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	const char *media_type = icon ? picture_media_type(icon->body) : NULL;
	if (result == ERR_NOT_FOUND || (result == 0 && !media_type))
		call_refuse(call, 404, "There is no such picture");
	else if (result != 0)
		call_fail(call, result);
	else
		call_answer_bytes(call, media_type, icon->body,
				  "Cache-Control: private, max-age=31536000, immutable\r\n");
}

void serve_icon(struct api_call *call)
{
	storage_load_icon(call->parts->storage, call->name, on_loaded, call);
}
