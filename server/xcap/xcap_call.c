/* Answers of the XCAP server. SPDX-License-Identifier: MIT */
#include "xcap/xcap_call.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>

#define BODY_BYTES_MOST 65536
#define URI_BYTES_MOST 32768
#define HEADERS_SIZE 256

void xcap_call_destroy(struct xcap_call *call)
{
	list_remove(&call->link);
	http_caller_finish(&call->who);
	if (call->is_holding)
		documents_release(call->xcap->parts.documents, call->target.user);
	buffer_finish(&call->text);
	arena_finish(&call->arena);
	free(call);
}

bool xcap_call_is_gone(struct xcap_call *call)
{
	if (call->request)
		return false;
	xcap_call_destroy(call);
	return true;
}

void xcap_answer(struct xcap_call *call, unsigned status, const char *media_type, struct slice body, struct slice etag)
{
	char headers[HEADERS_SIZE] = "";
	if (!slice_is_empty(etag))
		(void)snprintf(headers, sizeof headers, "ETag: \"%.*s\"\r\n", SLICE_ARGS(etag));
	http_answer(call->request, &(struct http_answer){.status = status,
							 .content_type = media_type,
							 .body = body,
							 .headers = slice_text(headers)});
	xcap_call_destroy(call);
}

void xcap_refuse(struct xcap_call *call, unsigned status, const char *sentence, struct slice headers)
{
	char text[BODY_SENTENCE_SIZE + 64];
	(void)snprintf(text, sizeof text, "%s\n", sentence);
	http_answer(call->request,
		    &(struct http_answer){.status = status,
					  .content_type = "text/plain; charset=utf-8",
					  .body = slice_text(text),
					  .headers = status == 503 ? SLICE("Retry-After: 5\r\n") : headers});
	xcap_call_destroy(call);
}

void xcap_refuse_method(struct xcap_call *call, const char *allowed)
{
	char header[HEADERS_SIZE];
	(void)snprintf(header, sizeof header, "Allow: %s\r\n", allowed);
	xcap_refuse(call, 405, "The method is not allowed here: Allow says which are", slice_text(header));
}

void xcap_fail(struct xcap_call *call, int result)
{
	switch (result) {
	case ERR_NOT_FOUND:
		xcap_refuse(call, 404, "There is no such account", SLICE(""));
		break;
	case ERR_STORAGE_AWAY:
		xcap_refuse(call, 503, "The database cannot be reached now", SLICE(""));
		break;
	case ERR_BUSY:
		xcap_refuse(call, 503, "Too much waits for the database now", SLICE(""));
		break;
	case ERR_NO_MEMORY:
		xcap_refuse(call, 503, "There is no memory for it now", SLICE(""));
		break;
	default:
		xcap_refuse(call, 500, error_text(result), SLICE(""));
		break;
	}
}

static void answer_conflict(struct xcap_call *call)
{
	const struct xcap_outcome *outcome = &call->outcome;
	struct buffer body, ancestor;
	buffer_init(&body, BODY_BYTES_MOST);
	buffer_init(&ancestor, URI_BYTES_MOST);
	if (outcome->conflict == CONFLICT_NO_PARENT)
		target_write_ancestor(&call->target, call->request, outcome->has_document, outcome->ancestor_steps,
				      &ancestor);
	/* The ancestor is a help that may be left out. */
	struct conflict_details details = {.conflict = outcome->conflict,
					   .phrase = slice_text(outcome->error.sentence),
					   .ancestor = buffer_failed(&ancestor) ? SLICE("") : buffer_slice(&ancestor),
					   .field = slice_text(outcome->field)};
	conflict_write(&body, &details);
	if (buffer_failed(&body))
		xcap_fail(call, ERR_NO_MEMORY);
	else
		xcap_answer(call, 409, CONFLICT_MEDIA_TYPE, buffer_slice(&body), SLICE(""));
	buffer_finish(&ancestor);
	buffer_finish(&body);
}

void xcap_answer_outcome(struct xcap_call *call)
{
	if (call->outcome.status == 409)
		answer_conflict(call);
	else if (call->outcome.status == 405)
		xcap_refuse_method(call, target_allowed(&call->target));
	else
		xcap_refuse(call, call->outcome.status, call->outcome.error.sentence, SLICE(""));
}
