/* The contract of storage.h on a real PostgreSQL: lists for the keys of phones, and the views that stand in for them.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres server;

struct loaded {
	struct outcome outcome;
	unsigned count;
	char text[512];
};

static void on_entry(void *arg, const struct stored_list_entry *entry)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s:%.*s \"%.*s\", ", SLICE_ARGS(entry->list), SLICE_ARGS(entry->uri),
		       SLICE_ARGS(entry->name));
	struct loaded *loaded = arg;
	size_t used = strlen(loaded->text);
	(void)snprintf(loaded->text + used, sizeof(loaded->text) - used, "%s", text);
	loaded->count++;
}

static int load_lists(struct storage_world *world, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_phone_lists(world->storage, on_entry, outcome_done, loaded);
	while (loaded->outcome.calls == 0)
		storage_world_turn(world);
	return loaded->outcome.result;
}

static void phone_lists_come_in_the_order_of_their_keys(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_sql(&server,
			  "INSERT INTO phone_lists (list, position, uri, name) VALUES ('sales', 10, 'bob', 'Bob'),"
			  " ('sales', 9, 'sip:door@example.test', 'Tür'), ('office', 1, 'carol', '')");
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_TEXT(slice_text(loaded.text),
		   "office:carol \"\", sales:sip:door@example.test \"Tür\", sales:bob \"Bob\", ");
	storage_world_close(&world);
}

/* Lists of 7, 14, … entries, one of 6000, and names of all lengths. */
static void many_phone_lists_are_loaded_page_by_page_none_in_halves(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO phone_lists SELECT repeat('l', i), k, 'u' FROM generate_series(1, 255) i,"
			  " generate_series(1, 7 * (1 + i % 15)) k");
	storage_world_sql(&server, "INSERT INTO phone_lists SELECT 'a', k, 'u' FROM generate_series(1, 6000) k");
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_NUMBER(loaded.count, 6000 + 7 * 17 * 120);
	CHECK_NUMBER(loaded.count, storage_world_sql(&server, "SELECT count(*) FROM phone_lists"));
	storage_world_close(&world);
}

static void put_table_back(const struct postgres **postgres)
{
	storage_world_sql(*postgres, "DO $$ BEGIN IF to_regclass('kept_lists') IS NOT NULL THEN"
				     " IF to_regclass('phone_lists') IS NOT NULL THEN DROP VIEW phone_lists; END IF;"
				     " ALTER TABLE kept_lists RENAME TO phone_lists; END IF; END $$");
}

/* A column that is not text, a position that is, names too long for a list, and holes. */
static void a_view_takes_the_place_of_phone_lists(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	CLEANUP(put_table_back) const struct postgres *restored = &server;
	storage_world_sql(restored, "ALTER TABLE phone_lists RENAME TO kept_lists");
	storage_world_sql(&server, "CREATE VIEW phone_lists AS SELECT * FROM (VALUES (10, 'b', 'bob', 'B'),"
				   " (10, 'a', 'alice', NULL), (9, 'x', NULL, 'nobody'), (9, 'y', '', 'nobody'),"
				   " (NULL, 'z', 'carol', '')) v (list, position, uri, name)");
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_TEXT(slice_text(loaded.text), "10:alice \"\", 10:bob \"B\", ");
	storage_world_sql(&server, "DROP VIEW phone_lists");
	storage_world_sql(&server,
			  "CREATE VIEW phone_lists AS SELECT repeat('l', 256) AS list, 1 AS position, 'u' AS uri,"
			  " 'n'::varchar AS name UNION ALL SELECT '', 1, 'u', 'n'");
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void on_binding(void *arg, const struct stored_account *account, const struct stored_binding *binding)
{
	(void)account;
	(void)binding;
	((struct loaded *)arg)->count++;
}

/* Nothing else suffers: neither the reads beside it nor the connection. */
static void check_refused_alone(struct storage_world *world)
{
	struct loaded before = {.outcome.result = 1}, lists = before, after = before;
	storage_load_bindings(world->storage, on_binding, outcome_done, &before);
	storage_load_phone_lists(world->storage, on_entry, outcome_done, &lists);
	storage_load_bindings(world->storage, on_binding, outcome_done, &after);
	while (before.outcome.calls == 0 || lists.outcome.calls == 0 || after.outcome.calls == 0)
		storage_world_turn(world);
	CHECK_NUMBER(lists.outcome.result, ERR_STORAGE_REFUSED);
	CHECK_NUMBER(before.outcome.result, 0);
	CHECK_NUMBER(after.outcome.result, 0);
	struct buffer described;
	buffer_init(&described, 4096);
	storage_describe(world->storage, &described);
	buffer_byte(&described, '\0');
	bool was_lost = strstr(described.data, "lost 1 times") != NULL;
	buffer_finish(&described);
	CHECK(!was_lost);
}

static void phone_lists_that_cannot_be_read_are_refused_alone(void)
{
	static const char *const views[] = {
		NULL, /* not there at all */
		"CREATE VIEW phone_lists AS SELECT 'l' AS list, 1 / (i - 2) AS position, 'u' AS uri, 'n' AS name"
		" FROM generate_series(1, 3) i",
		"CREATE VIEW phone_lists AS SELECT 'l' AS list",
		"CREATE VIEW phone_lists AS SELECT 'l' AS list, 1 AS position, 'u' AS uri, pg_sleep(20)::text AS name",
	};
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	struct loaded loaded;
	options.wait_s = 2;
	storage_world_open(&world, &server, NULL); /* empties the tables while they are all there */
	storage_world_close(&world);
	CLEANUP(put_table_back) const struct postgres *restored = &server;
	storage_world_sql(restored, "ALTER TABLE phone_lists RENAME TO kept_lists");
	storage_world_start(&world, &server, &options); /* connecting must not need it */
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(views); i++) {
		if (views[i])
			storage_world_sql(&server, views[i]);
		check_refused_alone(&world);
		if (views[i])
			storage_world_sql(&server, "DROP VIEW phone_lists");
	}
	put_table_back(&restored);
	CHECK_NUMBER(load_lists(&world, &loaded), 0);
	CHECK_NUMBER(world.became_away, 0);
	storage_world_close(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(phone_lists_come_in_the_order_of_their_keys),
	DATABASE_TEST(many_phone_lists_are_loaded_page_by_page_none_in_halves),
	DATABASE_TEST(a_view_takes_the_place_of_phone_lists),
	DATABASE_TEST(phone_lists_that_cannot_be_read_are_refused_alone),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
