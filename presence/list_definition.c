/* Who is on a list. SPDX-License-Identifier: MIT */
#include "presence/list_definition.h"

#include <stdlib.h>
#include <string.h>

static struct slice put(char **at, struct slice text)
{
	struct slice put = slice_of(*at, text.length);
	if (text.length > 0)
		memcpy(*at, text.at, text.length);
	*at += text.length;
	return put;
}

struct list_definition *list_definition_create(const struct flat_list *list)
{
	size_t bytes = 0;
	for (size_t i = 0; i < list->count; i++)
		bytes += list->entries[i].uri.length + list->entries[i].name.length;
	struct list_definition *definition =
		malloc(sizeof *definition + list->count * sizeof definition->entries[0] + bytes);
	if (!definition)
		return NULL;
	definition->holders = 1;
	definition->count = (unsigned)list->count;
	char *at = (char *)(definition->entries + list->count);
	for (size_t i = 0; i < list->count; i++)
		definition->entries[i] =
			(struct flat_entry){put(&at, list->entries[i].uri), put(&at, list->entries[i].name)};
	return definition;
}

void list_definition_hold(struct list_definition *definition)
{
	definition->holders++;
}

void list_definition_release(struct list_definition *definition)
{
	if (definition && --definition->holders == 0)
		free(definition);
}

bool list_definition_equal(const struct list_definition *a, const struct list_definition *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!slice_equal(a->entries[i].uri, b->entries[i].uri) ||
		    !slice_equal(a->entries[i].name, b->entries[i].name))
			return false;
	return true;
}
