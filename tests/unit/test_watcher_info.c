/* Watcher information: the elements of RFC 3858 §4, changes, and that changes rebuild the whole.
 * SPDX-License-Identifier: MIT */
#include "bodies/watcher_info.h"

#include "bodies/xml.h"
#include "test.h"

#include <stdlib.h>

#define SPACE "urn:ietf:params:xml:ns:watcherinfo"
#define HEAD "<?xml version=\"1.0\"?>\r\n<watcherinfo xmlns=\"" SPACE "\" version=\""
#define LIST "<watcher-list resource=\"sip:a&amp;%22b@example.test\" package=\"presence\">\r\n"
#define TAIL "</watcher-list>\r\n</watcherinfo>\r\n"
#define BODY_MOST 100000

static const struct body_target target = {{"a&\"b", 4}, {"example.test", 12}, BODY_PRES_ENTITY, {"", 0}};

static struct watcher somebody(uint64_t id, struct slice user, enum watcher_status status, enum watcher_event event)
{
	return (struct watcher){.id = id,
				.user = user,
				.domain = SLICE("example.test"),
				.status = status,
				.event = event,
				.subscribed_s = -1,
				.expires_s = -1};
}

static void write_list(const struct watcher *watchers, size_t count, struct body_output *output)
{
	const struct watcher_list list = {SLICE("presence"), watchers, count};
	watcher_info_format.write(&list, &target, output);
}

static void watchers_are_written_and_say_where_the_version_belongs(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, BODY_MOST);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	struct watcher watchers[] = {
		somebody(0xfedcba9876543210, SLICE("bob"), WATCHER_ACTIVE, WATCHER_APPROVED),
		somebody(10, SLICE("c&<d"), WATCHER_PENDING, WATCHER_SUBSCRIBE),
		somebody(0, SLICE("erin"), WATCHER_WAITING, WATCHER_TIMEOUT),
		somebody(1, SLICE("frank"), WATCHER_TERMINATED, WATCHER_NORESOURCE),
	};
	watchers[0].subscribed_s = 509;
	watchers[0].expires_s = 20;
	watchers[2].subscribed_s = 0;
	write_list(watchers, ARRAY_SIZE(watchers), &output);
	CHECK_TEXT(buffer_slice(&buffer), HEAD
		   "\" state=\"full\">\r\n" LIST "<watcher id=\"fedcba9876543210\" status=\"active\" event=\"approved\""
		   " duration-subscribed=\"509\" expiration=\"20\">sip:bob@example.test</watcher>\r\n"
		   "<watcher id=\"a\" status=\"pending\" event=\"subscribe\">sip:c&amp;%3Cd@example.test</watcher>\r\n"
		   "<watcher id=\"0\" status=\"waiting\" event=\"timeout\" duration-subscribed=\"0\">"
		   "sip:erin@example.test</watcher>\r\n"
		   "<watcher id=\"1\" status=\"terminated\" "
		   "event=\"noresource\">sip:frank@example.test</watcher>\r\n" TAIL);
	CHECK_NUMBER(output.version_at, sizeof HEAD - 1);
}

static void nobody_watching_is_an_empty_list(void)
{
	CLEANUP(buffer_finish) struct buffer buffer;
	buffer_init(&buffer, BODY_MOST);
	struct body_output output = {&buffer, BODY_NO_VERSION};
	write_list(NULL, 0, &output);
	CHECK_TEXT(buffer_slice(&buffer), HEAD "\" state=\"full\">\r\n" LIST TAIL);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

#define BOB                                                                                                            \
	{                                                                                                              \
		1, {"bob", 3}, {"example.test", 12}, WATCHER_ACTIVE, WATCHER_SUBSCRIBE, 5, 60                          \
	}
#define BOB_LATER                                                                                                      \
	{                                                                                                              \
		1, {"bob", 3}, {"example.test", 12}, WATCHER_ACTIVE, WATCHER_SUBSCRIBE, 65, -1                         \
	}
#define CAROL_ASKS                                                                                                     \
	{                                                                                                              \
		2, {"carol", 5}, {"example.test", 12}, WATCHER_PENDING, WATCHER_SUBSCRIBE, 1, -1                       \
	}
#define CAROL_WAITS                                                                                                    \
	{                                                                                                              \
		2, {"carol", 5}, {"example.test", 12}, WATCHER_WAITING, WATCHER_TIMEOUT, 1, -1                         \
	}
#define CAROL_SEES                                                                                                     \
	{                                                                                                              \
		2, {"carol", 5}, {"example.test", 12}, WATCHER_ACTIVE, WATCHER_APPROVED, 9, -1                         \
	}
#define CAROL_REFUSED                                                                                                  \
	{                                                                                                              \
		2, {"carol", 5}, {"example.test", 12}, WATCHER_TERMINATED, WATCHER_REJECTED, 9, -1                     \
	}
#define CAROL_TEXT(status, event, more)                                                                                \
	"<watcher id=\"2\" status=\"" status "\" event=\"" event "\"" more ">sip:carol@example.test</watcher>\r\n"

static const struct {
	const char *what;
	size_t before_count, after_count;
	struct watcher before[2], after[2];
	const char *wanted; /* NULL: not told as a change */
} changes[] = {
	{"one comes", 1, 2, {BOB}, {BOB, CAROL_ASKS}, CAROL_TEXT("pending", "subscribe", " duration-subscribed=\"1\"")},
	{"one is allowed, the other's time goes on",
	 2,
	 2,
	 {BOB, CAROL_ASKS},
	 {CAROL_SEES, BOB_LATER},
	 CAROL_TEXT("active", "approved", " duration-subscribed=\"9\"")},
	{"one is refused",
	 2,
	 2,
	 {BOB, CAROL_ASKS},
	 {BOB, CAROL_REFUSED},
	 CAROL_TEXT("terminated", "rejected", " duration-subscribed=\"9\"")},
	{"one who saw is gone", 2, 1, {CAROL_SEES, BOB}, {BOB}, CAROL_TEXT("terminated", "timeout", "")},
	{"one who waited is gone", 2, 1, {CAROL_WAITS, BOB}, {BOB}, CAROL_TEXT("terminated", "giveup", "")},
	{"one whose end was told is gone", 2, 1, {CAROL_REFUSED, BOB}, {BOB}, NULL},
	{"time alone", 1, 1, {BOB}, {BOB_LATER}, NULL},
};

static void a_change_lists_whose_status_or_event_is_another_and_who_is_gone(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		CLEANUP(buffer_finish) struct buffer before = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer after = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer wanted = {.limit = BODY_MOST};
		struct body_output was = {&before, BODY_NO_VERSION}, is = {&after, BODY_NO_VERSION};
		struct body_output output = {&change, BODY_NO_VERSION};
		write_list(changes[i].before, changes[i].before_count, &was);
		write_list(changes[i].after, changes[i].after_count, &is);
		bool is_told =
			watcher_info_format.write_change(buffer_slice(&before), buffer_slice(&after), &target, &output);
		CHECK_NUMBER(is_told, changes[i].wanted != NULL);
		if (!is_told)
			continue;
		CHECK_NUMBER(output.version_at, sizeof HEAD - 1);
		buffer_text(&wanted, HEAD "\" state=\"partial\">\r\n" LIST);
		buffer_text(&wanted, changes[i].wanted);
		buffer_text(&wanted, TAIL);
		buffer_byte(&wanted, '\0');
		CHECK(!buffer_failed(&wanted));
		CHECK_TEXT(buffer_slice(&change), wanted.data);
	}
}

static void what_is_no_watcher_information_gives_no_change(void)
{
	static const char *const texts[] = {"", "<a/>", "<watcherinfo xmlns=\"" SPACE "\"/>",
					    "<watcherinfo xmlns=\"" SPACE
					    "\"><watcher-list resource=\"sip:x@y\" package=\"dialog\"/></watcherinfo>"};
	CLEANUP(buffer_finish) struct buffer good = {.limit = BODY_MOST};
	struct body_output whole = {&good, BODY_NO_VERSION};
	const struct watcher bob = BOB;
	write_list(&bob, 1, &whole);
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
		struct body_output output = {&change, BODY_NO_VERSION};
		CHECK(!watcher_info_format.write_change(slice_text(texts[i]), buffer_slice(&good), &target, &output));
		CHECK(!watcher_info_format.write_change(buffer_slice(&good), slice_text(texts[i]), &target, &output));
	}
}

/* --- changes rebuild the whole ---------------------------------------------------------------------------------- */

#define PEOPLE 12

/* As the watcher of the watchers keeps them (RFC 3858 §4): by id; who is terminated is dropped. */
struct table {
	struct {
		bool is_there;
		enum watcher_status status;
		enum watcher_event event;
	} rows[PEOPLE];
};

static size_t name_index(const char *const *names, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_equal(slice_text(names[i]), name))
			return i;
	return count;
}

static bool apply_watcher(struct table *table, const struct xml_node *watcher)
{
	static const char *const statuses[] = {"pending", "active", "waiting", "terminated"};
	static const char *const events[] = {"subscribe", "approved", "deactivated", "probation",
					     "rejected",  "timeout",  "giveup",      "noresource"};
	static const char *const ids[PEOPLE] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b"};
	size_t id = name_index(ids, PEOPLE, xml_attribute(watcher, SLICE("id")));
	size_t status = name_index(statuses, ARRAY_SIZE(statuses), xml_attribute(watcher, SLICE("status")));
	size_t event = name_index(events, ARRAY_SIZE(events), xml_attribute(watcher, SLICE("event")));
	if (id == PEOPLE || status == ARRAY_SIZE(statuses) || event == ARRAY_SIZE(events))
		return false;
	table->rows[id].is_there = status != WATCHER_TERMINATED;
	table->rows[id].status = (enum watcher_status)status;
	table->rows[id].event = (enum watcher_event)event;
	return true;
}

static bool apply(struct table *table, struct slice text)
{
	const struct xml_limits limits = {BODY_MOST, 4, 10000};
	const struct xml_node *root;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, 1 << 24);
	bool is_good = xml_parse(&arena, text, &limits, &root, &error) == 0;
	if (is_good && slice_equal(xml_attribute(root, SLICE("state")), SLICE("full")))
		*table = (struct table){0};
	const struct xml_node *list = is_good ? xml_child(root, SLICE(SPACE), SLICE("watcher-list")) : NULL;
	for (const struct xml_node *watcher = list ? list->children : NULL; watcher && is_good; watcher = watcher->next)
		is_good = apply_watcher(table, watcher);
	arena_finish(&arena);
	return is_good && list;
}

static bool is_same_table(const struct table *a, const struct table *b)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		if (a->rows[i].is_there != b->rows[i].is_there)
			return false;
		if (a->rows[i].is_there &&
		    (a->rows[i].status != b->rows[i].status || a->rows[i].event != b->rows[i].event))
			return false;
	}
	return true;
}

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

/* Some of the people, in any order, each in any state. */
static size_t make_watchers(unsigned *seed, struct watcher *watchers)
{
	size_t count = 0, first = next_random(seed) % PEOPLE;
	for (size_t i = 0; i < PEOPLE; i++) {
		if (next_random(seed) % 3 == 0)
			continue;
		watchers[count] =
			somebody((first + i * 5) % PEOPLE, SLICE("x"), (enum watcher_status)(next_random(seed) % 4),
				 (enum watcher_event)(next_random(seed) % 3));
		watchers[count++].expires_s = (int64_t)(next_random(seed) % 1000);
	}
	return count;
}

static void any_sequence_of_changes_rebuilds_the_whole(void)
{
	CLEANUP(buffer_finish) struct buffer before = {.limit = BODY_MOST};
	CLEANUP(buffer_finish) struct buffer after = {.limit = BODY_MOST};
	CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
	struct table rebuilt = {0}, wanted = {0};
	unsigned seed = 4;
	struct body_output first = {&before, BODY_NO_VERSION};
	write_list(NULL, 0, &first);
	CHECK(apply(&rebuilt, buffer_slice(&before)));
	for (unsigned round = 0; round < 300; round++) {
		struct watcher watchers[PEOPLE];
		buffer_clear(&after);
		buffer_clear(&change);
		struct body_output is = {&after, BODY_NO_VERSION}, output = {&change, BODY_NO_VERSION};
		size_t count = make_watchers(&seed, watchers);
		write_list(watchers, count, &is);
		CHECK(apply(&wanted, buffer_slice(&after)));
		if (watcher_info_format.write_change(buffer_slice(&before), buffer_slice(&after), &target, &output))
			CHECK(apply(&rebuilt, buffer_slice(&change)));
		CHECK(is_same_table(&rebuilt, &wanted));
		buffer_clear(&before);
		buffer_append(&before, buffer_slice(&after));
	}
}

static const struct test tests[] = {
	{"watchers are written and say where the version belongs",
	 watchers_are_written_and_say_where_the_version_belongs, TEST_PLAIN},
	{"nobody watching is an empty list", nobody_watching_is_an_empty_list, TEST_PLAIN},
	{"a change lists whose status or event is another, and who is gone",
	 a_change_lists_whose_status_or_event_is_another_and_who_is_gone, TEST_PLAIN},
	{"what is no watcher information gives no change", what_is_no_watcher_information_gives_no_change, TEST_PLAIN},
	{"any sequence of changes rebuilds the whole", any_sequence_of_changes_rebuilds_the_whole, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
