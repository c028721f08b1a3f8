/* What the body of a SUBSCRIBE says. SPDX-License-Identifier: MIT */
#include "presence/subscription_content.h"

#include "base/error.h"
#include "bodies/filter.h"
#include "bodies/multipart.h"
#include "sip/status.h"

#include <stdio.h>

enum { PARTS_MOST = 8 };

const struct xml_limits subscription_filter_limits = {.bytes = 65536, .depth = 16, .nodes = 4096};

struct content_reader {
	struct events *events;
	const struct package_row *row;
	const struct account *watcher;
	struct arena *arena;
	struct subscription_content *content;
	struct content_refusal *refusal;
	bool is_list;
};

static bool refuse(struct content_reader *reader, unsigned status, const char *headers, const char *sentence)
{
	reader->refusal->status = status;
	reader->refusal->headers = headers;
	if (sentence)
		body_complain(&reader->refusal->error, "%s", sentence);
	return false;
}

static bool is_type(struct slice content_type, const char *type)
{
	return slice_equal_nocase(slice_trim(slice_take(&content_type, ';')), slice_text(type));
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

static bool read_filters(struct content_reader *reader, struct slice body)
{
	int result = filter_check(body, &subscription_filter_limits, &reader->refusal->error);
	if (result == ERR_NO_MEMORY)
		return refuse(reader, SIP_INTERNAL_ERROR, "", error_text(result));
	/* RFC 4660 §5.4: filters that are wrong, or that cannot be kept here, refuse the subscription */
	if (result != 0)
		return refuse(reader,
			      result == ERR_LIMIT         ? SIP_ENTITY_TOO_LARGE
			      : result == ERR_UNSUPPORTED ? SIP_NOT_ACCEPTABLE_HERE
							  : SIP_BAD_REQUEST,
			      "", NULL);
	reader->content->filters = body;
	reader->content->has_filters = true;
	return true;
}

static bool read_selection(struct content_reader *reader, struct slice content_type, struct slice body)
{
	const char *sentence = NULL;
	const struct package_row *row = reader->row;
	unsigned status = row->package->select(row->arg, reader->arena, reader->watcher, content_type, body,
					       &reader->content->selection, &sentence);
	if (status != 0)
		return refuse(reader, status, "", sentence);
	reader->content->has_selection = true;
	return true;
}

static bool read_part(struct content_reader *reader, const struct body_part *part)
{
	struct slice disposition = part->content_disposition, parameters = disposition, handling;
	struct slice kind = slice_trim(slice_take(&parameters, ';'));
	bool is_list_type = is_type(part->content_type, "application/resource-lists+xml");
	if (is_type(part->content_type, FILTER_MEDIA_TYPE))
		return read_filters(reader, part->body);
	if (is_list_type && (reader->is_list || slice_equal_nocase(kind, SLICE("recipient-list")))) {
		reader->content->list = part->body;
		reader->content->has_list = true;
		return true;
	}
	if (reader->row->package->select)
		return read_selection(reader, part->content_type, part->body);
	/* RFC 3261 §20.11: what is marked as optional may be left unread */
	if (sip_parameter_find(parameters, SLICE("handling"), &handling) &&
	    slice_equal_nocase(handling, SLICE("optional")))
		return true;
	return refuse(reader, SIP_UNSUPPORTED_MEDIA_TYPE,
		      "Accept: " FILTER_MEDIA_TYPE ", application/resource-lists+xml, multipart/mixed\r\n",
		      "A SUBSCRIBE may bring filters, or a list that is marked as recipient-list, and nothing else");
}

static bool read_parts(struct content_reader *reader)
{
	struct body_part parts[PARTS_MOST];
	size_t count;
	int result = multipart_read(reader->content->content_type, reader->content->body, parts, PARTS_MOST, &count,
				    &reader->refusal->error);
	if (result != 0)
		return refuse(reader, result == ERR_LIMIT ? SIP_ENTITY_TOO_LARGE : SIP_BAD_REQUEST, "", NULL);
	for (size_t i = 0; i < count; i++)
		if (!read_part(reader, &parts[i]))
			return false;
	return true;
}

bool subscription_content_read(struct events *events, const struct package_row *row, const struct account *watcher,
			       bool is_list, struct arena *arena, struct subscription_content *content,
			       struct content_refusal *refusal)
{
	struct content_reader reader = {events, row, watcher, arena, content, refusal, is_list};
	*refusal = (struct content_refusal){.headers = ""};
	struct slice type = slice_trim(content->content_type);
	if (slice_is_empty(content->body)) {
		/* No body is a selection as well. */
		return row->package->select ? read_selection(&reader, SLICE(""), SLICE("")) : true;
	}
	if (slice_starts_with(type, SLICE("multipart/")) || slice_starts_with(type, SLICE("Multipart/")))
		return read_parts(&reader);
	struct body_part part = {.content_type = type, .body = content->body};
	part.content_disposition = content->disposition;
	return read_part(&reader, &part);
}
