/* Judging a watcher by a set of rules (RFC 4745 §10): which rules apply, and what they come to together.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "bodies/identity.h"
#include "bodies/presence_view.h"
#include "bodies/rules_state.h"

/* A text of the watcher, ready to be compared with terms. */
struct name {
	struct slice text;
	uint32_t hash;
};

struct judge {
	const struct ruleset *ruleset;
	const struct rule_question *question;
	struct name watcher, domain; /* "user@domain", "domain" */
	struct slice *picks;         /* of the rules that apply; room for all */
	size_t pick_count;
	unsigned shown;
	struct rule_answer answer;
};

static struct name name_of(struct slice text)
{
	return (struct name){.text = text, .hash = rules_hash(text)};
}

static int name_watcher(struct judge *judge, struct arena *arena)
{
	struct slice user = judge->question->user, domain;
	int result = identity_domain(arena, judge->question->domain, &domain);
	if (result != 0)
		return result;
	size_t length = user.length + 1 + domain.length;
	char *text = arena_allocate(arena, length);
	if (!text)
		return ERR_NO_MEMORY;
	if (user.length > 0)
		memcpy(text, user.at, user.length);
	text[user.length] = '@';
	if (domain.length > 0)
		memcpy(text + user.length + 1, domain.at, domain.length);
	judge->watcher = name_of(slice_of(text, length));
	judge->domain = name_of(domain);
	return 0;
}

/* --- conditions ----------------------------------------------------------------------------------------------- */

static bool is_called(const struct judge *judge, const struct term *term, const struct name *name)
{
	return term->hash == name->hash &&
	       slice_equal(slice_of(judge->ruleset->texts + term->at, term->length), name->text);
}

/* The exceptions of <many> follow it, and are passed over. */
static bool is_excepted(const struct judge *judge, const struct term **next, const struct term *end)
{
	bool is_out = false;
	for (; *next < end; (*next)++) {
		if ((*next)->kind == TERM_EXCEPT_ONE)
			is_out |= is_called(judge, *next, &judge->watcher);
		else if ((*next)->kind == TERM_EXCEPT_DOMAIN)
			is_out |= is_called(judge, *next, &judge->domain);
		else
			break;
	}
	return is_out;
}

/* RFC 4745 §7.1: one of several is enough. */
static bool meets_identity(const struct judge *judge, const struct term **next, const struct term *end)
{
	bool is_met = false;
	while (*next < end && ((*next)->kind == TERM_ONE || (*next)->kind == TERM_MANY)) {
		const struct term *term = (*next)++;
		if (term->kind == TERM_ONE) {
			is_met |= is_called(judge, term, &judge->watcher);
			continue;
		}
		bool is_one = term->length == 0 || is_called(judge, term, &judge->domain);
		is_met |= !is_excepted(judge, next, end) && is_one;
	}
	return is_met;
}

static bool meets_sphere(const struct judge *judge, const struct term *term)
{
	struct slice sphere = slice_of(judge->ruleset->texts + term->at, term->length);
	return term->length > 0 && slice_equal(sphere, judge->question->sphere);
}

/* RFC 4745 §7.3: from the first moment until before the second. Notes the next moment at which that may change. */
static bool meets_validity(const struct judge *judge, const struct term **next, const struct term *end,
			   int64_t *change_s)
{
	int64_t now_s = judge->question->now_s;
	bool is_met = false;
	for (; *next < end && (*next)->kind == TERM_PERIOD; (*next)++) {
		const int64_t *period = &judge->ruleset->moments[(*next)->at];
		is_met |= now_s >= period[0] && now_s < period[1];
		for (int i = 0; i < 2; i++) {
			if (period[i] > now_s && (*change_s == 0 || period[i] < *change_s))
				*change_s = period[i];
		}
	}
	return is_met;
}

struct outcome {
	bool has_identity; /* there is such a condition, and all of them are met */
	bool is_his;       /* as far as identity matters */
	bool is_met;       /* the other conditions as well */
	int64_t change_s;  /* of its validity; 0: none */
};

static struct outcome try_rule(const struct judge *judge, const struct rule *rule, const struct term *terms)
{
	struct outcome outcome = {.is_his = true, .is_met = true};
	const struct term *next = terms, *end = terms + rule->term_count;
	while (next < end) {
		const struct term *term = next++;
		switch ((enum term_kind)term->kind) {
		case TERM_IDENTITY:
			outcome.has_identity = true;
			outcome.is_his &= meets_identity(judge, &next, end);
			break;
		case TERM_SPHERE:
			outcome.is_met &= meets_sphere(judge, term);
			break;
		case TERM_VALIDITY:
			outcome.is_met &= meets_validity(judge, &next, end, &outcome.change_s);
			break;
		case TERM_ONE:
		case TERM_MANY:
		case TERM_EXCEPT_ONE:
		case TERM_EXCEPT_DOMAIN:
		case TERM_PERIOD:
			break; /* stand behind the beginning of a condition, and nowhere else */
		}
	}
	outcome.has_identity &= outcome.is_his;
	outcome.is_met &= outcome.is_his;
	return outcome;
}

/* --- combining ------------------------------------------------------------------------------------------------ */

/* RFC 4745 §10.2: the highest value, and all that any of them gives. */
static void apply(struct judge *judge, const struct rule *rule)
{
	enum watch_handling handling = (enum watch_handling)rule->handling;
	/* Whom such a list would have blocked is among the others for us, and must not be shown what they are. */
	if (rule->flags & RULE_OTHERS && judge->ruleset->has_external_lists && handling > WATCH_CONFIRM)
		handling = WATCH_CONFIRM;
	if (!judge->answer.is_decided || handling > judge->answer.handling)
		judge->answer.handling = handling;
	judge->answer.is_decided = true;
	judge->shown |= rule->shown;
	if (rule->picks_length == 0)
		return;
	struct slice picks = slice_of(judge->ruleset->texts + rule->picks_at, rule->picks_length);
	if (judge->pick_count == 0 || judge->picks[judge->pick_count - 1].at != picks.at)
		judge->picks[judge->pick_count++] = picks;
}

/* Whether a rule is for him by identity, at whatever time: rules for others have to know that before. */
static bool is_named(const struct judge *judge)
{
	const struct ruleset *ruleset = judge->ruleset;
	const struct term *terms = ruleset->terms;
	for (uint32_t i = 0; i < ruleset->rule_count; terms += ruleset->rules[i++].term_count) {
		const struct rule *rule = &ruleset->rules[i];
		if (!(rule->flags & RULE_OTHERS) && try_rule(judge, rule, terms).has_identity)
			return true;
	}
	return false;
}

static void run(struct judge *judge)
{
	const struct ruleset *ruleset = judge->ruleset;
	const struct term *terms = ruleset->terms;
	bool is_other = ruleset->has_others && !is_named(judge);
	for (uint32_t i = 0; i < ruleset->rule_count; terms += ruleset->rules[i++].term_count) {
		const struct rule *rule = &ruleset->rules[i];
		if (rule->flags & RULE_NEVER || (rule->flags & RULE_OTHERS && !is_other))
			continue;
		struct outcome outcome = try_rule(judge, rule, terms);
		int64_t *until_s = &judge->answer.until_s;
		if (outcome.is_his && outcome.change_s > 0 && (*until_s == 0 || outcome.change_s < *until_s))
			*until_s = outcome.change_s;
		if (outcome.is_met)
			apply(judge, rule);
	}
}

int ruleset_judge(const struct ruleset *ruleset, const struct rule_question *question, struct arena *arena,
		  struct rule_answer *answer)
{
	struct judge judge = {.ruleset = ruleset, .question = question};
	judge.picks = arena_allocate_zeroed(arena, ruleset->rule_count, sizeof(*judge.picks));
	int result = judge.picks ? name_watcher(&judge, arena) : ERR_NO_MEMORY;
	if (result != 0)
		return result;
	run(&judge);
	if (judge.answer.is_decided && judge.answer.handling == WATCH_ALLOW)
		result = presence_view_write(arena, judge.shown, judge.picks, judge.pick_count, &judge.answer.view);
	if (result == 0)
		*answer = judge.answer;
	return result;
}
