/* Signatures of pictures. SPDX-License-Identifier: MIT */
#include "api/picture.h"

#include "base/attributes.h"

static const struct {
	struct slice begins;
	struct slice follows; /* from the ninth byte on; empty: anything */
	const char *media_type;
} kinds[] = {
	{{"\x89PNG\r\n\x1a\n", 8}, {"", 0}, "image/png"},
	{{"\xff\xd8\xff", 3}, {"", 0}, "image/jpeg"},
	{{"RIFF", 4}, {"WEBP", 4}, "image/webp"},
};

#define FOLLOWS_AT 8

const char *picture_media_type(struct slice bytes)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!slice_starts_with(bytes, kinds[i].begins))
			continue;
		if (slice_is_empty(kinds[i].follows) ||
		    (bytes.length > FOLLOWS_AT && slice_starts_with(slice_from(bytes, FOLLOWS_AT), kinds[i].follows)))
			return kinds[i].media_type;
	}
	return NULL;
}
