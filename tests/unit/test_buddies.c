/* Buddy lists, read as a plain view and edited in their documents. SPDX-License-Identifier: MIT */
#include "test.h"

#include "base/error.h"
#include "documents/buddies.h"

#include <stdio.h>
#include <string.h>

#define SPACE "urn:ietf:params:xml:ns:resource-lists"
#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static const struct xml_limits limits = {.bytes = 8192, .depth = 8, .nodes = 200};

static const char office[] = HEAD "<resource-lists xmlns=\"" SPACE "\" xmlns:x=\"urn:example:x\">\n"
				  "  <!-- by hand -->\n"
				  "  <list name=\"friends\" x:colour=\"blue\">\n"
				  "    <display-name>Friends</display-name>\n"
				  "    <entry uri=\"sip:bob@example.test\" x:since=\"1999\"/>\n"
				  "    <entry uri=\"pres:carol@example.test\">\n"
				  "      <display-name>Carol &amp; Co</display-name>\n"
				  "    </entry>\n"
				  "    <list name=\"near\"><entry uri=\"tel:+15550100\"/></list>\n"
				  "  </list>\n"
				  "  <list>\n"
				  "    <entry uri=\"sips:BOB@example.test\"/>\n"
				  "    <entry uri=\"sip:carol@EXAMPLE.test\"/>\n"
				  "    <external anchor=\"https://example.test/x\"/>\n"
				  "  </list>\n"
				  "</resource-lists>\n";

/* "friends=Friends near | sip:bob@…=Bob in friends,near; " */
static const char *show(struct slice document)
{
	static char text[2048]; /* for the line of the check that it stands in */
	CLEANUP(arena_finish) struct arena arena;
	struct buddy_list list;
	struct body_error error = {""};
	arena_init(&arena, NULL, 1 << 20);
	int result = buddies_read(&arena, document, &limits, &list, &error);
	if (result != 0) {
		(void)snprintf(text, sizeof text, "%d: %s", result, error.sentence);
		return text;
	}
	size_t used = 0;
	for (size_t i = 0; i < list.group_count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%.*s=%.*s ", SLICE_ARGS(list.groups[i].name),
					 SLICE_ARGS(list.groups[i].display_name));
	used += (size_t)snprintf(text + used, sizeof text - used, "|");
	for (size_t i = 0; i < list.buddy_count; i++) {
		const struct buddy *buddy = &list.buddies[i];
		used += (size_t)snprintf(text + used, sizeof text - used, " %.*s=%.*s in", SLICE_ARGS(buddy->uri),
					 SLICE_ARGS(buddy->name));
		for (size_t j = 0; j < buddy->group_count; j++)
			used += (size_t)snprintf(text + used, sizeof text - used, " %.*s",
						 SLICE_ARGS(buddy->groups[j]));
		used += (size_t)snprintf(text + used, sizeof text - used, ";");
	}
	return text;
}

static void groups_and_buddies_are_read(void)
{
	CHECK_TEXT(slice_text(show(SLICE(office))),
		   "friends=Friends friends/near= | sip:bob@example.test= in friends;"
		   " pres:carol@example.test=Carol & Co in friends; tel:+15550100= in friends/near;"
		   " sips:BOB@example.test= in;");
	CHECK_TEXT(slice_text(show(SLICE(""))), "|");
	CHECK(strstr(show(SLICE("<x/>")), "not one of resource lists"));
	CHECK(strstr(show(SLICE("<resource-lists")), "line 1"));
}

static void a_buddy_is_found_by_any_uri_that_means_him(void)
{
	CLEANUP(arena_finish) struct arena arena;
	struct buddy_list list;
	struct body_error error;
	arena_init(&arena, NULL, 1 << 20);
	CHECK_NUMBER(buddies_read(&arena, SLICE(office), &limits, &list, &error), 0);
	const struct buddy *carol = buddy_find(&list, &arena, SLICE("im:%63arol@example.test;x=y"));
	CHECK(carol);
	CHECK_TEXT(carol->uri, "pres:carol@example.test");
	CHECK(!buddy_find(&list, &arena, SLICE("sip:Carol@example.test")));
	CHECK(buddy_find(&list, &arena, SLICE("tel:+15550100")));
	CHECK(buddy_group_find(&list, SLICE("friends/near")));
	CHECK(!buddy_group_find(&list, SLICE("near")));
}

/* --- edits -------------------------------------------------------------------------------------------------------- */

struct edited {
	int result;
	struct body_error error;
	char text[8192];
	struct buffer buffer;
};

static bool has(struct slice text, const char *part)
{
	return memmem(text.at, text.length, part, strlen(part)) != NULL;
}

static struct slice take(struct edited *edited, int result)
{
	struct slice text = buffer_slice(&edited->buffer);
	edited->result = result;
	(void)snprintf(edited->text, sizeof edited->text, "%.*s", (int)(result == 0 ? text.length : 0), text.at);
	buffer_finish(&edited->buffer);
	return slice_text(edited->text);
}

static struct slice add(struct edited *edited, struct slice document, struct buddy_edit edit)
{
	buffer_init(&edited->buffer, limits.bytes);
	return take(edited, buddies_add(document, &edit, &limits, &edited->buffer, &edited->error));
}

static struct slice change(struct edited *edited, struct slice document, struct buddy_edit edit)
{
	buffer_init(&edited->buffer, limits.bytes);
	return take(edited, buddies_change(document, &edit, &limits, &edited->buffer, &edited->error));
}

static struct slice drop(struct edited *edited, struct slice document, const char *uri)
{
	buffer_init(&edited->buffer, limits.bytes);
	return take(edited, buddies_remove(document, slice_text(uri), &limits, &edited->buffer, &edited->error));
}

static void a_list_is_made_buddy_by_buddy(void)
{
	struct edited edited, next;
	struct slice groups[] = {SLICE("work"), SLICE("friends"), SLICE("work")};
	struct slice text = add(
		&edited, SLICE(""),
		(struct buddy_edit){.uri = SLICE("sip:bob@example.test"), .has_name = true, .name = SLICE("Bob <b>")});
	CHECK_NUMBER(edited.result, 0);
	CHECK_TEXT(text,
		   HEAD "<resource-lists xmlns=\"" SPACE "\">\n"
			"  <list name=\"buddies\">\n"
			"    <entry uri=\"sip:bob@example.test\"><display-name>Bob &lt;b&gt;</display-name></entry>\n"
			"  </list>\n"
			"</resource-lists>\n");
	text = add(
		&next, text,
		(struct buddy_edit){
			.uri = SLICE("sip:c&d@example.test"), .has_groups = true, .groups = groups, .group_count = 3});
	CHECK_NUMBER(next.result, 0);
	CHECK_TEXT(text,
		   HEAD "<resource-lists xmlns=\"" SPACE "\">\n"
			"  <list name=\"buddies\">\n"
			"    <entry uri=\"sip:bob@example.test\"><display-name>Bob &lt;b&gt;</display-name></entry>\n"
			"  </list>\n"
			"  <list name=\"work\">\n"
			"    <entry uri=\"sip:c&amp;d@example.test\"/>\n"
			"  </list>\n"
			"  <list name=\"friends\">\n"
			"    <entry uri=\"sip:c&amp;d@example.test\"/>\n"
			"  </list>\n"
			"</resource-lists>\n");
	text = add(&edited, text, (struct buddy_edit){.uri = SLICE("pres:bob@example.test")});
	CHECK_NUMBER(edited.result, ERR_EXISTS);
	CHECK_TEXT(slice_text(edited.error.sentence), "pres:bob@example.test is in the list already");
}

static void what_is_not_edited_stays(void)
{
	struct edited edited;
	struct slice text = change(&edited, SLICE(office),
				   (struct buddy_edit){.uri = SLICE("sip:carol@example.test"), .has_name = true});
	CHECK_NUMBER(edited.result, 0);
	CHECK(has(text, "  <!-- by hand -->\n"));
	CHECK(has(text, "x:colour=\"blue\""));
	CHECK_TEXT(slice_text(show(text)), "friends=Friends friends/near= | sip:bob@example.test= in friends;"
					   " pres:carol@example.test= in friends; tel:+15550100= in friends/near;"
					   " sips:BOB@example.test= in;");
	text = drop(&edited, SLICE(office), "sip:bob@example.test");
	CHECK_NUMBER(edited.result, 0);
	static const char line[] = "    <entry uri=\"sip:bob@example.test\" x:since=\"1999\"/>\n";
	CHECK_NUMBER(text.length, strlen(office) - strlen(line));
	CHECK(!has(text, "1999"));
	(void)drop(&edited, SLICE(office), "sip:dave@example.test");
	CHECK_NUMBER(edited.result, ERR_NOT_FOUND);
	CHECK_TEXT(slice_text(edited.error.sentence), "sip:dave@example.test is not in the list");
}

static void who_moves_takes_his_entry_along(void)
{
	struct edited edited;
	struct slice groups[] = {SLICE("friends/near"), SLICE("work")};
	struct slice text = change(&edited, SLICE(office),
				   (struct buddy_edit){.uri = SLICE("sip:bob@example.test"),
						       .has_name = true,
						       .name = SLICE("B"),
						       .has_groups = true,
						       .groups = groups,
						       .group_count = 2});
	CHECK_NUMBER(edited.result, 0);
	CHECK(has(text, "  <list name=\"work\">\n    <entry uri=\"sip:bob@example.test\" x:since=\"1999\">"
			"<display-name>B</display-name></entry>\n  </list>\n"));
	CHECK_TEXT(slice_text(show(text)),
		   "friends=Friends friends/near= work= | pres:carol@example.test=Carol & Co in friends;"
		   " tel:+15550100= in friends/near; sip:bob@example.test=B in friends/near work;"
		   " sips:BOB@example.test= in;");
	(void)change(&edited, SLICE(office),
		     (struct buddy_edit){.uri = SLICE("sip:bob@example.test"), .has_groups = true});
	CHECK_NUMBER(edited.result, ERR_SYNTAX);
}

static void what_cannot_be_a_buddy_is_refused(void)
{
	static const char *const uris[] = {"",
					   "bob",
					   "sip:example.test",
					   "sip:b b@example.test",
					   "http://example.test/",
					   "tel:",
					   "sip:b\x01@example.test",
					   "sip:\xff@example.test"};
	struct edited edited;
	struct slice empty = SLICE(" "), broken = SLICE("a\xEF\xBF\xBE");
	for (size_t i = 0; i < ARRAY_SIZE(uris); i++) {
		(void)add(&edited, SLICE(""), (struct buddy_edit){.uri = slice_text(uris[i])});
		CHECK_NUMBER(edited.result, ERR_SYNTAX);
		CHECK(edited.error.sentence[0] != '\0');
	}
	struct buddy_edit edit = {.uri = SLICE("sip:bob@example.test"), .has_name = true, .name = broken};
	(void)add(&edited, SLICE(""), edit);
	CHECK_NUMBER(edited.result, ERR_SYNTAX);
	edit = (struct buddy_edit){.uri = edit.uri, .has_groups = true, .groups = &empty, .group_count = 1};
	(void)add(&edited, SLICE(""), edit);
	CHECK_NUMBER(edited.result, ERR_SYNTAX);
	CHECK_TEXT(slice_text(edited.error.sentence), "The name of a group is empty");
}

/* --- groups ------------------------------------------------------------------------------------------------------- */

typedef int group_fn(struct slice document, const struct buddy_group_edit *edit, const struct xml_limits *limits,
		     struct buffer *after, struct body_error *error);

static struct slice edit_group(struct edited *edited, group_fn *function, struct slice document,
			       struct buddy_group_edit edit)
{
	buffer_init(&edited->buffer, limits.bytes);
	return take(edited, function(document, &edit, &limits, &edited->buffer, &edited->error));
}

static void groups_are_made_renamed_and_removed(void)
{
	struct edited first, second;
	struct slice text =
		edit_group(&first, buddy_group_add, SLICE(office),
			   (struct buddy_group_edit){
				   .name = SLICE("work"), .has_display_name = true, .display_name = SLICE("Work")});
	CHECK_NUMBER(first.result, 0);
	CHECK(has(text, "  <list name=\"work\"><display-name>Work</display-name></list>\n"));
	(void)edit_group(&second, buddy_group_add, text, (struct buddy_group_edit){.name = SLICE("work")});
	CHECK_NUMBER(second.result, ERR_EXISTS);
	text = edit_group(&second, buddy_group_change, text,
			  (struct buddy_group_edit){.name = SLICE("friends/near"),
						    .has_new_name = true,
						    .new_name = SLICE("far"),
						    .has_display_name = true,
						    .display_name = SLICE("Far")});
	CHECK_NUMBER(second.result, 0);
	CHECK(strstr(show(text), "friends/far=Far "));
	(void)edit_group(
		&first, buddy_group_change, text,
		(struct buddy_group_edit){.name = SLICE("work"), .has_new_name = true, .new_name = SLICE("friends")});
	CHECK_NUMBER(first.result, ERR_EXISTS);
	(void)edit_group(&first, buddy_group_change, text,
			 (struct buddy_group_edit){.name = SLICE("near"), .has_display_name = true});
	CHECK_NUMBER(first.result, ERR_NOT_FOUND);
	CHECK_TEXT(slice_text(first.error.sentence), "near is no group of the list");
	buffer_init(&first.buffer, limits.bytes);
	text = take(&first, buddy_group_remove(text, SLICE("friends"), &limits, &first.buffer, &first.error));
	CHECK_NUMBER(first.result, 0);
	CHECK_TEXT(slice_text(show(text)), "work=Work | sips:BOB@example.test= in; sip:carol@EXAMPLE.test= in;");
}

static void a_document_without_line_ends_gets_none(void)
{
	struct edited edited;
	struct slice text =
		add(&edited,
		    SLICE("<r:resource-lists xmlns:r=\"" SPACE "\"><r:list name=\"a\"><r:entry uri=\"sip:b@c\"/>"
			  "</r:list></r:resource-lists>"),
		    (struct buddy_edit){.uri = SLICE("sip:bob@example.test")});
	CHECK_NUMBER(edited.result, 0);
	CHECK_TEXT(slice_trim(text),
		   "<r:resource-lists xmlns:r=\"" SPACE "\"><r:list name=\"a\"><r:entry uri=\"sip:b@c\"/>"
		   "<r:entry uri=\"sip:bob@example.test\"/></r:list></r:resource-lists>");
}

/* Each of 300 lists in a list repeats its name of 10,000 bytes. */
static void names_that_repeat_long_names_are_too_much(void)
{
	static const struct xml_limits wide = {.bytes = 65536, .depth = 8, .nodes = 2000};
	static const struct buddy_edit bob = {.uri = {"sip:bob@example.test", 20}};
	CLEANUP(buffer_finish) struct buffer document;
	CLEANUP(buffer_finish) struct buffer after;
	CLEANUP(arena_finish) struct arena arena;
	struct body_error error = {""};
	struct buddy_list list;
	arena_init(&arena, NULL, (size_t)8 << 20);
	buffer_init(&document, wide.bytes);
	buffer_init(&after, wide.bytes);
	buffer_text(&document, "<resource-lists xmlns=\"" SPACE "\"><list name=\"");
	for (int i = 0; i < 10000; i++)
		buffer_byte(&document, 'n');
	buffer_text(&document, "\">");
	for (int i = 0; i < 300; i++)
		buffer_format(&document, "<list name=\"%d\"/>", i);
	buffer_text(&document, "</list></resource-lists>");
	if (buffer_failed(&document))
		return;
	int result = buddies_read(&arena, buffer_slice(&document), &wide, &list, &error);
	CHECK(result == ERR_LIMIT || result == ERR_NO_MEMORY);
	CHECK(result != ERR_LIMIT || strstr(error.sentence, "names of the groups"));
	result = buddies_add(buffer_slice(&document), &bob, &wide, &after, &error);
	CHECK(result == ERR_LIMIT || result == ERR_NO_MEMORY);
}

/* Found by what it is called, whether the slash stands in a name or between two. */
static void a_group_is_found_by_its_whole_path(void)
{
	static const char document[] = "<resource-lists xmlns=\"" SPACE "\"><list name=\"a\"><list><list name=\"b/c\"/>"
				       "<list name=\"b\"><list name=\"d\"/></list></list></list><list name=\"a/b\"/>"
				       "<list name=\"a\"><list name=\"e\"/></list></resource-lists>";
	static const struct {
		const char *path;
		int result;
	} rows[] = {{"a/b/c", 0},
		    {"a/b/d", 0},
		    {"a/b", 0},
		    {"a/e", 0},
		    {"a", 0},
		    {"b", ERR_NOT_FOUND},
		    {"a/", ERR_NOT_FOUND},
		    {"a/b/c/", ERR_NOT_FOUND}};
	CHECK_TEXT(slice_text(show(SLICE(document))), "a= a/b/c= a/b= a/b/d= a/e= |");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(buffer_finish) struct buffer after;
		struct body_error error;
		buffer_init(&after, limits.bytes);
		int result = buddy_group_remove(SLICE(document), slice_text(rows[i].path), &limits, &after, &error);
		CHECK(result == rows[i].result || result == ERR_NO_MEMORY || result == ERR_LIMIT);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"groups_and_buddies_are_read", groups_and_buddies_are_read, TEST_PLAIN},
		{"a_buddy_is_found_by_any_uri_that_means_him", a_buddy_is_found_by_any_uri_that_means_him, TEST_PLAIN},
		{"a_list_is_made_buddy_by_buddy", a_list_is_made_buddy_by_buddy, TEST_PLAIN},
		{"what_is_not_edited_stays", what_is_not_edited_stays, TEST_PLAIN},
		{"who_moves_takes_his_entry_along", who_moves_takes_his_entry_along, TEST_PLAIN},
		{"what_cannot_be_a_buddy_is_refused", what_cannot_be_a_buddy_is_refused, TEST_PLAIN},
		{"groups_are_made_renamed_and_removed", groups_are_made_renamed_and_removed, TEST_PLAIN},
		{"names_that_repeat_long_names_are_too_much", names_that_repeat_long_names_are_too_much, TEST_PLAIN},
		{"a_group_is_found_by_its_whole_path", a_group_is_found_by_its_whole_path, TEST_PLAIN},
		{"a_document_without_line_ends_gets_none", a_document_without_line_ends_gets_none, TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
