/* Views, interned. SPDX-License-Identifier: MIT */
#include "presence/view.h"

#include "base/error.h"
#include "presence/events_state.h"

#include <stdlib.h>

struct view_texts view_texts(const struct view *view)
{
	if (!view)
		return (struct view_texts){0};
	const char *selection = view->text + view->permissions_length;
	return (struct view_texts){slice_of(view->text, view->permissions_length),
				   slice_of(selection, view->selection_length),
				   slice_of(selection + view->selection_length, view->filters_length)};
}

static bool has_texts(const struct table_link *link, const void *key)
{
	struct view_texts has = view_texts(CONTAINER_OF(link, const struct view, link));
	const struct view_texts *wanted = key;
	return slice_equal(has.permissions, wanted->permissions) && slice_equal(has.selection, wanted->selection) &&
	       slice_equal(has.filters, wanted->filters);
}

static uint64_t hash_of(const struct events *events, const struct view_texts *texts)
{
	const struct slice parts[] = {texts->permissions, texts->selection, texts->filters};
	uint64_t hash[2];
	table_hash_parts(&events->views, parts, ARRAY_SIZE(parts), hash);
	return hash[0];
}

static void append(char **at, struct slice text)
{
	if (text.length > 0)
		memcpy(*at, text.at, text.length);
	*at += text.length;
}

int view_get(struct events *events, const struct view_texts *texts, struct view **view)
{
	*view = NULL;
	size_t bytes = texts->permissions.length + texts->selection.length + texts->filters.length;
	if (bytes == 0)
		return 0;
	uint64_t hash = hash_of(events, texts);
	struct table_link *link = table_find(&events->views, hash, has_texts, texts);
	if (link) {
		*view = CONTAINER_OF(link, struct view, link);
		view_hold(*view);
		return 0;
	}
	struct view *made = malloc(sizeof *made + bytes);
	if (!made)
		return ERR_NO_MEMORY;
	*made = (struct view){.events = events,
			      .holders = 1,
			      .permissions_length = (uint32_t)texts->permissions.length,
			      .selection_length = (uint32_t)texts->selection.length,
			      .filters_length = (uint32_t)texts->filters.length};
	char *at = made->text;
	append(&at, texts->permissions);
	append(&at, texts->selection);
	append(&at, texts->filters);
	table_insert(&events->views, &made->link, hash);
	*view = made;
	return 0;
}

void view_hold(struct view *view)
{
	if (view)
		view->holders++;
}

void view_release(struct view *view)
{
	if (!view || --view->holders > 0)
		return;
	table_remove(&view->events->views, &view->link);
	free(view);
}
