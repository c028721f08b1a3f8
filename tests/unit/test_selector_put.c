/* Putting nodes (RFC 4825 §8.2): where they go, what is refused, and any sequence of edits beside a model.
 * SPDX-License-Identifier: MIT */
#include "document_world.h"

struct row {
	const char *selector, *body;
	enum edit_result result;
	const char *document; /* NULL: as it was */
};

static void run_row(const char *start, const char *query, const struct row *row)
{
	CLEANUP(document_world_finish) struct document_world world;
	struct edit_outcome outcome;
	CHECK_NUMBER(document_world_open(&world, start, row->selector, query), 0);
	selector_put(&world.selector, &world.tree, slice_text(row->body), &world_limits, &outcome);
	if (outcome.result != row->result)
		CHECK_TEXT(slice_text(outcome.error.sentence), row->selector);
	bool is_good = outcome.result == EDIT_DONE || outcome.result == EDIT_MADE;
	CHECK(is_good == (outcome.error.sentence[0] == '\0'));
	CHECK_TEXT(document_world_write(&world), row->document ? row->document : start);
}

/* --- places: the examples of §8.2.3 in their structure ---------------------------------------------------------- */

#define START "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"
#define AFTER_X "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/><x k=\"new\"/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"
#define AFTER_Y "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/><y k=\"new\"/>\n</r>"
#define AT_END "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/>\n<z k=\"new\"/></r>"

static void a_new_element_goes_where_its_selector_says(void)
{
	static const struct row rows[] = {
		{"r/x[@k=\"new\"]", "<x k=\"new\"/>", EDIT_MADE, AFTER_X},
		{"r/x[3]", "<x k=\"new\"/>", EDIT_MADE, AFTER_X},
		{"r/x[3][@k=\"new\"]", "<x k=\"new\"/>", EDIT_MADE, AFTER_X},
		{"r/*[3][@k=\"new\"]", "<x k=\"new\"/>", EDIT_MADE, AFTER_X},
		{"r/*[@k=\"new\"]", "<x k=\"new\"/>", EDIT_MADE, AFTER_X},
		{"r/y[@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE, AFTER_Y},
		{"r/y[2]", "<y k=\"new\"/>", EDIT_MADE, AFTER_Y},
		{"r/y[2][@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE, AFTER_Y},
		{"r/*[4]", "<y k=\"new\"/>", EDIT_MADE, AFTER_Y},
		{"r/*[@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE, AFTER_Y},
		{"r/z", "<z k=\"new\"/>", EDIT_MADE, AT_END},
		{"r/z[1]", "<z k=\"new\"/>", EDIT_MADE, AT_END},
		{"r/z[@k=\"new\"]", "<z k=\"new\"/>", EDIT_MADE, AT_END},
		{"r/z[1][@k=\"new\"]", "<z k=\"new\"/>", EDIT_MADE, AT_END},
		{"r/*[@k=\"new\"]", "<z k=\"new\"/>", EDIT_MADE, AT_END},
		{"r/*[1][@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<y k=\"new\"/><x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"r/*[2][@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/><y k=\"new\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"r/x[2][@k=\"new\"]", "<x k=\"new\"/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/><x k=\"new\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"r/y[1][@k=\"new\"]", "<y k=\"new\"/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"new\"/><y "
		 "k=\"one\"/>\n</r>"},
		{"r/x[1]/z", " \n<z> <!-- in -->text</z>\n ", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"><z> <!-- in -->text</z></x>\n<x k=\"two\"/>\n<!-- c -->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"*/*[@k=\"two\"]/*", "<z/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"><z/></x>\n<!-- c -->\n<y k=\"one\"/>\n</r>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(START, "", &rows[i]);
}

static void an_element_that_is_there_is_replaced(void)
{
	static const struct row rows[] = {
		{"r/x[1]", "<x k=\"new\"><z/></x>", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"new\"><z/></x>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"},
		{"r/*[2]", "<z/>", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<z/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"},
		{"r/x[@k=\"two\"]", "<x l=\"more\" k=\"two\"/>", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x l=\"more\" k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"},
		{"r/y", "<y>text</y>", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y>text</y>\n</r>"},
		{"r", "<r xmlns=\"urn:test\"><z/></r>", EDIT_DONE, "<r xmlns=\"urn:test\"><z/></r>"},
		{"*", "<other/>", EDIT_DONE, "<other/>"},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(START, "", &rows[i]);
}

static void what_a_get_would_not_give_back_is_not_inserted(void)
{
	static const struct row rows[] = {
		{"r/x[@k=\"new\"]", "<x k=\"other\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[@k=\"new\"]", "<y k=\"new\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[@k=\"new\"]", "<x xmlns=\"\" k=\"new\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[@k=\"new\"]", "<x xmlns:p=\"urn:p\" p:k=\"new\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[3][@k=\"new\"]", "<x k=\"other\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/*[3][@k=\"new\"]", "<x k=\"other\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[1][@k=\"one\"]", "<x k=\"other\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[@k=\"one\"]", "<x/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[@k=\"one\"]", "<x k=\"two\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[1]", "<y/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[4]", "<x/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[4][@k=\"new\"]", "<x k=\"new\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[0]", "<x/>", EDIT_CANNOT_INSERT, NULL},
		{"r/*[0][@k=\"new\"]", "<x k=\"new\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r/*[5]", "<x/>", EDIT_CANNOT_INSERT, NULL},
		{"r/z[2]", "<z/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x[3]", "<y/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x", "<x/>", EDIT_CANNOT_INSERT, NULL},
		{"r/*[@k=\"one\"]", "<x k=\"one\"/>", EDIT_CANNOT_INSERT, NULL},
		{"other", "<other xmlns=\"urn:test\"/>", EDIT_CANNOT_INSERT, NULL},
		{"r", "<r/>", EDIT_CANNOT_INSERT, NULL},
		{"r[2]", "<r xmlns=\"urn:test\"/>", EDIT_CANNOT_INSERT, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(START, "", &rows[i]);
}

static void what_is_no_element_is_no_fragment(void)
{
	static const struct row rows[] = {
		{"r/z", "", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "text", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z></y>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z/><z/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z/>text", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<!-- c --><z/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<?xml version=\"1.0\"?><z/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<!DOCTYPE z><z/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<p:z/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z>&nbsp;</z>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z>\xff</z>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "</fragment><fragment>", EDIT_NOT_FRAGMENT, NULL},
		{"r/z", "<z/></fragment><fragment>", EDIT_NOT_FRAGMENT, NULL},
		{"r/x[1]", "<x", EDIT_NOT_FRAGMENT, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(START, "", &rows[i]);
}

static void a_missing_parent_is_told_with_the_deepest_ancestor(void)
{
	static const struct {
		const char *selector, *body;
		size_t ancestor_steps;
	} rows[] = {
		{"r/z/z", "<z/>", 1},      {"r/x[1]/z/z/z", "<z/>", 2},
		{"q/z", "<z/>", 0},        {"r/x/z", "<z/>", 1},
		{"r/x[7]/@k", "v", 1},     {"r/x/@k", "v", 1},
		{"q/@k", "v", 0},          {"r/y/z[1]/@k", "v", 2},
		{"r/x[1]/y/z/@k", "v", 2}, {"r/*[@k=\"one\"]/z", "<z/>", 1},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(document_world_finish) struct document_world world;
		struct edit_outcome outcome;
		CHECK_NUMBER(document_world_open(&world, START, rows[i].selector, ""), 0);
		selector_put(&world.selector, &world.tree, slice_text(rows[i].body), &world_limits, &outcome);
		CHECK_NUMBER(outcome.result, EDIT_NO_PARENT);
		CHECK_NUMBER(outcome.ancestor_steps, rows[i].ancestor_steps);
		CHECK_TEXT(document_world_write(&world), START);
	}
}

/* --- attributes ------------------------------------------------------------------------------------------------ */

static void attributes_are_made_and_replaced(void)
{
	static const struct row rows[] = {
		{"r/x[1]/@k", "v", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"v\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\"/>\n</r>"},
		{"r/x[1]/@l", "a \"b\" &amp; &lt;&#99;", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\" l=\"a &quot;b&quot; &amp; &lt;c\"/>\n<x k=\"two\"/>\n<!-- c "
		 "-->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"r/y/@l", "it's &quot;", EDIT_MADE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"one\" l=\"it's "
		 "&quot;\"/>\n</r>"},
		{"r/y/@k", "", EDIT_DONE,
		 "<r xmlns=\"urn:test\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y k=\"\"/>\n</r>"},
		{"r/@xml:lang", "de", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xml:lang=\"de\">\n<x k=\"one\"/>\n<x k=\"two\"/>\n<!-- c -->\n<y "
		 "k=\"one\"/>\n</r>"},
		{"r/x[@k=\"one\"]/@k", "one", EDIT_DONE, NULL},
		/* §8.2.4: the selector would lead nowhere. */
		{"r/x[@k=\"one\"]/@k", "other", EDIT_CANNOT_INSERT, NULL},
		{"r/x[1]/@l", "<", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/x[1]/@l", "a & b", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/x[1]/@l", "&unknown;", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/x[1]/@l", "\"'", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/x[1]/@l", "\xff", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/x[1]/@k", "\x01", EDIT_NOT_ATTRIBUTE, NULL},
		{"r/namespace::*", "<r/>", EDIT_NOT_ALLOWED, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(START, "", &rows[i]);
}

/* --- namespaces ------------------------------------------------------------------------------------------------ */

#define SPACES                                                                                                         \
	"<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" xmlns:d=\"urn:test\"/><y " \
	"xmlns=\"\"/></r>"

static void prefixes_of_a_fragment_are_those_of_its_place(void)
{
	static const struct row rows[] = {
		{"r/q:z", "<q:z><q:in p:k=\"1\" xml:lang=\"en\"/><plain/></q:z>", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y xmlns=\"\"/><q:z><q:in p:k=\"1\" xml:lang=\"en\"/><plain/></q:z></r>"},
		{"r/x/i:z", "<p:z/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"><p:z/></x><y xmlns=\"\"/></r>"},
		{"r/x/q:z", "<p:z/>", EDIT_CANNOT_INSERT, NULL},
		{"r/x/z", "<d:z/>", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"><d:z/></x><y xmlns=\"\"/></r>"},
		{"r/z", "<own:z xmlns:own=\"urn:test\" xmlns:q=\"urn:test\"><q:in/></own:z>", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y xmlns=\"\"/><own:z xmlns:own=\"urn:test\" "
		 "xmlns:q=\"urn:test\"><q:in/></own:z></r>"},
		{"r/*[2]", "<y><z/></y>", EDIT_DONE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y><z/></y></r>"},
		{"r/*[2]/*", "<z><in/></z>", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y xmlns=\"\"><z><in/></z></y></r>"},
		{"r/*[2]/z", "<z/>", EDIT_CANNOT_INSERT, NULL},
		{"r/z", "<z p:k=\"1\" other:k=\"2\"/>", EDIT_NOT_FRAGMENT, NULL},
		{"r/@q:k", "1", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" q:k=\"1\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y xmlns=\"\"/></r>"},
		/* The default namespace is none of attributes. */
		{"r/@t:k", "1", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" xmlns:t=\"urn:test\" t:k=\"1\"><x "
		 "xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\"/><y xmlns=\"\"/></r>"},
		{"r/x/@t:k", "1", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\" d:k=\"1\"/><y xmlns=\"\"/></r>"},
		{"r/x/@new:k", "1", EDIT_MADE,
		 "<r xmlns=\"urn:test\" xmlns:p=\"urn:p\" xmlns:q=\"urn:q\"><x xmlns:p=\"urn:inner\" "
		 "xmlns:d=\"urn:test\" xmlns:new=\"urn:new\" new:k=\"1\"/><y xmlns=\"\"/></r>"},
		/* The outer p is hidden by an inner one. */
		{"r/x/@p:k", "1", EDIT_CANNOT_INSERT, NULL},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_row(SPACES, "xmlns(p=urn:p)xmlns(q=urn:q)xmlns(i=urn:inner)xmlns(t=urn:test)xmlns(new=urn:new)",
			&rows[i]);
}

/* --- limits ---------------------------------------------------------------------------------------------------- */

static void what_is_too_much_is_refused(void)
{
	static const struct xml_limits small = {.bytes = 40, .depth = 4, .nodes = 6};
	static const struct {
		const char *selector, *body;
		enum edit_result result;
	} rows[] = {
		{"r/x/z", "<z><a/></z>", EDIT_MADE},
		{"r/x/z", "<z><a><b/></a></z>", EDIT_TOO_LARGE},
		{"r/x/y/z/q", "<q/>", EDIT_NO_PARENT},
		{"r/z", "<z><a/><a/><a/></z>", EDIT_MADE},
		{"r/z", "<z><a/><a/><a/><a/><a/></z>", EDIT_TOO_LARGE},
		{"r/z", "<z>0123456789012345678901234567890123</z>", EDIT_TOO_LARGE},
		{"r/@k", "0123456789012345678901234567890123456789", EDIT_MADE},
		{"r/@k", "01234567890123456789012345678901234567890", EDIT_TOO_LARGE},
	};
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CLEANUP(document_world_finish) struct document_world world;
		struct edit_outcome outcome;
		CHECK_NUMBER(document_world_open(&world, "<r xmlns=\"urn:test\"><x/></r>", rows[i].selector, ""), 0);
		selector_put(&world.selector, &world.tree, slice_text(rows[i].body), &small, &outcome);
		if (outcome.result != rows[i].result)
			CHECK_TEXT(slice_text(rows[i].body), outcome.error.sentence);
	}
}

/* --- any sequence of edits ------------------------------------------------------------------------------------- */

/* The model: a list of elements, each one of two names with a key of one letter (or none), as a selector sees it. */
enum { MODEL_MOST = 12, ROUNDS = 300, EDITS = 40 };
struct model {
	struct {
		char name, key; /* key '\0': none */
	} items[MODEL_MOST];
	unsigned count;
};

struct edit {
	char name, key;    /* of the selector: name '*': any; key '\0': no test */
	unsigned position; /* 0: none */
	char new_name, new_key;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Which item, or -1: none, -2: several. */
static int model_find(const struct model *model, const struct edit *edit)
{
	int found = -1;
	unsigned position = 0;
	for (unsigned i = 0; i < model->count; i++) {
		if (edit->name != '*' && model->items[i].name != edit->name)
			continue;
		position++;
		if ((edit->position > 0 && edit->position != position) ||
		    (edit->key && model->items[i].key != edit->key))
			continue;
		found = found == -1 ? (int)i : -2;
	}
	return found;
}

/* Where a new item goes; -1: nowhere. */
static int model_place(const struct model *model, const struct edit *edit)
{
	char kin = edit->name == '*' && edit->position == 0 ? edit->new_name : edit->name;
	unsigned count = 0, last = model->count, first = model->count;
	for (unsigned i = 0; i < model->count; i++) {
		if (kin != '*' && model->items[i].name != kin)
			continue;
		if (count++ == 0)
			first = i;
		if (edit->position > 0 && count >= edit->position)
			return (int)(edit->position == 1 ? first : last + 1);
		last = i;
	}
	if (edit->position > 0 && edit->position != count + 1)
		return -1;
	return (int)(count > 0 ? last + 1 : model->count);
}

static void model_insert(struct model *model, unsigned at, const struct edit *edit)
{
	for (unsigned i = model->count++; i > at; i--)
		model->items[i] = model->items[i - 1];
	model->items[at].name = edit->new_name;
	model->items[at].key = edit->new_key;
}

static void model_remove(struct model *model, unsigned at)
{
	model->count--;
	for (unsigned i = at; i < model->count; i++)
		model->items[i] = model->items[i + 1];
}

static enum edit_result model_put(struct model *model, const struct edit *edit)
{
	struct model before = *model;
	int found = model_find(model, edit), at = found >= 0 ? found : model_place(model, edit);
	if (found == -2 || at < 0)
		return EDIT_CANNOT_INSERT;
	if (found >= 0)
		model_remove(model, (unsigned)at);
	model_insert(model, (unsigned)at, edit);
	if (model_find(model, edit) == at)
		return found >= 0 ? EDIT_DONE : EDIT_MADE;
	*model = before;
	return EDIT_CANNOT_INSERT;
}

static enum edit_result model_delete(struct model *model, const struct edit *edit)
{
	struct model before = *model;
	int found = model_find(model, edit);
	if (found < 0)
		return found == -1 ? EDIT_NOT_FOUND : EDIT_AMBIGUOUS;
	model_remove(model, (unsigned)found);
	if (model_find(model, edit) < 0)
		return EDIT_DONE;
	*model = before;
	return EDIT_CANNOT_DELETE;
}

static void write_item(struct buffer *text, char name, char key)
{
	buffer_format(text, "<%c", name);
	if (key)
		buffer_format(text, " k=\"%c\"", key);
	buffer_text(text, "/>");
}

static void model_write(const struct model *model, struct buffer *text)
{
	buffer_text(text, model->count > 0 ? "<r xmlns=\"urn:test\">" : "<r xmlns=\"urn:test\"/>");
	for (unsigned i = 0; i < model->count; i++)
		write_item(text, model->items[i].name, model->items[i].key);
	buffer_text(text, model->count > 0 ? "</r>" : "");
}

static void write_edit(const struct edit *edit, struct buffer *text)
{
	buffer_format(text, "r/%c", edit->name);
	if (edit->position > 0)
		buffer_format(text, "[%u]", edit->position);
	if (edit->key)
		buffer_format(text, "[@k=\"%c\"]", edit->key);
}

static void any_sequence_of_edits_equals_the_model(void)
{
	uint64_t state = 0x5eed;
	for (unsigned round = 0; round < ROUNDS; round++) {
		CLEANUP(document_world_finish) struct document_world world;
		struct model model = {.count = 0};
		CHECK_NUMBER(document_world_open(&world, "<r xmlns='urn:test'/>", "r", ""), 0);
		for (unsigned i = 0; i < EDITS; i++) {
			CLEANUP(buffer_finish) struct buffer text;
			struct edit_outcome outcome;
			struct edit edit = {
				.name = "*ab"[next_random(&state) % 3],
				.key = "\0\0xyz"[next_random(&state) % 5],
				.position = (unsigned)(next_random(&state) % 5),
				.new_name = "ab"[next_random(&state) % 2],
				.new_key = "\0xyz"[next_random(&state) % 4],
			};
			bool puts = model.count < MODEL_MOST - 1 && next_random(&state) % 3 > 0;
			enum edit_result expected = puts ? model_put(&model, &edit) : model_delete(&model, &edit);
			buffer_init(&text, 4096);
			write_edit(&edit, &text);
			CHECK(!buffer_failed(&text));
			CHECK_NUMBER(selector_read(&world.arena, buffer_slice(&text), SLICE(""), SLICE("urn:test"),
						   &world.selector, &world.error),
				     0);
			buffer_clear(&text);
			write_item(&text, edit.new_name, edit.new_key);
			CHECK(!buffer_failed(&text));
			if (puts)
				selector_put(&world.selector, &world.tree, buffer_slice(&text), &world_limits,
					     &outcome);
			else
				selector_delete(&world.selector, &world.tree, &outcome);
			CHECK_NUMBER(outcome.result, expected);
			buffer_clear(&text);
			model_write(&model, &text);
			buffer_byte(&text, '\0');
			CHECK(!buffer_failed(&text));
			CHECK_TEXT(document_world_write(&world), text.data);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{"a_new_element_goes_where_its_selector_says", a_new_element_goes_where_its_selector_says, TEST_PLAIN},
		{"an_element_that_is_there_is_replaced", an_element_that_is_there_is_replaced, TEST_PLAIN},
		{"what_a_get_would_not_give_back_is_not_inserted", what_a_get_would_not_give_back_is_not_inserted,
		 TEST_PLAIN},
		{"what_is_no_element_is_no_fragment", what_is_no_element_is_no_fragment, TEST_PLAIN},
		{"a_missing_parent_is_told_with_the_deepest_ancestor",
		 a_missing_parent_is_told_with_the_deepest_ancestor, TEST_PLAIN},
		{"attributes_are_made_and_replaced", attributes_are_made_and_replaced, TEST_PLAIN},
		{"prefixes_of_a_fragment_are_those_of_its_place", prefixes_of_a_fragment_are_those_of_its_place,
		 TEST_PLAIN},
		{"what_is_too_much_is_refused", what_is_too_much_is_refused, TEST_PLAIN},
		{"any_sequence_of_edits_equals_the_model", any_sequence_of_edits_equals_the_model, TEST_WITHOUT_OOM},
	};
	return test_run(argc, argv, tests, ARRAY_SIZE(tests));
}
