/* Error bodies of XCAP. SPDX-License-Identifier: MIT */
#include "xcap/conflict.h"

#include "base/attributes.h"
#include "bodies/xml.h"
#include "xcap/uri.h"

/* RFC 4825 §11.2 */
static const char *const elements[] = {
	[CONFLICT_NO_PARENT] = "no-parent",
	[CONFLICT_SCHEMA] = "schema-validation-error",
	[CONFLICT_NOT_FRAGMENT] = "not-xml-frag",
	[CONFLICT_NOT_ATTRIBUTE] = "not-xml-att-value",
	[CONFLICT_CANNOT_INSERT] = "cannot-insert",
	[CONFLICT_CANNOT_DELETE] = "cannot-delete",
	[CONFLICT_UNIQUENESS] = "uniqueness-failure",
	[CONFLICT_CONSTRAINT] = "constraint-failure",
	[CONFLICT_NOT_WELL_FORMED] = "not-well-formed",
	[CONFLICT_NOT_UTF8] = "not-utf-8",
	[CONFLICT_LIMIT] = "extension",
};

static void write_element(struct buffer *buffer, const char *name, struct slice text)
{
	buffer_format(buffer, "<%s>", name);
	xml_write_text(buffer, text);
	buffer_format(buffer, "</%s>", name);
}

/* RFC 4825 §11.2: the field is a relative URI, and so percent-encoded. */
static void write_exists(struct buffer *buffer, const struct conflict_details *details)
{
	struct buffer field;
	buffer_init(&field, buffer->limit);
	uri_write_path(&field, details->field);
	buffer_text(buffer, "<exists");
	xml_write_attribute(buffer, "field", buffer_failed(&field) ? SLICE("") : buffer_slice(&field));
	buffer_finish(&field);
	buffer_text(buffer, ">");
	buffer_text(buffer, "</exists>");
}

static void write_content(struct buffer *buffer, const struct conflict_details *details)
{
	switch (details->conflict) {
	case CONFLICT_NO_PARENT:
		if (!slice_is_empty(details->ancestor))
			write_element(buffer, "ancestor", details->ancestor);
		break;
	case CONFLICT_UNIQUENESS:
		write_exists(buffer, details);
		break;
	case CONFLICT_LIMIT: /* the element <extension> has no phrase of its own */
		buffer_text(buffer, "<limit xmlns=\"urn:heliograph:xcap-error\"");
		xml_write_attribute(buffer, "phrase", details->phrase);
		buffer_text(buffer, "/>");
		break;
	default:
		break;
	}
}

void conflict_write(struct buffer *buffer, const struct conflict_details *details)
{
	const char *element = elements[details->conflict];
	buffer_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
			    "<xcap-error xmlns=\"urn:ietf:params:xml:ns:xcap-error\">");
	buffer_format(buffer, "<%s", element);
	if (details->conflict != CONFLICT_LIMIT)
		xml_write_attribute(buffer, "phrase", details->phrase);
	buffer_text(buffer, ">");
	write_content(buffer, details);
	buffer_format(buffer, "</%s></xcap-error>\n", element);
}
