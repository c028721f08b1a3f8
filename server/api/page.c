/* Pages of lists: a heap of the smallest keys. SPDX-License-Identifier: MIT */
#include "api/page.h"

#include "base/error.h"

#include <assert.h>
#include <stdlib.h>

static int compare_parts(const struct slice *a, const struct slice *b)
{
	for (size_t i = 0; i < PAGE_PARTS_MOST; i++) {
		int order = slice_compare(a[i], b[i]);
		if (order != 0)
			return order;
	}
	return 0;
}

int page_init(struct page *page, struct arena *arena, size_t limit, size_t payload_bytes)
{
	/* Each payload is aligned as the first one is. */
	size_t step = (payload_bytes + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);
	*page = (struct page){.limit = limit, .payload_bytes = step};
	page->items = arena_allocate_zeroed(arena, limit, sizeof *page->items);
	page->payloads = arena_allocate_zeroed(arena, limit, step);
	return page->items && page->payloads ? 0 : ERR_NO_MEMORY;
}

/* --- the heap ----------------------------------------------------------------------------------------------------- */

static void swap(struct page_item *a, struct page_item *b)
{
	struct page_item kept = *a;
	*a = *b;
	*b = kept;
}

static void rise(struct page *page, size_t place)
{
	while (place > 0) {
		size_t parent = (place - 1) / 2;
		if (compare_parts(page->items[place].parts, page->items[parent].parts) <= 0)
			return;
		swap(&page->items[place], &page->items[parent]);
		place = parent;
	}
}

static void sink(struct page *page)
{
	size_t place = 0;
	for (;;) {
		size_t largest = place;
		for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < page->count; child++)
			if (compare_parts(page->items[child].parts, page->items[largest].parts) > 0)
				largest = child;
		if (largest == place)
			return;
		swap(&page->items[place], &page->items[largest]);
		place = largest;
	}
}

void *page_offer(struct page *page, const struct slice *parts, size_t count)
{
	struct page_item item = {0};
	assert(count <= PAGE_PARTS_MOST);
	for (size_t i = 0; i < count; i++)
		item.parts[i] = parts[i];
	if (page->has_after && compare_parts(item.parts, page->after) <= 0)
		return NULL;
	if (page->count < page->limit) {
		item.payload = page->payloads + page->count * page->payload_bytes;
		page->items[page->count] = item;
		rise(page, page->count++);
		return item.payload;
	}
	page->is_more = true;
	if (page->limit == 0 || compare_parts(item.parts, page->items[0].parts) >= 0)
		return NULL;
	item.payload = page->items[0].payload;
	page->items[0] = item;
	sink(page);
	return item.payload;
}

static int compare_items(const void *a, const void *b)
{
	return compare_parts(((const struct page_item *)a)->parts, ((const struct page_item *)b)->parts);
}

void page_sort(struct page *page)
{
	if (page->count > 0)
		qsort(page->items, page->count, sizeof *page->items, compare_items);
}

/* --- the end of a page as a text: its key in hexadecimal, zero bytes between the parts ---------------------------- */

void page_write_next(const struct page *page, struct json_writer *json)
{
	if (!page->is_more || page->count == 0) {
		json_write_null(json, "next");
		return;
	}
	const struct page_item *last = &page->items[page->count - 1];
	struct buffer text;
	buffer_init(&text, json->buffer->limit);
	for (size_t i = 0; i < PAGE_PARTS_MOST; i++) {
		if (i > 0)
			buffer_hex(&text, "", 1);
		buffer_hex(&text, last->parts[i].at, last->parts[i].length);
	}
	json->buffer->failed |= buffer_failed(&text);
	json_write_text(json, "next", buffer_slice(&text));
	buffer_finish(&text);
}

static int digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

int page_set_after(struct page *page, struct arena *arena, struct slice text)
{
	if (text.length % 2 != 0)
		return ERR_SYNTAX;
	char *bytes = arena_allocate(arena, text.length / 2 + 1);
	if (!bytes)
		return ERR_NO_MEMORY;
	size_t parts = 1;
	for (size_t i = 0; i < text.length / 2; i++) {
		int high = digit(text.at[2 * i]), low = digit(text.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		bytes[i] = (char)(high * 16 + low);
		parts += bytes[i] == '\0';
	}
	if (parts != PAGE_PARTS_MOST)
		return ERR_SYNTAX;
	struct slice rest = slice_of(bytes, text.length / 2);
	for (size_t i = 0; i < PAGE_PARTS_MOST; i++)
		page->after[i] = slice_take(&rest, '\0');
	page->has_after = true;
	return 0;
}
