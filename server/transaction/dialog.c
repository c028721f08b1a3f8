/* Dialogs: their texts in one block, and the head of a request in them. SPDX-License-Identifier: MIT */
#include "transaction/dialog.h"

#include "base/error.h"
#include "sip/write.h"

#include <stdlib.h>
#include <string.h>

int dialog_set(struct dialog *dialog, const struct slice texts[DIALOG_TEXT_COUNT])
{
	size_t bytes = 0;
	for (int i = 0; i < DIALOG_TEXT_COUNT; i++) {
		if (texts[i].length > UINT16_MAX)
			return ERR_LIMIT;
		bytes += texts[i].length;
	}
	char *copy = malloc(bytes + 1);
	if (!copy)
		return ERR_NO_MEMORY;
	char *at = copy;
	for (int i = 0; i < DIALOG_TEXT_COUNT; i++) {
		if (texts[i].length > 0)
			memcpy(at, texts[i].at, texts[i].length);
		at += texts[i].length;
		dialog->lengths[i] = (uint16_t)texts[i].length;
	}
	free(dialog->texts); /* last: `texts` may point into it */
	dialog->texts = copy;
	return 0;
}

void dialog_finish(struct dialog *dialog)
{
	free(dialog->texts);
	dialog->texts = NULL;
	memset(dialog->lengths, 0, sizeof dialog->lengths);
}

struct slice dialog_text(const struct dialog *dialog, enum dialog_text which)
{
	const char *at = dialog->texts;
	for (int i = 0; i < (int)which; i++)
		at += dialog->lengths[i];
	return slice_of(at, dialog->lengths[which]);
}

void dialog_texts(const struct dialog *dialog, struct slice texts[DIALOG_TEXT_COUNT])
{
	const char *at = dialog->texts;
	for (int i = 0; i < DIALOG_TEXT_COUNT; i++) {
		texts[i] = slice_of(at, dialog->lengths[i]);
		at += dialog->lengths[i];
	}
}

/* RFC 3261 §12.1.1: the Record-Route values in their order, with all their parameters. */
static int read_routes(const struct sip_message *message, struct arena *arena, struct slice *routes)
{
	size_t bytes = 0;
	struct sip_list_cursor cursor = {0};
	struct slice element;
	struct sip_name_address route;
	while (sip_message_each(message, SIP_HEADER_RECORD_ROUTE, &cursor, &element)) {
		if (sip_name_address_parse(element, &route) != 0)
			return ERR_SYNTAX; /* what cannot be read must not be written into Route */
		bytes += element.length + 2;
	}
	*routes = SLICE("");
	if (bytes == 0)
		return 0;
	char *at = arena_allocate(arena, bytes);
	if (!at)
		return ERR_NO_MEMORY;
	char *start = at;
	cursor = (struct sip_list_cursor){0};
	while (sip_message_each(message, SIP_HEADER_RECORD_ROUTE, &cursor, &element)) {
		if (at > start) {
			*at++ = ',';
			*at++ = ' ';
		}
		memcpy(at, element.at, element.length);
		at += element.length;
	}
	*routes = slice_of(start, (size_t)(at - start));
	return 0;
}

int dialog_read(struct sip_message *message, struct arena *arena, struct slice local_tag,
		struct slice texts[DIALOG_TEXT_COUNT])
{
	const struct sip_name_address *from = sip_message_from(message), *to = sip_message_to(message);
	struct sip_list_cursor cursor = {0};
	struct slice element;
	struct sip_name_address contact;
	if (!from || !to || !sip_message_each(message, SIP_HEADER_CONTACT, &cursor, &element) ||
	    sip_name_address_parse(element, &contact) != 0)
		return ERR_SYNTAX;
	if (contact.uri.scheme != URI_SIP && contact.uri.scheme != URI_SIPS) /* §8.1.1.8 */
		return ERR_SYNTAX;
	texts[DIALOG_CALL_ID] = sip_message_call_id(message);
	texts[DIALOG_LOCAL_TAG] = local_tag;
	texts[DIALOG_REMOTE_TAG] = sip_tag(from);
	texts[DIALOG_LOCAL] = to->uri_text;
	texts[DIALOG_REMOTE] = from->uri_text;
	texts[DIALOG_TARGET] = contact.uri_text;
	texts[DIALOG_USAGE] = SLICE("");
	return read_routes(message, arena, &texts[DIALOG_ROUTES]);
}

/* The first route, where it is none that knows loose routing. */
static bool find_strict_router(const struct dialog *dialog, struct slice *router, struct slice *others)
{
	struct slice rest = dialog_text(dialog, DIALOG_ROUTES), first, value;
	struct sip_name_address route;
	if (!sip_list_next(&rest, &first) || sip_name_address_parse(first, &route) != 0 ||
	    sip_uri_parameter(&route.uri, SLICE("lr"), &value))
		return false;
	*router = route.uri_text;
	*others = slice_trim(rest);
	return true;
}

struct slice dialog_request_uri(const struct dialog *dialog)
{
	struct slice router, others;
	return find_strict_router(dialog, &router, &others) ? router : dialog_text(dialog, DIALOG_TARGET);
}

static void write_party(struct buffer *buffer, const char *name, struct slice uri, struct slice tag)
{
	buffer_text(buffer, name);
	buffer_append(buffer, uri);
	buffer_byte(buffer, '>');
	if (!slice_is_empty(tag)) {
		buffer_text(buffer, ";tag=");
		buffer_append(buffer, tag);
	}
	buffer_text(buffer, "\r\n");
}

void dialog_write(struct buffer *buffer, const struct dialog *dialog, struct slice method)
{
	struct slice texts[DIALOG_TEXT_COUNT], router, routes;
	dialog_texts(dialog, texts);
	if (!slice_is_empty(texts[DIALOG_ROUTES])) {
		bool is_strict = find_strict_router(dialog, &router, &routes);
		buffer_text(buffer, "Route: ");
		buffer_append(buffer, is_strict ? routes : texts[DIALOG_ROUTES]);
		if (is_strict) { /* §12.2.1.1: the remote target goes to the end */
			buffer_text(buffer, slice_is_empty(routes) ? "<" : ", <");
			buffer_append(buffer, texts[DIALOG_TARGET]);
			buffer_byte(buffer, '>');
		}
		buffer_text(buffer, "\r\n");
	}
	write_party(buffer, "From: <", texts[DIALOG_LOCAL], texts[DIALOG_LOCAL_TAG]);
	write_party(buffer, "To: <", texts[DIALOG_REMOTE], texts[DIALOG_REMOTE_TAG]);
	buffer_text(buffer, "Call-ID: ");
	buffer_append(buffer, texts[DIALOG_CALL_ID]);
	buffer_text(buffer, "\r\nCSeq: ");
	buffer_number(buffer, dialog->local_cseq);
	buffer_byte(buffer, ' ');
	buffer_append(buffer, method);
	buffer_text(buffer, "\r\nMax-Forwards: 70\r\n");
}
