/* XPIDF, which was before PIDF: what Windows Messenger spoke, and some clients and desk phones ask for to this day. It
 * never became an RFC; the structure is <presence> with a <presentity> and an <atom> of one <address>, whose <status>
 * is open, inuse, inactive or closed, and whose <msnsubstatus> says why. SPDX-License-Identifier: MIT */
#include "bodies/pidf.h"

struct status {
	const char *activity; /* RPID (RFC 4480 §3.2) */
	const char *status, *substatus;
};

static const struct status in_call = {"on-the-phone", "inuse", "onthephone"};
static const struct status offline = {NULL, "closed", "offline"};
static const struct status online = {NULL, "open", "online"};

/* The first row that is among the activities of a person counts. */
static const struct status by_activity[] = {
	{"on-the-phone", "inuse", "onthephone"},
	{"busy", "inuse", "busy"},
	{"meeting", "inuse", "busy"},
	{"appointment", "inuse", "busy"},
	{"presentation", "inuse", "busy"},
	{"meal", "inactive", "outtolunch"},
	{"breakfast", "inactive", "outtolunch"},
	{"dinner", "inactive", "outtolunch"},
	{"away", "inactive", "away"},
	{"in-transit", "inactive", "berightback"},
	{"sleeping", "inactive", "away"},
	{"vacation", "inactive", "away"},
	{"holiday", "inactive", "away"},
	{"permanent-absence", "inactive", "away"},
	{"steering", "inactive", "away"},
	{"travel", "inactive", "away"},
};

static const struct status *find_activity(const struct xml_node *person)
{
	const struct xml_node *activities = xml_child(person, SLICE(RPID_SPACE), SLICE("activities"));
	for (size_t i = 0; i < ARRAY_SIZE(by_activity) && activities; i++) {
		if (xml_child(activities, SLICE(RPID_SPACE), slice_text(by_activity[i].activity)))
			return &by_activity[i];
	}
	return NULL;
}

static const struct status *judge(const struct presence_state *state)
{
	if (state->is_in_call)
		return &in_call;
	if (!state->is_open)
		return &offline;
	const struct status *said = find_activity(state->person);
	return said ? said : &online;
}

static void write_document(const void *of, const struct body_target *target, struct body_output *output)
{
	struct buffer *buffer = output->buffer;
	const struct status *status = judge(of);
	struct body_target presentity = *target;
	presentity.style &= ~(unsigned)BODY_PRES_ENTITY; /* older than "pres:" */
	buffer_text(buffer, "<?xml version=\"1.0\"?>\n<!DOCTYPE presence PUBLIC \"-//IETF//DTD RFCxxxx XPIDF 1.0//EN\" "
			    "\"xpidf.dtd\">\n<presence>\n<presentity uri=\"");
	xml_write_entity(buffer, &presentity);
	buffer_text(buffer, ";method=SUBSCRIBE\"/>\n<atom id=\"1\">\n<address uri=\"");
	xml_write_entity(buffer, &presentity);
	buffer_text(buffer, ";user=ip\" priority=\"0.800000\">\n<status");
	xml_write_attribute(buffer, "status", slice_text(status->status));
	buffer_text(buffer, "/>\n<msnsubstatus");
	xml_write_attribute(buffer, "substatus", slice_text(status->substatus));
	buffer_text(buffer, "/>\n</address>\n</atom>\n</presence>\n");
}

const struct body_format xpidf_format = {.media_type = "application/xpidf+xml", .write = write_document};
