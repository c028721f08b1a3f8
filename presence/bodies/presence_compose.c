/* Many publications and what the server knows itself become one state (RFC 3863, RFC 4479).
 *
 * Nodes of the published documents are used as they are, where they may be. What must be different (ids, a <basic>
 * that nobody understands, an activity more) is changed in copies, node by node: documents are never written to.
 * SPDX-License-Identifier: MIT */
#include "bodies/pidf.h"

#include "base/error.h"
#include "bodies/presence_edit.h"
#include "bodies/presence_id.h"

enum basic { BASIC_OPEN, BASIC_NONE, BASIC_CLOSED, BASIC_COUNT }; /* in the order of tuples in a state */

static const struct slice pidf_space = {PIDF_SPACE, sizeof(PIDF_SPACE) - 1};
static const struct slice model_space = {DATA_MODEL_SPACE, sizeof(DATA_MODEL_SPACE) - 1};

static enum basic basic_of(const struct presence_tuple *tuple)
{
	if (!tuple->has_basic)
		return BASIC_NONE;
	return tuple->is_open ? BASIC_OPEN : BASIC_CLOSED;
}

/* --- counting ------------------------------------------------------------------------------------------------- */

struct counts {
	size_t tuples, devices, notes;
};

static size_t count_children(const struct pidf *pidf, struct slice space, struct slice name)
{
	size_t count = 0;
	for (const struct xml_node *node = xml_child(pidf->root, space, name); node; node = xml_next(node, space, name))
		count++;
	return count;
}

static struct counts count_all(const struct presence_source *sources, size_t count)
{
	struct counts counts = {.tuples = 1}; /* one may be the server's own */
	for (size_t i = 0; i < count; i++) {
		counts.tuples += count_children(&sources[i].pidf, pidf_space, SLICE("tuple"));
		counts.devices += count_children(&sources[i].pidf, model_space, SLICE("device"));
		counts.notes += count_children(&sources[i].pidf, pidf_space, SLICE("note"));
	}
	return counts;
}

static int make_room(struct arena *arena, const struct counts *counts, struct presence_state *state)
{
	*state = (struct presence_state){
		.tuples = arena_allocate_zeroed(arena, counts->tuples, sizeof(*state->tuples)),
		.devices = arena_allocate_zeroed(arena, counts->devices, sizeof(*state->devices)),
		.notes = arena_allocate_zeroed(arena, counts->notes, sizeof(*state->notes)),
	};
	return state->tuples && state->devices && state->notes ? 0 : ERR_NO_MEMORY;
}

/* --- what was published --------------------------------------------------------------------------------------- */

static int add_tuple(struct arena *arena, const struct presence_source *source, const struct xml_node *published,
		     struct presence_ids *ids, struct presence_state *state)
{
	struct presence_tuple *tuple = &state->tuples[state->tuple_count];
	struct xml_node *copy;
	*tuple = (struct presence_tuple){.at_ms = source->published_at_ms};
	int result = presence_id_make(arena, ids, xml_attribute(published, SLICE("id")), &tuple->id);
	if (result == 0)
		result = presence_edit_id(arena, published, tuple->id, &copy);
	if (result == 0)
		result = presence_edit_basic(arena, copy, &tuple->has_basic, &tuple->is_open);
	if (result != 0)
		return result;
	tuple->published = copy;
	state->tuple_count++;
	return 0;
}

static int add_device(struct arena *arena, const struct xml_node *published, struct presence_ids *ids,
		      struct presence_state *state)
{
	struct slice id;
	struct xml_node *copy;
	int result = presence_id_make(arena, ids, xml_attribute(published, SLICE("id")), &id);
	if (result == 0)
		result = presence_edit_id(arena, published, id, &copy);
	if (result == 0)
		state->devices[state->device_count++] = copy;
	return result;
}

static int add_source(struct arena *arena, const struct presence_source *source, struct presence_state *state)
{
	struct presence_ids tuple_ids = {.publication = source->id};
	struct presence_ids device_ids = {.publication = source->id, .kind = "device"};
	int result = 0;
	for (const struct xml_node *node = source->pidf.root->children; node && result == 0; node = node->next) {
		if (xml_is(node, pidf_space, SLICE("tuple")))
			result = add_tuple(arena, source, node, &tuple_ids, state);
		else if (xml_is(node, model_space, SLICE("device")))
			result = add_device(arena, node, &device_ids, state);
		else if (xml_is(node, pidf_space, SLICE("note")))
			state->notes[state->note_count++] = node;
	}
	return result;
}

/* Open ones first, and among equals as they came. */
static int sort_tuples(struct arena *arena, struct presence_state *state)
{
	struct presence_tuple *sorted = arena_allocate_zeroed(arena, state->tuple_count, sizeof(*sorted));
	size_t count = 0;
	if (!sorted)
		return ERR_NO_MEMORY;
	for (enum basic basic = BASIC_OPEN; basic < BASIC_COUNT; basic++) {
		for (size_t i = 0; i < state->tuple_count; i++) {
			if (basic_of(&state->tuples[i]) == basic)
				sorted[count++] = state->tuples[i];
		}
	}
	state->tuples = sorted;
	return 0;
}

/* --- the person ----------------------------------------------------------------------------------------------- */

/* An element of RPID that is there, but empty: <activities/>, <mood/>; or one that says that nothing is known. */
static bool is_silent(const struct xml_node *node, bool is_inside)
{
	struct slice rpid = SLICE(RPID_SPACE);
	if (xml_is(node, rpid, SLICE("unknown")) || xml_is(node, rpid, SLICE("class")))
		return true;
	if (xml_is(node, model_space, SLICE("timestamp")) || xml_is(node, pidf_space, SLICE("timestamp")))
		return true;
	if (!node->children)
		return !is_inside && slice_equal(node->space, rpid);
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (slice_is_empty(child->name) || !is_silent(child, true))
			return false;
	}
	return true;
}

static bool says_something(const struct xml_node *person)
{
	for (const struct xml_node *child = person->children; child; child = child->next) {
		if (!slice_is_empty(child->name) && !is_silent(child, false))
			return true;
	}
	return false;
}

static const struct xml_node *find_person(const struct pidf *pidf)
{
	const struct xml_node *person = xml_child(pidf->root, model_space, SLICE("person"));
	while (person && !says_something(person))
		person = xml_next(person, model_space, SLICE("person"));
	return person;
}

/* baresip publishes a person with nothing in it: that must not displace what another device says of him. */
static int choose_person(struct arena *arena, const struct presence_source *sources, size_t count,
			 struct presence_state *state)
{
	for (size_t i = count; i-- > 0;) {
		const struct xml_node *person = find_person(&sources[i].pidf);
		struct presence_ids ids = {.publication = sources[i].id, .kind = "person"};
		struct slice id;
		struct xml_node *copy;
		if (!person)
			continue;
		int result = presence_id_make(arena, &ids, xml_attribute(person, SLICE("id")), &id);
		if (result == 0)
			result = presence_edit_id(arena, person, id, &copy);
		if (result == 0)
			state->person = copy;
		return result;
	}
	return 0;
}

/* --- what the server knows ------------------------------------------------------------------------------------ */

static void add_own_tuple(const struct presence_facts *facts, struct presence_state *state)
{
	if (!facts->is_registered && state->tuple_count > 0)
		return;
	/* Ids that were published have a '-' in them by now. */
	state->tuples[state->tuple_count++] = (struct presence_tuple){
		.id = SLICE("server"), .has_basic = true, .is_open = facts->is_registered, .at_ms = facts->since_ms};
}

int presence_compose(struct arena *arena, const struct presence_source *sources, size_t count,
		     const struct presence_facts *facts, struct presence_state *state)
{
	struct counts counts = count_all(sources, count);
	struct presence_state composed;
	int result = make_room(arena, &counts, &composed);
	for (size_t i = count; i-- > 0 && result == 0;)
		result = add_source(arena, &sources[i], &composed);
	if (result == 0) {
		add_own_tuple(facts, &composed);
		result = sort_tuples(arena, &composed);
	}
	if (result == 0)
		result = choose_person(arena, sources, count, &composed);
	composed.is_in_call = facts->is_in_call;
	if (result == 0 && facts->is_in_call)
		result = presence_edit_activity(arena, SLICE("on-the-phone"), &composed.person);
	if (result != 0)
		return result;
	composed.is_open = composed.tuples[0].has_basic && composed.tuples[0].is_open;
	*state = composed;
	return 0;
}
