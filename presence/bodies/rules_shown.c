/* Reading what a rule shows: transformations (RFC 5025 §3.3). SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "bodies/presence_view.h"
#include "bodies/rules_state.h"

static const struct slice rules_space = {PRES_RULES_SPACE, sizeof(PRES_RULES_SPACE) - 1};

/* --- which services, persons and devices (§3.3.1) --------------------------------------------------------------- */

struct pick_name {
	const char *element, *kind;
};
static const struct pick_name device_picks[] = {{"class", PICK_DEVICE_CLASS},
						{"deviceID", PICK_DEVICE_ID},
						{"occurrence-id", PICK_DEVICE_OCCURRENCE},
						{NULL, NULL}};
static const struct pick_name person_picks[] = {
	{"class", PICK_PERSON_CLASS}, {"occurrence-id", PICK_PERSON_OCCURRENCE}, {NULL, NULL}};
static const struct pick_name service_picks[] = {{"class", PICK_SERVICE_CLASS},
						 {"occurrence-id", PICK_SERVICE_OCCURRENCE},
						 {"service-uri", PICK_SERVICE_URI},
						 {"service-uri-scheme", PICK_SERVICE_SCHEME},
						 {NULL, NULL}};

/* A value with a line end in it is nothing that could be met. */
static bool may_be_picked(struct slice value)
{
	return !slice_is_empty(value) && slice_find(value, '\n') == value.length;
}

static void add_pick(struct buffer *picks, const char *kind, struct slice value)
{
	if (!may_be_picked(value))
		return;
	buffer_text(picks, kind);
	buffer_append(picks, value);
	buffer_byte(picks, '\n');
}

static void read_picks(const struct xml_node *permission, const struct pick_name *names, struct buffer *picks)
{
	for (const struct pick_name *name = names; name->element; name++) {
		const struct xml_node *node = xml_child(permission, rules_space, slice_text(name->element));
		for (; node; node = xml_next(node, rules_space, slice_text(name->element)))
			add_pick(picks, name->kind, xml_text(node));
	}
}

struct element_permission {
	const char *name, *all;
	unsigned shown;
	const struct pick_name *picks;
};
static const struct element_permission elements[] = {
	{"provide-devices", "all-devices", SHOWN_DEVICES, device_picks},
	{"provide-persons", "all-persons", SHOWN_PERSONS, person_picks},
	{"provide-services", "all-services", SHOWN_SERVICES, service_picks},
};

/* --- which of their attributes (§3.3.2) ------------------------------------------------------------------------- */

static const struct {
	const char *name;
	unsigned shown;
} attributes[] = {
	{"provide-activities", SHOWN_ACTIVITIES},   {"provide-class", SHOWN_CLASS},
	{"provide-deviceID", SHOWN_DEVICE_ID},      {"provide-mood", SHOWN_MOOD},
	{"provide-place-is", SHOWN_PLACE_IS},       {"provide-place-type", SHOWN_PLACE_TYPE},
	{"provide-privacy", SHOWN_PRIVACY},         {"provide-relationship", SHOWN_RELATIONSHIP},
	{"provide-sphere", SHOWN_SPHERE},           {"provide-status-icon", SHOWN_STATUS_ICON},
	{"provide-time-offset", SHOWN_TIME_OFFSET}, {"provide-note", SHOWN_NOTE},
};

/* xsd:boolean */
static bool is_true(const struct xml_node *node)
{
	struct slice text = xml_text(node);
	return slice_equal(text, SLICE("true")) || slice_equal(text, SLICE("1"));
}

static unsigned read_attribute(const struct xml_node *permission)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		if (slice_equal(permission->name, slice_text(attributes[i].name)))
			return is_true(permission) ? attributes[i].shown : 0;
	}
	return 0;
}

/* §3.3.2.12; "false" shows nothing. */
static unsigned read_user_input(const struct xml_node *permission)
{
	struct slice text = xml_text(permission);
	if (slice_equal(text, SLICE("full")))
		return SHOWN_INPUT_FULL;
	if (slice_equal(text, SLICE("thresholds")))
		return SHOWN_INPUT_THRESHOLDS;
	return slice_equal(text, SLICE("bare")) ? SHOWN_INPUT_BARE : 0;
}

/* §3.3.2.14 */
static void read_unknown(const struct xml_node *permission, struct buffer *picks)
{
	struct slice name = slice_trim(xml_attribute(permission, SLICE("name")));
	struct slice space = slice_trim(xml_attribute(permission, SLICE("ns")));
	if (!is_true(permission) || !may_be_picked(name) || !may_be_picked(space) ||
	    slice_find(name, ' ') < name.length)
		return;
	buffer_text(picks, PICK_ATTRIBUTE);
	buffer_append(picks, name);
	buffer_byte(picks, ' ');
	buffer_append(picks, space);
	buffer_byte(picks, '\n');
}

/* What is not known gives nothing (RFC 4745 §9). */
static unsigned read_permission(const struct xml_node *permission, struct buffer *picks)
{
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		const struct element_permission *element = &elements[i];
		if (!slice_equal(permission->name, slice_text(element->name)))
			continue;
		read_picks(permission, element->picks, picks);
		return xml_child(permission, rules_space, slice_text(element->all)) ? element->shown : 0;
	}
	if (slice_equal(permission->name, SLICE("provide-all-attributes")))
		return SHOWN_ALL_ATTRIBUTES;
	if (slice_equal(permission->name, SLICE("provide-user-input")))
		return read_user_input(permission);
	if (slice_equal(permission->name, SLICE("provide-unknown-attribute"))) {
		read_unknown(permission, picks);
		return 0;
	}
	return read_attribute(permission);
}

void rules_read_shown(const struct xml_node *transformations, uint32_t *shown, struct buffer *picks)
{
	for (const struct xml_node *node = transformations->children; node; node = node->next) {
		if (slice_equal(node->space, rules_space))
			*shown |= read_permission(node, picks);
	}
}
