/* Voicemail boxes: how many messages of which class wait in them, whoever told us, and who uses them.
 *
 * Each account has a mailbox of its own name; others may be shared by several accounts. Counts are durable: they stay
 * as they were last told until somebody tells otherwise. So the end of a publication, removed or expired, leaves them
 * as they are: the messages still wait, even if the PBX that spoke of them is away. What an account's lamp shows is the
 * sum of its own mailbox, of those that it shares, and, where that is wanted, of the chat messages that no device of
 * its has got yet. SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/log.h"
#include "bodies/message_summary.h"
#include "core/accounts.h"
#include "core/domain.h"
#include "presence/event_package.h"
#include "presence/events.h"
#include "storage/storage.h"

struct mailboxes;

struct mailbox_options {
	struct slice number;       /* of the voicemail: "*97"; empty: none. What phones' keys call */
	const struct slice *codes; /* other numbers and feature codes that mean one's own mailbox */
	size_t code_count;
	bool counts_text_messages; /* undelivered chat messages light the lamp, as text-message */
	unsigned mailboxes_most;   /* shared ones, and those of names that are no account */
};

struct mailboxes_parts {
	struct timers *timers;
	const struct domain *domain;
	struct accounts *accounts;
	struct storage *storage;
	struct events *events; /* to which changes are announced; NULL: nobody subscribes */
	struct log *log;
};

/* Options are copied. NULL where memory is exhausted. The storage is closed when they are destroyed, and the events are
 * gone before. */
struct mailboxes *mailboxes_create(const struct mailboxes_parts *parts, const struct mailbox_options *options);
void mailboxes_destroy(struct mailboxes *mailboxes);
MUST_CHECK int mailboxes_set_options(struct mailboxes *mailboxes, const struct mailbox_options *options);
/* All counts and users from storage, once, before events_load. */
void mailboxes_load(struct mailboxes *mailboxes, storage_done_fn *done, void *arg);

/* Sets what waits in a mailbox: every class that `summary` has, the others become 0. `done` is told once after the
 * commit, never within the call but for ERR_NO_MEMORY: ERR_NOT_FOUND: neither an account nor a shared mailbox of that
 * name; storage's codes. Nobody is told of it, and nothing is written, where nothing has changed. */
void mailbox_set(struct mailboxes *mailboxes, struct slice name, const struct message_summary *summary,
		 storage_done_fn *done, void *arg);
/* The same by somebody who speaks only of the classes that `summary` has (a PBX of voice alone): the others stay as
 * they are, unless `names_none` and nothing waits: then all become 0. */
void mailbox_update(struct mailboxes *mailboxes, struct slice name, const struct message_summary *summary,
		    storage_done_fn *done, void *arg);
/* Who uses a shared mailbox beside the account of its name; makes it where it is new, and with no users and no counts
 * forgets it. `done` as above; ERR_NOT_FOUND: a user is no account, or the name cannot be one; ERR_LIMIT. */
void mailbox_share(struct mailboxes *mailboxes, struct slice name, const struct slice *users, size_t count,
		   storage_done_fn *done, void *arg);

/* What waits in that one mailbox. False: nothing was ever told of it (the counts are 0). */
bool mailbox_read(const struct mailboxes *mailboxes, struct slice name, struct message_summary *summary);
/* What the lamp of an account shows. False: nothing was ever told of any of its mailboxes. */
bool mailboxes_read_lamp(const struct mailboxes *mailboxes, struct slice user, struct message_summary *summary);
/* True where `user` may look into the mailbox: its name is his, or it is shared with him. */
bool mailbox_is_used_by(const struct mailboxes *mailboxes, struct slice name, struct slice user);
typedef void mailbox_visit_fn(void *arg, struct slice mailbox, const struct message_summary *summary);
void mailboxes_each(struct mailboxes *mailboxes, mailbox_visit_fn *visit, void *arg);
typedef void mailbox_user_fn(void *arg, struct slice user);
void mailbox_each_user(const struct mailboxes *mailboxes, struct slice name, mailbox_user_fn *visit, void *arg);

/* Told of each account whose lamp shows something else now: the subscriptions to it (events) and the devices that want
 * it unasked (lamps). Several may listen. ERR_LIMIT. */
typedef void mailbox_lamp_fn(void *arg, struct slice user);
MUST_CHECK int mailboxes_on_lamp(struct mailboxes *mailboxes, mailbox_lamp_fn *on_lamp, void *arg);
/* The chat messages that an account has not got may be others: they are counted soon, where they count at all. */
void mailboxes_text_messages_changed(struct mailboxes *mailboxes, struct slice name);
/* An account is gone, and with it what waited in its mailbox, and its part in others'. */
void mailboxes_account_removed(struct mailboxes *mailboxes, struct slice name);
/* An account was changed, perhaps removed; for those that are not in memory, of which nobody else finds out. */
void mailboxes_account_changed(struct mailboxes *mailboxes, struct slice name);
/* Told when the lamp of an account gets its first subscription or publication, or loses its last. NULL: nobody. */
typedef void mailboxes_watched_fn(void *arg, struct slice user, bool is_watched);
void mailboxes_on_watched(struct mailboxes *mailboxes, mailboxes_watched_fn *on_watched, void *arg);

/* --- event packages (their `arg` is the mailboxes) ------------------------------------------------------------------
 */

/* message-summary (RFC 3842). A resource is "user" for the lamp of an account, or "@name" for one mailbox. */
extern const struct event_package message_summary_package;
/* asterisk-mwi, published by PBXes. */
extern const struct event_package asterisk_mwi_package;
/* The number or code means one's own mailbox ("*97", "voicemail"). */
bool mailboxes_is_own_number(const struct mailboxes *mailboxes, struct slice user);
/* What the phone's key calls: the voicemail's number, or, where none is configured or `to_mailbox` is set, the mailbox
 * or account `name` itself. "sip:…", in `arena`; empty where memory is exhausted. */
struct slice mailboxes_message_account(const struct mailboxes *mailboxes, struct slice name, bool to_mailbox,
				       struct arena *arena);
