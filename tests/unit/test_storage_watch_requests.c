/* The contract of storage.h on a real PostgreSQL: requests to watch that wait for a decision.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

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
	unsigned count;
	int64_t last_id;
	bool is_ordered;
	char text[512];
};

static void note(struct loaded *loaded, int64_t id, const char *text)
{
	size_t used = strlen(loaded->text);
	(void)snprintf(loaded->text + used, sizeof(loaded->text) - used, "%s", text);
	loaded->is_ordered = loaded->count++ == 0 || (loaded->is_ordered && id > loaded->last_id);
	loaded->last_id = id;
}

/* --- requests to watch ------------------------------------------------------------------------------------------ */

static struct stored_watch_request make_request(int64_t id, int64_t watcher)
{
	return (struct stored_watch_request){.id = id,
					     .watcher_id = watcher,
					     .package = SLICE("presence"),
					     .resource = SLICE("carol"),
					     .asked_at_s = now_s(),
					     .expires_at_s = now_s() + 3600};
}

static void save_request(struct storage_world *world, const struct stored_watch_request *request)
{
	struct outcome outcome = {.result = 1};
	storage_save_watch_request(world->storage, request, outcome_done, &outcome);
	wait_for(world, &outcome, 1);
	CHECK_NUMBER(outcome.result, 0);
}

static void on_request(void *arg, const struct stored_account *watcher, const struct stored_watch_request *request)
{
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s@%.*s %.*s %.*s %lld, ", SLICE_ARGS(watcher->user),
		       SLICE_ARGS(watcher->domain), SLICE_ARGS(request->package), SLICE_ARGS(request->resource),
		       (long long)(request->expires_at_s - request->asked_at_s));
	if (watcher->id != request->watcher_id || watcher->ha1_md5[0] == 0)
		(void)snprintf(text, sizeof(text), "a wrong watcher, ");
	note(arg, request->id, text);
}

static void load_requests(struct storage_world *world, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_watch_requests(world->storage, on_request, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
	CHECK_NUMBER(loaded->outcome.result, 0);
}

static void requests_to_watch_come_back_until_they_expire_or_go(void)
{
	struct storage_world world;
	struct loaded loaded;
	struct outcome outcome = {.result = 1};
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_watch_request request = make_request(storage_next_message_id(world.storage), bob);
	struct stored_watch_request expired = make_request(7, bob), orphan = make_request(8, bob + 1);
	expired.expires_at_s = now_s() - 1;
	save_request(&world, &request);
	save_request(&world, &expired);
	save_request(&world, &orphan);
	load_requests(&world, &loaded);
	CHECK_TEXT(slice_text(loaded.text), "bob@example.test presence carol 3600, ");
	CHECK_NUMBER(loaded.last_id, request.id);
	request.package = SLICE("dialog");
	request.resource = SLICE("d\0ve");
	request.expires_at_s += 60;
	save_request(&world, &request);
	load_requests(&world, &loaded);
	CHECK_TEXT(slice_text(loaded.text), "bob@example.test dialog d 3660, ");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests"), 3);
	storage_remove_watch_request(world.storage, request.id, outcome_done, &outcome);
	wait_for(&world, &outcome, 1);
	CHECK_NUMBER(outcome.result, 0);
	load_requests(&world, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void many_requests_are_loaded_in_order_page_by_page(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	storage_world_add_account(&server, "bob");
	storage_world_sql(&server, "INSERT INTO watch_requests SELECT i, id, 1, 9999999999, 'presence', 'carol'"
				   " FROM accounts, generate_series(-1000, 3000) i");
	load_requests(&world, &loaded);
	CHECK_NUMBER(loaded.count, 4001);
	CHECK(loaded.is_ordered);
	storage_world_close(&world);
}

static void on_purged(void *arg, int result, bool more)
{
	outcome_done(arg, result < 0 ? result : more);
}

static void purging_deletes_requests_that_have_expired_a_slice_at_a_time(void)
{
	struct storage_world world;
	unsigned rounds = 0;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server, "INSERT INTO watch_requests SELECT i, 1, 1, CASE i % 3 WHEN 0 THEN 9999999999 ELSE 1"
				   " END, 'presence', 'carol' FROM generate_series(-14, 15) i");
	storage_world_sql(&server, "INSERT INTO documents VALUES (1, 0, 1, 'a', 'n', 'e', 'b')");
	for (int more = 1; more > 0 && rounds < 100; rounds++) {
		struct outcome outcome = {.result = 1};
		storage_purge(world.storage, 1, 1, 4, on_purged, &outcome);
		wait_for(&world, &outcome, 1);
		more = outcome.result;
		CHECK(more >= 0);
	}
	CHECK_NUMBER(rounds, 8); /* 30 rows of 4 */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests"), 10);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests WHERE expires_at = 1"), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 1);
	storage_world_close(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(requests_to_watch_come_back_until_they_expire_or_go),
	DATABASE_TEST(many_requests_are_loaded_in_order_page_by_page),
	DATABASE_TEST(purging_deletes_requests_that_have_expired_a_slice_at_a_time),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
