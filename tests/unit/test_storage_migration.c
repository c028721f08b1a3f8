/* A database with the rows of older programs, brought up to what this one needs. SPDX-License-Identifier: MIT */
#include "history_world.h"

#include "storage/schema.h"

#include <stdlib.h>

static struct postgres server, old; /* another database of the same server */

/* The database as it was before the step; its accounts are alice (1), bob (2) and late (3), who came afterwards. */
static bool make_old(int before)
{
	storage_world_sql(&server, "DROP DATABASE IF EXISTS old");
	storage_world_sql(&server, "CREATE DATABASE old");
	old = server;
	char *name = strstr(old.connection, "dbname=postgres");
	if (!name)
		return false;
	memcpy(name, "dbname=old     ", strlen("dbname=postgres"));
	storage_world_sql(&old, "CREATE TABLE schema_version (number integer PRIMARY KEY, name text NOT NULL,"
				" applied_at timestamptz NOT NULL DEFAULT now())");
	for (unsigned i = 0; i < schema_step_count && schema_steps[i].number < before; i++) {
		char sql[256];
		storage_world_sql(&old, schema_steps[i].sql);
		(void)snprintf(sql, sizeof(sql), "INSERT INTO schema_version VALUES (%d, '%s')", schema_steps[i].number,
			       schema_steps[i].name);
		storage_world_sql(&old, sql);
	}
	storage_world_add_account(&old, "alice");
	storage_world_add_account(&old, "bob");
	storage_world_add_account(&old, "late");
	return storage_world_sql(&old,
				 "UPDATE accounts SET created_at = to_timestamp(CASE id WHEN 3 THEN 2000 ELSE 1 END)"
				 " RETURNING 1") == 1;
}

/* A message of the second `id`, by the address `user`@example.test. */
static void put_old(int64_t id, int64_t receiver, int64_t sender, const char *user, const char *type,
		    const char *headers, const char *body)
{
	char sql[1024];
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, identity,"
		       " sender, call_id, request_uri, from_value, to_value, headers, content_type, body) VALUES (%lld,"
		       " %lld, %lld, %lld, 9999999999, 1, md5('%lld')::uuid, '%s@example.test', 'call', '', '', '',"
		       " E'%s', '%s', E'%s')",
		       (long long)id, (long long)receiver, (long long)sender, (long long)id * 1000, (long long)id, user,
		       headers, type, body);
	storage_world_sql(&old, sql);
}

static int64_t number_of(int64_t id, const char *column)
{
	char sql[128];
	(void)snprintf(sql, sizeof(sql), "SELECT %s FROM messages WHERE id = %lld", column, (long long)id);
	return storage_world_sql(&old, sql);
}

static int conversations_step(void)
{
	for (unsigned i = 0; i < schema_step_count; i++)
		if (strstr(schema_steps[i].name, "conversations"))
			return schema_steps[i].number;
	return 0;
}

static void old_messages_become_conversations(void)
{
	struct storage_world world;
	struct person alice = {1, "alice@example.test"}, bob = {2, "bob@example.test"}, late = {3, ""};
	struct history_seen seen;
	CHECK(make_old(conversations_step()));
	put_old(1001, 1, 2, "bob", "text/plain", "Date: x\\\\015\\\\012", "hello");
	put_old(1002, 2, 1, "alice", "text/plain;charset=UTF-8", "", "hi");
	put_old(1003, 1, 0, "door", "text/plain", "", "ring");
	put_old(1004, 1, 0, "bob", "text/plain", "", "by the command line");
	put_old(1005, 1, 0, "late", "text/plain", "", "before there was such an account");
	storage_world_sql(&old, "INSERT INTO debts VALUES (1, 1003, 0, 9999999999), (2, 1002, 7, 9999999999),"
				" (2, 9999, 7, 9999999999)");
	CHECK(storage_world_migrate(&old));
	CHECK_NUMBER(storage_world_sql(&old, "SELECT count(*) FROM debts"), 2);
	CHECK_NUMBER(number_of(1004, "sender_id"), 2);
	CHECK(number_of(1005, "sender_id") < 0);

	storage_world_start(&world, &old, NULL);
	history_list(&world, &alice, HISTORY_END, 10, &seen);
	CHECK_TEXT(slice_text(seen.peers), "late bob door");
	history_read(&world, &alice, bob.aor, &seen);
	CHECK_TEXT(slice_text(seen.text), "<hello >hi <by the command line");
	history_read(&world, &alice, "door@example.test", &seen);
	CHECK_TEXT(slice_text(seen.text), "<*ring");
	history_read(&world, &bob, alice.aor, &seen);
	CHECK_TEXT(slice_text(seen.text), ">hello <hi >by the command line");
	history_list(&world, &late, HISTORY_END, 10, &seen);
	CHECK_NUMBER(seen.count, 0);
	/* What comes now stands with what was there. */
	struct person door = {0, "door@example.test"};
	CHECK(history_send(&world, &door, &alice, "again") > 0);
	history_read(&world, &alice, door.aor, &seen);
	CHECK_TEXT(slice_text(seen.text), "<*ring <again");
	storage_world_close(&world);
}

static void what_is_still_owed_is_found_by_its_device(void)
{
	struct storage_world world;
	struct history_seen seen = {.outcome.result = 1};
	CHECK(make_old(conversations_step()));
	put_old(1001, 2, 0, "door", "text/plain", "", "ring");
	storage_world_sql(&old, "INSERT INTO debts VALUES (2, 1001, 0, 9999999999), (2, 1001, 7, 9999999999)");
	CHECK(storage_world_migrate(&old));
	storage_world_start(&world, &old, NULL);
	struct outcome outcome = {.result = 1};
	storage_settle_debt(world.storage, 2, 7, 1001, true, outcome_done, &outcome);
	WAIT_FOR(&world, outcome.calls == 1);
	struct person bob = {2, ""};
	history_read(&world, &bob, "door@example.test", &seen);
	CHECK_TEXT(slice_text(seen.text), "<ring");
	CHECK_NUMBER(storage_world_sql(&old, "SELECT count(*) FROM debts"), 0);
	storage_world_close(&world);
}

static void old_messages_are_told_apart_by_what_they_carry(void)
{
	static const struct {
		const char *type, *headers, *body;
		int kind;
	} rows[] = {
		{"text/plain", "", "hello", 1},
		{"TEXT/Plain ; charset=\"utf-8\"", "", "\\\\303\\\\244", 1},
		{"text/plain;charset=us-ascii", "", "x", 1},
		{"text/plain", "", "", 1},
		{"text/plain", "", "\\\\377", 0},
		{"text/plain", "", "a\\\\000b", 0},
		{"text/plain;charset=iso-8859-1", "", "x", 0},
		{"text/plain;charset=utf-8x", "", "x", 0},
		{"text/plainish", "", "x", 0},
		{"text/html", "", "x", 0},
		{"text/plain", "Subject: x\\\\015\\\\012Content-Encoding: deflate\\\\015\\\\012", "x", 0},
		{"text/plain", "e: gzip\\\\015\\\\012", "x", 0},
		{"text/plain", "Supported: e\\\\015\\\\012", "x", 1},
		{"message/imdn+xml", "Content-Encoding: deflate\\\\015\\\\012", "\\\\377", 2},
		{"message/cpim", "", "From: x\\\\015\\\\012\\\\015\\\\012Content-Type: message/imdn+xml\\\\015\\\\012",
		 2},
		{"message/cpim", "", "From: x\\\\015\\\\012\\\\015\\\\012Content-Type: text/plain\\\\015\\\\012", 0},
	};
	CHECK(make_old(conversations_step()));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_old(1001 + (int64_t)i, 1, 2, "bob", rows[i].type, rows[i].headers, rows[i].body);
	CHECK(storage_world_migrate(&old));
	CHECK_NUMBER(storage_world_sql(&old, "SELECT count(*) FROM messages"), ARRAY_SIZE(rows));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK_NUMBER(number_of(1001 + (int64_t)i, "kind"), rows[i].kind);
}

static const struct test tests[] = {
	{"old_messages_become_conversations", old_messages_become_conversations, TEST_WITHOUT_OOM},
	{"what_is_still_owed_is_found_by_its_device", what_is_still_owed_is_found_by_its_device, TEST_WITHOUT_OOM},
	{"old_messages_are_told_apart_by_what_they_carry", old_messages_are_told_apart_by_what_they_carry,
	 TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
