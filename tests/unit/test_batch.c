/* Changes that commit together: one refused alone, the newest wins, nothing is lost with a connection.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MANY 300

static struct postgres server;

/* `sequence` makes the message's identity; the body is what a test's CHECK constraint refuses. */
static void save_message(struct storage_world *world, int64_t id, unsigned sequence, struct slice body,
			 struct outcome *outcome)
{
	char call_id[32];
	int64_t device = 9;
	(void)snprintf(call_id, sizeof(call_id), "call-%u", sequence);
	struct stored_message message = {.id = id,
					 .receiver_id = 5,
					 .sender = SLICE("alice@example.test"),
					 .call_id = slice_text(call_id),
					 .cseq = 1,
					 .body = body,
					 .received_at_ms = (int64_t)time(NULL) * 1000,
					 .expires_at_s = (int64_t)time(NULL) + 3600};
	*outcome = (struct outcome){.result = 1};
	storage_save_message(world->storage, &message, &device, 1, outcome_done, outcome);
}

static unsigned count_calls(const struct outcome *outcomes, size_t count)
{
	unsigned calls = 0;
	for (size_t i = 0; i < count; i++)
		calls += outcomes[i].calls;
	return calls;
}

static void save_binding(struct storage_world *world, const char *key, uint32_t cseq, bool removed,
			 struct outcome *outcome)
{
	struct stored_binding binding = {.account_id = 5,
					 .key = slice_text(key),
					 .cseq = cseq,
					 .device_id = 9,
					 .expires_at_s = (int64_t)time(NULL) + 3600};
	struct slice gone = slice_text(key);
	struct binding_changes changes = {.account_id = 5};
	if (removed) {
		changes.removed_keys = &gone;
		changes.removed_count = 1;
	} else {
		changes.saved = &binding;
		changes.saved_count = 1;
	}
	*outcome = (struct outcome){.result = 1};
	storage_save_bindings(world->storage, &changes, outcome_done, outcome);
}

/* --- refusals ------------------------------------------------------------------------------------------------- */

static void refused_rows_fail_alone(void)
{
	struct storage_world world;
	static struct outcome outcomes[MANY];
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server, "ALTER TABLE messages ADD CONSTRAINT no_bad_word CHECK (body <> 'bad')");
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < MANY; i++)
		save_message(&world, storage_next_message_id(world.storage), i,
			     i % 100 == 42 ? SLICE("bad") : SLICE("good"), &outcomes[i]);
	CHECK_NUMBER(count_calls(outcomes, MANY), 0);
	WAIT_FOR(&world, count_calls(outcomes, MANY) == MANY);
	storage_world_sql(&server, "ALTER TABLE messages DROP CONSTRAINT no_bad_word");
	for (unsigned i = 0; i < MANY; i++)
		CHECK_NUMBER(outcomes[i].result, i % 100 == 42 ? ERR_STORAGE_REFUSED : 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), MANY - 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 2 * (MANY - 3));
	storage_world_close(&world);
}

static void a_refused_row_leaves_nothing_of_its_batch_out(void)
{
	struct storage_world world;
	struct outcome binding, message;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server, "ALTER TABLE messages ADD CONSTRAINT no_bad_word CHECK (body <> 'bad')");
	WAIT_FOR(&world, world.available);
	save_binding(&world, "key", 1, false, &binding);
	save_message(&world, storage_next_message_id(world.storage), 1, SLICE("bad"), &message);
	WAIT_FOR(&world, binding.calls == 1 && message.calls == 1);
	storage_world_sql(&server, "ALTER TABLE messages DROP CONSTRAINT no_bad_word");
	CHECK_NUMBER(binding.result, 0);
	CHECK_NUMBER(message.result, ERR_STORAGE_REFUSED);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM bindings"), 1);
	storage_world_close(&world);
}

static void a_full_queue_is_busy_and_says_so_later(void)
{
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	static struct outcome outcomes[MANY];
	options.queue_changes = 10;
	storage_world_open(&world, &server, &options);
	for (unsigned i = 0; i < MANY; i++)
		save_message(&world, storage_next_message_id(world.storage), i, SLICE("good"), &outcomes[i]);
	CHECK_NUMBER(count_calls(outcomes, MANY), 0);
	WAIT_FOR(&world, count_calls(outcomes, MANY) == MANY);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_NUMBER(outcomes[i].result, i < 10 ? 0 : ERR_BUSY);
	storage_world_close(&world);
}

/* --- coalescing ----------------------------------------------------------------------------------------------- */

static void the_last_change_of_a_binding_wins_and_all_are_told(void)
{
	struct storage_world world;
	struct outcome outcomes[6];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	save_binding(&world, "kept", 1, false, &outcomes[0]);
	save_binding(&world, "kept", 2, false, &outcomes[1]);
	save_binding(&world, "kept", 3, true, &outcomes[2]);
	save_binding(&world, "kept", 4, false, &outcomes[3]);
	save_binding(&world, "gone", 1, false, &outcomes[4]);
	save_binding(&world, "gone", 2, true, &outcomes[5]);
	WAIT_FOR(&world, count_calls(outcomes, 6) == 6);
	for (unsigned i = 0; i < 6; i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM bindings"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT cseq FROM bindings"), 4);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM devices"), 1);
	storage_world_close(&world);
}

static void what_is_asked_in_one_turn_is_one_transaction(void)
{
	struct storage_world world;
	static struct outcome outcomes[MANY];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < MANY; i++)
		save_message(&world, storage_next_message_id(world.storage), i, SLICE("good"), &outcomes[i]);
	WAIT_FOR(&world, count_calls(outcomes, MANY) == MANY);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(DISTINCT xmin::text) FROM messages"), 1);
	storage_world_close(&world);
}

/* --- losing the connection ------------------------------------------------------------------------------------ */

static void terminated_sessions_lose_nothing(void)
{
	struct storage_world world;
	static struct outcome outcomes[MANY];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned round = 0; round < 5; round++) {
		for (unsigned i = round * 60; i < (round + 1) * 60; i++)
			save_message(&world, storage_next_message_id(world.storage), i, SLICE("good"), &outcomes[i]);
		storage_world_turn(&world);
		storage_world_sql(&server, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
					   " WHERE application_name = 'heliograph'");
		WAIT_FOR(&world, count_calls(outcomes, MANY) == (round + 1) * 60);
	}
	for (unsigned i = 0; i < MANY; i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), MANY);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 2 * MANY);
	WAIT_FOR(&world, world.available && world.became_away > 0);
	storage_world_close(&world);
}

static void a_killed_server_keeps_what_was_acknowledged_and_gets_the_rest(void)
{
	struct storage_world world;
	static struct outcome outcomes[MANY];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < MANY / 2; i++)
		save_message(&world, storage_next_message_id(world.storage), i, SLICE("good"), &outcomes[i]);
	WAIT_FOR(&world, count_calls(outcomes, MANY / 2) == MANY / 2);
	for (unsigned i = MANY / 2; i < MANY; i++)
		save_message(&world, storage_next_message_id(world.storage), i, SLICE("good"), &outcomes[i]);
	storage_world_turn(&world);
	postgres_kill(&server);
	WAIT_FOR(&world, !world.available);
	CHECK(postgres_start(&server));
	WAIT_FOR(&world, count_calls(outcomes, MANY) == MANY);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), MANY);
	storage_world_close(&world);
}

/* The first time is committed by somebody else in our name, as a commit whose answer was lost; a lock holds ours
 * until its session is terminated, so that it is sent a second time. */
static void a_batch_that_was_committed_is_recognised_when_it_is_sent_again(void)
{
	struct storage_world world;
	struct outcome ours, others, first, held;
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	int64_t id = storage_next_message_id(world.storage);
	save_message(&world, id, 1, SLICE("good"), &first);
	WAIT_FOR(&world, first.calls == 1);
	PGconn *locker = PQconnectdb(server.connection);
	PQclear(PQexec(locker, "BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"));
	save_message(&world, id, 1, SLICE("good"), &ours);
	save_message(&world, storage_next_message_id(world.storage), 1, SLICE("good"), &others);
	save_message(&world, storage_next_message_id(world.storage), 2, SLICE("good"), &held);
	while (storage_world_sql(&server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'heliograph'"
					  " AND wait_event_type = 'Lock'") == 0)
		storage_world_turn(&world);
	storage_world_sql(&server, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
				   " WHERE application_name = 'heliograph' AND wait_event_type = 'Lock'");
	WAIT_FOR(&world, world.became_away == 1);
	PQclear(PQexec(locker, "COMMIT"));
	PQfinish(locker);
	WAIT_FOR(&world, ours.calls && others.calls && held.calls);
	CHECK_NUMBER(ours.result, 0);
	CHECK_NUMBER(others.result, ERR_EXISTS);
	CHECK_NUMBER(held.result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 4);
	storage_world_close(&world);
}

static void a_batch_that_is_not_answered_is_given_up(void)
{
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	struct outcome outcome, later;
	options.wait_s = 1;
	storage_world_open(&world, &server, &options);
	WAIT_FOR(&world, world.available);
	PGconn *locker = PQconnectdb(server.connection);
	PQclear(PQexec(locker, "BEGIN; LOCK TABLE messages IN ACCESS EXCLUSIVE MODE"));
	save_message(&world, storage_next_message_id(world.storage), 1, SLICE("good"), &outcome);
	WAIT_FOR(&world, outcome.calls == 1);
	CHECK_NUMBER(outcome.result, ERR_STORAGE_AWAY);
	PQfinish(locker);
	WAIT_FOR(&world, world.available);
	save_message(&world, storage_next_message_id(world.storage), 2, SLICE("good"), &later);
	WAIT_FOR(&world, later.calls == 1);
	CHECK_NUMBER(later.result, 0);
	storage_world_close(&world);
}

/* The server's sessions end one after the other: the one that takes changes may be the last. */
static bool takes_changes(const struct storage_world *world)
{
	struct buffer buffer;
	buffer_init(&buffer, 4096);
	storage_describe(world->storage, &buffer);
	buffer_byte(&buffer, '\0');
	bool takes = !buffer_failed(&buffer) && strstr(buffer.data, "database changes: ready");
	buffer_finish(&buffer);
	return takes;
}

static void while_the_server_is_away_changes_wait_and_new_ones_fail_later(void)
{
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	struct outcome waiting, refused;
	options.wait_s = 2;
	storage_world_open(&world, &server, &options);
	WAIT_FOR(&world, world.available);
	postgres_kill(&server);
	WAIT_FOR(&world, !world.available && !takes_changes(&world));
	int64_t since = timers_now(world.timers);
	save_message(&world, storage_next_message_id(world.storage), 1, SLICE("good"), &waiting);
	WAIT_FOR(&world, timers_now(world.timers) - since > 1100);
	CHECK_NUMBER(waiting.calls, 0);
	save_message(&world, storage_next_message_id(world.storage), 2, SLICE("good"), &refused);
	CHECK_NUMBER(refused.calls, 0);
	WAIT_FOR(&world, refused.calls == 1);
	CHECK_NUMBER(refused.result, ERR_STORAGE_AWAY);
	CHECK_NUMBER(waiting.calls, 0);
	WAIT_FOR(&world, waiting.calls == 1);
	CHECK_NUMBER(waiting.result, ERR_STORAGE_AWAY);
	CHECK(postgres_start(&server));
	WAIT_FOR(&world, world.available);
	storage_world_close(&world);
}

static void closing_without_a_server_ends_in_time_and_answers_all(void)
{
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	struct outcome waiting;
	options.wait_s = 1;
	storage_world_open(&world, &server, &options);
	WAIT_FOR(&world, world.available);
	postgres_kill(&server);
	WAIT_FOR(&world, !world.available && !takes_changes(&world));
	save_message(&world, storage_next_message_id(world.storage), 1, SLICE("good"), &waiting);
	storage_world_close(&world);
	bool started = postgres_start(&server);
	CHECK_NUMBER(waiting.calls, 1);
	CHECK_NUMBER(waiting.result, ERR_STORAGE_AWAY);
	CHECK(started);
}

/* Losing everything again and again while changes keep coming: all that was acknowledged is there, once. */
static void acknowledged_changes_survive_repeated_kills(void)
{
	struct storage_world world;
	struct storage_options options = storage_world_options(&server);
	static struct outcome outcomes[2000];
	unsigned asked = 0, good = 0;
	options.batch_changes = 50;
	storage_world_open(&world, &server, &options);
	for (unsigned round = 0; round < 4; round++) {
		WAIT_FOR(&world, world.available);
		for (unsigned i = 0; i < 500; i++, asked++)
			save_message(&world, storage_next_message_id(world.storage), asked, SLICE("good"),
				     &outcomes[asked]);
		for (unsigned turns = 0; turns < 2 + round * 3; turns++)
			storage_world_turn(&world);
		postgres_kill(&server);
		CHECK(postgres_start(&server));
	}
	WAIT_FOR(&world, count_calls(outcomes, asked) == asked);
	for (unsigned i = 0; i < asked; i++)
		good += outcomes[i].result == 0;
	CHECK_NUMBER(good, asked);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), asked);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 2 * asked);
	storage_world_close(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(refused_rows_fail_alone),
	DATABASE_TEST(a_refused_row_leaves_nothing_of_its_batch_out),
	DATABASE_TEST(a_full_queue_is_busy_and_says_so_later),
	DATABASE_TEST(the_last_change_of_a_binding_wins_and_all_are_told),
	DATABASE_TEST(what_is_asked_in_one_turn_is_one_transaction),
	DATABASE_TEST(terminated_sessions_lose_nothing),
	DATABASE_TEST(a_killed_server_keeps_what_was_acknowledged_and_gets_the_rest),
	DATABASE_TEST(a_batch_that_was_committed_is_recognised_when_it_is_sent_again),
	DATABASE_TEST(a_batch_that_is_not_answered_is_given_up),
	DATABASE_TEST(while_the_server_is_away_changes_wait_and_new_ones_fail_later),
	DATABASE_TEST(closing_without_a_server_ends_in_time_and_answers_all),
	DATABASE_TEST(acknowledged_changes_survive_repeated_kills),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, true) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
