/* Mailboxes in the database, for the command line. SPDX-License-Identifier: MIT */
#include "program/mailbox_database.h"

#include "base/buffer.h"
#include "base/error.h"
#include "program/ask.h"
#include "program/commands.h"
#include "program/credentials.h"
#include "program/mailbox_words.h"

#include <stdio.h>
#include <stdlib.h>

#define PRINTED_MOST (16u << 20)
#define USERS_MOST 256

static struct slice plain_name(struct slice text)
{
	if (slice_starts_with(text, SLICE("sip:")))
		text = slice_from(text, 4);
	return slice_take(&text, '@');
}

/* --- who is there --- */

struct wanted {
	struct slice name;
	bool found;
	struct message_summary *summary; /* find_mailbox: takes the classes that it does not have */
};

static void look_at_account(void *arg, struct slice user, struct slice domain, unsigned devices, unsigned messages)
{
	struct wanted *wanted = arg;
	(void)domain;
	(void)devices;
	(void)messages;
	wanted->found = wanted->found || slice_equal(user, wanted->name);
}

static int find_account(struct administration *administration, struct slice name)
{
	struct wanted wanted = {.name = name};
	int result = administration_list_accounts(administration, look_at_account, &wanted);
	return result < 0 ? result : wanted.found ? 0 : ERR_NOT_FOUND;
}

static void look_at_count(void *arg, const struct stored_message_count *count)
{
	const struct wanted *wanted = arg;
	enum message_class which;
	if (!slice_equal(count->mailbox, wanted->name) || !message_class_find(count->class_name, &which) ||
	    wanted->summary->has[which])
		return;
	wanted->summary->has[which] = true;
	wanted->summary->counts[which] = (struct message_counts){.fresh = count->fresh,
								 .old = count->old,
								 .urgent_fresh = count->urgent_fresh,
								 .urgent_old = count->urgent_old};
}

static void look_at_user(void *arg, struct slice mailbox, struct slice user)
{
	struct wanted *wanted = arg;
	(void)user;
	wanted->found = wanted->found || slice_equal(mailbox, wanted->name);
}

/* Is there such a mailbox? What waits in it of classes that `summary` does not have, is added to that. */
static int find_mailbox(struct administration *administration, struct slice name, struct message_summary *summary)
{
	struct wanted wanted = {.name = name, .summary = summary};
	int result = administration_list_mailboxes(administration, look_at_count, look_at_user, &wanted);
	return result < 0 || wanted.found ? result : find_account(administration, name);
}

/* --- changes --- */

int mailbox_database_set(struct administration *administration, struct slice name,
			 const struct message_summary *summary)
{
	struct stored_message_count counts[MESSAGE_CLASS_COUNT];
	struct message_summary all = *summary;
	size_t count = 0;
	name = plain_name(name);
	int result = find_mailbox(administration, name, &all);
	for (size_t i = 0; i < MESSAGE_CLASS_COUNT; i++) {
		const struct message_counts *of = &all.counts[i];
		if (!all.has[i])
			continue;
		counts[count++] = (struct stored_message_count){.mailbox = name,
								.class_name = message_class_name((enum message_class)i),
								.fresh = of->fresh,
								.old = of->old,
								.urgent_fresh = of->urgent_fresh,
								.urgent_old = of->urgent_old};
	}
	if (result == 0)
		result = administration_put_mailbox(administration, name, counts, count);
	return result < 0 ? result : mailbox_database_print(administration, name);
}

int mailbox_database_share(struct administration *administration, struct slice name, char *const *users, size_t count)
{
	struct slice names[USERS_MOST];
	name = plain_name(name);
	if (count > USERS_MOST || credential_check_user(name))
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < count; i++) {
		names[i] = plain_name(slice_text(users[i]));
		int result = find_account(administration, names[i]);
		if (result < 0)
			return result;
	}
	int result = administration_put_mailbox_users(administration, name, names, count);
	return result < 0 || count == 0 ? result : mailbox_database_print(administration, name);
}

/* --- listing: rows of one mailbox come together, the users in a second list --- */

struct row {
	char *name;
	struct message_summary summary;
	struct buffer users;
};

struct listing {
	struct slice wanted; /* empty: all */
	struct row *rows;
	size_t count, room;
	size_t counted; /* rows of counts, in the order of names; behind them stand those that are only shared */
	size_t next;    /* of them: how far the users have come */
	bool failed;
};

static struct row *add_row(struct listing *listing, struct slice name)
{
	if (!listing->rows || listing->count == listing->room) {
		size_t room = listing->room ? listing->room * 2 : 64;
		struct row *rows = realloc(listing->rows, room * sizeof(*rows));
		if (!rows)
			return NULL;
		listing->rows = rows;
		listing->room = room;
	}
	char *copy = malloc(name.length + 1);
	if (!copy)
		return NULL;
	memcpy(copy, name.at, name.length);
	copy[name.length] = '\0';
	struct row *row = &listing->rows[listing->count++];
	*row = (struct row){.name = copy};
	buffer_init(&row->users, PRINTED_MOST);
	return row;
}

/* The last row where it is of that mailbox, else a new one; NULL where memory is exhausted. */
static struct row *last_row(struct listing *listing, struct slice mailbox)
{
	struct row *row = listing->count > 0 ? &listing->rows[listing->count - 1] : NULL;
	if (row && slice_equal(slice_text(row->name), mailbox))
		return row;
	row = add_row(listing, mailbox);
	listing->failed = !row;
	return row;
}

static bool is_wanted(const struct listing *listing, struct slice mailbox)
{
	return !listing->failed && (slice_is_empty(listing->wanted) || slice_equal(listing->wanted, mailbox));
}

static void take_count(void *arg, const struct stored_message_count *count)
{
	struct listing *listing = arg;
	enum message_class which;
	if (!is_wanted(listing, count->mailbox) || !message_class_find(count->class_name, &which))
		return;
	struct row *row = last_row(listing, count->mailbox);
	if (!row)
		return;
	listing->counted = listing->count;
	row->summary.has[which] = true;
	row->summary.counts[which] = (struct message_counts){.fresh = count->fresh,
							     .old = count->old,
							     .urgent_fresh = count->urgent_fresh,
							     .urgent_old = count->urgent_old};
}

/* Both lists are in the order of names. */
static void take_user(void *arg, struct slice mailbox, struct slice user)
{
	struct listing *listing = arg;
	if (!is_wanted(listing, mailbox))
		return;
	while (listing->next < listing->counted &&
	       slice_compare(slice_text(listing->rows[listing->next].name), mailbox) < 0)
		listing->next++;
	bool has_counts =
		listing->next < listing->counted && slice_equal(slice_text(listing->rows[listing->next].name), mailbox);
	struct row *row = has_counts ? &listing->rows[listing->next] : last_row(listing, mailbox);
	if (row)
		buffer_format(&row->users, "%s%.*s", row->users.length > 0 ? ", " : "", SLICE_ARGS(user));
}

static int print_rows(const struct listing *listing)
{
	struct buffer text;
	buffer_init(&text, PRINTED_MOST);
	for (size_t i = 0; i < listing->count; i++) {
		const struct row *row = &listing->rows[i];
		buffer_format(&text, "%s\t", row->name);
		mailbox_words_write(&text, &row->summary);
		if (row->users.length > 0)
			buffer_format(&text, "\tshared with %.*s", SLICE_ARGS(buffer_slice(&row->users)));
		buffer_byte(&text, '\n');
	}
	int status = print_sorted(&text);
	buffer_finish(&text);
	return status == EXIT_GOOD ? 0 : ERR_NO_MEMORY;
}

static void clear_rows(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->rows[i].name);
		buffer_finish(&listing->rows[i].users);
	}
	free(listing->rows);
}

int mailbox_database_print(struct administration *administration, struct slice name)
{
	struct listing listing = {.wanted = plain_name(name)};
	int result = administration_list_mailboxes(administration, take_count, take_user, &listing);
	/* an account whose mailbox nobody has told anything of has no row */
	if (result == 0 && listing.count == 0 && !slice_is_empty(listing.wanted)) {
		result = find_account(administration, listing.wanted);
		if (result == 0)
			listing.failed = !add_row(&listing, listing.wanted);
	}
	if (result == 0)
		result = listing.failed ? ERR_NO_MEMORY : print_rows(&listing);
	clear_rows(&listing);
	return result;
}
