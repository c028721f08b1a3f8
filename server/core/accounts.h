/* The accounts that this node has in memory: found by user, loaded from storage when first needed, forgotten when idle.
 * SPDX-License-Identifier: MIT */
#pragma once

#include "base/attributes.h"
#include "base/buffer.h"
#include "base/log.h"
#include "core/account.h"
#include "core/sessions.h"
#include "storage/storage.h"

struct accounts;

/* `keep` bounds how many accounts that nobody holds stay in memory. NULL where memory is exhausted. */
struct accounts *accounts_create(struct storage *storage, struct log *log, struct slice domain, unsigned keep);
/* Bindings must be gone (location_destroy). */
void accounts_destroy(struct accounts *accounts);

/* Borrowed: good until the end of the caller's step unless held. NULL: not in memory (yet). */
struct account *accounts_find(struct accounts *accounts, struct slice user);

/* Loads the account, afresh where it is in memory already: credentials, sessions, devices, and counts of what is owed.
 * `done` (may be NULL) runs once with the account, ERR_NOT_FOUND, or storage's codes; later, but for ERR_NO_MEMORY,
 * which comes at once. */
typedef void accounts_loaded_fn(void *arg, int result, struct account *account);
void accounts_load(struct accounts *accounts, struct slice user, accounts_loaded_fn *done, void *arg);
/* Keeps the account in memory until account_release; whoever keeps a pointer beyond his step holds it: requests,
 * bindings, deliveries. */
void account_hold(struct accounts *accounts, struct account *account);
void account_release(struct accounts *accounts, struct account *account);
/* The same for a device, and the account that it is of: a device that is forgotten meanwhile stays in memory. */
void device_hold(struct accounts *accounts, struct device *device);
void device_release(struct accounts *accounts, struct device *device);

/* At start, with each stored binding: the account is made where it is new. NULL where memory is exhausted. */
struct account *accounts_take(struct accounts *accounts, const struct stored_account *stored);

/* Set once, before accounts are looked up: where their sessions are kept. Without them there are none. */
void accounts_set_sessions(struct accounts *accounts, struct sessions *sessions);

/* Storage's event. An empty user: all that are in memory are looked up again. `on_removed` (set once) is told of
 * accounts that are gone, so that their bindings end. */
void accounts_changed(struct accounts *accounts, struct slice user);
typedef void accounts_removed_fn(void *arg, struct account *account);
void accounts_on_removed(struct accounts *accounts, accounts_removed_fn *on_removed, void *arg);

/* The messages that are owed to the account may be others than before: called by whoever has committed it. Costs
 * nothing where nobody has asked. */
void accounts_debts_changed(struct accounts *accounts, struct account *account);
/* `on_untaken` (set once; NULL: nobody) is told so; and, with `is_counted`, of a look-up that has found another number
 * of messages that no device has taken. */
typedef void accounts_untaken_fn(void *arg, struct account *account, bool is_counted);
void accounts_on_untaken(struct accounts *accounts, accounts_untaken_fn *on_untaken, void *arg);

size_t accounts_count(const struct accounts *accounts);
/* Each account in memory; none is forgotten meanwhile, whatever `visit` releases. */
typedef void accounts_visit_fn(void *arg, struct account *account);
void accounts_each(struct accounts *accounts, accounts_visit_fn *visit, void *arg);
