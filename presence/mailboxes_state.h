/* What the files of the mailboxes share.
 *
 *   mailbox ── mailbox_use ── mailbox_user        who looks into a shared mailbox
 *
 * The account of a mailbox's own name uses it without a mailbox_use. SPDX-License-Identifier: MIT */
#pragma once

#include "base/list.h"
#include "base/table.h"
#include "presence/mailbox_counts.h"
#include "presence/mailboxes.h"
#include "presence/resource.h"

/* A resource of its own is called '@' and its name. */
#define MAILBOX_NAME_MOST (RESOURCE_NAME_MOST - 1)

enum { MAILBOX_LISTENERS_MOST = 4 };

struct mailbox_change;

struct mailbox {
	struct table_link link; /* by name */
	struct list_link uses;  /* struct mailbox_use, of_mailbox */
	struct mailbox_counts counts;
	const struct mailbox_change *newest; /* of its counts, being committed; NULL: none */
	uint64_t applied;                    /* the number of the change that they are from */
	unsigned changes;                    /* being committed; they hold it */
	bool is_known;                       /* somebody has told its counts */
	uint8_t name_length;
	char name[];
};

struct mailbox_user {
	struct table_link link;    /* by name */
	struct list_link uses;     /* struct mailbox_use, of_user */
	struct list_link counting; /* his chat messages are to be counted */
	uint16_t name_length;
	char name[];
};

struct mailbox_use {
	struct list_link of_mailbox, of_user;
	struct mailbox *mailbox;
	struct mailbox_user *user;
};

struct mailboxes {
	struct mailboxes_parts parts;
	char *option_texts; /* what the slices of `options` point to, and the codes */
	struct mailbox_options options;
	struct table by_name, users;
	unsigned shared_count;
	uint64_t change_count;  /* ever */
	struct list_link ended; /* changes whose callers are told in the next turn */
	struct timer ending;
	struct list_link counting; /* struct mailbox_user */
	struct timer counting_timer;
	struct {
		mailbox_lamp_fn *on_lamp;
		void *arg;
	} listeners[MAILBOX_LISTENERS_MOST];
	unsigned listener_count;
	mailboxes_watched_fn *on_watched;
	void *on_watched_arg;
	/* loading */
	storage_done_fn *on_loaded;
	void *on_loaded_arg;
	int load_result;
};

static inline struct slice mailbox_name(const struct mailbox *mailbox)
{
	return slice_of(mailbox->name, mailbox->name_length);
}
static inline struct slice mailbox_user_name(const struct mailbox_user *user)
{
	return slice_of(user->name, user->name_length);
}

/* --- mailboxes.c --- */

/* UTF-8 without what is no text, not empty, not too long, and no '@' at its beginning. */
bool mailbox_name_is_good(struct slice name);
struct mailbox *mailbox_find(const struct mailboxes *mailboxes, struct slice name);
/* The same, made where it is new; NULL where memory is exhausted. */
struct mailbox *mailbox_get(struct mailboxes *mailboxes, struct slice name);
/* Goes where nothing is known of it, nobody shares it, and nothing is being committed. */
void mailbox_release(struct mailboxes *mailboxes, struct mailbox *mailbox);
struct mailbox_user *mailbox_user_find(const struct mailboxes *mailboxes, struct slice name);
struct mailbox_user *mailbox_user_get(struct mailboxes *mailboxes, struct slice name);
void mailbox_user_release(struct mailboxes *mailboxes, struct mailbox_user *user);
/* ERR_NO_MEMORY. Nothing happens where he has it already, or it is his own. */
MUST_CHECK int mailbox_use_add(struct mailboxes *mailboxes, struct mailbox *mailbox, struct slice user);
void mailbox_use_remove(struct mailboxes *mailboxes, struct mailbox_use *use);
/* Its counts are others now: whoever watches it or has a lamp that shows them is told. */
void mailbox_announce(struct mailboxes *mailboxes, const struct mailbox *mailbox);
/* The lamp of that account shows something else. */
void mailboxes_announce_lamp(struct mailboxes *mailboxes, struct slice user);

/* --- mailboxes_change.c --- */

/* At the end: whoever has not been told yet is told nothing. */
void mailboxes_forget_changes(struct mailboxes *mailboxes);
