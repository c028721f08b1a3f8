/* The contract of storage.h and administration.h on a real PostgreSQL: sessions. SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"
#include "storage/administration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct postgres server;

static int64_t now_s(void)
{
	return (int64_t)time(NULL);
}

static int wait_for(struct storage_world *world, struct outcome *outcome)
{
	while (outcome->calls == 0)
		storage_world_turn(world);
	return outcome->result;
}

/* storage_world_add_account: SHA-256 of the user's name. */
static void hash_of(const char *user, uint8_t hash[32])
{
	char sql[128];
	for (int i = 0; i < 32; i++) {
		(void)snprintf(sql, sizeof sql, "SELECT get_byte(sha256('%s'), %d)", user, i);
		hash[i] = (uint8_t)storage_world_sql(&server, sql);
	}
}

static struct stored_session make_session(int64_t id, int64_t account)
{
	struct stored_session session = {.id = id,
					 .account_id = account,
					 .created_at_ms = now_s() * 1000,
					 .used_at_ms = now_s() * 1000 + 1,
					 .expires_at_s = now_s() + 3600,
					 .ha1_md5 = {1, 2, 3},
					 .ha1_sha256 = {4, 5, 6},
					 .name = SLICE("caf\xc3\xa9 'x'\\"),
					 .device = SLICE("urn:uuid:1"),
					 .stays = true};
	hash_of("bob", session.password_sha256);
	return session;
}

static int save(struct storage_world *world, const struct stored_session *session)
{
	struct outcome outcome = {.result = 1};
	storage_save_session(world->storage, session, outcome_done, &outcome);
	return wait_for(world, &outcome);
}

static int end(struct storage_world *world, int64_t id)
{
	struct outcome outcome = {.result = 1};
	storage_remove_session(world->storage, id, outcome_done, &outcome);
	return wait_for(world, &outcome);
}

/* --- what is loaded, as text ------------------------------------------------------------------------------------ */

struct loaded {
	struct outcome outcome;
	char text[512];
	size_t devices;
};

static void note(struct loaded *loaded, int64_t account_id, const struct stored_session *session)
{
	size_t used = strlen(loaded->text);
	bool has_hashes = session->ha1_md5[2] == 3 && session->ha1_sha256[2] == 6 && session->password_sha256[0] != 0;
	(void)snprintf(loaded->text + used, sizeof loaded->text - used, "%lld%s %.*s %.*s%s%s, ",
		       (long long)session->id, session->account_id == account_id ? "" : " of somebody else",
		       SLICE_ARGS(session->name), SLICE_ARGS(session->device), session->stays ? " stays" : "",
		       has_hashes ? "" : " without hashes");
}

static void on_account(void *arg, int result, const struct stored_account *account, const struct stored_device *devices,
		       size_t device_count, uint32_t mailbox)
{
	struct loaded *loaded = arg;
	(void)devices;
	(void)mailbox;
	for (size_t i = 0; account && i < account->session_count; i++)
		note(loaded, account->id, &account->sessions[i]);
	loaded->devices = device_count;
	outcome_done(&loaded->outcome, result);
}

static struct slice load_account(struct storage_world *world, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_account(world->storage, SLICE("bob"), SLICE("example.test"), on_account, loaded);
	(void)wait_for(world, &loaded->outcome);
	return slice_text(loaded->outcome.result == 0 ? loaded->text : "failed");
}

static void on_session(void *arg, const struct stored_account *account, const struct stored_session *session)
{
	bool is_bob = slice_equal(account->user, SLICE("bob")) && slice_equal(account->domain, SLICE("example.test"));
	note(arg, is_bob ? account->id : 0, session);
}

static struct slice load_all(struct storage_world *world, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_sessions(world->storage, on_session, outcome_done, loaded);
	(void)wait_for(world, &loaded->outcome);
	return slice_text(loaded->outcome.result == 0 ? loaded->text : "failed");
}

/* All its connections are up, and it listens. */
static void open_world(struct storage_world *world)
{
	struct loaded loaded;
	storage_world_open(world, &server, NULL);
	WAIT_FOR(world, world->available);
	do
		(void)load_all(world, &loaded);
	while (loaded.outcome.result != 0);
}

/* --- tests ------------------------------------------------------------------------------------------------------ */

static void sessions_come_with_their_account_and_at_the_start(void)
{
	struct storage_world world;
	struct loaded loaded;
	open_world(&world);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_session first = make_session(10, bob), second = make_session(11, bob);
	CHECK_TEXT(load_all(&world, &loaded), "");
	second.name = second.device = SLICE("");
	second.stays = false;
	CHECK_NUMBER(save(&world, &second), 0);
	CHECK_NUMBER(save(&world, &first), 0);
	storage_world_sql(&server, "INSERT INTO devices SELECT id, 5, 1, 1, '' FROM accounts");
	storage_world_sql(&server, "INSERT INTO devices SELECT id, 6, 2, 2, '' FROM accounts");
	const char *both = "10 caf\xc3\xa9 'x'\\ urn:uuid:1 stays, 11  , ";
	CHECK_TEXT(load_account(&world, &loaded), both);
	CHECK_NUMBER(loaded.devices, 2);
	CHECK_TEXT(load_all(&world, &loaded), both);
	WAIT_FOR(&world, world.accounts_changed >= 2);
	CHECK_TEXT(slice_text(world.changed_user), "bob");
	CHECK_NUMBER(end(&world, 10), 0);
	CHECK_NUMBER(end(&world, 10), 0);
	WAIT_FOR(&world, world.accounts_changed >= 3);
	CHECK_TEXT(load_account(&world, &loaded), "11  , ");
	storage_world_close(&world);
}

static void one_that_has_expired_or_of_another_password_is_none(void)
{
	struct storage_world world;
	struct loaded loaded;
	open_world(&world);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_session good = make_session(1, bob), over = make_session(2, bob), other = make_session(3, bob),
			      orphan = make_session(4, bob + 1);
	over.expires_at_s = now_s() - 1;
	other.password_sha256[31] ^= 1;
	CHECK_NUMBER(save(&world, &good), 0);
	CHECK_NUMBER(save(&world, &over), 0);
	CHECK_NUMBER(save(&world, &other), ERR_NOT_FOUND);
	CHECK_NUMBER(save(&world, &orphan), ERR_NOT_FOUND);
	good.name = good.device = SLICE("");
	CHECK_TEXT(load_account(&world, &loaded), "1 caf\xc3\xa9 'x'\\ urn:uuid:1 stays, ");
	storage_world_sql(&server, "UPDATE accounts SET ha1_sha256 = sha256('another')");
	CHECK_TEXT(load_account(&world, &loaded), "");
	CHECK_TEXT(load_all(&world, &loaded), "");
	storage_world_close(&world);
}

static void use_moves_the_times_and_none_of_them_back(void)
{
	struct storage_world world;
	struct outcome outcomes[4] = {{.result = 1}, {.result = 1}, {.result = 1}, {.result = 1}};
	open_world(&world);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_session session = make_session(1, bob);
	/* In one batch: made, used, used again but written before. */
	storage_save_session(world.storage, &session, outcome_done, &outcomes[0]);
	storage_use_session(world.storage, 1, session.used_at_ms + 9000, session.expires_at_s + 9, outcome_done,
			    &outcomes[1]);
	for (int i = 0; i < 2; i++)
		CHECK_NUMBER(wait_for(&world, &outcomes[i]), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT used_at FROM sessions"), session.used_at_ms + 9000);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT expires_at FROM sessions"), session.expires_at_s + 9);
	storage_use_session(world.storage, 1, session.used_at_ms, session.expires_at_s, outcome_done, &outcomes[2]);
	storage_use_session(world.storage, 77, session.used_at_ms, session.expires_at_s, outcome_done, &outcomes[3]);
	for (int i = 2; i < 4; i++)
		CHECK_NUMBER(wait_for(&world, &outcomes[i]), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT used_at FROM sessions"), session.used_at_ms + 9000);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 1);
	storage_world_close(&world);
}

static void on_binding(void *arg, const struct stored_account *account, const struct stored_binding *binding)
{
	struct loaded *loaded = arg;
	size_t used = strlen(loaded->text);
	(void)account;
	(void)snprintf(loaded->text + used, sizeof loaded->text - used, "%.*s %lld, ", SLICE_ARGS(binding->key),
		       (long long)binding->session_id);
}

static void on_subscription(void *arg, const struct stored_account *watcher,
			    const struct stored_subscription *subscription)
{
	struct loaded *loaded = arg;
	size_t used = strlen(loaded->text);
	(void)watcher;
	(void)snprintf(loaded->text + used, sizeof loaded->text - used, "%lld %lld, ", (long long)subscription->id,
		       (long long)subscription->session_id);
}

static void save_what_is_of(struct storage_world *world, int64_t account, int64_t session_id, const char *key)
{
	struct outcome outcomes[2] = {{.result = 1}, {.result = 1}};
	struct stored_binding binding = {.account_id = account,
					 .key = slice_text(key),
					 .contact = slice_text(key),
					 .device_id = 5,
					 .expires_at_s = now_s() + 3600,
					 .session_id = session_id};
	struct binding_changes changes = {.account_id = account, .saved = &binding, .saved_count = 1};
	struct stored_subscription subscription = {.id = 100 + session_id,
						   .watcher_id = account,
						   .package = SLICE("presence"),
						   .expires_at_s = now_s() + 3600,
						   .session_id = session_id};
	storage_save_bindings(world->storage, &changes, outcome_done, &outcomes[0]);
	storage_save_subscription(world->storage, &subscription, outcome_done, &outcomes[1]);
	for (int i = 0; i < 2; i++)
		CHECK_NUMBER(wait_for(world, &outcomes[i]), 0);
}

static void load_both(struct storage_world *world, struct loaded *bindings, struct loaded *subscriptions)
{
	*bindings = *subscriptions = (struct loaded){.outcome.result = 1};
	storage_load_bindings(world->storage, on_binding, outcome_done, bindings);
	storage_load_subscriptions(world->storage, on_subscription, outcome_done, subscriptions);
	CHECK_NUMBER(wait_for(world, &bindings->outcome), 0);
	CHECK_NUMBER(wait_for(world, &subscriptions->outcome), 0);
}

static void what_a_session_has_registered_and_subscribed_to_ends_with_it(void)
{
	struct storage_world world;
	struct loaded bindings, subscriptions;
	open_world(&world);
	int64_t bob = storage_world_add_account(&server, "bob");
	struct stored_session session = make_session(7, bob);
	CHECK_NUMBER(save(&world, &session), 0);
	save_what_is_of(&world, bob, 0, "phone");
	save_what_is_of(&world, bob, 7, "page");
	load_both(&world, &bindings, &subscriptions);
	CHECK(strstr(bindings.text, "phone 0, ") && strstr(bindings.text, "page 7, "));
	CHECK_TEXT(slice_text(subscriptions.text), "100 0, 107 7, ");
	CHECK_NUMBER(end(&world, 7), 0);
	load_both(&world, &bindings, &subscriptions);
	CHECK_TEXT(slice_text(bindings.text), "phone 0, ");
	CHECK_TEXT(slice_text(subscriptions.text), "100 0, ");
	storage_world_close(&world);
}

static void on_purged(void *arg, int result, bool more)
{
	outcome_done(arg, result < 0 ? result : more);
}

static void purging_deletes_what_is_over_a_slice_at_a_time(void)
{
	struct storage_world world;
	unsigned rounds = 0;
	open_world(&world);
	storage_world_add_account(&server, "bob");
	storage_world_sql(&server, "INSERT INTO sessions SELECT i, id + CASE i % 5 WHEN 0 THEN 1 ELSE 0 END, 1, 1, 1,"
				   " CASE i % 3 WHEN 0 THEN 1 ELSE 9999999999 END, ha1_md5, ha1_sha256,"
				   " CASE i % 2 WHEN 0 THEN sha256('x') ELSE ha1_sha256 END, '', ''"
				   " FROM accounts, generate_series(-14, 15) i");
	for (int more = 1; more > 0 && rounds < 100; rounds++) {
		struct outcome outcome = {.result = 1};
		storage_purge(world.storage, 1, 1, 4, on_purged, &outcome);
		more = wait_for(&world, &outcome);
		CHECK(more >= 0);
	}
	CHECK_NUMBER(rounds, 8); /* 30 rows of 4 */
	/* -13 -11 -7 -1 1 7 11 13 */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 8);
	storage_world_close(&world);
}

/* --- the administrator ------------------------------------------------------------------------------------------ */

static struct administration *open_administration(void)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	struct administration *administration = administration_open(server.connection, error);
	return administration; /* NULL fails the first check that uses it */
}

static void add_sessions(void)
{
	storage_world_sql(&server, "INSERT INTO sessions SELECT coalesce((SELECT max(id) FROM sessions), 0) + i, id, 1,"
				   " 0, 1, 9999999999, ha1_md5, ha1_sha256, ha1_sha256, 'a b', '' FROM accounts,"
				   " generate_series(1, 3) i WHERE user_name = 'bob'");
}

static void a_new_password_ends_all_sessions_and_the_same_in_a_file_none(void)
{
	struct storage_world world;
	open_world(&world);
	struct account_credentials bob = {.user = SLICE("bob"), .domain = SLICE("example.test"), .ha1_md5 = {1}};
	struct administration *administration = open_administration();
	CHECK_NUMBER(administration_add_account(administration, &bob), 0);
	add_sessions();
	CHECK_NUMBER(administration_put_accounts(administration, &bob, 1), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 3);
	bob.ha1_sha256[0] = 1;
	CHECK_NUMBER(administration_put_accounts(administration, &bob, 1), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 0);
	add_sessions();
	CHECK_NUMBER(administration_set_password(administration, &bob), 0); /* the same, but set */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 0);
	add_sessions();
	CHECK_NUMBER(administration_remove_account(administration, bob.user, bob.domain), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 0);
	administration_close(administration);
	storage_world_close(&world);
}

static void on_listed(void *arg, const struct stored_session *session)
{
	char *text = arg;
	size_t used = strlen(text);
	(void)snprintf(text + used, 256 - used, "%lld %.*s%s, ", (long long)session->id, SLICE_ARGS(session->name),
		       session->stays ? " stays" : "");
}

static void the_administrator_lists_and_ends_them(void)
{
	struct storage_world world;
	char text[256] = "";
	unsigned ended = 77;
	open_world(&world);
	struct account_credentials bob = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	struct administration *administration = open_administration();
	CHECK_NUMBER(administration_list_sessions(administration, bob.user, bob.domain, on_listed, text),
		     ERR_NOT_FOUND);
	CHECK_NUMBER(administration_end_sessions(administration, bob.user, bob.domain, 0, &ended), ERR_NOT_FOUND);
	CHECK_NUMBER(administration_add_account(administration, &bob), 0);
	CHECK_NUMBER(administration_end_sessions(administration, bob.user, bob.domain, 0, &ended), 0);
	CHECK_NUMBER(ended, 0);
	add_sessions();
	storage_world_sql(&server, "UPDATE sessions SET stays = 1 WHERE id = 2");
	CHECK_NUMBER(administration_list_sessions(administration, bob.user, bob.domain, on_listed, text), 0);
	CHECK_TEXT(slice_text(text), "1 a b, 2 a b stays, 3 a b, ");
	CHECK_NUMBER(administration_end_sessions(administration, bob.user, bob.domain, 9, &ended), ERR_NOT_FOUND);
	unsigned changed = world.accounts_changed;
	CHECK_NUMBER(administration_end_sessions(administration, bob.user, bob.domain, 2, &ended), 0);
	CHECK_NUMBER(ended, 1);
	WAIT_FOR(&world, world.accounts_changed > changed);
	CHECK_NUMBER(administration_end_sessions(administration, bob.user, bob.domain, 0, &ended), 0);
	CHECK_NUMBER(ended, 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 0);
	administration_close(administration);
	storage_world_close(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(sessions_come_with_their_account_and_at_the_start),
	DATABASE_TEST(one_that_has_expired_or_of_another_password_is_none),
	DATABASE_TEST(use_moves_the_times_and_none_of_them_back),
	DATABASE_TEST(what_a_session_has_registered_and_subscribed_to_ends_with_it),
	DATABASE_TEST(purging_deletes_what_is_over_a_slice_at_a_time),
	DATABASE_TEST(a_new_password_ends_all_sessions_and_the_same_in_a_file_none),
	DATABASE_TEST(the_administrator_lists_and_ends_them),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
