/* Who of a user's devices is there, and which of his publications count. SPDX-License-Identifier: MIT */
#include "presence/people_state.h"

#include "test.h"

enum { GRACE_S = 10, NOW_MS = 1000000 };

/* One account with a registered device, and what it and somebody else have published. */
struct world {
	struct timers *timers;
	struct events_parts parts;
	struct people people;
	struct account account;
	struct device device;
	struct binding binding;
	struct resource resource;
	struct publication own, other;
};

static void add_publication(struct world *world, struct publication *publication, int64_t id, int64_t device_id)
{
	*publication = (struct publication){.id = id, .device_id = device_id, .publisher_id = 7, .revision = 1};
	list_append(&world->resource.publications, &publication->of_resource);
}

static bool world_open(struct world *world)
{
	*world = (struct world){.timers = timers_create(NOW_MS)};
	if (!world->timers)
		return false;
	world->parts.timers = world->timers;
	world->people = (struct people){.parts = &world->parts, .options = {.lost_connection_s = GRACE_S}};
	world->account.id = 7;
	world->account.devices = &world->device;
	world->device = (struct device){.account = &world->account, .bindings = &world->binding, .id = 42};
	world->binding = (struct binding){.device = &world->device, .reachable = true};
	list_init(&world->resource.publications);
	add_publication(world, &world->own, 1, 42);
	add_publication(world, &world->other, 2, 0);
	world->own.was_registered = true;
	return true;
}

static void world_close(struct world *world)
{
	timers_destroy(world->timers);
}

static unsigned count_counted(const struct world *world, const struct account *account)
{
	unsigned count = 0;
	const struct publication *each = NULL;
	while ((each = people_next_counted(&world->people, &world->resource, account, each)))
		count++;
	return count;
}

static void lose_connection(struct world *world, int64_t before_ms)
{
	world->binding.reachable = false;
	world->binding.lost_at_ms = NOW_MS - before_ms;
}

static void a_device_that_is_there_counts_by_what_it_publishes(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	CHECK_NUMBER(count_counted(&world, &world.account), 2);
	CHECK(!people_has_silent_device(&world.people, &world.resource, &world.account));
	CHECK_NUMBER(people_grace_ends_at_ms(&world.people, &world.account), 0);
}

static void a_device_that_publishes_nothing_makes_its_user_available(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	CHECK(people_has_silent_device(&world.people, NULL, &world.account));
	list_remove(&world.own.of_resource);
	CHECK(people_has_silent_device(&world.people, &world.resource, &world.account));
}

static void what_is_not_committed_does_not_count(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	world.own.revision = 0;
	CHECK_NUMBER(count_counted(&world, &world.account), 1);
	CHECK(people_has_silent_device(&world.people, &world.resource, &world.account));
}

static void a_lost_connection_counts_for_a_while(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	lose_connection(&world, GRACE_S * 1000 - 1);
	CHECK_NUMBER(count_counted(&world, &world.account), 2);
	CHECK_NUMBER(people_grace_ends_at_ms(&world.people, &world.account), NOW_MS + 1);
	lose_connection(&world, GRACE_S * 1000);
	CHECK_NUMBER(count_counted(&world, &world.account), 1);
	CHECK_NUMBER(people_grace_ends_at_ms(&world.people, &world.account), 0);
	CHECK(!people_has_silent_device(&world.people, &world.resource, &world.account));
}

static void what_a_device_published_before_it_unregistered_does_not_count(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	world.device.bindings = NULL;
	CHECK_NUMBER(count_counted(&world, &world.account), 1);
	CHECK_NUMBER(count_counted(&world, NULL), 1); /* the account is not even in memory */
}

static void who_never_registered_counts_as_he_says(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	world.own.was_registered = false;
	world.account.devices = NULL;
	CHECK_NUMBER(count_counted(&world, &world.account), 2);
	CHECK_NUMBER(count_counted(&world, NULL), 2);
}

static void devices_that_register_later_are_noted(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	world.own.was_registered = false;
	world.other.device_id = 42;
	world.other.publisher_id = 8; /* another account's device */
	publications_note_devices(&world.resource, &world.account);
	CHECK(world.own.was_registered && !world.other.was_registered);
}

static void the_digest_follows_what_counts(void)
{
	CLEANUP(world_close) struct world world = {0};
	CHECK(world_open(&world));
	uint64_t there = people_digest(&world.people, &world.resource, &world.account, true);
	lose_connection(&world, 1);
	CHECK(people_digest(&world.people, &world.resource, &world.account, true) == there);
	lose_connection(&world, GRACE_S * 1000);
	CHECK(people_digest(&world.people, &world.resource, &world.account, true) != there);
	world.binding.reachable = true;
	CHECK(people_digest(&world.people, &world.resource, &world.account, true) == there);
	CHECK(people_digest(&world.people, NULL, &world.account, true) !=
	      people_digest(&world.people, NULL, &world.account, false));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_device_that_is_there_counts_by_what_it_publishes",
		 a_device_that_is_there_counts_by_what_it_publishes, TEST_PLAIN},
		{"a_device_that_publishes_nothing_makes_its_user_available",
		 a_device_that_publishes_nothing_makes_its_user_available, TEST_PLAIN},
		{"what_is_not_committed_does_not_count", what_is_not_committed_does_not_count, TEST_PLAIN},
		{"a_lost_connection_counts_for_a_while", a_lost_connection_counts_for_a_while, TEST_PLAIN},
		{"what_a_device_published_before_it_unregistered_does_not_count",
		 what_a_device_published_before_it_unregistered_does_not_count, TEST_PLAIN},
		{"who_never_registered_counts_as_he_says", who_never_registered_counts_as_he_says, TEST_PLAIN},
		{"devices_that_register_later_are_noted", devices_that_register_later_are_noted, TEST_PLAIN},
		{"the_digest_follows_what_counts", the_digest_follows_what_counts, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
