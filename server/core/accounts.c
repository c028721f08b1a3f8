/* The cache of accounts. An account that nobody holds stands in the idle list, oldest first; beyond `keep` the oldest
 * is forgotten. SPDX-License-Identifier: MIT */
#include "core/accounts.h"

#include "base/error.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct accounts {
	struct storage *storage;
	struct log *log;
	struct table by_user;
	struct list_link idle;
	size_t idle_count;
	unsigned keep;
	accounts_removed_fn *on_removed;
	void *on_removed_arg;
	accounts_untaken_fn *on_untaken;
	void *on_untaken_arg;
	struct sessions *sessions; /* NULL: there are none */
	struct slice domain;
};

/* One look-up under way. */
struct account_load {
	struct accounts *accounts;
	accounts_loaded_fn *done;
	void *arg;
	uint32_t mailbox_before; /* the count when the look-up began */
	uint64_t stamp;          /* of the sessions, likewise */
	size_t user_length;
	char user[];
};

struct accounts *accounts_create(struct storage *storage, struct log *log, struct slice domain, unsigned keep)
{
	struct accounts *accounts = calloc(1, sizeof *accounts);
	if (!accounts)
		return NULL;
	if (table_init(&accounts->by_user) != 0) {
		free(accounts);
		return NULL;
	}
	list_init(&accounts->idle);
	accounts->storage = storage;
	accounts->log = log;
	accounts->domain = domain;
	accounts->keep = keep;
	return accounts;
}

static void account_free(struct account *account)
{
	sessions_forget(account);
	while (account->devices) {
		struct device *device = account->devices;
		account->devices = device->next;
		free(device);
	}
	free(account);
}

static bool forget(struct table_link *link, void *arg)
{
	struct accounts *accounts = arg;
	table_remove(&accounts->by_user, link);
	account_free(CONTAINER_OF(link, struct account, link));
	return true;
}

void accounts_destroy(struct accounts *accounts)
{
	if (!accounts)
		return;
	table_each(&accounts->by_user, forget, accounts);
	table_finish(&accounts->by_user);
	free(accounts);
}

static bool has_user(const struct table_link *link, const void *key)
{
	const struct slice *user = key;
	return slice_equal(account_user(CONTAINER_OF(link, const struct account, link)), *user);
}

struct account *accounts_find(struct accounts *accounts, struct slice user)
{
	uint64_t hash = table_hash(&accounts->by_user, user.at, user.length);
	struct table_link *link = table_find(&accounts->by_user, hash, has_user, &user);
	return link ? CONTAINER_OF(link, struct account, link) : NULL;
}

/* Nobody holds the account any more. */
static void settle(struct accounts *accounts, struct account *account)
{
	if (account->is_removed) {
		account_free(account);
		return;
	}
	list_append(&accounts->idle, &account->idle);
	accounts->idle_count++;
	if (accounts->idle_count > accounts->keep) {
		struct account *oldest = CONTAINER_OF(list_take_first(&accounts->idle), struct account, idle);
		accounts->idle_count--;
		table_remove(&accounts->by_user, &oldest->link);
		account_free(oldest);
	}
}

void account_hold(struct accounts *accounts, struct account *account)
{
	account->holders++;
	if (list_is_linked(&account->idle)) {
		list_remove(&account->idle);
		accounts->idle_count--;
	}
}

void account_release(struct accounts *accounts, struct account *account)
{
	account->holders--;
	if (account->holders == 0)
		settle(accounts, account);
}

void device_hold(struct accounts *accounts, struct device *device)
{
	device->holders++;
	account_hold(accounts, device->account);
}

void device_release(struct accounts *accounts, struct device *device)
{
	struct account *account = device->account;
	device->holders--;
	if (device->is_forgotten && device->holders == 0)
		free(device);
	account_release(accounts, account);
}

struct account *accounts_take(struct accounts *accounts, const struct stored_account *stored)
{
	struct account *account = accounts_find(accounts, stored->user);
	if (!account) {
		account = calloc(1, sizeof *account + stored->user.length);
		if (!account)
			return NULL;
		account->user_length = (uint16_t)stored->user.length;
		memcpy(account->user, stored->user.at, stored->user.length);
		table_insert(&accounts->by_user, &account->link,
			     table_hash(&accounts->by_user, account->user, account->user_length));
	}
	account->id = stored->id;
	memcpy(account->ha1_md5, stored->ha1_md5, sizeof account->ha1_md5);
	memcpy(account->ha1_sha256, stored->ha1_sha256, sizeof account->ha1_sha256);
	return account;
}

static void remove_account(struct accounts *accounts, struct account *account)
{
	account_hold(accounts, account);
	table_remove(&accounts->by_user, &account->link);
	account->is_removed = true;
	if (accounts->on_removed)
		accounts->on_removed(accounts->on_removed_arg, account);
	account_release(accounts, account);
}

/* What was committed while the look-up was under way may be missing in its counts: it is added. Too much corrects
 * itself at the next delivery, too little would be forgotten. */
static int take_devices(struct account *account, const struct stored_device *devices, size_t count,
			uint32_t mailbox_messages, uint32_t mailbox_before)
{
	uint32_t in_memory = account->mailbox_messages;
	account->mailbox_messages = mailbox_messages + in_memory - (in_memory >= mailbox_before ? mailbox_before : 0);
	for (size_t i = 0; i < count; i++) {
		if (devices[i].device_id == STORAGE_DEVICE_ANY)
			continue;
		struct device *device = account_device(account, devices[i].device_id);
		if (!device)
			return ERR_NO_MEMORY;
		if (!device->is_counted)
			device->owed += devices[i].owed;
		else if (devices[i].owed > device->owed)
			device->owed = devices[i].owed;
		device->is_counted = true;
		if (devices[i].last_seen_s > device->last_seen_s)
			device->last_seen_s = devices[i].last_seen_s;
	}
	account->knows_devices = true;
	return 0;
}

static void take_untaken(const struct accounts *accounts, struct account *account, uint32_t untaken, bool was_counted)
{
	bool is_new = untaken != account->untaken || !was_counted;
	account->untaken = untaken;
	if (is_new && accounts->on_untaken)
		accounts->on_untaken(accounts->on_untaken_arg, account, true);
}

void accounts_set_sessions(struct accounts *accounts, struct sessions *sessions)
{
	accounts->sessions = sessions;
}

static int take_sessions(struct accounts *accounts, struct account *account, const struct stored_account *stored,
			 uint64_t stamp)
{
	if (!accounts->sessions)
		return 0;
	int result = sessions_take(accounts->sessions, account, stored->sessions, stored->session_count, stamp);
	if (result == ERR_CLOSED) /* they are newer here: who is told of the account goes on with these */
		accounts_load(accounts, stored->user, NULL, NULL);
	return result == ERR_CLOSED ? 0 : result;
}

static void on_loaded(void *arg, int result, const struct stored_account *stored, const struct stored_device *devices,
		      size_t device_count, uint32_t mailbox_messages)
{
	struct account_load *load = arg;
	struct accounts *accounts = load->accounts;
	struct account *account = accounts_find(accounts, slice_of(load->user, load->user_length));
	if (account && (result == ERR_NOT_FOUND || (result == 0 && stored->id != account->id))) {
		remove_account(accounts, account); /* gone, or another one of the same name */
		account = NULL;
	}
	if (result == 0) {
		account = accounts_take(accounts, stored);
		result = account ? 0 : ERR_NO_MEMORY;
	}
	if (result != 0) {
		if (load->done)
			load->done(load->arg, result, NULL);
	} else {
		account_hold(accounts, account);
		bool was_counted = account->knows_devices;
		result = take_devices(account, devices, device_count, mailbox_messages, load->mailbox_before);
		if (result == 0)
			result = take_sessions(accounts, account, stored, load->stamp);
		if (result == 0)
			take_untaken(accounts, account, stored->untaken, was_counted);
		if (load->done)
			load->done(load->arg, result, result == 0 ? account : NULL);
		account_release(accounts, account);
	}
	free(load);
}

void accounts_load(struct accounts *accounts, struct slice user, accounts_loaded_fn *done, void *arg)
{
	struct account_load *load = malloc(sizeof *load + user.length);
	if (!load) {
		/* Nothing can wait without memory to wait in: the asker is told at once. */
		if (done)
			done(arg, ERR_NO_MEMORY, NULL);
		return;
	}
	load->accounts = accounts;
	load->done = done;
	load->arg = arg;
	const struct account *known = accounts_find(accounts, user);
	load->mailbox_before = known ? known->mailbox_messages : 0;
	load->stamp = accounts->sessions ? sessions_stamp(accounts->sessions) : 0;
	load->user_length = user.length;
	memcpy(load->user, user.at, user.length);
	storage_load_account(accounts->storage, slice_of(load->user, load->user_length), accounts->domain, on_loaded,
			     load);
}

static bool reload_one(struct table_link *link, void *arg)
{
	struct accounts *accounts = arg;
	accounts_load(accounts, account_user(CONTAINER_OF(link, struct account, link)), NULL, NULL);
	return true;
}

void accounts_changed(struct accounts *accounts, struct slice user)
{
	if (slice_is_empty(user)) {
		table_each(&accounts->by_user, reload_one, accounts);
		return;
	}
	if (accounts_find(accounts, user))
		accounts_load(accounts, user, NULL, NULL);
}

void accounts_on_removed(struct accounts *accounts, accounts_removed_fn *on_removed, void *arg)
{
	accounts->on_removed = on_removed;
	accounts->on_removed_arg = arg;
}

void accounts_debts_changed(struct accounts *accounts, struct account *account)
{
	if (accounts->on_untaken)
		accounts->on_untaken(accounts->on_untaken_arg, account, false);
}

void accounts_on_untaken(struct accounts *accounts, accounts_untaken_fn *on_untaken, void *arg)
{
	accounts->on_untaken = on_untaken;
	accounts->on_untaken_arg = arg;
}

size_t accounts_count(const struct accounts *accounts)
{
	return accounts->by_user.count;
}

struct accounts_walk {
	accounts_visit_fn *visit;
	void *arg;
};

static bool visit_one(struct table_link *link, void *arg)
{
	struct accounts_walk *walk = arg;
	walk->visit(walk->arg, CONTAINER_OF(link, struct account, link));
	return true;
}

void accounts_each(struct accounts *accounts, accounts_visit_fn *visit, void *arg)
{
	struct accounts_walk walk = {visit, arg};
	unsigned keep = accounts->keep;
	accounts->keep = UINT_MAX; /* releasing one account must not forget another, which the walk may stand before */
	table_each(&accounts->by_user, visit_one, &walk);
	accounts->keep = keep;
}
