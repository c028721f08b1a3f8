/* Listing the watchers whom rules name. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/identity.h"
#include "documents/watch_rules.h"

#include <stdlib.h>

struct named {
	struct identity identity;
	struct slice uri;
	enum watch_handling handling;
	size_t place; /* in the document */
};

struct list {
	struct arena *arena;
	struct named *named; /* room for all <one> of the document */
	size_t count;
};

static const struct slice policy_space = {COMMON_POLICY_SPACE, sizeof(COMMON_POLICY_SPACE) - 1};
static const struct slice rules_space = {PRES_RULES_SPACE, sizeof(PRES_RULES_SPACE) - 1};

static bool is_policy(const struct xml_node *node, const char *name)
{
	return xml_is(node, policy_space, slice_text(name));
}

static size_t count_ones(const struct xml_node *node)
{
	size_t count = is_policy(node, "one");
	for (const struct xml_node *child = node->children; child; child = child->next)
		count += count_ones(child);
	return count;
}

static enum watch_handling handling_of(const struct xml_node *rule)
{
	enum watch_handling highest = WATCH_BLOCK, handling;
	const struct xml_node *actions = xml_child(rule, policy_space, SLICE("actions"));
	for (; actions; actions = xml_next(actions, policy_space, SLICE("actions"))) {
		const struct xml_node *node = xml_child(actions, rules_space, SLICE("sub-handling"));
		for (; node; node = xml_next(node, rules_space, SLICE("sub-handling"))) {
			if (watch_handling_read(xml_text(node), &handling) && handling > highest)
				highest = handling;
		}
	}
	return highest;
}

/* RFC 4745 §7: a rule with a condition that we do not know never applies. */
static bool may_apply(const struct xml_node *conditions)
{
	for (const struct xml_node *node = conditions->children; node; node = node->next) {
		if (!slice_is_empty(node->name) && !is_policy(node, "identity") && !is_policy(node, "sphere") &&
		    !is_policy(node, "validity"))
			return false;
	}
	return true;
}

static int add_identity(struct list *list, const struct xml_node *identity, enum watch_handling handling)
{
	const struct xml_node *one = xml_child(identity, policy_space, SLICE("one"));
	for (; one; one = xml_next(one, policy_space, SLICE("one"))) {
		struct named *named = &list->named[list->count];
		named->uri = slice_trim(xml_attribute(one, SLICE("id")));
		int result = one->children ? ERR_SYNTAX : identity_read(list->arena, named->uri, &named->identity);
		if (result == ERR_NO_MEMORY)
			return result;
		if (result != 0)
			continue;
		named->handling = handling;
		named->place = list->count++;
	}
	return 0;
}

static int add_rule(struct list *list, const struct xml_node *rule)
{
	enum watch_handling handling = handling_of(rule);
	const struct xml_node *conditions = xml_child(rule, policy_space, SLICE("conditions"));
	int result = 0;
	for (; conditions && result == 0; conditions = xml_next(conditions, policy_space, SLICE("conditions"))) {
		const struct xml_node *identity =
			may_apply(conditions) ? xml_child(conditions, policy_space, SLICE("identity")) : NULL;
		for (; identity && result == 0; identity = xml_next(identity, policy_space, SLICE("identity")))
			result = add_identity(list, identity, handling);
	}
	return result;
}

static int compare(const struct named *a, const struct named *b)
{
	int order = slice_compare(a->identity.domain, b->identity.domain);
	return order != 0 ? order : slice_compare(a->identity.user, b->identity.user);
}

static int by_name(const void *a, const void *b)
{
	const struct named *one = a, *other = b;
	int order = compare(one, other);
	return order != 0 ? order : (one->place > other->place) - (one->place < other->place);
}

static void tell(const struct list *list, watch_decision_fn *each, void *arg)
{
	size_t next;
	for (size_t i = 0; i < list->count; i = next) {
		const struct named *named = &list->named[i];
		struct watch_decision decision = {.uri = named->uri,
						  .user = named->identity.user,
						  .domain = named->identity.domain,
						  .handling = named->handling};
		for (next = i + 1; next < list->count && compare(named, &list->named[next]) == 0; next++) {
			if (list->named[next].handling > decision.handling)
				decision.handling = list->named[next].handling;
		}
		each(arg, &decision);
	}
}

static int collect(struct list *list, const struct xml_node *root, struct body_error *error)
{
	int result = 0;
	if (!is_policy(root, "ruleset")) {
		body_complain(error, "The root element is not the <ruleset> of " COMMON_POLICY_SPACE);
		return ERR_SYNTAX;
	}
	list->named = arena_allocate_zeroed(list->arena, count_ones(root) + 1, sizeof(*list->named));
	if (!list->named)
		return ERR_NO_MEMORY;
	const struct xml_node *rule = xml_child(root, policy_space, SLICE("rule"));
	for (; rule && result == 0; rule = xml_next(rule, policy_space, SLICE("rule")))
		result = add_rule(list, rule);
	if (result == 0 && list->count > 1)
		qsort(list->named, list->count, sizeof(*list->named), by_name);
	return result;
}

int watch_rules_each(struct slice document, const struct xml_limits *limits, watch_decision_fn *each, void *arg,
		     struct body_error *error)
{
	struct arena arena;
	struct list list = {.arena = &arena};
	const struct xml_node *root;
	if (slice_is_empty(slice_trim(document)))
		return 0;
	arena_init(&arena, NULL, SIZE_MAX / 2);
	int result = xml_parse(&arena, document, limits, &root, error);
	if (result == 0)
		result = collect(&list, root, error);
	if (result == 0)
		tell(&list, each, arg);
	arena_finish(&arena);
	return result;
}
