/* Entity-tags of publications. SPDX-License-Identifier: MIT */
#include "presence/entity_tag.h"

#include "test.h"

static void what_is_written_is_read(void)
{
	static const struct entity_tag tags[] = {
		{1, 1}, {INT64_MAX, UINT32_MAX}, {-1, 4000000000u}, {0x0123456789abcdef, 42}};
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		char text[ENTITY_TAG_SIZE];
		struct entity_tag read = {0};
		CHECK(entity_tag_parse(entity_tag_write(&tags[i], text), &read));
		CHECK(read.id == tags[i].id && read.revision == tags[i].revision);
	}
}

static void foreign_tags_are_not_ours(void)
{
	static const char *const foreign[] = {
		"",
		"dx200xyz",
		"0123456789abcdef",
		"0123456789abcdef-",
		"0123456789abcdef-0",
		"0123456789abcdef-01",
		"0123456789abcdef-+1",
		"0123456789abcdef-4294967296",
		"0123456789abcdef-1 ",
		"0123456789ABCDEF-1",
		"123456789abcdef-1",
		"00123456789abcdef-1",
		"0123456789abcdeg-1",
		"0123456789abcdef_1",
	};
	for (size_t i = 0; i < ARRAY_SIZE(foreign); i++) {
		struct entity_tag tag = {7, 7};
		CHECK(!entity_tag_parse(slice_text(foreign[i]), &tag));
		CHECK(tag.id == 7 && tag.revision == 7);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"what_is_written_is_read", what_is_written_is_read, TEST_PLAIN},
		{"foreign_tags_are_not_ours", foreign_tags_are_not_ours, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
