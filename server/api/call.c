/* A request to the API: its names and pages read, its answer given. SPDX-License-Identifier: MIT */
#include "api/call.h"

#include "api/api_state.h"
#include "api/put_body.h"
#include "base/error.h"
#include "presence/person_uri.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define SENTENCE_SIZE 512
#define SHOWN_MOST 64 /* bytes of a name that a sentence shows */
#define ETAG_HEADER_SIZE 64
#define LIMIT_DEFAULT 100
#define LIMIT_MOST 1000

static int shown(struct slice name)
{
	return (int)(name.length < SHOWN_MOST ? name.length : SHOWN_MOST);
}

/* --- answering ---------------------------------------------------------------------------------------------------- */

void call_destroy(struct api_call *call)
{
	list_remove(&call->link);
	call->api->counters.underway--;
	http_caller_finish(&call->who);
	buffer_finish(&call->buffer);
	buffer_finish(&call->document);
	free(call);
}

bool call_is_gone(struct api_call *call)
{
	if (call->request)
		return false;
	call_destroy(call);
	return true;
}

void call_answer(struct api_call *call)
{
	call_answer_with(call, 200, SLICE(""));
}

void call_answer_with(struct api_call *call, unsigned status, struct slice etag)
{
	char header[ETAG_HEADER_SIZE] = "";
	if (buffer_failed(&call->buffer)) {
		call_refuse(call, 503, "The answer is too large, or there is no memory for it: ask for less");
		return;
	}
	buffer_byte(&call->buffer, '\n');
	if (!slice_is_empty(etag))
		(void)snprintf(header, sizeof header, "ETag: \"%.*s\"\r\n", SLICE_ARGS(etag));
	http_answer(call->request, &(struct http_answer){.status = status,
							 .content_type = "application/json",
							 .body = buffer_slice(&call->buffer),
							 .headers = slice_text(header)});
	call_destroy(call);
}

void call_answer_bytes(struct api_call *call, const char *media_type, struct slice bytes, const char *headers)
{
	http_answer(call->request,
		    &(struct http_answer){
			    .status = 200, .content_type = media_type, .body = bytes, .headers = slice_text(headers)});
	call_destroy(call);
}

void call_refuse(struct api_call *call, unsigned status, const char *format, ...)
{
	char sentence[SENTENCE_SIZE];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(sentence, sizeof sentence, format, arguments);
	va_end(arguments);
	api_refuse(call->api, call->request, status, slice_text(sentence), SLICE(""));
	call_destroy(call);
}

void call_fail(struct api_call *call, int result)
{
	switch (result) {
	case ERR_STORAGE_AWAY:
		call_refuse(call, 503, "The database cannot be reached now");
		break;
	case ERR_BUSY:
		call_refuse(call, 503, "Too much waits for the database now");
		break;
	case ERR_NO_MEMORY:
		call_refuse(call, 503, "There is no memory for it now");
		break;
	default:
		call_refuse(call, 500, "It did not succeed: %s", error_text(result));
		break;
	}
}

/* --- names -------------------------------------------------------------------------------------------------------- */

/* libwebsockets makes a space of the '+' that a telephone number begins with (transport/http.h), and no name of ours
 * begins with a space. ERR_NO_MEMORY. */
static int mend_plus(struct api_call *call, struct slice *text)
{
	if (text->length == 0 || text->at[0] != ' ')
		return 0;
	char *mended = arena_allocate(call->request->arena, text->length);
	if (!mended)
		return ERR_NO_MEMORY;
	memcpy(mended, text->at, text->length);
	mended[0] = '+';
	*text = slice_of(mended, text->length);
	return 0;
}

/* Where the last '@' is, or the length. */
static size_t find_host(struct slice text)
{
	for (size_t i = text.length; i > 0; i--)
		if (text.at[i - 1] == '@')
			return i - 1;
	return text.length;
}

static bool read_name(struct api_call *call, struct slice text, bool may_be_elsewhere, struct slice *name)
{
	struct slice plain = text;
	if (slice_starts_with(plain, SLICE("sip:")))
		plain = slice_from(plain, 4);
	if (mend_plus(call, &plain) < 0) {
		call_fail(call, ERR_NO_MEMORY);
		return false;
	}
	size_t at = find_host(plain);
	struct slice host = slice_from(plain, at < plain.length ? at + 1 : at);
	bool is_local = at == plain.length || domain_is_local(call->parts->domain, host, 0);
	if (!is_local && !may_be_elsewhere) {
		call_refuse(call, 404, "%.*s is no domain of this server", shown(host), host.at);
		return false;
	}
	*name = is_local ? slice_of(plain.at, at) : plain;
	if (!slice_is_empty(*name))
		return true;
	call_refuse(call, 404, "The name is empty");
	return false;
}

bool call_read_user(struct api_call *call, struct slice text, struct slice *user)
{
	return read_name(call, text, false, user);
}

bool call_read_mailbox(struct api_call *call, struct slice text, struct slice *mailbox)
{
	return read_name(call, text, true, mailbox);
}

bool call_read_person(struct api_call *call, struct slice text, struct slice *uri)
{
	struct slice plain = text;
	int result = mend_plus(call, &plain);
	if (result == 0)
		result = person_uri_read(call->request->arena, call->parts->domain, plain, uri);
	if (result == ERR_SYNTAX)
		call_refuse(call, 400, "%.*s is no address of a person: sip:bob@example.com", shown(text), text.at);
	else if (result != 0)
		call_fail(call, result);
	return result == 0;
}

/* --- bodies ------------------------------------------------------------------------------------------------------- */

static bool is_json(struct slice content_type)
{
	struct slice type = slice_take(&content_type, ';');
	return slice_equal_nocase(slice_trim(type), SLICE("application/json"));
}

bool call_has_json(struct api_call *call)
{
	if (!is_json(call->request->content_type))
		call_refuse(call, 415, "The body must be of Content-Type application/json");
	else if (call->request->body.length > PUT_BODY_BYTES_MOST)
		call_refuse(call, 413, "The body is larger than %zu bytes", PUT_BODY_BYTES_MOST);
	else
		return true;
	return false;
}

void call_refuse_body(struct api_call *call, int result, const struct body_error *error)
{
	if (result == ERR_SYNTAX)
		call_refuse(call, 400, "%s", error->sentence);
	else
		call_fail(call, result);
}

/* --- pages -------------------------------------------------------------------------------------------------------- */

bool call_read_page(struct api_call *call, struct page *page, size_t payload_bytes)
{
	struct http_request *request = call->request;
	struct slice text;
	uint64_t limit = LIMIT_DEFAULT;
	if (http_query(request, SLICE("limit"), &text) && (!slice_to_number(text, LIMIT_MOST, &limit) || limit == 0)) {
		call_refuse(call, 400, "limit is a number from 1 to %d", LIMIT_MOST);
		return false;
	}
	int result = page_init(page, request->arena, (size_t)limit, payload_bytes);
	if (result == 0 && http_query(request, SLICE("after"), &text))
		result = page_set_after(page, request->arena, text);
	if (result == ERR_SYNTAX)
		call_refuse(call, 400, "after is what the page before told as next");
	else if (result < 0)
		call_fail(call, result);
	return result == 0;
}

/* --- accounts ----------------------------------------------------------------------------------------------------- */

static void on_account(void *arg, int result, struct account *account)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	if (result == 0)
		call->go_on(call, account);
	else if (result == ERR_NOT_FOUND)
		call_refuse(call, 404, "There is no %s %.*s", call->kind, shown(call->wanted), call->wanted.at);
	else
		call_fail(call, result);
}

void call_load_account(struct api_call *call, const char *kind, struct slice user, api_account_fn *go_on)
{
	struct accounts *accounts = call->parts->accounts;
	struct account *account = accounts_find(accounts, user);
	if (account) {
		go_on(call, account);
		return;
	}
	call->kind = kind;
	call->wanted = user;
	call->go_on = go_on;
	accounts_load(accounts, user, on_account, call);
}

static void note_user(void *arg, struct slice user)
{
	bool *is_shared = arg;
	(void)user;
	*is_shared = true;
}

/* Somebody has told of it, or it is shared: else only an account makes it one. */
static bool knows_mailbox(const struct api_call *call, struct slice name)
{
	struct message_summary summary;
	bool is_shared = false;
	if (mailbox_read(call->parts->mailboxes, name, &summary))
		return true;
	mailbox_each_user(call->parts->mailboxes, name, note_user, &is_shared);
	return is_shared;
}

void call_load_mailbox(struct api_call *call, struct slice mailbox, api_account_fn *go_on)
{
	if (knows_mailbox(call, mailbox))
		go_on(call, NULL);
	else
		call_load_account(call, "mailbox", mailbox, go_on);
}
