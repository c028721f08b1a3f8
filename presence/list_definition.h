/* Who is on a list, as it is watched: one block, shared by all who subscribe to it. SPDX-License-Identifier: MIT */
#pragma once

#include "documents/flat_list.h"

struct list_definition {
	unsigned holders;
	unsigned count;
	struct flat_entry entries[]; /* their texts follow */
};

/* Copied, and held once; NULL where memory is exhausted. */
struct list_definition *list_definition_create(const struct flat_list *list);
void list_definition_hold(struct list_definition *definition);
/* NULL is accepted. */
void list_definition_release(struct list_definition *definition);
/* The same entries with the same names in the same order. */
bool list_definition_equal(const struct list_definition *a, const struct list_definition *b);
