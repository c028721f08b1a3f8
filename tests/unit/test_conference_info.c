/* Conference state documents: what is read (RFC 4575 §5), what becomes of partial ones (§4.6), and that changes rebuild
 * the whole. SPDX-License-Identifier: MIT */
#include "bodies/conference_info.h"

#include "base/error.h"
#include "test.h"

#define SPACE "urn:ietf:params:xml:ns:conference-info"
#define ROOT(attributes) "<conference-info xmlns=\"" SPACE "\" entity=\"sip:meet@example.test\"" attributes ">"
#define END "</conference-info>"
#define WROTE "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<conference-info xmlns=\"" SPACE "\""
#define BODY_MOST 100000

static const struct xml_limits limits = {BODY_MOST, 20, 2000};
static const struct body_target target = {{"me&et", 5}, {"example.test", 12}, BODY_PRES_ENTITY, {"", 0}};

/* --- reading ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *body;
	int result;
	bool is_partial, is_deleted;
	const char *sentence; /* its beginning */
} bodies[] = {
	{ROOT("") END, 0, false, false, ""},
	{ROOT(" state=\"full\" version=\"7\"") "<users/>" END, 0, false, false, ""},
	{ROOT(" state=\"partial\"") END, 0, true, false, ""},
	{ROOT(" state=\"deleted\"") END, 0, false, true, ""},
	{"<conference-info entity=\"sip:a@b\"/>", ERR_SYNTAX, false, false, "The body is no <conference-info>"},
	{"<users xmlns=\"" SPACE "\"/>", ERR_SYNTAX, false, false, "The body is no <conference-info>"},
	{"<conference-info xmlns=\"" SPACE "\" entity=\" \"/>", ERR_SYNTAX, false, false,
	 "The <conference-info> has no"},
	{ROOT(""), ERR_SYNTAX, false, false, "The XML is broken"},
	{"", ERR_SYNTAX, false, false, "The body is empty"},
};

static void documents_are_read_or_refused_with_a_sentence(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
		struct conference_info info = {0};
		struct body_error error;
		int result = conference_info_parse(&arena, slice_text(bodies[i].body), &limits, &info, &error);
		CHECK_NUMBER(result, bodies[i].result);
		if (result == 0) {
			CHECK_TEXT(info.entity, "sip:meet@example.test");
			CHECK(info.is_partial == bodies[i].is_partial && info.is_deleted == bodies[i].is_deleted);
		} else {
			CHECK(slice_starts_with(slice_text(error.sentence), slice_text(bodies[i].sentence)));
		}
	}
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static void a_conference_is_written_as_the_watched_one_with_a_hole_for_the_version(void)
{
	CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
	CLEANUP(buffer_finish) struct buffer buffer = {.limit = BODY_MOST};
	struct body_output output = {&buffer, BODY_NO_VERSION};
	struct conference_info info;
	struct body_error error;
	CHECK(conference_info_parse(&arena,
				    SLICE(ROOT(" version=\"3\"") "<users><user entity=\"sip:a@b\" state=\"full\">"
								 "<display-text>A &amp; B</display-text></user></users>"
								 "<x xmlns=\"urn:y\"/>" END),
				    &limits, &info, &error) == 0);
	conference_info_format.write(&info, &target, &output);
	CHECK_TEXT(buffer_slice(&buffer),
		   WROTE " entity=\"sip:me&amp;et@example.test\" version=\"\" state=\"full\">\r\n"
			 "<users><user entity=\"sip:a@b\" state=\"full\"><display-text>A &amp; B</display-text></user>"
			 "</users>\r\n<x xmlns=\"urn:y\"/>\r\n" END "\r\n");
	CHECK_TEXT(slice_of(buffer.data + output.version_at - 9, 10), "version=\"\"");
}

static void where_nothing_is_published_or_it_is_over_there_is_the_entity_alone(void)
{
	CLEANUP(buffer_finish) struct buffer buffer = {.limit = BODY_MOST};
	struct body_output output = {&buffer, BODY_NO_VERSION};
	struct conference_info info = {.entity = SLICE("sip:x@y")};
	conference_info_format.write(&info, &target, &output);
	CHECK_TEXT(buffer_slice(&buffer),
		   WROTE " entity=\"sip:me&amp;et@example.test\" version=\"\" state=\"full\">\r\n" END "\r\n");
	buffer_clear(&buffer);
	info.is_deleted = true;
	conference_info_format.write(&info, &target, &output);
	CHECK_TEXT(buffer_slice(&buffer),
		   WROTE " entity=\"sip:me&amp;et@example.test\" version=\"\" state=\"deleted\">\r\n" END "\r\n");
	buffer_clear(&buffer);
	conference_info_write_full(&buffer, &(struct conference_info){.entity = SLICE("sip:x@y")});
	CHECK_TEXT(buffer_slice(&buffer), WROTE " entity=\"sip:x@y\" version=\"0\" state=\"full\">\r\n" END "\r\n");
}

/* --- partial documents ------------------------------------------------------------------------------------------ */

#define A(inside) "<user entity=\"sip:a@x\">" inside "</user>"
#define B "<user entity=\"sip:b@x\"/>"
#define ENDPOINT(state, inside) "<endpoint entity=\"sip:a@1\"" state ">" inside "</endpoint>"
#define MEDIA(id, text) "<media id=\"" id "\"><type>" text "</type></media>"

static const struct {
	const char *what, *state, *kept, *change, *merged;
} merges[] = {
	{"elements that are not named stay", "partial", "<users>" A("") "</users>", "<conference-state/>",
	 "<conference-state/>\r\n<users><user entity=\"sip:a@x\"/></users>\r\n"},
	{"without a state an element is replaced", "partial",
	 "<conference-description><subject>One</subject></conference-description><users>" B "</users>",
	 "<conference-description><keywords>two</keywords></conference-description>",
	 "<conference-description><keywords>two</keywords></conference-description>\r\n<users>" B "</users>\r\n"},
	{"a user comes", "partial", "<users>" A("<roles/>") "</users>", "<users state=\"partial\">" B "</users>",
	 "<users>" A("<roles/>") B "</users>\r\n"},
	{"a user goes", "partial", "<users>" A("") B "</users>",
	 "<users state=\"partial\"><user entity=\"sip:a@x\" state=\"deleted\"/></users>", "<users>" B "</users>\r\n"},
	{"nobody goes who was not there", "partial", "<users>" B "</users>",
	 "<users state=\"partial\"><user entity=\"sip:a@x\" state=\"deleted\"/></users>", "<users>" B "</users>\r\n"},
	{"all users anew", "partial", "<users>" A("") "</users>", "<users state=\"full\">" B "</users>",
	 "<users>" B "</users>\r\n"},
	{"the media of one endpoint", "partial",
	 "<users>" A(ENDPOINT("", "<status>connected</status>" MEDIA("1", "audio") MEDIA("2", "video"))) B "</users>",
	 "<users state=\"partial\"><user entity=\"sip:a@x\" state=\"partial\">" ENDPOINT(
		 " state=\"partial\"",
		 "<status>on-hold</status>" MEDIA("2", "text") MEDIA("3", "audio")) "</user></users>",
	 "<users>" A(ENDPOINT("", "<status>on-hold</status>" MEDIA("1", "audio") MEDIA("2", "text")
					  MEDIA("3", "audio"))) B "</users>\r\n"},
	{"attributes are as they were, but for those that are said", "partial",
	 "<users><user entity=\"sip:a@x\" a=\"1\" b=\"2\"/></users>",
	 "<users state=\"partial\"><user entity=\"sip:a@x\" b=\"3\" state=\"partial\"/></users>",
	 "<users><user a=\"1\" entity=\"sip:a@x\" b=\"3\"/></users>\r\n"},
	{"a list of side conferences, by URI", "partial",
	 "<sidebars-by-ref><entry><uri>sip:1@x</uri></entry><entry><uri>sip:2@x</uri></entry></sidebars-by-ref>",
	 "<sidebars-by-ref state=\"partial\"><entry state=\"deleted\"><uri>sip:1@x</uri></entry></sidebars-by-ref>",
	 "<sidebars-by-ref><entry><uri>sip:2@x</uri></entry></sidebars-by-ref>\r\n"},
	{"a side conference within", "partial",
	 "<sidebars-by-val><entry entity=\"sip:1@x\"><users>" B "</users></entry></sidebars-by-val>",
	 "<sidebars-by-val state=\"partial\"><entry entity=\"sip:1@x\" state=\"partial\">"
	 "<users state=\"partial\">" A("") "</users></entry></sidebars-by-val>",
	 "<sidebars-by-val><entry entity=\"sip:1@x\"><users>" B "<user entity=\"sip:a@x\"/></users></entry>"
	 "</sidebars-by-val>\r\n"},
	{"one who comes partially", "partial", "",
	 "<users state=\"partial\"><user entity=\"sip:a@x\" state=\"partial\">"
	 "<endpoint entity=\"sip:a@1\" state=\"deleted\"/><display-text>A</display-text></user></users>",
	 "<users>" A("<display-text>A</display-text>") "</users>\r\n"},
	{"extensions are taken as they are", "partial", "<x xmlns=\"urn:y\" state=\"old\"/><users/>",
	 "<x xmlns=\"urn:y\" state=\"deleted\"><z/></x>",
	 "<users/>\r\n<x xmlns=\"urn:y\" state=\"deleted\"><z/></x>\r\n"},
	{"several of a name that cannot be told apart", "partial", "<x xmlns=\"urn:y\"/><x xmlns=\"urn:y\"/>",
	 "<x xmlns=\"urn:y\">1</x><x xmlns=\"urn:y\">2</x><x xmlns=\"urn:y\">3</x>",
	 "<x xmlns=\"urn:y\">1</x>\r\n<x xmlns=\"urn:y\">2</x>\r\n<x xmlns=\"urn:y\">3</x>\r\n"},
	{"a whole one", "full", "<users>" B "</users>", "<host-info/>", "<host-info/>\r\n"},
	{"the end", "deleted", "<users>" B "</users>", "<host-info/>", NULL},
};

static bool parse_parts(struct arena *arena, const char *state, const char *inside, struct conference_info *info)
{
	struct buffer buffer;
	struct slice text;
	struct body_error error;
	buffer_init(&buffer, BODY_MOST);
	buffer_text(&buffer, "<conference-info xmlns=\"" SPACE "\" entity=\"sip:meet@example.test\" state=\"");
	buffer_text(&buffer, state);
	buffer_text(&buffer, "\">");
	buffer_text(&buffer, inside);
	buffer_text(&buffer, END);
	bool is_good = !buffer_failed(&buffer) && arena_copy(arena, buffer_slice(&buffer), &text) == 0 &&
		       conference_info_parse(arena, text, &limits, info, &error) == 0;
	buffer_finish(&buffer);
	return is_good;
}

static void what_is_kept_becomes_what_a_partial_document_makes_of_it(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(merges); i++) {
		CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
		CLEANUP(buffer_finish) struct buffer wrote = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer wanted = {.limit = BODY_MOST};
		struct conference_info kept, change, merged;
		CHECK(parse_parts(&arena, "full", merges[i].kept, &kept));
		CHECK(parse_parts(&arena, merges[i].state, merges[i].change, &change));
		CHECK(conference_info_merge(&arena, &kept, &change, &merged) == 0);
		conference_info_write_full(&wrote, &merged);
		CHECK(!merged.is_partial && merged.is_deleted == (merges[i].merged == NULL));
		buffer_text(&wanted, WROTE " entity=\"sip:meet@example.test\" version=\"0\" state=");
		buffer_text(&wanted, merged.is_deleted ? "\"deleted\">\r\n" : "\"full\">\r\n");
		buffer_text(&wanted, merges[i].merged ? merges[i].merged : "");
		buffer_text(&wanted, END "\r\n");
		buffer_byte(&wanted, '\0');
		CHECK(!buffer_failed(&wanted) && !buffer_failed(&wrote));
		CHECK_TEXT(buffer_slice(&wrote), wanted.data);
	}
}

static void what_was_over_begins_anew(void)
{
	CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
	struct conference_info kept, change, merged;
	CHECK(parse_parts(&arena, "deleted", "<users>" A("") "</users>", &kept));
	CHECK(parse_parts(&arena, "partial", "<users state=\"partial\">" B "</users>", &change));
	CHECK(conference_info_merge(&arena, &kept, &change, &merged) == 0);
	const struct xml_node *users = xml_child(merged.root, SLICE(SPACE), SLICE("users"));
	CHECK(users && users->children && !users->children->next);
}

/* --- changes ---------------------------------------------------------------------------------------------------- */

static const struct {
	const char *what, *before, *after, *wanted; /* NULL: the whole is told */
} changes[] = {
	{"one comes, one goes, one is another", "<users>" A("") B "</users>",
	 "<users>" A("<roles/>") "<user entity=\"sip:c@x\"/></users>",
	 "<users state=\"partial\">\r\n" A("<roles/>") "\r\n<user entity=\"sip:c@x\"/>\r\n"
						       "<user entity=\"sip:b@x\" state=\"deleted\"/>\r\n</users>\r\n"},
	{"another subject", "<conference-description><subject>1</subject></conference-description><users>" B "</users>",
	 "<conference-description><subject>2</subject></conference-description><users>" B "</users>",
	 "<conference-description><subject>2</subject></conference-description>\r\n"},
	{"the first users", "<host-info/>", "<host-info/><users>" B "</users>", "<users>" B "</users>\r\n"},
	{"an element is gone", "<host-info/><users/>", "<users/>", NULL},
	{"users that cannot be told apart", "<users/>", "<users>" B B "</users>", "<users>" B B "</users>\r\n"},
	{"one of them has an entity's attribute more", "<users/>", "<users a=\"b\">" B "</users>",
	 "<users a=\"b\">" B "</users>\r\n"},
	{"twice the same extension", "<users/>", "<x xmlns=\"urn:y\"/><x xmlns=\"urn:y\"/><users/>", NULL},
	{"nothing", "<users/>", "<users/>", NULL},
};

static void a_change_tells_users_one_by_one_and_other_elements_whole(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		CLEANUP(arena_finish) struct arena arena = {.limit_bytes = 1 << 24};
		CLEANUP(buffer_finish) struct buffer before = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer after = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
		CLEANUP(buffer_finish) struct buffer wanted = {.limit = BODY_MOST};
		struct body_output was = {&before, BODY_NO_VERSION}, is = {&after, BODY_NO_VERSION};
		struct body_output output = {&change, BODY_NO_VERSION};
		struct conference_info old, new;
		CHECK(parse_parts(&arena, "full", changes[i].before, &old));
		CHECK(parse_parts(&arena, "full", changes[i].after, &new));
		conference_info_format.write(&old, &target, &was);
		conference_info_format.write(&new, &target, &is);
		bool is_told = conference_info_format.write_change(buffer_slice(&before), buffer_slice(&after), &target,
								   &output);
		CHECK_NUMBER(is_told, changes[i].wanted != NULL);
		if (!is_told)
			continue;
		buffer_text(&wanted,
			    WROTE " entity=\"sip:me&amp;et@example.test\" version=\"\" state=\"partial\">\r\n");
		CHECK_TEXT(slice_of(change.data + output.version_at - 9, 10), "version=\"\"");
		buffer_text(&wanted, changes[i].wanted);
		buffer_text(&wanted, END "\r\n");
		buffer_byte(&wanted, '\0');
		CHECK(!buffer_failed(&wanted));
		CHECK_TEXT(buffer_slice(&change), wanted.data);
	}
}

/* --- changes rebuild the whole ---------------------------------------------------------------------------------- */

static unsigned next_random(unsigned *seed)
{
	*seed = *seed * 1103515245 + 12345;
	return *seed >> 16 & 0x7fff;
}

/* Some of eight users, each in one of three states, and a subject. */
static void make_conference(unsigned *seed, struct buffer *inside)
{
	buffer_clear(inside);
	buffer_format(inside, "<conference-description><subject>%u</subject></conference-description>",
		      next_random(seed) % 3);
	buffer_text(inside, "<users>");
	for (unsigned i = 0; i < 8; i++) {
		if (next_random(seed) % 2)
			buffer_format(inside, "<user entity=\"sip:%u@x\"><roles><entry>%u</entry></roles></user>", i,
				      next_random(seed) % 3);
	}
	buffer_text(inside, "</users>");
	buffer_byte(inside, '\0');
}

/* The same but for the order of users: of as many bytes, and no user and no subject to tell. */
static bool is_same_conference(const struct conference_info *a, const struct conference_info *b)
{
	struct buffer first, second, change;
	buffer_init(&first, BODY_MOST);
	buffer_init(&second, BODY_MOST);
	buffer_init(&change, BODY_MOST);
	conference_info_write_full(&first, a);
	conference_info_write_full(&second, b);
	struct body_output output = {&change, BODY_NO_VERSION};
	bool is_told =
		conference_info_format.write_change(buffer_slice(&first), buffer_slice(&second), &target, &output);
	bool differs =
		first.length != second.length || (is_told && (memmem(change.data, change.length, "<user ", 6) ||
							      memmem(change.data, change.length, "<subject", 8)));
	buffer_finish(&first);
	buffer_finish(&second);
	buffer_finish(&change);
	return !differs;
}

static bool write_one(struct arena *arena, const struct conference_info *info, struct slice *text)
{
	struct buffer buffer;
	struct body_output output = {&buffer, BODY_NO_VERSION};
	buffer_init(&buffer, BODY_MOST);
	conference_info_format.write(info, &target, &output);
	bool is_good = arena_copy(arena, buffer_slice(&buffer), text) == 0;
	buffer_finish(&buffer);
	return is_good;
}

static void any_sequence_of_changes_rebuilds_the_whole(void)
{
	CLEANUP(arena_finish) struct arena arena = {.limit_bytes = SIZE_MAX};
	CLEANUP(buffer_finish) struct buffer inside = {.limit = BODY_MOST};
	CLEANUP(buffer_finish) struct buffer change = {.limit = BODY_MOST};
	struct conference_info rebuilt, truth, told;
	struct body_error error;
	struct slice before, after;
	unsigned seed = 4, changed = 0;
	make_conference(&seed, &inside);
	CHECK(parse_parts(&arena, "full", inside.data, &truth) && write_one(&arena, &truth, &before));
	rebuilt = truth;
	for (unsigned round = 0; round < 300; round++) {
		struct body_output output = {&change, BODY_NO_VERSION};
		make_conference(&seed, &inside);
		CHECK(parse_parts(&arena, "full", inside.data, &truth) && write_one(&arena, &truth, &after));
		buffer_clear(&change);
		if (conference_info_format.write_change(before, after, &target, &output)) {
			struct slice text;
			CHECK(arena_copy(&arena, buffer_slice(&change), &text) == 0);
			CHECK(conference_info_parse(&arena, text, &limits, &told, &error) == 0 && told.is_partial);
			CHECK(conference_info_merge(&arena, &rebuilt, &told, &rebuilt) == 0);
			rebuilt.entity = truth.entity;
			changed++;
		}
		CHECK(is_same_conference(&rebuilt, &truth));
		before = after;
	}
	CHECK(changed > 250);
}

static const struct test tests[] = {
	{"documents are read, or refused with a sentence", documents_are_read_or_refused_with_a_sentence, TEST_PLAIN},
	{"a conference is written as the watched one, with a hole for the version",
	 a_conference_is_written_as_the_watched_one_with_a_hole_for_the_version, TEST_PLAIN},
	{"where nothing is published, or it is over, there is the entity alone",
	 where_nothing_is_published_or_it_is_over_there_is_the_entity_alone, TEST_PLAIN},
	{"what is kept becomes what a partial document makes of it",
	 what_is_kept_becomes_what_a_partial_document_makes_of_it, TEST_PLAIN},
	{"what was over begins anew", what_was_over_begins_anew, TEST_PLAIN},
	{"a change tells users one by one, and other elements whole",
	 a_change_tells_users_one_by_one_and_other_elements_whole, TEST_PLAIN},
	{"any sequence of changes rebuilds the whole", any_sequence_of_changes_rebuilds_the_whole, TEST_WITHOUT_OOM},
};

int main(int argc, char **argv)
{
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
