/* Who may see whom, one watcher at a time: decisions made and read in a user's documents of rules
 * (documents/watch_rules.h), one for each event package that has such rules. For the API and the command line; by XCAP
 * the same documents are edited as they are. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/rules.h"
#include "presence/document_store.h"

enum decided_package { DECIDED_PRESENCE, DECIDED_DIALOG, DECIDED_MESSAGE_SUMMARY, DECIDED_REGISTRATION, DECIDED_COUNT };

#define DECISIONS_APPLICATION "pres-rules"
/* "presence", "dialog", "message-summary". */
const char *decided_package_name(enum decided_package which);
/* False: there are no rules for that package. */
MUST_CHECK bool decided_package_find(struct slice name, enum decided_package *which);
/* Its document: "index", "dialog", "message-summary". */
struct slice decided_package_document(enum decided_package which);

struct decision {
	bool is_made; /* else no rule names him: he gets what everybody gets */
	enum watch_handling handling;
};

struct decisions_change {
	struct slice user;    /* whose rules */
	struct slice watcher; /* a URI of his; he need not be an account */
	bool is_changed[DECIDED_COUNT];
	struct decision to[DECIDED_COUNT];
};

/* One document after the other, each committed before the next. `done` runs once, later or (nothing to do,
 * ERR_NO_MEMORY) at once: 0; ERR_SYNTAX: the URI names nobody, or a document cannot be read; ERR_EXISTS: a rule of
 * another kind would give him something else all the same; ERR_LIMIT: quota; all with the sentence; ERR_NOT_FOUND: no
 * such account; storage's codes. After an error documents before that one are changed. */
typedef void decisions_done_fn(void *arg, int result, const char *sentence);
void decisions_set(struct document_store *documents, const struct decisions_change *change, decisions_done_fn *done,
		   void *arg);

struct decided_watcher {
	struct slice uri;          /* as a document has it */
	struct slice user, domain; /* plain */
	struct decision of[DECIDED_COUNT];
};
/* All watchers whom rules name, sorted by domain and user, in the arena. The user's documents are held by the caller.
 * ERR_SYNTAX, ERR_LIMIT with the sentence; ERR_NO_MEMORY. */
MUST_CHECK int decisions_read(struct document_store *documents, struct slice user, struct arena *arena,
			      const struct decided_watcher **watchers, size_t *count, struct body_error *error);
