/* Namespaces in use, and prefixes for them. SPDX-License-Identifier: MIT */
#include "bodies/xml_prefixes.h"

#include "bodies/xml_names.h"

#include <assert.h>
#include <stdio.h>

#define MADE_PREFIX_SIZE 8

void xml_prefixes_init(struct xml_prefixes *prefixes, const struct xml_prefix *known, size_t count, size_t always)
{
	assert(count <= XML_PREFIXES_MOST && always <= count);
	*prefixes = (struct xml_prefixes){.count = count};
	for (size_t i = 0; i < count; i++) {
		prefixes->known[i] = known[i];
		if (i < always)
			prefixes->used |= UINT32_C(1) << i;
	}
}

static size_t find(const struct xml_prefixes *prefixes, struct slice space)
{
	size_t i = 0;
	while (i < prefixes->count && !slice_equal(slice_text(prefixes->known[i].space), space))
		i++;
	return i;
}

static void use_space(struct xml_prefixes *prefixes, struct slice space)
{
	size_t i = slice_is_empty(space) ? prefixes->count : find(prefixes, space);
	if (i < prefixes->count)
		prefixes->used |= UINT32_C(1) << i;
}

void xml_prefixes_use(struct xml_prefixes *prefixes, const struct xml_node *node)
{
	use_space(prefixes, node->space);
	for (const struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next)
		use_space(prefixes, attribute->space);
	for (const struct xml_node *child = node->children; child; child = child->next)
		xml_prefixes_use(prefixes, child);
}

/* Not "ns1": that is what xml_write_node calls namespaces of attributes. */
static bool make(struct xml_prefixes *prefixes, struct arena *arena, struct slice space)
{
	struct slice copy;
	char *prefix = arena_allocate(arena, MADE_PREFIX_SIZE);
	if (!prefix || prefixes->count == XML_PREFIXES_MOST || arena_copy(arena, space, &copy) != 0)
		return false;
	(void)snprintf(prefix, MADE_PREFIX_SIZE, "x%u", (unsigned)prefixes->count);
	prefixes->known[prefixes->count++] = (struct xml_prefix){.prefix = prefix, .space = copy.at};
	return true;
}

const char *xml_prefixes_name(struct xml_prefixes *prefixes, struct arena *arena, struct slice space)
{
	if (slice_is_empty(space))
		return NULL;
	if (slice_equal(space, SLICE(XML_SPACE)))
		return "xml";
	size_t i = find(prefixes, space);
	if (i == prefixes->count && !make(prefixes, arena, space))
		return NULL;
	prefixes->used |= UINT32_C(1) << i;
	return prefixes->known[i].prefix;
}

size_t xml_prefixes_used(const struct xml_prefixes *prefixes, struct xml_prefix used[XML_PREFIXES_MOST])
{
	size_t count = 0;
	for (size_t i = 0; i < prefixes->count; i++) {
		if (prefixes->used & UINT32_C(1) << i)
			used[count++] = prefixes->known[i];
	}
	return count;
}
