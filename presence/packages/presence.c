/* presence (RFC 3856): what a user's devices publish of him, and what the server knows itself, become one state.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/pidf.h"
#include "bodies/pidf_diff.h"
#include "bodies/rules.h"
#include "core/clock.h"
#include "presence/manipulations.h"
#include "presence/people_state.h"

static unsigned judge(void *arg, const struct published *published, struct body_error *error)
{
	struct arena arena; /* the request's is too small for a tree */
	struct pidf pidf;
	(void)arg;
	arena_init(&arena, NULL, PEOPLE_DOCUMENT_MOST);
	int result = pidf_parse(&arena, published->body, &people_xml_limits, &pidf, error);
	arena_finish(&arena);
	return people_judged(result, error);
}

/* Puts what can be read behind the sources that there are. ERR_NO_MEMORY. */
static int read_source(struct arena *arena, struct slice body, int64_t published_at_ms, uint64_t id,
		       struct presence_source *sources, size_t *count)
{
	struct body_error error;
	int result = pidf_parse(arena, body, &people_xml_limits, &sources[*count].pidf, &error);
	if (result != 0)
		return result == ERR_NO_MEMORY ? result : 0; /* an older version of the program took it */
	sources[*count].published_at_ms = published_at_ms;
	sources[*count].id = id;
	(*count)++;
	return 0;
}

/* Those that count and can be read, the oldest first; what is set by hand stands behind what devices say (RFC 4827 §1:
 * it lasts), so it counts as older than all. ERR_NO_MEMORY. */
static int read_sources(const struct people *people, struct slice user, const struct resource *resource,
			struct arena *arena, struct presence_source **sources, size_t *count)
{
	const struct account *account = people_account(people, user);
	size_t most = 0;
	const struct manipulation *manipulation = NULL;
	const struct publication *publication = NULL;
	while ((manipulation = manipulation_next(people->manipulations, user, manipulation)))
		most++;
	while ((publication = people_next_counted(people, resource, account, publication)))
		most++;
	*count = 0;
	*sources = arena_allocate_zeroed(arena, most + 1, sizeof **sources);
	if (!*sources)
		return ERR_NO_MEMORY;
	int result = 0;
	while (result == 0 && (manipulation = manipulation_next(people->manipulations, user, manipulation)))
		result = read_source(arena, manipulation->body, manipulation->changed_at_ms, manipulation->id, *sources,
				     count);
	while (result == 0 && (publication = people_next_counted(people, resource, account, publication)))
		result = read_source(arena, publication_body(publication), publication->published_at_ms,
				     (uint64_t)publication->id, *sources, count);
	return result;
}

/* What is said now, so that it is seen when it is not so any more. */
static int note_composed(struct people *people, const struct resource *resource, const struct account *account,
			 struct presence_facts *facts)
{
	struct person *person = people_get(people, resource_name(resource));
	if (!person)
		return ERR_NO_MEMORY;
	if (person->is_presence_composed && person->is_registered != facts->is_registered)
		person->registered_since_ms = clock_unix_ms();
	facts->since_ms = person->registered_since_ms;
	person->is_presence_composed = true;
	person->is_registered = facts->is_registered;
	person->is_in_call = facts->is_in_call;
	person->presence_digest = people_digest(people, resource, account, true);
	people_schedule(person);
	return 0;
}

/* Some clients publish that they do not know whether they are open (baresip), or say only what their user does. */
static bool says_whether_open(const struct presence_state *state)
{
	for (size_t i = 0; i < state->tuple_count; i++)
		if (state->tuples[i].has_basic)
			return true;
	return false;
}

/* `resource` is NULL where nobody watches or publishes. */
static int compose_user(struct people *people, struct slice user, const struct resource *resource, struct arena *arena,
			const struct presence_state **state)
{
	const struct account *account = people_account(people, user);
	struct presence_facts facts = {.is_registered = people_has_silent_device(people, resource, account)};
	struct presence_source *sources;
	size_t count;
	struct presence_state *composed = arena_allocate_zeroed(arena, 1, sizeof *composed);
	int result = composed ? people_read_call(people, user, arena, &facts.is_in_call) : ERR_NO_MEMORY;
	if (result == 0)
		result = read_sources(people, user, resource, arena, &sources, &count);
	if (result == 0 && resource)
		result = note_composed(people, resource, account, &facts);
	if (result == 0)
		result = presence_compose(arena, sources, count, &facts, composed);
	if (result == 0 && !says_whether_open(composed) && people_has_device(people, account)) {
		facts.is_registered = true; /* then the server says what it sees */
		result = presence_compose(arena, sources, count, &facts, composed);
	}
	if (result == 0)
		*state = composed;
	return result;
}

static int compose(void *arg, const struct resource *resource, struct arena *arena, const void **state)
{
	const struct presence_state *composed;
	int result = compose_user(arg, resource_name(resource), resource, arena, &composed);
	if (result == 0)
		*state = composed;
	return result;
}

int people_compose_presence(struct people *people, struct slice user, struct arena *arena,
			    const struct presence_state **state)
{
	return compose_user(people, user, resource_find(people->events, presence_package.name, user), arena, state);
}

/* RFC 5025 §3.3: what the rules let through; the watcher himself cannot select anything here but by filters. */
static int cut(void *arg, struct arena *arena, const void *state, const struct event_view *view, const void **seen)
{
	const struct presence_state *left;
	(void)arg;
	int result = presence_cut(arena, state, view->permissions, &left);
	if (result == 0)
		*seen = left;
	return result;
}

static int compose_polite(void *arg, struct arena *arena, const void **state)
{
	const struct presence_state *polite;
	(void)arg;
	int result = presence_polite(arena, &polite);
	if (result == 0)
		*state = polite;
	return result;
}

static struct slice sphere(void *arg, struct slice user, struct arena *arena)
{
	const struct presence_state *state;
	return people_compose_presence(arg, user, arena, &state) == 0 ? presence_sphere(state, arena) : SLICE("");
}

static bool is_hidden(void *arg, struct slice user)
{
	const struct people *people = arg;
	return manipulations_hide(people->manipulations, user);
}

static const struct body_format *const formats[] = {&pidf_format, &pidf_diff_format, &xpidf_format, &cpim_pidf_format,
						    NULL};
static const char *const accepts[] = {"application/pidf+xml", NULL};

const struct event_package presence_package = {
	.name = "presence",
	.formats = formats,
	.accepts = accepts,
	.rules = "index",
	.winfo = "presence.winfo",
	.compose = compose,
	.compose_polite = compose_polite,
	.cut = cut,
	.is_hidden = is_hidden,
	.sphere = sphere,
	.judge = judge,
	.on_watched = people_on_watched,
};
