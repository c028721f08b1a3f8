/* Mailboxes as objects: found by name, loaded at start, read, and told of. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/mailboxes_state.h"

#include <stdlib.h>
#include <string.h>

/* --- mailboxes and users ------------------------------------------------------------------------------------------ */

static bool is_text(struct slice text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.at[i] < ' ' || text.at[i] == '\177')
			return false;
	return slice_is_utf8(text);
}

bool mailbox_name_is_good(struct slice name)
{
	return name.length > 0 && name.length <= MAILBOX_NAME_MOST && name.at[0] != '@' && is_text(name);
}

static bool mailbox_has_name(const struct table_link *link, const void *key)
{
	const struct slice *name = key;
	return slice_equal(mailbox_name(CONTAINER_OF(link, const struct mailbox, link)), *name);
}

struct mailbox *mailbox_find(const struct mailboxes *mailboxes, struct slice name)
{
	uint64_t hash = table_hash(&mailboxes->by_name, name.at, name.length);
	struct table_link *link = table_find(&mailboxes->by_name, hash, mailbox_has_name, &name);
	return link ? CONTAINER_OF(link, struct mailbox, link) : NULL;
}

struct mailbox *mailbox_get(struct mailboxes *mailboxes, struct slice name)
{
	struct mailbox *mailbox = mailbox_find(mailboxes, name);
	if (mailbox)
		return mailbox;
	mailbox = calloc(1, sizeof *mailbox + name.length);
	if (!mailbox)
		return NULL;
	list_init(&mailbox->uses);
	mailbox->name_length = (uint8_t)name.length;
	memcpy(mailbox->name, name.at, name.length);
	table_insert(&mailboxes->by_name, &mailbox->link, table_hash(&mailboxes->by_name, name.at, name.length));
	return mailbox;
}

void mailbox_release(struct mailboxes *mailboxes, struct mailbox *mailbox)
{
	if (mailbox->is_known || mailbox->changes > 0 || !list_is_empty(&mailbox->uses))
		return;
	table_remove(&mailboxes->by_name, &mailbox->link);
	free(mailbox);
}

static bool user_has_name(const struct table_link *link, const void *key)
{
	const struct slice *name = key;
	return slice_equal(mailbox_user_name(CONTAINER_OF(link, const struct mailbox_user, link)), *name);
}

struct mailbox_user *mailbox_user_find(const struct mailboxes *mailboxes, struct slice name)
{
	uint64_t hash = table_hash(&mailboxes->users, name.at, name.length);
	struct table_link *link = table_find(&mailboxes->users, hash, user_has_name, &name);
	return link ? CONTAINER_OF(link, struct mailbox_user, link) : NULL;
}

struct mailbox_user *mailbox_user_get(struct mailboxes *mailboxes, struct slice name)
{
	struct mailbox_user *user = mailbox_user_find(mailboxes, name);
	if (user)
		return user;
	user = name.length <= UINT16_MAX ? calloc(1, sizeof *user + name.length) : NULL;
	if (!user)
		return NULL;
	list_init(&user->uses);
	user->name_length = (uint16_t)name.length;
	if (name.length > 0)
		memcpy(user->name, name.at, name.length);
	table_insert(&mailboxes->users, &user->link, table_hash(&mailboxes->users, name.at, name.length));
	return user;
}

void mailbox_user_release(struct mailboxes *mailboxes, struct mailbox_user *user)
{
	if (!list_is_empty(&user->uses) || list_is_linked(&user->counting))
		return;
	table_remove(&mailboxes->users, &user->link);
	free(user);
}

static const struct mailbox_use *find_use(const struct mailbox *mailbox, struct slice user)
{
	for (const struct list_link *link = mailbox->uses.next; link != &mailbox->uses; link = link->next) {
		const struct mailbox_use *use = CONTAINER_OF(link, const struct mailbox_use, of_mailbox);
		if (slice_equal(mailbox_user_name(use->user), user))
			return use;
	}
	return NULL;
}

int mailbox_use_add(struct mailboxes *mailboxes, struct mailbox *mailbox, struct slice name)
{
	if (slice_equal(name, mailbox_name(mailbox)) || find_use(mailbox, name))
		return 0;
	struct mailbox_user *user = mailbox_user_get(mailboxes, name);
	struct mailbox_use *use = user ? malloc(sizeof *use) : NULL;
	if (!use) {
		if (user)
			mailbox_user_release(mailboxes, user);
		return ERR_NO_MEMORY;
	}
	mailboxes->shared_count += list_is_empty(&mailbox->uses);
	*use = (struct mailbox_use){.mailbox = mailbox, .user = user};
	list_append(&mailbox->uses, &use->of_mailbox);
	list_append(&user->uses, &use->of_user);
	return 0;
}

void mailbox_use_remove(struct mailboxes *mailboxes, struct mailbox_use *use)
{
	struct mailbox *mailbox = use->mailbox;
	struct mailbox_user *user = use->user;
	list_remove(&use->of_mailbox);
	list_remove(&use->of_user);
	free(use);
	mailboxes->shared_count -= list_is_empty(&mailbox->uses);
	mailbox_user_release(mailboxes, user);
	mailbox_release(mailboxes, mailbox);
}

/* --- options ------------------------------------------------------------------------------------------------------ */

static struct slice keep(char **next, struct slice text)
{
	char *at = *next;
	if (text.length > 0)
		memcpy(at, text.at, text.length);
	*next += text.length;
	return slice_of(at, text.length);
}

int mailboxes_set_options(struct mailboxes *mailboxes, const struct mailbox_options *options)
{
	size_t bytes = options->code_count * sizeof(struct slice) + options->number.length + 1;
	for (size_t i = 0; i < options->code_count; i++)
		bytes += options->codes[i].length;
	char *texts = malloc(bytes);
	if (!texts)
		return ERR_NO_MEMORY;
	struct slice *codes = (struct slice *)(void *)texts;
	char *next = texts + options->code_count * sizeof(struct slice);
	for (size_t i = 0; i < options->code_count; i++)
		codes[i] = keep(&next, options->codes[i]);
	struct slice number = keep(&next, options->number);
	free(mailboxes->option_texts); /* last: `options` may be our own */
	mailboxes->option_texts = texts;
	mailboxes->options = *options;
	mailboxes->options.codes = codes;
	mailboxes->options.number = number;
	return 0;
}

bool mailboxes_is_own_number(const struct mailboxes *mailboxes, struct slice user)
{
	const struct mailbox_options *options = &mailboxes->options;
	if (slice_is_empty(user))
		return false;
	for (size_t i = 0; i < options->code_count; i++)
		if (slice_equal(user, options->codes[i]))
			return true;
	return slice_equal(user, options->number) || slice_equal_nocase(user, SLICE("voicemail"));
}

/* --- life --------------------------------------------------------------------------------------------------------- */

static void on_untaken(void *arg, struct account *account, bool is_counted)
{
	struct mailboxes *mailboxes = arg;
	if (!mailboxes->options.counts_text_messages)
		return;
	if (is_counted)
		mailboxes_announce_lamp(mailboxes, account_user(account));
	else
		mailboxes_text_messages_changed(mailboxes, account_user(account));
}

struct mailboxes *mailboxes_create(const struct mailboxes_parts *parts, const struct mailbox_options *options)
{
	struct mailboxes *mailboxes = calloc(1, sizeof *mailboxes);
	if (!mailboxes)
		return NULL;
	mailboxes->parts = *parts;
	list_init(&mailboxes->ended);
	list_init(&mailboxes->counting);
	if (table_init(&mailboxes->by_name) != 0 || table_init(&mailboxes->users) != 0 ||
	    mailboxes_set_options(mailboxes, options) != 0) {
		mailboxes_destroy(mailboxes);
		return NULL;
	}
	accounts_on_untaken(parts->accounts, on_untaken, mailboxes);
	return mailboxes;
}

static bool destroy_mailbox(struct table_link *link, void *arg)
{
	struct mailboxes *mailboxes = arg;
	struct mailbox *mailbox = CONTAINER_OF(link, struct mailbox, link);
	mailbox->changes++; /* keeps it until its uses are gone */
	while (!list_is_empty(&mailbox->uses))
		mailbox_use_remove(mailboxes, CONTAINER_OF(mailbox->uses.next, struct mailbox_use, of_mailbox));
	table_remove(&mailboxes->by_name, link);
	free(mailbox);
	return true;
}

static bool destroy_user(struct table_link *link, void *arg)
{
	struct mailboxes *mailboxes = arg;
	table_remove(&mailboxes->users, link);
	free(CONTAINER_OF(link, struct mailbox_user, link));
	return true;
}

void mailboxes_destroy(struct mailboxes *mailboxes)
{
	if (!mailboxes)
		return;
	timer_stop(&mailboxes->ending);
	timer_stop(&mailboxes->counting_timer);
	accounts_on_untaken(mailboxes->parts.accounts, NULL, NULL);
	mailboxes_forget_changes(mailboxes);
	if (mailboxes->users.buckets && mailboxes->by_name.buckets) {
		table_each(&mailboxes->by_name, destroy_mailbox, mailboxes);
		table_each(&mailboxes->users, destroy_user, mailboxes);
	}
	table_finish(&mailboxes->by_name);
	table_finish(&mailboxes->users);
	free(mailboxes->option_texts);
	free(mailboxes);
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

static void on_stored_count(void *arg, const struct stored_message_count *count)
{
	struct mailboxes *mailboxes = arg;
	if (!mailbox_name_is_good(count->mailbox))
		return;
	struct mailbox *mailbox = mailbox_get(mailboxes, count->mailbox);
	if (!mailbox) {
		mailboxes->load_result = ERR_NO_MEMORY;
		return;
	}
	if (mailbox_counts_read(&mailbox->counts, count))
		mailbox->is_known = true;
	mailbox_release(mailboxes, mailbox);
}

static void on_stored_user(void *arg, struct slice name, struct slice user)
{
	struct mailboxes *mailboxes = arg;
	if (!mailbox_name_is_good(name))
		return;
	struct mailbox *mailbox = mailbox_get(mailboxes, name);
	if (!mailbox || mailbox_use_add(mailboxes, mailbox, user) != 0)
		mailboxes->load_result = ERR_NO_MEMORY;
	if (mailbox)
		mailbox_release(mailboxes, mailbox);
}

static void on_all_loaded(void *arg, int result)
{
	struct mailboxes *mailboxes = arg;
	if (result == 0)
		result = mailboxes->load_result;
	if (result == 0)
		log_event(mailboxes->parts.log, LOG_INFO, "mailboxes_loaded", NULL, "%zu mailboxes, %u of them shared",
			  mailboxes->by_name.count, mailboxes->shared_count);
	mailboxes->on_loaded(mailboxes->on_loaded_arg, result);
}

void mailboxes_load(struct mailboxes *mailboxes, storage_done_fn *done, void *arg)
{
	mailboxes->on_loaded = done;
	mailboxes->on_loaded_arg = arg;
	mailboxes->load_result = 0;
	storage_load_mailboxes(mailboxes->parts.storage, on_stored_count, on_stored_user, on_all_loaded, mailboxes);
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

bool mailbox_read(const struct mailboxes *mailboxes, struct slice name, struct message_summary *summary)
{
	static const struct mailbox_counts none;
	const struct mailbox *mailbox = mailbox_find(mailboxes, name);
	*summary = mailbox_counts_summary(mailbox ? &mailbox->counts : &none);
	return mailbox && mailbox->is_known;
}

static bool add_mailbox(struct mailbox_counts *sum, const struct mailbox *mailbox)
{
	if (!mailbox || !mailbox->is_known)
		return false;
	mailbox_counts_add(sum, &mailbox->counts);
	return true;
}

/* Once they were counted, they are always said, or a phone would not learn that they are gone. */
static bool add_text_messages(const struct mailboxes *mailboxes, struct mailbox_counts *sum, struct slice user)
{
	const struct account *account =
		mailboxes->options.counts_text_messages ? accounts_find(mailboxes->parts.accounts, user) : NULL;
	if (!account || !account->knows_devices)
		return false;
	struct mailbox_counts chat = {.has = 1u << MESSAGE_TEXT};
	chat.of[MESSAGE_TEXT].fresh = account->untaken;
	mailbox_counts_add(sum, &chat);
	return true;
}

bool mailboxes_read_lamp(const struct mailboxes *mailboxes, struct slice user, struct message_summary *summary)
{
	struct mailbox_counts sum = {0};
	const struct mailbox_user *uses = mailbox_user_find(mailboxes, user);
	bool is_known = add_mailbox(&sum, mailbox_find(mailboxes, user));
	for (const struct list_link *link = uses ? uses->uses.next : NULL; link && link != &uses->uses;
	     link = link->next)
		is_known |= add_mailbox(&sum, CONTAINER_OF(link, const struct mailbox_use, of_user)->mailbox);
	is_known |= add_text_messages(mailboxes, &sum, user);
	*summary = mailbox_counts_summary(&sum);
	return is_known;
}

bool mailbox_is_used_by(const struct mailboxes *mailboxes, struct slice name, struct slice user)
{
	const struct mailbox *mailbox = mailbox_find(mailboxes, name);
	return slice_equal(name, user) || (mailbox && find_use(mailbox, user));
}

struct mailbox_walk {
	mailbox_visit_fn *visit;
	void *arg;
};

static bool visit_one(struct table_link *link, void *arg)
{
	const struct mailbox_walk *walk = arg;
	const struct mailbox *mailbox = CONTAINER_OF(link, struct mailbox, link);
	struct message_summary summary = mailbox_counts_summary(&mailbox->counts);
	if (mailbox->is_known || !list_is_empty(&mailbox->uses))
		walk->visit(walk->arg, mailbox_name(mailbox), &summary);
	return true;
}

void mailboxes_each(struct mailboxes *mailboxes, mailbox_visit_fn *visit, void *arg)
{
	struct mailbox_walk walk = {visit, arg};
	table_each(&mailboxes->by_name, visit_one, &walk);
}

void mailbox_each_user(const struct mailboxes *mailboxes, struct slice name, mailbox_user_fn *visit, void *arg)
{
	const struct mailbox *mailbox = mailbox_find(mailboxes, name);
	for (const struct list_link *link = mailbox ? mailbox->uses.next : NULL; link && link != &mailbox->uses;
	     link = link->next)
		visit(arg, mailbox_user_name(CONTAINER_OF(link, const struct mailbox_use, of_mailbox)->user));
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

int mailboxes_on_lamp(struct mailboxes *mailboxes, mailbox_lamp_fn *on_lamp, void *arg)
{
	if (mailboxes->listener_count == MAILBOX_LISTENERS_MOST)
		return ERR_LIMIT;
	mailboxes->listeners[mailboxes->listener_count].on_lamp = on_lamp;
	mailboxes->listeners[mailboxes->listener_count++].arg = arg;
	return 0;
}

void mailboxes_on_watched(struct mailboxes *mailboxes, mailboxes_watched_fn *on_watched, void *arg)
{
	mailboxes->on_watched = on_watched;
	mailboxes->on_watched_arg = arg;
}

void mailboxes_announce_lamp(struct mailboxes *mailboxes, struct slice user)
{
	if (mailboxes->parts.events)
		events_announce(mailboxes->parts.events, message_summary_package.name, user);
	for (unsigned i = 0; i < mailboxes->listener_count; i++)
		mailboxes->listeners[i].on_lamp(mailboxes->listeners[i].arg, user);
}

void mailbox_announce(struct mailboxes *mailboxes, const struct mailbox *mailbox)
{
	char resource[RESOURCE_NAME_MOST];
	resource[0] = '@';
	memcpy(resource + 1, mailbox->name, mailbox->name_length);
	if (mailboxes->parts.events)
		events_announce(mailboxes->parts.events, message_summary_package.name,
				slice_of(resource, (size_t)mailbox->name_length + 1));
	mailboxes_announce_lamp(mailboxes, mailbox_name(mailbox));
	for (const struct list_link *link = mailbox->uses.next; link != &mailbox->uses; link = link->next)
		mailboxes_announce_lamp(
			mailboxes, mailbox_user_name(CONTAINER_OF(link, const struct mailbox_use, of_mailbox)->user));
}

/* --- chat messages ------------------------------------------------------------------------------------------------ */

/* Many may be kept or delivered in one go: they are counted together. */
#define COUNTING_DELAY_MS 200

static void on_counting(struct timer *timer)
{
	struct mailboxes *mailboxes = CONTAINER_OF(timer, struct mailboxes, counting_timer);
	struct list_link *link;
	while ((link = list_take_first(&mailboxes->counting))) {
		struct mailbox_user *user = CONTAINER_OF(link, struct mailbox_user, counting);
		/* What it finds is told through on_untaken. */
		accounts_load(mailboxes->parts.accounts, mailbox_user_name(user), NULL, NULL);
		mailbox_user_release(mailboxes, user);
	}
}

void mailboxes_text_messages_changed(struct mailboxes *mailboxes, struct slice name)
{
	struct mailbox_user *user = mailboxes->options.counts_text_messages ? mailbox_user_get(mailboxes, name) : NULL;
	if (!user || list_is_linked(&user->counting))
		return;
	list_append(&mailboxes->counting, &user->counting);
	if (!timer_is_running(&mailboxes->counting_timer))
		timer_start(mailboxes->parts.timers, &mailboxes->counting_timer, COUNTING_DELAY_MS, on_counting);
}
