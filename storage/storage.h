/* What Heliograph keeps, in its own words: no SQL, no SIP.
 *
 * PostgreSQL is the truth. Changes queue up while one batch is being committed; the next batch is one
 * transaction of set-based statements. Each change's callback runs once, after its commit or its failure, never
 * inside the call that asked. Reads are gathered the same way. While the database is away, changes that
 * wait are kept for `wait_s` and then fail with ERR_STORAGE_AWAY, and new ones fail at once (still by
 * callback). A change that the database refuses fails alone with ERR_STORAGE_REFUSED.
 *
 * Everything passed in is copied before the call returns; everything given to a callback is good only during
 * it. Times are seconds (…_s) or milliseconds (…_ms) since 1970.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "base/slice.h"
#include "base/timer.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct storage;

struct storage_options {
	const char *connection; /* libpq connection string or URI */
	unsigned node;          /* this node's number, 0 … 255: part of message ids, owner of bindings */
	unsigned wait_s;        /* how long changes wait for a database that is away */
	unsigned batch_changes; /* most changes in one transaction */
	unsigned queue_changes; /* most changes waiting; beyond it ERR_BUSY by callback */
	unsigned reconnect_ms, reconnect_most_ms; /* back-off */
};

/* `result` is 0, ERR_STORAGE_AWAY, ERR_STORAGE_REFUSED, ERR_BUSY or ERR_NO_MEMORY. */
typedef void storage_done_fn(void *arg, int result);

struct storage_events {
	/* The connection is up (also the first time) or down. */
	void (*on_available)(void *arg, bool available);
	/* Another process changed this account (`heliograph user …`): forget what is cached of it. An empty
	 * user: anything may have changed (the listening connection was down, or very many were changed). */
	void (*on_account_changed)(void *arg, struct slice user, struct slice domain);
	void *arg;
};

/* Starts connecting; returns at once. NULL where memory is exhausted. The log is borrowed. */
struct storage *storage_create(uv_loop_t *loop, struct timers *timers, struct log *log,
			       const struct storage_options *options, const struct storage_events *events);
/* Commits what waits (at most `wait_s`), then closes; on_done when all handles are closed. */
void storage_close(struct storage *storage, void (*on_done)(void *arg), void *arg);
void storage_destroy(struct storage *storage);
bool storage_is_available(const struct storage *storage);
void storage_describe(const struct storage *storage, struct buffer *buffer);

/* --- settings: one value each, shared by all nodes ---------------------------------------------------------- */

/* The value of `name`, made with `initial` where there is none yet (the nonce key). */
typedef void storage_setting_fn(void *arg, int result, struct slice value);
void storage_setting(struct storage *storage, const char *name, struct slice initial, storage_setting_fn *done,
		     void *arg);

/* --- accounts ----------------------------------------------------------------------------------------------- */

/* A page or a program that has logged in with its account's password, and goes on with a secret of its own. */
struct stored_session {
	int64_t id; /* storage_next_message_id */
	int64_t account_id;
	int64_t created_at_ms;
	int64_t used_at_ms;   /* may lag behind */
	int64_t expires_at_s; /* the row is good until then (a lease, as bindings) */
	uint8_t ha1_md5[16];  /* of the secret */
	uint8_t ha1_sha256[32];
	uint8_t password_sha256[32]; /* the account's ha1_sha256 when it was made: with another one it is over */
	struct slice name, device;   /* as it called itself; its +sip.instance, empty: not told */
	bool stays;                  /* for days; else until it is left alone for hours */
};

struct stored_account {
	int64_t id;
	struct slice user, domain; /* plain (unescaped) user, lower-case domain */
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
	/* Told by storage_load_account alone, else 0: */
	uint32_t untaken;                      /* messages that no device has taken, receipts left out */
	const struct stored_session *sessions; /* those that have not expired, in the order of their ids */
	size_t session_count;
};

struct stored_device {
	int64_t account_id;
	int64_t device_id;   /* storage_device_id(instance) */
	int64_t last_seen_s; /* when it last registered, exact to a day */
	uint32_t owed;       /* messages owed to it */
};

/* An account with the devices known for it (whether bound or not), the longest unseen first, and how many messages in
 * all its mailbox holds (owed to any device). `account` is NULL and result ERR_NOT_FOUND where there is none. */
typedef void storage_account_fn(void *arg, int result, const struct stored_account *account,
				const struct stored_device *devices, size_t device_count, uint32_t mailbox_messages);
void storage_load_account(struct storage *storage, struct slice user, struct slice domain, storage_account_fn *done,
			  void *arg);

/* Forgets a device without bindings, and with it what is owed to it. What no device has taken stays owed to whoever
 * comes first, and so to this device where it comes again. Nothing happens where it is not known. */
void storage_forget_device(struct storage *storage, int64_t account_id, int64_t device_id, storage_done_fn *done,
			   void *arg);

/* A device's identity within its account: derived from its +sip.instance (64 bits of SHA-256), 1 for the device
 * without one; never 0. */
#define STORAGE_DEVICE_ANY 0 /* whoever comes first: owed what no device has taken */
#define STORAGE_DEVICE_WITHOUT_INSTANCE 1
int64_t storage_device_id(struct slice instance);

/* --- bindings ------------------------------------------------------------------------------------------------ */

struct stored_binding {
	int64_t account_id;
	struct slice key;        /* what makes it the same binding within the account */
	struct slice contact;    /* the URI */
	struct slice parameters; /* Contact header parameters as registered */
	struct slice instance;   /* empty: none */
	struct slice path;       /* Path values, combined */
	struct slice call_id;
	struct slice user_agent;
	struct slice flow; /* opaque here: how to find the way back after a restart */
	int64_t device_id;
	int64_t expires_at_s; /* the row is good until then */
	int64_t registered_at_ms;
	uint32_t cseq;
	uint32_t reg_id;      /* 0: none */
	uint16_t q;           /* thousandths */
	uint32_t granted_s;   /* what the device was told */
	int64_t session_id;   /* that registered it, and ends it; 0: the password */
	bool device_is_fresh; /* saving: its device has a row that was written today, which need not be touched */
};

/* Saves all bindings of one REGISTER in one transaction: `saved` are inserted or replaced by (account, key),
 * `removed` keys are deleted. A device that is not known yet becomes known and inherits what no device has
 * taken. Later changes to the same binding overtake earlier ones that still wait. */
struct binding_changes {
	int64_t account_id;
	const struct stored_binding *saved;
	size_t saved_count;
	const struct slice *removed_keys;
	size_t removed_count;
};
void storage_save_bindings(struct storage *storage, const struct binding_changes *changes, storage_done_fn *done,
			   void *arg);

/* All bindings not expired, whose session is not over, at start; `each` per row with its account, then `done`. */
typedef void storage_binding_fn(void *arg, const struct stored_account *account, const struct stored_binding *binding);
void storage_load_bindings(struct storage *storage, storage_binding_fn *each, storage_done_fn *done, void *arg);

/* --- messages ------------------------------------------------------------------------------------------------ */

enum stored_message_kind { STORED_MESSAGE_OTHER, STORED_MESSAGE_TEXT, STORED_MESSAGE_RECEIPT };

struct stored_message {
	int64_t id;                    /* storage_next_message_id; grows with time */
	int64_t receiver_id;           /* account */
	int64_t sender_id;             /* account; 0: not one of ours */
	struct slice sender, receiver; /* AORs: "bob@example.test"; the receiver's is told when saving only */
	enum stored_message_kind kind;
	uint32_t text_at; /* of a text: where it begins in the body; UTF-8 without NUL from there to the end */
	struct slice call_id;
	uint32_t cseq;
	struct slice request_uri; /* as the sender wrote it */
	struct slice from, to;    /* header values with tags */
	struct slice headers;     /* other header lines to deliver with it (whole lines with CRLF) */
	struct slice content_type;
	struct slice body;
	int64_t received_at_ms;
	int64_t expires_at_s; /* not delivered after it */
	bool taken;           /* a device has it already: not owed to devices yet to come */
};

int64_t storage_next_message_id(struct storage *storage);

/* Keeps a message and to whom it is owed. `owed_to` are device ids; where `taken` is false it is owed to
 * STORAGE_DEVICE_ANY as well. No debts at all: history only. What is no receipt begins a conversation of its receiver,
 * and of its sender where that is an account. A text that is none (bytes that are no UTF-8, an offset behind the end)
 * is kept as OTHER.
 * ERR_EXISTS: there is a row of this sender, Call-ID and CSeq for this receiver already: nothing was written. */
void storage_save_message(struct storage *storage, const struct stored_message *message, const int64_t *owed_to,
			  size_t owed_count, storage_done_fn *done, void *arg);

/* The device has answered for it (or has refused it for good): no longer owed to it. `taken`: nor to devices
 * yet to come. */
void storage_settle_debt(struct storage *storage, int64_t account_id, int64_t device_id, int64_t message_id, bool taken,
			 storage_done_fn *done, void *arg);

/* The oldest messages owed to a device, in order, at most `most`, later than `after_id`. Expired ones are left
 * out. `each` per message, then `done`. */
typedef void storage_message_fn(void *arg, const struct stored_message *message);
void storage_load_debts(struct storage *storage, int64_t account_id, int64_t device_id, int64_t after_id, unsigned most,
			storage_message_fn *each, storage_done_fn *done, void *arg);

/* At start: what came in since `since_ms`, so that a sender who repeats a message because a crash ate the answer
 * is recognised. `taken`: a device had it (answer 200, else 202). At most `most`, newest first. */
typedef void storage_recent_fn(void *arg, int64_t receiver_id, struct slice sender, struct slice call_id, uint32_t cseq,
			       bool taken);
void storage_load_recent(struct storage *storage, int64_t since_ms, unsigned most, storage_recent_fn *each,
			 storage_done_fn *done, void *arg);

/* Deletes a bounded slice of what is over: expired bindings, subscriptions, publications, watch requests, sessions and
 * debts, messages that are owed to nobody and older than `history_s`, conversations of which nothing is left, devices
 * not seen for `device_s`. `more` tells that there is more to do. */
typedef void storage_more_fn(void *arg, int result, bool more);
void storage_purge(struct storage *storage, int64_t history_s, int64_t device_s, unsigned most, storage_more_fn *done,
		   void *arg);

/* --- subscriptions ------------------------------------------------------------------------------------------- */

/* The dialog of a watcher and what he watches (RFC 6665). */
struct stored_subscription {
	int64_t id;         /* storage_next_message_id: one sequence for all that a node makes */
	int64_t watcher_id; /* account */
	int64_t device_id;  /* the watcher's */
	struct slice package, resource, event_id;
	struct slice call_id, local_tag, remote_tag;
	struct slice local, remote; /* the AORs of the dialog, as they stood in To and From, without tags */
	struct slice target;        /* the watcher's Contact URI */
	struct slice route_set;     /* Route values, combined; empty: none */
	struct slice flow;          /* opaque here */
	struct slice profile;       /* of phones: its name */
	struct slice media_type;    /* of the bodies that the watcher accepts */
	uint32_t local_cseq;        /* of the last NOTIFY when the row was written */
	uint32_t generation;        /* of the process that wrote it (storage_next_generation) */
	uint32_t remote_cseq;
	int64_t created_at_ms;
	int64_t expires_at_s;                         /* the row is good until then (a lease, as bindings) */
	uint32_t granted_s;                           /* what the watcher was told */
	uint32_t least_interval_ms, most_interval_ms; /* RFC 6446; 0: none */
	bool is_adaptive;                             /* most_interval_ms is an average (RFC 6446 §7) */
	bool is_list;                                 /* `resource` names a list (RFC 4662) */
	bool takes_deflate;                           /* Accept-Encoding */
	int64_t session_id;                           /* as bindings */
	/* The body of the SUBSCRIBE, decoded: a list of its own (RFC 5367), filters (RFC 4660). An empty content type
	 * leaves the row's content as it is, when saving. */
	struct slice content_type, content;
};

/* Inserts or replaces by id. Later changes to the same subscription overtake earlier ones that still wait. */
void storage_save_subscription(struct storage *storage, const struct stored_subscription *subscription,
			       storage_done_fn *done, void *arg);
/* Nothing happens for those that are not there. */
void storage_remove_subscription(struct storage *storage, int64_t id, storage_done_fn *done, void *arg);

/* All of this node that are not expired, and whose session is not over, at start, each with its watcher, the oldest
 * first; then `done`. */
typedef void storage_subscription_fn(void *arg, const struct stored_account *watcher,
				     const struct stored_subscription *subscription);
void storage_load_subscriptions(struct storage *storage, storage_subscription_fn *each, storage_done_fn *done,
				void *arg);

/* --- publications -------------------------------------------------------------------------------------------- */

/* One piece of event state that somebody published (RFC 3903). */
struct stored_publication {
	int64_t id; /* random, part of the entity-tag */
	struct slice package, resource;
	int64_t publisher_id; /* account; 0: the server itself, or a trusted address */
	int64_t device_id;    /* the publisher's */
	struct slice source;  /* what a publication without entity-tags is found by ("asterisk PJSIP/alice"), or where a
				 device without an instance has published it ("contact bob@192.0.2.7"); empty: neither */
	uint32_t revision;    /* the other part of the entity-tag: grows with each PUBLISH */
	int64_t published_at_ms; /* when the body last changed */
	int64_t expires_at_s;    /* the row is good until then (a lease) */
	uint32_t granted_s;
	struct slice content_type, body;
};
/* As subscriptions. */
void storage_save_publication(struct storage *storage, const struct stored_publication *publication,
			      storage_done_fn *done, void *arg);
void storage_remove_publication(struct storage *storage, int64_t id, storage_done_fn *done, void *arg);
/* All that are not expired, of all nodes. */
typedef void storage_publication_fn(void *arg, const struct stored_publication *publication);
void storage_load_publications(struct storage *storage, storage_publication_fn *each, storage_done_fn *done, void *arg);

/* --- voicemail boxes ----------------------------------------------------------------------------------------- */

/* Names of mailboxes, classes and users are UTF-8 of 1 … 255 bytes; others are refused (ERR_STORAGE_REFUSED). */
#define STORAGE_MAILBOX_NAME_MOST 255

/* What waits in one mailbox, of one class of messages ("voice", "fax", "text" …). */
struct stored_message_count {
	struct slice mailbox, class_name;
	uint32_t fresh, old, urgent_fresh, urgent_old;
};
/* Sets all classes of one mailbox: those given are inserted or replaced, the others of it removed; none at all: the
 * mailbox is as if it had never been heard of. One transaction. The counts' own `mailbox` is not looked at. Later
 * changes to the same mailbox overtake earlier ones that still wait. */
void storage_save_mailbox(struct storage *storage, struct slice mailbox, const struct stored_message_count *counts,
			  size_t count, storage_done_fn *done, void *arg);
/* Who else but the account of its name uses a mailbox: the accounts' user names; replaces what was there. */
void storage_save_mailbox_users(struct storage *storage, struct slice mailbox, const struct slice *users, size_t count,
				storage_done_fn *done, void *arg);
/* All counts, then all users, then `done`. */
typedef void storage_message_count_fn(void *arg, const struct stored_message_count *count);
typedef void storage_mailbox_user_fn(void *arg, struct slice mailbox, struct slice user);
void storage_load_mailboxes(struct storage *storage, storage_message_count_fn *each_count,
			    storage_mailbox_user_fn *each_user, storage_done_fn *done, void *arg);

/* --- documents (XCAP, RFC 4825) ------------------------------------------------------------------------------- */

struct stored_document {
	int64_t id;               /* storage_next_message_id */
	int64_t account_id;       /* whose; 0: global */
	struct slice application; /* its unique id: "resource-lists" */
	struct slice name;        /* below the user's folder: "index", "work/colleagues" */
	struct slice etag;        /* without quotes */
	int64_t changed_at_ms;
	struct slice body;
};
/* Inserts or replaces by id. Later changes to the same document overtake earlier ones that still wait. A second
 * document of the same account, application and name is refused (ERR_STORAGE_REFUSED). */
void storage_save_document(struct storage *storage, const struct stored_document *document, storage_done_fn *done,
			   void *arg);
void storage_remove_document(struct storage *storage, int64_t id, storage_done_fn *done, void *arg);
/* All documents of one account (0: the global ones), then `done`; `owner` is NULL. */
typedef void storage_document_fn(void *arg, const struct stored_account *owner, const struct stored_document *document);
void storage_load_documents(struct storage *storage, int64_t account_id, storage_document_fn *each,
			    storage_done_fn *done, void *arg);
/* At start: all documents of one application, of all accounts, with their owners (NULL: global), then `done`. */
void storage_load_documents_of(struct storage *storage, struct slice application, storage_document_fn *each,
			       storage_done_fn *done, void *arg);

/* --- who asked to watch, and waits for a decision (RFC 3857 §4.7.1) ------------------------------------------- */

struct stored_watch_request {
	int64_t id; /* storage_next_message_id */
	int64_t watcher_id;
	struct slice package, resource;
	int64_t asked_at_s, expires_at_s;
};
void storage_save_watch_request(struct storage *storage, const struct stored_watch_request *request,
				storage_done_fn *done, void *arg);
void storage_remove_watch_request(struct storage *storage, int64_t id, storage_done_fn *done, void *arg);
typedef void storage_watch_request_fn(void *arg, const struct stored_account *watcher,
				      const struct stored_watch_request *request);
/* All that are not expired, whose watcher is an account still, then `done`. */
void storage_load_watch_requests(struct storage *storage, storage_watch_request_fn *each, storage_done_fn *done,
				 void *arg);

/* --- lists for the keys of phones ----------------------------------------------------------------------------- */

/* The rows of the table phone_lists, in the order of list and position; an administrator may put a view of his own in
 * its place. A view that cannot be read is ERR_STORAGE_REFUSED, and nothing else suffers. */
struct stored_list_entry {
	struct slice list; /* the user part of its URI */
	struct slice uri;  /* "sip:bob@example.test", or just "bob" */
	struct slice name; /* what the key shows; empty: none */
};
typedef void storage_list_entry_fn(void *arg, const struct stored_list_entry *entry);
void storage_load_phone_lists(struct storage *storage, storage_list_entry_fn *each, storage_done_fn *done, void *arg);

/* --- the API's tokens ---------------------------------------------------------------------------------------- */

#define STORAGE_TOKEN_HASH_BYTES 32
struct stored_token {
	struct slice name;
	struct slice scopes;                /* words with blanks between them: "mailboxes:write presence:read" */
	int64_t created_at_s, expires_at_s; /* 0: never */
};
/* Who has the token whose SHA-256 is `hash`; `token` is NULL and result ERR_NOT_FOUND where nobody has, or it has
 * expired. */
typedef void storage_token_fn(void *arg, int result, const struct stored_token *token);
void storage_load_token(struct storage *storage, const uint8_t hash[STORAGE_TOKEN_HASH_BYTES], storage_token_fn *done,
			void *arg);

/* --- sessions ------------------------------------------------------------------------------------------------ */

/* Keeps a new session. ERR_NOT_FOUND: the account is gone, or its password is another one by now. Like every change to
 * sessions but their use, this is announced as one to the account. */
void storage_save_session(struct storage *storage, const struct stored_session *session, storage_done_fn *done,
			  void *arg);
/* It was used: moves its times, none of them back. Nothing happens where it is not there. */
void storage_use_session(struct storage *storage, int64_t id, int64_t used_at_ms, int64_t expires_at_s,
			 storage_done_fn *done, void *arg);
/* Nothing happens where it is not there. */
void storage_remove_session(struct storage *storage, int64_t id, storage_done_fn *done, void *arg);
/* At start: all that have not expired, each with its account (id, user and domain), in the order of their ids; then
 * `done`. */
typedef void storage_session_fn(void *arg, const struct stored_account *account, const struct stored_session *session);
void storage_load_sessions(struct storage *storage, storage_session_fn *each, storage_done_fn *done, void *arg);

/* --- the process --------------------------------------------------------------------------------------------- */

/* A number that grows by one with each call, of all nodes, for ever: each process takes one at its start, so that
 * numbers counted since then never fall behind those counted before. */
typedef void storage_generation_fn(void *arg, int result, int64_t generation);
void storage_next_generation(struct storage *storage, storage_generation_fn *done, void *arg);

/* --- the users' pictures ------------------------------------------------------------------------------------------ */

#define STORAGE_ICON_NAME_MOST 64

/* One of each account. */
struct stored_icon {
	int64_t account_id;
	struct slice name;       /* 1 … STORAGE_ICON_NAME_MOST of [0-9a-z]; unique among all accounts */
	struct slice media_type; /* "image/png" */
	struct slice body;
};
/* Inserts or replaces that of the account. Later changes of the same account's overtake earlier ones that wait. */
void storage_save_icon(struct storage *storage, const struct stored_icon *icon, storage_done_fn *done, void *arg);
void storage_remove_icon(struct storage *storage, int64_t account_id, storage_done_fn *done, void *arg);
/* By its name; ERR_NOT_FOUND, and `icon` is NULL with any failure. */
typedef void storage_icon_fn(void *arg, int result, const struct stored_icon *icon);
void storage_load_icon(struct storage *storage, struct slice name, storage_icon_fn *done, void *arg);
