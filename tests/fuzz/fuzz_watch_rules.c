/* Fuzz target: any bytes as a document of rules, in which decisions about two watchers are made. What comes of it must
 * be a document that says what was decided, and lists it. SPDX-License-Identifier: MIT */
#include "documents/watch_rules.h"

#include "base/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct xml_limits limits = {.bytes = 65536, .depth = 16, .nodes = 1000};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_judged(struct slice document, enum watch_handling handling)
{
	struct rule_question question = {.user = SLICE("bob"), .domain = SLICE("example.test")};
	struct rule_answer answer;
	struct ruleset *ruleset;
	struct body_error error;
	struct arena arena;
	arena_init(&arena, NULL, SIZE_MAX / 2);
	require(ruleset_read(document, &limits, &ruleset, &error) == 0);
	require(ruleset_judge(ruleset, &question, &arena, &answer) == 0);
	require(answer.is_decided && answer.handling == handling);
	ruleset_destroy(ruleset);
	arena_finish(&arena);
}

struct looked_for {
	bool is_found;
	enum watch_handling handling;
};

static void look_for(void *arg, const struct watch_decision *decision)
{
	struct looked_for *looked = arg;
	if (slice_equal(decision->user, SLICE("bob")) && slice_equal(decision->domain, SLICE("example.test"))) {
		require(!looked->is_found);
		looked->is_found = true;
		looked->handling = decision->handling;
	}
}

static void require_listed(struct slice document, bool is_found, enum watch_handling handling)
{
	struct looked_for looked = {.is_found = false};
	struct body_error error;
	require(watch_rules_each(document, &limits, look_for, &looked, &error) == 0);
	require(looked.is_found == is_found);
	require(!is_found || looked.handling == handling);
}

/* Refused with a sentence, or done. */
static bool is_done(int result, const struct body_error *error)
{
	if (result == 0)
		return true;
	require(result == ERR_SYNTAX || result == ERR_LIMIT || result == ERR_BUSY);
	require(error->sentence[0] != '\0');
	return false;
}

static void decide(struct slice document, enum watch_handling handling)
{
	struct body_error error = {""};
	struct buffer after, forgotten;
	buffer_init(&after, 1 << 20);
	buffer_init(&forgotten, 1 << 20);
	int result = watch_rules_set(document, SLICE("sip:bob@example.test"), handling, &limits, &after, &error);
	if (is_done(result, &error)) {
		require_judged(buffer_slice(&after), handling);
		require_listed(buffer_slice(&after), true, handling);
		result = watch_rules_forget(buffer_slice(&after), SLICE("pres:bob@Example.test"), &limits, &forgotten,
					    &error);
		if (is_done(result, &error))
			require_listed(buffer_slice(&forgotten), false, handling);
	}
	buffer_finish(&after);
	buffer_finish(&forgotten);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice document = slice_of((const char *)data, size);
	decide(document, WATCH_BLOCK);
	decide(document, WATCH_CONFIRM);
	decide(document, WATCH_POLITE_BLOCK);
	decide(document, WATCH_ALLOW);
	return 0;
}
