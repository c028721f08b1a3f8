/* Entity-tags, written and read. SPDX-License-Identifier: MIT */
#include "presence/entity_tag.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ID_DIGITS = 16 };

struct slice entity_tag_write(const struct entity_tag *tag, char text[ENTITY_TAG_SIZE])
{
	int length = snprintf(text, ENTITY_TAG_SIZE, "%016" PRIx64 "-%" PRIu32, (uint64_t)tag->id, tag->revision);
	return slice_of(text, (size_t)length);
}

static bool read_id(struct slice text, uint64_t *id)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = 0;
	for (size_t i = 0; i < text.length; i++) {
		const char *digit = memchr(digits, text.at[i], ID_DIGITS);
		if (!digit)
			return false;
		number = number << 4 | (uint64_t)(digit - digits);
	}
	*id = number;
	return true;
}

bool entity_tag_parse(struct slice text, struct entity_tag *tag)
{
	uint64_t id, revision;
	if (text.length <= ID_DIGITS + 1 || text.at[ID_DIGITS] != '-' || text.at[ID_DIGITS + 1] == '0' ||
	    !read_id(slice_of(text.at, ID_DIGITS), &id) ||
	    !slice_to_number(slice_from(text, ID_DIGITS + 1), UINT32_MAX, &revision))
		return false;
	*tag = (struct entity_tag){(int64_t)id, (uint32_t)revision};
	return true;
}
