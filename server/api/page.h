/* One page of a list that may be long: of all that is offered, in whatever order, the `limit` smallest behind the end
 * of the page before. So a list needs no order of its own, and nothing is skipped or told twice because something else
 * has come or gone between two pages.
 *
 * A key has some parts, compared one after the other by their bytes. The end of a page travels through the client as
 * one text ("next", to be given as "after") that it need not understand. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/slice.h"
#include "bodies/json_write.h"

#include <stdbool.h>
#include <stddef.h>

#define PAGE_PARTS_MOST 5

struct page_item {
	struct slice parts[PAGE_PARTS_MOST]; /* without zero bytes; borrowed: good as long as what was offered */
	void *payload;
};

struct page {
	struct page_item *items; /* while offered to: a heap, the largest first */
	size_t count, limit, payload_bytes;
	char *payloads;
	struct slice after[PAGE_PARTS_MOST];
	bool has_after;
	bool is_more; /* there is something behind this page */
};

/* Each item has room for `payload_bytes`. ERR_NO_MEMORY. */
MUST_CHECK int page_init(struct page *page, struct arena *arena, size_t limit, size_t payload_bytes);
/* Begins behind where the page before has ended, as page_write_next told it. ERR_SYNTAX: nobody told that;
 * ERR_NO_MEMORY. */
MUST_CHECK int page_set_after(struct page *page, struct arena *arena, struct slice text);

/* Where to keep what belongs to the key, or NULL: it is not on this page (that of another item that fell off may be
 * given out again). Missing parts are empty. */
void *page_offer(struct page *page, const struct slice *parts, size_t count);

/* Puts the items in order, once all was offered. */
void page_sort(struct page *page);
/* The member "next": a text, or null at the end of the list. */
void page_write_next(const struct page *page, struct json_writer *json);
