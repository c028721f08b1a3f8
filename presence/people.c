/* People who are watched, and what the coming and going of their devices means for those who watch them.
 * SPDX-License-Identifier: MIT */
#include "presence/people_state.h"

#include "base/error.h"
#include "bodies/pidf.h"
#include "sip/status.h"

#include <stdlib.h>
#include <string.h>

/* For the documents of one user's dialogs. */
#define STATE_MOST ((size_t)16 << 20)

const struct xml_limits people_xml_limits = PIDF_LIMITS;

struct people *people_create(struct events *events, const struct people_options *options)
{
	struct people *people = calloc(1, sizeof *people);
	if (!people)
		return NULL;
	if (table_init(&people->persons) != 0) {
		free(people);
		return NULL;
	}
	people->events = events;
	people->parts = events_parts(events);
	people->options = *options;
	return people;
}

static void person_destroy(struct person *person)
{
	timer_stop(&person->grace);
	table_remove(&person->people->persons, &person->link);
	free(person);
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	person_destroy(CONTAINER_OF(link, struct person, link));
	return true;
}

void people_destroy(struct people *people)
{
	if (!people)
		return;
	table_each(&people->persons, destroy_one, NULL);
	table_finish(&people->persons);
	free(people);
}

/* --- persons ------------------------------------------------------------------------------------------------------ */

static struct slice person_user(const struct person *person)
{
	return slice_of(person->user, person->user_length);
}

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(person_user(CONTAINER_OF(link, const struct person, link)), *user);
}

static uint64_t hash_of(const struct people *people, struct slice user)
{
	return table_hash(&people->persons, user.at, user.length);
}

struct person *people_find(const struct people *people, struct slice user)
{
	struct table_link *link = table_find(&people->persons, hash_of(people, user), has_user, &user);
	return link ? CONTAINER_OF(link, struct person, link) : NULL;
}

struct person *people_get(struct people *people, struct slice user)
{
	struct person *person = people_find(people, user);
	if (person)
		return person;
	person = calloc(1, sizeof *person + user.length);
	if (!person)
		return NULL;
	person->people = people;
	person->user_length = (uint16_t)user.length;
	if (user.length > 0)
		memcpy(person->user, user.at, user.length);
	table_insert(&people->persons, &person->link, hash_of(people, user));
	return person;
}

void people_on_watched(void *arg, struct resource *resource, bool is_watched)
{
	struct people *people = arg;
	struct person *person = is_watched ? NULL : people_find(people, resource_name(resource));
	if (!person)
		return;
	struct resource *presence = resource_find(people->events, presence_package.name, resource_name(resource));
	struct resource *dialogs = resource_find(people->events, dialog_package.name, resource_name(resource));
	person->is_presence_composed &= presence && presence != resource;
	person->is_dialog_composed &= dialogs && dialogs != resource;
	if (!person->is_presence_composed && !person->is_dialog_composed)
		person_destroy(person);
}

unsigned people_judged(int result, struct body_error *error)
{
	if (result == 0)
		return 0;
	if (error->sentence[0] == '\0' || result == ERR_NO_MEMORY)
		body_complain(error, "The body cannot be read: %s", error_text(result));
	return result == ERR_NO_MEMORY ? SIP_INTERNAL_ERROR : SIP_BAD_REQUEST;
}

/* --- what has changed --------------------------------------------------------------------------------------------- */

/* True where memory is exhausted, too: one NOTIFY too many is better than one too few. */
static bool call_has_changed(const struct person *person)
{
	struct arena arena;
	bool is_in_call = false;
	arena_init(&arena, NULL, STATE_MOST);
	int result = people_read_call(person->people, person_user(person), &arena, &is_in_call);
	arena_finish(&arena);
	return result != 0 || is_in_call != person->is_in_call;
}

static void look_again(struct person *person)
{
	const struct people *people = person->people;
	struct events *events = people->events;
	struct slice user = person_user(person);
	struct account *account = people_account(people, user);
	struct resource *presence = resource_find(events, presence_package.name, user);
	struct resource *dialogs = resource_find(events, dialog_package.name, user);
	bool other_dialogs =
		person->is_dialog_composed && people_digest(people, dialogs, account, false) != person->dialog_digest;
	if (other_dialogs)
		resource_announce(events, dialogs);
	if (person->is_presence_composed &&
	    (people_digest(people, presence, account, true) != person->presence_digest || call_has_changed(person)))
		resource_announce(events, presence);
	people_schedule(person);
}

static void on_grace_over(struct timer *timer)
{
	look_again(CONTAINER_OF(timer, struct person, grace));
}

void people_schedule(struct person *person)
{
	const struct people *people = person->people;
	int64_t ends_at_ms = people_grace_ends_at_ms(people, people_account(people, person_user(person)));
	timer_stop(&person->grace);
	if (ends_at_ms > 0)
		timer_start(people->parts->timers, &person->grace, ends_at_ms - timers_now(people->parts->timers),
			    on_grace_over);
}

static bool look_at_one(struct table_link *link, void *arg)
{
	(void)arg;
	look_again(CONTAINER_OF(link, struct person, link));
	return true;
}

void people_set_options(struct people *people, const struct people_options *options)
{
	people->options = *options;
	table_each(&people->persons, look_at_one, NULL);
}

void people_set_manipulations(struct people *people, const struct manipulations *manipulations)
{
	people->manipulations = manipulations;
}

void people_on_dialogs(void *arg, struct resource *resource)
{
	const struct people *people = arg;
	struct person *person = people_find(people, resource_name(resource));
	if (person && person->is_presence_composed && call_has_changed(person))
		events_announce(people->events, presence_package.name, resource_name(resource));
}

static void note_devices(const struct people *people, const char *package, const struct account *account)
{
	struct resource *resource = resource_find(people->events, package, account_user(account));
	if (resource)
		publications_note_devices(resource, account);
}

void people_bindings_changed(void *arg, struct account *account)
{
	struct people *people = arg;
	struct slice user = account_user(account);
	note_devices(people, presence_package.name, account);
	note_devices(people, dialog_package.name, account);
	struct person *person = people_find(people, user);
	if (person)
		look_again(person);
	events_announce(people->events, registration_package.name, user);
}
