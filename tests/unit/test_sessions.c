/* Sessions in memory: what they are taken from, when they are over, who is told, and what proves them.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "core/accounts.h"
#include "core/clock.h"
#include "core/proof.h"
#include "core/sessions.h"
#include "storage_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres server;

/* Accounts and their sessions; with a storage or without. */
struct setting {
	struct timers *timers;
	struct accounts *accounts;
	struct sessions *sessions;
	struct account *bob;
	char ended[128]; /* ids, in their order */
	bool owns_timers;
};

static const struct sessions_options usual = {.idle_s = 3600, .stay_days = 30, .most = 3};

static void on_ended(void *arg, struct account *account, int64_t id)
{
	struct setting *setting = arg;
	size_t used = strlen(setting->ended);
	(void)snprintf(setting->ended + used, sizeof setting->ended - used, "%lld%s, ", (long long)id,
		       account == setting->bob && account->holders > 0 ? "" : " of nobody");
}

static void setting_close(struct setting *setting)
{
	accounts_destroy(setting->accounts);
	sessions_destroy(setting->sessions);
	if (setting->owns_timers)
		timers_destroy(setting->timers);
}

static bool setting_open_on(struct setting *setting, struct storage *storage, struct timers *timers)
{
	*setting = (struct setting){.timers = timers};
	setting->accounts = accounts_create(storage, NULL, SLICE("example.test"), 10);
	struct sessions_parts parts = {.timers = timers, .accounts = setting->accounts, .storage = storage};
	setting->sessions = setting->accounts ? sessions_create(&parts, &usual) : NULL;
	if (!setting->sessions)
		return false;
	accounts_set_sessions(setting->accounts, setting->sessions);
	sessions_on_ended(setting->sessions, on_ended, setting);
	return true;
}

static bool setting_open(struct setting *setting)
{
	struct timers *timers = timers_create(0);
	*setting = (struct setting){0};
	if (!timers || !setting_open_on(setting, NULL, timers)) {
		setting->timers = timers;
		setting->owns_timers = timers != NULL;
		return false;
	}
	setting->owns_timers = true;
	struct stored_account stored = {.id = 7, .user = SLICE("bob"), .domain = SLICE("example.test")};
	setting->bob = accounts_take(setting->accounts, &stored);
	if (setting->bob)
		account_hold(setting->accounts, setting->bob);
	return setting->bob != NULL;
}

static struct stored_session make_row(int64_t id, int64_t used_before_ms)
{
	struct stored_session row = {.id = id,
				     .account_id = 7,
				     .created_at_ms = 1,
				     .used_at_ms = clock_unix_ms() - used_before_ms,
				     .name = SLICE("a page"),
				     .device = SLICE("urn:uuid:1")};
	char secret[16];
	uint8_t ha1[DIGEST_MOST_BYTES];
	(void)snprintf(secret, sizeof secret, "secret %lld", (long long)id);
	digest_ha1(DIGEST_MD5, SLICE("bob"), SLICE("example.test"), slice_text(secret), ha1);
	memcpy(row.ha1_md5, ha1, sizeof row.ha1_md5);
	digest_ha1(DIGEST_SHA256, SLICE("bob"), SLICE("example.test"), slice_text(secret), ha1);
	memcpy(row.ha1_sha256, ha1, sizeof row.ha1_sha256);
	return row;
}

static int take(struct setting *setting, const struct stored_session *rows, size_t count)
{
	return sessions_take(setting->sessions, setting->bob, rows, count, sessions_stamp(setting->sessions));
}

static unsigned count_of(const struct account *account)
{
	unsigned count = 0;
	for (const struct session *session = account->sessions; session; session = session->next)
		count++;
	return count;
}

/* --- taking ------------------------------------------------------------------------------------------------------- */

static void rows_become_sessions_and_those_without_a_row_end(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	struct stored_session rows[] = {make_row(1, 0), make_row(2, 1000), make_row(3, 3600001)};
	CHECK_NUMBER(take(&setting, rows, 3), 0);
	CHECK_NUMBER(count_of(setting.bob), 2); /* the third is over by its time */
	const struct session *session = session_find(setting.bob, 2);
	CHECK(session != NULL);
	CHECK_TEXT(session_name(session), "a page");
	CHECK_TEXT(session_device(session), "urn:uuid:1");
	CHECK(!session_is_over(setting.bob, 0) && !session_is_over(setting.bob, 1) && session_is_over(setting.bob, 3));
	int64_t ends_at_ms = session_ends_at_ms(session);
	rows[1].used_at_ms += 500;
	CHECK_NUMBER(take(&setting, rows + 1, 1), 0);
	CHECK_TEXT(slice_text(setting.ended), "1, ");
	CHECK_NUMBER(session_ends_at_ms(session), ends_at_ms + 500);
	CHECK_NUMBER(take(&setting, NULL, 0), 0);
	CHECK_TEXT(slice_text(setting.ended), "1, 2, ");
	CHECK(!setting.bob->sessions);
}

static void what_is_older_than_what_is_known_changes_nothing(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	struct stored_session rows[] = {make_row(1, 0), make_row(2, 0)};
	uint64_t before = sessions_stamp(setting.sessions);
	CHECK_NUMBER(take(&setting, rows, 2), 0);
	CHECK_NUMBER(take(&setting, rows, 1), 0); /* the second has ended: it does not come back */
	CHECK_NUMBER(sessions_take(setting.sessions, setting.bob, rows, 2, before), ERR_CLOSED);
	CHECK_NUMBER(count_of(setting.bob), 1);
	CHECK_NUMBER(take(&setting, rows, 2), 0);
	CHECK_NUMBER(count_of(setting.bob), 2);
}

static void options_say_how_long_they_live(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	struct stored_session rows[] = {make_row(1, 7200000), make_row(2, 7200000)};
	rows[1].stays = true;
	CHECK_NUMBER(take(&setting, rows, 2), 0);
	CHECK(!session_find(setting.bob, 1) && session_find(setting.bob, 2));
	struct sessions_options options = {.idle_s = 7300, .stay_days = 1, .most = 3};
	sessions_set_options(setting.sessions, &options);
	CHECK_NUMBER(take(&setting, rows, 2), 0);
	CHECK(session_find(setting.bob, 1) && session_find(setting.bob, 2));
	options.idle_s = 7100;
	sessions_set_options(setting.sessions, &options);
	CHECK(!session_find(setting.bob, 1));
	CHECK(session_is_over(setting.bob, 1));
}

/* --- proof -------------------------------------------------------------------------------------------------------- */

struct attempt {
	struct digest_credentials credentials;
	char response[2 * DIGEST_MOST_BYTES + 1];
};

static void make_attempt(struct attempt *attempt, enum digest_algorithm algorithm, const char *user, const char *secret)
{
	uint8_t ha1[DIGEST_MOST_BYTES];
	*attempt = (struct attempt){.credentials = {.username = slice_text(user),
						    .realm = SLICE("example.test"),
						    .nonce = SLICE("n"),
						    .uri = SLICE("sip:example.test"),
						    .cnonce = SLICE("c"),
						    .algorithm = algorithm,
						    .algorithm_known = true,
						    .has_qop = true,
						    .qop_is_auth = true,
						    .has_nonce_count = true,
						    .nonce_count = 1}};
	digest_ha1(algorithm, slice_text(user), SLICE("example.test"), slice_text(secret), ha1);
	digest_response(&attempt->credentials, SLICE("REGISTER"), ha1, attempt->response);
	attempt->credentials.response = slice_text(attempt->response);
}

/* The session's id, 0 for the password, -1 for neither. */
static int64_t proof_of(const struct setting *setting, enum digest_algorithm algorithm, const char *user,
			const char *secret)
{
	struct attempt attempt;
	make_attempt(&attempt, algorithm, user, secret);
	struct proof proof = proof_find(setting->sessions, setting->bob, &attempt.credentials, SLICE("REGISTER"));
	return !proof.is_right ? -1 : proof.session ? proof.session->id : 0;
}

static void the_password_and_each_living_session_prove_the_account(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	uint8_t ha1[DIGEST_MOST_BYTES];
	digest_ha1(DIGEST_MD5, SLICE("bob"), SLICE("example.test"), SLICE("password"), ha1);
	memcpy(setting.bob->ha1_md5, ha1, DIGEST_MD5_BYTES);
	digest_ha1(DIGEST_SHA256, SLICE("bob"), SLICE("example.test"), SLICE("password"), ha1);
	memcpy(setting.bob->ha1_sha256, ha1, DIGEST_SHA256_BYTES);
	struct stored_session rows[] = {make_row(1, 0), make_row(2, 0), make_row(3, 0)};
	CHECK_NUMBER(take(&setting, rows, 3), 0);
	setting.bob->sessions->state = SESSION_ENDING; /* the third */
	for (int i = 0; i < DIGEST_ALGORITHM_COUNT; i++) {
		enum digest_algorithm algorithm = (enum digest_algorithm)i;
		CHECK_NUMBER(proof_of(&setting, algorithm, "bob", "password"), 0);
		CHECK_NUMBER(proof_of(&setting, algorithm, "bob", "secret 1"), 1);
		CHECK_NUMBER(proof_of(&setting, algorithm, "bob", "secret 2"), 2);
		CHECK_NUMBER(proof_of(&setting, algorithm, "bob", "secret 3"), -1);
		CHECK_NUMBER(proof_of(&setting, algorithm, "bob", "secret 4"), -1);
		CHECK_NUMBER(proof_of(&setting, algorithm, "alice", "secret 1"), -1);
	}
	setting.bob->sessions->state = SESSION_LIVING;
	CHECK_NUMBER(proof_of(&setting, DIGEST_MD5, "bob", "secret 3"), 3);
	account_release(setting.accounts, setting.bob);
	setting.bob = NULL;
	CHECK_NUMBER(proof_of(&setting, DIGEST_MD5, "bob", "password"), -1);
}

/* The hash of nobody is zeroes: who answers with that proves nothing. */
static void nobody_is_nobody(void)
{
	CLEANUP(setting_close) struct setting setting;
	bool is_open = setting_open(&setting);
	CHECK(is_open);
	struct attempt attempt;
	static const uint8_t zeroes[DIGEST_MOST_BYTES];
	make_attempt(&attempt, DIGEST_MD5, "bob", "x");
	digest_response(&attempt.credentials, SLICE("REGISTER"), zeroes, attempt.response);
	CHECK(!proof_find(setting.sessions, NULL, &attempt.credentials, SLICE("REGISTER")).is_right);
	memset(setting.bob->ha1_md5, 1, DIGEST_MD5_BYTES);
	CHECK(!proof_find(setting.sessions, setting.bob, &attempt.credentials, SLICE("REGISTER")).is_right);
	CHECK(!proof_find(NULL, setting.bob, &attempt.credentials, SLICE("REGISTER")).is_right);
}

/* --- with storage ------------------------------------------------------------------------------------------------- */

static struct account *loaded_account;

static void on_account(void *arg, int result, struct account *account)
{
	struct outcome *outcome = arg;
	loaded_account = account;
	outcome_done(outcome, result);
}

/* On the world's storage, with bob from it. */
static bool world_open(struct storage_world *world, struct setting *setting)
{
	struct outcome outcome = {.result = 1};
	storage_world_open(world, &server, NULL);
	while (!world->available)
		storage_world_turn(world);
	storage_world_add_account(&server, "bob");
	if (!setting_open_on(setting, world->storage, world->timers))
		return false;
	accounts_load(setting->accounts, SLICE("bob"), on_account, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(world);
	setting->bob = loaded_account;
	if (setting->bob)
		account_hold(setting->accounts, setting->bob);
	return setting->bob != NULL;
}

static void world_close(struct storage_world *world, struct setting *setting)
{
	storage_world_close(world);
	setting_close(setting);
}

struct made {
	struct outcome outcome;
	int64_t id;
};

static void on_made(void *arg, int result, const struct session *session)
{
	struct made *made = arg;
	made->id = session ? session->id : 0;
	outcome_done(&made->outcome, result);
}

static int make(struct storage_world *world, struct setting *setting, struct made *made)
{
	struct session_wish wish = {.name = SLICE("a page"), .device = SLICE("")};
	*made = (struct made){.outcome.result = 1};
	int result = session_make(setting->sessions, setting->bob, &wish, on_made, made);
	if (result != 0)
		return result;
	while (made->outcome.calls == 0)
		storage_world_turn(world);
	return made->outcome.result;
}

static void a_session_is_made_used_and_ended(void)
{
	struct storage_world world;
	struct setting setting;
	struct made made;
	struct outcome outcome = {.result = 1};
	CHECK(world_open(&world, &setting));
	CHECK_NUMBER(make(&world, &setting, &made), 0);
	struct session *session = session_find(setting.bob, made.id);
	CHECK(session != NULL);
	/* Used so soon it writes nothing; after more than a tenth of its time it does, and the row outlives it. */
	session_use(session);
	CHECK_NUMBER(session->row_used_at_ms, session->created_at_ms);
	session->row_used_at_ms -= 361000;
	session_use(session);
	WAIT_FOR(&world, storage_world_sql(&server, "SELECT used_at FROM sessions") == session->used_at_ms);
	CHECK(storage_world_sql(&server, "SELECT expires_at FROM sessions") >=
	      session_ends_at_ms(session) / 1000 + 360);
	CHECK_NUMBER(session_end(setting.bob, made.id, outcome_done, &outcome), 0);
	CHECK(!session_find(setting.bob, made.id));
	CHECK_NUMBER(session_end(setting.bob, made.id, outcome_done, &outcome), ERR_NOT_FOUND);
	CHECK_TEXT(slice_text(setting.ended), "");
	WAIT_FOR(&world, outcome.calls > 0);
	CHECK_NUMBER(outcome.result, 0);
	CHECK_NUMBER(strtoll(setting.ended, NULL, 10), made.id);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM sessions"), 0);
	world_close(&world, &setting);
}

static void beyond_the_limit_the_longest_unused_ends(void)
{
	struct storage_world world;
	struct setting setting;
	struct made made[4];
	char wanted[32];
	CHECK(world_open(&world, &setting));
	for (int i = 0; i < 3; i++)
		CHECK_NUMBER(make(&world, &setting, &made[i]), 0);
	session_find(setting.bob, made[0].id)->used_at_ms += 200000;
	session_find(setting.bob, made[2].id)->used_at_ms += 300000;
	CHECK_NUMBER(make(&world, &setting, &made[3]), 0);
	CHECK(!session_find(setting.bob, made[1].id)); /* at once */
	WAIT_FOR(&world, setting.ended[0]);
	(void)snprintf(wanted, sizeof wanted, "%lld, ", (long long)made[1].id);
	CHECK_TEXT(slice_text(setting.ended), wanted);
	CHECK_NUMBER(count_of(setting.bob), 3);
	world_close(&world, &setting);
}

static void none_is_made_with_a_password_that_is_another_by_now(void)
{
	struct storage_world world;
	struct setting setting;
	struct made made;
	CHECK(world_open(&world, &setting));
	storage_world_sql(&server, "UPDATE accounts SET ha1_sha256 = sha256('another')");
	CHECK_NUMBER(make(&world, &setting, &made), ERR_NOT_FOUND);
	CHECK(!setting.bob->sessions);
	/* Known here, but not when the row was written. */
	storage_world_sql(&server, "UPDATE accounts SET ha1_sha256 = sha256('bob')");
	struct session_wish wish = {.name = SLICE("a page"), .device = SLICE("")};
	made = (struct made){.outcome.result = 1};
	CHECK_NUMBER(session_make(setting.sessions, setting.bob, &wish, on_made, &made), 0);
	setting.bob->ha1_sha256[0] ^= 1;
	WAIT_FOR(&world, made.outcome.calls > 0);
	CHECK_NUMBER(made.outcome.result, ERR_NOT_FOUND);
	CHECK(!setting.bob->sessions);
	world_close(&world, &setting);
}

static void a_look_up_that_began_before_does_not_undo_what_was_made(void)
{
	struct storage_world world;
	struct setting setting;
	struct made made;
	struct outcome outcome = {.result = 1};
	CHECK(world_open(&world, &setting));
	uint64_t before = sessions_stamp(setting.sessions);
	CHECK_NUMBER(make(&world, &setting, &made), 0);
	CHECK_NUMBER(sessions_take(setting.sessions, setting.bob, NULL, 0, before), ERR_CLOSED);
	CHECK(session_find(setting.bob, made.id) != NULL);
	accounts_load(setting.accounts, SLICE("bob"), on_account, &outcome);
	WAIT_FOR(&world, outcome.calls > 0);
	CHECK(session_find(setting.bob, made.id) != NULL);
	storage_world_sql(&server, "DELETE FROM sessions");
	outcome = (struct outcome){.result = 1};
	accounts_load(setting.accounts, SLICE("bob"), on_account, &outcome);
	WAIT_FOR(&world, outcome.calls > 0);
	CHECK_NUMBER(strtoll(setting.ended, NULL, 10), made.id);
	world_close(&world, &setting);
}

static void one_that_is_not_used_is_told_of_when_its_time_is_over(void)
{
	struct storage_world world;
	struct setting setting;
	struct made made;
	struct sessions_options options = {.idle_s = 1, .stay_days = 1, .most = 3};
	CHECK(world_open(&world, &setting));
	sessions_set_options(setting.sessions, &options);
	CHECK_NUMBER(make(&world, &setting, &made), 0);
	WAIT_FOR(&world, setting.ended[0]);
	CHECK(!setting.bob->sessions);
	WAIT_FOR(&world, storage_world_sql(&server, "SELECT count(*) FROM sessions") == 0);
	world_close(&world, &setting);
}

static void at_the_start_accounts_in_memory_get_their_sessions(void)
{
	struct storage_world world;
	struct setting setting;
	struct outcome outcome = {.result = 1};
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	storage_world_add_account(&server, "bob");
	storage_world_add_account(&server, "carol");
	storage_world_sql(&server,
			  "INSERT INTO sessions SELECT id * 10, id, 1, 0, extract(epoch FROM now())::bigint * 1000,"
			  " 9999999999, ha1_md5, ha1_sha256, ha1_sha256, 'x', '' FROM accounts");
	CHECK(setting_open_on(&setting, world.storage, world.timers));
	struct stored_account stored = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	stored.id = storage_world_sql(&server, "SELECT id FROM accounts WHERE user_name = 'bob'");
	setting.bob = accounts_take(setting.accounts, &stored);
	sessions_load(setting.sessions, outcome_done, &outcome);
	WAIT_FOR(&world, outcome.calls > 0);
	CHECK_NUMBER(outcome.result, 0);
	CHECK_NUMBER(count_of(setting.bob), 1);
	CHECK(session_find(setting.bob, stored.id * 10) != NULL);
	CHECK(!accounts_find(setting.accounts, SLICE("carol")));
	account_hold(setting.accounts, setting.bob); /* as whoever had it made */
	world_close(&world, &setting);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	{"rows_become_sessions_and_those_without_a_row_end", rows_become_sessions_and_those_without_a_row_end,
	 TEST_PLAIN},
	{"what_is_older_than_what_is_known_changes_nothing", what_is_older_than_what_is_known_changes_nothing,
	 TEST_PLAIN},
	{"options_say_how_long_they_live", options_say_how_long_they_live, TEST_PLAIN},
	{"the_password_and_each_living_session_prove_the_account",
	 the_password_and_each_living_session_prove_the_account, TEST_PLAIN},
	{"nobody_is_nobody", nobody_is_nobody, TEST_PLAIN},
	DATABASE_TEST(a_session_is_made_used_and_ended),
	DATABASE_TEST(beyond_the_limit_the_longest_unused_ends),
	DATABASE_TEST(none_is_made_with_a_password_that_is_another_by_now),
	DATABASE_TEST(a_look_up_that_began_before_does_not_undo_what_was_made),
	DATABASE_TEST(one_that_is_not_used_is_told_of_when_its_time_is_over),
	DATABASE_TEST(at_the_start_accounts_in_memory_get_their_sessions),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
