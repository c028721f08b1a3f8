/* Searching the history (storage/history.h) on a real PostgreSQL, whose own idea of letters is that of C.
 * SPDX-License-Identifier: MIT */
#include "history_world.h"

#include <stdlib.h>

#define BOB "bob@example.test"
#define CAROL "carol@example.test"

static struct postgres server;

struct scene {
	struct storage_world world;
	struct person alice, bob, carol;
	struct history_seen seen;
};

static void open_scene(struct scene *scene)
{
	storage_world_open(&scene->world, &server, NULL);
	scene->alice = history_person(&server, "alice", "alice@example.test");
	scene->bob = history_person(&server, "bob", BOB);
	scene->carol = history_person(&server, "carol", CAROL);
}

static bool is_wanted(void *arg)
{
	return !((struct history_seen *)arg)->is_left;
}

/* `words` with blanks between them. */
static void search(struct scene *scene, const char *words, const char *peer, int64_t before_id, unsigned most)
{
	struct slice each[STORAGE_SEARCH_WORDS_MOST + 1], rest = slice_text(words);
	struct history_search wanted = {.account_id = scene->alice.id,
					.peer = slice_text(peer),
					.words = each,
					.before_id = before_id,
					.most = most};
	while (rest.length > 0 && wanted.word_count < ARRAY_SIZE(each))
		each[wanted.word_count++] = slice_take(&rest, ' ');
	scene->seen = (struct history_seen){.outcome.result = 1};
	storage_search_history(scene->world.storage, &wanted, history_on_message, is_wanted, history_on_more,
			       &scene->seen);
	history_wait(&scene->world, &scene->seen);
}

static void search_all(struct scene *scene, const char *words)
{
	search(scene, words, "", HISTORY_END, 50);
}

static void the_case_of_letters_does_not_matter_in_any_script(void)
{
	static const struct {
		const char *words, *found;
	} rows[] = {
		{"ärger", "<Ärger im Büro"}, {"ÄRGER", "<Ärger im Büro"},    {"büRO", "<Ärger im Büro"},
		{"привет", ">ПРИВЕТ"},       {"Привет", ">ПРИВЕТ"},          {"arger", ""},
		{"im", "<Ärger im Büro"},    {"im ärger", "<Ärger im Büro"}, {"im ärger nicht", ""},
	};
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "Ärger im Büro") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.carol, "ПРИВЕТ") > 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		search_all(&scene, rows[i].words);
		CHECK_NUMBER(scene.seen.outcome.result, 0);
		CHECK_TEXT(slice_text(scene.seen.text), rows[i].found);
	}
	storage_world_close(&scene.world);
}

static void signs_of_patterns_are_letters_like_others(void)
{
	static const struct {
		const char *words, *found;
	} rows[] = {
		{"%", "<100% sure"},    {"_", "<snake_case"},  {"\\", "<C:\\temp"}, {"0%", "<100% sure"},
		{"e_c", "<snake_case"}, {":\\t", "<C:\\temp"}, {"0_", ""},          {"%%", ""},
		{"\\\\", ""},           {"'", "<it's"},
	};
	struct scene scene;
	open_scene(&scene);
	static const char *const texts[] = {"100% sure", "snake_case", "C:\\temp", "it's", "nothing"};
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK(history_send(&scene.world, &scene.bob, &scene.alice, texts[i]) > 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		search_all(&scene, rows[i].words);
		CHECK_TEXT(slice_text(scene.seen.text), rows[i].found);
	}
	storage_world_close(&scene.world);
}

static void the_newest_come_first_of_all_conversations_or_of_one(void)
{
	struct scene scene;
	open_scene(&scene);
	int64_t first = history_send(&scene.world, &scene.bob, &scene.alice, "one fish");
	CHECK(history_send(&scene.world, &scene.alice, &scene.carol, "two fish") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.alice, "note of a fish") > 0);
	int64_t last = history_send(&scene.world, &scene.alice, &scene.bob, "blue fish");
	CHECK(first > 0 && last > 0);
	CHECK(history_send(&scene.world, &scene.bob, &scene.carol, "a fish for carol") > 0);
	search_all(&scene, "fish");
	CHECK_TEXT(slice_text(scene.seen.text), ">blue fish >note of a fish >two fish <one fish");
	CHECK_TEXT(slice_text(scene.seen.peers), "bob alice carol bob");
	CHECK(!scene.seen.more);
	search(&scene, "fish", BOB, HISTORY_END, 50);
	CHECK_TEXT(slice_text(scene.seen.text), ">blue fish <one fish");
	search(&scene, "fish", BOB, last, 50);
	CHECK_TEXT(slice_text(scene.seen.text), "<one fish");
	search(&scene, "fish", "", HISTORY_END, 2);
	CHECK_TEXT(slice_text(scene.seen.text), ">blue fish >note of a fish");
	CHECK(scene.seen.more);
	search(&scene, "fish", "", scene.seen.ids[1], 2);
	CHECK_TEXT(slice_text(scene.seen.text), ">two fish <one fish");
	CHECK(!scene.seen.more);
	search(&scene, "fish", "dave@example.test", HISTORY_END, 2);
	CHECK_NUMBER(scene.seen.count, 0);
	storage_world_close(&scene.world);
}

static void only_the_text_of_texts_is_looked_at(void)
{
	struct scene scene;
	open_scene(&scene);
	struct stored_message wrapped = history_text(&scene.world, &scene.bob, &scene.alice, "From: head\r\n\r\ntail");
	wrapped.text_at = 14;
	CHECK_NUMBER(history_save(&scene.world, &wrapped), 0);
	struct stored_message file = history_text(&scene.world, &scene.bob, &scene.alice, "");
	file.kind = STORED_MESSAGE_OTHER;
	file.body = SLICE("tail\0\xff\xfe");
	CHECK_NUMBER(history_save(&scene.world, &file), 0);
	struct stored_message receipt = history_text(&scene.world, &scene.bob, &scene.alice, "tail");
	receipt.kind = STORED_MESSAGE_RECEIPT;
	CHECK_NUMBER(history_save(&scene.world, &receipt), 0);
	search_all(&scene, "tail");
	CHECK_TEXT(slice_text(scene.seen.text), "<tail");
	search_all(&scene, "head");
	CHECK_TEXT(slice_text(scene.seen.text), "");
	storage_world_close(&scene.world);
}

static void words_that_are_no_text_are_refused(void)
{
	struct scene scene;
	open_scene(&scene);
	search_all(&scene, "good \xff");
	CHECK_NUMBER(scene.seen.outcome.result, ERR_STORAGE_REFUSED);
	search_all(&scene, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17");
	CHECK_NUMBER(scene.seen.outcome.result, ERR_STORAGE_REFUSED);
	search_all(&scene, "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
	CHECK_NUMBER(scene.seen.outcome.result, 0);
	storage_world_close(&scene.world);
}

/* 30,000 messages, 20,000 of them in one second: more than is looked through at once, and too much for a stretch of
 * usual length. A needle stands in every thousandth. */
static void fill(struct scene *scene)
{
	CHECK(history_send(&scene->world, &scene->bob, &scene->alice, "x") > 0);
	CHECK(history_send(&scene->world, &scene->carol, &scene->alice, "x") > 0);
	storage_world_sql(
		&server,
		"INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, kind, identity,"
		"  sender, call_id, request_uri, from_value, to_value, headers, content_type, body)"
		" SELECT CASE WHEN i <= 20000 THEN (100000000000 + i / 20) << 20 ELSE (i::bigint * 3000000) << 20 END "
		"| i,"
		"  CASE WHEN i % 3 = 0 THEN b.id ELSE a.id END, CASE WHEN i % 3 = 0 THEN a.id ELSE b.id END, 1, 1, 1, "
		"1,"
		"  md5(i::text)::uuid, '', '', '', '', '', '', '',"
		"  convert_to(CASE WHEN i % 1000 = 7 THEN 'Needle ' ELSE 'hay ' END || i, 'UTF8')"
		" FROM accounts a, accounts b, generate_series(1, 30000) i"
		" WHERE a.user_name = 'alice' AND b.user_name = CASE WHEN i % 2 = 0 THEN 'bob' ELSE 'carol' END");
}

static void a_long_history_is_searched_to_its_beginning(void)
{
	struct scene scene;
	open_scene(&scene);
	fill(&scene);
	search(&scene, "needle", "", HISTORY_END, 50);
	CHECK_NUMBER(scene.seen.count, 30);
	CHECK(!scene.seen.more);
	for (unsigned i = 1; i < scene.seen.count; i++)
		CHECK(scene.seen.ids[i] < scene.seen.ids[i - 1]);
	int64_t all[30], before_id = HISTORY_END;
	memcpy(all, scene.seen.ids, sizeof(all));
	for (unsigned i = 0; i < 30; i += 7) {
		search(&scene, "NEEDLE", "", before_id, 7);
		CHECK_NUMBER(scene.seen.count, i + 7 <= 30 ? 7 : 30 - i);
		for (unsigned k = 0; k < scene.seen.count; k++)
			CHECK_NUMBER(scene.seen.ids[k], all[i + k]);
		CHECK_NUMBER(scene.seen.more, i + 7 < 30);
		before_id = scene.seen.ids[scene.seen.count - 1];
	}
	search(&scene, "needle", "", HISTORY_END, 30);
	CHECK_NUMBER(scene.seen.count, 30);
	CHECK(!scene.seen.more);
	storage_world_close(&scene.world);
}

static void large_texts_are_found_in_short_pages(void)
{
	struct scene scene;
	unsigned found = 0;
	int64_t before_id = HISTORY_END;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "x") > 0);
	storage_world_sql(
		&server,
		"INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, kind, identity,"
		"  sender, call_id, request_uri, from_value, to_value, headers, content_type, body)"
		" SELECT i, a.id, b.id, 1, 1, 1, 1, md5(i::text)::uuid, '', '', '', '', '', '', '',"
		"  convert_to(repeat('hay ', 25000) || 'needle', 'UTF8') FROM accounts a, accounts b, "
		"generate_series(1, 50) i"
		" WHERE a.user_name = 'alice' AND b.user_name = 'bob'");
	do {
		search(&scene, "needle", "", before_id, 50);
		for (unsigned i = 0; i < scene.seen.count; i++)
			CHECK_NUMBER(scene.seen.ids[i], 50 - (int64_t)found++);
		CHECK(scene.seen.count > 0 && scene.seen.count <= 21);
		before_id = scene.seen.ids[scene.seen.count - 1];
	} while (scene.seen.more);
	CHECK_NUMBER(found, 50);
	storage_world_close(&scene.world);
}

static void a_search_that_nobody_waits_for_ends(void)
{
	struct scene scene;
	struct slice word = SLICE("absent");
	open_scene(&scene);
	fill(&scene);
	struct history_search wanted = {
		.account_id = scene.alice.id, .words = &word, .word_count = 1, .before_id = HISTORY_END, .most = 5};
	scene.seen = (struct history_seen){.outcome.result = 1, .is_left = true};
	storage_search_history(scene.world.storage, &wanted, history_on_message, is_wanted, history_on_more,
			       &scene.seen);
	history_wait(&scene.world, &scene.seen);
	CHECK_NUMBER(scene.seen.outcome.result, 0);
	CHECK_NUMBER(scene.seen.outcome.calls, 1);
	storage_world_close(&scene.world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(the_case_of_letters_does_not_matter_in_any_script),
	DATABASE_TEST(signs_of_patterns_are_letters_like_others),
	DATABASE_TEST(the_newest_come_first_of_all_conversations_or_of_one),
	DATABASE_TEST(only_the_text_of_texts_is_looked_at),
	DATABASE_TEST(words_that_are_no_text_are_refused),
	DATABASE_TEST(a_long_history_is_searched_to_its_beginning),
	DATABASE_TEST(large_texts_are_found_in_short_pages),
	DATABASE_TEST(a_search_that_nobody_waits_for_ends),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
