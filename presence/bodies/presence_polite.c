/* What rules need of presence besides views: what is told to whom one is not there for, and the sphere that one is in.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/rules.h"

int presence_polite(struct arena *arena, const struct presence_state **state)
{
	struct presence_state *made = arena_allocate_zeroed(arena, 1, sizeof(*made));
	struct presence_tuple *tuple = arena_allocate_zeroed(arena, 1, sizeof(*tuple));
	if (!made || !tuple)
		return ERR_NO_MEMORY;
	/* As presence_compose makes it of nothing. */
	*tuple = (struct presence_tuple){.id = SLICE("server"), .has_basic = true, .is_open = false};
	made->tuples = tuple;
	made->tuple_count = 1;
	*state = made;
	return 0;
}

/* RFC 4480 §3.10: an element that names it, or a text of the user's own. */
static struct slice said_by(const struct xml_node *sphere)
{
	for (const struct xml_node *child = sphere->children; child; child = child->next) {
		if (slice_is_empty(child->name))
			continue;
		bool is_unknown = xml_is(child, SLICE(RPID_SPACE), SLICE("unknown"));
		return is_unknown ? slice_of(NULL, 0) : child->name;
	}
	return xml_text(sphere);
}

struct slice presence_sphere(const struct presence_state *state, struct arena *arena)
{
	struct slice none = slice_of(NULL, 0), said = none;
	const struct xml_node *sphere = xml_child(state->person, SLICE(RPID_SPACE), SLICE("sphere"));
	for (; sphere; sphere = xml_next(sphere, SLICE(RPID_SPACE), SLICE("sphere"))) {
		struct slice one = said_by(sphere);
		/* RFC 5025 §3.1.2: where several do not agree, there is none. */
		if (!slice_is_empty(said) && !slice_equal_nocase(said, one))
			return none;
		said = one;
	}
	char *lower = arena_allocate(arena, said.length);
	if (!lower)
		return none;
	for (size_t i = 0; i < said.length; i++)
		lower[i] = said.at[i] >= 'A' && said.at[i] <= 'Z' ? (char)(said.at[i] | 0x20) : said.at[i];
	return slice_of(lower, said.length);
}
