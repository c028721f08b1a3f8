/* Documents, held and changed for a call. SPDX-License-Identifier: MIT */
#include "api/call_documents.h"

#include "base/error.h"
#include "core/http_conditions.h"

#include <stdlib.h>

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The call's texts go with its request, and the documents have to be released all the same. */
struct holding {
	struct document_store *documents;
	struct api_call *call;
	api_user_fn *go_on;
	size_t length;
	char user[];
};

static void on_held(void *arg, int result)
{
	struct holding *holding = arg;
	struct api_call *call = holding->call;
	struct slice user = slice_of(holding->user, holding->length);
	if (!call_is_gone(call)) {
		if (result == 0)
			holding->go_on(call, user);
		else if (result == ERR_NOT_FOUND)
			call_refuse(call, 404, "There is no user %.*s", (int)(user.length < 64 ? user.length : 64),
				    user.at);
		else
			call_fail(call, result);
	}
	if (result == 0)
		documents_release(holding->documents, user);
	free(holding);
}

void call_with_documents(struct api_call *call, struct slice user, api_user_fn *go_on)
{
	struct holding *holding = calloc(1, sizeof *holding + user.length);
	if (!holding) {
		call_fail(call, ERR_NO_MEMORY);
		return;
	}
	holding->documents = call->parts->documents;
	holding->call = call;
	holding->go_on = go_on;
	holding->length = user.length;
	memcpy(holding->user, user.at, user.length);
	documents_hold(holding->documents, slice_of(holding->user, user.length), on_held, holding);
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

/* In the request's arena: where that is gone, nobody asks for it any more. */
struct call_change {
	struct slice user;
	const char *application, *name;
	api_edit_fn *edit;
	api_changed_fn *changed;
	unsigned status; /* 0: nothing is wrong */
	struct body_error error;
};

static unsigned status_of(int result)
{
	switch (result) {
	case 0:
		return 0;
	case ERR_SYNTAX:
		return 400;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_EXISTS:
		return 409;
	case ERR_LIMIT:
		return 413;
	default:
		return 503;
	}
}

static unsigned judge(struct api_call *call, struct slice text, struct body_error *error)
{
	const struct call_change *change = call->change;
	struct document_verdict verdict;
	document_store_judge(call->parts->documents, change->user, slice_text(change->application),
			     slice_text(change->name), text, &verdict);
	*error = verdict.error;
	return verdict.fault == FAULT_NONE        ? 0
	       : verdict.fault == FAULT_TOO_LARGE ? 413
	       : verdict.fault == FAULT_NO_MEMORY ? 503
						  : 409;
}

static bool conditions_hold(const struct api_call *call, const struct document *before)
{
	const struct condition_subject subject = {.etag = before ? slice_text(before->etag) : SLICE(""),
						  .exists = before != NULL};
	return condition_if_match(call->request->if_match, &subject) &&
	       condition_if_none_match(call->request->if_none_match, &subject);
}

static unsigned make(struct api_call *call, const struct document *before)
{
	struct call_change *change = call->change;
	if (!conditions_hold(call, before)) {
		body_complain(&change->error, "It is not as If-Match or If-None-Match wants it: read it again");
		return 412;
	}
	buffer_finish(&call->document);
	buffer_init(&call->document, document_store_limits(call->parts->documents)->bytes);
	int result = change->edit(call, before ? before->body : SLICE(""), &call->document, &change->error);
	return result == 0 ? judge(call, buffer_slice(&call->document), &change->error) : status_of(result);
}

static enum document_decision on_edit(void *arg, const struct document *before, struct slice *after)
{
	struct api_call *call = arg;
	if (!call->request)
		return DOCUMENT_KEEP; /* nobody waits, and what he wanted is gone with the request */
	call->change->status = make(call, before);
	*after = buffer_slice(&call->document);
	return call->change->status == 0 ? DOCUMENT_WRITE : DOCUMENT_KEEP;
}

static void on_changed(void *arg, int result, const struct document *document, const char *sentence)
{
	struct api_call *call = arg;
	if (call_is_gone(call))
		return;
	const struct call_change *change = call->change;
	if (change->status == 503)
		call_fail(call, ERR_NO_MEMORY);
	else if (change->status != 0)
		call_refuse(call, change->status, "%s", change->error.sentence);
	else if (result == ERR_LIMIT)
		call_refuse(call, 413, "%s", sentence);
	else if (result == ERR_NOT_FOUND)
		call_refuse(call, 404, "There is no such user");
	else if (result != 0)
		call_fail(call, result);
	else
		change->changed(call, document);
}

void call_change_document(struct api_call *call, struct slice user, const char *application, const char *name,
			  api_edit_fn *edit, api_changed_fn *changed)
{
	struct call_change *change = arena_allocate_zeroed(call->request->arena, 1, sizeof *change);
	if (!change) {
		call_fail(call, ERR_NO_MEMORY);
		return;
	}
	*change = (struct call_change){
		.user = user, .application = application, .name = name, .edit = edit, .changed = changed};
	call->change = change;
	document_change(call->parts->documents, &(struct document_change){.user = user,
									  .application = slice_text(application),
									  .name = slice_text(name),
									  .edit = on_edit,
									  .done = on_changed,
									  .arg = call});
}
