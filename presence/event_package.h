/* The contract of an event package (RFC 6665 §5): what is particular to presence, dialog, message-summary, reg …
 *
 * A package says which resource a Request-URI names, and composes its state. What turns state into bytes are formats, a
 * table of their own, so one state can be told in several ways. Subscriptions, publications and NOTIFYs know nothing of
 * any package. SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "bodies/body.h"
#include "core/account.h"
#include "sip/uri.h"
#include "transaction/request.h"

#include <stdbool.h>

struct profile;
struct publication;
struct resource;

/* Answer of a package to a request that names a resource. */
struct event_target {
	struct slice name;  /* of the resource: what it is found by. In the arena given */
	bool needs_account; /* `name` must be a user of the domain: else 404 */
};

/* Who may watch where the watched has made no rule for him; an option for each package. WATCH_ASK: he waits until the
 * watched decides. */
enum watch_policy { WATCH_DOMAIN, WATCH_ASK, WATCH_SELF, WATCH_NOBODY };

/* What one watcher gets to see of a state; watchers with the same view share one body. Empty: all of it. */
struct event_view {
	struct slice permissions; /* by the rules of the watched (bodies/rules.h) */
	struct slice selection;   /* what the watcher asked for: the package's own reading of his body */
};

/* What a PUBLISH brought, for the package to judge and to make something of. */
struct published {
	struct slice name; /* of the resource, which may not be there: nobody need watch it */
	struct slice content_type, body;
	struct slice kept; /* the body that it modifies; empty: none */
	struct arena *arena;
	struct account *publisher; /* NULL: a trusted address */
	bool is_trusted;           /* may speak for others */
};

/* Told once, after the commit or the failure; may be within the call. */
typedef void event_applied_fn(void *arg, int result);

struct event_package {
	const char *name;                         /* Event header; compared without case */
	const struct body_format *const *formats; /* what Accept may choose, ended by NULL; the first is the default.
						     NULL: nobody subscribes to this, it is only published */
	const char *const *accepts;               /* media types of PUBLISH, ended by NULL; NULL: takes no PUBLISH */
	bool is_trusted_only;                     /* PUBLISH from trusted publishers only */

	/* What `uri` names for `asker` (NULL: a trusted address). NULL: the user, who must be an account. Returns 0 or
	 * the SIP status to refuse with; `sentence` is then set. */
	unsigned (*resolve)(void *arg, struct arena *arena, const struct sip_uri *uri, const struct account *asker,
			    struct event_target *target, const char **sentence);
	/* May `watcher` see the resource of that name, beyond what the policy says? NULL: the policy alone decides. */
	bool (*may_watch)(void *arg, struct slice name, struct slice watcher);
	/* May `publisher`, whom nobody trusts to speak for others, publish for the resource of that name? NULL:
	 * everybody for himself, by his own address. */
	bool (*may_publish)(void *arg, struct slice name, struct slice publisher);
	/* The state now, in `arena`; what the formats take. Publications may be read from the resource. ERR_NO_MEMORY.
	 */
	int (*compose)(void *arg, const struct resource *resource, struct arena *arena, const void **state);
	/* The name of the document in which users make rules for this package (the application pres-rules): "index",
	 * "dialog". NULL: the policy and may_watch alone decide. */
	const char *rules;
	/* The state as it is seen through that view. NULL: the package knows no views. ERR_NO_MEMORY. */
	int (*cut)(void *arg, struct arena *arena, const void *state, const struct event_view *view, const void **cut);
	/* What somebody is told who is blocked politely. NULL: he is refused. ERR_NO_MEMORY. */
	int (*compose_polite)(void *arg, struct arena *arena, const void **state);
	/* What the body of a SUBSCRIBE (decoded) selects, as a canonical text in the arena: the same for the same
	 * selection. An empty body is one, too. 0, or the status to refuse with and its sentence. NULL: the package
	 * reads no bodies. */
	unsigned (*select)(void *arg, struct arena *arena, const struct account *watcher, struct slice content_type,
			   struct slice body, struct slice *selection, const char **sentence);
	/* The sphere (RFC 4480 §3.10) that the user's state tells, lower case, in the arena: for rules of all packages
	 * (RFC 4745 §7.2). At most one package has this. */
	struct slice (*sphere)(void *arg, struct slice user, struct arena *arena);
	/* The user wants to be seen by nobody for now: whoever may watch him is told what compose_polite says. After a
	 * change: events_review. NULL: nobody hides. */
	bool (*is_hidden)(void *arg, struct slice user);
	/* The package in which those who watch this one are watched (RFC 3857): "presence.winfo". NULL: none. */
	const char *winfo;
	/* The URI of the phone's key for this watcher (message-summary), in `arena`; NULL: none. */
	struct slice (*message_account)(void *arg, const struct resource *resource, const struct account *watcher,
					const struct profile *profile, struct arena *arena);
	/* Is the body good? 0, or 400 or 415 with a sentence. */
	unsigned (*judge)(void *arg, const struct published *published, struct body_error *error);
	/* Where a good body may say only what has changed (RFC 4235 §4.3): the whole that it makes of `kept`, into the
	 * arena; `whole` stays as it is where the body says all. 0, or the status to refuse with and a sentence. NULL:
	 * each body says all. */
	unsigned (*merge)(void *arg, const struct published *published, struct slice *whole, struct body_error *error);
	/* Makes something else of what was published than a piece of this resource's state (Asterisk's events, counts
	 * of a mailbox): then the publication is kept for its entity-tag alone, and answered when `applied` was told 0.
	 * NULL: the body is kept and composed. */
	void (*apply)(void *arg, const struct published *published, event_applied_fn *applied, void *applied_arg);
	/* What is published for the resource has changed, and was announced: for packages of which another one makes
	 * use. NULL: nothing to do. */
	void (*on_published)(void *arg, struct resource *resource);
	/* The resource has got its first watcher or publication, or lost its last: for packages that have something to
	 * hold. NULL: nothing to do. */
	void (*on_watched)(void *arg, struct resource *resource, bool is_watched);
};
