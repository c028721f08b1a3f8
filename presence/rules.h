/* The one place where it is asked who may see what, for all packages: the rules that users have made (documents of the
 * application pres-rules, RFC 5025), and where they say nothing of a watcher, the site's policy.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/rules.h"
#include "core/account.h"
#include "presence/document_store.h"

struct events;
struct package_row;
struct resource;

struct rules_verdict {
	enum watch_handling handling;
	struct slice permissions; /* in the arena; empty: all is seen */
};

/* May the user `watcher` see the resource of that name? ERR_NO_MEMORY: not now. */
MUST_CHECK int rules_judge(struct events *events, const struct package_row *row, struct slice name,
			   struct slice watcher, struct arena *arena, struct rules_verdict *verdict);

/* For document_store_listen, with the events as `arg`: a user's rules are others now. */
void rules_document_changed(void *arg, const struct document *before, const struct document *after);
/* Its state has changed, on which rules may depend (a sphere, RFC 4745 §7.2). */
void rules_state_changed(struct events *events, const struct resource *resource);
void rules_finish(struct events *events);
