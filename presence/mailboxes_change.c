/* Changes of mailboxes: committed first, then taken into memory, then told. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/mailboxes_state.h"

#include <stdlib.h>
#include <string.h>

/* One call of mailbox_set, mailbox_update or mailbox_share. The texts stand behind it in one allocation. */
struct mailbox_change {
	struct list_link link; /* in mailboxes.ended */
	struct mailboxes *mailboxes;
	storage_done_fn *done;
	void *arg;
	int result;
	struct mailbox *mailbox; /* held by mailbox.changes */
	uint64_t number;
	struct message_summary summary; /* mailbox_set, mailbox_update: what was told */
	struct mailbox_counts counts;   /* and what follows of it */
	bool is_partial;                /* mailbox_update */
	struct slice name;
	size_t user_count, checked; /* mailbox_share */
	struct slice users[];
};

static struct mailbox_change *change_create(struct mailboxes *mailboxes, struct slice name, const struct slice *users,
					    size_t count)
{
	size_t bytes = name.length;
	for (size_t i = 0; i < count; i++)
		bytes += users[i].length;
	struct mailbox_change *change = calloc(1, sizeof *change + count * sizeof *users + bytes);
	if (!change)
		return NULL;
	char *next = (char *)&change->users[count];
	if (name.length > 0)
		memcpy(next, name.at, name.length);
	change->name = slice_of(next, name.length);
	next += name.length;
	for (size_t i = 0; i < count; i++) {
		if (users[i].length > 0)
			memcpy(next, users[i].at, users[i].length);
		change->users[i] = slice_of(next, users[i].length);
		next += users[i].length;
	}
	change->user_count = count;
	change->mailboxes = mailboxes;
	return change;
}

/* --- the end of a change ------------------------------------------------------------------------------------------ */

static void finish(struct mailbox_change *change)
{
	change->done(change->arg, change->result);
	free(change);
}

static void on_ending(struct timer *timer)
{
	struct mailboxes *mailboxes = CONTAINER_OF(timer, struct mailboxes, ending);
	struct list_link ended, *link;
	list_init(&ended);
	list_splice(&ended, &mailboxes->ended);
	while ((link = list_take_first(&ended)))
		finish(CONTAINER_OF(link, struct mailbox_change, link));
}

/* The caller is told later: never within his call. */
static void end_later(struct mailbox_change *change, int result)
{
	struct mailboxes *mailboxes = change->mailboxes;
	change->result = result;
	list_append(&mailboxes->ended, &change->link);
	if (!timer_is_running(&mailboxes->ending))
		timer_start(mailboxes->parts.timers, &mailboxes->ending, 0, on_ending);
}

void mailboxes_forget_changes(struct mailboxes *mailboxes)
{
	struct list_link *link;
	while ((link = list_take_first(&mailboxes->ended)))
		free(CONTAINER_OF(link, struct mailbox_change, link));
}

static bool begin_saving(struct mailbox_change *change)
{
	change->mailbox = mailbox_get(change->mailboxes, change->name);
	if (!change->mailbox)
		return false;
	change->mailbox->changes++;
	change->number = ++change->mailboxes->change_count;
	return true;
}

static void end_saving(struct mailbox_change *change, int result)
{
	if (change->mailbox->newest == change)
		change->mailbox->newest = NULL;
	change->mailbox->changes--;
	mailbox_release(change->mailboxes, change->mailbox);
	change->result = result;
	finish(change);
}

/* --- counts ------------------------------------------------------------------------------------------------------- */

/* Later changes may be committed before, but not by storage's word: the number says which is the newest. */
static void take_counts(struct mailbox_change *change)
{
	struct mailbox *mailbox = change->mailbox;
	if (change->number < mailbox->applied)
		return;
	mailbox->applied = change->number;
	if (mailbox->is_known && mailbox_counts_are_equal(&mailbox->counts, &change->counts))
		return;
	mailbox->is_known = true;
	mailbox->counts = change->counts;
	log_event(change->mailboxes->parts.log, LOG_INFO, "mailbox_changed", &(struct log_context){.aor = change->name},
		  "%u new and %u old voice messages", change->counts.of[MESSAGE_VOICE].fresh,
		  change->counts.of[MESSAGE_VOICE].old);
	mailbox_announce(change->mailboxes, mailbox);
}

static void on_counts_saved(void *arg, int result)
{
	struct mailbox_change *change = arg;
	if (result == 0)
		take_counts(change);
	end_saving(change, result);
}

/* What is left alone is as the change before it leaves it, which may not be committed yet. Should that one fail, its
 * caller is told so and tells it again. */
static struct mailbox_counts counts_of(const struct mailbox_change *change)
{
	const struct mailbox *mailbox = change->mailbox;
	if (!change->is_partial)
		return mailbox_counts_of(&change->summary);
	struct mailbox_counts counts = mailbox->newest ? mailbox->newest->counts : mailbox->counts;
	mailbox_counts_update(&counts, &change->summary);
	return counts;
}

static void save_counts(struct mailbox_change *change)
{
	struct stored_message_count rows[MESSAGE_CLASS_COUNT];
	if (!begin_saving(change)) {
		end_later(change, ERR_NO_MEMORY);
		return;
	}
	struct mailbox *mailbox = change->mailbox;
	change->counts = counts_of(change);
	if (mailbox->changes == 1 && mailbox->is_known && mailbox_counts_are_equal(&mailbox->counts, &change->counts)) {
		mailbox->changes--;
		end_later(change, 0);
		return;
	}
	mailbox->newest = change;
	size_t count = mailbox_counts_write(&change->counts, change->name, rows);
	storage_save_mailbox(change->mailboxes->parts.storage, change->name, rows, count, on_counts_saved, change);
}

static void on_owner_loaded(void *arg, int result, struct account *account)
{
	struct mailbox_change *change = arg;
	(void)account;
	if (result == 0)
		save_counts(change);
	else
		end_later(change, result);
}

static struct mailbox_change *tell_counts(struct mailboxes *mailboxes, struct slice name,
					  const struct message_summary *summary, storage_done_fn *done, void *arg)
{
	struct mailbox_change *change = change_create(mailboxes, name, NULL, 0);
	if (!change) {
		done(arg, ERR_NO_MEMORY);
		return NULL;
	}
	change->done = done;
	change->arg = arg;
	change->summary = *summary;
	change->summary.account = SLICE(""); /* points into the body, which goes */
	return change;
}

static void begin_counts(struct mailbox_change *change)
{
	struct mailboxes *mailboxes = change->mailboxes;
	struct slice name = change->name;
	const struct mailbox *mailbox = mailbox_find(mailboxes, name);
	if (!mailbox_name_is_good(name))
		end_later(change, ERR_NOT_FOUND);
	else if ((mailbox && (mailbox->is_known || !list_is_empty(&mailbox->uses))) ||
		 accounts_find(mailboxes->parts.accounts, name))
		save_counts(change);
	else
		accounts_load(mailboxes->parts.accounts, change->name, on_owner_loaded, change);
}

void mailbox_set(struct mailboxes *mailboxes, struct slice name, const struct message_summary *summary,
		 storage_done_fn *done, void *arg)
{
	struct mailbox_change *change = tell_counts(mailboxes, name, summary, done, arg);
	if (change)
		begin_counts(change);
}

void mailbox_update(struct mailboxes *mailboxes, struct slice name, const struct message_summary *summary,
		    storage_done_fn *done, void *arg)
{
	struct mailbox_change *change = tell_counts(mailboxes, name, summary, done, arg);
	if (!change)
		return;
	change->is_partial = true;
	begin_counts(change);
}

/* --- users -------------------------------------------------------------------------------------------------------- */

static bool is_given(const struct mailbox_change *change, struct slice user)
{
	for (size_t i = 0; i < change->user_count; i++)
		if (slice_equal(change->users[i], user))
			return true;
	return false;
}

/* Who watches the mailbox and may not any more. */
static void review_watchers(const struct mailbox_change *change)
{
	char name[1 + STORAGE_MAILBOX_NAME_MOST];
	size_t length = change->name.length < sizeof name ? change->name.length : 0;
	name[0] = '@';
	memcpy(name + 1, change->name.at, length);
	events_review(change->mailboxes->parts.events, message_summary_package.name, slice_of(name, length + 1));
}

/* Who was a user and is none any more. His lamp is told when he is gone. */
static void remove_users(struct mailbox_change *change)
{
	struct mailboxes *mailboxes = change->mailboxes;
	struct list_link *link = change->mailbox->uses.next, *next;
	for (; link != &change->mailbox->uses; link = next) {
		struct mailbox_use *use = CONTAINER_OF(link, struct mailbox_use, of_mailbox);
		struct mailbox_user *user = use->user;
		next = link->next;
		if (is_given(change, mailbox_user_name(user)))
			continue;
		char name[UINT8_MAX];
		struct slice kept = slice_of(name, user->name_length < sizeof name ? user->name_length : 0);
		memcpy(name, user->name, kept.length);
		mailbox_use_remove(mailboxes, use); /* the mailbox is held by this change */
		mailboxes_announce_lamp(mailboxes, kept);
	}
	if (mailboxes->parts.events)
		review_watchers(change);
}

static void on_forgotten(void *arg, int result)
{
	/* Where it failed, zeros are left in the database, which say the same. */
	(void)arg;
	(void)result;
}

/* Nobody shares it and nothing is in it: it need not be known. */
static void forget_empty(struct mailbox_change *change)
{
	struct mailboxes *mailboxes = change->mailboxes;
	struct mailbox *mailbox = change->mailbox;
	if (!list_is_empty(&mailbox->uses) || !mailbox->is_known || mailbox->changes > 1 ||
	    !mailbox_counts_are_zero(&mailbox->counts) || accounts_find(mailboxes->parts.accounts, change->name))
		return;
	mailbox->is_known = false;
	mailbox->counts = (struct mailbox_counts){0};
	storage_save_mailbox(mailboxes->parts.storage, change->name, NULL, 0, on_forgotten, NULL);
}

static int take_users(struct mailbox_change *change)
{
	int result = 0;
	remove_users(change);
	for (size_t i = 0; i < change->user_count; i++) {
		int added = mailbox_use_add(change->mailboxes, change->mailbox, change->users[i]);
		if (added == 0)
			mailboxes_announce_lamp(change->mailboxes, change->users[i]);
		else
			result = added;
	}
	forget_empty(change);
	return result;
}

static void on_users_saved(void *arg, int result)
{
	struct mailbox_change *change = arg;
	end_saving(change, result == 0 ? take_users(change) : result);
}

static bool is_too_many(const struct mailbox_change *change)
{
	const struct mailboxes *mailboxes = change->mailboxes;
	const struct mailbox *mailbox = mailbox_find(mailboxes, change->name);
	return change->user_count > 0 && (!mailbox || list_is_empty(&mailbox->uses)) &&
	       mailboxes->shared_count >= mailboxes->options.mailboxes_most;
}

static void save_users(struct mailbox_change *change)
{
	if (is_too_many(change))
		end_later(change, ERR_LIMIT);
	else if (!begin_saving(change))
		end_later(change, ERR_NO_MEMORY);
	else
		storage_save_mailbox_users(change->mailboxes->parts.storage, change->name, change->users,
					   change->user_count, on_users_saved, change);
}

static void check_users(struct mailbox_change *change);

static void on_user_loaded(void *arg, int result, struct account *account)
{
	struct mailbox_change *change = arg;
	(void)account;
	if (result != 0) {
		end_later(change, result);
		return;
	}
	change->checked++;
	check_users(change);
}

/* Each must be an account; those that are not in memory are looked up one after the other. */
static void check_users(struct mailbox_change *change)
{
	struct accounts *accounts = change->mailboxes->parts.accounts;
	while (change->checked < change->user_count && accounts_find(accounts, change->users[change->checked]))
		change->checked++;
	if (change->checked == change->user_count)
		save_users(change);
	else
		accounts_load(accounts, change->users[change->checked], on_user_loaded, change);
}

/* Each user once, and not the one whose mailbox it is anyway. */
static void drop_doubles(struct mailbox_change *change)
{
	size_t count = 0;
	for (size_t i = 0; i < change->user_count; i++) {
		bool is_new = !slice_equal(change->users[i], change->name);
		for (size_t j = 0; j < count; j++)
			is_new = is_new && !slice_equal(change->users[i], change->users[j]);
		if (is_new)
			change->users[count++] = change->users[i];
	}
	change->user_count = count;
}

void mailbox_share(struct mailboxes *mailboxes, struct slice name, const struct slice *users, size_t count,
		   storage_done_fn *done, void *arg)
{
	struct mailbox_change *change = change_create(mailboxes, name, users, count);
	if (!change) {
		done(arg, ERR_NO_MEMORY);
		return;
	}
	change->done = done;
	change->arg = arg;
	if (!mailbox_name_is_good(name)) {
		end_later(change, ERR_NOT_FOUND);
		return;
	}
	drop_doubles(change);
	check_users(change);
}

/* --- the end of an account ---------------------------------------------------------------------------------------- */

static void on_users_left(void *arg, int result)
{
	/* Where it failed, a row is left of a name that is no account: it opens nothing to anybody. */
	(void)arg;
	(void)result;
}

static void save_users_left(struct mailboxes *mailboxes, const struct mailbox *mailbox)
{
	size_t count = 0;
	for (const struct list_link *link = mailbox->uses.next; link != &mailbox->uses; link = link->next)
		count++;
	struct slice *users = calloc(count + 1, sizeof *users);
	if (!users)
		return;
	count = 0;
	for (const struct list_link *link = mailbox->uses.next; link != &mailbox->uses; link = link->next)
		users[count++] = mailbox_user_name(CONTAINER_OF(link, const struct mailbox_use, of_mailbox)->user);
	storage_save_mailbox_users(mailboxes->parts.storage, mailbox_name(mailbox), users, count, on_users_left, NULL);
	free(users);
}

static void remove_from_shared(struct mailboxes *mailboxes, struct slice name)
{
	const struct mailbox_user *user;
	while ((user = mailbox_user_find(mailboxes, name)) && !list_is_empty(&user->uses)) {
		struct mailbox_use *use = CONTAINER_OF(user->uses.next, struct mailbox_use, of_user);
		struct mailbox *mailbox = use->mailbox;
		mailbox->changes++;
		mailbox_use_remove(mailboxes, use);
		save_users_left(mailboxes, mailbox);
		mailbox->changes--;
		mailbox_release(mailboxes, mailbox);
	}
}

void mailboxes_account_removed(struct mailboxes *mailboxes, struct slice name)
{
	remove_from_shared(mailboxes, name);
	struct mailbox *mailbox = mailbox_find(mailboxes, name);
	if (!mailbox || !mailbox->is_known || !list_is_empty(&mailbox->uses))
		return;
	storage_save_mailbox(mailboxes->parts.storage, mailbox_name(mailbox), NULL, 0, on_forgotten, NULL);
	mailbox->applied = ++mailboxes->change_count;
	mailbox->newest = NULL;
	mailbox->is_known = false;
	mailbox->counts = (struct mailbox_counts){0};
	mailbox_announce(mailboxes, mailbox); /* an account of the same name may be made at once */
	mailbox_release(mailboxes, mailbox);
}

struct account_check {
	struct mailboxes *mailboxes;
	size_t length;
	char user[];
};

static void on_account_checked(void *arg, int result, struct account *account)
{
	struct account_check *check = arg;
	(void)account;
	if (result == ERR_NOT_FOUND)
		mailboxes_account_removed(check->mailboxes, slice_of(check->user, check->length));
	free(check);
}

void mailboxes_account_changed(struct mailboxes *mailboxes, struct slice name)
{
	if (accounts_find(mailboxes->parts.accounts, name) ||
	    (!mailbox_find(mailboxes, name) && !mailbox_user_find(mailboxes, name)))
		return;
	struct account_check *check = malloc(sizeof *check + name.length);
	if (!check)
		return; /* its counts are left until the next start */
	*check = (struct account_check){mailboxes, name.length};
	memcpy(check->user, name.at, name.length);
	accounts_load(mailboxes->parts.accounts, slice_of(check->user, check->length), on_account_checked, check);
}
