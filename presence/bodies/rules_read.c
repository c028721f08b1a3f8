/* Reading documents of rules: conditions and actions (RFC 4745 §7, RFC 5025 §3.1, §3.2).
 *
 * Parts are collected in buffers, one for each kind, and put together into one block at the end.
 * SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/error.h"
#include "bodies/identity.h"
#include "bodies/moment.h"
#include "bodies/rules_state.h"

#include <stdlib.h>

struct rules_reader {
	struct arena arena; /* of the document; as large as its limits allow */
	struct buffer moments, rules, terms, texts;
	struct rule *rule;       /* that is being read */
	struct ruleset *ruleset; /* what is known of the whole so far */
	bool has_failed;         /* out of memory */
};

static const struct slice policy_space = {COMMON_POLICY_SPACE, sizeof(COMMON_POLICY_SPACE) - 1};
static const struct slice rules_space = {PRES_RULES_SPACE, sizeof(PRES_RULES_SPACE) - 1};

static const struct {
	const char *word;
	enum watch_handling handling;
} handlings[] = {
	{"block", WATCH_BLOCK},
	{"confirm", WATCH_CONFIRM},
	{"polite-block", WATCH_POLITE_BLOCK},
	{"allow", WATCH_ALLOW},
};

bool watch_handling_read(struct slice word, enum watch_handling *handling)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlings); i++) {
		if (slice_equal(slice_text(handlings[i].word), word)) {
			*handling = handlings[i].handling;
			return true;
		}
	}
	return false;
}

const char *watch_handling_word(enum watch_handling handling)
{
	for (size_t i = 0; i < ARRAY_SIZE(handlings); i++) {
		if (handlings[i].handling == handling)
			return handlings[i].word;
	}
	return "block";
}

/* --- terms ---------------------------------------------------------------------------------------------------- */

static void add_term(struct rules_reader *reader, const struct term *term)
{
	buffer_append(&reader->terms, slice_of((const char *)term, sizeof(*term)));
	reader->rule->term_count++;
}

/* False: the text is too long to be kept, and for anybody to be called so. */
static bool add_text_term(struct rules_reader *reader, enum term_kind kind, struct slice text)
{
	if (text.length > TERM_LENGTH_MOST || reader->texts.length > UINT32_MAX - TERM_LENGTH_MOST)
		return false;
	struct term term = {.kind = kind & 15,
			    .length = (uint32_t)text.length & TERM_LENGTH_MOST,
			    .at = (uint32_t)reader->texts.length,
			    .hash = rules_hash(text)};
	buffer_append(&reader->texts, text);
	add_term(reader, &term);
	return true;
}

/* --- identity (RFC 4745 §7.1) --------------------------------------------------------------------------------- */

/* An identity that nobody of ours can have leaves no term: as <one> it matches nobody, as <except> it excepts nobody.
 */
static void add_identity(struct rules_reader *reader, enum term_kind kind, struct slice uri)
{
	struct identity identity;
	int result = identity_read(&reader->arena, uri, &identity);
	reader->has_failed |= result == ERR_NO_MEMORY;
	if (result != 0)
		return;
	size_t length = identity.user.length + 1 + identity.domain.length;
	char *text = arena_allocate(&reader->arena, length);
	if (!text) {
		reader->has_failed = true;
		return;
	}
	memcpy(text, identity.user.at, identity.user.length);
	text[identity.user.length] = '@';
	memcpy(text + identity.user.length + 1, identity.domain.at, identity.domain.length);
	(void)add_text_term(reader, kind, slice_of(text, length));
}

static void add_domain(struct rules_reader *reader, enum term_kind kind, struct slice text)
{
	struct slice domain;
	if (identity_domain(&reader->arena, text, &domain) == 0)
		(void)add_text_term(reader, kind, domain);
	else
		reader->has_failed = true;
}

/* A restriction in <one> or <many> that we do not know: then nobody matches. */
static bool has_unknown(const struct xml_node *node)
{
	for (const struct xml_node *child = node->children; child; child = child->next) {
		if (!slice_is_empty(child->name) && !xml_is(child, policy_space, SLICE("except")))
			return true;
	}
	return false;
}

static bool has_attribute(const struct xml_node *node, struct slice name)
{
	return xml_attribute(node, name).at != NULL;
}

/* §7.1.2. A domain that is empty is nobody's; no domain at all means everybody. */
static void read_many(struct rules_reader *reader, const struct xml_node *many)
{
	struct slice domain = slice_trim(xml_attribute(many, SLICE("domain")));
	if (slice_is_empty(domain) && has_attribute(many, SLICE("domain")))
		return;
	add_domain(reader, TERM_MANY, domain);
	const struct xml_node *except = xml_child(many, policy_space, SLICE("except"));
	for (; except; except = xml_next(except, policy_space, SLICE("except"))) {
		if (has_attribute(except, SLICE("id")))
			add_identity(reader, TERM_EXCEPT_ONE, xml_attribute(except, SLICE("id")));
		if (has_attribute(except, SLICE("domain")))
			add_domain(reader, TERM_EXCEPT_DOMAIN, xml_attribute(except, SLICE("domain")));
	}
}

static bool read_identity(struct rules_reader *reader, const struct xml_node *condition)
{
	struct term begin = {.kind = TERM_IDENTITY};
	add_term(reader, &begin);
	for (const struct xml_node *node = condition->children; node; node = node->next) {
		if (has_unknown(node))
			continue;
		if (xml_is(node, policy_space, SLICE("one")))
			add_identity(reader, TERM_ONE, xml_attribute(node, SLICE("id")));
		else if (xml_is(node, policy_space, SLICE("many")))
			read_many(reader, node);
	}
	return true;
}

/* --- the other conditions ------------------------------------------------------------------------------------- */

/* RFC 4745 §7.2: a text without meaning to us. */
static bool read_sphere(struct rules_reader *reader, const struct xml_node *condition)
{
	struct slice sphere = slice_trim(xml_attribute(condition, SLICE("value")));
	char *lower = arena_allocate(&reader->arena, sphere.length);
	if (!lower) {
		reader->has_failed = true;
		return false;
	}
	for (size_t i = 0; i < sphere.length; i++)
		lower[i] = sphere.at[i] >= 'A' && sphere.at[i] <= 'Z' ? (char)(sphere.at[i] | 0x20) : sphere.at[i];
	reader->ruleset->needs_sphere = true;
	return add_text_term(reader, TERM_SPHERE, slice_of(lower, sphere.length));
}

static void add_period(struct rules_reader *reader, int64_t from_s, int64_t until_s)
{
	int64_t period[] = {from_s, until_s};
	struct term term = {.kind = TERM_PERIOD, .at = (uint32_t)(reader->moments.length / sizeof(*period))};
	buffer_append(&reader->moments, slice_of((const char *)period, sizeof(period)));
	add_term(reader, &term);
}

/* RFC 4745 §7.3: each <from> with the <until> behind it. A pair that cannot be read is no period. */
static bool read_validity(struct rules_reader *reader, const struct xml_node *condition)
{
	struct term begin = {.kind = TERM_VALIDITY};
	add_term(reader, &begin);
	for (const struct xml_node *node = condition->children; node; node = node->next) {
		int64_t from_s, until_s;
		if (xml_is(node, policy_space, SLICE("from")) && xml_is(node->next, policy_space, SLICE("until")) &&
		    moment_read(xml_text(node), &from_s) == 0 && moment_read(xml_text(node->next), &until_s) == 0)
			add_period(reader, from_s, until_s);
	}
	return true;
}

static bool read_others(struct rules_reader *reader, const struct xml_node *condition)
{
	(void)condition;
	reader->rule->flags |= RULE_OTHERS;
	reader->ruleset->has_others = true;
	return true;
}

/* Everybody is authenticated here. */
static bool read_anonymous(struct rules_reader *reader, const struct xml_node *condition)
{
	(void)reader;
	(void)condition;
	return false;
}

static bool read_external_list(struct rules_reader *reader, const struct xml_node *condition)
{
	(void)condition;
	reader->ruleset->has_external_lists = true;
	return false;
}

/* False: a rule with this condition never applies. */
typedef bool condition_read_fn(struct rules_reader *reader, const struct xml_node *condition);

static const struct {
	const char *space, *name;
	condition_read_fn *read;
} conditions[] = {
	{COMMON_POLICY_SPACE, "identity", read_identity},
	{COMMON_POLICY_SPACE, "sphere", read_sphere},
	{COMMON_POLICY_SPACE, "validity", read_validity},
	{OMA_POLICY_SPACE, "other-identity", read_others},
	{OMA_POLICY_SPACE, "external-list", read_external_list},
	{OMA_POLICY_SPACE, "anonymous-request", read_anonymous},
};

/* RFC 4745 §7, §10.1: all conditions have to be met; one that is not known is not met. */
static bool read_condition(struct rules_reader *reader, const struct xml_node *condition)
{
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		if (xml_is(condition, slice_text(conditions[i].space), slice_text(conditions[i].name)))
			return conditions[i].read(reader, condition);
	}
	return slice_is_empty(condition->name); /* text */
}

/* --- rules ---------------------------------------------------------------------------------------------------- */

/* RFC 5025 §3.2.1: block is what nobody has to say. */
static void read_actions(struct rules_reader *reader, const struct xml_node *actions)
{
	const struct xml_node *node = xml_child(actions, rules_space, SLICE("sub-handling"));
	for (; node; node = xml_next(node, rules_space, SLICE("sub-handling"))) {
		enum watch_handling handling;
		if (watch_handling_read(xml_text(node), &handling) && handling > reader->rule->handling)
			reader->rule->handling = (uint8_t)handling;
	}
}

static struct slice kept_text(const struct rules_reader *reader, size_t at, size_t length)
{
	return slice_of(reader->texts.data + at, length);
}

/* Most rules of a document show the same: they share the text. */
static void read_transformations(struct rules_reader *reader, const struct xml_node *node, const struct rule *before)
{
	struct rule *rule = reader->rule;
	size_t at = reader->texts.length;
	const struct xml_node *part = xml_child(node, policy_space, SLICE("transformations"));
	for (; part; part = xml_next(part, policy_space, SLICE("transformations")))
		rules_read_shown(part, &rule->shown, &reader->texts);
	size_t length = reader->texts.length - at;
	if (buffer_failed(&reader->texts) || length == 0 || at + length > UINT32_MAX)
		return;
	rule->picks_at = (uint32_t)at;
	rule->picks_length = (uint32_t)length;
	if (length == before->picks_length &&
	    slice_equal(kept_text(reader, before->picks_at, length), kept_text(reader, at, length))) {
		rule->picks_at = before->picks_at;
		reader->texts.length = at;
	}
}

static void read_rule(struct rules_reader *reader, const struct xml_node *node, const struct rule *before,
		      struct rule *rule)
{
	*rule = (struct rule){.handling = WATCH_BLOCK};
	reader->rule = rule;
	for (const struct xml_node *part = node->children; part; part = part->next) {
		if (xml_is(part, policy_space, SLICE("actions")))
			read_actions(reader, part);
		if (!xml_is(part, policy_space, SLICE("conditions")))
			continue;
		for (const struct xml_node *condition = part->children; condition; condition = condition->next) {
			if (!read_condition(reader, condition))
				rule->flags |= RULE_NEVER;
		}
	}
	read_transformations(reader, node, before);
}

static int read_rules(struct rules_reader *reader, const struct xml_node *root, struct body_error *error)
{
	struct rule before = {.shown = 0};
	if (!xml_is(root, policy_space, SLICE("ruleset"))) {
		body_complain(error, "The root element is not the <ruleset> of " COMMON_POLICY_SPACE);
		return ERR_SYNTAX;
	}
	const struct xml_node *node = xml_child(root, policy_space, SLICE("rule"));
	for (; node; node = xml_next(node, policy_space, SLICE("rule"))) {
		struct rule rule;
		read_rule(reader, node, &before, &rule);
		buffer_append(&reader->rules, slice_of((const char *)&rule, sizeof(rule)));
		reader->ruleset->rule_count++;
		before = rule;
	}
	bool has_failed = reader->has_failed || buffer_failed(&reader->moments) || buffer_failed(&reader->rules) ||
			  buffer_failed(&reader->terms) || buffer_failed(&reader->texts);
	return has_failed ? ERR_NO_MEMORY : 0;
}

/* --- one block ------------------------------------------------------------------------------------------------ */

static char *place(char *at, const struct buffer *buffer)
{
	if (buffer->length > 0)
		memcpy(at, buffer->data, buffer->length);
	return at + buffer->length;
}

/* In the order of alignments. */
static int assemble(const struct rules_reader *reader, struct ruleset **ruleset)
{
	size_t bytes = sizeof(**ruleset) + reader->moments.length + reader->rules.length + reader->terms.length +
		       reader->texts.length;
	struct ruleset *made = malloc(bytes);
	if (!made)
		return ERR_NO_MEMORY;
	char *at = (char *)(made + 1);
	*made = *reader->ruleset;
	made->bytes = bytes;
	made->moments = (const int64_t *)(void *)at;
	at = place(at, &reader->moments);
	made->rules = (const struct rule *)(void *)at;
	at = place(at, &reader->rules);
	made->terms = (const struct term *)(void *)at;
	at = place(at, &reader->terms);
	made->texts = at;
	(void)place(at, &reader->texts);
	*ruleset = made;
	return 0;
}

int ruleset_read(struct slice document, const struct xml_limits *limits, struct ruleset **ruleset,
		 struct body_error *error)
{
	struct ruleset known = {.rule_count = 0};
	struct rules_reader reader = {.ruleset = &known};
	const struct xml_node *root;
	arena_init(&reader.arena, NULL, SIZE_MAX / 2);
	struct buffer *buffers[] = {&reader.moments, &reader.rules, &reader.terms, &reader.texts};
	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
		buffer_init(buffers[i], SIZE_MAX / 4);
	int result = xml_parse(&reader.arena, document, limits, &root, error);
	if (result == 0)
		result = read_rules(&reader, root, error);
	if (result == 0)
		result = assemble(&reader, ruleset);
	for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
		buffer_finish(buffers[i]);
	arena_finish(&reader.arena);
	return result;
}

void ruleset_destroy(struct ruleset *ruleset)
{
	free(ruleset);
}

size_t ruleset_bytes(const struct ruleset *ruleset)
{
	return ruleset->bytes;
}

bool ruleset_needs_sphere(const struct ruleset *ruleset)
{
	return ruleset->needs_sphere;
}
