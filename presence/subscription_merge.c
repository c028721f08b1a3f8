/* What holds after a SUBSCRIBE within a dialog: what came in it, and what those before it asked for and it leaves as it
 * is; written as one body, for the row. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "base/random.h"
#include "bodies/filter.h"
#include "bodies/multipart.h"
#include "presence/list_watches.h"
#include "presence/subscribing.h"
#include "presence/view.h"

#include <string.h>

#define LIST_TYPE "application/resource-lists+xml"
#define LIST_SPACE "urn:ietf:params:xml:ns:resource-lists"

enum { BOUNDARY_LENGTH = 24 };

static struct slice filters_before(const struct subscription *subscription)
{
	if (!subscription)
		return SLICE("");
	if (subscription_resource(subscription)->is_list)
		return subscription->list ? subscription->list->filters : SLICE("");
	return view_texts(subscription->watch.view).filters;
}

static bool refuse(struct subscribing *subscribing, int result, const char *sentence)
{
	subscribing_refuse(subscribing, result == ERR_LIMIT ? SIP_ENTITY_TOO_LARGE : SIP_INTERNAL_ERROR, SLICE(""),
			   sentence[0] ? sentence : error_text(result));
	return false;
}

/* RFC 4660 §5.2: what comes changes the filters of the same ids, and leaves the others. */
static bool merge_filters(struct subscribing *subscribing)
{
	struct subscription_content *content = &subscribing->content;
	struct slice before = filters_before(subscribing->subscription);
	struct body_error error = {""};
	if (slice_is_empty(before))
		return true;
	if (!content->has_filters) {
		content->filters = before;
		return true;
	}
	int result = filter_merge(before, content->filters, &subscription_filter_limits, &subscribing->filter_bytes);
	if (result == 0) {
		content->filters = buffer_slice(&subscribing->filter_bytes);
		result = filter_check(content->filters, &subscription_filter_limits, &error);
	}
	return result == 0 ? true : refuse(subscribing, result, error.sentence);
}

/* The list of an earlier SUBSCRIBE: as it is watched, not as it came. */
static void write_list_before(const struct subscription *subscription, struct buffer *buffer)
{
	const struct resource *resource = subscription ? subscription_resource(subscription) : NULL;
	if (!resource || !resource->is_list || list_name_kind(resource_name(resource)) != LIST_CARRIED ||
	    !resource->definition)
		return;
	buffer_text(buffer, "<resource-lists xmlns=\"" LIST_SPACE "\"><list>");
	for (unsigned i = 0; i < resource->definition->count; i++) {
		const struct flat_entry *entry = &resource->definition->entries[i];
		buffer_text(buffer, "<entry");
		xml_write_attribute(buffer, "uri", entry->uri);
		buffer_text(buffer, "><display-name>");
		xml_write_text(buffer, entry->name);
		buffer_text(buffer, "</display-name></entry>");
	}
	buffer_text(buffer, "</list></resource-lists>");
}

static void write_parts(struct subscribing *subscribing, struct slice list)
{
	static const char type[] = "multipart/mixed;boundary=";
	struct buffer *buffer = &subscribing->kept_bytes;
	memcpy(subscribing->parts_type, type, sizeof type);
	char *boundary = subscribing->parts_type + sizeof type - 1;
	random_token(boundary, BOUNDARY_LENGTH);
	struct slice name = slice_of(boundary, BOUNDARY_LENGTH);
	multipart_part(buffer, name, SLICE("list"), SLICE(LIST_TYPE));
	buffer_append(buffer, list);
	multipart_part(buffer, name, SLICE("filters"), SLICE(FILTER_MEDIA_TYPE));
	buffer_append(buffer, subscribing->content.filters);
	multipart_end(buffer, name);
}

static void write_one_or_both(struct subscribing *subscribing, struct slice list)
{
	struct subscription_content *content = &subscribing->content;
	if (slice_is_empty(list) && slice_is_empty(content->filters))
		return; /* what came may be left unread */
	if (!slice_is_empty(list) && !slice_is_empty(content->filters)) {
		write_parts(subscribing, list);
		content->kept_type = slice_text(subscribing->parts_type);
	} else {
		bool has_list = !slice_is_empty(list);
		buffer_append(&subscribing->kept_bytes, has_list ? list : content->filters);
		content->kept_type = has_list ? SLICE(LIST_TYPE) : SLICE(FILTER_MEDIA_TYPE);
	}
	content->kept = buffer_slice(&subscribing->kept_bytes);
}

/* What a later process finds in the row: a list, filters, or both. */
static bool write_kept(struct subscribing *subscribing)
{
	struct subscription_content *content = &subscribing->content;
	struct buffer list;
	buffer_init(&list, subscribing->kept_bytes.limit);
	if (content->has_list)
		buffer_append(&list, content->list);
	else
		write_list_before(subscribing->subscription, &list);
	write_one_or_both(subscribing, buffer_slice(&list));
	bool is_written = !buffer_failed(&list) && !buffer_failed(&subscribing->kept_bytes);
	buffer_finish(&list);
	return is_written ? true : refuse(subscribing, ERR_NO_MEMORY, "");
}

bool subscribing_merge_content(struct subscribing *subscribing)
{
	struct subscription_content *content = &subscribing->content;
	if (!merge_filters(subscribing))
		return false;
	if (!subscribing->row->package->select)
		return write_kept(subscribing);
	content->kept_type = content->content_type; /* each selection is the whole one */
	content->kept = content->body;
	return true;
}
