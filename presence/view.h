/* Views: what one kind of watcher sees. Equal views are one object, so that those who see the same share bodies.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "base/table.h"

struct events;

struct view_texts {
	struct slice permissions; /* bodies/rules.h */
	struct slice selection;   /* the package's reading of the watcher's body */
	struct slice filters;     /* bodies/filter.h: a document */
};

struct view {
	struct table_link link;
	struct events *events;
	uint32_t holders;
	uint32_t permissions_length, selection_length, filters_length;
	char text[];
};

/* Found or made, and held; NULL where nothing is left out. ERR_NO_MEMORY. */
MUST_CHECK int view_get(struct events *events, const struct view_texts *texts, struct view **view);
/* NULL is accepted. */
void view_hold(struct view *view);
void view_release(struct view *view);
/* Of NULL: three empty texts. */
struct view_texts view_texts(const struct view *view);
