/* Tables: finding, growing, removing, and the keyed hash. SPDX-License-Identifier: MIT */
#include "base/table.h"

#include "base/error.h"
#include "base/random.h"
#include "test.h"

#include <stddef.h>

#define MEMBERS 1000

struct member {
	struct table_link link;
	uint32_t key;
};

static bool matches(const struct table_link *link, const void *key)
{
	const struct member *member = CONTAINER_OF((struct table_link *)(uintptr_t)link, struct member, link);
	return member->key == *(const uint32_t *)key;
}

static struct member *find(const struct table *table, uint32_t key)
{
	struct table_link *link = table_find(table, table_hash(table, &key, sizeof(key)), matches, &key);
	return link ? CONTAINER_OF(link, struct member, link) : NULL;
}

static void insert(struct table *table, struct member *member, uint32_t key)
{
	member->key = key;
	table_insert(table, &member->link, table_hash(table, &key, sizeof(key)));
}

/* Where memory for growing is short, chains grow instead: everything is found in starved runs too. */
static void members_are_found_while_the_table_grows_and_shrinks(void)
{
	struct member members[MEMBERS];
	CLEANUP(table_finish) struct table table = {0};
	if (table_init(&table) != 0)
		return;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		insert(&table, &members[i], i);
		CHECK(find(&table, i) == &members[i]);
		CHECK(!find(&table, i + 1));
	}
	CHECK_NUMBER(table.count, MEMBERS);
	CHECK(test_is_starved() || table.bucket_count >= MEMBERS / 2);
	for (uint32_t i = 0; i < MEMBERS; i += 2)
		table_remove(&table, &members[i].link);
	for (uint32_t i = 0; i < MEMBERS; i++)
		CHECK(find(&table, i) == (i % 2 == 0 ? NULL : &members[i]));
	CHECK_NUMBER(table.count, MEMBERS / 2);
	for (uint32_t i = 1; i < MEMBERS - 10; i += 2)
		table_remove(&table, &members[i].link);
	CHECK(test_is_starved() || table.bucket_count < MEMBERS / 4);
	for (uint32_t i = MEMBERS - 10; i < MEMBERS; i++)
		CHECK(find(&table, i) == (i % 2 == 0 ? NULL : &members[i]));
}

static void members_of_one_hash_are_told_apart_by_their_keys(void)
{
	struct member members[3] = {{.key = 1}, {.key = 2}, {.key = 3}};
	CLEANUP(table_finish) struct table table = {0};
	CHECK_NUMBER(table_init(&table), 0);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		table_insert(&table, &members[i].link, 42);
	uint32_t key = 2;
	CHECK(table_find(&table, 42, matches, &key) == &members[1].link);
	table_remove(&table, &members[1].link);
	CHECK(!table_find(&table, 42, matches, &key));
	key = 1;
	CHECK(table_find(&table, 42, matches, &key) == &members[0].link);
}

struct walk {
	struct table *table;
	unsigned seen, stop_after;
};

static bool remove_odd(struct table_link *link, void *arg)
{
	struct walk *walk = arg;
	walk->seen++;
	if (CONTAINER_OF(link, struct member, link)->key % 2 == 1)
		table_remove(walk->table, link);
	return walk->seen < walk->stop_after;
}

static void a_walk_meets_each_member_once_and_may_remove_it(void)
{
	struct member members[100];
	CLEANUP(table_finish) struct table table = {0};
	CHECK_NUMBER(table_init(&table), 0);
	for (uint32_t i = 0; i < ARRAY_SIZE(members); i++)
		insert(&table, &members[i], i);
	struct walk walk = {.table = &table, .stop_after = 1000};
	table_each(&table, remove_odd, &walk);
	CHECK_NUMBER(walk.seen, 100);
	CHECK_NUMBER(table.count, 50);
	walk = (struct walk){.table = &table, .stop_after = 7};
	table_each(&table, remove_odd, &walk);
	CHECK_NUMBER(walk.seen, 7);
}

static void a_table_that_was_never_made_is_empty(void)
{
	struct table table = {0};
	uint32_t key = 1;
	CHECK(!table_find(&table, 1, matches, &key));
	struct walk walk = {.table = &table, .stop_after = 10};
	table_each(&table, remove_odd, &walk);
	CHECK_NUMBER(walk.seen, 0);
	table_finish(&table);
}

/* Computed apart from this code, with the key 00 01 … 0f and the input 00 01 … of that length. */
static void the_hash_is_siphash_1_3(void)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} rows[] = {
		{0, UINT64_C(0xabac0158050fc4dc)},  {1, UINT64_C(0xc9f49bf37d57ca93)},
		{7, UINT64_C(0xd3927d989bb11140)},  {8, UINT64_C(0x369095118d299a8e)},
		{9, UINT64_C(0x25a48eb36c063de4)},  {15, UINT64_C(0xd320d86d2a519956)},
		{16, UINT64_C(0xcc4fdd1a7d908b66)}, {63, UINT64_C(0x9d199062b7bbb3a8)},
	};
	struct table table = {.secret = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
	unsigned char input[64];
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (unsigned char)i;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		CHECK(table_hash(&table, input, rows[i].length) == rows[i].hash);
}

static void the_hash_without_case_is_that_of_the_lower_case_text(void)
{
	struct table table = {.secret = {1, 2}};
	unsigned char any[256], lower[256];
	for (unsigned i = 0; i < 256; i++) {
		any[i] = (unsigned char)i;
		lower[i] = (unsigned char)(i >= 'A' && i <= 'Z' ? i + 32 : i);
	}
	for (size_t start = 0; start < 256; start++) {
		for (size_t length = 0; length <= 20 && start + length <= 256; length++)
			CHECK(table_hash_nocase(&table, slice_of((char *)any + start, length)) ==
			      table_hash(&table, lower + start, length));
	}
	CHECK(table_hash_nocase(&table, SLICE("z9hG4bK-ABC")) == table_hash_nocase(&table, SLICE("Z9hg4bk-abc")));
	CHECK(table_hash_nocase(&table, slice_text(NULL)) == table_hash(&table, NULL, 0));
}

static void the_hash_of_parts_tells_where_one_ends(void)
{
	CLEANUP(table_finish) struct table table = {0};
	CHECK(table_init(&table) == 0);
	const struct slice texts[][2] = {
		{SLICE("alice"), SLICE("bob")}, {SLICE("aliceb"), SLICE("ob")}, {SLICE("alicebob"), SLICE("")},
		{SLICE(""), SLICE("alicebob")}, {SLICE("bob"), SLICE("alice")}, {SLICE("alice"), {"bob\0", 4}},
	};
	uint64_t hashes[ARRAY_SIZE(texts)][2];
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		table_hash_parts(&table, texts[i], 2, hashes[i]);
		CHECK(hashes[i][0] != hashes[i][1]);
		for (size_t k = 0; k < i; k++)
			CHECK(hashes[i][0] != hashes[k][0] && hashes[i][1] != hashes[k][1]);
	}
	uint64_t again[2];
	table_hash_parts(&table, texts[0], 2, again);
	CHECK(again[0] == hashes[0][0] && again[1] == hashes[0][1]);
}

static void tables_have_secrets_of_their_own(void)
{
	CLEANUP(table_finish) struct table a = {0};
	CLEANUP(table_finish) struct table b = {0};
	CHECK_NUMBER(table_init(&a), 0);
	CHECK_NUMBER(table_init(&b), 0);
	CHECK(table_hash(&a, "bob", 3) != table_hash(&b, "bob", 3));
}

static void tokens_are_terminated_and_differ(void)
{
	char tokens[100][17];
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
		random_token(tokens[i], 16);
		CHECK_NUMBER(strlen(tokens[i]), 16);
		CHECK_NUMBER(strspn(tokens[i], "0123456789abcdefghijklmnopqrstuvwxyz"), 16);
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(tokens[i], tokens[j]) != 0);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"members_are_found_while_the_table_grows_and_shrinks",
		 members_are_found_while_the_table_grows_and_shrinks, TEST_PLAIN},
		{"members_of_one_hash_are_told_apart_by_their_keys", members_of_one_hash_are_told_apart_by_their_keys,
		 TEST_PLAIN},
		{"a_walk_meets_each_member_once_and_may_remove_it", a_walk_meets_each_member_once_and_may_remove_it,
		 TEST_PLAIN},
		{"a_table_that_was_never_made_is_empty", a_table_that_was_never_made_is_empty, TEST_PLAIN},
		{"the_hash_is_siphash_1_3", the_hash_is_siphash_1_3, TEST_PLAIN},
		{"the_hash_without_case_is_that_of_the_lower_case_text",
		 the_hash_without_case_is_that_of_the_lower_case_text, TEST_PLAIN},
		{"the_hash_of_parts_tells_where_one_ends", the_hash_of_parts_tells_where_one_ends, TEST_PLAIN},
		{"tables_have_secrets_of_their_own", tables_have_secrets_of_their_own, TEST_PLAIN},
		{"tokens_are_terminated_and_differ", tokens_are_terminated_and_differ, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
