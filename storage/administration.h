/* The administrator's side of storage, for the command line: plain blocking calls on a connection of their own.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/slice.h"
#include "storage/storage.h"

struct administration;

#define ADMINISTRATION_ERROR_SIZE 512

/* Opens the database; NULL with the sentence in `error` where that fails. */
struct administration *administration_open(const char *connection, char error[ADMINISTRATION_ERROR_SIZE]);
void administration_close(struct administration *administration);
/* The sentence of the last failure. */
const char *administration_error(const struct administration *administration);

/* The schema number that this program needs, and that the database has (0: empty). */
int administration_schema_wanted(void);
MUST_CHECK int administration_schema(struct administration *administration, int *number);
/* Applies the missing steps under a lock, each in a transaction of its own; `applied` counts them.
 * ERR_STORAGE_NEWER: the database is ahead of this program. */
MUST_CHECK int administration_migrate(struct administration *administration, int *applied);

/* Adds an account, or changes its hashes, which ends its sessions; running nodes are told. ERR_EXISTS, ERR_NOT_FOUND
 * (password of an unknown account: `replace` without `add`). */
struct account_credentials {
	struct slice user, domain;
	uint8_t ha1_md5[16];
	uint8_t ha1_sha256[32];
};
MUST_CHECK int administration_add_account(struct administration *administration,
					  const struct account_credentials *account);
MUST_CHECK int administration_set_password(struct administration *administration,
					   const struct account_credentials *account);
/* Many at once, all or none: those that are missing are added, those whose hashes differ are changed, the others are
 * not written. Of several of the same name the last one counts. */
MUST_CHECK int administration_put_accounts(struct administration *administration,
					   const struct account_credentials *accounts, size_t count);
/* With its bindings, devices, sessions, conversations, debts and the messages that it has received. ERR_NOT_FOUND. */
MUST_CHECK int administration_remove_account(struct administration *administration, struct slice user,
					     struct slice domain);
/* One value that all nodes and commands share (`settings`): written, or read into `value`, terminated; it is empty
 * where there is none. ERR_STORAGE_REFUSED, ERR_STORAGE_AWAY. */
MUST_CHECK int administration_put_setting(struct administration *administration, const char *name, struct slice value);
MUST_CHECK int administration_read_setting(struct administration *administration, const char *name, char *value,
					   size_t size);
/* The account's sessions that have not ended, the oldest first. ERR_NOT_FOUND: no such account. */
typedef void administration_session_fn(void *arg, const struct stored_session *session);
MUST_CHECK int administration_list_sessions(struct administration *administration, struct slice user,
					    struct slice domain, administration_session_fn *each, void *arg);
/* Ends one session, or (0) all of the account; running nodes are told. ERR_NOT_FOUND: no such account or session. */
MUST_CHECK int administration_end_sessions(struct administration *administration, struct slice user,
					   struct slice domain, int64_t session_id, unsigned *ended);
typedef void administration_account_fn(void *arg, struct slice user, struct slice domain, unsigned devices,
				       unsigned messages);
MUST_CHECK int administration_list_accounts(struct administration *administration, administration_account_fn *each,
					    void *arg);

/* --- voicemail boxes and tokens, for the command line where no server runs ---------------------------------------- */

MUST_CHECK int administration_put_mailbox(struct administration *administration, struct slice mailbox,
					  const struct stored_message_count *counts, size_t count);
typedef void administration_count_fn(void *arg, const struct stored_message_count *count);
typedef void administration_mailbox_user_fn(void *arg, struct slice mailbox, struct slice user);
MUST_CHECK int administration_list_mailboxes(struct administration *administration, administration_count_fn *each_count,
					     administration_mailbox_user_fn *each_user, void *arg);
/* Replaces the users of a shared mailbox; none: it is shared no more. */
MUST_CHECK int administration_put_mailbox_users(struct administration *administration, struct slice mailbox,
						const struct slice *users, size_t count);

/* ERR_EXISTS: a token of that name is there. */
MUST_CHECK int administration_add_token(struct administration *administration, const struct stored_token *token,
					const uint8_t hash[STORAGE_TOKEN_HASH_BYTES]);
/* ERR_NOT_FOUND */
MUST_CHECK int administration_remove_token(struct administration *administration, struct slice name);
typedef void administration_token_fn(void *arg, const struct stored_token *token);
MUST_CHECK int administration_list_tokens(struct administration *administration, administration_token_fn *each,
					  void *arg);
