/* One owner's documents are read: all at once, and compared with what was known of them.
 * SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/document_store_state.h"

#include <stdlib.h>
#include <string.h>

struct document_wait {
	struct list_link link;
	storage_done_fn *done;
	void *arg;
};

struct document_load {
	struct document_owner *owner; /* NULL: nobody wants the answer any more */
	struct account *account;      /* held; NULL: global */
	int64_t account_id;
	struct kept_document *rows;
	int result;
};

/* --- who waits ---------------------------------------------------------------------------------------------------- */

int owner_wait(struct document_owner *owner, storage_done_fn *done, void *arg)
{
	struct document_wait *wait = calloc(1, sizeof *wait);
	if (!wait)
		return ERR_NO_MEMORY;
	wait->done = done;
	wait->arg = arg;
	list_append(&owner->waiting, &wait->link);
	return 0;
}

void owner_tell_waiting(struct document_owner *owner, int result)
{
	struct list_link told, *link;
	list_init(&told);
	list_splice(&told, &owner->waiting);
	owner->busy++;
	while ((link = list_take_first(&told))) {
		struct document_wait *wait = CONTAINER_OF(link, struct document_wait, link);
		if (result == 0)
			owner->holders++;
		wait->done(wait->arg, result);
		free(wait);
	}
	owner->busy--;
}

void owner_drop_waiting(struct document_owner *owner)
{
	struct list_link *link;
	while ((link = list_take_first(&owner->waiting)))
		free(CONTAINER_OF(link, struct document_wait, link));
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

/* A row that was known already leaves what is in memory where it is: somebody may be looking at it. */
static void take_row(struct document_owner *owner, struct kept_document *row, bool was_here)
{
	struct kept_document *known = document_at(owner, row->document.application, row->document.name);
	bool is_same = known && strcmp(known->document.etag, row->document.etag) == 0;
	row->is_seen = true;
	if (is_same && !known->is_trace) {
		known->is_seen = true;
		free(row);
		return;
	}
	known = document_insert(owner, row);
	if (!is_same && (known || was_here || document_is_resident(row)))
		document_announce(owner->store, document_of(known), &row->document);
	free(known);
}

static void drop_unseen(struct document_owner *owner)
{
	struct kept_document **place = &owner->documents;
	while (*place) {
		if ((*place)->is_seen) {
			place = &(*place)->next;
			continue;
		}
		struct kept_document *gone = document_take(owner, place);
		document_announce(owner->store, &gone->document, NULL);
		free(gone);
	}
}

static void take_rows(struct document_owner *owner, struct document_load *load)
{
	bool was_here = owner->is_here;
	if (owner->account_id != 0 && owner->account_id != load->account_id)
		owner_drop_documents(owner); /* another account of the same name */
	owner->account_id = load->account_id;
	owner_set_account(owner, load->account);
	owner->is_here = true;
	owner->is_doubtful = false;
	for (struct kept_document *kept = owner->documents; kept; kept = kept->next)
		kept->is_seen = false;
	while (load->rows) {
		struct kept_document *row = load->rows;
		load->rows = row->next;
		row->next = NULL;
		take_row(owner, row, was_here);
	}
	drop_unseen(owner);
}

/* --- loading ------------------------------------------------------------------------------------------------------ */

static void load_free(struct document_load *load)
{
	while (load->rows) {
		struct kept_document *row = load->rows;
		load->rows = row->next;
		free(row);
	}
	free(load);
}

static void release_account(const struct document_owner *owner, struct document_load *load)
{
	if (load->account)
		account_release(owner->store->parts.accounts, load->account);
	load->account = NULL;
}

static void end(struct document_load *load, int result)
{
	struct document_owner *owner = load->owner;
	if (!owner) {
		load_free(load);
		return;
	}
	owner->busy++;
	owner->load = NULL;
	if (result == 0)
		take_rows(owner, load);
	release_account(owner, load);
	load_free(load);
	if (result == ERR_NOT_FOUND)
		owner_forget(owner);
	owner_tell_waiting(owner, result);
	if (result == 0)
		changes_go_on(owner);
	else
		changes_fail(owner, result);
	owner->busy--;
	owner_settle(owner);
}

static void on_row(void *arg, const struct stored_account *nobody, const struct stored_document *row)
{
	struct document_load *load = arg;
	(void)nobody;
	if (!load->owner || load->result != 0)
		return;
	struct kept_document *kept = document_create(load->owner, row, false);
	if (!kept) {
		load->result = ERR_NO_MEMORY;
		return;
	}
	kept->next = load->rows;
	load->rows = kept;
}

static void on_rows(void *arg, int result)
{
	struct document_load *load = arg;
	end(load, result == 0 ? load->result : result);
}

static void read_rows(struct document_load *load, struct account *account)
{
	struct document_store *store = load->owner->store;
	if (account) {
		account_hold(store->parts.accounts, account);
		load->account = account;
		load->account_id = account->id;
	}
	storage_load_documents(store->parts.storage, load->account_id, on_row, on_rows, load);
}

static void on_account(void *arg, int result, struct account *account)
{
	struct document_load *load = arg;
	if (result != 0 || !load->owner)
		end(load, result);
	else
		read_rows(load, account);
}

void owner_load(struct document_owner *owner)
{
	struct accounts *accounts = owner->store->parts.accounts;
	if (owner->load)
		return;
	struct document_load *load = calloc(1, sizeof *load);
	if (!load) {
		owner_tell_waiting(owner, ERR_NO_MEMORY);
		changes_fail(owner, ERR_NO_MEMORY);
		owner_settle(owner);
		return;
	}
	load->owner = owner;
	owner->load = load;
	/* In doubt the account is looked up again: the change may have failed because it is gone. */
	struct account *account = owner->is_doubtful ? NULL : accounts_find(accounts, owner_user(owner));
	if (account || owner == owner->store->global)
		read_rows(load, account);
	else
		accounts_load(accounts, owner_user(owner), on_account, load);
}

void owner_drop_load(struct document_owner *owner)
{
	struct document_load *load = owner->load;
	if (!load)
		return;
	release_account(owner, load);
	load->owner = NULL;
	owner->load = NULL;
}
