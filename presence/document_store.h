/* The documents of all users, as XCAP, the buddy list, the rules and the lists see them: PostgreSQL is the truth, and
 * what is in use is in memory. The one place where a document changes.
 *
 * Documents of resident applications (application.h) are read for all users at the start, told to those who listen, and
 * need not stay in memory here; a user's whole set is in memory while somebody holds it, and a while longer.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/log.h"
#include "core/accounts.h"
#include "documents/application.h"
#include "storage/storage.h"

struct document_store;

struct document_store_parts {
	struct timers *timers;
	struct accounts *accounts;
	struct storage *storage;
	struct slice domain;
	struct log *log;
};

struct document_store_options {
	unsigned documents_most; /* of a user */
	size_t document_bytes;   /* one */
	size_t user_bytes;       /* all of a user */
	size_t cached_bytes;     /* of users whom nobody holds */
	struct xml_limits xml;
};

#define DOCUMENT_ETAG_SIZE 20

struct document {
	struct slice user, application, name; /* user: empty where it is global */
	struct slice body;
	char etag[DOCUMENT_ETAG_SIZE]; /* without quotes */
	int64_t changed_at_ms;
};

/* NULL where memory is exhausted. Lives no longer than its parts, of which the storage calls back what it was asked;
 * whoever waits when the store is destroyed is told nothing (document_change.forgotten). */
struct document_store *document_store_create(const struct document_store_parts *parts,
					     const struct document_store_options *options);
void document_store_destroy(struct document_store *store);
void document_store_set_options(struct document_store *store, const struct document_store_options *options);
/* Reads the global documents and those of resident applications, and tells the listeners of each. Once, at the start.
 */
void document_store_load(struct document_store *store, storage_done_fn *done, void *arg);

/* Told of each document that is there at the start (`before` is NULL), and of each change after its commit; `after` is
 * NULL where it is gone. Both are good during the call; the body of `before` is empty where its user is not in memory.
 * At most eight listeners. ERR_LIMIT. */
typedef void document_changed_fn(void *arg, const struct document *before, const struct document *after);
MUST_CHECK int document_store_listen(struct document_store *store, document_changed_fn *changed, void *arg);

/* Brings the user's documents into memory and holds them; an empty user: the global ones (always there). `done` runs
 * once, later or at once, with 0 (then document_find finds), ERR_NOT_FOUND: no such account, or storage's codes; after
 * a 0 the caller releases. */
void documents_hold(struct document_store *store, struct slice user, storage_done_fn *done, void *arg);
void documents_release(struct document_store *store, struct slice user);
/* NULL: there is none, or the user is not in memory. Good until it changes. */
const struct document *document_find(struct document_store *store, struct slice user, struct slice application,
				     struct slice name);
/* Those of a user who is in memory, sorted by application and name; an empty application: all. */
typedef void document_visit_fn(void *arg, const struct document *document);
void documents_each(struct document_store *store, struct slice user, struct slice application, document_visit_fn *visit,
		    void *arg);
/* For judging and resolving: reads this store's documents of `user` (and the global ones) while they are in memory.
 */
struct document_reader document_store_reader(struct document_store *store);
/* Is `text` good as that document (application_judge)? An application that is not known is a FAULT_CONSTRAINT. */
void document_store_judge(struct document_store *store, struct slice user, struct slice application, struct slice name,
			  struct slice text, struct document_verdict *verdict);
/* For those who read and edit documents: what is in the store may be older than the limits of today, by which only what
 * is written is judged. */
const struct xml_limits *document_store_limits(const struct document_store *store);
/* For uniqueness across users: of what documents claim (application.h), and of what they will when they are committed.
 */
struct document_claims {
	void *arg;
	bool (*is_taken)(void *arg, struct slice user, struct slice service_uri);
	/* This document has been judged, and is being committed: what it claims is taken, until `release`.
	 * ERR_NO_MEMORY, or what else ends the change; then there is nothing to release. */
	int (*reserve)(void *arg, const struct document *document);
	/* That is over: the listeners know what came of it. */
	void (*release)(void *arg, struct slice user, struct slice application, struct slice name);
};
/* Set once, by whoever knows the services. */
void document_store_on_claims(struct document_store *store, const struct document_claims *claims);

/* A change of one document. Changes of one user's documents run one after the other, each after the commit of the one
 * before; `edit` is called when it is its turn, with what is there then, and says what is to be there: */
enum document_decision { DOCUMENT_KEEP, DOCUMENT_WRITE, DOCUMENT_REMOVE };
struct document_change {
	struct slice user, application, name;
	/* `before` NULL: none. `after`: the text to write, good until `edit` is called again. May refuse by
	 * DOCUMENT_KEEP and remember why in `arg`. May be called within document_change. */
	enum document_decision (*edit)(void *arg, const struct document *before, struct slice *after);
	/* Once, and never inside document_change but for ERR_NO_MEMORY; `document` (NULL: gone, or not changed) is as
	 * committed, with the etag it had where the text is what it was. `result`: 0, also where it was kept;
	 * ERR_NOT_FOUND: no such account; ERR_LIMIT: the quota, with the sentence; or storage's codes. */
	void (*done)(void *arg, int result, const struct document *document, const char *sentence);
	/* Instead of `done`, where the store is destroyed before. NULL: nothing to free. */
	void (*forgotten)(void *arg);
	void *arg;
};
/* The texts are copied. */
void document_change(struct document_store *store, const struct document_change *change);
/* The account is gone, and its documents with it. */
void document_store_account_removed(struct document_store *store, struct account *account);
/* Storage's event: it may be gone, and core/accounts tells only of those in memory. An empty user: any of them. */
void document_store_account_changed(struct document_store *store, struct slice user);
