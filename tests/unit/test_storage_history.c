/* The contract of storage/history.h on a real PostgreSQL: who reads what, page by page, and how far he has read.
 * SPDX-License-Identifier: MIT */
#include "history_world.h"

#include <stdlib.h>

#define ALICE "alice@example.test"
#define BOB "bob@example.test"

static struct postgres server;

struct scene {
	struct storage_world world;
	struct person alice, bob, carol;
	struct history_seen seen;
};

static void open_scene(struct scene *scene)
{
	storage_world_open(&scene->world, &server, NULL);
	scene->alice = history_person(&server, "alice", ALICE);
	scene->bob = history_person(&server, "bob", BOB);
	scene->carol = history_person(&server, "carol", "carol@example.test");
}

static int mark(struct scene *scene, const struct person *who, const char *peer, int64_t id)
{
	struct outcome outcome = {.result = 1};
	storage_mark_read(scene->world.storage, who->id, slice_text(peer), id, outcome_done, &outcome);
	while (outcome.calls == 0)
		storage_world_turn(&scene->world);
	return outcome.result;
}

/* The rows, once somebody reads: they are written behind the messages. */
static int64_t count_conversations(struct scene *scene)
{
	struct history_seen seen;
	history_list(&scene->world, &scene->alice, HISTORY_END, 1, &seen);
	return storage_world_sql(&server, "SELECT count(*) FROM conversations");
}

/* --- messages -------------------------------------------------------------------------------------------------- */

static void both_sides_read_a_conversation_in_its_order(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "hello") > 0);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "hi") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "lunch?") > 0);
	history_read(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_NUMBER(scene.seen.outcome.result, 0);
	CHECK_TEXT(slice_text(scene.seen.text), ">hello <hi >lunch?");
	CHECK_TEXT(slice_text(scene.seen.peers), "bob bob bob");
	CHECK(!scene.seen.more);
	CHECK_NUMBER(scene.seen.last.sender_id, scene.alice.id);
	CHECK_NUMBER(scene.seen.last.cseq, 4294967295U);
	CHECK_NUMBER(scene.seen.last.kind, STORED_MESSAGE_TEXT);
	history_read(&scene.world, &scene.bob, ALICE, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<hello >hi <lunch?");
	CHECK_TEXT(slice_text(scene.seen.peers), "alice alice alice");
	storage_world_close(&scene.world);
}

static void nobody_else_reads_it(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "hello") > 0);
	const char *const peers[] = {ALICE, BOB, "carol@example.test", ""};
	for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
		history_read(&scene.world, &scene.carol, peers[i], &scene.seen);
		CHECK_NUMBER(scene.seen.outcome.result, 0);
		CHECK_NUMBER(scene.seen.count, 0);
		history_conversation(&scene.world, &scene.carol, peers[i], &scene.seen);
		CHECK_TEXT(slice_text(scene.seen.peers), "");
		CHECK_NUMBER(mark(&scene, &scene.carol, peers[i], INT64_MAX), ERR_EXISTS);
	}
	history_list(&scene.world, &scene.carol, HISTORY_END, 10, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 0);
	storage_world_close(&scene.world);
}

/* The ids of all messages, from one end to the other. */
static unsigned walk(struct scene *scene, bool is_after, unsigned most, int64_t *ids)
{
	struct history_page page = {.account_id = scene->alice.id,
				    .peer = SLICE(BOB),
				    .id = is_after ? 0 : HISTORY_END,
				    .is_after = is_after,
				    .most = most};
	unsigned count = 0;
	do {
		history_page(&scene->world, &page, &scene->seen);
		if (scene->seen.count == 0 || scene->seen.count > most || count + scene->seen.count > 2000)
			return 0;
		for (unsigned i = 0; i < scene->seen.count; i++)
			ids[count++] = scene->seen.ids[is_after ? i : scene->seen.count - 1 - i];
		page.id = ids[count - 1];
	} while (scene->seen.more);
	return count;
}

static void pages_meet_without_a_gap_or_a_double(void)
{
	struct scene scene;
	static int64_t ids[2000];
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "first") > 0);
	CHECK(history_send(&scene.world, &scene.carol, &scene.alice, "between") > 0);
	storage_world_sql(
		&server,
		"INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, identity,"
		"  sender, call_id, request_uri, from_value, to_value, headers, content_type, body)"
		" SELECT i, CASE WHEN i % 3 = 0 THEN b.id ELSE a.id END,"
		"  CASE WHEN i % 3 = 0 THEN a.id ELSE b.id END, 1, 1, 1, md5(i::text)::uuid, '', '', '', '', '',"
		"  '', '', '' FROM accounts a, accounts b, generate_series(1, 1049) i"
		" WHERE a.user_name = 'alice' AND b.user_name = 'bob'");
	static const unsigned sizes[] = {1049, 500, 97, 1050};
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		CHECK_NUMBER(walk(&scene, false, sizes[i], ids), 1050);
		for (unsigned k = 1; k < 1050; k++)
			CHECK_NUMBER(ids[k], 1050 - k);
		CHECK_NUMBER(walk(&scene, true, sizes[i], ids), 1050);
		for (unsigned k = 0; k < 1049; k++)
			CHECK_NUMBER(ids[k], k + 1);
	}
	storage_world_close(&scene.world);
}

static void large_messages_make_short_pages(void)
{
	struct scene scene;
	static int64_t ids[2000];
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "the last") > 0);
	storage_world_sql(&server,
			  "INSERT INTO messages (id, receiver_id, sender_id, received_at, expires_at, cseq, identity,"
			  "  sender, call_id, request_uri, from_value, to_value, headers, content_type, body)"
			  " SELECT i, b.id, a.id, 1, 1, 1, md5(i::text)::uuid, '', '', '', '', '', '', '',"
			  "  convert_to(repeat('x', CASE i WHEN 20 THEN 3000000 ELSE 100000 END), 'UTF8')"
			  " FROM accounts a, accounts b, generate_series(1, 49) i"
			  " WHERE a.user_name = 'alice' AND b.user_name = 'bob'");
	CHECK_NUMBER(walk(&scene, false, 500, ids), 50);
	for (unsigned k = 1; k < 50; k++)
		CHECK_NUMBER(ids[k], 50 - k);
	CHECK_NUMBER(walk(&scene, true, 500, ids), 50);
	for (unsigned k = 0; k < 49; k++)
		CHECK_NUMBER(ids[k], k + 1);
	struct history_page page = {.account_id = scene.alice.id, .peer = SLICE(BOB), .id = HISTORY_END, .most = 500};
	history_page(&scene.world, &page, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 22); /* "the last", and 21 of them, which have just more than 2 MiB */
	CHECK(scene.seen.more);
	page.is_after = true;
	page.id = 19;
	history_page(&scene.world, &page, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 1);
	CHECK(scene.seen.more);
	storage_world_close(&scene.world);
}

static void messages_to_oneself_appear_once(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.alice, "note") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.alice, "another") > 0);
	history_read(&scene.world, &scene.alice, ALICE, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">note >another");
	history_list(&scene.world, &scene.alice, HISTORY_END, 10, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">another");
	CHECK_TEXT(slice_text(scene.seen.peers), "alice");
	CHECK_NUMBER(scene.seen.unread, 0);
	CHECK_NUMBER(count_conversations(&scene), 1);
	storage_world_close(&scene.world);
}

static void who_is_no_account_has_a_conversation_of_his_own(void)
{
	struct scene scene;
	struct person door = {0, "door@example.test"}, bell = {0, "bell@example.test"};
	open_scene(&scene);
	CHECK(history_send(&scene.world, &door, &scene.alice, "open") > 0);
	CHECK(history_send(&scene.world, &bell, &scene.alice, "ring") > 0);
	struct stored_message kept = history_text(&scene.world, &door, &scene.alice, "closed");
	kept.taken = false;
	CHECK_NUMBER(history_save(&scene.world, &kept), 0);
	history_read(&scene.world, &scene.alice, door.aor, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<open <*closed");
	CHECK_NUMBER(scene.seen.last.sender_id, 0);
	history_read(&scene.world, &scene.alice, bell.aor, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<ring");
	CHECK_NUMBER(count_conversations(&scene), 2);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages WHERE sender_id < 0"), 3);
	storage_world_close(&scene.world);
}

static void what_is_said_to_be_a_text_but_is_none_is_something_else(void)
{
	static const char *const bodies[] = {"\xff", "ok \xc3", "\xed\xa0\x80", "short"};
	static const uint32_t text_at[] = {0, 0, 0, 6};
	struct scene scene;
	open_scene(&scene);
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct stored_message message = history_text(&scene.world, &scene.alice, &scene.bob, bodies[i]);
		message.text_at = text_at[i];
		CHECK_NUMBER(history_save(&scene.world, &message), 0);
	}
	struct stored_message zero = history_text(&scene.world, &scene.alice, &scene.bob, "");
	zero.body = SLICE("a\0b");
	CHECK_NUMBER(history_save(&scene.world, &zero), 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages WHERE kind = 0 AND text_at = 0"), 5);
	storage_world_close(&scene.world);
}

/* --- kept and delivered ---------------------------------------------------------------------------------------- */

static void what_is_kept_becomes_delivered(void)
{
	struct scene scene;
	struct outcome settled = {.result = 1};
	open_scene(&scene);
	struct stored_message message = history_text(&scene.world, &scene.alice, &scene.bob, "later");
	message.taken = false;
	CHECK_NUMBER(history_save(&scene.world, &message), 0);
	history_read(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">*later");
	storage_settle_debt(scene.world.storage, scene.bob.id, 5, message.id, true, outcome_done, &settled);
	WAIT_FOR(&scene.world, settled.calls == 1);
	history_conversation(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">later");
	storage_world_close(&scene.world);
}

static void purge(struct scene *scene, int64_t history_s)
{
	do {
		scene->seen = (struct history_seen){.outcome.result = 1};
		storage_purge(scene->world.storage, history_s, 365 * DAY_S, 2, history_on_more, &scene->seen);
		history_wait(&scene->world, &scene->seen);
	} while (scene->seen.more);
}

static void what_has_expired_untaken_is_never_called_delivered(void)
{
	struct scene scene;
	open_scene(&scene);
	struct stored_message message = history_text(&scene.world, &scene.alice, &scene.bob, "too late");
	message.taken = false;
	message.expires_at_s = (int64_t)time(NULL) - 10;
	CHECK_NUMBER(history_save(&scene.world, &message), 0);
	purge(&scene, 30 * DAY_S);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM debts"), 0);
	history_read(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">*too late");
	storage_world_close(&scene.world);
}

static void purging_leaves_no_conversation_without_messages(void)
{
	struct scene scene;
	open_scene(&scene);
	for (unsigned i = 0; i < 3; i++)
		CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "x") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.carol, "x") > 0);
	storage_world_sql(&server, "UPDATE messages SET received_at = 1 WHERE receiver_id ="
				   " (SELECT id FROM accounts WHERE user_name = 'bob')");
	purge(&scene, 30 * DAY_S);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM messages"), 1);
	CHECK_NUMBER(count_conversations(&scene), 4); /* touched today */
	history_list(&scene.world, &scene.alice, HISTORY_END, 10, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.peers), "carol");
	storage_world_sql(&server, "UPDATE conversations SET touched_on = touched_on - 10");
	purge(&scene, 30 * DAY_S);
	CHECK_NUMBER(count_conversations(&scene), 2);
	/* Of an account that is gone nothing is needed. */
	storage_world_sql(&server, "DELETE FROM accounts WHERE user_name = 'alice'");
	purge(&scene, 30 * DAY_S);
	CHECK_NUMBER(count_conversations(&scene), 1);
	storage_world_close(&scene.world);
}

/* --- unread ---------------------------------------------------------------------------------------------------- */

static unsigned unread(struct scene *scene)
{
	history_conversation(&scene->world, &scene->alice, BOB, &scene->seen);
	return scene->seen.unread;
}

static void unread_are_texts_behind_the_mark_and_the_last_answer(void)
{
	struct scene scene;
	int64_t ids[4];
	open_scene(&scene);
	for (unsigned i = 0; i < 4; i++) {
		ids[i] = history_send(&scene.world, &scene.bob, &scene.alice, "text");
		CHECK(ids[i] > 0);
	}
	CHECK_NUMBER(unread(&scene), 4);
	/* Receipts and other things count in neither direction. */
	struct stored_message receipt = history_text(&scene.world, &scene.bob, &scene.alice, "<imdn/>");
	receipt.kind = STORED_MESSAGE_RECEIPT;
	CHECK_NUMBER(history_save(&scene.world, &receipt), 0);
	struct stored_message file = history_text(&scene.world, &scene.bob, &scene.alice, "PNG");
	file.kind = STORED_MESSAGE_OTHER;
	CHECK_NUMBER(history_save(&scene.world, &file), 0);
	struct stored_message answer = history_text(&scene.world, &scene.alice, &scene.bob, "<imdn/>");
	answer.kind = STORED_MESSAGE_RECEIPT;
	CHECK_NUMBER(history_save(&scene.world, &answer), 0);
	CHECK_NUMBER(unread(&scene), 4);
	CHECK_TEXT(slice_text(scene.seen.text), "<PNG");

	CHECK_NUMBER(mark(&scene, &scene.alice, BOB, ids[1]), 0);
	CHECK_NUMBER(unread(&scene), 2);
	CHECK_NUMBER(scene.seen.read_id, ids[1]);
	CHECK_NUMBER(mark(&scene, &scene.alice, BOB, ids[0]), ERR_EXISTS);
	CHECK_NUMBER(mark(&scene, &scene.alice, BOB, ids[1]), ERR_EXISTS);
	CHECK_NUMBER(unread(&scene), 2);

	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "answer") > 0);
	CHECK_NUMBER(unread(&scene), 0);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "new") > 0);
	CHECK_NUMBER(unread(&scene), 1);
	storage_world_close(&scene.world);
}

static void a_mark_does_not_reach_beyond_what_was_received(void)
{
	struct scene scene;
	open_scene(&scene);
	int64_t id = history_send(&scene.world, &scene.bob, &scene.alice, "one");
	CHECK_NUMBER(mark(&scene, &scene.alice, BOB, INT64_MAX), 0);
	CHECK_NUMBER(unread(&scene), 0);
	CHECK_NUMBER(scene.seen.read_id, id);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "two") > 0);
	CHECK_NUMBER(unread(&scene), 1);
	/* The other side has read as far as it has. */
	history_conversation(&scene.world, &scene.bob, ALICE, &scene.seen);
	CHECK_NUMBER(scene.seen.read_id, 0);
	storage_world_close(&scene.world);
}

static void marks_that_come_together_never_move_back(void)
{
	struct scene scene;
	struct outcome outcomes[4] = {{.result = 1}, {.result = 1}, {.result = 1}, {.result = 1}};
	int64_t ids[4];
	open_scene(&scene);
	for (unsigned i = 0; i < 3; i++)
		ids[i] = history_send(&scene.world, &scene.bob, &scene.alice, "x");
	ids[3] = history_send(&scene.world, &scene.carol, &scene.alice, "y");
	static const unsigned order[] = {1, 2, 0};
	for (unsigned i = 0; i < 3; i++)
		storage_mark_read(scene.world.storage, scene.alice.id, SLICE(BOB), ids[order[i]], outcome_done,
				  &outcomes[order[i]]);
	storage_mark_read(scene.world.storage, scene.alice.id, SLICE("carol@example.test"), ids[3], outcome_done,
			  &outcomes[3]);
	for (unsigned i = 0; i < 4; i++)
		WAIT_FOR(&scene.world, outcomes[i].calls == 1);
	CHECK_NUMBER(outcomes[1].result, 0);
	CHECK_NUMBER(outcomes[2].result, 0);
	CHECK_NUMBER(outcomes[0].result, ERR_EXISTS);
	CHECK_NUMBER(outcomes[3].result, 0);
	CHECK_NUMBER(unread(&scene), 0);
	storage_world_close(&scene.world);
}

static void unread_stop_being_counted_at_a_hundred(void)
{
	struct scene scene;
	static struct outcome outcomes[130];
	open_scene(&scene);
	for (unsigned i = 0; i < 130; i++) {
		struct stored_message message = history_text(&scene.world, &scene.bob, &scene.alice, "x");
		outcomes[i] = (struct outcome){.result = 1};
		storage_save_message(scene.world.storage, &message, NULL, 0, outcome_done, &outcomes[i]);
	}
	for (unsigned i = 0; i < 130; i++)
		WAIT_FOR(&scene.world, outcomes[i].calls == 1);
	CHECK_NUMBER(unread(&scene), STORAGE_UNREAD_MOST);
	storage_world_close(&scene.world);
}

/* --- the list -------------------------------------------------------------------------------------------------- */

static void conversations_are_listed_newest_first_and_page_by_page(void)
{
	struct scene scene;
	char name[32];
	open_scene(&scene);
	for (unsigned i = 0; i < 9; i++) {
		(void)snprintf(name, sizeof(name), "p%u@example.test", i);
		struct person peer = {0, name};
		CHECK(history_send(&scene.world, &peer, &scene.alice, "x") > 0);
	}
	struct person third = {0, "p3@example.test"};
	CHECK(history_send(&scene.world, &third, &scene.alice, "again") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "sent") > 0);
	history_list(&scene.world, &scene.alice, HISTORY_END, 4, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.peers), "bob p3 p8 p7");
	CHECK_TEXT(slice_text(scene.seen.text), ">sent <again <x <x");
	CHECK(scene.seen.more);
	history_list(&scene.world, &scene.alice, scene.seen.ids[3], 4, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.peers), "p6 p5 p4 p2");
	CHECK(scene.seen.more);
	history_list(&scene.world, &scene.alice, scene.seen.ids[3], 2, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.peers), "p1 p0");
	CHECK(!scene.seen.more);
	history_list(&scene.world, &scene.alice, scene.seen.ids[1], 2, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 0);
	storage_world_close(&scene.world);
}

static void reads_that_come_together_are_answered_each(void)
{
	struct scene scene;
	static struct history_seen seen[12];
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "b") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.carol, "c") > 0);
	const struct person *const people[] = {&scene.alice, &scene.bob, &scene.carol, &scene.alice};
	const char *const peers[] = {BOB, ALICE, "nobody@example.test", "carol@example.test"};
	for (unsigned i = 0; i < 4; i++) {
		struct history_page page = {
			.account_id = people[i]->id, .peer = slice_text(peers[i]), .id = HISTORY_END, .most = 10};
		storage_load_history(scene.world.storage, &page, history_on_message, history_on_more, &seen[i]);
		storage_load_conversation(scene.world.storage, people[i]->id, slice_text(peers[i]),
					  history_on_conversation, outcome_done, &seen[4 + i]);
		storage_load_conversations(scene.world.storage, people[i]->id, HISTORY_END, 10, history_on_conversation,
					   history_on_more, &seen[8 + i]);
	}
	static const char *const wanted[] = {">b", "<b", "", ">c", ">b", "<b", "", ">c", ">c >b", "<b", "<c", ">c >b"};
	for (unsigned i = 0; i < 12; i++) {
		WAIT_FOR(&scene.world, seen[i].outcome.calls == 1);
		CHECK_TEXT(slice_text(seen[i].text), wanted[i]);
	}
	storage_world_close(&scene.world);
}

/* --- rows of conversations ------------------------------------------------------------------------------------- */

static void the_rows_of_a_conversation_are_written_once_a_day(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK_NUMBER(count_conversations(&scene), 0); /* what is done at the start is done */
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "x") > 0);
	CHECK_NUMBER(count_conversations(&scene), 2);
	storage_world_sql(&server, "TRUNCATE conversations");
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "x") > 0);
	CHECK_NUMBER(count_conversations(&scene), 0);
	struct stored_message tomorrow = history_text(&scene.world, &scene.alice, &scene.bob, "x");
	tomorrow.received_at_ms += DAY_MS;
	CHECK_NUMBER(history_save(&scene.world, &tomorrow), 0);
	CHECK_NUMBER(count_conversations(&scene), 2);
	/* A receipt begins none. */
	struct stored_message receipt = history_text(&scene.world, &scene.bob, &scene.carol, "x");
	receipt.kind = STORED_MESSAGE_RECEIPT;
	CHECK_NUMBER(history_save(&scene.world, &receipt), 0);
	CHECK_NUMBER(count_conversations(&scene), 2);
	storage_world_close(&scene.world);
}

static void rows_are_written_behind_the_messages_and_at_the_end(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK_NUMBER(count_conversations(&scene), 0); /* what is done at the start is done */
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "x") > 0);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM conversations"), 0);
	storage_world_close(&scene.world);
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM conversations"), 2);
}

/* More than are held back, a batch at a time. */
static void very_many_do_not_wait_for_a_reader(void)
{
	enum { BATCH = 3000, BATCHES = 7 };
	struct scene scene;
	static struct outcome outcomes[BATCH];
	char name[32];
	open_scene(&scene);
	CHECK_NUMBER(count_conversations(&scene), 0);
	for (unsigned i = 0; i < BATCH * BATCHES; i++) {
		(void)snprintf(name, sizeof(name), "p%u@example.test", i);
		struct person peer = {0, name};
		struct stored_message message = history_text(&scene.world, &peer, &scene.alice, "x");
		outcomes[i % BATCH] = (struct outcome){.result = 1};
		storage_save_message(scene.world.storage, &message, NULL, 0, outcome_done, &outcomes[i % BATCH]);
		for (unsigned k = 0; k < BATCH && i % BATCH == BATCH - 1; k++)
			WAIT_FOR(&scene.world, outcomes[k].calls == 1);
	}
	WAIT_FOR(&scene.world, storage_world_sql(&server, "SELECT count(*) FROM conversations") >= 20000);
	CHECK_NUMBER(count_conversations(&scene), BATCH * BATCHES);
	storage_world_close(&scene.world);
}

static void what_a_crash_has_left_out_is_found_at_the_next_start(void)
{
	struct scene scene;
	open_scene(&scene);
	struct person door = {0, "door@example.test"};
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "to bob") > 0);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "to alice") > 0);
	CHECK(history_send(&scene.world, &scene.alice, &scene.alice, "to myself") > 0);
	CHECK(history_send(&scene.world, &door, &scene.alice, "ring") > 0);
	storage_world_close(&scene.world);
	storage_world_sql(&server, "TRUNCATE conversations");
	storage_world_start(&scene.world, &server, NULL);
	history_list(&scene.world, &scene.alice, HISTORY_END, 10, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<ring >to myself <to alice");
	CHECK_TEXT(slice_text(scene.seen.peers), "door alice bob");
	history_list(&scene.world, &scene.bob, HISTORY_END, 10, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">to alice");
	CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM conversations"), 4);
	storage_world_close(&scene.world);
}

static void what_a_crash_has_left_out_is_found_after_any_time(void)
{
	static const char *const times[] = {"599000", "3600000", "86400000", "31536000000"};
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "to bob") > 0);
	storage_world_close(&scene.world);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char sql[200];
		(void)snprintf(sql, sizeof sql, "UPDATE messages SET received_at = received_at - %s", times[i]);
		storage_world_sql(&server, "TRUNCATE conversations");
		storage_world_sql(&server, sql);
		storage_world_start(&scene.world, &server, NULL);
		history_list(&scene.world, &scene.bob, HISTORY_END, 10, &scene.seen);
		CHECK_TEXT(slice_text(scene.seen.text), "<to bob");
		CHECK_NUMBER(storage_world_sql(&server, "SELECT count(*) FROM conversations"), 2);
		storage_world_close(&scene.world);
	}
}

static void rows_outlast_an_outage_of_the_database(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "x") > 0);
	unsigned away = scene.world.became_away;
	postgres_kill(&server);
	WAIT_FOR(&scene.world, scene.world.became_away > away);
	CHECK(postgres_start(&server));
	WAIT_FOR(&scene.world, scene.world.available);
	CHECK_NUMBER(count_conversations(&scene), 2);
	storage_world_close(&scene.world);
}

static void both_begin_a_conversation_in_one_batch(void)
{
	struct scene scene;
	struct outcome outcomes[4] = {{.result = 1}, {.result = 1}, {.result = 1}, {.result = 1}};
	open_scene(&scene);
	WAIT_FOR(&scene.world, scene.world.available);
	for (unsigned i = 0; i < 4; i++) {
		const struct person *from = i % 2 ? &scene.bob : &scene.alice, *to = i % 2 ? &scene.alice : &scene.bob;
		struct stored_message message = history_text(&scene.world, from, to, "x");
		storage_save_message(scene.world.storage, &message, NULL, 0, outcome_done, &outcomes[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		WAIT_FOR(&scene.world, outcomes[i].calls == 1);
		CHECK_NUMBER(outcomes[i].result, 0);
	}
	CHECK_NUMBER(count_conversations(&scene), 2);
	storage_world_close(&scene.world);
}

static void remove_account(const char *user)
{
	char error[ADMINISTRATION_ERROR_SIZE];
	struct administration *administration = administration_open(server.connection, error);
	if (!administration || administration_remove_account(administration, slice_text(user), SLICE("example.test")))
		abort();
	administration_close(administration);
}

static void an_account_made_anew_has_no_share_in_what_the_old_one_wrote(void)
{
	struct scene scene;
	open_scene(&scene);
	CHECK(history_send(&scene.world, &scene.alice, &scene.bob, "sent by the old one") > 0);
	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "got by the old one") > 0);
	remove_account("alice");
	scene.alice = history_person(&server, "alice", ALICE);
	history_list(&scene.world, &scene.alice, HISTORY_END, 10, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 0);
	history_read(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_NUMBER(scene.seen.count, 0);
	/* bob still has what he got. */
	history_read(&scene.world, &scene.bob, ALICE, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<sent by the old one");

	CHECK(history_send(&scene.world, &scene.bob, &scene.alice, "welcome") > 0);
	history_read(&scene.world, &scene.alice, BOB, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), "<welcome");
	history_read(&scene.world, &scene.bob, ALICE, &scene.seen);
	CHECK_TEXT(slice_text(scene.seen.text), ">welcome");
	CHECK_NUMBER(count_conversations(&scene), 2);
	storage_world_close(&scene.world);
}

#define DATABASE_TEST(name)                                                                                            \
	{                                                                                                              \
#name, name, TEST_WITHOUT_OOM                                                                          \
	}

static const struct test tests[] = {
	DATABASE_TEST(both_sides_read_a_conversation_in_its_order),
	DATABASE_TEST(nobody_else_reads_it),
	DATABASE_TEST(pages_meet_without_a_gap_or_a_double),
	DATABASE_TEST(large_messages_make_short_pages),
	DATABASE_TEST(messages_to_oneself_appear_once),
	DATABASE_TEST(who_is_no_account_has_a_conversation_of_his_own),
	DATABASE_TEST(what_is_said_to_be_a_text_but_is_none_is_something_else),
	DATABASE_TEST(what_is_kept_becomes_delivered),
	DATABASE_TEST(what_has_expired_untaken_is_never_called_delivered),
	DATABASE_TEST(purging_leaves_no_conversation_without_messages),
	DATABASE_TEST(unread_are_texts_behind_the_mark_and_the_last_answer),
	DATABASE_TEST(a_mark_does_not_reach_beyond_what_was_received),
	DATABASE_TEST(marks_that_come_together_never_move_back),
	DATABASE_TEST(unread_stop_being_counted_at_a_hundred),
	DATABASE_TEST(conversations_are_listed_newest_first_and_page_by_page),
	DATABASE_TEST(reads_that_come_together_are_answered_each),
	DATABASE_TEST(the_rows_of_a_conversation_are_written_once_a_day),
	DATABASE_TEST(rows_are_written_behind_the_messages_and_at_the_end),
	DATABASE_TEST(very_many_do_not_wait_for_a_reader),
	DATABASE_TEST(what_a_crash_has_left_out_is_found_at_the_next_start),
	DATABASE_TEST(what_a_crash_has_left_out_is_found_after_any_time),
	DATABASE_TEST(rows_outlast_an_outage_of_the_database),
	DATABASE_TEST(both_begin_a_conversation_in_one_batch),
	DATABASE_TEST(an_account_made_anew_has_no_share_in_what_the_old_one_wrote),
};

int main(int argc, char **argv)
{
	int status = EXIT_FAILURE;
	if (postgres_open(&server, false) && storage_world_migrate(&server))
		status = test_run(argc, argv, tests, ARRAY_SIZE(tests));
	postgres_close(&server);
	return status;
}
