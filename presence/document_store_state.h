/* What the files of the document store share.
 *
 *   document_store ── document_owner (a user, or the global tree) ── kept_document
 *                                    ├─ document_load: being read     ── document_wait: who wants it
 *                                    └─ pending_change, in their order; the first one is being committed
 *
 *   AWAY ── documents_hold, document_change ─→ loading ─→ HERE ── nobody needs it, and it is the oldest ─→ AWAY
 *
 * Of an owner who is away the documents of resident applications are known without their bodies (traces), so that what
 * listeners were told of can be taken back when his account is removed.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/table.h"
#include "documents/schema.h"
#include "presence/document_store.h"

enum { DOCUMENT_LISTENERS_MOST = 8 };

struct document_load;
struct document_refresh;

struct kept_document {
	struct document document; /* first: what others see */
	struct kept_document *next;
	int64_t id;
	unsigned refresh; /* the last one that it was seen in (document_store_refresh.c) */
	bool is_trace;    /* its body is not here */
	bool is_seen;     /* while rows are compared */
	char text[];      /* application, name, body */
};

struct document_owner {
	struct table_link link; /* by user */
	struct list_link idle;  /* in store.idle: HERE, and nobody needs it */
	struct document_store *store;
	struct account *account;         /* held while it is HERE; NULL: global, or away */
	int64_t account_id;              /* 0: global, or not known yet */
	struct kept_document *documents; /* sorted by application and name */
	struct document_load *load;      /* NULL: not being read */
	struct list_link waiting;        /* struct document_wait: for the load */
	struct list_link changes;        /* struct pending_change */
	size_t bytes;                    /* of all bodies */
	unsigned document_count;
	unsigned holders;
	unsigned busy;       /* somebody works on it: it stays */
	unsigned generation; /* grows when the account is removed: another one may come under the same name */
	bool is_here;
	bool is_doubtful; /* a change failed and may have been committed all the same: read again before the next */
	uint16_t user_length;
	char user[];
};

struct document_store {
	struct document_store_parts parts;
	struct document_store_options options;
	struct table by_user;
	struct document_owner *global;
	struct schemas *schemas;
	struct list_link idle; /* struct document_owner, the one longest unused first */
	size_t idle_bytes;
	struct list_link checks; /* struct account_check */
	struct list_link ended;  /* struct pending_change: to be told in the next turn */
	struct timer ending;
	struct document_refresh *refresh; /* under way; NULL: none */
	unsigned refresh_count;
	bool is_refresh_wanted; /* again, when the one under way is over */
	bool is_loaded;
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
	struct {
		document_changed_fn *changed;
		void *arg;
	} listeners[DOCUMENT_LISTENERS_MOST];
	size_t listener_count;
	struct document_claims claims; /* without functions: nobody knows any */
};

static inline struct slice owner_user(const struct document_owner *owner)
{
	return slice_of(owner->user, owner->user_length);
}

/* What is told of a document; NULL where there is none. */
static inline const struct document *document_of(const struct kept_document *kept)
{
	return kept ? &kept->document : NULL;
}

/* --- document_store.c --- */

struct document_owner *owner_find(const struct document_store *store, struct slice user);
/* The same, made where he is new; NULL where memory is exhausted. An empty user is the global owner. Whoever does not
 * hold him settles him. */
struct document_owner *owner_get(struct document_store *store, struct slice user);
/* Somebody needs him: not idle any more. */
void owner_use(struct document_owner *owner);
/* Somebody has done with him: he becomes idle, or goes, unless others need him. */
void owner_settle(struct document_owner *owner);
/* The documents are gone (or another account's), which the listeners are told. */
void owner_drop_documents(struct document_owner *owner);
/* The account is gone: so are the documents, and whoever waits for them is told. */
void owner_forget(struct document_owner *owner);
/* He keeps the account in memory, or none. */
void owner_set_account(struct document_owner *owner, struct account *account);

/* --- document_kept.c --- */

/* Where the document stands, or would be inserted: see document_at. */
struct kept_document **document_place(struct document_owner *owner, struct slice application, struct slice name);
/* NULL: there is none. */
struct kept_document *document_at(struct document_owner *owner, struct slice application, struct slice name);
/* With its texts copied; a trace has no body. NULL where memory is exhausted. `owner` is not changed. */
MUST_CHECK struct kept_document *document_create(struct document_owner *owner, const struct stored_document *row,
						 bool is_trace);
/* Puts it into the place of the one of its name, which is given back: NULL where there was none. */
struct kept_document *document_insert(struct document_owner *owner, struct kept_document *document);
/* Takes off what stands there. */
struct kept_document *document_take(struct document_owner *owner, struct kept_document **place);
/* What stands there is a trace from now on. */
void document_reduce(struct document_owner *owner, struct kept_document **place);
bool document_is_resident(const struct kept_document *document);
/* Tells the listeners. Either may be NULL. */
void document_announce(struct document_store *store, const struct document *before, const struct document *after);

/* --- document_store_load.c --- */

/* Reads the owner's documents, or does nothing where that is under way. Who waits is told at its end; which comes at
 * once where memory is exhausted. */
void owner_load(struct document_owner *owner);
/* Nobody wants the answer any more. */
void owner_drop_load(struct document_owner *owner);
/* ERR_NO_MEMORY. */
MUST_CHECK int owner_wait(struct document_owner *owner, storage_done_fn *done, void *arg);
/* The documents are here (who waited holds them now), or will not come. */
void owner_tell_waiting(struct document_owner *owner, int result);
/* At the end of the store: nobody is told anything. */
void owner_drop_waiting(struct document_owner *owner);

/* --- document_store_refresh.c --- */

/* At the end of the store. */
void refresh_finish(struct document_store *store);

/* --- document_change.c --- */

/* The next change, where there is one and none is under way. */
void changes_go_on(struct document_owner *owner);
/* Those that are not under way come to nothing. */
void changes_fail(struct document_owner *owner, int result);
/* At the end of the store: nobody is told anything. */
void owner_drop_changes(struct document_owner *owner);
