/* Changes to published presence, made in copies. SPDX-License-Identifier: MIT */
#include "bodies/presence_edit.h"

#include "base/error.h"
#include "bodies/pidf.h"

static const struct slice pidf_space = {PIDF_SPACE, sizeof(PIDF_SPACE) - 1};
static const struct slice rpid_space = {RPID_SPACE, sizeof(RPID_SPACE) - 1};
static const struct slice model_space = {DATA_MODEL_SPACE, sizeof(DATA_MODEL_SPACE) - 1};

static struct xml_node *make_element(struct arena *arena, struct slice space, struct slice name)
{
	struct xml_node *node = arena_allocate_zeroed(arena, 1, sizeof(*node));
	if (node) {
		node->space = space;
		node->name = name;
	}
	return node;
}

static void put_first(struct xml_node *parent, struct xml_node *child)
{
	child->parent = parent;
	child->next = parent->children;
	parent->children = child;
}

/* Children of a copy are still those of the document: copies them as well, but not what is in them. */
static int own_children(struct arena *arena, struct xml_node *parent)
{
	for (struct xml_node **place = &parent->children; *place; place = &(*place)->next) {
		struct xml_node *copy = arena_allocate(arena, sizeof(*copy));
		if (!copy)
			return ERR_NO_MEMORY;
		*copy = **place;
		copy->parent = parent;
		*place = copy;
	}
	return 0;
}

static bool is_id(const struct xml_attribute *attribute)
{
	return slice_is_empty(attribute->space) && slice_equal(attribute->name, SLICE("id"));
}

int presence_edit_id(struct arena *arena, const struct xml_node *node, struct slice id, struct xml_node **copy)
{
	struct xml_node *made = arena_allocate(arena, sizeof(*made));
	struct xml_attribute *first = arena_allocate(arena, sizeof(*first));
	if (!made || !first)
		return ERR_NO_MEMORY;
	*made = *node;
	made->next = NULL;
	made->attributes = first;
	*first = (struct xml_attribute){.name = SLICE("id"), .value = id};
	struct xml_attribute **place = &first->next;
	for (const struct xml_attribute *old = node->attributes; old; old = old->next) {
		if (is_id(old))
			continue;
		struct xml_attribute *other = arena_allocate(arena, sizeof(*other));
		if (!other)
			return ERR_NO_MEMORY;
		*other = *old;
		other->next = NULL;
		*place = other;
		place = &other->next;
	}
	*copy = made;
	return 0;
}

/* RFC 3863 §4.1.4: "open" or "closed". Also with capitals; empty for anything else. */
static struct slice judge_basic(const struct xml_node *basic)
{
	struct slice text = xml_text(basic);
	if (slice_equal_nocase(text, SLICE("open")))
		return SLICE("open");
	return slice_equal_nocase(text, SLICE("closed")) ? SLICE("closed") : SLICE("");
}

static bool is_fit(const struct xml_node *basic)
{
	const struct xml_node *text = basic->children;
	return text && !text->next && !basic->attributes && slice_is_empty(text->name) &&
	       (slice_equal(text->text, SLICE("open")) || slice_equal(text->text, SLICE("closed")));
}

static bool is_status(const struct xml_node *node)
{
	return xml_is(node, pidf_space, SLICE("status"));
}
static bool is_basic(const struct xml_node *node)
{
	return xml_is(node, pidf_space, SLICE("basic"));
}

/* `basic` is a copy. */
static int correct(struct arena *arena, struct xml_node *basic, struct slice value)
{
	basic->attributes = NULL;
	basic->children = make_element(arena, SLICE(""), SLICE(""));
	if (!basic->children)
		return ERR_NO_MEMORY;
	basic->children->parent = basic;
	basic->children->text = value;
	return 0;
}

/* `status` is a copy. */
static int correct_all(struct arena *arena, struct xml_node *status)
{
	int result = own_children(arena, status);
	struct xml_node **place = &status->children;
	while (result == 0 && *place) {
		struct slice value = judge_basic(*place);
		if (is_basic(*place) && slice_is_empty(value)) {
			*place = (*place)->next;
			continue;
		}
		if (is_basic(*place) && !is_fit(*place))
			result = correct(arena, *place, value);
		place = &(*place)->next;
	}
	return result;
}

/* Notes what is said, the first one counting; tells whether all of it may be written as it is. */
static bool inspect(const struct xml_node *status, bool *has_basic, bool *is_open)
{
	bool is_good = true;
	for (const struct xml_node *child = status->children; child; child = child->next) {
		if (!is_basic(child))
			continue;
		struct slice value = judge_basic(child);
		is_good = is_good && is_fit(child);
		if (!*has_basic && !slice_is_empty(value)) {
			*has_basic = true;
			*is_open = slice_equal(value, SLICE("open"));
		}
	}
	return is_good;
}

int presence_edit_basic(struct arena *arena, struct xml_node *tuple, bool *has_basic, bool *is_open)
{
	bool is_good = true;
	*has_basic = *is_open = false;
	for (const struct xml_node *child = tuple->children; child; child = child->next) {
		if (is_status(child))
			is_good = inspect(child, has_basic, is_open) && is_good;
	}
	if (is_good)
		return 0;
	int result = own_children(arena, tuple);
	for (struct xml_node *child = tuple->children; child && result == 0; child = child->next) {
		if (is_status(child))
			result = correct_all(arena, child);
	}
	return result;
}

static bool has_activity(const struct xml_node *person, struct slice activity)
{
	const struct xml_node *activities = xml_child(person, rpid_space, SLICE("activities"));
	for (; activities; activities = xml_next(activities, rpid_space, SLICE("activities"))) {
		if (xml_child(activities, rpid_space, activity))
			return true;
	}
	return false;
}

/* `activities` is a copy. RFC 4480 §3.2: <unknown/> is said where nothing is. */
static void drop_unknown(struct xml_node *activities)
{
	struct xml_node **place = &activities->children;
	while (*place && !xml_is(*place, rpid_space, SLICE("unknown")))
		place = &(*place)->next;
	if (*place)
		*place = (*place)->next;
}

static int add_activity(struct arena *arena, struct slice activity, struct xml_node *person)
{
	struct xml_node *said = make_element(arena, rpid_space, activity);
	int result = own_children(arena, person);
	if (result != 0 || !said)
		return ERR_NO_MEMORY;
	struct xml_node *activities = person->children;
	while (activities && !xml_is(activities, rpid_space, SLICE("activities")))
		activities = activities->next;
	if (!activities) {
		activities = make_element(arena, rpid_space, SLICE("activities"));
		if (!activities)
			return ERR_NO_MEMORY;
		put_first(person, activities);
	}
	result = own_children(arena, activities);
	drop_unknown(activities);
	put_first(activities, said);
	return result;
}

int presence_edit_activity(struct arena *arena, struct slice activity, const struct xml_node **person)
{
	struct xml_node none = {.space = model_space, .name = SLICE("person")};
	struct xml_node *copy;
	if (has_activity(*person, activity))
		return 0;
	const struct xml_node *old = *person ? *person : &none;
	struct slice id = *person ? xml_attribute(*person, SLICE("id")) : SLICE("person");
	int result = presence_edit_id(arena, old, id, &copy);
	if (result == 0)
		result = add_activity(arena, activity, copy);
	if (result == 0)
		*person = copy;
	return result;
}
