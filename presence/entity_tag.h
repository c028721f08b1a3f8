/* Entity-tags of publications (RFC 3903 §3.1): "<id>-<revision>", the id as 16 hexadecimal digits. The id says which
 * publication, the revision which state of it: each PUBLISH that succeeds makes a new one.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct entity_tag {
	int64_t id;
	uint32_t revision;
};

#define ENTITY_TAG_SIZE 28
struct slice entity_tag_write(const struct entity_tag *tag, char text[ENTITY_TAG_SIZE]);
/* False: it is none of ours; `tag` is untouched then. Only what entity_tag_write writes is read. */
bool entity_tag_parse(struct slice text, struct entity_tag *tag);
