/* What the server writes, held against its own schemas: bodies of all event packages, whole and as changes, and the
 * documents that it edits for users. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/conference_info.h"
#include "bodies/dialog_info.h"
#include "bodies/pidf_diff.h"
#include "bodies/reginfo.h"
#include "bodies/rlmi.h"
#include "bodies/watcher_info.h"
#include "bodies/xcap_diff.h"
#include "documents/buddies.h"
#include "documents/schema.h"
#include "documents/watch_rules.h"
#include "test.h"

static const struct xml_limits limits = {.bytes = 65536, .depth = 32, .nodes = 2000};
static const struct body_target target = {.user = SLICE("a&b"), .domain = SLICE("example.test")};

struct world {
	struct arena arena;
	struct schemas *schemas;
	struct buffer before, after, change;
};

static void begin(struct world *world)
{
	arena_init(&world->arena, NULL, 1 << 20);
	world->schemas = schemas_create();
	buffer_init(&world->before, 65536);
	buffer_init(&world->after, 65536);
	buffer_init(&world->change, 65536);
}

static void finish(struct world *world)
{
	arena_finish(&world->arena);
	schemas_destroy(world->schemas);
	buffer_finish(&world->before);
	buffer_finish(&world->after);
	buffer_finish(&world->change);
}

/* `version_at`: where the digits of the version belong. */
static void check_valid(struct world *world, const char *schema, const struct buffer *body, size_t version_at)
{
	CLEANUP(buffer_finish) struct buffer whole;
	struct body_error error = {""};
	struct slice text = buffer_slice(body);
	buffer_init(&whole, 1 << 20);
	CHECK(world->schemas && !buffer_failed(body) && text.length > 0);
	size_t at = version_at == BODY_NO_VERSION ? text.length : version_at;
	buffer_append(&whole, slice_of(text.at, at));
	buffer_text(&whole, version_at == BODY_NO_VERSION ? "" : "7");
	buffer_append(&whole, slice_from(text, at));
	CHECK(!buffer_failed(&whole));
	if (schema_check_text(world->schemas, schema, buffer_slice(&whole), &error) != 0)
		CHECK_TEXT(buffer_slice(&whole), error.sentence);
}

/* Both states whole, and where the format has changes, what leads from the one to the other. */
static void check_format(struct world *world, const struct body_format *format, const char *schema, const void *before,
			 const void *after)
{
	struct body_output first = {.buffer = &world->before, .version_at = BODY_NO_VERSION};
	struct body_output second = {.buffer = &world->after, .version_at = BODY_NO_VERSION};
	struct body_output change = {.buffer = &world->change, .version_at = BODY_NO_VERSION};
	format->write(before, &target, &first);
	format->write(after, &target, &second);
	check_valid(world, schema, &world->before, first.version_at);
	check_valid(world, schema, &world->after, second.version_at);
	if (format->write_change && !buffer_failed(&world->before) && !buffer_failed(&world->after) &&
	    format->write_change(buffer_slice(&world->before), buffer_slice(&world->after), &target, &change))
		check_valid(world, schema, &world->change, change.version_at);
	else
		CHECK(!format->write_change);
}

/* --- presence -------------------------------------------------------------------------------------------------- */

#define PIDF_ROOT                                                                                                      \
	"<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "         \
	"xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" xmlns:l=\"http://www.linphone.org/xsds/pidfonline.xsd\" "        \
	"entity=\"sip:a@example.test\">"

/* As clients in the field publish it: out of order, with values that no schema knows. */
#define ODD(status)                                                                                                    \
	PIDF_ROOT "<dm:person id=\"p\"><r:activities/></dm:person><note>hello</note><tuple "                           \
		  "id=\"1\"><status><basic>unknown"                                                                    \
		  "</basic></status></tuple><tuple id=\"t\"><status><basic>" status "</basic><l:online/></status>"     \
		  "<contact priority=\"0.8\">sip:a@example.test</contact><timestamp>2026-01-01T00:00:00Z</timestamp>"  \
		  "</tuple><tuple id=\"t\"><status><basic>closed</basic></status></tuple></presence>"
static const char odd[] = ODD("open"), changed[] = ODD("closed");

static int compose(struct arena *arena, const char *text, struct presence_state *state)
{
	const struct presence_facts facts = {.is_registered = true, .is_in_call = true, .since_ms = 1767225600000};
	struct presence_source source = {.published_at_ms = 1767225600000, .id = 5};
	struct body_error error;
	int result = pidf_parse(arena, slice_text(text), &limits, &source.pidf, &error);
	return result != 0 ? result : presence_compose(arena, &source, 1, &facts, state);
}

static void check_presence(const struct body_format *format, const char *schema)
{
	CLEANUP(finish) struct world world;
	struct presence_state before, after;
	begin(&world);
	CHECK_NUMBER(compose(&world.arena, odd, &before), 0);
	CHECK_NUMBER(compose(&world.arena, changed, &after), 0);
	check_format(&world, format, schema, &before, &after);
}

static void presence_is_valid(void)
{
	check_presence(&pidf_format, "pidf");
	check_presence(&pidf_diff_format, "pidf-diff");
}

/* --- other events ---------------------------------------------------------------------------------------------- */

static void watcher_information_is_valid(void)
{
	CLEANUP(finish) struct world world;
	static const struct watcher watchers[] = {
		{.id = 1, .user = SLICE("bob"), .domain = SLICE("example.test"), .subscribed_s = -1, .expires_s = -1},
		{.id = UINT64_MAX,
		 .user = SLICE("c<\""),
		 .domain = SLICE("example.test"),
		 .status = WATCHER_TERMINATED,
		 .event = WATCHER_NORESOURCE,
		 .subscribed_s = 5,
		 .expires_s = 60},
	};
	struct watcher_list before = {.package = SLICE("presence"), .watchers = watchers, .count = 1};
	struct watcher_list after = {.package = SLICE("presence"), .watchers = watchers, .count = 2};
	begin(&world);
	check_format(&world, &watcher_info_format, "watcherinfo", &before, &after);
}

static void changes_of_documents_are_valid(void)
{
	CLEANUP(finish) struct world world;
	static const struct xcap_diff_document documents[] = {
		{SLICE("pres-rules/users/sip:a@example.test/index"), SLICE("1")},
		{SLICE("resource-lists/users/sip:\xc3\xa4 &@example.test/a b"), SLICE("2")},
	};
	struct xcap_diff before = {.root = SLICE("https://example.test/xcap/"), .documents = documents, .count = 1};
	struct xcap_diff after = {.root = before.root, .documents = documents + 1, .count = 1};
	begin(&world);
	check_format(&world, &xcap_diff_format, "xcap-diff", &before, &after);
}

static void conferences_are_valid(void)
{
	CLEANUP(finish) struct world world;
	struct conference_info before, after;
	struct body_error error;
	begin(&world);
	CHECK_NUMBER(conference_info_parse(
			     &world.arena,
			     SLICE("<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" "
				   "entity=\"sip:r@example.test\" "
				   "state=\"full\" "
				   "version=\"3\"><conference-state><user-count>1</user-count></conference-state>"
				   "<users><user entity=\"sip:a@example.test\"/></users></conference-info>"),
			     &limits, &before, &error),
		     0);
	CHECK_NUMBER(conference_info_parse(
			     &world.arena,
			     SLICE("<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" "
				   "entity=\"sip:r@example.test\" "
				   "state=\"full\" "
				   "version=\"4\"><conference-state><user-count>2</user-count></conference-state>"
				   "<users><user entity=\"sip:a@example.test\"/><user "
				   "entity=\"sip:b@example.test\"/></users>"
				   "</conference-info>"),
			     &limits, &after, &error),
		     0);
	check_format(&world, &conference_info_format, "conference-info", &before, &after);
}

static void dialogs_and_registrations_are_valid(void)
{
	CLEANUP(finish) struct world dialogs;
	CLEANUP(finish) struct world registrations;
	struct dialog_entry entry = {.id = SLICE("1"),
				     .call_id = SLICE("c"),
				     .direction = DIALOG_RECIPIENT,
				     .phase = DIALOG_TERMINATED,
				     .event = SLICE("rejected"),
				     .code = SLICE("486"),
				     .duration = SLICE("5"),
				     .remote = {.identity = SLICE("sip:b@example.test"), .display = SLICE("B & C")}};
	struct dialog_info none = {.entity = SLICE("sip:a@example.test")}, some = none;
	some.dialogs = &entry;
	some.count = 1;
	begin(&dialogs);
	begin(&registrations);
	check_format(&dialogs, &dialog_info_format, "dialog-info", &none, &some);
	struct reginfo_contact contact = {.id = SLICE("2"),
					  .uri = SLICE("sip:a@192.0.2.1;transport=tcp"),
					  .display_name = SLICE("A"),
					  .event = SLICE("refreshed"),
					  .is_active = true,
					  .call_id = SLICE("c"),
					  .cseq = 5,
					  .expires_s = 60,
					  .registered_s = 600,
					  .q = 500,
					  .instance = SLICE("urn:uuid:1"),
					  .public_gruu = SLICE("sip:a@example.test;gr=1")};
	struct reginfo nowhere = {.id = SLICE("1")}, somewhere = {.id = SLICE("1"), .contacts = &contact, .count = 1};
	check_format(&registrations, &reginfo_format, "reginfo", &nowhere, &somewhere);
}

static void information_of_lists_is_valid(void)
{
	CLEANUP(finish) struct world world;
	static const struct rlmi_list list = {
		.uri = SLICE("sip:l@example.test"), .name = SLICE("All"), .version = SLICE("7"), .is_full = true};
	static const struct rlmi_resource resources[] = {
		{.uri = SLICE("sip:b@example.test"),
		 .name = SLICE("B & C"),
		 .instance_id = SLICE("1"),
		 .content_id = SLICE("x@example.test")},
		{.uri = SLICE("sip:c@example.test"), .instance_id = SLICE("1"), .state = RLMI_PENDING},
		{.uri = SLICE("sip:d@example.test"),
		 .instance_id = SLICE("1"),
		 .state = RLMI_TERMINATED,
		 .reason = "rejected"},
		{.uri = SLICE("sip:e@example.test")},
	};
	begin(&world);
	rlmi_begin(&world.after, &list);
	for (size_t i = 0; i < ARRAY_SIZE(resources); i++)
		rlmi_write(&world.after, &resources[i]);
	rlmi_end(&world.after);
	check_valid(&world, "rlmi", &world.after, BODY_NO_VERSION);
}

/* --- documents ------------------------------------------------------------------------------------------------- */

static void documents_that_are_edited_for_a_user_are_valid(void)
{
	CLEANUP(finish) struct world world;
	static const struct slice groups[] = {SLICE("friends"), SLICE("work/colleagues")};
	const struct buddy_edit edit = {.uri = SLICE("sip:b@example.test"),
					.has_name = true,
					.name = SLICE("B <& C>"),
					.has_groups = true,
					.groups = groups,
					.group_count = ARRAY_SIZE(groups)};
	struct body_error error = {""};
	begin(&world);
	CHECK_NUMBER(buddies_add(SLICE(""), &edit, &limits, &world.before, &error), 0);
	check_valid(&world, "resource-lists", &world.before, BODY_NO_VERSION);
	buffer_clear(&world.before);
	CHECK_NUMBER(
		watch_rules_set(SLICE(""), SLICE("sip:b@example.test"), WATCH_ALLOW, &limits, &world.before, &error),
		0);
	check_valid(&world, "pres-rules", &world.before, BODY_NO_VERSION);
	CHECK_NUMBER(watch_rules_set(buffer_slice(&world.before), SLICE("sip:c@example.test"), WATCH_POLITE_BLOCK,
				     &limits, &world.after, &error),
		     0);
	check_valid(&world, "pres-rules", &world.after, BODY_NO_VERSION);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"presence_is_valid", presence_is_valid, TEST_PLAIN},
		{"watcher_information_is_valid", watcher_information_is_valid, TEST_PLAIN},
		{"changes_of_documents_are_valid", changes_of_documents_are_valid, TEST_PLAIN},
		{"conferences_are_valid", conferences_are_valid, TEST_PLAIN},
		{"dialogs_and_registrations_are_valid", dialogs_and_registrations_are_valid, TEST_PLAIN},
		{"information_of_lists_is_valid", information_of_lists_is_valid, TEST_PLAIN},
		{"documents_that_are_edited_for_a_user_are_valid", documents_that_are_edited_for_a_user_are_valid,
		 TEST_PLAIN},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
