/* How a set of rules lies in memory: one block, with everything that judging needs and nothing else. Hundreds of
 * thousands of them may be kept.
 *
 *   struct ruleset | moments | rules | terms | texts
 *
 * The conditions of a rule are terms, in the order of rules. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/rules.h"

enum term_kind {
	TERM_IDENTITY,      /* begins a condition: one of the terms up to the next beginning has to match */
	TERM_ONE,           /* "user@domain" */
	TERM_MANY,          /* a domain; empty: everybody. The exceptions behind it belong to it. */
	TERM_EXCEPT_ONE,    /* "user@domain" */
	TERM_EXCEPT_DOMAIN, /* a domain */
	TERM_SPHERE,        /* a condition of its own: that sphere, lower case */
	TERM_VALIDITY,      /* begins a condition: one of its periods has to include the moment */
	TERM_PERIOD         /* from moments[at] until before moments[at + 1] */
};

struct term {
	uint32_t kind : 4, length : 28; /* of the text */
	uint32_t at;                    /* in the texts, or in the moments */
	uint32_t hash;                  /* of the text */
};
#define TERM_LENGTH_MOST ((1u << 28) - 1)

enum rule_flag {
	RULE_NEVER = 1 << 0, /* it has a condition that we do not know; but who it names is named */
	RULE_OTHERS = 1 << 1 /* <other-identity>: for whom no other rule applies by identity */
};

struct rule {
	uint32_t term_count;
	uint32_t shown;                  /* enum view_shown */
	uint32_t picks_at, picks_length; /* in the texts */
	uint8_t handling, flags;         /* enum watch_handling, enum rule_flag */
};

struct ruleset {
	size_t bytes;
	const int64_t *moments;
	const struct rule *rules;
	const struct term *terms;
	const char *texts;
	uint32_t rule_count;
	bool needs_sphere;
	bool has_others;         /* a rule with RULE_OTHERS */
	bool has_external_lists; /* a rule for the members of a list that we cannot see (OMA's <external-list>) */
};

/* Most comparisons of texts end with that of their hashes (FNV-1a). */
static inline uint32_t rules_hash(struct slice text)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < text.length; i++)
		hash = (hash ^ (unsigned char)text.at[i]) * 16777619u;
	return hash;
}

/* What the <transformations> of a rule give: bits, and picks as lines, appended to `picks`. */
void rules_read_shown(const struct xml_node *transformations, uint32_t *shown, struct buffer *picks);
