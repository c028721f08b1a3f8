/* Documents in memory and on a real PostgreSQL: held, found, changed in their order, forgotten.
 * SPDX-License-Identifier: MIT */
#include "storage_world.h"

#include "base/error.h"
#include "core/accounts.h"
#include "presence/document_store.h"
#include "program/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS SLICE("resource-lists")
#define RULES SLICE("pres-rules")
#define INDEX SLICE("index")

static struct postgres server;

static const struct document_store_options usual_options = {.documents_most = 3,
							    .document_bytes = 20,
							    .user_bytes = 40,
							    .cached_bytes = 1000000,
							    .xml = {.bytes = 1000, .depth = 10, .nodes = 100}};

/* What listeners were told, as text: "+alice/pres-rules/index=text; " new, "~" changed, "-" gone. */
struct store_world {
	struct storage_world storage;
	struct accounts *accounts;
	struct document_store *store;
	char told[512];
};

static void append(char *text, size_t size, const struct document *before, const struct document *after)
{
	const struct document *document = after ? after : before;
	size_t used = strlen(text);
	(void)snprintf(text + used, size - used, "%c%.*s/%.*s/%.*s=%.*s; ",
		       !before ? '+'
		       : after ? '~'
			       : '-',
		       SLICE_ARGS(document->user), SLICE_ARGS(document->application), SLICE_ARGS(document->name),
		       SLICE_ARGS(document->body));
}

static void on_changed(void *arg, const struct document *before, const struct document *after)
{
	struct store_world *world = arg;
	append(world->told, sizeof world->told, before, after);
}

static void on_removed(void *arg, struct account *account)
{
	struct store_world *world = arg;
	document_store_account_removed(world->store, account);
}

static void start(struct store_world *world, const struct document_store_options *options)
{
	world->told[0] = '\0';
	world->accounts = accounts_create(world->storage.storage, NULL, SLICE("example.test"), 10);
	CHECK(world->accounts);
	struct document_store_parts parts = {.timers = world->storage.timers,
					     .accounts = world->accounts,
					     .storage = world->storage.storage,
					     .domain = SLICE("example.test")};
	world->store = document_store_create(&parts, options ? options : &usual_options);
	CHECK(world->store);
	accounts_on_removed(world->accounts, on_removed, world);
	CHECK_NUMBER(document_store_listen(world->store, on_changed, world), 0);
	struct outcome outcome = {.result = 1};
	document_store_load(world->store, outcome_done, &outcome);
	WAIT_FOR(&world->storage, outcome.calls == 1);
	CHECK_NUMBER(outcome.result, 0);
}

static void stop(struct store_world *world)
{
	document_store_destroy(world->store);
	accounts_destroy(world->accounts);
}

/* As a process that is started again. */
static void restart(struct store_world *world)
{
	stop(world);
	start(world, NULL);
}

static void open_world(struct store_world *world, const struct document_store_options *options)
{
	storage_world_open(&world->storage, &server, NULL);
	WAIT_FOR(&world->storage, world->storage.available);
	start(world, options);
}

static void close_world(struct store_world *world)
{
	stop(world);
	storage_world_close(&world->storage);
}

static int hold(struct store_world *world, const char *user)
{
	struct outcome outcome = {.result = 1};
	documents_hold(world->store, slice_text(user), outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(&world->storage);
	return outcome.result;
}

static const char *read_document(const struct store_world *world, const char *user, struct slice application)
{
	static char text[64]; /* for the line of the check that it stands in */
	const struct document *document = document_find(world->store, slice_text(user), application, INDEX);
	(void)snprintf(text, sizeof text, "%.*s", document ? (int)document->body.length : 4,
		       document ? document->body.at : "none");
	return text;
}

/* --- changes ------------------------------------------------------------------------------------------------------ */

/* One change: what it is to do, and what came of it. */
struct edit {
	const char *text; /* NULL: remove; "": keep */
	bool appends;     /* to what is there */
	char before[64], after[64];
	char written[64];
	char etag[DOCUMENT_ETAG_SIZE];
	char sentence[160];
	int result;
	unsigned edited, done;
};

static enum document_decision on_edit(void *arg, const struct document *before, struct slice *after)
{
	struct edit *edit = arg;
	edit->edited++;
	(void)snprintf(edit->before, sizeof edit->before, "%.*s", before ? (int)before->body.length : 4,
		       before ? before->body.at : "none");
	if (!edit->text)
		return DOCUMENT_REMOVE;
	if (edit->text[0] == '\0')
		return DOCUMENT_KEEP;
	(void)snprintf(edit->written, sizeof edit->written, "%s%s", edit->appends && before ? edit->before : "",
		       edit->text);
	*after = slice_text(edit->written);
	return DOCUMENT_WRITE;
}

static void on_done(void *arg, int result, const struct document *document, const char *sentence)
{
	struct edit *edit = arg;
	edit->done++;
	edit->result = result;
	(void)snprintf(edit->after, sizeof edit->after, "%.*s", document ? (int)document->body.length : 4,
		       document ? document->body.at : "none");
	(void)snprintf(edit->etag, sizeof edit->etag, "%s", document ? document->etag : "");
	(void)snprintf(edit->sentence, sizeof edit->sentence, "%s", sentence);
}

static void begin_change(struct store_world *world, const char *user, struct slice application, const char *name,
			 struct edit *edit)
{
	struct document_change change = {.user = slice_text(user),
					 .application = application,
					 .name = slice_text(name),
					 .edit = on_edit,
					 .done = on_done,
					 .arg = edit};
	document_change(world->store, &change);
}

static struct edit change(struct store_world *world, const char *user, struct slice application, const char *name,
			  const char *text)
{
	struct edit edit = {.text = text};
	begin_change(world, user, application, name, &edit);
	bool was_early = edit.done > 0;
	while (edit.done == 0)
		storage_world_turn(&world->storage);
	edit.result = was_early ? 1 : edit.result;
	return edit;
}

static void a_document_is_written_read_and_removed(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK_NUMBER(hold(&world, "alice"), 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "none");
	struct edit first = change(&world, "alice", LISTS, "index", "one");
	CHECK_NUMBER(first.result, 0);
	CHECK_TEXT(slice_text(first.before), "none");
	CHECK_TEXT(slice_text(first.after), "one");
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "one");
	struct edit second = change(&world, "alice", LISTS, "index", "two");
	CHECK_TEXT(slice_text(second.before), "one");
	CHECK(strcmp(first.etag, second.etag) != 0 && second.etag[0] != '\0');
	struct edit same = change(&world, "alice", LISTS, "index", "two");
	CHECK_TEXT(slice_text(same.etag), second.etag);
	struct edit kept = change(&world, "alice", LISTS, "index", "");
	CHECK_NUMBER(kept.result, 0);
	CHECK_TEXT(slice_text(kept.after), "none");
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "two");
	struct edit removed = change(&world, "alice", LISTS, "index", NULL);
	CHECK_NUMBER(removed.result, 0);
	CHECK_TEXT(slice_text(removed.after), "none");
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "none");
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", NULL).result, 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents"), 0);
	struct edit again = change(&world, "alice", LISTS, "index", "one");
	CHECK(strcmp(first.etag, again.etag) != 0);
	CHECK_TEXT(slice_text(world.told), "+alice/resource-lists/index=one; ~alice/resource-lists/index=two; "
					   "-alice/resource-lists/index=two; +alice/resource-lists/index=one; ");
	documents_release(world.store, SLICE("alice"));
	close_world(&world);
}

static void changes_of_one_user_see_what_the_one_before_has_committed(void)
{
	struct store_world world;
	struct edit edits[4] = {{.text = "a"}, {.text = "b"}, {.text = "c"}, {.text = "d"}};
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		edits[i].appends = true;
		begin_change(&world, "alice", LISTS, "index", &edits[i]);
	}
	CHECK_NUMBER(edits[1].edited, 0);
	WAIT_FOR(&world.storage, edits[3].done == 1);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		CHECK_NUMBER(edits[i].result, 0);
		CHECK_NUMBER(edits[i].done, 1);
		CHECK_NUMBER(edits[i].edited, 1);
	}
	CHECK_TEXT(slice_text(edits[3].before), "abc");
	CHECK_TEXT(slice_text(edits[3].after), "abcd");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM documents WHERE body = 'abcd'"), 1);
	close_world(&world);
}

static void the_quota_refuses_with_the_limit(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	struct edit large = change(&world, "alice", LISTS, "index", "123456789012345678901");
	CHECK_NUMBER(large.result, ERR_LIMIT);
	CHECK_TEXT(slice_text(large.sentence), "The document would have 21 bytes; at most 20 are allowed in one");
	CHECK_NUMBER(change(&world, "alice", LISTS, "a", "12345678901234567890").result, 0);
	CHECK_NUMBER(change(&world, "alice", LISTS, "b", "1234567890").result, 0);
	struct edit together = change(&world, "alice", LISTS, "c", "12345678901");
	CHECK_NUMBER(together.result, ERR_LIMIT);
	CHECK_TEXT(slice_text(together.sentence),
		   "The documents of this user would have 41 bytes together; at most 40 are allowed");
	CHECK_NUMBER(change(&world, "alice", LISTS, "c", "1234567890").result, 0);
	struct edit many = change(&world, "alice", LISTS, "d", "1");
	CHECK_NUMBER(many.result, ERR_LIMIT);
	CHECK_TEXT(slice_text(many.sentence), "There are 3 documents of this user; at most 3 are allowed");
	CHECK_NUMBER(change(&world, "alice", LISTS, "c", "123456789").result, 0);
	CHECK_NUMBER(change(&world, "", LISTS, "index", "1234567").result, 0);
	CHECK_NUMBER(change(&world, "nobody", LISTS, "index", "1").result, ERR_NOT_FOUND);
	close_world(&world);
}

/* --- starting and forgetting -------------------------------------------------------------------------------------- */

static void a_start_tells_of_resident_and_global_documents(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK(storage_world_add_account(&server, "bob") > 0);
	struct edit rules = change(&world, "alice", RULES, "index", "rules");
	CHECK_NUMBER(rules.result, 0);
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", "lists").result, 0);
	CHECK_NUMBER(change(&world, "bob", RULES, "index", "none").result, 0);
	CHECK_NUMBER(change(&world, "", LISTS, "index", "all").result, 0);
	restart(&world);
	CHECK_TEXT(slice_text(world.told),
		   "+/resource-lists/index=all; +alice/pres-rules/index=rules; +bob/pres-rules/index=none; ");
	CHECK_TEXT(slice_text(read_document(&world, "", LISTS)), "all");
	CHECK_TEXT(slice_text(read_document(&world, "alice", RULES)), "none"); /* not in memory */
	CHECK_NUMBER(hold(&world, "alice"), 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", RULES)), "rules");
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "lists");
	const struct document *document = document_find(world.store, SLICE("alice"), RULES, INDEX);
	CHECK_TEXT(slice_text(document->etag), rules.etag);
	world.told[0] = '\0';
	documents_release(world.store, SLICE("alice"));
	CHECK_TEXT(slice_text(world.told), "");
	close_world(&world);
}

static void who_is_not_held_is_forgotten_when_others_need_the_room(void)
{
	struct store_world world;
	struct document_store_options options = usual_options;
	options.cached_bytes = 500; /* one of them */
	open_world(&world, &options);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK(storage_world_add_account(&server, "bob") > 0);
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", "lists").result, 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "lists");
	CHECK_NUMBER(change(&world, "bob", LISTS, "index", "his").result, 0);
	CHECK_NUMBER(change(&world, "bob", RULES, "index", "rules").result, 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "none");
	CHECK_NUMBER(hold(&world, "alice"), 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "lists");
	options.cached_bytes = 0;
	document_store_set_options(world.store, &options);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "lists");
	CHECK_TEXT(slice_text(read_document(&world, "bob", RULES)), "none");
	documents_release(world.store, SLICE("alice"));
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "none");
	close_world(&world);
}

static void of_an_account_that_is_removed_nothing_is_left(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK_NUMBER(change(&world, "alice", RULES, "index", "rules").result, 0);
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", "lists").result, 0);
	CHECK_NUMBER(hold(&world, "alice"), 0);
	world.told[0] = '\0';
	CHECK_NUMBER(storage_world_sql(&server, "WITH gone AS (DELETE FROM accounts RETURNING 1) SELECT 1"), 1);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	accounts_changed(world.accounts, SLICE("alice"));
	WAIT_FOR(&world.storage, world.told[0] != '\0');
	CHECK_TEXT(slice_text(world.told), "-alice/pres-rules/index=rules; -alice/resource-lists/index=lists; ");
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "none");
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", "hers").result, 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", LISTS)), "hers");
	documents_release(world.store, SLICE("alice"));
	documents_release(world.store, SLICE("alice"));
	close_world(&world);
}

static void of_an_account_that_went_unseen_nothing_is_left_either(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK(storage_world_add_account(&server, "bob") > 0);
	CHECK_NUMBER(change(&world, "alice", RULES, "index", "a").result, 0);
	CHECK_NUMBER(change(&world, "bob", RULES, "index", "b").result, 0);
	restart(&world);
	world.told[0] = '\0';
	CHECK_NUMBER(storage_world_sql(&server, "WITH gone AS (DELETE FROM accounts WHERE user_name = 'alice'"
						" RETURNING 1) SELECT 1"),
		     1);
	document_store_account_changed(world.store, SLICE("bob"));
	document_store_account_changed(world.store, SLICE("alice"));
	WAIT_FOR(&world.storage, world.told[0] != '\0');
	CHECK_TEXT(slice_text(world.told), "-alice/pres-rules/index=; ");
	world.told[0] = '\0';
	CHECK_NUMBER(storage_world_sql(&server, "WITH gone AS (DELETE FROM accounts RETURNING 1) SELECT 1"), 1);
	accounts_changed(world.accounts, SLICE(""));
	document_store_account_changed(world.store, SLICE(""));
	document_store_account_changed(world.store, SLICE(""));
	WAIT_FOR(&world.storage, world.told[0] != '\0');
	CHECK_TEXT(slice_text(world.told), "-bob/pres-rules/index=; ");
	WAIT_FOR(&world.storage, !accounts_find(world.accounts, SLICE("bob")));
	CHECK_NUMBER(hold(&world, "bob"), ERR_NOT_FOUND);
	close_world(&world);
}

/* --- limits ------------------------------------------------------------------------------------------------------- */

static void what_was_written_is_read_whatever_the_limits_are_now(void)
{
	static const char *const names[] = {"documents.bytes", "documents.depth", "documents.nodes"};
	struct store_world world;
	open_world(&world, NULL);
	const struct xml_limits *limits = document_store_limits(world.store);
	const size_t most[] = {limits->bytes, limits->depth, limits->nodes};
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_NUMBER(most[i], option_find(slice_text(names[i]))->most);
	/* What is written now is judged by the limits of now. */
	struct document_verdict verdict;
	struct slice text =
		SLICE("<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list/></resource-lists>");
	struct document_store_options options = usual_options;
	document_store_judge(world.store, SLICE("alice"), LISTS, INDEX, text, &verdict);
	CHECK_NUMBER(verdict.fault, FAULT_NONE);
	options.xml.depth = 1;
	document_store_set_options(world.store, &options);
	document_store_judge(world.store, SLICE("alice"), LISTS, INDEX, text, &verdict);
	CHECK_NUMBER(verdict.fault, FAULT_TOO_LARGE);
	CHECK(document_store_limits(world.store)->depth > 1);
	close_world(&world);
}

/* --- a database that is away -------------------------------------------------------------------------------------- */

static void without_the_database_changes_fail_and_what_is_held_is_there(void)
{
	struct store_world world;
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK(storage_world_add_account(&server, "bob") > 0);
	CHECK_NUMBER(change(&world, "alice", RULES, "index", "rules").result, 0);
	CHECK_NUMBER(hold(&world, "alice"), 0);
	postgres_kill(&server);
	WAIT_FOR(&world.storage, !world.storage.available);
	CHECK_NUMBER(change(&world, "alice", RULES, "index", "others").result, ERR_STORAGE_AWAY);
	CHECK_TEXT(slice_text(read_document(&world, "alice", RULES)), "rules");
	CHECK_NUMBER(change(&world, "alice", RULES, "index", "others").result, ERR_STORAGE_AWAY);
	CHECK_NUMBER(hold(&world, "alice"), 0);
	CHECK_NUMBER(hold(&world, "bob"), ERR_STORAGE_AWAY);
	CHECK(postgres_start(&server));
	WAIT_FOR(&world.storage, world.storage.available);
	/* As if the commit had come through after all. */
	world.told[0] = '\0';
	CHECK_NUMBER(storage_world_sql(&server, "WITH changed AS (UPDATE documents SET body = 'through', etag = 'new'"
						" RETURNING 1) SELECT 1"),
		     1);
	struct edit edit = change(&world, "alice", LISTS, "index", "lists");
	CHECK_NUMBER(edit.result, 0);
	CHECK_TEXT(slice_text(read_document(&world, "alice", RULES)), "through");
	CHECK_TEXT(slice_text(world.told), "~alice/pres-rules/index=through; +alice/resource-lists/index=lists; ");
	documents_release(world.store, SLICE("alice"));
	documents_release(world.store, SLICE("alice"));
	close_world(&world);
}

static void the_end_of_the_store_leaves_nothing_behind(void)
{
	struct store_world world;
	struct edit edits[4] = {{.text = "a"}, {.text = "b"}, {.text = ""}, {.text = "d"}};
	struct outcome outcome = {.result = 1};
	open_world(&world, NULL);
	CHECK(storage_world_add_account(&server, "alice") > 0);
	CHECK(storage_world_add_account(&server, "bob") > 0);
	CHECK_NUMBER(change(&world, "alice", LISTS, "index", "x").result, 0);
	begin_change(&world, "alice", LISTS, "index", &edits[0]);
	begin_change(&world, "alice", LISTS, "index", &edits[1]);
	begin_change(&world, "", LISTS, "index", &edits[2]);
	begin_change(&world, "bob", LISTS, "index", &edits[3]);
	documents_hold(world.store, SLICE("bob"), outcome_done, &outcome);
	document_store_account_changed(world.store, SLICE(""));
	document_store_account_changed(world.store, SLICE("carol"));
	document_store_destroy(world.store);
	for (unsigned i = 0; i < 50; i++)
		storage_world_turn(&world.storage);
	accounts_destroy(world.accounts);
	storage_world_close(&world.storage);
	CHECK_NUMBER(outcome.calls, 0);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		CHECK_NUMBER(edits[i].done, 0);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(a_document_is_written_read_and_removed),
	DATABASE_TEST(changes_of_one_user_see_what_the_one_before_has_committed),
	DATABASE_TEST(the_quota_refuses_with_the_limit),
	DATABASE_TEST(a_start_tells_of_resident_and_global_documents),
	DATABASE_TEST(who_is_not_held_is_forgotten_when_others_need_the_room),
	DATABASE_TEST(of_an_account_that_is_removed_nothing_is_left),
	DATABASE_TEST(of_an_account_that_went_unseen_nothing_is_left_either),
	DATABASE_TEST(what_was_written_is_read_whatever_the_limits_are_now),
	DATABASE_TEST(without_the_database_changes_fail_and_what_is_held_is_there),
	DATABASE_TEST(the_end_of_the_store_leaves_nothing_behind),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
