/* PUT and DELETE (RFC 4825 §8.2, 8.3): what the edit of a document or of a node in it makes is judged as a whole before
 * it is written. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/http_conditions.h"
#include "xcap/xcap_call.h"

#include <stdio.h>

/* An edit may declare namespaces again; what is too large is found by the judge. */
#define TEXT_ROOM 65536

/* --- outcomes ----------------------------------------------------------------------------------------------------- */

static enum document_decision keep(struct xcap_call *call, unsigned status, const char *sentence)
{
	call->outcome.status = status;
	body_complain(&call->outcome.error, "%s", sentence);
	return DOCUMENT_KEEP;
}

/* The sentence is there already. */
static enum document_decision conflict(struct xcap_call *call, enum conflict which)
{
	call->outcome.status = 409;
	call->outcome.conflict = which;
	return DOCUMENT_KEEP;
}

static enum document_decision refuse_document(struct xcap_call *call, const struct document_verdict *verdict)
{
	struct xcap_outcome *outcome = &call->outcome;
	outcome->error = verdict->error;
	memcpy(outcome->field, verdict->field, sizeof outcome->field);
	switch (verdict->fault) {
	case FAULT_NOT_UTF8:
		return conflict(call, CONFLICT_NOT_UTF8);
	case FAULT_NOT_WELL_FORMED:
		return conflict(call, CONFLICT_NOT_WELL_FORMED);
	case FAULT_SCHEMA:
		return conflict(call, CONFLICT_SCHEMA);
	case FAULT_UNIQUENESS:
		return conflict(call, CONFLICT_UNIQUENESS);
	case FAULT_CONSTRAINT:
		return conflict(call, CONFLICT_CONSTRAINT);
	case FAULT_TOO_LARGE:
		outcome->status = 413;
		return DOCUMENT_KEEP;
	case FAULT_NO_MEMORY:
	case FAULT_NONE:
		break;
	}
	return keep(call, 503, "There is no memory for it now");
}

static enum document_decision refuse_edit(struct xcap_call *call, const struct edit_outcome *edit)
{
	struct xcap_outcome *outcome = &call->outcome;
	outcome->error = edit->error;
	outcome->has_document = true;
	outcome->ancestor_steps = edit->ancestor_steps;
	switch (edit->result) {
	case EDIT_NOT_FOUND:
		return keep(call, 404, "Nothing in the document is selected by the node selector");
	case EDIT_AMBIGUOUS:
		return keep(call, 404, "The node selector selects more than one node of the document");
	case EDIT_NO_PARENT:
		return conflict(call, CONFLICT_NO_PARENT);
	case EDIT_CANNOT_INSERT:
		return conflict(call, CONFLICT_CANNOT_INSERT);
	case EDIT_CANNOT_DELETE:
		return conflict(call, CONFLICT_CANNOT_DELETE);
	case EDIT_NOT_FRAGMENT:
		return conflict(call, CONFLICT_NOT_FRAGMENT);
	case EDIT_NOT_ATTRIBUTE:
		return conflict(call, CONFLICT_NOT_ATTRIBUTE);
	case EDIT_TOO_LARGE:
		outcome->status = 413;
		return DOCUMENT_KEEP;
	case EDIT_NOT_ALLOWED:
		outcome->status = 405;
		return DOCUMENT_KEEP;
	default:
		return keep(call, 503, "There is no memory for it now");
	}
}

/* --- editing ------------------------------------------------------------------------------------------------------ */

static bool is_removing(const struct xcap_call *call)
{
	return call->request->method == HTTP_DELETE;
}

/* 412 */
static bool conditions_hold(struct xcap_call *call, const struct document *before, bool exists)
{
	const struct http_request *request = call->request;
	const struct condition_subject subject = {.etag = before ? slice_text(before->etag) : SLICE(""),
						  .exists = exists};
	if (condition_if_match(request->if_match, &subject) &&
	    condition_if_none_match(request->if_none_match, &subject))
		return true;
	(void)keep(call, 412, "It is not as If-Match or If-None-Match wants it: read it again");
	return false;
}

static enum document_decision judge(struct xcap_call *call, struct slice text, unsigned status, struct slice *after)
{
	const struct target *target = &call->target;
	struct document_verdict verdict;
	document_store_judge(call->xcap->parts.documents, target->user, slice_text(target->application->id),
			     target->path.name, text, &verdict);
	if (verdict.fault != FAULT_NONE)
		return refuse_document(call, &verdict);
	call->outcome.status = status;
	*after = text;
	return DOCUMENT_WRITE;
}

static enum document_decision edit_document(struct xcap_call *call, const struct document *before, struct slice *after)
{
	if (is_removing(call) && !before)
		return keep(call, 404, "There is no document of that name");
	if (!conditions_hold(call, before, before != NULL))
		return DOCUMENT_KEEP;
	if (!is_removing(call))
		return judge(call, call->request->body, before ? 200 : 201, after);
	call->outcome.status = 200;
	return DOCUMENT_REMOVE;
}

static bool node_exists(const struct xcap_call *call, const struct document_tree *tree)
{
	struct buffer text;
	buffer_init(&text, SIZE_MAX);
	bool exists = selector_get(&call->target.selector, tree, &text) == EDIT_DONE;
	buffer_finish(&text);
	return exists;
}

static enum document_decision edit_tree(struct xcap_call *call, const struct document *before,
					struct document_tree *tree, struct slice *after)
{
	const struct http_request *request = call->request;
	bool exists = conditions_ask_existence(request->if_match, request->if_none_match) && node_exists(call, tree);
	if (!conditions_hold(call, before, exists))
		return DOCUMENT_KEEP;
	struct edit_outcome edit = {.result = EDIT_DONE};
	if (is_removing(call))
		selector_delete(&call->target.selector, tree, &edit);
	else
		selector_put(&call->target.selector, tree, request->body, &call->xcap->limits, &edit);
	if (edit.result != EDIT_DONE && edit.result != EDIT_MADE)
		return refuse_edit(call, &edit);
	tree_write(tree, &call->text);
	if (buffer_failed(&call->text))
		return keep(call, 503, "There is no memory for it now");
	return judge(call, buffer_slice(&call->text), edit.result == EDIT_MADE ? 201 : 200, after);
}

static enum document_decision edit_node(struct xcap_call *call, const struct document *before, struct slice *after)
{
	struct document_tree tree;
	if (!before && is_removing(call))
		return keep(call, 404, "There is no document of that name");
	if (!before) {
		/* RFC 4825 §8.2.1: a node has its parent in a document. */
		body_complain(&call->outcome.error, "There is no document of that name to put it into");
		return conflict(call, CONFLICT_NO_PARENT);
	}
	if (tree_read(before->body, document_store_limits(call->xcap->parts.documents), &tree, &call->outcome.error) !=
	    0) {
		call->outcome.status = 503; /* as in read.c */
		return DOCUMENT_KEEP;
	}
	enum document_decision decision = edit_tree(call, before, &tree, after);
	tree_finish(&tree);
	return decision;
}

/* Nobody waits: nothing is changed, for the body is gone with the request. */
static enum document_decision edit(void *arg, const struct document *before, struct slice *after)
{
	struct xcap_call *call = arg;
	if (!call->request)
		return DOCUMENT_KEEP;
	call->outcome = (struct xcap_outcome){.status = 0};
	buffer_clear(&call->text);
	return call->target.path.has_selector ? edit_node(call, before, after) : edit_document(call, before, after);
}

static void on_changed(void *arg, int result, const struct document *document, const char *sentence)
{
	struct xcap_call *call = arg;
	if (xcap_call_is_gone(call))
		return;
	if (result == ERR_LIMIT) {
		(void)conflict(call, CONFLICT_LIMIT);
		body_complain(&call->outcome.error, "%s", sentence ? sentence : error_text(result));
		xcap_answer_outcome(call);
	} else if (result != 0) {
		xcap_fail(call, result);
	} else if (call->outcome.status >= 300) {
		xcap_answer_outcome(call);
	} else {
		xcap_answer(call, call->outcome.status, NULL, SLICE(""),
			    document ? slice_text(document->etag) : SLICE(""));
	}
}

/* --- before the edit ---------------------------------------------------------------------------------------------- */

static const char *wanted_type(const struct target *target)
{
	if (!target->path.has_selector)
		return target->application->media_type;
	return target->selector.kind == SELECTS_ATTRIBUTE ? "application/xcap-att+xml" : "application/xcap-el+xml";
}

/* RFC 4825 §8.2.1 wants UTF-8, which everybody may say. */
static bool says_other_charset(struct slice parameters)
{
	while (parameters.length > 0) {
		struct slice parameter = slice_take(&parameters, ';');
		struct slice name = slice_trim(slice_take(&parameter, '='));
		struct slice value = slice_trim(parameter);
		if (value.length >= 2 && value.at[0] == '"')
			value = slice_of(value.at + 1, value.length - 2);
		if (slice_equal_nocase(name, SLICE("charset")) && !slice_equal_nocase(value, SLICE("utf-8")) &&
		    !slice_equal_nocase(value, SLICE("us-ascii")))
			return true;
	}
	return false;
}

/* False where it was refused. */
static bool has_good_body(struct xcap_call *call)
{
	struct slice parameters = call->request->content_type;
	struct slice type = slice_trim(slice_take(&parameters, ';'));
	const char *wanted = wanted_type(&call->target);
	char sentence[BODY_SENTENCE_SIZE];
	if (!slice_equal_nocase(type, slice_text(wanted))) {
		(void)snprintf(sentence, sizeof sentence, "The body must be of Content-Type %s", wanted);
		xcap_refuse(call, 415, sentence, SLICE(""));
	} else if (says_other_charset(parameters)) {
		(void)conflict(call, CONFLICT_NOT_UTF8);
		body_complain(&call->outcome.error, "The charset of the body must be UTF-8");
		xcap_answer_outcome(call);
	} else if (call->request->body.length > call->xcap->limits.bytes) {
		(void)snprintf(sentence, sizeof sentence, "A document has at most %zu bytes", call->xcap->limits.bytes);
		xcap_refuse(call, 413, sentence, SLICE(""));
	} else if (!slice_is_utf8(call->request->body)) {
		/* RFC 4825 §8.2.1: before it is asked whether an element or a value is one. */
		(void)conflict(call, CONFLICT_NOT_UTF8);
		body_complain(&call->outcome.error, "The body is not UTF-8");
		xcap_answer_outcome(call);
	} else {
		return true;
	}
	return false;
}

void xcap_change(struct xcap_call *call)
{
	const struct target *target = &call->target;
	if (!is_removing(call) && !has_good_body(call))
		return;
	buffer_init(&call->text, 2 * document_store_limits(call->xcap->parts.documents)->bytes + TEXT_ROOM);
	document_change(call->xcap->parts.documents,
			&(struct document_change){.user = target->user,
						  .application = slice_text(target->application->id),
						  .name = target->path.name,
						  .edit = edit,
						  .done = on_changed,
						  .arg = call});
}
