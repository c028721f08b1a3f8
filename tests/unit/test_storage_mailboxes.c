/* The contract of storage.h on a real PostgreSQL: mailboxes, tokens, generations.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct postgres server;

static void wait_for(struct storage_world *world, struct outcome *outcomes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		while (outcomes[i].calls == 0)
			storage_world_turn(world);
}

/* --- mailboxes ------------------------------------------------------------------------------------------------ */

/* What was loaded, as text: "bob:voice 1/2 (3/4); carol:fax 0/0 (0/0); support=alice,". */
struct loaded_mailboxes {
	struct outcome outcome;
	unsigned counts, users;
	bool is_disordered; /* a count came behind a user */
	char text[512];
};

static void append(struct loaded_mailboxes *loaded, const char *text)
{
	size_t used = strlen(loaded->text);
	(void)snprintf(loaded->text + used, sizeof(loaded->text) - used, "%s", text);
}

static void on_count(void *arg, const struct stored_message_count *count)
{
	struct loaded_mailboxes *loaded = arg;
	char text[128];
	loaded->counts++;
	loaded->is_disordered |= loaded->users > 0;
	(void)snprintf(text, sizeof(text), "%.*s:%.*s %u/%u (%u/%u); ", SLICE_ARGS(count->mailbox),
		       SLICE_ARGS(count->class_name), count->fresh, count->old, count->urgent_fresh, count->urgent_old);
	append(loaded, text);
}

static void on_user(void *arg, struct slice mailbox, struct slice user)
{
	struct loaded_mailboxes *loaded = arg;
	char text[128];
	loaded->users++;
	(void)snprintf(text, sizeof(text), "%.*s=%.*s, ", SLICE_ARGS(mailbox), SLICE_ARGS(user));
	append(loaded, text);
}

static const char *load_mailboxes(struct storage_world *world, struct loaded_mailboxes *loaded)
{
	*loaded = (struct loaded_mailboxes){.outcome.result = 1};
	storage_load_mailboxes(world->storage, on_count, on_user, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
	return loaded->outcome.result == 0 && !loaded->is_disordered ? loaded->text : "failed";
}

static struct stored_message_count make_count(const char *class_name, uint32_t fresh, uint32_t old)
{
	return (struct stored_message_count){.class_name = slice_text(class_name), .fresh = fresh, .old = old};
}

static int save_mailbox(struct storage_world *world, const char *mailbox, const struct stored_message_count *counts,
			size_t count)
{
	struct outcome outcome = {.result = 1};
	storage_save_mailbox(world->storage, slice_text(mailbox), counts, count, outcome_done, &outcome);
	wait_for(world, &outcome, 1);
	return outcome.result;
}

static int save_users(struct storage_world *world, const char *mailbox, const struct slice *users, size_t count)
{
	struct outcome outcome = {.result = 1};
	storage_save_mailbox_users(world->storage, slice_text(mailbox), users, count, outcome_done, &outcome);
	wait_for(world, &outcome, 1);
	return outcome.result;
}

static void a_mailbox_has_the_classes_it_was_given_last(void)
{
	struct storage_world world;
	struct loaded_mailboxes loaded;
	storage_world_open(&world, &server, NULL);
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)), "");
	struct stored_message_count counts[3] = {make_count("voice", 1, 2), make_count("fax", 0, 0),
						 make_count("voice", 4294967295U, 5)};
	counts[2].urgent_fresh = 6;
	counts[2].urgent_old = 7;
	CHECK_NUMBER(save_mailbox(&world, "bob", counts, 2), 0);
	CHECK_NUMBER(save_mailbox(&world, "bobby", counts, 1), 0);
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)),
		   "bob:fax 0/0 (0/0); bob:voice 1/2 (0/0); bobby:voice 1/2 (0/0); ");
	CHECK_NUMBER(save_mailbox(&world, "bob", counts, 3), 0); /* a class twice: the last one counts */
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)),
		   "bob:fax 0/0 (0/0); bob:voice 4294967295/5 (6/7); bobby:voice 1/2 (0/0); ");
	CHECK_NUMBER(save_mailbox(&world, "bob", counts + 1, 1), 0);
	CHECK_NUMBER(save_mailbox(&world, "bobby", NULL, 0), 0);
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)), "bob:fax 0/0 (0/0); ");
	storage_world_close(&world);
}

static void the_last_change_of_a_mailbox_wins(void)
{
	struct storage_world world;
	struct loaded_mailboxes loaded;
	struct outcome outcomes[5];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	struct stored_message_count voice = make_count("voice", 1, 1), fax = make_count("fax", 2, 2);
	storage_save_mailbox(world.storage, SLICE("bob"), &voice, 1, outcome_done, &outcomes[0]);
	storage_save_mailbox(world.storage, SLICE("carol"), &voice, 1, outcome_done, &outcomes[1]);
	storage_save_mailbox(world.storage, SLICE("bob"), &fax, 1, outcome_done, &outcomes[2]);
	storage_save_mailbox(world.storage, SLICE("dave"), &fax, 1, outcome_done, &outcomes[3]);
	storage_save_mailbox(world.storage, SLICE("carol"), NULL, 0, outcome_done, &outcomes[4]);
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)), "bob:fax 2/2 (0/0); dave:fax 2/2 (0/0); ");
	storage_world_close(&world);
}

static void the_users_of_a_mailbox_are_replaced(void)
{
	struct storage_world world;
	struct loaded_mailboxes loaded;
	storage_world_open(&world, &server, NULL);
	const struct slice users[] = {SLICE("alice"), SLICE("bob"), SLICE("alice")};
	struct stored_message_count voice = make_count("voice", 1, 1);
	CHECK_NUMBER(save_users(&world, "support", users, 3), 0);
	CHECK_NUMBER(save_users(&world, "sales", users, 1), 0);
	CHECK_NUMBER(save_mailbox(&world, "support", &voice, 1), 0);
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)),
		   "support:voice 1/1 (0/0); sales=alice, support=alice, support=bob, ");
	CHECK_NUMBER(save_users(&world, "support", users + 1, 1), 0);
	CHECK_NUMBER(save_users(&world, "sales", NULL, 0), 0);
	CHECK_TEXT(slice_text(load_mailboxes(&world, &loaded)), "support:voice 1/1 (0/0); support=bob, ");
	storage_world_close(&world);
}

static void names_that_cannot_be_kept_are_refused_later(void)
{
	struct storage_world world;
	struct outcome outcome = {.result = 1};
	char longest[STORAGE_MAILBOX_NAME_MOST + 2];
	storage_world_open(&world, &server, NULL);
	memset(longest, 'x', sizeof(longest));
	longest[STORAGE_MAILBOX_NAME_MOST + 1] = '\0';
	const char *const bad[] = {"\xff", "", longest};
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		struct stored_message_count count = make_count(bad[i], 1, 1);
		struct slice user = slice_text(bad[i]);
		CHECK_NUMBER(save_mailbox(&world, bad[i], NULL, 0), ERR_STORAGE_REFUSED);
		CHECK_NUMBER(save_mailbox(&world, "bob", &count, 1), ERR_STORAGE_REFUSED);
		CHECK_NUMBER(save_users(&world, bad[i], NULL, 0), ERR_STORAGE_REFUSED);
		CHECK_NUMBER(save_users(&world, "bob", &user, 1), ERR_STORAGE_REFUSED);
	}
	storage_save_mailbox(world.storage, SLICE("\xff"), NULL, 0, outcome_done, &outcome);
	CHECK_NUMBER(outcome.calls, 0);
	wait_for(&world, &outcome, 1);
	longest[STORAGE_MAILBOX_NAME_MOST] = '\0';
	struct stored_message_count count = make_count(longest, 1, 1);
	CHECK_NUMBER(save_mailbox(&world, longest, &count, 1), 0);
	storage_world_close(&world);
}

static void many_mailboxes_are_loaded_page_by_page(void)
{
	struct storage_world world;
	struct loaded_mailboxes loaded;
	storage_world_open(&world, &server, NULL);
	storage_world_sql(&server, "INSERT INTO mailboxes SELECT 'u' || i, c, 1, 2, 3, 4"
				   " FROM generate_series(1, 3000) i, unnest(array['voice', 'fax']) c");
	storage_world_sql(&server, "INSERT INTO mailbox_users SELECT 'm', 'u' || i FROM generate_series(1, 5001) i");
	load_mailboxes(&world, &loaded);
	CHECK_NUMBER(loaded.outcome.result, 0);
	CHECK_NUMBER(loaded.outcome.calls, 1);
	CHECK_NUMBER(loaded.counts, 6000);
	CHECK_NUMBER(loaded.users, 5001);
	CHECK(!loaded.is_disordered);
	storage_world_close(&world);
}

/* --- tokens and generations ----------------------------------------------------------------------------------- */

struct loaded_token {
	struct outcome outcome;
	struct stored_token token;
	char name[32], scopes[64];
};

static void on_token(void *arg, int result, const struct stored_token *token)
{
	struct loaded_token *loaded = arg;
	outcome_done(&loaded->outcome, result);
	if (!token)
		return;
	loaded->token = *token;
	(void)snprintf(loaded->name, sizeof(loaded->name), "%.*s", SLICE_ARGS(token->name));
	(void)snprintf(loaded->scopes, sizeof(loaded->scopes), "%.*s", SLICE_ARGS(token->scopes));
}

static void tokens_are_found_by_their_hashes_until_they_expire(void)
{
	static const char *const names[] = {"first", "", "forever", "", "first"};
	struct storage_world world;
	struct loaded_token loaded[ARRAY_SIZE(names)];
	storage_world_open(&world, &server, NULL);
	/* hashes of 32 equal bytes: 0 first, 1 expired, 2 forever; 3 nobody's */
	storage_world_sql(&server,
			  "INSERT INTO tokens SELECT decode(repeat('0' || i, 32), 'hex'),"
			  " (array['first', 'expired', 'forever'])[i + 1], 'mailboxes:write presence:read', 123,"
			  " (array[9999999999, 1, 0])[i + 1] FROM generate_series(0, 2) i");
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		uint8_t hash[STORAGE_TOKEN_HASH_BYTES];
		memset(hash, (int)i % 4, sizeof(hash));
		loaded[i] = (struct loaded_token){.outcome.result = 1};
		storage_load_token(world.storage, hash, on_token, &loaded[i]);
		CHECK_NUMBER(loaded[i].outcome.calls, 0);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		wait_for(&world, &loaded[i].outcome, 1);
		CHECK_NUMBER(loaded[i].outcome.calls, 1);
		CHECK_NUMBER(loaded[i].outcome.result, names[i][0] ? 0 : ERR_NOT_FOUND);
		CHECK_TEXT(slice_text(loaded[i].name), names[i]);
	}
	CHECK_TEXT(slice_text(loaded[0].scopes), "mailboxes:write presence:read");
	CHECK_NUMBER(loaded[0].token.created_at_s, 123);
	CHECK_NUMBER(loaded[0].token.expires_at_s, INT64_C(9999999999));
	CHECK_NUMBER(loaded[2].token.expires_at_s, 0);
	storage_world_close(&world);
}

struct taken_generation {
	struct outcome outcome;
	int64_t number;
};

static void on_generation(void *arg, int result, int64_t generation)
{
	struct taken_generation *taken = arg;
	outcome_done(&taken->outcome, result);
	taken->number = generation;
}

static void generations_grow_from_process_to_process(void)
{
	struct storage_world world;
	int64_t last = 0;
	for (unsigned process = 0; process < 3; process++) {
		storage_world_open(&world, &server, NULL);
		for (unsigned i = 0; i < 2; i++) {
			struct taken_generation taken = {.outcome.result = 1};
			storage_next_generation(world.storage, on_generation, &taken);
			wait_for(&world, &taken.outcome, 1);
			CHECK_NUMBER(taken.outcome.result, 0);
			CHECK(taken.number > last);
			last = taken.number;
		}
		storage_world_close(&world);
		postgres_kill(&server);
		CHECK(postgres_start(&server));
	}
}

/* --- the end ------------------------------------------------------------------------------------------------- */

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
	struct outcome outcomes[3];
	struct taken_generation generation = {.outcome.result = 1};
	struct loaded_token token = {.outcome.result = 1};
	uint8_t hash[STORAGE_TOKEN_HASH_BYTES] = {0};
	storage_world_open(&world, &server, NULL);
	storage_close(world.storage, NULL, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	storage_save_mailbox(world.storage, SLICE("bob"), NULL, 0, outcome_done, &outcomes[0]);
	storage_save_mailbox_users(world.storage, SLICE("bob"), NULL, 0, outcome_done, &outcomes[1]);
	storage_load_mailboxes(world.storage, on_count, on_user, outcome_done, &outcomes[2]);
	storage_next_generation(world.storage, on_generation, &generation);
	storage_load_token(world.storage, hash, on_token, &token);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].calls, 0);
	wait_for(&world, &token.outcome, 1);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, ERR_STORAGE_AWAY);
	CHECK_NUMBER(generation.outcome.result, ERR_STORAGE_AWAY);
	CHECK_NUMBER(token.outcome.result, ERR_STORAGE_AWAY);
	close_again(&world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(a_mailbox_has_the_classes_it_was_given_last),
	DATABASE_TEST(the_last_change_of_a_mailbox_wins),
	DATABASE_TEST(the_users_of_a_mailbox_are_replaced),
	DATABASE_TEST(names_that_cannot_be_kept_are_refused_later),
	DATABASE_TEST(many_mailboxes_are_loaded_page_by_page),
	DATABASE_TEST(tokens_are_found_by_their_hashes_until_they_expire),
	DATABASE_TEST(generations_grow_from_process_to_process),
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
