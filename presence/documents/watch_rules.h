/* Decisions about single watchers, made in a document of rules (RFC 5025 on RFC 4745) that its user may also edit by
 * XCAP: everything else in it stays as it is.
 *
 * RFC 4745 §10.2 combines rules by the highest value, so that a rule of "block" takes nothing from anybody whom another
 * rule allows. Who is to have less than others is therefore taken out of every other rule: his <one> is removed, and
 * where <many> would match him he becomes its <except>.
 *
 * What is added stands in rules of our own, one for each handling, whose ids are "allowed", "blocked",
 * "politely-blocked" and "asked" (with a number behind, where a rule of another shape has the id already).
 * SPDX-License-Identifier: MIT */
#pragma once

#include "bodies/rules.h"

/* `watcher` is a URI of his (bodies/identity.h); `document` may be empty: there is none yet. The whole new document is
 * appended to `after`.
 *
 * Who is allowed gets to see all, or what the user has made of our rule. Where a rule that names him without other
 * conditions allows him already, nothing changes, since that rule says what he may see. A rule for everybody becomes
 * one for everybody but him, and a rule that is left with nobody goes.
 *
 * ERR_SYNTAX: the URI names nobody, or the document cannot be read; ERR_LIMIT: the new document is beyond `limits`, or
 * beyond the limit of `after`, or rules of another shape have all the ids that ours may have; ERR_BUSY: the document
 * would still give him something else, because of a rule that is not understood well enough to leave him out of it;
 * ERR_NO_MEMORY. With a sentence for all but the last. */
MUST_CHECK int watch_rules_set(struct slice document, struct slice watcher, enum watch_handling handling,
			       const struct xml_limits *limits, struct buffer *after, struct body_error *error);
/* No rule names him any more, neither as <one> nor as <except>: he gets what everybody gets. The same errors;
 * without a document `after` stays empty. */
MUST_CHECK int watch_rules_forget(struct slice document, struct slice watcher, const struct xml_limits *limits,
				  struct buffer *after, struct body_error *error);

/* A watcher whom rules name as <one>. */
struct watch_decision {
	struct slice uri;             /* as the document has it, where it names him first */
	struct slice user, domain;    /* plain */
	enum watch_handling handling; /* the highest of the rules that name him, whenever those apply */
};
typedef void watch_decision_fn(void *arg, const struct watch_decision *decision);
/* Each of them once, by domain and user. Rules that never apply (unknown conditions) do not count. ERR_SYNTAX,
 * ERR_LIMIT, ERR_NO_MEMORY, as for ruleset_read; an empty document has none. */
MUST_CHECK int watch_rules_each(struct slice document, const struct xml_limits *limits, watch_decision_fn *each,
				void *arg, struct body_error *error);
