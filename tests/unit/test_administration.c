/* Schema steps and accounts, and that running nodes hear of changed accounts. SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres server;

static struct administration *open_administration(void)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	return administration_open(server.connection, error);
}

static struct account_credentials make_account(const char *user)
{
	struct account_credentials account = {.user = slice_text(user), .domain = SLICE("example.test")};
	memset(account.ha1_md5, 1, sizeof(account.ha1_md5));
	memset(account.ha1_sha256, 2, sizeof(account.ha1_sha256));
	return account;
}

static void an_unreachable_database_is_said_in_words(void)
{
	char error[ADMINISTRATION_ERROR_SIZE] = "";
	CHECK(!administration_open("host=/nowhere dbname=x", error));
	CHECK(strlen(error) > 10);
}

static void steps_are_applied_once(void)
{
	struct administration *administration = open_administration();
	int number = -1, applied = -1;
	CHECK(administration);
	CHECK_NUMBER(administration_schema(administration, &number), 0);
	CHECK_NUMBER(number, 0);
	CHECK_NUMBER(administration_migrate(administration, &applied), 0);
	CHECK_NUMBER(applied, storage_world_sql(&server, "SELECT count(*) FROM schema_version"));
	CHECK(applied > 0);
	CHECK_NUMBER(administration_schema(administration, &number), 0);
	CHECK_NUMBER(number, administration_schema_wanted());
	CHECK_NUMBER(administration_migrate(administration, &applied), 0);
	CHECK_NUMBER(applied, 0);
	administration_close(administration);
}

static void a_newer_schema_is_refused(void)
{
	struct administration *administration = open_administration();
	int applied = -1;
	CHECK(administration);
	storage_world_sql(&server, "INSERT INTO schema_version (number, name) VALUES (9999, 'tomorrow')");
	CHECK_NUMBER(administration_migrate(administration, &applied), ERR_STORAGE_NEWER);
	storage_world_sql(&server, "DELETE FROM schema_version WHERE number = 9999");
	CHECK(strstr(administration_error(administration), "9999"));
	CHECK_NUMBER(applied, 0);
	administration_close(administration);
}

static void accounts_are_added_changed_and_removed(void)
{
	struct administration *administration = open_administration();
	struct account_credentials account = make_account("bob");
	CHECK(administration);
	CHECK_NUMBER(administration_set_password(administration, &account), ERR_NOT_FOUND);
	CHECK_NUMBER(administration_add_account(administration, &account), 0);
	CHECK_NUMBER(administration_add_account(administration, &account), ERR_EXISTS);
	memset(account.ha1_md5, 3, sizeof(account.ha1_md5));
	CHECK_NUMBER(administration_set_password(administration, &account), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT get_byte(ha1_md5, 15) FROM accounts"), 3);
	CHECK_NUMBER(administration_remove_account(administration, account.user, account.domain), 0);
	CHECK_NUMBER(administration_remove_account(administration, account.user, account.domain), ERR_NOT_FOUND);
	account.user = SLICE("\xff");
	CHECK_NUMBER(administration_add_account(administration, &account), ERR_STORAGE_REFUSED);
	CHECK(strlen(administration_error(administration)) > 0);
	administration_close(administration);
}

static void a_setting_is_written_and_read(void)
{
	struct administration *administration = open_administration();
	static const char *const values[] = {"green", "blue", "blue"};
	char value[64];
	CHECK(administration);
	CHECK_NUMBER(administration_read_setting(administration, "colour", value, sizeof(value)), 0);
	CHECK_TEXT(slice_text(value), "");
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		CHECK_NUMBER(administration_put_setting(administration, "colour", slice_text(values[i])), 0);
		CHECK_NUMBER(administration_read_setting(administration, "colour", value, sizeof(value)), 0);
		CHECK_TEXT(slice_text(value), values[i]);
	}
	administration_close(administration);
}

static void many_accounts_are_put_at_once(void)
{
	enum { MANY = 25000 };
	static struct account_credentials accounts[MANY];
	static char names[MANY][8];
	struct administration *administration = open_administration();
	CHECK(administration);
	storage_world_sql(&server, "TRUNCATE accounts, devices, bindings, messages, debts, conversations");
	for (unsigned i = 0; i < MANY; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "u%u", i % (MANY - 1)); /* the last is the first again */
		accounts[i] = make_account(names[i]);
	}
	memset(accounts[MANY - 1].ha1_md5, 9, sizeof(accounts[0].ha1_md5));
	CHECK_NUMBER(administration_put_accounts(administration, accounts, 0), 0);
	CHECK_NUMBER(administration_put_accounts(administration, &accounts[5], 1), 0);
	CHECK_NUMBER(administration_put_accounts(administration, accounts, MANY), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM accounts"), MANY - 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT get_byte(ha1_md5, 0) FROM accounts WHERE user_name = 'u0'"), 9);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT get_byte(ha1_sha256, 31) FROM accounts WHERE user_name = 'u9'"),
		     2);
	/* Only what differs is written. */
	int64_t before = storage_world_sql(&server, "SELECT sum(xmin::text::bigint) FROM accounts");
	CHECK_NUMBER(administration_put_accounts(administration, &accounts[1], MANY - 1), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT sum(xmin::text::bigint) FROM accounts"), before);
	memset(accounts[1].ha1_sha256, 9, sizeof(accounts[0].ha1_sha256));
	CHECK_NUMBER(administration_put_accounts(administration, accounts, 2), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM accounts WHERE get_byte(ha1_sha256, 0) = 9"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(DISTINCT xmin::text) FROM accounts"), 3);
	/* All or none. */
	accounts[20000].user = SLICE("\xff");
	memset(accounts[2].ha1_md5, 7, sizeof(accounts[0].ha1_md5));
	CHECK_NUMBER(administration_put_accounts(administration, accounts, MANY), ERR_STORAGE_REFUSED);
	CHECK(strlen(administration_error(administration)) > 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM accounts WHERE get_byte(ha1_md5, 0) = 7"), 0);
	administration_close(administration);
}

static void nodes_hear_of_many_changed_accounts_once(void)
{
	static struct account_credentials accounts[1001];
	static char names[1001][8];
	struct storage_world world;
	struct administration *administration = open_administration();
	CHECK(administration);
	for (unsigned i = 0; i < 1001; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "u%u", i);
		accounts[i] = make_account(names[i]);
	}
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	WAIT_FOR(&world, storage_world_sql(&server, "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
						    " 'heliograph' AND query LIKE 'LISTEN%' AND state = 'idle'") == 1);
	CHECK_NUMBER(administration_put_accounts(administration, accounts, 3), 0);
	WAIT_FOR(&world, world.accounts_changed == 3);
	CHECK_TEXT(slice_text(world.changed_domain), "example.test");
	memset(accounts[0].ha1_md5, 7, sizeof(accounts[0].ha1_md5));
	CHECK_NUMBER(administration_put_accounts(administration, accounts, 3), 0);
	WAIT_FOR(&world, world.accounts_changed == 4);
	CHECK_TEXT(slice_text(world.changed_user), "u0");
	for (unsigned i = 0; i < 1001; i++)
		memset(accounts[i].ha1_md5, 8, sizeof(accounts[i].ha1_md5));
	CHECK_NUMBER(administration_put_accounts(administration, accounts, 1001), 0);
	WAIT_FOR(&world, world.accounts_changed == 5);
	CHECK_TEXT(slice_text(world.changed_user), "");
	administration_close(administration);
	storage_world_close(&world);
}

static void an_account_goes_with_all_that_is_its_own(void)
{
	struct administration *administration = open_administration();
	CHECK(administration);
	storage_world_sql(&server, "TRUNCATE accounts, devices, bindings, messages, debts, conversations");
	storage_world_add_account(&server, "bob");
	storage_world_add_account(&server, "carol");
	storage_world_sql(&server, "INSERT INTO devices SELECT id, 5, 1, 1, '' FROM accounts");
	storage_world_sql(&server,
			  "INSERT INTO bindings SELECT id, 5, 5, 1, 1, 1, 1, 1, 1, 7, '', '', '', '', '', '', '', ''"
			  " FROM accounts");
	storage_world_sql(&server,
			  "INSERT INTO messages SELECT 1, id, 0, 1, 1, 1, md5(id::text)::uuid, '', '', '', '', '', '',"
			  " '', '' FROM accounts");
	storage_world_sql(&server, "INSERT INTO debts SELECT id, 1, 5, 9999999999, 0 FROM accounts");
	storage_world_sql(&server, "INSERT INTO conversations SELECT id, 7, 0, 0, 'dave@example.test' FROM accounts");
	CHECK_NUMBER(administration_remove_account(administration, SLICE("bob"), SLICE("example.test")), 0);
	CHECK_NUMBER(storage_world_sql(&server,
				       "SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM devices)"
				       " + (SELECT count(*) FROM bindings) + (SELECT count(*) FROM messages)"
				       " + (SELECT count(*) FROM debts) + (SELECT count(*) FROM conversations)"),
		     6);
	administration_close(administration);
}

struct listed {
	unsigned count, devices, messages;
	char users[64];
};

static void on_listed(void *arg, struct slice user, struct slice domain, unsigned devices, unsigned messages)
{
	struct listed *listed = arg;
	size_t used = strlen(listed->users);
	(void)snprintf(listed->users + used, sizeof(listed->users) - used, "%.*s@%.*s ", SLICE_ARGS(user),
		       SLICE_ARGS(domain));
	listed->count++;
	listed->devices += devices;
	listed->messages += messages;
}

static void accounts_are_listed_with_what_they_have(void)
{
	struct administration *administration = open_administration();
	struct listed listed = {0};
	CHECK(administration);
	storage_world_sql(&server, "TRUNCATE accounts, devices, bindings, messages, debts, conversations");
	storage_world_add_account(&server, "carol");
	storage_world_add_account(&server, "bob");
	storage_world_sql(&server, "INSERT INTO devices SELECT id, 5, 1, 1, '' FROM accounts WHERE user_name = 'bob'");
	storage_world_sql(&server,
			  "INSERT INTO debts SELECT id, 1, d, 9999999999, 0 FROM accounts, generate_series(0, 3) d"
			  " WHERE user_name = 'bob'");
	CHECK_NUMBER(administration_list_accounts(administration, on_listed, &listed), 0);
	CHECK_NUMBER(listed.count, 2);
	CHECK_NUMBER(listed.devices, 1);
	CHECK_NUMBER(listed.messages, 1);
	CHECK_TEXT(slice_text(listed.users), "bob@example.test carol@example.test ");
	administration_close(administration);
}

static void nodes_hear_of_changed_accounts(void)
{
	struct storage_world world;
	struct administration *administration = open_administration();
	struct account_credentials account = make_account("we@ird");
	CHECK(administration);
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	WAIT_FOR(&world, storage_world_sql(&server, "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
						    " 'heliograph' AND query LIKE 'LISTEN%' AND state = 'idle'") == 1);
	CHECK_NUMBER(administration_add_account(administration, &account), 0);
	WAIT_FOR(&world, world.accounts_changed == 1);
	CHECK_TEXT(slice_text(world.changed_user), "we@ird");
	CHECK_TEXT(slice_text(world.changed_domain), "example.test");
	CHECK_NUMBER(administration_set_password(administration, &account), 0);
	WAIT_FOR(&world, world.accounts_changed == 2);
	CHECK_NUMBER(administration_remove_account(administration, account.user, account.domain), 0);
	WAIT_FOR(&world, world.accounts_changed == 3);
	administration_close(administration);
	storage_world_close(&world);
}

static void a_node_that_could_not_listen_forgets_all_accounts(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	WAIT_FOR(&world, storage_world_sql(&server, "SELECT count(*) FROM pg_stat_activity WHERE application_name ="
						    " 'heliograph' AND query LIKE 'LISTEN%' AND state = 'idle'") == 1);
	(void)snprintf(world.changed_user, sizeof(world.changed_user), "someone");
	storage_world_sql(&server, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
				   " WHERE application_name = 'heliograph'");
	WAIT_FOR(&world, world.accounts_changed == 1);
	CHECK_TEXT(slice_text(world.changed_user), "");
	storage_world_close(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(an_unreachable_database_is_said_in_words),
	DATABASE_TEST(steps_are_applied_once),
	DATABASE_TEST(a_newer_schema_is_refused),
	DATABASE_TEST(accounts_are_added_changed_and_removed),
	DATABASE_TEST(a_setting_is_written_and_read),
	DATABASE_TEST(many_accounts_are_put_at_once),
	DATABASE_TEST(an_account_goes_with_all_that_is_its_own),
	DATABASE_TEST(accounts_are_listed_with_what_they_have),
	DATABASE_TEST(nodes_hear_of_changed_accounts),
	DATABASE_TEST(nodes_hear_of_many_changed_accounts_once),
	DATABASE_TEST(a_node_that_could_not_listen_forgets_all_accounts),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
