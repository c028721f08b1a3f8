/* The contract of storage.h on a real PostgreSQL: what subscriptions bring with them, and rows of the schema's
 * step before. SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "storage/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct postgres server;

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static void wait_for(struct storage_world *world, struct outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		while (outcomes[i].calls == 0)
			storage_world_turn(world);
}

/* What callbacks were given, as text. */
struct loaded {
	struct outcome outcome;
	char text[512];
};

static struct stored_subscription make_subscription(int64_t id, int64_t watcher)
{
	return (struct stored_subscription){.id = id,
					    .watcher_id = watcher,
					    .package = SLICE("presence"),
					    .resource = SLICE("friends"),
					    .expires_at_s = now_s() + 3600,
					    .is_list = true,
					    .content_type = SLICE("application/resource-lists+xml"),
					    .content = SLICE("<\0list>")};
}

static void on_subscription(void *arg, const struct stored_account *watcher,
			    const struct stored_subscription *subscription)
{
	struct loaded *loaded = arg;
	size_t used = strlen(loaded->text);
	(void)snprintf(loaded->text + used, sizeof(loaded->text) - used, "%.*s %u %u%u %.*s %zu, ",
		       SLICE_ARGS(watcher->user), subscription->local_cseq, subscription->is_list,
		       subscription->takes_deflate, SLICE_ARGS(subscription->content_type),
		       subscription->content.length);
}

static const char *load_subscriptions(struct storage_world *world, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_subscriptions(world->storage, on_subscription, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
	return loaded->outcome.result == 0 ? loaded->text : "failed";
}

static void save_subscriptions(struct storage_world *world, const struct stored_subscription *subscriptions,
			       size_t count)
{
	struct outcome outcomes[8];
	for (size_t i = 0; i < count; i++) {
		outcomes[i] = (struct outcome){.result = 1};
		storage_save_subscription(world->storage, &subscriptions[i], outcome_done, &outcomes[i]);
	}
	wait_for(world, outcomes, count);
	for (size_t i = 0; i < count; i++)
		CHECK_NUMBER(outcomes[i].result, 0);
}

static void a_subscription_keeps_its_content_until_it_is_given_another(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_subscription saved = make_subscription(1, bob);
	save_subscriptions(&world, &saved, 1);
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)), "bob 0 10 application/resource-lists+xml 7, ");
	saved.content_type = saved.content = slice_of(NULL, 0);
	saved.local_cseq = 1;
	saved.is_list = false;
	saved.takes_deflate = true;
	save_subscriptions(&world, &saved, 1);
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)), "bob 1 01 application/resource-lists+xml 7, ");
	saved.content_type = SLICE("application/simple-filter+xml");
	save_subscriptions(&world, &saved, 1);
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)), "bob 1 01 application/simple-filter+xml 0, ");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 1);
	storage_world_close(&world);
}

/* The change that overtakes it has none: it is the same transaction. */
static void content_of_a_subscription_is_not_overtaken_by_a_refresh(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_subscription saved[6];
	for (unsigned i = 0; i < ARRAY_SIZE(saved); i++) {
		saved[i] = make_subscription(1, bob);
		saved[i].local_cseq = i;
		if (i > 1)
			saved[i].content_type = saved[i].content = slice_of(NULL, 0);
	}
	saved[0].content = SLICE("an older one");
	saved[3] = make_subscription(2, bob); /* another one between them */
	saved[3].content = SLICE("other");
	save_subscriptions(&world, saved, ARRAY_SIZE(saved));
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)), "bob 5 10 application/resource-lists+xml 7, "
								    "bob 0 10 application/resource-lists+xml 5, ");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(DISTINCT xmin::text) FROM subscriptions"), 1);
	storage_world_close(&world);
}

/* A database of its own, as a program of step 2 has left it. */
static void make_old_database(struct postgres *old)
{
	char sql[256];
	*old = server;
	storage_world_sql(&server, "CREATE DATABASE old");
	(void)snprintf(old->connection, sizeof(old->connection), "host=%s user=heliograph dbname=old", server.folder);
	storage_world_sql(old, "CREATE TABLE schema_version (number integer PRIMARY KEY, name text NOT NULL,"
			       " applied_at timestamptz NOT NULL DEFAULT now())");
	for (unsigned i = 0; i < 2; i++) {
		storage_world_sql(old, schema_steps[i].sql);
		(void)snprintf(sql, sizeof(sql), "INSERT INTO schema_version VALUES (%d, '%s')", schema_steps[i].number,
			       schema_steps[i].name);
		storage_world_sql(old, sql);
	}
	storage_world_add_account(old, "bob");
	storage_world_sql(old, "INSERT INTO subscriptions SELECT i, id, 1, 0, 9999999999, 60, i, 1, 1, 0, 0, 0, 7,"
			       " 'sip:x', 'f', '', 'ua', 'm', 'presence', 'bob', '', 'c', 'l', 'r', 'x', 'y'"
			       " FROM accounts, generate_series(1, 2) i");
}

static void rows_of_the_step_before_live_on(void)
{
	struct storage_world world;
	struct loaded loaded;
	struct postgres old;
	make_old_database(&old);
	CHECK_NUMBER(storage_world_sql(&old, "SELECT count(*) FROM subscriptions"), 2);
	CHECK(storage_world_migrate(&old));
	CHECK_NUMBER(storage_world_sql(&old, "SELECT max(number) FROM schema_version"), administration_schema_wanted());
	storage_world_start(&world, &old, NULL);
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)), "bob 1 00  0, bob 2 00  0, ");
	struct stored_subscription saved = make_subscription(1, storage_world_sql(&old, "SELECT id FROM accounts"));
	save_subscriptions(&world, &saved, 1);
	CHECK_TEXT(slice_text(load_subscriptions(&world, &loaded)),
		   "bob 0 10 application/resource-lists+xml 7, bob 2 00  0, ");
	storage_world_close(&world);
	storage_world_sql(&server, "DROP DATABASE old");
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(a_subscription_keeps_its_content_until_it_is_given_another),
	DATABASE_TEST(content_of_a_subscription_is_not_overtaken_by_a_refresh),
	DATABASE_TEST(rows_of_the_step_before_live_on),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
