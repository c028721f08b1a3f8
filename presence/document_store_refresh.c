/* The documents that others depend on are read for all users: at the start, and where accounts may have gone without
 * anybody telling us. SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "presence/document_store_state.h"

#include <stdlib.h>
#include <string.h>

/* One reading of all resident applications, one after the other. Documents that no row told of are gone. */
struct document_refresh {
	struct document_store *store; /* NULL: it is gone */
	storage_done_fn *done;        /* NULL: nobody wants to know */
	void *arg;
	unsigned number;
	size_t next; /* application */
	int result;
};

/* --- one row ------------------------------------------------------------------------------------------------------ */

static int take_row(struct document_owner *owner, int64_t account_id, const struct stored_document *row)
{
	if (owner->account_id != 0 && owner->account_id != account_id)
		owner_drop_documents(owner); /* another account of the same name */
	owner->account_id = account_id;
	struct kept_document *known = document_at(owner, row->application, row->name);
	if (known && known->refresh == owner->store->refresh_count)
		return 0; /* changed while the rows were read: what is known is newer */
	if (known && slice_equal(slice_text(known->document.etag), row->etag)) {
		known->refresh = owner->store->refresh_count;
		return 0;
	}
	struct kept_document *trace = document_create(owner, row, true);
	if (!trace)
		return ERR_NO_MEMORY;
	struct document after = trace->document;
	after.body = row->body;
	known = document_insert(owner, trace);
	document_announce(owner->store, document_of(known), &after);
	free(known);
	return 0;
}

static void on_row(void *arg, const struct stored_account *account, const struct stored_document *row)
{
	struct document_refresh *refresh = arg;
	struct document_store *store = refresh->store;
	/* The global ones have been read already. */
	if (!store || refresh->result != 0 || !account || !slice_equal(account->domain, store->parts.domain))
		return;
	struct document_owner *owner = owner_get(store, account->user);
	if (!owner) {
		refresh->result = ERR_NO_MEMORY;
		return;
	}
	if (owner->is_here || owner->load)
		return; /* knows better, or soon will */
	owner->busy++;
	refresh->result = take_row(owner, account->id, row);
	owner->busy--;
	owner_settle(owner);
}

/* --- what is gone ------------------------------------------------------------------------------------------------- */

struct stale_owners {
	const struct document_refresh *refresh;
	struct document_owner **owners; /* NULL: they are counted first */
	size_t count;
};

static bool is_stale(const struct kept_document *kept, const struct document_refresh *refresh)
{
	return kept->refresh != refresh->number;
}

static bool collect(struct table_link *link, void *arg)
{
	struct document_owner *owner = CONTAINER_OF(link, struct document_owner, link);
	struct stale_owners *stale = arg;
	if (owner->is_here || owner->load)
		return true;
	const struct kept_document *kept = owner->documents;
	while (kept && !is_stale(kept, stale->refresh))
		kept = kept->next;
	if (!kept)
		return true;
	if (stale->owners) {
		stale->owners[stale->count] = owner;
		owner->busy++;
	}
	stale->count++;
	return true;
}

static void drop_stale(struct document_owner *owner, const struct document_refresh *refresh)
{
	struct kept_document **place = &owner->documents;
	while (*place) {
		if (!is_stale(*place, refresh)) {
			place = &(*place)->next;
			continue;
		}
		struct kept_document *gone = document_take(owner, place);
		document_announce(owner->store, &gone->document, NULL);
		free(gone);
	}
	owner->busy--;
	owner_settle(owner);
}

/* Listeners may do what they like with the store, so the walk is over before the first is told. */
static int sweep(struct document_refresh *refresh)
{
	struct document_store *store = refresh->store;
	struct stale_owners stale = {.refresh = refresh};
	table_each(&store->by_user, collect, &stale);
	if (stale.count == 0)
		return 0;
	stale.owners = calloc(stale.count, sizeof(struct document_owner *));
	if (!stale.owners)
		return ERR_NO_MEMORY;
	stale.count = 0;
	table_each(&store->by_user, collect, &stale);
	for (size_t i = 0; i < stale.count; i++)
		drop_stale(stale.owners[i], refresh);
	free(stale.owners);
	return 0;
}

/* --- all of it ---------------------------------------------------------------------------------------------------- */

static void begin(struct document_store *store, storage_done_fn *done, void *arg);

static void end(struct document_refresh *refresh, int result)
{
	struct document_store *store = refresh->store;
	storage_done_fn *done = refresh->done;
	void *arg = refresh->arg;
	if (store) {
		if (result == 0)
			result = sweep(refresh);
		store->refresh = NULL;
		store->is_loaded = store->is_loaded || result == 0;
		if (result != 0 && !done)
			log_event(store->parts.log, LOG_WARNING, "documents_unread", NULL,
				  "%s: documents of accounts that are gone may still be heeded", error_text(result));
	}
	free(refresh);
	if (!store)
		return;
	if (store->is_refresh_wanted)
		begin(store, NULL, NULL);
	if (done)
		done(arg, result);
}

static void on_rows(void *arg, int result);

static void read_next(struct document_refresh *refresh)
{
	const struct application *application;
	do
		application = application_at(refresh->next++);
	while (application && !application->is_resident);
	if (!application)
		end(refresh, 0);
	else
		storage_load_documents_of(refresh->store->parts.storage, slice_text(application->id), on_row, on_rows,
					  refresh);
}

static void on_rows(void *arg, int result)
{
	struct document_refresh *refresh = arg;
	if (result == 0)
		result = refresh->result;
	if (result != 0 || !refresh->store)
		end(refresh, result);
	else
		read_next(refresh);
}

static void begin(struct document_store *store, storage_done_fn *done, void *arg)
{
	struct document_refresh *refresh = calloc(1, sizeof *refresh);
	store->is_refresh_wanted = false;
	if (!refresh) {
		if (done)
			done(arg, ERR_NO_MEMORY);
		return;
	}
	refresh->store = store;
	refresh->done = done;
	refresh->arg = arg;
	refresh->number = ++store->refresh_count;
	store->refresh = refresh;
	read_next(refresh);
}

/* --- at the start ------------------------------------------------------------------------------------------------- */

static void on_global(void *arg, int result)
{
	struct document_store *store = arg;
	if (result == 0)
		begin(store, store->on_loaded, store->on_loaded_arg);
	else
		store->on_loaded(store->on_loaded_arg, result);
}

void document_store_load(struct document_store *store, storage_done_fn *done, void *arg)
{
	store->on_loaded = done;
	store->on_loaded_arg = arg;
	if (owner_wait(store->global, on_global, store) == 0)
		owner_load(store->global);
	else
		done(arg, ERR_NO_MEMORY);
}

/* --- accounts that others have changed ---------------------------------------------------------------------------- */

struct account_check {
	struct list_link link;        /* in store.checks */
	struct document_store *store; /* NULL: it is gone */
	uint16_t length;
	char user[];
};

static void on_checked(void *arg, int result, struct account *account)
{
	struct account_check *check = arg;
	struct document_store *store = check->store;
	list_remove(&check->link);
	struct document_owner *owner = store ? owner_find(store, slice_of(check->user, check->length)) : NULL;
	free(check);
	/* Who is being read sees for himself. */
	if (!owner || owner->account_id == 0 || owner->load)
		return;
	if (result == ERR_NOT_FOUND || (result == 0 && account->id != owner->account_id))
		owner_forget(owner);
}

static void check_account(struct document_store *store, struct slice user)
{
	struct account_check *check = user.length <= UINT16_MAX ? calloc(1, sizeof *check + user.length) : NULL;
	if (!check)
		return; /* its documents are heeded until the next start */
	check->store = store;
	check->length = (uint16_t)user.length;
	memcpy(check->user, user.at, user.length);
	list_append(&store->checks, &check->link);
	accounts_load(store->parts.accounts, slice_of(check->user, check->length), on_checked, check);
}

void document_store_account_changed(struct document_store *store, struct slice user)
{
	if (slice_is_empty(user)) {
		if (store->refresh)
			store->is_refresh_wanted = true;
		else if (store->is_loaded)
			begin(store, NULL, NULL);
	} else if (owner_find(store, user) && !accounts_find(store->parts.accounts, user)) {
		check_account(store, user); /* else core/accounts looks, and tells of its end */
	}
}

/* --- the end ------------------------------------------------------------------------------------------------------ */

void refresh_finish(struct document_store *store)
{
	struct list_link *link;
	if (store->refresh)
		store->refresh->store = NULL;
	store->refresh = NULL;
	while ((link = list_take_first(&store->checks)))
		CONTAINER_OF(link, struct account_check, link)->store = NULL;
}
