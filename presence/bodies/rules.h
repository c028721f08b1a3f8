/* Rules of who may see what: presence authorization documents (RFC 5025, on the common policy of RFC 4745), made small
 * enough to be kept for every user.
 *
 * Documents of this shape stand for each event package: "index" for presence, "dialog" and "message-summary" for those.
 * Pure functions; no clock, no storage. SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/pidf.h"

#include <stdint.h>

#define COMMON_POLICY_SPACE "urn:ietf:params:xml:ns:common-policy" /* RFC 4745 */
#define PRES_RULES_SPACE "urn:ietf:params:xml:ns:pres-rules"       /* RFC 5025 */
#define OMA_POLICY_SPACE "urn:oma:xml:xdm:common-policy"           /* conditions that OMA's clients add */

/* RFC 5025 §3.2.1: the values are the RFC's, and of several rules the highest counts. */
enum watch_handling { WATCH_BLOCK = 0, WATCH_CONFIRM = 10, WATCH_POLITE_BLOCK = 20, WATCH_ALLOW = 30 };
/* As <sub-handling> has it: "block", "confirm", "polite-block", "allow". False: no such word. */
bool watch_handling_read(struct slice word, enum watch_handling *handling);
const char *watch_handling_word(enum watch_handling handling);

/* What one document says, in one block of memory of its own. */
struct ruleset;

/* Reads a document. What it does not know (conditions, actions or transformations of other namespaces) is treated as
 * RFC 4745 §7, §10 say: a rule with an unknown condition never applies, an unknown permission gives nothing.
 * Of OMA's conditions <other-identity> is known: the rule is for whomever no other rule names. Who is on an
 * <external-list> is not known here: where a document has one, the others are asked about rather than shown anything.
 * ERR_SYNTAX, ERR_LIMIT (nodes, depth, bytes of `limits`), ERR_NO_MEMORY, with a sentence. The caller destroys it. */
MUST_CHECK int ruleset_read(struct slice document, const struct xml_limits *limits, struct ruleset **ruleset,
			    struct body_error *error);
void ruleset_destroy(struct ruleset *ruleset);
/* Bytes that it occupies, for limits and status. */
size_t ruleset_bytes(const struct ruleset *ruleset);
/* A condition on the presentity's sphere stands in it (RFC 4745 §7.2): then rule_question.sphere matters. */
bool ruleset_needs_sphere(const struct ruleset *ruleset);

struct rule_question {
	struct slice user, domain; /* the watcher, plain (not escaped); every watcher is authenticated */
	struct slice sphere;       /* of the presentity's state (RPID <sphere>, lower case); empty: not known */
	int64_t now_s;             /* since 1970 */
};

struct rule_answer {
	bool is_decided; /* a rule applies; else the site's policy says what happens */
	enum watch_handling handling;
	/* What may be seen where it is allowed: a canonical text, the same for the same permissions, in the arena; only
	 * presence_cut understands it. Empty: all of it. */
	struct slice view;
	int64_t until_s; /* when it has to be asked again because of a rule's validity (RFC 4745 §7.3); 0: never */
};
/* The permissions of all rules that apply, combined (RFC 4745 §10.2). ERR_NO_MEMORY. */
MUST_CHECK int ruleset_judge(const struct ruleset *ruleset, const struct rule_question *question, struct arena *arena,
			     struct rule_answer *answer);

/* Presence as it may be seen through a view (RFC 5025 §3.3): services, persons, devices, and the attributes of each.
 * Who sees a service sees whether it is open, its contact and its timestamp. An occurrence-id is the id as published,
 * or as composed. Shares what is not cut away with `state`. ERR_NO_MEMORY. */
MUST_CHECK int presence_cut(struct arena *arena, const struct presence_state *state, struct slice view,
			    const struct presence_state **cut);
/* What is told to somebody who is blocked politely (RFC 5025 §3.2.1): not available, and nothing else; the same for
 * everybody, with the id and shape of the tuple that the server itself gives to users who are not there. */
MUST_CHECK int presence_polite(struct arena *arena, const struct presence_state **state);
/* The sphere that composed presence tells (RFC 4480 §3.10), lower case, in the arena; empty: none. */
struct slice presence_sphere(const struct presence_state *state, struct arena *arena);
