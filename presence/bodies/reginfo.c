/* Registration state documents (RFC 3680): written, never read. SPDX-License-Identifier: MIT */
#include "bodies/reginfo.h"

#include "bodies/xml.h"

#define REGINFO_SPACE "urn:ietf:params:xml:ns:reginfo"
#define GRUU_SPACE "urn:ietf:params:xml:ns:gruuinfo"

static void write_number(struct buffer *buffer, const char *name, uint64_t number)
{
	buffer_format(buffer, " %s=\"", name);
	buffer_number(buffer, number);
	buffer_byte(buffer, '"');
}

/* RFC 3680 §5.1: a decimal between 0 and 1; RFC 3261 §25.1: with three digits at most. */
static void write_preference(struct buffer *buffer, uint16_t thousandths)
{
	unsigned value = thousandths > 1000 ? 1000 : thousandths;
	if (value == 1000)
		buffer_text(buffer, " q=\"1.0\"");
	else
		buffer_format(buffer, " q=\"0.%03u\"", value);
}

static void write_element(struct buffer *buffer, const char *name, struct slice text)
{
	buffer_format(buffer, "<%s>", name);
	xml_write_text(buffer, text);
	buffer_format(buffer, "</%s>", name);
}

/* RFC 5628 §5.1: the instance as the parameter of the Contact that it was, quotes and brackets included; the GRUU as an
 * element of its own. */
static void write_instance(struct buffer *buffer, const struct reginfo_contact *contact)
{
	if (!slice_is_empty(contact->instance)) {
		buffer_text(buffer, "<unknown-param name=\"+sip.instance\">\"&lt;");
		xml_write_text(buffer, contact->instance);
		buffer_text(buffer, "&gt;\"</unknown-param>");
	}
	if (!slice_is_empty(contact->public_gruu)) {
		buffer_text(buffer, "<gr:pub-gruu");
		xml_write_attribute(buffer, "uri", contact->public_gruu);
		buffer_text(buffer, "/>");
	}
}

/* RFC 3680 §5.1: the event that brought the contact where it is; one must be named. */
static struct slice event_of(const struct reginfo_contact *contact)
{
	if (!slice_is_empty(contact->event))
		return contact->event;
	return contact->is_active ? SLICE("registered") : SLICE("unregistered");
}

static void write_contact(struct buffer *buffer, const struct reginfo_contact *contact)
{
	buffer_text(buffer, "<contact");
	xml_write_attribute(buffer, "id", contact->id);
	xml_write_attribute(buffer, "state", contact->is_active ? SLICE("active") : SLICE("terminated"));
	xml_write_attribute(buffer, "event", event_of(contact));
	if (contact->registered_s >= 0)
		write_number(buffer, "duration-registered", (uint64_t)contact->registered_s);
	if (contact->expires_s >= 0)
		write_number(buffer, "expires", (uint64_t)contact->expires_s);
	write_preference(buffer, contact->q);
	if (!slice_is_empty(contact->call_id)) {
		xml_write_attribute(buffer, "callid", contact->call_id);
		write_number(buffer, "cseq", contact->cseq);
	}
	buffer_byte(buffer, '>');
	write_element(buffer, "uri", contact->uri);
	if (!slice_is_empty(contact->display_name))
		write_element(buffer, "display-name", contact->display_name);
	write_instance(buffer, contact);
	buffer_text(buffer, "</contact>\r\n");
}

/* RFC 3680 §4.7.1: init without any contact, terminated when the last one has just gone. */
static struct slice state_of(const struct reginfo *registration)
{
	for (size_t i = 0; i < registration->count; i++) {
		if (registration->contacts[i].is_active)
			return SLICE("active");
	}
	return registration->count > 0 ? SLICE("terminated") : SLICE("init");
}

static void write_reginfo(const void *state, const struct body_target *target, struct body_output *output)
{
	const struct reginfo *registration = state;
	struct buffer *buffer = output->buffer;
	/* RFC 3680 §5.1: the address-of-record is a SIP URI, whatever the watcher likes to see in presence. */
	struct body_target by_sip = *target;
	by_sip.style &= ~(unsigned)BODY_PRES_ENTITY;
	buffer_text(buffer, "<?xml version=\"1.0\"?>\r\n<reginfo xmlns=\"" REGINFO_SPACE "\" xmlns:gr=\"" GRUU_SPACE
			    "\" version=\"");
	output->version_at = buffer->length;
	buffer_text(buffer, "\" state=\"full\">\r\n<registration aor=\"");
	xml_write_entity(buffer, &by_sip);
	buffer_byte(buffer, '"');
	xml_write_attribute(buffer, "id", registration->id);
	xml_write_attribute(buffer, "state", state_of(registration));
	buffer_text(buffer, ">\r\n");
	for (size_t i = 0; i < registration->count; i++)
		write_contact(buffer, &registration->contacts[i]);
	buffer_text(buffer, "</registration>\r\n</reginfo>\r\n");
}

const struct body_format reginfo_format = {.media_type = "application/reginfo+xml", .write = write_reginfo};
