/* Who may see what. SPDX-License-Identifier: MIT */
#include "presence/rules.h"

#include "base/error.h"
#include "core/clock.h"
#include "presence/events_state.h"

#include <stdlib.h>

#define SPHERE_MOST 64
#define STATE_MOST (16u << 20)

/* One document of one user. */
struct rules_entry {
	struct table_link link;
	struct events *events;
	struct ruleset *ruleset; /* NULL: it cannot be read; then nobody sees anything before he is asked about */
	struct timer validity;   /* when a rule begins or ceases to apply */
	int64_t until_s;         /* that is so then; 0: never */
	uint8_t sphere_length;
	uint8_t user_length, document_length;
	char sphere[SPHERE_MOST]; /* that answers were given for */
	char texts[];             /* user, document */
};

struct rules_key {
	struct slice user, document;
};

static struct slice entry_user(const struct rules_entry *entry)
{
	return slice_of(entry->texts, entry->user_length);
}

static struct slice entry_document(const struct rules_entry *entry)
{
	return slice_of(entry->texts + entry->user_length, entry->document_length);
}

static bool has_key(const struct table_link *link, const void *key)
{
	const struct rules_entry *entry = CONTAINER_OF(link, const struct rules_entry, link);
	const struct rules_key *wanted = key;
	return slice_equal(entry_user(entry), wanted->user) && slice_equal(entry_document(entry), wanted->document);
}

static uint64_t hash_of(const struct events *events, const struct rules_key *key)
{
	return table_hash(&events->rules, key->user.at, key->user.length);
}

static struct rules_entry *find(const struct events *events, const struct rules_key *key)
{
	struct table_link *link = table_find(&events->rules, hash_of(events, key), has_key, key);
	return link ? CONTAINER_OF(link, struct rules_entry, link) : NULL;
}

/* --- asking ------------------------------------------------------------------------------------------------------- */

static struct slice sphere_of(struct events *events, struct slice user, struct arena *arena)
{
	for (unsigned i = 0; i < events->package_count; i++) {
		const struct package_row *row = &events->packages[i];
		if (row->package->sphere)
			return row->package->sphere(row->arg, user, arena);
	}
	return SLICE("");
}

static void note_sphere(struct rules_entry *entry, struct slice sphere)
{
	entry->sphere_length = (uint8_t)(sphere.length < SPHERE_MOST ? sphere.length : SPHERE_MOST);
	if (entry->sphere_length > 0)
		memcpy(entry->sphere, sphere.at, entry->sphere_length);
}

static void on_validity(struct timer *timer);

static void look_again_at(struct rules_entry *entry, int64_t until_s)
{
	if (until_s == 0 || (entry->until_s != 0 && entry->until_s <= until_s))
		return;
	int64_t left_ms = until_s * 1000 - clock_unix_ms();
	entry->until_s = until_s;
	timer_start(entry->events->parts.timers, &entry->validity, left_ms > 0 ? left_ms : 0, on_validity);
}

/* What the user himself has decided. */
static int ask_user(struct rules_entry *entry, struct slice watcher, struct arena *arena, struct rule_answer *answer)
{
	struct events *events = entry->events;
	if (!entry->ruleset) {
		*answer = (struct rule_answer){.is_decided = true, .handling = WATCH_CONFIRM};
		return 0;
	}
	struct rule_question question = {
		.user = watcher, .domain = domain_name(events->parts.domain), .now_s = clock_unix_ms() / 1000};
	if (ruleset_needs_sphere(entry->ruleset)) {
		question.sphere = sphere_of(events, entry_user(entry), arena);
		note_sphere(entry, question.sphere);
	}
	int result = ruleset_judge(entry->ruleset, &question, arena, answer);
	if (result == 0)
		look_again_at(entry, answer->until_s);
	return result;
}

/* Who speaks for others (trusted.accounts) does not see more than they would show anybody: a PBX tells, and need not
 * ask. */
static enum watch_handling ask_policy(const struct package_row *row, struct slice name, struct slice watcher)
{
	if (row->package->may_watch && !row->package->may_watch(row->arg, name, watcher))
		return WATCH_BLOCK;
	bool is_own = slice_equal(name, watcher); /* what a mailbox is called says its package */
	switch (row->policy) {
	case WATCH_DOMAIN:
		return WATCH_ALLOW; /* who is authenticated is of the domain */
	case WATCH_ASK:
		return is_own ? WATCH_ALLOW : WATCH_CONFIRM;
	case WATCH_SELF:
		return is_own ? WATCH_ALLOW : WATCH_BLOCK;
	case WATCH_NOBODY:
		break;
	}
	return WATCH_BLOCK;
}

/* Nobody hides from himself. */
static bool is_hidden(const struct package_row *row, struct slice name, struct slice watcher)
{
	return row->package->is_hidden && !slice_equal(name, watcher) && row->package->is_hidden(row->arg, name);
}

int rules_judge(struct events *events, const struct package_row *row, struct slice name, struct slice watcher,
		struct arena *arena, struct rules_verdict *verdict)
{
	const struct event_package *package = row->package;
	struct rules_key key = {name, slice_text(package->rules)};
	/* Nobody is kept from seeing himself by a rule that he has made for others. */
	bool has_rules = package->rules && row->policy != WATCH_NOBODY && !slice_equal(name, watcher);
	struct rules_entry *entry = has_rules ? find(events, &key) : NULL;
	struct rule_answer answer = {0};
	int result = entry ? ask_user(entry, watcher, arena, &answer) : 0;
	if (result != 0)
		return result;
	*verdict = (struct rules_verdict){.handling =
						  answer.is_decided ? answer.handling : ask_policy(row, name, watcher)};
	/* Somebody's rules are missing: they may be these. */
	if (has_rules && !entry && events->rules_are_missing && verdict->handling == WATCH_ALLOW)
		verdict->handling = WATCH_CONFIRM;
	if (answer.is_decided && package->cut && answer.handling == WATCH_ALLOW)
		verdict->permissions = answer.view;
	if (verdict->handling == WATCH_ALLOW && is_hidden(row, name, watcher))
		*verdict = (struct rules_verdict){.handling = WATCH_POLITE_BLOCK};
	if (verdict->handling == WATCH_POLITE_BLOCK && !package->compose_polite)
		verdict->handling = WATCH_BLOCK;
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------------------------- */

static void review(struct events *events, struct slice user, struct slice document)
{
	for (unsigned i = 0; i < events->package_count; i++) {
		const struct event_package *package = events->packages[i].package;
		if (package->rules && slice_equal(slice_text(package->rules), document))
			events_review(events, package->name, user);
	}
}

static void on_validity(struct timer *timer)
{
	struct rules_entry *entry = CONTAINER_OF(timer, struct rules_entry, validity);
	entry->until_s = 0;
	review(entry->events, entry_user(entry), entry_document(entry));
}

static void destroy(struct rules_entry *entry)
{
	timer_stop(&entry->validity);
	ruleset_destroy(entry->ruleset);
	table_remove(&entry->events->rules, &entry->link);
	free(entry);
}

static struct rules_entry *get(struct events *events, const struct rules_key *key)
{
	struct rules_entry *entry = find(events, key);
	if (entry)
		return entry;
	entry = calloc(1, sizeof *entry + key->user.length + key->document.length);
	if (!entry)
		return NULL;
	entry->events = events;
	entry->user_length = (uint8_t)key->user.length;
	entry->document_length = (uint8_t)key->document.length;
	memcpy(entry->texts, key->user.at, key->user.length);
	memcpy(entry->texts + key->user.length, key->document.at, key->document.length);
	table_insert(&events->rules, &entry->link, hash_of(events, key));
	return entry;
}

/* A document that was taken and cannot be read (an older program, no memory) shows nothing to anybody: what its user
 * wanted to hide stays hidden. */
static void read_rules(struct rules_entry *entry, const struct document *document)
{
	struct body_error error = {""};
	ruleset_destroy(entry->ruleset);
	entry->ruleset = NULL;
	entry->until_s = 0;
	timer_stop(&entry->validity);
	int result = ruleset_read(document->body, &document_widest_limits, &entry->ruleset, &error);
	if (result != 0)
		log_event(entry->events->parts.log, LOG_ERROR, "rules_not_read",
			  &(struct log_context){.aor = document->user},
			  "the rules %.*s cannot be read, and everybody waits for a decision: %s",
			  SLICE_ARGS(document->name), error.sentence[0] ? error.sentence : error_text(result));
}

void rules_document_changed(void *arg, const struct document *before, const struct document *after)
{
	struct events *events = arg;
	const struct document *document = after ? after : before;
	struct rules_key key = {document->user, document->name};
	if (!slice_equal(document->application, SLICE("pres-rules")) || slice_is_empty(key.user) ||
	    key.user.length > UINT8_MAX || key.document.length > UINT8_MAX)
		return;
	struct rules_entry *entry = after ? get(events, &key) : find(events, &key);
	if (entry && after)
		read_rules(entry, after);
	else if (entry)
		destroy(entry);
	else if (after) {
		events->rules_are_missing = true;
		log_event(events->parts.log, LOG_ERROR, "rules_not_read", &(struct log_context){.aor = key.user},
			  "%s: whoever has no rules in memory is asked first, until the next start",
			  error_text(ERR_NO_MEMORY));
	}
	review(events, key.user, key.document);
}

void rules_state_changed(struct events *events, const struct resource *resource)
{
	const struct event_package *package = resource_package(events, resource);
	if (!package->sphere)
		return;
	struct rules_key key = {resource_name(resource), slice_text(package->rules)};
	struct rules_entry *entry = find(events, &key);
	if (!entry || !entry->ruleset || !ruleset_needs_sphere(entry->ruleset))
		return;
	struct arena arena;
	arena_init(&arena, &events->arenas, STATE_MOST);
	struct slice sphere = sphere_of(events, key.user, &arena);
	bool is_same = slice_equal(sphere, slice_of(entry->sphere, entry->sphere_length));
	arena_finish(&arena);
	if (!is_same)
		review(events, key.user, key.document);
}

static bool destroy_one(struct table_link *link, void *arg)
{
	(void)arg;
	destroy(CONTAINER_OF(link, struct rules_entry, link));
	return true;
}

void rules_finish(struct events *events)
{
	if (events->rules.buckets)
		table_each(&events->rules, destroy_one, NULL);
	table_finish(&events->rules);
}
