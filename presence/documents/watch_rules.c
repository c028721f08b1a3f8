/* Editing rules one watcher at a time. SPDX-License-Identifier: MIT */
#include "documents/watch_rules.h"

#include "base/error.h"
#include "documents/watch_edit.h"

#include <stdio.h>
#include <string.h>

#define NUMBERS_MOST 1000 /* behind ids and prefixes that are taken */

static const char new_document[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ruleset xmlns=\"" COMMON_POLICY_SPACE
				   "\" xmlns:pr=\"" PRES_RULES_SPACE "\"/>\n";

/* Our own rules: they name watchers one by one, and nothing else matters. */
static const struct own_rule {
	enum watch_handling handling;
	const char *id;
} own_rules[] = {
	{WATCH_ALLOW, "allowed"},
	{WATCH_BLOCK, "blocked"},
	{WATCH_POLITE_BLOCK, "politely-blocked"},
	{WATCH_CONFIRM, "asked"},
};

/* RFC 5025 §3.3: what ours of WATCH_ALLOW give. */
static const char *const all_elements[][2] = {
	{"provide-services", "all-services"}, {"provide-persons", "all-persons"}, {"provide-devices", "all-devices"}};

/* --- our own rules ---------------------------------------------------------------------------------------------- */

static const char *own_id(enum watch_handling handling)
{
	for (size_t i = 0; i < ARRAY_SIZE(own_rules); i++) {
		if (own_rules[i].handling == handling)
			return own_rules[i].id;
	}
	return own_rules[0].id;
}

static void write_id(const char *base, unsigned number, char id[static 32])
{
	int length = number == 1 ? snprintf(id, 32, "%s", base) : snprintf(id, 32, "%s-%u", base, number);
	if (length < 0)
		id[0] = '\0';
}

/* Which of our ids it is, by write_id; 0: none of them. */
static unsigned number_of(struct slice id, const char *base)
{
	uint64_t number = 0;
	if (!slice_starts_with(id, slice_text(base)))
		return 0;
	struct slice rest = slice_from(id, strlen(base));
	if (slice_is_empty(rest))
		return 1;
	bool is_number = rest.length >= 2 && rest.at[0] == '-' && rest.at[1] != '0' &&
			 slice_to_number(slice_from(rest, 1), NUMBERS_MOST, &number);
	return is_number && number > 1 ? (unsigned)number : 0;
}

/* The rules that have our ids, by their numbers. */
static void gather_own(struct watch_edit *edit, xmlNodePtr rules[static NUMBERS_MOST + 1])
{
	struct slice id;
	for (xmlNodePtr rule = policy_child(edit->root, "rule"); rule; rule = policy_next(rule)) {
		unsigned number = watch_edit_attribute(edit, rule, "id", &id)
					  ? number_of(slice_trim(id), own_id(edit->handling))
					  : 0;
		if (number > 0 && !rules[number])
			rules[number] = rule;
	}
}

/* Names watchers one by one, and has no other condition. What it shows, its user may have changed. */
static bool has_our_shape(struct watch_edit *edit, const xmlNode *rule)
{
	const xmlNode *identity = watch_edit_identity(rule);
	if (!identity || watch_edit_handling(edit, rule) != edit->handling)
		return false;
	for (xmlNodePtr child = xmlFirstElementChild((xmlNodePtr)identity); child;
	     child = xmlNextElementSibling(child)) {
		if (!is_policy(child, "one"))
			return false;
	}
	return true;
}

/* The first of ours, or NULL and an id that is free, if there is one. */
static xmlNodePtr find_own(struct watch_edit *edit, char id[static 32])
{
	xmlNodePtr rules[NUMBERS_MOST + 1] = {NULL};
	unsigned number = 1;
	gather_own(edit, rules);
	while (number <= NUMBERS_MOST && rules[number] && !has_our_shape(edit, rules[number]))
		number++;
	edit->is_full = number > NUMBERS_MOST;
	if (edit->is_full)
		return NULL;
	write_id(own_id(edit->handling), number, id);
	return rules[number];
}

/* RFC 5025's namespace, declared at the root where it is not. */
static xmlNsPtr rules_space(const struct watch_edit *edit)
{
	xmlNsPtr space = xmlSearchNsByHref(edit->root->doc, edit->root, (const xmlChar *)PRES_RULES_SPACE);
	for (unsigned number = 0; !space && number < NUMBERS_MOST; number++) {
		char prefix[16] = "pr";
		if (number > 0 && snprintf(prefix, sizeof(prefix), "pr%u", number) < 0)
			return NULL;
		/* NULL where the prefix is taken */
		space = xmlNewNs(edit->root, (const xmlChar *)PRES_RULES_SPACE, (const xmlChar *)prefix);
	}
	return space;
}

static bool add_all(xmlNodePtr rule, xmlNsPtr space)
{
	xmlNodePtr transformations = neat_add(rule, rule->ns, "transformations", NULL);
	for (size_t i = 0; transformations && i < ARRAY_SIZE(all_elements); i++) {
		xmlNodePtr permission = neat_add(transformations, space, all_elements[i][0], NULL);
		if (!permission || !neat_add(permission, space, all_elements[i][1], NULL))
			return false;
	}
	return transformations && neat_add(transformations, space, "provide-all-attributes", NULL);
}

/* Returns its <identity>; NULL where memory is exhausted. */
static xmlNodePtr add_own(const struct watch_edit *edit, const char *id)
{
	xmlNsPtr space = rules_space(edit);
	xmlNodePtr rule = space ? neat_add(edit->root, edit->root->ns, "rule", NULL) : NULL;
	if (!rule || !xmlNewProp(rule, (const xmlChar *)"id", (const xmlChar *)id))
		return NULL;
	xmlNodePtr conditions = neat_add(rule, rule->ns, "conditions", NULL);
	xmlNodePtr identity = conditions ? neat_add(conditions, rule->ns, "identity", NULL) : NULL;
	xmlNodePtr actions = identity ? neat_add(rule, rule->ns, "actions", NULL) : NULL;
	if (!actions || !neat_add(actions, space, "sub-handling", watch_handling_word(edit->handling)))
		return NULL;
	return edit->handling != WATCH_ALLOW || add_all(rule, space) ? identity : NULL;
}

static void put_into_own(struct watch_edit *edit, xmlNodePtr rule, const char *id)
{
	xmlNodePtr identity = rule ? watch_edit_identity(rule) : add_own(edit, id);
	if (identity && watch_edit_find_one(edit, identity))
		return;
	xmlNodePtr one = identity ? neat_add(identity, identity->ns, "one", NULL) : NULL;
	if (!one || !xmlNewProp(one, (const xmlChar *)"id", (const xmlChar *)edit->uri))
		edit->has_failed = true;
}

/* --- the whole -------------------------------------------------------------------------------------------------- */

/* By a rule that names him, and has no other conditions. */
static bool is_allowed_already(struct watch_edit *edit)
{
	for (xmlNodePtr rule = policy_child(edit->root, "rule"); rule; rule = policy_next(rule)) {
		const xmlNode *identity =
			watch_edit_handling(edit, rule) == WATCH_ALLOW ? watch_edit_identity(rule) : NULL;
		if (identity && watch_edit_find_one(edit, identity))
			return true;
	}
	return false;
}

static void run(struct watch_edit *edit)
{
	char id[32] = "";
	if (!edit->is_forgetting && edit->handling == WATCH_ALLOW && is_allowed_already(edit))
		return;
	xmlNodePtr own = edit->is_forgetting ? NULL : find_own(edit, id), next;
	if (edit->is_full)
		return;
	for (xmlNodePtr rule = policy_child(edit->root, "rule"); rule; rule = next) {
		next = policy_next(rule);
		if (rule != own)
			watch_edit_leave_out(edit, rule);
	}
	if (!edit->is_forgetting)
		put_into_own(edit, own, id);
}

/* Hosts are ASCII; what else is escaped in a URI is escaped by whoever writes it. */
static bool is_host(struct slice domain)
{
	for (size_t i = 0; i < domain.length; i++) {
		char byte = domain.at[i];
		bool is_word = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
		if (!is_word && (byte == '\0' || !strchr("-._:[]", byte)))
			return false;
	}
	return true;
}

static int name_watcher(struct watch_edit *edit, struct slice uri, struct body_error *error)
{
	int result = identity_read(&edit->arena, uri, &edit->watcher);
	if (result == ERR_NO_MEMORY)
		return result;
	if (result != 0 || !is_host(edit->watcher.domain)) {
		body_complain(error, "The URI names no user of a domain");
		return ERR_SYNTAX;
	}
	struct body_target target = {.user = edit->watcher.user, .domain = edit->watcher.domain};
	struct slice written;
	struct buffer buffer;
	buffer_init(&buffer, SIZE_MAX / 4);
	body_write_entity(&buffer, &target);
	result = buffer_failed(&buffer) ? ERR_NO_MEMORY : arena_copy(&edit->arena, buffer_slice(&buffer), &written);
	buffer_finish(&buffer);
	if (result == 0)
		edit->uri = written.at;
	return result;
}

/* That the document says what was asked for, and can be read again. */
static int verify(struct watch_edit *edit, struct slice text, const struct xml_limits *limits, struct body_error *error)
{
	struct document_tree tree;
	struct ruleset *ruleset;
	struct rule_answer answer;
	struct rule_question question = {.user = edit->watcher.user, .domain = edit->watcher.domain};
	int result = tree_read(text, limits, &tree, error);
	if (result != 0)
		return result;
	tree_finish(&tree);
	result = ruleset_read(text, limits, &ruleset, error);
	if (result != 0)
		return result;
	result = ruleset_judge(ruleset, &question, &edit->arena, &answer);
	ruleset_destroy(ruleset);
	if (result != 0 || edit->is_forgetting || (answer.is_decided && answer.handling == edit->handling))
		return result;
	body_complain(error, "Another rule of the document decides about him");
	return ERR_BUSY;
}

static int write_out(struct watch_edit *edit, const struct xml_limits *limits, struct buffer *after,
		     struct body_error *error)
{
	struct buffer text;
	if (edit->is_full && !edit->has_failed) {
		body_complain(error, "All %d ids that begin with \"%s\" are those of other rules", NUMBERS_MOST,
			      own_id(edit->handling));
		return ERR_LIMIT;
	}
	buffer_init(&text, SIZE_MAX / 4);
	tree_write(&edit->tree, &text);
	int result = edit->has_failed || buffer_failed(&text) ? ERR_NO_MEMORY : 0;
	if (result == 0)
		result = verify(edit, buffer_slice(&text), limits, error);
	if (result == 0 && text.length > after->limit - after->length) {
		body_complain(error, "The document would have %zu bytes, which is too much", text.length);
		result = ERR_LIMIT;
	}
	if (result == 0) {
		buffer_append(after, buffer_slice(&text));
		result = buffer_failed(after) ? ERR_NO_MEMORY : 0;
	}
	buffer_finish(&text);
	return result;
}

static int edit_document(struct watch_edit *edit, struct slice document, struct slice watcher,
			 const struct xml_limits *limits, struct buffer *after, struct body_error *error)
{
	int result = name_watcher(edit, watcher, error);
	if (result == 0)
		result = tree_read(document, limits, &edit->tree, error);
	if (result != 0)
		return result;
	edit->root = xmlDocGetRootElement(edit->tree.xml);
	if (neat_is(edit->root, COMMON_POLICY_SPACE, "ruleset")) {
		run(edit);
		result = write_out(edit, limits, after, error);
	} else {
		body_complain(error, "The root element is not the <ruleset> of " COMMON_POLICY_SPACE);
		result = ERR_SYNTAX;
	}
	tree_finish(&edit->tree);
	return result;
}

/* Copies of what stands in the document: a few of each attribute, of which the shortest take up a few bytes. */
static size_t work_bytes(struct slice document, struct slice watcher)
{
	return 65536 + 64 * (document.length + watcher.length);
}

static bool is_there(struct slice document)
{
	return !slice_is_empty(slice_trim(document));
}

int watch_rules_set(struct slice document, struct slice watcher, enum watch_handling handling,
		    const struct xml_limits *limits, struct buffer *after, struct body_error *error)
{
	struct watch_edit edit = {.handling = handling};
	struct slice before = is_there(document) ? document : slice_text(new_document);
	arena_init(&edit.arena, NULL, work_bytes(before, watcher));
	int result = edit_document(&edit, before, watcher, limits, after, error);
	arena_finish(&edit.arena);
	return result;
}

int watch_rules_forget(struct slice document, struct slice watcher, const struct xml_limits *limits,
		       struct buffer *after, struct body_error *error)
{
	struct watch_edit edit = {.is_forgetting = true};
	if (!is_there(document))
		return 0;
	arena_init(&edit.arena, NULL, work_bytes(document, watcher));
	int result = edit_document(&edit, document, watcher, limits, after, error);
	arena_finish(&edit.arena);
	return result;
}
