/* The contract of storage.h on a real PostgreSQL: subscriptions and publications.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

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

static void insert_accounts(unsigned count)
{
	char sql[256];
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256) SELECT 'u' || i, 'example.test',"
		       " decode(md5('x'), 'hex'), sha256('x') FROM generate_series(1, %u) i",
		       count);
	storage_world_sql(&server, sql);
}

/* --- subscriptions -------------------------------------------------------------------------------------------- */

static struct stored_subscription make_subscription(int64_t id, int64_t watcher)
{
	return (struct stored_subscription){.id = id,
					    .watcher_id = watcher,
					    .device_id = -5,
					    .package = SLICE("presence"),
					    .resource = SLICE("carol"),
					    .event_id = SLICE("e\0v"),
					    .call_id = SLICE("call-1"),
					    .local_tag = SLICE("ours"),
					    .remote_tag = SLICE("theirs"),
					    .local = SLICE("<sip:carol@example.test>"),
					    .remote = SLICE("\"B\xf6"
							    "b\" <sip:bob@example.test>"),
					    .target = SLICE("sip:bob@192.0.2.1;transport=ws"),
					    .route_set = SLICE("<sip:edge.example.test;lr>"),
					    .flow = SLICE("udp\0flow"),
					    .profile = SLICE("phone/1"),
					    .media_type = SLICE("application/pidf+xml"),
					    .local_cseq = 4294967295U,
					    .generation = 4294967294U,
					    .remote_cseq = 4294967293U,
					    .created_at_ms = now_s() * 1000,
					    .expires_at_s = now_s() + 3600,
					    .granted_s = 4294967292U,
					    .least_interval_ms = 4294967291U,
					    .most_interval_ms = 4294967290U};
}

static void save_subscription(struct storage_world *world, const struct stored_subscription *subscription)
{
	struct outcome outcome = {.result = 1};
	storage_save_subscription(world->storage, subscription, outcome_done, &outcome);
	CHECK_NUMBER(outcome.calls, 0);
	wait_for(world, &outcome, 1);
	CHECK_NUMBER(outcome.result, 0);
}

struct loaded_subscriptions {
	struct outcome outcome;
	unsigned count;
	bool is_ordered;
	struct stored_subscription last;
	struct stored_account watcher;
	char user[32];
	char texts[512]; /* of the last row, as make_subscription has them */
};

static void on_subscription(void *arg, const struct stored_account *watcher,
			    const struct stored_subscription *subscription)
{
	struct loaded_subscriptions *loaded = arg;
	loaded->is_ordered = loaded->count++ == 0 || (loaded->is_ordered && subscription->id > loaded->last.id);
	loaded->last = *subscription;
	loaded->watcher = *watcher;
	(void)snprintf(loaded->user, sizeof(loaded->user), "%.*s", SLICE_ARGS(watcher->user));
	(void)snprintf(
		loaded->texts, sizeof(loaded->texts), "%.*s %.*s %zu %.*s %.*s %.*s %.*s %.*s %.*s %.*s %zu %.*s %.*s",
		SLICE_ARGS(subscription->package), SLICE_ARGS(subscription->resource), subscription->event_id.length,
		SLICE_ARGS(subscription->call_id), SLICE_ARGS(subscription->local_tag),
		SLICE_ARGS(subscription->remote_tag), SLICE_ARGS(subscription->local), SLICE_ARGS(subscription->remote),
		SLICE_ARGS(subscription->target), SLICE_ARGS(subscription->route_set), subscription->flow.length,
		SLICE_ARGS(subscription->profile), SLICE_ARGS(subscription->media_type));
}

static void load_subscriptions(struct storage_world *world, struct loaded_subscriptions *loaded)
{
	*loaded = (struct loaded_subscriptions){.outcome.result = 1};
	storage_load_subscriptions(world->storage, on_subscription, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
}

static void a_subscription_comes_back_as_it_was_saved(void)
{
	struct storage_world world;
	struct loaded_subscriptions loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_subscription saved = make_subscription(storage_next_message_id(world.storage), bob);
	save_subscription(&world, &saved);
	load_subscriptions(&world, &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_TEXT(slice_text(loaded.user), "bob");
	CHECK_NUMBER(loaded.watcher.id, bob);
	CHECK_NUMBER(loaded.watcher.ha1_md5[0], 0x9f); /* md5('bob'), as the fixture makes it */
	CHECK_TEXT(slice_text(loaded.texts), "presence carol 3 call-1 ours theirs <sip:carol@example.test> \"B\xf6"
					     "b\" <sip:bob@example.test> sip:bob@192.0.2.1;transport=ws"
					     " <sip:edge.example.test;lr> 8 phone/1 application/pidf+xml");
	CHECK_NUMBER(loaded.last.id, saved.id);
	CHECK_NUMBER(loaded.last.watcher_id, bob);
	CHECK_NUMBER(loaded.last.device_id, -5);
	CHECK_NUMBER(loaded.last.local_cseq, saved.local_cseq);
	CHECK_NUMBER(loaded.last.generation, saved.generation);
	CHECK_NUMBER(loaded.last.remote_cseq, saved.remote_cseq);
	CHECK_NUMBER(loaded.last.created_at_ms, saved.created_at_ms);
	CHECK_NUMBER(loaded.last.expires_at_s, saved.expires_at_s);
	CHECK_NUMBER(loaded.last.granted_s, saved.granted_s);
	CHECK_NUMBER(loaded.last.least_interval_ms, saved.least_interval_ms);
	CHECK_NUMBER(loaded.last.most_interval_ms, saved.most_interval_ms);
	storage_world_close(&world);
}

static void a_saved_subscription_replaces_the_row_of_its_id(void)
{
	struct storage_world world;
	struct loaded_subscriptions loaded;
	struct outcome outcome = {.result = 1};
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_subscription saved = make_subscription(9, bob);
	save_subscription(&world, &saved);
	saved.local_cseq = 7;
	saved.route_set = slice_of(NULL, 0);
	saved.target = SLICE("sip:bob@192.0.2.2");
	save_subscription(&world, &saved);
	load_subscriptions(&world, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.last.local_cseq, 7);
	CHECK(strstr(loaded.texts, " sip:bob@192.0.2.2  8 "));
	for (unsigned i = 0; i < 2; i++) {
		outcome = (struct outcome){.result = 1};
		storage_remove_subscription(world.storage, 9, outcome_done, &outcome); /* twice: it is gone by then */
		wait_for(&world, &outcome, 1);
		CHECK_NUMBER(outcome.result, 0);
		CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 0);
	}
	storage_world_close(&world);
}

static void the_last_change_of_a_subscription_wins_and_all_are_told(void)
{
	struct storage_world world;
	struct outcome outcomes[8];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	struct stored_subscription changed = make_subscription(1, 5), gone = make_subscription(2, 5);
	struct stored_subscription back = make_subscription(3, 5), other = make_subscription(4, 5);
	changed.local_cseq = 1;
	storage_save_subscription(world.storage, &other, outcome_done, &outcomes[0]);
	storage_save_subscription(world.storage, &changed, outcome_done, &outcomes[1]);
	storage_save_subscription(world.storage, &gone, outcome_done, &outcomes[2]);
	storage_save_subscription(world.storage, &back, outcome_done, &outcomes[3]);
	storage_remove_subscription(world.storage, gone.id, outcome_done, &outcomes[4]);
	storage_remove_subscription(world.storage, back.id, outcome_done, &outcomes[5]);
	changed.local_cseq = 2;
	storage_save_subscription(world.storage, &changed, outcome_done, &outcomes[6]);
	storage_save_subscription(world.storage, &back, outcome_done, &outcomes[7]);
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK(outcomes[i].calls == 1 && outcomes[i].result == 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions WHERE id IN (1, 3, 4)"), 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT local_cseq FROM subscriptions WHERE id = 1"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(DISTINCT xmin::text) FROM subscriptions"), 1);
	storage_world_close(&world);
}

static void subscriptions_that_are_over_or_elsewhere_are_not_loaded(void)
{
	struct storage_world world;
	struct loaded_subscriptions loaded;
	storage_world_open(&world, &server, NULL);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_subscription good = make_subscription(1, bob), expired = make_subscription(2, bob);
	struct stored_subscription orphan = make_subscription(3, bob + 1), elsewhere = make_subscription(4, bob);
	expired.expires_at_s = now_s() - 1;
	save_subscription(&world, &good);
	save_subscription(&world, &expired);
	save_subscription(&world, &orphan);
	save_subscription(&world, &elsewhere);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions WHERE node = 7"), 4);
	storage_world_sql(&server, "UPDATE subscriptions SET node = 8 WHERE id = 4");
	load_subscriptions(&world, &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.last.id, 1);
	storage_world_close(&world);
}

static void many_subscriptions_are_loaded_in_order_page_by_page(void)
{
	struct storage_world world;
	struct loaded_subscriptions loaded;
	storage_world_open(&world, &server, NULL);
	insert_accounts(1000);
	storage_world_sql(
		&server,
		"INSERT INTO subscriptions SELECT a.id * 1000 + k, a.id, 1, 0, 9999999999, 60, 1, 1, 1, 0, 0, 0,"
		" 7, 'sip:x', 'f', '', 'ua', 'm', 'presence', 'bob', '', 'c', 'l', 'r', 'x', 'y'"
		" FROM accounts a, generate_series(1, 4) k");
	load_subscriptions(&world, &loaded);
	CHECK_NUMBER(loaded.count, 4000); /* two full pages: a third one is empty */
	CHECK(loaded.is_ordered);
	storage_world_close(&world);
}

/* --- publications --------------------------------------------------------------------------------------------- */

static struct stored_publication make_publication(int64_t id)
{
	return (struct stored_publication){.id = id,
					   .package = SLICE("presence"),
					   .resource = SLICE("carol"),
					   .publisher_id = 5,
					   .device_id = -5,
					   .source = SLICE("asterisk/carol"),
					   .revision = 4294967295U,
					   .published_at_ms = now_s() * 1000 + 1,
					   .expires_at_s = now_s() + 3600,
					   .granted_s = 4294967294U,
					   .content_type = SLICE("application/pidf+xml"),
					   .body = SLICE("<\0\xff>")};
}

struct loaded_publications {
	struct outcome outcome;
	unsigned count;
	bool is_ordered;
	struct stored_publication last;
	char texts[256];
	uint32_t body_sum;
};

static void on_publication(void *arg, const struct stored_publication *publication)
{
	struct loaded_publications *loaded = arg;
	loaded->is_ordered = loaded->count++ == 0 || (loaded->is_ordered && publication->id > loaded->last.id);
	loaded->last = *publication;
	(void)snprintf(loaded->texts, sizeof(loaded->texts), "%.*s %.*s %.*s %.*s", SLICE_ARGS(publication->package),
		       SLICE_ARGS(publication->resource), SLICE_ARGS(publication->source),
		       SLICE_ARGS(publication->content_type));
	loaded->body_sum = 0;
	for (size_t i = 0; i < publication->body.length; i++)
		loaded->body_sum += (uint8_t)publication->body.at[i];
}

static void load_publications(struct storage_world *world, struct loaded_publications *loaded)
{
	*loaded = (struct loaded_publications){.outcome.result = 1};
	storage_load_publications(world->storage, on_publication, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
}

static void save_publication(struct storage_world *world, const struct stored_publication *publication)
{
	struct outcome outcome = {.result = 1};
	storage_save_publication(world->storage, publication, outcome_done, &outcome);
	wait_for(world, &outcome, 1);
	CHECK_NUMBER(outcome.result, 0);
}

static void a_publication_comes_back_as_it_was_saved(void)
{
	struct storage_world world;
	struct loaded_publications loaded;
	storage_world_open(&world, &server, NULL);
	struct stored_publication saved = make_publication(-77);
	save_publication(&world, &saved);
	load_publications(&world, &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_TEXT(slice_text(loaded.texts), "presence carol asterisk/carol application/pidf+xml");
	CHECK_NUMBER(loaded.last.id, -77);
	CHECK_NUMBER(loaded.last.publisher_id, 5);
	CHECK_NUMBER(loaded.last.device_id, -5);
	CHECK_NUMBER(loaded.last.revision, saved.revision);
	CHECK_NUMBER(loaded.last.published_at_ms, saved.published_at_ms);
	CHECK_NUMBER(loaded.last.expires_at_s, saved.expires_at_s);
	CHECK_NUMBER(loaded.last.granted_s, saved.granted_s);
	CHECK_NUMBER(loaded.last.body.length, 4);
	CHECK_NUMBER(loaded.body_sum, '<' + 0xff + '>');
	storage_world_close(&world);
}

static void bodies_of_any_size_are_kept(void)
{
	static const size_t sizes[] = {0, 2000, 4000, 8000, 100000};
	static char body[100000];
	struct storage_world world;
	struct loaded_publications loaded;
	storage_world_open(&world, &server, NULL);
	memset(body, 7, sizeof(body));
	struct stored_publication saved = make_publication(1);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		saved.body = slice_of(body, sizes[i]);
		save_publication(&world, &saved);
		load_publications(&world, &loaded);
		CHECK_NUMBER(loaded.count, 1);
		CHECK_NUMBER(loaded.last.body.length, sizes[i]);
		CHECK_NUMBER(loaded.body_sum, 7 * sizes[i]);
	}
	storage_world_close(&world);
}

static void the_last_change_of_a_publication_wins(void)
{
	struct storage_world world;
	struct loaded_publications loaded;
	struct outcome outcomes[6];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	struct stored_publication kept = make_publication(INT64_MAX), gone = make_publication(-1);
	struct stored_publication expired = make_publication(3);
	expired.expires_at_s = now_s() - 1;
	storage_remove_publication(world.storage, kept.id, outcome_done, &outcomes[0]);
	storage_save_publication(world.storage, &kept, outcome_done, &outcomes[1]);
	kept.revision = 3;
	storage_save_publication(world.storage, &kept, outcome_done, &outcomes[2]);
	storage_save_publication(world.storage, &gone, outcome_done, &outcomes[3]);
	storage_remove_publication(world.storage, gone.id, outcome_done, &outcomes[4]);
	storage_save_publication(world.storage, &expired, outcome_done, &outcomes[5]);
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK(outcomes[i].calls == 1 && outcomes[i].result == 0);
	load_publications(&world, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.last.id, INT64_MAX);
	CHECK_NUMBER(loaded.last.revision, 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications"), 2);
	storage_world_close(&world);
}

static void many_publications_are_loaded_page_by_page(void)
{
	struct storage_world world;
	struct loaded_publications loaded;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO publications SELECT (i - 1500) * 1000000007::bigint, 1, 1, 9999999999, 1, 1, 1,"
			  " 'presence', 'bob', '', 't', 'b' FROM generate_series(1, 3001) i");
	load_publications(&world, &loaded);
	CHECK_NUMBER(loaded.count, 3001);
	CHECK(loaded.is_ordered);
	storage_world_close(&world);
}

/* --- purging and the end -------------------------------------------------------------------------------------- */

static void on_purged(void *arg, int result, bool more)
{
	struct outcome *outcome = arg;
	outcome_done(outcome, result < 0 ? result : more);
}

static void purging_deletes_what_has_expired_a_slice_at_a_time(void)
{
	struct storage_world world;
	unsigned rounds = 0;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server,
			  "INSERT INTO subscriptions SELECT i, 1, 1, 0, CASE i % 3 WHEN 0 THEN 9999999999 ELSE 1 END,"
			  " 60, 1, 1, 1, 0, 0, 0, 7, '', '', '', '', '', '', '', '', '', '', '', '', ''"
			  " FROM generate_series(1, 30) i");
	storage_world_sql(&server,
			  "INSERT INTO publications SELECT i, 1, 1, CASE i % 2 WHEN 0 THEN 9999999999 ELSE 1 END,"
			  " 1, 1, 1, '', '', '', '', '' FROM generate_series(-10, 9) i");
	for (int more = 1; more > 0 && rounds < 100; rounds++) {
		struct outcome outcome = {.result = 1};
		storage_purge(world.storage, 1, 1, 4, on_purged, &outcome);
		wait_for(&world, &outcome, 1);
		more = outcome.result;
		CHECK(more >= 0);
	}
	CHECK_NUMBER(rounds, 8); /* 30 rows of 4 */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM subscriptions"), 10);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications"), 10);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM publications WHERE expires_at = 1"), 0);
	storage_world_close(&world);
}

/* The rest of storage_world_close, where the storage was told already. */
static void close_again(struct storage_world *world)
{
	uv_close((uv_handle_t *)&world->tick, NULL);
	while (uv_run(&world->loop, UV_RUN_NOWAIT) != 0)
		continue;
	storage_destroy(world->storage);
	uv_loop_close(&world->loop);
	timers_destroy(world->timers);
}

static void after_closing_everything_is_refused_later(void)
{
	struct storage_world world;
	struct outcome outcomes[6];
	struct stored_subscription subscription = make_subscription(1, 1);
	struct stored_publication publication = make_publication(1);
	storage_world_open(&world, &server, NULL);
	storage_close(world.storage, NULL, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	storage_save_subscription(world.storage, &subscription, outcome_done, &outcomes[0]);
	storage_remove_subscription(world.storage, 1, outcome_done, &outcomes[1]);
	storage_load_subscriptions(world.storage, on_subscription, outcome_done, &outcomes[2]);
	storage_save_publication(world.storage, &publication, outcome_done, &outcomes[3]);
	storage_remove_publication(world.storage, 1, outcome_done, &outcomes[4]);
	storage_load_publications(world.storage, on_publication, outcome_done, &outcomes[5]);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].calls, 0);
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, ERR_STORAGE_AWAY);
	close_again(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(a_subscription_comes_back_as_it_was_saved),
	DATABASE_TEST(a_saved_subscription_replaces_the_row_of_its_id),
	DATABASE_TEST(the_last_change_of_a_subscription_wins_and_all_are_told),
	DATABASE_TEST(subscriptions_that_are_over_or_elsewhere_are_not_loaded),
	DATABASE_TEST(many_subscriptions_are_loaded_in_order_page_by_page),
	DATABASE_TEST(a_publication_comes_back_as_it_was_saved),
	DATABASE_TEST(bodies_of_any_size_are_kept),
	DATABASE_TEST(the_last_change_of_a_publication_wins),
	DATABASE_TEST(many_publications_are_loaded_page_by_page),
	DATABASE_TEST(purging_deletes_what_has_expired_a_slice_at_a_time),
	DATABASE_TEST(after_closing_everything_is_refused_later),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
