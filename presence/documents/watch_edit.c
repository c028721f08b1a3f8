/* Taking a watcher out of rules that are not to be his. SPDX-License-Identifier: MIT */
#include "documents/watch_edit.h"

#include "base/error.h"

/* --- asking the tree -------------------------------------------------------------------------------------------- */

bool watch_edit_attribute(struct watch_edit *edit, xmlNodePtr node, const char *name, struct slice *value)
{
	if (!xmlHasNsProp(node, (const xmlChar *)name, NULL))
		return false;
	xmlChar *text = xmlGetNoNsProp(node, (const xmlChar *)name);
	int result = text ? arena_copy(&edit->arena, slice_text((const char *)text), value) : ERR_NO_MEMORY;
	xmlFree(text);
	edit->has_failed |= result != 0;
	return result == 0;
}

/* <one> or <except> with an id of his. */
static bool names_him(struct watch_edit *edit, xmlNodePtr node)
{
	struct slice uri;
	struct identity identity;
	if (!watch_edit_attribute(edit, node, "id", &uri))
		return false;
	int result = identity_read(&edit->arena, uri, &identity);
	edit->has_failed |= result == ERR_NO_MEMORY;
	return result == 0 && identity_equal(&identity, &edit->watcher);
}

/* Whether the attribute is his domain. */
static bool is_his_domain(struct watch_edit *edit, struct slice text)
{
	struct slice domain;
	if (identity_domain(&edit->arena, text, &domain) != 0) {
		edit->has_failed = true;
		return false;
	}
	return slice_equal(domain, edit->watcher.domain);
}

/* RFC 4745 §7.1.2, as ruleset_read understands it. */
static bool matches_him(struct watch_edit *edit, xmlNodePtr many)
{
	struct slice domain;
	if (watch_edit_attribute(edit, many, "domain", &domain) && !is_his_domain(edit, domain))
		return false;
	for (xmlNodePtr child = xmlFirstElementChild(many); child; child = xmlNextElementSibling(child)) {
		if (!is_policy(child, "except") || names_him(edit, child) ||
		    (watch_edit_attribute(edit, child, "domain", &domain) && is_his_domain(edit, domain)))
			return false;
	}
	return true;
}

enum watch_handling watch_edit_handling(struct watch_edit *edit, const xmlNode *rule)
{
	enum watch_handling highest = WATCH_BLOCK, handling;
	for (xmlNodePtr actions = policy_child(rule, "actions"); actions; actions = policy_next(actions)) {
		xmlNodePtr node = neat_child(actions, PRES_RULES_SPACE, "sub-handling");
		for (; node; node = neat_next(node, PRES_RULES_SPACE, "sub-handling")) {
			xmlChar *text = xmlNodeGetContent(node);
			struct slice word = slice_trim(slice_text((const char *)text));
			edit->has_failed |= !text;
			if (watch_handling_read(word, &handling) && handling > highest)
				highest = handling;
			xmlFree(text);
		}
	}
	return highest;
}

/* What stands among the conditions of a rule. */
struct conditions {
	unsigned identities, others, unknown;
};

static struct conditions count_conditions(const xmlNode *rule)
{
	struct conditions count = {0, 0, 0};
	for (xmlNodePtr part = policy_child(rule, "conditions"); part; part = policy_next(part)) {
		for (xmlNodePtr node = xmlFirstElementChild(part); node; node = xmlNextElementSibling(node)) {
			if (is_policy(node, "identity"))
				count.identities++;
			else if (is_policy(node, "sphere") || is_policy(node, "validity"))
				count.others++;
			else
				count.unknown++;
		}
	}
	return count;
}

xmlNodePtr watch_edit_identity(const xmlNode *rule)
{
	struct conditions count = count_conditions(rule);
	if (count.identities != 1 || count.others > 0 || count.unknown > 0)
		return NULL;
	xmlNodePtr identity = NULL;
	for (xmlNodePtr part = policy_child(rule, "conditions"); part && !identity; part = policy_next(part))
		identity = policy_child(part, "identity");
	return identity;
}

xmlNodePtr watch_edit_find_one(struct watch_edit *edit, const xmlNode *identity)
{
	for (xmlNodePtr one = policy_child(identity, "one"); one; one = policy_next(one)) {
		if (!xmlFirstElementChild(one) && names_him(edit, one))
			return one;
	}
	return NULL;
}

/* --- leaving him out -------------------------------------------------------------------------------------------- */

static void add_except(struct watch_edit *edit, xmlNodePtr many)
{
	xmlNodePtr except = neat_add(many, many->ns, "except", NULL);
	if (!except || !xmlNewProp(except, (const xmlChar *)"id", (const xmlChar *)edit->uri))
		edit->has_failed = true;
}

static void drop_excepts(struct watch_edit *edit, const xmlNode *many)
{
	xmlNodePtr next;
	for (xmlNodePtr except = policy_child(many, "except"); except; except = next) {
		next = policy_next(except);
		if (names_him(edit, except))
			neat_remove(except);
	}
}

/* False: nobody is left, and the rule is for nobody. */
static bool leave_out(struct watch_edit *edit, xmlNodePtr identity, bool gives_more)
{
	bool was_named = false;
	xmlNodePtr next;
	for (xmlNodePtr one = policy_child(identity, "one"); one; one = next) {
		next = policy_next(one);
		if (!names_him(edit, one))
			continue;
		was_named = true;
		neat_remove(one);
	}
	for (xmlNodePtr many = policy_child(identity, "many"); many; many = policy_next(many)) {
		if (edit->is_forgetting)
			drop_excepts(edit, many);
		else if (gives_more && matches_him(edit, many))
			add_except(edit, many);
	}
	return !was_named || xmlFirstElementChild(identity);
}

/* RFC 4745 §13: conditions come first. */
static xmlNodePtr get_conditions(xmlNodePtr rule)
{
	xmlNodePtr conditions = policy_child(rule, "conditions"), first = xmlFirstElementChild(rule);
	if (conditions)
		return conditions;
	return first ? neat_add_before(first, rule->ns, "conditions") : neat_add(rule, rule->ns, "conditions", NULL);
}

/* A rule for everybody becomes one for everybody but him. Its other conditions, where it has any, stay. */
static void except_from_all(struct watch_edit *edit, xmlNodePtr rule)
{
	xmlNodePtr conditions = get_conditions(rule);
	xmlNodePtr identity = conditions ? neat_add(conditions, rule->ns, "identity", NULL) : NULL;
	xmlNodePtr many = identity ? neat_add(identity, rule->ns, "many", NULL) : NULL;
	if (many)
		add_except(edit, many);
	else
		edit->has_failed = true;
}

void watch_edit_leave_out(struct watch_edit *edit, xmlNodePtr rule)
{
	bool gives_more = !edit->is_forgetting && watch_edit_handling(edit, rule) > edit->handling;
	struct conditions count = count_conditions(rule);
	for (xmlNodePtr part = policy_child(rule, "conditions"); part; part = policy_next(part)) {
		xmlNodePtr identity = policy_child(part, "identity");
		for (; identity; identity = policy_next(identity)) {
			if (leave_out(edit, identity, gives_more))
				continue;
			neat_remove(rule);
			return;
		}
	}
	/* A rule with conditions that we do not know never applies. */
	if (gives_more && count.identities == 0 && count.unknown == 0)
		except_from_all(edit, rule);
}
