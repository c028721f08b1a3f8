/* Changes of XCAP documents: the elements of RFC 5874, and that changes rebuild the whole. SPDX-License-Identifier: MIT
 */
#include "bodies/xcap_diff.h"

#include "bodies/xml.h"
#include "test.h"

#define SPACE "urn:ietf:params:xml:ns:xcap-diff"
#define HEAD                                                                                                           \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<xcap-diff xmlns=\"" SPACE                                      \
	"\" xcap-root=\"https://example.test/xcap/\">\r\n"
#define TAIL "</xcap-diff>\r\n"
#define LISTS "resource-lists/users/sip:alice@example.test/index"
#define RULES "pres-rules/users/sip:alice@example.test/index"
#define BODY_MOST 100000

static const struct body_target target = {{"alice", 5}, {"example.test", 12}, 0, {"", 0}};

static void write_documents(const struct xcap_diff_document *documents, size_t count, struct buffer *buffer)
{
	const struct xcap_diff diff = {SLICE("https://example.test/xcap/"), documents, count};
	struct body_output output = {buffer, BODY_NO_VERSION};
	xcap_diff_format.write(&diff, &target, &output);
}

static void documents_are_written_with_their_entity_tags(void)
{
	CLEANUP(buffer_finish) struct buffer buffer = {.limit = BODY_MOST};
	static const struct xcap_diff_document documents[] = {
		{{LISTS, sizeof LISTS - 1}, {"a1", 2}}, {{"x/users/sip:a%20b&c/d \"e\"<\xc3\xa9", 28}, {"b&2", 3}}};
	write_documents(documents, ARRAY_SIZE(documents), &buffer);
	CHECK_TEXT(buffer_slice(&buffer), HEAD
		   "<document sel=\"" LISTS "\" new-etag=\"a1\"/>\r\n"
		   "<document sel=\"x/users/sip:a%2520b&amp;c/d%20%22e%22%3C%C3%A9\" new-etag=\"b&amp;2\"/>\r\n" TAIL);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

#define OLD_LISTS                                                                                                      \
	{                                                                                                              \
		{LISTS, sizeof LISTS - 1},                                                                             \
		{                                                                                                      \
			"l1", 2                                                                                        \
		}                                                                                                      \
	}
#define NEW_LISTS                                                                                                      \
	{                                                                                                              \
		{LISTS, sizeof LISTS - 1},                                                                             \
		{                                                                                                      \
			"l2", 2                                                                                        \
		}                                                                                                      \
	}
#define THE_RULES                                                                                                      \
	{                                                                                                              \
		{RULES, sizeof RULES - 1},                                                                             \
		{                                                                                                      \
			"r1", 2                                                                                        \
		}                                                                                                      \
	}

static const struct {
	const char *what;
	size_t before_count, after_count;
	struct xcap_diff_document before[2], after[2];
	const char *wanted; /* NULL: not told as a change */
} changes[] = {
	{"one is new", 1, 2, {OLD_LISTS}, {THE_RULES, OLD_LISTS}, "<document sel=\"" RULES "\" new-etag=\"r1\"/>\r\n"},
	{"one is another",
	 2,
	 2,
	 {THE_RULES, OLD_LISTS},
	 {THE_RULES, NEW_LISTS},
	 "<document sel=\"" LISTS "\" previous-etag=\"l1\" new-etag=\"l2\"/>\r\n"},
	{"one is gone",
	 2,
	 1,
	 {THE_RULES, OLD_LISTS},
	 {OLD_LISTS},
	 "<document sel=\"" RULES "\" previous-etag=\"r1\"/>\r\n"},
	{"all at once",
	 1,
	 1,
	 {THE_RULES},
	 {NEW_LISTS},
	 "<document sel=\"" RULES "\" previous-etag=\"r1\"/>\r\n<document sel=\"" LISTS "\" new-etag=\"l2\"/>\r\n"},
	{"nothing", 1, 1, {OLD_LISTS}, {OLD_LISTS}, NULL},
};

static void a_change_has_the_tags_before_and_after_of_what_differs(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		CLEANUP(buffer_finish) struct buffer before = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer after = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer wanted = {.limit = BODY_MOST};
		struct body_output output = {&change, BODY_NO_VERSION};
		write_documents(changes[i].before, changes[i].before_count, &before);
		write_documents(changes[i].after, changes[i].after_count, &after);
		bool is_told =
			xcap_diff_format.write_change(buffer_slice(&before), buffer_slice(&after), &target, &output);
		CHECK_NUMBER(is_told, changes[i].wanted != NULL);
		if (!is_told)
			continue;
		CHECK(output.version_at == BODY_NO_VERSION);
		buffer_text(&wanted, HEAD);
		buffer_text(&wanted, changes[i].wanted);
		buffer_text(&wanted, TAIL);
		buffer_byte(&wanted, '\0');
		CHECK(!buffer_failed(&wanted));
		CHECK_TEXT(buffer_slice(&change), wanted.data);
	}
}

static void what_is_no_xcap_diff_gives_no_change(void)
{
	static const char *const texts[] = {"", "<xcap-diff/>", "<xcap-diff xmlns=\"" SPACE "\" xcap-root=\"x\"/>"};
	CLEANUP(buffer_finish) struct buffer good = {.limit = BODY_MOST};
	static const struct xcap_diff_document document = OLD_LISTS;
	write_documents(&document, 1, &good);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
		struct body_output output = {&change, BODY_NO_VERSION};
		CHECK(!xcap_diff_format.write_change(slice_text(texts[i]), buffer_slice(&good), &target, &output));
		CHECK(!xcap_diff_format.write_change(buffer_slice(&good), slice_text(texts[i]), &target, &output));
	}
}

/* --- changes rebuild the whole ---------------------------------------------------------------------------------- */

#define DOCUMENTS 10

/* What a client believes: the tag of each document, 0 where there is none. */
struct belief {
	unsigned tags[DOCUMENTS];
};

static bool read_digit(struct slice text, unsigned *digit)
{
	*digit = text.length == 1 ? (unsigned)(text.at[0] - '0') : 0;
	return text.length <= 1 && *digit < 10;
}

/* False: what it says was before is not what was believed. */
static bool apply_document(struct belief *belief, const struct xml_node *document)
{
	unsigned number, before, after;
	if (!read_digit(xml_attribute(document, SLICE("sel")), &number) ||
	    !read_digit(xml_attribute(document, SLICE("previous-etag")), &before) ||
	    !read_digit(xml_attribute(document, SLICE("new-etag")), &after) || belief->tags[number] != before)
		return false;
	belief->tags[number] = after;
	return true;
}

static bool apply(struct belief *belief, struct slice text)
{
	const struct xml_limits limits = {BODY_MOST, 4, 10000};
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	bool is_good = xml_parse(&arena, text, &limits, &root, &error) == 0;
	for (const struct xml_node *each = is_good ? root->children : NULL; each && is_good; each = each->next)
		is_good = apply_document(belief, each);
	arena_finish(&arena);
	return is_good;
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

static void write_belief(const struct belief *belief, struct buffer *buffer)
{
	static const char digits[] = "0123456789";
	struct xcap_diff_document documents[DOCUMENTS];
	size_t count = 0;
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		if (belief->tags[i] > 0)
			documents[count++] = (struct xcap_diff_document){slice_of(digits + i, 1),
									 slice_of(digits + belief->tags[i], 1)};
	}
	buffer_clear(buffer);
	write_documents(documents, count, buffer);
}

static void any_sequence_of_changes_rebuilds_the_whole(void)
{
	CLEANUP(buffer_finish) struct buffer before = {.limit = BODY_MOST};
	CLEANUP(buffer_finish) struct buffer after = {.limit = BODY_MOST};
	CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
	struct belief truth = {{1, 2, 3}}, belief = {0};
	unsigned seed = 4;
	write_belief(&truth, &before);
	CHECK(apply(&belief, buffer_slice(&before)));
	for (unsigned round = 0; round < 500; round++) {
		struct body_output output = {&change, BODY_NO_VERSION};
		buffer_clear(&change);
		for (unsigned i = next_random(&seed) % 4; i > 0; i--)
			truth.tags[next_random(&seed) % DOCUMENTS] = next_random(&seed) % 10;
		write_belief(&truth, &after);
		if (xcap_diff_format.write_change(buffer_slice(&before), buffer_slice(&after), &target, &output))
			CHECK(apply(&belief, buffer_slice(&change)));
		CHECK(memcmp(&belief, &truth, sizeof belief) == 0);
		buffer_clear(&before);
		buffer_append(&before, buffer_slice(&after));
	}
}

static const struct test tests[] = {
	{"documents are written with their entity-tags", documents_are_written_with_their_entity_tags, TEST_PLAIN},
	{"a change has the tags before and after of what differs",
	 a_change_has_the_tags_before_and_after_of_what_differs, TEST_PLAIN},
	{"what is no xcap-diff gives no change", what_is_no_xcap_diff_gives_no_change, TEST_PLAIN},
	{"any sequence of changes rebuilds the whole", any_sequence_of_changes_rebuilds_the_whole, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
