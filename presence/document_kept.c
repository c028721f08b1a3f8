/* One document in memory, and its place among its owner's. SPDX-License-Identifier: MIT */
#include "presence/document_store_state.h"

#include <stdlib.h>
#include <string.h>

static int compare(const struct kept_document *kept, struct slice application, struct slice name)
{
	int order = slice_compare(kept->document.application, application);
	return order != 0 ? order : slice_compare(kept->document.name, name);
}

struct kept_document **document_place(struct document_owner *owner, struct slice application, struct slice name)
{
	struct kept_document **place = &owner->documents;
	while (*place && compare(*place, application, name) < 0)
		place = &(*place)->next;
	return place;
}

struct kept_document *document_at(struct document_owner *owner, struct slice application, struct slice name)
{
	struct kept_document *kept = *document_place(owner, application, name);
	return kept && compare(kept, application, name) == 0 ? kept : NULL;
}

static struct slice put(char **next, struct slice text)
{
	char *at = *next;
	if (text.length > 0)
		memcpy(at, text.at, text.length);
	*next += text.length;
	return slice_of(at, text.length);
}

struct kept_document *document_create(struct document_owner *owner, const struct stored_document *row, bool is_trace)
{
	struct slice body = is_trace ? SLICE("") : row->body;
	struct kept_document *kept = calloc(1, sizeof *kept + row->application.length + row->name.length + body.length);
	if (!kept)
		return NULL;
	char *next = kept->text;
	kept->document.user = owner_user(owner);
	kept->document.application = put(&next, row->application);
	kept->document.name = put(&next, row->name);
	kept->document.body = put(&next, body);
	kept->document.changed_at_ms = row->changed_at_ms;
	size_t etag_length = row->etag.length < DOCUMENT_ETAG_SIZE ? row->etag.length : DOCUMENT_ETAG_SIZE - 1;
	if (etag_length > 0)
		memcpy(kept->document.etag, row->etag.at, etag_length);
	kept->id = row->id;
	kept->refresh = owner->store->refresh_count;
	kept->is_trace = is_trace;
	return kept;
}

struct kept_document *document_take(struct document_owner *owner, struct kept_document **place)
{
	struct kept_document *kept = *place;
	*place = kept->next;
	kept->next = NULL;
	owner->bytes -= kept->document.body.length;
	owner->document_count--;
	return kept;
}

struct kept_document *document_insert(struct document_owner *owner, struct kept_document *document)
{
	struct kept_document *before = NULL;
	struct slice application = document->document.application, name = document->document.name;
	struct kept_document **place = document_place(owner, application, name);
	if (*place && compare(*place, application, name) == 0)
		before = document_take(owner, place);
	document->next = *place;
	*place = document;
	owner->bytes += document->document.body.length;
	owner->document_count++;
	return before;
}

void document_reduce(struct document_owner *owner, struct kept_document **place)
{
	struct kept_document *kept = *place;
	size_t application_length = kept->document.application.length, name_length = kept->document.name.length;
	owner->bytes -= kept->document.body.length;
	kept->document.body = SLICE("");
	kept->is_trace = true;
	kept->refresh = owner->store->refresh_count; /* it is there: no refresh that is under way may miss it */
	struct kept_document *smaller = realloc(kept, sizeof *kept + application_length + name_length);
	if (smaller)
		kept = smaller;
	kept->document.application = slice_of(kept->text, application_length);
	kept->document.name = slice_of(kept->text + application_length, name_length);
	*place = kept;
}

bool document_is_resident(const struct kept_document *document)
{
	const struct application *application = application_find(document->document.application);
	return application && application->is_resident;
}

void document_announce(struct document_store *store, const struct document *before, const struct document *after)
{
	for (size_t i = 0; i < store->listener_count; i++)
		store->listeners[i].changed(store->listeners[i].arg, before, after);
}
