/* Kinds of pictures. SPDX-License-Identifier: MIT */
#include "api/picture.h"
#include "test.h"

#include <string.h>

static bool is_kind(struct slice bytes, const char *wanted)
{
	const char *found = picture_media_type(bytes);
	return wanted ? found && strcmp(found, wanted) == 0 : !found;
}

static void pictures_are_known_by_how_they_begin(void)
{
	CHECK(is_kind(SLICE("\x89PNG\r\n\x1a\nrest"), "image/png"));
	CHECK(is_kind(SLICE("\xff\xd8\xff\xe0JFIF"), "image/jpeg"));
	CHECK(is_kind(SLICE("RIFF\x10\x20\x30\x40WEBPVP8 "), "image/webp"));
}

static void what_is_none_is_refused(void)
{
	CHECK(is_kind(SLICE(""), NULL));
	CHECK(is_kind(SLICE("\x89PN"), NULL));
	CHECK(is_kind(SLICE("\x89PNG\n\x1a\n"), NULL));
	CHECK(is_kind(SLICE("RIFF"), NULL));
	CHECK(is_kind(SLICE("RIFF\x10\x20\x30\x40WEB"), NULL));
	CHECK(is_kind(SLICE("RIFF\x10\x20\x30\x40WAVEfmt "), NULL));
	CHECK(is_kind(SLICE("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), NULL));
	CHECK(is_kind(SLICE("GIF89a"), NULL));
	CHECK(is_kind(SLICE("<html><script>"), NULL));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"pictures_are_known_by_how_they_begin", pictures_are_known_by_how_they_begin, TEST_PLAIN},
		{"what_is_none_is_refused", what_is_none_is_refused, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
