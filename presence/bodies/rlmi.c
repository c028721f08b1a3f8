/* Resource list meta-information (RFC 4662 §5): written, never read. SPDX-License-Identifier: MIT */
#include "bodies/rlmi.h"

#include "bodies/xml.h"

#define RLMI_SPACE "urn:ietf:params:xml:ns:rlmi"

static const char *const state_names[] = {
	[RLMI_ACTIVE] = "active", [RLMI_PENDING] = "pending", [RLMI_TERMINATED] = "terminated"};

static void write_name(struct buffer *buffer, struct slice name)
{
	if (slice_is_empty(name))
		return;
	buffer_text(buffer, "<name>");
	xml_write_text(buffer, name);
	buffer_text(buffer, "</name>");
}

void rlmi_begin(struct buffer *buffer, const struct rlmi_list *list)
{
	buffer_text(buffer, "<?xml version=\"1.0\"?>\r\n<list xmlns=\"" RLMI_SPACE "\"");
	xml_write_attribute(buffer, "uri", list->uri);
	xml_write_attribute(buffer, "version", list->version);
	buffer_text(buffer, list->is_full ? " fullState=\"true\">" : " fullState=\"false\">");
	write_name(buffer, list->name);
	buffer_text(buffer, "\r\n");
}

static void write_instance(struct buffer *buffer, const struct rlmi_resource *resource)
{
	buffer_text(buffer, "<instance");
	xml_write_attribute(buffer, "id", resource->instance_id);
	xml_write_attribute(buffer, "state", slice_text(state_names[resource->state]));
	/* RFC 4662 §5.5: a reason belongs to what has ended. */
	if (resource->state == RLMI_TERMINATED && resource->reason)
		xml_write_attribute(buffer, "reason", slice_text(resource->reason));
	if (!slice_is_empty(resource->content_id))
		xml_write_attribute(buffer, "cid", resource->content_id);
	buffer_text(buffer, "/>");
}

void rlmi_write(struct buffer *buffer, const struct rlmi_resource *resource)
{
	bool has_instance = !slice_is_empty(resource->instance_id);
	buffer_text(buffer, "<resource");
	xml_write_attribute(buffer, "uri", resource->uri);
	if (!has_instance && slice_is_empty(resource->name)) {
		buffer_text(buffer, "/>\r\n");
		return;
	}
	buffer_byte(buffer, '>');
	write_name(buffer, resource->name);
	if (has_instance)
		write_instance(buffer, resource);
	buffer_text(buffer, "</resource>\r\n");
}

void rlmi_end(struct buffer *buffer)
{
	buffer_text(buffer, "</list>\r\n");
}
