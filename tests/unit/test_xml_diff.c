/* What has changed between two documents: the operations that are written, and that they make the one into the other,
 * whatever the two are. SPDX-License-Identifier: MIT */
#include "bodies/xml_diff.h"
#include "test.h"
#include "xml_patch.h"

#include <stdio.h>

static const struct xml_limits limits = {1 << 20, 64, 20000};
static const struct xml_prefix known[] = {{"", "urn:1"}, {"p", "urn:p"}, {"two", "urn:2"}};

/* The diff of two texts, as a document of its own. */
static bool tell(struct arena *arena, struct slice before, struct slice after, struct buffer *diff)
{
	const struct xml_node *was, *is;
	struct body_error error;
	struct xml_prefixes prefixes;
	struct xml_prefix used[XML_PREFIXES_MOST];
	struct buffer operations;
	buffer_init(&operations, 1 << 20);
	buffer_clear(diff);
	xml_prefixes_init(&prefixes, known, ARRAY_SIZE(known), 2);
	bool good = xml_parse(arena, before, &limits, &was, &error) == 0 &&
		    xml_parse(arena, after, &limits, &is, &error) == 0 &&
		    xml_diff(arena, was, is, "p", 1 << 19, &prefixes, &operations);
	buffer_text(diff, "<p:diff");
	xml_write_declarations(diff, used, xml_prefixes_used(&prefixes, used));
	buffer_text(diff, ">");
	buffer_append(diff, buffer_slice(&operations));
	buffer_text(diff, "</p:diff>");
	buffer_finish(&operations);
	return good && !buffer_failed(diff);
}

#define DIFF(inside) "<p:diff xmlns=\"urn:1\" xmlns:p=\"urn:p\">" inside "</p:diff>"
#define DIFF2(inside) "<p:diff xmlns=\"urn:1\" xmlns:p=\"urn:p\" xmlns:two=\"urn:2\">" inside "</p:diff>"
#define A(inside) "<a xmlns='urn:1' xmlns:two='urn:2' xmlns:o='urn:other'>" inside "</a>"
#define LONG "<l>a long piece of text that nobody wants to hear once more, as it has not changed at all</l>"

static const struct diff_row {
	const char *what; /* for who reads this */
	const char *before, *after, *diff;
} rows[] = {
	{"nothing", A("<b/>"), A("<b></b>"), DIFF("")},
	{"blanks and the order of attributes are nothing", A("<b c='1' d='2'/>"), A("\n<b d='2' c='1'/>\n"), DIFF("")},
	{"a text", A("<b>1</b>"), A("<b>2</b>"), DIFF("<p:replace sel=\"*/b/text()\">2</p:replace>\n")},
	{"a text that is there no more",
	 A("<b id='x'>1"
	   "</b>" LONG),
	 A("<b id='x'/>" LONG), DIFF("<p:remove sel=\"*/b[@id='x']/text()\"/>\n")},
	{"a text that is new", A("<b>" LONG "<c/></b>"), A("<b>" LONG "<c>&lt;</c></b>"),
	 DIFF("<p:add sel=\"*/b/c\">&lt;</p:add>\n")},
	{"the second of two of a name", A("<b/><b>1</b>"), A("<b/><b>2</b>"),
	 DIFF("<p:replace sel=\"*/b[2]/text()\">2</p:replace>\n")},
	{"by id, whatever the position", A("<b id='x'>1" LONG "</b><b id='y'><c>1</c>" LONG "</b>"),
	 A("<b id='x'>1" LONG "</b><b id='y'><c>2</c>" LONG "</b>"),
	 DIFF("<p:replace sel=\"*/b[@id='y']/c/text()\">2</p:replace>\n")},
	{"an id with a quote in it", A("<b id=\"'\">1</b>"), A("<b id=\"'\">2</b>"),
	 DIFF("<p:replace sel=\"*/b[@id=&quot;'&quot;]/text()\">2</p:replace>\n")},
	{"an id with both quotes in it", A("<b/><b id=\"'&#34;\">1</b>"), A("<b/><b id=\"'&#34;\">2</b>"),
	 DIFF("<p:replace sel=\"*/b[2]/text()\">2</p:replace>\n")},
	{"two with one id", A("<b id='x'/><b id='x'>1</b>"), A("<b id='x'/><b id='x'>2</b>"),
	 DIFF("<p:replace sel=\"*/b[2]/text()\">2</p:replace>\n")},
	{"one at the end", A("<b id='x'/>"), A("<b id='x'/><c/>"), DIFF("<p:add sel=\"*\"><c/></p:add>\n")},
	{"the first one of all", A(""), A("<c/>"), DIFF("<p:add sel=\"*\"><c/></p:add>\n")},
	{"one at the beginning", A("<b id='x'/>"), A("<c/><b id='x'/>"),
	 DIFF("<p:add sel=\"*\" pos=\"prepend\"><c/></p:add>\n")},
	{"one between others", A("<b id='x'/><b id='y'/>"), A("<b id='x'/><c/><b id='y'/>"),
	 DIFF("<p:add sel=\"*/b[@id='y']\" pos=\"before\"><c/></p:add>\n")},
	{"one goes", A("<b id='x'/><b id='y'/>"), A("<b id='y'/>"), DIFF("<p:remove sel=\"*/b[@id='x']\"/>\n")},
	{"all go", A("<b/><b/>"), A(""), DIFF("<p:remove sel=\"*/b[1]\"/>\n<p:remove sel=\"*/b\"/>\n")},
	{"two change places", A("<b id='x'/><b id='y'/>"), A("<b id='y'/><b id='x'/>"),
	 DIFF("<p:remove sel=\"*/b[@id='x']\"/>\n<p:add sel=\"*\"><b id=\"x\"/></p:add>\n")},
	{"the first of some notes", A("<n>1</n><n>2</n><n>3</n>"), A("<n>2</n><n>3</n>"),
	 DIFF("<p:remove sel=\"*/n[1]\"/>\n")},
	{"attributes", A("<b c='1' d='2'>" LONG "</b>"), A("<b c='3' e='&#34;'>" LONG "</b>"),
	 DIFF("<p:replace sel=\"*/b/@c\">3</p:replace>\n<p:remove sel=\"*/b/@d\"/>\n"
	      "<p:add sel=\"*/b\" type=\"@e\">\"</p:add>\n")},
	{"where all of it has changed, it is replaced", A("<b c='1'><d/></b>"), A("<b c='2'><e/></b>"),
	 DIFF("<p:replace sel=\"*/b\"><b c=\"2\"><e/></b></p:replace>\n")},
	{"texts among elements", A("<b>1<c/>" LONG "</b>"), A("<b>1<c/>2</b>"),
	 DIFF("<p:replace sel=\"*/b\"><b>1<c/>2</b></p:replace>\n")},
	{"another namespace", A("<two:b two:c='1'><two:d>1</two:d>" LONG "</two:b>"),
	 A("<two:b two:c='2'><two:d>1</two:d>" LONG "</two:b>"),
	 DIFF2("<p:replace sel=\"*/two:b/@two:c\">2</p:replace>\n")},
	{"content of another namespace", A(""), A("<two:b two:c='1'/>"),
	 DIFF2("<p:add sel=\"*\"><two:b two:c=\"1\"/></p:add>\n")},
	{"a namespace without a usual prefix", A("<o:b>1</o:b>"), A("<o:b>2</o:b>"),
	 "<p:diff xmlns=\"urn:1\" xmlns:p=\"urn:p\" xmlns:x3=\"urn:other\">"
	 "<p:replace sel=\"*/x3:b/text()\">2</p:replace>\n</p:diff>"},
	{"content without a usual prefix", A(""), A("<o:b/>"),
	 DIFF("<p:add sel=\"*\"><b xmlns=\"urn:other\"/></p:add>\n")},
	{"no namespace", "<a><b/><b>1</b></a>", "<a><b/><b>2</b></a>",
	 DIFF("<p:replace sel=\"*/*[2]/text()\">2</p:replace>\n")},
	{"xml:lang", A("<b xml:lang='en'>" LONG "</b>"), A("<b xml:lang='de'>" LONG "</b>"),
	 DIFF("<p:replace sel=\"*/b/@xml:lang\">de</p:replace>\n")},
};

static void each_change_is_told_in_its_own_way(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer diff;
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&diff, 1 << 16);
		CHECK(tell(&arena, slice_text(rows[i].before), slice_text(rows[i].after), &diff));
		CHECK_TEXT(buffer_slice(&diff), rows[i].diff);
	}
}

static void what_cannot_be_told_is_not(void)
{
	static const struct {
		const char *before, *after;
	} pairs[] = {
		{"<a/>", "<b/>"},
		{"<a xmlns='urn:1'/>", "<a xmlns='urn:2'/>"},
		{"<a b='1'/>", "<a b='2'/>"},
		{"<a/>", "<a b='2'/>"},
		{"<a b='1'/>", "<a/>"},
		{"<a>1</a>", "<a>2</a>"},
		{"<a/>", "<a>2</a>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer diff;
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&diff, 1 << 16);
		CHECK(!tell(&arena, slice_text(pairs[i].before), slice_text(pairs[i].after), &diff));
	}
}

static void more_than_is_wanted_is_not_told(void)
{
	for (size_t most = 0; most < 100; most++) {
		CLEANUP(arena_finish) struct arena arena;
		CLEANUP(buffer_finish) struct buffer operations;
		const struct xml_node *was, *is;
		struct xml_prefixes prefixes;
		struct body_error error;
		arena_init(&arena, NULL, 1 << 20);
		buffer_init(&operations, 1 << 16);
		xml_prefixes_init(&prefixes, known, ARRAY_SIZE(known), 2);
		CHECK_NUMBER(xml_parse(&arena, SLICE("<a xmlns='urn:1'/>"), &limits, &was, &error), 0);
		CHECK_NUMBER(xml_parse(&arena, SLICE("<a xmlns='urn:1'><b/><b/></a>"), &limits, &is, &error), 0);
		CHECK(xml_diff(&arena, was, is, "p", most, &prefixes, &operations) == (most >= 56));
		CHECK(most < 56 || operations.length == 56);
	}
}

/* --- any two documents -------------------------------------------------------------------------------------------- */

struct dice {
	uint64_t state;
	struct arena *arena;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
	dice->state = dice->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice->state >> 33) % sides;
}

static struct slice pick(struct dice *dice, const char *const *words, size_t count)
{
	return slice_text(words[roll(dice, (unsigned)count)]);
}

static struct slice roll_space(struct dice *dice)
{
	static const char *const spaces[] = {"urn:1", "urn:1", "urn:1", "urn:2", "urn:3", ""};
	return pick(dice, spaces, ARRAY_SIZE(spaces));
}

static struct slice roll_text(struct dice *dice)
{
	static const char *const texts[] = {"open", "closed", " a & b ", "<\"'>", "line\nline", "\xc3\xa4", "1", "2"};
	return pick(dice, texts, ARRAY_SIZE(texts));
}

static struct xml_attribute *roll_attribute(struct dice *dice)
{
	static const char *const names[] = {"id", "id", "c", "d", "version"};
	static const char *const values[] = {"x", "y", "z", "'", "'\"", "", " \t\n"};
	struct xml_attribute *attribute = arena_allocate_zeroed(dice->arena, 1, sizeof(*attribute));
	attribute->name = pick(dice, names, ARRAY_SIZE(names));
	attribute->value = pick(dice, values, ARRAY_SIZE(values));
	if (roll(dice, 4) == 0)
		attribute->space = roll_space(dice);
	return attribute;
}

static void add_attribute(struct xml_node *node, struct xml_attribute *added)
{
	for (struct xml_attribute *attribute = node->attributes; attribute; attribute = attribute->next) {
		if (slice_equal(attribute->name, added->name) && slice_equal(attribute->space, added->space)) {
			attribute->value = added->value;
			return;
		}
	}
	added->next = node->attributes;
	node->attributes = added;
}

/* Two texts would become one when they are read. */
static void add_child(struct xml_node *parent, struct xml_node *child, unsigned at)
{
	struct xml_node **place = &parent->children;
	bool is_behind_text = false;
	while (*place && at-- > 0) {
		is_behind_text = slice_is_empty((*place)->name);
		place = &(*place)->next;
	}
	bool is_before_text = *place && slice_is_empty((*place)->name);
	if (slice_is_empty(child->name) && (is_behind_text || is_before_text))
		return;
	child->next = *place;
	*place = child;
}

static struct xml_node *roll_node(struct dice *dice, unsigned depth)
{
	static const char *const names[] = {"b", "b", "c", "tuple"};
	struct xml_node *node = arena_allocate_zeroed(dice->arena, 1, sizeof(*node));
	node->space = roll_space(dice);
	node->name = pick(dice, names, ARRAY_SIZE(names));
	for (unsigned i = roll(dice, 3); i > 0; i--)
		add_attribute(node, roll_attribute(dice));
	unsigned kind = roll(dice, 6);
	if (kind < 2 || depth == 0) {
		struct xml_node *text = arena_allocate_zeroed(dice->arena, 1, sizeof(*text));
		text->text = roll_text(dice);
		add_child(node, text, 0);
	}
	for (unsigned i = kind > 0 && depth > 0 ? roll(dice, 5) : 0; i > 0; i--)
		add_child(node, roll_node(dice, depth - 1), 0);
	return node;
}

static struct xml_node *copy(struct dice *dice, const struct xml_node *node)
{
	struct xml_node *made = arena_allocate_zeroed(dice->arena, 1, sizeof(*made));
	*made = (struct xml_node){.space = node->space, .name = node->name, .text = node->text};
	for (const struct xml_attribute *old = node->attributes; old; old = old->next) {
		struct xml_attribute *attribute = arena_allocate_zeroed(dice->arena, 1, sizeof(*attribute));
		*attribute = *old;
		attribute->next = NULL;
		add_attribute(made, attribute);
	}
	struct xml_node **place = &made->children;
	for (const struct xml_node *child = node->children; child; child = child->next) {
		*place = copy(dice, child);
		place = &(*place)->next;
	}
	return made;
}

static void drop_child(struct xml_node *node, unsigned at)
{
	struct xml_node **place = &node->children;
	while (*place && at-- > 0)
		place = &(*place)->next;
	if (!*place)
		return;
	struct xml_node *dropped = *place;
	if (dropped->next && slice_is_empty(dropped->next->name))
		node->children = NULL; /* or two texts might meet */
	else
		*place = dropped->next;
	dropped->next = NULL;
}

/* One change, somewhere inside. */
static void change(struct dice *dice, struct xml_node *node, unsigned depth)
{
	struct xml_node *child = node->children;
	for (unsigned i = roll(dice, 4); child && child->next && i > 0; i--)
		child = child->next;
	if (child && slice_is_empty(child->name)) {
		child->text = roll_text(dice);
		return;
	}
	if (child && roll(dice, 3) > 0) {
		change(dice, child, depth + 1);
		return;
	}
	switch (roll(dice, 5)) {
	case 0:
		drop_child(node, roll(dice, 4));
		break;
	case 1:
		if (child) /* another one of the same, elsewhere */
			add_child(node, copy(dice, child), roll(dice, 4));
		break;
	case 2:
		if (depth > 0)
			add_attribute(node, roll_attribute(dice));
		break;
	case 3:
		if (depth > 0 && node->attributes)
			node->attributes = node->attributes->next;
		break;
	default:
		add_child(node, roll_node(dice, 2), roll(dice, 4));
	}
}

static void drop_texts(struct xml_node *root)
{
	struct xml_node **place = &root->children;
	while (*place) {
		if (slice_is_empty((*place)->name))
			*place = (*place)->next;
		else
			place = &(*place)->next;
	}
}

static void write_document(struct buffer *buffer, struct xml_node *root)
{
	buffer_clear(buffer);
	drop_texts(root);
	xml_write_root(buffer, root, known, ARRAY_SIZE(known));
}

static void applied_to_the_one_it_gives_the_other(void)
{
	CLEANUP(buffer_finish) struct buffer before;
	CLEANUP(buffer_finish) struct buffer after;
	CLEANUP(buffer_finish) struct buffer diff;
	buffer_init(&before, 1 << 20);
	buffer_init(&after, 1 << 20);
	buffer_init(&diff, 1 << 20);
	for (unsigned round = 0; round < 6000; round++) {
		CLEANUP(arena_finish) struct arena arena;
		arena_init(&arena, NULL, 1 << 24);
		struct dice dice = {.state = round, .arena = &arena};
		struct xml_node *was = roll_node(&dice, 4);
		was->name = SLICE("a");
		was->space = SLICE("urn:1");
		struct xml_node *is = copy(&dice, was);
		for (unsigned changes = roll(&dice, 6); changes > 0; changes--)
			change(&dice, is, 0);
		write_document(&before, was);
		write_document(&after, is);
		bool is_told = tell(&arena, buffer_slice(&before), buffer_slice(&after), &diff);
		bool is_good =
			is_told && xml_patch_makes(buffer_slice(&before), buffer_slice(&diff), buffer_slice(&after));
		if (!is_good)
			(void)printf("# round %u\n%.*s\n%.*s\n%.*s\n", round, SLICE_ARGS(buffer_slice(&before)),
				     SLICE_ARGS(buffer_slice(&after)), SLICE_ARGS(buffer_slice(&diff)));
		CHECK(is_good);
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"each_change_is_told_in_its_own_way", each_change_is_told_in_its_own_way, TEST_PLAIN},
		{"what_cannot_be_told_is_not", what_cannot_be_told_is_not, TEST_PLAIN},
		{"more_than_is_wanted_is_not_told", more_than_is_wanted_is_not_told, TEST_WITHOUT_OOM},
		{"applied_to_the_one_it_gives_the_other", applied_to_the_one_it_gives_the_other, TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
