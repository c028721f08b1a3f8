/* Pages of lists that have no order. SPDX-License-Identifier: MIT */
#include "api/page.h"
#include "base/error.h"
#include "test.h"

#include <stdio.h>

enum { KEYS = 1000 };

static char keys[KEYS][8];

/* In an order that is neither rising nor falling. */
static void offer_all(struct page *page)
{
	for (int i = 0; i < KEYS; i++) {
		int at = i * 377 % KEYS;
		(void)snprintf(keys[at], sizeof keys[at], "k%04d", at);
		const struct slice parts[] = {slice_text(keys[at])};
		int *kept = page_offer(page, parts, 1);
		if (kept)
			*kept = at;
	}
	page_sort(page);
}

/* Takes the text of "next" out of {"next":"…"}; empty: null. */
static struct slice read_next(struct slice text)
{
	struct slice rest = text;
	(void)slice_take(&rest, ':');
	(void)slice_take(&rest, '"');
	return slice_take(&rest, '"');
}

static void pages_together_are_the_list_in_order(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	struct slice after = SLICE("");
	int expected = 0, pages = 0;
	do {
		struct page page;
		CHECK_NUMBER(page_init(&page, &arena, 64, sizeof(int)), 0);
		CHECK(slice_is_empty(after) || page_set_after(&page, &arena, after) == 0);
		offer_all(&page);
		for (size_t i = 0; i < page.count; i++, expected++) {
			CHECK_NUMBER(*(int *)page.items[i].payload, expected);
			CHECK_TEXT(page.items[i].parts[0], keys[expected]);
		}
		buffer_clear(&buffer);
		struct json_writer json = {.buffer = &buffer};
		json_write_begin(&json, NULL, '{');
		page_write_next(&page, &json);
		json_write_end(&json, '}');
		CHECK(!buffer_failed(&buffer));
		after = read_next(buffer_slice(&buffer));
		pages++;
	} while (!slice_is_empty(after));
	CHECK_NUMBER(expected, KEYS);
	CHECK_NUMBER(pages, 16);
}

static void parts_are_compared_one_after_the_other(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	struct page page;
	const struct slice offered[][2] = {{SLICE("b"), SLICE("")},
					   {SLICE("a"), SLICE("z")},
					   {SLICE("a"), SLICE("b")},
					   {SLICE("\xff"), SLICE("a")},
					   {SLICE("a"), SLICE("")}};
	CHECK_NUMBER(page_init(&page, &arena, 4, 1), 0);
	for (size_t i = 0; i < ARRAY_SIZE(offered); i++)
		(void)page_offer(&page, offered[i], 2);
	page_sort(&page);
	CHECK_NUMBER(page.count, 4);
	CHECK(page.is_more);
	CHECK_TEXT(page.items[0].parts[1], "");
	CHECK_TEXT(page.items[1].parts[1], "b");
	CHECK_TEXT(page.items[2].parts[1], "z");
	CHECK_TEXT(page.items[3].parts[0], "b");
}

static void a_list_that_fits_has_no_next(void)
{
	CLEANUP(arena_finish) struct arena arena;
	arena_init(&arena, NULL, 1 << 20);
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, 10000);
	struct page page;
	struct json_writer json = {.buffer = &buffer};
	const struct slice one = SLICE("a");
	CHECK_NUMBER(page_init(&page, &arena, 1, 1), 0);
	CHECK(page_offer(&page, &one, 1) != NULL);
	page_sort(&page);
	page_write_next(&page, &json);
	CHECK(!buffer_failed(&buffer));
	CHECK_TEXT(buffer_slice(&buffer), "\"next\":null");
}

static void what_nobody_told_as_next_is_refused(void)
{
	static const char *const bad[] = {"", "6", "61", "zz00000000", "6100000000 ", "0000000000", "6A00000000"};
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 10000);
		struct page page;
		CHECK_NUMBER(page_init(&page, &arena, 1, 1), 0);
		CHECK_NUMBER(page_set_after(&page, &arena, slice_text(bad[i])), ERR_SYNTAX);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"pages_together_are_the_list_in_order", pages_together_are_the_list_in_order, TEST_PLAIN},
		{"parts_are_compared_one_after_the_other", parts_are_compared_one_after_the_other, TEST_PLAIN},
		{"a_list_that_fits_has_no_next", a_list_that_fits_has_no_next, TEST_PLAIN},
		{"what_nobody_told_as_next_is_refused", what_nobody_told_as_next_is_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
