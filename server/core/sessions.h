/* Sessions: a page logs in once with its account's password, gets a secret of 256 random bits, and goes on with that in
 * the password's place, by digest, in SIP and over HTTP (docs/web-client.md). The secret itself is kept nowhere.
 *
 *   MAKING ──committed──▶ LIVING ──ended, or one too many──▶ ENDING ──committed──▶ (gone, and told)
 *                           │                                  └─not committed──▶ LIVING
 *                           └──not used for a while; or its row is gone, for another password, say──▶ (gone, and told)
 *
 * They are loaded with their accounts (core/accounts), so that nobody waits for a query who authenticates. When a
 * session was used last is in memory; its row follows now and then. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "base/timer.h"
#include "core/account.h"
#include "storage/storage.h"

struct accounts;
struct sessions;

enum session_state { SESSION_MAKING, SESSION_LIVING, SESSION_ENDING };

struct session {
	struct session *next; /* of the same account, the newest first */
	struct sessions *sessions;
	struct account *account;
	struct timer timer; /* it may be over then */
	int64_t id;
	int64_t created_at_ms, used_at_ms; /* since 1970 */
	int64_t row_used_at_ms;            /* as its row has it, or will */
	enum session_state state;
	bool stays; /* for session.stay_days; else session.idle_s */
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
	uint16_t name_length, device_length;
	char text[];
};

static inline struct slice session_name(const struct session *session)
{
	return slice_of(session->text, session->name_length);
}
/* The +sip.instance that the page told, empty: none. */
static inline struct slice session_device(const struct session *session)
{
	return slice_of(session->text + session->name_length, session->device_length);
}

struct sessions_options {
	unsigned idle_s, stay_days;
	unsigned most; /* of an account; beyond it the one that was not used for longest ends */
};

/* All borrowed. The accounts are told of their sessions by accounts_set_sessions. */
struct sessions_parts {
	struct timers *timers;
	struct accounts *accounts;
	struct storage *storage;
	struct log *log;
};

/* NULL where memory is exhausted. */
struct sessions *sessions_create(const struct sessions_parts *parts, const struct sessions_options *options);
/* After the accounts. Accepts NULL. */
void sessions_destroy(struct sessions *sessions);
void sessions_set_options(struct sessions *sessions, const struct sessions_options *options);
/* 0 where there are none (NULL). */
unsigned sessions_most(const struct sessions *sessions);

/* `on_ended` (set once) is told of each session that is over, while the account is held: what was done with it ends.
 * Not of those of accounts that are removed. */
typedef void session_ended_fn(void *arg, struct account *account, int64_t session_id);
void sessions_on_ended(struct sessions *sessions, session_ended_fn *on_ended, void *arg);

/* At the start, when the accounts that are in memory are: gives them their sessions. */
void sessions_load(struct sessions *sessions, storage_done_fn *done, void *arg);

/* --- one session --- */

struct session_wish {
	struct slice name, device;
	bool stays;
	uint8_t ha1_md5[16]; /* of the secret, in the account's realm */
	uint8_t ha1_sha256[32];
};
/* Makes a session. `done` is told once, after the commit, never before this returns: 0 with the session, borrowed;
 * ERR_NOT_FOUND: the account is gone or has another password by now; storage's codes. ERR_NO_MEMORY comes at once, and
 * `done` is not called. */
typedef void session_made_fn(void *arg, int result, const struct session *session);
MUST_CHECK int session_make(struct sessions *sessions, struct account *account, const struct session_wish *wish,
			    session_made_fn *done, void *arg);
/* Ends it: it is good for nothing from now on, unless it cannot be committed, which `done` is told of (later). At once,
 * without `done`: ERR_NOT_FOUND, ERR_NO_MEMORY. */
MUST_CHECK int session_end(struct account *account, int64_t id, storage_done_fn *done, void *arg);
/* It was used: its end moves. */
void session_use(struct session *session);
bool session_is_living(const struct session *session);
/* Since 1970: when it will be over unless it is used. */
int64_t session_ends_at_ms(const struct session *session);
/* NULL: there is none of that id that is living. */
struct session *session_find(const struct account *account, int64_t id);
/* True where what was authenticated with that session (0: with the password) is not to be served any more. */
static inline bool session_is_over(const struct account *account, int64_t id)
{
	return id != 0 && !session_find(account, id);
}

/* --- for core/accounts --- */

/* What the sessions in memory are as new as; a look-up takes it when it begins. */
uint64_t sessions_stamp(const struct sessions *sessions);
/* The account's rows, as a look-up that began at `stamp` has found them; those that it has not found are over.
 * ERR_CLOSED: what is in memory is newer, and nothing was taken: look again. ERR_NO_MEMORY. */
MUST_CHECK int sessions_take(struct sessions *sessions, struct account *account, const struct stored_session *rows,
			     size_t count, uint64_t stamp);
/* The account is forgotten, and its sessions with it. */
void sessions_forget(struct account *account);
