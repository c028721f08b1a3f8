/* Presence as it may be seen through a view (RFC 5025 §3.3). First it is decided which services, persons and devices
 * are seen, then which attributes of these. What loses nothing is not copied. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/presence_id.h"
#include "bodies/presence_view.h"
#include "bodies/rules.h"

struct cutter {
	struct arena *arena;
	struct presence_view view;
};

/* Where an element stands. */
enum place { IN_TUPLE = 1 << 0, IN_STATUS = 1 << 1, IN_PERSON = 1 << 2, IN_DEVICE = 1 << 3 };
#define ANYWHERE (IN_TUPLE | IN_STATUS | IN_PERSON | IN_DEVICE)

/* --- attributes (§3.3.2) ---------------------------------------------------------------------------------------- */

/* `shown` 0: whoever sees the service, person or device sees this of it. It is what makes it one: whether a service is
 * open and where it is reached, which device it is, and when that was so. */
static const struct attribute {
	const char *space, *name;
	unsigned places, shown;
} attributes[] = {
	{PIDF_SPACE, "status", IN_TUPLE, 0},
	{PIDF_SPACE, "basic", IN_STATUS, 0},
	{PIDF_SPACE, "contact", IN_TUPLE, 0},
	{PIDF_SPACE, "timestamp", IN_TUPLE, 0},
	{DATA_MODEL_SPACE, "timestamp", IN_PERSON | IN_DEVICE, 0},
	{DATA_MODEL_SPACE, "deviceID", IN_DEVICE, 0},
	{DATA_MODEL_SPACE, "deviceID", ANYWHERE, SHOWN_DEVICE_ID},
	{PIDF_SPACE, "note", ANYWHERE, SHOWN_NOTE},
	{DATA_MODEL_SPACE, "note", ANYWHERE, SHOWN_NOTE},
	{RPID_SPACE, "activities", ANYWHERE, SHOWN_ACTIVITIES},
	{RPID_SPACE, "class", ANYWHERE, SHOWN_CLASS},
	{RPID_SPACE, "mood", ANYWHERE, SHOWN_MOOD},
	{RPID_SPACE, "place-is", ANYWHERE, SHOWN_PLACE_IS},
	{RPID_SPACE, "place-type", ANYWHERE, SHOWN_PLACE_TYPE},
	{RPID_SPACE, "privacy", ANYWHERE, SHOWN_PRIVACY},
	{RPID_SPACE, "relationship", ANYWHERE, SHOWN_RELATIONSHIP},
	{RPID_SPACE, "sphere", ANYWHERE, SHOWN_SPHERE},
	{RPID_SPACE, "status-icon", ANYWHERE, SHOWN_STATUS_ICON},
	{RPID_SPACE, "time-offset", ANYWHERE, SHOWN_TIME_OFFSET},
	{RPID_SPACE, "user-input", ANYWHERE, SHOWN_INPUT_BARE},
};

static const struct attribute *find_attribute(const struct xml_node *node, enum place place)
{
	for (size_t i = 0; i < ARRAY_SIZE(attributes); i++) {
		const struct attribute *attribute = &attributes[i];
		if (attribute->places & place &&
		    xml_is(node, slice_text(attribute->space), slice_text(attribute->name)))
			return attribute;
	}
	return NULL;
}

/* §3.3.2.14: an attribute that we know is not shown by this. */
static bool is_picked_attribute(const struct cutter *cutter, const struct xml_node *node)
{
	struct slice picks = cutter->view.picks, kind, value;
	while (presence_view_next(&picks, &kind, &value)) {
		struct slice name = slice_take(&value, ' ');
		if (slice_equal(kind, SLICE(PICK_ATTRIBUTE)) && slice_equal(name, node->name) &&
		    slice_equal(value, node->space))
			return true;
	}
	return false;
}

static bool is_attribute_seen(const struct cutter *cutter, const struct xml_node *node, enum place place)
{
	if (cutter->view.shown & SHOWN_ALL_ATTRIBUTES)
		return true;
	if (slice_is_empty(node->name))
		return false; /* text where none belongs */
	const struct attribute *attribute = find_attribute(node, place);
	if (attribute)
		return attribute->shown == 0 || cutter->view.shown & attribute->shown;
	return is_picked_attribute(cutter, node);
}

/* §3.3.2.12: what of <user-input> only goes with more than the bare permission. */
static bool is_input_seen(const struct cutter *cutter, const struct xml_attribute *attribute)
{
	unsigned shown = cutter->view.shown;
	if (shown & SHOWN_ALL_ATTRIBUTES || (shown & SHOWN_INPUT_FULL) == SHOWN_INPUT_FULL)
		return true;
	if (slice_equal(attribute->name, SLICE("last-input")))
		return false;
	return !slice_equal(attribute->name, SLICE("idle-threshold")) ||
	       (shown & SHOWN_INPUT_THRESHOLDS) == SHOWN_INPUT_THRESHOLDS;
}

static int cut_input(const struct cutter *cutter, const struct xml_node *input, struct xml_node *copy)
{
	struct xml_attribute **end = &copy->attributes;
	*end = NULL;
	for (const struct xml_attribute *old = input->attributes; old; old = old->next) {
		if (!is_input_seen(cutter, old))
			continue;
		struct xml_attribute *kept = arena_allocate(cutter->arena, sizeof(*kept));
		if (!kept)
			return ERR_NO_MEMORY;
		*kept = *old;
		kept->next = NULL;
		*end = kept;
		end = &kept->next;
	}
	return 0;
}

static bool is_status(const struct xml_node *node, enum place place)
{
	return place == IN_TUPLE && xml_is(node, SLICE(PIDF_SPACE), SLICE("status"));
}
static bool is_input(const struct xml_node *node)
{
	return xml_is(node, SLICE(RPID_SPACE), SLICE("user-input"));
}

/* Nothing in the node has to go. */
static bool is_whole(const struct cutter *cutter, const struct xml_node *node, enum place place)
{
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (!is_attribute_seen(cutter, child, place))
			return false;
		if (is_status(child, place) && !is_whole(cutter, child, IN_STATUS))
			return false;
		const struct xml_attribute *attribute = is_input(child) ? child->attributes : NULL;
		for (; attribute; attribute = attribute->next) {
			if (!is_input_seen(cutter, attribute))
				return false;
		}
	}
	return true;
}

/* A copy of the node with what is seen of its children. Two levels deep at the most: a tuple, and its status. */
static int cut_copy(const struct cutter *cutter, const struct xml_node *node, enum place place, struct xml_node *copy)
{
	struct xml_node **end = &copy->children;
	int result = 0;
	*copy = *node;
	copy->next = NULL;
	*end = NULL;
	for (const struct xml_node *child = node->children; child && result == 0; child = child->next) {
		if (!is_attribute_seen(cutter, child, place))
			continue;
		struct xml_node *kept = arena_allocate(cutter->arena, sizeof(*kept));
		if (!kept)
			return ERR_NO_MEMORY;
		*kept = *child;
		if (is_status(child, place))
			result = cut_copy(cutter, child, IN_STATUS, kept);
		else if (is_input(child))
			result = cut_input(cutter, child, kept);
		kept->parent = copy;
		kept->next = NULL;
		*end = kept;
		end = &kept->next;
	}
	return result;
}

static int cut_node(const struct cutter *cutter, const struct xml_node *node, enum place place,
		    const struct xml_node **cut)
{
	*cut = node;
	if (is_whole(cutter, node, place))
		return 0;
	struct xml_node *copy = arena_allocate(cutter->arena, sizeof(*copy));
	if (!copy)
		return ERR_NO_MEMORY;
	*cut = copy;
	return cut_copy(cutter, node, place, copy);
}

/* --- services, persons and devices (§3.3.1) --------------------------------------------------------------------- */

static struct slice scheme_of(struct slice uri)
{
	size_t length = slice_find(uri, ':');
	return slice_of(uri.at, length < uri.length ? length : 0);
}

/* Schemes and hosts compare without case; all else as it is written. */
static bool is_same_uri(struct slice a, struct slice b)
{
	struct slice scheme_a = scheme_of(a), scheme_b = scheme_of(b);
	if (!slice_equal_nocase(scheme_a, scheme_b))
		return false;
	struct slice rest_a = slice_from(a, scheme_a.length), rest_b = slice_from(b, scheme_b.length);
	size_t user_length = slice_find(rest_a, '@');
	if (user_length == rest_a.length)
		user_length = 0;
	if (rest_a.length != rest_b.length)
		return false;
	return slice_equal(slice_of(rest_a.at, user_length), slice_of(rest_b.at, user_length)) &&
	       slice_equal_nocase(slice_from(rest_a, user_length), slice_from(rest_b, user_length));
}

/* What a service, person or device is picked by. */
struct marks {
	struct slice id, class; /* empty: none */
	struct slice uri;       /* of a service */
	struct slice scheme;
	struct slice device_id; /* of a device */
};

static struct marks marks_of(const struct xml_node *node)
{
	struct slice uri = xml_text(xml_child(node, SLICE(PIDF_SPACE), SLICE("contact")));
	return (struct marks){
		.id = xml_attribute(node, SLICE("id")),
		.class = xml_text(xml_child(node, SLICE(RPID_SPACE), SLICE("class"))),
		.uri = uri,
		.scheme = scheme_of(uri),
		.device_id = xml_text(xml_child(node, SLICE(DATA_MODEL_SPACE), SLICE("deviceID"))),
	};
}

/* `by` is the second letter of the pick: by what. A value that is picked is never empty. */
static bool has_mark(const struct marks *marks, char by, struct slice value)
{
	switch (by) {
	case 'c':
		return slice_equal(marks->class, value);
	case 'o':
		/* Composing made the id unique; what the rules have is usually the one that he published. */
		return slice_equal(marks->id, value) || presence_id_is_of(marks->id, value);
	case 'u':
		return is_same_uri(marks->uri, value);
	case 's':
		return slice_equal_nocase(marks->scheme, value);
	case 'i':
		return slice_equal_nocase(marks->device_id, value); /* urn:uuid: */
	default:
		return false;
	}
}

static bool is_seen(const struct cutter *cutter, enum view_shown all, char what, const struct marks *marks)
{
	struct slice picks = cutter->view.picks, kind, value;
	if (cutter->view.shown & all)
		return true;
	while (presence_view_next(&picks, &kind, &value)) {
		if (kind.at[0] == what && has_mark(marks, kind.at[1], value))
			return true;
	}
	return false;
}

static bool is_tuple_seen(const struct cutter *cutter, const struct presence_tuple *tuple)
{
	/* The server's own has the user's address as its contact, which is not known here. */
	struct marks marks = {.id = tuple->id, .scheme = SLICE("sip")};
	if (tuple->published)
		marks = marks_of(tuple->published);
	return is_seen(cutter, SHOWN_SERVICES, PICK_SERVICE_URI[0], &marks);
}

static int cut_tuples(const struct cutter *cutter, const struct presence_state *state, struct presence_state *cut)
{
	cut->tuples = arena_allocate_zeroed(cutter->arena, state->tuple_count, sizeof(*cut->tuples));
	if (!cut->tuples)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < state->tuple_count; i++) {
		const struct presence_tuple *old = &state->tuples[i];
		if (!is_tuple_seen(cutter, old))
			continue;
		struct presence_tuple *tuple = &cut->tuples[cut->tuple_count++];
		*tuple = *old;
		cut->is_open |= old->has_basic && old->is_open;
		if (!old->published)
			continue;
		int result = cut_node(cutter, old->published, IN_TUPLE, &tuple->published);
		if (result != 0)
			return result;
	}
	return 0;
}

static int cut_person(const struct cutter *cutter, const struct presence_state *state, struct presence_state *cut)
{
	if (!state->person)
		return 0;
	struct marks marks = marks_of(state->person);
	if (!is_seen(cutter, SHOWN_PERSONS, PICK_PERSON_CLASS[0], &marks))
		return 0;
	cut->is_in_call = state->is_in_call && cutter->view.shown & (SHOWN_ACTIVITIES | SHOWN_ALL_ATTRIBUTES);
	return cut_node(cutter, state->person, IN_PERSON, &cut->person);
}

static int cut_devices(const struct cutter *cutter, const struct presence_state *state, struct presence_state *cut)
{
	cut->devices = arena_allocate_zeroed(cutter->arena, state->device_count, sizeof(*cut->devices));
	if (!cut->devices)
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < state->device_count; i++) {
		struct marks marks = marks_of(state->devices[i]);
		if (!is_seen(cutter, SHOWN_DEVICES, PICK_DEVICE_CLASS[0], &marks))
			continue;
		int result = cut_node(cutter, state->devices[i], IN_DEVICE, &cut->devices[cut->device_count++]);
		if (result != 0)
			return result;
	}
	return 0;
}

int presence_cut(struct arena *arena, const struct presence_state *state, struct slice view,
		 const struct presence_state **cut)
{
	struct cutter cutter = {.arena = arena, .view = presence_view_read(view)};
	if (slice_is_empty(view)) {
		*cut = state;
		return 0;
	}
	struct presence_state *made = arena_allocate_zeroed(arena, 1, sizeof(*made));
	if (!made)
		return ERR_NO_MEMORY;
	if (cutter.view.shown & (SHOWN_NOTE | SHOWN_ALL_ATTRIBUTES)) {
		made->notes = state->notes;
		made->note_count = state->note_count;
	}
	int result = cut_tuples(&cutter, state, made);
	if (result == 0)
		result = cut_person(&cutter, state, made);
	if (result == 0)
		result = cut_devices(&cutter, state, made);
	if (result == 0)
		*cut = made;
	return result;
}
