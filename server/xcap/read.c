/* GET and HEAD (RFC 4825 §7.3, 7.6, 7.9, 7.10): a document, or a node of it. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/http_conditions.h"
#include "xcap/xcap_call.h"

/* Namespaces that stand far up are declared again. */
#define NODE_BYTES_FACTOR 4

static const char *media_type_of(const struct target *target)
{
	static const char *const types[] = {
		[SELECTS_ELEMENT] = "application/xcap-el+xml",
		[SELECTS_ATTRIBUTE] = "application/xcap-att+xml",
		[SELECTS_NAMESPACES] = "application/xcap-ns+xml",
	};
	return target->path.has_selector ? types[target->selector.kind] : target->application->media_type;
}

/* What is selected, into the call's text. 0, or a status. */
static unsigned read_node(struct xcap_call *call, const struct document *document)
{
	struct xcap_outcome *outcome = &call->outcome;
	struct document_tree tree;
	if (tree_read(document->body, document_store_limits(call->xcap->parts.documents), &tree, &outcome->error) != 0)
		return 503; /* what is stored is good: it is memory */
	buffer_init(&call->text, NODE_BYTES_FACTOR * document->body.length + 4096);
	enum edit_result result = selector_get(&call->target.selector, &tree, &call->text);
	tree_finish(&tree);
	switch (result) {
	case EDIT_DONE:
		if (!buffer_failed(&call->text))
			return 0;
		break;
	case EDIT_NOT_FOUND:
		body_complain(&outcome->error, "Nothing in the document is selected by the node selector");
		return 404;
	case EDIT_AMBIGUOUS:
		body_complain(&outcome->error, "The node selector selects more than one node of the document");
		return 404;
	default:
		break;
	}
	body_complain(&outcome->error, "There is no memory for it now");
	return 503;
}

static void answer(struct xcap_call *call, const struct document *document)
{
	const struct http_request *request = call->request;
	struct slice etag = slice_text(document->etag), body = document->body;
	if (call->target.path.has_selector) {
		call->outcome.status = read_node(call, document);
		if (call->outcome.status != 0) {
			xcap_answer_outcome(call);
			return;
		}
		body = buffer_slice(&call->text);
	}
	const struct condition_subject subject = {.etag = etag, .exists = true};
	if (!condition_if_match(request->if_match, &subject))
		xcap_refuse(call, 412, "The document has another entity-tag than If-Match names", SLICE(""));
	else if (!condition_if_none_match(request->if_none_match, &subject))
		xcap_answer(call, 304, NULL, SLICE(""), etag);
	else
		xcap_answer(call, 200, media_type_of(&call->target), body, etag);
}

static void on_held(void *arg, int result)
{
	struct xcap_call *call = arg;
	const struct target *target = &call->target;
	call->is_holding = result == 0;
	if (xcap_call_is_gone(call))
		return;
	if (result != 0) {
		xcap_fail(call, result);
		return;
	}
	const struct document *document = document_find(call->xcap->parts.documents, target->user,
							slice_text(target->application->id), target->path.name);
	if (document)
		answer(call, document);
	else
		xcap_refuse(call, 404, "There is no document of that name", SLICE(""));
}

void xcap_read(struct xcap_call *call)
{
	if (target_is_made(&call->target))
		answer(call, &call->xcap->made_document);
	else
		documents_hold(call->xcap->parts.documents, call->target.user, on_held, call);
}
