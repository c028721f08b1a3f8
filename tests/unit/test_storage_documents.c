/* The contract of storage.h on a real PostgreSQL: documents, and what goes with an account.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEBIBYTE ((size_t)1 << 20)

static struct postgres server;

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
	size_t bytes;
	char text[512];
};

static void note(struct loaded *loaded, int64_t id, const char *text)
{
	size_t used = strlen(loaded->text);
	(void)snprintf(loaded->text + used, sizeof(loaded->text) - used, "%s", text);
	loaded->is_ordered = loaded->count++ == 0 || (loaded->is_ordered && id > loaded->last_id);
	loaded->last_id = id;
}

/* --- documents ------------------------------------------------------------------------------------------------- */

static struct stored_document make_document(int64_t id, int64_t account, struct slice name)
{
	return (struct stored_document){.id = id,
					.account_id = account,
					.application = SLICE("resource-lists"),
					.name = name,
					.etag = SLICE("e1"),
					.changed_at_ms = 1800000000123,
					.body = SLICE("<\0\xff>")};
}

static int save_document(struct storage_world *world, const struct stored_document *document)
{
	struct outcome outcome = {.result = 1};
	storage_save_document(world->storage, document, outcome_done, &outcome);
	wait_for(world, &outcome, 1);
	return outcome.result;
}

static void on_document(void *arg, const struct stored_account *owner, const struct stored_document *document)
{
	struct loaded *loaded = arg;
	char text[128];
	(void)snprintf(text, sizeof(text), "%.*s:%.*s/%.*s %.*s %lld %zu, ",
		       SLICE_ARGS(owner ? owner->user : SLICE("-")), SLICE_ARGS(document->application),
		       SLICE_ARGS(document->name), SLICE_ARGS(document->etag), (long long)document->changed_at_ms,
		       document->body.length);
	if (owner && (owner->id != document->account_id || !slice_equal(owner->domain, SLICE("example.test"))))
		(void)snprintf(text, sizeof(text), "a wrong owner, ");
	loaded->bytes += document->body.length;
	note(loaded, document->id, text);
}

static void load_documents(struct storage_world *world, int64_t account, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_documents(world->storage, account, on_document, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
	CHECK_NUMBER(loaded->outcome.result, 0);
}

static void load_documents_of(struct storage_world *world, struct slice application, struct loaded *loaded)
{
	*loaded = (struct loaded){.outcome.result = 1};
	storage_load_documents_of(world->storage, application, on_document, outcome_done, loaded);
	wait_for(world, &loaded->outcome, 1);
	CHECK_NUMBER(loaded->outcome.result, 0);
}

static void documents_come_back_for_their_account_as_they_were_saved(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	struct stored_document index = make_document(storage_next_message_id(world.storage), 5, SLICE("index"));
	struct stored_document other = make_document(storage_next_message_id(world.storage), 6, SLICE("index"));
	struct stored_document empty = make_document(storage_next_message_id(world.storage), 5, SLICE("work/\0\xff"));
	struct stored_document global = make_document(storage_next_message_id(world.storage), 0, SLICE("index"));
	empty.body = empty.etag = slice_of(NULL, 0);
	CHECK_NUMBER(save_document(&world, &index), 0);
	CHECK_NUMBER(save_document(&world, &other), 0);
	CHECK_NUMBER(save_document(&world, &empty), 0);
	CHECK_NUMBER(save_document(&world, &global), 0);
	load_documents(&world, 5, &loaded);
	CHECK_TEXT(slice_text(loaded.text), "-:resource-lists/index e1 1800000000123 4, "
					    "-:resource-lists/work/  1800000000123 0, ");
	CHECK_NUMBER(loaded.last_id, empty.id);
	load_documents(&world, 0, &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.last_id, global.id);
	load_documents(&world, 7, &loaded);
	CHECK_NUMBER(loaded.count, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents WHERE body = '\\x3c00ff3e'"), 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents WHERE name = '\\x776f726b2f00ff'"), 1);
	storage_world_close(&world);
}

static void documents_of_an_application_come_with_their_owners(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	int64_t alice = storage_world_add_account(&server, "alice");
	struct stored_document documents[] = {
		make_document(1, alice, SLICE("index")), make_document(2, 0, SLICE("index")),
		make_document(3, alice, SLICE("index")), make_document(4, alice + 1, SLICE("index")), /* of nobody */
		make_document(5, alice, SLICE("more")),
	};
	documents[2].application = SLICE("pres-rules");
	for (unsigned i = 0; i < ARRAY_SIZE(documents); i++)
		CHECK_NUMBER(save_document(&world, &documents[i]), 0);
	load_documents_of(&world, SLICE("resource-lists"), &loaded);
	CHECK_TEXT(slice_text(loaded.text), "alice:resource-lists/index e1 1800000000123 4, "
					    "-:resource-lists/index e1 1800000000123 4, "
					    "alice:resource-lists/more e1 1800000000123 4, ");
	load_documents_of(&world, SLICE("pres-rules"), &loaded);
	CHECK_NUMBER(loaded.count, 1);
	CHECK_NUMBER(loaded.last_id, 3);
	load_documents_of(&world, SLICE(""), &loaded);
	CHECK_NUMBER(loaded.count, 0);
	storage_world_close(&world);
}

static void a_saved_document_replaces_the_one_of_its_id_and_goes_when_removed(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	struct stored_document document = make_document(9, 5, SLICE("index"));
	CHECK_NUMBER(save_document(&world, &document), 0);
	document.etag = SLICE("e2");
	document.changed_at_ms++;
	document.body = SLICE("<other/>");
	CHECK_NUMBER(save_document(&world, &document), 0);
	load_documents(&world, 5, &loaded);
	CHECK_TEXT(slice_text(loaded.text), "-:resource-lists/index e2 1800000000124 8, ");
	for (unsigned i = 0; i < 2; i++) {
		struct outcome outcome = {.result = 1};
		storage_remove_document(world.storage, 9, outcome_done, &outcome); /* twice: it is gone by then */
		wait_for(&world, &outcome, 1);
		CHECK_NUMBER(outcome.result, 0);
		CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 0);
	}
	storage_world_close(&world);
}

static void a_second_document_of_a_name_is_refused_and_what_was_saved_with_it_is_not(void)
{
	struct storage_world world;
	struct loaded loaded;
	struct outcome outcomes[9];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++) {
		struct stored_document document = make_document(i + 1, i == 8 ? 6 : 5, SLICE("index"));
		char name[16];
		(void)snprintf(name, sizeof(name), "d%u", i);
		if (i != 2 && i != 6 && i != 8)
			document.name = slice_text(name);
		outcomes[i] = (struct outcome){.result = 1};
		storage_save_document(world.storage, &document, outcome_done, &outcomes[i]);
	}
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, i == 6 ? ERR_STORAGE_REFUSED : 0);
	load_documents(&world, 5, &loaded);
	CHECK_NUMBER(loaded.count, 7);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents WHERE id = 7"), 0);
	CHECK_NUMBER(world.became_away, 0);
	storage_world_close(&world);
}

static void a_document_that_goes_leaves_its_name_to_one_saved_behind_it(void)
{
	struct storage_world world;
	struct outcome outcomes[3];
	storage_world_open(&world, &server, NULL);
	struct stored_document first = make_document(1, 5, SLICE("index"));
	struct stored_document second = make_document(2, 5, SLICE("index"));
	CHECK_NUMBER(save_document(&world, &first), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	storage_remove_document(world.storage, 1, outcome_done, &outcomes[0]);
	storage_save_document(world.storage, &second, outcome_done, &outcomes[1]);
	second.etag = SLICE("newest");
	storage_save_document(world.storage, &second, outcome_done, &outcomes[2]);
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT id FROM documents WHERE etag = 'newest'"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 1);
	storage_world_close(&world);
}

static void many_documents_are_loaded_in_order_page_by_page(void)
{
	struct storage_world world;
	struct loaded loaded;
	storage_world_open(&world, &server, NULL);
	int64_t alice = storage_world_add_account(&server, "alice");
	char sql[256];
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO documents SELECT (i - 1500) * 1000000007::bigint, CASE i %% 3 WHEN 0 THEN 0 ELSE"
		       " %lld END, 1, 'pres-rules', convert_to('d' || i, 'UTF8'), 'e', 'body'"
		       " FROM generate_series(1, 3001) i",
		       (long long)alice);
	storage_world_sql(&server, sql);
	load_documents_of(&world, SLICE("pres-rules"), &loaded);
	CHECK_NUMBER(loaded.count, 3001);
	CHECK(loaded.is_ordered);
	load_documents(&world, alice, &loaded); /* two full pages: a third one is of one row */
	CHECK_NUMBER(loaded.count, 2001);
	CHECK(loaded.is_ordered);
	load_documents(&world, 0, &loaded); /* a full page: a second one is empty */
	CHECK_NUMBER(loaded.count, 1000);
	storage_world_close(&world);
}

/* 40 MiB: neither all in one batch nor all in one page. */
static void documents_of_a_mebibyte_are_saved_and_loaded(void)
{
	static char body[MEBIBYTE];
	struct storage_world world;
	struct loaded loaded;
	struct outcome outcomes[40];
	storage_world_open(&world, &server, NULL);
	WAIT_FOR(&world, world.available);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++) {
		char name[16];
		(void)snprintf(name, sizeof(name), "d%u", i);
		struct stored_document document = make_document(i + 1, 5, slice_text(name));
		memset(body, (int)i, sizeof(body));
		document.body = slice_of(body, sizeof(body));
		outcomes[i] = (struct outcome){.result = 1};
		storage_save_document(world.storage, &document, outcome_done, &outcomes[i]);
	}
	wait_for(&world, outcomes, ARRAY_SIZE(outcomes));
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		CHECK_NUMBER(outcomes[i].result, 0);
	CHECK(storage_world_sql(&server, "SELECT count(DISTINCT xmin::text) FROM documents") > 1);
	CHECK_NUMBER(
		storage_world_sql(&server, "SELECT count(*) FROM documents WHERE get_byte(body, 1048575) = id - 1"),
		40);
	load_documents(&world, 5, &loaded);
	CHECK_NUMBER(loaded.count, 40);
	CHECK(loaded.is_ordered);
	CHECK_NUMBER(loaded.bytes, 40 * MEBIBYTE);
	load_documents_of(&world, SLICE("resource-lists"), &loaded);
	CHECK_NUMBER(loaded.count, 0); /* there is no such account */
	CHECK_NUMBER(world.became_away, 0);
	storage_world_close(&world);
}

/* --- accounts, and the end ------------------------------------------------------------------------------- */

static void remove_account(struct slice user, struct slice domain)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	struct administration *administration = administration_open(server.connection, error);
	CHECK(administration);
	int result = administration_remove_account(administration, user, domain);
	administration_close(administration);
	CHECK_NUMBER(result, 0);
}

static void an_account_goes_with_its_documents_and_requests(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	storage_world_close(&world);
	storage_world_add_account(&server, "bob");
	storage_world_add_account(&server, "carol");
	storage_world_sql(&server, "INSERT INTO accounts (user_name, domain, ha1_md5, ha1_sha256) SELECT user_name,"
				   " 'other.test', ha1_md5, ha1_sha256 FROM accounts WHERE user_name = 'bob'");
	storage_world_sql(&server, "INSERT INTO documents SELECT id, id, 1, 'a', 'n', 'e', 'b' FROM accounts");
	storage_world_sql(&server, "INSERT INTO documents VALUES (0, 0, 1, 'a', 'n', 'e', 'b')");
	/* Each asks to see bob and carol. */
	storage_world_sql(&server, "INSERT INTO watch_requests SELECT a.id * 10 + i, a.id, 1, 9999999999, 'presence',"
				   " CASE i WHEN 1 THEN 'bob'::bytea ELSE 'carol' END"
				   " FROM accounts a, generate_series(1, 2) i");
	remove_account(SLICE("bob"), SLICE("example.test"));
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 3);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests"), 4);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests WHERE resource = 'bob'"), 2);
	remove_account(SLICE("bob"), SLICE("other.test")); /* the last one of that name */
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents WHERE account_id <> 0"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests"), 1);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM watch_requests WHERE resource = 'carol'"), 1);
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

static void on_purged(void *arg, int result, bool more)
{
	outcome_done(arg, result < 0 ? result : more);
}

static void purging_deletes_documents_that_were_saved_while_their_account_went(void)
{
	struct storage_world world;
	storage_world_open(&world, &server, NULL);
	storage_world_add_account(&server, "alice");
	storage_world_sql(&server,
			  "INSERT INTO documents SELECT i, a.id + i % 2, 1, 'a', convert_to('n' || i, 'UTF8'), 'e',"
			  " 'b' FROM accounts a, generate_series(1, 20) i");
	storage_world_sql(&server, "INSERT INTO documents VALUES (21, 0, 1, 'a', 'global', 'e', 'b')");
	for (int more = 1; more > 0;) {
		struct outcome outcome = {.result = 1};
		storage_purge(world.storage, 1, 1, 4, on_purged, &outcome);
		wait_for(&world, &outcome, 1);
		more = outcome.result;
		CHECK(more >= 0);
	}
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 11);
	CHECK_NUMBER(
		storage_world_sql(&server, "SELECT count(*) FROM documents d, accounts a WHERE d.account_id = a.id"),
		10);
	storage_world_close(&world);
}

static void names_that_no_path_can_have_are_not_stored(void)
{
	struct storage_world world;
	char name[256];
	memset(name, 'n', sizeof(name));
	storage_world_open(&world, &server, NULL);
	struct stored_document document = make_document(1, 7, slice_of(name, sizeof(name)));
	CHECK_NUMBER(save_document(&world, &document), ERR_STORAGE_REFUSED);
	document.name.length--;
	CHECK_NUMBER(save_document(&world, &document), 0);
	storage_world_close(&world);
}

static void after_closing_everything_is_refused_later(void)
{
	struct storage_world world;
	struct outcome outcomes[8];
	struct stored_document document = make_document(1, 1, SLICE("index"));
	struct stored_watch_request request = {.id = 1, .watcher_id = 1};
	storage_world_open(&world, &server, NULL);
	storage_close(world.storage, NULL, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(outcomes); i++)
		outcomes[i] = (struct outcome){.result = 1};
	storage_save_document(world.storage, &document, outcome_done, &outcomes[0]);
	storage_remove_document(world.storage, 1, outcome_done, &outcomes[1]);
	storage_load_documents(world.storage, 1, on_document, outcome_done, &outcomes[2]);
	storage_load_documents_of(world.storage, SLICE("pres-rules"), on_document, outcome_done, &outcomes[3]);
	storage_save_watch_request(world.storage, &request, outcome_done, &outcomes[4]);
	storage_remove_watch_request(world.storage, 1, outcome_done, &outcomes[5]);
	storage_load_watch_requests(world.storage, NULL, outcome_done, &outcomes[6]);
	storage_load_phone_lists(world.storage, NULL, outcome_done, &outcomes[7]);
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
	DATABASE_TEST(documents_come_back_for_their_account_as_they_were_saved),
	DATABASE_TEST(documents_of_an_application_come_with_their_owners),
	DATABASE_TEST(a_saved_document_replaces_the_one_of_its_id_and_goes_when_removed),
	DATABASE_TEST(a_second_document_of_a_name_is_refused_and_what_was_saved_with_it_is_not),
	DATABASE_TEST(a_document_that_goes_leaves_its_name_to_one_saved_behind_it),
	DATABASE_TEST(many_documents_are_loaded_in_order_page_by_page),
	DATABASE_TEST(documents_of_a_mebibyte_are_saved_and_loaded),
	DATABASE_TEST(an_account_goes_with_its_documents_and_requests),
	DATABASE_TEST(purging_deletes_documents_that_were_saved_while_their_account_went),
	DATABASE_TEST(names_that_no_path_can_have_are_not_stored),
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
